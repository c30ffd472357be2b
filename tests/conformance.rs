//! Every registered executor with every registered workload, and what every executor promises.
//!
//! The test harness is our own `main`, because worker processes are this program started again
//! and must become workers before anything else happens.

use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Trial};
use serde::{Deserialize, Serialize};
use speedup::executor::task::TaskEntry;
use speedup::executor::{EXECUTORS, Error, Executor, ExecutorKind, Exit, Task, current_worker, worker};
use speedup::study;
use speedup::study::job::BatchJob;
use speedup::workload::{Job, Scale, WORKLOADS};

static TASKS: &[TaskEntry] = &[
    TaskEntry::of::<BatchJob>(),
    TaskEntry::of::<Square>(),
    TaskEntry::of::<Spread>(),
    TaskEntry::of::<Panic>(),
    TaskEntry::of::<Echo>(),
    TaskEntry::of::<Print>(),
    TaskEntry::of::<ReadInput>(),
    TaskEntry::of::<Die>(),
    TaskEntry::of::<Pid>(),
    TaskEntry::of::<MakeExplosive>(),
    TaskEntry::of::<Touch>(),
];

fn main() {
    study::set_workloads(WORKLOADS);
    worker::init(TASKS);
    let mut trials = Vec::new();
    for &kind in EXECUTORS {
        let mut add = |what: &str, test: fn(&dyn ExecutorKind)| {
            trials.push(Trial::test(format!("{}: {what}", kind.name()), move || {
                test(kind);
                Ok(())
            }));
        };
        add(
            "same digests as serial from 1 to 4 workers, every workload",
            every_workload_gives_the_serial_digests,
        );
        add("map gives results in input order", map_keeps_the_order);
        add("a panic is that task's error alone", a_panic_is_that_tasks_error_alone);
        add("shutdown lets queued work finish", shutdown_drains);
        add("no more than max_workers workers", never_more_workers_than_asked_for);
        // Serial has no workers to shut down, and drops outputs in the caller, whose panic it is.
        if kind.name() != "serial" {
            add("a panic while an output is dropped harms nobody else", a_panicking_drop_harms_nobody);
            add("two shutdowns at once both wait to the end", two_shutdowns_both_wait);
            add("submit after shutdown is an error", submit_after_shutdown_is_an_error);
        }
        if kind.name() == "processes" {
            add("a task that is not registered is that task's error", an_unknown_task_is_an_error);
            add("an argument that panics when encoded is that task's error", |kind| {
                a_panic_in_transfer(kind, Touchy::WhenEncoded);
            });
            add("an argument that panics when decoded is that task's error", |kind| {
                a_panic_in_transfer(kind, Touchy::WhenDecoded);
            });
            add("a megabyte there and back", a_megabyte_there_and_back);
            add("printing and reading do not disturb the channel", stdio_does_not_disturb);
            add("a killed worker breaks the pool, naming the signal", a_worker_that_dies_by_kill);
            add("an exiting worker breaks the pool, naming the code", a_worker_that_dies_by_exit);
            add("an aborting worker breaks the pool, naming the signal", a_worker_that_dies_by_abort);
            #[cfg(target_os = "linux")]
            add("no worker process outlives its pool", no_process_is_left);
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// Declares a task: its type, its output and what it does.
macro_rules! task {
    ($task:ident($argument:ty) -> $output:ty, $run:expr) => {
        #[derive(Serialize, Deserialize)]
        struct $task($argument);

        impl Task for $task {
            const NAME: &'static str = stringify!($task);
            type Output = $output;

            fn run(self) -> $output {
                let run: fn($argument) -> $output = $run;
                run(self.0)
            }
        }
    };
}

task!(Square(u64) -> u64, |x| x * x);
task!(Unregistered(u64) -> u64, |x| x);
task!(Panic(String) -> (), |message| panic!("{message}"));
task!(Echo(Vec<u8>) -> Vec<u8>, |bytes| bytes);
// Long enough that one worker cannot have run all of them before the next has started.
task!(Spread(Duration) -> usize, |pause| {
    std::thread::sleep(pause);
    current_worker()
});
task!(Print(String) -> (), |text| {
    print!("{text}");
    eprint!("{text}");
});
task!(ReadInput(()) -> usize, |()| std::io::read_to_string(std::io::stdin()).map_or(usize::MAX, |text| text.len()));
task!(Die(Death) -> (), Death::die);

#[derive(Clone, Copy, Serialize, Deserialize)]
enum Death {
    Kill,
    Exit,
    Abort,
}

impl Death {
    fn die(self) {
        match self {
            Self::Kill => {
                let signal = rustix::process::Signal::KILL;
                rustix::process::kill_process(rustix::process::getpid(), signal).unwrap();
            }
            Self::Exit => std::process::exit(3),
            Self::Abort => std::process::abort(),
        }
    }

    fn exit(self) -> Exit {
        match self {
            Self::Kill => Exit::Signal(9),
            Self::Exit => Exit::Code(3),
            Self::Abort => Exit::Signal(6),
        }
    }
}

fn every_workload_gives_the_serial_digests(kind: &dyn ExecutorKind) {
    for workload in WORKLOADS {
        let sizes = workload.sizes(Scale::Tiny).into_iter().enumerate();
        let jobs: Vec<Job> = sizes.map(|(index, size)| Job { seed: 5, index, size }).collect();
        let direct =
            |&job: &Job| workload.compute(&mut workload.generate(job), 3).map_err(|fault| fault.to_string());
        let expected: Vec<_> = jobs.iter().map(direct).collect();
        for workers in 1..=4 {
            let executor = kind.start(workers).unwrap();
            let tasks =
                jobs.iter().map(|&job| BatchJob { workload: workload.name().to_string(), job, passes: 3 });
            let digests: Vec<_> = executor.map(tasks).map(|report| report.unwrap().digest).collect();
            assert_eq!(digests, expected, "{} with {workers} workers", workload.name());
        }
    }
}

fn map_keeps_the_order(kind: &dyn ExecutorKind) {
    let executor = kind.start(3).unwrap();
    let squares: Vec<u64> = executor.map((0..200).map(Square)).map(Result::unwrap).collect();
    assert_eq!(squares, (0..200).map(|x| x * x).collect::<Vec<_>>());
}

fn a_panic_is_that_tasks_error_alone(kind: &dyn ExecutorKind) {
    let executor = kind.start(1).unwrap();
    let panicking = executor.submit(Panic("on purpose".to_string())).unwrap();
    let other = executor.submit(Square(3)).unwrap();
    assert_eq!(panicking.result(), Err(Error::Panicked { message: "on purpose".to_string() }));
    assert_eq!(other.result(), Ok(9));
}

fn shutdown_drains(kind: &dyn ExecutorKind) {
    let executor = kind.start(2).unwrap();
    let futures: Vec<_> = (0..50).map(|x| executor.submit(Square(x)).unwrap()).collect();
    executor.shutdown();
    assert!(futures.iter().all(speedup::executor::Future::done));
    assert_eq!(
        futures.into_iter().map(|future| future.result().unwrap()).sum::<u64>(),
        (0..50).map(|x| x * x).sum::<u64>()
    );
}

fn never_more_workers_than_asked_for(kind: &dyn ExecutorKind) {
    let executor = kind.start(3).unwrap();
    let pauses = (0..12).map(|_| Spread(Duration::from_millis(5)));
    let mut workers: Vec<usize> = executor.map(pauses).map(Result::unwrap).collect();
    workers.sort_unstable();
    workers.dedup();
    executor.shutdown();
    let lives = executor.worker_lives();
    assert!(workers.iter().all(|&worker| worker < executor.max_workers()), "{workers:?}");
    if executor.max_workers() > 1 {
        assert_eq!(lives.len(), 3);
        assert!(lives.iter().all(|life| life.spawned_ns <= life.ready_ns && life.ready_ns <= life.ended_ns));
    }
}

fn submit_after_shutdown_is_an_error(kind: &dyn ExecutorKind) {
    let executor = kind.start(2).unwrap();
    executor.shutdown();
    assert_eq!(executor.submit(Square(1)).unwrap_err(), Error::Shutdown);
}

fn an_unknown_task_is_an_error(kind: &dyn ExecutorKind) {
    let executor = kind.start(1).unwrap();
    let error = executor.submit(Unregistered(1)).unwrap().result().unwrap_err();
    assert!(
        error.to_string().contains("\"Unregistered\"") && error.to_string().contains("not registered"),
        "{error}"
    );
    assert_eq!(executor.submit(Square(2)).unwrap().result(), Ok(4));
}

fn a_megabyte_there_and_back(kind: &dyn ExecutorKind) {
    let executor = kind.start(2).unwrap();
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|i| i as u8).collect();
    let echoes = executor.map((0..4).map(|_| Echo(bytes.clone())));
    assert!(echoes.map(Result::unwrap).all(|echo| echo == bytes));
}

fn stdio_does_not_disturb(kind: &dyn ExecutorKind) {
    let executor = kind.start(1).unwrap();
    executor.submit(Print("printed by a task\n".to_string())).unwrap().result().unwrap();
    assert_eq!(executor.submit(ReadInput(())).unwrap().result(), Ok(0));
    assert_eq!(executor.submit(Square(2)).unwrap().result(), Ok(4));
}

fn a_worker_that_dies_by_kill(kind: &dyn ExecutorKind) {
    a_dead_worker(kind, Death::Kill);
}

fn a_worker_that_dies_by_exit(kind: &dyn ExecutorKind) {
    a_dead_worker(kind, Death::Exit);
}

fn a_worker_that_dies_by_abort(kind: &dyn ExecutorKind) {
    a_dead_worker(kind, Death::Abort);
}

/// One worker dies while another runs a long task and more are queued: every one of them gets the
/// error, the long task is not waited for, and later submissions fail.
fn a_dead_worker(kind: &dyn ExecutorKind, death: Death) {
    let start = Instant::now();
    let executor = kind.start(2).unwrap();
    let long = executor.submit(Spread(Duration::from_secs(60))).unwrap();
    let dying = executor.submit(Die(death)).unwrap();
    let queued: Vec<_> = (0..10).map(|x| executor.submit(Square(x)).unwrap()).collect();
    let error = dying.result().unwrap_err();
    assert!(matches!(error, Error::BrokenPool { exit, .. } if exit == death.exit()), "{error}");
    assert_eq!(long.result().unwrap_err(), error);
    for future in queued {
        assert_eq!(future.result().unwrap_err(), error);
    }
    assert_eq!(executor.submit(Square(1)).unwrap_err(), error);
    executor.shutdown();
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[cfg(target_os = "linux")]
fn no_process_is_left(kind: &dyn ExecutorKind) {
    // Other tests run at the same time and have workers of their own: these here are told apart
    // by what they report of themselves.
    let executor = kind.start(4).unwrap();
    let pids: Vec<u32> =
        executor.map((0..16).map(|_| Pid(Duration::from_millis(2)))).map(Result::unwrap).collect();
    executor.shutdown();
    for pid in pids {
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists(), "process {pid} is left");
    }
}

task!(Pid(Duration) -> u32, |pause| {
    std::thread::sleep(pause);
    std::process::id()
});

/// Its drop panics.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Explosive;

impl Drop for Explosive {
    fn drop(&mut self) {
        // A worker process drops its copy once it has been encoded; the panic to test is that in
        // the parent.
        assert!(is_worker(), "dropped on purpose");
    }
}

fn is_worker() -> bool {
    std::env::args().next().is_some_and(|name| name == "speedup-worker")
}

task!(MakeExplosive(Duration) -> Explosive, |pause| {
    std::thread::sleep(pause);
    Explosive
});

fn a_panicking_drop_harms_nobody(kind: &dyn ExecutorKind) {
    let executor = kind.start(1).unwrap();
    drop(executor.submit(MakeExplosive(Duration::from_millis(20))).unwrap());
    assert_eq!(executor.submit(Square(5)).unwrap().result(), Ok(25));
}

fn two_shutdowns_both_wait(kind: &dyn ExecutorKind) {
    let executor = kind.start(2).unwrap();
    let future = executor.submit(Spread(Duration::from_millis(100))).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| executor.shutdown());
        // Whichever comes second finds the workers taken by the first, and must wait all the same.
        std::thread::sleep(Duration::from_millis(10));
        executor.shutdown();
        assert!(future.done());
    });
}

#[derive(Clone, Copy, PartialEq)]
enum Touchy {
    WhenEncoded,
    WhenDecoded,
}

impl Serialize for Touchy {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert!(*self != Self::WhenEncoded, "encoded on purpose");
        serializer.serialize_unit()
    }
}

impl<'de> Deserialize<'de> for Touchy {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("decoded on purpose")
    }
}

task!(Touch(Touchy) -> (), |_| ());

fn a_panic_in_transfer(kind: &dyn ExecutorKind, touchy: Touchy) {
    let executor = kind.start(1).unwrap();
    let error = executor.submit(Touch(touchy)).unwrap().result().unwrap_err();
    assert!(matches!(&error, Error::Panicked { message } if message.contains("on purpose")), "{error}");
    assert_eq!(executor.submit(Square(5)).unwrap().result(), Ok(25));
}
