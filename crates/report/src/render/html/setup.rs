//! What ran, how, and how well the rules of the trade were kept.

use super::escape::{each, text};
use crate::analysis::Analysis;
use crate::record::Known;
use crate::view::Heading;
use crate::view::facts::facts;
use crate::view::rules;

/// Heading of a run: its name, the machine, and how it was measured.
pub(super) fn title(id: &str, heading: &Heading) -> String {
    let Heading { name, program, created, machine, runs, design, pool, status, .. } = heading;
    let facts = [Some(machine), Some(created), program.as_ref(), Some(runs)].into_iter().flatten();
    let facts = facts.map(String::as_str).chain([*design]).chain(*pool).chain([*status]);
    let facts = each(facts, |fact| format!("<li>{}</li>", text(fact)));
    format!("<h2 id=\"{id}-title\">{}</h2>\n<ul class=\"facts\">{facts}</ul>\n", text(name))
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
