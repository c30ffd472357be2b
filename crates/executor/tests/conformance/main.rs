//! What every executor promises, over every executor.
//!
//! One behaviour a line: `executor: group: behaviour`. Where one does not apply to an executor its
//! line says so, `[n/a: why]`, and counts as ignored. The behaviours of `concurrent.futures` are those
//! of `CPython`'s own tests; more have been added where pools of other makers are known to break.
//!
//! The test harness is our own `main`, because worker processes are this program started again
//! and must become workers before anything else happens.
//!
//! * `suite`: behaviours and how they become tests
//! * `subjects`: the executors under test
//! * `tasks`, `gate`: what the pools are given to do
//! * `probe`: this program started once more as a program that uses a pool, to be watched from
//!   outside
//! * `deaths`: the ways in which a worker can die, tried at every stage
//! * the others: the behaviours, a group or two in each file

mod attributes;
mod callbacks;
mod crashes;
mod deaths;
mod encoding;
mod forks;
mod futures;
mod gate;
mod handover;
mod hygiene;
mod long;
mod mapping;
mod probe;
mod settings;
mod shared;
mod shutdown;
mod subjects;
mod suite;
mod surroundings;
mod tasks;
mod user_code;
mod waiting;
mod workers;

use libtest_mimic::Arguments;
use speedup_executor::worker;

fn main() {
    surroundings::open_early();
    worker::init(tasks::TASKS);
    if probe::run() {
        return;
    }
    let mut trials = suite::common();
    trials.extend(suite::trials(crashes::BEHAVIOURS));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
