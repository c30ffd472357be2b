//! What `parallel --joblog` writes: each file is one execution of a batch.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Found, Series, label, seconds, workers};
use crate::study::command::joblog::HEAD;

/// The jobs of one log.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Log {
    /// Begin and end of each, in seconds since 1970.
    pub(super) jobs: Vec<(f64, f64)>,
    /// The number of each in the batch. A log has its jobs in the order in which they ended.
    pub(super) numbers: Vec<u64>,
    /// Jobs with another exit code than 0, or a signal.
    pub(super) failures: usize,
    /// The command of the first.
    pub(super) command: String,
}

pub(super) fn read(files: &[(&Path, Vec<u8>)], given: Option<&[usize]>) -> Result<Found, String> {
    if given.is_some_and(|given| given.len() != files.len()) {
        return Err(format!("--workers must give a number for each of the {} job logs", files.len()));
    }
    let mut found = Found::default();
    let mut logs = Vec::new();
    for (index, (path, bytes)) in files.iter().enumerate() {
        let log = parse(bytes).map_err(|(line, problem)| format!("{}:{line}: {problem}", path.display()))?;
        let count = given.map_or_else(|| most_at_once(&log.jobs), |given| given[index]);
        let wrong = |problem: String| format!("{}: {problem}", path.display());
        let wall_s = log.jobs.iter().map(|job| job.1).fold(f64::MIN, f64::max)
            - log.jobs.iter().map(|job| job.0).fold(f64::MAX, f64::min);
        let count = workers(count as f64).map_err(wrong)?;
        let wall_s = seconds(wall_s).map_err(wrong)?;
        if given.is_none() {
            found
                .remarks
                .push(format!("{}: {count} jobs at a time at most, taken for the workers", path.display()));
        }
        if log.failures > 0 {
            found.remarks.push(format!(
                "{}: {} of {} jobs failed",
                path.display(),
                log.failures,
                log.jobs.len()
            ));
        }
        logs.push((count, wall_s, log));
    }
    let Some((least, _, first)) = logs.iter().min_by_key(|(count, ..)| *count) else {
        return Err("there is no job log".to_string());
    };
    if let Some((.., other)) = logs.iter().find(|(.., log)| log.jobs.len() != first.jobs.len()) {
        return Err(format!(
            "the job logs are not of one batch: one has {} jobs, another {}",
            first.jobs.len(),
            other.jobs.len()
        ));
    }
    let mut times: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    if *least > 1 {
        let sum = first.jobs.iter().map(|job| job.1 - job.0).sum();
        times.insert(1, vec![seconds(sum)?]);
        found.remarks.push(format!(
            "no log has one job at a time: the baseline is the sum of the jobs' times with {least}, and not measured"
        ));
    }
    found.created = created(first);
    let series = Series { label: label(&first.command), command: Some(first.command.clone()), times };
    found.series = vec![series];
    for (count, wall_s, _) in &logs {
        found.series[0].times.entry(*count).or_default().push(*wall_s);
    }
    Ok(found)
}

