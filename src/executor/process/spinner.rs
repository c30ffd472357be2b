//! Waiting with the CPU in hand, as long as that has been worth it of late.

use std::hint;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::sys::clock;

/// The longest spin: several times what it takes to wake a sleeper, so that a quick exchange never
/// sleeps.
pub(super) const LONGEST: Duration = Duration::from_micros(50);

/// The shortest, as a part of the longest: about as long as a quick exchange takes, so that the first
/// of a row is noticed, and little against the sleep that follows where there is none.
const SHORTEST: u64 = 32;

/// How long one who waits spins. In vain it has been for somebody else's CPU, or for its own, which the
/// other one needs to get there: the next spin is half as long. One that was not makes the next twice
/// as long.
pub(super) struct Spinner {
    longest_ns: u64,
    next_ns: AtomicU64,
}

impl Spinner {
    /// One that spins no longer than that, or not at all.
    pub(super) fn new(longest: Duration) -> Self {
        let longest_ns = longest.as_nanos() as u64;
        Self { longest_ns, next_ns: AtomicU64::new(longest_ns) }
    }

    /// Waits until something has come, and tells whether it has.
    pub(super) fn spin(&self, left: Option<Duration>, come: impl Fn() -> bool) -> bool {
        if self.longest_ns == 0 {
            return come();
        }
        let next_ns = self.next_ns.load(Relaxed);
        let left_ns = left.map_or(u64::MAX, |left| left.as_nanos() as u64);
        let has_come = spin(next_ns.min(left_ns), come);
        let then_ns = if has_come { next_ns.saturating_mul(2) } else { next_ns / 2 };
        self.next_ns.store(then_ns.clamp(self.longest_ns / SHORTEST, self.longest_ns), Relaxed);
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
    fn spins_in_vain_get_shorter_and_others_longer_again() {
        let spinner = Spinner::new(Duration::from_micros(32));
        let next_ns = || spinner.next_ns.load(Relaxed);
        for expected in [16_000, 8_000, 4_000, 2_000, 1_000, 1_000] {
            assert!(!spinner.spin(None, || false));
            assert_eq!(next_ns(), expected);
        }
        for expected in [2_000, 4_000, 8_000, 16_000, 32_000, 32_000] {
            assert!(spinner.spin(None, || true));
            assert_eq!(next_ns(), expected);
        }
        assert!(!spinner.spin(Some(Duration::ZERO), || false));
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
