//! Waiting with the CPU in hand, as long as that has been worth it of late.

use std::hint;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use crate::system::clock;

/// The longest spin: several times what it takes to wake a sleeper, so that a quick exchange never
/// sleeps.
pub(super) const LONGEST: Duration = Duration::from_micros(50);

/// The shortest is the longest, halved so often: about as long as a quick exchange takes, so that the first
/// of a row is noticed, and little against the sleep that follows where there is none.
const HALVINGS: u32 = 5;

/// After so many spins in vain one is longest again. Two who both sleep take longer to wake each other than
/// any short spin lasts, and would go on so for ever; one of them has to stay awake for once.
const TRIAL: u32 = 32;

/// How long one who waits spins. Each spin in vain makes the next half as long: what it waits for takes too
/// long, or cannot come because it needs this very CPU. After one that was not they are long again.
pub(super) struct Spinner {
    longest_ns: u64,
    /// Spins in vain, one after the other.
    vain: AtomicU32,
}

impl Spinner {
    /// One that spins no longer than that, or not at all.
    pub(super) fn new(longest: Duration) -> Self {
        Self { longest_ns: longest.as_nanos() as u64, vain: AtomicU32::new(0) }
    }

    /// Waits until something has come, and tells whether it has.
    pub(super) fn spin(&self, left: Option<Duration>, come: impl Fn() -> bool) -> bool {
        if self.longest_ns == 0 {
            return come();
        }
        let vain = self.vain.load(Relaxed);
        let left_ns = left.map_or(u64::MAX, |left| left.as_nanos() as u64);
        let has_come = spin(self.limit_ns(vain).min(left_ns), come);
        self.vain.store(if has_come { 0 } else { vain.wrapping_add(1) }, Relaxed);
        has_come
    }

    /// How long to spin after so many times in vain.
    fn limit_ns(&self, vain: u32) -> u64 {
        let halvings = if vain.is_multiple_of(TRIAL) { 0 } else { vain.min(HALVINGS) };
        self.longest_ns >> halvings
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
        let next_us = || spinner.limit_ns(spinner.vain.load(Relaxed)) / 1000;
        let limits: Vec<u64> = (0..130)
            .map(|_| {
                let limit = next_us();
                assert!(!spinner.spin(Some(Duration::ZERO), || false));
                limit
            })
            .collect();
        assert_eq!(limits[..7], [32, 16, 8, 4, 2, 1, 1]);
        assert_eq!(limits[30..35], [1, 1, 32, 1, 1]);
        assert_eq!(limits.iter().filter(|limit| **limit == 32).count(), 5);
        assert!(spinner.spin(None, || true));
        assert_eq!(next_us(), 32);
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
