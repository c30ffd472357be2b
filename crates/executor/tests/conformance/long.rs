//! Long arguments, which stand in memory of the pool until their task is settled, and long results.

use std::time::Duration;

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use speedup_executor::{Error, Executor, Exit, MapOptions, OnCrash, SharedBytes, Task};

use crate::deaths::{POLICIES, pool, signal, tells};
use crate::gate::{self, Gate};
use crate::suite::{Behaviour, On, Subject, wait_until};
use crate::tasks::{Square, WhoAmI};

const LONG: On = On::Processes("nothing stands apart for a thread");

pub(crate) const BEHAVIOURS: &[Behaviour] = &[
    behaviour("each task gets its own, of any length", On::Every, own_bytes),
    behaviour("several in one argument, and shared bytes with them", On::Every, several),
    behaviour("submitted by many threads at once", On::Pools, many_threads),
    behaviour("more than caches hold, and none is taken before all are submitted", On::Pools, crowded),
    behaviour("what is cancelled leaves the others theirs", On::Pools, cancelled),
    behaviour("in chunks", On::Every, chunks),
    behaviour("what a worker that dies has not begun arrives elsewhere", LONG, not_begun),
    behaviour("a worker dies while it reads them", LONG, killed_at_any_time),
    behaviour("those that went together with a death arrive", LONG, a_death_among_many),
    behaviour("results of any length, and several in one", On::Every, results),
    behaviour("results of those that went together with a death", LONG, results_and_a_death),
    behaviour("a worker without a descriptor for them says so, and gets them later", LONG, no_descriptor),
];

const fn behaviour(name: &'static str, on: On, test: fn(Subject)) -> Behaviour {
    Behaviour { group: "long arguments", name, on, test }
}

/// Bytes of that length that are no other task's.
fn bytes(length: usize, task: u64) -> ByteBuf {
    let mut number = task.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let next = |_| {
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
        number as u8
    };
    ByteBuf::from((0..length).map(next).collect::<Vec<u8>>())
}

fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(bytes.len() as u64, |sum, &byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)))
}

crate::task!(SumLong(ByteBuf) -> u64, |task| sum(&task.0));
crate::task!(SumsOf(Vec<ByteBuf>, SharedBytes, String) -> (Vec<u64>, u64, usize), |task| {
    (task.0.iter().map(|bytes| sum(bytes)).collect(), sum(&task.1), task.2.len())
});
crate::task!(SumOrDie(ByteBuf, bool) -> u64, |task| {
    if task.1 {
        crate::deaths::Death::Kill.die();
    }
    sum(&task.0)
});
crate::task!(MakeLong(usize, u64, bool) -> (Option<ByteBuf>, u64, String, ByteBuf), |task| {
    if task.2 {
        crate::deaths::Death::Kill.die();
    }
    (Some(bytes(task.0, task.1)), task.1, "x".repeat(task.0 / 2), bytes(5000, task.1 + 1))
});
crate::task!(HoldSum(std::path::PathBuf, u64, ByteBuf) -> u64, |task| {
    gate::wait_at(&task.0, task.1);
    sum(&task.2)
});
crate::task!(LimitFiles(Option<u64>) -> Option<u64>, |task| {
    let before = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: task.0, ..before }).unwrap();
    before.current
});

/// Around all that is decided by a length.
const LENGTHS: [usize; 10] = [0, 1, 4095, 4096, 4097, 65_536, 1 << 20, (1 << 20) + 1, 3_000_000, 9_000_000];

fn own_bytes(subject: Subject) {
    let executor = subject.start(2);
    for _ in 0..2 {
        let tasks = (0..100_u64)
            .map(|task| (LENGTHS[if task % 10 == 9 { task / 10 } else { task % 6 } as usize], task));
        let all: Vec<ByteBuf> = tasks.map(|(length, task)| bytes(length, task)).collect();
        let futures: Vec<_> =
            all.iter().map(|bytes| executor.submit(SumLong(bytes.clone())).unwrap()).collect();
        for (future, bytes) in futures.iter().zip(&all) {
            assert_eq!(future.result(None), Ok(sum(bytes)), "{}", bytes.len());
        }
    }
}

