//! Lets criterion drive the library's own measuring, and keeps what criterion used.
//!
//! Criterion asks for the value of a measurement exactly when it uses it as a sample, and not
//! during its warm-up. [`SampledTime`] therefore carries the executions behind each value along,
//! and hands them to the [`Recorder`] at that moment.

use std::cell::RefCell;
use std::io::{self, Write};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{BenchmarkId, Criterion, SamplingMode};
use speedup::cli::{ExitError, complain};
use speedup::settings::{Limits, RunRequest, env};
use speedup::study::{self, Measured, Study};
use speedup::workload::Scale;
use speedup_machine::machine;
use speedup_machine::signal::{EXIT_INTERRUPTED, Interrupt};
use speedup_report::analysis::Analysis;
use speedup_report::record::{BASELINE, Case, Design, Failure, RunFolder, RunRecord, Status};
use speedup_report::render::{FORMATS, files};

/// The settings of the suite, from `SPEEDUP_WORKLOAD`, `SPEEDUP_WORKERS` and so on: those of
/// [`RunRequest`], each as its option of `speedup run` takes it. The number of runs is criterion's
/// `--sample-size`.
///
/// # Errors
///
/// The exit code, once it is said which variable cannot be used.
pub(crate) fn request(name: &str) -> Result<RunRequest, ExitCode> {
    let request: RunRequest = env::read().map_err(|problem| ExitError::Usage(problem).report())?;
    Ok(RunRequest { name: request.name.or_else(|| name.parse().ok()), ..request })
}

/// Has criterion measure every case of these settings, and ends with tables and files.
pub(crate) fn suite(request: &RunRequest, measurement_time: fn(&Case, Scale) -> Duration) -> ExitCode {
    let config = match request.resolve(&Limits::default(), study::workloads(), machine::cpus_available()) {
        Ok(config) => config,
        Err(error) => return ExitError::Usage(error.as_variable()).report(),
    };
    let recorder = match Recorder::new(Study::new(config, Design::CaseByCase)) {
        Ok(recorder) => recorder,
        Err(error) => return ExitError::Failure(format!("cannot watch for Ctrl-C: {error}")).report(),
    };
    let mut criterion = Criterion::default()
        .with_measurement(SampledTime::new(&recorder))
        .without_plots()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(1))
        .configure_from_args();
    measure(&mut criterion, &recorder, measurement_time);
    criterion.final_summary();
    recorder.end(Status::Complete)
}

