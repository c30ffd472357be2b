//! What a task takes while it waits in a queue: how much the process grows by a million of them.

use speedup_executor::{CancelFutures, Executor, ProcessPoolExecutor, ThreadPoolExecutor, Wait};

use crate::tasks::{Increment, Pause};
use speedup_bench_support::{Bench, Limit};

/// The bound that the documentation gives, in bytes, for a task as large as these.
const AT_MOST: f64 = 200.0;

pub(crate) fn hold(bench: &mut Bench) {
    let pending = if bench.measuring() { 1_000_000 } else { 1_000 };
    let name = |executor: &str| format!("memory of a pending task of 8 bytes, {executor}, of {pending}");
    for executor in ["threads", "processes"] {
        let name = name(executor);
        if !bench.wants(&name) {
            continue;
        }
        let bytes = match executor {
            "threads" => growth(&ThreadPoolExecutor::new(1).expect("a worker"), pending),
            _ => growth(&ProcessPoolExecutor::new(1).expect("a worker"), pending),
        };
        match bytes {
            Some(bytes) => bench.fact(&name, bytes, "bytes", Some(Limit::AtMost(AT_MOST))),
            None => bench.note(format!("{name}: the system does not tell how large a process is")),
        }
    }
}

/// By how many bytes the process grows for each of so many tasks that wait, futures included.
fn growth(pool: &impl Executor, pending: usize) -> Option<f64> {
    // The only worker is busy for longer than this takes.
    let pause_ms = pending as u64 / 250;
    let busy = pool.submit(Pause(pause_ms.max(100))).expect("it is open");
    while !busy.running() {
        std::thread::yield_now();
    }
    let before = resident_bytes()?;
    let futures: Vec<_> =
        (0..pending).map(|task| pool.submit(Increment(task as u64)).expect("it is open")).collect();
    let grown = resident_bytes()?.saturating_sub(before);
    pool.shutdown(Wait::No, CancelFutures::Yes);
    assert!(futures.iter().all(speedup_executor::Future::cancelled), "none has begun");
    Some(grown as f64 / pending as f64)
}

/// Bytes of memory that this process has.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(resident.trim().strip_suffix(" kB")?.parse::<u64>().ok()? << 10)
}
