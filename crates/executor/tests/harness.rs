//! Process pools in tests of the usual harness: see `test_workers`.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};
use speedup_executor::task::TaskEntry;
use speedup_executor::{Executor, ProcessPoolExecutor, Task};

/// Tests that have run in this process.
static RAN: AtomicUsize = AtomicUsize::new(0);

#[derive(Serialize, Deserialize)]
struct TestsRun(u64);

impl Task for TestsRun {
    const NAME: &'static str = "tests run";
    type Output = (usize, u64);

    fn run(self) -> (usize, u64) {
        (RAN.load(Ordering::Relaxed), self.0 * self.0)
    }
}

static TASKS: &[TaskEntry] = &[TaskEntry::of::<TestsRun>()];

speedup_executor::test_workers!(TASKS);

#[test]
fn workers_run_tasks_and_no_tests() {
    RAN.fetch_add(1, Ordering::Relaxed);
    init_workers();
    let pool = ProcessPoolExecutor::new(2).unwrap();
    let outputs: Vec<_> = pool.map((0..6).map(TestsRun)).map(Result::unwrap).collect();
    assert_eq!(outputs, (0..6).map(|number| (0, number * number)).collect::<Vec<_>>());
}

#[test]
fn another_test_that_has_effects() {
    RAN.fetch_add(1, Ordering::Relaxed);
}

mod within {
    use super::*;

    speedup_executor::test_workers!(TASKS);

    #[test]
    fn a_module_of_tests_has_its_own() {
        init_workers();
        let pool = ProcessPoolExecutor::new(1).unwrap();
        assert_eq!(pool.submit(TestsRun(3)).unwrap().result(None), Ok((0, 9)));
    }
}
