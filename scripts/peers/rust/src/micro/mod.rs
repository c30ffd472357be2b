//! The contests, and the tasks that they are held with.
//!
//! * `processes`, `threads`: the contests; [`python`]: the pools of an interpreter as contenders

mod processes;
pub(crate) mod python;
mod threads;

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use speedup::executor::Task;
use speedup::machine::clock::monotonic_ns;

use python::Python;
use speedup_bench_support::Bench;

/// Workers of the pools that are measured when they are there.
const WORKERS: usize = 2;

/// Workers of the pools whose start is measured.
const STARTED: usize = 4;

/// Every contest.
pub(crate) static CONTESTS: &[fn(&mut Bench, &[Python])] = &[
    processes::round_trip,
    processes::tasks,
    processes::megabyte,
    processes::start,
    threads::round_trip,
    threads::tasks,
];

/// Bytes that are sent as such, and not one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl serde::de::Visitor<'_> for Visitor {
            type Value = Bytes;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }

            fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(bytes))
            }
        }

        deserializer.deserialize_byte_buf(Visitor)
    }
}

/// Gives back what it is given.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Echo(Bytes);

impl Task for Echo {
    const NAME: &'static str = "peers.echo";
    type Output = Bytes;

    fn run(self) -> Bytes {
        self.0
    }
}

/// Waits until so many workers are here, and tells when this one came. Workers of any program meet by
/// adding a byte to a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Meet {
    file: PathBuf,
    workers: u64,
}

impl Task for Meet {
    const NAME: &'static str = "peers.meet";
    type Output = Result<u64, String>;

    fn run(self) -> Result<u64, String> {
        let came = monotonic_ns();
        let failed = |error: std::io::Error| format!("{}: {error}", self.file.display());
        let mut file = OpenOptions::new().append(true).open(&self.file).map_err(failed)?;
        file.write_all(b"x").map_err(failed)?;
        while file.metadata().map_err(failed)?.len() < self.workers {
            if monotonic_ns() - came > 30_000_000_000 {
                return Err("not all workers have come within 30 s".to_string());
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        Ok(came)
    }
}

/// Nanoseconds from before a pool is started to when the last of its workers has begun a task.
/// `start` starts it, runs the tasks given, waits for their results and gives them with the pool.
fn started<P>(start: impl Fn(Vec<Meet>) -> (P, Vec<u64>)) -> u64 {
    let file = std::env::temp_dir().join(format!("speedup-peers-{}-meeting", std::process::id()));
    std::fs::write(&file, b"").expect("there is a folder for temporary files");
    let tasks = vec![Meet { file: file.clone(), workers: STARTED as u64 }; STARTED];
    let begin = monotonic_ns();
    let (pool, came) = start(tasks);
    let last = came.into_iter().max().expect("it has workers");
    drop(pool);
    remove(&file);
    last - begin
}

fn remove(file: &Path) {
    // It is in the folder for temporary files.
    let _ = std::fs::remove_file(file);
}
