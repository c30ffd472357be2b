//! What `hyperfine --export-json` writes, of a scan over a parameter.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::{Found, Reading, Series, label, seconds, workers};

#[derive(Deserialize)]
struct Export {
    results: Vec<Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    command: String,
    #[serde(default)]
    times: Option<Vec<f64>>,
    #[serde(default)]
    exit_codes: Vec<Option<i32>>,
    #[serde(default)]
    parameters: BTreeMap<String, serde_json::Value>,
}

/// Names under which a parameter is taken for the number of workers.
const NAMES: [&str; 9] =
    ["n", "workers", "threads", "num_threads", "jobs", "j", "cores", "procs", "processes"];

pub(super) fn read(path: &Path, bytes: &[u8], reading: &Reading) -> Result<Found, String> {
    let wrong = |problem: String| format!("{}: {problem}", path.display());
    let export: Export = serde_json::from_slice(bytes)
        .map_err(|error| wrong(format!("is no export of hyperfine's: {error}")))?;
    if export.results.is_empty() {
        return Err(wrong("has no results".to_string()));
    }
    let counts = match &reading.workers {
        Some(counts) if counts.len() == export.results.len() => counts.clone(),
        Some(counts) => {
            let (given, there) = (counts.len(), export.results.len());
            return Err(wrong(format!("has {there} results, but --workers gives {given} numbers")));
        }
        None => {
            let parameter = parameter(&export.results, reading.parameter.as_deref()).map_err(wrong)?;
            let count = |outcome: &Outcome| of_parameter(outcome, &parameter);
            export.results.iter().map(count).collect::<Result<_, _>>().map_err(wrong)?
        }
    };
    let mut found = Found::default();
    for (outcome, count) in export.results.iter().zip(counts) {
        let times = outcome.times.as_deref().unwrap_or_default();
        if times.is_empty() {
            return Err(wrong(format!("'{}' has no single times", outcome.command)));
        }
        let times = times.iter().map(|&time| seconds(time)).collect::<Result<Vec<_>, _>>().map_err(wrong)?;
        let failures = outcome.exit_codes.iter().filter(|code| **code != Some(0)).count();
        if failures > 0 {
            found.remarks.push(format!("{failures} executions of '{}' failed", outcome.command));
        }
        let label = series_label(outcome, reading.parameter.as_deref());
        match found.series.iter_mut().find(|series| series.label == label) {
            Some(series) => series.times.entry(count).or_default().extend(times),
            None => found.series.push(Series {
                label,
                command: Some(outcome.command.clone()),
                times: BTreeMap::from([(count, times)]),
            }),
        }
    }
    Ok(found)
}

/// The parameter that is the number of workers.
fn parameter(outcomes: &[Outcome], wanted: Option<&str>) -> Result<String, String> {
    let first = &outcomes[0].parameters;
    let names: Vec<&str> = first.keys().map(String::as_str).collect();
    if let Some(wanted) = wanted {
        return if names.contains(&wanted) {
            Ok(wanted.to_string())
        } else {
            Err(format!("has no parameter {wanted}; it has {}", listed(&names)))
        };
    }
    let known: Vec<&&str> = names.iter().filter(|name| is_count(name)).collect();
    match (&known[..], &names[..]) {
        ([one], _) => Ok((**one).to_string()),
        ([], [only]) => Ok((*only).to_string()),
        _ => Err(format!(
            "does not say which parameter is the number of workers; it has {}. Use --parameter NAME, or --workers LIST in the order of the results",
            listed(&names)
        )),
    }
}

fn is_count(name: &str) -> bool {
    NAMES.contains(&name.to_lowercase().as_str())
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "none".to_string() } else { names.join(", ") }
}

fn of_parameter(outcome: &Outcome, parameter: &str) -> Result<usize, String> {
    let missing = || format!("'{}' has no parameter {parameter}", outcome.command);
    let number = match outcome.parameters.get(parameter).ok_or_else(missing)? {
        serde_json::Value::String(text) => text.parse::<f64>().ok(),
        value => value.as_f64(),
    };
    let number =
        number.ok_or_else(|| format!("parameter {parameter} of '{}' is no number", outcome.command))?;
    workers(number).map_err(|problem| format!("parameter {parameter} of '{}': {problem}", outcome.command))
}

/// The program with all parameters that are not the number of workers.
fn series_label(outcome: &Outcome, parameter: Option<&str>) -> String {
    let mut label = label(&outcome.command);
    let only = outcome.parameters.len() == 1;
    for (name, value) in &outcome.parameters {
        let count = parameter.map_or(is_count(name) || only, |parameter| parameter == name);
        if !count {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_string);
            label = format!("{label} {name}={value}");
        }
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCAN: &str = r#"{"results": [
        {"command": "xz -T1 f", "mean": 2.0, "times": [2.0, 2.1], "exit_codes": [0, 0], "parameters": {"threads": "1"}},
        {"command": "xz -T2 f", "mean": 1.0, "times": [1.0, 1.1], "exit_codes": [0, 1], "parameters": {"threads": "2"}}]}"#;

    fn parse(text: &str, reading: &Reading) -> Result<Found, String> {
        read(Path::new("h.json"), text.as_bytes(), reading)
    }

    #[test]
    fn a_scan_over_a_parameter_is_one_series() {
        let found = parse(SCAN, &Reading::default()).unwrap();
        let [series] = &found.series[..] else { panic!("{found:?}") };
        assert_eq!((series.label.as_str(), &series.times[&2][..]), ("xz", &[1.0, 1.1][..]));
        assert_eq!(found.remarks, ["1 executions of 'xz -T2 f' failed"]);
        let two = SCAN
            .replace("\"threads\": \"1\"", "\"threads\": 1, \"level\": \"3\"")
            .replace("\"threads\": \"2\"", "\"threads\": 2, \"level\": \"3\"");
        let found = parse(&two, &Reading::default()).unwrap();
        assert_eq!(found.series[0].label, "xz level=3");
    }

    #[test]
    fn without_a_parameter_the_user_says_the_numbers() {
        let plain = SCAN
            .replace(r#", "parameters": {"threads": "1"}"#, "")
            .replace(r#", "parameters": {"threads": "2"}"#, "");
        let problem = parse(&plain, &Reading::default()).unwrap_err();
        assert!(
            problem.contains("h.json: does not say which parameter") && problem.contains("--workers"),
            "{problem}"
        );
        let reading = |workers: &[usize]| Reading { workers: Some(workers.to_vec()), ..Reading::default() };
        assert_eq!(parse(&plain, &reading(&[1, 4])).unwrap().series[0].times.len(), 2);
        assert!(parse(&plain, &reading(&[1])).unwrap_err().contains("has 2 results, but --workers gives 1"));
    }

    #[test]
    fn what_is_no_export_is_refused() {
        for (text, said) in [
            ("{}", "is no export of hyperfine's"),
            ("{\"results\": []}", "has no results"),
            (&SCAN.replace("[2.0, 2.1]", "[]"), "has no single times"),
            (&SCAN.replace("[2.0, 2.1]", "[0.0]"), "0 s is no possible time"),
            (&SCAN.replace("\"threads\": \"2\"", "\"threads\": \"two\""), "is no number"),
        ] {
            let problem = parse(text, &Reading::default()).unwrap_err();
            assert!(problem.starts_with("h.json: ") && problem.contains(said), "{problem}");
        }
    }
}
