//! A program comes to life: its tasks are registered, its names are checked, its command line is carried out.

use std::ffi::OsString;
use std::process::ExitCode;

use super::args::reserved;
use super::tool::Tool;
use super::{ExitError, demo, dispatch, parse};
use crate::program;
use crate::study::{AnyWorkload, hosts, pinning, selftest, set_workloads};
use speedup_executor::task::TaskEntry;
use speedup_flags::{client, server_process};
use speedup_machine::signal::limits_are_errors;

impl Tool {
    /// Runs the program with the arguments of this process. It must be called first thing in `main`: a process that
    /// a pool has started becomes a worker here and does not return; nor does one that an MPI launcher has started with
    /// another rank than 0, where the program is built with MPI: it becomes an agent.
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
        speedup_mpi::init(tool.tasks().leak());
        let parsed = tool.check().map_err(ExitError::Usage).and_then(|()| parse(tool, arguments));
        let done = parsed.and_then(|command| dispatch(command, tool));
        done.map_or_else(|error| error.report(), |()| ExitCode::SUCCESS)
    }

    /// What worker processes of this program can run.
    fn tasks(&self) -> Vec<TaskEntry> {
        let mut tasks: Vec<TaskEntry> = self.workloads.iter().flat_map(|workload| workload.tasks()).collect();
        tasks.extend(pinning::TASKS);
        tasks.extend(hosts::TASKS);
        if self.workloads.iter().any(|workload| workload.array().is_some()) {
            tasks.extend(server_process::TASKS);
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
        for (index, workload) in self.workloads.iter().enumerate() {
            name("a workload", workload.name())?;
            let before = &self.workloads[..index];
            if before.iter().any(|other| other.name() == workload.name()) {
                return Err(format!("two workloads have the name {}; give each its own", workload.name()));
            }
            parameters(*workload)?;
        }
        Ok(())
    }
}

/// Whether the parameters of a workload can be options of `run`.
fn parameters(workload: &dyn AnyWorkload) -> Result<(), String> {
    let parameters = workload.parameters();
    if parameters.is_empty() {
        return Ok(());
    }
    let options = reserved();
    for (index, parameter) in parameters.iter().enumerate() {
        let of = |problem| Err(format!("parameter '{}' of {}: {problem}", parameter.name, workload.name()));
        let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !parameter.name.starts_with(|c: char| c.is_ascii_lowercase()) || !parameter.name.chars().all(known)
        {
            return of("a name has lower-case letters, digits and hyphens");
        }
        if options.iter().any(|option| option == parameter.name) {
            return of("'run' has another option of that name");
        }
        if parameters[..index].iter().any(|other| other.name == parameter.name) {
            return of("there are two; give each its own name");
        }
    }
    Ok(())
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
