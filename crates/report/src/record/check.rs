//! What the types of a record cannot promise: indices that point into the plan, numbers that are
//! possible. A file that passes can be analysed without fear.

use std::collections::BTreeSet;

use super::{BASELINE, CeilingLoad, Design, RunRecord, Sample, WorkloadRecord};

/// The most workers that a case may have: more than anybody starts, and few enough that a damaged
/// file cannot ask for a table without end.
const MAX_WORKERS: usize = 4096;

/// The greatest number of a round.
const MAX_ROUND: u32 = 1 << 30;

/// The most of each thing that a record lists: far more than anybody measures, and few enough that a damaged or
/// hostile file asks for no computation or picture without end.
mod most {
    pub(super) const WORKLOADS: usize = 256;
    pub(super) const EXECUTORS: usize = 256;
    pub(super) const CASES: usize = 1 << 14;
    pub(super) const JOBS: usize = 1 << 20;
    pub(super) const SAMPLES: usize = 1 << 20;
    pub(super) const TASKS: usize = 1 << 23;
    pub(super) const FAILURES: usize = 1 << 16;
    /// CPUs to use, of all hosts together.
    pub(super) const CPUS: usize = 1 << 20;
    /// Cores, caches, kinds, features of the machine.
    pub(super) const PARTS: usize = 1 << 16;
    pub(super) const WAYS: usize = 16;
    /// Characters of a name.
    pub(super) const NAME: usize = 1000;
    /// Characters of a sentence.
    pub(super) const SENTENCE: usize = 100_000;
}

/// In a sentence, what is wrong.
pub(super) fn check(record: &RunRecord) -> Result<(), String> {
    counts(record)?;
    lengths(record)?;
    workloads(record)?;
    plan(record)?;
    indices(record)?;
    record.samples.iter().try_for_each(|sample| of_sample(record, sample))?;
    let published = record.published.iter().find(|row| row.min_s <= 0.0 || row.mean_s <= 0.0);
    if let Some(row) = published {
        return Err(format!("case {} has a time that is not above zero", record.plan.cases[row.case]));
    }
    Ok(())
}

fn counts(record: &RunRecord) -> Result<(), String> {
    let (plan, environment) = (&record.plan, &record.environment);
    let executors: BTreeSet<&str> = plan.cases.iter().map(|case| case.executor.as_str()).collect();
    let largest_of = |counts: &mut dyn Iterator<Item = usize>| counts.max().unwrap_or(0);
    let largest = |of: fn(&WorkloadRecord) -> usize| plan.workloads.iter().map(of).max().unwrap_or(0);
    let listed = |count: Option<usize>| count.unwrap_or(0);
    let tasks = record.samples.iter().map(|sample| sample.tasks.len() + sample.workers.len()).sum();
    let ordered = plan.order.iter().map(Vec::len).sum();
    let hosts = record.hosts.iter().flat_map(|over| &over.hosts);
    let over_hosts = hosts.clone().fold(0_usize, |sum, host| sum.saturating_add(host.cpus));
    let environments = hosts.map(|host| &host.environment).chain([environment]);
    let cpus = environments.filter_map(|of| of.cpus_available.value().copied()).fold(over_hosts, usize::max);
    let hosts_of_a_sample = record.samples.iter().map(|sample| sample.hosts.len()).max().unwrap_or(0);
    for (what, count, most) in [
        ("workloads", plan.workloads.len(), most::WORKLOADS),
        ("executors", executors.len(), most::EXECUTORS),
        ("cases", plan.cases.len(), most::CASES),
        ("jobs of a batch", largest(|workload| workload.sizes.len()), most::JOBS),
        ("rounds in order", plan.order.len(), most::SAMPLES),
        ("cases in the order of rounds", ordered, most::TASKS),
        ("samples", record.samples.len(), most::SAMPLES),
        ("ways of a ceiling", plan.ceilings.len(), most::WAYS),
        ("knees of a ceiling", largest_of(&mut plan.ceilings.iter().map(|way| way.knees.len())), most::CASES),
        ("ceilings", record.ceilings.len(), most::SAMPLES),
        ("tasks and workers", tasks, most::TASKS),
        ("failures", record.failures.len(), most::FAILURES),
        ("published rows", record.published.len(), most::CASES),
        ("hosts", record.hosts.as_ref().map_or(0, |of| of.hosts.len()), MAX_WORKERS),
        ("hosts of a sample", hosts_of_a_sample, MAX_WORKERS),
        ("CPUs", cpus, most::CPUS),
        ("cores", listed(environment.cores.value().map(Vec::len)), most::PARTS),
        ("caches", listed(environment.caches.value().map(Vec::len)), most::PARTS),
        ("kinds of CPU", listed(environment.kinds.value().map(Vec::len)), most::PARTS),
    ] {
        if count > most {
            return Err(format!("it lists {count} {what}; {most} can be"));
        }
    }
    Ok(())
}

