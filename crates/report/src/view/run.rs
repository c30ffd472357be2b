//! What is told of a run as a whole: which one it is, how much was measured and how well, what failed.

use super::WorkloadView;
use super::units::{and, count, count_range, percent, plural, precision, seconds};
use super::verdict::largest_loss;
use crate::analysis::{
    Account, Analysis, Cell, LEAST_ROUNDS, Law, Loss, Narrowed, NoInterval, Unsteady, doctor,
};
use crate::record::{BASELINE, Design, HOSTS, PoolMode, Status, Stop};

/// Which run it is and how it was measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// Name of the run.
    pub name: String,
    /// The program that measured, where that was a peer.
    pub program: Option<String>,
    /// Start of the run, RFC 3339, UTC.
    pub created: String,
    /// The day of it.
    pub date: String,
    /// The machine in a few words.
    pub machine: String,
    /// `10 runs per case`, or `no runs`.
    pub runs: String,
    /// How the samples were ordered in time.
    pub design: &'static str,
    /// Whether starting the pools is timed; absent for a published table and of programs.
    pub pool: Option<&'static str>,
    /// How far the run got.
    pub status: &'static str,
}

impl Heading {
    pub(super) fn of(run: &Analysis) -> Self {
        let pool = match run.pool {
            PoolMode::Cold => "pools started within the timing",
            PoolMode::Warm => "pools started before the timing",
        };
        let has_pools =
            run.workloads.is_empty() || run.workloads.iter().any(|workload| !workload.is_program());
        Self {
            name: run.name.clone(),
            program: run.peer.then(|| run.program.clone()),
            created: run.created.clone(),
            date: run.created.chars().take(10).collect(),
            machine: run.machine.clone(),
            runs: run
                .runs()
                .map_or("no runs".into(), |runs| format!("{} per case", count_range(runs, "run"))),
            design: match run.design {
                Design::InterleavedRounds => "in interleaved rounds",
                Design::CaseByCase => "case by case",
                Design::Published => "as published",
            },
            pool: (run.design != Design::Published && has_pools).then_some(pool),
            status: match run.status {
                Status::Complete => "complete",
                Status::Running => "unfinished",
                Status::Interrupted => "interrupted",
                Status::Failed => "failed",
            },
        }
    }
}

/// One line: name, date, machine, and how it was measured.
impl std::fmt::Display for Heading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let program = self.program.as_ref().map_or(String::new(), |program| format!(" · {program}"));
        let Self { name, date, machine, runs, design, .. } = self;
        write!(f, "{name}{program} · {date} · {machine} · {runs}, {design}")
    }
}

/// What failed, and whether the run ended early.
pub(super) fn notes(run: &Analysis) -> Vec<String> {
    let mut notes = Vec::new();
    for (index, workload) in run.workloads.iter().enumerate() {
        let serial = std::iter::once((BASELINE.to_string(), &workload.serial));
        let rows = run.executors.iter().flat_map(|table| table.rows.iter().map(move |row| (table, row)));
        let pools =
            rows.map(|(table, row)| (format!("{}/{}", table.executor, row.workers), &row.cells[index]));
        notes.extend(serial.chain(pools).filter_map(|(case, cell)| match cell {
            Cell::Failed { reason } => Some(format!("{} {case} failed: {reason}", workload.name)),
            Cell::Measured(_) | Cell::NotMeasured => None,
        }));
    }
    notes.extend(match run.status {
        Status::Complete => None,
        Status::Running => Some("The run had not ended when this file was written.".to_string()),
        Status::Interrupted => Some("The run was interrupted.".to_string()),
        Status::Failed => Some("The run ended with the failure above.".to_string()),
    });
    notes
}

