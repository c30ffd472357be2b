//! A case in a sentence: what was achieved, and where the rest went.

use super::programs;
use super::units::{count, fixed, interval, percent, seconds, times};
use crate::analysis::{Account, Estimate, Loss, LossRow};

/// Below this a figure with two decimals reads as nothing.
const SEEN: f64 = 0.005;
/// More parts than these are not read.
const MOST: usize = 6;

/// What so few rounds are: `1 round: not a measurement`.
#[must_use]
pub fn no_measurement(rounds: u32) -> String {
    format!("{}: not a measurement", count(rounds as usize, "round"))
}

/// One case in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// What was achieved: `1.71x`, or a time where there is nothing to compare with.
    pub value: String,
    /// How well that is known, `[1.69, 1.73]`, or what it is relative to.
    pub qualifier: Option<String>,
    /// `2 workers`.
    pub on: String,
    /// What is missing and where it went, absent without a speedup; of work that waits, how much it waits.
    pub rest: Option<String>,
    /// Whether that is an anecdote and no measurement.
    pub doubted: bool,
}

impl Verdict {
    /// What the figures of a case with that many workers say.
    #[must_use]
    pub fn of(workers: usize, estimate: &Estimate) -> Self {
        let (value, qualifier) = match (estimate.speedup, estimate.factor) {
            (Some(speedup), _) => (times(speedup.value), speedup.interval.map(|ends| interval(ends, 2))),
            (None, Some(factor)) => (times(factor), Some("the speed of one worker".to_string())),
            (None, None) => (seconds(estimate.mean_s), None),
        };
        let rest = missing(workers, estimate, Loss::name);
        Self { value, qualifier, on: count(workers, "worker"), rest, doubted: false }
    }

    /// The same of a run with so few rounds that nothing of it is a headline: a rough figure, and why.
    #[must_use]
    pub fn doubting(self, few: Option<u32>) -> Self {
        let Some(rounds) = few else { return self };
        Self {
            value: format!("about {}", self.value),
            qualifier: None,
            rest: Some(no_measurement(rounds)),
            doubted: true,
            ..self
        }
    }

    /// The same of a program, whose losses were seen from outside: `1.62x [1.60, 1.64] on 2 workers; 0.38 missing:
    /// only one thread had work 0.27, more CPU time 0.09, run queue 0.02; 31 % of the program is serial`.
    #[must_use]
    pub fn of_program(workers: usize, estimate: &Estimate) -> Self {
        let serial = estimate.outside.as_ref().filter(|_| workers > 1);
        let serial = serial.and_then(|seen| seen.serial_fraction.value());
        let serial = serial.map(|share| format!("{} of the program is serial", percent(share.value, 0)));
        let rest = [missing(workers, estimate, programs::in_words), serial];
        let rest = rest.into_iter().flatten().collect::<Vec<_>>().join("; ");
        Self { rest: Some(rest).filter(|rest| !rest.is_empty()), ..Self::of(workers, estimate) }
    }

    /// `1.71x [1.69, 1.73] on 2 workers`.
    #[must_use]
    pub fn achieved(&self) -> String {
        let qualifier = self.qualifier.as_ref().map_or(String::new(), |qualifier| format!(" {qualifier}"));
        format!("{}{qualifier} on {}", self.value, self.on)
    }
}

/// The whole sentence, the largest losses first, as in
/// `1.71x [1.69, 1.73] on 2 workers; 0.29 missing: slower tasks 0.14, steal 0.05`.
///
/// Only the six largest are named, and none that is too small to be seen with two decimals; what the
/// others and the rounding amount to stands at the end as `other`, so that the figures of the
/// sentence add up.
impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.achieved())?;
        self.rest.as_ref().map_or(Ok(()), |rest| write!(f, "; {rest}"))
    }
}

fn missing(workers: usize, estimate: &Estimate, name: fn(Loss) -> &'static str) -> Option<String> {
    let account = estimate.account.as_ref();
    let gap = match account {
        Some(account) => account.gap,
        None => workers as f64 - estimate.speedup?.value,
    };
    let total = match cents(gap) {
        0 => "nothing missing".to_string(),
        1.. => format!("{} missing", fixed(gap, 2)),
        _ => format!("{} more than linear", fixed(-gap, 2)),
    };
    let parts = account.map(|account| parts(account, gap, name)).unwrap_or_default();
    Some(if parts.is_empty() { total } else { format!("{total}: {}", parts.join(", ")) })
}

