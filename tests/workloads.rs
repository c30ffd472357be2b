//! Every registered executor with every registered workload.

use libtest_mimic::{Arguments, Trial};
use speedup::study::setting::Setting;
use speedup::study::task::BatchJob;
use speedup::workload::array::{ArrayJob, Passed};
use speedup::workload::{Job, Kernel, Scale, Site, WORKLOADS};
use speedup_executor::{EXECUTORS, Executor, ExecutorKind};
use speedup_report::record::Data;

/// Worker processes are this program, started again.
fn main() {
    speedup::study::init(WORKLOADS);
    let trial = |&executor: &&'static dyn ExecutorKind| {
        let name = format!("{}: the digests of a plain loop", executor.name());
        Trial::test(name, move || {
            every_workload_gives_the_serial_digests(executor);
            Ok(())
        })
    };
    libtest_mimic::run(&Arguments::from_args(), EXECUTORS.iter().map(trial).collect()).exit();
}

/// From 1 to 4 workers, with every kernel and every way of passing data.
fn every_workload_gives_the_serial_digests(kind: &dyn ExecutorKind) {
    for &workload in WORKLOADS {
        // Those that wait need a server to wait for.
        let server = workload.served().map(|served| served.serve(Scale::Tiny).unwrap());
        let site = server.as_ref().map(|server| Site { addr: server.addr, execution: 0 });
        let sizes = workload.sizes(Scale::Tiny).into_iter().enumerate();
        let jobs: Vec<Job> = sizes.map(|(index, size)| Job { seed: 5, index, size, site }).collect();
        let direct = |&job: &Job| {
            let mut array = workload.generate(job).map_err(|fault| fault.to_string())?;
            workload.compute(workload.default_kernel(), &mut array, 3).map_err(|fault| fault.to_string())
        };
        let expected: Vec<_> = jobs.iter().map(direct).collect();
        let digests = |kernel: &Kernel, data: Data, workers: usize| -> Vec<_> {
            let executor = kind.start(workers).unwrap();
            let setting = Setting::of(workload.name());
            let task = |&job: &Job| {
                let (kernel, array) = (kernel.name.to_string(), Passed::of(workload, job, data).unwrap());
                BatchJob::new(setting.clone(), ArrayJob { kernel, job, array, passes: 3 })
            };
            let results = executor.map(jobs.iter().map(task)).map(|report| report.unwrap().result);
            results.map(|result| result.map(|answer| answer.digest)).collect()
        };
        let name = workload.name();
        for kernel in workload.kernels() {
            for workers in 1..=4 {
                let digests = digests(kernel, Data::Generate, workers);
                assert_eq!(digests, expected, "{name} {} with {workers} workers", kernel.name);
            }
        }
        for data in Data::ALL {
            let digests = digests(workload.default_kernel(), data, 2);
            assert_eq!(digests, expected, "{name} {}", data.name());
        }
    }
}
