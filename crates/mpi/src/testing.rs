//! A cluster within one program, for tests: threads as hosts.

use std::sync::Arc;
use std::thread::JoinHandle;

use crate::agent;
use crate::executor::Builder;
use crate::hub::{Command, Hub, drive};
use crate::local::{Faults, network};
use crate::times::Hosts;

/// Rank 0 and hosts as threads of this program. Its pools are to be gone before it is.
pub struct Cluster {
    hub: Arc<Hub>,
    faults: Arc<[Faults]>,
    driver: Option<JoinHandle<()>>,
    agents: Vec<JoinHandle<()>>,
}

impl Cluster {
    /// One with so many hosts.
    ///
    /// # Panics
    ///
    /// Where the system gives no threads.
    #[must_use]
    pub fn new(hosts: usize) -> Self {
        Self::of_builds(&vec![0; hosts])
    }

    /// One whose hosts run builds that differ by these numbers from this one's.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    #[must_use]
    pub fn of_builds(builds: &[u64]) -> Self {
        let (ends, faults) = network(builds.len() + 1);
        let mut ends = ends.into_iter();
        let hub = Arc::new(Hub::default());
        let build = agent::introduce(String::new()).build;
        let driver = ends.next().map(|end| {
            let hub = Arc::clone(&hub);
            std::thread::spawn(move || drop(drive(end, &hub, build)))
        });
        let agents = ends.zip(builds).enumerate().map(|(index, (end, build))| {
            let mut hello = agent::introduce(format!("host-{}", index + 1));
            hello.build ^= build;
            std::thread::spawn(move || drop(agent::run(end, hello)))
        });
        let agents = agents.collect();
        Self { hub, faults, driver, agents }
    }

    /// A pool on it.
    pub fn pool(&self) -> Builder {
        Builder::on(Ok(Arc::clone(&self.hub)))
    }

    /// Its hosts.
    ///
    /// # Panics
    ///
    /// Where one of them does not greet.
    #[must_use]
    pub fn hosts(&self) -> Hosts {
        Hosts::on(Arc::clone(&self.hub)).expect("every thread greets")
    }

    /// What can befall the host of that rank, from 1.
    ///
    /// # Panics
    ///
    /// Where there is no such rank.
    #[must_use]
    pub fn faults(&self, rank: usize) -> &Faults {
        &self.faults[rank]
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.hub.commands.push(Command::Stop);
        let _ = self.driver.take().map(JoinHandle::join);
        // One that was cut off or lost has not heard that it is to end.
        for faults in &*self.faults {
            faults.lose();
        }
        for agent in self.agents.drain(..) {
            let _ = agent.join();
        }
    }
}
