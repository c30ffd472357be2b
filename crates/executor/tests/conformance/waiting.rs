//! `wait` and `as_completed`.

use std::sync::{Arc, Weak};
use std::time::Duration;

use speedup_executor::future::promise::{Promise, pair};
use speedup_executor::{
    Error, Executor, Future, ReturnWhen, SerialExecutor, ThreadPoolExecutor, as_completed, wait,
};

use crate::gate::Gate;
use crate::suite::{Behaviour, HANG, On, Subject, wait_until};
use crate::tasks::{PauseAndFail, Square};

pub(crate) const BEHAVIOURS: &[Behaviour] = &[
    waits("a future given twice counts once", On::Every, duplicates_collapse),
    waits("none at all is done at once", On::Futures, nothing_to_wait_for),
    waits("FIRST_COMPLETED", On::Pools, first_completed),
    waits("FIRST_COMPLETED with some already done", On::Pools, first_completed_some_done),
    waits("FIRST_EXCEPTION", On::Pools, first_exception),
    waits(
        "FIRST_EXCEPTION with some already done, a cancel is no exception",
        On::Pools,
        first_exception_some_done,
    ),
    waits("FIRST_EXCEPTION with one already failed", On::Pools, first_exception_one_failed),
    waits("FIRST_EXCEPTION without any waits for all", On::Every, first_exception_without_any),
    waits("ALL_COMPLETED", On::Every, all_completed),
    waits("a timeout gives what is done so far", On::Pools, timeout_gives_the_partial_set),
    waits("cancelled but not notified is not done", On::Futures, cancelled_is_not_done_yet),
    waits("cancelled in the queue is done once a worker has passed it", On::Pools, cancelled_in_the_queue),
    waits("100 futures that complete at once", On::Pools, a_hundred_at_once),
    waits("futures of different executors together", On::Every, executors_mixed),
    completes("gives all", On::Every, gives_all),
    completes("in the order of completion", On::Pools, in_order_of_completion),
    completes("those done first even with timeout 0", On::Pools, done_ones_despite_timeout_zero),
    completes("the timeout counts: 2 (of 4) futures unfinished", On::Futures, the_timeout_counts),
    completes("a future given twice comes once", On::Every, given_twice_comes_once),
    completes("futures that were given are not retained", On::Futures, not_retained),
    completes("an iterator that is dropped leaves nothing behind", On::Futures, dropped_half_way),
];

const fn waits(name: &'static str, on: On, test: fn(Subject)) -> Behaviour {
    Behaviour { group: "wait", name, on, test }
}

const fn completes(name: &'static str, on: On, test: fn(Subject)) -> Behaviour {
    Behaviour { group: "as_completed", name, on, test }
}

fn finished(number: u64) -> Future<u64> {
    let (promise, future) = pair();
    promise.set_result(number).unwrap();
    future
}

fn failed() -> Future<u64> {
    let (promise, future) = pair();
    promise.set_exception(Error::Dropped).unwrap();
    future
}

/// A future that no executor has let go of yet.
fn cancelled() -> (Promise<u64>, Future<u64>) {
    let (promise, future) = pair();
    assert!(future.cancel());
    (promise, future)
}

fn cancelled_and_notified() -> Future<u64> {
    let (promise, future) = cancelled();
    assert_eq!(promise.set_running_or_notify_cancel(), Ok(false));
    future
}

fn duplicates_collapse(subject: Subject) {
    let executor = subject.start(2);
    let future = executor.submit(Square(3)).unwrap();
    let waited = wait([&future, &future.clone(), &future], None, ReturnWhen::AllCompleted);
    assert_eq!((waited.done, waited.not_done), (vec![future], vec![]));
}

fn nothing_to_wait_for(_: Subject) {
    for when in [ReturnWhen::FirstCompleted, ReturnWhen::FirstException, ReturnWhen::AllCompleted] {
        let waited = wait::<u64>([], None, when);
        assert!(waited.done.is_empty() && waited.not_done.is_empty());
    }
}

fn first_completed(subject: Subject) {
    let executor = subject.start(2);
    let gate = Gate::new();
    let slow = executor.submit(gate.hold(1)).unwrap();
    let quick = executor.submit(Square(3)).unwrap();
    let (_promise, cancelled) = cancelled();
    let waited = wait([&cancelled, &quick, &slow], HANG, ReturnWhen::FirstCompleted);
    assert_eq!((waited.done, waited.not_done), (vec![quick], vec![cancelled, slow]));
}

fn first_completed_some_done(subject: Subject) {
    let executor = subject.start(1);
    let gate = Gate::new();
    let slow = executor.submit(gate.hold(1)).unwrap();
    let (notified, finished) = (cancelled_and_notified(), finished(1));
    let waited = wait([&notified, &finished, &slow], HANG, ReturnWhen::FirstCompleted);
    assert_eq!((waited.done, waited.not_done), (vec![notified, finished], vec![slow]));
}

