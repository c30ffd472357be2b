//! Lets criterion drive the library's own measuring, and keeps what criterion used.
//!
//! Criterion asks for the value of a measurement exactly when it uses it as a sample, and not
//! during its warm-up. [`SampledTime`] therefore carries the executions behind each value along,
//! and hands them to the [`Recorder`] at that moment.

use std::cell::RefCell;
use std::io::{self, Write};
use std::process::ExitCode;
use std::rc::Rc;

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use speedup::analysis::Analysis;
use speedup::record::{Case, Design, Failure, RunFolder, RunRecord, Status};
use speedup::report::{FORMATS, files};
use speedup::study::{ConfigError, Measured, RunRequest, Study};
use speedup::sys::signal::{EXIT_INTERRUPTED, Interrupt};
use speedup::workload::Scale;

/// The settings of the suite, from `SPEEDUP_WORKLOAD`, `SPEEDUP_EXECUTOR`, `SPEEDUP_WORKERS`,
/// `SPEEDUP_PASSES`, `SPEEDUP_SEED`, `SPEEDUP_SCALE`, `SPEEDUP_OUT` and `SPEEDUP_NAME`: the same texts
/// as the options of `speedup run`. The number of runs is criterion's `--sample-size`.
pub(crate) fn request(name: &str) -> RunRequest {
    let variable = |setting: &str| std::env::var(variable(setting)).ok();
    RunRequest {
        workload: variable("workload"),
        executor: variable("executor"),
        workers: variable("workers"),
        runs: None,
        passes: variable("passes"),
        seed: variable("seed"),
        scale: variable("scale"),
        out: variable("out"),
        name: variable("name").or_else(|| Some(name.to_string())),
    }
}

fn variable(setting: &str) -> String {
    format!("SPEEDUP_{}", setting.to_uppercase())
}

/// Reports a setting that cannot be used, under the name that it has here.
pub(crate) fn usage(error: &ConfigError) -> ExitCode {
    fail(&format!("{} '{}': {}", variable(error.setting), error.value, error.problem));
    ExitCode::from(2)
}

/// Reports why there can be no measuring.
pub(crate) fn failure(message: &str) -> ExitCode {
    fail(message);
    ExitCode::FAILURE
}

/// Whether criterion was given that option.
pub(crate) fn given(option: &str) -> bool {
    std::env::args().skip(1).any(|argument| argument.split('=').next() == Some(option))
}

fn fail(message: &str) {
    // Where standard error is gone, the exit code is all that can be said.
    let _ = writeln!(io::stderr(), "speedup: {message}");
}

/// Wall time that remembers the executions behind it.
pub(crate) struct SampledTime {
    wall: WallTime,
    used: Rc<RefCell<Vec<Sampled>>>,
}

/// The executions behind one value: one sample of criterion's.
#[derive(Clone)]
pub(crate) struct Sampled {
    case: usize,
    executions: Vec<Measured>,
}

impl SampledTime {
    /// A measurement whose samples go to the recorder.
    pub(crate) fn new(recorder: &Recorder) -> Self {
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
pub(crate) struct Recorder {
    study: RefCell<Study>,
    record: RefCell<RunRecord>,
    used: Rc<RefCell<Vec<Sampled>>>,
    interrupt: Interrupt,
}

impl Recorder {
    /// A recorder for a study. From now on it watches for Ctrl-C.
    pub(crate) fn new(study: Study) -> io::Result<Self> {
        let record = RefCell::new(study.new_record(Design::CaseByCase));
        let interrupt = Interrupt::install()?;
        Ok(Self { study: RefCell::new(study), record, used: Rc::default(), interrupt })
    }

    /// The cases of the study.
    pub(crate) fn cases(&self) -> Vec<Case> {
        self.study.borrow().plan().cases.clone()
    }

    /// The names of the workloads, in order.
    pub(crate) fn workloads(&self) -> Vec<String> {
        self.record.borrow().plan.workloads.iter().map(|workload| workload.name.clone()).collect()
    }

    /// The size of the arrays.
    pub(crate) fn scale(&self) -> Scale {
        self.study.borrow().config().scale
    }

    /// Executes a case that often. A failure or Ctrl-C ends the program, with what criterion has used
    /// so far kept.
    pub(crate) fn measure(&self, case: usize, iterations: u64) -> Sampled {
        let mut executions = Vec::new();
        for _ in 0..iterations {
            if self.interrupt.requested() {
                self.end(Status::Interrupted);
            }
            match self.study.borrow_mut().measure(case) {
                Ok(execution) => executions.push(execution),
                Err(message) => {
                    let failure = Failure { case, round: 0, warmup: false, message };
                    self.record.borrow_mut().failures.push(failure);
                    break;
                }
            }
        }
        if !self.record.borrow().failures.is_empty() {
            self.end(Status::Failed);
        }
        Sampled { case, executions }
    }

    /// Ends the program. If criterion measured at all, and not only listed, tested or profiled, the
    /// run is written with tables and charts, and the table printed.
    pub(crate) fn end(&self, status: Status) -> ! {
        let mut record = self.record.borrow_mut();
        record.status = status;
        self.study.borrow().describe_workloads(&mut record);
        let kept = if measuring() { self.keep(&mut record) } else { Ok(()) };
        let failure = record.failures.first();
        let failure =
            failure.map(|failure| format!("{}: {}", record.plan.cases[failure.case], failure.message));
        let code = match (kept, failure, status) {
            (Err(message), ..) | (Ok(()), Some(message), _) => {
                fail(&message);
                1
            }
            (Ok(()), None, Status::Interrupted) => EXIT_INTERRUPTED,
            (Ok(()), None, _) => 0,
        };
        std::process::exit(code.into())
    }

    fn take_samples(&self, record: &mut RunRecord) {
        let mut used = self.used.take();
        if given("--quick") {
            // Criterion doubles the iterations until two samples agree, and uses those two.
            let cases: Vec<usize> = used.iter().map(|sample| sample.case).collect();
            let mut position = 0;
            used.retain(|sample| {
                position += 1;
                cases[position..].iter().filter(|&&case| case == sample.case).count() < 2
            });
        }
        for case in 0..record.plan.cases.len() {
            let executions =
                used.iter().filter(|sample| sample.case == case).flat_map(|sample| &sample.executions);
            let samples = (0..)
                .zip(executions)
                .map(|(round, execution)| execution.clone().into_sample(case, round, false));
            record.samples.extend(samples);
        }
        record.plan.runs = (0..record.plan.cases.len())
            .map(|case| record.samples.iter().filter(|sample| sample.case == case).count() as u32)
            .max()
            .unwrap_or(0);
    }

    fn keep(&self, record: &mut RunRecord) -> Result<(), String> {
        self.take_samples(record);
        if record.samples.is_empty() && record.failures.is_empty() {
            return Ok(());
        }
        let out = self.study.borrow().config().out.clone();
        let folder = RunFolder::create(&out, record).map_err(|error| error.to_string())?;
        let runs = [Analysis::of(record)];
        files::write_all(folder.path(), &runs).map_err(|error| error.to_string())?;
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{}\nSaved in {}", FORMATS[0].render(&runs), folder.path().display())
            .map_err(|error| format!("cannot write to standard output: {error}"))
    }
}

/// Criterion measures when cargo runs it for benchmarking, unless it was asked for something else.
fn measuring() -> bool {
    given("--bench") && !["--test", "--list", "--profile-time"].into_iter().any(given)
}
