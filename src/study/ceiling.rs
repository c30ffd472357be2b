//! The hardware's ceiling: what the machine does for N threads that nobody hands anything.
//!
//! Each thread is pinned to a CPU of its own, makes an array, waits for the others, and then passes
//! over its array for a fixed window (rate mode): no pool, no queue, no uneven ends. N such threads
//! do C(N) times the work of one. What a pool lacks to C(N) is its own doing; what C(N) lacks to N
//! is the machine's: shared caches, memory, a shared core, a lower clock.

use std::sync::{PoisonError, RwLock, mpsc};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use super::array::{Array, Passed};
use super::config::WorkloadChoice;
use crate::workload::{Job, Kernel, Workload};
use speedup_machine::clock::monotonic_ns;
use speedup_machine::root::Root;
use speedup_machine::{affinity, topology};
use speedup_report::record::CeilingLane;

/// Share of a serial execution that a window takes.
const SHARE: u64 = 8;
/// The shortest and the longest window: long enough for many passes, and for few rounds of seconds
/// to be spent on it.
const WINDOWS: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(150));

/// Passes before the next look at the clock: what a kernel that takes two of them together needs to
/// do what it does in a job.
const AT_ONCE: u32 = 2;

/// The window for a workload whose serial execution takes so long.
pub(super) fn window(serial_ns: u64) -> Duration {
    Duration::from_nanos(serial_ns / SHARE).clamp(WINDOWS.0, WINDOWS.1)
}

/// One window with that many threads.
pub(super) fn measure(
    choice: &WorkloadChoice,
    job: Job,
    workers: usize,
    window: Duration,
) -> Result<Vec<CeilingLane>, String> {
    let (workload, kernel) = (choice.workload, choice.kernel);
    let cpus =
        one_per_core_first(affinity::allowed_cpus(), &topology::cores(&Root::default()).unwrap_or_default());
    // Closed while this thread holds it; what stands in it then says whether to go on.
    let gate = RwLock::new(true);
    thread::scope(|scope| {
        let mut go = gate.write().unwrap_or_else(PoisonError::into_inner);
        let (ready, all_ready) = mpsc::channel();
        let mut lanes = Vec::new();
        for worker in 0..workers {
            let cpu = cpus.get(worker % cpus.len().max(1)).copied();
            let (gate, ready, job) = (&gate, ready.clone(), Job { index: worker, ..job });
            let lane = move || {
                let cpu = cpu.filter(|&cpu| affinity::pin_this_thread(cpu).is_ok());
                let array = Passed::of(workload, job, choice.data)?.at_home().take(workload, job);
                let mut array = array.map_err(|fault| fault.to_string())?;
                // The receiver waits for as many as there are, or until nobody is left who could be.
                let _ = ready.send(());
                drop(ready);
                if !*gate.read().unwrap_or_else(PoisonError::into_inner) {
                    return Ok(None);
                }
                let (passes, busy_ns) = passes(workload, kernel, &mut array, window)?;
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
        // It ends early if a thread could not make its array, which the joining then tells.
        let _ = all_ready.iter().take(workers).count();
        drop(go);
        let join = |lane: ScopedJoinHandle<'_, Result<Option<CeilingLane>, String>>| {
            lane.join().unwrap_or_else(|_| Err("a thread of the ceiling panicked".to_string()))
        };
        lanes.into_iter().filter_map(|lane| join(lane).transpose()).collect()
    })
}

/// The CPUs in the order in which to use them: hardware threads that share a core come last, as a
/// scheduler would have it.
pub(super) fn one_per_core_first(mut cpus: Vec<usize>, cores: &[Vec<usize>]) -> Vec<usize> {
    let sibling = |cpu: usize| {
        let places = cores.iter().filter_map(|core| core.iter().position(|&other| other == cpu));
        places.min().unwrap_or(0)
    };
    cpus.sort_by_key(|&cpu| (sibling(cpu), cpu));
    cpus
}

/// Passes over the array until the window is over, and their time.
fn passes(
    workload: &dyn Workload,
    kernel: &Kernel,
    array: &mut Array,
    window: Duration,
) -> Result<(u64, u64), String> {
    let start = monotonic_ns();
    let mut passes = 0;
    loop {
        array.compute(workload, kernel, AT_ONCE).map_err(|fault| format!("ceiling: {fault}"))?;
        passes += u64::from(AT_ONCE);
        let busy_ns = monotonic_ns() - start;
        if u128::from(busy_ns) >= window.as_nanos() {
            return Ok((passes, busy_ns));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{Digest, Fault, Scale};
    use speedup_report::record::Data;

    struct Failing;

    impl Workload for Failing {
        fn name(&self) -> &'static str {
            "failing"
        }

        fn label(&self) -> &'static str {
            "failing"
        }

        fn summary(&self) -> &'static str {
            "has no second array"
        }

        fn sizes(&self, _: Scale) -> Vec<usize> {
            vec![1]
        }

        fn default_passes(&self) -> u32 {
            1
        }

        fn generate(&self, job: Job) -> Result<Vec<u8>, Fault> {
            assert_eq!(job.index, 0, "on purpose");
            Ok(vec![0])
        }

        fn compute(&self, _: &Kernel, _: &mut [u8], _: u32) -> Result<Digest, Fault> {
            Ok(String::new())
        }
    }

    #[test]
    fn a_thread_without_an_array_is_an_error_and_holds_up_nobody() {
        let (done, ended) = mpsc::channel();
        thread::spawn(move || {
            let (kernel, data, passes) = (&Kernel::ONLY, Data::Generate, 1);
            let choice = WorkloadChoice { workload: &Failing, kernel, data, passes, workers: vec![2] };
            let job = Job { seed: 0, index: 0, size: 1, site: None };
            done.send(measure(&choice, job, 2, Duration::from_millis(1))).unwrap();
        });
        let measured = ended.recv_timeout(Duration::from_secs(60)).expect("it does not hang");
        assert_eq!(measured.unwrap_err(), "a thread of the ceiling panicked");
    }

    #[test]
    fn siblings_of_a_core_come_last() {
        let cores = [vec![0, 1], vec![2, 3]];
        assert_eq!(one_per_core_first(vec![0, 1, 2, 3], &cores), [0, 2, 1, 3]);
        assert_eq!(one_per_core_first(vec![1, 3], &cores), [1, 3]);
        assert_eq!(one_per_core_first(vec![0, 1], &[]), [0, 1]);
    }
}
