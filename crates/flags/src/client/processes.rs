//! A pool of processes, each waiting for its own download. There is no advantage in it for work that waits;
//! the book says so, and here it can be seen.

use super::Error;
use super::outcome::{Outcome, Status};
use super::save::Folder;
use super::session::{Numbered, Prepare};
use super::style::{Batch, Limits, Style};
use super::threads::as_they_complete;
use super::watch::stoppable;
use speedup_executor::{OnCrash, ProcessPoolExecutor};
use speedup_machine::machine;

/// Entry in the registry.
#[derive(Debug)]
pub(super) struct Kind;

impl Style for Kind {
    fn name(&self) -> &'static str {
        "processes"
    }

    fn summary(&self) -> &'static str {
        "a pool of processes, each with one download; submit and as_completed"
    }

    /// A process is dear: by default there is one for each CPU.
    fn limits(&self) -> Limits {
        Limits { default: machine::cpus_available(), cap: 64 }
    }

    fn download_many(&self, batch: &Batch<'_>, each: &mut dyn FnMut(Outcome)) -> Result<(), Error> {
        // A process has one download at a time, and so one connection.
        let numbered = Numbered::new(batch.order, 1);
        let executor = ProcessPoolExecutor::builder()
            .max_workers(batch.connections)
            .worker_name_prefix("flags")
            .initializer(Prepare(numbered.clone()))
            .on_crash(OnCrash::FailTaskAndReplace)
            .build()?;
        let mut unfinished = false;
        let result = stoppable(
            batch.interrupt,
            || executor.terminate_workers(),
            || {
                as_they_complete(&executor, numbered.run, batch, &mut |outcome| {
                    unfinished |= matches!(outcome.download.status, Status::Interrupted | Status::Failed(_));
                    each(outcome);
                })
            },
        );
        // All workers must have ended before what they left is looked for.
        drop(executor);
        if unfinished {
            Folder::new(&batch.order.dest, numbered.run).sweep();
        }
        result
    }
}
