//! Whether a core had a busy neighbour, from how many operations it took in a cycle.

/// Share of the greatest width from which a core is taken to be undisturbed.
const QUIET_FROM: f64 = 0.8;

/// Share of the greatest width up to which it is taken to share its units with a busy neighbour: two
/// hardware threads that are both busy get about half each.
const BUSY_UP_TO: f64 = 0.65;

/// What a core was like around a measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Wide before and after.
    Quiet,
    /// Narrow before and after.
    Busy,
    /// Neither, or one before and the other after.
    Mixed,
    /// It could not be looked at.
    Unknown,
}

impl State {
    /// The state between two probes, set against the widest that the core is known to be.
    #[must_use]
    pub fn of(widths: Option<(f64, f64)>, widest: f64) -> Self {
        let Some((before, after)) = widths else { return Self::Unknown };
        if before.min(after) >= QUIET_FROM * widest {
            Self::Quiet
        } else if before.max(after) <= BUSY_UP_TO * widest {
            Self::Busy
        } else {
            Self::Mixed
        }
    }

    /// The state of a pair of measurements: that of both.
    #[must_use]
    pub fn both(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (one, other) if one == other => one,
            _ => Self::Mixed,
        }
    }

    /// The state in a word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Busy => "busy",
            Self::Mixed => "mixed",
            Self::Unknown => "unknown",
        }
    }
}

/// The greatest width among those seen, but for the few that an ill-timed interrupt has made: what
/// one in a hundred, and at least two besides, reach or exceed.
#[must_use]
pub fn widest(widths: &[f64]) -> Option<f64> {
    let mut sorted = widths.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    sorted.get((widths.len() / 100).max(2).min(widths.len().checked_sub(1)?)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_that_before_and_after() {
        let of = |before, after| State::of(Some((before, after)), 4.0);
        assert_eq!((of(4.0, 3.2), of(2.0, 2.6)), (State::Quiet, State::Busy));
        assert_eq!((of(4.0, 2.0), of(2.0, 4.0), of(3.0, 3.0)), (State::Mixed, State::Mixed, State::Mixed));
        assert_eq!(State::of(None, 4.0), State::Unknown);
    }

    #[test]
    fn a_pair_is_quiet_or_busy_where_both_are() {
        assert_eq!(State::Quiet.both(State::Quiet), State::Quiet);
        assert_eq!(State::Quiet.both(State::Busy), State::Mixed);
        assert_eq!(State::Unknown.both(State::Busy), State::Unknown);
    }

    #[test]
    fn one_wild_probe_does_not_make_all_others_narrow() {
        assert_eq!(widest(&[]), None);
        assert_eq!(widest(&[4.0]), Some(4.0));
        assert_eq!(widest(&[4.0, 9.0, 3.9, 3.8]), Some(3.9));
        let mut widths = vec![2.0; 390];
        widths.extend([4.0; 10]);
        assert_eq!(widest(&widths), Some(4.0));
    }
}