fn lengths(record: &RunRecord) -> Result<(), String> {
    let mut names: Vec<(&str, &str)> = vec![
        ("the run", &record.name),
        ("the time", &record.created),
        ("the scale", &record.plan.scale),
        ("the version", &record.tool.version),
    ];
    names.extend(record.tool.peer.iter().map(|peer| ("the program", peer.as_str())));
    names.extend(record.plan.turns.iter().map(|turns| ("the turns", turns.as_str())));
    for workload in &record.plan.workloads {
        let WorkloadRecord { name, label, workload, kernel, backend, digests, .. } = workload;
        let all = [name, label, workload, kernel].into_iter().chain(backend).chain(digests);
        names.extend(all.map(|name| ("a workload", name.as_str())));
    }
    let cases = record.plan.cases.iter().flat_map(|case| [&case.workload, &case.executor]);
    names.extend(cases.map(|name| ("a case", name.as_str())));
    if let Some((what, name)) = names.iter().find(|(_, name)| longer(name, most::NAME)) {
        let head: String = name.chars().take(20).collect();
        return Err(format!("{what} has a name or text of more than {} characters: {head}…", most::NAME));
    }
    let sentences = (record.failures.iter().map(|failure| &failure.message)).chain(&record.environment.note);
    if sentences.into_iter().any(|text| longer(text, most::SENTENCE)) {
        return Err(format!("a message has more than {} characters", most::SENTENCE));
    }
    Ok(())
}

fn longer(text: &str, most: usize) -> bool {
    text.len() > most && text.chars().nth(most).is_some()
}

fn workloads(record: &RunRecord) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for workload in &record.plan.workloads {
        if !names.insert(&workload.name) {
            return Err(format!("the plan lists the workload {} twice", workload.name));
        }
        if workload.workload.is_empty() || workload.kernel.is_empty() {
            return Err(format!("the workload {} lacks its own name or its kernel's", workload.name));
        }
        let (jobs, digests) = (workload.sizes.len(), workload.digests.len());
        if digests != 0 && digests != jobs {
            return Err(format!("the workload {} has {jobs} jobs, but {digests} digests", workload.name));
        }
    }
    let hosts = record.hosts.as_ref().map_or(0, |of| of.hosts.len());
    let ways = &record.plan.ceilings;
    for ceiling in &record.ceilings {
        if ceiling.host.is_some_and(|host| host >= hosts) {
            return Err(format!("a ceiling is of a host that is not among the {hosts} of the run"));
        }
        let way = ways.get(ceiling.way).map(|way| way.load);
        if way.is_none() && ceiling.way >= ways.len().max(1) {
            return Err(format!("a ceiling is the plan's number {}, of {}", ceiling.way, ways.len()));
        }
        let is_triad = matches!(way, Some(CeilingLoad::Triad { .. }));
        if !(names.contains(&ceiling.workload) || is_triad && ceiling.workload.is_empty()) {
            let name = &ceiling.workload;
            return Err(format!("a ceiling is of the workload {name}, which the plan does not list"));
        }
    }
    Ok(())
}

