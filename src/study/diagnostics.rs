//! A look at the machine before anything is measured on it: its environment, some hundred probes of
//! every CPU, and one piece of work timed against itself.

use std::cell::RefCell;
use std::path::Path;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::environment;
use super::registry::{AnyWorkload, OfArrays};
use super::setting::Setting;
use crate::workload::{Kernel, Repeated, Scale};
use speedup_machine::cgroup::{self, Quota};
use speedup_machine::environment::{conditions_after, conditions_before};
use speedup_machine::placement::{Placement, Topology};
use speedup_machine::root::Root;
use speedup_machine::{affinity, clock, machine, power, probe, topology};
use speedup_report::record::checkup::{Facts, FloorTimes, Reading};
use speedup_report::record::{Data, Known};

/// Time for a look at other programs.
const WATCHING: Duration = Duration::from_millis(500);

/// Time for the probes of all CPUs together.
const PROBING: Duration = Duration::from_secs(1);

/// Time for the pairs of pieces.
const PAIRING: Duration = Duration::from_secs(2);

/// Time for the probes of all CPUs at once.
const TOGETHER: Duration = Duration::from_millis(300);

/// Probes of which one is kept while all CPUs probe at once.
const PROBES_A_READING: usize = 50;

/// Time between probes on one CPU. Busy, so that the CPU does not fall asleep.
const BETWEEN_PROBES: Duration = Duration::from_micros(500);

/// Probes before the next CPU's turn.
const PROBES_A_TURN: usize = 5;

/// How long a piece of work takes, about: long compared with a reading of the clock, short enough for
/// hundreds of pairs.
const PIECE: Duration = Duration::from_millis(4);

/// Pairs at least, however long a piece takes.
const LEAST_PAIRS: usize = 10;

/// Seed of the work and of the order of the arms.
const SEED: u64 = 17;

/// Looks at the machine for about three seconds. The work is that of the first workload that computes.
#[must_use]
pub fn look(workloads: &[&dyn AnyWorkload]) -> Facts {
    let (environment, before, start) = (environment::gather(), conditions_before(WATCHING), Instant::now());
    let root = Root::default();
    let allowed_cpus = affinity::allowed_cpus();
    let readings = probe_all(&allowed_cpus);
    let together = probe_together(&allowed_cpus);
    let floor = pair(workloads).into();
    Facts {
        environment,
        before,
        after: conditions_after(&Err("looked at before".to_string())),
        elapsed_s: start.elapsed().as_secs_f64(),
        default_workers: machine::cpus_available(),
        readings,
        together,
        floor,
        ..told(&root, allowed_cpus)
    }
}

/// Looks at the machine whose `/proc` and `/sys` are in a folder: nothing is probed or timed.
#[must_use]
pub fn look_at(root: &Root, folder: &Path) -> Facts {
    let environment = speedup_machine::environment::described(root);
    let conditions = speedup_machine::environment::conditions_at(root);
    let online = topology::online(root).unwrap_or_default();
    let mut allowed_cpus = cgroup::cpuset(root).unwrap_or_else(|_| online.clone());
    allowed_cpus.retain(|cpu| online.contains(cpu));
    let whole = match environment.cgroup_quota.value() {
        Some(&Quota::Cpus(cpus)) => cpus.floor() as usize,
        _ => usize::MAX,
    };
    let untried = Known::Missing("this machine is not the one that was looked at".to_string());
    Facts {
        captured: Some(folder.display().to_string()),
        before: conditions.clone(),
        after: conditions,
        environment,
        default_workers: allowed_cpus.len().min(whole).max(1),
        floor: untried,
        ..told(root, allowed_cpus)
    }
}

/// What files tell of a machine on which these CPUs may be used, apart from its environment.
fn told(root: &Root, allowed_cpus: Vec<usize>) -> Facts {
    let topology = Topology::read(root);
    Facts {
        uptime_s: machine::uptime_s(root).into(),
        orders: Placement::ALL.map(|placement| (placement, placement.order(&allowed_cpus, &topology))).into(),
        memory_available_bytes: machine::memory_available_bytes(root).into(),
        on_battery: power::on_battery(root).into(),
        allowed_cpus,
        ..Facts::default()
    }
}

/// Probes the CPUs in turn. Where a thread cannot be pinned, wherever it runs.
fn probe_all(cpus: &[usize]) -> Vec<Reading> {
    let mut readings = Vec::new();
    let start = Instant::now();
    let mut turns = cpus.iter().cycle();
    while start.elapsed() < PROBING {
        let cpu = turns.next().copied().filter(|&cpu| affinity::pin_this_thread(cpu).is_ok());
        readings.extend((0..PROBES_A_TURN).filter_map(|_| {
            let before = Instant::now();
            while before.elapsed() < BETWEEN_PROBES {
                std::hint::spin_loop();
            }
            probe::probe().map(|probe| reading(cpu, probe))
        }));
    }
    // Where it could not be set, it need not be set back.
    let _ = affinity::allow_cpus(cpus);
    readings
}

