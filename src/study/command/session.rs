//! Running programs one after another and judging how they ended.

use std::path::Path;

use super::program::shell;
use super::template::{Counts, Kind, Template};
use speedup_machine::signal::Interrupt;
use speedup_observe::{Execution, Exit, Options, Output, Runner, Source, Spec, Stopped, Wanted};
use speedup_report::record::{CommandRecord, ShellStart, Text};

/// Bytes kept of a standard error, for its last line.
const TAIL: usize = 2048;
/// Starts of an empty shell that are measured.
const SHELL_STARTS: usize = 21;
/// The most characters of that line.
const SHOWN: usize = 200;

/// A runner that heeds the user's wish to stop.
pub(in crate::study) struct Session {
    runner: Runner,
    interrupt: Interrupt,
}

impl Session {
    /// A session in which nothing runs yet.
    ///
    /// # Errors
    ///
    /// If the system refuses another process.
    pub(in crate::study) fn new(interrupt: Interrupt) -> Result<Self, String> {
        let runner = Runner::new().map_err(|error| error.to_string())?;
        Ok(Self { runner, interrupt })
    }

    /// Runs a program, watched as well as the system allows.
    pub(super) fn watched(&mut self, spec: &Spec) -> Result<Execution, String> {
        self.run(spec, Options::default())
    }

    /// Runs a program for what it does alone.
    pub(super) fn plain(&mut self, spec: &Spec) -> Result<Execution, String> {
        self.run(spec, Options { source: Wanted::Only(Source::Usage), ..Options::default() })
    }

    fn run(&mut self, spec: &Spec, options: Options<'_>) -> Result<Execution, String> {
        let options = Options { interrupt: Some(self.interrupt.flag()), ..options };
        self.runner.run(spec, &options).map_err(|error| error.to_string())
    }

    /// What a shell takes that runs nothing, watched as programs are: medians.
    ///
    /// # Errors
    ///
    /// If there is no shell to run.
    pub(super) fn shell_start(&mut self) -> Result<ShellStart, String> {
        let mut figures = (Vec::new(), Vec::new());
        for _ in 0..SHELL_STARTS {
            let spec = Spec::shell("");
            let execution = self.watched(&spec)?;
            judge(&execution, &spec, false)?;
            figures.0.push(execution.wall_ns());
            figures.1.push(execution.cpu_ns);
        }
        let median = |mut figures: Vec<u64>| {
            figures.sort_unstable();
            figures[figures.len() / 2]
        };
        Ok(ShellStart { wall_ns: median(figures.0), cpu_ns: median(figures.1) })
    }

    /// Runs a command of the user's that is not measured, named by its option.
    ///
    /// # Errors
    ///
    /// In one line, that it failed and how.
    pub(super) fn hook(&mut self, option: &str, text: &Template, counts: Counts) -> Result<(), String> {
        let text = text.for_counts(counts);
        self.succeed(shell(text.clone())).map_err(|how| format!("--{option} '{}': {how}", text.display()))
    }

    /// Runs a program that is not measured and has to succeed.
    ///
    /// # Errors
    ///
    /// In one line, how it did not.
    pub(in crate::study) fn succeed(&mut self, mut spec: Spec) -> Result<(), String> {
        spec.stderr = Output::Digest { tail: TAIL };
        let execution = self.plain(&spec)?;
        judge(&execution, &spec, false)
    }

    /// The same after a stop, when what the user wished is done already.
    pub(super) fn last_hook(&mut self, option: &str, text: &Template) -> Result<(), String> {
        self.interrupt = Interrupt::default();
        self.hook(option, text, Counts::ONE)
    }
}

/// What can be put into texts that differ from case to case.
pub(super) fn kind_of(record: &CommandRecord) -> Kind {
    if record.grid.is_some() { Kind::Grid } else { Kind::Workers }
}

/// A text of the user's as one to put a number of workers into.
///
/// # Errors
///
/// In a sentence that names the option, what is wrong with it.
pub(super) fn template(option: &str, text: &Text, kind: Kind) -> Result<Template, String> {
    Template::parse(&text.to_os(), kind).map_err(|problem| format!("--{option} '{text}': {problem}"))
}

/// Gives a program its streams.
pub(super) fn connect(spec: &mut Spec, input: Option<&Text>, output: &speedup_report::record::Output) {
    use speedup_report::record::Output as Wished;
    if let Some(path) = input {
        spec.stdin = speedup_observe::Input::File(path.to_os().into());
    }
    spec.stdout = match output {
        Wished::Null => Output::Null,
        Wished::Pipe => Output::Digest { tail: 0 },
        Wished::Inherit => Output::Inherit,
        Wished::File(path) => Output::File(path.to_os().into()),
    };
    spec.stderr = if *output == Wished::Inherit { Output::Inherit } else { Output::Digest { tail: TAIL } };
}

/// Whether an execution ended well.
///
/// # Errors
///
/// In one line, how it did not, with the last line of its standard error.
pub(super) fn judge(execution: &Execution, spec: &Spec, ignore_failure: bool) -> Result<(), String> {
    let how = match (&execution.stopped, &execution.exit) {
        (Some(Stopped::Timeout), _) => {
            format!("timed out after {:.3} s", spec.timeout.unwrap_or_default().as_secs_f64())
        }
        (Some(Stopped::Interrupt), _) => "interrupted".to_string(),
        (None, Exit::Code(0)) => return Ok(()),
        (None, Exit::Code(127)) => "command not found (exit code 127)".to_string(),
        (None, Exit::Code(126)) => "not executable (exit code 126)".to_string(),
        (None, Exit::Code(_)) if ignore_failure => return Ok(()),
        (None, exit) => exit.to_string(),
    };
    let said = execution.stderr.as_ref().and_then(|stderr| last_line(&stderr.tail));
    Err(said.map_or(how.clone(), |said| format!("{how}: {said}")))
}

fn last_line(tail: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(tail);
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
    Some(line.chars().take(SHOWN).collect())
}

/// Whether a file can be read, which is better known before anything runs.
///
/// # Errors
///
/// What the system says.
pub(super) fn readable(path: &Path) -> Result<(), String> {
    std::fs::File::open(path).map(drop).map_err(|error| error.to_string())
}
