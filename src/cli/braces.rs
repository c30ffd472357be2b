//! Placeholders such as `{n}` in the texts of the command line, which clap would print as ends of lines.

/// What clap takes for the end of a line in its texts, and to us is a placeholder.
const BRACED: &str = "{n}";
/// The same with a character without width in it, which clap leaves as it is.
const GUARDED: &str = "{\u{2060}n}";

/// Keeps clap from replacing a placeholder in the texts of a command.
pub(super) fn guard(command: clap::Command) -> clap::Command {
    let guarded = |text: &clap::builder::StyledStr| text.to_string().replace(BRACED, GUARDED);
    let after = command.get_after_help().map(guarded);
    let command = command.mut_args(|arg| match arg.get_help().map(guarded) {
        Some(help) => arg.help(help),
        None => arg,
    });
    after.into_iter().fold(command, clap::Command::after_help)
}

/// A text of clap as it is to be printed, with the placeholders as they are typed.
pub(super) fn printable(text: &str) -> String {
    text.replace(GUARDED, BRACED)
}
