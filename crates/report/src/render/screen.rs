//! What a report is shown on: how wide that is, whether it has colors, and how much is to be told.

use anstyle::{AnsiColor, Style};

/// A terminal, or a file that takes the place of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Screen {
    /// Characters in a line of a table; a wider one is cut between columns and its parts stand one below the other.
    pub width: usize,
    /// Whether bold and colors can be shown.
    pub styled: bool,
    /// How much is told.
    pub detail: Detail,
}

/// How much a report tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The answer, the book's table, and speedups.
    Brief,
    /// Also the accounts, the laws, and how it was measured.
    Full,
}

/// How a piece of text looks where that can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// What is to be read first.
    Strong,
    /// A figure that is no measurement.
    Faint,
    /// What went wrong, or must be known before a figure is believed.
    Warning,
}

impl Screen {
    /// What everything is told on where nothing is known of it: 80 columns without colors.
    pub const PLAIN: Self = Self { width: 80, styled: false, detail: Detail::Full };

    /// The text with that look, each line by itself, so that lines can be taken apart.
    pub(super) fn look(self, look: Look, text: &str) -> String {
        if !self.styled || text.is_empty() {
            return text.to_string();
        }
        let style = match look {
            Look::Strong => Style::new().bold(),
            Look::Faint => Style::new().dimmed(),
            Look::Warning => AnsiColor::Yellow.on_default(),
        };
        let line = |line: &str| format!("{style}{line}{style:#}");
        text.lines().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// Characters that a text takes on a screen: those of its styles take none.
pub(super) fn shown_width(text: &str) -> usize {
    let mut width = 0;
    let mut rest = text;
    while let Some((before, styled)) = rest.split_once("\u{1b}[") {
        width += before.chars().count();
        rest = styled.split_once('m').map_or("", |(_, after)| after);
    }
    width + rest.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_take_no_room_and_leave_plain_screens_alone() {
        let styled = Screen { styled: true, ..Screen::PLAIN };
        for look in [Look::Strong, Look::Faint, Look::Warning] {
            let text = styled.look(look, "1.94x — µs\nnext");
            assert!(text.contains("\u{1b}[") && text.ends_with("\u{1b}[0m"), "{text:?}");
            assert_eq!(text.lines().map(shown_width).collect::<Vec<_>>(), [10, 4]);
            assert_eq!(Screen::PLAIN.look(look, "1.94x"), "1.94x");
        }
    }
}
