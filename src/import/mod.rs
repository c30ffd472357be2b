//! Times that were measured elsewhere, as a record: hyperfine's export, GNU parallel's job log, a table.
//!
//! Each reader gives `Series`: the times of one program by its number of workers. What none of these
//! files tells, such as CPU time, stays untold; the record says where its numbers came from.

mod hyperfine;
mod joblog;
mod jobs;
mod table;

use std::collections::BTreeMap;
use std::path::Path;

use crate::study::command::request::{program_of, run_name};
use crate::study::describe::{now, tool};
use speedup_report::record::input;
use speedup_report::record::{
    Around, BASELINE, COMMAND, Case, CommandRecord, Data, Design, Environment, PlanRecord, PoolMode,
    RunRecord, SCHEMA_VERSION, Sample, Status, Text, Tool, WorkloadRecord,
};

pub use jobs::of_joblogs;

/// A form of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// What `hyperfine --export-json` writes.
    Hyperfine,
    /// What `parallel --joblog` writes: each file is one execution of a batch.
    GnuParallel,
    /// A line an execution: workers, seconds and, where there are several programs, a label.
    Csv,
}

impl Form {
    fn program(self) -> &'static str {
        match self {
            Self::Hyperfine => "hyperfine",
            Self::GnuParallel => "GNU parallel",
            Self::Csv => "numbers in CSV",
        }
    }
}

/// How files are to be read.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The numbers of workers, in the order of hyperfine's results or of the job logs.
    pub workers: Option<Vec<usize>>,
    /// The parameter of hyperfine's that is the number of workers.
    pub parameter: Option<String>,
    /// Name of the run.
    pub name: Option<String>,
}

/// The times of one program.
#[derive(Debug, Clone, Default, PartialEq)]
struct Series {
    /// What it is called.
    label: String,
    /// Its command, where that is known.
    command: Option<String>,
    /// Seconds of the executions, by number of workers.
    times: BTreeMap<usize, Vec<f64>>,
}

/// What a reader has found.
#[derive(Debug, Clone, Default, PartialEq)]
struct Found {
    series: Vec<Series>,
    /// What a reader of the record must know.
    remarks: Vec<String>,
    /// When the first execution began, RFC 3339, where that is known.
    created: Option<String>,
}

/// The most workers that a record may have.
const MOST: usize = 4096;

/// Reads files of one form into a record.
///
/// # Errors
///
/// In one line, the first thing that cannot be used, with its file and place.
pub fn import(form: Form, files: &[&Path], reading: &Reading) -> Result<RunRecord, String> {
    let read = |path: &Path| input::read(path).map_err(|error| format!("{}: {error}", path.display()));
    let texts = files.iter().map(|path| Ok((*path, read(path)?))).collect::<Result<Vec<_>, String>>()?;
    let found = match (form, &texts[..]) {
        (Form::GnuParallel, texts) => joblog::read(texts, reading.workers.as_deref())?,
        (Form::Hyperfine, [(path, bytes)]) => hyperfine::read(path, bytes, reading)?,
        (Form::Csv, [(path, bytes)]) => table::read(path, bytes)?,
        _ => return Err("one file at a time: only job logs come in several".to_string()),
    };
    let name = reading.name.clone().unwrap_or_else(|| {
        let stem = files.first().and_then(|path| path.file_stem()).unwrap_or_default();
        run_name(&stem.to_string_lossy())
    });
    Ok(record(form, files, found, name))
}

fn record(form: Form, files: &[&Path], found: Found, name: String) -> RunRecord {
    let sources: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    let mut note =
        vec![format!("Imported from {} on {}: {}", sources.join(", "), &now()[..10], form.program())];
    note.extend(found.remarks);
    let mut record = RunRecord {
        schema_version: SCHEMA_VERSION,
        tool: Tool { peer: Some(form.program().to_string()), ..tool() },
        name,
        created: found.created.unwrap_or_else(now),
        design: Design::CaseByCase,
        status: Status::Complete,
        environment: Environment { note: Some(note.join(". ")), ..Environment::default() },
        conditions: Around::default(),
        hosts: None,
        plan: PlanRecord {
            seed: 0,
            rounds: 0,
            precision: None,
            max_time_s: None,
            pool: PoolMode::Cold,
            pin: None,
            ceilings: Vec::new(),
            turns: None,
            invocation_rounds: None,
            warmup_rounds: 0,
            scale: "given".to_string(),
            workloads: Vec::new(),
            cases: Vec::new(),
            order: Vec::new(),
        },
        samples: Vec::new(),
        failures: Vec::new(),
        stop: None,
        ceilings: Vec::new(),
        published: Vec::new(),
    };
    found.series.into_iter().for_each(|series| add(&mut record, series));
    record.plan.rounds = record.samples.iter().map(|sample| sample.round + 1).max().unwrap_or(0);
    record
}