fn several(subject: Subject) {
    let executor = subject.start(2);
    let results = (0..20_u64).map(|task| {
        let own: Vec<ByteBuf> = LENGTHS[..7].iter().map(|&length| bytes(length, task)).collect();
        let shared = SharedBytes::copy_of(&bytes(5000, task)).unwrap();
        let expected = (own.iter().map(|bytes| sum(bytes)).collect(), sum(&shared), 100_000);
        (executor.submit(SumsOf(own, shared, "x".repeat(100_000))).unwrap(), expected)
    });
    for (future, expected) in results.collect::<Vec<_>>() {
        assert_eq!(future.result(None), Ok(expected));
    }
}

fn many_threads(subject: Subject) {
    let executor = subject.start(2);
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let executor = &executor;
            scope.spawn(move || {
                for task in 0..50 {
                    let bytes =
                        bytes(LENGTHS[2 + (task as usize + thread as usize) % 5], thread * 1000 + task);
                    let expected = sum(&bytes);
                    assert_eq!(executor.submit(SumLong(bytes)).unwrap().result(None), Ok(expected));
                }
            });
        }
    });
}

fn crowded(subject: Subject) {
    let executor = subject.start(1);
    let long: Vec<ByteBuf> = (0..100).map(|task| bytes(256 << 10, task)).collect();
    let gate = Gate::new();
    let held = executor.submit(HoldSum(gate.path(), 1, long[0].clone())).unwrap();
    wait_until("the first task runs", || gate.begun(1));
    let futures: Vec<_> = long.iter().map(|bytes| executor.submit(SumLong(bytes.clone())).unwrap()).collect();
    assert!(!held.done());
    gate.open();
    assert_eq!(held.result(None), Ok(sum(&long[0])));
    for (future, bytes) in futures.iter().zip(&long) {
        assert_eq!(future.result(None), Ok(sum(bytes)));
    }
    // These are taken one after the other, while others are submitted.
    let sums = executor.map(long.iter().map(|bytes| SumLong(bytes.clone())));
    assert!(sums.zip(&long).all(|(result, bytes)| result == Ok(sum(bytes))));
}

fn cancelled(subject: Subject) {
    let executor = subject.start(1);
    for round in 0..5 {
        let gate = Gate::new();
        let first = bytes(100_000, round);
        let held = executor.submit(HoldSum(gate.path(), 1, first.clone())).unwrap();
        wait_until("the first runs", || gate.begun(1));
        let all: Vec<ByteBuf> = (0..20).map(|task| bytes(100_000, round * 100 + task)).collect();
        let futures: Vec<_> =
            all.iter().map(|bytes| executor.submit(SumLong(bytes.clone())).unwrap()).collect();
        let was_cancelled: Vec<bool> = (0..20).map(|task| task % 3 != 0 && futures[task].cancel()).collect();
        // What comes now may take what the others had.
        let after = executor.submit(SumLong(bytes(100_000, 7))).unwrap();
        gate.open();
        assert_eq!(held.result(None), Ok(sum(&first)));
        for ((future, bytes), was_cancelled) in futures.iter().zip(&all).zip(was_cancelled) {
            let expected = if was_cancelled { Err(Error::Cancelled) } else { Ok(sum(bytes)) };
            assert_eq!(future.result(None), expected);
        }
        assert_eq!(after.result(None), Ok(sum(&bytes(100_000, 7))));
    }
}

fn chunks(subject: Subject) {
    let executor = subject.start(2);
    let all: Vec<ByteBuf> = (0..60).map(|task| bytes(LENGTHS[task % 7], task as u64)).collect();
    let sums = executor.map_with(all.iter().cloned().map(SumLong), MapOptions::new().chunksize(7));
    assert!(sums.eq(all.iter().map(|bytes| Ok(sum(bytes)))));
}

fn not_begun(_: Subject) {
    for on_crash in POLICIES {
        let executor = pool(1, on_crash);
        let worker = executor.submit(WhoAmI(0)).unwrap().result(None).unwrap().process;
        signal(worker, Signal::STOP);
        let long = bytes(5_000_000, 1);
        let future = executor.submit(SumLong(long.clone())).unwrap();
        wait_until("it is sent", || future.running());
        signal(worker, Signal::KILL);
        match on_crash {
            OnCrash::BreakPool => {
                let error = future.result(None).unwrap_err();
                assert!(tells(&error, on_crash, Exit::Signal(9)), "{error}");
            }
            OnCrash::FailTaskAndReplace => assert_eq!(future.result(None), Ok(sum(&long))),
        }
    }
}

