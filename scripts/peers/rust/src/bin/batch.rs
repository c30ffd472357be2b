//! Runs the batch by speedup's executors, or with `--peer` by the pool of another package.

use std::process::ExitCode;

use speedup::cli::complain;
use speedup::study;
use speedup::workload::WORKLOADS;
use speedup_peers::batch::{self, Peer};
use speedup_peers::pools::POOLS;
use speedup_peers::settings::Settings;

fn main() -> ExitCode {
    study::init(WORKLOADS);
    procspawn::init();
    let settings = match Settings::read() {
        Ok(settings) => settings,
        Err(message) => {
            complain(&message);
            return ExitCode::from(2);
        }
    };
    let Some(wanted) = &settings.peer else { return batch::main(study::workloads(), None, settings) };
    let Some(&pool) = POOLS.iter().find(|pool| pool.name() == wanted) else {
        let names: Vec<_> = POOLS.iter().map(|pool| pool.name()).collect();
        complain(&format!("--peer '{wanted}': must be one of {}", names.join(", ")));
        return ExitCode::from(2);
    };
    let note = format!("the jobs are speedup's, handed out by {}", pool.program());
    batch::main(study::workloads(), Some(Peer { program: pool.program(), note, pool: Some(pool) }), settings)
}
