//! The self-test of the account from outside: this program starts itself as the one that is at fault.

use std::ffi::OsString;

use clap::Args;

use super::super::{ExitError, complain, print, print_fitted};
use super::Course;
use speedup_observe::confusion::{Finding, Trial, trial};
use speedup_observe::inject::{self, Fault};
use speedup_observe::{Options, Spec, probe};
use speedup_report::render::confusion;

/// The subcommand by which this program becomes the one at fault.
const INJECT: &str = "inject";
/// Serial fractions, in %, that are compared with the measured ones.
const FRACTIONS: [u32; 4] = [0, 10, 30, 50];

#[derive(Debug, Args)]
pub(in super::super) struct InjectArgs {
    /// What `speedup_observe::inject::arguments` gives
    #[arg(value_name = "WORD", num_args = 3, required = true)]
    words: Vec<String>,
}

/// Is the program at fault.
pub(in super::super) fn inject(args: &InjectArgs) -> Result<(), ExitError> {
    print(&inject::perform(&args.words).map_err(ExitError::Failure)?)
}

/// Injects every fault into a program and prints where it was found.
pub(super) fn test(course: &Course) -> Result<(), ExitError> {
    let itself = std::env::current_exe()
        .map_err(|error| ExitError::Failure(format!("cannot find this program: {error}")))?;
    let source = probe().map_err(ExitError::because)?.best();
    if !source.switches() {
        complain(&format!(
            "the best source of facts here is {}, which does not tell all rows",
            source.name()
        ));
    }
    let program = |words: &[String]| {
        Spec::new(
            &itself,
            std::iter::once(INJECT).map(OsString::from).chain(words.iter().map(OsString::from)),
        )
    };
    let fractions = FRACTIONS.map(Fault::Serial);
    let further = fractions.into_iter().filter(|fault| !Fault::ALL.contains(fault));
    let things: Vec<Fault> = further.chain(Fault::ALL).collect();
    let options = Options { interrupt: Some(course.interrupt.flag()), ..Options::default() };
    let trials = course.go(
        &things,
        |fault| fault.name(),
        |fault, _| trial(*fault, &program, &options).map_err(|error| format!("{}: {error}", fault.name())),
    )?;
    let (findings, fractions) = (findings(&trials, &Fault::ALL), findings(&trials, &fractions));
    print(&format!("Seen from outside by {}\n\n", source.name()))?;
    print_fitted(&confusion::outside(&findings, &fractions, course.rounds))?;
    let all: Vec<&Finding> = findings.iter().chain(&fractions).collect();
    let missed = all.iter().filter(|finding| finding.found() != Ok(true)).count();
    course.verdict(missed, all.len(), "faults and fractions")
}

fn findings(trials: &[Trial], faults: &[Fault]) -> Vec<Finding> {
    let of = |fault: &Fault| {
        let own: Vec<Trial> = trials.iter().filter(|trial| trial.fault == *fault).cloned().collect();
        Finding::of(&own)
    };
    faults.iter().map(of).collect()
}
