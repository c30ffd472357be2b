//! The program `speedup`: the library's command line over the library's workloads.

use std::process::ExitCode;

fn main() -> ExitCode {
    speedup::Tool::speedup().main()
}
