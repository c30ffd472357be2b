//! `speedup demo crash`: one of six tasks ends its worker. What becomes of the others in a pool of
//! threads, in a pool of processes that breaks, and in one that replaces the worker.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Shown, pause, say};
use crate::settings::reader::{Reader, one_of};
use speedup_executor::{Error, Executor, Exit, OnCrash, ProcessPoolExecutor, Task, ThreadPoolExecutor};

#[derive(Debug, Args)]
pub(in crate::cli) struct CrashArgs {
    /// Only the process pool with this policy, break or replace [default: a pool of threads, then both]
    #[arg(long, value_name = "POLICY", value_parser = policies(), hide_possible_values = true)]
    on_crash: Option<OnCrash>,
    /// Runs the pool of threads in this very process, which ends with it
    #[arg(long, hide = true)]
    threads_only: bool,
}

fn policies() -> Reader<OnCrash> {
    let policies = [
        ("break", "the pool breaks", OnCrash::BreakPool),
        ("replace", "the worker is replaced", OnCrash::FailTaskAndReplace),
    ];
    one_of("policy", policies)
}

const TASKS: u64 = 6;
const WORKERS: usize = 2;

/// The task that ends its worker.
const DEADLY: u64 = 2;

/// The option under which the program is started again to run the pool of threads, which it does not
/// survive.
const THREADS_ONLY: &str = "--threads-only";

/// Gives the square of its number, or aborts.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Step(u64);

impl Task for Step {
    const NAME: &'static str = "speedup.demo.step";
    type Output = u64;

    fn run(self) -> u64 {
        // The deadly one ends first, while another one runs.
        pause(if self.0 == DEADLY { 0.05 } else { 0.1 });
        if self.0 == DEADLY {
            std::process::abort();
        }
        self.0 * self.0
    }
}

pub(super) fn show(args: &CrashArgs) -> Shown {
    if args.threads_only {
        results(&ThreadPoolExecutor::new(WORKERS)?);
        return Ok(());
    }
    say(&format!("{TASKS} tasks for {WORKERS} workers; task {DEADLY} aborts.\n"));
    if args.on_crash.is_none() {
        threads()?;
    }
    for (policy, title) in [
        (OnCrash::BreakPool, "A pool of processes that breaks:"),
        (OnCrash::FailTaskAndReplace, "A pool of processes that replaces the worker:"),
    ] {
        if args.on_crash.is_none_or(|chosen| chosen == policy) {
            say(&format!("\n{title}\n"));
            let pool = ProcessPoolExecutor::builder().max_workers(WORKERS).on_crash(policy).build()?;
            results(&pool);
            let later = pool.submit(Step(10)).and_then(|future| future.result(None));
            say(&format!("one more task: {}\n", shown(&later)));
        }
    }
    Ok(())
}

/// Runs the tasks and prints each result as it comes in order.
fn results(executor: &impl Executor) {
    for (number, result) in executor.map((0..TASKS).map(Step)).enumerate() {
        say(&format!("task {number}: {}\n", shown(&result)));
    }
}

fn shown(result: &Result<u64, Error>) -> String {
    match result {
        Ok(square) => square.to_string(),
        Err(error) => error.to_string(),
    }
}

/// Runs the pool of threads in a separate process, which it does not survive.
fn threads() -> Shown {
    say("\nA pool of threads:\n");
    let failed = |error: std::io::Error| Error::Spawn { worker: 0, reason: error.to_string() };
    let mut program = Command::new(std::env::current_exe().map_err(failed)?)
        .args(["demo", "crash", THREADS_ONLY])
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let mut lines = 0;
    for line in program.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines) {
        say(&format!("{}\n", line.map_err(failed)?));
        lines += 1;
    }
    let exit = Exit::from(program.wait().map_err(failed)?);
    say(&format!("the whole program {exit}: {} of {TASKS} results are lost\n", TASKS - lines));
    Ok(())
}
