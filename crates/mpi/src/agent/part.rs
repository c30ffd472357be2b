//! A pool's part on this host: a pool of this process, and which of its tasks no worker has.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use speedup_executor::implement::WorkerLife;
use speedup_executor::remote::{self, Blob, Outlet, Reply, RunsIn, arrived};
use speedup_executor::{
    CancelFutures, Error, Executor, ProcessPoolExecutor, SharedBytes, ThreadPoolExecutor, Wait,
};

use super::News;
use super::outlet::{self, Outbox, Progress, ToHead};
use crate::message::{BlobRef, Carried, Done, Part, PoolId, Sent, WorkId, Workers};

pub(crate) struct LocalPart {
    id: PoolId,
    pool: LocalPool,
    first_worker: usize,
    begins_for: Duration,
    progress: HashMap<WorkId, Arc<Progress>>,
    outbox: Arc<Outbox>,
}

enum LocalPool {
    Processes(ProcessPoolExecutor),
    Threads(ThreadPoolExecutor),
}

impl LocalPool {
    fn get(&self) -> &dyn Executor {
        match self {
            Self::Processes(pool) => pool,
            Self::Threads(pool) => pool,
        }
    }
}

impl LocalPart {
    pub(crate) fn open(id: PoolId, part: Part, outbox: &Arc<Outbox>) -> Result<Self, Error> {
        let (first_worker, begins_for) = (part.first_worker, Duration::from_nanos(part.begins_for_ns));
        let pool = match part.kind {
            Workers::Processes => {
                let mut builder = ProcessPoolExecutor::builder()
                    .max_workers(part.workers)
                    .worker_name_prefix(part.prefix)
                    .on_crash(part.on_crash)
                    .spin(part.spin);
                if let Some(tasks) = part.max_tasks_per_child {
                    builder = builder.max_tasks_per_child(tasks);
                }
                LocalPool::Processes(remote::part_of_larger(builder, first_worker, part.initializer).build()?)
            }
            Workers::Threads => LocalPool::Threads(
                ThreadPoolExecutor::builder()
                    .max_workers(part.workers)
                    .worker_name_prefix(part.prefix)
                    .build()?,
            ),
        };
        Ok(Self { id, pool, first_worker, begins_for, progress: HashMap::new(), outbox: Arc::clone(outbox) })
    }

    /// Gives a piece of work to the workers, with what has come before of the shared bytes that it mentions.
    pub(crate) fn take(&mut self, sent: Sent, came_ns: u64, known: &HashMap<u128, SharedBytes>) {
        let progress = Arc::new(Progress::default());
        let outlet = ToHead {
            pool: self.id,
            id: sent.id,
            came_ns,
            progress: Arc::clone(&progress),
            came: sent.blobs.iter().map(|blob| blob.id).collect(),
            begins_for: self.begins_for,
            outbox: Arc::clone(&self.outbox),
        };
        let find = |blob: &BlobRef| Blob::arrived(blob.id, known.get(&blob.digest)?).ok();
        let blobs: Option<Vec<Blob>> = sent.blobs.iter().map(find).collect();
        let Some(blobs) = blobs else {
            let reason = "this host has no room for the shared bytes that it mentions".to_string();
            return outlet.done(Reply::Failed(Error::Transfer { task: String::new(), reason }));
        };
        self.progress.insert(sent.id, progress);
        let runs_in = match &self.pool {
            LocalPool::Processes(_) => RunsIn::Processes,
            LocalPool::Threads(_) => RunsIn::Threads,
        };
        let long = sent.long.into_iter().map(|(at, bytes)| (at, Carried::into_landing(bytes))).collect();
        let work = arrived(sent.bytes.into_bytes(), long, &blobs, (runs_in, Box::new(outlet)));
        let Some(work) = work else { return };
        // A pool that is broken drops what it refuses; why, only the call tells.
        let executed = outlet::while_taking(|| self.pool.get().execute(work));
        if let Err(reason) = executed {
            let done = Done { id: sent.id, came_ns, outcome: Err(reason.into()) };
            self.outbox.news.push(News::Done(self.id, done));
        }
    }

    /// How long rank 0 may be silent, and tasks begin all the same.
    pub(crate) fn begins_for(&self) -> Duration {
        self.begins_for
    }

    /// Takes a piece of work back; false if a worker has it, or it is done.
    pub(crate) fn recall(&mut self, id: WorkId) -> bool {
        let came_back = self.progress.get(&id).is_some_and(|progress| progress.recall());
        if came_back {
            self.progress.remove(&id);
        }
        came_back
    }

    pub(crate) fn forget(&mut self, id: WorkId) {
        self.progress.remove(&id);
    }

    /// Ends the workers in the midst of what they do.
    pub(crate) fn kill(&self) {
        match &self.pool {
            LocalPool::Processes(pool) => pool.kill_workers(),
            LocalPool::Threads(pool) => pool.shutdown(Wait::No, CancelFutures::Yes),
        }
    }

    /// Ends the pool, as was told at that time, which takes a while: a thread waits for that.
    pub(crate) fn close(self, (id, came_ns): (PoolId, u64), at_once: bool, outbox: &Arc<Outbox>) {
        let of_thread = Arc::clone(outbox);
        let close = move || {
            if at_once {
                self.kill();
            }
            self.pool.get().shutdown(Wait::Yes, CancelFutures::No);
            of_thread.news.push(News::Closed(id, came_ns, self.lives()));
        };
        let thread = std::thread::Builder::new().name("closing".to_string());
        if thread.spawn(close).is_err() {
            // Without one the pool has been dropped with the closure, which waits as long.
            outbox.news.push(News::Closed(id, came_ns, Vec::new()));
        }
    }

    fn lives(&self) -> Vec<WorkerLife> {
        let lives = self.pool.get().worker_lives().into_iter();
        // Threads are counted from 0 on every host.
        let first = if matches!(self.pool, LocalPool::Threads(_)) { self.first_worker } else { 0 };
        lives.map(|life| WorkerLife { worker: life.worker + first, ..life }).collect()
    }
}
