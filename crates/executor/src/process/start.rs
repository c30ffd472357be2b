//! How this program becomes a worker when it is started again: what a pool must know before it starts one.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::error::Error;
use crate::ipc::channel::Arguments;
use crate::ipc::process::on_main_thread;
use crate::table;
use crate::task::TaskEntry;

/// Set in a worker's environment to its number, and removed as soon as it has been read. Unlike
/// any setting that a user may mean to write.
pub(super) const ENVIRONMENT_KEY: &str = "SPEEDUP_INTERNAL_POOL_WORKER";

/// Why a process that was started as a worker cannot be one.
pub(super) const NOT_AT_START: &str = "worker::init was not called at the start of main";

/// Whether `worker::init` was called by the main thread, and so perhaps where it belongs.
static IN_MAIN: AtomicBool = AtomicBool::new(false);

/// What makes a test harness run the one test that is a worker.
static OF_TEST: OnceLock<Vec<String>> = OnceLock::new();

/// Notes a call of `worker::init`.
pub(super) fn note_init(tasks: &'static [TaskEntry]) {
    table::register(tasks);
    if on_main_thread() {
        IN_MAIN.store(true, Relaxed);
    }
}

/// Notes that a test harness's workers are to run the test `speedup_worker` of that module.
pub(super) fn note_test(tasks: &'static [TaskEntry], module: &str) {
    table::register(tasks);
    OF_TEST.get_or_init(|| {
        let within = module.split_once("::").map(|(_, within)| format!("{within}::")).unwrap_or_default();
        let only = format!("{within}speedup_worker");
        [&*only, "--exact", "--test-threads=1", "--nocapture", "--quiet"].map(ToString::to_string).into()
    });
}

/// With what to start this program.
pub(super) fn arguments() -> Arguments {
    OF_TEST.get().map_or(Arguments::None, |arguments| Arguments::OfTest(arguments))
}

/// Checks that this process can be started again as a worker, and is not itself a worker that has
/// passed by `init`: each would start further ones without end. Nor may a name stand for two tasks.
pub(crate) fn check() -> Result<(), Error> {
    let refused = |reason: &str| Err(Error::NotInitialised { reason: reason.to_string() });
    if std::env::var_os(ENVIRONMENT_KEY).is_some() || !table::is_registered() {
        return refused(NOT_AT_START);
    }
    if !IN_MAIN.load(Relaxed) && OF_TEST.get().is_none() {
        // Each worker would run the whole harness again, with all that its tests do.
        return refused(
            "worker::init was called in another thread than main's, where a worker would not come to it; \
             in tests use speedup_executor::test_workers",
        );
    }
    table::check().or_else(|fault| refused(&fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_thread_of_a_test_harness_it_is_refused() {
        // This is such a thread.
        note_init(&[]);
        let error = check().unwrap_err();
        assert!(error.to_string().ends_with("in tests use speedup_executor::test_workers"), "{error}");
        assert_eq!(error.name(), "NotInitialised");
    }
}
