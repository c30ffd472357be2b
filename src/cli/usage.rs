//! What clap finds wrong with a command line, in the form that all errors of the program have: one line
//! that names the argument, says what is wrong and what would be right.

use std::ffi::OsString;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::settings::SettingError;
use speedup_values::suggest;

/// One line on an error of the command line. `root` is the program's command.
pub(super) fn line(error: &clap::Error, root: &Command, arguments: &[OsString]) -> String {
    if let Some(error) = SettingError::of_clap(error) {
        return error.as_option();
    }
    let (command, path) = find(root, arguments);
    let name = |kind| text(error, kind).map(|argument| spelled(&argument));
    let problem = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let name = name(ContextKind::InvalidSubcommand).unwrap_or_default();
            let known = command.get_subcommands().filter(|command| !command.is_hide_set());
            let hint = hint(&name, known.map(Command::get_name));
            format!("'{name}': there is no such command{hint}")
        }
        ErrorKind::UnknownArgument => unknown(&name(ContextKind::InvalidArg).unwrap_or_default(), command),
        ErrorKind::ArgumentConflict => conflict(error),
        ErrorKind::MissingRequiredArgument => {
            format!("{} is missing", texts(error, ContextKind::InvalidArg).join(" "))
        }
        // Of an option without a value clap says the same as of a wrong one.
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let argument = text(error, ContextKind::InvalidArg).unwrap_or_default();
            format!("{}: a value is missing: {argument}", spelled(&argument))
        }
        _ => first_line(error),
    };
    let see = if problem.ends_with('?') { " See" } else { "; see" };
    format!("{problem}{see} '{path} --help'")
}

/// The line of an argument that is not known.
fn unknown(name: &str, command: &Command) -> String {
    let Some(option) = name.strip_prefix("--") else {
        let what = if name.starts_with('-') { "there is no such option" } else { "unexpected argument" };
        return format!("'{name}': {what}");
    };
    let longs = command.get_arguments().filter(|arg| !arg.is_hide_set()).filter_map(|arg| arg.get_long());
    let hint = suggest(option, longs).map(|close| format!("; did you mean --{close}?")).unwrap_or_default();
    format!("{name}: there is no such option{hint}")
}

fn conflict(error: &clap::Error) -> String {
    let argument = spelled(&text(error, ContextKind::InvalidArg).unwrap_or_default());
    let others: Vec<String> =
        texts(error, ContextKind::PriorArg).iter().map(|other| spelled(other)).collect();
    if others.is_empty() || others.contains(&argument) {
        return format!("{argument}: can be given only once");
    }
    format!("{argument}: cannot be combined with {}", others.join(", "))
}

fn hint<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    suggest(name, names).map(|close| format!("; did you mean '{close}'?")).unwrap_or_default()
}

/// The command that the arguments name, and its words, such as "speedup demo map".
fn find<'a>(root: &'a Command, arguments: &[OsString]) -> (&'a Command, String) {
    let (mut command, mut path) = (root, root.get_name().to_string());
    for argument in arguments.iter().skip(1) {
        let Some(next) = argument.to_str().and_then(|name| command.find_subcommand(name)) else { break };
        command = next;
        path = format!("{path} {}", next.get_name());
    }
    (command, path)
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    texts(error, kind).into_iter().next()
}

fn texts(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

/// How an argument is written, without its value: "--workers" of "-w, --workers <N>".
fn spelled(argument: &str) -> String {
    let words = || argument.split([' ', '=']);
    let long = words().find(|word| word.starts_with("--"));
    long.or_else(|| words().next()).unwrap_or_default().to_string()
}

/// What clap says first, which says what is wrong.
fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_string()
}
