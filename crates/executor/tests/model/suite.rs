//! Models and how they become tests.

use std::panic::{AssertUnwindSafe, catch_unwind};

use libtest_mimic::{Failed, Trial};
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use crate::sync::{Step, leave_out};

/// What is run under every schedule.
pub(crate) type Scenario = fn();

/// How many orders of events a hang may depend on for the model to be likely to find it.
const DEPTH: usize = 3;

fn config() -> Config {
    let mut config = Config::new();
    config.stack_size = 1 << 20;
    config.silence_warnings = true;
    config.failure_persistence = FailurePersistence::None;
    // A wait that yields for ever is found as well.
    config.max_steps = MaxSteps::FailAfter(100_000);
    config
}

/// A scenario that must be right under so many schedules: half of them with few changes between
/// threads at places that matter, half of them at random. `MODEL_TIMES` multiplies that.
pub(crate) fn holds(name: &str, schedules: usize, scenario: Scenario) -> Trial {
    Trial::test(name.to_string(), move || {
        leave_out(None);
        run(schedules * times(), scenario).map_err(Failed::from)
    })
}

/// A scenario that hangs, or goes wrong, under one of so many schedules, if that step is left out.
pub(crate) fn needs(step: Step, schedules: usize, scenario: Scenario) -> Trial {
    Trial::test(format!("without {step:?} the model finds a hang"), move || {
        leave_out(Some(step));
        let found = run(schedules, scenario);
        leave_out(None);
        match found {
            Err(problem) if problem.contains("deadlock") => Ok(()),
            Err(problem) => Err(Failed::from(problem)),
            Ok(()) => Err(Failed::from(format!("none in {schedules} schedules"))),
        }
    })
}

fn run(schedules: usize, scenario: Scenario) -> Result<(), String> {
    let run = || {
        Runner::new(PctScheduler::new(DEPTH, schedules / 2), config()).run(scenario);
        Runner::new(RandomScheduler::new(schedules - schedules / 2), config()).run(scenario);
    };
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_string()
    })
}

fn times() -> usize {
    std::env::var("MODEL_TIMES").ok().and_then(|times| times.parse().ok()).unwrap_or(1)
}
