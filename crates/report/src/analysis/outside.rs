//! What is known about a program from outside, beyond its account.

use super::accounting::execution;
use super::model::{Analysis, Best, Command, OutsideFigures};
use super::rounds::Paired;
use super::seconds::seconds;
use crate::record::plain::plain;
use crate::record::{Axes, CommandRecord, Ended, Inputs, Known, Outside, Sample, Text};
use crate::stats::{Quantity, Summary, bootstrap};
use speedup_observe::{Baseline, account};

/// How far below the best speedup is about as good.
const SHARE: f64 = 0.05;

/// What is said of a command, whose serial executions are these.
pub(super) fn command(record: &CommandRecord, serial: &[&Sample]) -> Command {
    Command {
        line: plain(&record.line()),
        serial: record.serial_line().as_deref().map(plain),
        grid: record.grid.clone(),
        follow: record.cpus == crate::record::Cpus::Follow,
        shell_start_s: record.shell_start.map(|start| seconds(start.wall_ns)),
        batch: record.batch.is_some(),
        longest: record.batch.as_ref().map_or_else(Vec::new, |inputs| longest(inputs, serial)),
        best: None,
    }
}

/// The inputs whose jobs take longest, a few of many.
fn longest(inputs: &Inputs, serial: &[&Sample]) -> Vec<String> {
    let mut times: Vec<(u64, &Text)> = inputs.texts().iter().map(|input| (0, input)).collect();
    for task in serial.iter().flat_map(|sample| &sample.tasks) {
        if let Some((sum, _)) = times.get_mut(task.job) {
            *sum = sum.saturating_add(task.end_ns.saturating_sub(task.begin_ns));
        }
    }
    times.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
    let shown = if times.len() > 2 * LONGEST { LONGEST } else { 1 };
    times.into_iter().take(shown).map(|(_, input)| plain(&input.to_string())).collect()
}

/// Inputs that are named of a batch of many.
const LONGEST: usize = 3;

/// The figures of a case; `None` where it was not seen from outside.
pub(super) fn figures(samples: &[&Sample], pairs: &[Paired<'_>], workers: usize) -> Option<OutsideFigures> {
    let seen: Vec<(&Sample, &Outside)> =
        samples.iter().map(|sample| Some((*sample, sample.outside.as_deref()?))).collect::<Option<_>>()?;
    let (_, first) = *seen.first()?;
    let mean = |figure: &dyn Fn(&Outside) -> u64| {
        seen.iter().map(|(_, outside)| figure(outside) as f64).sum::<f64>() / seen.len() as f64
    };
    let wall_s: f64 = seen.iter().map(|(sample, _)| seconds(sample.wall_ns)).sum();
    let cpu_s = mean(&|outside| outside.cpu_ns) / 1e9;
    let tree = all(&seen, |outside| &outside.peak_memory_bytes, |bytes| bytes.into_iter().max());
    let largest = || all(&seen, |outside| &outside.max_rss_bytes, |bytes| bytes.into_iter().max());
    let mean_of = |values: Vec<u64>| Summary::of(&values.iter().map(|&v| v as f64).collect::<Vec<_>>());
    let mean_known = |figure: fn(&Outside) -> &Known<u64>| {
        all(&seen, figure, |values| mean_of(values).map(|summary| summary.mean))
    };
    Some(OutsideFigures {
        source: first.source.clone(),
        cpu_s,
        cpus_used: cpu_s * seen.len() as f64 / wall_s,
        inflation: inflation(pairs),
        serial_fraction: serial_fraction(samples, workers),
        largest_process_only: tree.value().is_none(),
        peak_memory_bytes: if tree.value().is_some() { tree } else { largest() },
        voluntary_switches: mean(&|outside| outside.voluntary_switches),
        involuntary_switches: mean(&|outside| outside.involuntary_switches),
        major_faults: mean(&|outside| outside.major_faults),
        processes: mean_known(|outside| &outside.processes),
        threads: mean_known(|outside| &outside.threads),
        failures: seen.iter().filter(|(_, outside)| outside.exit != Ended::Code(0)).count(),
        killed: seen.iter().map(|(_, outside)| outside.killed).max().unwrap_or(0),
        course: median(&seen).map_or_else(Known::default, |outside| outside.course.clone()),
    })
}

/// A figure that every sample has, or the reason why the first that lacks it does.
fn all<T: Clone, U>(
    seen: &[(&Sample, &Outside)],
    figure: impl Fn(&Outside) -> &Known<T>,
    sum: impl FnOnce(Vec<T>) -> Option<U>,
) -> Known<U> {
    let mut values = Vec::with_capacity(seen.len());
    for (_, outside) in seen {
        match figure(outside) {
            Known::Value(value) => values.push(value.clone()),
            Known::Missing(reason) => return Known::Missing(reason.clone()),
        }
    }
    sum(values).map_or_else(Known::default, Known::Value)
}

/// The sample whose time is the median; of two in the middle, the earlier.
fn median<'a>(seen: &[(&Sample, &'a Outside)]) -> Option<&'a Outside> {
    let mut sorted = seen.to_vec();
    sorted.sort_by_key(|(sample, _)| (sample.wall_ns, sample.round));
    sorted.get(sorted.len().checked_sub(1)? / 2).map(|(_, outside)| *outside)
}

