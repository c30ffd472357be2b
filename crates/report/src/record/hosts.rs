//! Workers on several hosts: what each host is, and when messages to it went and came.

use serde::{Deserialize, Serialize};

use super::{Environment, MachineState};

/// How N workers are laid out over hosts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Fill {
    /// One host is filled before the next.
    #[default]
    Compact,
    /// As evenly as can be.
    Scatter,
}

impl Fill {
    /// Name on the command line and in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::Scatter => "scatter",
        }
    }
}

/// The hosts of a run and how workers were laid out over them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HostsRecord {
    /// Which host the next worker was put on.
    pub fill: Fill,
    /// The most workers that a host had before all were full; absent where that was its number of CPUs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workers_per_host: Option<usize>,
    /// The hosts, in the order of their ranks. Names of hosts are not kept; reports number them from 1.
    pub hosts: Vec<HostRecord>,
}

/// A host with workers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HostRecord {
    /// CPUs that its agent may use.
    pub cpus: usize,
    /// Digest of the program that it runs, in hexadecimal.
    pub build: String,
    /// The machine, as it described itself there.
    pub environment: Environment,
}

/// A host's part in a sample. Its own times are on its own clock, which is aligned with that of the sample: what lies
/// between two times of one host is exact, and between a host's and the sample's is off by `clock_error_ns` at most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HostSpan {
    /// Index into the record's hosts.
    pub host: usize,
    /// Number of its first worker; the others follow.
    pub first_worker: usize,
    /// How many workers it had.
    pub workers: usize,
    /// How far its clock may have been off, at any time between a comparison before the sample and one after it.
    pub clock_error_ns: u64,
    /// Half of the shortest round trip of those: how long a message takes at least.
    pub latency_ns: u64,
    /// How it was told to start workers, and said that it does; absent of a warm pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<Trip>,
    /// How it was told to end them, and said that they have ended; absent of a warm pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing: Option<Trip>,
    /// What that machine did around and during the sample.
    #[serde(default)]
    pub machine: MachineState,
}

/// When a message to a host and its answer went and came, from the start of the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Trip {
    /// When the message was sent.
    pub sent_ns: u64,
    /// When the host had it, by the host's clock.
    pub came_ns: u64,
    /// When the host sent the answer, by the host's clock.
    pub told_ns: u64,
    /// When the answer was there.
    pub back_ns: u64,
}
