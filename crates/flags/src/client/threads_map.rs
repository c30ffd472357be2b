//! A pool of threads by `map`, as in the book's first threaded version: outcomes in the order of the codes,
//! so that a slow one holds up all behind it.

use super::Error;
use super::download::DownloadTask;
use super::outcome::Outcome;
use super::style::{Batch, Limits, Style};
use super::threads::on_threads;
use crate::codes::CountryCode;
use speedup_executor::Executor;

/// Entry in the registry.
#[derive(Debug)]
pub(super) struct Kind;

impl Style for Kind {
    fn name(&self) -> &'static str {
        "threads-map"
    }

    fn summary(&self) -> &'static str {
        "a pool of threads by map: outcomes in order"
    }

    fn limits(&self) -> Limits {
        Limits::LIGHT
    }

    fn download_many(&self, batch: &Batch<'_>, each: &mut dyn FnMut(Outcome)) -> Result<(), Error> {
        on_threads(batch, |executor, run| {
            let task = |cc: &CountryCode| DownloadTask { run, name: cc.lower() };
            for (&cc, result) in batch.codes.iter().zip(executor.map(batch.codes.iter().map(task))) {
                each(batch.outcome(cc, result));
            }
            Ok(())
        })
    }
}
