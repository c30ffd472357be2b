//! Places for the charts that the script draws, and the charts that need none.

use super::StaticChart;
use super::escape::{each, text};
use crate::analysis::{Analysis, Estimate};

/// A chart of the script.
struct Figure {
    name: &'static str,
    heading: &'static str,
    caption: &'static str,
    /// Whether a run has anything for it.
    shows: fn(&Analysis) -> bool,
}

const FIGURES: &[Figure] = &[
    Figure {
        name: "speedup",
        heading: "Speedup over workers",
        caption: "Serial time over time with N workers, bars are 95 % intervals. Beside it what is possible at all.",
        shows: |run| any(run, |estimate| estimate.speedup.is_some()),
    },
    Figure {
        name: "speedup",
        heading: "Factor over workers",
        caption: "Time with one worker of the same executor over time with N workers.",
        shows: |run| any(run, |e| e.factor.is_some()) && !any(run, |e| e.speedup.is_some()),
    },
    Figure {
        name: "stack",
        heading: "Where it went",
        caption: "Speedup and losses add up to N, the top edge. What hangs below zero is a gain.",
        shows: |run| any(run, |estimate| estimate.account.is_some()),
    },
    Figure {
        name: "timeline",
        heading: "Timeline",
        caption: "Each worker in the sample of median time, on the number of workers chosen.",
        shows: |run| any(run, |estimate| estimate.timeline.is_some()),
    },
    Figure {
        name: "rounds",
        heading: "Round by round",
        caption: "Time of each counted round over the mean of its case; below it the time that a hypervisor took.",
        shows: |run| any(run, |estimate| !estimate.rounds.is_empty()),
    },
    Figure {
        name: "efficiency",
        heading: "Efficiency",
        caption: "Speedup over the number of workers.",
        shows: |run| any(run, |estimate| estimate.efficiency.is_some()),
    },
    Figure {
        name: "karp-flatt",
        heading: "Karp–Flatt",
        caption: "The serial fraction that the speedup amounts to. If it grows with N, overhead grows too.",
        shows: |run| any(run, |estimate| estimate.karp_flatt.is_some()),
    },
    Figure {
        name: "law",
        heading: "Law of scaling",
        caption: "The universal scalability law with its 95 % band, or why it cannot be told.",
        shows: |run| run.executors.iter().any(|table| !table.scaling.is_empty()),
    },
];

fn any(run: &Analysis, has: impl Fn(&Estimate) -> bool) -> bool {
    run.estimates().any(has)
}

/// A place for each chart that the run has something for, then `charts` for readers without a
/// script. Nothing if there is neither.
pub(super) fn section(run: &Analysis, charts: &[StaticChart]) -> String {
    let places = each(FIGURES.iter().filter(|figure| (figure.shows)(run)), place);
    if places.is_empty() && charts.is_empty() {
        return String::new();
    }
    // What the script does not draw is there for all readers.
    let (own, others): (Vec<_>, Vec<_>) =
        charts.iter().partition(|(name, ..)| *name == "io" || places.is_empty());
    let shown = each(own, picture);
    if places.is_empty() {
        return shown;
    }
    let pictures = each(others, picture);
    format!(
        "{shown}<div class=\"controls js-only\"></div>\n<div class=\"figures js-only\">\n{places}</div>\n\
         <noscript>\n<p class=\"quiet\">The charts that can be asked need a script; all their figures stand in the tables below.</p>\n{pictures}</noscript>\n"
    )
}

fn place(figure: &Figure) -> String {
    let Figure { name, heading, caption, .. } = figure;
    format!(
        "<figure class=\"chart\" data-chart=\"{name}\">\n<figcaption><h4>{heading}</h4><p>{caption}</p></figcaption>\n<div class=\"plots\"></div>\n</figure>\n"
    )
}

fn picture((_, title, svg): &StaticChart) -> String {
    // A declaration in front of the picture is no HTML.
    let svg = svg.find("<svg").map_or("", |at| &svg[at..]);
    format!("<figure class=\"static\">{svg}<figcaption>{}</figcaption></figure>\n", text(title))
}
