//! Criterion over rounds: all cases are measured in interleaved rounds first, as by `speedup run`, and
//! criterion then analyses these very samples.
//!
//! Criterion by itself measures one case after another, so that a machine that changes its speed within
//! minutes makes one case look faster than another. In rounds such a change falls on all cases alike.

mod arguments;
mod before;

use std::cell::{Cell, RefCell};
use std::process::ExitCode;
use std::time::Duration;

use arguments::{Arguments, Task};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode};
use speedup::cli::{ExitError, complain};
use speedup::settings::values::{Precision, RoundLimit};
use speedup::settings::{Limits, RunRequest, env};
use speedup::study::progress::Verbosity;
use speedup::study::rounds::Watch;
use speedup::study::{self, Run, RunConfig, Study};
use speedup_machine::machine;
use speedup_machine::signal::{EXIT_INTERRUPTED, Interrupt};
use speedup_report::analysis::{self, Analysis};
use speedup_report::record::{BASELINE, Case, Design, RunRecord, Status};
use speedup_report::render::{FORMATS, Screen, comparison, files};

/// The least samples that criterion analyses.
const LEAST_SAMPLES: u32 = 10;

/// Rounds of `--quick`: two samples are what criterion looks at then.
const QUICK_ROUNDS: u32 = 2;

/// The precision that no run reaches.
const NEVER: Precision = Precision(0.0);

/// Time for the rounds where the user sets no limit.
const DEFAULT_TIME: Duration = Duration::from_secs(120);

/// The change up to which a case counts as unchanged.
const THRESHOLD: f64 = 0.02;

/// The settings of the suite, from `SPEEDUP_WORKLOAD`, `SPEEDUP_WORKERS` and so on: those of
/// [`RunRequest`], each as its option of `speedup run` takes it.
///
/// # Errors
///
/// The exit code, once it is said which variable cannot be used.
pub(crate) fn request(name: &str) -> Result<RunRequest, ExitCode> {
    let request: RunRequest = env::read().map_err(|problem| ExitError::Usage(problem).report())?;
    Ok(RunRequest { name: request.name.or_else(|| name.parse().ok()), ..request })
}

/// Measures what these settings and criterion's arguments select, has criterion analyse it, and ends with
/// tables and files.
pub(crate) fn suite(request: &RunRequest) -> ExitCode {
    let arguments = match Arguments::read(LEAST_SAMPLES) {
        Ok(arguments) => arguments,
        Err(problem) => return ExitError::Usage(problem).report(),
    };
    let criterion =
        Criterion::default().without_plots().sample_size(LEAST_SAMPLES as usize).configure_from_args();
    match carry_out(request, criterion, &arguments) {
        Ok(code) => code,
        Err(error) => error.report(),
    }
}

fn carry_out(
    request: &RunRequest,
    mut criterion: Criterion,
    arguments: &Arguments,
) -> Result<ExitCode, ExitError> {
    let config = settings(request, arguments)?;
    let interrupt = Interrupt::install()
        .map_err(|error| ExitError::Failure(format!("cannot watch for Ctrl-C: {error}")))?;
    let study = Study::new(config, Design::InterleavedRounds);
    if arguments.task != Task::Measure {
        one_by_one(&mut criterion, study, &interrupt);
        return Ok(ExitCode::SUCCESS);
    }
    let wanted: Vec<String> = study
        .plan()
        .cases
        .iter()
        .filter(|case| arguments.selects(case))
        .map(|case| case.workload.clone())
        .collect();
    if wanted.is_empty() {
        criterion.final_summary();
        return Ok(ExitCode::SUCCESS);
    }
    // Results are checked against the serial baseline, and every speedup is one over it.
    let study = study.only(&|case| {
        arguments.selects(case) || case.executor == BASELINE && wanted.contains(&case.workload)
    });
    let run = measure(study, &interrupt)?;
    hand_out(&mut criterion, &run.record, arguments);
    keep(&run)
}

/// The configuration: criterion's arguments are limits of the rounds here, and come before those of the
/// environment.
fn settings(request: &RunRequest, arguments: &Arguments) -> Result<RunConfig, ExitError> {
    let mut limits: Limits = env::read().map_err(ExitError::Usage)?;
    let open_end = limits.is_empty() && arguments.measurement_time.is_none();
    if arguments.sample_size.is_some() || arguments.measurement_time.is_some() {
        limits.precision = Some(NEVER);
        limits.rounds = arguments.sample_size.map(RoundLimit);
        limits.max_time = arguments.measurement_time;
    } else if arguments.quick {
        limits.rounds = Some(RoundLimit(QUICK_ROUNDS));
    } else if limits.is_empty() {
        limits.max_time = Some(DEFAULT_TIME);
    }
    if arguments.warm_up_time {
        complain("--warm-up-time has no effect: one round over all cases warms up");
    }
    let mut config = request
        .resolve(&limits, study::workloads(), machine::cpus_available())
        .map_err(|error| ExitError::Usage(error.as_variable()))?;
    // A limit that the user has not set keeps nothing from criterion.
    if open_end {
        config.stop.least_rounds = LEAST_SAMPLES;
    }
    Ok(config)
}

/// Rounds over all cases of the study, with the record kept as it grows.
fn measure(study: Study, interrupt: &Interrupt) -> Result<Run, ExitError> {
    let mut run = Run::begin(Box::new(study))?;
    let watch = Watch {
        verbosity: Verbosity::Normal,
        interrupt,
        widths: analysis::widths,
        tell: |said| complain(said),
    };
    run.go_on(&watch)?;
    run.warnings.iter().for_each(|warning| complain(warning));
    Ok(run)
}