/// Adds a program to a record. One worker is its baseline.
fn add(record: &mut RunRecord, series: Series) {
    let command = series.command.unwrap_or_else(|| series.label.clone());
    for (workers, times) in series.times {
        let case = record.plan.cases.len();
        let executor = if workers == 1 { BASELINE } else { COMMAND };
        record.plan.cases.push(Case {
            workload: series.label.clone(),
            executor: executor.to_string(),
            workers,
            again: false,
        });
        let sample = |(round, seconds): (usize, f64)| {
            Sample::timed(case, round as u32, ((seconds * 1e9) as u64).max(1))
        };
        record.samples.extend(times.into_iter().enumerate().map(sample));
    }
    record.plan.workloads.push(WorkloadRecord {
        name: series.label.clone(),
        label: series.label.clone(),
        workload: series.label,
        kernel: COMMAND.to_string(),
        backend: None,
        waits: None,
        command: Some(Box::new(CommandRecord {
            words: vec![Text::Utf8(command)],
            shell: true,
            ..CommandRecord::default()
        })),
        parameters: BTreeMap::new(),
        data: Data::default(),
        passes: 1,
        sizes: Vec::new(),
        digests: Vec::new(),
    });
}

/// A time that can be.
fn seconds(value: f64) -> Result<f64, String> {
    if value > 0.0 && value < 1e9 { Ok(value) } else { Err(format!("{value} s is no possible time")) }
}

/// A number of workers that can be.
fn workers(value: f64) -> Result<usize, String> {
    if value.fract() == 0.0 && (1.0..=MOST as f64).contains(&value) {
        return Ok(value as usize);
    }
    Err(format!("{value} is no number of workers from 1 to {MOST}"))
}

/// The name of the program that a command line runs.
fn label(command: &str) -> String {
    program_of(&[Text::from(command)], true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use speedup_report::analysis::Analysis;

    #[test]
    fn one_worker_is_the_baseline_and_has_its_row() {
        let times = BTreeMap::from([(1, vec![2.0, 2.2, 2.1]), (2, vec![1.0, 1.1, 1.05])]);
        let series = Series { label: "xz".to_string(), command: Some("xz -T{n}".to_string()), times };
        let found = Found { series: vec![series], ..Found::default() };
        let record = record(Form::Csv, &[Path::new("x.csv")], found, "x".to_string());
        let json = record.to_json();
        assert_eq!(RunRecord::from_json(&json, Path::new("run.json")).unwrap(), record);
        let analysis = Analysis::of(&record);
        let rows = &analysis.executors[0].rows;
        assert_eq!(rows.iter().map(|row| row.workers).collect::<Vec<_>>(), [1, 2]);
        let speedup = rows[1].cells[0].estimate().unwrap().speedup.unwrap();
        assert!((speedup.value - 2.0).abs() < 1e-12 && speedup.interval.is_some(), "{speedup:?}");
        let estimate = rows[1].cells[0].estimate().unwrap();
        assert!(estimate.timeline.is_none() && estimate.overhead_s.is_none() && estimate.account.is_none());
        assert!(record.environment.note.unwrap().starts_with("Imported from x.csv on "));
    }

    #[test]
    fn impossible_numbers_are_refused() {
        assert!(seconds(0.0).is_err() && seconds(f64::NAN).is_err() && seconds(-1.0).is_err());
        assert!(workers(0.0).is_err() && workers(1.5).is_err() && workers(4097.0).is_err());
        assert_eq!((seconds(0.5), workers(8.0)), (Ok(0.5), Ok(8)));
    }
}