fn killed_at_any_time(_: Subject) {
    let executor = pool(1, OnCrash::FailTaskAndReplace);
    let all: Vec<ByteBuf> = (0..4).map(|task| bytes(4_000_000, task)).collect();
    for delay in 0..15 {
        let worker = executor.submit(WhoAmI(0)).unwrap().result(None).unwrap().process;
        let futures: Vec<_> =
            all.iter().map(|bytes| executor.submit(SumLong(bytes.clone())).unwrap()).collect();
        std::thread::sleep(Duration::from_micros(400 * delay));
        signal(worker, Signal::KILL);
        let lost = futures.iter().zip(&all).filter(|(future, bytes)| match future.result(None) {
            Ok(result) => {
                assert_eq!(result, sum(bytes));
                false
            }
            Err(error) => {
                assert!(tells(&error, OnCrash::FailTaskAndReplace, Exit::Signal(9)), "{error}");
                true
            }
        });
        assert!(lost.count() <= 1);
    }
}

fn a_death_among_many(_: Subject) {
    let executor = pool(1, OnCrash::FailTaskAndReplace);
    let all: Vec<ByteBuf> = (0..300).map(|task| bytes(5000, task)).collect();
    for round in 0..3 {
        // They are found to be short, and go together.
        assert!(executor.map(all.iter().cloned().map(SumLong)).eq(all.iter().map(|bytes| Ok(sum(bytes)))));
        let deadly = 150 + round;
        let tasks = all.iter().cloned().enumerate().map(|(task, bytes)| SumOrDie(bytes, task == deadly));
        for (task, result) in executor.map(tasks).enumerate() {
            match result {
                Ok(result) => assert_eq!(result, sum(&all[task])),
                Err(error) => assert!(task == deadly && matches!(error, Error::WorkerDied { .. }), "{error}"),
            }
        }
    }
}

/// Whether it is what that task makes.
fn is_made(
    (first, number, text, last): (Option<ByteBuf>, u64, String, ByteBuf),
    length: usize,
    task: u64,
) -> bool {
    let parts = (first == Some(bytes(length, task)), number == task, text == "x".repeat(length / 2));
    parts == (true, true, true) && last == bytes(5000, task + 1)
}

fn results(subject: Subject) {
    let executor = subject.start(2);
    for chunksize in [1, 7] {
        let lengths: Vec<usize> =
            (0..60).map(|task| LENGTHS[if task % 10 == 9 { 5 + task / 20 } else { task % 6 }]).collect();
        let tasks = lengths.iter().zip(0..).map(|(&length, task)| MakeLong(length, task, false));
        let made = executor.map_with(tasks, MapOptions::new().chunksize(chunksize));
        for ((result, &length), task) in made.zip(&lengths).zip(0..) {
            assert!(is_made(result.unwrap(), length, task), "{length}");
        }
    }
}

fn results_and_a_death(_: Subject) {
    let executor = pool(1, OnCrash::FailTaskAndReplace);
    for round in 0..3 {
        let deadly = 200 + round;
        let tasks = (0..300_u64).map(|task| MakeLong(100, task, task == deadly));
        let mut lost = 0;
        for (result, task) in executor.map(tasks).zip(0..) {
            match result {
                Ok(made) => assert!(is_made(made, 100, task)),
                Err(error) => {
                    assert!(task == deadly && matches!(error, Error::WorkerDied { .. }), "{error}");
                    lost += 1;
                }
            }
        }
        assert!(lost <= 1);
    }
}

fn no_descriptor(subject: Subject) {
    let executor = subject.start(1);
    let before = executor.submit(LimitFiles(Some(0))).unwrap().result(None).unwrap();
    let long = bytes(50_000, 1);
    for _ in 0..2 {
        let error = executor.submit(SumLong(long.clone())).unwrap().result(None).unwrap_err().to_string();
        let reason = "its long bytes stand in memory that this process does not have (see ulimit -n)";
        assert!(error.ends_with(reason), "{error}");
        assert_eq!(executor.submit(SumLong(bytes(50, 1))).unwrap().result(None), Ok(sum(&bytes(50, 1))));
    }
    assert_eq!(executor.submit(LimitFiles(before)).unwrap().result(None), Ok(Some(0)));
    for _ in 0..2 {
        assert_eq!(executor.submit(SumLong(long.clone())).unwrap().result(None), Ok(sum(&long)));
    }
    assert_eq!(executor.submit(Square(3)).unwrap().result(None), Ok(9));
}