/// Gives criterion the samples of each case that it asks for.
fn hand_out(criterion: &mut Criterion, record: &RunRecord, arguments: &Arguments) {
    if record.status != Status::Complete {
        return;
    }
    let walls = |case: &Case| -> Vec<u64> {
        let samples = record.samples.iter().filter(|sample| !sample.warmup);
        samples
            .filter(|sample| same(&record.plan.cases[sample.case], case))
            .map(|sample| sample.wall_ns)
            .collect()
    };
    let cases = record.plan.cases.iter().filter(|case| !case.again && arguments.selects(case));
    let cases: Vec<(&Case, Vec<u64>)> = cases.map(|case| (case, walls(case))).collect();
    let fewest = cases.iter().map(|(_, walls)| walls.len()).min().unwrap_or(0);
    if fewest < LEAST_SAMPLES as usize && !arguments.quick {
        complain(&format!(
            "criterion analyses {LEAST_SAMPLES} samples or more; of {fewest} rounds there is only the table"
        ));
        return;
    }
    println!("\nCriterion's analysis of the samples measured in rounds:");
    for workload in &record.plan.workloads {
        let mut group = criterion.benchmark_group(&workload.name);
        group.sampling_mode(SamplingMode::Flat);
        for (case, walls) in cases.iter().filter(|(case, _)| case.workload == workload.name) {
            analyse(&mut group, case, walls, arguments.quick);
        }
        group.finish();
    }
    criterion.final_summary();
}

/// Both arms of the serial baseline are one case for criterion.
fn same(one: &Case, other: &Case) -> bool {
    (&one.workload, &one.executor, one.workers) == (&other.workload, &other.executor, other.workers)
}

/// One case. Criterion runs what it is given for a while to find out how often it fits into the time, and
/// complains where that is once; with `--quick` it goes on until a tenth of a second is over. So the first
/// call takes a moment that fits several times, and each of a quick look more than a twentieth of a second.
/// A sample counts for as many executions as criterion asks for.
fn analyse(group: &mut BenchmarkGroup<'_, WallTime>, case: &Case, walls: &[u64], quick: bool) {
    const MOMENT: Duration = Duration::from_millis(5);
    const QUICK_CALL: Duration = Duration::from_millis(60);
    group.sample_size(walls.len().max(LEAST_SAMPLES as usize));
    group.warm_up_time(Duration::from_millis(1));
    group.measurement_time(if quick { 2 * QUICK_CALL } else { 10 * MOMENT * walls.len() as u32 });
    let calls = Cell::new(0_usize);
    group.bench_function(arguments::id(case), |bencher| {
        bencher.iter_custom(|iterations| {
            let call = calls.replace(calls.get() + 1);
            match (quick, call) {
                (true, _) => std::thread::sleep(QUICK_CALL + MOMENT),
                (false, 0) => std::thread::sleep(MOMENT),
                (false, _) => {}
            }
            // The first call of a whole analysis is not one of its samples.
            let sample = if quick { call } else { call.saturating_sub(1) };
            Duration::from_nanos(walls[sample % walls.len()].saturating_mul(iterations))
        });
    });
}

/// Lets criterion call for the cases, measured when it does: to list them, to run each once, for a profiler.
fn one_by_one(criterion: &mut Criterion, study: Study, interrupt: &Interrupt) {
    let cases = study.plan().cases.clone();
    let study = RefCell::new(study);
    for in_one in cases.chunk_by(|one, next| one.workload == next.workload) {
        let mut group = criterion.benchmark_group(&in_one[0].workload);
        for (index, case) in cases.iter().enumerate() {
            if case.again || case.workload != in_one[0].workload {
                continue;
            }
            group.bench_function(arguments::id(case), |bencher| {
                bencher.iter_custom(|iterations| {
                    (0..iterations).map(|_| execute(&mut study.borrow_mut(), index, interrupt)).sum()
                });
            });
        }
        group.finish();
    }
    criterion.final_summary();
}

fn execute(study: &mut Study, case: usize, interrupt: &Interrupt) -> Duration {
    if interrupt.requested() {
        std::process::exit(EXIT_INTERRUPTED.into());
    }
    match study.measure(case) {
        Ok(measured) => Duration::from_nanos(measured.wall_ns),
        Err(message) => {
            complain(&message);
            std::process::exit(1);
        }
    }
}

/// Prints the table, writes tables and charts, and compares with the run before.
fn keep(run: &Run) -> Result<ExitCode, ExitError> {
    let (record, folder) = (&run.record, run.folder.path());
    let runs = [Analysis::of(record)];
    files::write_all(folder, &runs).map_err(ExitError::because)?;
    println!("\n{}", FORMATS[0].render(&runs));
    if let Some(comparison) = before::comparison(record, folder, THRESHOLD) {
        println!("{}", (comparison::FORMATS[0].1)(&comparison, Screen::PLAIN));
    }
    println!("Saved in {}", folder.display());
    match (record.status, record.fatal_failure()) {
        (Status::Interrupted, _) => {
            Err(ExitError::Interrupted("interrupted; what was measured is kept".into()))
        }
        (_, Some(failure)) => Err(ExitError::Failure(failure)),
        _ => Ok(ExitCode::SUCCESS),
    }
}
