//! A future and its promise: states, waiting, cancelling, settling once. Then the same through
//! executors.

use std::collections::HashSet;
use std::future::Future as _;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use speedup_executor::future::promise::{Promise, pair};
use speedup_executor::{Error, Executor, Future};

use crate::gate::Gate;
use crate::suite::{Behaviour, On, Subject, wait_until};
use crate::tasks::{Panic, Pause, Square};

pub(crate) const BEHAVIOURS: &[Behaviour] = &[
    of_futures("state", "done, running and cancelled tell the state", states),
    of_futures("state", "it prints its state as Python's does", it_prints_its_state),
    of_futures("state", "handles are equal if they are of one task", handles_are_of_one_task),
    of_futures("state", "10,000 races of run, cancel and callback settle once", races_settle_once),
    of_futures("cancel", "true for pending or cancelled, false for running or finished", cancel_by_state),
    of_futures("result", "timeout 0 gives what is there, else Timeout", timeout_zero),
    of_futures("result", "a waiter is woken by a result, an error, a cancel", waiters_are_woken),
    of_futures("result", "to settle twice is refused and the first value kept", settled_once),
    of_futures("result", "taken once, and then told so", taken_once),
    of_futures("result", "a promise that is dropped is an error and not a hang", a_dropped_promise),
    of_futures("await", "woken by a result, an error, a cancel", awaiting),
    of_futures("await", "one waker for each handle, and none once the handle is gone", wakers_do_not_gather),
    Behaviour { group: "submit", name: "gives a future with the result", on: On::Every, test: submit },
    Behaviour {
        group: "submit",
        name: "a panic is that task's error alone, with message and place",
        on: On::Every,
        test: a_panic_is_that_tasks_error_alone,
    },
    Behaviour {
        group: "submit",
        name: "running is shown while a worker has the task, pending before",
        on: On::Pools,
        test: running_is_shown,
    },
    Behaviour {
        group: "cancel",
        name: "a pending task is never run, a running or finished one not cancelled",
        on: On::Pools,
        test: cancelled_tasks_never_run,
    },
    Behaviour { group: "await", name: "from a tokio runtime", on: On::Every, test: awaited_from_tokio },
];

const fn of_futures(group: &'static str, name: &'static str, test: fn(Subject)) -> Behaviour {
    Behaviour { group, name, on: On::Futures, test }
}

/// Futures in every state, with the promises that keep them there.
struct States {
    pending: (Promise<u32>, Future<u32>),
    running: (Promise<u32>, Future<u32>),
    cancelled: (Promise<u32>, Future<u32>),
    notified: (Promise<u32>, Future<u32>),
    failed: (Promise<u32>, Future<u32>),
    returned: (Promise<u32>, Future<u32>),
}

fn all_states() -> States {
    let states = States {
        pending: pair(),
        running: pair(),
        cancelled: pair(),
        notified: pair(),
        failed: pair(),
        returned: pair(),
    };
    assert_eq!(states.running.0.set_running_or_notify_cancel(), Ok(true));
    assert!(states.cancelled.1.cancel() && states.notified.1.cancel());
    assert_eq!(states.notified.0.set_running_or_notify_cancel(), Ok(false));
    states.failed.0.set_exception(failure()).unwrap();
    states.returned.0.set_result(42).unwrap();
    states
}

fn failure() -> Error {
    Error::Panicked { message: "on purpose".to_string(), location: None }
}

impl States {
    fn each<R>(&self, ask: impl Fn(&Future<u32>) -> R) -> [R; 6] {
        [&self.pending, &self.running, &self.cancelled, &self.notified, &self.failed, &self.returned]
            .map(|(_, future)| ask(future))
    }
}

fn states(_: Subject) {
    let states = all_states();
    assert_eq!(states.each(Future::done), [false, false, true, true, true, true]);
    assert_eq!(states.each(Future::running), [false, true, false, false, false, false]);
    assert_eq!(states.each(Future::cancelled), [false, false, true, true, false, false]);
}

