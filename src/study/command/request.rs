//! What is to be measured of a command, checked before anything runs.

use std::path::PathBuf;

use super::hooks::Hooks;
use super::program::{Program, split};
use super::session::{kind_of, readable, template};
use super::template::{Kind, Mentions};
use crate::settings::values::RunName;
use crate::study::stopping::StopRule;
use speedup_machine::placement::Placement;
use speedup_report::record::{Check, CommandRecord, Cpus, Inputs, Output, Pinned, Text};

/// A command and how to measure it, as the user gave them.
#[derive(Debug, Clone, Default)]
pub struct CommandRequest {
    /// The words of the command: one is a text for the shell, several are a program and its arguments.
    pub words: Vec<Text>,
    /// The serial program, in one text.
    pub serial: Option<Text>,
    /// Whether no shell is to run.
    pub no_shell: bool,
    /// Variables as `NAME=VALUE`.
    pub env: Vec<Text>,
    /// All that needs no checking here; its words, serial command, shell and variables are not looked at.
    pub record: CommandRecord,
    /// Head of its columns.
    pub label: Option<String>,
    /// Whether it is measured with one worker alone, so that it needs no place for their number.
    pub alone: bool,
}

/// A command that can be measured.
#[derive(Debug, Clone)]
pub struct CommandConfig {
    /// The command.
    pub record: CommandRecord,
    /// The CPUs of which N workers have the first N, where they follow them.
    pub pin: Option<Pinned>,
    /// Head of its columns.
    pub label: String,
    /// Numbers of workers, ascending, 1 among them.
    pub workers: Vec<usize>,
    /// Whether the start of the shell is measured and taken off each execution.
    pub subtract_shell: bool,
    /// Whether each round has the baseline twice.
    pub both_arms: bool,
    /// When to stop.
    pub stop: StopRule,
    /// Seed of the order of cases.
    pub seed: u64,
    /// Folder that holds the folders of runs.
    pub out: PathBuf,
    /// Name of the run.
    pub name: String,
}

impl CommandRequest {
    /// The command with its words in their places, and the head of its columns.
    ///
    /// # Errors
    ///
    /// In a sentence, the first thing that cannot be.
    pub fn resolve(self) -> Result<(CommandRecord, String), String> {
        let (words, shell) = match self.record.batch {
            Some(Inputs::Commands(_)) => (Vec::new(), true),
            Some(Inputs::Each(_)) if is_plain_word(&self.words) => (self.words, false),
            _ => words(self.words, self.no_shell)?,
        };
        let serial = match self.serial {
            None => Vec::new(),
            Some(text) if shell => vec![text],
            Some(text) => split_text(&text).map_err(|problem| format!("--serial '{text}': {problem}"))?,
        };
        let env = self.env.iter().map(variable).collect::<Result<Vec<_>, _>>()?;
        let mut record = CommandRecord { words, shell, serial, env, ..self.record };
        if record.check == Some(Check::Stdout) {
            record.output = match record.output {
                Output::Null | Output::Pipe => Output::Pipe,
                Output::Inherit | Output::File(_) => {
                    return Err("--check stdout reads the output; it goes with --output pipe alone".into());
                }
            };
        }
        check(&record, self.alone)?;
        let label = match self.label {
            Some(label) if label.trim().is_empty() => return Err("--label: must not be empty".into()),
            Some(label) => label,
            None => program_of(&record.words, record.shell),
        };
        Ok((record, label))
    }
}

/// Whether it is one word that a shell would only hand on: a job of `batch gzip` is one process then, and not a
/// shell and its child.
fn is_plain_word(words: &[Text]) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./+".contains(c);
    matches!(words, [Text::Utf8(word)] if !word.is_empty() && word.chars().all(plain))
}

/// The words as they are run, and whether a shell does that.
fn words(words: Vec<Text>, no_shell: bool) -> Result<(Vec<Text>, bool), String> {
    match &words[..] {
        [] => Err("a command is missing".to_string()),
        [text] if text.to_os().to_string_lossy().trim().is_empty() => Err("the command is empty".into()),
        [text] if no_shell => Ok((split_text(text)?, false)),
        [_] => Ok((words, true)),
        _ => Ok((words, false)),
    }
}

