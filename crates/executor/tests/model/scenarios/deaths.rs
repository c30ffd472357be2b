//! Workers that die: with a task, or with a reply in flight; alone, or with a batch.

use libtest_mimic::Trial;
use serde::{Deserialize, Serialize};

use super::pool::{Double, First};
use crate::ipc::death;
use crate::process::ProcessPool;
use crate::suite::holds;
use crate::sync::thread;
use crate::{CancelFutures, Error, Exit, OnCrash, Task};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        holds("death: the task is lost, the one behind it is done by another worker", 2000, one_is_lost),
        holds("death: a reply in flight arrives, the worker is replaced", 2000, a_reply_in_flight),
        holds("death: the pool breaks, and no one waits for ever", 2000, the_pool_breaks),
        holds("death: a long argument behind it arrives elsewhere", 1000, a_long_argument),
        holds("batch: all results come, in one message or several", 300, a_batch),
        holds("batch: of those that went together with a death one is lost", 300, a_death_in_a_batch),
    ]
}

#[derive(Serialize, Deserialize)]
pub(super) struct Die;

impl Task for Die {
    const NAME: &'static str = "die";
    type Output = u32;

    fn run(self) -> u32 {
        death::die()
    }
}

/// Dies when its reply is there.
#[derive(Serialize, Deserialize)]
pub(super) struct DieAfter(u32);

impl Task for DieAfter {
    const NAME: &'static str = "die after";
    type Output = u32;

    fn run(self) -> u32 {
        death::doom();
        self.0
    }
}

fn replacing() -> ProcessPool {
    ProcessPool::that(1, usize::MAX, OnCrash::FailTaskAndReplace)
}

fn one_is_lost() {
    let pool = replacing();
    let (lost, behind) = (pool.submit(Die), pool.submit(Double(2)));
    let waits = thread::spawn(move || behind.result(None));
    assert!(matches!(lost.result(None), Err(Error::WorkerDied { exit: Exit::Signal(9), .. })));
    assert_eq!(waits.join().unwrap(), Ok(4));
    pool.shutdown(CancelFutures::No);
}

fn a_long_argument() {
    let pool = replacing();
    let (lost, behind) = (pool.submit(Die), pool.submit(First(2)));
    let waits = thread::spawn(move || behind.result(None));
    assert_eq!(pool.submit(First(3)).result(None), Ok(3));
    assert!(matches!(lost.result(None), Err(Error::WorkerDied { .. })));
    assert_eq!(waits.join().unwrap(), Ok(2));
    pool.shutdown(CancelFutures::No);
}

fn a_reply_in_flight() {
    let pool = replacing();
    let (first, behind) = (pool.submit(DieAfter(7)), pool.submit(Double(2)));
    let waits = thread::spawn(move || behind.result(None));
    assert_eq!(first.result(None), Ok(7));
    // The worker may have begun it before it died.
    assert!(matches!(waits.join().unwrap(), Ok(4) | Err(Error::WorkerDied { .. })));
    pool.shutdown(CancelFutures::No);
}

fn the_pool_breaks() {
    let pool = ProcessPool::new(1, usize::MAX);
    let lost = pool.submit(Die);
    let behind = pool.try_submit(Double(2));
    let waits = thread::spawn(move || behind.and_then(|behind| behind.result(None)));
    let error = lost.result(None).unwrap_err();
    assert!(matches!(error, Error::BrokenPool { exit: Exit::Signal(9), .. }));
    assert_eq!(waits.join().unwrap(), Err(error));
    pool.shutdown(CancelFutures::No);
}

/// As many as are queued when two of them go together to the only worker, and some more.
const MANY: u32 = 20;

fn a_batch() {
    let pool = ProcessPool::new(1, usize::MAX);
    assert_eq!(pool.submit(Double(1)).result(None), Ok(2));
    let futures: Vec<_> = (0..MANY).map(|number| pool.submit(Double(number))).collect();
    let last = futures[MANY as usize - 1].clone();
    let waits = thread::spawn(move || last.result(None));
    assert_eq!(futures[3].result(None), Ok(6));
    assert_eq!(waits.join().unwrap(), Ok(MANY * 2 - 2));
    pool.shutdown(CancelFutures::No);
    for (number, future) in (0..).zip(futures) {
        assert_eq!(future.result(None), Ok(number * 2));
    }
}

fn a_death_in_a_batch() {
    let pool = replacing();
    assert_eq!(pool.submit(Double(1)).result(None), Ok(2));
    let submit = |number| if number == 2 { pool.submit(Die) } else { pool.submit(Double(number)) };
    let futures: Vec<_> = (0..MANY).map(submit).collect();
    let lost = futures[2].clone();
    let waits = thread::spawn(move || lost.result(None));
    for (number, future) in (0..).zip(futures).filter(|(number, _)| *number != 2) {
        assert_eq!(future.result(None), Ok(number * 2));
    }
    assert!(matches!(waits.join().unwrap(), Err(Error::WorkerDied { .. })));
    pool.shutdown(CancelFutures::No);
}
