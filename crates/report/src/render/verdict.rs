//! What a run says, in sentences.

use crate::analysis::{Account, Estimate, Loss, LossRow};
use crate::stats::Quantity;

/// Below this a figure with two decimals reads as nothing.
const SEEN: f64 = 0.005;
/// More parts than these are not read.
const MOST: usize = 6;

/// One case in a sentence, the largest losses first, as in
/// `1.71x [1.69, 1.73] on 2 workers; 0.29 missing: slower tasks 0.14, steal 0.05`.
///
/// Only the six largest are named, and none that is too small to be seen with two decimals; what the
/// others and the rounding amount to stands at the end as `other`, so that the figures of the
/// sentence add up.
#[must_use]
pub fn headline(workers: usize, estimate: &Estimate) -> String {
    let achieved = achieved(workers, estimate);
    match missing(workers, estimate) {
        Some(missing) => format!("{achieved}; {missing}"),
        None => achieved,
    }
}

/// The first half of [`headline`]: the speedup, or what is known instead of it.
#[must_use]
pub fn achieved(workers: usize, estimate: &Estimate) -> String {
    let on = if workers == 1 { "on 1 worker".to_string() } else { format!("on {workers} workers") };
    match (estimate.speedup, estimate.factor) {
        (Some(speedup), _) => format!("{} {on}", times(speedup)),
        (None, Some(factor)) => format!("{factor:.2}x the speed of one worker {on}"),
        (None, None) => format!("{:.3}s {on}", estimate.mean_s),
    }
}

/// The second half of [`headline`]: what is missing and where it went. `None` without a speedup.
#[must_use]
pub fn missing(workers: usize, estimate: &Estimate) -> Option<String> {
    lacking(workers, estimate, Loss::name)
}

/// The same with other names for the rows; what has one name is one part.
#[must_use]
pub(super) fn lacking(workers: usize, estimate: &Estimate, name: fn(Loss) -> &'static str) -> Option<String> {
    let account = estimate.account.as_ref();
    let gap = match account {
        Some(account) => account.gap,
        None => workers as f64 - estimate.speedup?.value,
    };
    let total = match cents(gap) {
        0 => "nothing missing".to_string(),
        1.. => format!("{gap:.2} missing"),
        _ => format!("{:.2} more than the workers alone would give", -gap),
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

/// A speedup with its interval, as in `1.71x [1.69, 1.73]`.
#[must_use]
pub fn times(speedup: Quantity) -> String {
    match speedup.interval {
        Some(interval) => format!("{:.2}x [{:.2}, {:.2}]", speedup.value, interval.low, interval.high),
        None => format!("{:.2}x", speedup.value),
    }
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
    parts.into_iter().map(|(name, cents)| format!("{name} {:.2}", cents as f64 / 100.0)).collect()
}

/// Hundredths, rounded as they are printed.
fn cents(value: f64) -> i64 {
    (value * 100.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::html::sample;

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
            headline(2, &estimate).ends_with(
                "; 0.05 more than the workers alone would give: dispatch 0.02, slower tasks -0.07"
            )
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
        assert_eq!(headline(4, &estimate), "0.588s on 4 workers");
    }

    #[test]
    fn the_largest_loss_is_no_gain() {
        let rows = [(Loss::Spawn, 0.01), (Loss::Steal, 0.2), (Loss::SlowerTasks, -0.5)];
        let account = sample::account(2, &rows, 1.0);
        assert_eq!(largest_loss(&account).map(|row| row.loss), Some(Loss::Steal));
        assert_eq!(largest_loss(&sample::account(2, &[(Loss::SerialLoop, -0.1)], 1.0)), None);
    }
}
