//! A program that measures workloads: `speedup` itself, or one for workloads of one's own.

use crate::program::SPEEDUP;
use crate::study::{AnyWorkload, Workloads};
use crate::study::{Registered, of_array};
use crate::workload::{ArrayWorkload, WORKLOADS, Workload};

/// A program that measures workloads of one's own.
///
/// It has the commands `run`, `report`, `compare`, `history`, `doctor`, `list`, `completions` and `man`, and its name
/// is in all that they say.
///
/// ```no_run
/// # use speedup::workload::{Fault, Workload};
/// # #[derive(Clone)]
/// # struct Tiles;
/// # impl Workload for Tiles {
/// #     type Job = u32;
/// #     type Output = u32;
/// #     fn name(&self) -> &str { "tiles" }
/// #     fn jobs(&self) -> Vec<u32> { vec![1] }
/// #     fn run(&self, job: u32) -> Result<u32, Fault> { Ok(job) }
/// # }
/// use std::process::ExitCode;
///
/// use speedup::Tool;
///
/// fn main() -> ExitCode {
///     Tool::new("mandelbrot").version(env!("CARGO_PKG_VERSION")).workload(Tiles).main()
/// }
/// ```
#[must_use = "it does nothing before main()"]
pub struct Tool {
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) about: Option<String>,
    pub(super) workloads: Vec<&'static dyn AnyWorkload>,
    /// Whether it is `speedup` itself, with all commands.
    pub(super) whole: bool,
}

impl Tool {
    /// A program of that name, which has no workload yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), version: None, about: None, workloads: Vec::new(), whole: false }
    }

    /// The program `speedup`, with the workloads of this crate and all commands.
    pub fn speedup() -> Self {
        let tool = WORKLOADS.iter().fold(Self::new(SPEEDUP), |tool, &workload| tool.array_workload(workload));
        Self { whole: true, ..tool }
    }

    /// Its version, for `--version` and for records: usually `env!("CARGO_PKG_VERSION")`.
    pub fn version(self, version: impl Into<String>) -> Self {
        Self { version: Some(version.into()), ..self }
    }

    /// What it is, in a sentence, for the head of its help.
    pub fn about(self, about: impl Into<String>) -> Self {
        Self { about: Some(about.into()), ..self }
    }

    /// Adds a workload.
    pub fn workload<W: Workload>(mut self, workload: W) -> Self {
        // Worker threads outlive whatever had it, so that it stays for as long as the program runs.
        self.workloads.push(Box::leak(Box::new(Registered::new(workload))));
        self
    }

    /// Adds a workload over arrays of bytes.
    pub fn array_workload(mut self, workload: &'static dyn ArrayWorkload) -> Self {
        self.workloads.push(of_array(workload));
        self
    }

    pub(super) fn workloads(&'static self) -> Workloads {
        &self.workloads
    }
}
