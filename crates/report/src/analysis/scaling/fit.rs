//! Least squares with coefficients that may not be negative, solved exactly.
//!
//! The law X(N) = λN / (1 + σ(N − 1) + κN(N − 1)) is linear once turned around: N/X(N) = a + b(N − 1) +
//! cN(N − 1) with a = 1/λ, b = σ/λ, c = κ/λ. The squares of the relative errors of N/X(N) are summed, so
//! that each number of workers counts the same. With two constraints, b and c ≥ 0, there are but four
//! sets of coefficients that can be zero; the problem is convex, so that the best of the solutions
//! without a negative coefficient is the solution. Nothing is iterated.

/// Which terms a law has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LawTerms {
    /// λ and σ.
    Contention,
    /// λ, σ and κ.
    ContentionAndCoherency,
}

/// A law's parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Parameters {
    pub(super) lambda: f64,
    pub(super) sigma: f64,
    pub(super) kappa: f64,
}

impl Parameters {
    /// Fits the law to speedups at numbers of workers; `None` where no law with λ > 0 fits.
    pub(super) fn fit(workers: &[f64], speedups: &[f64], terms: LawTerms) -> Option<Self> {
        let system = System::of(workers, speedups);
        let sets: &[&[usize]] = match terms {
            LawTerms::Contention => &[&[0, 1], &[0]],
            LawTerms::ContentionAndCoherency => &[&[0, 1, 2], &[0, 1], &[0, 2], &[0]],
        };
        let solutions = sets.iter().filter_map(|set| system.solve(set));
        let feasible =
            solutions.filter(|(solution, _)| solution.iter().all(|&coefficient| coefficient >= 0.0));
        let (solution, _) = feasible.max_by(|(_, x), (_, y)| x.total_cmp(y))?;
        Self::of(solution)
    }

    /// As [`Parameters::fit`], but σ and κ may be negative. That is no law, but tells how sure the data
    /// are of a parameter that the constraint holds at zero.
    pub(super) fn fit_freely(workers: &[f64], speedups: &[f64], terms: LawTerms) -> Option<Self> {
        let all: &[usize] = match terms {
            LawTerms::Contention => &[0, 1],
            LawTerms::ContentionAndCoherency => &[0, 1, 2],
        };
        Self::of(System::of(workers, speedups).solve(all)?.0)
    }

    fn of([a, b, c]: [f64; 3]) -> Option<Self> {
        let parameters = Self { lambda: 1.0 / a, sigma: b / a, kappa: c / a };
        (a > 0.0 && parameters.lambda.is_finite()).then_some(parameters)
    }

    /// The law's speedup with that many workers.
    pub(super) fn speedup(&self, workers: f64) -> f64 {
        let others = workers - 1.0;
        self.lambda * workers / (1.0 + self.sigma * others + self.kappa * workers * others)
    }

    /// One over the number of workers with the highest speedup: √(κ/(1 − σ)), at most 1; zero if the
    /// speedup never falls. Unlike the number itself it is always finite.
    pub(super) fn inverse_peak(&self) -> f64 {
        if self.kappa == 0.0 {
            0.0
        } else if self.sigma < 1.0 {
            (self.kappa / (1.0 - self.sigma)).sqrt().min(1.0)
        } else {
            1.0
        }
    }

    /// Root of the mean square of the relative errors of N/X(N).
    pub(super) fn residual_rms(&self, workers: &[f64], speedups: &[f64]) -> f64 {
        let squares = workers.iter().zip(speedups).map(|(&n, x)| (x / self.speedup(n) - 1.0).powi(2));
        (squares.sum::<f64>() / workers.len() as f64).sqrt()
    }
}

/// The normal equations.
struct System {
    products: [[f64; 3]; 3],
    right: [f64; 3],
}

impl System {
    fn of(workers: &[f64], speedups: &[f64]) -> Self {
        let mut system = Self { products: [[0.0; 3]; 3], right: [0.0; 3] };
        for (&n, &speedup) in workers.iter().zip(speedups) {
            // Each row is divided by its N/X(N): relative errors.
            let weight = speedup / n;
            let row = [weight, weight * (n - 1.0), weight * n * (n - 1.0)];
            for i in 0..3 {
                for j in 0..3 {
                    system.products[i][j] += row[i] * row[j];
                }
                system.right[i] += row[i];
            }
        }
        system
    }

