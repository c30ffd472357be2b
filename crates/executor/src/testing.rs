//! Process pools in tests of the usual harness.

/// Makes process pools work in tests of the usual harness, which has a `main` of its own: a worker is that
/// harness, started again to run a single test that is made here. What workers print to standard output is
/// lost.
///
/// It stands once in a module of tests, with their tasks. Each test that uses a process pool calls
/// `init_workers()` first.
///
/// ```ignore
/// #[cfg(test)]
/// mod tests {
///     use speedup_executor::{Executor, ProcessPoolExecutor};
///
///     use super::{Square, TASKS};
///
///     speedup_executor::test_workers!(TASKS);
///
///     #[test]
///     fn squares() {
///         init_workers();
///         let pool = ProcessPoolExecutor::new(2).unwrap();
///         assert_eq!(pool.submit(Square(7)).unwrap().result(None), Ok(49));
///     }
/// }
/// ```
///
/// Without it a pool refuses: each worker would run all tests again. A harness whose `main` is one's own
/// (`harness = false`, as with the crate `libtest-mimic`) calls [`worker::init`](crate::worker::init) there and needs no macro.
#[macro_export]
macro_rules! test_workers {
    ($tasks:expr) => {
        /// What a worker process of these tests runs; in the harness itself it does nothing.
        #[test]
        fn speedup_worker() {
            init_workers();
        }

        /// Lets process pools start workers: to be called before one is made.
        fn init_workers() {
            $crate::worker::init_in_test($tasks, ::core::module_path!());
        }
    };
}
