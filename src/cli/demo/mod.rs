//! `speedup demo`: the executors at work, in the book's form.
//!
//! Each demonstration is one file with its tasks. Unlike other tasks these print, since that is what
//! they are there for.

mod crash;
mod futures;
mod map;

use std::io::{self, Write};

use clap::Subcommand;

use super::ExitError;
use crate::settings::reader::{Reader, whole};
use crate::settings::values::MAX_WORKERS;
use speedup_executor::Error;
use speedup_executor::task::TaskEntry;

/// The tasks of all demonstrations, for the worker processes.
pub(super) const TASKS: [TaskEntry; 2] =
    [TaskEntry::of::<futures::Download>(), TaskEntry::of::<crash::Step>()];

#[derive(Debug, Subcommand)]
#[command(arg_required_else_help = true)]
pub(super) enum Demo {
    /// A whole batch: results in the order of the calls, however long each takes
    Map(map::MapArgs),
    /// Futures of downloads as they are scheduled, run and completed
    Futures(futures::FuturesArgs),
    /// A task that kills its worker: in threads, in processes that break, in processes that go on
    Crash(crash::CrashArgs),
}

/// Numbers of workers.
fn workers() -> Reader<usize> {
    whole(1..=MAX_WORKERS)
}

pub(super) fn demo(demo: &Demo) -> Result<(), ExitError> {
    let shown = match demo {
        Demo::Map(args) => map::show(args),
        Demo::Futures(args) => return futures::show(args),
        Demo::Crash(args) => crash::show(args),
    };
    shown.map_err(ExitError::because)
}

/// Writes to standard output at once and in one piece, so that lines of several workers do not run
/// into each other. A reader that has gone away is no reason for a task to fail.
fn say(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// What the book's functions do for a time: nothing.
fn pause(seconds: f64) {
    std::thread::sleep(std::time::Duration::from_secs_f64(seconds));
}

type Shown = Result<(), Error>;
