//! Runs against runs: a table per workload, then what follows, in sentences.

use super::grid::{Entry, Grid, heads};
use super::units::{
    MISSING, and, chosen_percent, count, fixed, interval, list, seconds, signed_seconds, speedup, times,
};
use crate::analysis::compare::{
    CaseComparison, Change, Comparison, Drift, Measure, Needed, Outcome, RunName, Verdict, WorkloadComparison,
};
use crate::stats::Interval;

/// A comparison as a person is told about it, from top to bottom.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparisonView {
    /// The two sides, a line each.
    pub runs: [String; 2],
    /// What is not the same in both, a sentence each.
    pub differences: Vec<String>,
    /// The workloads.
    pub workloads: Vec<WorkloadView>,
    /// What follows from all cases, and where nothing does, what it would take.
    pub outcome: String,
}

/// A workload in both.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkloadView {
    /// Its table, if both have measured anything of it.
    pub grid: Option<Grid>,
    /// What follows, a sentence each.
    pub said: Vec<String>,
    /// What was allowed for.
    pub drift: Option<String>,
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
            let mut said: Vec<String> = missing
                .map(|case| format!("{} {} cannot be compared: {}.", workload.name, case.case, case.reason))
                .collect();
            said.extend(sentence(workload, comparison));
            WorkloadView {
                grid: (!workload.cases.is_empty()).then(|| grid(workload, comparison)),
                said,
                drift: if comparison.same_run { None } else { drift(workload, comparison) },
            }
        };
        let needed = comparison.needed.as_ref().map(|what| format!(" {}", needed(what)));
        Self {
            runs: [side('A', &comparison.a), side('B', &comparison.b)],
            differences: differences.chain(remarks).chain(about_the_runs(comparison)).collect(),
            workloads: comparison.workloads.iter().map(workload).collect(),
            outcome: format!("{}{}", outcome(comparison), needed.unwrap_or_default()),
        }
    }
}

/// What has to be said of the choice of runs.
fn about_the_runs(comparison: &Comparison) -> Option<String> {
    if comparison.same_run {
        return Some("A and B are one and the same run.".to_string());
    }
    if comparison.same_rounds {
        let what = "Both ran in the same rounds, in random order: what the machine does falls on both.";
        return Some(what.to_string());
    }
    if comparison.measure == Measure::Speedups {
        let what = "Only speedups and losses are compared, each with the serial baseline of its own run.";
        return Some(what.to_string());
    }
    (!comparison.turns).then(|| {
        "The runs did not take turns (A, B, A, B): how they differ does not show what the machine does."
            .to_string()
    })
}

fn side(letter: char, runs: &[RunName]) -> String {
    let mut revisions: Vec<&str> = runs.iter().filter_map(|run| run.revision.as_deref()).collect();
    revisions.dedup();
    let revisions = revisions.iter().fold(String::new(), |all, revision| all + " · " + revision);
    if let [run] = runs {
        return format!("{letter}: {} · {}{revisions}", run.name, run.created);
    }
    let names = list(runs.iter().map(|run| format!("{} {}", run.name, run.created)));
    format!("{letter}: {} · {names}{revisions}", count(runs.len(), "run"))
}

/// What it would take to decide.
#[must_use]
pub fn needed(needed: &Needed) -> String {
    let rounds = needed.rounds.map(|more| format!("{} in each run", more_of(more, "round")));
    let runs =
        needed.runs.map(|more| format!("{} of each side, in turns (A, B, A, B)", more_of(more, "run")));
    let parts: Vec<String> = rounds.into_iter().chain(runs).collect();
    let unknown = match &needed.unknown[..] {
        [] => String::new(),
        [one] => one.clone(),
        [one, others @ ..] => format!("{one}, and {} like it", count(others.len(), "case")),
    };
    match (parts.is_empty(), unknown.is_empty()) {
        (true, _) => format!("No number of rounds would decide it: {unknown}."),
        (_, true) => format!("About {} would decide it.", and(parts)),
        (..) => format!("About {} would decide the rest, but not: {unknown}.", and(parts)),
    }
}

fn more_of(more: u64, what: &str) -> String {
    format!("{more} more {what}{}", if more == 1 { "" } else { "s" })
}

fn grid(workload: &WorkloadComparison, comparison: &Comparison) -> Grid {
    let measure = comparison.measure;
    let arms = workload.cases.iter().any(|case| case.again.is_some());
    let row = |case: &CaseComparison| {
        let (a, b) = match measure {
            Measure::Times => {
                (Entry::figure(Some(case.a_s), seconds), Entry::figure(Some(case.b_s), seconds))
            }
            Measure::Speedups => (Entry::figure(case.a_speedup, times), Entry::figure(case.b_speedup, times)),
        };
        let again = case.again.and_then(|again| again.interval);
        let row = vec![
            Entry::name(case.name()),
            a,
            b,
            Entry::figure(Some(case.ratio.value), |ratio| format!("{}x", fixed(ratio, 3))),
            Entry::written(ends(case.ratio.interval), case.ratio.interval.map(|ends| ends.low)),
        ];
        let floor = arms.then(|| Entry::written(ends(again), again.map(|ends| ends.low)));
        let rest = [
            Entry::written(ends(case.with_drift), case.with_drift.map(|ends| ends.low)),
            Entry::name(case.verdict.name()),
            Entry::name(moved(case.change.as_ref(), measure)),
        ];
        row.into_iter().chain(floor).chain(rest).collect()
    };
    let columns = match measure {
        Measure::Times => ["A", "B", "B / A"],
        Measure::Speedups => ["A speedup", "B speedup", "A / B"],
    };
    let [a, b, ratio] = columns;
    Grid {
        title: workload.label.clone(),
        head: [
            heads(["Case", a, b, ratio, "95 %"]),
            if arms { heads(["A / A"]) } else { Vec::new() },
            heads([
                if comparison.same_rounds { "with floor" } else { "with drift" },
                "Verdict",
                "Moved most",
            ]),
        ]
        .concat(),
        rows: workload.cases.iter().map(row).collect(),
        ..Grid::default()
    }
}

