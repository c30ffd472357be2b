//! The noise floor: one piece of work set against itself.

use serde::Serialize;

use super::{Facts, Finding, percent};
use crate::record::Known;
use crate::stats::bootstrap;

/// How far the same work differs from itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Floor {
    /// What was computed.
    pub what: String,
    /// Number of pairs.
    pub pairs: usize,
    /// Mean time of a piece in nanoseconds.
    pub piece_ns: f64,
    /// Mean of the first arm over mean of the second.
    pub ratio: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end of its 95 % interval.
    pub high: f64,
    /// The greatest distance of the interval from 1: a smaller difference between two things cannot be
    /// told from noise here with so many pairs.
    pub resolution: f64,
}

/// The ratio of the two arms. It is 1 but for noise.
pub(super) fn floor(facts: &Facts) -> Known<Floor> {
    let times = match &facts.floor {
        Known::Value(times) => times,
        Known::Missing(reason) => return Known::Missing(reason.clone()),
    };
    let quantity = bootstrap::ratio_of_means(&times.first_ns, &times.second_ns);
    let Some((quantity, interval)) = quantity.and_then(|quantity| Some((quantity.value, quantity.interval?)))
    else {
        return Known::Missing(format!("{} pairs are too few for an interval", times.first_ns.len()));
    };
    let pieces = (times.first_ns.len() + times.second_ns.len()) as f64;
    Known::Value(Floor {
        what: times.what.clone(),
        pairs: times.first_ns.len(),
        piece_ns: times.first_ns.iter().chain(&times.second_ns).sum::<f64>() / pieces,
        ratio: quantity,
        low: interval.low,
        high: interval.high,
        resolution: (interval.high - 1.0).abs().max((interval.low - 1.0).abs()),
    })
}

/// Resolution that a run of some minutes should come down to.
const WANTED: f64 = 0.01;

/// Ratio's distance from 1 that is worth a word.
const DRIFT: f64 = 0.005;

/// Rules about the floor itself.
pub(super) fn findings(floor: &Floor) -> impl Iterator<Item = Finding> {
    [noise(floor), drift(floor)].into_iter().flatten()
}

fn noise(floor: &Floor) -> Option<Finding> {
    (floor.resolution > WANTED).then(|| {
        Finding::warning(
            format!("noise hides differences below {}", percent(floor.resolution)),
            format!(
                "Detecting a difference of 1 % would take about {} pairs instead of {}.",
                pairs_wanted(floor),
                floor.pairs
            ),
            "Look for the reason among the other findings, and measure in more rounds.",
        )
    })
}

/// Intervals shrink with the square root of the number of pairs. Two digits of that are enough.
fn pairs_wanted(floor: &Floor) -> u64 {
    let pairs = floor.pairs as f64 * (floor.resolution / WANTED).powi(2);
    let unit = 10_f64.powf((pairs.log10() - 1.0).floor().max(0.0));
    ((pairs / unit).round() * unit) as u64
}

fn drift(floor: &Floor) -> Option<Finding> {
    let beyond = (floor.low > 1.0 || floor.high < 1.0) && (floor.ratio - 1.0).abs() > DRIFT;
    beyond.then(|| {
        Finding::note(
            format!("the same work differs from itself by {}", percent((floor.ratio - 1.0).abs())),
            "Its 95 % interval excludes 1, which happens by chance in one check of twenty. If it happens again, the machine has a periodic disturbance that intervals do not cover.",
            "Run the check again.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::quiet;
    use super::*;
    use crate::record::checkup::FloorTimes;

    fn times(first_ns: &[f64], second_ns: &[f64]) -> Facts {
        let mut facts = quiet();
        let (first_ns, second_ns) = (first_ns.to_vec(), second_ns.to_vec());
        facts.floor = Known::Value(FloorTimes { what: "rc4".into(), first_ns, second_ns });
        facts
    }

    fn floor_of(first_ns: &[f64], second_ns: &[f64]) -> Floor {
        floor(&times(first_ns, second_ns)).value().unwrap().clone()
    }

    #[test]
    fn noise_gives_a_ratio_about_one_and_what_it_hides() {
        let noisy: Vec<f64> = (0..200_u32).map(|n| 1e6 + f64::from(n * 7919 % 101) * 1e3).collect();
        let other: Vec<f64> = noisy.iter().rev().copied().collect();
        let floor = floor_of(&noisy, &other);
        assert_eq!((floor.pairs, floor.what.as_str()), (200, "rc4"));
        assert!((floor.ratio - 1.0).abs() < 1e-12 && (1e6..1.1e6).contains(&floor.piece_ns));
        assert!(floor.low < 1.0 && 1.0 < floor.high);
        assert!(floor.resolution >= floor.high - 1.0 && floor.resolution >= 1.0 - floor.low);
        assert!((1e-4..0.01).contains(&floor.resolution), "{floor:?}");
        assert_eq!(findings(&floor).next(), None);
        // The same with forty times the noise.
        let more = |times: &[f64]| times.iter().map(|time| 1e6 + (time - 1e6) * 40.0).collect::<Vec<_>>();
        let finding = noise(&floor_of(&more(&noisy), &more(&other))).unwrap();
        assert!(finding.consequence.contains("pairs instead of 200."), "{finding:?}");
    }

    #[test]
    fn arms_that_differ_are_noted() {
        let second: Vec<f64> = (0..100_u32).map(|n| 1e6 + f64::from(n % 10) * 1e3).collect();
        let first: Vec<f64> = second.iter().map(|time| time * 1.05).collect();
        assert!(drift(&floor_of(&first, &second)).unwrap().what.ends_with("by 5.0 %"));
        // A difference that is certain and does not matter.
        let first: Vec<f64> = second.iter().map(|time| time * 1.001).collect();
        assert_eq!(drift(&floor_of(&first, &second)), None);
    }

    #[test]
    fn pairs_wanted_grow_with_the_square_of_the_noise() {
        let floor = floor_of(&[1e6, 1.2e6, 1e6, 1.1e6], &[1.1e6, 1e6, 1e6, 1.2e6]);
        let wanted = |pairs, resolution| pairs_wanted(&Floor { pairs, resolution, ..floor.clone() });
        assert_eq!([wanted(230, 0.1316), wanted(230, 0.01), wanted(3, 0.02)], [40_000, 230, 12]);
    }

    #[test]
    fn no_pairs_are_no_floor() {
        assert!(floor(&times(&[], &[])).missing().unwrap().contains("too few"));
    }
}