fn first_exception(subject: Subject) {
    let executor = subject.start(3);
    let gate = Gate::new();
    let slow = executor.submit(gate.hold(1)).unwrap();
    let fine = executor.submit(Square(3)).unwrap();
    let failing = executor.submit(PauseAndFail(50)).unwrap();
    wait_until("one is done", || fine.done());
    let waited = wait([&fine, &failing, &slow], HANG, ReturnWhen::FirstException);
    assert_eq!((waited.done, waited.not_done), (vec![fine, failing], vec![slow]));
}

fn first_exception_some_done(subject: Subject) {
    let executor = subject.start(2);
    let gate = Gate::new();
    let slow = executor.submit(gate.hold(1)).unwrap();
    let failing = executor.submit(PauseAndFail(20)).unwrap();
    let (_promise, cancelled) = cancelled();
    let (finished, notified) = (finished(1), cancelled_and_notified());
    let futures = [&finished, &cancelled, &notified, &failing, &slow];
    let waited = wait(futures, HANG, ReturnWhen::FirstException);
    assert_eq!((waited.done, waited.not_done), (vec![finished, notified, failing], vec![cancelled, slow]));
}

fn first_exception_one_failed(subject: Subject) {
    let executor = subject.start(1);
    let gate = Gate::new();
    let (slow, failed) = (executor.submit(gate.hold(1)).unwrap(), failed());
    let waited = wait([&slow, &failed], HANG, ReturnWhen::FirstException);
    assert_eq!((waited.done, waited.not_done), (vec![failed], vec![slow]));
}

fn first_exception_without_any(subject: Subject) {
    let executor = subject.start(2);
    let futures: Vec<_> = (0..10).map(|number| executor.submit(Square(number)).unwrap()).collect();
    let waited = wait(&futures, HANG, ReturnWhen::FirstException);
    assert_eq!((waited.done, waited.not_done), (futures, vec![]));
}

fn all_completed(subject: Subject) {
    let executor = subject.start(2);
    let mut futures = vec![finished(1), cancelled_and_notified(), failed()];
    futures.push(executor.submit(PauseAndFail(10)).unwrap());
    futures.push(executor.submit(Square(5)).unwrap());
    let waited = wait(&futures, None, ReturnWhen::AllCompleted);
    assert_eq!((waited.done, waited.not_done), (futures, vec![]));
}

fn timeout_gives_the_partial_set(subject: Subject) {
    let executor = subject.start(1);
    let gate = Gate::new();
    let slow = executor.submit(gate.hold(1)).unwrap();
    let done = [cancelled_and_notified(), failed(), finished(1)];
    for timeout in [Duration::ZERO, Duration::from_millis(50)] {
        let waited = wait(done.iter().chain([&slow]), timeout, ReturnWhen::AllCompleted);
        assert_eq!((waited.done, waited.not_done), (done.to_vec(), vec![slow.clone()]));
    }
}

fn cancelled_is_not_done_yet(_: Subject) {
    let (promise, future) = cancelled();
    assert!(future.done());
    let waited = wait([&future], Duration::ZERO, ReturnWhen::AllCompleted);
    assert_eq!((waited.done.len(), waited.not_done.len()), (0, 1));
    let thread = std::thread::spawn({
        let future = future.clone();
        move || wait([&future], HANG, ReturnWhen::FirstCompleted).done.len()
    });
    std::thread::sleep(Duration::from_millis(20));
    assert!(!thread.is_finished());
    assert_eq!(promise.set_running_or_notify_cancel(), Ok(false));
    assert_eq!(thread.join().unwrap(), 1);
}

fn cancelled_in_the_queue(subject: Subject) {
    let executor = subject.start(1);
    let gate = Gate::new();
    let running = executor.submit(gate.hold(1)).unwrap();
    wait_until("the task runs", || running.running());
    let queued = executor.submit(Square(1)).unwrap();
    assert!(queued.cancel() && queued.done());
    let waited = wait([&queued], Duration::from_millis(20), ReturnWhen::AllCompleted);
    assert_eq!(waited.not_done.first(), Some(&queued));
    gate.open();
    let waited = wait([&queued, &running], HANG, ReturnWhen::AllCompleted);
    assert_eq!(waited.done, [queued, running]);
}

fn a_hundred_at_once(subject: Subject) {
    for when in [ReturnWhen::AllCompleted, ReturnWhen::FirstException] {
        let executor = subject.start(4);
        let gate = Gate::new();
        let futures: Vec<_> = (0..100).map(|number| executor.submit(gate.hold(number)).unwrap()).collect();
        let waiters: Vec<_> = (0..4)
            .map(|_| {
                let futures = futures.clone();
                std::thread::spawn(move || wait(&futures, HANG, when).done.len())
            })
            .collect();
        gate.open();
        assert!(waiters.into_iter().all(|waiter| waiter.join().unwrap() == 100));
    }
}

