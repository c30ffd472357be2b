//! `speedup selftest`: does the account find what is known to be wrong?

use clap::Args;

use super::exit::watch_for_ctrl_c;
use super::{ExitError, print};
use crate::settings::reader::{Reader, some_of, text};
use crate::settings::values::RoundLimit;
use crate::study::selftest::{EXECUTORS, Fault, Trial, trial};
use speedup_report::analysis::Loss;
use speedup_report::analysis::attribution::{Attribution, Observation};
use speedup_report::render::confusion::{self, InjectedFault};
use speedup_values::List;

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Each fault is a deliberate mistake whose cost is known: workers that sleep, a job that is too large, ",
    "a hog on the worker's CPU. It counts as found if the loss that it belongs to grew most, and by the ",
    "injected amount.\n",
    "\n",
    "Exit codes: 0 every fault was found, 1 some were not, 2 usage error, 130 interrupted.",
))]
pub(super) struct SelftestArgs {
    /// Rounds of every fault
    #[arg(
        long, value_name = "N", default_value = "10", allow_hyphen_values = true,
        value_parser = text::<RoundLimit>()
    )]
    rounds: RoundLimit,
    /// Executors, separated by commas
    #[arg(
        long, value_name = "NAME,…", default_value = "threads,processes", value_parser = executors(),
        hide_possible_values = true
    )]
    executor: List<&'static str>,
}

fn executors() -> Reader<List<&'static str>> {
    some_of("executor", EXECUTORS.map(|name| (name, "", name)))
}

pub(super) fn selftest(args: &SelftestArgs) -> Result<(), ExitError> {
    let (RoundLimit(rounds), executors) = (args.rounds, &args.executor);
    let trials = trials(rounds, executors)?;
    let lines: Vec<InjectedFault> = executors
        .iter()
        .flat_map(|executor| Fault::ALL.map(|fault| line(&trials, executor, fault)))
        .collect();
    print(&confusion::text(&lines, rounds))?;
    let missed = lines.iter().filter(|line| !line.found).count();
    if missed == 0 {
        return Ok(());
    }
    Err(ExitError::Failure(format!("{missed} of {} faults were not found", lines.len())))
}

fn trials(rounds: u32, executors: &[&'static str]) -> Result<Vec<Trial>, ExitError> {
    let interrupt = watch_for_ctrl_c()?;
    let mut trials = Vec::new();
    // Round after round, so that a disturbance of some seconds does not fall on one fault alone.
    for round in 0..rounds {
        for &executor in executors {
            for fault in Fault::ALL {
                if interrupt.requested() {
                    return Err(ExitError::Interrupted("interrupted; a self-test keeps nothing".to_string()));
                }
                trials.push(trial(fault, executor, round).map_err(ExitError::Failure)?);
            }
        }
    }
    Ok(trials)
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
