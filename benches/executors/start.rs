//! Workers from nothing to ready, next to the least that so many processes or threads take; and hundreds
//! of them from start to end.

use std::time::Duration;

use speedup_executor::{
    CancelFutures, Error, Executor, ProcessPoolExecutor, ThreadPoolExecutor, Wait, WorkerLife,
};
use speedup_machine::clock::monotonic_ns;

use crate::floor::start_to_first_byte;
use crate::tasks::Hold;
use speedup_bench_support::{Against, Bench, Contest, Limit, Reading, Unit, measure};

const COMMAND: &str = "Command to first byte";
const SPAWN: &str = "thread::spawn to first line";

pub(crate) fn hold(bench: &mut Bench) {
    for workers in [1, 2, 4, 8] {
        let title = format!("start of {workers} processes");
        let contest = Contest::new(&title, Unit::SecondsPer("start"))
            .contender("processes", || until_ready(|| ProcessPoolExecutor::new(workers)))
            .floor(COMMAND, || {
                let start_ns = monotonic_ns();
                once(start_ns, start_to_first_byte(workers, monotonic_ns))
            });
        bench.hold(match workers {
            4 => contest.target("processes", Against::of(COMMAND), Limit::AtMost(1.5)),
            _ => contest.compare("processes", Against::of(COMMAND)),
        });
        let title = format!("start of {workers} threads");
        let contest = Contest::new(&title, Unit::SecondsPer("start"))
            .contender("threads", || until_ready(|| ThreadPoolExecutor::new(workers)))
            .floor(SPAWN, || spawn(workers))
            .compare("threads", Against::of(SPAWN));
        bench.hold(contest);
    }
    let many = Contest::new("256 processes start, work and stop", Unit::SecondsPer("worker"))
        .contender("processes", || whole_life(|| ProcessPoolExecutor::new(256), 256))
        .rounds(3);
    bench.hold(many);
    let many = Contest::new("1,024 threads start, work and stop", Unit::SecondsPer("worker"))
        .contender("threads", || whole_life(|| ThreadPoolExecutor::new(1024), 1024))
        .rounds(9);
    bench.hold(many);
}

fn once(start_ns: u64, end_ns: u64) -> Reading {
    Reading { wall_s: (end_ns - start_ns) as f64 * 1e-9, cpu_s: None, amount: 1.0 }
}

/// From the making of the pool until the last of its workers could take a task, by its own clock.
fn until_ready<E: Executor>(pool: impl FnOnce() -> Result<E, Error>) -> Reading {
    let start_ns = monotonic_ns();
    let pool = pool().expect("workers start");
    let lives = work_and_stop(&pool);
    once(start_ns, lives.iter().map(|life| life.ready_ns).max().expect("there are workers"))
}

/// A task for every worker, which keeps it until all have theirs; then the end.
fn work_and_stop(pool: &impl Executor) -> Vec<WorkerLife> {
    let folder = tempfile::tempdir().expect("there is room for an empty file");
    let gate = folder.path().join("open");
    let held: Vec<_> =
        (0..pool.max_workers()).map(|_| pool.submit(Hold(gate.clone())).expect("workers start")).collect();
    for future in &held {
        while !future.running() {
            std::thread::sleep(Duration::from_micros(200));
        }
    }
    std::fs::write(&gate, "").expect("there is room for an empty file");
    assert!(held.iter().all(|future| future.result(None).is_ok()));
    pool.shutdown(Wait::Yes, CancelFutures::No);
    let lives = pool.worker_lives();
    assert_eq!(lives.len(), pool.max_workers(), "every worker has worked");
    lives
}

fn spawn(count: usize) -> Reading {
    let start_ns = monotonic_ns();
    let threads: Vec<_> = (0..count).map(|_| std::thread::spawn(monotonic_ns)).collect();
    let ready = threads.into_iter().map(|thread| thread.join().expect("it reads a clock"));
    once(start_ns, ready.max().expect("there are threads"))
}

fn whole_life<E: Executor>(pool: impl FnOnce() -> Result<E, Error>, workers: usize) -> Reading {
    measure(workers as f64, || work_and_stop(&pool().expect("workers start")))
}
