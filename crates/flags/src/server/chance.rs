//! Chance without a generator: a pure function of a seed, a path and an attempt.
//!
//! So a run reproduces whatever the order in which its requests come, and however many come at the same time.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// What chance has in store for one attempt at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chance(u64);

/// Decisions that are independent of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    Fault,
    Status,
    Delay,
}

impl Chance {
    /// That of this attempt; the first is 1.
    #[must_use]
    pub fn of(seed: u64, path: &str, attempt: u32) -> Self {
        Self(xxh3_64_with_seed(path.as_bytes(), xxh3_64_with_seed(&attempt.to_le_bytes(), seed)))
    }

    /// A number from 0 to below 1 by which to decide a question.
    pub(super) fn draw(self, question: Question) -> f64 {
        let bits = xxh3_64_with_seed(&[question as u8], self.0) >> 11;
        bits as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_path_attempt_and_question_each_matter_and_nothing_else_does() {
        let draw = |seed, path, attempt| Chance::of(seed, path, attempt).draw(Question::Fault);
        let one = draw(1, "/flags/br/br.gif", 1);
        assert!(one.to_bits() == draw(1, "/flags/br/br.gif", 1).to_bits());
        for other in
            [draw(2, "/flags/br/br.gif", 1), draw(1, "/flags/cn/cn.gif", 1), draw(1, "/flags/br/br.gif", 2)]
        {
            assert!(one.to_bits() != other.to_bits());
        }
        assert!(one.to_bits() != Chance::of(1, "/flags/br/br.gif", 1).draw(Question::Delay).to_bits());
    }

    #[test]
    fn draws_spread_evenly() {
        let mut tenths = [0; 10];
        for attempt in 0..10_000 {
            tenths[(Chance::of(17, "/flags/br/br.gif", attempt).draw(Question::Fault) * 10.0) as usize] += 1;
        }
        assert!(tenths.iter().all(|count| (850..1150).contains(count)), "{tenths:?}");
    }
}
