//! `speedup compare`: saved runs, a verdict, and an exit code for scripts.

mod live;
mod sides;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use self::live::{Done, Kept, LiveArgs, live};
use self::sides::{Given, Sides};
use super::exit::Verdict;
use super::measured;
use super::run::OUT;
use super::screen::screen;
use super::{ExitError, complain, print, print_fitted, shown};
use crate::settings::reader::{Reader, one_of, text};
use crate::settings::values::{BaselineName, Threshold};
use crate::study::live::kept as arms;
use speedup_report::analysis::compare::{self, Comparison, Difference, Measure, Outcome, Terms};
use speedup_report::record::read::ReadError;
use speedup_report::record::{RunRecord, SCHEMA_VERSION, place};
use speedup_report::render::comparison::{self, FORMATS, Refusal, Refused, Render};
use speedup_report::view::comparison::needed;

#[derive(Debug, Args)]
#[command(mut_group("Given", |group| group.requires("live")))]
#[command(after_help = concat!(
    "Examples:\n",
    "  speedup compare results/2026-11-22-main results/2026-11-22-branch\n",
    "  speedup compare before after --threshold 5% --format markdown\n",
    "  speedup compare runs/main-1 runs/branch-1 runs/main-2 runs/branch-2\n",
    "  speedup compare --old runs/main-* --new runs/branch-*\n",
    "  speedup compare --baseline main results/latest\n",
    "  speedup compare --live './old -t {n} input' './new -t {n} input' --workers 1,2\n",
    "  speedup compare --live ../base/speedup target/release/speedup -- --workers 1,2\n",
    "\n",
    "A case is a regression if the whole interval of B / A, widened by the drift of the machine that the ",
    "runs themselves show, lies above 1 + threshold. There is no regression if every interval, as ",
    "measured, ends below that; anything else is inconclusive. Machines drift by more than a run can ",
    "show: take turns (A, B, A, B), and compare A with A too. Three pairs or more show the drift, and ",
    "nothing else is allowed for then.\n",
    "\n",
    "--live measures both in the same rounds, in random order, with OLD a second time in each: that arm ",
    "shows what the machine alone does, and nothing else has to be allowed for. Each execution of a command ",
    "is a process; of a program on this library (speedup is one) a fresh process measures every few ",
    "rounds. The three runs are kept in OUT/DATE-NAME, which 'compare' reads again as one argument.\n",
    "\n",
    "Exit codes: 0 no regression; 1 regression; 2 usage error, or a file that cannot be used; 3 not ",
    "comparable (different batch, machine, pool, design or schema version); 4 inconclusive; with --live also 1 if ",
    "a side fails, and 130 if interrupted (whole rounds are kept).",
))]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct CompareArgs {
    /// The run before and the run after: folders, or their run.json. Of more runs than two, those of each
    /// side have the same name, the same build or the same folder but for a date and a number; the side of
    /// the first comes before. With --live OLD and NEW: two commands, or two programs on this library
    #[arg(
        value_name = "RUN", value_hint = ValueHint::AnyPath,
        required_unless_present_any = ["old", "baseline"]
    )]
    runs: Vec<PathBuf>,
    /// With --live: options of 'run', for two programs on this library
    #[arg(last = true, value_name = "OPTION", requires = "live")]
    arguments: Vec<OsString>,
    /// Measure OLD and NEW now, in the same rounds
    #[arg(long, conflicts_with_all = ["old", "baseline", "across_machines"])]
    live: bool,
    /// The runs before, where they are not to be told apart by name
    #[arg(
        long, value_name = "RUN", value_hint = ValueHint::AnyPath, num_args = 1.., requires = "new",
        conflicts_with_all = ["runs", "baseline"]
    )]
    old: Vec<PathBuf>,
    /// The runs after
    #[arg(long, value_name = "RUN", value_hint = ValueHint::AnyPath, num_args = 1.., requires = "old")]
    new: Vec<PathBuf>,
    /// Compare with the baseline that 'speedup run --save-baseline NAME' has kept; without RUN, the latest
    /// run is the one after
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, value_parser = text::<BaselineName>())]
    baseline: Option<BaselineName>,
    /// Folder that holds the baselines and the latest run, or in which a live comparison gets its own
    /// [default: results]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    out: Option<PathBuf>,
    /// Change up to which a case counts as unchanged, such as 2% or 0.02
    #[arg(
        long, value_name = "SHARE", default_value = "2%", allow_hyphen_values = true,
        value_parser = text::<Threshold>()
    )]
    threshold: Threshold,
    /// Compare runs of different machines by their speedups and losses, and not by their times
    #[arg(long)]
    across_machines: bool,
    /// Compare runs even if their batches or machines differ
    #[arg(long)]
    force: bool,
    /// What an inconclusive comparison is to a script: exit code 0 (pass) or 1 (fail) [default: 4]
    #[arg(long, value_name = "pass|fail", value_parser = endings(), hide_possible_values = true)]
    inconclusive: Option<Ending>,
    /// Print only what would decide an inconclusive comparison, such as '34 rounds' or '2 runs', and 0 where
    /// there is a decision
    #[arg(long, conflicts_with = "format")]
    rounds_needed: bool,
    /// Format of the output: table, markdown or json
    #[arg(
        long, value_name = "FORMAT", default_value = "table", value_parser = formats(),
        hide_possible_values = true
    )]
    format: Form,
    #[command(flatten)]
    live_args: LiveArgs,
    #[command(flatten)]
    given: measured::Given,
}

