//! The normal distribution and Student's, from `statrs`, at the one level that this crate reports.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// Share of the distribution below the upper end of a two-sided 95 % interval.
const UPPER: f64 = 0.975;

/// Degrees of freedom from which Student's quantile is taken from its expansion about the normal one,
/// which is then good to eight digits, while the inversion of the beta function loses some.
const EXPANDED_FROM: f64 = 1e4;

/// Share of the standard normal distribution below `z`.
pub(super) fn normal_cdf(z: f64) -> f64 {
    Normal::standard().cdf(z)
}

/// The value that has the given share of the standard normal distribution below it.
pub(super) fn normal_quantile(share: f64) -> f64 {
    Normal::standard().inverse_cdf(share)
}

/// How many standard errors a 95 % interval of a mean reaches to either side: the 0.975 quantile of
/// Student's distribution. The degrees of freedom need not be whole, but above zero.
pub(crate) fn student_95(freedom: f64) -> f64 {
    match StudentsT::new(0.0, 1.0, freedom) {
        Ok(student) if freedom < EXPANDED_FROM => student.inverse_cdf(UPPER),
        _ => {
            // Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5.
            let z = normal_quantile(UPPER);
            z + (z.powi(3) + z) / (4.0 * freedom)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.2, column 0.975; for one and
    /// two degrees of freedom the closed forms tan(0.475 π) and 0.95 √2 / √(1 − 0.95²).
    #[test]
    fn student_as_published() {
        let table = [
            (3.0, 3.182),
            (4.0, 2.776),
            (5.0, 2.571),
            (9.0, 2.262),
            (10.0, 2.228),
            (19.0, 2.093),
            (29.0, 2.045),
            (39.0, 2.023),
            (100.0, 1.984),
        ];
        for (freedom, published) in table {
            assert!((student_95(freedom) - published).abs() <= 0.0005, "{freedom}: {}", student_95(freedom));
        }
        assert!((student_95(1.0) - (0.475 * std::f64::consts::PI).tan()).abs() < 1e-8);
        assert!((student_95(2.0) - 0.95 * (2.0_f64 / (1.0 - 0.95 * 0.95)).sqrt()).abs() < 1e-8);
    }

    #[test]
    fn more_freedom_never_widens() {
        let freedoms: Vec<f64> = (0..100).map(|step| 1.26_f64.powi(step)).collect();
        for pair in freedoms.windows(2) {
            assert!(student_95(pair[1]) <= student_95(pair[0]) + 1e-7, "{pair:?}");
        }
        assert!((student_95(1e12) - 1.959_963_985).abs() < 1e-8);
        assert!((student_95(0.999_999 * EXPANDED_FROM) - student_95(EXPANDED_FROM)).abs() < 1e-7);
    }

    /// Abramowitz and Stegun, table 26.1, to ten decimals.
    #[test]
    fn normal_as_published() {
        for (z, share) in [(0.0, 0.5), (1.0, 0.841_344_746_1), (2.0, 0.977_249_868_1), (3.0, 0.998_650_102_0)]
        {
            assert!((normal_cdf(z) - share).abs() < 1e-10);
            assert!((normal_cdf(-z) - (1.0 - share)).abs() < 1e-10);
            assert!((normal_quantile(normal_cdf(z)) - z).abs() < 1e-9);
        }
    }
}
