//! Workers that die: every future gets an error that says how, nothing hangs, and the pool is broken
//! or goes on as it was told.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{PidfdFlags, PidfdGetfdFlags, Signal};
use serde::{Deserialize, Serialize};
use speedup_executor::{
    CancelFutures, Error, Executor, Exit, MapOptions, OnCrash, ProcessPoolExecutor, Task, Wait,
};

use crate::deaths::{Bomb, DIE, Death, Die, POLICIES, Stage, pool, signal, tells};
use crate::gate::{self, Gate};
use crate::suite::{Behaviour, Subject, is_dead, wait_until};
use crate::tasks::{Echo, Length, Pause, Square, WhoAmI};
use crate::user_code::ends_with_a_reason;

pub(crate) const BEHAVIOURS: &[Behaviour] = &[
    behaviour("a long task elsewhere is not waited for", not_waited_for),
    behaviour("only the task itself is lost where workers are replaced", only_the_task_is_lost),
    behaviour("a chunk shares its fate, other chunks do not", a_chunk_shares_its_fate),
    behaviour("killed while 8 MiB are on the way to it", killed_on_the_way_there),
    behaviour("killed at any time while 8 MiB go there and back", killed_at_any_time),
    behaviour("after shutdown", after_shutdown),
    behaviour("several workers at once", several_at_once),
    behaviour("an idle worker", an_idle_worker),
    behaviour("terminate_workers and kill_workers", workers_ended),
    behaviour("one whose own child holds its channel open", held_open),
    behaviour("terminate_workers lets each of them put things in order", ended_in_order),
    behaviour("kill_workers while workers are being replaced", killed_while_replaced),
    behaviour("kill_workers while a replacement starts for what was not begun", killed_as_it_is_replaced),
    behaviour("a stopped worker does not hold up shutdown for ever", a_stopped_worker),
];

const fn behaviour(name: &'static str, test: fn(Subject)) -> Behaviour {
    Behaviour { group: "crash", name, on: DIE, test }
}

fn not_waited_for(_: Subject) {
    let executor = pool(2, OnCrash::BreakPool);
    let (start, gate) = (Instant::now(), Gate::new());
    let long = executor.submit(gate.hold(1)).unwrap();
    wait_until("the long task runs", || gate.begun(1));
    let dying = executor.submit(Die(Death::Kill)).unwrap();
    let queued: Vec<_> = (0..10).map_while(|number| executor.submit(Square(number)).ok()).collect();
    let error = dying.result(None).unwrap_err();
    assert!(tells(&error, OnCrash::BreakPool, Exit::Signal(9)), "{error}");
    assert_eq!(long.result(None).unwrap_err(), error);
    assert!(
        queued.iter().all(|future| future.result(None).is_ok() || future.result(None) == Err(error.clone()))
    );
    assert_eq!(executor.submit(Square(1)).unwrap_err(), error);
    executor.shutdown(Wait::Yes, CancelFutures::No);
    assert!(start.elapsed() < Duration::from_secs(20));
}

fn only_the_task_is_lost(_: Subject) {
    let executor = pool(2, OnCrash::FailTaskAndReplace);
    let deaths = [Death::Exit, Death::Abort, Death::Kill];
    let futures: Vec<_> = (0..30)
        .map(|number| {
            let dying = (number % 3 == 0).then(|| executor.submit(Die(deaths[number / 3 % 3])).unwrap());
            (executor.submit(Square(number as u64)).unwrap(), dying)
        })
        .collect();
    for (number, (square, dying)) in futures.iter().enumerate() {
        assert_eq!(square.result(None), Ok((number * number) as u64));
        if let Some(dying) = dying {
            let error = dying.result(None).unwrap_err();
            let exit = deaths[number / 3 % 3].exit().unwrap();
            assert!(tells(&error, OnCrash::FailTaskAndReplace, exit), "{error}");
            assert!(error.to_string().ends_with("; another takes its place"), "{error}");
        }
    }
    executor.shutdown(Wait::Yes, CancelFutures::No);
    let lives = executor.worker_lives().len();
    assert!((11..=12).contains(&lives), "{lives} workers for ten deaths");
}

