//! Settings in two stages: as the user wrote them, and as resolved against what there is.
//!
//! The same texts come from command-line options and from environment variables; an error names
//! the setting, and the front end says how it is spelled there.

use std::fmt;
use std::path::PathBuf;

pub use super::parse::{MAX_PASSES, MAX_ROUNDS, MAX_WORKERS, parse_rounds};
pub(crate) use super::parse::{parse_name, parse_seed, parse_time, parse_workers};
use super::parse::{
    choose_runners, choose_workloads, parse_data, parse_kernels, parse_number, parse_passes, parse_pool,
    parse_precision, parse_scale,
};
use super::runner::{MOST_WAITING, Runner};
use super::stopping::StopRule;
use crate::workload::{Kernel, Scale, Selection, Workload};
use speedup_report::record::{Data, PoolMode};

/// Settings as the user wrote them; what is absent takes its default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunRequest {
    /// Names of workloads, separated by commas.
    pub workload: Option<String>,
    /// Names of executors, separated by commas.
    pub executor: Option<String>,
    /// Numbers of workers, such as `1..4` or `1,2,8`.
    pub workers: Option<String>,
    /// The most rounds to count.
    pub rounds: Option<String>,
    /// How narrow the interval of every speedup is to become, such as `1%`.
    pub precision: Option<String>,
    /// How long to measure at most, such as `60s`.
    pub max_time: Option<String>,
    /// Whether a pool is started for each sample, `cold`, or once for all, `warm`.
    pub pool: Option<String>,
    /// Kernels by workload, such as `rc4=tuned,sha256=sha2`; the kernel alone where there is but one
    /// workload.
    pub kernel: Option<String>,
    /// How arrays reach workers: `generate`, `copy`, `shared`, or several of them.
    pub data: Option<String>,
    /// Passes by workload, such as `rc4=80,sha256=16`.
    pub passes: Option<String>,
    /// Seed of arrays and order.
    pub seed: Option<String>,
    /// Array sizes: `book` or `tiny`.
    pub scale: Option<String>,
    /// Folder that holds the folders of runs.
    pub out: Option<String>,
    /// Name of the run.
    pub name: Option<String>,
}

/// Settings that can be run.
#[derive(Clone)]
pub struct RunConfig {
    /// The workloads with their kernels and passes, each once for every way of passing data.
    pub workloads: Vec<WorkloadChoice>,
    /// What is to be measured beside the serial baseline.
    pub executors: Vec<Runner>,
    /// When to stop.
    pub stop: StopRule,
    /// Whether a pool is started for each sample or once for all.
    pub pool: PoolMode,
    /// Seed of arrays and order.
    pub seed: u64,
    /// Array sizes.
    pub scale: Scale,
    /// Folder that holds the folders of runs.
    pub out: PathBuf,
    /// Name of the run.
    pub name: String,
}

/// A workload and how it is run: what has a serial baseline of its own.
#[derive(Clone)]
pub struct WorkloadChoice {
    /// The workload.
    pub workload: &'static dyn Workload,
    /// Which of its kernels computes.
    pub kernel: &'static Kernel,
    /// How its arrays reach the workers.
    pub data: Data,
    /// Times that each job computes over its array.
    pub passes: u32,
    /// Numbers of workers, ascending, 1 among them.
    pub workers: Vec<usize>,
}

impl WorkloadChoice {
    /// Its name in the plan: the workload's, with how data is passed where that is not the default.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}{}", self.workload.name(), self.by())
    }

    /// Head of its columns: the workload's, with the kernel and how data is passed where those are
    /// not the defaults.
    #[must_use]
    pub fn label(&self) -> String {
        let kernel = if self.kernel == self.workload.default_kernel() {
            String::new()
        } else {
            format!(" ({})", self.kernel.name)
        };
        format!("{}{kernel}{}", self.workload.label(), self.by())
    }

    fn by(&self) -> String {
        if self.data == Data::default() { String::new() } else { format!(" {}", self.data.name()) }
    }
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// Which one: a field name of [`RunRequest`].
    pub setting: &'static str,
    /// What the user wrote.
    pub value: String,
    /// What is wrong and what would be right.
    pub problem: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} '{}': {}", self.setting, self.value, self.problem)
    }
}

