//! Contests for programs: one line per figure and state, and one per sample, all digits.

use super::Contests;
use crate::model::{Against, Contest, Found, Limit, State, Unit, Verdict};

/// One line for each figure, comparison and fact, in each state of the core.
///
/// Times are in seconds, rates in units per second; a ratio has no unit.
#[must_use]
pub fn ratios(contests: &Contests) -> String {
    let head = [
        "contest",
        "contender",
        "against",
        "unit",
        "state",
        "rounds",
        "median",
        "low",
        "high",
        "best",
        "cpu_s",
        "limit",
        "verdict",
    ];
    let mut lines = vec![head.map(String::from).to_vec()];
    let widest = contests.widest();
    for contest in &contests.held {
        for figures in contest.figures(widest) {
            for (state, found) in states([figures.all, figures.quiet, figures.busy]) {
                let mut line = vec![contest.title.clone(), figures.name.clone(), String::new()];
                line.extend([unit(contest.unit), state.to_string()]);
                line.extend(estimate(found));
                let overall = state == "all";
                line.push(number(overall.then_some(figures.best)));
                line.push(number(figures.cpu_s.filter(|_| overall)));
                line.extend([String::new(), String::new()]);
                lines.push(line);
            }
        }
        lines.extend(comparisons(contest, widest));
    }
    for fact in &contests.facts {
        let verdict = fact.limit.map_or("", |limit| if limit.holds(fact.value) { "met" } else { "missed" });
        let mut line = vec![fact.name.clone(), String::new(), String::new(), fact.unit.clone(), "all".into()];
        line.extend(["1".to_string(), fact.value.to_string()]);
        line.extend([const { String::new() }; 4]);
        line.extend([bound(fact.limit), verdict.to_string()]);
        lines.push(line);
    }
    write(lines)
}

fn comparisons(contest: &Contest, widest: f64) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    for outcome in contest.outcomes(widest) {
        let (against, unit) = match &outcome.comparison.against {
            Against::Of(other) => (other.clone(), "ratio".to_string()),
            Against::Itself => ("itself".to_string(), unit(contest.unit)),
        };
        let limit = outcome.comparison.limit;
        for (state, found) in states([outcome.all, outcome.quiet, outcome.busy]) {
            let verdict = limit.zip(found.median).map(|(limit, median)| Verdict::of(limit, median).name());
            let mut line = vec![contest.title.clone(), outcome.comparison.ours.clone(), against.clone()];
            line.extend([unit.clone(), state.to_string()]);
            line.extend(estimate(found));
            line.extend([String::new(), String::new(), bound(limit)]);
            line.push(verdict.unwrap_or_default().to_string());
            lines.push(line);
        }
    }
    lines
}

/// Every sample with what the core was like around it.
#[must_use]
pub fn samples(contests: &Contests) -> String {
    let head = [
        "contest",
        "round",
        "contender",
        "wall_s",
        "cpu_s",
        "amount",
        "width_before",
        "width_after",
        "state",
    ];
    let mut lines = vec![head.map(String::from).to_vec()];
    let widest = contests.widest();
    for contest in &contests.held {
        for sample in &contest.samples {
            let mut line = vec![contest.title.clone(), sample.round.to_string()];
            line.push(contest.contenders[sample.contender].0.clone());
            let reading = sample.reading;
            line.extend([Some(reading.wall_s), reading.cpu_s, Some(reading.amount)].map(number));
            line.extend([sample.widths.map(|w| w.0), sample.widths.map(|w| w.1)].map(number));
            line.push(State::of(sample.widths, widest).name().to_string());
            lines.push(line);
        }
    }
    write(lines)
}

fn states(found: [Found; 3]) -> impl Iterator<Item = (&'static str, Found)> {
    ["all", "quiet", "busy"].into_iter().zip(found)
}

fn unit(unit: Unit) -> String {
    match unit {
        Unit::SecondsPer(what) => format!("seconds per {what}"),
        Unit::PerSecond(what) => format!("{what} per second"),
    }
}

fn estimate(found: Found) -> [String; 4] {
    let interval = found.median.and_then(|median| median.interval);
    let [value, low, high] =
        [found.median.map(|m| m.value), interval.map(|i| i.low), interval.map(|i| i.high)].map(number);
    [found.rounds.to_string(), value, low, high]
}

fn bound(limit: Option<Limit>) -> String {
    match limit {
        Some(Limit::AtMost(bound)) => format!("<= {bound}"),
        Some(Limit::AtLeast(bound)) => format!(">= {bound}"),
        None => String::new(),
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}

fn write(lines: Vec<Vec<String>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in lines {
        writer.write_record(line).expect("writing to memory does not fail");
    }
    let bytes = writer.into_inner().expect("writing to memory does not fail");
    String::from_utf8(bytes).expect("names and numbers are UTF-8")
}

#[cfg(test)]
mod tests {
    use super::super::tests::held;
    use super::*;

    #[test]
    fn every_line_is_as_long_as_the_head_and_every_sample_is_there() {
        let contests = held();
        for (text, lines) in [(ratios(&contests), 1 + 2 * 3 + 2 * 3 + 1), (samples(&contests), 1 + 14)] {
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            // A line of another length is an error to this reader.
            assert_eq!(1 + reader.records().map(Result::unwrap).count(), lines, "{text}");
        }
        let text = ratios(&contests);
        assert!(text.contains("round trip,threads,pipe | same CPU,ratio,quiet,7,1.5"), "{text}");
        assert!(samples(&contests).contains("round trip,0,threads,0.003,0.004,1000,4,3.9,quiet"));
    }
}
