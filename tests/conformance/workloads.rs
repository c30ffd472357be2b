//! Every registered executor with every registered workload.

use speedup::executor::Executor;
use speedup::study::array::Passed;
use speedup::study::job::BatchJob;
use speedup::workload::{Job, Scale, WORKLOADS};

use crate::suite::{Behaviour, On, Subject};

pub(crate) const BEHAVIOURS: &[Behaviour] = &[Behaviour {
    group: "workloads",
    name: "same digests as a plain loop from 1 to 4 workers, every workload and kernel",
    on: On::Every,
    test: every_workload_gives_the_serial_digests,
}];

fn every_workload_gives_the_serial_digests(subject: Subject) {
    for &workload in WORKLOADS {
        let sizes = workload.sizes(Scale::Tiny).into_iter().enumerate();
        let jobs: Vec<Job> = sizes.map(|(index, size)| Job { seed: 5, index, size }).collect();
        let direct = |&job: &Job| {
            let mut array = workload.generate(job);
            workload.compute(workload.default_kernel(), &mut array, 3).map_err(|fault| fault.to_string())
        };
        let expected: Vec<_> = jobs.iter().map(direct).collect();
        for (kernel, workers) in
            workload.kernels().iter().flat_map(|kernel| (1..=4).map(move |n| (kernel, n)))
        {
            let executor = subject.start(workers);
            let task = |&job: &Job| BatchJob {
                workload: workload.name().to_string(),
                kernel: kernel.name.to_string(),
                job,
                array: Passed::Generate,
                passes: 3,
            };
            let digests: Vec<_> =
                executor.map(jobs.iter().map(task)).map(|report| report.unwrap().digest).collect();
            assert_eq!(digests, expected, "{} {} with {workers} workers", workload.name(), kernel.name);
        }
    }
}
