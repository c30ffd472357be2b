//! The layer for jobs that are arrays of bytes: each makes or gets an array and computes over it, in a number of
//! passes.
//!
//! An [`ArrayWorkload`] says how large the arrays of its batch are and how to compute on one, in one or several ways,
//! its [`Kernel`]s: they differ in speed and in nothing else. [`layer`] makes a [`Workload`](super::Workload) of it,
//! and that is the only place that knows both. Adding one to this program is one file like [`rc4`] or
//! [`sha256`] and one line in [`WORKLOADS`].
//!
//! * [`passed`]: how an array reaches its worker
//! * [`served`]: arrays that come from a server, for which their jobs wait
//! * `bytes`: arrays from a seeded generator

pub(crate) mod bytes;
pub mod layer;
pub mod passed;
pub mod served;

use serde::{Deserialize, Serialize};

pub use layer::{ArrayJob, Arrays};
pub use passed::{Answer, Passed};
pub use served::{Served, Site};

use super::{Fault, Selection, flags, rc4, read, sha256};

/// Every workload of this crate.
pub static WORKLOADS: &[&dyn ArrayWorkload] =
    &[&rc4::Workload, &sha256::Workload, &read::Workload, &flags::DELAY, &flags::LOCAL];

/// A batch of arrays and how to compute on one.
pub trait ArrayWorkload: Sync {
    /// Name on the command line and in records.
    fn name(&self) -> &'static str;

    /// Head of its columns in tables.
    fn label(&self) -> &'static str;

    /// What it computes, in a few words.
    fn summary(&self) -> &'static str;

    /// Whether it is run where the user names none.
    fn selection(&self) -> Selection {
        Selection::Default
    }

    /// Bytes of each job's array, in the order of submission.
    fn sizes(&self, scale: Scale) -> Vec<usize>;

    /// Times that a job computes over its array where the user does not say: enough for about a
    /// second of serial work, and the same for every number of workers.
    fn default_passes(&self) -> u32;

    /// Makes a job's array. The same job always gets the same bytes.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it cannot be had, as where it comes over a network.
    fn generate(&self, job: Job) -> Result<Vec<u8>, Fault> {
        Ok(bytes::generate(job))
    }

    /// What is known of a workload whose arrays come from a server; nothing of the others.
    fn served(&self) -> Option<&dyn Served> {
        None
    }

    /// The ways in which it can compute, at least one; the first is the default. A workload that
    /// has but one need not say so.
    fn kernels(&self) -> &'static [Kernel] {
        &[Kernel::ONLY]
    }

    /// The implementation that a kernel comes down to on this machine, where it leaves the choice to
    /// what the processor has.
    fn backend(&self, kernel: &Kernel) -> Option<&'static str> {
        let _ = kernel;
        None
    }

    /// Computes `passes` times over the array with one of its kernels, and gives a digest of the
    /// result, which is the same whatever the kernel.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the computation finds itself to be wrong.
    fn compute(&self, kernel: &Kernel, array: &mut [u8], passes: u32) -> Result<Digest, Fault>;

    /// What computing does to the array. One that is only read can be shared without a copy, and does
    /// not go back where arrays travel.
    fn access(&self) -> Access {
        Access::Writes
    }

    /// The same as [`compute`](ArrayWorkload::compute), over an array that stays as it is. It is called
    /// only of a workload that reads, which then has more to say here than this copy.
    ///
    /// # Errors
    ///
    /// As [`compute`](ArrayWorkload::compute).
    fn read(&self, kernel: &Kernel, array: &[u8], passes: u32) -> Result<Digest, Fault> {
        self.compute(kernel, &mut array.to_vec(), passes)
    }

    /// As [`Workload::may_end_process`](super::Workload::may_end_process).
    fn may_end_process(&self) -> bool {
        true
    }
}

/// What computing does to an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It stays as it is.
    Reads,
    /// It is written to, and is then part of the result.
    Writes,
}

impl dyn ArrayWorkload + '_ {
    /// The kernel where the user does not say.
    #[must_use]
    pub fn default_kernel(&self) -> &'static Kernel {
        self.kernels().first().unwrap_or(&Kernel::ONLY)
    }

    /// The kernel of that name.
    #[must_use]
    pub fn kernel(&self, name: &str) -> Option<&'static Kernel> {
        self.kernels().iter().find(|kernel| kernel.name == name)
    }
}

/// One of the ways in which a workload can compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kernel {
    /// Name on the command line and in records.
    pub name: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
}

impl Kernel {
    /// That of a workload which has no other.
    pub const ONLY: Self = Self { name: "plain", summary: "the only one" };
}

/// One job of a batch of arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Seed of the run.
    pub seed: u64,
    /// Position in the batch, from 0.
    pub index: usize,
    /// Bytes of its array.
    pub size: usize,
    /// Where the job finds its server; absent where it needs none.
    #[serde(default)]
    pub site: Option<Site>,
}

/// How large the arrays are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// As in the book.
    #[default]
    Book,
    /// A 256th of that, for quick tests of everything but speed.
    Tiny,
}

impl Scale {
    /// Name on the command line and in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Book => "book",
            Self::Tiny => "tiny",
        }
    }

    /// An array size of the book at this scale.
    #[must_use]
    pub fn apply(self, size: usize) -> usize {
        match self {
            Self::Book => size,
            Self::Tiny => size / 256,
        }
    }
}

/// What a job's result comes down to, for comparison; in hexadecimal digits.
pub type Digest = String;
