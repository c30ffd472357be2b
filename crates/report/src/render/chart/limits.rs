//! How much of a large record is drawn: names come from files and may have any length, and a chart of
//! hundreds of workloads is neither read nor drawn in a moment.

use crate::analysis::Analysis;

/// The most workloads, and the most executors, that a chart shows.
pub(crate) const MOST: usize = 12;
/// Characters of the longest name.
const NAME: usize = 80;
/// Characters of the longest sentence that comes from a file.
const SENTENCE: usize = 400;

/// The run with only the first of many workloads and executors, and what is left out, in words.
pub(super) fn drawn(run: &Analysis) -> (Analysis, Option<String>) {
    let mut seen = 0;
    let mut drawn = run
        .of_those(|_| {
            seen += 1;
            seen <= MOST
        })
        .into_owned();
    drawn.executors.truncate(MOST);
    drawn.task_times.truncate(MOST);
    let left_out =
        [(run.workloads.len(), "workload"), (run.executors.len(), "executor")].map(|(all, what)| {
            let more = all.saturating_sub(MOST);
            let plural = if more == 1 { "" } else { "s" };
            (more > 0).then(|| format!("{more} {what}{plural}"))
        });
    let left_out: Vec<String> = left_out.into_iter().flatten().collect();
    let note = (!left_out.is_empty()).then(|| {
        format!("Not drawn, for want of room: {}. Their figures are in the tables.", left_out.join(" and "))
    });
    (drawn, note)
}

/// The run with an ellipsis in names and reasons that are too long to be read.
pub(crate) fn with_short_names(mut run: Analysis) -> Analysis {
    let workloads = run.workloads.iter_mut().flat_map(|it| [&mut it.name, &mut it.label, &mut it.kernel]);
    let times = run.task_times.iter_mut().flat_map(|it| &mut it.curves).map(|curve| &mut curve.executor);
    workloads.chain(times).for_each(|name| cut(name, NAME));
    run.task_times.iter_mut().for_each(|it| cut(&mut it.label, NAME));
    run.executors.iter_mut().for_each(|it| cut(&mut it.executor, NAME));
    run.crossovers.iter_mut().for_each(|it| cut(&mut it.workload, NAME));
    run.effort.noisy.iter_mut().for_each(|it| cut(&mut it.reason, SENTENCE));
    for text in [&mut run.name, &mut run.machine, &mut run.created, &mut run.program] {
        cut(text, SENTENCE);
    }
    run
}

/// Cuts a text off after so many characters.
fn cut(text: &mut String, most: usize) {
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
        text.push('…');
    }
}
