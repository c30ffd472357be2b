//! Runs the batch with OpenSSL's kernels on speedup's executors.

use std::process::ExitCode;

use speedup::cli::complain;
use speedup::study;
use speedup_peers::batch::{self, Peer};
use speedup_peers::openssl::{WORKLOADS, version};
use speedup_peers::settings::Settings;

fn main() -> ExitCode {
    study::init(WORKLOADS);
    let settings = match Settings::read() {
        Ok(settings) => settings,
        Err(message) => {
            complain(&message);
            return ExitCode::from(2);
        }
    };
    let note = "OpenSSL's kernels on speedup's executors; an RC4 key is mixed once, and not twenty times";
    batch::main(
        study::workloads(),
        Some(Peer { program: version(), note: note.to_string(), pool: None }),
        settings,
    )
}
