//! Resamples of rounds as weights: how often each round is drawn, or left out.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// Draws `count` indices below `count`, each as likely as any other to about one in 2³² / count.
pub(super) fn draw(count: usize, random: &mut Xoshiro256PlusPlus, mut take: impl FnMut(usize)) {
    let scaled = |bits: u64| (((bits & 0xFFFF_FFFF) * count as u64) >> 32) as usize;
    for _ in 0..count / 2 {
        let bits = random.next_u64();
        take(scaled(bits));
        take(scaled(bits >> 32));
    }
    if count % 2 == 1 {
        take(scaled(random.next_u64()));
    }
}

/// The values of all statistics in all resamples, statistic by statistic.
pub(super) struct Resamples {
    values: Vec<f64>,
    resamples: usize,
}

impl Resamples {
    pub(super) fn draw(
        seed: u64,
        resamples: usize,
        count: usize,
        statistics: usize,
        evaluate: &impl Fn(&[f64], &mut [f64]),
    ) -> Self {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let mut values = vec![0.0; resamples * statistics];
        let (mut weights, mut row) = (vec![0.0; count], vec![0.0; statistics]);
        for resample in 0..resamples {
            weights.fill(0.0);
            draw(count, &mut random, |index| weights[index] += 1.0);
            evaluate(&weights, &mut row);
            for (statistic, value) in row.iter().enumerate() {
                values[statistic * resamples + resample] = *value;
            }
        }
        Self { values, resamples }
    }

    pub(super) fn of(&mut self, statistic: usize) -> &mut [f64] {
        &mut self.values[statistic * self.resamples..][..self.resamples]
    }
}

/// The values of all statistics over all rounds, and without each of them.
pub(super) struct Jackknife {
    /// The values over all rounds.
    pub(super) estimates: Vec<f64>,
    without: Vec<Vec<f64>>,
}

impl Jackknife {
    pub(super) fn of(count: usize, statistics: usize, evaluate: &impl Fn(&[f64], &mut [f64])) -> Self {
        let mut estimates = vec![0.0; statistics];
        evaluate(&vec![1.0; count], &mut estimates);
        let share = count as f64 / (count as f64 - 1.0);
        let without = (0..count)
            .map(|left_out| {
                let weights: Vec<f64> =
                    (0..count).map(|round| if round == left_out { 0.0 } else { share }).collect();
                let mut row = vec![0.0; statistics];
                evaluate(&weights, &mut row);
                row
            })
            .collect();
        Self { estimates, without }
    }

    /// How much less the statistic is without each round than on average without one.
    pub(super) fn contributions(&self, statistic: usize) -> Vec<f64> {
        let mean = self.without.iter().map(|row| row[statistic]).sum::<f64>() / self.without.len() as f64;
        self.without.iter().map(|row| mean - row[statistic]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_index_is_drawn_as_often_as_any_other() {
        for count in [2, 5, 30] {
            let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
            let mut drawn = vec![0_u32; count];
            for _ in 0..20_000 {
                draw(count, &mut random, |index| drawn[index] += 1);
            }
            // Five standard deviations of a binomial count with this mean.
            assert!(
                drawn.iter().all(|&times| (f64::from(times) - 2e4).abs() < 5.0 * 2e4_f64.sqrt()),
                "{drawn:?}"
            );
        }
    }

    #[test]
    fn leaving_out_a_round_of_a_mean_leaves_the_mean_of_the_others() {
        let values = [1.0, 2.0, 6.0];
        let evaluate = |weights: &[f64], row: &mut [f64]| {
            row[0] = values.iter().zip(weights).map(|(value, weight)| value * weight).sum::<f64>() / 3.0;
        };
        let jackknife = Jackknife::of(3, 1, &evaluate);
        assert!((jackknife.estimates[0] - 3.0).abs() < 1e-12);
        let expected = [3.0 - 4.0, 3.0 - 3.5, 3.0 - 1.5];
        for (contribution, expected) in jackknife.contributions(0).into_iter().zip(expected) {
            assert!((contribution - expected).abs() < 1e-12);
        }
    }
}
