//! `speedup batch`: one command for each of many inputs, N at a time.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use clap::Args;

use super::ExitError;
use super::command::{config, resume_failed};
use super::exit::watch_for_ctrl_c;
use super::measured::{Given, Measuring, Placing};
use super::run::carry_out;
use crate::study::Run;
use crate::study::command::{Again, CommandBatch, CommandRequest};
use speedup_machine::signal::Interrupt;
use speedup_report::record::{CommandRecord, Inputs, Text, input};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  speedup batch 'convert {} -resize 50% out/{/.}.png' ::: *.jpg
  find . -name '*.log' -print0 | speedup batch -0 -- gzip -kf
  speedup batch -a urls.txt --workers 1,4,16 -- curl -sO
  speedup batch --jobs commands.txt --joblog jobs.log

{} stands for the input, {.} for it without its extension, {/} for its last part, {//} for the rest, {/.} \
for the last part without extension, {#} for its number; without any of them {} stands at the end. One \
COMMAND text is run by /bin/sh, with the input quoted; several words are a program and its arguments. \
Inputs come after ':::', from -a FILE or from standard input, one a line. A round runs the whole batch one \
by one, twice, and with every number of workers.

Exit codes: 0 success, 1 failure, 2 usage, 130 interrupted (what was measured is kept).")]
pub(super) struct BatchArgs {
    /// The command, then ':::' and the inputs
    #[arg(value_name = "COMMAND", required_unless_present_any = ["resume", "jobs"])]
    words: Vec<OsString>,
    /// Read the inputs from a file, one a line
    #[arg(long, short = 'a', value_name = "FILE", conflicts_with = "jobs")]
    arg_file: Option<PathBuf>,
    /// Inputs end with a null byte and not with a line
    #[arg(long = "null", short = '0')]
    null: bool,
    /// Read whole commands from a file, one a line
    #[arg(long, value_name = "FILE", conflicts_with_all = ["words", "null"])]
    jobs: Option<PathBuf>,
    /// Put the outputs into the order of the inputs
    #[arg(long, short)]
    keep_order: bool,
    /// Write what became of each job in the last execution, in the form of GNU parallel
    #[arg(long, value_name = "FILE")]
    joblog: Option<PathBuf>,
    /// Go on with the run in this folder, with new limits if --rounds, --precision or --max-time are given,
    /// which count the whole run
    #[arg(long, value_name = "DIR", conflicts_with_all = ANEW)]
    resume: Option<PathBuf>,
    #[command(flatten)]
    measuring: Measuring,
    #[command(flatten)]
    given: Given,
    #[command(flatten)]
    placing: Placing,
}

/// What only a new run can have.
const ANEW: [&str; 12] = [
    "words",
    "arg_file",
    "null",
    "jobs",
    "keep_order",
    "workers",
    "seed",
    "warmup",
    "out",
    "name",
    "Given",
    "Placing",
];

/// Parts the inputs from the rest of the arguments of `speedup batch`, as they may look like options.
pub(super) fn part(arguments: Vec<OsString>) -> (Vec<OsString>, Option<Vec<OsString>>) {
    let batch = arguments.get(1).is_some_and(|command| command == "batch");
    let at = arguments.iter().position(|argument| batch && argument == ":::");
    let Some(at) = at else { return (arguments, None) };
    let mut arguments = arguments;
    let inputs = arguments.split_off(at);
    (arguments, Some(inputs.into_iter().skip(1).collect()))
}

pub(super) fn batch(args: &BatchArgs, inputs: Option<Vec<OsString>>) -> Result<(), ExitError> {
    let interrupt = watch_for_ctrl_c()?;
    let joblog = args.joblog.clone();
    let run = match &args.resume {
        None => {
            let batch = Box::new(new(args, inputs, &interrupt)?);
            Run::begin_in(batch, &args.measuring.output.place(&args.measuring.out())?)?
        }
        Some(path) => {
            let again = Again::open(path, &args.measuring.limits).map_err(resume_failed)?;
            let past = (again.before_ns(), again.record.plan.workloads[0].digests.clone());
            let batch = CommandBatch::new(again.config.clone(), interrupt.clone(), past, joblog);
            again.with(Box::new(batch.map_err(ExitError::Failure)?)).map_err(resume_failed)?
        }
    };
    carry_out(run, &interrupt, &args.measuring.how("batch", &args.measuring.out(), args.resume.as_deref()))
}

fn new(
    args: &BatchArgs,
    inputs: Option<Vec<OsString>>,
    interrupt: &Interrupt,
) -> Result<CommandBatch, ExitError> {
    let inputs = sources(args, inputs)?;
    let (cpus, pin) = args.placing.resolve()?;
    let request = CommandRequest {
        words: args.words.iter().map(Text::from).collect(),
        serial: None,
        no_shell: args.given.no_shell(),
        env: args.given.env.iter().map(Text::from).collect(),
        record: CommandRecord {
            batch: Some(inputs),
            keep_order: args.keep_order,
            cpus,
            ..args.given.record(args.measuring.warmup)
        },
        label: args.given.label.clone(),
        alone: false,
    };
    let (record, label) = request.resolve().map_err(ExitError::Usage)?;
    let config = config(&args.measuring, (record, pin), label, args.measuring.workers());
    CommandBatch::new(config, interrupt.clone(), (0, Vec::new()), args.joblog.clone())
        .map_err(ExitError::Failure)
}

/// The inputs from where the user has put them.
fn sources(args: &BatchArgs, inputs: Option<Vec<OsString>>) -> Result<Inputs, ExitError> {
    let usage = |problem: String| ExitError::Usage(problem);
    let end = if args.null { 0 } else { b'\n' };
    if inputs.is_some() && (args.arg_file.is_some() || args.jobs.is_some()) {
        return Err(usage("inputs come after ':::' or from a file, not both".to_string()));
    }
    if let Some(path) = &args.jobs {
        return lines(path, end, "--jobs").map(Inputs::Commands).map_err(usage);
    }
    if let Some(inputs) = inputs {
        if inputs.iter().any(|input| input == ":::") {
            return Err(usage("':::' twice: combinations of inputs are not made here".to_string()));
        }
        return texts(inputs.into_iter(), ":::", "input").map(Inputs::Each).map_err(usage);
    }
    if let Some(path) = &args.arg_file {
        return lines(path, end, "--arg-file").map(Inputs::Each).map_err(usage);
    }
    if io::stdin().is_terminal() {
        return Err(usage(
            "inputs are missing: give them after ':::', with -a FILE or on standard input".into(),
        ));
    }
    let bytes = input::read_from(io::stdin().lock());
    let bytes = bytes.map_err(|error| ExitError::Failure(format!("standard input: {error}")))?;
    texts(split(&bytes, end), "standard input", "line").map(Inputs::Each).map_err(usage)
}

fn lines(path: &Path, end: u8, option: &str) -> Result<Vec<Text>, String> {
    let source = format!("{option} {}", path.display());
    let bytes = input::read(path).map_err(|error| format!("{source}: {error}"))?;
    texts(split(&bytes, end), &source, "line")
}

/// The texts that each end with a byte; the last may lack it.
fn split(bytes: &[u8], end: u8) -> impl Iterator<Item = OsString> {
    let bytes = bytes.strip_suffix(&[end]).unwrap_or(bytes);
    let any = !bytes.is_empty();
    bytes.split(move |&byte| byte == end).filter(move |_| any).map(|text| OsString::from_vec(text.to_vec()))
}

/// Inputs as a record has them. None of them may be empty, for that is hardly meant.
fn texts(inputs: impl Iterator<Item = OsString>, source: &str, each: &str) -> Result<Vec<Text>, String> {
    let text = |(index, input): (usize, OsString)| match OsStr::as_bytes(&input) {
        b"" => Err(format!("{source}: {each} {} is empty", index + 1)),
        _ => Ok(Text::from(&input)),
    };
    let texts = inputs.enumerate().map(text).collect::<Result<Vec<_>, _>>()?;
    if texts.is_empty() { Err(format!("{source}: there are no inputs")) } else { Ok(texts) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_parted_before_options_are_looked_for() {
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let (rest, inputs) = part(words(&["speedup", "batch", "-k", "gzip", ":::", "-x", "b"]));
        assert_eq!((rest, inputs), (words(&["speedup", "batch", "-k", "gzip"]), Some(words(&["-x", "b"]))));
        let other = words(&["speedup", "report", ":::"]);
        assert_eq!(part(other.clone()), (other, None));
    }

    #[test]
    fn lines_end_as_the_user_says() {
        let texts = |bytes: &[u8], end| split(bytes, end).collect::<Vec<_>>();
        assert_eq!(texts(b"a\nb c\n", b'\n'), ["a", "b c"]);
        assert_eq!(texts(b"a\nb\0c", 0), ["a\nb", "c"]);
        assert!(texts(b"", b'\n').is_empty() && texts(b"\n", b'\n').is_empty());
        let empty = super::texts(split(b"a\n\nb\n", b'\n'), "-a f", "line");
        assert_eq!(empty.unwrap_err(), "-a f: line 2 is empty");
    }
}