/// When the first job began.
pub(super) fn created(log: &Log) -> Option<String> {
    let begin = log.jobs.iter().map(|job| job.0).fold(f64::MAX, f64::min);
    let begin = jiff::Timestamp::from_second(begin as i64).ok()?;
    Some(begin.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// Reads the lines; an error has the number of its line.
pub(super) fn parse(bytes: &[u8]) -> Result<Log, (usize, String)> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines().enumerate();
    if lines.next().is_none_or(|(_, head)| head != HEAD) {
        return Err((1, "is no job log of GNU parallel's: its head is missing".to_string()));
    }
    let mut log = Log { jobs: Vec::new(), numbers: Vec::new(), failures: 0, command: String::new() };
    for (index, line) in lines.filter(|(_, line)| !line.is_empty()) {
        let wrong = |problem: &str| (index + 1, problem.to_string());
        let fields: Vec<&str> = line.splitn(9, '\t').map(str::trim).collect();
        let [number_of, _, begin, runtime, _, _, exit, signal, command] = fields[..] else {
            return Err(wrong("has fewer than nine fields"));
        };
        let number =
            |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
        let begin_s = number(begin).ok_or_else(|| wrong("its Starttime is no number"))?;
        let runtime_s = number(runtime).ok_or_else(|| wrong("its JobRuntime is no number"))?;
        if log.jobs.is_empty() {
            log.command = command.to_string();
        }
        log.failures += usize::from(exit != "0" || signal != "0");
        log.jobs.push((begin_s, begin_s + runtime_s));
        log.numbers.push(number_of.parse().map_err(|_| wrong("its Seq is no number"))?);
    }
    if log.jobs.is_empty() { Err((1, "there are no jobs".to_string())) } else { Ok(log) }
}

/// By how much times are rounded, in seconds.
pub(super) const ROUNDED: f64 = 0.001;

/// The most jobs that ran at one time. Times have three decimals, so that a job that begins within a
/// millisecond of another's end is taken to follow it.
pub(super) fn most_at_once(jobs: &[(f64, f64)]) -> usize {
    let mut changes: Vec<(f64, i64)> =
        jobs.iter().flat_map(|job| [(job.0, 1), ((job.1 - ROUNDED).max(job.0), -1)]).collect();
    changes.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    let (mut now, mut most) = (0, 0);
    for (_, change) in changes {
        now += change;
        most = most.max(now);
    }
    most.max(1) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(jobs: &[(f64, f64)]) -> Vec<u8> {
        let line = |(index, job): (usize, &(f64, f64))| {
            format!("{}\t:\t{:.3}\t{:10.3}\t0\t0\t0\t0\tgzip f{index}\n", index + 1, job.0, job.1)
        };
        (format!("{HEAD}\n") + &jobs.iter().enumerate().map(line).collect::<String>()).into_bytes()
    }

    #[test]
    fn the_most_jobs_at_once_are_the_workers() {
        let two = log(&[(1e9, 1.0), (1e9, 1.5), (1e9 + 1.0, 1.0)]);
        let found = read(&[(Path::new("two"), two.clone())], None).unwrap();
        assert_eq!(found.series[0].times, BTreeMap::from([(1, vec![3.5]), (2, vec![2.0])]));
        assert_eq!(found.series[0].label, "gzip");
        assert!(found.remarks[1].contains("the sum of the jobs' times with 2"), "{:?}", found.remarks);
        assert_eq!(found.created.as_deref(), Some("2001-09-09T01:46:40Z"));
        let one = log(&[(1e9, 1.0), (1e9 + 1.0, 1.0), (1e9 + 2.0, 1.25)]);
        let found = read(&[(Path::new("two"), two), (Path::new("one"), one)], None).unwrap();
        assert_eq!(found.series[0].times, BTreeMap::from([(1, vec![3.25]), (2, vec![2.0])]));
    }

    #[test]
    fn what_is_no_log_is_refused_with_its_line() {
        let problem = |bytes: &[u8]| read(&[(Path::new("l"), bytes.to_vec())], None).unwrap_err();
        assert!(problem(b"Seq\n").starts_with("l:1: is no job log"));
        assert!(problem(format!("{HEAD}\n").as_bytes()).contains("there are no jobs"));
        assert!(problem(format!("{HEAD}\n1\t:\t5\n").as_bytes()).starts_with("l:2: has fewer"));
        assert!(
            problem(format!("{HEAD}\n1\t:\tx\t1\t0\t0\t0\t0\tc\n").as_bytes()).contains("l:2: its Starttime")
        );
        let logs = [(Path::new("a"), log(&[(1.0, 1.0)])), (Path::new("b"), log(&[(1.0, 1.0), (2.0, 1.0)]))];
        assert!(read(&logs, None).unwrap_err().contains("not of one batch"));
        assert!(read(&logs, Some(&[1])).unwrap_err().contains("for each of the 2 job logs"));
    }
}
