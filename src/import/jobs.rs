//! Job logs with each of their jobs as a task, for what follows from the times of single jobs.

use std::path::Path;

use super::joblog::{Log, ROUNDED, created, most_at_once, parse};
use super::{Form, Found, MOST, label, record, seconds};
use speedup_report::record::{BASELINE, Case, RunRecord, Sample, TaskSpan, WorkerSpan, input};

/// Name of the executor in the record.
const JOBS: &str = "jobs";

/// A log with the most jobs that it has at a time.
struct Counted {
    log: Log,
    workers: usize,
}

/// Reads job logs of one batch, each of one execution, into a record whose tasks are the jobs. The baseline is the log
/// with one job at a time, or, without one, the sum of the jobs' times with the fewest at a time.
///
/// # Errors
///
/// In one line, the first thing that cannot be used, with its file and place.
pub fn of_joblogs(files: &[&Path]) -> Result<RunRecord, String> {
    let mut logs = Vec::new();
    for path in files {
        let bytes = input::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let log = parse(&bytes).map_err(|(line, problem)| format!("{}:{line}: {problem}", path.display()))?;
        let workers = most_at_once(&log.jobs);
        if workers > MOST {
            return Err(format!("{}: {workers} jobs at a time are more than {MOST}", path.display()));
        }
        seconds(wall_s(&log)).map_err(|problem| format!("{}: {problem}", path.display()))?;
        logs.push(Counted { log, workers });
    }
    let Some(least) = logs.iter().map(|log| log.workers).min() else {
        return Err("there is no job log".to_string());
    };
    let numbers = sorted_numbers(&logs[0].log);
    if let Some(at) = logs.iter().position(|other| sorted_numbers(&other.log) != numbers) {
        return Err(format!("{}: has other jobs than {}", files[at].display(), files[0].display()));
    }
    let first = &logs[0].log;
    let name = files[0].file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let found = Found { created: created(first), ..Found::default() };
    let mut record = record(Form::GnuParallel, files, found, crate::study::command::request::run_name(&name));
    let workload = label(&first.command);
    let series = super::Series {
        label: workload.clone(),
        command: Some(first.command.clone()),
        ..super::Series::default()
    };
    super::add(&mut record, series);
    let case = |executor: &str, workers| Case {
        workload: workload.clone(),
        executor: executor.to_string(),
        workers,
        again: false,
    };
    record.plan.cases.push(case(BASELINE, 1));
    for (round, counted) in logs.iter().filter(|log| log.workers == least).enumerate() {
        record.samples.push(in_turn(&counted.log, round as u32));
    }
    let mut counts: Vec<usize> = logs.iter().map(|log| log.workers).collect();
    counts.sort_unstable();
    counts.dedup();
    for workers in counts {
        record.plan.cases.push(case(JOBS, workers));
        let own = logs.iter().filter(|log| log.workers == workers).enumerate();
        let index = record.plan.cases.len() - 1;
        record.samples.extend(own.map(|(round, counted)| as_run(counted, index, round as u32)));
    }
    record.plan.rounds = record.samples.iter().map(|sample| sample.round + 1).max().unwrap_or(0);
    Ok(record)
}

fn sorted_numbers(log: &Log) -> Vec<u64> {
    let mut numbers = log.numbers.clone();
    numbers.sort_unstable();
    numbers
}

fn begin_s(log: &Log) -> f64 {
    log.jobs.iter().map(|job| job.0).fold(f64::MAX, f64::min)
}

fn wall_s(log: &Log) -> f64 {
    log.jobs.iter().map(|job| job.1).fold(f64::MIN, f64::max) - begin_s(log)
}

/// Begin and end in seconds from the begin of the first, with each job's place in the batch, in the order of begins.
fn by_begin(log: &Log) -> Vec<(usize, f64, f64)> {
    let numbers = sorted_numbers(log);
    let place = |number: u64| numbers.binary_search(&number).unwrap_or_default();
    let start = begin_s(log);
    let jobs = log.jobs.iter().zip(&log.numbers);
    let mut jobs: Vec<_> = jobs.map(|(job, &number)| (place(number), job.0 - start, job.1 - start)).collect();
    jobs.sort_by(|one, other| one.1.total_cmp(&other.1).then(one.0.cmp(&other.0)));
    jobs
}

