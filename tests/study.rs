//! The measuring itself, over workloads that misbehave.

use std::sync::atomic::{AtomicU64, Ordering};

use speedup::settings::{Limits, RunRequest};
use speedup::study::{self, Study};
use speedup::workload::{ArrayWorkload, Digest, Fault, Kernel, Scale};
use speedup_report::analysis::{Analysis, Cell};
use speedup_report::record::{Design, Failure};

macro_rules! workload {
    ($workload:ident, $name:literal, $compute:expr) => {
        struct $workload;

        impl ArrayWorkload for $workload {
            fn name(&self) -> &'static str {
                $name
            }

            fn label(&self) -> &'static str {
                $name
            }

            fn summary(&self) -> &'static str {
                "a workload that misbehaves"
            }

            fn sizes(&self, _scale: Scale) -> Vec<usize> {
                vec![64, 32, 16]
            }

            fn default_passes(&self) -> u32 {
                1
            }

            fn compute(&self, _: &Kernel, array: &mut [u8], _: u32) -> Result<Digest, Fault> {
                let compute: fn(&mut [u8]) -> Result<Digest, Fault> = $compute;
                compute(array)
            }
        }
    };
}

static CALLS: AtomicU64 = AtomicU64::new(0);

workload!(Drifting, "drifting", |_| Ok(CALLS.fetch_add(1, Ordering::Relaxed).to_string()));
workload!(Faulty, "faulty", |array| if array.len() == 16 {
    Err(Fault("16 is too small".into()))
} else {
    Ok("ok".into())
});
workload!(Panicking, "panicking", |array| if array.len() == 32 { panic!("at 32") } else { Ok("ok".into()) });
workload!(Sound, "sound", |array| Ok(format!("{:02x?}", &array[..4])));

static WORKLOADS: &[&dyn ArrayWorkload] = &[&Drifting, &Faulty, &Panicking, &Sound];

fn study(workload: &str) -> Study {
    study::set_workloads(study::of_arrays(WORKLOADS));
    let request = RunRequest {
        workload: Some(workload.parse().unwrap()),
        executor: Some("threads".parse().unwrap()),
        workers: Some("2".parse().unwrap()),
        ..RunRequest::default()
    };
    Study::new(request.resolve(&Limits::default(), study::workloads(), 2).unwrap(), Design::CaseByCase)
}

#[test]
fn a_result_other_than_the_serial_baselines_fails_the_case() {
    let error = study("drifting").measure(1).unwrap_err();
    assert!(error.starts_with("job 0 gave ") && error.contains("but the serial baseline gave "), "{error}");
}

#[test]
fn a_fault_and_a_panic_name_the_job() {
    assert_eq!(study("faulty").measure(0).unwrap_err(), "job 2: 16 is too small");
    let error = study("panicking").measure(0).unwrap_err();
    assert!(error.starts_with("job 1: the task panicked at tests/study.rs:"), "{error}");
    assert!(error.ends_with(": at 32"), "{error}");
}

#[test]
fn samples_of_a_case_become_its_cell_and_a_failure_shows_as_one() {
    let mut study = study("sound");
    let mut record = study.new_record();
    for case in 0..3 {
        for round in 0..3 {
            record.samples.push(study.measure(case).unwrap().into_sample(case, round, round == 0));
        }
    }
    record.failures.push(Failure { case: 2, round: 3, warmup: false, message: "it broke".to_string() });
    let analysis = Analysis::of(&record);
    let serial = analysis.workloads[0].serial.estimate().unwrap();
    assert_eq!((serial.runs, serial.speedup.map(|speedup| speedup.value)), (2, Some(1.0)));
    let rows = &analysis.executors[0].rows;
    let one = rows[0].cells[0].estimate().unwrap();
    assert!((one.factor.unwrap() - 1.0).abs() < 1e-12);
    assert!((one.speedup.unwrap().value - serial.mean_s / one.mean_s).abs() < 1e-12);
    assert!(one.overhead_s.unwrap() > 0.0 && one.overhead_s.unwrap() <= one.max_s);
    assert_eq!(rows[1].cells[0], Cell::Failed { reason: "it broke".to_string() });
}
