//! From a record to its analysis: the tables' rows and columns, each filled by its own module.

use super::cells::{Cells, speedup};
use super::effort::{effort, standing_out};
use super::laws::laws;
use super::model::{Analysis, Cell, Effort, Estimate, ExecutorTable, Narrowed, Row, WorkloadColumn};
use super::predict::model::Suggestion;
use super::predict::suggestion;
use super::rounds::{Rounds, is_one_worker};
use super::shell::without_shell;
use super::{anecdote, crossover, limits, outside, sizes};
use crate::record::{BASELINE, RunRecord, WorkloadRecord};
use crate::stats::bootstrap;

/// A minute, in nanoseconds.
const MINUTE_NS: u64 = 60_000_000_000;

impl Analysis {
    /// The figures of every pool that was measured.
    pub fn estimates(&self) -> impl Iterator<Item = &Estimate> + Clone {
        let cells = self.executors.iter().flat_map(|table| &table.rows).flat_map(|row| &row.cells);
        cells.filter_map(Cell::estimate)
    }

    /// The least and the greatest number of samples behind a pool's figures; `None` if no pool was
    /// measured.
    #[must_use]
    pub fn runs(&self) -> Option<(usize, usize)> {
        let counts = self.estimates().map(|estimate| estimate.runs);
        counts.clone().min().zip(counts.max())
    }

    /// Analyses a record. Warm-up samples are left out.
    #[must_use]
    pub fn of(record: &RunRecord) -> Self {
        let record = &*record.plain();
        let record = &*without_shell(record);
        let rounds = Rounds::of(record);
        let cells = Cells { record, rounds: &rounds, noisy: standing_out(record, &rounds) };
        let effort = effort(record, &rounds, |case| speedup(&rounds, case));
        let mut analysis = Self {
            name: record.name.clone(),
            program: record.tool.program(),
            peer: record.tool.peer.is_some(),
            turns: record.plan.turns.clone(),
            created: record.created.clone(),
            machine: record.environment.summary(),
            design: record.design,
            pool: record.plan.pool,
            pin: record.plan.pin.clone(),
            status: record.status,
            narrowing: if rounds.paired() { narrowing(record, &effort) } else { Vec::new() },
            effort,
            workloads: workloads(&cells),
            executors: executors(&cells),
            crossovers: Vec::new(),
            task_times: sizes::task_times(record, &rounds),
            environment: record.environment.clone(),
            hosts: record.hosts.clone(),
            conditions: record.conditions.clone(),
        };
        analysis.crossovers = crossover::crossovers(&analysis);
        outside::find_best(&mut analysis);
        suggest(record, &rounds, &mut analysis);
        anecdote::withhold(&mut analysis);
        analysis
    }
}

/// Finds what would gain most on each workload, of the cases that stand for its executors.
fn suggest(record: &RunRecord, rounds: &Rounds<'_>, analysis: &mut Analysis) {
    for index in 0..analysis.workloads.len() {
        let column = &analysis.workloads[index];
        let of = |executor: usize| {
            let case = analysis.representative(executor, index)?;
            let executor = analysis.executors[executor].executor.clone();
            let case = (executor.as_str(), case.workers, case.estimate.speedup?);
            let advice = suggestion(record, rounds, column, case)?;
            Some(Suggestion { executor, advice })
        };
        let gain = |it: &Suggestion| it.advice.sure_gain().map_or(0.0, |gain| gain.value);
        let found = (0..analysis.executors.len()).filter_map(of);
        let best = found.max_by(|one, other| gain(one).total_cmp(&gain(other)));
        analysis.workloads[index].suggestion = best;
    }
}

/// The half-width of the interval of each pool's speedup in a record, relative to the speedup, by the index of its
/// case; `None` where there is no finite one. For a rule that asks between rounds whether that will do.
#[must_use]
pub fn widths(record: &RunRecord) -> Vec<(usize, Option<f64>)> {
    let record = &*without_shell(record);
    widths_of(record, &Rounds::of(record))
}

fn widths_of(record: &RunRecord, rounds: &Rounds<'_>) -> Vec<(usize, Option<f64>)> {
    let pools = record.plan.cases.iter().enumerate().filter(|(_, case)| case.executor != BASELINE);
    let width = |case| speedup(rounds, case)?.relative_half_width().filter(|width| width.is_finite());
    pools.map(|(index, _)| (index, width(index))).collect()
}

