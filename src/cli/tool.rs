//! A program that measures workloads: `speedup` itself, or one for workloads of one's own.

use std::ffi::OsString;
use std::process::ExitCode;

use super::{ExitError, demo, dispatch, parse};
use crate::program::{self, SPEEDUP};
use crate::study::registry::{Registered, of_array};
use crate::study::{AnyWorkload, Workloads, pinning, selftest, set_workloads};
use crate::workload::{ArrayWorkload, WORKLOADS, Workload};
use speedup_executor::task::TaskEntry;
use speedup_executor::worker;
use speedup_flags::{beside, client};
use speedup_machine::signal::limits_are_errors;

/// A program that measures workloads of one's own.
///
/// It has the commands `run`, `report`, `compare`, `doctor`, `list`, `completions` and `man`, and its name is in all
/// that they say.
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
        self.workloads.push(Box::leak(Box::new(Registered(workload))));
        self
    }

    /// Adds a workload over arrays of bytes.
    pub fn array_workload(mut self, workload: &'static dyn ArrayWorkload) -> Self {
        self.workloads.push(of_array(workload));
        self
    }

    /// Runs the program with the arguments of this process. It must be called first thing in `main`: a process that
    /// a pool has started becomes a worker here and does not return.
    #[must_use]
    pub fn main(self) -> ExitCode {
        self.run(std::env::args_os())
    }

    /// The same with other arguments, of which the first stands for the program.
    #[must_use]
    pub fn run(self, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
        // Before anything is written, by this process or by one that becomes a worker. Without the handler, a
        // limit on files ends the program, and nothing else is lost.
        let _ = limits_are_errors();
        let tool = Box::leak(Box::new(self));
        program::set(&tool.name, tool.version.as_deref());
        set_workloads(tool.workloads());
        worker::init(tool.tasks().leak());
        let parsed = tool.check().map_err(ExitError::Usage).and_then(|()| parse(tool, arguments));
        let done = parsed.and_then(|command| dispatch(command, tool));
        done.map_or_else(|error| error.report(), |()| ExitCode::SUCCESS)
    }

    pub(super) fn workloads(&'static self) -> Workloads {
        &self.workloads
    }

    /// What worker processes of this program can run.
    fn tasks(&self) -> Vec<TaskEntry> {
        let mut tasks: Vec<TaskEntry> = self.workloads.iter().flat_map(|workload| workload.tasks()).collect();
        tasks.extend(pinning::TASKS);
        if self.workloads.iter().any(|workload| workload.array().is_some()) {
            tasks.extend(beside::TASKS);
        }
        if self.whole {
            tasks.extend(selftest::TASKS);
            tasks.extend(demo::TASKS);
            tasks.extend(client::TASKS);
        }
        tasks
    }

    /// Whether everything can be told from everything else on the command line and in records.
    fn check(&self) -> Result<(), String> {
        name("the program", &self.name)?;
        if self.workloads.is_empty() {
            return Err("the program has no workload; give it one with Tool::workload".to_string());
        }
        let options = super::args::reserved();
        for (index, workload) in self.workloads.iter().enumerate() {
            name("a workload", workload.name())?;
            let before = &self.workloads[..index];
            if before.iter().any(|other| other.name() == workload.name()) {
                return Err(format!("two workloads have the name {}; give each its own", workload.name()));
            }
            let parameters = workload.parameters();
            for (index, parameter) in parameters.iter().enumerate() {
                let of = || format!("parameter '{}' of {}", parameter.name, workload.name());
                let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
                if !parameter.name.starts_with(|c: char| c.is_ascii_lowercase())
                    || !parameter.name.chars().all(known)
                {
                    return Err(format!("{}: a name has lower-case letters, digits and hyphens", of()));
                }
                if options.iter().any(|option| option == parameter.name) {
                    return Err(format!("{}: 'run' has another option of that name", of()));
                }
                if parameters[..index].iter().any(|other| other.name == parameter.name) {
                    return Err(format!("{}: there are two; give each its own name", of()));
                }
            }
        }
        Ok(())
    }
}

/// Whether a name can stand in a list, in a table and in front of an equals sign.
fn name(of: &str, name: &str) -> Result<(), String> {
    let wrong = |c: char| c.is_control() || c.is_whitespace() || matches!(c, ',' | '=' | '/');
    if name.is_empty() {
        return Err(format!("{of} has an empty name"));
    }
    if name.contains(wrong) || name.starts_with('-') {
        return Err(format!(
            "{of} has the name '{name}': a name has no whitespace, comma, equals sign, slash or control character, \
             and does not begin with a hyphen"
        ));
    }
    Ok(())
}
