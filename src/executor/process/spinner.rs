//! Waiting with the CPU in hand, as long as that has been worth it of late.

use std::hint;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::sys::clock;

/// The longest spin: several times what it takes to wake a sleeper, so that a quick exchange never
/// sleeps.
pub(super) const LONGEST: Duration = Duration::from_micros(50);

/// The shortest, as a part of the longest: about as long as a quick exchange takes, so that the first
/// of a row is noticed, and little against the sleep that follows where there is none.
const SHORTEST: u64 = 32;

/// After so many short spins in vain there is a longest one. Two who both sleep take longer to wake each
/// other than any short spin lasts, and would go on so for ever; one of them has to stay awake for once.
const TRIAL: u32 = 16;

/// How long one who waits spins. One spin in vain makes the next half as long: what it waits for takes
/// too long, or cannot come because it needs this very CPU. One that was not makes the next a longest one.
pub(super) struct Spinner {
    longest_ns: u64,
    next_ns: AtomicU64,
    /// Spins in vain, one after the other.
    vain: AtomicU32,
}

impl Spinner {
    /// One that spins no longer than that, or not at all.
    pub(super) fn new(longest: Duration) -> Self {
        let longest_ns = longest.as_nanos() as u64;
        Self { longest_ns, next_ns: AtomicU64::new(longest_ns), vain: AtomicU32::new(0) }
    }

    /// Waits until something has come, and tells whether it has.
    pub(super) fn spin(&self, left: Option<Duration>, come: impl Fn() -> bool) -> bool {
        if self.longest_ns == 0 {
            return come();
        }
        let next_ns = self.next_ns.load(Relaxed);
        let left_ns = left.map_or(u64::MAX, |left| left.as_nanos() as u64);
        let has_come = spin(next_ns.min(left_ns), come);
        let vain = if has_come { 0 } else { self.vain.load(Relaxed).wrapping_add(1) };
        let then_ns = match vain % TRIAL {
            0 => self.longest_ns,
            _ => (next_ns / 2).max(self.longest_ns / SHORTEST),
        };
        self.vain.store(vain, Relaxed);
        self.next_ns.store(then_ns, Relaxed);
        has_come
    }
}

fn spin(limit_ns: u64, come: impl Fn() -> bool) -> bool {
    let begin_ns = clock::monotonic_ns();
    loop {
        if come() {
            return true;
        }
        if clock::monotonic_ns() - begin_ns > limit_ns {
            return false;
        }
        hint::spin_loop();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn spins_in_vain_get_shorter_but_for_a_trial_now_and_then() {
        let spinner = Spinner::new(Duration::from_micros(32));
        let next_us = || spinner.next_ns.load(Relaxed) / 1000;
        let in_vain: Vec<u64> = (0..18)
            .map(|_| {
                assert!(!spinner.spin(None, || false));
                next_us()
            })
            .collect();
        assert_eq!(in_vain, [16, 8, 4, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 32, 16, 8]);
        assert!(spinner.spin(None, || true));
        assert_eq!(next_us(), 32);
        assert!(!spinner.spin(Some(Duration::ZERO), || false));
        assert_eq!(next_us(), 16);
    }

    #[test]
    fn one_that_must_not_spin_looks_once() {
        let (spinner, looks) = (Spinner::new(Duration::ZERO), Cell::new(0));
        let look = || {
            looks.set(looks.get() + 1);
            false
        };
        assert!(!spinner.spin(None, look));
        assert_eq!(looks.get(), 1);
    }
}
