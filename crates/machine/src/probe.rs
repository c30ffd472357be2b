//! A look of some microseconds at how fast the CPU runs just now: its clock, and how many operations
//! it takes in a cycle.
//!
//! A processor whose two hardware threads are both busy shares its execution units between them. It
//! shows in no figure of the system: neither in steal nor in the times of the thread. But a run of
//! independent operations then gets through in about half the number a cycle, while a chain of
//! dependent ones, which leaves most units idle anyway, keeps its pace. Both are timed here, on
//! registers alone, so that caches and memory play no part.

#![allow(unsafe_code)]

use serde::{Deserialize, Serialize};

/// What the CPU under the calling thread does just now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Probe {
    /// Cycles a second, from a chain of operations that take one cycle each.
    pub clock_hz: f64,
    /// Independent operations a cycle.
    pub width: f64,
}

/// Probes clock and width: about 4 microseconds. `None` on processors that this has no code for.
#[must_use]
pub fn probe() -> Option<Probe> {
    let clock_hz = clock_hz()?;
    let independent = code::INDEPENDENT?;
    Some(Probe { clock_hz, width: rate(independent, INDEPENDENT_ROUNDS) / clock_hz })
}

/// Probes the clock alone, in cycles a second: about 2 microseconds. `None` on processors that this
/// has no code for.
#[must_use]
pub fn clock_hz() -> Option<f64> {
    Some(rate(code::CHAIN?, CHAIN_ROUNDS))
}

/// Operations written out in a round of either loop.
const OPERATIONS: u32 = 128;

/// Rounds that take about 0.8 microseconds at 3 GHz.
const CHAIN_ROUNDS: u32 = 18;

/// Rounds that take about half a microsecond at 3 GHz, four operations a cycle.
const INDEPENDENT_ROUNDS: u32 = 48;

/// An interrupt spoils one repetition, seldom all of them.
const REPETITIONS: usize = 3;

/// Operations a second of the fastest repetition, the reading of the clock taken off.
fn rate(run: fn(u32), rounds: u32) -> f64 {
    let fastest = |run: &dyn Fn()| (0..REPETITIONS).map(|_| seconds(run)).fold(f64::INFINITY, f64::min);
    let reading = fastest(&|| {});
    // A clock that was changed while it was read must not make the time vanish.
    let running = fastest(&|| run(rounds));
    f64::from(OPERATIONS * rounds) / (running - reading).max(running / 2.0)
}

fn seconds(run: impl Fn()) -> f64 {
    let start = super::clock::monotonic_ns();
    run();
    (super::clock::monotonic_ns() - start) as f64 * 1e-9
}

/// Exclusive or of two registers takes one cycle on every unit for whole numbers, and unlike moves,
/// clearing idioms and additions of small constants no processor settles it in renaming.
#[cfg(target_arch = "x86_64")]
mod code {
    use std::arch::asm;

    pub(super) const CHAIN: Option<fn(u32)> = Some(chain);
    pub(super) const INDEPENDENT: Option<fn(u32)> = Some(independent);

    fn chain(rounds: u32) {
        // SAFETY: the code changes only the registers named, and the flags.
        unsafe {
            asm!(
                "2:",
                ".rept 128",
                "xor {value:e}, {other:e}",
                ".endr",
                "dec {rounds:e}",
                "jnz 2b",
                value = inout(reg) 1_u32 => _,
                other = in(reg) 3_u32,
                rounds = inout(reg) rounds => _,
                options(nomem, nostack),
            );
        }
    }

    fn independent(rounds: u32) {
        // SAFETY: the code changes only the registers named, and the flags.
        unsafe {
            asm!(
                "2:",
                ".rept 16",
                "xor {a:e}, {other:e}",
                "xor {b:e}, {other:e}",
                "xor {c:e}, {other:e}",
                "xor {d:e}, {other:e}",
                "xor {e:e}, {other:e}",
                "xor {f:e}, {other:e}",
                "xor {g:e}, {other:e}",
                "xor {h:e}, {other:e}",
                ".endr",
                "dec {rounds:e}",
                "jnz 2b",
                a = inout(reg) 1_u32 => _,
                b = inout(reg) 1_u32 => _,
                c = inout(reg) 1_u32 => _,
                d = inout(reg) 1_u32 => _,
                e = inout(reg) 1_u32 => _,
                f = inout(reg) 1_u32 => _,
                g = inout(reg) 1_u32 => _,
                h = inout(reg) 1_u32 => _,
                other = in(reg) 3_u32,
                rounds = inout(reg) rounds => _,
                options(nomem, nostack),
            );
        }
    }
}

/// As for the other processor.
#[cfg(target_arch = "aarch64")]
mod code {
    use std::arch::asm;

    pub(super) const CHAIN: Option<fn(u32)> = Some(chain);
    pub(super) const INDEPENDENT: Option<fn(u32)> = Some(independent);

    fn chain(rounds: u32) {
        // SAFETY: the code changes only the registers named, and the flags.
        unsafe {
            asm!(
                "2:",
                ".rept 128",
                "eor {value:w}, {value:w}, {other:w}",
                ".endr",
                "subs {rounds:w}, {rounds:w}, #1",
                "b.ne 2b",
                value = inout(reg) 1_u32 => _,
                other = in(reg) 3_u32,
                rounds = inout(reg) rounds => _,
                options(nomem, nostack),
            );
        }
    }

    fn independent(rounds: u32) {
        // SAFETY: the code changes only the registers named, and the flags.
        unsafe {
            asm!(
                "2:",
                ".rept 16",
                "eor {a:w}, {a:w}, {other:w}",
                "eor {b:w}, {b:w}, {other:w}",
                "eor {c:w}, {c:w}, {other:w}",
                "eor {d:w}, {d:w}, {other:w}",
                "eor {e:w}, {e:w}, {other:w}",
                "eor {f:w}, {f:w}, {other:w}",
                "eor {g:w}, {g:w}, {other:w}",
                "eor {h:w}, {h:w}, {other:w}",
                ".endr",
                "subs {rounds:w}, {rounds:w}, #1",
                "b.ne 2b",
                a = inout(reg) 1_u32 => _,
                b = inout(reg) 1_u32 => _,
                c = inout(reg) 1_u32 => _,
                d = inout(reg) 1_u32 => _,
                e = inout(reg) 1_u32 => _,
                f = inout(reg) 1_u32 => _,
                g = inout(reg) 1_u32 => _,
                h = inout(reg) 1_u32 => _,
                other = in(reg) 3_u32,
                rounds = inout(reg) rounds => _,
                options(nomem, nostack),
            );
        }
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod code {
    pub(super) const CHAIN: Option<fn(u32)> = None;
    pub(super) const INDEPENDENT: Option<fn(u32)> = None;
}

#[cfg(all(test, any(target_arch = "x86_64", target_arch = "aarch64")))]
mod tests {
    use super::*;

    #[test]
    fn a_probe_gives_figures_of_a_processor() {
        // However busy the machine, one of these is not interrupted. The bounds hold for any
        // processor of today and of some time to come.
        let probes: Vec<Probe> = (0..50).filter_map(|_| probe()).collect();
        let clock_hz = probes.iter().map(|probe| probe.clock_hz).fold(0.0, f64::max);
        let width = probes.iter().map(|probe| probe.width).fold(0.0, f64::max);
        assert!((0.3e9..12e9).contains(&clock_hz), "{clock_hz}");
        assert!((0.8..12.0).contains(&width), "{width}");
    }
}
