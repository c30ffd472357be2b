//! `speedup demo map`: `Executor::map` gives results in the order of the calls, so that the first
//! that is not there yet holds up all behind it (Examples 17-6 and 17-7).

use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Shown, pause, say, workers};
use crate::settings::reader::{duration, whole};
use speedup_executor::{Executor, Task, ThreadPoolExecutor};

#[derive(Debug, Args)]
pub(in crate::cli) struct MapArgs {
    /// Number of worker threads
    #[arg(long, value_name = "N", default_value = "3", allow_hyphen_values = true, value_parser = workers())]
    workers: usize,
    /// Number of tasks; task n loiters for n units
    #[arg(
        long, value_name = "N", default_value = "5", allow_hyphen_values = true,
        value_parser = whole(1..=100_u32)
    )]
    tasks: u32,
    /// The unit of time, such as 1s or 200ms
    #[arg(
        long, value_name = "TIME", default_value = "1s", allow_hyphen_values = true,
        value_parser = duration(Duration::ZERO..=LONGEST)
    )]
    unit: Duration,
    /// Longest task first: its result holds up those that are already there
    #[arg(long)]
    reverse: bool,
}

/// An hour is long for a demonstration.
const LONGEST: Duration = Duration::from_secs(3600);

/// Does nothing for a while, and says so before and after.
#[derive(Debug, Serialize, Deserialize)]
struct Loiter {
    n: u32,
    unit_s: f64,
}

impl Task for Loiter {
    const NAME: &'static str = "speedup.demo.loiter";
    type Output = u32;

    fn run(self) -> u32 {
        let Self { n, unit_s } = self;
        let (tabs, seconds) = ("\t".repeat(n as usize), f64::from(n) * unit_s);
        // Nine digits are nanoseconds; none shows in a round number.
        let shown = (seconds * 1e9).round() / 1e9;
        display(&format!("{tabs}loiter({n}): doing nothing for {shown}s..."));
        pause(seconds);
        display(&format!("{tabs}loiter({n}): done."));
        n * 10
    }
}

pub(super) fn show(args: &MapArgs) -> Shown {
    display("Script starting.");
    let executor = ThreadPoolExecutor::new(args.workers)?;
    let mut numbers: Vec<u32> = (0..args.tasks).collect();
    if args.reverse {
        numbers.reverse();
    }
    let unit_s = args.unit.as_secs_f64();
    let results = executor.map(numbers.into_iter().map(|n| Loiter { n, unit_s }));
    display(&format!("results: {results:?}"));
    display("Waiting for individual results:");
    for (i, result) in results.enumerate() {
        display(&format!("result {i}: {}", result?));
    }
    Ok(())
}

/// Prints a line with the local time before it.
fn display(text: &str) {
    let now = jiff::Zoned::now();
    say(&format!("[{}] {text}\n", now.strftime("%H:%M:%S")));
}
