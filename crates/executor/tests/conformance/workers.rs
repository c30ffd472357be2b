//! Workers: how many, for how long, and what each does first.

use std::collections::{HashMap, HashSet};

use speedup_executor::{Builder, CancelFutures, Error, Executor, OnCrash, ProcessPoolExecutor, Wait};

use crate::deaths::{Death, Die};
use crate::gate::Gate;
use crate::settings::{Initializer, Settings};
use crate::subjects;
use crate::suite::{Behaviour, On, Subject};
use crate::tasks::{Pause, SetUp, SetUps, Square, WhoAmI};

const LIMIT: On = On::Processes("a thread is not worn out by its tasks");

pub(crate) const BEHAVIOURS: &[Behaviour] = &[
    behaviour("by default as many as the CPUs warrant", On::Pools, default_count),
    behaviour("a number of 0 is refused", On::Pools, zero_is_refused),
    behaviour(
        "start on demand, never above the maximum",
        On::Only(&["threads", "processes"], "all start with the pool, or there are none"),
        on_demand,
    ),
    behaviour("never more than the maximum, and all of them", On::Pools, all_but_no_more),
    behaviour(
        "an idle one is used again",
        On::Only(&["threads", "processes"], "all start with the pool, or there are none"),
        idle_reuse,
    ),
    behaviour("named after the prefix", On::Pools, named),
    behaviour("initializer once per worker", On::Pools, initializer_once),
    behaviour("a failing initializer breaks the pool and says so", On::Pools, failing_initializer),
    behaviour(
        "an initializer that kills its worker breaks the pool and says so",
        On::Processes("a thread cannot die alone"),
        dying_initializer,
    ),
    behaviour("max_tasks_per_child: each worker is replaced in time", LIMIT, limit_of_tasks),
    behaviour("max_tasks_per_child: pending tasks and wait=false", LIMIT, limit_without_waiting),
    behaviour("max_tasks_per_child: the initializer runs in each", LIMIT, limit_and_initializer),
];

const fn behaviour(name: &'static str, on: On, test: fn(Subject)) -> Behaviour {
    Behaviour { group: "workers", name, on, test }
}

fn workers(max_workers: usize) -> Settings {
    Settings { max_workers: Some(max_workers), ..Settings::default() }
}

fn default_count(subject: Subject) {
    let executor = Settings::default().build(subject.name()).unwrap();
    assert_eq!(executor.max_workers(), subjects::default_workers(subject.name()));
}

fn zero_is_refused(subject: Subject) {
    let refused = workers(0).build(subject.name()).err().unwrap();
    assert_eq!(refused.to_string(), "max_workers must be greater than 0");
    assert_eq!(subject.0.start(0).err(), Some(refused));
    let refused = ProcessPoolExecutor::builder().max_tasks_per_child(0).build().err().unwrap();
    assert_eq!(refused.to_string(), "max_tasks_per_child must be greater than 0");
}

fn on_demand(subject: Subject) {
    let executor = subject.start(4);
    let gate = Gate::new();
    let futures: Vec<_> = (0..3).map(|number| executor.submit(gate.hold(number)).unwrap()).collect();
    gate.open();
    assert!(futures.iter().all(|future| future.result(None).is_ok()));
    executor.shutdown(Wait::Yes, CancelFutures::No);
    assert_eq!(executor.worker_lives().len(), 3);
}

fn all_but_no_more(subject: Subject) {
    let executor = subject.start(4);
    let gate = Gate::new();
    let futures: Vec<_> = (0..60).map(|number| executor.submit(gate.hold(number)).unwrap()).collect();
    let identities: Vec<_> = (0..60).map(|_| executor.submit(WhoAmI(0)).unwrap()).collect();
    gate.open();
    assert!(futures.iter().all(|future| future.result(None).is_ok()));
    let workers: HashSet<_> = identities.iter().map(|future| future.result(None).unwrap().worker).collect();
    executor.shutdown(Wait::Yes, CancelFutures::No);
    assert!(workers.iter().all(|&worker| worker < 4), "{workers:?}");
    assert_eq!(executor.worker_lives().len(), 4);
}

