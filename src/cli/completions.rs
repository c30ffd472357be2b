//! `speedup completions`: scripts for shells, made from the command line's own description.

use clap::builder::Resettable;
use clap::{Args, Command};
use clap_complete::Shell;

use super::braces::printable;
use super::tool::Tool;
use super::{ExitError, print};
use crate::settings::reader::text;
use crate::settings::values::KernelChoice;
use crate::study::Runner;
use crate::workload::ArrayWorkload;
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

/// Prints the script for a program and its command line.
pub(super) fn completions(
    args: &CompletionsArgs,
    tool: &'static Tool,
    root: Command,
) -> Result<(), ExitError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut completing(root, tool), &*tool.name, &mut script);
    print(&printable(&String::from_utf8_lossy(&script)))
}

/// The command line with the names that only this program's workloads know, and without what it hides.
fn completing(root: Command, tool: &'static Tool) -> Command {
    let names: Vec<_> = tool.workloads.iter().map(|workload| (workload.name(), workload.summary())).collect();
    let runners = Runner::all().map(|runner| (runner.name(), runner.summary()));
    let arrays = tool.workloads.iter().filter_map(|workload| workload.array());
    let kernels: Vec<_> = arrays.flat_map(kernels).collect();
    let root = root.mut_subcommand("run", |run| {
        run.mut_arg("workload", |arg| arg.value_parser(text::<List<String>>().completing(names)))
            .mut_arg("executor", |arg| arg.value_parser(text::<List<String>>().completing(runners)))
            .mut_arg("kernel", |arg| arg.value_parser(text::<KernelChoice>().completing(kernels)))
    });
    // clap_complete knows nothing of what is hidden, and clap takes no command away.
    let shown_commands = root.get_subcommands().filter(|command| !command.is_hide_set());
    let commands: Vec<Command> =
        shown_commands.map(|command| if tool.whole { command.clone() } else { shown(command) }).collect();
    shown(&root).subcommands(commands)
}

/// A command without the options that it hides, which scripts would complete.
fn shown(command: &Command) -> Command {
    let about = command.get_about().cloned().unwrap_or_default();
    let args = command.get_arguments().filter(|arg| !arg.is_hide_set());
    // Conflicts with options that are not there would be a mistake, and scripts know nothing of them.
    let args = args.cloned().map(|arg| arg.conflicts_with(Resettable::Reset));
    Command::new(String::leak(command.get_name().to_string()) as &str).about(about).args(args)
}

/// The kernels of a workload as the option takes them.
fn kernels(workload: &'static dyn ArrayWorkload) -> Vec<(&'static str, &'static str)> {
    let kernels = workload.kernels().iter();
    // Clap wants names that last as long as the program, which ends once it has printed them.
    let name = |kernel: &str| String::leak(format!("{}={kernel}", workload.name()));
    kernels.map(|kernel| (&*name(kernel.name), kernel.summary)).collect()
}
