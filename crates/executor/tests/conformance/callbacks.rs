//! Callbacks: once each, in order, whatever becomes of the task.

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use speedup_executor::future::promise::{Promise, pair};
use speedup_executor::{CancelFutures, Error, Executor, Future, Wait};

use crate::deaths::{Death, Die};
use crate::gate::Gate;
use crate::probe::Probe;
use crate::suite::{Behaviour, HANG, On, Subject, wait_until};
use crate::tasks::{Panic, Square};

pub(crate) const BEHAVIOURS: &[Behaviour] = &[
    behaviour("once each, in order, on result, error and cancel", On::Futures, once_each_in_order),
    behaviour("added after done they run at once, in the caller", On::Futures, at_once_after_done),
    behaviour("one that panics is reported, and the rest still run", On::Futures, panics_are_reported),
    behaviour("one that panics where standard error is full", On::Futures, nowhere_to_report),
    behaviour("told of results and errors", On::Every, told_of_results_and_errors),
    behaviour("told of a cancel at once", On::Pools, told_of_a_cancel),
    behaviour("a panic in one harms nobody else", On::Every, a_panic_harms_nobody),
    behaviour("submit from a callback works", On::Every, submit_from_a_callback),
    behaviour("one may wait for another future that is cancelled with its own", On::Pools, waits_for_another),
    behaviour(
        "one may wait for another future that fails with its own",
        On::Processes("its workers do not die"),
        waits_for_another_while_breaking,
    ),
    behaviour(
        "submit from a callback is refused, not stuck, while the pool breaks",
        On::Processes("its workers do not die"),
        submit_while_breaking,
    ),
];

const fn behaviour(name: &'static str, on: On, test: fn(Subject)) -> Behaviour {
    Behaviour { group: "callbacks", name, on, test }
}

type Settle = fn(Promise<u32>, &Future<u32>);

fn once_each_in_order(_: Subject) {
    let settle: [Settle; 3] = [
        |promise, _| promise.set_result(1).unwrap(),
        |promise, _| drop(promise),
        |_, future| assert!(future.cancel() && future.cancel()),
    ];
    for settle in settle {
        let (promise, future) = pair();
        let calls: Arc<Mutex<Vec<u32>>> = Arc::default();
        for number in 0..5 {
            let (calls, own) = (Arc::clone(&calls), future.clone());
            future.add_done_callback(move |future| {
                assert!(future.done() && *future == own);
                calls.lock().unwrap().push(number);
            });
        }
        assert!(calls.lock().unwrap().is_empty());
        settle(promise, &future);
        assert_eq!(*calls.lock().unwrap(), [0, 1, 2, 3, 4]);
    }
}

fn at_once_after_done(_: Subject) {
    let (promise, finished) = pair();
    promise.set_result(1).unwrap();
    let (_promise, cancelled) = pair();
    assert!(cancelled.cancel());
    for future in [finished, cancelled] {
        let (sender, calls) = channel();
        future.add_done_callback(move |_| sender.send(std::thread::current().id()).unwrap());
        assert_eq!(calls.try_recv(), Ok(std::thread::current().id()));
    }
}

/// What is reported goes to standard error, so that another process has to do it.
fn panics_are_reported(_: Subject) {
    let output = Probe::PanickingCallbacks.output();
    let (stdout, stderr) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{stderr}");
    assert_eq!(stdout, "second fourth\n");
    let lines: Vec<&str> = stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{stderr}");
    for (line, which) in lines.iter().zip(["first", "third"]) {
        assert!(line.starts_with("speedup: a callback of <Future at 0x"), "{line}");
        assert!(line.contains("panicked at crates/executor/tests/conformance/probe.rs:"), "{line}");
        assert!(line.ends_with(&format!("{which} on purpose")), "{line}");
    }
}

/// That there is nowhere to report to does no harm.
fn nowhere_to_report(_: Subject) {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = Probe::PanickingCallbacks.start().output_to(full);
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "second fourth\n");
}

/// The outcome of a future, once it calls back.
fn told<T: Clone + Send + 'static>(future: &Future<T>) -> Receiver<Result<T, Error>> {
    let (sender, outcomes) = channel();
    future.add_done_callback(move |future| drop(sender.send(future.result(None))));
    outcomes
}

