//! How tasks and results change hands between a pool and its worker processes: several at once, by
//! those who submit and those who wait, through memory that grows.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use speedup_executor::{
    CancelFutures, Error, Executor, Exit, Future, OnCrash, ProcessPoolExecutor, ReturnWhen, SharedBytes,
    Spin, Task, Wait, wait,
};

use crate::deaths::{Death, POLICIES, pool, tells};
use crate::gate::{self, Gate};
use crate::suite::{Behaviour, HANG, On, Subject, wait_until};
use crate::tasks::{Echo, Length, Square, WhoAmI};

const HANDED: On = On::Processes("nothing is handed to another process");

pub(crate) const BEHAVIOURS: &[Behaviour] = &[
    behaviour("a death among many short tasks costs the one that was running", a_death_among_many),
    behaviour("a long task among short ones does not keep those behind it", a_long_task_among_many),
    behaviour("what is behind a long task can be cancelled", cancelled_behind_a_long_task),
    behaviour("max_tasks_per_child counts each of many short tasks", a_limit_among_many),
    behaviour("the same with and without spinning", with_and_without_spinning),
    behaviour("a deadline passes while the result is waited for", a_deadline_passes),
    behaviour("many who wait for one worker", many_who_wait),
    behaviour("a callback and one who waits both get the result", callbacks_and_waiters),
    behaviour("a callback submits and waits, in whatever thread it runs", from_a_callback),
    behaviour("a callback waits for what its worker does next", a_callback_waits_for_the_next),
    behaviour("a callback waits for what its worker's death has taken", a_callback_waits_for_the_lost),
    behaviour("what is done before a long task is there", done_before_a_long_task),
    behaviour("each of many tasks gets its own bytes, whichever are given back", own_bytes),
    behaviour("one who waits is told when the workers are killed", killed_while_waited_for),
    behaviour("submitted by many threads at once", many_who_submit),
    behaviour("arguments and results that grow and shrink", growing_and_shrinking),
    behaviour("256 workers start, work and stop", many_workers),
];

const fn behaviour(name: &'static str, test: fn(Subject)) -> Behaviour {
    Behaviour { group: "handover", name, on: HANDED, test }
}

/// What a task does that is one of many short ones but for some.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Kind {
    Short,
    Long(PathBuf),
    /// Milliseconds.
    Pause(u64),
    Deadly(Death),
}

crate::task!(NumberIn(SharedBytes, Kind) -> u64, |task| {
    if let Kind::Pause(ms @ 1..) = task.1 {
        std::thread::sleep(Duration::from_millis(ms));
    }
    u64::from_le_bytes(task.0[..].try_into().unwrap())
});

crate::task!(OneOfMany(u64, Kind) -> u64, |task| {
    match task.1 {
        Kind::Short | Kind::Pause(_) => {}
        Kind::Long(path) => gate::wait_at(&path, task.0),
        Kind::Deadly(death) => death.die(),
    }
    task.0
});

/// Lets a pool find out that these tasks are short.
fn learn(executor: &impl Executor) {
    let numbers: Vec<_> = executor.map((0..500).map(|number| OneOfMany(number, Kind::Short))).collect();
    assert!(numbers.into_iter().eq((0..500).map(Ok)));
}

/// Many short tasks with another one among them.
fn submit_many(executor: &impl Executor, other: &Kind, at: u64) -> Vec<Future<u64>> {
    let task = |number| OneOfMany(number, if number == at { other.clone() } else { Kind::Short });
    (0..2000).map_while(|number| executor.submit(task(number)).ok()).collect()
}

