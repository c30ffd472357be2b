//! This program started once more, as a program that uses a pool and is watched from outside.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use speedup_executor::future::promise::pair;
use speedup_executor::{CancelFutures, Error, Executor, ProcessPoolExecutor, Wait};
use speedup_machine::signal::Interrupt;

use crate::gate::Gate;
use crate::suite::wait_until;
use crate::surroundings::HoldUnprotected;
use crate::tasks::{Length, Pause, Square};
use crate::{forks, subjects, surroundings};

/// What the program does instead of testing.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Probe {
    /// Calls back, with some callbacks that panic.
    PanickingCallbacks,
    /// Submits work and returns from `main`.
    EndOfMain,
    /// Opens and drops a thousand pools, and counts what there is before and after.
    Leaks,
    /// Has two workers in long tasks and prints their process ids.
    BusyWorkers,
    /// Submits a task that is longer than the files that this process may have, and one that is not.
    LimitedFiles,
    /// Has a pool, forks, and goes on with it.
    Forks,
    /// Opens a file before all else, and has a worker write to it.
    EarlyFile,
    /// Blocks and ignores signals, and ends its workers.
    BlockedSignals,
    /// Ignores signals, and tells which of them its worker ignores.
    Ignores,
    /// Asks for a thousand workers where the system gives a few.
    ManyWorkers,
}

/// The probe's name and arguments on the command line.
pub(crate) struct Start(Vec<String>, Option<(&'static str, PathBuf)>);

type Act = fn(&[String]);

impl Probe {
    const ALL: [(&'static str, Self, Act); 10] = [
        ("panicking-callbacks", Self::PanickingCallbacks, |_| panicking_callbacks()),
        ("end-of-main", Self::EndOfMain, |arguments| end_of_main(&arguments[0], &arguments[1])),
        ("leaks", Self::Leaks, |arguments| leaks(&arguments[0])),
        ("busy-workers", Self::BusyWorkers, |arguments| busy_workers(arguments)),
        ("limited-files", Self::LimitedFiles, |_| limited_files()),
        ("forks", Self::Forks, |arguments| forks::program(&arguments[0])),
        ("early-file", Self::EarlyFile, |_| surroundings::early_file()),
        ("blocked-signals", Self::BlockedSignals, |_| surroundings::blocked_signals()),
        ("ignores", Self::Ignores, |_| surroundings::ignores()),
        ("many-workers", Self::ManyWorkers, |arguments| surroundings::many_workers(&arguments[0])),
    ];

    pub(crate) fn start(self) -> Start {
        self.with(&[])
    }

    pub(crate) fn with(self, arguments: &[&str]) -> Start {
        let is_this = |(_, probe, _): &&(_, Self, _)| *probe as u8 == self as u8;
        let (name, ..) = Self::ALL.iter().find(is_this).unwrap();
        Start([&["--probe", name], arguments].concat().iter().map(ToString::to_string).collect(), None)
    }

    pub(crate) fn output(self) -> Output {
        self.start().output()
    }
}

impl Start {
    /// With that in its environment.
    pub(crate) fn env(mut self, name: &'static str, value: &Path) -> Self {
        self.1 = Some((name, value.to_path_buf()));
        self
    }

    pub(crate) fn spawn(&self) -> Child {
        self.command().spawn().unwrap()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        // A group of its own, as a shell gives it.
        command.args(&self.0).process_group(0).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).envs(self.1.clone());
        command
    }

    pub(crate) fn output(&self) -> Output {
        self.spawn().wait_with_output().unwrap()
    }

    /// Its standard error goes to that file.
    pub(crate) fn output_to(&self, stderr: std::fs::File) -> Output {
        self.command().stderr(stderr).spawn().unwrap().wait_with_output().unwrap()
    }
}

/// Does what the command line asks for, if it asks for a probe.
pub(crate) fn run() -> bool {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [flag, name, rest @ ..] = &arguments[..] else { return false };
    if flag != "--probe" {
        return false;
    }
    let (_, _, probe) = Probe::ALL.iter().find(|(known, ..)| known == name).unwrap();
    probe(rest);
    true
}

fn panicking_callbacks() {
    let (promise, future) = pair();
    future.add_done_callback(|_| panic!("first on purpose"));
    future.add_done_callback(|_| print!("second "));
    promise.set_result(1).unwrap();
    future.add_done_callback(|_| panic!("third on purpose"));
    future.add_done_callback(|_| println!("fourth"));
}

fn end_of_main(executor: &str, wait: &str) {
    let executor = subjects::find(executor).start(2).unwrap();
    executor.submit(Pause(50)).unwrap();
    let future = executor.submit(Pause(100)).unwrap();
    future.add_done_callback(|future| {
        if future.result(None) == Ok(100) {
            println!("apple");
        }
    });
    if wait == "no-wait" {
        executor.shutdown(Wait::No, CancelFutures::No);
    }
}

/// What a process has: threads, descriptors, children, shared memory.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Possessions {
    threads: usize,
    descriptors: usize,
    children: usize,
    shared_segments: usize,
}

fn possessions() -> Possessions {
    let entries = |path: &str| std::fs::read_dir(path).unwrap().count();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut children = 0;
    for thread in std::fs::read_dir("/proc/self/task").unwrap() {
        // A thread that has just ended has none.
        let list = std::fs::read_to_string(thread.unwrap().path().join("children")).unwrap_or_default();
        children += list.split_whitespace().count();
    }
    Possessions {
        threads: entries("/proc/self/task"),
        descriptors: entries("/proc/self/fd"),
        children,
        shared_segments: maps
            .lines()
            .filter(|line| line.contains("memfd:") || line.contains("/dev/shm"))
            .count(),
    }
}

fn leaks(executor: &str) {
    let kind = subjects::find(executor);
    let use_one = |number: u64| {
        let executor = kind.start(2).unwrap();
        let futures = [0, 1].map(|task| executor.submit(Square(number + task)).unwrap());
        match number % 3 {
            0 => drop(futures.map(|future| future.result(None).unwrap())),
            1 => executor.shutdown(Wait::Yes, CancelFutures::Yes),
            _ => executor.shutdown(Wait::No, CancelFutures::No),
        }
    };
    // What is made once for all pools is no leak. A thread that has been joined is listed for a moment
    // longer: the one that is left is this.
    use_one(0);
    wait_until("no thread is left of the first pool", || possessions().threads == 1);
    let before = possessions();
    (0..1000).for_each(use_one);
    let start = std::time::Instant::now();
    while possessions() != before && start.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(10));
    }
    println!("{before:?}\n{:?}", possessions());
}

