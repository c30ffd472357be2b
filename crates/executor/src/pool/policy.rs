//! Choices that a caller makes: what shutdown does, and what a crash does.

use serde::{Deserialize, Serialize};

/// Whether [`shutdown`](crate::Executor::shutdown) waits for the workers to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wait {
    /// It returns when every worker has ended.
    #[default]
    Yes,
    /// It returns at once; the workers finish what is queued and end.
    No,
}

/// What [`shutdown`](crate::Executor::shutdown) does with tasks that no worker has yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CancelFutures {
    /// Their futures are cancelled.
    Yes,
    /// They are run.
    #[default]
    No,
}

/// What a [`ProcessPoolExecutor`](crate::ProcessPoolExecutor) does when a worker dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum OnCrash {
    /// Every task that is queued or running gets [`BrokenPool`](crate::Error::BrokenPool), the other
    /// workers are stopped, and nothing more can be submitted.
    #[default]
    BreakPool,
    /// The tasks that the worker had get [`WorkerDied`](crate::Error::WorkerDied): one, or the chunk
    /// it came in. Another worker takes its place and the pool goes on. A worker that cannot be
    /// started breaks the pool all the same.
    FailTaskAndReplace,
}

/// Whether a worker process that waits for a task, or a thread that waits for its result, may keep its
/// CPU busy for a moment before it sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Spin {
    /// It sleeps at once, and is woken by the system: some microseconds each time.
    Never,
    /// It spins for at most 50 microseconds, and less where that was in vain of late, in pools with no more workers
    /// than CPUs, and a thread only while a CPU is left for it. An exchange of short tasks then goes without the
    /// system. A thread that submits long arguments, more than 4 MiB ahead of the workers, waits for them half a
    /// millisecond a MiB at most, and not where that was in vain: they go from cache to cache then.
    #[default]
    Adaptive,
}
