//! What surrounds a pool and its workers: signals, limits, files, users.

#![allow(unsafe_code)] // signals are blocked and looked at

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::OnceLock;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};
use speedup_executor::{Error, Executor, Exit, OnCrash, SharedBytes, Task};

use crate::deaths::pool;
use crate::gate::{self, Gate};
use crate::probe::Probe;
use crate::subjects;
use crate::suite::{Behaviour, On, Subject, wait_until};
use crate::tasks::{Pause, Square, WhoAmI};

const OWN: On = On::Processes("a thread has its program's");

pub(crate) const BEHAVIOURS: &[Behaviour] = &[
    behaviour("workers end where the program blocks and ignores signals", OWN, signals_are_blocked),
    behaviour("an ignored SIGINT stays ignored, others do not", OWN, ignored_signals),
    behaviour("what is written to a file from before worker::init goes nowhere", OWN, an_early_file),
    behaviour("more shared bytes than descriptors are their task's error", OWN, too_many_files),
    behaviour(
        "fewer workers than were asked for are an error that says so",
        On::Only(&["threads", "processes"], "all start with the pool, or there are none"),
        fewer_workers,
    ),
];

const fn behaviour(name: &'static str, on: On, test: fn(Subject)) -> Behaviour {
    Behaviour { group: "surroundings", name, on, test }
}

/// Where the file is that the program opens before it does anything else.
const EARLY_FILE: &str = "SPEEDUP_TEST_EARLY_FILE";

static EARLY: OnceLock<File> = OnceLock::new();

/// Opens a file before `worker::init`, as a logger may, if a probe wants that.
pub(crate) fn open_early() {
    if let Some(path) = std::env::var_os(EARLY_FILE) {
        EARLY.get_or_init(|| File::options().create(true).append(true).open(path).unwrap());
    }
}

crate::task!(WriteEarly() -> (), |_| EARLY.get().unwrap().write_all(&vec![0xff; 1 << 16]).unwrap());

/// Writes to its file in a worker, between other tasks.
pub(crate) fn early_file() {
    let executor = pool(1, OnCrash::BreakPool);
    for number in 0..5 {
        executor.submit(WriteEarly()).unwrap().result(None).unwrap();
        println!("{}", executor.submit(Square(number)).unwrap().result(None).unwrap());
    }
}

fn an_early_file(_: Subject) {
    let file = tempfile::NamedTempFile::new().unwrap();
    let output = Probe::EarlyFile.start().env(EARLY_FILE, file.path()).output();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "0\n1\n4\n9\n16\n", "{stderr}");
}

/// Blocks all signals, ignores some, and ends its workers.
pub(crate) fn blocked_signals() {
    // SAFETY: the set is filled before it is used; no handler is installed.
    unsafe {
        let mut all = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const all, std::ptr::null_mut());
        libc::signal(libc::SIGTERM, libc::SIG_IGN);
    }
    let executor = pool(2, OnCrash::BreakPool);
    let gate = Gate::new();
    let held = [0, 1].map(|number| executor.submit(gate.hold(number)).unwrap());
    wait_until("both run", || gate.begun(0) && gate.begun(1));
    executor.terminate_workers();
    for future in held {
        match future.result(None) {
            Err(Error::BrokenPool { exit: Exit::Signal(signal), .. }) => println!("{signal}"),
            other => println!("{other:?}"),
        }
    }
}

fn signals_are_blocked(_: Subject) {
    let output = Probe::BlockedSignals.output();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "15\n15\n");
}

/// Whether this process ignores a signal.
fn is_ignored(signal: i32) -> bool {
    // SAFETY: the system writes what was asked for.
    unsafe {
        let mut now: libc::sigaction = std::mem::zeroed();
        assert_eq!(libc::sigaction(signal, std::ptr::null(), &raw mut now), 0);
        now.sa_sigaction == libc::SIG_IGN
    }
}

crate::task!(Ignores() -> [bool; 3], |_| {
    [libc::SIGINT, libc::SIGTERM, libc::SIGUSR1].map(is_ignored)
});

/// Starts as under `trap '' INT TERM USR1`, and tells what its worker ignores.
pub(crate) fn ignores() {
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGUSR1] {
        // SAFETY: no handler is installed.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
    println!("{:?}", pool(1, OnCrash::BreakPool).submit(Ignores()).unwrap().result(None).unwrap());
}

fn ignored_signals(_: Subject) {
    let output = Probe::Ignores.output();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "[true, false, false]\n");
}

// Holds on, and has made the system forget to kill it with its parent, as a change of user does.
crate::task!(HoldUnprotected(PathBuf, u64) -> u64, |task| {
    rustix::process::set_parent_process_death_signal(None).unwrap();
    gate::wait_at(&task.0, task.1);
    task.1
});

// How many bytes they are together; after it has set that limit on files.
crate::task!(LengthOfAll(Option<u64>, Vec<SharedBytes>) -> usize, |task| {
    if let Some(limit) = task.0 {
        let maximum = getrlimit(Resource::Nofile).maximum;
        setrlimit(Resource::Nofile, Rlimit { current: Some(limit), maximum }).unwrap();
    }
    task.1.iter().map(|bytes| bytes.len()).sum()
});

fn too_many_files(_: Subject) {
    let executor = pool(1, OnCrash::BreakPool);
    let worker = executor.submit(WhoAmI(0)).unwrap().result(None).unwrap().process;
    let bytes: Vec<_> = (0..60).map(|number| SharedBytes::copy_of(&[number; 100]).unwrap()).collect();
    assert_eq!(executor.submit(LengthOfAll(Some(40), Vec::new())).unwrap().result(None), Ok(0));
    for _ in 0..3 {
        let error = executor.submit(LengthOfAll(None, bytes.clone())).unwrap().result(None).unwrap_err();
        assert!(matches!(error, Error::Transfer { .. }), "{error}");
        assert!(error.to_string().contains("of its 60 SharedBytes"), "{error}");
        assert_eq!(executor.submit(LengthOfAll(None, bytes[..5].to_vec())).unwrap().result(None), Ok(500));
    }
    assert_eq!(executor.submit(WhoAmI(0)).unwrap().result(None).unwrap().process, worker);
}

/// Asks for a thousand workers where the system gives a few.
pub(crate) fn many_workers(executor: &str) {
    if rustix::process::geteuid().is_root() {
        // Root has no such limit.
        // SAFETY: no other thread runs.
        assert_eq!(unsafe { libc::setresuid(65534, 65534, 65534) }, 0);
    }
    let limit = Some(40);
    setrlimit(Resource::Nproc, Rlimit { current: limit, maximum: limit }).unwrap();
    let executor = subjects::find(executor).start(1000).unwrap();
    let submitted: Vec<_> = (0..1000).map(|_| executor.submit(Pause(20))).collect();
    let results = submitted.into_iter().map(|future| future.and_then(|future| future.result(None)));
    let errors: Vec<_> = results.filter_map(Result::err).collect();
    assert!(errors.iter().all(|error| *error == errors[0]), "{errors:?}");
    println!("{}", errors[0]);
}

fn fewer_workers(subject: Subject) {
    let output = Probe::ManyWorkers.with(&[subject.name()]).output();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && stderr.is_empty(), "{stderr}");
    assert!(
        stdout.starts_with("cannot start worker ") && stdout.contains("was to have 1000 workers"),
        "{stdout}"
    );
}