fn split_text(text: &Text) -> Result<Vec<Text>, String> {
    let Text::Utf8(text) = text else {
        return Err("it is no UTF-8; give its words one by one".to_string());
    };
    let words = split(text)?;
    if words.is_empty() {
        Err("the command is empty".to_string())
    } else {
        Ok(words.iter().map(Text::from).collect())
    }
}

fn variable(text: &Text) -> Result<(Text, Text), String> {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let os = text.to_os();
    let bytes = os.as_bytes();
    match bytes.iter().position(|&byte| byte == b'=') {
        Some(at) if at > 0 => {
            let part = |bytes: &[u8]| Text::from(&std::ffi::OsString::from_vec(bytes.to_vec()));
            Ok((part(&bytes[..at]), part(&bytes[at + 1..])))
        }
        _ => Err(format!("--env '{text}': must be of the form NAME=VALUE, such as OMP_NUM_THREADS={{n}}")),
    }
}

/// What of a command cannot be, in its texts.
fn check(record: &CommandRecord, alone: bool) -> Result<(), String> {
    let batch = record.batch.is_some();
    let kind = if batch { Kind::Input } else { kind_of(record) };
    let program = match record.batch {
        Some(Inputs::Commands(_)) => Program::Direct(Vec::new()),
        _ => Program::parse(&record.words, record.shell, kind)?,
    };
    if !record.serial.is_empty() {
        Program::parse(&record.serial, record.shell, Kind::Fixed)
            .map_err(|problem| format!("--serial: {problem}"))?;
    }
    let hooks = Hooks::of(record)?;
    let mut knob = program.mentions() | hooks.prepare_mentions();
    for (name, value) in &record.env {
        knob = knob | template(&format!("env {name}="), value, kind_of(record))?.mentions();
    }
    if let Some(path) = &record.input {
        readable(path.to_os().as_ref()).map_err(|problem| format!("--input {path}: {problem}"))?;
    }
    match &record.batch {
        Some(inputs) if inputs.texts().is_empty() => Err("there are no inputs".to_string()),
        None if record.grid.is_some() && !(knob.processes && knob.threads) => Err(format!(
            "'{}' does not say where its numbers of processes and threads go: --grid needs {{p}} and {{t}} in it or in --env, as in 'mpirun -n {{p}} env OMP_NUM_THREADS={{t}} ./a'",
            record.line()
        )),
        None if knob == Mentions::default() && record.cpus != Cpus::Follow && !alone => Err(format!(
            "'{}' does not say where its number of workers goes: put {{n}} into it or into --env, as in 'xz -T{{n}}' or --env OMP_NUM_THREADS={{n}}; or let --cpus follow or --pin limit its CPUs",
            record.line()
        )),
        _ => Ok(()),
    }
}

impl CommandConfig {
    /// The CPUs that a program with that many workers may use; none where it may use all.
    pub(super) fn cpus(&self, workers: usize) -> Vec<usize> {
        match (&self.pin, self.record.cpus) {
            (Some(pin), _) => pin.first(workers),
            (None, Cpus::All) => Vec::new(),
            // A record from before it held the CPUs.
            (None, Cpus::Follow) => Placement::Cores.of_this_machine().into_iter().take(workers).collect(),
        }
    }
}

/// The name of the program, as far as the words of its command show it.
#[must_use]
pub fn program_of(words: &[Text], shell: bool) -> String {
    let first = match words {
        [] => "jobs".to_string(),
        [text] if shell => {
            let text = text.to_string();
            let mut words = text.split_whitespace();
            let program = words.find(|word| !word.contains('='));
            program.unwrap_or("command").trim_matches(|c| "'\"(){};".contains(c)).to_string()
        }
        words => words[0].to_string(),
    };
    let name = first.rsplit('/').next().unwrap_or_default().to_string();
    if name.is_empty() { "command".to_string() } else { name }
}