/// How the widest interval narrowed: its relative half-width after one minute of the run, after two, four and so on, and
/// at the end. Nothing of a shorter run.
fn narrowing(record: &RunRecord, effort: &Effort) -> Vec<Narrowed> {
    let end_ns = record.samples.iter().map(|sample| sample.start_ns.saturating_add(sample.wall_ns)).max();
    let end_ns = end_ns.unwrap_or(0);
    let marks = std::iter::successors(Some(MINUTE_NS), |mark| mark.checked_mul(2));
    let at = |time_ns| {
        let widths = widths_of(record, &Rounds::until(record, time_ns));
        let widest = widths.into_iter().map(|(_, width)| width).reduce(|one, other| Some(one?.max(other?)));
        Some(Narrowed { after_s: time_ns as f64 / 1e9, widest: widest.flatten()? })
    };
    let mut narrowed: Vec<Narrowed> = marks.take_while(|&mark| mark < end_ns).filter_map(at).collect();
    let end = effort.widest.as_ref().filter(|_| !narrowed.is_empty() && effort.without_interval.is_empty());
    narrowed.extend(end.map(|(_, widest)| Narrowed { after_s: end_ns as f64 / 1e9, widest: *widest }));
    narrowed
}

fn workloads(cells: &Cells<'_>) -> Vec<WorkloadColumn> {
    let column = |workload: &WorkloadRecord| {
        let serial = cells.rounds.serial(&workload.name);
        let (one, two) = cells.rounds.both_arms(&workload.name);
        let ceiling_ways = match workload.waits {
            Some(_) => Vec::new(),
            None => limits::ceiling_ways(cells.record, &workload.name),
        };
        let ceilings = match ceiling_ways.first() {
            Some(way) => way.ceilings.clone(),
            // An older record.
            None => limits::ceilings(cells.record, &workload.name),
        };
        WorkloadColumn {
            name: workload.name.clone(),
            label: workload.label.clone(),
            workload: workload.workload.clone(),
            kernel: workload.kernel.clone(),
            backend: workload.backend.clone(),
            waits: workload.waits.clone(),
            command: workload.command.as_deref().map(|command| outside::command(command, &serial)),
            data: workload.data,
            passes: workload.passes,
            bytes: workload.sizes.iter().copied().fold(0, usize::saturating_add),
            jobs: workload.sizes.len(),
            digests: workload.digests.clone(),
            serial: cells.serial(&workload.name, &serial),
            floor: bootstrap::ratio_of_means(&one, &two),
            bounds: match workload.waits {
                Some(_) => Vec::new(),
                None => limits::bounds(cells.record, &workload.name, &serial),
            },
            ceilings,
            ceilings_over_hosts: limits::ceilings_over_hosts(cells.record, &workload.name),
            ceiling_ways,
            suggestion: None,
        }
    };
    cells.record.plan.workloads.iter().map(column).collect()
}

/// The executors other than the baseline, in the order of the plan.
fn executors(cells: &Cells<'_>) -> Vec<ExecutorTable> {
    let mut names: Vec<&str> = Vec::new();
    for case in &cells.record.plan.cases {
        if case.executor != BASELINE && !names.contains(&case.executor.as_str()) {
            names.push(&case.executor);
        }
    }
    let table = |executor: &str| ExecutorTable {
        executor: executor.to_string(),
        rows: rows(cells, executor),
        scaling: (cells.record.plan.workloads.iter())
            .map(|workload| laws(cells, workload, executor, &counts(cells.record, executor)))
            .collect(),
    };
    names.into_iter().map(table).collect()
}

/// The numbers of workers of an executor, ascending.
fn counts(record: &RunRecord, executor: &str) -> Vec<usize> {
    let cases = record.plan.cases.iter().filter(|case| case.executor == executor);
    let one = record.plan.workloads.iter().any(|workload| is_one_worker(workload, executor)).then_some(1);
    let mut workers: Vec<usize> = cases.map(|case| case.workers).chain(one).collect();
    workers.sort_unstable();
    workers.dedup();
    workers
}

/// Whether anything that computes is run with that many workers: what waits does not need a CPU for each.
fn computes(record: &RunRecord, executor: &str, workers: usize) -> bool {
    let mut cases =
        record.plan.cases.iter().filter(|case| case.executor == executor && case.workers == workers);
    cases.any(|case| record.workload(&case.workload).is_none_or(|workload| workload.waits.is_none()))
}

fn rows(cells: &Cells<'_>, executor: &str) -> Vec<Row> {
    let record = cells.record;
    let row = |workers: usize| Row {
        workers,
        oversubscribed: record.cpus_of(executor).is_some_and(|cpus| workers > cpus)
            && computes(record, executor, workers),
        cells: (record.plan.workloads.iter())
            .map(|workload| cells.pool(&workload.name, executor, workers))
            .collect(),
    };
    counts(record, executor).into_iter().map(row).collect()
}