/// How much was measured, and what has to be known before a figure is believed.
pub(super) fn measured(run: &Analysis) -> Vec<String> {
    let by = if run.programs().workloads.is_empty() { "'speedup run'" } else { "'speedup command'" };
    match run.design {
        Design::Published => return Vec::new(),
        Design::CaseByCase => {
            return vec![format!(
                "Cases ran one after another, so drift of the machine is part of the speedups. {by} pairs them in rounds."
            )];
        }
        Design::InterleavedRounds => {}
    }
    if run.estimates().next().is_none() {
        return Vec::new();
    }
    let mut lines = vec![rounds(run)];
    lines.extend(hosts(run));
    lines.extend(run.anecdote().map(|_| {
        format!("Fewer than {LEAST_ROUNDS} rounds are an anecdote, and nothing is concluded from them.")
    }));
    lines.extend(apart(run));
    lines.extend(noisy(run));
    lines.extend(busy(run));
    lines.extend(run.conditions.after.as_ref().and_then(doctor::others_during));
    lines.extend(taken(run));
    lines
}

/// On which hosts workers were, and how well their clocks are known.
fn hosts(run: &Analysis) -> Option<String> {
    let hosts = &run.hosts.as_ref()?.hosts;
    let accounts = run.estimates().filter_map(|estimate| estimate.account.as_ref());
    let off = accounts.flat_map(|account| &account.hosts).map(|host| host.clock_error_s);
    let off = off.reduce(f64::max).map(|off| {
        format!("; where a host's times meet those of the case they may be off by {} at most", seconds(off))
    });
    Some(format!(
        "Workers of {HOSTS} were on {}, each timed by its host's own clock{}.",
        count(hosts.len(), "host"),
        off.unwrap_or_default()
    ))
}

/// Units of speedup from which on a wait for CPUs is worth a sentence.
const WAITED: f64 = 0.05;

/// Who had the CPUs that workers waited for, where that is what cost a case most that stands for an executor.
fn taken(run: &Analysis) -> Option<String> {
    // Who has CPUs of other hosts is not known here.
    let here = (0..run.executors.len()).filter(|&executor| run.executors[executor].executor != HOSTS);
    let cases = here.flat_map(|executor| {
        (0..run.workloads.len()).filter_map(move |workload| run.representative(executor, workload))
    });
    let waited = |account: &Account| {
        largest_loss(account).is_some_and(|row| row.loss == Loss::RunQueue && row.speedup.value >= WAITED)
    };
    let mut accounts = cases.filter_map(|case| case.estimate.account.as_ref());
    let who = accounts.any(waited).then(|| doctor::who_took_cpus(&run.environment, &run.conditions.before));
    who.flatten().map(|who| format!("Workers waited for CPUs: {who}."))
}

/// What other programs took just before the run, where it was looked and is too much.
fn busy(run: &Analysis) -> Option<String> {
    let before = &run.conditions.before;
    before.others.value()?;
    match doctor::too_busy(before) {
        Some(too_busy) => Some(format!("Just before the run the machine was {too_busy}.")),
        None => doctor::others(before).map(|others| format!("Just before the run, {others}.")),
    }
}

