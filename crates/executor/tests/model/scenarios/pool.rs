//! A pool of processes: those who submit and wait, the supervisors, and the workers.

use std::sync::Arc;

use libtest_mimic::Trial;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::deaths::{Die, DieAfter};
use super::decoding::MakeWaits;
use crate::process::ProcessPool;
use crate::suite::{holds, needs};
use crate::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use crate::sync::{Step, thread};
use crate::task::TaskEntry;
use crate::{CancelFutures, Error, Task};

pub(crate) static TASKS: &[TaskEntry] = &[
    TaskEntry::of::<Double>(),
    TaskEntry::of::<Die>(),
    TaskEntry::of::<DieAfter>(),
    TaskEntry::of::<MakeWaits>(),
    TaskEntry::of::<First>(),
];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        holds("pool: each result comes to who waits for it", 4000, one_after_the_other),
        holds("pool: two threads share a worker", 4000, two_threads),
        holds("pool: two workers, and what was submitted is done at shutdown", 3000, two_workers),
        holds("pool: cancelled or done, and nothing between", 3000, cancelled),
        holds("pool: a worker is replaced after each task", 2000, replaced),
        holds("pool: callbacks submit further tasks", 2000, callbacks),
        needs(Step::LookAfterOpening, 20_000, one_after_the_other),
        holds("pool: a reply that nobody waits for is received", 3000, one_of_two),
        needs(Step::LookForEnd, 20_000, one_after_the_other),
        needs(Step::LookAfterPolling, 20_000, one_of_two),
        needs(Step::WakeWaiters, 20_000, two_threads),
        needs(Step::WakeSettled, 20_000, two_threads),
        holds("pool: a callback waits for its own pool", 2000, a_callback_that_waits),
        holds("pool: long arguments of two threads, one after the other in one place", 1000, long_arguments),
    ]
}

#[derive(Serialize, Deserialize)]
pub(super) struct Double(pub(super) u32);

impl Task for Double {
    const NAME: &'static str = "double";
    type Output = u32;

    fn run(self) -> u32 {
        self.0 * 2
    }
}

/// A byte, as many times as make a long argument.
pub(super) struct First(pub(super) u8);

impl Serialize for First {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&vec![self.0; 5000])
    }
}

impl<'de> Deserialize<'de> for First {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl serde::de::Visitor<'_> for Visitor {
            type Value = First;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<First, E> {
                assert_eq!(bytes, [bytes[0]; 5000]);
                Ok(First(bytes[0]))
            }
        }

        deserializer.deserialize_byte_buf(Visitor)
    }
}

impl Task for First {
    const NAME: &'static str = "first";
    type Output = u8;

    fn run(self) -> u8 {
        self.0
    }
}

fn long_arguments() {
    let pool = ProcessPool::new(1, usize::MAX);
    let other = thread::spawn({
        let pool = pool.clone();
        move || assert_eq!(pool.submit(First(7)).result(None), Ok(7))
    });
    for number in 0..2 {
        assert_eq!(pool.submit(First(number)).result(None), Ok(number));
    }
    other.join().unwrap();
    pool.shutdown(CancelFutures::No);
}

fn one_after_the_other() {
    let pool = ProcessPool::new(1, usize::MAX);
    for number in 0..3 {
        assert_eq!(pool.submit(Double(number)).result(None), Ok(number * 2));
    }
    pool.shutdown(CancelFutures::No);
}

fn two_threads() {
    let pool = ProcessPool::new(1, usize::MAX);
    let other = thread::spawn({
        let pool = pool.clone();
        move || assert_eq!(pool.submit(Double(7)).result(None), Ok(14))
    });
    for number in 0..2 {
        assert_eq!(pool.submit(Double(number)).result(None), Ok(number * 2));
    }
    other.join().unwrap();
    pool.shutdown(CancelFutures::No);
}

fn one_of_two() {
    let pool = ProcessPool::new(1, usize::MAX);
    let (first, second) = (pool.submit(Double(1)), pool.submit(Double(2)));
    assert_eq!(first.result(None), Ok(2));
    pool.shutdown(CancelFutures::No);
    assert_eq!(second.result(None), Ok(4));
}

fn two_workers() {
    let pool = ProcessPool::new(2, usize::MAX);
    let futures: Vec<_> = (0..3).map(|number| pool.submit(Double(number))).collect();
    assert_eq!(futures[1].result(None), Ok(2));
    pool.shutdown(CancelFutures::No);
    for (future, number) in futures.iter().zip(0..) {
        assert_eq!(future.result(None), Ok(number * 2));
    }
}

fn cancelled() {
    let pool = ProcessPool::new(1, usize::MAX);
    let futures: Vec<_> = (0..3).map(|number| pool.submit(Double(number))).collect();
    let last = futures[2].clone();
    let cancels = thread::spawn(move || last.cancel());
    assert_eq!(futures[0].result(None), Ok(0));
    let expected = if cancels.join().unwrap() { Err(Error::Cancelled) } else { Ok(4) };
    assert_eq!(futures[2].result(None), expected);
    pool.shutdown(CancelFutures::Yes);
    assert!(matches!(futures[1].result(None), Ok(2) | Err(Error::Cancelled)));
}

fn replaced() {
    let pool = ProcessPool::new(1, 1);
    let futures: Vec<_> = (0..2).map(|number| pool.submit(Double(number))).collect();
    assert_eq!(futures[1].result(None), Ok(2));
    pool.shutdown(CancelFutures::No);
    assert_eq!(futures[0].result(None), Ok(0));
}

fn callbacks() {
    let pool = ProcessPool::new(1, usize::MAX);
    let calls = Arc::new(AtomicUsize::new(0));
    let first = pool.submit(Double(1));
    let (again, counted) = (pool.clone(), Arc::clone(&calls));
    first.add_done_callback(move |_| {
        let counted = Arc::clone(&counted);
        again.submit(Double(2)).add_done_callback(move |second| {
            assert_eq!(second.result(None), Ok(4));
            counted.fetch_add(1, SeqCst);
        });
    });
    assert_eq!(pool.submit(Double(3)).result(None), Ok(6));
    assert_eq!(first.result(None), Ok(2));
    while calls.load(SeqCst) == 0 {
        shuttle::thread::yield_now();
    }
    pool.shutdown(CancelFutures::No);
}

fn a_callback_that_waits() {
    let pool = ProcessPool::new(1, usize::MAX);
    let calls = Arc::new(AtomicUsize::new(0));
    let first = pool.submit(Double(1));
    for _ in 0..2 {
        let (again, counted) = (pool.clone(), Arc::clone(&calls));
        first.add_done_callback(move |_| {
            assert_eq!(again.submit(Double(2)).result(None), Ok(4));
            counted.fetch_add(1, SeqCst);
        });
    }
    assert_eq!(first.result(None), Ok(2));
    while calls.load(SeqCst) < 2 {
        shuttle::thread::yield_now();
    }
    pool.shutdown(CancelFutures::No);
}
