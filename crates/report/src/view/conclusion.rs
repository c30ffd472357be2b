//! What the tables of a workload say, in sentences: what limits it, and which law it follows.

use std::collections::BTreeMap;

use super::predict::promise;
use super::tables::peak;
use super::units::{self, and, count, fixed, quantity, seconds, speedup};
use crate::analysis::{Analysis, Crossover, Law};
use crate::record::HOSTS;
use crate::stats::Quantity;

/// The sentences.
pub(super) fn remarks(run: &Analysis, workload: usize) -> Vec<String> {
    let column = &run.workloads[workload];
    let mut lines = Vec::new();
    if column.waits() {
        lines.extend(waiting(run, workload));
    } else {
        lines.extend(ceiling(run, workload));
        lines.extend(other_ceilings(run, workload));
        lines.extend(laws(run, workload));
    }
    lines.extend(column.floor.and_then(|floor| noise_floor(&column.label, floor)));
    lines
}

/// What the machine itself allows on the most CPUs.
fn ceiling(run: &Analysis, workload: usize) -> Option<String> {
    let column = &run.workloads[workload];
    let ceiling = column.ceilings.iter().rfind(|ceiling| ceiling.workers > 1)?;
    Some(format!(
        "{}: the hardware ceiling is {}, measured with {} pinned threads without a queue.",
        column.label,
        speedup(ceiling.speedup),
        ceiling.workers
    ))
}

/// What it allows in the ways in which it was measured besides.
fn other_ceilings(run: &Analysis, workload: usize) -> Vec<String> {
    let column = &run.workloads[workload];
    let said = column.ceiling_ways.iter().skip(1).filter_map(|way| {
        let most = way.ceilings.iter().rfind(|ceiling| ceiling.workers > 1)?;
        let (of, workers) = (speedup(most.speedup), most.workers);
        Some(match way.bytes_per_s {
            Some(bytes) => format!(
                "{}: memory triad, {}: {}/s with one thread, {of} with {workers}; a batch that streams from memory gains no more.",
                column.label,
                way.order,
                units::bytes(bytes as u64)
            ),
            None => format!("{}: with threads in the order {}, the ceiling is {of} with {workers}.", column.label, way.order),
        })
    });
    said.collect()
}

/// Speedups that lie above what the machine itself allows, interval by interval: one of the two figures is wrong.
pub(super) fn beyond_ceiling(run: &Analysis, workload: usize) -> Vec<String> {
    let column = &run.workloads[workload];
    if run.anecdote().is_some() {
        return Vec::new();
    }
    let rows = run.executors.iter().flat_map(|table| table.rows.iter().map(move |row| (table, row)));
    // That of one is 1 by definition.
    let beyond = rows.filter(|(_, row)| row.workers > 1).filter_map(|(table, row)| {
        let ceiling = column.ceiling(&table.executor, row.workers)?;
        let (own, most) = (row.cells[workload].estimate()?.speedup?, ceiling.speedup);
        (own.interval?.low > most.interval.map_or(most.value, |ends| ends.high)).then(|| {
            let whose = if table.executor == HOSTS { "the hosts' ceiling" } else { "the machine's own ceiling" };
            format!(
                "{} {}/{}: {} is more than {whose} of {}: something slowed the serial baseline, or the caches of several cores hold what that of one does not.",
                column.label, table.executor, row.workers, speedup(own), speedup(most)
            )
        })
    });
    beyond.collect()
}

/// What would gain most on the workload, where that is sure.
pub(super) fn suggestion(run: &Analysis, workload: usize) -> Option<String> {
    let column = &run.workloads[workload];
    let found = column.suggestion.as_ref()?;
    Some(format!("{} {}: {}.", column.label, found.executor, promise(&found.advice)?))
}

/// Laws of scaling, COST and the crossover of threads and processes.
fn laws(run: &Analysis, workload: usize) -> Vec<String> {
    let column = &run.workloads[workload];
    let label = &column.label;
    let mut lines: Vec<String> = Vec::new();
    for table in &run.executors {
        let Some(scaling) = table.scaling.get(workload) else { continue };
        // Those that were not fitted are told once, for the whole run.
        if let Law::Fitted(usl) = &scaling.usl {
            lines.push(format!(
                "{label} {}: universal scalability law with contention {}, coherency {}, {}.",
                table.executor,
                fixed(usl.sigma.value, 3),
                fixed(usl.kappa.value, 4),
                peak(usl)
            ));
        }
    }
    lines.extend(costs(run, workload));
    let own = run.crossovers.iter().filter(|other| other.workload == column.name);
    lines.extend(own.map(|found| format!("{label}: {}.", crossover(found))));
    lines
}

