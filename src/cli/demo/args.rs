//! The arguments of the demonstrations.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use crate::study::config::MAX_WORKERS;
use speedup_executor::{EXECUTORS, ExecutorKind, registry};
use speedup_report::record::BASELINE;

#[allow(clippy::cast_possible_wrap)] // it is small
const WORKERS: i64 = MAX_WORKERS as i64;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Demo {
    /// A whole batch: results in the order of the calls, however long each takes
    Map(MapArgs),
    /// Futures as they are scheduled, run and completed
    Futures(FuturesArgs),
    /// A task that ends its worker: in threads, in processes that break, in processes that go on
    Crash(CrashArgs),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct MapArgs {
    /// Number of worker threads
    #[arg(long, value_name = "N", default_value = "3", value_parser = clap::value_parser!(u16).range(1..=WORKERS))]
    pub(in crate::cli) workers: u16,
    /// Number of tasks; task n loiters for n units
    #[arg(long, value_name = "N", default_value = "5", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(in crate::cli) tasks: u32,
    /// The unit of time, such as 1s or 200ms
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = time)]
    pub(in crate::cli) unit: Duration,
    /// Longest task first: its result holds up those that are there already
    #[arg(long)]
    pub(in crate::cli) reverse: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct FuturesArgs {
    /// Number of workers
    #[arg(long, value_name = "N", default_value = "3", value_parser = clap::value_parser!(u16).range(1..=WORKERS))]
    pub(in crate::cli) workers: u16,
    /// The executor: threads, processes or rayon
    #[arg(long, value_name = "NAME", default_value = "threads", value_parser = pool)]
    pub(in crate::cli) executor: Pool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CrashArgs {
    /// Only the process pool with that policy [default: a pool of threads, then both]
    #[arg(long, value_name = "POLICY")]
    pub(in crate::cli) on_crash: Option<OnCrashArg>,
    /// Runs the pool of threads in this very process, which ends with it
    #[arg(long, hide = true)]
    pub(in crate::cli) threads_only: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum OnCrashArg {
    /// The pool breaks
    Break,
    /// The worker is replaced
    Replace,
}

/// An executor with workers.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Pool(&'static dyn ExecutorKind);

impl std::ops::Deref for Pool {
    type Target = dyn ExecutorKind;

    fn deref(&self) -> &Self::Target {
        self.0
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name())
    }
}

fn pool(name: &str) -> Result<Pool, String> {
    let pools = EXECUTORS.iter().map(|kind| kind.name()).filter(|&name| name != BASELINE);
    let known = || format!("known are {}", pools.clone().collect::<Vec<_>>().join(", "));
    registry::find(name).filter(|_| pools.clone().any(|pool| pool == name)).map(Pool).ok_or_else(known)
}

/// A time as people write it. An hour is much for a demonstration.
fn time(text: &str) -> Result<Duration, String> {
    let time = text.parse::<jiff::SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
    time.filter(|time| *time <= Duration::from_secs(3600))
        .ok_or_else(|| "it must be a time of at most an hour, such as 1s or 200ms".to_string())
}
