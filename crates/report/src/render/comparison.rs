//! Two runs against each other: a table per workload, then what follows, in sentences.

use comfy_table::presets::ASCII_MARKDOWN;

use super::grid::{Grid, MISSING};
use super::table::{STYLE, lay_out};
use crate::analysis::compare::{
    CaseComparison, Change, Comparison, Drift, Outcome, Verdict, WorkloadComparison,
};
use crate::stats::Interval;

/// A form of a comparison, ending with a newline.
pub type Render = fn(&Comparison) -> String;

/// Every form by its name; the first is the default.
pub static FORMATS: &[(&str, Render)] = &[("table", table), ("markdown", markdown), ("json", json)];

fn table(comparison: &Comparison) -> String {
    text(comparison, |grid| format!("{}\n{}", grid.title, lay_out(grid, STYLE)))
}

fn markdown(comparison: &Comparison) -> String {
    text(comparison, |grid| format!("**{}**\n\n{}", grid.title, lay_out(grid, ASCII_MARKDOWN)))
}

fn json(comparison: &Comparison) -> String {
    serde_json::to_string_pretty(comparison).expect("a comparison has only JSON types") + "\n"
}

fn text(comparison: &Comparison, lay_out: impl Fn(&Grid) -> String) -> String {
    let mut parts = vec![heading(comparison)];
    parts.extend(comparison.differences.iter().map(|difference| format!("Not the same: {difference}.")));
    parts.extend(comparison.remarks.iter().map(|remark| format!("Note {remark}.")));
    for workload in &comparison.workloads {
        if !workload.cases.is_empty() {
            parts.push(lay_out(&grid(workload)));
        }
        let missing = workload.missing.iter();
        parts.extend(
            missing
                .map(|case| format!("{} {} cannot be compared: {}.", workload.name, case.case, case.reason)),
        );
        parts.extend(sentence(workload, comparison.threshold));
        parts.extend(drift(workload));
    }
    parts.push(outcome(comparison));
    parts.join("\n\n") + "\n"
}

fn heading(comparison: &Comparison) -> String {
    let run = |letter: char, run: &crate::analysis::compare::RunName| {
        let revision = run.revision.as_ref().map_or(String::new(), |revision| format!(" · {revision}"));
        format!("{letter}: {} · {}{revision}", run.name, run.created)
    };
    format!("{}\n{}", run('A', &comparison.a), run('B', &comparison.b))
}

fn grid(workload: &WorkloadComparison) -> Grid {
    let head = ["Case", "A", "B", "B / A", "95 %", "with drift", "Verdict", "Moved most"];
    let row = |case: &CaseComparison| {
        vec![
            case.name(),
            time(case.a_s),
            time(case.b_s),
            format!("{:.3}x", case.ratio.value),
            interval(case.ratio.interval),
            interval(case.with_drift),
            case.verdict.name().to_string(),
            moved(case.change.as_ref()),
        ]
    };
    Grid {
        title: workload.label.clone(),
        head: head.map(str::to_string).to_vec(),
        rows: workload.cases.iter().map(row).collect(),
    }
}

/// The row that moved most, if its interval leaves no doubt that it did.
fn moved(change: Option<&Change>) -> String {
    let Some(change) = change else { return MISSING.to_string() };
    match change.largest().filter(|row| row.is_beyond_doubt()) {
        Some(row) => format!("{} {}", row.loss.name(), signed(row.worker_seconds.value)),
        None => "none beyond noise".to_string(),
    }
}

/// The case that changed most, in words; the others of its verdict by name.
fn sentence(workload: &WorkloadComparison, threshold: f64) -> Option<String> {
    let with = |verdict: Verdict| -> Vec<&CaseComparison> {
        let mut cases: Vec<_> = workload.cases.iter().filter(|case| case.verdict == verdict).collect();
        cases.sort_by(|one, other| distance(other).total_cmp(&distance(one)));
        cases
    };
    for verdict in [Verdict::Regression, Verdict::Improvement] {
        if let [most, others @ ..] = &with(verdict)[..] {
            let others: Vec<String> = others.iter().map(|case| case.name()).collect();
            let also = if others.is_empty() {
                String::new()
            } else {
                format!(" The same verdict holds for {}.", others.join(", "))
            };
            return Some(format!("{}.{also}", in_words(workload, most)));
        }
    }
    let end = |case: &&CaseComparison| case.with_drift.map_or(f64::INFINITY, |ends| ends.high);
    let open = with(Verdict::Inconclusive).into_iter();
    if let Some(widest) = open.max_by(|one, other| end(one).total_cmp(&end(other))) {
        if widest.with_drift.is_none() {
            let case = widest.name();
            return Some(format!(
                "{} {case} has too few executions for an interval: run more rounds.",
                workload.name
            ));
        }
        return Some(format!(
            "{} {} is inconclusive at {}: its ratio is within {}, with drift {}. More rounds, or a quieter machine, narrow that.",
            workload.name,
            widest.name(),
            percent(threshold),
            interval(widest.ratio.interval),
            interval(widest.with_drift)
        ));
    }
    (!workload.cases.is_empty())
        .then(|| format!("No case of {} changed by more than {}.", workload.name, percent(threshold)))
}

