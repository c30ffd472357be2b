//! The report as one page: a single file that needs nothing else, not even a script.
//!
//! Everything that a run says stands in the page as text, tables and charts; the charts are those of
//! the files. The script, where there is one, hides what readers do not want to see, shows what a mark
//! of a chart stands for, sorts tables, and chooses between light and dark. Nothing is loaded from
//! anywhere, and a content security policy that names the style and the script by their hashes forbids
//! all else, so that a record with harmful names stays harmless; text is escaped by the templates.
//!
//! * `answer`, `figures`, `tables`, `setup`: the parts of a run
//! * `grid`: tables as HTML; `policy`: the hashes
//! * `report.css`, `page.js`: the look, to which the dark colours of the charts are added, and the script

mod answer;
mod figures;
mod grid;
mod policy;
#[cfg(test)]
pub(crate) mod sample;
mod setup;
mod tables;
#[cfg(test)]
mod tests;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Format;
use super::chart::limits::with_short_names;
use super::chart::{fill, theme};
use crate::analysis::Analysis;
use crate::view::View;

/// The page.
#[derive(Debug)]
pub struct Html;

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("page.js");

impl Format for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn summary(&self) -> &'static str {
        "one page with charts and tables that needs nothing else"
    }

    fn render(&self, runs: &[Analysis]) -> String {
        page(runs)
    }
}

/// The page of the runs.
#[must_use]
pub fn page(runs: &[Analysis]) -> String {
    let runs: Vec<Analysis> = runs.iter().cloned().map(with_short_names).collect();
    let names: Vec<&str> = runs.iter().map(|run| run.name.as_str()).collect();
    let style = format!("{STYLE}{}", theme::dark_style());
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy::policy(&style, SCRIPT));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (names.join(", ")) ": where did the speedup go?" }
                style { (PreEscaped(&style)) }
            }
            body {
                a.skip href="#content" { "Skip to the report" }
                svg.defs width="0" height="0" aria-hidden="true" focusable="false" {
                    defs { (PreEscaped(fill::swatches().unwrap_or_default())) }
                }
                (masthead(&names))
                main #content { @for (index, run) in runs.iter().enumerate() { (article(index, run)) } }
                footer { "Made by speedup " (env!("CARGO_PKG_VERSION")) ". This page loads nothing and sends nothing." }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    without_hidden_characters(&page.into_string())
}

fn masthead(names: &[&str]) -> Markup {
    html! {
        header.masthead {
            div.brand {
                h1 { "Where did the speedup go?" }
                button #theme .theme.js-only type="button" { "Theme: system" }
            }
            p.lede { "How much faster N workers finish the same batch of jobs, and where the rest of the speedup went." }
            @if names.len() > 1 {
                nav aria-label="Runs" {
                    ul.runs { @for (index, name) in names.iter().enumerate() { li { a href={ "#run-" (index) } { (name) } } } }
                }
            }
        }
    }
}

/// One run.
fn article(index: usize, run: &Analysis) -> Markup {
    let (view, computing) = (View::of(run), run.computing());
    let parts: [(&str, &str, Markup); 6] = [
        ("answer", "The answer", answer::section(&view)),
        ("charts", "Charts", figures::section(run)),
        ("tables", "Tables", tables::section(run, &view)),
        ("accounts", "Where the missing speedup went", tables::accounts(&computing)),
        ("setup", "Environment", setup::environment(run)),
        ("rules", "The twelve rules of Hoefler and Belli", setup::rules(run)),
    ];
    html! {
        article #{ "run-" (index) } .run aria-labelledby={ "run-" (index) "-title" } {
            (setup::title(index, &view.heading))
            @for (name, heading, body) in parts.into_iter().filter(|(.., body)| !body.0.is_empty()) {
                section .part .(name) aria-labelledby={ "run-" (index) "-" (name) } {
                    h3 #{ "run-" (index) "-" (name) } { (heading) }
                    (body)
                }
            }
        }
    }
}

/// Names and reasons come from files. Characters in them that a browser would not show, or that turn the
/// direction of what follows, are replaced by one that can be seen.
fn without_hidden_characters(page: &str) -> String {
    let hidden = |c: char| {
        (c.is_control() && c != '\n') || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    page.chars().map(|character| if hidden(character) { '\u{fffd}' } else { character }).collect()
}