fn idle_reuse(subject: Subject) {
    let executor = subject.start(4);
    for number in 0..5 {
        assert_eq!(executor.submit(Square(number)).unwrap().result(None), Ok(number * number));
        // A result is there a moment before its worker is idle.
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    executor.shutdown(Wait::Yes, CancelFutures::No);
    assert_eq!(executor.worker_lives().len(), 1);
}

fn named(subject: Subject) {
    let default = subjects::prefix(subject.name());
    for (prefix, expected) in [(None, default), (Some("cipher"), "cipher")] {
        let executor = Settings { prefix, ..workers(2) }.build(subject.name()).unwrap();
        for identity in executor.map((0..8).map(|_| WhoAmI(2))) {
            let identity = identity.unwrap();
            assert_eq!(identity.name, format!("{expected}_{}", identity.worker));
        }
    }
}

fn initializer_once(subject: Subject) {
    let settings = Settings { initializer: Some(Initializer::SetUp), ..workers(3) };
    let executor = settings.build(subject.name()).unwrap();
    let set_ups: Vec<_> = executor.map((0..30).map(|_| SetUps(1))).map(Result::unwrap).collect();
    assert_eq!(set_ups, [1; 30]);
}

fn failing_initializer(subject: Subject) {
    let settings = Settings { initializer: Some(Initializer::Fail), ..workers(2) };
    let executor = settings.build(subject.name()).unwrap();
    let mut errors: Vec<Error> = Vec::new();
    // The pool may be broken already when a task is submitted, or not yet.
    while errors.len() < 10 {
        errors.push(match executor.submit(Square(1)) {
            Ok(future) => future.result(None).unwrap_err(),
            Err(refused) => refused,
        });
    }
    assert!(errors.iter().all(|error| *error == errors[0]), "{errors:?}");
    assert!(matches!(errors[0], Error::Initializer { .. }));
    let text = errors[0].to_string();
    assert!(
        text.starts_with("the initializer of worker ") && text.contains("no set-up on purpose"),
        "{text}"
    );
    assert_eq!(executor.submit(Square(1)).unwrap_err(), errors[0]);
}

fn dying_initializer(_: Subject) {
    for on_crash in [OnCrash::BreakPool, OnCrash::FailTaskAndReplace] {
        let builder = ProcessPoolExecutor::builder().max_workers(1).on_crash(on_crash);
        let executor = builder.initializer(Die(Death::Exit)).build().unwrap();
        let error = executor.submit(Square(1)).unwrap().result(None).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with("the initializer of worker 0 failed: process "), "{text}");
        assert!(text.ends_with("exited with code 3"), "{text}");
        assert_eq!(executor.submit(Square(1)).unwrap_err(), error);
    }
}

fn limited(workers: usize, tasks: usize) -> Builder<ProcessPoolExecutor> {
    ProcessPoolExecutor::builder().max_workers(workers).max_tasks_per_child(tasks)
}

fn limit_of_tasks(_: Subject) {
    let executor = limited(2, 3).build().unwrap();
    let identities = executor.map((0..20).map(|_| WhoAmI(1)));
    let mut tasks: HashMap<u32, usize> = HashMap::new();
    for identity in identities {
        *tasks.entry(identity.unwrap().process).or_default() += 1;
    }
    assert!(tasks.len() >= 7 && tasks.values().all(|&tasks| tasks <= 3), "{tasks:?}");
    executor.shutdown(Wait::Yes, CancelFutures::No);
    // A worker that has done its last task is not replaced before there is another task.
    assert_eq!(executor.worker_lives().len(), tasks.len());
}

fn limit_without_waiting(_: Subject) {
    let executor = limited(2, 1).build().unwrap();
    let futures: Vec<_> = (0..12).map(|_| executor.submit(Pause(1)).unwrap()).collect();
    executor.shutdown(Wait::No, CancelFutures::No);
    assert!(futures.iter().all(|future| future.result(None) == Ok(1)));
    crate::suite::wait_until("every worker has ended", || executor.worker_lives().len() == 12);
}

fn limit_and_initializer(_: Subject) {
    let executor = limited(1, 2).initializer(SetUp(1)).build().unwrap();
    assert!(executor.map((0..6).map(|_| SetUps(0))).all(|set_ups| set_ups == Ok(1)));
}
