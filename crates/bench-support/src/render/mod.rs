//! Contests as tables: what each contender did, and how it compares.
//!
//! * this file: the tables, for a terminal and in Markdown; `csv`: the same and every sample, for
//!   programs; `words`: figures with their units

mod csv;
pub(super) mod words;

pub use csv::{ratios, samples};

use self::words::{cpu, figure, limit, ratio};
use crate::model::{Against, Contest, Fact, Figures, Found, Limit, Outcome, Role, Unit, Verdict, widest};
use speedup_report::render::{markdown, table};
use speedup_report::stats::Quantity;
use speedup_report::view::grid::{Entry, Grid, MISSING};
use speedup_report::view::units::plain;

/// Contests and facts of one run of a bench, which share what is known of the core's width.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Contests {
    /// The contests, in the order in which they were held.
    pub held: Vec<Contest>,
    /// Figures next to them.
    pub facts: Vec<Fact>,
    /// Every width that was seen, also apart from the samples.
    pub widths: Vec<f64>,
}

impl Contests {
    /// The greatest width that the core is known to have; without any, all rounds are of unknown state.
    #[must_use]
    pub fn widest(&self) -> f64 {
        widest(&self.widths).unwrap_or(f64::INFINITY)
    }

    /// The widths that were seen, in words.
    #[must_use]
    pub fn widths_in_words(&self) -> String {
        let Some(widest) = widest(&self.widths) else {
            return "the width of the core cannot be probed here: quiet and busy are not told apart".into();
        };
        let share = |from: f64, to: f64| {
            let within = self.widths.iter().filter(|&&width| width >= from * widest && width <= to * widest);
            100.0 * within.count() as f64 / self.widths.len() as f64
        };
        format!(
            "widest {widest:.2} operations a cycle; of {} probes {:.0} % quiet (from 80 % of that), {:.0} % busy \
             (up to 65 %)",
            self.widths.len(),
            share(0.8, f64::INFINITY),
            share(0.0, 0.65)
        )
    }

    /// The tables of one contest for a terminal.
    #[must_use]
    pub fn text(&self, contest: &Contest) -> String {
        join(&grids(contest, self.widest()), |grid| table::grid(grid) + "\n")
    }

    /// The table of the facts for a terminal; nothing where there are none.
    #[must_use]
    pub fn facts_text(&self) -> String {
        join(&self.fact_grid(), |grid| table::grid(grid) + "\n")
    }

    /// All tables in Markdown, below a title and lines on where they come from.
    #[must_use]
    pub fn markdown(&self, title: &str, notes: &[String]) -> String {
        let mut grids: Vec<Grid> =
            self.held.iter().flat_map(|contest| grids(contest, self.widest())).collect();
        grids.extend(self.fact_grid());
        let notes = notes.iter().fold(String::new(), |all, note| all + "* " + note + "\n");
        format!("# {title}\n\n{notes}\n{}", join(&grids, |grid| markdown::grid(grid) + "\n"))
    }

    fn fact_grid(&self) -> Vec<Grid> {
        let row = |fact: &Fact| {
            let met =
                fact.limit.map_or(MISSING, |limit| if limit.holds(fact.value) { "met" } else { "missed" });
            vec![
                fact.name.clone(),
                format!("{} {}", plain(fact.value), fact.unit),
                fact.limit.map_or(MISSING.to_string(), |bound| limit(bound, plain)),
                met.to_string(),
            ]
        };
        if self.facts.is_empty() {
            return Vec::new();
        }
        vec![Grid {
            title: "Figures next to the contests".into(),
            head: ["figure", "value", "target", ""].map(String::from).to_vec(),
            rows: self.facts.iter().map(|line| entries(row(line))).collect(),
            ..Grid::default()
        }]
    }
}

fn join(grids: &[Grid], lay_out: impl Fn(&Grid) -> String) -> String {
    grids.iter().map(lay_out).collect::<Vec<_>>().join("\n")
}

fn entries(cells: Vec<String>) -> Vec<Entry> {
    cells.into_iter().map(Entry::from).collect()
}

fn grids(contest: &Contest, widest: f64) -> Vec<Grid> {
    let figures = Grid {
        title: format!("{}: {}, medians", contest.title, words::unit(contest.unit)),
        head: ["contender", "median", "best", "quiet", "busy", "CPU"].map(String::from).to_vec(),
        rows: contest.figures(widest).iter().map(|figures| entries(row(contest.unit, figures))).collect(),
        ..Grid::default()
    };
    let compared = Grid {
        title: format!("{}: compared, medians of paired rounds", contest.title),
        head: ["contender", "against", "all rounds", "quiet", "busy", "target", "all", "quiet", "busy"]
            .map(String::from)
            .to_vec(),
        rows: contest
            .outcomes(widest)
            .iter()
            .map(|outcome| entries(comparison(contest.unit, outcome)))
            .collect(),
        ..Grid::default()
    };
    if compared.rows.is_empty() { vec![figures] } else { vec![figures, compared] }
}

