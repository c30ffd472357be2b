//! Does the account find what is known to be wrong? What was injected by the row in which it was found.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::account::{Baseline, Cause, account};
use crate::execution::{Execution, Told, untold};
use crate::inject::{self, Fault, Truth};
use crate::spec::{Options, Output, Spec};
use crate::{Error, run};

/// Causes in the order of the matrix.
const CAUSES: [Cause; 9] = [
    Cause::ExtraUser,
    Cause::ExtraSystem,
    Cause::Steal,
    Cause::RunQueue,
    Cause::Serial,
    Cause::Partial,
    Cause::Idle,
    Cause::Exit,
    Cause::Over,
];

/// The faulty program with the fault and without it, once each.
#[derive(Debug, Clone)]
pub struct Trial {
    /// What was done wrong.
    pub fault: Fault,
    /// Worker-seconds that it cost by the program's own clocks, over the control.
    pub injected_s: f64,
    /// By how many worker-seconds each row has grown against the control.
    pub grown_s: Vec<(Cause, Told<f64>)>,
    /// The serial fraction by the program's own clocks.
    pub serial: f64,
    /// The serial fraction that was measured.
    pub measured_serial: Told<f64>,
}

impl Trial {
    fn found(&self, cause: Cause) -> Told<f64> {
        let found = self.grown_s.iter().find(|(of, _)| *of == cause);
        found.map_or_else(|| untold("no such row"), |(_, seconds)| seconds.clone())
    }
}

/// Tries a fault. `program` makes the specification of a program that calls [`inject::perform`] with the
/// arguments it is given.
///
/// # Errors
///
/// If the program cannot be run or watched, or does not say what it has done.
pub fn trial(
    fault: Fault,
    program: &dyn Fn(&[String]) -> Spec,
    options: &Options<'_>,
) -> Result<Trial, Error> {
    let workers = fault.workers();
    let (plain, _) = observed(fault, 1, false, program, options)?;
    let baseline = Baseline::of(&plain);
    let (control, control_truth) = observed(fault, workers, false, program, options)?;
    let (faulty, truth) = observed(fault, workers, true, program, options)?;
    let (control, faulty) = (account(&control, workers, &baseline), account(&faulty, workers, &baseline));
    let grown = |cause| Ok(faulty.seconds(cause)? - control.seconds(cause)?);
    Ok(Trial {
        fault,
        injected_s: (truth.cost_ns as f64 - control_truth.cost_ns as f64) / 1e9,
        grown_s: CAUSES.map(|cause| (cause, grown(cause))).to_vec(),
        serial: truth.alone_cpu_ns as f64 / truth.cpu_ns.max(1) as f64,
        measured_serial: faulty.serial_fraction,
    })
}

/// One execution and the truth about it.
fn observed(
    fault: Fault,
    workers: u32,
    faulty: bool,
    program: &dyn Fn(&[String]) -> Spec,
    options: &Options<'_>,
) -> Result<(Execution, Truth), Error> {
    let mut spec = program(&inject::arguments(fault, workers, faulty));
    spec.stdout = Output::Digest { tail: 200 };
    if fault != Fault::Hog || !faulty {
        return judged(run(&spec, options)?);
    }
    let cpu = first_cpu();
    let mut hog = program(&inject::hogging());
    (spec.cpus, hog.cpus) = (vec![cpu], vec![cpu]);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let hogging =
            scope.spawn(|| run(&hog, &Options { interrupt: Some(&over), ..Options::cheap() }).map(|_| ()));
        let execution = run(&spec, options);
        over.store(true, Ordering::Relaxed);
        hogging.join().unwrap_or(Ok(()))?;
        judged(execution?)
    })
}

fn judged(execution: Execution) -> Result<(Execution, Truth), Error> {
    let printed = execution.stdout.as_ref().map(|stream| stream.tail.as_slice()).unwrap_or_default();
    match Truth::parse(printed) {
        Some(truth) if execution.exit.success() => Ok((execution, truth)),
        _ => Err(Error::Setting(format!("the faulty program ended with {}", execution.exit))),
    }
}

/// The first CPU that this program may run on.
fn first_cpu() -> usize {
    #[cfg(target_os = "linux")]
    if let Ok(set) = rustix::thread::sched_getaffinity(None) {
        return (0..rustix::thread::CpuSet::MAX_CPU).find(|cpu| set.is_set(*cpu)).unwrap_or(0);
    }
    0
}

/// What several trials of one fault come to.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What was done wrong.
    pub fault: Fault,
    /// Median of the injected worker-seconds.
    pub injected_s: f64,
    /// Median of each row's growth as a part of what was injected.
    pub parts: Vec<(Cause, Told<f64>)>,
    /// The serial fraction, for a fault that is one.
    pub serial: Option<SerialFraction>,
}

/// A serial fraction as it was and as it was measured: medians.
#[derive(Debug, Clone, PartialEq)]
pub struct SerialFraction {
    /// By the program's own clocks.
    pub injected: f64,
    /// As the account has it.
    pub measured: Told<f64>,
    /// The measured one less the injected one.
    pub error: Told<f64>,
}

