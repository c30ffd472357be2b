//! Stand-in.
/// Stand-in.
pub struct Makespan {
    /// s
    pub seconds: f64,
    /// s
    pub lower: f64,
    /// s
    pub exact: bool,
}
/// Stand-in.
#[must_use]
pub fn optimum(times: &[f64], workers: usize) -> Makespan {
    let mut sorted = times.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let seconds = replay(&sorted, workers);
    Makespan { seconds, lower: seconds, exact: true }
}
/// Stand-in.
#[must_use]
pub fn replay(times: &[f64], workers: usize) -> f64 {
    let mut lanes = vec![0.0_f64; workers];
    for time in times {
        let least = (0..workers).min_by(|&a, &b| lanes[a].total_cmp(&lanes[b])).unwrap_or(0);
        lanes[least] += time;
    }
    lanes.into_iter().fold(0.0, f64::max)
}
