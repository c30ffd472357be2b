//! Waiting with the CPU in hand, as long as that has been worth it of late.

use std::hint;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use crate::system::clock;

/// The longest spin: several times what it takes to wake a sleeper, so that a quick exchange never
/// sleeps.
pub(super) const LONGEST: Duration = Duration::from_micros(50);

/// Each spin in vain makes the next a quarter as long. After so many there is none: what is waited for takes too
/// long, or cannot come because it needs this very CPU.
const IN_VAIN: u32 = 3;

/// After so many waits without a spin one is longest again, on trial. Two who both sleep take longer to wake each
/// other than any short spin lasts, and would go on so for ever; one of them has to stay awake for once.
const TRIAL: u32 = 32;

/// How often that number is doubled at most, once for each trial that came to nothing: on a CPU that others want
/// a trial costs several waits.
const DOUBLINGS: u32 = 6;

/// After so many spins that were not in vain trials come soon again. A few may be chance.
const RELIABLE: u32 = 64;

/// How long one who waits spins: long where spins are not in vain, and not at all where they are, but for a trial
/// now and then.
pub(super) struct Spinner {
    longest_ns: u64,
    /// Waits in vain, one after the other: first spins, then waits without.
    vain: AtomicU32,
    /// Spins that were not, since they were last given up.
    good: AtomicU32,
    /// How often the number of waits up to the next trial has been doubled.
    doublings: AtomicU32,
}

impl Spinner {
    /// One that spins no longer than that, or not at all.
    pub(super) fn new(longest: Duration) -> Self {
        let (vain, good, doublings) = Default::default();
        Self { longest_ns: longest.as_nanos() as u64, vain, good, doublings }
    }

    /// Waits until something has come, and tells whether it has.
    pub(super) fn spin(&self, left: Option<Duration>, come: impl Fn() -> bool) -> bool {
        // What is there already says nothing of whether a spin is worth it: on one CPU it came in place of one.
        if come() {
            return true;
        }
        self.wait(left, |limit| spin(limit, come))
    }

    /// The same, by the closure: it waits no longer than it is told, and tells whether that has come.
    pub(super) fn wait(&self, left: Option<Duration>, wait: impl FnOnce(Duration) -> bool) -> bool {
        let vain = self.vain.load(Relaxed);
        let limit_ns = self.limit_ns(vain);
        let limit = Duration::from_nanos(limit_ns);
        let has_come = limit_ns > 0 && wait(left.map_or(limit, |left| left.min(limit)));
        if limit_ns == 0 {
            self.vain.store(vain.saturating_add(1), Relaxed);
        } else if has_come {
            self.vain.store(0, Relaxed);
            let good = self.good.load(Relaxed).saturating_add(1);
            self.good.store(good, Relaxed);
            if good == RELIABLE {
                self.doublings.store(0, Relaxed);
            }
        } else {
            self.vain.store((vain + 1).min(IN_VAIN), Relaxed);
            if vain + 1 >= IN_VAIN && self.good.swap(0, Relaxed) < RELIABLE {
                let doublings = self.doublings.load(Relaxed);
                self.doublings.store((doublings + 1).min(DOUBLINGS), Relaxed);
            }
        }
        has_come
    }

    /// How long to spin after so many waits in vain.
    fn limit_ns(&self, vain: u32) -> u64 {
        if vain < IN_VAIN {
            return self.longest_ns >> (2 * vain);
        }
        let trial = IN_VAIN + (TRIAL << self.doublings.load(Relaxed));
        if vain >= trial { self.longest_ns } else { 0 }
    }
}

fn spin(limit: Duration, come: impl Fn() -> bool) -> bool {
    let limit_ns = limit.as_nanos() as u64;
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
    fn spins_in_vain_end_but_for_trials_that_become_rare() {
        let spinner = Spinner::new(Duration::from_micros(32));
        let limits = |waits: u32| -> Vec<u64> {
            let next = |_| {
                let limit = spinner.limit_ns(spinner.vain.load(Relaxed)) / 1000;
                assert!(!spinner.spin(Some(Duration::ZERO), || false));
                limit
            };
            (0..waits).map(next).collect()
        };
        let first = limits(200);
        assert_eq!(first[..4], [32, 8, 2, 0]);
        let trials: Vec<usize> = (4..200).filter(|&wait| first[wait] == 32).collect();
        assert_eq!(trials, [67, 196]);
        let spun = limits(100_000).iter().filter(|limit| **limit > 0).count();
        assert!((40..60).contains(&spun), "{spun}");
        // What comes is noticed at the next trial, and spins are long again.
        while spinner.limit_ns(spinner.vain.load(Relaxed)) == 0 {
            assert!(!spinner.spin(None, || false));
        }
        // It comes at the second look.
        let come = || {
            let looked = Cell::new(false);
            spinner.spin(None, || looked.replace(true))
        };
        assert!((0..RELIABLE).all(|_| come()));
        assert_eq!(spinner.limit_ns(0) / 1000, 32);
        assert_eq!(limits(4), [32, 8, 2, 0]);
        assert_eq!(limits(TRIAL).iter().filter(|limit| **limit == 32).count(), 1);
    }

    #[test]
    fn one_that_must_not_spin_looks_once() {
        let (spinner, looks) = (Spinner::new(Duration::ZERO), Cell::new(0));
        let look = || {
            looks.set(looks.get() + 1);
            false
        };
        assert!((0..1000).all(|_| !spinner.spin(None, look)));
        assert_eq!(looks.get(), 1000);
    }
}
