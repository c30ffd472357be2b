//! Many tiny tasks through pools of threads: what each costs to submit, to run and to wait for.
//!
//! The peers are measured as bare as they come: they run the closures and tell when all are done. Ours
//! gives each a future, which can be cancelled, and holds a result or a panic; its time includes taking
//! every result. For a peer that gives results too, there is one with a channel.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};

use speedup_executor::{Executor, RayonExecutor, ThreadPoolExecutor};
use speedup_machine::machine;

use crate::placement::Placement;
use speedup_bench_support::{Against, Bench, Contest, Limit, Reading, Unit, measure};

/// Enough that a measurement takes some milliseconds.
const TASKS: usize = 10_000;

const OURS: &str = "threads";
/// They run what they are given, and that is all.
const PEERS: [&str; 2] = ["rayon spawn", "threadpool"];

/// The same with what ours do besides: every result goes back to who submitted.
const RAYON_RESULTS: &str = "rayon spawn, results by a channel";
const POOL_RESULTS: &str = "threadpool, results by a channel";

pub(crate) fn hold(bench: &mut Bench) {
    for workers in [1, 2, 2 * machine::cpus_available()] {
        for placement in Placement::all() {
            let plural = if workers == 1 { "" } else { "s" };
            let title = format!("thread task overhead, {workers} worker{plural}{}", placement.name());
            if bench.wants(&title) {
                placement.within(|| contest(&title, workers), |contest| bench.hold(contest));
            }
        }
    }
}

fn contest(title: &str, workers: usize) -> Contest<'static> {
    let ours = ThreadPoolExecutor::new(workers).expect("threads start");
    start_all(&ours);
    let on_rayon = RayonExecutor::new(workers).expect("threads start");
    let rayon = || rayon::ThreadPoolBuilder::new().num_threads(workers).build().expect("threads start");
    let (bare, with_channel) = (rayon(), rayon());
    let [theirs, giving] = [(); 2].map(|()| threadpool::ThreadPool::new(workers));
    let contest = Contest::new(title, Unit::SecondsPer("task"))
        .contender(OURS, move || all_taken(|task| ours.spawn(move || task).expect("it is open")))
        .contender("threads through rayon", move || {
            all_taken(|task| on_rayon.spawn(move || task).expect("it is open"))
        })
        .contender(PEERS[0], move || rayon_counted(&bare))
        .contender(RAYON_RESULTS, move || rayon_results(&with_channel))
        .contender(PEERS[1], move || {
            measure(TASKS as f64, || {
                for task in 0..TASKS {
                    theirs.execute(move || {
                        std::hint::black_box(task);
                    });
                }
                theirs.join();
            })
        })
        .contender(POOL_RESULTS, move || {
            measure(TASKS as f64, || {
                let (sender, results) = mpsc::channel();
                for task in 0..TASKS {
                    let sender = sender.clone();
                    giving.execute(move || sender.send(task).expect("there is a receiver"));
                }
                drop(sender);
                results.iter().sum::<usize>()
            })
        });
    let contest = PEERS
        .iter()
        .fold(contest, |contest, peer| contest.target(OURS, Against::of(*peer), Limit::AtMost(1.0)));
    contest
        .compare(OURS, Against::of(RAYON_RESULTS))
        .compare(OURS, Against::of(POOL_RESULTS))
        .compare("threads through rayon", Against::of(PEERS[0]))
}

/// Threads start on demand, and stay where they may run then.
fn start_all(pool: &ThreadPoolExecutor) {
    let barrier = Arc::new(Barrier::new(pool.max_workers()));
    let wait = |_| {
        let barrier = Arc::clone(&barrier);
        pool.spawn(move || barrier.wait().is_leader()).expect("it is open")
    };
    let all: Vec<_> = (0..pool.max_workers()).map(wait).collect();
    assert!(all.iter().all(|future| future.result(None).is_ok()));
}

fn all_taken(submit: impl Fn(usize) -> speedup_executor::Future<usize>) -> Reading {
    measure(TASKS as f64, || {
        let futures: Vec<_> = (0..TASKS).map(submit).collect();
        futures.into_iter().map(|future| future.take(None).expect("it returns")).sum::<usize>()
    })
}

/// Rayon does not tell when what was spawned is done; a counter does, and the last task wakes the caller.
fn rayon_counted(pool: &rayon::ThreadPool) -> Reading {
    measure(TASKS as f64, || {
        let (left, caller) = (Arc::new(AtomicUsize::new(TASKS)), std::thread::current());
        for task in 0..TASKS {
            let (left, caller) = (Arc::clone(&left), caller.clone());
            pool.spawn(move || {
                std::hint::black_box(task);
                if left.fetch_sub(1, Ordering::Release) == 1 {
                    caller.unpark();
                }
            });
        }
        while left.load(Ordering::Acquire) > 0 {
            std::thread::park();
        }
    })
}

fn rayon_results(pool: &rayon::ThreadPool) -> Reading {
    measure(TASKS as f64, || {
        let (sender, results) = mpsc::channel();
        for task in 0..TASKS {
            let sender = sender.clone();
            pool.spawn(move || sender.send(task).expect("there is a receiver"));
        }
        drop(sender);
        results.iter().sum::<usize>()
    })
}