fn plan(record: &RunRecord) -> Result<(), String> {
    let plan = &record.plan;
    let mut pins = plan.pin.iter().chain(plan.ceilings.iter().map(|way| &way.pin));
    if pins.any(|pin| pin.cpus.is_empty()) {
        return Err("the plan keeps workers to no CPU at all".to_string());
    }
    for case in &plan.cases {
        if record.workload(&case.workload).is_none() {
            return Err(format!("case {case} has a workload that the plan does not list"));
        }
        if !(1..=MAX_WORKERS).contains(&case.workers) {
            return Err(format!("case {case} has {} workers; 1 to {MAX_WORKERS} can be", case.workers));
        }
        if case.executor == BASELINE && case.workers != 1 {
            return Err(format!("case {case} is the serial baseline with {} workers", case.workers));
        }
    }
    if !plan.precision.is_none_or(|share| (0.0..=1.0).contains(&share)) {
        return Err("the plan's precision is not a share".to_string());
    }
    if !plan.max_time_s.is_none_or(|time| (0.0..=1e9).contains(&time)) {
        return Err("the plan's max_time_s is no possible time".to_string());
    }
    let rounds = record.samples.iter().map(|sample| sample.round).chain([plan.warmup_rounds]);
    match rounds.max() {
        Some(round) if round > MAX_ROUND => Err(format!("a round has the number {round}")),
        _ => Ok(()),
    }
}

fn indices(record: &RunRecord) -> Result<(), String> {
    let cases = record.plan.cases.len();
    let used = (record.samples.iter().map(|s| ("sample", s.case)))
        .chain(record.failures.iter().map(|f| ("failure", f.case)))
        .chain(record.published.iter().map(|p| ("published row", p.case)));
    for (what, case) in used {
        if case >= cases {
            return Err(format!("a {what} refers to case {case}, but the plan has {cases}"));
        }
    }
    Ok(())
}

