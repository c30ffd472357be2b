//! What is measured: a batch of jobs, and how to run one of them.
//!
//! A [`Workload`] has its own job type and output type. It says which jobs there are and runs one;
//! [`study`](crate::study) hands them to executors, times them and compares every output with the serial
//! baseline's. A workload starts no thread for a job and reads no clock.
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! use speedup::Tool;
//! use speedup::workload::{Fault, Workload};
//!
//! #[derive(Clone)]
//! struct Primes;
//!
//! impl Workload for Primes {
//!     type Job = u64;
//!     type Output = usize;
//!     fn name(&self) -> &str { "primes" }
//!     fn jobs(&self) -> Vec<u64> { (0..64).map(|part| part * 10_000).collect() }
//!     fn run(&self, from: u64) -> Result<usize, Fault> {
//!         let is_prime = |n: &u64| *n > 1 && (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0);
//!         Ok((from..from + 10_000).filter(is_prime).count())
//!     }
//! }
//!
//! fn main() -> ExitCode {
//!     Tool::new("primes").workload(Primes).main()
//! }
//! ```
//!
//! * [`parameter`]: options of the command line that a workload declares
//! * [`waiting`]: jobs that wait rather than compute, and can run many at a time in one thread
//! * [`mod@array`]: the layer for jobs that are arrays of bytes, with kernels, passes and ways of passing data;
//!   [`rc4`], [`sha256`], [`read`] and [`flags`] are such

pub mod array;
pub mod fault;
pub mod flags;
pub mod parameter;
pub mod rc4;
pub mod read;
pub mod sha256;
pub mod waiting;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use array::served::Site;
pub use array::{Access, ArrayWorkload, Digest, Job, Kernel, Scale, WORKLOADS};
pub use fault::Fault;
pub use parameter::Parameter;
pub use waiting::{Waiting, block_on};