fn busy_workers(arguments: &[String]) {
    let is = |what: &str| arguments.iter().any(|argument| argument == what);
    let interrupt = is("decides").then(|| Interrupt::install().unwrap());
    let executor = ProcessPoolExecutor::new(2).unwrap();
    let gate = Gate::new();
    let held = [0, 1].map(|number| {
        if is("unprotected") {
            executor.submit(HoldUnprotected(gate.path(), number)).unwrap()
        } else {
            executor.submit(gate.hold(number)).unwrap()
        }
    });
    wait_until("both run", || gate.begun(0) && gate.begun(1));
    for number in 0..2 {
        println!("{}", gate.process(number).unwrap());
    }
    // Without a handler it is there to be killed.
    wait_until("Ctrl-C", || interrupt.as_ref().is_some_and(Interrupt::requested));
    std::thread::sleep(Duration::from_millis(300));
    executor.terminate_workers();
    let ended = held.iter().filter(|future| matches!(future.result(None), Err(Error::BrokenPool { .. })));
    eprintln!("interrupted: {} workers ended", ended.count());
    executor.shutdown(Wait::Yes, CancelFutures::No);
    std::process::exit(130);
}

fn limited_files() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let limit = Some(256 << 10);
    setrlimit(Resource::Fsize, Rlimit { current: limit, maximum: limit }).unwrap();
    let executor = ProcessPoolExecutor::new(1).unwrap();
    println!("{}", executor.submit(Length(vec![1; 100_000])).unwrap().result(None).unwrap_err());
    println!("{}", executor.submit(Square(5)).unwrap().result(None).unwrap());
}
