//! What every executor promises, over a pool of several hosts: the suite of the executor crate, as it stands there.
//!
//! The hosts are threads of this program. Started by an MPI launcher, with the feature `mpi`, they are its ranks.

#![allow(dead_code)] // what only the process pool's own behaviours need

#[path = "../../../executor/tests/conformance/attributes.rs"]
mod attributes;
#[path = "../../../executor/tests/conformance/callbacks.rs"]
mod callbacks;
#[path = "../../../executor/tests/conformance/crashes.rs"]
mod crashes;
#[path = "../../../executor/tests/conformance/deaths.rs"]
mod deaths;
#[path = "../../../executor/tests/conformance/encoding.rs"]
mod encoding;
#[path = "../../../executor/tests/conformance/forks.rs"]
mod forks;
#[path = "../../../executor/tests/conformance/futures.rs"]
mod futures;
#[path = "../../../executor/tests/conformance/gate.rs"]
mod gate;
#[path = "../../../executor/tests/conformance/handover.rs"]
mod handover;
#[path = "../../../executor/tests/conformance/hygiene.rs"]
mod hygiene;
#[path = "../../../executor/tests/conformance/long.rs"]
mod long;
#[path = "../../../executor/tests/conformance/mapping.rs"]
mod mapping;
#[path = "../../../executor/tests/conformance/probe.rs"]
mod probe;
#[path = "../../../executor/tests/conformance/settings.rs"]
mod settings;
#[path = "../../../executor/tests/conformance/shared.rs"]
mod shared;
#[path = "../../../executor/tests/conformance/shutdown.rs"]
mod shutdown;
mod subjects;
#[path = "../../../executor/tests/conformance/suite.rs"]
mod suite;
#[path = "../../../executor/tests/conformance/surroundings.rs"]
mod surroundings;
#[path = "../../../executor/tests/conformance/tasks.rs"]
mod tasks;
#[path = "../../../executor/tests/conformance/user_code.rs"]
mod user_code;
#[path = "../../../executor/tests/conformance/waiting.rs"]
mod waiting;
#[path = "../../../executor/tests/conformance/workers.rs"]
mod workers;

use libtest_mimic::{Arguments, Trial};

fn main() {
    surroundings::open_early();
    speedup_mpi::init(tasks::TASKS);
    if probe::run() {
        return;
    }
    let mut trials = suite::common();
    // Those of futures alone are the executor crate's own.
    trials.retain(|trial| !trial.name().starts_with("future: "));
    let trials = trials.into_iter().map(unless_excepted).collect();
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    subjects::end();
    conclusion.exit();
}

/// What does not apply where the hosts are ranks, and why.
const EXCEPTIONS_OF_RANKS: [(&str, &str); 2] = [
    ("a copy of the program leaves the pool alone", ONE_A_RANK),
    ("at the end of main queued work is finished, also after wait=false", ONE_A_RANK),
];

const ONE_A_RANK: &str = "it starts another program, and a rank is one";

/// What does not apply, and why.
const EXCEPTIONS: [(&str, &str); 3] = [
    (
        "a panic is that task's error alone, with message and place",
        "the path of this suite's files is another here",
    ),
    (
        "cancelled in the queue is done once a worker has passed it",
        "what lies at a host is passed as it is fetched",
    ),
    ("a thousand pools opened and dropped leave nothing", "the hosts' threads stay"),
];

fn unless_excepted(trial: Trial) -> Trial {
    let of_ranks: &[_] = if speedup_mpi::is_launched() { &EXCEPTIONS_OF_RANKS } else { &[] };
    let exceptions = || EXCEPTIONS.iter().chain(of_ranks);
    let reason = exceptions().find(|(behaviour, _)| trial.name().ends_with(behaviour));
    match reason {
        Some((_, reason)) => {
            let name = format!("{} [n/a: {reason}]", trial.name());
            Trial::test(name, || Ok(())).with_ignored_flag(true)
        }
        None => trial,
    }
}