fn it_prints_its_state(_: Subject) {
    let texts = all_states().each(ToString::to_string);
    let expected =
        ["pending", "running", "cancelled", "cancelled", "finished raised Panicked", "finished returned u32"];
    for (text, state) in texts.iter().zip(expected) {
        let (address, shown) = text.strip_prefix("<Future at 0x").unwrap().split_once(' ').unwrap();
        assert!(u64::from_str_radix(address, 16).is_ok(), "{text}");
        assert_eq!(shown, format!("state={state}>"));
    }
    let (_, future) = pair::<Vec<String>>();
    assert_eq!(format!("{future:?}"), future.to_string());
}

fn handles_are_of_one_task(_: Subject) {
    let ((_a, first), (_b, second)) = (pair::<u32>(), pair::<u32>());
    assert_eq!(first, first.clone());
    assert_ne!(first, second);
    assert_eq!(HashSet::from([first.clone(), second, first]).len(), 2);
}

fn cancel_by_state(_: Subject) {
    let states = all_states();
    let before = states.each(ToString::to_string);
    assert_eq!(states.each(Future::cancel), [true, false, true, true, false, false]);
    assert!(states.pending.1.cancelled());
    assert_eq!(states.each(ToString::to_string)[1..], before[1..]);
}

fn timeout_zero(_: Subject) {
    let timeout = || Error::Timeout { unfinished: 1, total: 1 };
    let states = all_states();
    let results = states.each(|future| future.result(Duration::ZERO));
    let unavailable = [Err(timeout()), Err(timeout()), Err(Error::Cancelled), Err(Error::Cancelled)];
    assert_eq!(results[..4], unavailable);
    assert_eq!(results[4..], [Err(failure()), Ok(42)]);
    let exceptions = states.each(|future| future.exception(Duration::ZERO));
    assert_eq!(exceptions[..4], unavailable.map(|result| result.map(|_| None)));
    assert_eq!(exceptions[4..], [Ok(Some(failure())), Ok(None)]);
}

type Settle = fn(&Promise<u32>, &Future<u32>);

/// The ways in which a future is settled, and the result of each.
fn endings() -> [(Settle, Result<u32, Error>); 3] {
    [
        (|promise, _| promise.set_result(1).unwrap(), Ok(1)),
        (|promise, _| promise.set_exception(failure()).unwrap(), Err(failure())),
        (|_, future| assert!(future.cancel()), Err(Error::Cancelled)),
    ]
}

fn waiters_are_woken(_: Subject) {
    for (settle, expected) in endings() {
        for timeout in [None, Some(Duration::from_secs(50))] {
            let (promise, future) = pair();
            let handle = future.clone();
            let waiter = std::thread::spawn(move || (handle.result(timeout), handle.exception(timeout)));
            std::thread::sleep(Duration::from_millis(20));
            assert!(!waiter.is_finished());
            settle(&promise, &future);
            let (result, exception) = waiter.join().unwrap();
            assert_eq!(result, expected);
            let expected = match &expected {
                Ok(_) => Ok(None),
                Err(Error::Cancelled) => Err(Error::Cancelled),
                Err(error) => Ok(Some(error.clone())),
            };
            assert_eq!(exception, expected);
        }
    }
}

fn settled_once(_: Subject) {
    let (promise, future) = pair();
    promise.set_result(1).unwrap();
    let refused = promise.set_result(2).unwrap_err();
    assert!(refused.to_string().contains("state=finished returned "), "{refused}");
    assert!(matches!(promise.set_exception(failure()), Err(Error::InvalidState { .. })));
    assert!(matches!(promise.set_running_or_notify_cancel(), Err(Error::InvalidState { .. })));
    assert_eq!(future.result(None), Ok(1));

    let (promise, future) = pair::<u32>();
    promise.set_exception(failure()).unwrap();
    assert!(promise.set_result(2).unwrap_err().to_string().contains("state=finished raised Panicked"));
    assert_eq!(future.exception(None), Ok(Some(failure())));

    let (promise, future) = pair::<u32>();
    assert!(future.cancel());
    assert!(matches!(promise.set_result(2), Err(Error::InvalidState { .. })));
    assert!(future.cancelled());
}

