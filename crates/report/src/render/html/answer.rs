//! The answer at the top: a card for every workload and executor, and what has to be known to read the
//! figures rightly.

use maud::{Markup, PreEscaped, html};

use crate::render::chart::fill;
use crate::view::{Answer, View, WorkloadView};

/// The cards, workload by workload, then the remarks.
pub(super) fn section(view: &View) -> Markup {
    let findings = view.workloads.iter().flat_map(|workload| &workload.findings);
    let first: Vec<&String> = view.notes.iter().chain(findings).chain(&view.measured).collect();
    let on_workloads = view.workloads.iter().flat_map(|workload| &workload.remarks);
    let remarks: Vec<&String> = on_workloads.chain(&view.quality).collect();
    html! {
        @for workload in &view.workloads {
            section.workload data-workload=(workload.label) {
                h4 { (workload.label) " " span.quiet { (about(workload)) } }
                ul.cards { @for answer in &workload.answers { (card(workload, answer)) } }
            }
        }
        @for remarks in [first, remarks].into_iter().filter(|remarks| !remarks.is_empty()) {
            ul.remarks { @for remark in remarks { li { (remark) } } }
        }
    }
}

/// What stands next to the name of a workload.
fn about(workload: &WorkloadView) -> String {
    match &workload.serial {
        Some(serial) => format!("{}, {} {serial}", workload.batch, workload.baseline),
        None => workload.batch.clone(),
    }
}

fn card(workload: &WorkloadView, answer: &Answer) -> Markup {
    let bar = |account| {
        let title = answer.sentence(&workload.label).unwrap_or_default();
        fill::account_bar(account, &title).unwrap_or_default()
    };
    html! {
        li.card data-executor=(answer.executor) {
            h5 { (answer.executor) }
            @match &answer.case {
                Ok(case) => {
                    p.big.doubted[case.verdict.doubted] {
                        strong { (case.verdict.value) }
                        " " span { @if let Some(qualifier) = &case.verdict.qualifier { (qualifier) " " } "on " (case.verdict.on) }
                    }
                    @if let Some(account) = case.account.as_ref().filter(|_| !case.verdict.doubted) { div.bar { (PreEscaped(bar(account))) } }
                    @for line in case.verdict.rest.iter().chain(&case.enough) { p { (line) } }
                }
                Err(reason) => { p { (reason) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Analysis;
    use crate::record::book;
    use crate::render::html::sample;

    #[test]
    fn a_run_says_what_to_mind() {
        let said = section(&View::of(&sample::analysis())).into_string();
        for expected in [
            "processes/3 failed: worker 2",
            "24 rounds plus 1 warm-up round (excluded), until the time limit: the goal of ±1.0 % was not reached",
            "SHA: noise floor 0.6 %",
            "Cases with 3 and 4 workers are oversubscribed: they share 2 CPUs",
            "RC4: COST, the fewest workers that are surely faster than the serial loop, is 2 with threads",
            "for jobs of 8.70 ms or more",
            "1 of 24 rounds stands out, and is counted; the first is round 13",
        ] {
            assert!(said.contains(expected), "{expected} is missing in\n{said}");
        }
        assert!(!section(&View::of(&Analysis::of(&book::record()))).into_string().contains("remarks"));
    }
}
