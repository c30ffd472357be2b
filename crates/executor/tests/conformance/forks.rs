//! Processes that fork: of a worker, or of the program that has the pool, there is one. The copy has all
//! that the original has, and must do nothing with it.

#![allow(unsafe_code)] // fork is

use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitOptions, waitpid};
use serde::{Deserialize, Serialize};
use speedup_executor::task::TaskEntry;
use speedup_executor::{CancelFutures, Error, Executor, ProcessPoolExecutor, Task, Wait};

use crate::gate::Gate;
use crate::probe::Probe;
use crate::subjects;
use crate::suite::{Behaviour, On, Subject, wait_until};
use crate::tasks::{Pause, Square, WhoAmI};

pub(crate) const BEHAVIOURS: &[Behaviour] = &[
    behaviour(
        "a task that forks and returns twice has one result, and so has each after it",
        On::Processes("a copy of the program has no such thread"),
        a_task_that_forks,
    ),
    behaviour("a copy of the program leaves the pool alone", On::Pools, a_program_that_forks),
];

const fn behaviour(name: &'static str, on: On, test: fn(Subject)) -> Behaviour {
    Behaviour { group: "forks", name, on, test }
}

/// How the copy leaves its task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Copy {
    Returns,
    Panics,
}

// The copy is late: it comes when its original is at another task.
crate::task!(Fork(Copy, u64) -> u64, |task| {
    // SAFETY: a worker has one thread, so that no lock is held by one that the copy does not have.
    let copy = unsafe { libc::fork() };
    assert!(copy >= 0, "no fork");
    if copy == 0 {
        std::thread::sleep(Duration::from_millis(task.1));
        assert!(task.0 == Copy::Returns, "in the copy");
        return 1_000_000;
    }
    task.1
});

pub(crate) const FORK: TaskEntry = TaskEntry::of::<Fork>();

fn a_task_that_forks(_: Subject) {
    for copy in [Copy::Returns, Copy::Panics] {
        for late in [0, 5, 20] {
            let executor = ProcessPoolExecutor::new(1).unwrap();
            let worker = executor.submit(WhoAmI(0)).unwrap().result(None).unwrap().process;
            assert_eq!(executor.submit(Fork(copy, late)).unwrap().result(None), Ok(late));
            for number in 0..60 {
                assert_eq!(executor.submit(Square(number)).unwrap().result(None), Ok(number * number));
                std::thread::sleep(Duration::from_micros(500));
            }
            assert_eq!(executor.submit(WhoAmI(0)).unwrap().result(None).unwrap().process, worker);
        }
    }
}

fn a_program_that_forks(subject: Subject) {
    let output = Probe::Forks.with(&[subject.name()]).output();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert_eq!(
        (&*String::from_utf8_lossy(&output.stdout), &*stderr),
        ("the copy has gone\nall is well\n", "")
    );
}

/// Forks with a pool in hand, and goes on with it when the copy has dropped it.
pub(crate) fn program(executor: &str) {
    let executor = subjects::find(executor).start(2).unwrap();
    let gate = Gate::new();
    let first = [0, 1].map(|number| executor.submit(gate.hold(number)).unwrap());
    wait_until("both workers run", || gate.begun(0) && gate.begun(1));
    let workers = [0, 1].map(|number| gate.process(number).unwrap());
    gate.open();
    assert!(first.iter().all(|future| future.result(None).is_ok()));
    let pending = executor.submit(Pause(300)).unwrap();
    wait_until("it runs", || pending.running());
    let ours = std::process::id();
    // SAFETY: the copy uses nothing that another thread may have locked but the pool, which is the test.
    let copy = unsafe { libc::fork() };
    assert!(copy >= 0, "no fork");
    if copy == 0 {
        let refused = executor.submit(Square(1)).unwrap_err();
        let waited = pending.result(Duration::from_millis(20));
        executor.shutdown(Wait::Yes, CancelFutures::Yes);
        let none = executor.worker_lives().is_empty();
        drop(executor);
        let well = refused == Error::Forked { pid: ours }
            && waited == Err(Error::Timeout { unfinished: 1, total: 1 })
            && none;
        // SAFETY: it does not return.
        unsafe { libc::_exit(if well { 7 } else { 1 }) }
    }
    let started = Instant::now();
    let (_, status) = waitpid(Pid::from_raw(copy), WaitOptions::empty()).unwrap().unwrap();
    assert_eq!(status.exit_status(), Some(7));
    assert!(started.elapsed() < Duration::from_secs(60));
    println!("the copy has gone");
    assert_eq!(pending.result(None), Ok(300));
    for number in 0..20 {
        assert_eq!(executor.submit(Square(number)).unwrap().result(None), Ok(number * number));
    }
    // The same workers as before, and they end as they should.
    let after = executor.submit(WhoAmI(0)).unwrap().result(None).unwrap().process;
    assert!(workers.contains(&after));
    executor.shutdown(Wait::Yes, CancelFutures::No);
    assert_eq!(executor.worker_lives().len(), 2);
    println!("all is well");
}
