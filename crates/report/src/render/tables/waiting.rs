//! Work that waits: styles and connections beside each other, and what they say in sentences.

use super::conclusion::{enough_workers, on_floor};
use crate::analysis::{Analysis, Cell, Estimate, ExecutorTable, Row, Waiting, WorkloadColumn};
use crate::record::BASELINE;
use crate::render::grid::{Grid, MISSING, decimals, ratio, time};
use crate::render::verdict::times;

/// A case that waits: its style, its connections, and what is known of it.
pub(in crate::render) struct Line<'a> {
    pub(in crate::render) style: &'a str,
    pub(in crate::render) connections: usize,
    pub(in crate::render) cell: &'a Cell,
}

impl Line<'_> {
    pub(in crate::render) fn waiting(&self) -> Option<&Waiting> {
        self.cell.estimate()?.waiting.as_ref()
    }

    /// The factor. The serial baseline has one worker and no other number of them.
    pub(in crate::render) fn factor(&self) -> Option<f64> {
        let estimate = self.cell.estimate()?;
        if self.style == BASELINE { Some(1.0) } else { estimate.factor }
    }
}

/// The cases of a workload: the serial baseline, then the others that were planned.
pub(in crate::render) fn lines(run: &Analysis, workload: usize) -> Vec<Line<'_>> {
    let serial = Line { style: BASELINE, connections: 1, cell: &run.workloads[workload].serial };
    let others = run.executors.iter().flat_map(|table| table.rows.iter().map(move |row| (table, row)));
    let others = others.map(|(table, row): (&ExecutorTable, &Row)| Line {
        style: &table.executor,
        connections: row.workers,
        cell: &row.cells[workload],
    });
    let lines = std::iter::once(serial).chain(others);
    lines.filter(|line| *line.cell != Cell::NotMeasured).collect()
}

/// What the batch is, and what it waits for.
pub(in crate::render) fn title(column: &WorkloadColumn) -> String {
    let (jobs, on) = column.waits.as_ref().map_or(("jobs", "something"), |waits| (&waits.jobs, &waits.on));
    format!("{} {jobs} from {on}", column.jobs)
}

/// Head of the column of jobs per second.
pub(in crate::render) fn per_second(column: &WorkloadColumn) -> String {
    format!("{}/s", column.waits.as_ref().map_or("jobs", |waits| &waits.jobs))
}

/// A table for each workload of a run that has none but those that wait.
pub(super) fn tables(run: &Analysis) -> Vec<Grid> {
    (0..run.workloads.len()).map(|workload| table(run, workload)).collect()
}

fn table(run: &Analysis, workload: usize) -> Grid {
    let column = &run.workloads[workload];
    let per_second = per_second(column);
    let head =
        ["style", "connections", "time", "factor", "speedup", "95 %", &per_second, "waiting", "least–most"];
    let row = |line: &Line<'_>| {
        let missing = || MISSING.to_string();
        let speedup = line.cell.estimate().and_then(|estimate| estimate.speedup);
        let interval = speedup.and_then(|speedup| speedup.interval).filter(|_| line.style != BASELINE);
        vec![
            line.style.to_string(),
            line.connections.to_string(),
            time(line.cell, decimals(run)),
            ratio(line.factor()),
            ratio(speedup.map(|speedup| speedup.value)),
            interval.map_or_else(missing, |interval| format!("{:.2}–{:.2}", interval.low, interval.high)),
            line.waiting().map_or_else(missing, |waiting| rate(waiting.jobs_per_s)),
            line.waiting().map_or_else(missing, |waiting| percent(waiting.share.value)),
            line.waiting().map_or_else(missing, |waiting| {
                format!("{}–{}", percent(waiting.least).trim_end_matches(" %"), percent(waiting.greatest))
            }),
        ]
    };
    Grid {
        title: format!("{}: {}", column.label, title(column)),
        head: head.map(str::to_string).to_vec(),
        rows: lines(run, workload).iter().map(row).collect(),
    }
}

/// Jobs per second, with digits that count.
pub(in crate::render) fn rate(per_second: f64) -> String {
    let decimals = usize::from(per_second < 100.0);
    format!("{per_second:.decimals$}")
}

/// A share. That of what hardly ever needs a CPU has a digit more.
pub(in crate::render) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// What the tables say, a paragraph per workload; none without a serial baseline.
pub(super) fn paragraphs(run: &Analysis) -> Vec<String> {
    (0..run.workloads.len()).filter_map(|workload| on_workload(run, workload)).collect()
}

fn on_workload(run: &Analysis, workload: usize) -> Option<String> {
    let column = &run.workloads[workload];
    let best = run.executors.iter().filter_map(|table| {
        let (workers, estimate) = enough_workers(table, workload)?;
        Some(on_style(column, (&table.executor, workers), estimate))
    });
    let mut lines: Vec<String> = best.collect();
    if lines.is_empty() {
        return None;
    }
    // Once is enough.
    if workload == 0 {
        lines.push(format!(
            "Waiting is the share of the time of {} in which they had no CPU; least–most is that of single workers.",
            column.waits.as_ref().map_or("jobs", |waits| &waits.jobs)
        ));
    }
    lines.extend(idle(run, workload));
    lines.extend(column.floor.and_then(|floor| on_floor(&column.label, floor)));
    Some(lines.join("\n"))
}

/// The fewest connections that are as good as any of a style.
fn on_style(column: &WorkloadColumn, (style, connections): (&str, usize), estimate: &Estimate) -> String {
    let speedup = estimate.speedup.map_or(String::new(), |speedup| format!("{} ", times(speedup)));
    let plural = if connections == 1 { "" } else { "s" };
    let waiting = estimate.waiting.as_ref().map_or(String::new(), |waiting| {
        format!(
            ": {} {}, {} of the time waiting",
            rate(waiting.jobs_per_s),
            per_second(column),
            percent(waiting.share.value)
        )
    });
    format!(
        "{} {style}: {speedup}the serial speed with {connections} connection{plural}{waiting}.",
        column.label
    )
}

/// That connections beyond the number of jobs have nothing to do.
fn idle(run: &Analysis, workload: usize) -> Option<String> {
    let column = &run.workloads[workload];
    let most = lines(run, workload).iter().map(|line| line.connections).max()?;
    (most > column.jobs).then(|| {
        format!(
            "{}: of {most} connections no more than {} have a job at the same time.",
            column.label, column.jobs
        )
    })
}
