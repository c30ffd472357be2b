use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

use super::data::FitData;
use super::fit::{LawTerms, Parameters};
use super::*;

/// Times of a machine that follows a law exactly but for noise of a per cent or so, part of it common
/// to all cases of a round.
struct Nature {
    random: Xoshiro256PlusPlus,
    noise: f64,
}

impl Nature {
    fn new(noise: f64) -> Self {
        Self { random: Xoshiro256PlusPlus::seed_from_u64(1967), noise }
    }

    /// Near to normal: the sum of twelve uniform values has a standard deviation of 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| (self.random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64).sum::<f64>() - 6.0
    }

    fn points(&mut self, truth: Parameters, workers: &[usize], rounds: usize) -> Points {
        let mut points = Points {
            workers: workers.to_vec(),
            reference: Vec::new(),
            times: vec![Vec::new(); workers.len()],
            cpus: None,
        };
        for _ in 0..rounds {
            let common = 10.0 * (1.0 + 0.02 * self.normal());
            points.reference.push(common * (1.0 + self.noise * self.normal()));
            for (times, &n) in points.times.iter_mut().zip(workers) {
                times.push(common / truth.speedup(n as f64) * (1.0 + self.noise * self.normal()));
            }
        }
        points
    }
}

const TRUTH: Parameters = Parameters { lambda: 0.98, sigma: 0.05, kappa: 0.004 };
const WORKERS: [usize; 6] = [1, 2, 4, 6, 8, 12];

#[test]
fn the_universal_law_is_recovered() {
    let points = Nature::new(0.01).points(TRUTH, &WORKERS, 30);
    let law = usl(&points).unwrap();
    for (found, truth) in [(law.lambda, TRUTH.lambda), (law.sigma, TRUTH.sigma), (law.kappa, TRUTH.kappa)] {
        let interval = found.interval.unwrap();
        assert!(interval.contains(truth) && interval.contains(found.value), "{truth}: {found:?}");
        assert!(interval.width() < 0.5 * truth, "{truth}: {found:?}");
    }
    let peak = (0.95_f64 / 0.004).sqrt();
    assert!((law.peak.unwrap() / peak - 1.0).abs() < 0.05 && law.peak_interval.unwrap().contains(peak));
    assert!(law.residual_rms < 0.01 && law.workers == WORKERS);
    assert_eq!(law.curve.len(), 64);
    assert!((law.curve[0].workers - 1.0).abs() < 1e-12 && (law.curve[63].workers - 12.0).abs() < 1e-12);
    for point in &law.curve {
        assert!(point.low <= point.speedup && point.speedup <= point.high, "{point:?}");
        assert!((point.speedup / TRUTH.speedup(point.workers) - 1.0).abs() < 0.02, "{point:?}");
    }
}

#[test]
fn amdahls_law_is_recovered() {
    let truth = Parameters { kappa: 0.0, ..TRUTH };
    let points = Nature::new(0.01).points(truth, &WORKERS, 30);
    let law = amdahl(&points).unwrap();
    assert!(law.serial_fraction.interval.unwrap().contains(0.05), "{:?}", law.serial_fraction);
    assert!((law.serial_fraction.value - 0.05).abs() < 0.004 && law.curve.len() == 64);
    // The wider law finds hardly any cost of pairs and cannot exclude that there is none.
    let law = usl(&points).unwrap();
    assert!(law.kappa.interval.unwrap().low.abs() < 1e-12 && law.kappa.value < 0.001, "{:?}", law.kappa);
    assert_eq!(law.peak_interval, None);
}

/// The share of 300 studies whose interval covers the truth, for each of two parameters.
fn coverage(truth: Parameters, terms: LawTerms, rounds: usize) -> [f64; 2] {
    let mut nature = Nature::new(0.01);
    let mut covered = [0; 2];
    for _ in 0..300 {
        let points = nature.points(truth, &WORKERS, rounds);
        let law = FitData::of(&points, "a law").unwrap().fit(terms, 1_000, 0).unwrap();
        covered[0] += u32::from(law.sigma.interval.unwrap().contains(truth.sigma));
        covered[1] += u32::from(law.kappa.interval.unwrap().contains(truth.kappa));
    }
    covered.map(|covered| f64::from(covered) / 300.0)
}

/// Three standard deviations of a share of 0.95 in 300 studies are 0.038.
#[test]
fn the_intervals_cover_the_truth() {
    for rounds in [5, 20] {
        let both = coverage(TRUTH, LawTerms::ContentionAndCoherency, rounds);
        assert!(both.iter().all(|share| (0.91..=0.99).contains(share)), "{rounds} rounds: {both:?}");
        let [serial, _] = coverage(Parameters { kappa: 0.0, ..TRUTH }, LawTerms::Contention, rounds);
        assert!((0.91..=0.99).contains(&serial), "{rounds} rounds: {serial}");
        // At the edge of what is allowed, intervals may only be too wide.
        let edge = coverage(Parameters { kappa: 0.0, ..TRUTH }, LawTerms::ContentionAndCoherency, rounds);
        assert!(edge.iter().all(|share| *share >= 0.91), "{rounds} rounds: {edge:?}");
    }
}