/// What an inconclusive comparison is to a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Pass,
    Fail,
}

fn endings() -> Reader<Ending> {
    one_of("ending", [("pass", "exit code 0", Ending::Pass), ("fail", "exit code 1", Ending::Fail)])
}

/// A form of the output by its name.
#[derive(Debug, Clone, Copy)]
struct Form {
    name: &'static str,
    render: Render,
}

fn formats() -> Reader<Form> {
    one_of("format", FORMATS.iter().map(|&(name, render)| (name, "", Form { name, render })))
}

/// Unlike elsewhere, exit code 1 is a verdict here: a failure is 2, as with `diff`.
pub(super) fn compare(args: &CompareArgs) -> Result<(), ExitError> {
    if args.out.is_some() && args.baseline.is_none() && !args.live {
        return Err(ExitError::Usage("--out: goes with --baseline or --live".to_string()));
    }
    let compared = if args.live {
        live(args).map_err(Stopped::Failed).and_then(|Done { sides, live }| {
            // What was measured is kept, whatever comes of it.
            let comparison = compared(args, &sides)
                .inspect_err(|_| complain(&format!("saved in {}", shown(&live.folder))))?;
            Ok((comparison, Some(live)))
        })
    } else {
        sides(args).and_then(|sides| Ok((compared(args, &sides)?, None)))
    };
    match compared {
        Ok((comparison, live)) => tell(args, &comparison, live.as_ref()),
        Err(Stopped::Refused(refusal)) => {
            // A program that reads JSON gets it in any case.
            if args.format.name == comparison::JSON {
                say(&comparison::to_json(&refusal))?;
            }
            Err(ExitError::NotComparable(refusal.reason))
        }
        Err(Stopped::Failed(error)) => Err(error),
    }
}

/// Why there is no comparison.
enum Stopped {
    Refused(Refusal),
    Failed(ExitError),
}

impl From<ExitError> for Stopped {
    fn from(error: ExitError) -> Self {
        Self::Failed(error)
    }
}

fn refused(reason: String, differences: Vec<Difference>) -> Stopped {
    Stopped::Refused(Refusal { outcome: Refused::NotComparable, reason, differences })
}

fn compared(args: &CompareArgs, sides: &Sides) -> Result<Comparison, Stopped> {
    let measure = if args.across_machines { Measure::Speedups } else { Measure::Times };
    let terms = Terms { threshold: args.threshold.0, measure };
    let comparison = match &sides.again {
        Some(again) => {
            compare::compare_live(&sides.a[0].record, &sides.b[0].record, Some(&again.record), terms)
        }
        None => compare::compare_all(&records(&sides.a), &records(&sides.b), terms),
    };
    let names = || {
        let names = sides.a.iter().chain(&sides.b).map(|given| given.path.display().to_string());
        names.collect::<Vec<_>>().join(" and ")
    };
    if !args.force && !comparison.differences.is_empty() {
        let differences: Vec<String> = comparison.differences.iter().map(ToString::to_string).collect();
        let reason = format!("{} are not comparable: {}", names(), differences.join("; "));
        let first = compare::of_batches(&sides.a[0].record, &sides.b[0].record);
        let hint = if first.is_empty() && measure == Measure::Times {
            "--across-machines compares speedups, and --force compares them anyway"
        } else {
            "--force compares them anyway"
        };
        return Err(refused(format!("{reason}; {hint}"), comparison.differences));
    }
    if comparison.cases().next().is_none() {
        return Err(refused(format!("{} have measured no case in common", names()), comparison.differences));
    }
    if measure == Measure::Speedups {
        let machines = compare::of_machines(&sides.a[0].record, &sides.b[0].record);
        if !machines.is_empty() {
            let machines: Vec<String> = machines.iter().map(ToString::to_string).collect();
            complain(&format!("warning: different machines: {}", machines.join("; ")));
        }
    }
    Ok(comparison)
}

