//! What cannot be asked for together: settings against workloads, executors and hosts.

use super::config::Workloads;
use super::hosts::OverHosts;
use super::runner::{MOST_WAITING, Runner};
use crate::settings::{RunRequest, SettingError};
use speedup_report::record::{Data, HOSTS, Pinned};

impl RunRequest {
    /// What cannot be asked of workloads that wait.
    pub(super) fn check_waiting(&self, chosen: &Workloads) -> Result<(), SettingError> {
        let Some(waiting) = chosen.iter().find(|workload| workload.waiting().is_some()) else {
            return Ok(());
        };
        let name = waiting.name();
        if let Some(ways) = self.data.as_ref().filter(|ways| ways[..] != [Data::Generate]) {
            let ways: Vec<_> = ways.iter().map(|way| way.name()).collect();
            let problem =
                format!("the jobs of {name} wait for their arrays; only generate can be used with it");
            return Err(SettingError::new("data", ways.join(","), problem));
        }
        match &self.workers {
            Some(counts) if counts.last().is_some_and(|&most| most > MOST_WAITING) => {
                let problem = format!("{name} can have at most {MOST_WAITING} workers");
                Err(SettingError::new("workers", counts, problem))
            }
            _ => Ok(()),
        }
    }

    /// What can only be asked of workloads over arrays, of which there must be one then.
    pub(super) fn check_arrays(&self, chosen: &Workloads) -> Result<(), SettingError> {
        let Some(first) = chosen.first().filter(|_| chosen.iter().all(|one| one.array().is_none())) else {
            return Ok(());
        };
        let problem = || format!("is for workloads over arrays, and {} is none", first.name());
        if let Some(scale) = self.scale {
            return Err(SettingError::new("scale", scale.name(), problem()));
        }
        match &self.data {
            Some(ways) => {
                let ways: Vec<_> = ways.iter().map(|way| way.name()).collect();
                Err(SettingError::new("data", ways.join(","), problem()))
            }
            None => Ok(()),
        }
    }

    /// The CPUs to which workers are kept.
    pub(super) fn pinned(&self, executors: &[Runner]) -> Result<Option<Pinned>, SettingError> {
        let Some(pin) = &self.pin else { return Ok(None) };
        let refused = |problem: String| SettingError::new("pin", pin.to_string(), problem);
        let pinned = pin.resolve().map_err(refused)?;
        let unpinned = |runner: &&Runner| matches!(runner, Runner::Async | Runner::Hosts);
        match executors.iter().find(unpinned).filter(|_| pinned.is_some()) {
            Some(Runner::Hosts) => Err(refused(format!(
                "names CPUs of this machine, and the workers of {HOSTS} are on others; name other executors"
            ))),
            Some(runner) => Err(refused(format!(
                "{} is one thread and has no workers that could each have a CPU; name other executors",
                runner.name()
            ))),
            None => Ok(pinned),
        }
    }

    /// Whether settings of the executor over hosts are given where it is none of the run.
    pub(super) fn check_over(&self, executors: &[Runner]) -> Result<(), SettingError> {
        let given = [
            ("hosts-fill", self.hosts_fill.map(|fill| fill.name().to_string())),
            ("workers-per-host", self.workers_per_host.map(|most| most.to_string())),
        ];
        let given = given.into_iter().find_map(|(name, value)| Some((name, value?)));
        match given.filter(|_| !is_over(executors)) {
            Some((name, value)) => {
                let problem = format!("is for the executor {HOSTS}, which is none of this run");
                Err(SettingError::new(name, value, problem))
            }
            None => Ok(()),
        }
    }
}

/// Whether there are hosts where they are needed.
pub(super) fn check_hosts(executors: &[Runner], hosts: Option<&OverHosts>) -> Result<(), SettingError> {
    if is_over(executors) && hosts.is_none() {
        let problem = format!("{HOSTS} needs the ranks of an MPI job as hosts, which this program has not");
        return Err(SettingError::new("executor", HOSTS, problem));
    }
    Ok(())
}

fn is_over(executors: &[Runner]) -> bool {
    executors.iter().any(|runner| matches!(runner, Runner::Hosts))
}
