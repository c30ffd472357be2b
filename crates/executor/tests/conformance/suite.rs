//! Behaviours and how they become tests.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use speedup_executor::{Executor, ExecutorKind};

use crate::{
    attributes, callbacks, deaths, encoding, forks, futures, handover, hygiene, long, mapping, shared,
    shutdown, subjects, surroundings, user_code, waiting, workers,
};

/// Longer than any test takes on a busy machine.
pub(crate) const HANG: Duration = Duration::from_secs(120);

/// Something that executors promise.
#[derive(Clone, Copy)]
pub(crate) struct Behaviour {
    pub(crate) group: &'static str,
    pub(crate) name: &'static str,
    pub(crate) on: On,
    pub(crate) test: fn(Subject),
}

/// The executors to which a behaviour applies.
#[derive(Clone, Copy)]
pub(crate) enum On {
    /// No executor: a future and its promise alone.
    Futures,
    /// All of them.
    Every,
    /// Those with workers.
    Pools,
    /// Those whose workers are processes; else why not.
    Processes(&'static str),
    /// Those with a builder for that; else why not.
    Only(&'static [&'static str], &'static str),
}

/// An executor under test.
#[derive(Clone, Copy)]
pub(crate) struct Subject(pub(crate) &'static dyn ExecutorKind);

impl Subject {
    pub(crate) fn name(self) -> &'static str {
        self.0.name()
    }

    pub(crate) fn start(self, workers: usize) -> Box<dyn Executor> {
        self.0.start(workers).unwrap()
    }
}

impl On {
    fn why_not(self, executor: &str) -> Option<&'static str> {
        match self {
            Self::Futures | Self::Every => None,
            Self::Pools => (executor == "serial").then_some("a task is done when submit returns"),
            Self::Processes(reason) => (executor != "processes").then_some(reason),
            Self::Only(executors, reason) => (!executors.contains(&executor)).then_some(reason),
        }
    }
}

/// The tests of what every executor promises, but for the ways in which workers die that only the processes of one
/// machine have.
pub(crate) fn common() -> Vec<Trial> {
    let groups = [
        futures::BEHAVIOURS,
        callbacks::BEHAVIOURS,
        waiting::BEHAVIOURS,
        mapping::BEHAVIOURS,
        shutdown::BEHAVIOURS,
        workers::BEHAVIOURS,
        encoding::BEHAVIOURS,
        attributes::BEHAVIOURS,
        handover::BEHAVIOURS,
        long::BEHAVIOURS,
        hygiene::BEHAVIOURS,
        forks::BEHAVIOURS,
        shared::BEHAVIOURS,
        user_code::BEHAVIOURS,
        surroundings::BEHAVIOURS,
    ];
    let mut trials = trials(&groups.concat());
    trials.extend(deaths::matrix());
    trials
}

/// The tests of behaviours.
pub(crate) fn trials(behaviours: &[Behaviour]) -> Vec<Trial> {
    let lines = |behaviour: &Behaviour| {
        let &Behaviour { group, name, on, test } = behaviour;
        lines(&format!("{group}: {name}"), on, test)
    };
    behaviours.iter().flat_map(lines).collect()
}

/// A behaviour's tests, one a line for each executor.
pub(crate) fn lines(behaviour: &str, on: On, test: impl Fn(Subject) + Send + Clone + 'static) -> Vec<Trial> {
    if matches!(on, On::Futures) {
        return vec![trial(format!("future: {behaviour}"), move || test(Subject(subjects::all()[0])))];
    }
    let line = |&kind: &&'static dyn ExecutorKind| {
        let (title, test) = (format!("{}: {behaviour}", kind.name()), test.clone());
        match on.why_not(kind.name()) {
            None => trial(title, move || test(Subject(kind))),
            Some(reason) => {
                Trial::test(format!("{title} [n/a: {reason}]"), || Ok(())).with_ignored_flag(true)
            }
        }
    };
    subjects::all().iter().map(line).collect()
}

/// A test that fails when it hangs.
pub(crate) fn trial(title: String, test: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(title, move || {
        let (sender, ended) = channel::<()>();
        let thread = std::thread::spawn(move || {
            // Dropped at the end, however that comes.
            let _sender = sender;
            test();
        });
        match ended.recv_timeout(HANG) {
            Err(RecvTimeoutError::Timeout) => Err(Failed::from("it hangs")),
            _ => thread.join().map_err(|_| Failed::without_message()),
        }
    })
}

/// Waits for something that must come.
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = std::time::Instant::now();
    while !condition() {
        assert!(start.elapsed() < HANG / 2, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Whether a process has come to its end with all its threads, reaped or not.
pub(crate) fn is_dead(process: u32) -> bool {
    let folder = format!("/proc/{process}");
    let stat = std::fs::read_to_string(format!("{folder}/stat"));
    let zombie = stat.map_or(true, |stat| stat.contains(") Z "));
    // The first thread may be dead before the others, and files stay open until then.
    zombie && std::fs::read_dir(format!("{folder}/task")).map_or(0, Iterator::count) <= 1
}
