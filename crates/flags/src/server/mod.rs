//! A server of flags that can be slow and can fail, on purpose and reproducibly.
//!
//! * [`site`]: the sites of the book; [`settings`]: how one is to be served
//! * [`delay`], [`fault`]: when and how it is slow or fails; [`chance`] decides, as a pure function of seed,
//!   path and attempt
//! * `content`: what is served at a path; `answer`: one request, one answer
//! * `misbehave`: the answers that no HTTP library would give; `connection`: one connection, good or bad, `patient` to a limit
//! * `listen`: ports, threads, and the end of it all; [`stats`]: what was counted
//!
//! HTTP itself is hyper's. Connections are accepted here and not by a framework, since a fault such as a reset
//! needs the bare connection.

mod answer;
pub mod chance;
mod connection;
mod content;
pub mod delay;
pub mod fault;
mod listen;
mod misbehave;
mod patient;
pub mod settings;
pub mod site;
pub mod stats;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

pub use delay::Delay;
pub use fault::{Buckets, Fault, Faults};
pub use settings::{KeepAlive, Limits, Settings, StatsPath};
pub use site::Site;

use self::answer::State;
use self::listen::{Bound, Threads};
use self::stats::Snapshot;

/// A server of one or several sites. Dropping it ends it at once.
#[derive(Debug)]
pub struct Server {
    threads: Threads,
    sites: Vec<(SocketAddr, Arc<State>)>,
}

/// A site whose port, or whose thread, cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("{site}: cannot {what} {addr}: {error}")]
pub struct BindError {
    /// What was tried: to listen at the address, or to start a thread for it.
    pub what: &'static str,
    /// Name of the site.
    pub site: &'static str,
    /// The address.
    pub addr: SocketAddr,
    /// What the system said.
    pub error: io::Error,
}

impl Server {
    /// Takes the ports of all sites and serves them on that many threads.
    ///
    /// # Errors
    ///
    /// [`BindError`] of the first site that cannot be served; then none is.
    pub fn start(sites: Vec<Settings>, threads: usize) -> Result<Self, BindError> {
        let mut bound = Vec::new();
        for settings in sites {
            let (site, addr) = (settings.site.name(), settings.addr());
            bound.push(Bound::new(State::new(settings)).map_err(|error| BindError {
                what: "listen at",
                site,
                addr,
                error,
            })?);
        }
        let first = bound.first().map(|bound| (bound.state.settings.site.name(), bound.addr));
        let sites = bound.iter().map(|bound| (bound.addr, Arc::clone(&bound.state))).collect();
        match Threads::start(bound, threads) {
            Ok(threads) => Ok(Self { threads, sites }),
            Err(error) => {
                let (site, addr) = first.unwrap_or(("no site", SocketAddr::from(([0; 4], 0))));
                Err(BindError { what: "start a thread to serve", site, addr, error })
            }
        }
    }

    /// Where each site listens, in the order of the settings.
    pub fn addrs(&self) -> impl Iterator<Item = SocketAddr> {
        self.sites.iter().map(|(addr, _)| *addr)
    }

    /// What each site has counted.
    #[must_use]
    pub fn stats(&self) -> Vec<Snapshot> {
        self.sites.iter().map(|(_, state)| state.stats.snapshot(state.settings.site.name())).collect()
    }

    /// Takes no more requests and waits until those under way are answered, at most for that long.
    pub fn stop(&mut self, within: Duration) {
        self.threads.stop(within);
    }
}

/// A server of one site in this process, on one thread, for as long as it is not dropped.
#[derive(Debug)]
pub struct Background {
    server: Server,
    addr: SocketAddr,
}

impl Background {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// [`BindError`] if its port cannot be had.
    pub fn start(settings: Settings) -> Result<Self, BindError> {
        let server = Server::start(vec![settings], 1)?;
        let addr = server.sites[0].0;
        Ok(Self { server, addr })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What it has counted.
    #[must_use]
    pub fn stats(&self) -> Snapshot {
        let (_, state) = &self.server.sites[0];
        state.stats.snapshot(state.settings.site.name())
    }
}
