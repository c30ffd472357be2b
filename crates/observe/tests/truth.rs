//! Faults with known costs, found by the account: the middle one of three trials, within generous bounds.
//!
//! The faulty program is this file's own, started again, so that there is no harness.

use std::process::ExitCode;

use speedup_observe::confusion::{Finding, trial};
use speedup_observe::inject::{Fault, perform};
use speedup_observe::{Options, Spec, probe};

const FAULTS: [Fault; 7] =
    [Fault::NONE, Fault::Serial(25), Fault::ExtraUser, Fault::Lock, Fault::Sleep, Fault::Hog, Fault::Exits];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|arg| arg == "inject") {
        return match perform(&args[1..]) {
            Ok(said) => {
                print!("{said}");
                ExitCode::SUCCESS
            }
            Err(problem) => panic!("{problem}"),
        };
    }
    // As other tests do, it minds a filter.
    if args.iter().any(|arg| !arg.starts_with('-') && !"known_faults_are_found".contains(arg.as_str())) {
        return ExitCode::SUCCESS;
    }
    let best = probe().expect("a shell can be run").best();
    if !(best.switches() && best.ptrace()) {
        println!("skipped: the best source here is {}", best.name());
        return ExitCode::SUCCESS;
    }
    let itself = std::env::current_exe().unwrap();
    let program = |args: &[String]| {
        Spec::new(&itself, std::iter::once("inject".to_string()).chain(args.iter().cloned()))
    };
    let findings: Vec<Finding> = FAULTS
        .into_iter()
        .map(|fault| {
            let trials: Vec<_> =
                (0..3).map(|_| trial(fault, &program, &Options::default()).unwrap()).collect();
            Finding::of(&trials)
        })
        .collect();
    println!("{findings:#?}");
    let missed: Vec<String> = findings
        .iter()
        .filter(|finding| finding.found_within(0.3, 0.1) != Ok(true))
        .map(|finding| finding.fault.name())
        .collect();
    assert!(missed.is_empty(), "not found within 30 % and 10 points: {missed:?}");
    println!("known_faults_are_found ... ok");
    ExitCode::SUCCESS
}
