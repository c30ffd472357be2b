//! The answer at the top: a card for every workload and executor.

use super::bar;
use super::escape::{each, text};
use crate::view::{Answer, Representative, View, WorkloadView};

/// The cards, workload by workload.
pub(super) fn section(view: &View) -> String {
    each(&view.workloads, |workload| {
        let quiet = match &workload.serial {
            _ if workload.waits => workload.batch.clone(),
            Some(serial) => format!("serial {serial}"),
            None => String::new(),
        };
        format!(
            "<h4>{} <span class=\"quiet\">{}</span></h4>\n<ul class=\"cards\">\n{}</ul>\n",
            text(&workload.label),
            text(&quiet),
            each(&workload.answers, |answer| card(workload, answer))
        )
    })
}

fn card(workload: &WorkloadView, answer: &Answer) -> String {
    let body = match &answer.case {
        Ok(case) => figures(workload, answer, case),
        Err(reason) => format!("<p>{}</p>\n", text(reason)),
    };
    format!("<li class=\"card\">\n<h5>{}</h5>\n{body}</li>\n", text(&answer.executor))
}

fn figures(workload: &WorkloadView, answer: &Answer, case: &Representative) -> String {
    let verdict = &case.verdict;
    let qualifier = verdict.qualifier.as_ref().map_or(String::new(), |qualifier| format!("{qualifier} "));
    let label = answer.sentence(&workload.label).unwrap_or_default();
    let bar = case.account.as_ref().map_or(String::new(), |account| bar::svg(account, &label));
    let rest = each(verdict.rest.iter().chain(&case.enough), |line| format!("<p>{}</p>\n", text(line)));
    format!(
        "<p class=\"big\"><strong>{}</strong> <span>{}on {}</span></p>\n{bar}{rest}",
        text(&verdict.value),
        text(&qualifier),
        text(&verdict.on)
    )
}