fn a_death_among_many(_: Subject) {
    for (round, on_crash) in POLICIES.into_iter().cycle().take(8).enumerate() {
        let executor = pool(1 + round / 2 % 2, on_crash);
        learn(&executor);
        let futures = submit_many(&executor, &Kind::Deadly(Death::Kill), 1000);
        let results: Vec<_> = futures.iter().map(|future| future.result(None)).collect();
        let failed: Vec<_> = (0..).zip(&results).filter(|(_, result)| result.is_err()).collect();
        for (number, result) in (0..).zip(&results) {
            assert!(result.as_ref().map_or(true, |output| *output == number), "{number}: {result:?}");
        }
        match on_crash {
            OnCrash::FailTaskAndReplace => {
                assert_eq!(failed.len(), 1, "{failed:?}");
                assert_eq!(failed[0].0, 1000);
            }
            OnCrash::BreakPool => {
                assert!(failed.iter().any(|(number, _)| *number == 1000) || futures.len() < 1001);
            }
        }
        for (_, result) in failed {
            assert!(tells(result.as_ref().unwrap_err(), on_crash, Exit::Signal(9)), "{result:?}");
        }
    }
}

fn a_long_task_among_many(_: Subject) {
    let executor = pool(2, OnCrash::BreakPool);
    for _ in 0..5 {
        learn(&executor);
        let gate = Gate::new();
        let futures = submit_many(&executor, &Kind::Long(gate.path()), 1000);
        for (number, future) in (0..).zip(&futures).filter(|(number, _)| *number != 1000) {
            assert_eq!(future.result(HANG / 4), Ok(number));
        }
        assert!(futures[1000].running());
        gate.open();
        assert_eq!(futures[1000].result(None), Ok(1000));
        assert_eq!(gate.notes(), 1);
    }
}

fn cancelled_behind_a_long_task(_: Subject) {
    for by_shutdown in [false, true] {
        let executor = pool(1, OnCrash::BreakPool);
        learn(&executor);
        let gate = Gate::new();
        let futures = submit_many(&executor, &Kind::Long(gate.path()), 1000);
        wait_until("the long task runs", || gate.begun(1000));
        if by_shutdown {
            executor.shutdown(Wait::No, CancelFutures::Yes);
        } else {
            // They may be with the worker, which has not begun them, for a moment.
            wait_until("they are cancelled", || futures[1001..].iter().all(Future::cancel));
        }
        wait_until("nobody waits for them", || futures[1001..].iter().all(Future::cancelled));
        for (number, future) in (0..1000).zip(&futures) {
            assert_eq!(future.result(HANG / 4), Ok(number));
        }
        gate.open();
        assert_eq!(futures[1000].result(None), Ok(1000));
    }
}

fn a_limit_among_many(_: Subject) {
    let builder = ProcessPoolExecutor::builder().max_workers(2).max_tasks_per_child(300);
    let executor = builder.build().unwrap();
    learn(&executor);
    let results = submit_many(&executor, &Kind::Short, 0).into_iter().map(|future| future.take(None));
    assert!(results.eq((0..2000).map(Ok)));
    executor.shutdown(Wait::Yes, CancelFutures::No);
    let lives = executor.worker_lives().len();
    assert!((9..=10).contains(&lives), "{lives} workers for 2500 tasks");
}

fn with_and_without_spinning(_: Subject) {
    for spin in [Spin::Never, Spin::Adaptive] {
        for workers in 1..=3 {
            let builder = ProcessPoolExecutor::builder().max_workers(workers).spin(spin);
            let executor = builder.build().unwrap();
            for number in 0..300_u64 {
                // Around the time for which anyone looks.
                std::thread::sleep(Duration::from_micros(number % 4 * 20));
                assert_eq!(executor.submit(Square(number)).unwrap().result(None), Ok(number * number));
            }
            let squares = executor.map((0..3000).map(Square));
            assert!(squares.eq((0..3000).map(|number| Ok(number * number))), "{spin:?} {workers}");
        }
    }
}

fn a_deadline_passes(_: Subject) {
    let executor = pool(1, OnCrash::BreakPool);
    let gate = Gate::new();
    let held = executor.submit(gate.hold(7)).unwrap();
    wait_until("it runs", || gate.begun(7));
    for timeout in [0, 1, 30] {
        assert_eq!(
            held.result(Duration::from_millis(timeout)),
            Err(Error::Timeout { unfinished: 1, total: 1 })
        );
    }
    let behind = executor.submit(Square(3)).unwrap();
    assert_eq!(behind.result(Duration::from_millis(10)), Err(Error::Timeout { unfinished: 1, total: 1 }));
    gate.open();
    // Nobody waits for the first one now.
    assert_eq!(behind.result(None), Ok(9));
    assert_eq!(held.result(Duration::ZERO), Ok(7));
}