fn executors_mixed(subject: Subject) {
    let (own, threads, serial) =
        (subject.start(2), ThreadPoolExecutor::new(2).unwrap(), SerialExecutor::new());
    let futures = [
        own.submit(Square(1)).unwrap(),
        threads.submit(Square(2)).unwrap(),
        serial.submit(Square(3)).unwrap(),
        threads.spawn(|| 16).unwrap(),
    ];
    assert_eq!(wait(&futures, HANG, ReturnWhen::AllCompleted).done, futures);
    let mut results: Vec<_> =
        as_completed(futures, HANG).map(|future| future.unwrap().result(None).unwrap()).collect();
    results.sort_unstable();
    assert_eq!(results, [1, 4, 9, 16]);
}

fn gives_all(subject: Subject) {
    let executor = subject.start(2);
    let futures = [
        cancelled_and_notified(),
        failed(),
        finished(1),
        executor.submit(Square(2)).unwrap(),
        executor.submit(PauseAndFail(10)).unwrap(),
    ];
    let given: Vec<_> = as_completed(futures.clone(), None).map(Result::unwrap).collect();
    assert_eq!(given.len(), futures.len());
    assert!(futures.iter().all(|future| given.contains(future)));
}

fn in_order_of_completion(subject: Subject) {
    let executor = subject.start(2);
    let (first, second) = (Gate::new(), Gate::new());
    let late = executor.submit(second.hold(2)).unwrap();
    let early = executor.submit(first.hold(1)).unwrap();
    let mut completed = as_completed([late.clone(), early.clone()], HANG);
    first.open();
    assert_eq!(completed.next(), Some(Ok(early)));
    second.open();
    assert_eq!(completed.next(), Some(Ok(late)));
    assert_eq!(completed.next(), None);
}

fn done_ones_despite_timeout_zero(subject: Subject) {
    let executor = subject.start(1);
    let gate = Gate::new();
    let slow = executor.submit(gate.hold(1)).unwrap();
    let done = [cancelled_and_notified(), failed(), finished(1)];
    for timeout in [Duration::ZERO, Duration::from_millis(50)] {
        let mut given: Vec<_> =
            as_completed([std::slice::from_ref(&slow), &done[..]].concat(), timeout).collect();
        assert_eq!(given.pop(), Some(Err(Error::Timeout { unfinished: 1, total: 4 })));
        assert_eq!(given, done.clone().map(Ok));
    }
}

fn the_timeout_counts(_: Subject) {
    let ((_pending, pending), (running_promise, running)) = (pair(), pair());
    assert_eq!(running_promise.set_running_or_notify_cancel(), Ok(true));
    let futures = [cancelled_and_notified(), pending, running, finished(1)];
    let mut completed = as_completed(futures, Duration::ZERO);
    assert!(completed.next().unwrap().is_ok() && completed.next().unwrap().is_ok());
    let timeout = completed.next().unwrap().unwrap_err();
    assert_eq!(timeout.to_string(), "2 (of 4) futures unfinished");
    assert!(completed.next().is_none() && completed.next().is_none());
}

fn given_twice_comes_once(subject: Subject) {
    let executor = subject.start(1);
    let future = executor.submit(Square(2)).unwrap();
    let given: Vec<_> = as_completed(vec![future.clone(); 3], None).collect();
    assert_eq!(given, [Ok(future)]);
}

type Traced = Arc<usize>;

/// Futures whose results tell whether they are still there.
fn traced(count: usize) -> (Vec<Promise<Traced>>, Vec<Future<Traced>>) {
    (0..count).map(|_| pair()).unzip()
}

fn not_retained(_: Subject) {
    let (promises, futures) = traced(8);
    let mut results: Vec<Weak<usize>> = Vec::new();
    for (number, promise) in promises.into_iter().enumerate() {
        let result = Arc::new(number);
        results.push(Arc::downgrade(&result));
        promise.set_result(result).unwrap();
    }
    for (given, future) in as_completed(futures, None).enumerate() {
        assert!(results[given..].iter().all(|result| result.upgrade().is_some()));
        drop(future);
        assert!(results[..=given].iter().all(|result| result.upgrade().is_none()), "{given} is kept");
    }
}

fn dropped_half_way(_: Subject) {
    let (promises, futures) = traced(3);
    let mut completed = as_completed(futures.clone(), None);
    let first = Arc::new(0);
    promises[0].set_result(Arc::clone(&first)).unwrap();
    assert!(completed.next().is_some());
    drop(completed);
    drop(wait(&futures[1..], Duration::ZERO, ReturnWhen::AllCompleted));
    // Nobody is told any more, and nobody holds the futures.
    let second = Arc::new(1);
    promises[1].set_result(Arc::clone(&second)).unwrap();
    drop((futures, promises));
    assert_eq!((Arc::strong_count(&first), Arc::strong_count(&second)), (1, 1));
}
