//! What a person is told about a run: the case that stands for each executor, verdicts, formatted cells and remarks.
//!
//! ```text
//! Analysis → View → terminal, Markdown, page
//! ```
//!
//! Renderers only lay a view out. What is decided, is decided here or in the analysis: which case
//! stands for an executor ([`Analysis::representative`]), what is significant, and how a number is written.
//!
//! * this file: the view of a run; `run`: heading and remarks on the whole; `conclusion`: sentences on a workload
//! * [`verdict`]: a case in a sentence; [`grid`]: a table before layout; [`tables`]: those of a run
//! * [`facts`], [`rules`]: the machine and the build; how the run was measured, against twelve rules
//! * `programs`: sentences on a program measured from outside
//! * [`comparison`]: two runs; [`history`]: the runs of one batch; [`predict`]: what would be
//! * [`units`]: every number
//!
//! No I/O and no clock.

pub mod comparison;
mod conclusion;
pub mod facts;
pub mod grid;
pub mod history;
pub mod predict;
mod programs;
pub mod rules;
mod run;
pub mod tables;
pub mod units;
pub mod verdict;

use crate::analysis::{self, Account, Analysis, Cell, ExecutorTable, WorkloadColumn};
use crate::record::{COMMAND, Status};
use grid::Grid;
use units::count;

pub use run::Heading;
pub use verdict::Verdict;

/// A run as a person is told about it.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// Which run it is and how it was measured.
    pub heading: Heading,
    /// The workloads: those that compute, then those that wait.
    pub workloads: Vec<WorkloadView>,
    /// Table 17-1 of *Fluent Python*, one for each executor that computes.
    pub book: Vec<Grid>,
    /// How much was measured, and whether that is enough; empty for a run without conclusions.
    pub measured: Vec<String>,
    /// How well, in more detail.
    pub quality: Vec<String>,
    /// What failed, and whether the run ended early.
    pub notes: Vec<String>,
}

/// A workload of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkloadView {
    /// Name in the plan.
    pub name: String,
    /// Its name in words.
    pub label: String,
    /// Whether its jobs wait rather than compute.
    pub waits: bool,
    /// The batch and what it waits for, as in `20 flags from …`, or `12 jobs`.
    pub batch: String,
    /// Mean time of the serial baseline, if that was measured.
    pub serial: Option<String>,
    /// What that is in a word or two: `serial`, or `one worker` of a program.
    pub baseline: &'static str,
    /// What each executor achieved, in the order of the plan; those that were to run this workload.
    pub answers: Vec<Answer>,
    /// Times by processes and threads, of a program that was measured with every pair of them.
    pub plane: Option<Grid>,
    /// Speedups with intervals and limits; of a workload that waits, its styles and connections.
    pub figures: Option<Grid>,
    /// What was counted of a program.
    pub counts: Option<Grid>,
    /// Where the missing speedup of the representative cases went; of a program, at every number of workers.
    pub losses: Option<Grid>,
    /// What each host's workers lost, where they are on several.
    pub hosts: Option<Grid>,
    /// The same cases under the names of the POP metrics.
    pub pop: Option<Grid>,
    /// On which CPUs their tasks ran.
    pub cpus: Option<Grid>,
    /// What belongs to the answers: which number of workers is best, a speedup that cannot be.
    pub findings: Vec<String>,
    /// Sentences on ceiling, laws of scaling, COST, crossover and noise floor; none without a serial baseline.
    pub remarks: Vec<String>,
}

/// What an executor achieved on a workload.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Name of the executor.
    pub executor: String,
    /// The case that stands for it, or why there is none.
    pub case: Result<Representative, String>,
}

/// The case that stands for an executor, in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Representative {
    /// Number of workers.
    pub workers: usize,
    /// What was achieved.
    pub verdict: Verdict,
    /// That fewer workers are as fast, or faster, where that is so.
    pub enough: Option<String>,
    /// Where the missing speedup went; absent without raw samples or serial baseline.
    pub account: Option<Account>,
    /// Jobs per second and the share of waiting, of a workload that waits.
    pub waiting: Option<WaitingWords>,
    /// The speedup over the rounds that do not stand out, where that is another.
    pub quiet: Option<String>,
}

/// How much a case waited, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingWords {
    /// `512`.
    pub rate: String,
    /// `flags/s`.
    pub unit: String,
    /// `98.1 %`.
    pub share: String,
}

impl View {
    /// What is to be told of a run.
    #[must_use]
    pub fn of(analysis: &Analysis) -> Self {
        let (computing, waiting) = (analysis.computing(), analysis.waiting());
        let parts = [computing.as_ref(), waiting.as_ref()];
        let workloads: Vec<WorkloadView> = parts
            .into_iter()
            .flat_map(|part| (0..part.workloads.len()).map(|index| WorkloadView::of(part, index)))
            .collect();
        Self {
            heading: Heading::of(analysis),
            book: tables::book(&analysis.batches()),
            measured: run::measured(analysis),
            quality: run::quality(analysis, &workloads),
            notes: run::notes(analysis),
            workloads,
        }
    }

    /// The tables of each workload; the book's are not among them.
    pub fn grids(&self) -> impl Iterator<Item = &Grid> {
        let own = self.workloads.iter();
        own.flat_map(|workload| {
            let WorkloadView { plane, figures, counts, losses, hosts, pop, cpus, .. } = workload;
            [plane, figures, counts, losses, hosts, pop, cpus]
        })
        .flatten()
    }

    /// Those of them that have the speedups.
    pub fn figures(&self) -> impl Iterator<Item = &Grid> {
        self.workloads.iter().flat_map(|workload| [&workload.plane, &workload.figures]).flatten()
    }

