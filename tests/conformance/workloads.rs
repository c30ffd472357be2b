//! Every registered executor with every registered workload.

use speedup::executor::Executor;
use speedup::study::job::BatchJob;
use speedup::workload::{Job, Scale, WORKLOADS};

use crate::suite::{Behaviour, On, Subject};

pub(crate) const BEHAVIOURS: &[Behaviour] = &[Behaviour {
    group: "workloads",
    name: "same digests as a plain loop from 1 to 4 workers, every workload",
    on: On::Every,
    test: every_workload_gives_the_serial_digests,
}];

fn every_workload_gives_the_serial_digests(subject: Subject) {
    for workload in WORKLOADS {
        let sizes = workload.sizes(Scale::Tiny).into_iter().enumerate();
        let jobs: Vec<Job> = sizes.map(|(index, size)| Job { seed: 5, index, size }).collect();
        let direct =
            |&job: &Job| workload.compute(&mut workload.generate(job), 3).map_err(|fault| fault.to_string());
        let expected: Vec<_> = jobs.iter().map(direct).collect();
        for workers in 1..=4 {
            let executor = subject.start(workers);
            let tasks =
                jobs.iter().map(|&job| BatchJob { workload: workload.name().to_string(), job, passes: 3 });
            let digests: Vec<_> = executor.map(tasks).map(|report| report.unwrap().digest).collect();
            assert_eq!(digests, expected, "{} with {workers} workers", workload.name());
        }
    }
}
