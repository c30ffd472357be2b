//! What reports are shown on: the terminal's width, and whether it has colors.

use std::env;
use std::io::{self, IsTerminal};

use speedup_report::render::{Detail, Screen};

/// Terminals that say they are narrower than this do not know.
const LEAST_WIDTH: u16 = 40;

/// Standard output; `verbose` is told more.
pub(super) fn screen(verbose: bool) -> Screen {
    let is_terminal = io::stdout().is_terminal();
    Screen {
        width: width().unwrap_or(Screen::PLAIN.width),
        styled: styled(is_terminal, &|name| env::var(name).ok()),
        detail: if verbose { Detail::Full } else { Detail::Brief },
    }
}

/// Characters in a line of standard output, where that is a terminal.
pub(super) fn width() -> Option<usize> {
    let (terminal_size::Width(width), _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(usize::from(width.max(LEAST_WIDTH)))
}

/// Whether to use colors: where it is a terminal that has them, unless the user wishes otherwise.
///
/// <https://no-color.org>, <https://bixense.com/clicolors>.
fn styled(is_terminal: bool, variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let is = |name: &str, value: &str| variable(name).is_some_and(|set| set == value);
    let set = |name: &str| variable(name).is_some_and(|set| !set.is_empty());
    if set("NO_COLOR") {
        return false;
    }
    if set("CLICOLOR_FORCE") && !is("CLICOLOR_FORCE", "0") {
        return true;
    }
    // A launcher of MPI gives its ranks a terminal, wherever its own output goes.
    let is_rank = ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"].into_iter().any(set);
    is_terminal && !is_rank && !is("CLICOLOR", "0") && !is("TERM", "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_are_for_terminals_that_have_them_and_users_who_want_them() {
        let with = |is_terminal, set: &[(&str, &str)]| {
            let of =
                |name: &str| set.iter().find(|(other, _)| *other == name).map(|(_, value)| value.to_string());
            styled(is_terminal, &of)
        };
        assert!(with(true, &[("TERM", "xterm")]) && !with(false, &[("TERM", "xterm")]));
        assert!(!with(true, &[("NO_COLOR", "1")]) && with(true, &[("NO_COLOR", "")]));
        assert!(!with(true, &[("TERM", "dumb")]) && !with(true, &[("CLICOLOR", "0")]));
        assert!(
            !with(true, &[("PMIX_RANK", "0")]) && with(true, &[("PMIX_RANK", "0"), ("CLICOLOR_FORCE", "1")])
        );
        assert!(with(false, &[("CLICOLOR_FORCE", "1")]) && !with(false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!with(true, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    }
}
