//! Stand-in.
use super::{Interval, Quantity};
/// Stand-in.
#[must_use]
pub fn rounds(
    count: usize,
    statistics: usize,
    evaluate: impl Fn(&[f64], &mut [f64]),
) -> Vec<Option<Interval>> {
    let mut out = vec![0.0; statistics];
    evaluate(&vec![1.0; count], &mut out);
    out.into_iter().map(|value| Some(Interval { low: value * 0.99, high: value * 1.01 })).collect()
}
/// Stand-in.
#[must_use]
pub fn ratio_of_means(numerators: &[f64], denominators: &[f64]) -> Option<Quantity> {
    let (above, below) = (numerators.iter().sum::<f64>(), denominators.iter().sum::<f64>());
    (below > 0.0).then(|| {
        let value = above / below;
        Quantity { value, interval: Some(Interval { low: value * 0.99, high: value * 1.01 }) }
    })
}
/// Stand-in.
#[must_use]
pub fn ratio_of_independent_means(a: &[f64], b: &[f64]) -> Option<Quantity> {
    let (above, below) = (a.iter().sum::<f64>() / a.len() as f64, b.iter().sum::<f64>() / b.len() as f64);
    (below > 0.0).then(|| Quantity { value: above / below, interval: None })
}