fn distance(case: &CaseComparison) -> f64 {
    case.ratio.value.ln().abs()
}

/// As in `rc4 threads/2 takes 1.98x [1.95, 2.01] as long: slower tasks +0.97 s of +0.98 s`.
fn in_words(workload: &WorkloadComparison, case: &CaseComparison) -> String {
    let ratio = match case.ratio.interval {
        Some(ends) => format!("{:.2}x {}", case.ratio.value, interval(Some(ends))),
        None => format!("{:.2}x", case.ratio.value),
    };
    let text = format!("{} {} takes {ratio} as long", workload.name, case.name());
    let Some(change) = &case.change else { return text };
    let Some(row) = change.largest() else { return text };
    let whole = format!("{} of worker time per batch", signed(change.worker_seconds.value));
    let mut text = format!("{text}: {} {} of {whole}", row.loss.name(), signed(row.worker_seconds.value));
    let parts: Vec<String> = (row.parts.iter())
        .map(|part| format!("{} {}", part.name, signed(part.worker_seconds.value)))
        .collect();
    if !parts.is_empty() {
        text = format!("{text} ({})", parts.join(", "));
    }
    text
}

/// What was allowed for, and on what ground.
fn drift(workload: &WorkloadComparison) -> Option<String> {
    let most = |figure: fn(&Drift) -> Option<f64>| {
        workload.cases.iter().filter_map(|case| figure(&case.drift)).reduce(f64::max)
    };
    let mut grounds = Vec::new();
    if let Some(floor) = most(|drift| drift.floor) {
        grounds.push(format!("the two serial arms of a run lie up to {} apart", percent(floor)));
    }
    if let Some(halves) = most(|drift| drift.halves) {
        grounds.push(format!("the later half of a run lies up to {} off the earlier", percent(halves)));
    }
    let least = workload.cases.iter().map(|case| case.drift.machine().low).reduce(f64::min)?;
    let greatest = workload.cases.iter().map(|case| case.drift.machine().high).reduce(f64::max)?;
    grounds.push(format!(
        "by the probed core and by what others had of the CPUs B may take {least:.3}x to {greatest:.3}x as long"
    ));
    if most(|drift| drift.clock).is_none() {
        grounds.push("of the clock nothing is known, because a run holds no probes".to_string());
    }
    Some(format!("Drift between the runs, allowed for by case: {}.", grounds.join("; ")))
}

fn outcome(comparison: &Comparison) -> String {
    let threshold = percent(comparison.threshold);
    let cases = comparison.cases().count();
    let count = |wanted: &dyn Fn(&CaseComparison) -> bool| {
        comparison.cases().filter(|(_, case)| wanted(case)).count()
    };
    match comparison.outcome {
        Outcome::Regression => {
            let worse = count(&|case| case.verdict == Verdict::Regression);
            format!("Regression: {worse} of {cases} cases take more than {threshold} longer.")
        }
        Outcome::NoRegression => {
            format!("No regression: none of {cases} cases takes more than {threshold} longer.")
        }
        Outcome::Inconclusive => {
            let missing = comparison.workloads.iter().map(|workload| workload.missing.len()).sum::<usize>();
            let excluded = |case: &CaseComparison| case.excludes_regression(comparison.threshold);
            let open = missing + count(&|case| !excluded(case));
            format!(
                "Inconclusive: of {open} of {} cases it cannot be told whether they take more than {threshold} longer.",
                cases + missing
            )
        }
    }
}

fn interval(interval: Option<Interval>) -> String {
    interval.map_or(MISSING.to_string(), |ends| format!("[{:.3}, {:.3}]", ends.low, ends.high))
}

fn percent(share: f64) -> String {
    // Without what binary fractions add to a decimal one.
    format!("{} %", (share * 1e4).round() / 1e2)
}

fn time(seconds: f64) -> String {
    let (number, unit) = scaled(seconds);
    format!("{number:.3} {unit}")
}

fn signed(seconds: f64) -> String {
    let (number, unit) = scaled(seconds);
    format!("{number:+.2} {unit}")
}

/// A time in the unit in which it is at least 1, down to microseconds.
fn scaled(seconds: f64) -> (f64, &'static str) {
    match seconds.abs() {
        size if size >= 0.1 => (seconds, "s"),
        size if size >= 1e-3 => (seconds * 1e3, "ms"),
        _ => (seconds * 1e6, "µs"),
    }
}
