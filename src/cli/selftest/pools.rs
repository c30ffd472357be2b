//! The self-test of the account of pools.

use super::super::{ExitError, print_fitted};
use super::Course;
use crate::study::selftest::{Fault, Trial, trial};
use speedup_report::analysis::Loss;
use speedup_report::analysis::attribution::{Attribution, Observation};
use speedup_report::render::confusion::{self, InjectedFault};

/// Injects every fault into pools of these kinds and prints where it was found.
pub(super) fn test(course: &Course, executors: &[&'static str]) -> Result<(), ExitError> {
    let things: Vec<(&'static str, Fault)> =
        executors.iter().flat_map(|&executor| Fault::ALL.map(|fault| (executor, fault))).collect();
    let name = |(executor, fault): &(&str, Fault)| format!("{} on {executor}", fault.name());
    let trials = course.go(&things, name, |&(executor, fault), round| trial(fault, executor, round))?;
    let lines: Vec<InjectedFault> =
        things.iter().map(|(executor, fault)| line(&trials, executor, *fault)).collect();
    print_fitted(&confusion::text(&lines, course.rounds))?;
    course.verdict(lines.iter().filter(|line| !line.found).count(), lines.len(), "faults")
}

fn line(trials: &[Trial], executor: &str, fault: Fault) -> InjectedFault {
    let own = trials.iter().filter(|trial| trial.executor == executor && trial.fault == fault);
    let observations: Vec<Observation<'_>> = own
        .map(|trial| Observation {
            control: &trial.control,
            faulty: &trial.faulty,
            injected_ns: trial.injected_ns,
        })
        .collect();
    let attribution = Attribution::of(&observations, fault.workers());
    InjectedFault {
        fault: fault.name(),
        executor: executor.to_string(),
        expected: loss(fault),
        found: attribution.as_ref().is_some_and(|found| found.found_in(loss(fault))),
        attribution,
    }
}

/// Where the account should find a fault.
fn loss(fault: Fault) -> Loss {
    match fault {
        Fault::SlowStart => Loss::Spawn,
        Fault::SlowHandOver => Loss::Dispatch,
        Fault::GiantJob => Loss::Granularity,
        Fault::AscendingOrder => Loss::Ordering,
        Fault::Hog => Loss::RunQueue,
        Fault::DoubledWork => Loss::SlowerTasks,
        Fault::BlockingTask => Loss::Blocking,
        Fault::SlowExit => Loss::Teardown,
    }
}
