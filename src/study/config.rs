//! Settings in their second stage: resolved against the workloads, executors and CPUs that are there.

use std::path::PathBuf;

use super::ceiling;
use super::checks::check_hosts;
use super::choice::{Wanted, WorkloadChoice, default_kernel, kernel};
use super::hosts::OverHosts;
use super::registry::AnyWorkload;
use super::runner::Runner;
use super::stopping::StopRule;
use crate::settings::request::CeilingWay;
use crate::settings::values::{KernelName, MAX_WORKERS, OfWorkload, PerWorkload, RunName, Seed};
use crate::settings::{Limits, RunRequest, SettingError};
use crate::workload::{ArrayWorkload, Scale, Selection};
use speedup_report::record::{BASELINE, CeilingPlan, Data, HOSTS, Pinned, PoolMode};
use speedup_values::{List, choose};

/// Settings that can be run.
#[derive(Clone)]
pub struct RunConfig {
    /// The workloads with their kernels and passes, each once for every way of passing data.
    pub workloads: Vec<WorkloadChoice>,
    /// What is measured in addition to the serial baseline.
    pub executors: Vec<Runner>,
    /// When to stop.
    pub stop: StopRule,
    /// Whether a pool is started for each sample or once for all.
    pub pool: PoolMode,
    /// The CPUs to which workers are kept; absent where the scheduler chooses.
    pub pin: Option<Pinned>,
    /// The hosts of workers, where those are other machines.
    pub hosts: Option<OverHosts>,
    /// In which ways the ceiling of the machine is measured; in none where all jobs wait.
    pub ceilings: Vec<CeilingPlan>,
    /// Seed of arrays and order.
    pub seed: u64,
    /// Array sizes.
    pub scale: Scale,
    /// Folder that holds the folders of runs.
    pub out: PathBuf,
    /// Name of the run.
    pub name: String,
}

/// Seed where the user does not say: the chapter that this grew out of.
pub const DEFAULT_SEED: u64 = 17;