fn of_sample(record: &RunRecord, sample: &Sample) -> Result<(), String> {
    let case = &record.plan.cases[sample.case];
    if sample.wall_ns == 0 {
        return Err(format!("case {case} has a time that is not above zero"));
    }
    if record.design == Design::Published {
        return Err("a published table has samples".to_string());
    }
    if let Some(task) = sample.tasks.iter().find(|task| task.worker >= case.workers) {
        return Err(format!("case {case} has a task of worker {}", task.worker));
    }
    let hosts = record.hosts.as_ref().map_or(0, |of| of.hosts.len());
    // In order, and no worker on two of them.
    let (mut next_host, mut next_worker) = (0, 0);
    for span in &sample.hosts {
        let end = span.first_worker.checked_add(span.workers).filter(|end| *end <= case.workers);
        let in_order = (next_host..hosts).contains(&span.host) && span.first_worker >= next_worker;
        let Some(end) = end.filter(|_| in_order) else {
            return Err(format!("case {case} has workers on a host that the run has not, or on two"));
        };
        (next_host, next_worker) = (span.host + 1, end);
    }
    let jobs = record.workload(&case.workload).map_or(0, |workload| workload.sizes.len());
    match sample.tasks.iter().find(|task| task.job >= jobs) {
        Some(task) => Err(format!("case {case} has a task of job {}, but its batch has {jobs}", task.job)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{
        Environment, Fill, HOSTS, HostRecord, HostSpan, HostsRecord, Known, MachineState, book,
    };

    #[track_caller]
    fn assert_refused(record: &RunRecord, reason: &str) {
        let refusal = check(record).unwrap_err();
        assert!(refusal.contains(reason) && refusal.len() < 200, "{refusal}");
    }

    #[test]
    fn lists_without_end_are_refused() {
        let record = book::record();
        assert_eq!(check(&record), Ok(()));
        let mut wide = record.clone();
        wide.plan.workloads = (0..257)
            .map(|n| WorkloadRecord { name: format!("w{n}"), ..record.plan.workloads[0].clone() })
            .collect();
        assert_refused(&wide, "it lists 257 workloads; 256 can be");
        let mut many = record.clone();
        many.plan.cases = vec![record.plan.cases[0].clone(); (1 << 14) + 1];
        assert_refused(&many, "16385 cases");
        let mut executors = record.clone();
        let case = |n| super::super::Case { executor: format!("e{n}"), ..record.plan.cases[0].clone() };
        executors.plan.cases = (0..300).map(case).collect();
        assert_refused(&executors, "300 executors");
    }

    #[test]
    fn hosts_of_a_sample_are_those_of_the_run_in_order_and_share_no_worker() {
        let mut record = book::record();
        record.published.clear();
        record.design = Design::InterleavedRounds;
        let host = HostRecord { cpus: 7, build: String::new(), environment: Environment::default() };
        let (fill, workers_per_host, hosts) = (Fill::Compact, None, vec![host; 2]);
        record.hosts = Some(Box::new(HostsRecord { fill, workers_per_host, hosts }));
        let case = record.plan.cases.iter().position(|case| case.workers == 4).unwrap();
        let span = |(host, first_worker, workers)| HostSpan {
            host,
            first_worker,
            workers,
            clock_error_ns: 0,
            latency_ns: 0,
            opening: None,
            closing: None,
            machine: MachineState::default(),
        };
        let mut with = |spans: &[(usize, usize, usize)]| {
            let hosts = spans.iter().copied().map(span).collect();
            record.samples = vec![Sample { hosts, ..Sample::timed(case, 0, 1) }];
            check(&record)
        };
        for good in [&[][..], &[(1, 0, 4)], &[(0, 0, 3), (1, 3, 1)], &[(0, 0, 1), (1, 2, 1)]] {
            assert_eq!(with(good), Ok(()), "{good:?}");
        }
        let bad: [&[(usize, usize, usize)]; 5] = [
            &[(2, 0, 1)],
            &[(0, 4, 1)],
            &[(0, 1, usize::MAX)],
            &[(0, 0, 2), (1, 1, 2)],
            &[(0, 0, 1), (0, 1, 1)],
        ];
        for bad in bad {
            assert!(with(bad).unwrap_err().contains("on a host that the run has not, or on two"), "{bad:?}");
        }
        assert_eq!(record.cpus_of(HOSTS), Some(14));
    }

    #[test]
    fn more_cpus_than_there_can_be_are_refused() {
        let mut record = book::record();
        record.environment.cpus_available = Known::Value(1 << 53);
        assert_refused(&record, "CPUs; 1048576 can be");
        record.environment.cpus_available = Known::Value(4);
        let host = HostRecord { cpus: usize::MAX, build: String::new(), environment: Environment::default() };
        let (fill, workers_per_host, hosts) = (Fill::Compact, None, vec![host; 2]);
        record.hosts = Some(Box::new(HostsRecord { fill, workers_per_host, hosts }));
        assert_refused(&record, "CPUs; 1048576 can be");
    }

    #[test]
    fn names_without_end_are_refused() {
        let record = book::record();
        for length in [1000, 1001, 1_000_000] {
            let mut long = record.clone();
            let executor = long.plan.cases.iter_mut().find(|case| case.executor != BASELINE).unwrap();
            executor.executor = "ö".repeat(length);
            match length {
                1000 => assert_eq!(check(&long), Ok(())),
                _ => assert_refused(&long, "a case has a name or text of more than 1000 characters"),
            }
        }
        let mut note = record.clone();
        note.environment.note = Some("x".repeat(100_001));
        assert_refused(&note, "a message has more than 100000 characters");
    }
}
