//! `speedup completions`: scripts for shells, made from the command line's own description.

use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;

use super::args::Cli;
use super::{ExitError, print};
use crate::settings::reader::text;
use crate::settings::values::KernelChoice;
use crate::study::Runner;
use crate::workload::Workload;
use speedup_values::List;

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  speedup completions bash > ~/.local/share/bash-completion/completions/speedup")]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(hide_possible_values = true, help = "The shell: bash, zsh, fish, elvish or powershell")]
    shell: Shell,
}

pub(super) fn completions(args: &CompletionsArgs, workloads: &[&dyn Workload]) -> Result<(), ExitError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(workloads), "speedup", &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// The command line with the names that only this program's workloads know.
fn command(workloads: &[&dyn Workload]) -> Command {
    let names: Vec<_> = workloads.iter().map(|workload| (workload.name(), workload.summary())).collect();
    let runners = Runner::all().map(|runner| (runner.name(), runner.summary()));
    let kernels: Vec<_> = workloads.iter().flat_map(|workload| kernels(*workload)).collect();
    Cli::command().mut_subcommand("run", |run| {
        run.mut_arg("workload", |arg| arg.value_parser(text::<List<String>>().completing(names)))
            .mut_arg("executor", |arg| arg.value_parser(text::<List<String>>().completing(runners)))
            .mut_arg("kernel", |arg| arg.value_parser(text::<KernelChoice>().completing(kernels)))
    })
}

/// The kernels of a workload as the option takes them.
fn kernels(workload: &dyn Workload) -> Vec<(&'static str, &'static str)> {
    let kernels = workload.kernels().iter();
    // Clap wants names that last as long as the program, which ends once it has printed them.
    let name = |kernel: &str| String::leak(format!("{}={kernel}", workload.name()));
    kernels.map(|kernel| (&*name(kernel.name), kernel.summary)).collect()
}