impl std::error::Error for ConfigError {}

/// Seed where the user does not say: the chapter that this grew out of.
pub const DEFAULT_SEED: u64 = 17;

impl RunRequest {
    /// Resolves the settings against the given workloads, this program's executors and the CPUs
    /// that this process may use.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for the first setting that cannot be used.
    pub fn resolve(
        &self,
        workloads: &[&'static dyn Workload],
        cpus: usize,
    ) -> Result<RunConfig, ConfigError> {
        let chosen = setting("workload", self.workload.as_deref(), |text| choose_workloads(text, workloads))?
            .unwrap_or_else(|| run_by_default(workloads));
        let passes =
            setting("passes", self.passes.as_deref(), |text| parse_passes(text, &chosen, workloads))?
                .unwrap_or_default();
        let kernels =
            setting("kernel", self.kernel.as_deref(), |text| parse_kernels(text, &chosen, workloads))?
                .unwrap_or_default();
        let data =
            setting("data", self.data.as_deref(), parse_data)?.unwrap_or_else(|| vec![Data::default()]);
        let workers = setting("workers", self.workers.as_deref(), parse_workers)?;
        let choice = |workload: &'static dyn Workload, data| WorkloadChoice {
            workload,
            kernel: of(&kernels, workload).unwrap_or_else(|| workload.default_kernel()),
            data,
            passes: of(&passes, workload).unwrap_or_else(|| workload.default_passes()),
            workers: workers.clone().unwrap_or_else(|| match workload.waiting() {
                Some(waiting) => waiting.default_workers().to_vec(),
                None => default_workers(cpus),
            }),
        };
        self.check_waiting(&chosen, workers.as_deref())?;
        Ok(RunConfig {
            workloads: (chosen.iter())
                .flat_map(|&workload| data.iter().map(move |&data| choice(workload, data)))
                .collect(),
            executors: setting(
                "executor",
                Some(self.executor.as_deref().unwrap_or(Runner::by_default(&chosen))),
                |text| choose_runners(text, &chosen),
            )?
            .unwrap_or_default(),
            stop: self.stop_rule()?,
            pool: setting("pool", self.pool.as_deref(), parse_pool)?.unwrap_or_default(),
            seed: setting("seed", self.seed.as_deref(), |text| parse_number(text, 0, u64::MAX))?
                .unwrap_or(DEFAULT_SEED),
            scale: setting("scale", self.scale.as_deref(), parse_scale)?.unwrap_or_default(),
            out: PathBuf::from(self.out.as_deref().unwrap_or("results")),
            name: setting("name", self.name.as_deref(), parse_name)?.unwrap_or_else(|| "run".to_string()),
        })
    }

