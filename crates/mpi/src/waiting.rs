//! How the one thread that makes all calls of the transport waits: asleep, but for a moment, and never long.
//!
//! MPI tells no one that a message has come: who waits must ask. A thread that asks without pause takes a whole CPU
//! from the workers. So it asks at once after something has happened, then ever more seldom: after a time without
//! news it sleeps an eighth of that time, between [`SHORTEST`] and [`LONGEST`]; after a second [`IDLE`] and after some
//! [`ASLEEP`], because to wake a thousand times a second takes two hundredths of a CPU. What happens in its own program
//! wakes it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The least that it sleeps: about what it takes to fall asleep and to wake.
const SHORTEST: Duration = Duration::from_micros(10);

/// The most that it sleeps within a second of the last news.
const LONGEST: Duration = Duration::from_millis(1);

/// What it sleeps where nothing has happened for longer.
const IDLE: Duration = Duration::from_millis(3);

/// The same where nothing has happened for [`LONG_QUIET`]: few enough wakings to take less than a hundredth of a CPU.
const ASLEEP: Duration = Duration::from_millis(12);
const LONG_QUIET: Duration = Duration::from_secs(5);

/// How long it asks without sleeping, giving its CPU to any thread that wants it.
const AWAKE: Duration = Duration::from_micros(40);

/// The part of the time without news that it sleeps.
const PART: u32 = 8;

/// Things handed to the thread by others.
#[derive(Debug)]
pub(crate) struct Mailbox<T> {
    waiting: Mutex<VecDeque<T>>,
    changed: Condvar,
    /// Whether the thread sleeps and must be woken.
    sleeps: AtomicBool,
}

impl<T> Default for Mailbox<T> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), changed: Condvar::new(), sleeps: AtomicBool::new(false) }
    }
}

impl<T> Mailbox<T> {
    /// Hands something over and wakes the thread.
    pub(crate) fn push(&self, item: T) {
        self.put(item);
        self.wake();
    }

    /// Hands something over that can wait until the thread looks.
    pub(crate) fn put(&self, item: T) {
        self.lock().push_back(item);
    }

    /// Wakes the thread if it sleeps.
    pub(crate) fn wake(&self) {
        if self.sleeps.swap(false, SeqCst) {
            // Behind the lock it cannot be between its last look and its sleep.
            drop(self.lock());
            self.changed.notify_one();
        }
    }

    /// All that was handed over since the last call.
    pub(crate) fn take(&self) -> VecDeque<T> {
        std::mem::take(&mut *self.lock())
    }

    /// Sleeps for that long, or until something is handed over.
    fn sleep(&self, time: Duration) {
        self.sleeps.store(true, SeqCst);
        let waiting = self.lock();
        if waiting.is_empty() && self.sleeps.load(SeqCst) {
            let slept = self.changed.wait_timeout(waiting, time).unwrap_or_else(PoisonError::into_inner);
            drop(slept);
        }
        self.sleeps.store(false, SeqCst);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long nothing has happened.
#[derive(Debug)]
pub(crate) struct Backoff {
    since: Instant,
    may_spin: bool,
}

impl Backoff {
    /// Of a thread that may keep its CPU for a moment, or not.
    pub(crate) fn new(may_spin: bool) -> Self {
        // The system may wake a thread later than it asked, by 50 µs if it is told nothing.
        #[cfg(target_os = "linux")]
        let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
        Self { since: Instant::now(), may_spin }
    }

    /// Something has happened.
    pub(crate) fn reset(&mut self) {
        self.since = Instant::now();
    }

    /// Waits as long as is fit.
    pub(crate) fn wait<T>(&self, mailbox: &Mailbox<T>) {
        let quiet = self.since.elapsed();
        if self.may_spin && quiet < AWAKE {
            std::thread::yield_now();
        } else {
            mailbox.sleep(pause(quiet));
        }
    }
}

/// How long to sleep after so long without news.
fn pause(quiet: Duration) -> Duration {
    if quiet > Duration::from_secs(1) {
        return if quiet > LONG_QUIET { ASLEEP } else { IDLE };
    }
    (quiet / PART).clamp(SHORTEST, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn pauses_grow_with_the_time_without_news_up_to_a_limit() {
        assert_eq!(pause(Duration::ZERO), SHORTEST);
        assert_eq!(pause(Duration::from_micros(800)), Duration::from_micros(100));
        assert_eq!(pause(Duration::from_millis(900)), LONGEST);
        assert_eq!(pause(Duration::from_secs(4)), IDLE);
        assert_eq!(pause(Duration::from_secs(60)), ASLEEP);
    }

    #[test]
    fn what_is_handed_over_wakes_a_thread_that_sleeps() {
        let mailbox = Arc::new(Mailbox::default());
        let thread = std::thread::spawn({
            let mailbox = Arc::clone(&mailbox);
            move || {
                while mailbox.take().is_empty() {
                    mailbox.sleep(Duration::from_secs(3600));
                }
            }
        });
        std::thread::sleep(Duration::from_millis(5));
        mailbox.push(1);
        thread.join().unwrap();
    }
}
