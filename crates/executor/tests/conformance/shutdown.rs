//! Shutdown: what is submitted is done or cancelled, and nothing is left behind.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use speedup_executor::{CancelFutures, Error, Executor, Future, ReturnWhen, Wait, wait};

use crate::gate::Gate;
use crate::probe::Probe;
use crate::suite::{Behaviour, HANG, On, Subject, wait_until};
use crate::tasks::{Identity, Pause, Square, WhoAmI};

pub(crate) const BEHAVIOURS: &[Behaviour] = &[
    behaviour("submit after it is an error", On::Every, submit_after),
    behaviour("queued work is finished", On::Every, drains),
    behaviour("cancel_futures leaves none pending, and who waits is told", On::Pools, cancel_futures),
    behaviour("wait=false returns at once, the work is done and the workers end", On::Pools, without_waiting),
    behaviour("wait=false with cancel_futures", On::Pools, without_waiting_cancelled),
    behaviour("submit, cancel, shutdown does not hang", On::Pools, submit_cancel_shutdown),
    behaviour("of a pool that never had a task", On::Every, never_used),
    behaviour("two at once both wait to the end", On::Pools, two_at_once),
    behaviour("drop waits for all that was submitted", On::Every, drop_waits),
    behaviour("at the end of main queued work is finished, also after wait=false", On::Pools, end_of_main),
    behaviour("from a callback of its own pool does not hang", On::Pools, from_a_callback),
    behaviour("every worker has ended when it returns", On::Pools, every_worker_has_ended),
];

const fn behaviour(name: &'static str, on: On, test: fn(Subject)) -> Behaviour {
    Behaviour { group: "shutdown", name, on, test }
}

fn submit_after(subject: Subject) {
    for wait in [Wait::Yes, Wait::No] {
        let executor = subject.start(2);
        assert_eq!(executor.submit(Square(2)).unwrap().result(None), Ok(4));
        executor.shutdown(wait, CancelFutures::No);
        assert_eq!(executor.submit(Square(1)).unwrap_err(), Error::Shutdown);
    }
}

fn drains(subject: Subject) {
    let executor = subject.start(2);
    let futures: Vec<_> = (0..50).map(|number| executor.submit(Square(number)).unwrap()).collect();
    executor.shutdown(Wait::Yes, CancelFutures::No);
    let squares = (0..50).map(|number| Ok(number * number));
    assert!(futures.iter().map(|future| future.result(Duration::ZERO)).eq(squares));
}

fn cancel_futures(subject: Subject) {
    let executor = subject.start(2);
    let gate = Gate::new();
    let futures: Vec<_> = (0..50).map(|number| executor.submit(gate.hold(number)).unwrap()).collect();
    wait_until("both workers have a task", || gate.begun(0) && gate.begun(1));
    executor.shutdown(Wait::No, CancelFutures::Yes);
    // At once, and notified: nobody waits for them.
    let waited = wait(&futures[2..], Duration::ZERO, ReturnWhen::AllCompleted);
    assert_eq!(waited.done.len(), 48);
    assert!(futures[2..].iter().all(Future::cancelled));
    gate.open();
    executor.shutdown(Wait::Yes, CancelFutures::No);
    assert_eq!((futures[0].result(Duration::ZERO), futures[1].result(Duration::ZERO)), (Ok(0), Ok(1)));
    assert_eq!(gate.notes(), 2);
}

fn without_waiting(subject: Subject) {
    let executor = subject.start(2);
    let gate = Gate::new();
    let futures: Vec<_> = (0..10).map(|number| executor.submit(gate.hold(number)).unwrap()).collect();
    executor.shutdown(Wait::No, CancelFutures::No);
    assert!(!futures.iter().any(Future::done));
    gate.open();
    assert!(futures.iter().zip(0..).all(|(future, number)| future.result(None) == Ok(number)));
    wait_until("both workers have ended", || executor.worker_lives().len() == 2);
}

fn without_waiting_cancelled(subject: Subject) {
    let executor = subject.start(2);
    let futures: Vec<_> = (0..20).map(|_| executor.submit(Pause(5)).unwrap()).collect();
    executor.shutdown(Wait::No, CancelFutures::Yes);
    let waited = wait(&futures, HANG, ReturnWhen::AllCompleted);
    assert_eq!(waited.done.len(), 20);
    assert!(futures.iter().all(|future| future.cancelled() || future.result(None) == Ok(5)));
}

fn submit_cancel_shutdown(subject: Subject) {
    for _ in 0..20 {
        let executor = subject.start(1);
        executor.submit(Square(1)).unwrap().result(None).unwrap();
        executor.submit(Square(2)).unwrap().cancel();
        executor.shutdown(Wait::Yes, CancelFutures::No);
    }
}

fn never_used(subject: Subject) {
    let executor = subject.start(3);
    executor.shutdown(Wait::Yes, CancelFutures::Yes);
    executor.shutdown(Wait::No, CancelFutures::No);
}

fn two_at_once(subject: Subject) {
    let executor = subject.start(2);
    let future = executor.submit(Pause(100)).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| executor.shutdown(Wait::Yes, CancelFutures::No));
        // Whichever comes second finds the workers taken by the first, and must wait all the same.
        std::thread::sleep(Duration::from_millis(10));
        executor.shutdown(Wait::Yes, CancelFutures::No);
        assert!(future.done());
    });
}

fn drop_waits(subject: Subject) {
    for shut_down_before in [false, true] {
        let executor = subject.start(2);
        let futures: Vec<_> = (0..6).map(|_| executor.submit(Pause(5)).unwrap()).collect();
        if shut_down_before {
            executor.shutdown(Wait::No, CancelFutures::No);
        }
        drop(executor);
        assert!(futures.iter().all(|future| future.result(Duration::ZERO) == Ok(5)));
    }
}

fn end_of_main(subject: Subject) {
    for wait in ["wait", "no-wait"] {
        let output = Probe::EndOfMain.with(&[subject.name(), wait]).output();
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{stderr}");
        assert_eq!((&*stdout, &*stderr), ("apple\n", ""));
    }
}

fn from_a_callback(subject: Subject) {
    let executor = Arc::new(subject.start(2));
    let (sender, returned) = channel();
    let future = executor.submit(Pause(20)).unwrap();
    let last = Arc::clone(&executor);
    future.add_done_callback(move |_| {
        last.shutdown(Wait::Yes, CancelFutures::No);
        // The last handle: the pool is dropped in one of its own threads.
        drop(last);
        sender.send(()).unwrap();
    });
    drop(executor);
    returned.recv_timeout(HANG / 2).unwrap();
}

fn every_worker_has_ended(subject: Subject) {
    let executor = subject.start(4);
    let identities = executor.map((0..16).map(|_| WhoAmI(2)));
    let identities: HashSet<_> = identities.map(Result::unwrap).collect();
    executor.shutdown(Wait::Yes, CancelFutures::No);
    let lives = executor.worker_lives();
    assert!(lives.iter().map(|life| life.worker).eq(0..4), "{lives:?}");
    assert!(lives.iter().all(|life| life.spawned_ns <= life.ready_ns && life.ready_ns <= life.ended_ns));
    if subject.name() == "processes" && cfg!(target_os = "linux") {
        for Identity { process, .. } in identities {
            // Not even as a zombie.
            assert!(!std::path::Path::new(&format!("/proc/{process}")).exists(), "{process} is left");
        }
    }
}