fn a_chunk_shares_its_fate(_: Subject) {
    let executor = pool(2, OnCrash::FailTaskAndReplace);
    let bombs = (0..12).map(|number| Bomb(Stage::Run, if number == 4 { Death::Kill } else { Death::Panic }));
    let results: Vec<_> = executor.map_with(bombs, MapOptions::new().chunksize(3)).collect();
    for (number, result) in results.iter().enumerate() {
        let expected = if (3..6).contains(&number) { "WorkerDied" } else { "Panicked" };
        assert_eq!(result.as_ref().unwrap_err().name(), expected, "{number}");
    }
}

fn killed_on_the_way_there(_: Subject) {
    for on_crash in POLICIES {
        let executor = pool(1, on_crash);
        let worker = executor.submit(WhoAmI(0)).unwrap().result(None).unwrap().process;
        // It reads no more, so that the message stays on its way.
        signal(worker, Signal::STOP);
        let future = executor.submit(Length(vec![7; 8 << 20])).unwrap();
        wait_until("the message is being sent", || future.running());
        std::thread::sleep(Duration::from_millis(20));
        assert!(!future.done());
        signal(worker, Signal::KILL);
        // It had not begun the task, which another can do.
        match on_crash {
            OnCrash::BreakPool => {
                let error = future.result(None).unwrap_err();
                assert!(tells(&error, on_crash, Exit::Signal(9)), "{error}");
            }
            OnCrash::FailTaskAndReplace => assert_eq!(future.result(None), Ok(8 << 20)),
        }
    }
}

fn killed_at_any_time(_: Subject) {
    for on_crash in POLICIES {
        for delay in 0..20 {
            let executor = pool(1, on_crash);
            let worker = executor.submit(WhoAmI(0)).unwrap().result(None).unwrap().process;
            let future = executor.submit(Echo(vec![7; 8 << 20])).unwrap();
            std::thread::sleep(Duration::from_millis(delay * 2));
            signal(worker, Signal::KILL);
            // It may have died before the task came to it, and been replaced, or after.
            match future.result(None) {
                Ok(bytes) => assert_eq!(bytes.len(), 8 << 20),
                Err(error) => assert!(tells(&error, on_crash, Exit::Signal(9)), "{error}"),
            }
        }
    }
}

fn after_shutdown(_: Subject) {
    for on_crash in POLICIES {
        let executor = pool(1, on_crash);
        let gate = Gate::new();
        let held = executor.submit(gate.hold(1)).unwrap();
        let dying = executor.submit(Die(Death::Exit)).unwrap();
        let behind = executor.submit(Square(3)).unwrap();
        executor.shutdown(Wait::No, CancelFutures::No);
        gate.open();
        executor.shutdown(Wait::Yes, CancelFutures::No);
        assert_eq!(held.result(Duration::ZERO), Ok(1));
        let error = dying.result(Duration::ZERO).unwrap_err();
        assert!(tells(&error, on_crash, Exit::Code(3)), "{error}");
        let expected = if on_crash == OnCrash::BreakPool { Err(error) } else { Ok(9) };
        assert_eq!(behind.result(Duration::ZERO), expected);
    }
}

fn several_at_once(_: Subject) {
    for on_crash in POLICIES {
        let executor = pool(4, on_crash);
        let gate = Gate::new();
        let held: Vec<_> = (0..4).map(|number| executor.submit(gate.hold(number)).unwrap()).collect();
        wait_until("all four have a task", || (0..4).all(|number| gate.begun(number)));
        let queued: Vec<_> = (0..8).map(|number| executor.submit(Square(number)).unwrap()).collect();
        for number in 0..3 {
            signal(gate.process(number).unwrap(), Signal::KILL);
        }
        match on_crash {
            OnCrash::BreakPool => {
                let errors: Vec<_> = held.iter().map(|future| future.result(None).unwrap_err()).collect();
                assert!(errors.iter().all(|error| tells(error, on_crash, Exit::Signal(9))), "{errors:?}");
                assert!(queued.iter().all(|future| future.result(None) == Err(errors[0].clone())));
                assert!(executor.submit(Square(1)).is_err());
            }
            OnCrash::FailTaskAndReplace => {
                assert!(
                    queued.iter().zip(0..).all(|(future, number)| future.result(None) == Ok(number * number))
                );
                gate.open();
                let lost = held.iter().filter(|future| {
                    future.result(None).is_err_and(|error| tells(&error, on_crash, Exit::Signal(9)))
                });
                assert_eq!(lost.count(), 3);
                assert_eq!(executor.submit(Square(5)).unwrap().result(None), Ok(25));
            }
        }
    }
}

