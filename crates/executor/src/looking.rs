//! Looking for something a while before sleeping.

use std::cell::Cell;

use crate::sync::thread;
use crate::system::clock;

/// A thread that waits so long between its looks has lost its CPU, in nanoseconds.
const LOST_NS: u64 = 500_000;

/// How often it sleeps at once after that.
const SLEEPS_AFTER_LOSS: u32 = 1000;

thread_local! {
    /// How often this thread sleeps at once when it waits.
    static SLEEPS: Cell<u32> = const { Cell::new(0) };
}

/// Looks whether it has come, so often for each of these, and between two looks gives the CPU so often to any thread
/// that wants it: who is waited for, perhaps. To sleep and to be woken costs the two sides about ten microseconds.
///
/// Where other programs want the CPU it goes to them, for a thousand times as long as was meant. Who has lost it so
/// sleeps at once, the next times.
pub(crate) fn look_for_a_while(pauses: impl Iterator<Item = u32>, has_come: impl Fn() -> bool) {
    let left = SLEEPS.get();
    if left > 0 {
        return SLEEPS.set(left - 1);
    }
    let begin_ns = clock::monotonic_ns();
    for pause in pauses {
        if has_come() {
            return;
        }
        for _ in 0..pause {
            thread::yield_now();
            if clock::monotonic_ns() - begin_ns > LOST_NS {
                return SLEEPS.set(SLEEPS_AFTER_LOSS);
            }
        }
    }
}
