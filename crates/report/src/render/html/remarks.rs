//! What has to be known to read the figures rightly, in sentences.

use super::escape::{each, text};
use super::words::{bracket, count, seconds};
use crate::analysis::{Analysis, Crossover, WorkloadColumn};
use crate::record::{Design, Stop};
use crate::render::grid;

/// The remarks as a list; nothing if there are none.
pub(super) fn list(run: &Analysis) -> String {
    let items = each(remarks(run), |remark| format!("<li>{}</li>\n", text(&remark)));
    if items.is_empty() { items } else { format!("<ul class=\"remarks\">\n{items}</ul>\n") }
}

fn remarks(run: &Analysis) -> Vec<String> {
    let mut remarks = grid::notes(run);
    remarks.extend(rounds(run));
    remarks.extend(floor(run));
    remarks.extend(oversubscribed(run));
    remarks.extend(cost(&run.computing()));
    remarks.extend(run.crossovers.iter().map(crossover));
    let noisy = run.effort.noisy.iter();
    remarks.extend(
        noisy.map(|noisy| format!("Round {} stands out, and is counted: {}.", noisy.round, noisy.reason)),
    );
    remarks
}

/// How much was measured, and whether that was enough.
fn rounds(run: &Analysis) -> Option<String> {
    let effort = &run.effort;
    if run.design != Design::InterleavedRounds || effort.rounds == 0 {
        return None;
    }
    let stop = match effort.stop {
        Some(Stop::Precision) => "until the intervals were as narrow as asked for",
        Some(Stop::Rounds) => "as many as asked for",
        Some(Stop::Time) => "until the time was up",
        None => "without coming to its end",
    };
    let widest = match (&effort.widest, effort.precision) {
        (Some((case, widest)), Some(target)) if *widest > target => format!(
            " The precision of {:.1} % was not reached: the interval of {case} reaches {:.1} % to either side.",
            target * 100.0,
            widest * 100.0
        ),
        (Some((case, widest)), _) => {
            format!(" The widest interval, of {case}, reaches {:.1} % to either side.", widest * 100.0)
        }
        (None, _) => String::new(),
    };
    Some(format!(
        "{} rounds were counted, {stop}, after {} to warm up.{widest}",
        effort.rounds, effort.warmup_rounds
    ))
}

fn oversubscribed(run: &Analysis) -> Option<String> {
    let rows = run.executors.iter().flat_map(|table| &table.rows).filter(|row| row.oversubscribed);
    let mut workers: Vec<usize> = rows.map(|row| row.workers).collect();
    workers.sort_unstable();
    workers.dedup();
    let workers: Vec<String> = workers.iter().map(ToString::to_string).collect();
    let cpus = run.environment.cpus_available.value()?;
    (!workers.is_empty()).then(|| {
        format!(
            "Oversubscribed: {} workers on {cpus} CPUs. Beyond the CPUs, workers wait for each other.",
            workers.join(", ")
        )
    })
}

/// How far two equal arms of the serial baseline are apart.
fn floor(run: &Analysis) -> Option<String> {
    let floors = run.workloads.iter().filter_map(|workload| {
        let floor = workload.floor?;
        let interval = bracket(floor, 1.0, 3).unwrap_or_default();
        Some(format!("{} {:.3} {interval}", workload.label, floor.value).trim_end().to_string())
    });
    let floors: Vec<String> = floors.collect();
    (!floors.is_empty()).then(|| {
        format!(
            "Noise floor, the ratio of two equal arms of the serial baseline: {}. Smaller differences mean nothing.",
            floors.join(", ")
        )
    })
}

/// COST (McSherry): what it takes to be faster than the serial loop.
fn cost(run: &Analysis) -> Option<String> {
    let each = |(index, workload): (usize, &WorkloadColumn)| {
        let compared = run.executors.iter().filter(|table| {
            let cells = table.rows.iter().filter_map(|row| row.cells.get(index)?.estimate());
            cells.clone().any(|estimate| estimate.speedup.is_some())
        });
        let costs = compared.filter_map(|table| {
            let cost = table.scaling.get(index)?.cost;
            let cost = cost.map_or("no number of workers".to_string(), |workers| count(workers, "worker"));
            Some(format!("{} {cost}", table.executor))
        });
        let costs: Vec<String> = costs.collect();
        (!costs.is_empty()).then(|| format!("{}: {}", workload.label, costs.join(", ")))
    };
    let costs: Vec<String> = run.workloads.iter().enumerate().filter_map(each).collect();
    (!costs.is_empty()).then(|| {
        format!("COST, the fewest workers that are surely faster than the serial loop. {}.", costs.join("; "))
    })
}

fn crossover(crossover: &Crossover) -> String {
    let share = crossover.share * 100.0;
    let head = format!("Processes against threads, {} on {} workers", crossover.workload, crossover.workers);
    if crossover.job_s <= 0.0 {
        return format!("{head}: processes take less than {share:.0} % longer whatever the size of a job.");
    }
    format!(
        "{head}: a batch of {} jobs takes less than {share:.0} % longer if a job takes at least {} (starting {} more, {} more for each task).",
        crossover.tasks,
        seconds(crossover.job_s),
        seconds(crossover.start_s),
        seconds(crossover.task_s)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::book;
    use crate::render::html::sample;

    #[test]
    fn a_run_says_what_to_mind() {
        let said = remarks(&sample::analysis()).join("\n");
        for expected in [
            "processes/3 failed: worker 2",
            "24 rounds were counted, until the time was up, after 1 to warm up. The precision of 1.0 % was not reached",
            "SHA 1.001 [0.996, 1.006]",
            "Oversubscribed: 3, 4 workers on 2 CPUs",
            "RC4: threads 2 workers, processes 2 workers",
            "at least 8.70 ms (starting 2.10 ms more, 45.0 µs more for each task)",
            "Round 13 stands out",
        ] {
            assert!(said.contains(expected), "{expected} is missing in\n{said}");
        }
        assert!(list(&Analysis::of(&book::record())).is_empty());
    }
}