fn many_who_wait(_: Subject) {
    for _ in 0..20 {
        let executor = pool(1, OnCrash::BreakPool);
        let gate = Gate::new();
        let futures: Vec<_> = (0..4).map(|number| executor.submit(gate.hold(number)).unwrap()).collect();
        let ready = Barrier::new(17);
        std::thread::scope(|scope| {
            for number in 0..16 {
                let (future, ready) = (&futures[number % 4], &ready);
                scope.spawn(move || {
                    ready.wait();
                    // Some give up once, and come again.
                    if number > 12 {
                        let _ = future.result(Duration::from_micros(200));
                    }
                    assert_eq!(future.result(None), Ok(number as u64 % 4));
                });
            }
            ready.wait();
            gate.open();
        });
    }
}

fn callbacks_and_waiters(_: Subject) {
    let executor = pool(1, OnCrash::BreakPool);
    let (sender, called) = channel();
    for number in 0..2000 {
        let future = executor.submit(Square(number)).unwrap();
        let own = sender.clone();
        future.add_done_callback(move |future| own.send(future.result(None)).unwrap());
        if number % 3 > 0 {
            assert_eq!(future.result(None), Ok(number * number));
        }
        assert_eq!(called.recv_timeout(HANG / 4), Ok(Ok(number * number)));
    }
}

fn from_a_callback(_: Subject) {
    let executor = Arc::new(pool(1, OnCrash::BreakPool));
    let (sender, called) = channel();
    for number in 0..200 {
        let (inner, sender) = (Arc::clone(&executor), sender.clone());
        let future = executor.submit(Square(number)).unwrap();
        future.add_done_callback(move |_| {
            let another = inner.submit(Square(number + 1)).unwrap();
            sender.send(another.result(None)).unwrap();
        });
        if number % 2 == 0 {
            assert_eq!(future.result(None), Ok(number * number));
        }
        assert_eq!(called.recv_timeout(HANG / 4), Ok(Ok((number + 1) * (number + 1))));
    }
}

fn a_callback_waits_for_the_next(_: Subject) {
    for _ in 0..20 {
        let executor = Arc::new(pool(1, OnCrash::BreakPool));
        let gate = Gate::new();
        let first = executor.submit(gate.hold(1)).unwrap();
        let second = executor.submit(Square(3)).unwrap();
        // Who waits for a running task is the one who calls back.
        wait_until("the first runs", || gate.begun(1) && first.running());
        let (sender, called) = channel();
        let (other, inner) = (second.clone(), Arc::clone(&executor));
        first.add_done_callback(move |_| {
            let done = wait([&other], None, ReturnWhen::AllCompleted).done.len();
            // The last to go, it may end the pool.
            drop(inner);
            sender.send(done).unwrap();
        });
        drop(executor);
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| first.result(None));
            std::thread::sleep(Duration::from_millis(2));
            gate.open();
            assert_eq!(waiter.join().unwrap(), Ok(1));
        });
        assert_eq!(called.recv_timeout(HANG / 4), Ok(1));
        assert_eq!(second.result(None), Ok(9));
    }
}

fn a_callback_waits_for_the_lost(_: Subject) {
    for on_crash in POLICIES {
        let executor = pool(1, on_crash);
        learn(&executor);
        let futures = submit_many(&executor, &Kind::Deadly(Death::Kill), 1000);
        // Those before it are told while it is still queued, when nobody may wait for it.
        let Some((lost, behind)) = futures.get(1000..).and_then(<[_]>::split_first) else { continue };
        let (sender, called) = channel();
        for future in behind {
            let (sender, lost) = (sender.clone(), lost.clone());
            future.add_done_callback(move |_| sender.send(lost.result(None).is_err()).unwrap());
        }
        for _ in behind {
            assert_eq!(called.recv_timeout(HANG / 4), Ok(true));
        }
    }
}

