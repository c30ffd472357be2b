//! Faults on purpose: what a worker does wrong, and how much of it.

use std::cell::Cell;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::study::job::{JobReport, timed};
use crate::workload::array::passed::compute;
use crate::workload::array::{Answer, Passed};
use crate::workload::{ArrayWorkload, Job, rc4};
use speedup_executor::Task;
use speedup_executor::task::TaskEntry;
use speedup_machine::affinity;
use speedup_machine::clock::thread_cpu_ns;

/// The tasks of the self-test, for [`worker::init`](speedup_executor::worker::init).
pub static TASKS: [TaskEntry; 2] = [TaskEntry::of::<FaultyJob>(), TaskEntry::of::<Prepare>()];

/// A job in a worker that may misbehave.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct FaultyJob {
    pub(super) job: Job,
    pub(super) passes: u32,
    /// Sleep before the job, as a slow hand-over would be.
    pub(super) delay_ns: u64,
    /// Sleep within the job.
    pub(super) block_ns: u64,
}

impl Task for FaultyJob {
    const NAME: &'static str = "speedup.selftest.job";
    type Output = JobReport<Answer>;

    fn run(self) -> JobReport<Answer> {
        sleep(self.delay_ns);
        timed(|generated| {
            sleep(self.block_ns);
            let workload: &dyn ArrayWorkload = &rc4::Workload;
            let generate = || Passed::Generate.take(workload, self.job);
            let computed = compute(workload, workload.default_kernel(), generate, self.passes, generated);
            computed.map_err(|fault| fault.to_string())
        })
    }
}

/// What a worker does before its first task.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Prepare {
    /// Sleep before it is ready.
    pub(super) start_ns: u64,
    /// Sleep when it ends.
    pub(super) exit_ns: u64,
    /// The CPU to stay on.
    pub(super) cpu: Option<usize>,
}

impl Task for Prepare {
    const NAME: &'static str = "speedup.selftest.prepare";
    type Output = ();

    fn run(self) {
        if let Some(cpu) = self.cpu {
            affinity::pin_this_thread(cpu).expect("the CPU is one of those allowed");
        }
        SLOW_EXIT.with(|exit| exit.0.set(self.exit_ns));
        sleep(self.start_ns);
    }
}

/// Sleeps when its thread ends: the thread of a pool, or the main thread of a worker process.
struct SlowExit(Cell<u64>);

impl Drop for SlowExit {
    fn drop(&mut self) {
        sleep(self.0.get());
    }
}

thread_local! {
    static SLOW_EXIT: SlowExit = const { SlowExit(Cell::new(0)) };
}

fn sleep(nanoseconds: u64) {
    if nanoseconds > 0 {
        std::thread::sleep(Duration::from_nanos(nanoseconds));
    }
}

/// A thread that keeps a CPU busy.
pub(super) struct Hog {
    end: Arc<AtomicBool>,
    used_ns: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl Hog {
    /// Starts one on that CPU.
    pub(super) fn start(cpu: usize) -> std::io::Result<Self> {
        let (end, used_ns) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (ended, used) = (Arc::clone(&end), Arc::clone(&used_ns));
        let thread = std::thread::Builder::new().name("hog".to_string()).spawn(move || {
            // Elsewhere it would do no harm, and the test would say so.
            let _ = affinity::pin_this_thread(cpu);
            let mut sum = 0_u64;
            while !ended.load(Ordering::Relaxed) {
                for _ in 0..1000 {
                    sum = black_box(sum.wrapping_add(1));
                }
                used.store(thread_cpu_ns(), Ordering::Relaxed);
            }
        })?;
        Ok(Self { end, used_ns, thread })
    }

    /// Nanoseconds of CPU time that it has used so far.
    pub(super) fn used_ns(&self) -> u64 {
        self.used_ns.load(Ordering::Relaxed)
    }

    /// Ends it.
    pub(super) fn stop(self) {
        self.end.store(true, Ordering::Relaxed);
        // It does nothing that could panic.
        let _ = self.thread.join();
    }
}
