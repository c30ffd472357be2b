//! The hardware's ceiling: what the machine does for N threads that are handed nothing.
//!
//! Each thread is pinned to its own CPU, makes what it works on, such as an array, waits for the others, and
//! then does the same work again and again for a fixed window (rate mode): no pool, no queue, no uneven ends. N such threads
//! do C(N) times the work of one. What a pool lacks to C(N) is its own doing; what C(N) lacks to N
//! is the machine's: shared caches, memory, a shared core, a lower clock.

use std::sync::{PoisonError, RwLock, mpsc};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use super::triad;
use crate::settings::request::CeilingWay;
use crate::workload::{Fault, Repeated};
use speedup_machine::affinity;
use speedup_machine::clock::monotonic_ns;
use speedup_machine::placement::{Placement, Topology};
use speedup_machine::root::Root;
use speedup_machine::topology::last_level;
use speedup_report::record::{CeilingLane, CeilingLoad, CeilingPlan, Pinned};

/// Share of a serial execution that a window takes.
const SHARE: u64 = 8;
/// The shortest and the longest window: long enough for many passes, and for few rounds of seconds
/// to be spent on it.
const SHORTEST: Duration = Duration::from_millis(2);
pub(super) const LONGEST: Duration = Duration::from_millis(150);

/// The ways to measure it that are asked for, or the usual one.
///
/// # Errors
///
/// In a sentence, why there can be no triad.
pub(super) fn plans(ways: Option<&[CeilingWay]>, pin: Option<&Pinned>) -> Result<Vec<CeilingPlan>, String> {
    let topology = Topology::read(&Root::default());
    let last_level = last_level(&Root::default()).unwrap_or_default();
    let allowed = affinity::allowed_cpus();
    let in_order = |order: Placement| Pinned { order: Some(order), cpus: order.order(&allowed, &topology) };
    let plan = |load, pin: Pinned| CeilingPlan { load, knees: topology.knees(&pin.cpus, &last_level), pin };
    let usual = || pin.cloned().unwrap_or_else(|| in_order(Placement::Cores));
    let ways = ways.unwrap_or_default();
    let first = ways.iter().find_map(|way| match way {
        CeilingWay::Order(order) => Some(in_order(*order)),
        CeilingWay::Triad => None,
    });
    let mut plans = Vec::new();
    if first.is_none() {
        plans.push(plan(CeilingLoad::Workload, usual()));
    }
    for way in ways {
        plans.push(match way {
            CeilingWay::Order(order) => plan(CeilingLoad::Workload, in_order(*order)),
            CeilingWay::Triad => {
                let load =
                    CeilingLoad::Triad { array_bytes: triad::array_bytes()?, pass_bytes: triad::PASS_BYTES };
                plan(load, first.clone().unwrap_or_else(usual))
            }
        });
    }
    // Executors are compared with work of their own.
    plans.sort_by_key(|plan| plan.load != CeilingLoad::Workload);
    Ok(plans)
}

/// The window for a workload whose serial execution takes so long.
pub(super) fn window(serial_ns: u64) -> Duration {
    Duration::from_nanos(serial_ns / SHARE).clamp(SHORTEST, LONGEST)
}

/// Makes the work of a lane, of that many.
pub(super) type Make<'a> = dyn Fn(usize, usize) -> Result<Repeated<'a>, Fault> + Sync + 'a;

/// One window with that many threads, each on its CPU of these.
pub(super) fn measure(
    make: &Make<'_>,
    (workers, cpus): (usize, &[usize]),
    window: Duration,
) -> Result<Vec<CeilingLane>, String> {
    // Closed while this thread holds it; what stands in it then says whether to go on.
    let gate = RwLock::new(true);
    thread::scope(|scope| {
        let mut go = gate.write().unwrap_or_else(PoisonError::into_inner);
        let (ready, all_ready) = mpsc::channel();
        let mut lanes = Vec::new();
        for worker in 0..workers {
            let cpu = cpus.get(worker % cpus.len().max(1)).copied();
            let (gate, ready) = (&gate, ready.clone());
            let lane = move || {
                let cpu = cpu.filter(|&cpu| affinity::pin_this_thread(cpu).is_ok());
                let mut work = make(worker, workers).map_err(|fault| fault.to_string())?;
                // The receiver waits for as many as there are, or until none is left that could be.
                let _ = ready.send(());
                drop(ready);
                if !*gate.read().unwrap_or_else(PoisonError::into_inner) {
                    return Ok(None);
                }
                let (passes, busy_ns) = passes(&mut work, window)?;
                Ok(Some(CeilingLane { cpu, passes, busy_ns }))
            };
            match thread::Builder::new().name(format!("ceiling_{worker}")).spawn_scoped(scope, lane) {
                Ok(lane) => lanes.push(lane),
                Err(error) => {
                    *go = false;
                    return Err(format!("cannot start thread {worker} of the ceiling: {error}"));
                }
            }
        }
        drop(ready);
        // It ends early if a thread has no work to repeat, which the joining then tells.
        let _ = all_ready.iter().take(workers).count();
        drop(go);
        let join = |lane: ScopedJoinHandle<'_, Result<Option<CeilingLane>, String>>| {
            lane.join().unwrap_or_else(|_| Err("a thread of the ceiling panicked".to_string()))
        };
        lanes.into_iter().filter_map(|lane| join(lane).transpose()).collect()
    })
}

/// Does the work until the window is over. Gives how often that was, and its time.
fn passes(work: &mut Repeated<'_>, window: Duration) -> Result<(u64, u64), String> {
    let start = monotonic_ns();
    let mut passes = 0;
    loop {
        passes += work().map_err(|fault| format!("ceiling: {fault}"))?;
        let busy_ns = monotonic_ns() - start;
        if u128::from(busy_ns) >= window.as_nanos() {
            return Ok((passes, busy_ns));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::study::batched::Batched;
    use crate::study::prepared::Prepared as _;
    use crate::study::setting::Setting;
    use crate::workload::{Fault, Workload};

    #[derive(Clone)]
    struct Failing;

    impl Workload for Failing {
        type Job = ();
        type Output = ();

        fn name(&self) -> &'static str {
            "failing"
        }

        fn jobs(&self) -> Vec<()> {
            vec![()]
        }

        fn run(&self, (): ()) -> Result<(), Fault> {
            Ok(())
        }

        fn repeated<'a>(&'a self, lane: usize, _: &[()]) -> Result<Repeated<'a>, Fault> {
            assert_eq!(lane, 0, "on purpose");
            Ok(Box::new(|| Ok(1)))
        }
    }

    #[test]
    fn a_thread_without_work_is_an_error_and_holds_up_nobody() {
        let (done, ended) = mpsc::channel();
        thread::spawn(move || {
            let batch = Arc::new(Batched::new(Setting::of("failing"), &Failing).unwrap());
            let make = |lane, _| batch.repeated(lane);
            done.send(measure(&make, (2, &[]), Duration::from_millis(1))).unwrap();
        });
        let measured = ended.recv_timeout(Duration::from_secs(60)).expect("it does not hang");
        assert_eq!(measured.unwrap_err(), "a thread of the ceiling panicked");
    }
}
