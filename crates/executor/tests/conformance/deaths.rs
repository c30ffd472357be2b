//! Every way in which a worker can die, at every stage of a task's way through it.

use libtest_mimic::Trial;
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use speedup_executor::{Error, Executor, Exit, OnCrash, ProcessPoolExecutor, Task};

use crate::suite::{On, lines};
use crate::tasks::{Square, is_worker};

pub(crate) const DIE: On = On::Processes("a thread cannot die without its program");

/// Every way to die at every stage of a task, under both policies.
pub(crate) fn matrix() -> Vec<Trial> {
    let mut trials = Vec::new();
    for death in [Death::Panic, Death::Exit, Death::Abort, Death::Kill, Death::StackOverflow] {
        for stage in [Stage::Decode, Stage::Run, Stage::Encode] {
            let name = format!("crash: {death:?} at {stage:?}");
            // A thread panics too, but nothing is encoded for it.
            let on = if death == Death::Panic && stage == Stage::Run { On::Every } else { DIE };
            trials.extend(lines(&name, on, move |subject| match subject.name() {
                "processes" => a_bomb_in_both(stage, death),
                _ => a_bomb(&subject.start(1), stage, death, OnCrash::BreakPool),
            }));
        }
    }
    trials
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Death {
    Panic,
    Exit,
    Abort,
    Kill,
    StackOverflow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stage {
    Decode,
    Run,
    Encode,
}

impl Death {
    pub(crate) fn die(self) {
        match self {
            Self::Panic => panic!("panicked on purpose"),
            Self::Exit => std::process::exit(3),
            Self::Abort => std::process::abort(),
            Self::Kill => signal(std::process::id(), Signal::KILL),
            Self::StackOverflow => drop(std::hint::black_box(recurse(std::hint::black_box(0)))),
        }
    }

    pub(crate) fn exit(self) -> Option<Exit> {
        match self {
            Self::Panic => None,
            Self::Exit => Some(Exit::Code(3)),
            Self::Kill => Some(Exit::Signal(9)),
            // Rust's runtime says that the stack is full, and aborts.
            Self::Abort | Self::StackOverflow => Some(Exit::Signal(6)),
        }
    }
}

#[allow(unconditional_recursion)]
fn recurse(depth: u64) -> u64 {
    let frame = std::hint::black_box([depth; 64]);
    recurse(depth + 1) + frame[(depth % 64) as usize]
}

/// Sends a signal to a process, which its own pool may have ended already.
pub(crate) fn signal(process: u32, signal: Signal) {
    let _ = kill_process(Pid::from_raw(process.cast_signed()).unwrap(), signal);
}

crate::task!(Die(Death) -> (), |task| task.0.die());

/// A task that dies at a stage of its way through a worker.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bomb(pub(crate) Stage, pub(crate) Death);

/// What is left of a bomb: it may die as well.
#[derive(Debug, Clone)]
pub(crate) struct Remains(Bomb);

impl Bomb {
    fn pass(self, stage: Stage) {
        if self.0 == stage && is_worker() {
            self.1.die();
        }
    }
}

impl Serialize for Bomb {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.0, self.1).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Bomb {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (stage, death) = Deserialize::deserialize(deserializer)?;
        let bomb = Self(stage, death);
        bomb.pass(Stage::Decode);
        Ok(bomb)
    }
}

impl Serialize for Remains {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.pass(Stage::Encode);
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Remains {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Bomb::deserialize(deserializer).map(Self)
    }
}

impl Task for Bomb {
    const NAME: &'static str = "Bomb";
    type Output = Remains;

    fn run(self) -> Remains {
        if self.0 == Stage::Run {
            self.1.die();
        }
        Remains(self)
    }
}

pub(crate) fn pool(workers: usize, on_crash: OnCrash) -> ProcessPoolExecutor {
    ProcessPoolExecutor::builder().max_workers(workers).on_crash(on_crash).build().unwrap()
}

pub(crate) const POLICIES: [OnCrash; 2] = [OnCrash::BreakPool, OnCrash::FailTaskAndReplace];

/// Whether an error is that of a task whose worker ended so, under that policy.
pub(crate) fn tells(error: &Error, on_crash: OnCrash, expected: Exit) -> bool {
    match (error, on_crash) {
        (Error::BrokenPool { exit, .. }, OnCrash::BreakPool)
        | (Error::WorkerDied { exit, .. }, OnCrash::FailTaskAndReplace) => *exit == expected,
        _ => false,
    }
}

fn a_bomb_in_both(stage: Stage, death: Death) {
    for on_crash in POLICIES {
        a_bomb(&pool(1, on_crash), stage, death, on_crash);
    }
}

/// A task that dies, with others behind it.
fn a_bomb(executor: &impl Executor, stage: Stage, death: Death, on_crash: OnCrash) {
    let bomb = executor.submit(Bomb(stage, death)).unwrap();
    let behind: Vec<_> = (0..5).map_while(|number| executor.submit(Square(number)).ok()).collect();
    let error = bomb.result(None).unwrap_err();
    let Some(exit) = death.exit() else {
        assert!(matches!(error, Error::Panicked { .. }), "{error}");
        assert!(behind.iter().zip(0..).all(|(future, number)| future.result(None) == Ok(number * number)));
        return;
    };
    assert!(tells(&error, on_crash, exit), "{error:?}");
    for (future, number) in behind.iter().zip(0..) {
        let expected = match on_crash {
            OnCrash::BreakPool => Err(error.clone()),
            OnCrash::FailTaskAndReplace => Ok(number * number),
        };
        assert_eq!(future.result(None), expected);
    }
    let later = executor.submit(Square(9)).and_then(|future| future.result(None));
    assert_eq!(later, if on_crash == OnCrash::BreakPool { Err(error) } else { Ok(81) });
}
