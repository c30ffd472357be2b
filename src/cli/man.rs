//! `speedup man`: manual pages, made from the command line's own description.

use std::path::{Path, PathBuf};

use clap::{Args, Command, ValueHint};
use clap_mangen::Man;

use super::braces::printable;
use super::{ExitError, print};
use speedup_report::record::store::write_whole;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  speedup man | man -l -
  speedup man ~/.local/share/man/man1")]
pub(super) struct ManArgs {
    /// Write the pages of all commands into this folder, which is created if necessary
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    folder: Option<PathBuf>,
}

/// Writes the pages of a command line.
pub(super) fn man(args: &ManArgs, root: Command) -> Result<(), ExitError> {
    let mut root = root.disable_help_subcommand(true);
    root.build();
    let Some(folder) = &args.folder else {
        return print(&page(root)?);
    };
    let failed = |error| ExitError::Failure(format!("DIR '{}': {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)?;
    write(&root, folder)
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
