//! Pools of processes.

use serde_json::json;
use speedup::executor::{Executor, MapOptions, ProcessPoolExecutor};
use speedup::machine::clock::monotonic_ns;

use super::python::{Python, pool};
use super::{Bytes, Echo, Meet, STARTED, WORKERS, started};
use speedup_bench_support::{Bench, Contest, Reading, Unit};

const OURS: &str = "speedup processes";
const PROCSPAWN: &str = "procspawn";

fn is_processes(pool: &str) -> bool {
    pool != "threads"
}

fn ours() -> ProcessPoolExecutor {
    ProcessPoolExecutor::new(WORKERS).expect("processes start")
}

fn procspawn() -> procspawn::Pool {
    procspawn::Pool::new(WORKERS).expect("processes start")
}

fn echo(bytes: Bytes) -> Bytes {
    bytes
}

fn meet(meet: Meet) -> Result<u64, String> {
    speedup::executor::Task::run(meet)
}

/// CPU time is left out, as no pool tells that of its workers.
fn timed(amount: usize, work: impl FnOnce()) -> Reading {
    let start = monotonic_ns();
    work();
    Reading { wall_s: (monotonic_ns() - start) as f64 * 1e-9, cpu_s: None, amount: amount as f64 }
}

pub(crate) fn round_trip(bench: &mut Bench, pythons: &[Python]) {
    trips(bench, pythons, "process round trip of 64 bytes", (64, 200));
}

pub(crate) fn megabyte(bench: &mut Bench, pythons: &[Python]) {
    trips(bench, pythons, "1 MiB to a process and back", (1 << 20, 8));
}

fn trips(bench: &mut Bench, pythons: &[Python], title: &str, (size, times): (usize, usize)) {
    if !bench.wants(title) {
        return;
    }
    let (pool_of_ours, theirs) = (ours(), procspawn());
    let payload = Bytes(vec![7; size]);
    let sent = payload.clone();
    let contest = Contest::new(title, Unit::SecondsPer("trip"))
        .contender(OURS, move || {
            timed(times, || {
                for _ in 0..times {
                    let future = pool_of_ours.submit(Echo(payload.clone())).expect("it is open");
                    assert_eq!(future.take(None).expect("it returns").0.len(), size);
                }
            })
        })
        .contender(PROCSPAWN, move || {
            timed(times, || {
                for _ in 0..times {
                    let back = theirs.spawn(sent.clone(), echo).join().expect("it returns");
                    assert_eq!(back.0.len(), size);
                }
            })
        });
    let request =
        |name: &str| json!({"do": "round-trips", "pool": pool(name, WORKERS), "times": times, "size": size});
    let contest =
        pythons.iter().fold(contest, |contest, python| python.contend(contest, ("", is_processes), request));
    bench.hold(contest.compare_with_all(OURS));
}

pub(crate) fn tasks(bench: &mut Bench, pythons: &[Python]) {
    const TITLE: &str = "task of a map over 2 processes";
    const TASKS: usize = 10_000;
    const FEW: usize = 1000;
    const CHUNK: usize = 200;
    if !bench.wants(TITLE) {
        return;
    }
    let (plain, chunked, theirs) = (ours(), ours(), procspawn());
    let small = || Echo(Bytes(vec![7]));
    let contest = Contest::new(TITLE, Unit::SecondsPer("task"))
        .contender(OURS, move || {
            timed(TASKS, || {
                let results = plain.map((0..TASKS).map(|_| small()));
                assert_eq!(results.flatten().count(), TASKS);
            })
        })
        .contender("speedup processes, chunks of 200", move || {
            timed(TASKS, || {
                let options = MapOptions::new().chunksize(CHUNK);
                let results = chunked.map_with((0..TASKS).map(|_| small()), options);
                assert_eq!(results.flatten().count(), TASKS);
            })
        })
        .contender(PROCSPAWN, move || {
            timed(FEW, || {
                let handles: Vec<_> = (0..FEW).map(|_| theirs.spawn(Bytes(vec![7]), echo)).collect();
                for handle in handles {
                    handle.join().expect("it returns");
                }
            })
        });
    let by_chunk = |times: usize, chunk: usize| move |name: &str| json!({"do": "tasks", "pool": pool(name, WORKERS), "times": times, "chunk": chunk});
    let contest = pythons.iter().fold(contest, |contest, python| {
        let contest = python.contend(contest, ("", is_processes), by_chunk(FEW, 1));
        python.contend(contest, (", chunks of 200", is_processes), by_chunk(TASKS, CHUNK))
    });
    bench.hold(contest.compare_with_all(OURS));
}

pub(crate) fn start(bench: &mut Bench, pythons: &[Python]) {
    const TITLE: &str = "start of 4 processes";
    if !bench.wants(TITLE) {
        return;
    }
    let of = |nanoseconds: u64| Reading { wall_s: nanoseconds as f64 * 1e-9, cpu_s: None, amount: 1.0 };
    let contest = Contest::new(TITLE, Unit::SecondsPer("pool"))
        .contender(OURS, move || {
            of(started(|tasks| {
                let pool = ProcessPoolExecutor::new(STARTED).expect("processes start");
                let came = pool.map(tasks).map(|came| came.expect("it returns").expect("all come")).collect();
                (pool, came)
            }))
        })
        .contender(PROCSPAWN, move || {
            of(started(|tasks| {
                let pool = procspawn::Pool::new(STARTED).expect("processes start");
                let handles: Vec<_> = tasks.into_iter().map(|task| pool.spawn(task, meet)).collect();
                let came =
                    handles.into_iter().map(|h| h.join().expect("it returns").expect("all come")).collect();
                (pool, came)
            }))
        });
    let request = |name: &str| json!({"do": "ready", "pool": pool(name, STARTED), "times": 1});
    let contest =
        pythons.iter().fold(contest, |contest, python| python.contend(contest, ("", is_processes), request));
    bench.hold(contest.rounds(9).compare_with_all(OURS));
}
