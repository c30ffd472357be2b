//! What ran, how, and how well the rules of the trade were kept.

use super::escape::{each, text};
use crate::analysis::Analysis;
use crate::record::{Design, Known, PoolMode, Status};
use crate::render::facts::facts;
use crate::render::{grid, rules};

/// Heading of a run: its name, the machine, and how it was measured.
pub(super) fn title(id: &str, run: &Analysis) -> String {
    let design = match run.design {
        Design::InterleavedRounds => "interleaved rounds",
        Design::CaseByCase => "case by case",
        Design::Published => "as published",
    };
    let pool = match run.pool {
        PoolMode::Cold => "pools started within the timing",
        PoolMode::Warm => "pools started before the timing",
    };
    let status = match run.status {
        Status::Complete => "complete",
        Status::Running => "not ended",
        Status::Interrupted => "interrupted",
        Status::Failed => "failed",
    };
    let runs = run.runs().map(|runs| format!("{} per case", grid::runs_in_words(runs)));
    let mut facts = vec![run.machine.clone(), run.created.clone(), design.into()];
    facts.extend(runs);
    if run.design != Design::Published {
        facts.push(pool.into());
    }
    facts.push(status.into());
    let facts = each(&facts, |fact| format!("<li>{}</li>", text(fact)));
    format!("<h2 id=\"{id}-title\">{}</h2>\n<ul class=\"facts\">{facts}</ul>\n", text(&run.name))
}

/// The machine and the build as a list of terms.
pub(super) fn environment(run: &Analysis) -> String {
    let row = |(name, fact): (&str, Known<String>)| match fact {
        Known::Value(value) => format!("<div><dt>{name}</dt><dd>{}</dd></div>\n", text(&value)),
        Known::Missing(reason) => {
            format!("<div><dt>{name}</dt><dd class=\"quiet\">not known: {}</dd></div>\n", text(&reason))
        }
    };
    format!("<dl class=\"terms\">\n{}</dl>\n", each(facts(run), row))
}

/// The twelve rules with their answers.
pub(super) fn rules(run: &Analysis) -> String {
    let rule = |(rule, answer): (&str, String)| {
        format!("<li><strong>{}</strong> <span>{}</span></li>\n", text(rule), text(&answer))
    };
    format!(
        "<p class=\"quiet\">From <cite>Scientific Benchmarking of Parallel Computing Systems</cite>, SC’15, in our words, each with what this run did.</p>\n<ol class=\"twelve\">\n{}</ol>\n",
        each(rules::answers(run), rule)
    )
}
