//! What limits the speedup of a workload whatever the executor: the sizes of its jobs, and the
//! hardware.

use std::collections::BTreeMap;

use super::bounds;
use super::model::{Bound, Ceiling, CeilingWay};
use crate::record::{Case, CeilingLoad, CeilingPlan, CeilingSample, HOSTS, RunRecord, Sample};
use crate::stats::{Quantity, Summary, bootstrap};

/// The granularity bounds from the mean serial times of the jobs, for every number of workers of
/// the run.
pub(super) fn bounds(record: &RunRecord, workload: &str, serial: &[&Sample]) -> Vec<Bound> {
    let jobs = serial.first().map_or(0, |sample| sample.tasks.len());
    if jobs == 0 || serial.iter().any(|sample| sample.tasks.len() != jobs) {
        return Vec::new();
    }
    let mean = |job: usize| {
        let times = serial.iter().map(|sample| &sample.tasks[job]);
        times.map(|task| task.end_ns as f64 - task.begin_ns as f64).sum::<f64>() / serial.len() as f64
    };
    let times: Vec<f64> = (0..jobs).map(mean).collect();
    let work: f64 = times.iter().sum();
    let bound = |workers: usize| {
        let optimum = bounds::optimum(&times, workers);
        Bound {
            workers,
            speedup: work / optimum.seconds,
            exact: optimum.exact,
            at_most: work / optimum.lower,
            in_order: work / bounds::replay(&times, workers),
        }
    };
    if work > 0.0 { counts(record, workload).into_iter().map(bound).collect() } else { Vec::new() }
}

/// Every number of workers that a workload is run with.
fn counts(record: &RunRecord, workload: &str) -> Vec<usize> {
    let cases = record.plan.cases.iter().filter(|case| case.workload == workload);
    let mut counts: Vec<usize> = cases.map(|case| case.workers).collect();
    counts.sort_unstable();
    counts.dedup();
    counts
}

/// What the hardware that an executor uses allows.
pub(super) fn ceilings_of(record: &RunRecord, workload: &str, executor: &str) -> Vec<Ceiling> {
    if executor == HOSTS { ceilings_over_hosts(record, workload) } else { ceilings(record, workload) }
}

/// The hardware ceilings of a workload: passes per second of N pinned threads over those of one, paired by round.
pub(super) fn ceilings(record: &RunRecord, workload: &str) -> Vec<Ceiling> {
    from(&samples(record, workload, 0))
}

/// The same in every way in which the record says that it was measured.
pub(super) fn ceiling_ways(record: &RunRecord, workload: &str) -> Vec<CeilingWay> {
    let way = |(index, way): (usize, &CeilingPlan)| {
        let (samples, pass_bytes) = match way.load {
            CeilingLoad::Workload => (samples(record, workload, index), None),
            CeilingLoad::Triad { pass_bytes, .. } => (samples(record, "", index), Some(pass_bytes)),
        };
        let alone =
            || samples.iter().filter(|sample| sample.lanes.len() == 1).filter_map(|sample| rate(sample));
        let of_one = Summary::of(&alone().collect::<Vec<_>>()).map(|passes_per_ns| passes_per_ns.mean * 1e9);
        CeilingWay {
            order: way.pin.order_name(),
            knees: way.knees.clone(),
            bytes_per_s: pass_bytes.zip(of_one).map(|(bytes, passes_per_s)| bytes as f64 * passes_per_s),
            ceilings: from(&samples),
        }
    };
    record.plan.ceilings.iter().enumerate().map(way).collect()
}

fn samples<'a>(record: &'a RunRecord, workload: &str, way: usize) -> Vec<&'a CeilingSample> {
    let is_of =
        |s: &&CeilingSample| s.workload == workload && s.way == way && !s.warmup && !s.lanes.is_empty();
    record.ceilings.iter().filter(|s| s.host.is_none()).filter(is_of).collect()
}

fn from(samples: &[&CeilingSample]) -> Vec<Ceiling> {
    let mut counts: Vec<usize> = samples.iter().map(|sample| sample.lanes.len()).collect();
    counts.sort_unstable();
    counts.dedup();
    let rate_of = |workers: usize, round: u32| {
        samples.iter().find(|s| s.lanes.len() == workers && s.round == round).and_then(|s| rate(s))
    };
    let ceiling = |workers: usize| {
        let rounds = samples.iter().filter(|sample| sample.lanes.len() == workers).map(|sample| sample.round);
        let rates = rounds.filter_map(|round| Some((rate_of(workers, round)?, rate_of(1, round)?)));
        let (many, one): (Vec<f64>, Vec<f64>) = rates.unzip();
        Some(Ceiling { workers, speedup: ratio(workers, &many, &one)? })
    };
    counts.into_iter().filter_map(ceiling).collect()
}

/// The same of workers over hosts: each host's passes per second with as many threads as it had workers, all together
/// over those of one thread of this machine, where the serial baseline ran. Nothing where a host's were not measured.
pub(super) fn ceilings_over_hosts(record: &RunRecord, workload: &str) -> Vec<Ceiling> {
    let samples = || record.ceilings.iter().filter(|s| s.workload == workload && s.way == 0 && !s.warmup);
    let known = samples().filter_map(|s| Some(((s.host, s.lanes.len(), s.round), rate(s)?)));
    let known: BTreeMap<(Option<usize>, usize, u32), f64> = known.collect();
    let rate_of =
        |host: Option<usize>, workers: usize, round: u32| known.get(&(host, workers, round)).copied();
    let mut rounds: Vec<u32> = samples().map(|sample| sample.round).collect();
    rounds.sort_unstable();
    rounds.dedup();
    let cases = record.plan.cases.iter().enumerate();
    let cases = cases.filter(|(_, case)| case.workload == workload && case.executor == HOSTS);
    let ceiling = |(index, case): (usize, &Case)| {
        let measured = record.samples.iter().find(|sample| sample.case == index && !sample.hosts.is_empty());
        let spans = &measured?.hosts;
        let all = |round: u32| {
            spans.iter().map(|span| rate_of(Some(span.host), span.workers, round)).sum::<Option<f64>>()
        };
        let rates = rounds.iter().filter_map(|&round| Some((all(round)?, rate_of(None, 1, round)?)));
        let (many, one): (Vec<f64>, Vec<f64>) = rates.unzip();
        Some(Ceiling { workers: case.workers, speedup: bootstrap::ratio_of_means(&many, &one)? })
    };
    cases.filter_map(ceiling).collect()
}

fn ratio(workers: usize, many: &[f64], one: &[f64]) -> Option<Quantity> {
    if workers == 1 { Some(Quantity::known(1.0)) } else { bootstrap::ratio_of_means(many, one) }
}

/// Passes per nanosecond over all lanes.
fn rate(sample: &CeilingSample) -> Option<f64> {
    let rates = sample
        .lanes
        .iter()
        .map(|lane| (lane.busy_ns > 0 && lane.passes > 0).then(|| lane.passes as f64 / lane.busy_ns as f64));
    rates.sum()
}
