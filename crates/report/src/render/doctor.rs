//! What `speedup doctor` says, for a person at a terminal.

use std::fmt::Write as _;

use super::prose::wrap;
use crate::analysis::doctor::{CpuSpeed, Diagnosis, Finding, Floor, Severity};
use crate::record::checkup::Facts;
use crate::record::{Cache, Environment, Host, Known, Placement};
use crate::view::units;

/// Columns of the whole text.
const WIDTH: usize = 100;

/// Columns of what stands before a finding.
const INDENT: usize = 10;

/// What stands before the remedy of a finding; what does not fit on its line is set in by as much.
const REMEDY: &str = "→ ";

/// CPUs with a line each; of more only the slowest are listed.
const LISTED: usize = 16;

/// The findings, the worst first, then what the CPUs do and how far noise reaches.
#[must_use]
pub fn text(facts: &Facts, diagnosis: &Diagnosis) -> String {
    let mut text = format!("{}\n\n", machine(facts));
    for finding in &diagnosis.findings {
        text += &self::finding(finding);
    }
    text += &paragraph("machine", &shape(&facts.environment));
    if facts.default_workers > 0 {
        text += &paragraph("workers", &workers(facts));
    }
    if facts.captured.is_none() {
        text += &paragraph("CPUs", &cpus(&diagnosis.cpus, diagnosis.together.as_ref()));
        text += &match &diagnosis.floor {
            Known::Value(floor) => paragraph("floor", &noise(floor)),
            Known::Missing(reason) => paragraph("floor", &[format!("None: {reason}.")]),
        };
    }
    let count = |severity| diagnosis.findings.iter().filter(|finding| finding.severity == severity).count();
    let _ = writeln!(
        text,
        "{}, {}.",
        units::count(count(Severity::Warning), "warning"),
        units::count(count(Severity::Note), "note")
    );
    text
}

/// The machine in one line.
fn machine(facts: &Facts) -> String {
    let environment = &facts.environment;
    let mut parts = vec![environment.summary()];
    if let Some(Host::Hypervisor { name, .. }) = environment.host.value() {
        parts.push(format!("virtual ({name})"));
    }
    parts.extend(environment.kernel.value().cloned());
    parts.extend(facts.captured.as_ref().map(|folder| format!("as told by the files in {folder}")));
    parts.join(", ")
}

/// Its cores, caches and memory nodes, in lines.
fn shape(environment: &Environment) -> Vec<String> {
    let told = |what: &str, known: Known<String>| match known {
        Known::Value(text) => text,
        Known::Missing(reason) => format!("{what}: not told, {reason}"),
    };
    let cores = environment.cores.clone().map(|cores| {
        let cpus = cores.iter().map(Vec::len).sum();
        format!("{} on {}", units::count(cpus, "CPU"), units::count(cores.len(), "core"))
    });
    let caches = environment.caches.clone().map(|caches| {
        let seen = caches.iter().filter(|cache| cache.kind != "instruction");
        seen.map(cache).collect::<Vec<_>>().join(", ")
    });
    let nodes = environment.numa_nodes.clone().map(|nodes| units::count(nodes, "memory node"));
    vec![told("cores", cores), told("caches", caches), told("memory nodes", nodes)]
}

fn cache(cache: &Cache) -> String {
    let size = units::bytes(cache.bytes);
    let shared =
        if cache.shared_by > 1 { format!(" for {} CPUs each", cache.shared_by) } else { String::new() };
    format!("{} L{} of {size}{shared}", cache.count, cache.level)
}

/// What N workers are where nothing else is asked for, and which CPUs they get with `--pin`.
fn workers(facts: &Facts) -> Vec<String> {
    let of = format!("1 to {} where --workers does not say.", facts.default_workers);
    let order = |(placement, cpus): &(Placement, Vec<usize>)| {
        let first: Vec<String> = cpus.iter().take(LISTED).map(usize::to_string).collect();
        let more = if cpus.len() > LISTED { ",…" } else { "" };
        format!("--pin {:<8} {}{more}", placement.name(), first.join(","))
    };
    std::iter::once(of).chain(facts.orders.iter().map(order)).collect()
}

fn finding(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let what = capital(&finding.what);
    paragraph(severity, &[what, finding.consequence.clone(), format!("{REMEDY}{}", finding.remedy)])
}

/// What the CPUs do, in lines.
fn cpus(speeds: &[CpuSpeed], together: Option<&CpuSpeed>) -> Vec<String> {
    if speeds.is_empty() {
        return vec!["No probe of clock and issue width for this processor.".into()];
    }
    let mut speeds: Vec<&CpuSpeed> = speeds.iter().collect();
    let mut lines = Vec::new();
    if speeds.len() > LISTED {
        lines.push(format!("The {LISTED} with the least issue width, of {}:", speeds.len()));
        speeds.sort_by(|a, b| a.width[0].total_cmp(&b.width[0]));
        speeds.truncate(LISTED);
    }
    let alone =
        |speed: &CpuSpeed| self::speed(&speed.cpu.map_or("any".into(), |cpu| format!("CPU {cpu}")), speed);
    lines.extend(speeds.into_iter().map(alone));
    lines.extend(together.map(|speed| self::speed("all busy", speed)));
    lines
}

