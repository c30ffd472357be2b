//! `map` over many tiny tasks through two workers: how many there are in a second, and the CPU time that
//! each takes on both sides, over the pool's life.

use speedup_executor::{Executor, MapOptions, ProcessPoolExecutor, ThreadPoolExecutor};
use speedup_machine::usage::ended_children_cpu_ns;

use crate::tasks::Increment;
use speedup_bench_support::{Against, Bench, Contest, Limit, Reading, Unit, measure, process_cpu_s};

/// Enough that the start of the workers counts for little in the CPU time.
const TASKS: u64 = 50_000;

const WORKERS: usize = 2;

pub(crate) fn hold(bench: &mut Bench) {
    let in_chunks = || MapOptions::new().chunksize(200);
    let contest = Contest::new("map over tiny tasks, 2 workers", Unit::PerSecond("tasks"))
        .contender("processes", || over(ProcessPoolExecutor::new(WORKERS), MapOptions::new()))
        .contender("processes, chunks of 200", || over(ProcessPoolExecutor::new(WORKERS), in_chunks()))
        .contender("threads", || over(ThreadPoolExecutor::new(WORKERS), MapOptions::new()))
        .contender("threads, chunks of 200", || over(ThreadPoolExecutor::new(WORKERS), in_chunks()))
        .target("processes", Against::Itself, Limit::AtLeast(200_000.0))
        .compare("processes", Against::of("threads"))
        .rounds(15);
    bench.hold(contest);
}

/// The time is that of the map through workers that are there; the CPU time is that of the pool from its
/// start to its end.
fn over<E: Executor>(pool: Result<E, speedup_executor::Error>, options: MapOptions) -> Reading {
    let (own_before_s, ended_before_ns) = (process_cpu_s(), ended_children_cpu_ns());
    let pool = pool.expect("workers start");
    let first: u64 = (0..8).map(Increment).map(|task| result(pool.submit(task))).sum();
    let reading = measure(TASKS as f64, || {
        pool.map_with((0..TASKS).map(Increment), options).map(|sum| sum.expect("it returns")).sum::<u64>()
    });
    assert_eq!(first, 36);
    drop(pool);
    let own_s = process_cpu_s() - own_before_s;
    let of_workers_ns = ended_before_ns.zip(ended_children_cpu_ns()).map(|(before, after)| after - before);
    Reading { cpu_s: of_workers_ns.map(|ns| own_s + ns as f64 * 1e-9), ..reading }
}

fn result<T>(future: Result<speedup_executor::Future<T>, speedup_executor::Error>) -> T {
    future.expect("it is open").take(None).expect("it returns")
}