fn inflation(pairs: &[Paired<'_>]) -> Option<Quantity> {
    let cpu = |sample: &Sample| Some(sample.outside.as_deref()?.cpu_ns as f64);
    let both = pairs.iter().map(|pair| Some((cpu(pair.sample)?, pair.reference.mean_of_known(cpu)?)));
    let (own, baseline): (Vec<f64>, Vec<f64>) = both.collect::<Option<Vec<_>>>()?.into_iter().unzip();
    bootstrap::ratio_of_means(&own, &baseline)
}

/// The mean over the samples, each weighed by its time on CPUs.
fn serial_fraction(samples: &[&Sample], workers: usize) -> Known<Quantity> {
    let (mut alone, mut all) = (Vec::new(), Vec::new());
    for sample in samples {
        let Some(execution) = execution(sample) else { return Known::default() };
        let workers = u32::try_from(workers).unwrap_or(u32::MAX);
        match account(&execution, workers, &Baseline::of(&execution)).serial_fraction {
            Ok(fraction) => {
                alone.push(fraction * execution.cpu_ns as f64);
                all.push(execution.cpu_ns as f64);
            }
            Err(untold) => return Known::Missing(untold.0),
        }
    }
    bootstrap::ratio_of_means(&alone, &all).map_or_else(Known::default, Known::Value)
}

/// Says for each command which number of workers is best.
pub(super) fn find_best(analysis: &mut Analysis) {
    for column in 0..analysis.workloads.len() {
        let best = best(analysis, column);
        if let Some(command) = &mut analysis.workloads[column].command {
            command.best = best;
        }
    }
}

fn best(analysis: &Analysis, column: usize) -> Option<Best> {
    let rows = analysis.executors.iter().flat_map(|table| table.rows.iter().map(move |row| (table, row)));
    let cases: Vec<(&str, usize, f64)> = rows
        .filter_map(|(table, row)| {
            let speedup = row.cells.get(column)?.estimate()?.speedup?.value;
            Some((table.executor.as_str(), row.workers, speedup))
        })
        .collect();
    let most = cases.iter().copied().reduce(|one, other| if other.2 > one.2 { other } else { one })?;
    // Of those with the fewest workers, the fastest.
    let enough = cases.iter().copied().filter(|(.., speedup)| *speedup >= (1.0 - SHARE) * most.2);
    let enough = enough.min_by(|a, b| a.1.cmp(&b.1).then(b.2.total_cmp(&a.2)))?;
    let pair = |(executor, workers, _): (&str, usize, f64)| Axes::pair(executor, workers);
    Some(Best {
        workers: most.1,
        enough: enough.1,
        share: SHARE,
        pairs: pair(most).zip(pair(enough)).map(|(most, enough)| [most, enough]),
    })
}
