//! What a process pool does when a task ends its worker, under both crash policies.
//!
//! ```sh
//! cargo run --release -p speedup-executor --example crash_policies
//! ```
//!
//! `OnCrash::BreakPool`, the default, is Python's: the pool takes no more tasks, because the worker's state may have
//! mattered. `OnCrash::FailTaskAndReplace` loses one task and continues: right for tasks that stand alone.

use serde::{Deserialize, Serialize};
use speedup_executor::task::TaskEntry;
use speedup_executor::{Error, Executor, OnCrash, ProcessPoolExecutor, Task, worker};

/// Squares a number. 13 aborts the process that runs it, as a fault in a C library might.
#[derive(Serialize, Deserialize)]
struct Square(u64);

impl Task for Square {
    const NAME: &'static str = "square";
    type Output = u64;

    fn run(self) -> u64 {
        if self.0 == 13 {
            std::process::abort();
        }
        self.0 * self.0
    }
}

static TASKS: &[TaskEntry] = &[TaskEntry::of::<Square>()];

/// Says what became of a task, and what a caller can do about it.
fn tell(number: u64, result: &Result<u64, Error>) {
    match result {
        Ok(square) => println!("  {number}: {square}"),
        Err(error @ Error::WorkerDied { .. }) => println!("  {number}: lost; {error}"),
        Err(error @ Error::BrokenPool { .. }) => println!("  {number}: not done; {error}; make another pool"),
        Err(error) => println!("  {number}: {error}"),
    }
}

fn run(policy: OnCrash) -> Result<(), Error> {
    println!("{policy:?}");
    let pool = ProcessPoolExecutor::builder().max_workers(2).on_crash(policy).build()?;
    let numbers = [11, 12, 13, 14, 15];
    for (number, result) in numbers.into_iter().zip(pool.map(numbers.map(Square))) {
        tell(number, &result);
    }
    // After the crash: is there still a pool?
    tell(16, &pool.submit(Square(16)).and_then(|future| future.take(None)));
    Ok(())
}

fn main() -> Result<(), Error> {
    worker::init(TASKS);
    run(OnCrash::BreakPool)?;
    run(OnCrash::FailTaskAndReplace)
}
