//! Work that waits: its answer in a card for each style, and its table.

use super::escape::{each, text};
use super::sheet::{Entry, Line, Sheet};
use super::words;
use crate::analysis::{Analysis, Cell, WorkloadColumn};
use crate::record::BASELINE;
use crate::render::grid::MISSING;
use crate::render::tables::{self, lines, per_second, percent, rate, waits_title};
use crate::render::verdict::times;

/// The cards, workload by workload: of each style the case with the most jobs per second.
pub(super) fn answer(run: &Analysis) -> String {
    each(run.workloads.iter().enumerate(), |(column, workload)| {
        let all = lines(run, column);
        let styles =
            std::iter::once(BASELINE).chain(run.executors.iter().map(|table| table.executor.as_str()));
        let best = styles.filter_map(|style| {
            let of_style = all.iter().filter(|line| line.style == style && line.waiting().is_some());
            of_style.max_by(|one, other| speed(one).total_cmp(&speed(other)))
        });
        format!(
            "<h4>{} <span class=\"quiet\">{}</span></h4>\n<ul class=\"cards\">\n{}</ul>\n",
            text(&workload.label),
            text(&waits_title(workload)),
            each(best, |line| card(workload, line))
        )
    })
}

fn speed(line: &tables::Line<'_>) -> f64 {
    line.waiting().map_or(0.0, |waiting| waiting.jobs_per_s)
}

fn card(workload: &WorkloadColumn, line: &tables::Line<'_>) -> String {
    let Some(waiting) = line.waiting() else { return String::new() };
    format!(
        "<li class=\"card\">\n<h5>{}</h5>\n<p class=\"big\"><strong>{}</strong> <span>{} with {}</span></p>\n<p>{} of the time waiting</p>\n</li>\n",
        text(line.style),
        text(&rate(waiting.jobs_per_s)),
        text(&per_second(workload)),
        words::count(line.connections, "connection"),
        percent(waiting.share.value),
    )
}

/// A table for each workload.
pub(super) fn tables(run: &Analysis) -> String {
    each(run.workloads.iter().enumerate(), |(column, workload)| {
        let per_second = per_second(workload);
        let head = [
            "Style",
            "Connections",
            "Time",
            "Factor",
            "Speedup",
            &per_second,
            "Waiting",
            "Workers, least to most",
            "Least to greatest time",
        ];
        Sheet {
            caption: format!(
                "{}: {}; mean times, 95 % intervals in brackets",
                workload.label,
                waits_title(workload)
            ),
            head: head.map(String::from).into(),
            rows: lines(run, column).iter().map(row).collect(),
            foot: Vec::new(),
            sortable: true,
        }
        .html()
    })
}

fn row(line: &tables::Line<'_>) -> Line {
    let (estimate, waiting) = (line.cell.estimate(), line.waiting());
    let figure = |text: Option<String>, key: Option<f64>| Entry::figure(words::or_missing(text), key);
    let state = match line.cell {
        Cell::Measured(estimate) => words::seconds(estimate.mean_s),
        Cell::Failed { .. } => "failed".to_string(),
        Cell::NotMeasured => MISSING.to_string(),
    };
    let speedup = estimate.and_then(|estimate| estimate.speedup);
    let share = |share: f64| 100.0 * share;
    let cells = vec![
        Entry::name(line.style),
        figure(Some(line.connections.to_string()), Some(line.connections as f64)),
        figure(Some(state), estimate.map(|estimate| estimate.mean_s)),
        figure(line.factor().map(|factor| format!("{factor:.2}x")), line.factor()),
        figure(speedup.map(times), speedup.map(|speedup| speedup.value)),
        figure(waiting.map(|waiting| rate(waiting.jobs_per_s)), waiting.map(|waiting| waiting.jobs_per_s)),
        figure(
            waiting.map(|waiting| {
                let interval = words::bracket(waiting.share, 100.0, 1);
                format!("{} {}", percent(waiting.share.value), interval.unwrap_or_default())
                    .trim_end()
                    .to_string()
            }),
            waiting.map(|waiting| waiting.share.value),
        ),
        figure(
            waiting.map(|waiting| format!("{:.1} to {:.1} %", share(waiting.least), share(waiting.greatest))),
            waiting.map(|waiting| waiting.least),
        ),
        figure(
            estimate.map(|estimate| {
                format!("{} to {}", words::seconds(estimate.min_s), words::seconds(estimate.max_s))
            }),
            estimate.map(|estimate| estimate.min_s),
        ),
    ];
    Line { class: if line.style == BASELINE { "serial" } else { "" }, cells }
}
