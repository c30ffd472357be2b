//! Two runs against each other: a table per workload, then what follows, in sentences.

use super::grid::{Entry, Grid, heads};
use super::units::{MISSING, chosen_percent, fixed, interval, list, seconds, signed_seconds, speedup};
use crate::analysis::compare::{
    CaseComparison, Change, Comparison, Drift, Outcome, RunName, Verdict, WorkloadComparison,
};
use crate::stats::Interval;

/// A comparison as a person is told about it, from top to bottom.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparisonView {
    /// The two runs, a line each.
    pub runs: [String; 2],
    /// What is not the same in both, a sentence each.
    pub differences: Vec<String>,
    /// The workloads, each with its table, if both runs measured anything of it, and what follows.
    pub workloads: Vec<(Option<Grid>, Vec<String>)>,
    /// What follows from all cases.
    pub outcome: String,
}

impl ComparisonView {
    /// What is to be told of a comparison.
    #[must_use]
    pub fn of(comparison: &Comparison) -> Self {
        let differences =
            comparison.differences.iter().map(|difference| format!("Not the same: {difference}."));
        let remarks = comparison.remarks.iter().map(|remark| format!("Note: {remark}."));
        let workload = |workload: &WorkloadComparison| {
            let missing = workload.missing.iter();
            let mut lines: Vec<String> = missing
                .map(|case| format!("{} {} cannot be compared: {}.", workload.name, case.case, case.reason))
                .collect();
            lines.extend(sentence(workload, comparison.threshold));
            lines.extend(drift(workload));
            ((!workload.cases.is_empty()).then(|| grid(workload)), lines)
        };
        Self {
            runs: [run('A', &comparison.a), run('B', &comparison.b)],
            differences: differences.chain(remarks).collect(),
            workloads: comparison.workloads.iter().map(workload).collect(),
            outcome: outcome(comparison),
        }
    }
}

fn run(letter: char, run: &RunName) -> String {
    let revision = run.revision.as_ref().map_or(String::new(), |revision| format!(" · {revision}"));
    format!("{letter}: {} · {}{revision}", run.name, run.created)
}

fn grid(workload: &WorkloadComparison) -> Grid {
    let row = |case: &CaseComparison| {
        vec![
            Entry::name(case.name()),
            Entry::figure(Some(case.a_s), seconds),
            Entry::figure(Some(case.b_s), seconds),
            Entry::figure(Some(case.ratio.value), |ratio| format!("{}x", fixed(ratio, 3))),
            Entry::written(ends(case.ratio.interval), case.ratio.interval.map(|ends| ends.low)),
            Entry::written(ends(case.with_drift), case.with_drift.map(|ends| ends.low)),
            Entry::name(case.verdict.name()),
            Entry::name(moved(case.change.as_ref())),
        ]
    };
    Grid {
        title: workload.label.clone(),
        head: heads(["Case", "A", "B", "B / A", "95 %", "with drift", "Verdict", "Moved most"]),
        rows: workload.cases.iter().map(row).collect(),
        ..Grid::default()
    }
}

/// The row that moved most, if its interval leaves no doubt that it did.
fn moved(change: Option<&Change>) -> String {
    let Some(change) = change else { return MISSING.to_string() };
    match change.largest().filter(|row| row.is_beyond_doubt()) {
        Some(row) => format!("{} {}", row.loss.name(), signed_seconds(row.worker_seconds.value)),
        None => "none significant".to_string(),
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
            let others = others.iter().map(|case| case.name());
            let also = if others.len() == 0 {
                String::new()
            } else {
                format!(" The same verdict holds for {}.", list(others))
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
            "{} {} is inconclusive at {}: its ratio is within {}, with drift {}. More rounds or a quieter machine would narrow that.",
            workload.name,
            widest.name(),
            chosen_percent(threshold),
            ends(widest.ratio.interval),
            ends(widest.with_drift)
        ));
    }
    (!workload.cases.is_empty())
        .then(|| format!("No case of {} changed by more than {}.", workload.name, chosen_percent(threshold)))
}

fn distance(case: &CaseComparison) -> f64 {
    case.ratio.value.ln().abs()
}

/// As in `rc4 threads/2 takes 1.98x [1.95, 2.01] as long: slower tasks +0.97 s of +0.98 s`.
fn in_words(workload: &WorkloadComparison, case: &CaseComparison) -> String {
    let ratio = speedup(case.ratio);
    let text = format!("{} {} takes {ratio} as long", workload.name, case.name());
    let Some(change) = &case.change else { return text };
    let Some(row) = change.largest() else { return text };
    let whole = format!("{} of worker time per batch", signed_seconds(change.worker_seconds.value));
    let mut text =
        format!("{text}: {} {} of {whole}", row.loss.name(), signed_seconds(row.worker_seconds.value));
    let parts: Vec<String> = (row.parts.iter())
        .map(|part| format!("{} {}", part.name, signed_seconds(part.worker_seconds.value)))
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
        grounds.push(format!("the two serial arms of a run differ by up to {}", chosen_percent(floor)));
    }
    if let Some(halves) = most(|drift| drift.halves) {
        grounds.push(format!("the halves of a run differ by up to {}", chosen_percent(halves)));
    }
    let least = workload.cases.iter().map(|case| case.drift.machine().low).reduce(f64::min)?;
    let greatest = workload.cases.iter().map(|case| case.drift.machine().high).reduce(f64::max)?;
    grounds.push(format!(
        "the probed cores and what other programs used of the CPUs allow B to take {least:.3}x to {greatest:.3}x as long"
    ));
    if most(|drift| drift.clock).is_none() {
        grounds.push("the clocks are unknown, because a run has no probes".to_string());
    }
    Some(format!("Allowance for drift between the runs: {}.", grounds.join("; ")))
}

fn outcome(comparison: &Comparison) -> String {
    let threshold = chosen_percent(comparison.threshold);
    let cases = comparison.cases().count();
    let count = |wanted: &dyn Fn(&CaseComparison) -> bool| {
        comparison.cases().filter(|(_, case)| wanted(case)).count()
    };
    match comparison.outcome {
        Outcome::Regression => {
            let worse = count(&|case| case.verdict == Verdict::Regression);
            format!("Regression: {worse} of {cases} cases took more than {threshold} longer.")
        }
        Outcome::NoRegression => {
            format!("No regression: none of {cases} cases takes more than {threshold} longer.")
        }
        Outcome::Inconclusive => {
            let missing = comparison.workloads.iter().map(|workload| workload.missing.len()).sum::<usize>();
            let excluded = |case: &CaseComparison| case.excludes_regression(comparison.threshold);
            let open = missing + count(&|case| !excluded(case));
            format!(
                "Inconclusive: {open} of {} cases may take more than {threshold} longer.",
                cases + missing
            )
        }
    }
}

fn ends(ends: Option<Interval>) -> String {
    ends.map_or(MISSING.to_string(), |ends| interval(ends, 3))
}
