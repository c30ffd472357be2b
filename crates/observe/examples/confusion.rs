//! Injects known faults and prints in which rows of the account they were found: `confusion [ROUNDS]`.

use std::process::ExitCode;

use speedup_observe::confusion::{Finding, Trial, text, trial};
use speedup_observe::inject::{Fault, perform};
use speedup_observe::{Error, Options, Spec, probe};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let done = match args.first().map(String::as_str) {
        Some("inject") => perform(&args[1..]).map(|said| (said, true)),
        rounds => matrix(rounds.and_then(|rounds| rounds.parse().ok()).unwrap_or(3))
            .map_err(|error| error.to_string()),
    };
    match done {
        Ok((said, good)) => {
            print!("{said}");
            if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(problem) => {
            eprintln!("confusion: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn matrix(rounds: u32) -> Result<(String, bool), Error> {
    let itself =
        std::env::current_exe().map_err(|source| Error::System { what: "find the program", source })?;
    let program = |args: &[String]| {
        Spec::new(&itself, std::iter::once("inject".to_string()).chain(args.iter().cloned()))
    };
    println!("source: {}", probe()?.best().name());
    let mut trials: Vec<Trial> = Vec::new();
    // Round after round, so that a disturbance does not fall on one fault alone.
    for _ in 0..rounds {
        for fault in Fault::ALL {
            trials.push(trial(fault, &program, &Options::default())?);
        }
    }
    let findings: Vec<Finding> = Fault::ALL
        .into_iter()
        .map(|fault| trials.iter().filter(|trial| trial.fault == fault).cloned().collect::<Vec<_>>())
        .map(|trials| Finding::of(&trials))
        .collect();
    let good = findings.iter().all(|finding| finding.found() == Ok(true));
    Ok((text(&findings), good))
}
