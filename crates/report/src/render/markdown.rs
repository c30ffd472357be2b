//! Tables in Markdown.

use comfy_table::presets::ASCII_MARKDOWN;

use super::Format;
use super::screen::Screen;
use super::table::lay_out_with;
use super::text::Medium;
use crate::analysis::Analysis;
use crate::view::grid::Grid;

/// Tables in Markdown.
#[derive(Debug)]
pub struct Markdown;

pub(super) const MEDIUM: Medium = Medium {
    words: escape,
    grid: |table, _| grid(table),
    between: "\n---\n\n",
    fold: Some(fold),
    screen: Screen::PLAIN,
};

/// What is shown on demand: the HTML block that GitHub and others fold.
fn fold(title: &str, text: &str) -> String {
    format!("<details>\n<summary>{}</summary>\n\n{text}\n\n</details>", escape(title))
}

impl Format for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn summary(&self) -> &'static str {
        "the same tables in Markdown"
    }

    fn render(&self, runs: &[Analysis]) -> String {
        MEDIUM.runs(runs)
    }
}

/// Only the tables of runs of one batch.
#[must_use]
pub fn engines(runs: &[Analysis]) -> String {
    MEDIUM.engines(runs)
}

/// A table with its title above it.
#[must_use]
pub fn grid(grid: &Grid) -> String {
    let table = format!("**{}**\n\n{}", escape(&grid.title), lay_out_with(grid, ASCII_MARKDOWN, escape));
    grid.notes.iter().fold(table, |text, (_, note)| format!("{text}\n\n{}", escape(note)))
}

/// A line of words as Markdown: no tags, no links and images, no code, no column of a table.
///
/// GitHub Flavored Markdown, <https://github.github.com/gfm/>: a link is `](` or a definition `]:`, raw HTML and
/// autolinks begin with `<`.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut last = ' ';
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '\\' | '`' | '|' => out.extend(['\\', character]),
            '(' | ':' if last == ']' => out.extend(['\\', character]),
            _ => out.push(character),
        }
        last = character;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        assert_eq!(escape("<script>a|b</script>"), r"&lt;script>a\|b&lt;/script>");
        assert_eq!(escape("![x](javascript:alert(1)) [y]: z"), r"![x]\(javascript:alert(1)) [y]\: z");
        assert_eq!(
            escape("1.71x [1.69, 1.73] on 2 workers* (a `b`)"),
            r"1.71x [1.69, 1.73] on 2 workers* (a \`b\`)"
        );
    }
}
