//! The points that a law is fitted to: what counts of a run, and whether it is enough.

use super::{Points, Refusal};

/// Fewest numbers of workers from which a law is fitted: one more than it has parameters, so that the
/// fit can be wrong.
const FEWEST_POINTS: usize = 4;

/// The points that count, checked.
pub(super) struct FitData<'a> {
    pub(super) law: &'static str,
    pub(super) reference: &'a [f64],
    pub(super) workers: Vec<usize>,
    times: Vec<&'a [f64]>,
}

impl<'a> FitData<'a> {
    pub(super) fn of(points: &'a Points, law: &'static str) -> Result<Self, Refusal> {
        let within = |workers: usize| workers > 0 && points.cpus.is_none_or(|cpus| workers <= cpus);
        let (workers, times): (Vec<usize>, Vec<&[f64]>) = (points.workers.iter().zip(&points.times))
            .filter(|&(&workers, _)| within(workers))
            .map(|(&workers, times)| (workers, times.as_slice()))
            .unzip();
        let data = Self { law, reference: &points.reference, workers, times };
        data.check_points(points.cpus)?;
        data.check_rounds()?;
        Ok(data)
    }

    fn check_points(&self, cpus: Option<usize>) -> Result<(), Refusal> {
        let mut distinct = self.workers.clone();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() >= FEWEST_POINTS {
            return Ok(());
        }
        let numbers: Vec<String> = distinct.iter().map(ToString::to_string).collect();
        let has = if numbers.is_empty() { "none".into() } else { numbers.join(", ") };
        let (within, advice) = match cpus {
            Some(cpus) if cpus < FEWEST_POINTS => (
                format!(" up to the {cpus} CPUs here"),
                format!("use a machine with {FEWEST_POINTS} CPUs or more"),
            ),
            Some(cpus) => {
                (format!(" up to the {cpus} CPUs here"), format!("run it with --workers 1..{cpus}"))
            }
            None => (String::new(), format!("run it with --workers 1..{FEWEST_POINTS} or more")),
        };
        Err(Refusal(format!(
            "{} needs {FEWEST_POINTS} or more numbers of workers{within}; this run has {has}: {advice}.",
            capitalised(self.law),
        )))
    }

    fn check_rounds(&self) -> Result<(), Refusal> {
        let rounds = self.reference.len();
        let law = capitalised(self.law);
        if self.times.iter().any(|times| times.len() != rounds) {
            return Err(Refusal(format!(
                "{law} needs whole rounds, and some cases have other rounds than the serial baseline: \
                 run it to the end of a round."
            )));
        }
        if rounds < 2 {
            return Err(Refusal(format!(
                "{law} needs 2 rounds or more for intervals; this run has {rounds}: \
                 run it with 5 or more."
            )));
        }
        let mut times = self.times.iter().copied().chain([self.reference]).flatten();
        if times.any(|&time| !time.is_finite() || time <= 0.0) {
            return Err(Refusal(format!("{law} needs times above zero: run it again with longer jobs.")));
        }
        Ok(())
    }

    /// The speedups with these weights of the rounds: ratios of mean times.
    pub(super) fn speedups(&self, weights: &[f64]) -> Vec<f64> {
        let total =
            |times: &[f64]| times.iter().zip(weights).map(|(time, weight)| time * weight).sum::<f64>();
        let reference = total(self.reference);
        self.times.iter().map(|times| reference / total(times)).collect()
    }
}

fn capitalised(words: &str) -> String {
    let mut rest = words.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}
