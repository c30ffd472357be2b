//! The report as one page: a single file that needs nothing else, not even a script.
//!
//! Everything that a run says stands in the page as text and tables. The script, where there is
//! one, draws the charts from the analysis that is embedded as JSON, sorts tables and lets readers
//! choose what they look at. Nothing is loaded from anywhere, and a content security policy that
//! names the style and the script by their hashes forbids all else, so that a record with harmful
//! names stays harmless.
//!
//! * `escape`, `policy`, `sheet`: text, hashes and tables as HTML
//! * `answer`, `remarks`, `figures`, `tables`, `accounts`, `laws`, `setup`: the parts of a run; `waiting`: those
//!   of work that waits
//! * `bar`, `pattern`: the pictures that need no script
//! * `report.css`, `js/`: the look, and the script in the order of `SCRIPTS`

mod accounts;
mod answer;
mod bar;
mod escape;
mod figures;
mod laws;
mod pattern;
mod policy;
mod remarks;
#[cfg(test)]
pub(crate) mod sample;
mod setup;
mod sheet;
mod tables;
#[cfg(test)]
mod tests;
mod waiting;

use std::borrow::Cow;

use serde::Serialize;

use super::Format;
use super::trace::state_name;
use crate::analysis::{Analysis, Loss, State};
use crate::view::View;
use escape::{each, text};

/// The page.
#[derive(Debug)]
pub struct Html;

/// A chart that needs no script: its name, its title, and the picture as SVG.
pub type StaticChart = (&'static str, String, String);

const STYLE: &str = include_str!("report.css");

/// The parts of the script, in the order in which they stand in the page. They share one scope.
const SCRIPTS: &[&str] = &[
    include_str!("js/dom.js"),
    include_str!("js/words.js"),
    include_str!("js/tip.js"),
    include_str!("js/plot.js"),
    include_str!("js/series.js"),
    include_str!("js/speedup.js"),
    include_str!("js/stack.js"),
    include_str!("js/timeline.js"),
    include_str!("js/rounds.js"),
    include_str!("js/laws.js"),
    include_str!("js/controls.js"),
    include_str!("js/tables.js"),
    include_str!("js/main.js"),
];

impl Format for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn summary(&self) -> &'static str {
        "one page with charts and tables that needs nothing else"
    }

    fn render(&self, runs: &[Analysis]) -> String {
        page(runs, &[])
    }
}

/// The page of the runs. `charts` are shown where no script runs; they belong to the first run.
#[must_use]
pub fn page(runs: &[Analysis], charts: &[StaticChart]) -> String {
    let script = script();
    let articles = each(runs.iter().enumerate(), |(index, run)| {
        article(index, run, if index == 0 { charts } else { &[] })
    });
    format!(
        "{head}{sheets}{masthead}<main id=\"content\">\n{articles}</main>\n{foot}\
         <script type=\"application/json\" id=\"data\">{data}</script>\n\
         <script>{script}</script>\n</body>\n</html>\n",
        head = head(runs, &script),
        sheets = pattern::definitions(),
        masthead = masthead(runs),
        foot = foot(),
        data = escape::json(&data(runs)),
    )
}

/// All parts in one function, so that nothing of it can be seen from outside.
fn script() -> String {
    format!("\n(() => {{\n\"use strict\";\n{}\n}})();\n", SCRIPTS.join("\n"))
}

/// What the script works from.
#[derive(Serialize)]
struct Data<'a> {
    /// Without the workloads that wait: the charts of the script are about scaling.
    runs: Vec<Cow<'a, Analysis>>,
    losses: Vec<Named<Loss>>,
    states: Vec<Named<State>>,
}

/// A value with what reports call it.
#[derive(Serialize)]
struct Named<T> {
    key: T,
    name: &'static str,
    meaning: &'static str,
}

fn data(runs: &[Analysis]) -> Data<'_> {
    let loss = |loss: &Loss| Named { key: *loss, name: loss.name(), meaning: loss.meaning() };
    let state = |(state, meaning)| Named { key: state, name: state_name(state), meaning };
    let states = [
        (State::Spawn, "not yet ready"),
        (State::Dispatch, "ready, waiting for a task"),
        (State::Task, "running a task"),
        (State::Tail, "done, while others still run tasks"),
        (State::Teardown, "all tasks are done; the pool ends"),
    ];
    let runs = runs.iter().map(Analysis::computing).collect();
    Data { runs, losses: Loss::ALL.iter().map(loss).collect(), states: states.map(state).into() }
}

fn head(runs: &[Analysis], script: &str) -> String {
    let names: Vec<&str> = runs.iter().map(|run| run.name.as_str()).collect();
    format!(
        "<!doctype html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{names}: where did the speedup go?</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#content\">Skip to the report</a>\n",
        policy = policy::policy(STYLE, script),
        names = text(&names.join(", ")),
    )
}

fn masthead(runs: &[Analysis]) -> String {
    let links: String = if runs.len() > 1 {
        let link = |(index, run): (usize, &Analysis)| {
            format!("<li><a href=\"#run-{index}\">{}</a></li>", text(&run.name))
        };
        let links = each(runs.iter().enumerate(), link);
        format!("<nav aria-label=\"Runs\"><ul class=\"runs\">{links}</ul></nav>\n")
    } else {
        String::new()
    };
    format!(
        "<header class=\"masthead\">\n<div class=\"brand\"><h1>Where did the speedup go?</h1>\n\
         <button type=\"button\" class=\"theme js-only\" id=\"theme\">Theme: system</button></div>\n\
         <p class=\"lede\">How much faster N workers finish the same batch of tasks, \
         and what became of the rest.</p>\n{links}</header>\n"
    )
}

fn foot() -> String {
    format!(
        "<footer>Made by speedup {}. This page loads nothing and sends nothing.</footer>\n",
        env!("CARGO_PKG_VERSION")
    )
}

/// One run.
fn article(index: usize, run: &Analysis, charts: &[StaticChart]) -> String {
    let id = format!("run-{index}");
    let computing = run.computing();
    let view = View::of(run);
    let parts: [(&str, &str, String); 7] = [
        ("answer", "The answer", answer::section(&view) + &remarks::list(&view)),
        ("charts", "Charts", figures::section(&computing, charts)),
        ("tables", "Tables", tables::section(&computing, &view) + &waiting::tables(&view)),
        ("accounts", "Accounts of the loss", accounts::section(&computing)),
        ("laws", "Laws of scaling", laws::section(&computing)),
        ("setup", "Environment", setup::environment(run)),
        ("rules", "The twelve rules of Hoefler and Belli", setup::rules(run)),
    ];
    let title = setup::title(&id, &view.heading);
    let parts = each(parts.into_iter().filter(|(.., body)| !body.is_empty()), |(name, heading, body)| {
        format!(
            "<section class=\"part {name}\" aria-labelledby=\"{id}-{name}\">\n<h3 id=\"{id}-{name}\">{heading}</h3>\n{body}</section>\n"
        )
    });
    format!(
        "<article class=\"run\" id=\"{id}\" data-run=\"{index}\" aria-labelledby=\"{id}-title\">\n{title}{parts}</article>\n"
    )
}
