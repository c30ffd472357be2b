//! Jobs that wait: for an answer, a disk or a timer, with hardly any work for a CPU.
//!
//! They are jobs like any others to threads and processes, of which far more than there are CPUs make sense. In
//! addition one thread can have many of them under way at the same time: the executor `async`, whose places run one
//! job after the other, as workers do.

use std::cell::OnceCell;
use std::pin::Pin;
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};

use super::{Fault, Workload};

/// What is known of a workload whose jobs wait.
///
/// ```
/// use std::time::Duration;
///
/// use speedup::workload::{Fault, Waiting, Workload, block_on};
///
/// #[derive(Clone)]
/// struct Naps;
///
/// async fn nap(ms: u64) -> Result<u64, Fault> {
///     tokio::time::sleep(Duration::from_millis(ms)).await;
///     Ok(ms)
/// }
///
/// impl Workload for Naps {
///     type Job = u64;
///     type Output = u64;
///     fn name(&self) -> &str { "naps" }
///     fn jobs(&self) -> Vec<u64> { vec![5; 40] }
///     fn run(&self, ms: u64) -> Result<u64, Fault> { block_on(nap(ms)) }
///     fn waiting(&self) -> Option<Waiting<Self>> {
///         Some(Waiting::new("naps", "a timer", |_, ms| nap(ms)).workers([1, 10, 40]))
///     }
/// }
/// assert_eq!(Naps.run(1), Ok(1));
/// ```
pub struct Waiting<W: Workload> {
    jobs: String,
    on: String,
    workers: Vec<usize>,
    place: Box<MakePlace<W>>,
}

/// Makes a place for a workload.
type MakePlace<W> = dyn Fn(&Arc<W>) -> Box<dyn Place<W>> + Send + Sync;

/// Runs jobs one after the other, without keeping its thread while they wait.
pub trait Place<W: Workload>: Send {
    /// As [`Workload::run_in_parts`], within a runtime of tokio's.
    fn run<'a>(&'a mut self, job: W::Job, ready: &'a mut (dyn FnMut() + Send)) -> Running<'a, W::Output>;
}

/// A job under way.
pub type Running<'a, T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send + 'a>>;

impl<W: Workload> Waiting<W> {
    /// What the jobs are, in the plural, and what they wait for, both in a few words; and how to run one within a
    /// runtime of tokio's, with one thread, its timer and its sockets.
    pub fn new<F, R>(jobs: impl Into<String>, on: impl Into<String>, run: F) -> Self
    where
        F: Fn(Arc<W>, W::Job) -> R + Send + Sync + 'static,
        R: Future<Output = Result<W::Output, Fault>> + Send + 'static,
    {
        let run = Arc::new(run);
        let place = move |workload: &Arc<W>| -> Box<dyn Place<W>> {
            Box::new(Calls { run: Arc::clone(&run), workload: Arc::clone(workload) })
        };
        Self::with_places(jobs, on, place)
    }

    /// The same with places that keep something between their jobs, such as a connection.
    pub fn with_places<F>(jobs: impl Into<String>, on: impl Into<String>, place: F) -> Self
    where
        F: Fn(&Arc<W>) -> Box<dyn Place<W>> + Send + Sync + 'static,
    {
        Self { jobs: jobs.into(), on: on.into(), workers: vec![1, 3, 10, 30, 100], place: Box::new(place) }
    }

    /// Numbers of workers where the user does not say, ascending. One is always among them.
    #[must_use]
    pub fn workers(mut self, workers: impl IntoIterator<Item = usize>) -> Self {
        self.workers = workers.into_iter().chain([1]).filter(|&workers| workers > 0).collect();
        self.workers.sort_unstable();
        self.workers.dedup();
        self
    }

    /// What the jobs are, in the plural.
    #[must_use]
    pub fn jobs(&self) -> &str {
        &self.jobs
    }

    /// What they wait for.
    #[must_use]
    pub fn on(&self) -> &str {
        &self.on
    }

    /// Numbers of workers where the user does not say.
    #[must_use]
    pub fn default_workers(&self) -> &[usize] {
        &self.workers
    }

    /// A place for a workload.
    pub(crate) fn place(&self, workload: &Arc<W>) -> Box<dyn Place<W>> {
        (self.place)(workload)
    }
}

/// A place that keeps nothing.
struct Calls<W, F> {
    run: Arc<F>,
    workload: Arc<W>,
}

impl<W, F, R> Place<W> for Calls<W, F>
where
    W: Workload,
    F: Fn(Arc<W>, W::Job) -> R + Send + Sync + 'static,
    R: Future<Output = Result<W::Output, Fault>> + Send + 'static,
{
    fn run<'a>(&'a mut self, job: W::Job, _: &'a mut (dyn FnMut() + Send)) -> Running<'a, W::Output> {
        Box::pin((self.run)(Arc::clone(&self.workload), job))
    }
}

/// Runs a future to its end in this thread, within a runtime of tokio's that the thread keeps: for the
/// [`run`](Workload::run) of a workload whose jobs are asynchronous.
///
/// # Errors
///
/// The future's own, or [`Fault`] if the runtime cannot be started.
///
/// # Panics
///
/// If it is called by a future that runs in such a runtime.
pub fn block_on<T>(future: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    thread_local! {
        static RUNTIME: OnceCell<Runtime> = const { OnceCell::new() };
    }
    RUNTIME.with(|kept| {
        if kept.get().is_none() {
            let runtime = Builder::new_current_thread().enable_all().build();
            let runtime =
                runtime.map_err(|e| Fault(format!("cannot start the asynchronous runtime: {e}")))?;
            // Nothing else can have set it since, as the thread is here.
            let _ = kept.set(runtime);
        }
        let runtime = kept.get().ok_or_else(|| Fault::new("the asynchronous runtime is gone"))?;
        runtime.block_on(future)
    })
}
