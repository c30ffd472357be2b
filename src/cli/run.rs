//! `speedup run`: measure, keep, report.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use clap::{ArgMatches, Args, ValueHint};

use super::exit::watch_for_ctrl_c;
use super::output::OutputArgs;
use super::tool::Tool;
use super::{ExitError, complain, complain_of_build};
use crate::program;
use crate::settings::{Limits, RunRequest};
use crate::study::progress::Verbosity;
use crate::study::rounds::Watch;
use crate::study::{OverHosts, Run, Study, Workloads, resume};
use speedup_machine::machine;
use speedup_machine::signal::Interrupt;
use speedup_report::analysis::{self, Analysis, doctor};
use speedup_report::record::{Design, HOSTS, RunRecord, Status, book};
use speedup_report::render::files;

const EXAMPLES: &str = concat!(
    "Examples:\n",
    "  speedup run\n",
    "  speedup run --workers 1..8 --executor threads,processes,rayon --name laptop\n",
    "  speedup run --workload rc4 --passes 200 --rounds 20\n",
    "  speedup run --executor threads,processes --precision 0.5% --max-time 10m\n",
    "  speedup run --workload flags,flags-local --rounds 10\n",
    "  speedup run --resume results/2026-11-22-laptop --max-time 5m\n",
    "  speedup run --scale tiny --rounds 2 --out /tmp/try\n",
    "  speedup run --into runs/head-1 --format json --progress json > head-1.json\n",
);

const EXPLANATION: &str = concat!(
    "Each round runs the serial baseline twice and every case once, in random order; a warm-up round ",
    "comes first. The run ends when every speedup is known to --precision, or at --rounds or --max-time, ",
    "by default 100 rounds or 2 minutes. The record, tables, charts and report.html go to a new folder ",
    "OUT/DATE-NAME, which OUT/latest leads to; the record is saved as the run goes on, for at most a ",
    "fiftieth of its time.\n",
    "\n",
    "Exit codes: 0 success, 1 failure, 2 usage error, 130 interrupted (what was measured is kept).",
);

#[derive(Debug, Args)]
#[command(after_help = format!("{EXAMPLES}\n{EXPLANATION}"))]
pub(super) struct RunArgs {
    /// Continue the run in this folder. --rounds, --precision and --max-time set new limits, which count
    /// from the start of the run; of the other options only those of the output may be combined with it
    #[arg(long, value_name = "DIR", value_hint = ValueHint::AnyPath, conflicts_with_all = RunRequest::names())]
    resume: Option<PathBuf>,
    #[command(flatten)]
    request: RunRequest,
    #[command(flatten)]
    limits: Limits,
    /// Add the table of Fluent Python to the output and charts
    #[arg(long, help_heading = "Output")]
    book: bool,
    #[command(flatten)]
    output: OutputArgs,
}

impl RunArgs {
    /// Takes the parameters of the program's workloads, each an option of its own.
    pub(super) fn take_parameters(&mut self, tool: &Tool, matches: &ArgMatches) {
        for parameter in tool.workloads.iter().flat_map(|workload| workload.parameters()) {
            let given = self.request.parameters.iter().any(|(name, _)| name == parameter.name);
            let value = matches.get_one::<String>(parameter.name);
            if let Some(value) = value.filter(|_| !given) {
                self.request.parameters.push((parameter.name.to_string(), value.clone()));
            }
        }
    }
}

/// Examples and explanation for a program with workloads of its own.
pub(super) fn own_examples(tool: &Tool) -> String {
    let name = &tool.name;
    let mut examples = vec![
        format!("{name} run"),
        format!("{name} run --workers 1..8 --executor threads,processes,rayon --name laptop"),
        format!("{name} run --executor threads,processes --precision 0.5% --max-time 10m"),
    ];
    if let [_, other, ..] = &tool.workloads[..] {
        examples.push(format!("{name} run --workload {} --rounds 10", other.name()));
    }
    let parameters = tool.workloads.iter().flat_map(|workload| workload.parameters());
    if let Some(parameter) = parameters.into_iter().find(|parameter| !parameter.default.is_empty()) {
        examples.push(format!("{name} run --{} {} --rounds 5", parameter.name, parameter.default));
    }
    examples.push(format!("{name} run --resume results/2026-11-22-laptop --max-time 5m"));
    format!("Examples:\n  {}\n\n{EXPLANATION}", examples.join("\n  "))
}

