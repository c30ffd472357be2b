//! What has to be known to read the figures rightly, in sentences.

use super::escape::{each, text};
use crate::view::View;

/// The remarks as a list; nothing if there are none.
pub(super) fn list(view: &View) -> String {
    let on_workloads = view.workloads.iter().flat_map(|workload| &workload.remarks);
    let remarks = view.notes.iter().chain(&view.quality).chain(on_workloads);
    let items = each(remarks, |remark| format!("<li>{}</li>\n", text(remark)));
    if items.is_empty() { items } else { format!("<ul class=\"remarks\">\n{items}</ul>\n") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Analysis;
    use crate::record::book;
    use crate::render::html::sample;

    #[test]
    fn a_run_says_what_to_mind() {
        let said = list(&View::of(&sample::analysis()));
        for expected in [
            "processes/3 failed: worker 2",
            "24 rounds plus 1 warm-up round (excluded), until the time limit: the goal of ±1.0 % was not reached",
            "SHA: noise floor 0.6 %",
            "Cases with 3 and 4 workers are oversubscribed: they share 2 CPUs",
            "RC4 threads: it takes 2 workers to be faster than the serial loop (COST)",
            "for jobs of 8.70 ms or more",
            "1 of 24 rounds stands out, and is counted; the first is round 13",
        ] {
            assert!(said.contains(expected), "{expected} is missing in\n{said}");
        }
        assert!(list(&View::of(&Analysis::of(&book::record()))).is_empty());
    }
}
