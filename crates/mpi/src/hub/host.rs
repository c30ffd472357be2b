//! What rank 0 knows of a host.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use speedup_executor::remote::Blob;
use speedup_machine::clock;

/// A host that has greeted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostInfo {
    /// Its rank.
    pub rank: usize,
    /// Its name.
    pub name: String,
    /// CPUs that its agent may use.
    pub cpus: usize,
    /// Model of its CPU; empty where the system does not tell it.
    pub cpu_model: String,
    /// Digest of the program that it runs: the same on every host.
    pub build: u64,
}

/// A host as the driver keeps it.
pub(super) struct Host {
    pub(super) is_lost: bool,
    pub(super) heard: Instant,
    pub(super) pinged: Instant,
    pings: HashMap<u64, u64>,
    next_ping: u64,
    /// The shortest way there and back that was seen, and by how much the host's clock is ahead of this one's then.
    best: Option<(u64, i64)>,
    /// Shared bytes that it has, by what is in them.
    pub(super) blobs: HashMap<u128, Blob>,
}

impl Host {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        let (pings, next_ping, best, blobs) = Default::default();
        Self { is_lost: false, heard: now, pinged: now, pings, next_ping, best, blobs }
    }

    /// A ping's number.
    pub(super) fn ping(&mut self) -> u64 {
        self.pinged = Instant::now();
        self.next_ping += 1;
        self.pings.insert(self.next_ping, clock::monotonic_ns());
        self.next_ping
    }

    /// Its answer: how long the way there and back was, and by how much the host's clock is ahead if both ways were
    /// as long.
    pub(super) fn pong(&mut self, number: u64, host_ns: u64) -> Option<(u64, i64)> {
        let now = clock::monotonic_ns();
        let sent = self.pings.remove(&number)?;
        let way = now.saturating_sub(sent);
        let ahead = host_ns.wrapping_sub(sent + way / 2).cast_signed();
        if self.best.is_none_or(|(shortest, _)| way < shortest) {
            self.best = Some((way, ahead));
        }
        Some((way, ahead))
    }

    /// The shortest way there and back.
    pub(super) fn round_trip(&self) -> Duration {
        Duration::from_nanos(self.best.map_or(0, |(way, _)| way))
    }

    /// A time of the host's clock by this one's, as near as half the way there and back.
    pub(super) fn here_ns(&self, host_ns: u64) -> u64 {
        let ahead = self.best.map_or(0, |(_, ahead)| ahead);
        host_ns.wrapping_sub(ahead.cast_unsigned())
    }
}
