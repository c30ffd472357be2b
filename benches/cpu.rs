//! Table 17-1 by criterion: RC4 and SHA-256 over serial, threads and processes.
//!
//! Ends with the book's table, and with a new folder in `results/` that holds the record, tables
//! and charts of the samples that criterion used. Settings come from the environment, see
//! [`support::request`].

mod support;

use std::process::ExitCode;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode};
use speedup::record::{BASELINE, Design, Status};
use speedup::study::{self, Study};
use speedup::sys::machine;
use speedup::workload::{Scale, WORKLOADS};

use support::{Recorder, SampledTime};

fn main() -> ExitCode {
    // Worker processes are this program too: they must not get as far as criterion's arguments.
    study::init(WORKLOADS);
    let config = match support::request("bench-cpu").resolve(WORKLOADS, machine::cpus_available()) {
        Ok(config) => config,
        Err(error) => return support::usage(&error),
    };
    let recorder = match Recorder::new(Study::new(config, Design::CaseByCase)) {
        Ok(recorder) => recorder,
        Err(error) => return support::failure(&format!("cannot watch for Ctrl-C: {error}")),
    };
    let mut criterion = Criterion::default()
        .with_measurement(SampledTime::new(&recorder))
        .without_plots()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(1))
        .configure_from_args();
    measure(&mut criterion, &recorder);
    criterion.final_summary();
    recorder.end(Status::Complete)
}

fn measure(criterion: &mut Criterion<SampledTime>, recorder: &Recorder) {
    let cases = recorder.cases();
    for workload in recorder.workloads() {
        let mut group = criterion.benchmark_group(&workload);
        group.sampling_mode(SamplingMode::Flat);
        for (index, case) in cases.iter().enumerate().filter(|(_, case)| case.workload == workload) {
            if !support::given("--measurement-time") {
                group.measurement_time(measurement_time(case.workers, recorder.scale()));
            }
            let id = if case.executor == BASELINE {
                BenchmarkId::from_parameter(BASELINE)
            } else {
                BenchmarkId::new(&case.executor, case.workers)
            };
            group.bench_function(id, |bencher| {
                bencher.iter_custom(|iterations| recorder.measure(index, iterations));
            });
        }
        group.finish();
    }
}

/// Time for the ten samples of a case: enough for two executions in each where the serial batch
/// takes a second, so that the whole suite stays within minutes whatever the processor.
fn measurement_time(workers: usize, scale: Scale) -> Duration {
    let serial = match scale {
        Scale::Book => Duration::from_secs(15),
        Scale::Tiny => Duration::from_millis(150),
    };
    serial / workers.min(machine::cpus_available()) as u32
}
