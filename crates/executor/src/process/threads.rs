//! The threads of a process pool: supervisors, one for callbacks, one that recalls late batches.

use std::sync::Arc;

use super::callbacks::Handed;
use super::pool::Pool;
use crate::blocking;
use crate::pool::shell::Launch;
use crate::sync::atomic::Ordering;
use crate::system::clock;
use crate::work::Deferred;

/// Stack of the pool's threads: more than the main thread of a process usually has, since what that one can
/// encode in its depth is decoded here. It is taken as it is used.
const DEEP_STACK: usize = 16 << 20;

/// A supervisor that runs, or was to be started.
struct Counted(Arc<Pool>);

impl Drop for Counted {
    fn drop(&mut self) {
        // Workers start no more once one of them ends, and so the last one is the last.
        if self.0.supervisors.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.callbacks.leave();
        }
    }
}

impl Pool {
    /// The supervisor of a worker, to be started.
    pub(super) fn launch_supervisor(self: &Arc<Self>, worker: usize) -> Launch {
        let spawned_ns = clock::monotonic_ns();
        self.launch_counted(worker, move |pool| (pool.crew.supervise)(pool, worker, spawned_ns))
    }

    fn launch_counted(
        self: &Arc<Self>,
        worker: usize,
        body: impl FnOnce(&Arc<Self>) + Send + 'static,
    ) -> Launch {
        self.supervisors.fetch_add(1, Ordering::SeqCst);
        let counted = Counted(Arc::clone(self));
        self.launch(format!("supervisor_{worker}"), move || body(&counted.0))
    }

    /// Starts another thread that goes on as the supervisor of that worker; false where the system gives none.
    pub(super) fn take_over(
        self: &Arc<Self>,
        worker: usize,
        body: impl FnOnce(&Arc<Self>) + Send + 'static,
    ) -> bool {
        self.shell.start_helper(self.launch_counted(worker, body))
    }

    /// A thread of the pool's. It is named for what it is; the processes are named as the user wishes.
    fn launch(self: &Arc<Self>, name: String, body: impl FnOnce() + Send + 'static) -> Launch {
        let pool = Arc::clone(self);
        let body = Box::new(move || {
            pool.shell.lives.enter();
            body();
        });
        Launch { name, stack: Some(DEEP_STACK), body }
    }

    /// Starts the thread that recalls late batches, if it is not there. Where the system gives no thread, what
    /// is in one of them waits for what it has begun.
    pub(super) fn have_recalls(self: &Arc<Self>) {
        if self.recalls.load(Ordering::Relaxed) || self.recalls.swap(true, Ordering::Relaxed) {
            return;
        }
        let pool = Arc::clone(self);
        self.shell.start_helper(self.launch("recalls".to_string(), move || {
            while let Some(late) = pool.shell.queue.wait_for_late() {
                for worker in late {
                    pool.recall(worker);
                }
            }
        }));
    }

    /// Hands user code to the thread for it; where there is none, it runs here.
    pub(super) fn defer(self: &Arc<Self>, deferred: Deferred) {
        if deferred.is_empty() {
            return;
        }
        match self.callbacks.hand_over(deferred) {
            Handed::Over => {}
            Handed::First if self.start_callbacks() => {}
            Handed::First => {
                self.callbacks.leave();
                let visit = self.shell.lives.visit();
                while let Some(next) = self.callbacks.next() {
                    visit.run(|| next.run());
                }
            }
            Handed::Back(deferred) => self.shell.lives.visit().run(|| deferred.run()),
        }
    }

    /// Starts a thread for user code; false where the system gives none.
    fn start_callbacks(self: &Arc<Self>) -> bool {
        let pool = Arc::clone(self);
        self.shell.start_helper(self.launch("callbacks".to_string(), move || {
            while let Some(next) = pool.callbacks.next() {
                let another = Arc::clone(&pool);
                if blocking::run(move || another.start_callbacks(), || next.run()) {
                    return;
                }
            }
        }))
    }
}