/// The row that moved most, if its interval leaves no doubt that it did.
fn moved(change: Option<&Change>, measure: Measure) -> String {
    let Some(change) = change else { return MISSING.to_string() };
    match change.largest().filter(|row| row.is_beyond_doubt()) {
        Some(row) => format!("{} {}", row.loss.name(), signed(row.worker_seconds.value, measure)),
        None => "none significant".to_string(),
    }
}

/// An amount of worker time with its sign.
fn signed(amount: f64, measure: Measure) -> String {
    match measure {
        Measure::Times => signed_seconds(amount),
        Measure::Speedups => format!("{amount:+.3} T_serial"),
    }
}

/// The case that changed most, in words; the others of its verdict by name.
fn sentence(workload: &WorkloadComparison, comparison: &Comparison) -> Option<String> {
    let Comparison { threshold, measure, .. } = *comparison;
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
            return Some(format!("{}.{also}", in_words(workload, most, measure)));
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
            "{} {} is inconclusive at {}: its ratio is within {}, with {} {}. More rounds or a quieter machine would narrow that.",
            workload.name,
            widest.name(),
            chosen_percent(threshold),
            ends(widest.ratio.interval),
            if comparison.same_rounds { "the noise floor" } else { "drift" },
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
fn in_words(workload: &WorkloadComparison, case: &CaseComparison, measure: Measure) -> String {
    let ratio = speedup(case.ratio);
    let text = format!("{} {} takes {ratio} as long{}", workload.name, case.name(), relative(measure));
    let Some(change) = &case.change else { return text };
    let Some(row) = change.largest() else { return text };
    let whole = format!("{} of worker time per batch", signed(change.worker_seconds.value, measure));
    let mut text =
        format!("{text}: {} {} of {whole}", row.loss.name(), signed(row.worker_seconds.value, measure));
    let parts: Vec<String> = (row.parts.iter())
        .map(|part| format!("{} {}", part.name, signed(part.worker_seconds.value, measure)))
        .collect();
    if !parts.is_empty() {
        text = format!("{text} ({})", parts.join(", "));
    }
    text
}

/// What a time is compared with, if that is not another time.
fn relative(measure: Measure) -> &'static str {
    match measure {
        Measure::Times => "",
        Measure::Speedups => " relative to the serial baseline",
    }
}

/// What was allowed for, and on what ground.
fn drift(workload: &WorkloadComparison, comparison: &Comparison) -> Option<String> {
    if workload.cases.iter().any(|case| case.between.is_some()) {
        let pairs = comparison.a.len();
        return Some(format!("Allowance for drift between the runs: how the {pairs} pairs of runs differ."));
    }
    let most = |figure: fn(&Drift) -> Option<f64>| {
        workload.cases.iter().filter_map(|case| figure(&case.drift)).reduce(f64::max)
    };
    if comparison.same_rounds {
        return Some(match most(|drift| drift.floor) {
            Some(floor) => format!(
                "Allowance for noise: two arms of A, which are the same program, differ by up to {} (A / A).",
                chosen_percent(floor)
            ),
            None if workload.cases.iter().any(|case| case.again.is_some()) => {
                "What to allow for noise is open: two arms of A have too few rounds, or differ too much, for an interval."
                    .to_string()
            }
            None => "There is no second arm of A in these rounds, and no allowance for noise.".to_string(),
        });
    }
    let mut grounds = Vec::new();
    if let Some(floor) = most(|drift| drift.floor) {
        grounds.push(format!("the two serial arms of a run differ by up to {}", chosen_percent(floor)));
    }
    if let Some(halves) = most(|drift| drift.halves) {
        grounds.push(format!("the halves of a run differ by up to {}", chosen_percent(halves)));
    }
    if let Some(runs) = most(|drift| drift.runs) {
        grounds.push(format!("the runs of a side differ by up to {}", chosen_percent(runs)));
    }
    if comparison.measure == Measure::Speedups {
        let grounds = if grounds.is_empty() { "none".to_string() } else { grounds.join("; ") };
        return (!workload.cases.is_empty())
            .then(|| format!("Allowance for drift between the runs: {grounds}."));
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
    let longer = format!("{threshold} longer{}", relative(comparison.measure));
    let cases = comparison.cases().count();
    let count = |wanted: &dyn Fn(&CaseComparison) -> bool| {
        comparison.cases().filter(|(_, case)| wanted(case)).count()
    };
    match comparison.outcome {
        Outcome::Regression => {
            let worse = count(&|case| case.verdict == Verdict::Regression);
            format!("Regression: {worse} of {cases} cases took more than {longer}.")
        }
        Outcome::NoRegression => {
            format!("No regression: none of {cases} cases takes more than {longer}.")
        }
        Outcome::Inconclusive => {
            let missing = comparison.workloads.iter().map(|workload| workload.missing.len()).sum::<usize>();
            let excluded = |case: &CaseComparison| case.excludes_regression(comparison.threshold);
            let open = missing + count(&|case| !excluded(case));
            format!("Inconclusive: {open} of {} cases may take more than {longer}.", cases + missing)
        }
    }
}

fn ends(ends: Option<Interval>) -> String {
    ends.map_or(MISSING.to_string(), |ends| interval(ends, 3))
}