fn row(unit: Unit, figures: &Figures) -> Vec<String> {
    let median = |found: Found| match found.median {
        Some(median) => format!("{} ({})", figure(unit, median.value), found.rounds),
        None => format!("{MISSING} (0)"),
    };
    let name = match figures.role {
        Role::Contender => figures.name.clone(),
        Role::Floor => format!("{} (floor)", figures.name),
    };
    let all = figures.all.median.map_or(MISSING.to_string(), |median| figure(unit, median.value));
    let cpu = figures.cpu_s.map_or(MISSING.to_string(), |cpu_s| cpu(unit, cpu_s));
    vec![name, all, figure(unit, figures.best), median(figures.quiet), median(figures.busy), cpu]
}

fn comparison(unit: Unit, outcome: &Outcome) -> Vec<String> {
    let against = match &outcome.comparison.against {
        Against::Of(other) => other.clone(),
        Against::Itself => "itself".to_string(),
    };
    let write = |value: f64| match outcome.comparison.against {
        Against::Of(_) => ratio(value),
        Against::Itself => figure(unit, value),
    };
    let states = [outcome.all, outcome.quiet, outcome.busy];
    let mut cells = vec![outcome.comparison.ours.clone(), against];
    cells.extend(states.map(|found| estimate(found, &write)));
    cells.push(outcome.comparison.limit.map_or(MISSING.to_string(), |bound| limit(bound, write)));
    cells.extend(states.map(|found| verdict(outcome.comparison.limit, found.median)));
    cells
}

fn estimate(found: Found, write: &impl Fn(f64) -> String) -> String {
    let Some(median) = found.median else { return format!("{MISSING} (0)") };
    let interval = median.interval.map(|ends| format!(" [{}, {}]", write(ends.low), write(ends.high)));
    format!("{}{} ({})", write(median.value), interval.unwrap_or_default(), found.rounds)
}

fn verdict(limit: Option<Limit>, estimate: Option<Quantity>) -> String {
    let verdict = limit.zip(estimate).map(|(limit, estimate)| Verdict::of(limit, estimate));
    verdict.map_or(MISSING, Verdict::name).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Comparison, Reading, Sample};

    pub(super) fn held() -> Contests {
        let sample = |round: u32, contender: usize| {
            let wall_s = if contender == 0 { 3e-3 } else { 2e-3 } * (1.0 + f64::from(round) / 100.0);
            let reading = Reading { wall_s, cpu_s: (contender == 0).then_some(4e-3), amount: 1000.0 };
            Sample { round, contender, reading, widths: Some((4.0, 3.9)) }
        };
        let compared = |against, limit| Comparison { ours: "threads".into(), against, limit: Some(limit) };
        let contest = Contest {
            title: "round trip".into(),
            unit: Unit::SecondsPer("task"),
            contenders: vec![("threads".into(), Role::Contender), ("pipe | same CPU".into(), Role::Floor)],
            comparisons: vec![
                compared(Against::of("pipe | same CPU"), Limit::AtMost(1.6)),
                compared(Against::Itself, Limit::AtMost(2e-6)),
            ],
            samples: (0..7).flat_map(|round| [sample(round, 0), sample(round, 1)]).collect(),
        };
        let fact = Fact {
            name: "memory of a pending task".into(),
            value: 71.5,
            unit: "bytes".into(),
            limit: Some(Limit::AtMost(96.0)),
        };
        Contests { held: vec![contest], facts: vec![fact], widths: vec![4.0, 4.0, 4.0, 2.0] }
    }

    #[test]
    fn the_tables_hold_figures_ratios_and_verdicts() {
        let contests = held();
        let text = contests.text(&contests.held[0]);
        let expected = [
            "round trip: time per task, medians",
            "threads | 3.09 µs | 3.00 µs |  3.09 µs (7) | — (0) | 4.00 µs",
            "pipe | same CPU (floor) | 2.06 µs |",
            "1.50 [1.50, 1.50] (7)",
            "≤ 1.60 |     met |     met |    —",
            "≤ 2.00 µs |  missed |  missed |    —",
        ];
        let squeezed = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in expected {
            let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(squeezed.contains(&part), "{part}\n{text}");
        }
        assert!(contests.facts_text().contains("71.5 bytes"), "{}", contests.facts_text());
    }

    #[test]
    fn markdown_keeps_its_columns_whatever_the_names() {
        let page = held().markdown("A bench", &["a note".into()]);
        assert!(page.starts_with("# A bench\n\n* a note\n\n**round trip: "), "{page}");
        assert!(page.contains("pipe \\| same CPU"), "{page}");
    }

    #[test]
    fn the_widths_are_told() {
        let words = held().widths_in_words();
        assert!(words.starts_with("widest 4.00 ") && words.contains(" 75 % quiet"), "{words}");
        assert!(Contests::default().widths_in_words().contains("cannot be probed"));
    }
}