impl SerialFraction {
    fn of(trials: &[Trial]) -> Self {
        let over = |figure: &dyn Fn(&Trial, f64) -> f64| {
            let figures: Told<Vec<f64>> = trials
                .iter()
                .map(|trial| trial.measured_serial.clone().map(|measured| figure(trial, measured)))
                .collect();
            figures.map(median)
        };
        Self {
            injected: median(trials.iter().map(|trial| trial.serial).collect()),
            measured: over(&|_, measured| measured),
            error: over(&|trial, measured| measured - trial.serial),
        }
    }
}

impl Finding {
    /// From trials of one fault.
    ///
    /// # Panics
    ///
    /// If there are none.
    #[must_use]
    pub fn of(trials: &[Trial]) -> Self {
        assert!(!trials.is_empty(), "a finding needs a trial");
        let part = |cause| {
            let parts: Told<Vec<f64>> =
                trials.iter().map(|trial| Ok(trial.found(cause)? / trial.injected_s)).collect();
            parts.map(median)
        };
        let fault = trials[0].fault;
        Self {
            fault,
            injected_s: median(trials.iter().map(|trial| trial.injected_s).collect()),
            parts: CAUSES.map(|cause| (cause, part(cause))).to_vec(),
            serial: matches!(fault, Fault::Serial(_)).then(|| SerialFraction::of(trials)),
        }
    }

    /// Whether it was found where it is: the amount within `tolerance`, and a serial fraction within
    /// `points`.
    ///
    /// User and system time are split by a sample, the kernel's clock ticks: their sum must be right, and
    /// the greater part of it where it belongs. Of less than a tenth of the work, only the fraction counts.
    ///
    /// # Errors
    ///
    /// Why it cannot be told.
    pub fn found_within(&self, tolerance: f64, points: f64) -> Told<bool> {
        let part = |cause| {
            let part = self.parts.iter().find(|(of, _)| *of == cause);
            part.map_or_else(|| untold("no such row"), |(_, part)| part.clone())
        };
        let near = |part: f64| (part - 1.0).abs() <= tolerance;
        match (self.fault, &self.serial) {
            (Fault::ExtraUser | Fault::ExtraSystem, _) => {
                let (user, system) = (part(Cause::ExtraUser)?, part(Cause::ExtraSystem)?);
                Ok(near(user + system) && (user > system) == (self.fault == Fault::ExtraUser))
            }
            (Fault::Serial(percent), Some(serial)) => {
                Ok(serial.error.clone()?.abs() <= points && (percent < 10 || near(part(Cause::Serial)?)))
            }
            _ => Ok(near(part(self.fault.cause())?)),
        }
    }

    /// As [`Finding::found_within`] a tenth and three points.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn found(&self) -> Told<bool> {
        self.found_within(0.1, 0.03)
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(fault: Fault, found_s: f64, serial_error: f64) -> Trial {
        Trial {
            fault,
            injected_s: 0.2,
            grown_s: CAUSES
                .map(|cause| (cause, Ok(if cause == fault.cause() { found_s } else { 0.0 })))
                .to_vec(),
            serial: 0.25,
            measured_serial: Ok(0.25 + serial_error),
        }
    }

    #[test]
    fn the_median_is_judged() {
        let of = |seconds: [f64; 3]| Finding::of(&seconds.map(|seconds| trial(Fault::Sleep, seconds, 0.0)));
        assert_eq!(of([0.0, 0.19, 9.0]).found(), Ok(true));
        assert_eq!(of([0.17, 0.17, 0.2]).found(), Ok(false));
        assert_eq!(Finding::of(&[trial(Fault::Serial(25), 0.2, -0.02)]).found(), Ok(true));
        assert_eq!(Finding::of(&[trial(Fault::Serial(25), 0.2, 0.04)]).found(), Ok(false));
        let serial =
            Finding::of(&[0.01, -0.05, 0.02].map(|error| trial(Fault::Serial(25), 0.2, error))).serial;
        assert!((serial.unwrap().error.unwrap() - 0.01).abs() < 1e-12);
    }

    #[test]
    fn user_and_system_time_are_judged_together() {
        let with = |system_s: f64| {
            let mut trial = trial(Fault::ExtraUser, 0.12, 0.0);
            trial.grown_s[1].1 = Ok(system_s);
            Finding::of(&[trial]).found()
        };
        assert_eq!((with(0.07), with(0.0), with(0.13)), (Ok(true), Ok(false), Ok(false)));
        assert_eq!(Finding::of(&[trial(Fault::Serial(5), 0.0, 0.01)]).found(), Ok(true));
    }

    #[test]
    fn what_cannot_be_told_is_not_found() {
        let mut untold_trial = trial(Fault::Sleep, 0.2, 0.0);
        untold_trial.grown_s = CAUSES.map(|cause| (cause, untold("no trace"))).to_vec();
        let finding = Finding::of(&[untold_trial]);
        assert_eq!(finding.found(), untold("no trace"));
    }
}