/// The workloads of a program.
pub(super) type Workloads = [&'static dyn AnyWorkload];

impl RunRequest {
    /// Resolves the settings against the given workloads, this program's executors and the CPUs
    /// that this process may use.
    ///
    /// # Errors
    ///
    /// [`SettingError`] for the first setting that cannot be used.
    pub fn resolve(
        &self,
        limits: &Limits,
        workloads: &Workloads,
        cpus: usize,
    ) -> Result<RunConfig, SettingError> {
        self.resolve_over(limits, workloads, cpus, || Ok(None))
    }

    /// The same with hosts, which there must be where the executor over hosts is asked for. They are asked for last:
    /// what is wrong without them is told before anything is started on them.
    ///
    /// # Errors
    ///
    /// As [`resolve`](Self::resolve), or what the closure says.
    pub fn resolve_over<E: From<SettingError>>(
        &self,
        limits: &Limits,
        workloads: &Workloads,
        cpus: usize,
        hosts: impl FnOnce() -> Result<Option<OverHosts>, E>,
    ) -> Result<RunConfig, E> {
        let chosen = self.workloads(workloads)?;
        self.check_waiting(&chosen)?;
        self.check_arrays(&chosen)?;
        let executors = self.executors(&chosen)?;
        self.check_over(&executors)?;
        let pin = self.pinned(&executors)?;
        let mut workloads = self.choices(&chosen, workloads)?;
        let ceilings = self.ceilings(&workloads, pin.as_ref())?;
        let hosts = hosts()?;
        check_hosts(&executors, hosts.as_ref())?;
        let cpus = hosts.as_ref().map_or(cpus, |hosts| cpus.max(hosts.most_workers()));
        for choice in &mut workloads {
            choice.workers = self.workers_of(choice.workload, cpus);
        }
        // What is set up is not to be timed, unless the user says so.
        let sets_up = workloads.iter().any(|choice| choice.prepared.sets_up());
        Ok(RunConfig {
            ceilings,
            workloads,
            pin,
            hosts,
            executors,
            stop: StopRule::of(limits),
            pool: self.pool.unwrap_or(if sets_up { PoolMode::Warm } else { PoolMode::Cold }),
            seed: self.seed.map_or(DEFAULT_SEED, |Seed(seed)| seed),
            scale: self.scale.unwrap_or_default(),
            out: self.out.clone().unwrap_or_else(|| PathBuf::from("results")),
            name: self.name.as_ref().map_or_else(|| "run".to_string(), RunName::to_string),
        })
    }

    /// The workloads that are named; where none is, all but those that run only when named, or all if
    /// each is such.
    fn workloads(&self, workloads: &Workloads) -> Result<Vec<&'static dyn AnyWorkload>, SettingError> {
        if let Some(names) = &self.workload {
            let chosen = names.iter().map(|name| workload(name, workloads)).collect::<Result<_, _>>();
            return chosen.map_err(|problem| SettingError::new("workload", names, problem));
        }
        let by_default = |workload: &&dyn AnyWorkload| workload.selection() == Selection::Default;
        let default: Vec<_> = workloads.iter().copied().filter(by_default).collect();
        Ok(if default.is_empty() { workloads.to_vec() } else { default })
    }

    /// Each workload once for every way of passing data, with its kernel and passes; without its workers.
    fn choices(
        &self,
        chosen: &Workloads,
        workloads: &Workloads,
    ) -> Result<Vec<WorkloadChoice>, SettingError> {
        let passes = of_each("passes", self.passes.as_ref(), chosen, workloads)?;
        let kernels = of_each("kernel", self.kernel.as_ref(), chosen, workloads)?;
        let data = self.data.as_deref().unwrap_or(&[Data::Generate]);
        let parameters = self.parameters_of(chosen)?;
        let mut choices = Vec::new();
        for (((&workload, passes), name), parameters) in
            chosen.iter().zip(passes).zip(kernels).zip(parameters)
        {
            let kernel = match name {
                Some(KernelName(name)) => kernel(workload, name).map_err(|problem| {
                    SettingError::new(
                        "kernel",
                        self.kernel.as_ref().map_or_else(String::new, ToString::to_string),
                        problem,
                    )
                })?,
                None => default_kernel(workload),
            };
            let passes = match (passes, workload.array()) {
                (None, array) => array.map_or(1, ArrayWorkload::default_passes),
                (Some(passes), Some(_)) => passes.0,
                (Some(passes), None) => {
                    let problem = format!("is for workloads over arrays, and {} is none", workload.name());
                    return Err(SettingError::new("passes", passes, problem));
                }
            };
            let data = if workload.array().is_some() { data } else { &[Data::Generate] };
            for &data in data {
                let wanted = Wanted {
                    kernel,
                    data,
                    passes,
                    scale: self.scale.unwrap_or_default(),
                    seed: self.seed.map_or(DEFAULT_SEED, |Seed(seed)| seed),
                    parameters: parameters.clone(),
                    workers: Vec::new(),
                };
                let refused = |problem| SettingError::new("workload", workload.name(), problem);
                choices.push(wanted.prepare(workload).map_err(refused)?);
            }
        }
        Ok(choices)
    }

    /// The parameters that are given, of each workload those that it has.
    fn parameters_of(&self, chosen: &Workloads) -> Result<Vec<Vec<(String, String)>>, SettingError> {
        let declares = |workload: &dyn AnyWorkload, name: &str| {
            workload.parameters().iter().any(|parameter| parameter.name == name)
        };
        for (name, value) in &self.parameters {
            if !chosen.iter().any(|workload| declares(*workload, name)) {
                return Err(SettingError::new(name, value, "is of no workload of this run"));
            }
        }
        let of = |workload: &&dyn AnyWorkload| {
            self.parameters.iter().filter(|(name, _)| declares(*workload, name)).cloned().collect()
        };
        Ok(chosen.iter().map(of).collect())
    }

    /// The numbers of workers of a workload. One is always among them: the factor needs it.
    fn workers_of(&self, workload: &dyn AnyWorkload, cpus: usize) -> Vec<usize> {
        match (&self.workers, workload.waiting()) {
            (Some(counts), _) => counts.with_one(),
            (None, Some(workers)) => workers,
            (None, None) => default_workers(cpus),
        }
    }

    fn executors(&self, chosen: &Workloads) -> Result<Vec<Runner>, SettingError> {
        let Some(names) = &self.executor else { return Ok(Runner::by_default(chosen)) };
        let chosen = names.iter().map(|name| executor(name, chosen)).collect::<Result<_, _>>();
        chosen.map_err(|problem| SettingError::new("executor", names, problem))
    }

    /// Whether the executor over hosts is asked for.
    #[must_use]
    pub fn is_over_hosts(&self) -> bool {
        self.executor.as_ref().is_some_and(|names| names.iter().any(|name| name == HOSTS))
    }

    /// The ways in which the ceiling is measured. Jobs that wait have none.
    fn ceilings(
        &self,
        workloads: &[WorkloadChoice],
        pin: Option<&Pinned>,
    ) -> Result<Vec<CeilingPlan>, SettingError> {
        if workloads.iter().all(|choice| choice.prepared.waits().is_some()) {
            let refused = |ways: &List<CeilingWay>| {
                let ways: Vec<_> = ways.iter().map(|way| way.name()).collect();
                SettingError::new("ceiling", ways.join(","), "is for workloads that compute, and these wait")
            };
            return self.ceiling.as_ref().map_or(Ok(Vec::new()), |ways| Err(refused(ways)));
        }
        ceiling::plans(self.ceiling.as_deref(), pin)
            .map_err(|problem| SettingError::new("ceiling", CeilingWay::Triad.name(), problem))
    }
}

