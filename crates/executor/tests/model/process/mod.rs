//! `src/process`: the pool as the model runs it.

#[path = "../../../src/process/child.rs"]
mod child;
#[path = "../../../src/process/dispatch.rs"]
mod dispatch;
#[path = "../../../src/process/hello.rs"]
mod hello;
#[path = "../../../src/process/lane.rs"]
mod lane;
#[path = "../../../src/process/link.rs"]
mod link;
#[path = "../../../src/process/pace.rs"]
mod pace;
#[path = "../../../src/process/pool.rs"]
mod pool;
#[path = "../../../src/process/roster.rs"]
mod roster;
#[path = "../../../src/process/spinner.rs"]
mod spinner;
#[path = "../../../src/process/station.rs"]
mod station;
#[path = "../../../src/process/worker.rs"]
pub mod worker;

use std::sync::Arc;
use std::time::Duration;

use super::task::Task;
use super::{CancelFutures, Future, OnCrash, Wait, submission};
use crate::ipc::doorbell::Doorbell;

/// What a worker process does once it has its channel.
pub(crate) fn run_worker(doorbell: Doorbell) {
    worker::serve(doorbell, None).unwrap();
}

/// A pool of processes.
#[derive(Clone)]
pub struct ProcessPool(Arc<pool::Pool>);

impl ProcessPool {
    pub fn new(workers: usize, task_limit: usize) -> Self {
        let crew = pool::Crew {
            prefix: "model".to_string(),
            initializer: None,
            task_limit,
            on_crash: OnCrash::BreakPool,
            spin: Duration::ZERO,
            cpus: workers,
        };
        Self(pool::Pool::new(workers, crew))
    }

    pub fn submit<T: Task>(&self, task: T) -> Future<T::Output> {
        let (work, future) = submission(task);
        self.0.push(work).unwrap();
        future
    }

    pub fn shutdown(&self, queued: CancelFutures) {
        self.0.shutdown(Wait::Yes, queued);
    }
}
