use proptest::prelude::*;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

use super::*;

/// The least makespan by trying every assignment.
fn by_force(times: &[f64], workers: usize) -> f64 {
    fn assign(times: &[f64], loads: &mut [f64]) -> f64 {
        let Some((time, others)) = times.split_first() else {
            return loads.iter().copied().fold(0.0, f64::max);
        };
        (0..loads.len())
            .map(|worker| {
                let before = loads[worker];
                loads[worker] += time;
                let makespan = assign(others, loads);
                loads[worker] = before;
                makespan
            })
            .fold(f64::INFINITY, f64::min)
    }
    assign(times, &mut vec![0.0; workers])
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

/// Times between 0 and 1.
fn random_times(count: usize, seed: u64) -> Vec<f64> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    (0..count).map(|_| (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64).collect()
}

/// Jobs that are equal but for a noise of one per cent.
fn nearly_equal(count: usize, seed: u64) -> Vec<f64> {
    random_times(count, seed).into_iter().map(|time| 1.0 + 0.01 * time).collect()
}

/// Bytes of the twelve arrays of RC4 in the book, in order.
fn rc4_sizes() -> Vec<f64> {
    let middle = 1_i64 << 18;
    (1..=12).rev().map(|i| (middle + middle * (i - 6) / 12) as f64).collect()
}

#[test]
fn the_bounds_of_the_books_rc4_batch() {
    // From seven workers on by a dynamic programme over all subsets, in another language.
    let expected = [1.0, 2.0, 3.0, 3.947, 5.0, 6.0, 6.522, 7.143, 7.895, 8.333, 8.333, 8.333];
    for (workers, expected) in (1..=12).zip(expected) {
        let bound = granularity_bound(&rc4_sizes(), workers);
        assert!((bound - expected).abs() < 0.0005, "{workers} workers: {bound}");
        assert!(optimum(&rc4_sizes(), workers).exact);
    }
    let in_order = 3_276_800.0 / replay(&rc4_sizes(), 4);
    assert!((in_order - 3.846).abs() < 0.0005, "{in_order}");
}

#[test]
fn the_bounds_of_a_dozen_equal_jobs() {
    for (workers, expected) in (2..=12).zip([2, 3, 4, 4, 6, 6, 6, 6, 6, 6, 12]) {
        assert!(close(granularity_bound(&[0.125; 12], workers), f64::from(expected)), "{workers}");
        let noisy = granularity_bound(&nearly_equal(12, 7), workers);
        assert!((noisy / f64::from(expected) - 1.0).abs() < 0.02, "{workers}: {noisy}");
    }
}

#[test]
fn edges() {
    assert_eq!(optimum(&[], 3), Makespan::exactly(0.0));
    assert_eq!(optimum(&[0.0; 4], 2), Makespan::exactly(0.0));
    assert_eq!(optimum(&[2.0, 5.0], 7), Makespan::exactly(5.0));
    assert_eq!(optimum(&[2.0, 5.0, 0.0], 2), Makespan::exactly(5.0));
    assert!(close(optimum(&[2.0, 5.0, 1.0], 1).seconds, 8.0));
    assert_eq!((replay(&[], 3).to_bits(), replay(&[1.0, 4.0], 9).to_bits()), (0, 4.0_f64.to_bits()));
    assert!(close(granularity_bound(&[], 3), 3.0) && close(granularity_bound(&[0.0], 3), 3.0));
    let scales: Vec<f64> = (-12..12).map(|exponent| 10.0_f64.powi(exponent)).collect();
    assert_eq!(optimum(&scales, 4), Makespan::exactly(1e11));
    assert!(close(optimum(&[1e9, 1e9, 1e-9, 1e-9, 1e9], 3).seconds, 1e9));
}

#[test]
#[should_panic(expected = "needs a worker")]
fn nobody_finishes_nothing() {
    let _ = optimum(&[1.0], 0);
}

/// Two dozen jobs are solved on any number of workers though no two times are equal. Those of the
/// first kind are 1 % apart at most, those of the second are spread over the unit.
#[test]
fn two_dozen_noisy_jobs_are_solved() {
    for workers in 2..=24 {
        for seed in 0..3 {
            for times in [nearly_equal(24, seed), random_times(24, seed), nearly_equal(12, seed)] {
                let makespan = optimum(&times, workers);
                assert!(makespan.exact, "{workers} workers, seed {seed}: {makespan:?}");
                assert!(makespan.lower.to_bits() == makespan.seconds.to_bits());
            }
        }
    }
}

#[test]
fn beyond_the_limit_the_gap_is_told() {
    for (count, steps) in [(60, 10_000), (1_000, STEPS)] {
        let times: Vec<f64> = random_times(count, 3).iter().map(|time| time + 3.0).collect();
        let makespan = within(&times, 7, steps);
        assert!(!makespan.exact && makespan.lower < makespan.seconds, "{makespan:?}");
        assert!(makespan.seconds <= (4.0 / 3.0 - 1.0 / 21.0) * makespan.lower);
        assert!(makespan.lower >= times.iter().sum::<f64>() / 7.0 * (1.0 - 1e-12));
    }
}

fn batches() -> impl Strategy<Value = Vec<f64>> {
    let whole = prop::collection::vec((0..12_u32).prop_map(f64::from), 0..9);
    let noisy = prop::collection::vec(0.99..1.01_f64, 1..9);
    let scales = prop::collection::vec((-6..6_i32, 1.0..10.0_f64), 1..9)
        .prop_map(|jobs| jobs.into_iter().map(|(exponent, time)| time * 10.0_f64.powi(exponent)).collect());
    prop_oneof![whole, noisy, scales, prop::collection::vec(0.0..1.0_f64, 1..9)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn it_is_the_optimum(times in batches(), workers in 1..5_usize) {
        let makespan = optimum(&times, workers);
        prop_assert!(makespan.exact);
        prop_assert!(close(makespan.seconds, by_force(&times, workers)), "{makespan:?}");
    }

    #[test]
    fn a_search_that_is_cut_short_still_brackets_the_optimum(
        times in batches(),
        workers in 1..5_usize,
        steps in 0..40_u64,
    ) {
        let (makespan, best) = (within(&times, workers, steps), by_force(&times, workers));
        prop_assert!(makespan.lower <= best * (1.0 + 1e-9) && best <= makespan.seconds * (1.0 + 1e-9));
        prop_assert!(!makespan.exact || close(makespan.seconds, best));
    }

    #[test]
    fn no_scheduler_beats_it_and_longest_first_comes_close(
        mut times in prop::collection::vec(0.0..1.0_f64, 1..20),
        workers in 1..8_usize,
    ) {
        let makespan = optimum(&times, workers);
        let slack = 1.0 + 1e-9;
        prop_assert!(makespan.lower <= makespan.seconds);
        prop_assert!(makespan.seconds <= replay(&times, workers) * slack);
        times.sort_by(|a, b| b.total_cmp(a));
        let longest_first = replay(&times, workers);
        prop_assert!(makespan.seconds <= longest_first * slack);
        let graham = 4.0 / 3.0 - 1.0 / (3.0 * workers as f64);
        prop_assert!(longest_first <= graham * makespan.seconds * slack);
        prop_assert!(granularity_bound(&times, workers) <= workers as f64 * slack);
    }
}
