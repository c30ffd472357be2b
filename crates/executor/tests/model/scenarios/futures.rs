//! A future between those who wait for it, who cancels it, and who settles it.

use std::sync::Arc;

use libtest_mimic::Trial;

use crate::future::promise::pair;
use crate::suite::{holds, needs};
use crate::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use crate::sync::{Step, thread};
use crate::{Error, Future, ReturnWhen, wait};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        holds("future: who waits is woken, whoever settles it", 4000, settled_or_cancelled),
        holds("future: a callback runs once, whenever it comes", 4000, callbacks),
        holds("future: who waits for several is told of each", 2000, several),
    ]
}

/// Settled by one thread and cancelled by another, with two who wait.
fn settled_or_cancelled() {
    let (promise, future) = pair::<u32>();
    let waiters: Vec<_> = (0..2)
        .map(|_| {
            let future = future.clone();
            thread::spawn(move || future.result(None))
        })
        .collect();
    let cancelled = thread::spawn({
        let future = future.clone();
        move || future.cancel()
    });
    let runs = promise.set_running_or_notify_cancel().unwrap();
    if runs {
        promise.set_result(5).unwrap();
    }
    assert_eq!(cancelled.join().unwrap(), !runs);
    let expected = if runs { Ok(5) } else { Err(Error::Cancelled) };
    for waiter in waiters {
        assert_eq!(waiter.join().unwrap(), expected);
    }
}

fn callbacks() {
    let (promise, future) = pair::<u32>();
    let calls = Arc::new(AtomicUsize::new(0));
    let add = |future: &Future<u32>| {
        let calls = Arc::clone(&calls);
        future.add_done_callback(move |future| {
            assert!(future.done());
            calls.fetch_add(1, SeqCst);
        });
    };
    add(&future);
    let settles = thread::spawn(move || promise.set_result(1).unwrap());
    add(&future);
    assert_eq!(future.result(None), Ok(1));
    add(&future);
    settles.join().unwrap();
    assert_eq!(calls.load(SeqCst), 3);
}

fn several() {
    let (promises, futures): (Vec<_>, Vec<_>) = (0..3).map(|_| pair::<usize>()).unzip();
    let threads: Vec<_> = (promises.into_iter().enumerate())
        .map(|(number, promise)| thread::spawn(move || promise.set_result(number).unwrap()))
        .collect();
    assert!(!wait(&futures, None, ReturnWhen::FirstCompleted).done.is_empty());
    assert_eq!(wait(&futures, None, ReturnWhen::AllCompleted).done.len(), 3);
    for thread in threads {
        thread.join().unwrap();
    }
}
