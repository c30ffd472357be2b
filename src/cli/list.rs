//! `speedup list`: the names that the other commands take.

use super::{ExitError, print};
use crate::study::Runner;
use crate::workload::Workload;
use speedup_executor::{ExecutorKind, registry};
use speedup_flags::client::registry::STYLES;
use speedup_report::record::BASELINE;
use speedup_report::render::FORMATS;

pub(super) fn list(workloads: &[&dyn Workload]) -> Result<(), ExitError> {
    let mut text = String::from("Workloads (default passes)\n");
    for workload in workloads {
        let name = format!("{} ({})", workload.name(), workload.default_passes());
        text += &line(&name, workload.summary());
    }
    text += "\nKernels (the first of each workload is its default)\n";
    for workload in workloads {
        for kernel in workload.kernels() {
            let backend = workload.backend(kernel).map(|backend| format!("; here {backend}"));
            let name = format!("{}={}", workload.name(), kernel.name);
            text += &line(&name, &format!("{}{}", kernel.summary, backend.unwrap_or_default()));
        }
    }
    text += "\nExecutors\n";
    let serial = registry::find(BASELINE);
    text += &line(BASELINE, serial.map_or("", ExecutorKind::summary));
    for runner in Runner::all() {
        text += &line(runner.name(), runner.summary());
    }
    text += "\nStyles of flags\n";
    for style in STYLES {
        text += &line(style.name(), style.summary());
    }
    text += "\nReport formats\n";
    for format in FORMATS {
        text += &line(format.name(), format.summary());
    }
    print(&text)
}

fn line(name: &str, summary: &str) -> String {
    format!("  {name:<17} {summary}\n")
}
