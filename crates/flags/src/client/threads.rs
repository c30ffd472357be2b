//! A pool of threads, each waiting for its own download; outcomes as they complete.

use std::collections::HashMap;

use super::Error;
use super::download::DownloadTask;
use super::outcome::Outcome;
use super::session::{Numbered, Session};
use super::style::{Batch, Limits, Style};
use super::watch::stoppable;
use speedup_executor::{Executor, ThreadPoolExecutor, as_completed};

/// Entry in the registry.
#[derive(Debug)]
pub(super) struct Kind;

impl Style for Kind {
    fn name(&self) -> &'static str {
        "threads"
    }

    fn summary(&self) -> &'static str {
        "a pool of threads, each with one download; submit and as_completed"
    }

    fn limits(&self) -> Limits {
        Limits::LIGHT
    }

    fn download_many(&self, batch: &Batch<'_>, each: &mut dyn FnMut(Outcome)) -> Result<(), Error> {
        on_threads(batch, |executor, run| as_they_complete(executor, run, batch, each))
    }
}

/// Does the work with a pool of threads, in which tasks find the session of the run with that number.
pub(super) fn on_threads(
    batch: &Batch<'_>,
    work: impl FnOnce(&ThreadPoolExecutor, u64) -> Result<(), Error>,
) -> Result<(), Error> {
    let numbered = Numbered::new(batch.order, batch.connections);
    let session = Session::new(&numbered, batch.interrupt.clone());
    let _open = session.open();
    let executor = ThreadPoolExecutor::new(batch.connections)?;
    stoppable(batch.interrupt, || session.client.shut_down(), || work(&executor, numbered.run))
}

/// Submits every download and hands out outcomes as they come.
pub(super) fn as_they_complete(
    executor: &impl Executor,
    run: u64,
    batch: &Batch<'_>,
    each: &mut dyn FnMut(Outcome),
) -> Result<(), Error> {
    #[allow(clippy::mutable_key_type, reason = "a future is hashed by its identity")]
    let mut to_do = HashMap::with_capacity(batch.codes.len());
    for &cc in batch.codes {
        match executor.submit(DownloadTask { run, name: cc.lower() }) {
            Ok(future) => drop(to_do.insert(future, cc)),
            // Not even the first worker could be started.
            Err(error) if to_do.is_empty() && !batch.interrupt.requested() => return Err(error.into()),
            // The user has stopped the program, or the system gives no more workers: what was submitted goes on.
            Err(error) => each(batch.outcome(cc, Err(error))),
        }
    }
    for future in as_completed(to_do.keys().cloned().collect::<Vec<_>>(), None) {
        let future = future?;
        each(batch.outcome(to_do[&future], future.take(None)));
    }
    Ok(())
}