fn refused(points: &Points) -> String {
    let Refusal(sentence) = usl(points).unwrap_err();
    assert!(amdahl(points).is_err(), "{sentence}");
    assert!(sentence.ends_with('.') && sentence.matches(". ").count() == 0, "one sentence: {sentence}");
    sentence
}

#[test]
fn too_few_numbers_of_workers_are_refused() {
    let mut points = Nature::new(0.01).points(TRUTH, &[1, 2, 3, 4, 4, 8], 5);
    assert!(usl(&points).is_ok());
    points.cpus = Some(4);
    assert_eq!(usl(&points).unwrap().workers, [1, 2, 3, 4, 4]);
    points.cpus = Some(2);
    assert_eq!(
        refused(&points),
        "The universal scalability law needs 4 or more numbers of workers up to the 2 CPUs here; \
         this run has 1, 2: use a machine with 4 CPUs or more."
    );
    points.workers = vec![1, 2, 2, 4, 4, 16];
    points.cpus = Some(8);
    assert!(refused(&points).contains("this run has 1, 2, 4: run it with --workers 1..8."));
    points.cpus = None;
    points.workers = vec![0; 6];
    assert!(refused(&points).contains("this run has none"));
}

#[test]
fn rounds_that_do_not_do_are_refused() {
    let mut points = Nature::new(0.01).points(TRUTH, &WORKERS, 3);
    points.times[2].pop();
    assert!(refused(&points).contains("other rounds than the serial baseline"));
    points.times.iter_mut().for_each(|times| times.truncate(1));
    points.reference.truncate(1);
    assert!(refused(&points).contains("this run has 1"));
    points = Nature::new(0.01).points(TRUTH, &WORKERS, 3);
    points.times[5][1] = 0.0;
    assert!(refused(&points).contains("above zero"));
}

#[test]
fn times_that_tell_nothing_are_refused() {
    let mut nature = Nature::new(0.2);
    let mut reasons = [0; 2];
    for _ in 0..20 {
        let noisy = nature.points(TRUTH, &[1, 2, 3, 4], 3);
        let Err(Refusal(sentence)) = usl(&noisy) else { continue };
        assert!(
            sentence.contains("cannot be told") && sentence.ends_with("on a quiet machine."),
            "{sentence}"
        );
        reasons[0] += u32::from(sentence.contains("a serial fraction σ of anything from 0.00 to"));
        reasons[1] += u32::from(sentence.contains("a speedup λ of one worker of anything from"));
    }
    // Noise sometimes looks like a clear law.
    assert!(reasons.iter().all(|&times| times > 0) && reasons[0] + reasons[1] > 15, "{reasons:?}");
    let calm = Nature::new(0.002).points(TRUTH, &[1, 2, 3, 4], 3);
    assert!(usl(&calm).is_ok() && amdahl(&calm).is_ok());
}

#[test]
fn karp_and_flatt_invert_amdahl() {
    for (workers, truth) in [(2, 0.0), (4, 0.1), (64, 1.0)] {
        let law = Parameters { lambda: 1.0, sigma: truth, kappa: 0.0 };
        let fraction = karp_flatt(law.speedup(f64::from(workers)), workers as usize).unwrap();
        assert!((fraction - truth).abs() < 1e-12, "{fraction}");
    }
    assert!(karp_flatt(2.2, 2).unwrap() < 0.0);
    assert_eq!((karp_flatt(1.0, 1), karp_flatt(1.0, 0), karp_flatt(0.0, 2)), (None, None, None));
    assert_eq!(karp_flatt(f64::NAN, 2), None);
    let speedup = Quantity { value: 3.0, interval: Some(Interval { low: 2.5, high: 3.5 }) };
    let fraction = karp_flatt_quantity(&speedup, 4).unwrap();
    assert!(fraction.interval.unwrap().contains(fraction.value) && fraction.half_width().unwrap() > 0.0);
    assert_eq!(karp_flatt_quantity(&Quantity::known(3.0), 4).unwrap().interval, None);
}

#[test]
fn cost_is_the_first_that_is_surely_faster() {
    let around =
        |value: f64| Quantity { value, interval: Some(Interval { low: value - 0.1, high: value + 0.1 }) };
    let speedups = [(8, around(3.0)), (1, around(0.9)), (3, around(1.11)), (2, around(1.09))];
    assert_eq!(cost(&speedups), Some(3));
    assert_eq!(cost(&[(2, Quantity::known(1.9))]), None);
    assert_eq!(cost(&[]), None);
}
