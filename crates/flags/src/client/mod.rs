//! The downloads of flags in several styles, after the programs `flags` and `flags2` of *Fluent Python*.
//!
//! * [`select`]: which codes; [`base`]: where from; [`site`]: the sites by name, and the server in this
//!   program where no server listens
//! * [`style`]: what a style is; [`registry`]: the list of them; each has its file: `sequential`, `threads`,
//!   `threads_map`, `processes`, `asynchronous`
//! * `download`: one flag, as sequential, threads and processes do it, with `blocking`, the client beneath;
//!   `connections`: the client beneath async, over connections that are `fair`; `session`: what a run's downloads share in a process
//! * `save`: checked, written, renamed; [`gif`]: whether it is a whole image; [`failure`]: why not
//! * [`fetch`]: a download that is kept nowhere, for measuring
//! * [`outcome`]: what became of each, and the tally; [`report`]: the same in the book's words
//!
//! A flag that cannot be had is an outcome like any other: nothing that a server does ends a run.

pub mod base;
mod blocking;
mod connections;
mod download;
pub mod failure;
mod fair;
pub mod fetch;
pub mod gif;
pub mod outcome;
pub mod report;
mod save;
pub mod select;
mod session;
pub mod site;
pub mod style;

mod asynchronous;
mod processes;
pub mod registry;
mod sequential;
mod threads;
mod threads_map;
mod watch;

use std::io;

use self::outcome::{Outcome, Tally};
pub use self::session::Order;
use self::style::{Batch, Style};
use speedup_executor::task::TaskEntry;

/// How the client names itself.
const USER_AGENT: &str = concat!("speedup/", env!("CARGO_PKG_VERSION"));

/// What worker processes must be able to run for the style `processes`; see
/// [`worker::init`](speedup_executor::worker::init).
pub const TASKS: [TaskEntry; 2] =
    [TaskEntry::of::<session::Prepare>(), TaskEntry::of::<download::DownloadTask>()];

/// Why no flag at all was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder cannot be made or written to.
    #[error("cannot write to the folder {folder}: {error}")]
    Destination {
        /// The folder.
        folder: String,
        /// What the system said.
        error: io::Error,
    },
    /// The pool does not work.
    #[error(transparent)]
    Executor(#[from] speedup_executor::Error),
    /// There is no thread that looks for the user's stop.
    #[error("cannot start a thread that watches for Ctrl-C: {0}")]
    Watcher(io::Error),
    /// There is no runtime for the style async.
    #[error("cannot start the asynchronous runtime: {0}")]
    Runtime(io::Error),
}

/// Downloads all flags of the batch, hands out each outcome as it comes, and counts them.
///
/// If the user stops the program in the meantime, downloads under way are broken off, and they and the
/// others are [`Status::Interrupted`](outcome::Status::Interrupted).
///
/// # Errors
///
/// [`Error`]: then nothing was downloaded. What goes wrong with a flag is its outcome; so is that it cannot be
/// saved, which [`Order::prepare`] is there to find out first.
pub fn download(
    style: &dyn Style,
    batch: &Batch<'_>,
    each: &mut dyn FnMut(&Outcome),
) -> Result<Tally, Error> {
    let mut tally = Tally::default();
    style.download_many(batch, &mut |outcome| {
        tally.add(&outcome.download.status);
        each(&outcome);
    })?;
    Ok(tally)
}