/// The execution of a log, with each job on a worker that is free.
fn as_run(Counted { log, workers }: &Counted, case: usize, round: u32) -> Sample {
    let mut free = vec![0.0_f64; *workers];
    let mut tasks = Vec::new();
    for (job, begin, end) in by_begin(log) {
        // Among the free ones the one that has waited least; rounding may leave none free by a hair.
        let idle = (0..*workers).filter(|&worker| free[worker] <= begin + ROUNDED);
        let longest = idle.max_by(|&one, &other| free[one].total_cmp(&free[other]));
        let first = || (0..*workers).min_by(|&one, &other| free[one].total_cmp(&free[other]));
        let Some(worker) = longest.or_else(first) else { continue };
        let begin = begin.max(free[worker]);
        free[worker] = end.max(begin);
        tasks.push(TaskSpan::timed(job, worker, (ns(begin), ns(end.max(begin)))));
    }
    tasks.sort_by_key(|task| task.job);
    let end = ns(wall_s(log));
    let life = |worker| WorkerSpan { worker, spawned_ns: 0, ready_ns: 0, ended_ns: end };
    sample(case, round, end, (0..*workers).map(life).collect(), tasks)
}

/// The jobs of a log one after another, as a baseline.
fn in_turn(log: &Log, round: u32) -> Sample {
    let mut jobs = by_begin(log);
    jobs.sort_by_key(|job| job.0);
    let mut now = 0.0;
    let mut tasks = Vec::new();
    for (job, begin, end) in jobs {
        let from = now;
        now += end - begin;
        tasks.push(TaskSpan::timed(job, 0, (ns(from), ns(now))));
    }
    sample(0, round, ns(now), Vec::new(), tasks)
}

fn sample(case: usize, round: u32, wall_ns: u64, workers: Vec<WorkerSpan>, tasks: Vec<TaskSpan>) -> Sample {
    Sample { workers, tasks, ..Sample::timed(case, round, wall_ns.max(1)) }
}

fn ns(seconds: f64) -> u64 {
    (seconds * 1e9).round().max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::command::joblog::HEAD;
    use speedup_report::analysis::predict::model::Outcome;
    use speedup_report::analysis::predict::predict;

    fn log(folder: &Path, name: &str, jobs: &[(u64, f64, f64)]) -> std::path::PathBuf {
        let line = |(number, begin, time): &(u64, f64, f64)| {
            format!("{number}\t:\t{:.3}\t{time:10.3}\t0\t0\t0\t0\tgzip f{number}\n", 1e9 + begin)
        };
        let path = folder.join(name);
        std::fs::write(&path, format!("{HEAD}\n") + &jobs.iter().map(line).collect::<String>()).unwrap();
        path
    }

    #[test]
    fn the_jobs_of_a_log_are_tasks_that_can_be_scheduled_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        // Two at a time: 1 and 2 begin, 3 follows 1, 4 follows 2; the log has them as they end.
        let jobs = [(1, 0.0, 1.0), (3, 1.0, 1.0), (2, 0.0, 3.0), (4, 2.0, 2.0)];
        let path = log(folder.path(), "two.log", &jobs);
        let record = of_joblogs(&[&path]).unwrap();
        let prediction = predict(&record, &[1, 4]);
        let [forecast] = &prediction.forecasts[..] else { panic!("{prediction:?}") };
        assert!((forecast.serial_s - 7.0).abs() < 1e-6 && forecast.measured[0].workers == 2);
        let Outcome::AtMost { speedup, time_s, reason } = &forecast.predicted[1].here else {
            panic!("{:?}", forecast.predicted);
        };
        assert!((time_s - 3.0).abs() < 1e-6 && (speedup.value - 7.0 / 3.0).abs() < 1e-6, "{speedup:?}");
        assert!(reason.contains("CPUs") && speedup.interval.is_none());
        let one = &forecast.predicted[0].here;
        assert!(matches!(one, Outcome::Refused { .. }), "fewer than measured: {one:?}");
    }

    #[test]
    fn logs_of_other_batches_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let one = log(folder.path(), "one.log", &[(1, 0.0, 1.0), (2, 1.0, 1.0)]);
        let other = log(folder.path(), "other.log", &[(1, 0.0, 1.0), (3, 0.0, 1.0)]);
        assert!(of_joblogs(&[&one, &other]).unwrap_err().contains("has other jobs than"));
        let record = of_joblogs(&[&one, &one]).unwrap();
        assert_eq!(record.samples.len(), 4, "two executions, each a baseline too");
        assert!(of_joblogs(&[]).is_err());
        assert!(of_joblogs(&[folder.path().join("none").as_path()]).is_err());
    }
}