    /// The paragraphs below the tables: remarks on each workload, and the quality of the measurement.
    #[must_use]
    pub fn paragraphs(&self) -> Vec<String> {
        let remarks = self.workloads.iter().map(|workload| &workload.remarks);
        let lines = remarks.chain([&self.quality]).filter(|lines| !lines.is_empty());
        lines.map(|lines| lines.join("\n")).collect()
    }

    /// The workload of that name in the plan.
    #[must_use]
    pub fn workload(&self, name: &str) -> Option<&WorkloadView> {
        self.workloads.iter().find(|workload| workload.name == name)
    }
}

impl WorkloadView {
    fn of(run: &Analysis, index: usize) -> Self {
        let column = &run.workloads[index];
        let answers = (0..run.executors.len()).filter_map(|executor| answer(run, executor, index)).collect();
        let waits = column.waits();
        Self {
            name: column.name.clone(),
            label: column.label.clone(),
            waits,
            batch: batch(column),
            baseline: match &column.command {
                Some(command) if !command.batch && command.serial.is_none() => "one worker",
                _ => "serial",
            },
            serial: column.serial.estimate().map(|serial| units::seconds(serial.mean_s)),
            answers,
            plane: tables::plane(run, index),
            figures: if column.is_program() {
                tables::program(run, index)
            } else if waits {
                Some(tables::waiting(run, index))
            } else {
                tables::speedups(run, index)
            },
            counts: column.is_program().then(|| tables::counts(run, index)).flatten(),
            hosts: tables::hosts(run, index),
            pop: tables::pop(run, index),
            cpus: tables::cpus(run, index),
            losses: if column.is_program() {
                tables::program_losses(run, index)
            } else {
                tables::losses(run, index)
            },
            findings: conclusion::beyond_ceiling(run, index)
                .into_iter()
                .chain(conclusion::suggestion(run, index))
                .chain(programs::best(column))
                .chain(programs::ordering(run, index))
                .collect(),
            remarks: if column.is_program() {
                programs::remarks(run, index)
            } else {
                conclusion::remarks(run, index)
            },
        }
    }

    /// The answer of that executor.
    #[must_use]
    pub fn answer(&self, executor: &str) -> Option<&Answer> {
        self.answers.iter().find(|answer| answer.executor == executor)
    }
}

impl Answer {
    /// `RC4 threads: 1.71x [1.69, 1.73] on 2 workers; …`, of a program only its label; `None` where there is no
    /// case.
    #[must_use]
    pub fn sentence(&self, label: &str) -> Option<String> {
        let case = self.case.as_ref().ok()?;
        let enough = case.enough.as_ref().map_or(String::new(), |enough| format!(" {enough}."));
        let executor = if self.executor == COMMAND { String::new() } else { format!(" {}", self.executor) };
        Some(format!("{label}{executor}: {}.{enough}", case.verdict))
    }
}

/// `512 flags/s, 98.1 % of the time waiting`.
impl std::fmt::Display for WaitingWords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}, {} of the time waiting", self.rate, self.unit, self.share)
    }
}

fn answer(run: &Analysis, executor: usize, workload: usize) -> Option<Answer> {
    let (table, column) = (&run.executors[executor], &run.workloads[workload]);
    let planned = table.rows.iter().any(|row| row.cells[workload] != Cell::NotMeasured);
    let complete = run.status == Status::Complete;
    (planned || !complete).then(|| Answer {
        executor: table.executor.clone(),
        case: (run.representative(executor, workload))
            .map(|case| Representative::of(column, case, run.anecdote()))
            .ok_or_else(|| why_not(table, workload)),
    })
}

fn why_not(table: &ExecutorTable, workload: usize) -> String {
    let failure = table.rows.iter().find_map(|row| match &row.cells[workload] {
        Cell::Failed { reason } => Some(format!("failed: {reason}")),
        Cell::Measured(_) | Cell::NotMeasured => None,
    });
    failure.unwrap_or_else(|| "not measured".to_string())
}

impl Representative {
    /// The case of a run with so `few` rounds that it is an anecdote, where that is so.
    fn of(column: &WorkloadColumn, case: analysis::Representative<'_>, few: Option<u32>) -> Self {
        let analysis::Representative { workers, estimate, enough } = case;
        let enough = enough.filter(|_| few.is_none());
        let waiting = estimate.waiting.as_ref().map(|waiting| WaitingWords {
            rate: units::rate(waiting.jobs_per_s),
            unit: jobs_per_second(column),
            share: units::percent(waiting.share.value, 1),
        });
        let mut verdict = if column.is_program() {
            Verdict::of_program(workers, estimate)
        } else {
            Verdict::of(workers, estimate)
        };
        if column.waits() {
            // What is missing to as many CPUs as connections says nothing of work that needs none.
            verdict.on = count(workers, "connection");
            verdict.rest = waiting.as_ref().map(ToString::to_string);
        }
        Self {
            workers,
            enough: enough
                .map(|(fewer, estimate)| format!("Already {}", Verdict::of(fewer, estimate).achieved())),
            account: estimate.account.clone(),
            quiet: estimate.quiet.map(units::speedup),
            verdict: verdict.doubting(few),
            waiting,
        }
    }
}

/// What the batch is, and what it waits for: `20 flags from a server`, `12 jobs`.
#[must_use]
pub fn batch(column: &WorkloadColumn) -> String {
    match &column.waits {
        Some(waits) => format!("{} {} from {}", column.jobs, waits.jobs, waits.on),
        None if column.is_program() => column.command.as_ref().map_or(String::new(), |of| of.line.clone()),
        None => count(column.jobs, "job"),
    }
}

/// `flags/s`.
fn jobs_per_second(column: &WorkloadColumn) -> String {
    format!("{}/s", column.waits.as_ref().map_or("jobs", |waits| &waits.jobs))
}