/// The row of an account that lost most; `None` where none can be seen with two decimals.
#[must_use]
pub fn largest_loss(account: &Account) -> Option<&LossRow> {
    let largest = account.rows.iter().max_by(|a, b| a.speedup.value.total_cmp(&b.speedup.value))?;
    (largest.speedup.value >= SEEN).then_some(largest)
}

/// `slower tasks 0.14`, by descending size, gains last.
fn parts(account: &Account, gap: f64, name: fn(Loss) -> &'static str) -> Vec<String> {
    let mut rows: Vec<(&str, f64)> = Vec::new();
    for row in &account.rows {
        match rows.iter_mut().find(|(other, _)| *other == name(row.loss)) {
            Some((_, sum)) => *sum += row.speedup.value,
            None => rows.push((name(row.loss), row.speedup.value)),
        }
    }
    rows.retain(|(_, value)| cents(*value) != 0);
    rows.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    rows.truncate(MOST);
    rows.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut parts: Vec<(&str, i64)> = rows.into_iter().map(|(name, value)| (name, cents(value))).collect();
    let other = cents(gap) - parts.iter().map(|(_, cents)| cents).sum::<i64>();
    if other != 0 {
        parts.push(("other", other));
    }
    parts.into_iter().map(|(name, cents)| format!("{name} {}", fixed(cents as f64 / 100.0, 2))).collect()
}

/// Hundredths, rounded as they are printed.
fn cents(value: f64) -> i64 {
    (value * 100.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::html::sample;
    use crate::stats::Quantity;

    fn headline(workers: usize, estimate: &Estimate) -> String {
        Verdict::of(workers, estimate).to_string()
    }

    fn estimate(rows: &[(Loss, f64)]) -> Estimate {
        let gap = rows.iter().map(|(_, value)| value).sum::<f64>();
        let mut estimate = sample::estimate(2, 2.0 - gap, 1.0);
        estimate.account = Some(sample::account(2, rows, 1.0));
        estimate
    }

    #[test]
    fn losses_come_by_size_and_add_up() {
        let estimate = estimate(&[(Loss::Spawn, 0.041), (Loss::SlowerTasks, 0.144), (Loss::Steal, 0.052)]);
        assert_eq!(
            headline(2, &estimate),
            "1.76x [1.75, 1.78] on 2 workers; 0.24 missing: slower tasks 0.14, steal 0.05, spawn 0.04, other 0.01"
        );
    }

    #[test]
    fn gains_are_below_zero_and_small_rows_are_left_out() {
        let estimate =
            estimate(&[(Loss::Teardown, 0.001), (Loss::Dispatch, 0.02), (Loss::SlowerTasks, -0.07)]);
        assert!(
            headline(2, &estimate).ends_with("; 0.05 more than linear: dispatch 0.02, slower tasks -0.07")
        );
    }

    #[test]
    fn without_an_account_or_a_baseline_less_is_said() {
        let mut estimate = estimate(&[(Loss::Spawn, 0.3)]);
        estimate.account = None;
        assert_eq!(headline(2, &estimate), "1.70x [1.68, 1.72] on 2 workers; 0.30 missing");
        estimate.speedup = Some(Quantity::known(0.999));
        assert_eq!(headline(1, &estimate), "1.00x on 1 worker; nothing missing");
        (estimate.speedup, estimate.factor) = (None, Some(2.064));
        assert_eq!(headline(4, &estimate), "2.06x the speed of one worker on 4 workers");
        estimate.factor = None;
        assert_eq!(headline(4, &estimate), "588 ms on 4 workers");
    }

    #[test]
    fn the_largest_loss_is_no_gain() {
        let rows = [(Loss::Spawn, 0.01), (Loss::Steal, 0.2), (Loss::SlowerTasks, -0.5)];
        let account = sample::account(2, &rows, 1.0);
        assert_eq!(largest_loss(&account).map(|row| row.loss), Some(Loss::Steal));
        assert_eq!(largest_loss(&sample::account(2, &[(Loss::SerialLoop, -0.1)], 1.0)), None);
    }
}