fn an_idle_worker(_: Subject) {
    for on_crash in POLICIES {
        let executor = pool(1, on_crash);
        let worker = executor.submit(WhoAmI(0)).unwrap().result(None).unwrap().process;
        std::thread::sleep(Duration::from_millis(20));
        signal(worker, Signal::KILL);
        wait_until("it is dead", || is_dead(worker));
        // Nobody's task was lost with it: only a pool that is to break has an error.
        let result = executor.submit(Square(5)).and_then(|future| future.result(None));
        match on_crash {
            OnCrash::BreakPool => assert!(tells(&result.unwrap_err(), on_crash, Exit::Signal(9))),
            OnCrash::FailTaskAndReplace => assert_eq!(result, Ok(25)),
        }
    }
}

fn workers_ended(_: Subject) {
    type End = fn(&ProcessPoolExecutor);
    let ends: [(End, i32); 2] =
        [(ProcessPoolExecutor::terminate_workers, 15), (ProcessPoolExecutor::kill_workers, 9)];
    for on_crash in POLICIES {
        for (end, number) in ends {
            let executor = pool(2, on_crash);
            let (start, gate) = (Instant::now(), Gate::new());
            let running: Vec<_> = (0..2).map(|number| executor.submit(gate.hold(number)).unwrap()).collect();
            wait_until("both run", || gate.begun(0) && gate.begun(1));
            let queued: Vec<_> = (0..5).map(|_| executor.submit(Pause(1)).unwrap()).collect();
            end(&executor);
            assert!(queued.iter().all(|future| future.result(None) == Err(Error::Cancelled)));
            for future in &running {
                let error = future.result(None).unwrap_err();
                assert!(tells(&error, on_crash, Exit::Signal(number)), "{error}");
            }
            assert!(executor.submit(Square(1)).is_err());
            executor.shutdown(Wait::Yes, CancelFutures::No);
            assert!(start.elapsed() < Duration::from_secs(20));
        }
    }
    // Of a pool that has no worker yet, or no more.
    let executor = pool(2, OnCrash::BreakPool);
    executor.kill_workers();
    executor.terminate_workers();
    assert_eq!(executor.submit(Square(1)).unwrap_err(), Error::Shutdown);
}

/// Starts a program that has the worker's channel for its input, and dies or goes on.
fn share_the_channel(then: Option<Death>) -> u32 {
    let own = rustix::process::pidfd_open(rustix::process::getpid(), PidfdFlags::empty()).unwrap();
    let files = std::fs::read_dir("/proc/self/fd").unwrap().map(|entry| entry.unwrap().path());
    let sockets = files.filter(|file| {
        std::fs::read_link(file).is_ok_and(|target| target.to_string_lossy().starts_with("socket:"))
    });
    for socket in sockets {
        let number = socket.file_name().unwrap().to_str().unwrap().parse().unwrap();
        let channel = rustix::process::pidfd_getfd(&own, number, PidfdGetfdFlags::empty()).unwrap();
        let mut sleep = Command::new("sleep");
        // Nothing else of the test's is to be held open for that long.
        sleep.stdin(Stdio::from(channel)).stdout(Stdio::null()).stderr(Stdio::null());
        drop(sleep.arg("15").spawn().unwrap());
    }
    if let Some(death) = then {
        death.die();
    }
    std::process::id()
}

crate::task!(ShareTheChannel(Option<Death>) -> u32, |task| share_the_channel(task.0));

