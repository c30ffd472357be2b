//! How a site is to be served.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::delay::Delay;
use super::fault::Faults;
use super::site::Site;

/// How a site is to be served.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The site.
    pub site: Site,
    /// Address to listen at.
    pub bind: IpAddr,
    /// Port to listen at; 0 for any that is free.
    pub port: u16,
    /// Seed of all that is left to chance.
    pub seed: u64,
    /// How late an answer is that is late.
    pub delay: Delay,
    /// How often what goes wrong.
    pub faults: Faults,
    /// Whether a connection stays open after an answer.
    pub keep_alive: KeepAlive,
    /// Whether the path `/stats` tells what was counted.
    pub stats: StatsPath,
    /// What clients may ask of it.
    pub limits: Limits,
}

/// Whether a connection stays open after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepAlive {
    /// For the next request.
    Yes,
    /// One connection for each request.
    No,
}

/// Whether the path `/stats` tells what was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatsPath {
    /// As JSON.
    Shown,
    /// It is a path like any other.
    Hidden,
}

/// What clients may ask of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at the same time; others wait until one ends.
    pub connections: usize,
    /// How long a connection may wait for a whole request, idle or in the middle of one, and how long for the
    /// client to take some of an answer.
    pub idle: Duration,
    /// Bytes of a request's line and headers.
    pub header_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 4096, idle: Duration::from_secs(30), header_bytes: 16 << 10 }
    }
}

impl Settings {
    /// The site as in the book, on the loopback interface at any free port.
    #[must_use]
    pub fn of(site: Site) -> Self {
        Self {
            site,
            bind: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            seed: 17,
            delay: Delay::BOOK,
            faults: Faults::of(site),
            keep_alive: KeepAlive::Yes,
            stats: StatsPath::Hidden,
            limits: Limits::default(),
        }
    }

    /// Where it is to listen.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        SocketAddr::new(self.bind, self.port)
    }
}
