//! `speedup demo`: the executors at work, in the book's form.
//!
//! Each demonstration is one file with its tasks. Unlike other tasks these print, since that is what
//! they are there for.

pub(super) mod args;
mod crash;
mod futures;
mod map;

use std::io::{self, Write};

use self::args::Demo;
use super::Failed;
use speedup_executor::Error;
use speedup_executor::task::TaskEntry;

/// The tasks of all demonstrations, for the worker processes.
pub(super) const TASKS: [TaskEntry; 2] =
    [TaskEntry::of::<futures::Download>(), TaskEntry::of::<crash::Step>()];

pub(super) fn demo(demo: &Demo) -> Result<(), Failed> {
    let shown = match demo {
        Demo::Map(args) => map::show(args),
        Demo::Futures(args) => futures::show(args),
        Demo::Crash(args) => crash::show(args),
    };
    shown.map_err(|error| Failed::Failure(error.to_string()))
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
