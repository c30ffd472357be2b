//! A storm: pools of every kind whose workers are killed at any time, and programs with pools that are killed
//! themselves. What became of every future is counted by kind.
//!
//! None may hang, be lost or have a wrong result, and no process, thread or descriptor may stay. A short storm
//! runs with the tests. A long one:
//!
//! ```text
//! SPEEDUP_STORM=2000 cargo test --workspace --test storm
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use speedup_executor::task::TaskEntry;
use speedup_executor::{
    CancelFutures, Error, Executor, Future, MapOptions, OnCrash, ProcessPoolExecutor, Spin, Task, Wait,
    worker,
};

/// Iterations where none are asked for.
const SHORT: u64 = 30;

/// One of so many iterations kills a program with a pool in place of workers.
const PARENTS: u64 = 5;

/// What takes longer is a hang.
const HANG: Duration = Duration::from_secs(60);

/// In the environment of a program that is to be killed: its seed.
const PARENT: &str = "SPEEDUP_STORM_PARENT";

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Act {
    Square(u64),
    Echo(Vec<u8>),
    /// A long one stands apart from the messages.
    Text(String),
    Pause(u64),
    Die(u8),
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Made {
    Number(u64),
    Bytes(Vec<u8>),
    Text(String),
}

impl Task for Act {
    const NAME: &'static str = "act";
    type Output = Made;

    fn run(self) -> Made {
        match self {
            Self::Square(number) => Made::Number(number * number),
            Self::Echo(bytes) => Made::Bytes(bytes),
            Self::Text(text) => Made::Text(text),
            Self::Pause(us) => {
                thread::sleep(Duration::from_micros(us));
                Made::Number(us)
            }
            Self::Die(0) => panic!("on purpose"),
            Self::Die(1) => std::process::exit(3),
            Self::Die(2) => std::process::abort(),
            Self::Die(_) => {
                kill(std::process::id(), Signal::KILL);
                Made::Number(0)
            }
        }
    }
}

impl Act {
    fn random(random: &mut Xoshiro256PlusPlus) -> Self {
        match random.random_range(0..100) {
            0..60 => Self::Square(random.random_range(0..1 << 20)),
            60..70 => Self::Echo(vec![random.random(); random.random_range(0..4096)]),
            70..72 => Self::Echo(vec![random.random(); random.random_range(0..1 << 20)]),
            72..80 => {
                let letter = char::from(random.random_range(b'a'..=b'z'));
                let length = 1 << random.random_range(0..21);
                Self::Text(letter.to_string().repeat(random.random_range(0..length)))
            }
            80..97 => Self::Pause(random.random_range(0..2000)),
            _ => Self::Die(random.random_range(0..4)),
        }
    }

    /// What it makes, where it does.
    fn expected(&self) -> Option<Made> {
        match self {
            Self::Square(number) => Some(Made::Number(number * number)),
            Self::Echo(bytes) => Some(Made::Bytes(bytes.clone())),
            Self::Text(text) => Some(Made::Text(text.clone())),
            Self::Pause(us) => Some(Made::Number(*us)),
            Self::Die(_) => None,
        }
    }
}

/// How many ended in each way.
type Tally = BTreeMap<String, u64>;

fn count(tally: &mut Tally, kind: &str) {
    *tally.entry(kind.to_string()).or_default() += 1;
}

/// How a task ended, by kind: one that begins with `!` must not be.
fn kind(act: &Act, result: Result<Made, Error>) -> String {
    match (result, act.expected()) {
        (Ok(made), Some(expected)) if made == expected => "result".to_string(),
        (Ok(_), _) => "! wrong result".to_string(),
        (Err(Error::Panicked { .. }), None) => "panicked".to_string(),
        // One that was killed while it started has its own error, which breaks the pool.
        (
            Err(
                error @ (Error::Cancelled
                | Error::WorkerDied { .. }
                | Error::BrokenPool { .. }
                | Error::Spawn { .. }),
            ),
            _,
        ) => error.name().to_string(),
        (Err(error), _) => format!("! {error}"),
    }
}

fn kill(process: u32, signal: Signal) {
    if let Some(pid) = Pid::from_raw(process.cast_signed()) {
        // It may be gone.
        let _ = kill_process(pid, signal);
    }
}

/// The children of a process, by its threads.
fn children(process: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
        .collect()
}

fn start(random: &mut Xoshiro256PlusPlus) -> ProcessPoolExecutor {
    let on_crash = [OnCrash::BreakPool, OnCrash::FailTaskAndReplace][random.random_range(0..2)];
    let builder = ProcessPoolExecutor::builder()
        .max_workers(random.random_range(1..=4))
        .on_crash(on_crash)
        .spin([Spin::Adaptive, Spin::Never][random.random_range(0..2)]);
    let limited = random.random_range(0..4) == 0;
    if limited { builder.max_tasks_per_child(random.random_range(1..20)) } else { builder }.build().unwrap()
}

/// One pool, and what becomes of its futures.
fn storm(random: &mut Xoshiro256PlusPlus, tally: &mut Tally) {
    let pool = Arc::new(start(random));
    let over = Arc::new(AtomicBool::new(false));
    let killer = (random.random_range(0..3) > 0).then(|| {
        let (over, mut random) = (Arc::clone(&over), Xoshiro256PlusPlus::seed_from_u64(random.random()));
        thread::spawn(move || {
            while !over.load(SeqCst) {
                thread::sleep(Duration::from_micros(random.random_range(0..20_000)));
                let workers = children(std::process::id());
                if !workers.is_empty() && !over.load(SeqCst) {
                    kill(workers[random.random_range(0..workers.len())], Signal::KILL);
                }
            }
        })
    });
    let told = Arc::new(AtomicU64::new(0));
    let mut waiting: Vec<(Act, Future<Made>)> = Vec::new();
    for _ in 0..random.random_range(1..80) {
        let act = Act::random(random);
        match pool.submit(act.clone()) {
            Ok(future) => {
                let (pool, told) = (Arc::clone(&pool), Arc::clone(&told));
                let waits = random.random_range(0..20) == 0;
                future.add_done_callback(move |_| {
                    if waits && let Ok(future) = pool.submit(Act::Square(3)) {
                        let _ = future.exception(HANG);
                    }
                    drop(pool);
                    told.fetch_add(1, SeqCst);
                });
                if random.random_range(0..30) == 0 {
                    future.cancel();
                }
                waiting.push((act, future));
            }
            Err(_) => count(tally, "refused"),
        }
    }
    if random.random_range(0..3) == 0 {
        let acts: Vec<Act> = (0..random.random_range(1..60)).map(|_| Act::random(random)).collect();
        let options = MapOptions::new().chunksize(random.random_range(1..10));
        for (act, result) in acts.iter().zip(pool.map_with(acts.clone(), options)) {
            let refused = matches!(result, Err(Error::BrokenPool { .. }));
            count(tally, &if refused { "BrokenPool".to_string() } else { kind(act, result) });
        }
    }
    match random.random_range(0..8) {
        0 => pool.kill_workers(),
        1 => pool.terminate_workers(),
        2 => pool.shutdown(Wait::No, CancelFutures::Yes),
        3 => pool.shutdown(Wait::Yes, CancelFutures::No),
        _ => {}
    }
    let submitted = waiting.len() as u64;
    drop(pool);
    for (act, future) in waiting {
        let kind = match future.take(HANG) {
            Err(Error::Timeout { .. }) => "! hang".to_string(),
            result => kind(&act, result),
        };
        count(tally, &kind);
    }
    over.store(true, SeqCst);
    killer.map(thread::JoinHandle::join);
    let begin = Instant::now();
    // Callbacks hold the pool: when the last is told, and all is reaped, it is gone.
    while told.load(SeqCst) < submitted || !children(std::process::id()).is_empty() {
        if begin.elapsed() > HANG {
            let kind = if told.load(SeqCst) < submitted { "! callback lost" } else { "! process left" };
            return count(tally, kind);
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// A program with a pool, which is killed.
fn kill_parent(random: &mut Xoshiro256PlusPlus, tally: &mut Tally) {
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .env(PARENT, random.random::<u32>().to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let begin = Instant::now();
    // Its workers are started before the first task is done; before that there is no one to be left.
    let wanted = random.random_range(0..3);
    while children(parent.id()).len() < wanted && begin.elapsed() < HANG {
        thread::sleep(Duration::from_micros(500));
    }
    thread::sleep(Duration::from_micros(random.random_range(0..10_000)));
    let workers = children(parent.id());
    parent.kill().unwrap();
    parent.wait().unwrap();
    for worker in workers {
        let is_worker = || {
            let stat = fs::read_to_string(format!("/proc/{worker}/stat")).unwrap_or_default();
            stat.contains("speedup-worker") && !stat.contains(") Z ")
        };
        let begin = Instant::now();
        while is_worker() && begin.elapsed() < HANG {
            thread::sleep(Duration::from_millis(1));
        }
        count(tally, if is_worker() { "! orphan" } else { "worker of a killed program, gone" });
    }
    count(tally, "program killed");
}

/// The program that is killed.
fn be_killed(seed: u64) -> ! {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    loop {
        storm(&mut random, &mut Tally::new());
    }
}

/// Threads and open files of this process.
fn taken() -> [usize; 2] {
    ["task", "fd"].map(|what| fs::read_dir(format!("/proc/self/{what}")).map_or(0, Iterator::count))
}

fn main() -> ExitCode {
    worker::init(const { &[TaskEntry::of::<Act>()] });
    if let Some(seed) = std::env::var(PARENT).ok().and_then(|seed| seed.parse().ok()) {
        be_killed(seed);
    }
    if !cfg!(target_os = "linux") {
        println!("no storm: it finds processes in /proc");
        return ExitCode::SUCCESS;
    }
    let iterations = std::env::var("SPEEDUP_STORM").ok().and_then(|n| n.parse().ok()).unwrap_or(SHORT);
    let first = std::env::var("SPEEDUP_STORM_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    let (mut tally, mut before) = (Tally::new(), [0; 2]);
    let begin = Instant::now();
    for seed in first..first + iterations {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        if seed % PARENTS == PARENTS - 1 {
            kill_parent(&mut random, &mut tally);
        } else {
            storm(&mut random, &mut tally);
        }
        if tally.keys().any(|kind| kind.starts_with('!')) {
            println!("storm of seed {seed}: {tally:#?}");
            return ExitCode::FAILURE;
        }
        if seed == first {
            before = settled(|now| now[0] == 1);
        }
    }
    let after = settled(|now| now == before);
    println!("{iterations} storms in {:.0} s: {tally:#?}", begin.elapsed().as_secs_f64());
    println!("threads and files before and after: {before:?} {after:?}");
    if after == before { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What is taken, once it is as it should be, or will not be.
fn settled(good: impl Fn([usize; 2]) -> bool) -> [usize; 2] {
    let begin = Instant::now();
    while !good(taken()) && begin.elapsed() < HANG {
        thread::sleep(Duration::from_millis(1));
    }
    taken()
}