fn measure(
    criterion: &mut Criterion<SampledTime>,
    recorder: &Recorder,
    measurement_time: fn(&Case, Scale) -> Duration,
) {
    let cases = recorder.cases();
    for workload in recorder.workloads() {
        let mut group = criterion.benchmark_group(&workload);
        group.sampling_mode(SamplingMode::Flat);
        for (index, case) in cases.iter().enumerate().filter(|(_, case)| case.workload == workload) {
            if !given("--measurement-time") {
                group.measurement_time(measurement_time(case, recorder.scale()));
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

/// Whether criterion was given that option.
pub(crate) fn given(option: &str) -> bool {
    std::env::args().skip(1).any(|argument| argument.split('=').next() == Some(option))
}

/// Wall time that remembers the executions behind it.
struct SampledTime {
    wall: WallTime,
    used: Rc<RefCell<Vec<Sampled>>>,
}

/// The executions behind one value: one sample of criterion's.
#[derive(Clone)]
struct Sampled {
    case: usize,
    executions: Vec<Measured>,
}

impl SampledTime {
    /// A measurement whose samples go to the recorder.
    fn new(recorder: &Recorder) -> Self {
        Self { wall: WallTime, used: Rc::clone(&recorder.used) }
    }
}

impl Measurement for SampledTime {
    type Intermediate = ();
    type Value = Sampled;

    fn start(&self) {}

    fn end(&self, (): ()) -> Sampled {
        self.zero()
    }

    fn add(&self, one: &Sampled, other: &Sampled) -> Sampled {
        let executions = one.executions.iter().chain(&other.executions).cloned().collect();
        Sampled { case: one.case, executions }
    }

    fn zero(&self) -> Sampled {
        Sampled { case: 0, executions: Vec::new() }
    }

    fn to_f64(&self, value: &Sampled) -> f64 {
        self.used.borrow_mut().push(value.clone());
        value.executions.iter().map(|execution| execution.wall_ns as f64).sum()
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        self.wall.formatter()
    }
}

/// The study, and the samples that criterion used so far.
struct Recorder {
    study: RefCell<Study>,
    record: RefCell<RunRecord>,
    used: Rc<RefCell<Vec<Sampled>>>,
    interrupt: Interrupt,
    /// The run's folder, claimed when the first case is measured, and the last case saved there.
    folder: RefCell<Option<(RunFolder, usize)>>,
}

impl Recorder {
    /// A recorder for a study. From now on it watches for Ctrl-C.
    fn new(study: Study) -> io::Result<Self> {
        let record = RefCell::new(study.new_record());
        let interrupt = Interrupt::install()?;
        let (used, folder) = (Rc::default(), RefCell::default());
        Ok(Self { study: RefCell::new(study), record, used, interrupt, folder })
    }

    /// The cases of the study.
    fn cases(&self) -> Vec<Case> {
        self.study.borrow().plan().cases.clone()
    }

    /// The names of the workloads, in order.
    fn workloads(&self) -> Vec<String> {
        self.record.borrow().plan.workloads.iter().map(|workload| workload.name.clone()).collect()
    }

    /// The size of the arrays.
    fn scale(&self) -> Scale {
        self.study.borrow().config().scale
    }

    /// Executes a case that often. A failure or Ctrl-C ends the program, with what criterion has used
    /// so far kept.
    fn measure(&self, case: usize, iterations: u64) -> Sampled {
        if let Err(message) = self.save_before(case) {
            complain(&message);
            std::process::exit(1);
        }
        let mut executions = Vec::new();
        for _ in 0..iterations {
            if self.interrupt.requested() {
                self.end(Status::Interrupted);
            }
            let measured = self.study.borrow_mut().measure(case);
            match measured {
                Ok(execution) => executions.push(execution),
                Err(message) => {
                    let failure = Failure { case, round: 0, warmup: false, message };
                    self.record.borrow_mut().failures.push(failure);
                    self.end(Status::Failed);
                }
            }
        }
        Sampled { case, executions }
    }

    /// Claims the folder before the first case, so that an output that cannot be written is known
    /// before minutes of measuring, and saves the record before every further one.
    fn save_before(&self, case: usize) -> Result<(), String> {
        if !measuring() {
            return Ok(());
        }
        let mut folder = self.folder.borrow_mut();
        let mut record = self.record.borrow_mut();
        let saved = match folder.as_mut() {
            Some((_, last)) if *last == case => Ok(()),
            Some((folder, last)) => {
                *last = case;
                self.update(&mut record);
                folder.save(&record)
            }
            None => {
                let claimed = RunFolder::create(&self.study.borrow().config().out, &record);
                claimed.map(|claimed| *folder = Some((claimed, case)))
            }
        };
        saved.map_err(|error| error.to_string())
    }

    /// Ends the program. If criterion measured at all, and not only listed, tested or profiled, the
    /// table is printed and the run written with tables and charts.
    fn end(&self, status: Status) -> ! {
        let mut record = self.record.borrow_mut();
        record.status = status;
        self.update(&mut record);
        let kept = self.folder.borrow().as_ref().map_or(Ok(()), |(folder, _)| keep(&record, folder));
        let code = match (kept, record.fatal_failure(), status) {
            (Err(message), ..) | (Ok(()), Some(message), _) => {
                complain(&message);
                1
            }
            (Ok(()), None, Status::Interrupted) => EXIT_INTERRUPTED,
            (Ok(()), None, _) => 0,
        };
        std::process::exit(code.into())
    }

    /// Brings the record up to date with what criterion has used so far.
    fn update(&self, record: &mut RunRecord) {
        self.study.borrow().describe_workloads(record);
        let used = self.used.borrow();
        record.samples.clear();
        for case in 0..record.plan.cases.len() {
            let mut values: Vec<&Sampled> = used.iter().filter(|value| value.case == case).collect();
            if given("--quick") {
                // Criterion doubles the iterations until two samples agree, and uses those two.
                values.drain(..values.len().saturating_sub(2));
            }
            let executions = values.iter().flat_map(|value| &value.executions);
            let samples = (0..)
                .zip(executions)
                .map(|(round, execution)| execution.clone().into_sample(case, round, false));
            record.samples.extend(samples);
        }
        let counts = (0..record.plan.cases.len())
            .map(|case| record.samples.iter().filter(|sample| sample.case == case).count() as u32);
        record.plan.rounds = counts.max().unwrap_or(0);
    }
}

/// Prints the table and writes the record, tables and charts.
fn keep(record: &RunRecord, folder: &RunFolder) -> Result<(), String> {
    let runs = [Analysis::of(record)];
    let mut stdout = io::stdout().lock();
    let printed = writeln!(stdout, "{}", FORMATS[0].render(&runs));
    folder.save(record).map_err(|error| error.to_string())?;
    files::write_all(folder.path(), &runs).map_err(|error| error.to_string())?;
    printed
        .and_then(|()| writeln!(stdout, "Saved in {}", folder.path().display()))
        .map_err(|error| format!("cannot write to standard output: {error}"))
}

/// Criterion measures when cargo runs it for benchmarking, unless it was asked for something else.
fn measuring() -> bool {
    given("--bench") && !["--test", "--list", "--profile-time"].into_iter().any(given)
}