/// Probes all CPUs at the same time, each from a thread that does nothing else: what is left of clock and
/// issue width when every CPU has work.
fn probe_together(cpus: &[usize]) -> Vec<Reading> {
    if cpus.len() < 2 {
        return Vec::new();
    }
    let start = Instant::now();
    let probe_one = |cpu| {
        let cpu = affinity::pin_this_thread(cpu).is_ok().then_some(cpu);
        let mut readings = Vec::new();
        while start.elapsed() < TOGETHER {
            for _ in 1..PROBES_A_READING {
                let _ = probe::probe();
            }
            let probe = probe::probe();
            // The last threads come late, and the clock takes its time to follow the load.
            if start.elapsed() > TOGETHER / 2 {
                readings.extend(probe.map(|probe| reading(cpu, probe)));
            }
        }
        readings
    };
    std::thread::scope(|scope| {
        let start = |&cpu| std::thread::Builder::new().spawn_scoped(scope, move || probe_one(cpu)).ok();
        let threads: Vec<_> = cpus.iter().filter_map(start).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    })
}

fn reading(cpu: Option<usize>, probe: probe::Probe) -> Reading {
    Reading { cpu, clock_hz: probe.clock_hz, width: probe.width }
}

/// Times the same piece of work twice in each pair, in random order.
fn pair(workloads: &[&dyn AnyWorkload]) -> Result<FloorTimes, String> {
    let computes = |workload: &&&dyn AnyWorkload| workload.waiting().is_none();
    let workload = *workloads.iter().find(computes).ok_or("there is no workload that computes")?;
    let failed = |fault| format!("{}: {fault}", workload.name());
    let kernel = workload.array().map_or(&Kernel::ONLY, |array| array.default_kernel());
    let arrays = OfArrays { kernel, data: Data::default(), passes: 1, scale: Scale::Tiny };
    let prepared = workload.prepare(&Setting::of(workload.name()), &arrays).map_err(failed)?;
    let work: RefCell<Repeated<'_>> = RefCell::new(prepared.repeated(0).map_err(failed)?);
    let time_ns = |passes| {
        let start = clock::monotonic_ns();
        (0..passes).try_for_each(|_| (work.borrow_mut())().map(drop)).map_err(failed)?;
        Ok((clock::monotonic_ns() - start) as f64)
    };
    let passes = passes_of_a_piece(time_ns)?;
    let mut order = Xoshiro256PlusPlus::seed_from_u64(SEED);
    let (mut first_ns, mut second_ns) = (Vec::new(), Vec::new());
    let start = Instant::now();
    while start.elapsed() < PAIRING || first_ns.len() < LEAST_PAIRS {
        let mut times = [time_ns(passes)?, time_ns(passes)?];
        if order.random() {
            times.reverse();
        }
        first_ns.push(times[0]);
        second_ns.push(times[1]);
    }
    Ok(FloorTimes { what: workload.name().to_string(), first_ns, second_ns })
}

/// Passes that take about as long as a piece should: doubled until they do, which also warms up.
fn passes_of_a_piece(time_ns: impl Fn(u32) -> Result<f64, String>) -> Result<u32, String> {
    let mut passes = 1;
    // The shortest of a few, as an interruption would make too little look like enough.
    let shortest = |passes| -> Result<f64, String> {
        (0..3).try_fold(f64::INFINITY, |least, _| Ok(time_ns(passes)?.min(least)))
    };
    while passes < u32::MAX / 2 && shortest(passes)? < PIECE.as_nanos() as f64 / 2.0 {
        passes *= 2;
    }
    Ok(passes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_double_until_a_piece_is_long_enough() {
        let linear = |passes: u32| Ok(f64::from(passes) * 300_000.0);
        assert_eq!(passes_of_a_piece(linear), Ok(8));
        assert_eq!(passes_of_a_piece(|_| Ok(1e9)), Ok(1));
        assert_eq!(passes_of_a_piece(|_| Err("fault".into())), Err("fault".into()));
        // One that takes no time must not double for ever.
        assert!(passes_of_a_piece(|_| Ok(0.0)).is_ok());
    }

    #[test]
    fn without_a_workload_there_is_no_floor() {
        assert_eq!(pair(&[]), Err("there is no workload that computes".into()));
    }
}
