//! `speedup man`: manual pages, made from the command line's own description.

use std::path::{Path, PathBuf};

use clap::{Args, Command, ValueHint};
use clap_mangen::Man;

use super::braces::printable;
use super::{ExitError, print, shown};
use speedup_report::record::store::write_whole;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  speedup man | man -l -
  speedup man run | man -l -
  speedup man --out ~/.local/share/man/man1")]
pub(super) struct ManArgs {
    /// The command whose page is printed [default: that of the program]
    #[arg(value_name = "COMMAND", conflicts_with = "out")]
    command: Option<String>,
    /// Write the pages of all commands into this folder, which is created if necessary
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    out: Option<PathBuf>,
}

/// Prints a page of a command line, or writes all of them.
pub(super) fn man(args: &ManArgs, root: Command) -> Result<(), ExitError> {
    let mut root = root.disable_help_subcommand(true);
    root.build();
    if let Some(folder) = &args.out {
        let failed = |error| ExitError::Failure(format!("--out '{}': {error}", shown(folder)));
        std::fs::create_dir_all(folder).map_err(failed)?;
        return write(&root, folder);
    }
    let Some(name) = &args.command else { return print(&page(root)?) };
    let Some(command) = root.find_subcommand(name).filter(|command| !command.is_hide_set()) else {
        let names = root.get_subcommands().filter(|command| !command.is_hide_set()).map(Command::get_name);
        let names = names.collect::<Vec<_>>().join(", ");
        return Err(ExitError::Usage(format!("COMMAND '{name}': must be one of {names}")));
    };
    print(&page(command.clone())?)
}

/// Writes the page of a command and those of its subcommands, such as speedup-run.1.
fn write(command: &Command, folder: &Path) -> Result<(), ExitError> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    write_whole(&folder.join(format!("{name}.1")), page(command.clone())?.as_bytes())?;
    command
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .try_for_each(|command| write(command, folder))
}

fn page(command: Command) -> Result<String, ExitError> {
    let mut page = Vec::new();
    Man::new(command).render(&mut page).map_err(ExitError::because)?;
    Ok(printable(&String::from_utf8_lossy(&page)))
}
