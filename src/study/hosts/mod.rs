//! Workers on other hosts, with an agent on each: which hosts, how workers are laid out, and what an execution was like
//! there.
//!
//! Messages between this program and the agents are `speedup_mpi`'s. What else is asked of a host is a task for a pool
//! of one thread in its agent, which has nothing to do while anything is timed.
//!
//! * this file: the hosts of a run; `tasks`: what is asked of them; `seen`: an execution on them

mod seen;
mod tasks;

use std::sync::Arc;
use std::time::Duration;

use speedup_executor::{Error, Executor, Future, Task};
use speedup_mpi::{Builder, HostInfo, Hosts, MpiPoolExecutor, Placement};
use speedup_report::record::{CeilingLane, Fill, HostRecord, HostsRecord};

use super::choice::WorkloadChoice;
use super::look::Look;
use crate::workload::Scale;
pub(super) use seen::{Before, Seen};
use speedup_machine::placement::Placement as Order;
pub use tasks::TASKS;
use tasks::{Ceiling, Describe, LookAt};

/// The hosts of a run, and how workers are laid out over them.
#[derive(Clone)]
pub struct OverHosts(Arc<Inner>);

struct Inner {
    hosts: Hosts,
    record: HostsRecord,
    /// A thread in the agent of each host, by which it is asked things.
    agents: Vec<MpiPoolExecutor>,
}

/// Starts a pool over hosts.
pub type StartOver = Box<dyn Fn() -> Result<MpiPoolExecutor, Error>>;

impl OverHosts {
    /// Those of this MPI job.
    ///
    /// # Errors
    ///
    /// One line on why there are none.
    pub fn of_this_job(fill: Fill, workers_per_host: Option<usize>) -> Result<Self, String> {
        Hosts::of_this_job().map_err(in_words).and_then(|hosts| Self::of(hosts, fill, workers_per_host))
    }

    /// These hosts, each of which is asked to describe its machine.
    ///
    /// # Errors
    ///
    /// One line on the first that does not.
    pub fn of(hosts: Hosts, fill: Fill, workers_per_host: Option<usize>) -> Result<Self, String> {
        let agent = |host: &HostInfo| hosts.pool().only(host.rank).workers_per_host(1).threads().build();
        let agents = hosts.list().iter().map(agent).collect::<Result<Vec<_>, _>>().map_err(in_words)?;
        let environments = ask(&agents, &Describe)?;
        let record = |(host, environment): (&HostInfo, _)| HostRecord {
            cpus: host.cpus,
            build: format!("{:016x}", host.build),
            environment,
        };
        let described = hosts.list().iter().zip(environments).map(record).collect();
        let record = HostsRecord { fill, workers_per_host, hosts: described };
        Ok(Self(Arc::new(Inner { hosts, record, agents })))
    }

    /// What a record says of them.
    #[must_use]
    pub fn record(&self) -> &HostsRecord {
        &self.0.record
    }

    /// How many workers all hosts take with a CPU for each.
    #[must_use]
    pub fn most_workers(&self) -> usize {
        self.0.record.hosts.iter().map(|host| self.room(host).min(host.cpus)).sum()
    }

    /// How many workers a host takes before others take more.
    fn room(&self, host: &HostRecord) -> usize {
        self.0.record.workers_per_host.unwrap_or(host.cpus)
    }

    fn placement(&self) -> Placement {
        match self.0.record.fill {
            Fill::Compact => Placement::Compact,
            Fill::Scatter => Placement::Scatter,
        }
    }

    /// The settings of a pool of so many workers.
    pub(super) fn pool(&self, workers: usize) -> Builder {
        let pool = self.0.hosts.pool().max_workers(workers).placement(self.placement()).keep_trips();
        match self.0.record.workers_per_host {
            Some(most) => pool.workers_per_host(most),
            None => pool,
        }
    }

    /// How many of so many workers each host has.
    fn laid_out(&self, workers: usize) -> Vec<usize> {
        let rooms: Vec<usize> = self.0.record.hosts.iter().map(|host| self.room(host)).collect();
        self.placement().lay_out(workers, &rooms)
    }

    fn looks(&self, at: LookAt) -> Result<Vec<Look>, String> {
        ask(&self.0.agents, &at)
    }

    /// What each host can do for a workload with the numbers of threads that it has as workers in some case, no more
    /// than its CPUs: all hosts at once, on each one number after another. By the host's index.
    pub(super) fn ceilings(
        &self,
        choice: &WorkloadChoice,
        setting: (u64, Scale, Order),
        window: Duration,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Vec<(usize, Vec<CeilingLane>)>, String> {
        let counts = |(index, host): (usize, &HostRecord)| {
            let mut counts: Vec<usize> =
                choice.workers.iter().map(|&workers| self.laid_out(workers)[index]).collect();
            counts.retain(|&count| (1..=host.cpus).contains(&count));
            counts.sort_unstable();
            counts.dedup();
            counts
        };
        let counts: Vec<Vec<usize>> = self.0.record.hosts.iter().enumerate().map(counts).collect();
        let mut measured = Vec::new();
        for step in 0..counts.iter().map(Vec::len).max().unwrap_or(0) {
            if !go_on() {
                break;
            }
            let having: Vec<usize> = (0..counts.len()).filter(|&host| counts[host].len() > step).collect();
            let of = |&host: &usize| {
                let asked = Ceiling::of(choice, setting, (counts[host][step], window));
                self.0.agents[host].submit(asked).map_err(in_words)
            };
            let asked = having.iter().map(of).collect::<Result<Vec<_>, _>>()?;
            for (host, lanes) in having.into_iter().zip(asked) {
                measured.push((host, lanes.take(None).map_err(in_words)??));
            }
        }
        Ok(measured)
    }
}

/// Asks the agents at the same time, and waits for the answers.
fn ask<T: Task + Clone>(agents: &[MpiPoolExecutor], what: &T) -> Result<Vec<T::Output>, String> {
    let asked = agents.iter().map(|agent| agent.submit(what.clone()));
    let asked: Vec<Future<T::Output>> = asked.collect::<Result<_, _>>().map_err(in_words)?;
    asked.into_iter().map(|answer| answer.take(None).map_err(in_words)).collect()
}

/// What a pool says, without what is said of other pools.
fn in_words(error: Error) -> String {
    match error {
        Error::NotInitialised { reason } => reason,
        other => other.to_string(),
    }
}
