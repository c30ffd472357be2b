//! What a look of some seconds at a machine found, as plain data.
//!
//! `study::diagnostics` gathers it, [`analysis::doctor`](crate::analysis::doctor)
//! judges it.

use serde::Serialize;

use super::{Conditions, Environment, Known, Placement};

/// What was found on a machine.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Facts {
    /// The folder of the files that describe it, if it is not the machine that this runs on. Then nothing was
    /// probed or timed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub captured: Option<String>,
    /// The machine and the build.
    pub environment: Environment,
    /// How busy the machine was before the look.
    pub before: Conditions,
    /// The same at its end.
    pub after: Conditions,
    /// Seconds between those two.
    pub elapsed_s: f64,
    /// Seconds since the system's start.
    pub uptime_s: Known<f64>,
    /// The CPUs that this process may run on.
    pub allowed_cpus: Vec<usize>,
    /// Numbers of workers from 1 to this one are measured where none are asked for.
    pub default_workers: usize,
    /// The CPUs that may be used, in the order in which workers get them, by placement.
    pub orders: Vec<(Placement, Vec<usize>)>,
    /// Memory in bytes that programs can still get.
    pub memory_available_bytes: Known<u64>,
    /// Whether the machine runs from a battery.
    pub on_battery: Known<bool>,
    /// Probes of clock and issue width, CPU by CPU; empty where there is no probe.
    #[serde(skip)]
    pub readings: Vec<Reading>,
    /// Probes of all CPUs while all were busy; empty where there is one, or no probe.
    #[serde(skip)]
    pub together: Vec<Reading>,
    /// Times of one piece of work in two arms.
    #[serde(skip)]
    pub floor: Known<FloorTimes>,
}

/// One probe.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// The CPU that it ran on; `None` where unknown.
    pub cpu: Option<usize>,
    /// Cycles a second.
    pub clock_hz: f64,
    /// Independent operations a cycle.
    pub width: f64,
}

/// Times of the same work in two arms that differ in nothing but their name, pair by pair.
#[derive(Debug, Clone, PartialEq)]
pub struct FloorTimes {
    /// What was computed.
    pub what: String,
    /// Nanoseconds of the first arm's pieces.
    pub first_ns: Vec<f64>,
    /// Nanoseconds of the second arm's pieces.
    pub second_ns: Vec<f64>,
}
