//! `speedup completions`: scripts for shells, made from the command line's own description.

use clap::CommandFactory;

use super::args::Cli;
use super::{Failed, print};

pub(super) fn completions(shell: clap_complete::Shell) -> Result<(), Failed> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "speedup", &mut script);
    print(&String::from_utf8_lossy(&script))
}
