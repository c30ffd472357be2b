//! Pools of threads.

use std::sync::mpsc;

use serde_json::json;
use speedup::executor::{Executor, RayonExecutor, ThreadPoolExecutor};

use super::python::{Python, pool};
use super::{Bytes, Echo, WORKERS};
use speedup_bench_support::{Bench, Contest, Unit, measure};

const OURS: &str = "speedup threads";

fn is_threads(pool: &str) -> bool {
    pool == "threads"
}

fn rayon() -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(WORKERS).build().expect("threads start")
}

pub(crate) fn round_trip(bench: &mut Bench, pythons: &[Python]) {
    const TITLE: &str = "thread round trip of 64 bytes";
    const TRIPS: usize = 500;
    if !bench.wants(TITLE) {
        return;
    }
    let ours = ThreadPoolExecutor::new(WORKERS).expect("threads start");
    let (installed, of_threadpool) = (rayon(), threadpool::ThreadPool::new(WORKERS));
    let payload = || vec![7_u8; 64];
    let contest = Contest::new(TITLE, Unit::SecondsPer("trip"))
        .contender(OURS, move || {
            measure(TRIPS as f64, || {
                for _ in 0..TRIPS {
                    let future = ours.submit(Echo(Bytes(payload()))).expect("it is open");
                    drop(future.take(None).expect("it returns"));
                }
            })
        })
        .contender("rayon spawn, a channel back", move || {
            measure(TRIPS as f64, || {
                for _ in 0..TRIPS {
                    let ((sender, back), sent) = (mpsc::channel(), payload());
                    installed.spawn(move || sender.send(sent).expect("there is a receiver"));
                    drop(back.recv().expect("it returns"));
                }
            })
        })
        .contender("threadpool, a channel back", move || {
            measure(TRIPS as f64, || {
                for _ in 0..TRIPS {
                    let ((sender, back), sent) = (mpsc::channel(), payload());
                    of_threadpool.execute(move || sender.send(sent).expect("there is a receiver"));
                    drop(back.recv().expect("it returns"));
                }
            })
        });
    let request =
        |name: &str| json!({"do": "round-trips", "pool": pool(name, WORKERS), "times": TRIPS, "size": 64});
    let contest =
        pythons.iter().fold(contest, |contest, python| python.contend(contest, ("", is_threads), request));
    bench.hold(contest.compare_with_all(OURS));
}

pub(crate) fn tasks(bench: &mut Bench, pythons: &[Python]) {
    const TITLE: &str = "task of a batch over 2 threads";
    const TASKS: usize = 10_000;
    const FEW: usize = 1000;
    if !bench.wants(TITLE) {
        return;
    }
    let ours = ThreadPoolExecutor::new(WORKERS).expect("threads start");
    let on_rayon = RayonExecutor::new(WORKERS).expect("threads start");
    let (installed, of_threadpool) = (rayon(), threadpool::ThreadPool::new(WORKERS));
    let small = || Echo(Bytes(vec![7]));
    let contest = Contest::new(TITLE, Unit::SecondsPer("task"))
        .contender(OURS, move || {
            measure(TASKS as f64, || {
                let results = ours.map((0..TASKS).map(|_| small()));
                assert_eq!(results.flatten().count(), TASKS);
            })
        })
        .contender("speedup on rayon", move || {
            measure(TASKS as f64, || {
                let results = on_rayon.map((0..TASKS).map(|_| small()));
                assert_eq!(results.flatten().count(), TASKS);
            })
        })
        .contender("rayon spawn, a channel back", move || {
            measure(TASKS as f64, || {
                let (sender, results) = mpsc::channel();
                for _ in 0..TASKS {
                    let (sender, sent) = (sender.clone(), vec![7_u8]);
                    installed.spawn(move || sender.send(sent).expect("there is a receiver"));
                }
                drop(sender);
                assert_eq!(results.iter().count(), TASKS);
            })
        })
        .contender("threadpool, a channel back", move || {
            measure(TASKS as f64, || {
                let (sender, results) = mpsc::channel();
                for _ in 0..TASKS {
                    let (sender, sent) = (sender.clone(), vec![7_u8]);
                    of_threadpool.execute(move || sender.send(sent).expect("there is a receiver"));
                }
                drop(sender);
                assert_eq!(results.iter().count(), TASKS);
            })
        });
    let request = |name: &str| json!({"do": "tasks", "pool": pool(name, WORKERS), "times": FEW, "chunk": 1});
    let contest =
        pythons.iter().fold(contest, |contest, python| python.contend(contest, ("", is_threads), request));
    bench.hold(contest.compare_with_all(OURS));
}
