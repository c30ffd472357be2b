//! Laws of scaling.

use serde::Serialize;

use crate::stats::Quantity;

/// A point of a fitted curve with its 95 % band.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Number of workers, not only whole ones.
    pub workers: f64,
    /// Speedup of the fit.
    pub speedup: f64,
    /// Lower end of the band.
    pub low: f64,
    /// Upper end of the band.
    pub high: f64,
}

/// Amdahl's law as fitted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Amdahl {
    /// Speedup of one worker.
    pub lambda: Quantity,
    /// Serial fraction.
    pub sigma: Quantity,
    /// The fit from 1 to the most workers used.
    pub curve: Vec<CurvePoint>,
}

/// The universal scalability law as fitted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Usl {
    /// Speedup of one worker.
    pub lambda: Quantity,
    /// Contention.
    pub sigma: Quantity,
    /// Coherency.
    pub kappa: Quantity,
    /// Number of workers of the greatest speedup.
    pub peak: Option<f64>,
    /// The fit from 1 to the most workers used.
    pub curve: Vec<CurvePoint>,
}

/// Stand-in.
#[derive(Debug, Clone)]
pub struct Refusal(pub String);
/// Stand-in.
pub struct Points {
    /// s
    pub workers: Vec<usize>,
    /// s
    pub reference: Vec<f64>,
    /// s
    pub times: Vec<Vec<f64>>,
    /// s
    pub cpus: Option<usize>,
}
/// Stand-in.
pub fn amdahl(_: &Points) -> Result<Amdahl, Refusal> {
    Err(Refusal("no".to_string()))
}
/// Stand-in.
pub fn usl(_: &Points) -> Result<Usl, Refusal> {
    Err(Refusal("no".to_string()))
}
/// Stand-in.
pub fn cost(_: &[(usize, Quantity)]) -> Option<usize> {
    None
}
