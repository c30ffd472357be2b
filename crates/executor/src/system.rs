//! What the pools take from the machine: one place, so that a model can put a clock and CPUs of its own here.

pub(crate) use speedup_machine::{clock, machine, signal};
