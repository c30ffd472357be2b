//! The command of a run: what it was made from, so that it can be told and taken up again.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use serde::{Deserialize, Serialize};

/// A text of the system, such as an argument or a file's name: in JSON a string where it is UTF-8, else its
/// bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Text {
    /// It is UTF-8.
    Utf8(String),
    /// It is not.
    Bytes(Vec<u8>),
}

impl Text {
    /// The text as the system has it.
    #[must_use]
    pub fn to_os(&self) -> OsString {
        match self {
            Self::Utf8(text) => OsString::from(text),
            Self::Bytes(bytes) => OsString::from_vec(bytes.clone()),
        }
    }
}

impl<T: AsRef<OsStr> + ?Sized> From<&T> for Text {
    fn from(text: &T) -> Self {
        let text = text.as_ref();
        text.to_str().map_or_else(|| Self::Bytes(text.as_bytes().to_vec()), |text| Self::Utf8(text.into()))
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utf8(text) => f.write_str(text),
            Self::Bytes(bytes) => f.write_str(&String::from_utf8_lossy(bytes)),
        }
    }
}

/// A command that was measured, with all that it was given. In its texts `{n}` stands for the number of
/// workers; in those of a batch `{}` and its kin stand for the input.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CommandRecord {
    /// A text for the shell, or a program and its arguments; see [`CommandRecord::shell`].
    pub words: Vec<Text>,
    /// Whether `/bin/sh -c` runs the first word, which is the only one then.
    pub shell: bool,
    /// The serial program that is the baseline, in the same form; without it the baseline is one worker.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub serial: Vec<Text>,
    /// Variables set for it, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<(Text, Text)>,
    /// Numbers of processes and threads, where it was measured with every pair of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid: Option<Axes>,
    /// The CPUs that it may use.
    #[serde(default)]
    pub cpus: Cpus,
    /// Rounds that warm up before those that count.
    pub warmup: u32,
    /// Commands that run around it, for the shell.
    #[serde(default)]
    pub hooks: Hooks,
    /// How each execution is checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
    /// XXH3 of the baseline's standard output, where it is what all others are checked against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stdout: Option<String>,
    /// The start of the shell, which is taken off each execution in all figures; nothing is if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shell_start: Option<ShellStart>,
    /// Whether other exit codes than 0 count as success.
    #[serde(default)]
    pub ignore_failure: bool,
    /// The file that it reads from; nothing if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Text>,
    /// Where its standard output goes.
    #[serde(default)]
    pub output: Output,
    /// Whether the outputs of a batch come in the order of its inputs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_order: bool,
    /// Seconds after which an execution is ended, and has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<f64>,
    /// The inputs, where each is a job of a batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<Inputs>,
}

/// Commands that run around the measured one and outside its time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Hooks {
    /// Once, before everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<String>,
    /// Before each execution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prepare: Option<String>,
    /// After each execution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conclude: Option<String>,
    /// Once, after everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleanup: Option<String>,
}

/// What a shell takes that runs nothing: medians, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShellStart {
    /// From its start to its end.
    pub wall_ns: u64,
    /// Its CPU time.
    pub cpu_ns: u64,
}

/// How an execution is checked, beyond its exit code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// Its standard output must be that of the baseline.
    Stdout,
    /// This command must succeed after it.
    Command(String),
}

/// Where a standard output goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// Nowhere: `/dev/null`.
    #[default]
    Null,
    /// Into a pipe, where it is counted and hashed.
    Pipe,
    /// To where that of this tool goes.
    Inherit,
    /// Into a file.
    File(Text),
}

/// The CPUs that the executions with N workers may use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Cpus {
    /// All that this tool may use.
    #[default]
    All,
    /// N of them, the first N of the plan's `pin`, or one per core first where it has none: a machine with N CPUs
    /// is imitated.
    Follow,
}

/// Numbers of processes and of threads of each: a case is a pair of them, with their product as its number of
/// workers and with an executor that tells the processes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Axes {
    /// Numbers of processes, ascending; they are `{p}` in texts.
    pub processes: Vec<usize>,
    /// Numbers of threads of each, ascending; they are `{t}` in texts.
    pub threads: Vec<usize>,
}

impl Axes {
    /// The name of the executor of cases with that many processes.
    #[must_use]
    pub fn executor(processes: usize) -> String {
        format!("p={processes}")
    }

    /// Processes and threads of a case.
    #[must_use]
    pub fn pair(executor: &str, workers: usize) -> Option<(usize, usize)> {
        let processes: usize =
            executor.strip_prefix("p=")?.parse().ok().filter(|&processes| processes > 0)?;
        Some((processes, workers / processes))
    }
}

/// What the jobs of a batch are made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Inputs {
    /// Each takes the place of `{}` in the command.
    Each(Vec<Text>),
    /// Each is a whole command for the shell.
    Commands(Vec<Text>),
}

impl Inputs {
    /// The inputs, one a job.
    #[must_use]
    pub fn texts(&self) -> &[Text] {
        match self {
            Self::Each(texts) | Self::Commands(texts) => texts,
        }
    }
}

impl CommandRecord {
    /// The command in one line, as a person would write it.
    #[must_use]
    pub fn line(&self) -> String {
        match &self.batch {
            Some(Inputs::Commands(_)) => "each line of a file".to_string(),
            _ => line(&self.words, self.shell),
        }
    }

    /// The serial command in one line; nothing where the baseline is one worker.
    #[must_use]
    pub fn serial_line(&self) -> Option<String> {
        (!self.serial.is_empty()).then(|| line(&self.serial, self.shell))
    }
}

fn line(words: &[Text], shell: bool) -> String {
    let plain = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "-_./=:,+@%{}".contains(c))
    };
    let word = |word: &Text| match word.to_string() {
        text if shell || plain(&text) => text,
        text => format!("'{}'", text.replace('\'', r"'\''")),
    };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_survive_being_written_and_read_whatever_their_bytes() {
        for bytes in [&b"plain"[..], b"", b"\xff\xfe/x", "größe".as_bytes()] {
            let text = Text::from(OsStr::from_bytes(bytes));
            let json = serde_json::to_string(&text).unwrap();
            let read: Text = serde_json::from_str(&json).unwrap();
            assert_eq!(read.to_os().as_bytes(), bytes, "{json}");
        }
        assert_eq!(serde_json::to_string(&Text::from("a")).unwrap(), "\"a\"");
    }

    #[test]
    fn a_pair_is_told_by_executor_and_workers() {
        assert_eq!(Axes::pair(&Axes::executor(3), 6), Some((3, 2)));
        assert_eq!((Axes::pair("command", 6), Axes::pair("p=0", 6)), (None, None));
    }

    #[test]
    fn a_line_can_be_given_to_a_shell() {
        let words = ["xz", "-T{n}", "a file", "it's"].map(Text::from).to_vec();
        let command = CommandRecord { words, ..CommandRecord::default() };
        assert_eq!(command.line(), r"xz -T{n} 'a file' 'it'\''s'");
        let command =
            CommandRecord { words: vec![Text::from("a | b")], shell: true, ..CommandRecord::default() };
        assert_eq!((command.line(), command.serial_line()), ("a | b".to_string(), None));
    }
}
