//! How far such predictions have been from what was measured, and the interval that follows.
//!
//! The interval of the rounds says how sure the mean of *these* rounds is. A prediction errs for two more reasons: the
//! rounds to come vary as those measured did, and the replay leaves things out. The first is the spread from round to
//! round over the root of their number. The second is estimated from the run itself: each measured number of workers
//! is predicted from smaller ones, and the squares of the errors' logarithms are averaged with a usual error, as in
//! the conjugate estimate of a normal variance (A. Gelman et al., "Bayesian Data Analysis", 3rd ed., section 2.6).
//! The prediction then follows Student's distribution, with a degree of freedom for each error and those of the usual
//! one. What is added to the variance grows with the number of doublings that lie between what is known and what is
//! asked, as in a random walk.

use crate::stats::{Interval, Quantity, student_95};

use super::evidence::Raw;

/// Standard deviation of the logarithm of the error of a prediction over one doubling, before any is known.
const USUAL: f64 = 0.035;
/// How many errors that is worth.
const WORTH: f64 = 4.0;

/// An error of a prediction.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Error {
    /// The number of workers that was predicted.
    workers: usize,
    waits: bool,
    /// Logarithm of prediction over measurement, by the root of the doublings.
    log: f64,
}

/// The errors of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Errors(Vec<Error>);

/// The doublings between what a prediction is made from and what it is of, at least one.
fn doublings(raw: &Raw) -> f64 {
    (raw.to as f64 / raw.from.max(1) as f64).log2().max(1.0)
}

impl Errors {
    /// Adds what a prediction has missed by.
    pub(super) fn add(&mut self, target: usize, waits: bool, raw: &Raw, measured: f64) {
        let log = (raw.speedup.value / measured).ln() / doublings(raw).sqrt();
        if log.is_finite() {
            self.0.push(Error { workers: target, waits, log });
        }
    }

    /// A prediction of a number of workers with the interval in which the mean of as many rounds would lie. Only errors
    /// at smaller numbers of workers count, and only of work that waits, or computes, as this does.
    pub(super) fn widen(&self, target: usize, waits: bool, raw: &Raw) -> Quantity {
        let own = self.0.iter().filter(|error| error.waits == waits && error.workers < target);
        let (count, squares) = own.fold((0.0, 0.0), |(n, sum), error| (n + 1.0, sum + error.log.powi(2)));
        let freedom = WORTH + count;
        let variance = (WORTH * USUAL.powi(2) + squares) / freedom * doublings(raw);
        let to_come = raw.spread.powi(2) / raw.rounds.max(1) as f64;
        let beyond = student_95(freedom).powi(2) * (variance + to_come);
        let Quantity { value, interval: Some(ends) } = raw.speedup else { return raw.speedup };
        let reach = |end: f64| ((end / value).ln().powi(2) + beyond).sqrt();
        let interval = Interval {
            low: value * (-reach(ends.low)).exp(),
            high: value * reach(ends.high.max(value)).exp(),
        };
        Quantity { value, interval: Some(interval) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(value: f64) -> Raw {
        let interval = Some(Interval { low: 0.99 * value, high: 1.01 * value });
        Raw { speedup: Quantity { value, interval }, from: 2, to: 4, rounds: 10, spread: 0.02 }
    }

    fn width(errors: &Errors, target: usize) -> f64 {
        errors.widen(target, false, &raw(2.0)).interval.unwrap().width()
    }

    #[test]
    fn errors_at_smaller_numbers_of_the_same_kind_count() {
        let none = width(&Errors::default(), 4);
        let mut errors = Errors::default();
        for target in [2, 3] {
            errors.add(target, false, &raw(2.001), 2.0);
        }
        let small = width(&errors, 4);
        assert!(small < none && (width(&errors, 2) - none).abs() < 1e-9, "{small} {none}");
        errors.add(3, true, &raw(4.0), 2.0);
        assert!((width(&errors, 4) - small).abs() < 1e-12, "another kind of work");
        errors.add(3, false, &raw(2.6), 2.0);
        assert!(width(&errors, 4) > none);
    }

    #[test]
    fn what_is_further_is_less_sure_and_one_round_is_not_sure_of_anything() {
        let errors = Errors::default();
        let far = Raw { to: 8, ..raw(2.0) };
        assert!(errors.widen(8, false, &far).interval.unwrap().width() > width(&errors, 8));
        let one = Raw { speedup: Quantity::known(2.0), rounds: 1, ..raw(2.0) };
        assert_eq!(errors.widen(4, false, &one), Quantity::known(2.0));
    }
}
