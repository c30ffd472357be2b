//! `speedup selftest`: does the account find what is known to be wrong?

use super::args::SelftestArgs;
use super::{Failed, print};
use crate::study::config::parse_rounds;
use crate::study::selftest::{EXECUTORS, Fault, Trial, trial};
use speedup_machine::signal::Interrupt;
use speedup_report::analysis::Loss;
use speedup_report::analysis::attribution::{Attribution, Observation};
use speedup_report::render::confusion::{self, InjectedFault};

pub(super) fn selftest(args: &SelftestArgs) -> Result<(), Failed> {
    let rounds = parse_rounds(&args.rounds)
        .map_err(|problem| Failed::Usage(format!("--rounds '{}': {problem}", args.rounds)))?;
    let executors = executors(&args.executor)?;
    let interrupt =
        Interrupt::install().map_err(|error| Failed::Failure(format!("cannot watch for Ctrl-C: {error}")))?;
    let mut trials = Vec::new();
    // Round after round, so that a disturbance of some seconds does not fall on one fault alone.
    for round in 0..rounds {
        for &executor in &executors {
            for fault in Fault::ALL {
                if interrupt.requested() {
                    return Err(Failed::Interrupted("interrupted; a self-test keeps nothing".to_string()));
                }
                trials.push(trial(fault, executor, round).map_err(Failed::Failure)?);
            }
        }
    }
    let lines: Vec<InjectedFault> = executors
        .iter()
        .flat_map(|executor| Fault::ALL.map(|fault| line(&trials, executor, fault)))
        .collect();
    print(&confusion::text(&lines, rounds))?;
    let missed = lines.iter().filter(|line| !line.found).count();
    if missed == 0 {
        return Ok(());
    }
    Err(Failed::Failure(format!("{missed} of {} faults were not found where they are", lines.len())))
}

fn executors(text: &str) -> Result<Vec<&'static str>, Failed> {
    let find = |name: &str| {
        EXECUTORS.into_iter().find(|executor| *executor == name.trim()).ok_or_else(|| {
            Failed::Usage(format!("--executor '{text}': must be a list of {}", EXECUTORS.join(", ")))
        })
    };
    let chosen: Vec<_> = text.split(',').map(find).collect::<Result<_, _>>()?;
    match (1..chosen.len()).find(|&index| chosen[..index].contains(&chosen[index])) {
        Some(index) => Err(Failed::Usage(format!("--executor '{text}': names {} twice", chosen[index]))),
        None => Ok(chosen),
    }
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
