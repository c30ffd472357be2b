//! `speedup selftest`: does the account find what is known to be wrong?

mod outside;
mod pools;

use std::time::Duration;

use clap::Args;

use super::exit::watch_for_ctrl_c;
use super::{ExitError, complain};
use crate::settings::reader::{Reader, some_of, text};
use crate::settings::values::RoundLimit;
use crate::study::progress::{Progress, Verbosity};
use crate::study::selftest::EXECUTORS;
use speedup_machine::environment::conditions_before;
use speedup_machine::signal::Interrupt;
use speedup_report::analysis::doctor;
use speedup_values::List;

pub(super) use outside::{InjectArgs, inject};

#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Each fault is a deliberate mistake whose cost is known: workers that sleep, a job that is too large, ",
    "a hog on the worker's CPU. It counts as found if the loss that it belongs to grew most, and by the ",
    "injected amount.\n",
    "\n",
    "With --outside, programs do something wrong and tell what it cost by their own clocks: serial work, ",
    "more CPU time, a lock, sleep, uneven threads, a hog, processes that end slowly. Their accounts from ",
    "outside are compared with that, and serial fractions of 0, 10, 30 and 50 % with those measured.\n",
    "\n",
    "Exit codes: 0 every fault was found, 1 some were not, 2 usage error, 130 interrupted.",
))]
pub(super) struct SelftestArgs {
    /// Rounds of every fault [default: 10, or 5 with --outside]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = text::<RoundLimit>())]
    rounds: Option<RoundLimit>,
    /// Executors, separated by commas [default: threads,processes]
    #[arg(
        long, value_name = "NAME,…", value_parser = executors(), hide_possible_values = true,
        conflicts_with = "outside"
    )]
    executor: Option<List<&'static str>>,
    /// Test the account from outside, which 'speedup command' gives of programs
    #[arg(long)]
    outside: bool,
    /// Show no progress bar
    #[arg(long, short)]
    quiet: bool,
}

/// How long others are watched before anything is tried.
const WATCHING: Duration = Duration::from_millis(500);

/// Rounds of faults in pools and of faults in programs, which take longer and whose medians count.
const ROUNDS: (u32, u32) = (10, 5);

fn executors() -> Reader<List<&'static str>> {
    some_of("executor", EXECUTORS.map(|name| (name, "", name)))
}

pub(super) fn selftest(args: &SelftestArgs) -> Result<(), ExitError> {
    let default = if args.outside { ROUNDS.1 } else { ROUNDS.0 };
    let rounds = args.rounds.map_or(default, |RoundLimit(rounds)| rounds);
    let conditions = conditions_before(WATCHING);
    let too_busy = doctor::too_busy(&conditions);
    match (&too_busy, doctor::others(&conditions)) {
        (Some(too_busy), _) => complain(too_busy),
        (None, Some(others)) => {
            complain(&format!("{others}; what they take can hide a fault, or be taken for one"));
        }
        (None, None) => {}
    }
    let course = Course {
        interrupt: watch_for_ctrl_c()?,
        progress: Progress::new(if args.quiet { Verbosity::Quiet } else { Verbosity::Normal }),
        rounds,
        too_busy: too_busy.is_some(),
    };
    if args.outside {
        return outside::test(&course);
    }
    match &args.executor {
        Some(executors) => pools::test(&course, executors),
        None => pools::test(&course, &["threads", "processes"]),
    }
}

/// The rounds of a self-test: how many, how far they are, and whether the user wants them to end.
struct Course {
    interrupt: Interrupt,
    progress: Progress,
    rounds: u32,
    /// Whether others used so much of the machine that a fault may be missed for that alone.
    too_busy: bool,
}

impl Course {
    /// Whether all is well with that many that are not.
    fn verdict(&self, missed: usize, all: usize, what: &str) -> Result<(), ExitError> {
        if missed == 0 {
            return Ok(());
        }
        let why = if self.too_busy { ", but the machine was too busy to tell" } else { "" };
        Err(ExitError::Failure(format!("{missed} of {all} {what} were not found{why}")))
    }

    /// Tries each thing once a round. Round after round, so that a disturbance of some seconds does not fall
    /// on one alone.
    fn go<T, R>(
        &self,
        things: &[T],
        name: impl Fn(&T) -> String,
        mut once: impl FnMut(&T, u32) -> Result<R, String>,
    ) -> Result<Vec<R>, ExitError> {
        let mut results = Vec::new();
        let all = things.len() * self.rounds as usize;
        for round in 0..self.rounds {
            for thing in things {
                let share = results.len() as f64 / all as f64;
                let message = format!("{} · round {} of {}", name(thing), round + 1, self.rounds);
                self.progress.show(share, message);
                let result = once(thing, round);
                if self.interrupt.requested() {
                    self.progress.finish();
                    return Err(ExitError::Interrupted("interrupted; a self-test keeps nothing".to_string()));
                }
                results.push(result.map_err(|problem| {
                    self.progress.finish();
                    ExitError::Failure(problem)
                })?);
            }
        }
        self.progress.finish();
        Ok(results)
    }
}