fn taken_once(_: Subject) {
    let (promise, future) = pair();
    assert_eq!(future.take(Duration::ZERO), Err(Error::Timeout { unfinished: 1, total: 1 }));
    promise.set_result("text".to_string()).unwrap();
    assert_eq!(future.result(None), Ok("text".to_string()));
    assert_eq!(future.take(None), Ok("text".to_string()));
    assert_eq!((future.take(None), future.result(None)), (Err(Error::Taken), Err(Error::Taken)));
    assert_eq!((future.done(), future.cancel(), future.exception(None)), (true, false, Ok(None)));

    let (promise, future) = pair::<u32>();
    promise.set_exception(failure()).unwrap();
    assert_eq!((future.take(None), future.take(None)), (Err(failure()), Err(failure())));
}

fn a_dropped_promise(_: Subject) {
    let (promise, future) = pair::<u32>();
    drop(promise);
    assert_eq!(future.result(None), Err(Error::Dropped));
    let (promise, future) = pair::<u32>();
    assert!(future.cancel());
    drop(promise);
    assert_eq!(future.result(None), Err(Error::Cancelled));
}

fn awaiting(_: Subject) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (settle, expected) in endings() {
        let (promise, future) = pair();
        let handle = future.clone();
        let settler = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            settle(&promise, &handle);
        });
        assert_eq!(runtime.block_on(future), expected);
        settler.join().unwrap();
    }
}

fn wakers_do_not_gather(_: Subject) {
    struct Nobody;
    impl Wake for Nobody {
        fn wake(self: Arc<Self>) {}
    }
    let (promise, mut future) = pair::<u32>();
    let wakers: Vec<Arc<Nobody>> = (0..100).map(|_| Arc::new(Nobody)).collect();
    let held = || wakers.iter().map(|waker| Arc::strong_count(waker) - 1).sum::<usize>();
    let mut other = future.clone();
    for waker in &wakers {
        let waker = Waker::from(Arc::clone(waker));
        assert!(Pin::new(&mut future).poll(&mut Context::from_waker(&waker)).is_pending());
    }
    assert_eq!(held(), 1);
    let waker = Waker::from(Arc::clone(&wakers[0]));
    assert!(Pin::new(&mut other).poll(&mut Context::from_waker(&waker)).is_pending());
    drop(waker);
    assert_eq!(held(), 2);
    drop(other);
    assert_eq!(held(), 1);
    promise.set_result(1).unwrap();
    assert_eq!(held(), 0);
}

/// Three threads at once: a worker that runs the task, a caller that cancels it, one that adds a
/// callback. Whoever wins, the callback is called once, the task is run or cancelled but not both,
/// and a waiter is woken.
fn races_settle_once(_: Subject) {
    const RACES: usize = 10_000;
    let barrier = Barrier::new(4);
    let called = AtomicUsize::new(0);
    let called = Arc::new(called);
    let races: Vec<_> = (0..RACES).map(|_| pair::<usize>()).collect();
    let (promises, futures): (Vec<_>, Vec<_>) = races.into_iter().unzip();
    let start = |race: usize| {
        barrier.wait();
        race
    };
    std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            let run = |(race, promise): (usize, Promise<usize>)| {
                let running = promise.set_running_or_notify_cancel().unwrap();
                if running {
                    promise.set_result(race).unwrap();
                }
                running
            };
            promises
                .into_iter()
                .enumerate()
                .map(|(race, promise)| run((start(race), promise)))
                .collect::<Vec<_>>()
        });
        let cancel = scope.spawn(|| {
            futures
                .iter()
                .enumerate()
                .map(|(race, future)| (start(race), future.cancel()).1)
                .collect::<Vec<_>>()
        });
        scope.spawn(|| {
            for (race, future) in futures.iter().enumerate() {
                start(race);
                let called = Arc::clone(&called);
                future.add_done_callback(move |future| {
                    assert!(future.done());
                    called.fetch_add(1, Ordering::Relaxed);
                });
            }
        });
        let waiter = scope.spawn(|| {
            futures
                .iter()
                .enumerate()
                .map(|(race, future)| (start(race), future.result(None)).1)
                .collect::<Vec<_>>()
        });
        let (run, cancelled, results) = (run.join().unwrap(), cancel.join().unwrap(), waiter.join().unwrap());
        for race in 0..RACES {
            assert_ne!(run[race], cancelled[race], "race {race}");
            let expected = if run[race] { Ok(race) } else { Err(Error::Cancelled) };
            assert_eq!(results[race], expected);
        }
    });
    assert_eq!(called.load(Ordering::Relaxed), RACES);
}