fn workload(name: &str, workloads: &Workloads) -> Result<&'static dyn AnyWorkload, String> {
    choose("workload", name, workloads.iter().copied(), |workload| workload.name())
}

/// The executor of that name, if the workloads can use it.
fn executor(name: &str, workloads: &Workloads) -> Result<Runner, String> {
    if name == BASELINE {
        return Err(format!(
            "{BASELINE} is the baseline and is always measured; name the pools to compare with it"
        ));
    }
    if name == HOSTS && cfg!(not(feature = "mpi")) {
        return Err(
            "needs MPI, without which this program was built: build it with '--features mpi'".to_string()
        );
    }
    let runner = choose("executor", name, Runner::all(), |runner| runner.name())?;
    let computing = workloads.iter().find(|workload| workload.waiting().is_none());
    match (runner, computing) {
        (Runner::Async, Some(workload)) => Err(format!(
            "{name} is one thread, which helps only where jobs wait, and those of {} compute; name threads, processes or rayon",
            workload.name()
        )),
        (Runner::Hosts, _) => match workloads.iter().find(|workload| workload.waiting().is_some()) {
            Some(workload) => Err(format!(
                "the jobs of {} wait for what may be on this machine alone; {name} is for workloads that compute",
                workload.name()
            )),
            None => Ok(runner),
        },
        _ => Ok(runner),
    }
}

/// The values of the chosen workloads, in their order.
fn of_each<'a, T: OfWorkload + std::fmt::Display>(
    setting: &str,
    values: Option<&'a PerWorkload<T>>,
    chosen: &Workloads,
    workloads: &Workloads,
) -> Result<Vec<Option<&'a T>>, SettingError> {
    let is_chosen = |name: &str| chosen.iter().any(|workload| workload.name() == name);
    let problem = |problem: String| {
        SettingError::new(setting, values.map_or_else(String::new, ToString::to_string), problem)
    };
    match values {
        None => Ok(vec![None; chosen.len()]),
        Some(PerWorkload::Only(value)) if chosen.len() == 1 => Ok(vec![Some(value)]),
        Some(PerWorkload::Only(value)) => Err(problem(format!("'{value}' is not of the form {}", T::FORM))),
        Some(PerWorkload::Named(values)) => {
            for (name, _) in values {
                workload(name, workloads).map_err(problem)?;
                if !is_chosen(name) {
                    return Err(problem(format!("{name} is not among the workloads of this run")));
                }
            }
            let value = |workload: &&dyn AnyWorkload| values.iter().find(|(name, _)| name == workload.name());
            Ok(chosen.iter().map(|workload| value(workload).map(|(_, value)| value)).collect())
        }
    }
}