/// The fewest workers that beat the serial loop (COST), where that is not one, as it is as a rule: a sentence for all
/// executors that take as many.
fn costs(run: &Analysis, workload: usize) -> Vec<String> {
    if run.anecdote().is_some() {
        return Vec::new();
    }
    let mut by_cost: BTreeMap<Option<usize>, Vec<&str>> = BTreeMap::new();
    for table in &run.executors {
        let Some(scaling) = table.scaling.get(workload) else { continue };
        let mut estimates = table.rows.iter().filter_map(|row| row.cells[workload].estimate());
        if estimates.any(|estimate| estimate.speedup.is_some_and(|speedup| speedup.interval.is_some())) {
            by_cost.entry(scaling.cost).or_default().push(&table.executor);
        }
    }
    let label = &run.workloads[workload].label;
    let sentence = |(cost, executors): (&Option<usize>, &Vec<&str>)| match cost {
        Some(1) => None,
        Some(workers) => Some(format!(
            "{label}: COST, the fewest workers that are surely faster than the serial loop, is {workers} with {}.",
            and(executors.iter().copied())
        )),
        None => Some(format!(
            "{label}: no number of workers is significantly faster than the serial loop with {}.",
            and(executors.iter().copied())
        )),
    };
    by_cost.iter().filter_map(sentence).collect()
}

fn crossover(crossover: &Crossover) -> String {
    let sizes = if crossover.job_s <= 0.0 {
        "whatever the size of a job".to_string()
    } else {
        format!("for jobs of {} or more", seconds(crossover.job_s))
    };
    format!(
        "on {}, processes take less than {} longer than threads {sizes}",
        count(crossover.workers, "worker"),
        units::percent(crossover.share, 0)
    )
}

/// What the two serial arms, which differ in nothing, say of the noise.
pub(super) fn noise_floor(label: &str, floor: Quantity) -> Option<String> {
    let ends = floor.interval?;
    let most = (ends.low - 1.0).abs().max((ends.high - 1.0).abs());
    Some(format!(
        "{label}: noise floor {}: the ratio of two equal serial arms is {}; smaller differences are not significant.",
        units::percent(most, 1),
        quantity(floor, 3)
    ))
}

/// What waiting means, and whether there are connections without a job.
fn waiting(run: &Analysis, workload: usize) -> Vec<String> {
    let column = &run.workloads[workload];
    let cases = run.executors.iter().flat_map(|table| &table.rows);
    let cases: Vec<_> =
        cases.filter_map(|row| Some((row.workers, row.cells[workload].estimate()?))).collect();
    if !cases.iter().any(|(_, estimate)| estimate.speedup.is_some()) {
        return Vec::new();
    }
    let jobs = column.waits.as_ref().map_or("jobs", |waits| &waits.jobs);
    let mut lines = Vec::new();
    // Once is enough.
    if workload == 0 {
        lines.push(format!(
            "Waiting is the share of the time of {jobs} in which they used no CPU; least–most is its range over the workers."
        ));
    }
    let idle: Vec<usize> =
        cases.iter().map(|(workers, _)| *workers).filter(|workers| *workers > column.jobs).collect();
    if let Some(most) = idle.iter().max() {
        lines.push(format!(
            "{}: of {most} connections at most {} are busy, one for each job.",
            column.label, column.jobs
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Cell;
    use crate::render::html::sample;

    #[test]
    fn a_speedup_above_the_machines_ceiling_is_remarked_on() {
        let mut run = sample::analysis();
        assert_eq!(beyond_ceiling(&run, 0), Vec::<String>::new());
        let row = run.executors[0].rows.iter_mut().find(|row| row.workers == 2).unwrap();
        row.cells[0] = Cell::Measured(Box::new(sample::estimate(2, 2.4, 1.0)));
        let said = beyond_ceiling(&run, 0);
        assert!(matches!(&said[..], [one] if one.starts_with("RC4 threads/2: 2.40x")), "{said:?}");
        run.effort.rounds = 4;
        assert_eq!(beyond_ceiling(&run, 0), Vec::<String>::new(), "an anecdote is above nothing");
    }

    #[test]
    fn executors_with_one_cost_share_a_sentence() {
        let run = sample::analysis();
        let said = costs(&run, 0);
        assert!(said.len() < run.executors.len() && said[0].contains("COST"), "{said:?}");
        let mut slower = run;
        slower.executors.iter_mut().for_each(|table| table.scaling[0].cost = None);
        let said = costs(&slower, 0);
        assert!(
            matches!(&said[..], [one] if one.contains("no number of workers") && one.contains(" and ")),
            "{said:?}"
        );
        slower.effort.rounds = 3;
        assert_eq!(costs(&slower, 0), Vec::<String>::new());
    }
}
