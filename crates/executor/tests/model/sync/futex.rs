//! `src/sync/futex.rs`: the word, with a lock and a condition variable for the system's queue of sleepers.

use std::time::Duration;

use super::atomic::{AtomicU32, Ordering::SeqCst};
use super::{Condvar, Mutex};

#[derive(Default)]
pub(crate) struct Word {
    number: AtomicU32,
    queue: Mutex<()>,
    woken: Condvar,
}

impl Word {
    pub(crate) const CAN_SLEEP: bool = true;

    pub(crate) fn load(&self) -> u32 {
        self.number.load(SeqCst)
    }

    pub(crate) fn advance(&self) {
        self.number.fetch_add(1, SeqCst);
    }

    pub(crate) fn sleep(&self, number: u32, timeout: Option<Duration>) -> bool {
        assert_eq!(timeout, None, "time does not pass in a model");
        crate::ipc::death::meet();
        let queue = self.queue.lock().unwrap();
        if self.load() == number {
            drop(self.woken.wait(queue).unwrap());
        }
        true
    }

    pub(crate) fn wake(&self) {
        let _queue = self.queue.lock().unwrap();
        self.woken.notify_all();
    }
}