/// A name for the run where the user gives none: the label, as far as a folder's name can have it.
#[must_use]
pub fn run_name(label: &str) -> String {
    let harmless = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let name: String = label.chars().map(harmless).take(60).collect();
    let name: Result<RunName, _> = name.trim_matches(['-', '.']).parse();
    name.map_or_else(|_| "command".to_string(), |name| name.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(words: &[&str]) -> CommandRequest {
        CommandRequest {
            words: words.iter().map(|word| Text::from(*word)).collect(),
            ..CommandRequest::default()
        }
    }

    #[test]
    fn a_command_needs_a_place_for_its_workers() {
        let problem = request(&["xz -T2 f"]).resolve().unwrap_err();
        assert!(problem.starts_with("'xz -T2 f' does not say where its number of workers goes"), "{problem}");
        assert!(request(&["xz -T{n} f"]).resolve().is_ok());
        let with = |change: fn(&mut CommandRequest)| {
            let mut request = request(&["prog"]);
            change(&mut request);
            request.resolve()
        };
        assert!(with(|request| request.env = vec![Text::from("T={n}")]).is_ok());
        assert!(with(|request| request.env = vec![Text::from("T=2")]).is_err());
        assert!(with(|request| request.record.hooks.prepare = Some("set {n}".into())).is_ok());
        assert!(with(|request| request.record.cpus = Cpus::Follow).is_ok());
    }

    #[test]
    fn words_decide_on_the_shell_and_the_label() {
        let resolve = |words: &[&str], no_shell| {
            let (record, label) = CommandRequest { no_shell, ..request(words) }.resolve().unwrap();
            (record.shell, record.words.len(), label)
        };
        assert_eq!(resolve(&["A=1 /usr/bin/xz -T{n} f | cat"], false), (true, 1, "xz".to_string()));
        assert_eq!(resolve(&["/usr/bin/xz -T{n} f"], true), (false, 3, "xz".to_string()));
        assert_eq!(resolve(&["./a b/st", "-j{n}"], false), (false, 2, "st".to_string()));
        assert_eq!(run_name("größe x"), "gr--e-x");
        assert_eq!(run_name("…"), "command");
    }

    #[test]
    fn a_batch_of_one_plain_word_needs_no_shell() {
        let of = |word: &str| {
            let mut request = request(&[word]);
            request.record.batch = Some(Inputs::Each(vec![Text::from("a")]));
            request.resolve().unwrap().0.shell
        };
        assert_eq!(["gzip", "./a-b.sh", "gzip -k", "a;b", "$X"].map(of), [false, false, true, true, true]);
    }

    #[test]
    fn what_cannot_be_is_said_with_its_option() {
        let problem = |change: fn(&mut CommandRequest)| {
            let mut request = request(&["prog {n}"]);
            change(&mut request);
            request.resolve().unwrap_err()
        };
        assert!(problem(|r| r.words.clear()).contains("missing"));
        assert!(problem(|r| r.words = vec![Text::from("  ")]).contains("empty"));
        assert!(
            problem(|r| r.words = vec![Text::from("prog {cpus}")]).starts_with("unknown placeholder {cpus}")
        );
        assert!(
            problem(|r| r.serial = Some(Text::from("prog {n}"))).starts_with("--serial: unknown placeholder")
        );
        assert!(problem(|r| r.env = vec![Text::from("=3")]).starts_with("--env '=3': must be of the form"));
        assert!(
            problem(|r| r.record.hooks.prepare = Some("{x}".into())).starts_with("--prepare '{x}': unknown")
        );
        assert!(problem(|r| r.record.hooks.setup = Some("{n}".into())).starts_with("--setup '{n}': unknown"));
        assert!(
            problem(|r| r.record.input = Some(Text::from("/nowhere")))
                .starts_with("--input /nowhere: No such")
        );
        assert!(
            problem(|r| {
                r.record.check = Some(Check::Stdout);
                r.record.output = Output::Inherit;
            })
            .starts_with("--check stdout")
        );
    }
}