/// A batch of jobs and how to run one.
///
/// What a program registers is a prototype. A run makes a clone of it, gives it its
/// [parameters](Self::parameters) and its [seed](Self::seed), and sets it [up](Self::set_up); so does every
/// worker process for itself. All threads of a process share that clone.
///
/// Most programs need the two types and three methods that have no default. Those from
/// [`execution`](Self::execution) on are for layers that sit between this trait and simpler ones, as
/// [`mod@array`] is.
pub trait Workload: Clone + Send + Sync + 'static {
    /// One unit of work. It is sent to worker processes as serde writes it.
    type Job: Clone + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// What a job gives. It comes back from worker processes as serde writes it.
    type Output: PartialEq + Serialize + DeserializeOwned + Send + 'static;

    /// Name on the command line and in records. It must have no whitespace, comma, equals sign or control
    /// character.
    fn name(&self) -> &str;

    /// Head of its columns in tables.
    fn label(&self) -> &str {
        self.name()
    }

    /// What it computes, in a few words.
    #[expect(clippy::unnecessary_literal_bound, reason = "another workload may keep its text")]
    fn summary(&self) -> &str {
        ""
    }

    /// Whether it is run where the user names none.
    fn selection(&self) -> Selection {
        Selection::Default
    }

    /// The options of `run` that set this workload's fields.
    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        Vec::new()
    }

    /// Takes the seed of the run, which `--seed` sets.
    fn seed(&mut self, seed: u64) {
        let _ = seed;
    }

    /// What has to be done once in every process before the first job, such as reading files; nothing where
    /// nothing has to be done.
    ///
    /// It is not part of any time while pools are kept warm, which is then the default. A user who asks for
    /// cold pools has the start of each worker process timed with all that belongs to it, this included.
    fn set_up(&self) -> Option<SetUp<Self>> {
        None
    }

    /// The same once in every worker, be it a thread or a process, after [`set_up`](Self::set_up). What it makes
    /// is for a `thread_local!`.
    fn set_up_worker(&self) -> Option<SetUpWorker<Self>> {
        None
    }

    /// The batch, in the order of submission: at least one job, and the same ones whenever it is asked for.
    fn jobs(&self) -> Vec<Self::Job>;

    /// How much work a job is, in a unit of the workload's choice such as bytes or points. Records hold it for
    /// their readers, and the ceiling is measured with a job of middle weight; nothing else depends on it.
    fn weight(&self, job: &Self::Job) -> usize {
        let _ = job;
        1
    }

    /// What to call a job in messages, in addition to its number.
    fn describe(&self, job: &Self::Job) -> Option<String> {
        let _ = job;
        None
    }

    /// Runs a job.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the job cannot be done, which fails the case. A panic does the same.
    fn run(&self, job: Self::Job) -> Result<Self::Output, Fault>;

    /// Whether an output is as good as the serial baseline's. Outputs that depend on the order of floating-point
    /// operations want a tolerance here.
    fn agrees(&self, expected: &Self::Output, found: &Self::Output) -> bool {
        expected == found
    }

    /// What is known of a workload whose jobs wait rather than compute; nothing of the others.
    fn waiting(&self) -> Option<Waiting<Self>> {
        None
    }

    /// Whether a job could end its process, by `abort`, `exit` or a stack that overflows. The batch is then run
    /// once in its own process before anything is measured, so that such a job can be named.
    fn may_end_process(&self) -> bool {
        true
    }

    /// The jobs of one execution, from those of the batch, before its time begins.
    ///
    /// # Errors
    ///
    /// [`Fault`] if they cannot be had.
    fn execution(&self, execution: Execution, jobs: &[Self::Job]) -> Result<Vec<Self::Job>, Fault> {
        let _ = execution;
        Ok(jobs.to_vec())
    }

    /// Lets go of what an execution has left in this process, after its time has ended.
    fn executed(&self) {}

    /// As [`run`](Self::run), of jobs that first get their input and then compute: `ready` is to be called in
    /// between, for records tell these apart.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    fn run_in_parts(&self, job: Self::Job, ready: &mut dyn FnMut()) -> Result<Self::Output, Fault> {
        let _ = ready;
        self.run(job)
    }

    /// Work for a thread that does nothing but this work again and again: what the machine's ceiling is measured
    /// with. Each call of it gives how often the work was done. All `lane`s do the same amount.
    ///
    /// # Errors
    ///
    /// [`Fault`] if there is nothing to repeat.
    fn repeated<'a>(&'a self, lane: usize, jobs: &[Self::Job]) -> Result<Repeated<'a>, Fault> {
        let _ = lane;
        let mut by_weight: Vec<&Self::Job> = jobs.iter().collect();
        by_weight.sort_by_key(|job| self.weight(job));
        let middle = by_weight.get(by_weight.len() / 2).ok_or_else(|| Fault::new("there are no jobs"))?;
        let job = (*middle).clone();
        Ok(Box::new(move || self.run(job.clone()).map(|_| 1)))
    }

    /// How an output differs from the serial baseline's, as what a sentence says of the job; nothing where
    /// [`agrees`](Self::agrees) holds.
    fn difference(&self, expected: &Self::Output, found: &Self::Output) -> Option<String> {
        (!self.agrees(expected, found)).then(|| "gave another result than the serial baseline".to_string())
    }

    /// A short text for the output, for records: the same for the same output. Nothing where there is none.
    fn digest(&self, output: &Self::Output) -> Option<Digest> {
        fault::digest(output)
    }
}

/// Sets a workload up in its process.
pub type SetUp<W> = fn(&mut W) -> Result<(), Fault>;

/// Sets a worker up.
pub type SetUpWorker<W> = fn(&W) -> Result<(), Fault>;

/// Work that can be done again and again; see [`Workload::repeated`].
pub type Repeated<'a> = Box<dyn FnMut() -> Result<u64, Fault> + 'a>;

/// One execution of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Execution {
    /// Its number among those of the study, from 0.
    pub number: u32,
    /// Whether it is the serial baseline, which stays in the thread that has the jobs.
    pub baseline: bool,
}

/// When a workload is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// Also where the user names none.
    Default,
    /// Only where it is named.
    ByName,
}