pub(super) fn run(args: &RunArgs, workloads: Workloads) -> Result<(), ExitError> {
    let interrupt = watch_for_ctrl_c()?;
    let run = begin(args, workloads)?;
    complain_of_build();
    let out = args.request.out.clone().unwrap_or_else(|| PathBuf::from(OUT));
    let (output, resumed) = (&args.output, args.resume.as_deref());
    let how = How { command: "run", output, out: &out, resumed, book: args.book, discard: false };
    carry_out(run, &interrupt, &how)
}

/// Folder of the folders of runs, where the user does not say.
pub(super) const OUT: &str = "results";

/// How a run is carried out and told.
pub(super) struct How<'a> {
    /// The subcommand, which also takes it up again.
    pub(super) command: &'static str,
    /// What is shown and printed.
    pub(super) output: &'a OutputArgs,
    /// The folder that holds those of new runs, and the baselines.
    pub(super) out: &'a Path,
    /// The folder of the run that goes on, if it is not a new one.
    pub(super) resumed: Option<&'a Path>,
    /// Whether the book's table is shown with it.
    pub(super) book: bool,
    /// Whether a run whose first execution fails leaves nothing but one line.
    pub(super) discard: bool,
}

/// Measures, keeps and tells a run.
pub(super) fn carry_out(mut run: Run, interrupt: &Interrupt, how: &How<'_>) -> Result<(), ExitError> {
    let watch =
        Watch { verbosity: how.output.verbosity(), interrupt, widths: analysis::widths, tell: complain };
    let before = run.record.samples.len();
    // The report says it too; at a terminal there is still time to stop what is in the way.
    let busy = doctor::too_busy(&run.record.conditions.before).filter(|_| before == 0);
    if let Some(busy) = busy.filter(|_| watch.verbosity == Verbosity::Normal && io::stderr().is_terminal()) {
        complain(&busy);
    }
    run.go_on(&watch)?;
    if run.record.samples.is_empty()
        && let Some(failure) = run.record.failures.last().filter(|_| how.discard)
    {
        // Nothing was measured, so that there is nothing to keep.
        let message = failure.message.clone();
        run.folder.discard();
        return Err(ExitError::Failure(message));
    }
    run.warnings.iter().for_each(|warning| complain(warning));
    if run.record.samples.len() == before && run.record.status == Status::Complete {
        complain("the run was complete; --rounds, --precision or --max-time make it go on");
    }
    save_and_print(&run, how)?;
    outcome(&run.record, run.folder.path(), how.command)
}

/// A new run, or the one to be resumed.
fn begin(args: &RunArgs, workloads: Workloads) -> Result<Run, ExitError> {
    if let Some(path) = &args.resume {
        let resumed = resume::open(path, &args.limits, workloads);
        return resumed.map_err(|error| ExitError::Failure(format!("--resume {error}")));
    }
    let request = &args.request;
    let hosts = || -> Result<_, ExitError> {
        let hosts = (cfg!(feature = "mpi") && request.is_over_hosts()).then(|| {
            OverHosts::of_this_job(request.hosts_fill.unwrap_or_default(), request.workers_per_host)
        });
        hosts.transpose().map_err(|problem| ExitError::Failure(format!("executor {HOSTS}: {problem}")))
    };
    let place = args.output.place(request.out.as_deref().unwrap_or(Path::new(OUT)))?;
    let config = request.resolve_over(&args.limits, workloads, machine::cpus_available(), hosts)?;
    Ok(Run::begin_in(Box::new(Study::new(config, Design::InterleavedRounds)), &place)?)
}

/// The files first: the reader of the output may be gone.
fn save_and_print(run: &Run, how: &How<'_>) -> Result<(), ExitError> {
    let mut runs = vec![Analysis::of(&run.record)];
    if how.book {
        runs.push(Analysis::of(&book::record()));
    }
    let folder = run.folder.path();
    files::write_all(folder, &runs).map_err(ExitError::because)?;
    // Baselines stand next to the run that goes on, as they do next to a new one.
    let out = how.resumed.and_then(Path::parent).unwrap_or(how.out);
    how.output.keep(run, out, how.resumed.is_some())?;
    how.output.print(&runs, folder)
}

/// A run that did not come to its end is no success, though its record and tables are kept.
fn outcome(record: &RunRecord, folder: &Path, command: &str) -> Result<(), ExitError> {
    match (record.status, record.fatal_failure()) {
        (Status::Interrupted, _) => Err(ExitError::Interrupted(format!(
            "interrupted; what was measured is kept, and '{} {command} --resume {}' goes on",
            program::name(),
            folder.display()
        ))),
        (_, Some(failure)) => Err(ExitError::Failure(failure)),
        _ => Ok(()),
    }
}
