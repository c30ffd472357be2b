//! What pools cost apart from the work: speedup's, those of other packages and of Python, in turn.
//!
//! `PEERS_PYTHON` holds lines of `NAME=COMMAND<tab>POOL,POOL…`: an interpreter's name, how it is started on
//! `micro.py` with tabs between the words, and the pools that it has.

#[path = "../micro/mod.rs"]
mod micro;

use std::process::ExitCode;

use micro::python::Python;
use speedup::cli::complain;
use speedup::executor::task::TaskEntry;
use speedup::executor::worker;
use speedup_bench_support::Bench;

static TASKS: &[TaskEntry] = &[TaskEntry::of::<micro::Echo>(), TaskEntry::of::<micro::Meet>()];

fn main() -> ExitCode {
    worker::init(TASKS);
    procspawn::init();
    let pythons = match Python::all() {
        Ok(pythons) => pythons,
        Err(message) => {
            complain(&message);
            return ExitCode::from(2);
        }
    };
    let mut bench = match Bench::new("micro") {
        Ok(bench) => bench,
        Err(code) => return code,
    };
    let mut failed = false;
    for contest in micro::CONTESTS {
        let hold = std::panic::AssertUnwindSafe(|| contest(&mut bench, &pythons));
        // The panic has said what is wrong; the other contests can still be held.
        failed |= std::panic::catch_unwind(hold).is_err();
    }
    let code = bench.finish();
    if failed { ExitCode::FAILURE } else { code }
}