fn records(side: &[Given]) -> Vec<&RunRecord> {
    side.iter().map(|given| &given.record).collect()
}

/// Says where a live comparison is kept. What is for programs stands alone on standard output.
fn told_where(args: &CompareArgs, live: &Kept) -> Result<(), ExitError> {
    if args.format.name == FORMATS[0].0 && !args.rounds_needed {
        return say(&format!("\nSaved in {}\n", shown(&live.folder)));
    }
    complain(&format!("saved in {}", shown(&live.folder)));
    Ok(())
}

/// Prints a comparison, and ends as it does.
fn tell(args: &CompareArgs, comparison: &Comparison, live: Option<&Kept>) -> Result<(), ExitError> {
    if args.rounds_needed {
        say(&format!("{}\n", amount(comparison)))?;
    } else {
        let text = (args.format.render)(comparison, screen(false));
        let print = if args.format.name == FORMATS[0].0 { print_fitted } else { print };
        print(&text).map_err(|error| unsaid(&error))?;
    }
    if let Some(live) = live {
        told_where(args, live)?;
        if live.interrupted {
            let problem = "interrupted; this is of the rounds before, which are kept";
            return Err(ExitError::Interrupted(problem.to_string()));
        }
    }
    match (comparison.outcome, args.inconclusive) {
        (Outcome::NoRegression, _) | (Outcome::Inconclusive, Some(Ending::Pass)) => Ok(()),
        // To a script the one may be the same as the other.
        (Outcome::Regression, _) | (Outcome::Inconclusive, Some(Ending::Fail)) => {
            Err(ExitError::Said(Verdict::Regression))
        }
        (Outcome::Inconclusive, None) => Err(ExitError::Said(Verdict::Inconclusive)),
    }
}

fn say(text: &str) -> Result<(), ExitError> {
    print(text).map_err(|error| unsaid(&error))
}

/// To a script, 1 is a regression.
fn unsaid(error: &ExitError) -> ExitError {
    ExitError::Usage(error.message().unwrap_or_default().to_string())
}

/// What would decide, for a script: a number with its unit, or the reason why there is none.
fn amount(comparison: &Comparison) -> String {
    let Some(what) = &comparison.needed else { return "0".to_string() };
    match (what.runs, what.rounds) {
        // More runs bring more rounds.
        (Some(runs), _) => format!("{runs} runs"),
        (None, Some(rounds)) => format!("{rounds} rounds"),
        (None, None) => format!("unknown: {}", needed(what)),
    }
}

/// The runs of both sides, as the arguments say.
fn sides(args: &CompareArgs) -> Result<Sides, Stopped> {
    let usage = |problem: String| Stopped::Failed(ExitError::Usage(problem));
    if let Some(name) = &args.baseline {
        let out = args.out.clone().unwrap_or_else(|| PathBuf::from(OUT));
        let folder = place::baseline(&out, &name.to_string());
        if !folder.join("run.json").exists() {
            let problem = format!("there is none of that name in {}", out.join(place::BASELINES).display());
            let how = format!("'speedup run --save-baseline {name}' keeps one");
            return Err(usage(format!("--baseline '{name}': {problem}; {how}")));
        }
        let latest = [out.join(place::LATEST)];
        let after = if args.runs.is_empty() { &latest[..] } else { &args.runs };
        return Ok(Sides::of(read_all(&[folder])?, read_all(after)?));
    }
    let sides = match &args.runs[..] {
        [] => Sides::of(read_all(&args.old)?, read_all(&args.new)?),
        [one] => {
            let Some([old, new, again]) = arms(one) else {
                return Err(usage(
                    "<RUN>: one run alone has nothing to be compared with; give two or more".into(),
                ));
            };
            return Ok(Sides {
                again: Some(read(&again)?),
                ..Sides::of(vec![read(&old)?], vec![read(&new)?])
            });
        }
        [a, b] => return Ok(Sides::of(vec![read(a)?], vec![read(b)?])),
        runs => Sides::told_apart(read_all(runs)?).map_err(usage)?,
    };
    sides.check().map_err(usage)?;
    Ok(sides)
}

fn read_all(paths: &[PathBuf]) -> Result<Vec<Given>, Stopped> {
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<Given, Stopped> {
    let record = RunRecord::read(path).map_err(|error| match error {
        ReadError::Version { path, found } => {
            let reason = format!(
                "{}: schema version {found}, but this speedup compares version {SCHEMA_VERSION}",
                path.display()
            );
            refused(reason, Vec::new())
        }
        other => ExitError::Usage(other.to_string()).into(),
    })?;
    Ok(Given { path: path.to_path_buf(), record })
}
