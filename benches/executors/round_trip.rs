//! One task there and its result back, 64 bytes each way: what who waits for every result pays.

use std::sync::mpsc;

use speedup_executor::{Executor, ProcessPoolExecutor, Spin, ThreadPoolExecutor};

use crate::floor;
use crate::placement::Placement;
use crate::tasks::Echo;
use speedup_bench_support::{Against, Bench, Contest, Limit, Reading, Unit, measure};

/// Enough that a measurement takes some milliseconds.
const TRIPS: usize = 1000;

const SLEEPING: &str = "processes, never spinning";
const CHANNELS: &str = "two channels and a thread";
const PIPES: &str = "two pipes and a process";
const SOCKETS: &str = "a socket pair and a process";

pub(crate) fn hold(bench: &mut Bench) {
    for placement in Placement::all() {
        let title = format!("round trip to a thread{}", placement.name());
        if bench.wants(&title) {
            let start = || (started(ThreadPoolExecutor::new(1).expect("a worker")), channels());
            placement.within(start, |(ours, (there, back))| {
                let contest = Contest::new(&title, Unit::SecondsPer("task"))
                    .contender("threads", || trips(|| echoed(&ours)))
                    .floor(CHANNELS, || {
                        trips(|| {
                            there.send([7; 8]).expect("the thread is there");
                            back.recv().expect("the thread answers")
                        })
                    })
                    .compare("threads", Against::of(CHANNELS));
                bench.hold(contest);
            });
        }
        let title = format!("round trip to a process{}", placement.name());
        if bench.wants(&title) {
            let start = || {
                let pool = |spin| ProcessPoolExecutor::builder().max_workers(1).spin(spin).build();
                let ours = [Spin::Adaptive, Spin::Never].map(|spin| started(pool(spin).expect("a worker")));
                (ours, floor::Echo::by_pipes(), floor::Echo::by_sockets())
            };
            placement.within(start, |([spinning, sleeping], mut pipes, mut sockets)| {
                let contest = Contest::new(&title, Unit::SecondsPer("task"))
                    .contender("processes", || trips(|| echoed(&spinning)))
                    .contender(SLEEPING, || trips(|| echoed(&sleeping)))
                    .floor(PIPES, || trips(|| pipes.round_trip()))
                    .floor(SOCKETS, || trips(|| sockets.round_trip()))
                    .target("processes", Against::Itself, Limit::AtMost(2e-6))
                    .target(SLEEPING, Against::Itself, Limit::AtMost(15e-6))
                    .compare(SLEEPING, Against::of(PIPES))
                    .compare(SLEEPING, Against::of(SOCKETS));
                bench.hold(contest);
            });
        }
    }
}

/// A row of round trips. The first ones, in which those who spin find each other, are not measured.
fn trips<R>(mut trip: impl FnMut() -> R) -> Reading {
    (0..TRIPS / 10).for_each(|_| drop(std::hint::black_box(trip())));
    measure(TRIPS as f64, || (0..TRIPS).for_each(|_| drop(std::hint::black_box(trip()))))
}

fn echoed(pool: &impl Executor) -> [u64; 8] {
    pool.submit(Echo([7; 8])).expect("it is open").take(None).expect("it returns")
}

/// A pool whose worker is there.
fn started<E: Executor>(pool: E) -> E {
    echoed(&pool);
    pool
}

/// Two channels, and between them a thread that sends back what it gets.
fn channels() -> (mpsc::Sender<[u64; 8]>, mpsc::Receiver<[u64; 8]>) {
    let ((there, incoming), (outgoing, back)) = (mpsc::channel(), mpsc::channel());
    std::thread::spawn(move || incoming.into_iter().try_for_each(|message| outgoing.send(message)));
    (there, back)
}
