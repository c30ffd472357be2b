//! What ran, how, and how well the rules of the trade were kept.

use maud::{Markup, html};

use crate::analysis::Analysis;
use crate::record::Known;
use crate::view::Heading;
use crate::view::facts::facts;
use crate::view::rules;

/// Heading of a run: its name, the machine, and how it was measured.
pub(super) fn title(index: usize, heading: &Heading) -> Markup {
    let Heading { name, program, created, machine, runs, design, pool, status, .. } = heading;
    let facts = [Some(machine), Some(created), program.as_ref(), Some(runs)].into_iter().flatten();
    let facts = facts.map(String::as_str).chain([*design]).chain(*pool).chain([*status]);
    html! {
        h2 #{ "run-" (index) "-title" } { (name) }
        ul.facts { @for fact in facts { li { (fact) } } }
    }
}

/// The machine and the build as a list of terms.
pub(super) fn environment(run: &Analysis) -> Markup {
    html! {
        dl.terms {
            @for (name, fact) in facts(run) {
                div {
                    dt { (name) }
                    @match fact {
                        Known::Value(value) => { dd { (value) } }
                        Known::Missing(reason) => { dd.quiet { "not known: " (reason) } }
                    }
                }
            }
        }
    }
}

/// The twelve rules with their answers.
pub(super) fn rules(run: &Analysis) -> Markup {
    html! {
        p.quiet {
            "From " cite { "Scientific Benchmarking of Parallel Computing Systems" }
            " (SC’15), paraphrased, each with what this run did."
        }
        ol.twelve { @for (rule, answer) in rules::answers(run) { li { strong { (rule) } " " span { (answer) } } } }
    }
}