fn done_before_a_long_task(_: Subject) {
    let executor = pool(1, OnCrash::BreakPool);
    for _ in 0..5 {
        learn(&executor);
        let gate = Gate::new();
        let mut futures = submit_many(&executor, &Kind::Long(gate.path()), 1999);
        let long = futures.pop().unwrap();
        std::thread::scope(|scope| {
            for (number, future) in (0..).zip(&futures).skip(1900) {
                scope.spawn(move || assert_eq!(future.result(HANG / 4), Ok(number)));
            }
        });
        gate.open();
        assert_eq!(long.result(None), Ok(1999));
    }
}

fn own_bytes(_: Subject) {
    let executor = pool(2, OnCrash::BreakPool);
    for _ in 0..3 {
        learn(&executor);
        let tasks = (0..400_u64).map(|number| {
            let bytes = SharedBytes::copy_of(&number.to_le_bytes()).unwrap();
            let long = Kind::Pause(if number % 50 == 7 { 5 } else { 0 });
            (bytes, long)
        });
        let futures: Vec<_> =
            tasks.map(|(bytes, kind)| executor.submit(NumberIn(bytes, kind)).unwrap()).collect();
        for (number, future) in (0..).zip(&futures) {
            assert_eq!(future.result(None), Ok(number));
        }
    }
}

fn killed_while_waited_for(_: Subject) {
    for on_crash in POLICIES {
        for delay in 0..20 {
            let executor = pool(2, on_crash);
            let gate = Gate::new();
            let held = [0, 1].map(|number| executor.submit(gate.hold(number)).unwrap());
            wait_until("both run", || gate.begun(0) && gate.begun(1));
            std::thread::scope(|scope| {
                let waiters = held.each_ref().map(|future| scope.spawn(|| future.result(HANG / 4)));
                std::thread::sleep(Duration::from_micros(delay * 100));
                executor.kill_workers();
                for waiter in waiters {
                    let error = waiter.join().unwrap().unwrap_err();
                    assert!(tells(&error, on_crash, Exit::Signal(9)), "{error}");
                }
            });
        }
    }
}

fn many_who_submit(_: Subject) {
    for workers in 1..=3 {
        let executor = pool(workers, OnCrash::BreakPool);
        std::thread::scope(|scope| {
            for thread in 0..6 {
                let executor = &executor;
                scope.spawn(move || {
                    for number in (0..300).map(|number| thread * 1000 + number) {
                        let future = executor.submit(Square(number)).unwrap();
                        assert_eq!(future.take(None), Ok(number * number));
                    }
                });
            }
        });
    }
}

fn growing_and_shrinking(_: Subject) {
    for workers in 1..=2 {
        let executor = pool(workers, OnCrash::BreakPool);
        for length in [0, 1, 70_000, 10, 300_000, 1 << 20, 2_000_000, 5, 5, 2_000_000, 65_536, 65_520, 0] {
            let bytes: Vec<u8> = (0..length).map(|number: u32| (number * 7 + length) as u8).collect();
            let futures = [0; 3].map(|_| executor.submit(Echo(bytes.clone())).unwrap());
            assert!(futures.iter().all(|future| future.take(None).as_ref() == Ok(&bytes)), "{length}");
            assert_eq!(executor.submit(Length(bytes)).unwrap().result(None), Ok(length as usize));
        }
    }
}

fn many_workers(_: Subject) {
    const WORKERS: usize = 256;
    let executor = pool(WORKERS, OnCrash::BreakPool);
    let gate = Gate::new();
    let held: Vec<_> =
        (0..WORKERS as u64).map(|number| executor.submit(gate.hold(number)).unwrap()).collect();
    wait_until("all have a task", || (0..WORKERS as u64).all(|number| gate.begun(number)));
    gate.open();
    assert!(held.iter().zip(0..).all(|(future, number)| future.result(None) == Ok(number)));
    let identities = executor.map((0..WORKERS).map(|_| WhoAmI(20)));
    let processes: HashSet<u32> = identities.map(|identity| identity.unwrap().process).collect();
    assert!(processes.len() > WORKERS / 4, "{}", processes.len());
    executor.shutdown(Wait::Yes, CancelFutures::No);
    assert_eq!(executor.worker_lives().len(), WORKERS);
}
