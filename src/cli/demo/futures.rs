//! `speedup demo futures`: futures as they are scheduled and as they complete (Examples 17-4 and
//! 17-5). Nothing is downloaded: each task waits as long as a download might take.

use std::time::{Duration, Instant};

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Shown, pause, say, workers};
use crate::settings::reader::{Reader, one_of};
use speedup_executor::{EXECUTORS, Executor, ExecutorKind, Future, Task, as_completed};
use speedup_report::record::BASELINE;

#[derive(Debug, Args)]
pub(in crate::cli) struct FuturesArgs {
    /// Number of workers
    #[arg(long, value_name = "N", default_value = "3", allow_hyphen_values = true, value_parser = workers())]
    workers: usize,
    /// The executor: threads, processes or rayon
    #[arg(
        long, value_name = "NAME", default_value = "threads", value_parser = pools(),
        hide_possible_values = true
    )]
    executor: Pool,
}

/// An executor with workers.
#[derive(Clone, Copy)]
struct Pool(&'static dyn ExecutorKind);

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name())
    }
}

fn pools() -> Reader<Pool> {
    let pools = EXECUTORS.iter().filter(|kind| kind.name() != BASELINE);
    one_of("pool", pools.map(|kind| (kind.name(), kind.summary(), Pool(*kind))))
}

/// The five most populous countries in alphabetical order, and the seconds that each takes: with three
/// workers they come in the order of the book's listing.
const COUNTRIES: [(&str, f64); 5] = [("BR", 0.4), ("CN", 0.2), ("ID", 0.45), ("IN", 0.3), ("US", 0.3)];

/// How long a task may take to be with its worker.
const PATIENCE: Duration = Duration::from_secs(2);

/// Waits, prints the country's code and gives it back.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Download {
    cc: String,
    seconds: f64,
}

impl Task for Download {
    const NAME: &'static str = "speedup.demo.download";
    type Output = String;

    fn run(self) -> String {
        pause(self.seconds);
        say(&format!("{} ", self.cc));
        self.cc
    }
}

pub(super) fn show(args: &FuturesArgs) -> Shown {
    let start = Instant::now();
    let workers = args.workers;
    let executor = args.executor.0.start(workers)?;
    let mut to_do = Vec::new();
    for (cc, seconds) in COUNTRIES {
        let future = executor.submit(Download { cc: cc.to_string(), seconds })?;
        if to_do.len() < workers {
            wait_for_its_worker(&future);
        }
        say(&format!("Scheduled for {cc}: {future}\n"));
        to_do.push(future);
    }
    let mut count = 0;
    for future in as_completed(to_do, None) {
        let future = future?;
        let cc = future.result(None)?;
        say(&format!("{future} result: '{cc}'\n"));
        count += 1;
    }
    say(&format!("\n{count} flags downloaded in {:.2}s\n", start.elapsed().as_secs_f64()));
    Ok(())
}

/// There is a worker for the task, but it may have to start first; what is shown is the state once it
/// has.
fn wait_for_its_worker<T>(future: &Future<T>) {
    let start = Instant::now();
    while !future.running() && !future.done() && start.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(1));
    }
}
