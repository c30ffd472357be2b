//! Counts primes in many ranges and shows how far it is, with `as_completed`.
//!
//! ```sh
//! cargo run --release -p speedup-executor --example progress -- threads
//! cargo run --release -p speedup-executor --example progress -- processes
//! ```
//!
//! Results come in the order in which they are done, so that the bar moves with each of them. The executor is chosen
//! by name: the program is the same for threads, processes, rayon, and the serial loop, which runs all in `submit`.

use std::error::Error as StdError;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use speedup_executor::task::TaskEntry;
use speedup_executor::{EXECUTORS, Executor, Future, Task, as_completed, registry, worker};

/// Counts the primes in a range.
#[derive(Serialize, Deserialize)]
struct CountPrimes {
    from: u64,
    to: u64,
}

impl Task for CountPrimes {
    const NAME: &'static str = "count primes";
    type Output = u64;

    fn run(self) -> u64 {
        let is_prime = |&n: &u64| n > 1 && (2..=n.isqrt()).all(|d| !n.is_multiple_of(d));
        (self.from..self.to).filter(is_prime).count() as u64
    }
}

static TASKS: &[TaskEntry] = &[TaskEntry::of::<CountPrimes>()];

const RANGE: u64 = 20_000;
const RANGES: u64 = 200;

/// Draws the bar over the one before; nothing where standard error goes to a file.
fn show(done: usize, all: usize) -> io::Result<()> {
    let mut stderr = io::stderr();
    if !stderr.is_terminal() {
        return Ok(());
    }
    let filled = done * 30 / all;
    write!(stderr, "\r[{}{}] {done}/{all}", "#".repeat(filled), " ".repeat(30 - filled))?;
    if done == all { writeln!(stderr) } else { stderr.flush() }
}

fn main() -> Result<(), Box<dyn StdError>> {
    worker::init(TASKS);
    let name = std::env::args().nth(1).unwrap_or_else(|| "threads".to_string());
    let kind = registry::find(&name).ok_or_else(|| {
        let known: Vec<&str> = EXECUTORS.iter().map(|kind| kind.name()).collect();
        format!("no executor is called '{name}'; known are {}", known.join(", "))
    })?;
    let pool = kind.start(std::thread::available_parallelism()?.get())?;

    let tasks = (0..RANGES).map(|i| CountPrimes { from: i * RANGE, to: (i + 1) * RANGE });
    let futures = tasks.map(|task| pool.submit(task)).collect::<Result<Vec<Future<u64>>, _>>()?;
    let all = futures.len();
    let mut primes = 0;
    for (done, future) in as_completed(futures, Duration::from_secs(60)).enumerate() {
        primes += future?.take(None)?; // the first error is of the wait, the second of the task
        show(done + 1, all)?;
    }
    println!("{primes} primes below {}", RANGE * RANGES);
    Ok(())
}