fn speed(name: &str, speed: &CpuSpeed) -> String {
    let [low, median, high] = speed.width;
    format!(
        "{name:<9} {:.2} GHz, {median:.1} operations a cycle ({low:.1} to {high:.1}), {} probes",
        speed.clock_hz * 1e-9,
        speed.readings
    )
}

/// What the noise floor is and means.
fn noise(floor: &Floor) -> Vec<String> {
    let resolution = floor.resolution * 100.0;
    vec![
        format!(
            "The same work ({}, {:.1} ms) against itself, {} pairs: {:.4} [{:.4}, {:.4}].",
            floor.what,
            floor.piece_ns * 1e-6,
            floor.pairs,
            floor.ratio,
            floor.low,
            floor.high
        ),
        format!(
            "Differences below {resolution:.2} % are not significant here with {} pairs; four times as many halve that.",
            floor.pairs
        ),
    ]
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// Lines under a head, wrapped and indented, and an empty line.
fn paragraph(head: &str, lines: &[String]) -> String {
    let mut text = String::new();
    let mut head = format!("{head:<INDENT$}");
    for line in lines {
        let hanging = if line.starts_with(REMEDY) { REMEDY.chars().count() } else { 0 };
        for (number, line) in wrap(line, WIDTH - INDENT - hanging).into_iter().enumerate() {
            let hanging = if number > 0 { hanging } else { 0 };
            let _ = writeln!(text, "{head}{:hanging$}{line}", "");
            head = " ".repeat(INDENT);
        }
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnosis(cpus: usize) -> Diagnosis {
        let finding = |severity, what: &str| Finding {
            severity,
            what: what.into(),
            consequence: "It follows.".into(),
            remedy: "Do something.".into(),
        };
        let speed = |cpu| CpuSpeed {
            cpu: Some(cpu),
            readings: 50,
            clock_hz: 4.1e9,
            width: [4.4, 4.5, 4.6 + cpu as f64],
            shared: 0.0,
        };
        Diagnosis {
            findings: vec![finding(Severity::Warning, "steal"), finding(Severity::Note, "turbo is on")],
            cpus: (0..cpus).map(speed).collect(),
            together: (cpus > 0).then(|| CpuSpeed { cpu: None, clock_hz: 3.9e9, ..speed(0) }),
            floor: Known::Value(Floor {
                what: "rc4".into(),
                pairs: 212,
                piece_ns: 4.2e6,
                ratio: 1.0003,
                low: 0.9981,
                high: 1.0024,
                resolution: 0.0024,
            }),
        }
    }

    #[test]
    fn findings_come_with_severity_first_and_the_floor_last() {
        let expected = "\
unknown processor

warning   Steal
          It follows.
          → Do something.

note      Turbo is on
          It follows.
          → Do something.

machine   cores: not told, not recorded
          caches: not told, not recorded
          memory nodes: not told, not recorded

CPUs      CPU 0     4.10 GHz, 4.5 operations a cycle (4.4 to 4.6), 50 probes
          CPU 1     4.10 GHz, 4.5 operations a cycle (4.4 to 5.6), 50 probes
          all busy  3.90 GHz, 4.5 operations a cycle (4.4 to 4.6), 50 probes

floor     The same work (rc4, 4.2 ms) against itself, 212 pairs: 1.0003 [0.9981, 1.0024].
          Differences below 0.24 % are not significant here with 212 pairs; four times as many halve
          that.

1 warning, 1 note.
";
        assert_eq!(text(&Facts::default(), &diagnosis(2)), expected);
    }

    #[test]
    fn what_is_not_there_is_said() {
        let mut diagnosis = diagnosis(0);
        diagnosis.findings.clear();
        diagnosis.floor = Known::Missing("there is no workload".into());
        let text = text(&Facts::default(), &diagnosis);
        assert!(text.contains("CPUs      No probe"), "{text}");
        assert!(text.contains("floor     None: there is no workload."), "{text}");
        assert!(text.ends_with("\n0 warnings, 0 notes.\n"), "{text}");
    }

    #[test]
    fn of_many_cpus_some_are_listed() {
        let text = text(&Facts::default(), &diagnosis(200));
        assert!(text.contains("The 16 with the least issue width, of 200:"), "{text}");
        assert_eq!(text.matches(" GHz").count(), 16 + 1);
    }
}