/// How well it was measured, in detail.
pub(super) fn quality(run: &Analysis, workloads: &[WorkloadView]) -> Vec<String> {
    if run.design != Design::InterleavedRounds || run.estimates().next().is_none() {
        return Vec::new();
    }
    let mut lines = Vec::new();
    lines.extend(without_noisy(workloads));
    lines.extend(narrowing(run));
    lines.extend(no_law(run));
    lines.extend(oversubscribed(run));
    lines.extend(residual(run));
    let tasks = run.workloads.iter().any(|workload| !workload.is_program());
    if let Some(harness) = run.environment.harness.value().filter(|_| tasks) {
        let task_us = (2.0 * (harness.usage_read_ns + harness.clock_read_ns) + harness.probe_ns) / 1e3;
        lines.push(format!("Measuring one task takes about {task_us:.1} µs of its worker's time."));
    }
    let mut notes: Vec<&String> = Vec::new();
    for note in run.estimates().filter_map(|e| e.account.as_ref()).flat_map(|account| &account.notes) {
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    lines.extend(notes.into_iter().map(|note| format!("Note: {}.", note.trim_end_matches('.'))));
    lines
}

/// How the widest interval narrowed with time.
fn narrowing(run: &Analysis) -> Option<String> {
    let (last, before) = run.narrowing.split_last().filter(|(_, before)| !before.is_empty())?;
    let after = |at: &Narrowed| format!("±{} after {} min", precision(at.widest), at.after_s / 60.0);
    let before = before.iter().map(after).collect::<Vec<_>>().join(", ");
    let last = format!("±{} in the end, after {:.1} min", precision(last.widest), last.after_s / 60.0);
    Some(format!("The widest interval: {before}, {last}."))
}

/// Why no law of scaling is told, once for all executors and workloads: they lack the same, as a rule. The reason is
/// that of the executor with the most numbers of workers.
fn no_law(run: &Analysis) -> Option<String> {
    if run.anecdote().is_some() {
        return None;
    }
    let computes = |index: usize| !run.workloads[index].waits();
    let scaling = run.executors.iter().flat_map(|table| {
        let measured = move |index: usize| table.rows.iter().any(|row| row.cells[index].estimate().is_some());
        let of = table.scaling.iter().enumerate();
        of.filter(move |(index, _)| computes(*index) && measured(*index)).map(move |(_, law)| (table, law))
    });
    let refused = scaling.filter_map(|(table, scaling)| match &scaling.usl {
        Law::Refused(reason) => Some((table.rows.len(), reason)),
        Law::Fitted(_) => None,
    });
    let (_, reason) = refused.max_by_key(|(rows, _)| *rows)?;
    Some(format!("{}.", reason.trim_end_matches('.')))
}

/// How many rounds, why no more, and how precise the speedups are.
fn rounds(run: &Analysis) -> String {
    let effort = &run.effort;
    let warmups = match effort.warmup_rounds {
        0 => String::new(),
        rounds => format!(" plus {rounds} warm-up {} (excluded)", plural(rounds as usize, "round")),
    };
    let ended = match effort.stop {
        Some(Stop::Time) => ", until the time limit",
        Some(Stop::Rounds) => ", as many as requested",
        Some(Stop::Precision) => ", until the requested precision was reached",
        None => ", unfinished",
    };
    // An interrupted run has one round that is not whole.
    let whole = if effort.whole + 1 < effort.rounds {
        format!(" ({} of all cases, the others of those known worst)", effort.whole)
    } else {
        String::new()
    };
    format!("{}{whole}{warmups}{ended}: {}.", count(effort.rounds as usize, "round"), precision_of(run))
}

/// How precise the speedups are, against what was asked for.
fn precision_of(run: &Analysis) -> String {
    let effort = &run.effort;
    let goal = effort.precision.filter(|goal| *goal > 0.0);
    let Some((case, width)) = &effort.widest else {
        let missing =
            goal.map_or(String::new(), |goal| format!("the goal of ±{} was not reached: ", precision(goal)));
        return format!("{missing}no speedup has an interval");
    };
    let widest = precision(*width);
    match goal {
        Some(goal) if !effort.without_interval.is_empty() => {
            format!("the goal of ±{} was not reached: {}", precision(goal), without_interval(run))
        }
        Some(goal) if *width <= goal => {
            format!("every speedup is known to ±{widest} or better (goal ±{})", precision(goal))
        }
        Some(goal) => {
            format!(
                "the goal of ±{} was not reached; the widest interval is {case} with ±{widest}",
                precision(goal)
            )
        }
        None => format!("the widest interval is {case} with ±{widest}"),
    }
}

/// The first case without an interval, why, and how many others there are.
fn without_interval(run: &Analysis) -> String {
    let Some((NoInterval { case, reason }, others)) = run.effort.without_interval.split_first() else {
        return String::new();
    };
    let others = match others.len() {
        0 => String::new(),
        others => format!("; so it is with {}", count(others, "other case")),
    };
    format!("{case} {reason}{others}")
}

/// The samples that are set apart, and why.
fn apart(run: &Analysis) -> Option<String> {
    let (first, others) = run.effort.apart.split_first()?;
    let why = if first.suspended {
        "the machine was suspended"
    } else {
        "no CPU time, run queue, steal or waiting of its workers explains the gap, as where it is frozen or the virtual machine is paused"
    };
    let others = match others.len() {
        0 => "is set apart".to_string(),
        others => format!("and {} are set apart", count(others, "other sample")),
    };
    Some(format!(
        "{} stood still for {} in round {}: {why}. It {others}; all figures are those of the other samples.",
        first.case,
        seconds(first.still_s),
        first.round
    ))
}

fn oversubscribed(run: &Analysis) -> Option<String> {
    let cpus = *run.environment.cpus_available.value()?;
    // Hosts have CPUs that are not of this machine.
    let here = run.executors.iter().filter(|table| run.hosts.is_none() || table.executor != HOSTS);
    let rows = here.flat_map(|table| &table.rows).filter(|row| row.oversubscribed);
    let mut workers: Vec<usize> = rows.map(|row| row.workers).collect();
    workers.sort_unstable();
    workers.dedup();
    (!workers.is_empty()).then(|| {
        format!("Cases with {} workers are oversubscribed: they share {}.", and(workers), count(cpus, "CPU"))
    })
}

/// Whether the accounts sum, and how far the worst is off.
fn residual(run: &Analysis) -> Option<String> {
    let accounts = run.estimates().filter_map(|estimate| estimate.account.as_ref());
    let off = accounts.map(|account| (account.residual.abs(), account.workers as f64));
    let (worst, workers) = off.max_by(|one, other| one.0.total_cmp(&other.0))?;
    let sums = if worst < 1e-9 * workers { "Every account sums" } else { "NOT every account sums" };
    Some(format!("{sums} to its number of workers; the largest residual is {worst:.0e}."))
}

/// The rounds that stand out.
fn noisy(run: &Analysis) -> Option<String> {
    let effort = &run.effort;
    let all = count(effort.rounds as usize, "round");
    if let Some(Unsteady { rounds, example }) = &effort.unsteady {
        return Some(format!(
            "The machine was unsteady throughout: {rounds} of {all} were disturbed, such as round {}: {}.",
            example.round, example.reason
        ));
    }
    let first = effort.noisy.first()?;
    Some(format!(
        "{} of {all} {}; the first is round {}: {}.",
        effort.noisy.len(),
        if effort.noisy.len() == 1 { "stands out, and is counted" } else { "stand out, and are counted" },
        first.round,
        first.reason
    ))
}

/// What the rounds say that do not stand out, where that is something else.
fn without_noisy(workloads: &[WorkloadView]) -> Option<String> {
    let quiet = workloads.iter().flat_map(|workload| {
        let cases = workload.answers.iter().filter_map(|answer| Some((answer, answer.case.as_ref().ok()?)));
        cases.filter_map(|(answer, case)| {
            let quiet = case.quiet.as_ref()?;
            Some(format!("{} {}/{} {quiet}", workload.label, answer.executor, case.workers))
        })
    });
    let quiet: Vec<String> = quiet.collect();
    (!quiet.is_empty()).then(|| format!("Without the rounds that stand out: {}.", quiet.join(", ")))
}

/// The precision that was asked for and whether it was reached, as part of a sentence; `None` if none was.
pub(super) fn precision_goal(run: &Analysis) -> Option<String> {
    let effort = &run.effort;
    let target = effort.precision?;
    let reached = match (effort.stop, &effort.widest) {
        (Some(Stop::Precision), _) => "and reached".to_string(),
        (_, Some((case, widest))) if *widest > target => {
            format!("and not reached: {case} has {}", percent(*widest, 1))
        }
        (_, Some(_)) if !effort.without_interval.is_empty() => {
            format!("and not reached: {}", without_interval(run))
        }
        (_, Some(_)) => "and reached".into(),
        (_, None) => "and it is not known whether they were reached".into(),
    };
    Some(format!("half-widths of {} of the speedup were asked for {reached}", percent(target, 1)))
}
