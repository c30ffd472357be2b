//! The charts, as in the files, and those of the cases that do not stand for their executors.

use maud::{Markup, PreEscaped, html};

use crate::analysis::Analysis;
use crate::render::chart::{self, ChartError};
use crate::view::units::count;

/// The most numbers of workers whose charts are shown one by one.
const MOST: usize = 12;

/// The charts of a run; nothing if it has none.
pub(super) fn section(run: &Analysis) -> Markup {
    let (charts, more) = (chart::svgs(run), more(run));
    html! {
        @if !matches!(&charts, Ok(charts) if charts.is_empty()) {
            div.controls.js-only {}
            div.figures { (drawn(&charts)) }
            @for (workers, charts) in &more {
                details.more data-workers=(workers) {
                    summary { "Timeline and rounds with " (count(*workers, "worker")) }
                    div.figures { (drawn(charts)) }
                }
            }
        }
    }
}

type Charts = Result<Vec<(&'static str, String)>, ChartError>;

fn drawn(charts: &Charts) -> Markup {
    html! {
        @match charts {
            Ok(charts) => @for (name, svg) in charts {
                figure.picture data-chart=(name) { (PreEscaped(svg)) }
            },
            Err(error) => { p { (error) } }
        }
    }
}

/// The charts of one case of each executor, for each number of workers that there are several of, spread
/// evenly over many.
fn more(run: &Analysis) -> Vec<(usize, Charts)> {
    let computing = run.computing();
    let mut counts: Vec<usize> =
        computing.executors.iter().flat_map(|table| &table.rows).map(|row| row.workers).collect();
    counts.sort_unstable();
    counts.dedup();
    if counts.len() < 2 {
        return Vec::new();
    }
    let last = counts.len() - 1;
    let shown = counts.len().min(MOST);
    let counts = (0..shown).map(|index| counts[index * last / (shown - 1)]);
    let charts = counts.map(|workers| (workers, chart::svgs_with(&computing, workers)));
    charts.filter(|(_, charts)| !matches!(charts, Ok(charts) if charts.is_empty())).collect()
}
