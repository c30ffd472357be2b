//! The matrix of the self-test of the account from outside, and the serial fractions side by side.

use speedup_observe::Cause;
use speedup_observe::confusion::{Finding, SerialFraction};

use super::super::table;
use crate::view::grid::{Entry, Grid};
use crate::view::units::{MISSING, count, fixed};

/// Growth of a row, as a part of what was injected, that is worth a column.
const GREW: f64 = 0.05;

/// The matrix, the serial fractions of `fractions`, and how to read both; it ends with a newline.
#[must_use]
pub fn outside(findings: &[Finding], fractions: &[Finding], rounds: u32) -> String {
    let found = findings.iter().filter(|finding| finding.found() == Ok(true)).count();
    let near = fractions.iter().filter(|finding| finding.found() == Ok(true)).count();
    format!(
        "{}\n\n{found} of {} faults were found where they were injected: the median of that row's growth is \
         within 10 % of it.\n\n{}\n\n{near} of {} serial fractions were measured within 3 points.\n",
        table::grid(&matrix(findings, rounds)),
        findings.len(),
        table::grid(&serial(fractions)),
        fractions.len()
    )
}

fn matrix(findings: &[Finding], rounds: u32) -> Grid {
    let shown: Vec<Cause> =
        causes(findings).into_iter().filter(|cause| has_column(findings, *cause)).collect();
    let mut head = vec!["Injected".to_string(), "ms".to_string()];
    head.extend(shown.iter().map(|cause| short(*cause).to_string()));
    head.push("verdict".to_string());
    let rows = findings.iter().map(|finding| {
        let cells = shown.iter().map(|cause| cell(finding, *cause));
        let first = [finding.fault.name(), fixed(finding.injected_s * 1e3, 0)];
        let row = first.into_iter().chain(cells).chain([verdict(finding)]);
        row.map(Entry::from).collect()
    });
    Grid {
        title: format!(
            "Growth of each row of the account from outside, in % of the injected time (median of {}; [x] marks \
             the row that was injected)",
            count(rounds as usize, "round")
        ),
        head,
        rows: rows.collect(),
        ..Grid::default()
    }
}

fn causes(findings: &[Finding]) -> Vec<Cause> {
    findings.first().map_or_else(Vec::new, |finding| finding.parts.iter().map(|(cause, _)| *cause).collect())
}

/// Whether a row was to grow, has grown, or is not told.
fn has_column(findings: &[Finding], cause: Cause) -> bool {
    findings.iter().any(|finding| {
        finding.fault.cause() == cause || part(finding, cause).is_none_or(|part| part.abs() >= GREW)
    })
}

fn part(finding: &Finding, cause: Cause) -> Option<f64> {
    let (_, part) = finding.parts.iter().find(|(of, _)| *of == cause)?;
    part.as_ref().ok().copied()
}

fn short(cause: Cause) -> &'static str {
    match cause {
        Cause::ExtraUser => "user",
        Cause::ExtraSystem => "system",
        cause => cause.name(),
    }
}

fn cell(finding: &Finding, cause: Cause) -> String {
    let text = part(finding, cause).map_or(MISSING.to_string(), |part| fixed(100.0 * part, 0));
    if cause == finding.fault.cause() { format!("[{text}]") } else { text }
}

fn verdict(finding: &Finding) -> String {
    match finding.found() {
        Ok(true) => "found".to_string(),
        Ok(false) => "missed".to_string(),
        Err(reason) => format!("not told: {reason}"),
    }
}

fn serial(fractions: &[Finding]) -> Grid {
    let percent = |share: f64| format!("{} %", fixed(100.0 * share, 1));
    let row = |finding: &Finding| {
        let SerialFraction { injected, measured, error } = finding.serial.as_ref()?;
        let told = |figure: &Result<f64, _>, form: &dyn Fn(f64) -> String| {
            figure.as_ref().map_or(MISSING.to_string(), |figure| form(*figure))
        };
        let points = |points: f64| format!("{:+.1}", 100.0 * points);
        let cells = [
            finding.fault.name(),
            percent(*injected),
            told(measured, &percent),
            told(error, &points),
            verdict(finding),
        ];
        Some(cells.map(Entry::from).to_vec())
    };
    Grid {
        title: "Serial fraction of a program's CPU time, by its own clocks and from outside".to_string(),
        head: ["Injected", "own clocks", "outside", "points", "verdict"].map(String::from).to_vec(),
        rows: fractions.iter().filter_map(row).collect(),
        ..Grid::default()
    }
}