    /// The solution in which only these coefficients are not zero, and by how much it reduces the sum
    /// of squares; `None` where the equations do not determine it.
    ///
    /// By Cholesky's factors of the equations scaled to a unit diagonal.
    fn solve(&self, set: &[usize]) -> Option<([f64; 3], f64)> {
        let scale = |i: usize| self.products[set[i]][set[i]].sqrt();
        let (mut factor, mut forward) = ([[0.0; 3]; 3], [0.0; 3]);
        for i in 0..set.len() {
            for j in 0..=i {
                let known: f64 = (0..j).map(|k| factor[i][k] * factor[j][k]).sum();
                let product = self.products[set[i]][set[j]] / (scale(i) * scale(j)) - known;
                factor[i][j] = if i == j { product.sqrt() } else { product / factor[j][j] };
            }
            // Columns that differ by rounding only leave nothing here, or less.
            if factor[i][i].is_nan() || factor[i][i] < 1e-7 {
                return None;
            }
            let known: f64 = (0..i).map(|k| factor[i][k] * forward[k]).sum();
            forward[i] = (self.right[set[i]] / scale(i) - known) / factor[i][i];
        }
        let mut solution = [0.0; 3];
        for i in (0..set.len()).rev() {
            let known: f64 = (i + 1..set.len()).map(|k| factor[k][i] * solution[set[k]] * scale(k)).sum();
            solution[set[i]] = (forward[i] - known) / factor[i][i] / scale(i);
        }
        Some((solution, forward.iter().map(|part| part.powi(2)).sum()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WORKERS: [f64; 5] = [1.0, 2.0, 3.0, 4.0, 8.0];

    fn speedups(truth: Parameters) -> Vec<f64> {
        WORKERS.iter().map(|&n| truth.speedup(n)).collect()
    }

    #[test]
    fn coefficients_that_would_be_negative_are_zero() {
        // Better than linear: contention would be below zero.
        let fit =
            Parameters::fit(&WORKERS, &[1.0, 2.1, 3.3, 4.5, 9.5], LawTerms::ContentionAndCoherency).unwrap();
        assert_eq!((fit.sigma.to_bits(), fit.kappa.to_bits()), (0, 0));
        assert!((fit.inverse_peak()).abs() < 1e-12);
        // Only κ: what Amdahl's law takes for σ.
        let truth = Parameters { lambda: 1.0, sigma: 0.0, kappa: 0.01 };
        let usl = Parameters::fit(&WORKERS, &speedups(truth), LawTerms::ContentionAndCoherency).unwrap();
        assert!(usl.sigma < 1e-9 && (usl.kappa - 0.01).abs() < 1e-9, "{usl:?}");
        let amdahl = Parameters::fit(&WORKERS, &speedups(truth), LawTerms::Contention).unwrap();
        assert!(amdahl.sigma > 0.01 && amdahl.kappa.to_bits() == 0, "{amdahl:?}");
    }

    #[test]
    fn the_free_fit_is_the_law_where_no_coefficient_is_negative() {
        let inner = speedups(Parameters { lambda: 0.9, sigma: 0.1, kappa: 0.01 });
        let outer = speedups(Parameters { lambda: 0.9, sigma: -0.01, kappa: 0.001 });
        let fits = |data: &[f64]| {
            let terms = LawTerms::ContentionAndCoherency;
            (
                Parameters::fit(&WORKERS, data, terms).unwrap(),
                Parameters::fit_freely(&WORKERS, data, terms).unwrap(),
            )
        };
        assert_eq!(fits(&inner).0, fits(&inner).1);
        let (law, free) = fits(&outer);
        assert!(law.sigma.abs() < 1e-12 && (free.sigma + 0.01).abs() < 1e-9, "{law:?} {free:?}");
    }

    #[test]
    fn too_few_points_determine_nothing() {
        assert_eq!(System::of(&[1.0, 2.0], &[1.0, 1.8]).solve(&[0, 1, 2]), None);
        assert_eq!(System::of(&[2.0, 2.0, 2.0], &[1.0, 1.1, 1.2]).solve(&[0, 1]), None);
        assert_eq!(Parameters::fit(&[], &[], LawTerms::Contention), None);
    }

    fn sum_of_squares(p: &Parameters, speedups: &[f64]) -> f64 {
        p.residual_rms(&WORKERS, speedups).powi(2)
    }

    proptest! {
        #[test]
        fn exact_data_give_the_truth(lambda in 0.1..2.0_f64, sigma in 0.0..0.9_f64, kappa in 0.0..0.1_f64) {
            let truth = Parameters { lambda, sigma, kappa };
            let fit = Parameters::fit(&WORKERS, &speedups(truth), LawTerms::ContentionAndCoherency).unwrap();
            prop_assert!((fit.lambda - lambda).abs() < 1e-8 && (fit.sigma - sigma).abs() < 1e-8);
            prop_assert!((fit.kappa - kappa).abs() < 1e-8);
        }

        #[test]
        fn no_neighbour_fits_better(noise in prop::array::uniform5(0.7..1.3_f64), turn in 0..6_usize) {
            let data: Vec<f64> = WORKERS.iter().zip(noise).map(|(n, noise)| n.powf(0.8) * noise).collect();
            let fit = Parameters::fit(&WORKERS, &data, LawTerms::ContentionAndCoherency).unwrap();
            prop_assert!(fit.lambda > 0.0 && fit.sigma >= 0.0 && fit.kappa >= 0.0);
            let step = if turn % 2 == 0 { 1e-3 } else { -1e-3 };
            let mut other = fit;
            match turn / 2 {
                0 => other.lambda *= 1.0 + step,
                1 => other.sigma = (other.sigma + step).max(0.0),
                _ => other.kappa = (other.kappa + step).max(0.0),
            }
            prop_assert!(sum_of_squares(&fit, &data) <= sum_of_squares(&other, &data) + 1e-12);
        }
    }
}
