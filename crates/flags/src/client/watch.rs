//! Noticing the user's stop while all workers wait.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use super::Error;
use speedup_machine::signal::Interrupt;

/// How often to look.
const LOOK: Duration = Duration::from_millis(20);

/// Does the work, and if the user stops the program in the meantime, also calls `stop`, once: it is to
/// make the work end early.
///
/// # Errors
///
/// [`Error::Watcher`] where the system gives no thread to watch with; then the work is not begun.
pub(super) fn stoppable<R>(
    interrupt: &Interrupt,
    stop: impl FnOnce() + Send,
    work: impl FnOnce() -> Result<R, Error>,
) -> Result<R, Error> {
    let over = AtomicBool::new(false);
    let watch = || {
        while !over.load(Ordering::Acquire) {
            if interrupt.requested() {
                return stop();
            }
            thread::park_timeout(LOOK);
        }
    };
    thread::scope(|scope| {
        let watcher = thread::Builder::new().name("watch".to_string()).spawn_scoped(scope, watch);
        let watcher = watcher.map_err(Error::Watcher)?;
        // The scope waits for the watcher, also where the work panics.
        let _over = Over(&over, watcher.thread().clone());
        work()
    })
}

/// Tells the watcher that there is nothing left to watch.
struct Over<'a>(&'a AtomicBool, Thread);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
        self.1.unpark();
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn work_that_ends_or_panics_takes_the_watcher_with_it() {
        let interrupt = Interrupt::default();
        let unwanted = || panic!("the program was not stopped");
        assert_eq!(stoppable(&interrupt, unwanted, || Ok(7)).unwrap(), 7);
        let work = || stoppable(&interrupt, unwanted, || -> Result<(), Error> { panic!("work") });
        assert!(catch_unwind(AssertUnwindSafe(work)).is_err());
    }
}