fn held_open(_: Subject) {
    for on_crash in POLICIES {
        let start = Instant::now();
        let busy = pool(1, on_crash);
        let error = busy.submit(ShareTheChannel(Some(Death::Kill))).unwrap().result(None).unwrap_err();
        assert!(tells(&error, on_crash, Exit::Signal(9)), "{error}");

        let idle = pool(1, on_crash);
        let worker = idle.submit(ShareTheChannel(None)).unwrap().result(None).unwrap();
        signal(worker, Signal::KILL);
        wait_until("it is dead", || is_dead(worker));
        let result = idle.submit(Square(5)).and_then(|future| future.result(None));
        match on_crash {
            OnCrash::BreakPool => assert!(tells(&result.unwrap_err(), on_crash, Exit::Signal(9))),
            OnCrash::FailTaskAndReplace => assert_eq!(result, Ok(25)),
        }
        drop((busy, idle));
        assert!(start.elapsed() < Duration::from_secs(10), "it waited for the child's child");
    }
}

// Waits to be told to end, then takes that long to do so, and notes that it has.
crate::task!(PutInOrder(PathBuf, u64) -> (), |task| {
    let told = std::sync::Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGTERM, std::sync::Arc::clone(&told)).unwrap();
    gate::stand_at(&task.0, task.1);
    while !told.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(Duration::from_millis(task.1));
    gate::note(task.0.parent().unwrap(), task.1);
    std::process::exit(0);
});

fn ended_in_order(_: Subject) {
    for on_crash in POLICIES {
        let executor = pool(2, on_crash);
        let gate = Gate::new();
        let futures = [20, 400].map(|number| executor.submit(PutInOrder(gate.path(), number)).unwrap());
        wait_until("both run", || gate.begun(20) && gate.begun(400));
        executor.terminate_workers();
        for future in &futures {
            let error = future.result(None).unwrap_err();
            assert!(tells(&error, on_crash, Exit::Code(0)), "{error}");
        }
        executor.shutdown(Wait::Yes, CancelFutures::No);
        assert!(gate.noted(20) && gate.noted(400));
    }
}

fn killed_while_replaced(_: Subject) {
    for on_crash in POLICIES {
        for delay in 0..30 {
            let builder = ProcessPoolExecutor::builder().max_workers(2).max_tasks_per_child(1);
            let executor = builder.on_crash(on_crash).build().unwrap();
            let futures: Vec<_> = (0..8).map(|number| executor.submit(Square(number)).unwrap()).collect();
            std::thread::sleep(Duration::from_micros(delay * 300));
            executor.kill_workers();
            for future in futures {
                match future.result(None) {
                    Ok(_) | Err(Error::Cancelled) => {}
                    Err(error) => assert!(tells(&error, on_crash, Exit::Signal(9)), "{error}"),
                }
            }
        }
    }
}

fn a_stopped_worker(_: Subject) {
    let executor = pool(1, OnCrash::BreakPool);
    let worker = executor.submit(WhoAmI(0)).unwrap().result(None).unwrap().process;
    signal(worker, Signal::STOP);
    executor.shutdown(Wait::Yes, CancelFutures::No);
    assert!(!std::path::Path::new(&format!("/proc/{worker}")).exists());
}

/// Work that was sent and not begun, alone or in a chunk, goes to the replacement of a worker that has died,
/// which is killed as it starts.
fn killed_as_it_is_replaced(_: Subject) {
    for chunksize in [1, 2] {
        for delay in 0..40 {
            let executor = pool(1, OnCrash::FailTaskAndReplace);
            let worker = executor.submit(WhoAmI(0)).unwrap().result(None).unwrap().process;
            // It begins nothing more.
            signal(worker, Signal::STOP);
            let mut results = executor.map_with((0..2).map(Square), MapOptions::new().chunksize(chunksize));
            signal(worker, Signal::KILL);
            std::thread::sleep(Duration::from_micros(delay * 150));
            executor.kill_workers();
            for result in &mut results {
                assert!(ends_with_a_reason(&result, OnCrash::FailTaskAndReplace), "{delay}: {result:?}");
            }
        }
    }
}