fn submit(subject: Subject) {
    let executor = subject.start(2);
    let future = executor.submit(Square(16)).unwrap();
    assert_eq!(future.result(None), Ok(256));
    assert_eq!(future.exception(None), Ok(None));
    assert_eq!(future.take(None), Ok(256));
}

fn a_panic_is_that_tasks_error_alone(subject: Subject) {
    let executor = subject.start(1);
    let panicking = executor.submit(Panic("on purpose".to_string())).unwrap();
    let other = executor.submit(Square(3)).unwrap();
    let error = panicking.result(None).unwrap_err();
    let Error::Panicked { message, location: Some(location) } = &error else { panic!("{error:?}") };
    assert_eq!(message, "on purpose");
    assert!(location.starts_with("crates/executor/tests/conformance/tasks.rs:"), "{location}");
    assert_eq!(other.result(None), Ok(9));
}

fn running_is_shown(subject: Subject) {
    let executor = subject.start(1);
    let gate = Gate::new();
    let first = executor.submit(gate.hold(1)).unwrap();
    let second = executor.submit(gate.hold(2)).unwrap();
    wait_until("the first task runs", || first.running());
    assert!(!second.running() && !second.done());
    assert!(second.to_string().ends_with("state=pending>"), "{second}");
    gate.open();
    assert_eq!((first.result(None), second.result(None)), (Ok(1), Ok(2)));
    assert!(!first.running());
}

fn cancelled_tasks_never_run(subject: Subject) {
    let executor = subject.start(1);
    let gate = Gate::new();
    let finished = executor.submit(Square(2)).unwrap();
    finished.result(None).unwrap();
    let running = executor.submit(gate.hold(1)).unwrap();
    wait_until("the task runs", || running.running());
    let pending: Vec<_> = (0..10).map(|number| executor.submit(gate.note(number)).unwrap()).collect();
    assert!(pending.iter().step_by(2).all(Future::cancel));
    assert!(!running.cancel() && !finished.cancel());
    gate.open();
    for (number, future) in pending.iter().enumerate() {
        let number = number as u64;
        let expected = if number.is_multiple_of(2) { Err(Error::Cancelled) } else { Ok(number) };
        assert_eq!(future.result(None), expected);
        assert_eq!(gate.noted(number), number % 2 == 1);
    }
    assert_eq!(running.result(None), Ok(1));
}

fn awaited_from_tokio(subject: Subject) {
    let executor = subject.start(2);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let futures: Vec<_> = (0..20).map(|number| executor.submit(Square(number)).unwrap()).collect();
    let slow = executor.submit(Pause(20)).unwrap();
    let sum = runtime.block_on(async {
        let mut sum = slow.await.unwrap();
        for future in futures {
            sum += future.await.unwrap();
        }
        sum
    });
    assert_eq!(sum, 20 + (0..20).map(|number| number * number).sum::<u64>());
}