    /// What cannot be asked of workloads that wait.
    fn check_waiting(
        &self,
        chosen: &[&'static dyn Workload],
        workers: Option<&[usize]>,
    ) -> Result<(), ConfigError> {
        let Some(waiting) = chosen.iter().find(|workload| workload.waiting().is_some()) else {
            return Ok(());
        };
        let name = waiting.name();
        setting("data", self.data.as_deref(), |text| match parse_data(text)?[..] {
            [Data::Generate] => Ok(()),
            _ => Err(format!(
                "the jobs of {name} wait for their arrays; there is nothing to pass but generate"
            )),
        })?;
        setting("workers", self.workers.as_deref(), |_| match workers.and_then(<[usize]>::last) {
            Some(&most) if most > MOST_WAITING => {
                Err(format!("{name} can have at most {MOST_WAITING} workers"))
            }
            _ => Ok(()),
        })?;
        Ok(())
    }

    /// When to stop, from the three settings that say so.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for the first of them that cannot be used.
    pub fn stop_rule(&self) -> Result<StopRule, ConfigError> {
        Ok(StopRule::of(
            setting("rounds", self.rounds.as_deref(), parse_rounds)?,
            setting("precision", self.precision.as_deref(), parse_precision)?,
            setting("max-time", self.max_time.as_deref(), parse_time)?,
        ))
    }
}

/// Parses a setting if it is there, and names it in the error.
fn setting<T>(
    setting: &'static str,
    value: Option<&str>,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, ConfigError> {
    let Some(value) = value else { return Ok(None) };
    parse(value).map(Some).map_err(|problem| ConfigError { setting, value: value.to_string(), problem })
}

/// The workloads of a run that names none; all, where each is to be named.
fn run_by_default(workloads: &[&'static dyn Workload]) -> Vec<&'static dyn Workload> {
    let default: Vec<_> =
        workloads.iter().copied().filter(|workload| workload.selection() == Selection::Default).collect();
    if default.is_empty() { workloads.to_vec() } else { default }
}

/// What a list says of a workload.
fn of<T: Copy>(list: &[(String, T)], workload: &dyn Workload) -> Option<T> {
    list.iter().find(|(name, _)| name == workload.name()).map(|&(_, value)| value)
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
    use super::*;
    use crate::workload::WORKLOADS;
    use proptest::prelude::*;

    fn problem(request: &RunRequest) -> String {
        request.resolve(WORKLOADS, 2).err().expect("must be refused").to_string()
    }

    #[test]
    fn defaults_are_the_books_batch_on_the_cpus_there_are() {
        let config = RunRequest::default().resolve(WORKLOADS, 4).unwrap();
        let passes: Vec<_> = config.workloads.iter().map(|c| (c.workload.name(), c.passes)).collect();
        assert_eq!(passes, [("rc4", 80), ("sha256", 16)]);
        assert_eq!(config.executors.iter().map(|e| e.name()).collect::<Vec<_>>(), ["threads", "processes"]);
        assert!(config.workloads.iter().all(|choice| choice.workers == [1, 2, 3, 4]) && config.name == "run");
        assert_eq!(config.stop, StopRule::of(None, None, None));
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
        let request = RunRequest { workload: Some("md5".into()), ..RunRequest::default() };
        assert_eq!(
            problem(&request),
            "workload 'md5': there is no workload md5; there are rc4, sha256, read, flags, flags-local"
        );
        let request = RunRequest { passes: Some("rc4=0".into()), ..RunRequest::default() };
        assert_eq!(
            problem(&request),
            "passes 'rc4=0': passes of rc4 must be a whole number from 1 to 1000000"
        );
        let request = RunRequest { passes: Some("md5=3".into()), ..RunRequest::default() };
        assert_eq!(
            problem(&request),
            "passes 'md5=3': there is no workload md5; there are rc4, sha256, read, flags, flags-local"
        );
        let request = RunRequest {
            passes: Some("rc4=3".into()),
            workload: Some("sha256".into()),
            ..RunRequest::default()
        };
        assert_eq!(problem(&request), "passes 'rc4=3': rc4 is not among the workloads of this run");
        let request = RunRequest { executor: Some("serial".into()), ..RunRequest::default() };
        assert!(problem(&request).contains("always measured"));
        let request = RunRequest { precision: Some("150%".into()), ..RunRequest::default() };
        assert_eq!(
            problem(&request),
            "precision '150%': must be a percentage from 0% (never) to 100%, such as 1% or 0.01"
        );
        let request = RunRequest { max_time: Some("soon".into()), ..RunRequest::default() };
        assert!(problem(&request).starts_with("max-time 'soon': must be a time such as 60s or 2m"));
        let request = RunRequest { name: Some("../up".into()), ..RunRequest::default() };
        assert!(problem(&request).starts_with("name '../up': must be"));
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
