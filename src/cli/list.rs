//! `speedup list`: the names that the other commands take.

use super::tool::Tool;
use super::{ExitError, print};
use crate::study::Runner;
use speedup_executor::{ExecutorKind, registry};
use speedup_flags::client::registry::STYLES;
use speedup_report::record::BASELINE;
use speedup_report::render::FORMATS;

pub(super) fn list(tool: &Tool) -> Result<(), ExitError> {
    let arrays = || tool.workloads.iter().filter_map(|workload| workload.array());
    let mut text = String::from("Workloads");
    text += if arrays().next().is_some() { " (default passes)\n" } else { "\n" };
    for workload in &tool.workloads {
        let passes = workload.array().map(|array| format!(" ({})", array.default_passes()));
        let name = format!("{}{}", workload.name(), passes.unwrap_or_default());
        text += &line(&name, workload.summary());
    }
    let parameters = || tool.workloads.iter().flat_map(|workload| workload.parameters());
    if parameters().next().is_some() {
        text += "\nParameters (defaults)\n";
        for parameter in parameters() {
            text += &line(&format!("--{} ({})", parameter.name, parameter.default), parameter.summary);
        }
    }
    if arrays().next().is_some() {
        text += "\nKernels (the first of each workload is its default)\n";
    }
    for workload in arrays() {
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
    if tool.whole {
        text += "\nStyles of flags\n";
    }
    for style in STYLES.iter().filter(|_| tool.whole) {
        text += &line(style.name(), style.summary());
    }
    text += "\nReport formats\n";
    for format in FORMATS {
        text += &line(format.name(), format.summary());
    }
    print(&text)
}

fn line(name: &str, summary: &str) -> String {
    format!("{}\n", format!("  {name:<17} {summary}").trim_end())
}