fn told_of_results_and_errors(subject: Subject) {
    let executor = subject.start(2);
    let square = told(&executor.submit(Square(5)).unwrap());
    let panic = told(&executor.submit(Panic("on purpose".to_string())).unwrap());
    assert_eq!(square.recv().unwrap(), Ok(25));
    assert!(matches!(panic.recv().unwrap(), Err(Error::Panicked { .. })));
    // Once: the sender is gone with the callback.
    assert!(square.recv().is_err() && panic.recv().is_err());
}

fn told_of_a_cancel(subject: Subject) {
    let executor = subject.start(1);
    let gate = Gate::new();
    let running = executor.submit(gate.hold(1)).unwrap();
    wait_until("the task runs", || running.running());
    let pending = executor.submit(Square(1)).unwrap();
    let outcome = told(&pending);
    assert!(pending.cancel());
    assert_eq!(outcome.try_recv(), Ok(Err(Error::Cancelled)));
}

fn a_panic_harms_nobody(subject: Subject) {
    let executor = subject.start(1);
    let future = executor.submit(Square(5)).unwrap();
    future.add_done_callback(|_| panic!("this callback panics on purpose"));
    let outcome = told(&future);
    assert_eq!(outcome.recv().unwrap(), Ok(25));
    assert_eq!(executor.submit(Square(6)).unwrap().result(None), Ok(36));
}

fn submit_from_a_callback(subject: Subject) {
    let executor = Arc::new(subject.start(1));
    let (sender, results) = channel();
    let inner = Arc::clone(&executor);
    executor.submit(Square(2)).unwrap().add_done_callback(move |future| {
        let square = future.result(None).unwrap();
        inner.submit(Square(square)).unwrap().add_done_callback(move |future| {
            sender.send(future.result(None)).unwrap();
        });
    });
    assert_eq!(results.recv().unwrap(), Ok(16));
}

fn submit_while_breaking(subject: Subject) {
    let executor = Arc::new(subject.start(2));
    let (sender, refusals) = channel();
    executor.submit(Die(Death::Kill)).unwrap();
    let mut futures = Vec::new();
    for number in 0..20 {
        // Some are refused already, if the worker died that soon.
        let Ok(future) = executor.submit(Square(number)) else { break };
        let (inner, sender) = (Arc::clone(&executor), sender.clone());
        future.add_done_callback(move |future| {
            if future.exception(None) != Ok(None) {
                sender.send(inner.submit(Square(1)).map(drop)).unwrap();
            }
        });
        futures.push(future);
    }
    drop(sender);
    let failed = futures.iter().filter(|future| future.exception(None) != Ok(None)).count();
    let refusals: Vec<_> = refusals.iter().collect();
    assert_eq!(refusals.len(), failed);
    assert!(refusals.iter().all(|refusal| matches!(refusal, Err(Error::BrokenPool { .. }))), "{refusals:?}");
}

/// Two futures in a queue, and what the callback of the first hears of the second when both are given
/// up at once.
fn heard_of_the_second(first: &Future<u64>, second: &Future<u64>) -> Receiver<Result<u64, Error>> {
    let (sender, heard) = channel();
    let second = second.clone();
    first.add_done_callback(move |_| sender.send(second.result(HANG / 2)).unwrap());
    heard
}

fn waits_for_another(subject: Subject) {
    let executor = subject.start(1);
    let gate = Gate::new();
    let running = executor.submit(gate.hold(1)).unwrap();
    wait_until("the task runs", || running.running());
    let (first, second) = (executor.submit(Square(1)).unwrap(), executor.submit(Square(2)).unwrap());
    let heard = heard_of_the_second(&first, &second);
    executor.shutdown(Wait::No, CancelFutures::Yes);
    assert_eq!(heard.recv().unwrap(), Err(Error::Cancelled));
}

fn waits_for_another_while_breaking(subject: Subject) {
    let executor = subject.start(1);
    let gate = Gate::new();
    executor.submit(gate.hold(1)).unwrap();
    executor.submit(Die(Death::Kill)).unwrap();
    let (first, second) = (executor.submit(Square(1)).unwrap(), executor.submit(Square(2)).unwrap());
    let heard = heard_of_the_second(&first, &second);
    gate.open();
    assert!(matches!(heard.recv().unwrap(), Err(Error::BrokenPool { .. })));
}