/// Every number up to eight; above, steps that keep the run short and a logarithmic axis even.
pub(crate) fn default_workers(cpus: usize) -> Vec<usize> {
    let cpus = cpus.clamp(1, MAX_WORKERS);
    if cpus <= 8 {
        return (1..=cpus).collect();
    }
    let mut workers = vec![1, 2, 3, 4, 6, 8];
    let mut step = 8;
    while step < cpus {
        workers.extend([step / 2 * 3, step * 2].into_iter().filter(|&count| count < cpus));
        step *= 2;
    }
    workers.push(cpus);
    workers
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::study::of_arrays;
    use crate::workload::WORKLOADS;

    fn resolve(request: &RunRequest) -> Result<RunConfig, SettingError> {
        request.resolve(&Limits::default(), of_arrays(WORKLOADS), 4)
    }

    fn problem(request: &RunRequest) -> String {
        resolve(request).err().expect("must be refused").to_string()
    }

    fn of(workload: &str) -> RunRequest {
        RunRequest { workload: Some(workload.parse().unwrap()), ..RunRequest::default() }
    }

    #[test]
    fn defaults_are_the_books_batch_on_the_cpus_there_are() {
        let config = resolve(&RunRequest::default()).unwrap();
        let passes: Vec<_> = config.workloads.iter().map(|c| (c.workload.name(), c.passes)).collect();
        assert_eq!(passes, [("rc4", 8), ("sha256", 16)]);
        assert_eq!(config.executors.iter().map(|e| e.name()).collect::<Vec<_>>(), ["threads", "processes"]);
        assert!(config.workloads.iter().all(|choice| choice.workers == [1, 2, 3, 4]) && config.name == "run");
        assert_eq!(config.stop, StopRule::of(&Limits::default()));
    }

    #[test]
    fn one_worker_is_always_among_them() {
        let workers =
            |text: &str| RunRequest { workers: Some(text.parse().unwrap()), ..RunRequest::default() };
        assert_eq!(resolve(&workers("4")).unwrap().workloads[0].workers, [1, 4]);
        assert_eq!(resolve(&workers("1..3")).unwrap().workloads[0].workers, [1, 2, 3]);
    }

    #[test]
    fn a_single_workload_needs_no_name() {
        let request = RunRequest {
            passes: Some("4".parse().unwrap()),
            kernel: Some("tuned".parse().unwrap()),
            ..of("rc4")
        };
        let config = resolve(&request).unwrap();
        let [choice] = &config.workloads[..] else { panic!("one workload") };
        assert_eq!((choice.passes, choice.kernel.name), (4, "tuned"));
        let request = RunRequest { passes: request.passes, ..RunRequest::default() };
        assert_eq!(problem(&request), "passes '4': '4' is not of the form WORKLOAD=PASSES, such as rc4=80");
    }

    #[test]
    fn many_cpus_give_a_spread() {
        assert_eq!(default_workers(8), [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(default_workers(16), [1, 2, 3, 4, 6, 8, 12, 16]);
        assert_eq!(default_workers(20), [1, 2, 3, 4, 6, 8, 12, 16, 20]);
        assert_eq!(default_workers(64), [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]);
    }

    #[test]
    fn each_refusal_names_setting_value_and_remedy() {
        let known = "there are rc4, sha256, read, flags, flags-local";
        assert_eq!(problem(&of("md5")), format!("workload 'md5': there is no workload md5; {known}"));
        let passes = |text: &str| Some(text.parse().unwrap());
        let request = RunRequest { passes: passes("md5=3"), ..RunRequest::default() };
        assert_eq!(problem(&request), format!("passes 'md5=3': there is no workload md5; {known}"));
        let request = RunRequest { passes: passes("rc4=3"), ..of("sha256") };
        assert_eq!(problem(&request), "passes 'rc4=3': rc4 is not among the workloads of this run");
        let executor =
            |text: &str| RunRequest { executor: Some(text.parse().unwrap()), ..RunRequest::default() };
        assert!(problem(&executor("serial")).contains("always measured"));
        assert!(problem(&executor("threds")).ends_with("did you mean threads?"));
        let without = "without which this program was built: build it with '--features mpi'";
        assert_eq!(problem(&executor("mpi")).contains(without), cfg!(not(feature = "mpi")));
        let request = RunRequest { kernel: Some("rc4=tunde".parse().unwrap()), ..RunRequest::default() };
        let expected = "kernel 'rc4=tunde': rc4 has no kernel tunde; it has textbook, tuned, paired; did you mean tuned?";
        assert_eq!(problem(&request), expected);
    }

    proptest! {
        #[test]
        fn the_default_spread_is_ascending_and_ends_at_the_cpus(cpus in 1..2000_usize) {
            let workers = default_workers(cpus);
            prop_assert!(workers.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert_eq!((workers[0], *workers.last().unwrap()), (1, cpus.min(MAX_WORKERS)));
        }
    }
}
