//! `src/process`: the pool as the model runs it.

#[path = "../../../src/process/backlog.rs"]
mod backlog;
#[path = "../../../src/process/callbacks.rs"]
mod callbacks;
#[path = "../../../src/process/child.rs"]
mod child;
#[path = "../../../src/process/connection.rs"]
mod connection;
#[path = "../../../src/process/crowding.rs"]
mod crowding;
#[path = "../../../src/process/hello.rs"]
mod hello;
#[path = "../../../src/process/inbox.rs"]
mod inbox;
#[path = "../../../src/process/item.rs"]
mod item;
#[path = "../../../src/process/live.rs"]
mod live;
#[path = "../../../src/process/pace.rs"]
mod pace;
#[path = "../../../src/process/poller.rs"]
mod poller;
#[path = "../../../src/process/pool.rs"]
mod pool;
#[path = "../../../src/process/receipt.rs"]
mod receipt;
#[path = "../../../src/process/scheduler.rs"]
mod scheduler;
#[path = "../../../src/process/slot.rs"]
mod slot;
#[path = "../../../src/process/spinner.rs"]
mod spinner;
#[path = "../../../src/process/start.rs"]
mod start;
#[path = "../../../src/process/supervisor.rs"]
mod supervisor;
#[path = "../../../src/process/threads.rs"]
mod threads;
mod watchdog;
#[path = "../../../src/process/worker.rs"]
pub mod worker;

use std::sync::Arc;
use std::time::Duration;

use super::task::Task;
use super::{CancelFutures, Error, Future, OnCrash, Wait, submission};
use crate::ipc::doorbell::Doorbell;

/// What a worker process does once it has its channel.
pub(crate) fn run_worker(doorbell: Doorbell) {
    let watchdog = watchdog::Watchdog::of(&doorbell);
    worker::serve(doorbell, Some(watchdog)).unwrap();
}

/// A pool of processes.
#[derive(Clone)]
pub struct ProcessPool(Arc<pool::Pool>);

impl ProcessPool {
    pub fn new(workers: usize, task_limit: usize) -> Self {
        Self::that(workers, task_limit, OnCrash::BreakPool)
    }

    pub fn that(workers: usize, task_limit: usize, on_crash: OnCrash) -> Self {
        let crew = pool::Crew {
            prefix: "model".to_string(),
            first_worker: 0,
            initializer: None,
            task_limit,
            on_crash,
            annex: true,
            room: Duration::ZERO,
            spin: Duration::ZERO,
            cpus: workers,
            supervise: supervisor::run,
        };
        Self(pool::Pool::new(workers, crew))
    }

    pub fn submit<T: Task>(&self, task: T) -> Future<T::Output> {
        self.try_submit(task).unwrap()
    }

    pub fn try_submit<T: Task>(&self, task: T) -> Result<Future<T::Output>, Error> {
        let (work, future) = submission(task);
        let registered = work.registered()?;
        let Ok(item) = item::Item::encode(work, registered, &self.0.arena) else {
            panic!("every task of a model can be encoded")
        };
        self.0.push(item)?;
        Ok(future)
    }

    pub fn shutdown(&self, queued: CancelFutures) {
        self.0.shutdown(Wait::Yes, queued);
    }
}
