//! What a pool leaves behind, and what its workers can see and touch.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use speedup_executor::Executor;

use crate::probe::Probe;
use crate::suite::{Behaviour, On, Subject, is_dead, wait_until};
use crate::tasks::{MakeExplosive, OpenFiles, Print, ReadInput, Square};

pub(crate) const BEHAVIOURS: &[Behaviour] = &[
    behaviour("a thousand pools opened and dropped leave nothing", On::Every, no_leak),
    behaviour("a panic while an output is dropped harms nobody else", On::Pools, a_panicking_drop),
    behaviour(
        "printing and reading do not disturb the channel",
        On::Processes("there is no channel"),
        stdio_does_not_disturb,
    ),
    behaviour(
        "a worker has none of the parent's open files",
        On::Processes("a thread has them all"),
        no_inherited_files,
    ),
    behaviour(
        "workers are gone within a second of a parent that was killed",
        On::Processes("threads go with their program"),
        no_orphans,
    ),
    behaviour(
        "Ctrl-C reaches the parent alone, which decides",
        On::Processes("threads go with their program"),
        interrupted,
    ),
];

const fn behaviour(name: &'static str, on: On, test: fn(Subject)) -> Behaviour {
    Behaviour { group: "hygiene", name, on, test }
}

/// Threads, descriptors, child processes and shared memory before and after, counted in a process of
/// its own, since other tests have pools too.
fn no_leak(subject: Subject) {
    let output = Probe::Leaks.with(&[subject.name()]).output();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{stdout}{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{stdout}");
    assert_eq!(lines[0], lines[1]);
}

fn a_panicking_drop(subject: Subject) {
    let executor = subject.start(1);
    drop(executor.submit(MakeExplosive(20)).unwrap());
    assert_eq!(executor.submit(Square(5)).unwrap().result(None), Ok(25));
}

fn stdio_does_not_disturb(subject: Subject) {
    let executor = subject.start(1);
    executor.submit(Print("printed by a task\n".to_string())).unwrap().result(None).unwrap();
    assert_eq!(executor.submit(ReadInput()).unwrap().result(None), Ok(0));
    assert_eq!(executor.submit(Square(2)).unwrap().result(None), Ok(4));
}

fn no_inherited_files(subject: Subject) {
    let file = tempfile::NamedTempFile::new().unwrap();
    // A duplicate that is made this way stays open in every program that is started.
    let _inheritable = rustix::io::dup(file.as_file()).unwrap();
    let executor = subject.start(2);
    for _ in 0..2 {
        let open = executor.submit(OpenFiles()).unwrap().result(None).unwrap();
        assert!(!open.iter().any(|name| *name == file.path().display().to_string()), "{open:?}");
        // Its channel, and the watchdog's handle to it.
        let sockets = open.iter().filter(|name| name.starts_with("socket:"));
        let own = sockets.collect::<std::collections::HashSet<_>>();
        assert_eq!(own.len(), 1, "{open:?}");
    }
}

/// A program with two workers in long tasks, and their process ids.
fn with_busy_workers(probe: &crate::probe::Start) -> (std::process::Child, Vec<u32>) {
    let mut parent = probe.spawn();
    let mut lines = BufReader::new(parent.stdout.take().unwrap()).lines();
    let workers = (0..2).map(|_| lines.next().unwrap().unwrap().parse().unwrap()).collect();
    (parent, workers)
}

fn no_orphans(_: Subject) {
    // Those that are not protected have made the system forget to kill them with their parent.
    for probe in [Probe::BusyWorkers.start(), Probe::BusyWorkers.with(&["unprotected"])] {
        let (mut parent, workers) = with_busy_workers(&probe);
        assert!(!workers.iter().any(|&worker| is_dead(worker)));
        parent.kill().unwrap();
        let killed = std::time::Instant::now();
        wait_until("the workers are gone", || workers.iter().all(|&worker| is_dead(worker)));
        assert!(killed.elapsed() < Duration::from_secs(1), "{:?}", killed.elapsed());
        parent.wait().unwrap();
    }
}

/// A terminal sends Ctrl-C to the whole process group.
fn interrupted(_: Subject) {
    let (parent, workers) = with_busy_workers(&Probe::BusyWorkers.with(&["decides"]));
    let group = Pid::from_raw(parent.id().cast_signed()).unwrap();
    kill_process_group(group, Signal::INT).unwrap();
    // The parent takes its time, and its workers go on meanwhile.
    std::thread::sleep(Duration::from_millis(100));
    assert!(!workers.iter().any(|&worker| is_dead(worker)));
    let output = parent.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "interrupted: 2 workers ended\n");
    assert!(workers.iter().all(|&worker| is_dead(worker)));
}
