//! Other choices at the number of workers that was measured: the account turned into advice.
//!
//! Each choice changes the parts of a sample and replays them. The measured time of each round, times the ratio of the
//! two replays, is what the choice would have taken in that round; so what the replay leaves out is in both.

use std::collections::BTreeMap;

use super::evidence::{self, Evidence, Known};
use super::model::{Advice, Choice, Gain, WORTH_SAYING};
use super::parts::{Parts, Terms, seconds};
use super::replay::{Job, Start};
use crate::analysis::rounds::{Paired, Rounds};
use crate::analysis::{LEAST_ROUNDS, WorkloadColumn};
use crate::record::{PoolMode, RunRecord, TaskSpan};
use crate::stats::{Quantity, Summary, bootstrap};

/// Jobs that a worker may get at a time.
const CHUNKS: [usize; 4] = [2, 4, 8, 16];

/// Executors whose workers are what the other's are not.
const KINDS: [(&str, &str, Choice); 2] =
    [("threads", "processes", Choice::Processes), ("processes", "threads", Choice::Threads)];

/// A round taken apart, with its times in seconds.
struct Round {
    serial: f64,
    wall: f64,
    parts: Parts,
    /// By a job's place in the batch: its time in the run queue, if known, and its CPU time beyond the serial time.
    of_job: BTreeMap<usize, (Option<f64>, f64)>,
}

/// A case with what its parts are made of.
struct Of<'a> {
    terms: &'a Terms,
    pool: PoolMode,
    workers: usize,
    speedup: Quantity,
    pairs: &'a [Paired<'a>],
}

/// Every choice, the largest gain first, then those that cannot be told; none for a single worker.
pub(super) fn advice(evidence: &Evidence<'_>, all: &[Evidence<'_>]) -> Vec<Advice> {
    let counts: Vec<usize> = evidence.cases.keys().copied().collect();
    let Some(workers) = evidence.base(&counts).filter(|&workers| workers > 1) else { return Vec::new() };
    let Some(known) = evidence.cases.get(&workers) else { return Vec::new() };
    let of = Of {
        terms: &evidence.terms,
        pool: evidence.pool,
        workers,
        speedup: known.speedup,
        pairs: &known.pairs,
    };
    let rounds = of.rounds();
    if rounds.is_empty() {
        return Vec::new();
    }
    let choices = of.choices(&rounds);
    let replayed = choices.into_iter().filter_map(|choice| Some((choice, of.outcome(choice, &rounds)?)));
    let mut told = only_best_chunks(replayed.collect());
    told.extend(other_kind(evidence, all, known, workers));
    let advice = |(choice, outcome)| Advice { choice, workers, outcome };
    let mut advice: Vec<Advice> = told.into_iter().map(advice).collect();
    advice.sort_by(|one, other| value(&other.outcome).total_cmp(&value(&one.outcome)));
    advice
}

/// The choice at hand that would gain most in a case, where that is sure and worth saying. What was measured anyway,
/// as another executor, is none.
pub(in crate::analysis) fn suggestion(
    record: &RunRecord,
    rounds: &Rounds<'_>,
    column: &WorkloadColumn,
    (executor, workers, speedup): (&str, usize, Quantity),
) -> Option<Advice> {
    let case = rounds.case(&column.name, executor, workers).filter(|_| workers > 1)?;
    let terms = evidence::terms(record, column.waits.is_some(), executor, column.ceilings_of(executor));
    let pairs = rounds.pairs(case);
    let of = Of { terms: &terms, pool: record.plan.pool, workers, speedup, pairs: &pairs };
    let rounds = of.rounds();
    if rounds.len() < LEAST_ROUNDS as usize {
        return None;
    }
    let lengths = lengths(&rounds);
    let walls: f64 = rounds.iter().map(|round| round.wall).sum();
    // An interval takes time: only the choice that seems best is asked for its own.
    let at_hand = of.choices(&rounds).into_iter().filter(|choice| choice.is_at_hand());
    let told = at_hand.filter(|choice| of.untold(*choice, &rounds).is_none());
    let gains = told.map(|choice| {
        let times: f64 = rounds.iter().map(|round| of.time(choice, round, &lengths)).sum();
        (choice, walls / times - 1.0)
    });
    let (choice, _) =
        gains.filter(|(_, gain)| *gain >= WORTH_SAYING).max_by(|one, other| one.1.total_cmp(&other.1))?;
    let advice = Advice { choice, workers, outcome: of.outcome(choice, &rounds)? };
    advice.sure_gain().is_some().then_some(advice)
}

fn value(gain: &Gain) -> f64 {
    match gain {
        Gain::Told { gain, .. } => gain.value,
        Gain::Untold { .. } => f64::NEG_INFINITY,
    }
}

impl Of<'_> {
    fn rounds(&self) -> Vec<Round> {
        self.pairs.iter().filter_map(|pair| self.round(pair)).collect()
    }

    fn round(&self, pair: &Paired<'_>) -> Option<Round> {
        let parts = Parts::of(pair.sample, self.workers, self.terms)?;
        let serial = |job: usize| {
            pair.reference.mean_of_known(|sample| {
                let task = sample.tasks.iter().find(|task| task.job == job)?;
                Some(seconds(task.end_ns.saturating_sub(task.begin_ns)))
            })
        };
        let of_job = |task: &TaskSpan| {
            let slower = serial(task.job).map_or(0.0, |serial| seconds(task.cpu_ns) - serial);
            (task.job, (task.queue_ns.map(seconds), slower))
        };
        Some(Round {
            serial: pair.reference.wall_ns() / 1e9,
            wall: seconds(pair.sample.wall_ns),
            of_job: pair.sample.tasks.iter().map(of_job).collect(),
            parts,
        })
    }

    /// The choices that are replayed.
    fn choices(&self, rounds: &[Round]) -> Vec<Choice> {
        let mut choices = vec![Choice::LongestFirst, Choice::WarmPool, Choice::HalfSpawn];
        if !self.terms.waits {
            choices.extend([Choice::SplitInTwo, Choice::NoRunQueue, Choice::NoSlowerTasks]);
        }
        let jobs = rounds.iter().map(|round| round.parts.jobs.len()).min().unwrap_or(0);
        let chunks = CHUNKS.into_iter().filter(|each| jobs >= each * self.workers);
        choices.extend(chunks.map(Choice::Chunks));
        choices
    }

    /// What a choice would give; `None` where no ratio of times is finite.
    fn outcome(&self, choice: Choice, rounds: &[Round]) -> Option<Gain> {
        if let Some(reason) = self.untold(choice, rounds) {
            return Some(Gain::Untold { reason });
        }
        let lengths = lengths(rounds);
        let times: Vec<f64> = rounds.iter().map(|round| self.time(choice, round, &lengths)).collect();
        gain(self.speedup, rounds, &times)
    }

    /// What a round would have taken with a choice.
    fn time(&self, choice: Choice, round: &Round, lengths: &BTreeMap<usize, f64>) -> f64 {
        let capacity = &self.terms.capacity;
        round.wall * with(choice, round, lengths).time(capacity) / round.parts.time(capacity)
    }

    /// Why a choice says nothing here, where that is so.
    fn untold(&self, choice: Choice, rounds: &[Round]) -> Option<String> {
        let all = |is: &dyn Fn(&Round) -> bool| rounds.iter().all(is);
        let starts = |is: fn(&Start) -> bool| all(&|round: &Round| round.parts.starts.iter().all(is));
        let reason = match choice {
            Choice::WarmPool if self.pool == PoolMode::Warm => "the pool was warm already",
            Choice::HalfSpawn if starts(|start| start.spawn <= 0.0) => "no start of a worker was measured",
            Choice::NoRunQueue if !all(&|round| round.of_job.values().all(|(queue, _)| queue.is_some())) => {
                "the system does not count run queues"
            }
            _ => return None,
        };
        Some(reason.to_string())
    }
}

/// Chunks of the size that gives most, and no other.
fn only_best_chunks(told: Vec<(Choice, Gain)>) -> Vec<(Choice, Gain)> {
    let is_chunks = |choice: &Choice| matches!(choice, Choice::Chunks(_));
    let best = told.iter().filter(|(choice, _)| is_chunks(choice));
    let best = best.max_by(|one, other| value(&one.1).total_cmp(&value(&other.1))).map(|(choice, _)| *choice);
    told.into_iter().filter(|(choice, _)| !is_chunks(choice) || Some(*choice) == best).collect()
}

/// Mean time of each job over the rounds: what can be known of it before it runs.
fn lengths(rounds: &[Round]) -> BTreeMap<usize, f64> {
    let mut times: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for job in rounds.iter().flat_map(|round| &round.parts.jobs) {
        times.entry(job.index).or_default().push(job.cpu + job.wait);
    }
    times.into_iter().map(|(job, times)| (job, Summary::of(&times).map_or(0.0, |it| it.mean))).collect()
}

/// The parts of a round with a choice.
fn with(choice: Choice, round: &Round, lengths: &BTreeMap<usize, f64>) -> Parts {
    let mut parts = round.parts.clone();
    match choice {
        Choice::LongestFirst => {
            let submitted: Vec<f64> = parts.jobs.iter().map(|job| job.earliest).collect();
            parts.jobs.sort_by(|one, other| lengths[&other.index].total_cmp(&lengths[&one.index]));
            // They are submitted one after the other as before.
            parts.jobs.iter_mut().zip(submitted).for_each(|(job, earliest)| job.earliest = earliest);
        }
        Choice::SplitInTwo => {
            let hand_over = least_hand_over(&parts.jobs);
            let half = |job: Job| Job {
                cpu: job.cpu / 2.0,
                wait: job.wait / 2.0,
                hand_over: f64::midpoint(job.hand_over, hand_over),
                ..job
            };
            parts.jobs = parts.jobs.into_iter().flat_map(|job| [half(job), half(job)]).collect();
        }
        Choice::Chunks(jobs) => {
            let hand_over = least_hand_over(&parts.jobs);
            parts.jobs = parts.jobs.chunks(jobs).map(|jobs| chunk(jobs, hand_over)).collect();
        }
        Choice::WarmPool => {
            parts.starts.iter_mut().for_each(|start| *start = Start::default());
            parts.teardown = 0.0;
        }
        Choice::HalfSpawn => parts.starts.iter_mut().for_each(|start| start.spawn /= 2.0),
        Choice::NoRunQueue => {
            for job in &mut parts.jobs {
                let queue = round.of_job.get(&job.index).and_then(|(queue, _)| *queue);
                job.cpu = (job.cpu - queue.unwrap_or(0.0)).max(0.0);
            }
        }
        Choice::NoSlowerTasks => {
            for job in &mut parts.jobs {
                let slower = round.of_job.get(&job.index).map_or(0.0, |(_, slower)| *slower);
                job.cpu = (job.cpu - slower).max(0.0);
            }
        }
        // These are measured, not replayed.
        Choice::Processes | Choice::Threads => {}
    }
    parts
}

/// What any hand-over takes. What some take more is for their data, which does not get less.
fn least_hand_over(jobs: &[Job]) -> f64 {
    let least = jobs.iter().map(|job| job.hand_over).fold(f64::INFINITY, f64::min);
    if least.is_finite() { least } else { 0.0 }
}

/// Jobs that go to a worker together: one hand-over with the data of all, once all are submitted.
fn chunk(jobs: &[Job], hand_over: f64) -> Job {
    let mut whole = jobs[0];
    for job in &jobs[1..] {
        whole.earliest = whole.earliest.max(job.earliest);
        whole.hand_over += job.hand_over - hand_over;
        whole.cpu += job.cpu;
        whole.wait += job.wait;
    }
    whole
}

/// The speedup with these times in place of those of the rounds.
fn gain(instead: Quantity, rounds: &[Round], times: &[f64]) -> Option<Gain> {
    let speedups = |weights: &[f64]| {
        let sum = |figure: &dyn Fn(usize) -> f64| {
            weights.iter().enumerate().map(|(index, weight)| weight * figure(index)).sum::<f64>()
        };
        let serial = sum(&|index| rounds[index].serial);
        (serial / sum(&|index| times[index]), serial / sum(&|index| rounds[index].wall))
    };
    let (with, without) = speedups(&vec![1.0; rounds.len()]);
    let intervals = bootstrap::rounds(rounds.len(), 2, |weights, row| {
        let (with, without) = speedups(weights);
        row.copy_from_slice(&[with, with - without]);
    });
    (with.is_finite() && without.is_finite()).then(|| Gain::Told {
        speedup: Quantity { value: with, interval: intervals[0] },
        instead,
        gain: Quantity { value: with - without, interval: intervals[1] },
        measured: false,
    })
}

/// Processes in place of threads, or the other way round: measured, or not told.
fn other_kind(
    evidence: &Evidence<'_>,
    all: &[Evidence<'_>],
    known: &Known<'_>,
    workers: usize,
) -> Option<(Choice, Gain)> {
    let (_, other, choice) = KINDS.into_iter().find(|(own, ..)| *own == evidence.executor)?;
    let there = all.iter().find(|it| it.workload.name == evidence.workload.name && it.executor == other);
    let Some(there) = there.and_then(|there| there.cases.get(&workers)) else {
        let reason = format!("they were not measured; run it with --executor {},{other}", evidence.executor);
        return Some((choice, Gain::Untold { reason }));
    };
    let mut rounds = Vec::new();
    for pair in &known.pairs {
        let same = |other: &&Paired<'_>| other.sample.round == pair.sample.round;
        if let Some(other) = there.pairs.iter().find(same) {
            let times = (pair.reference.wall_ns(), pair.sample.wall_ns as f64, other.sample.wall_ns as f64);
            rounds.push(times);
        }
    }
    let speedup = |weights: &[f64], time: fn(&(f64, f64, f64)) -> f64| {
        let sum = |of: fn(&(f64, f64, f64)) -> f64| {
            rounds.iter().zip(weights).map(|(round, weight)| weight * of(round)).sum::<f64>()
        };
        sum(|round| round.0) / sum(time)
    };
    // Of the rounds that have both: a run that its time limits has others too.
    let figures = |weights: &[f64]| {
        let (then, now) = (speedup(weights, |it| it.2), speedup(weights, |it| it.1));
        [then, now, then - now]
    };
    let intervals = bootstrap::rounds(rounds.len(), 3, |weights, row| row.copy_from_slice(&figures(weights)));
    let values = figures(&vec![1.0; rounds.len()]);
    let figure =
        |index: usize| Quantity { value: values[index], interval: intervals.get(index).copied().flatten() };
    let (then, now, gain) = (figure(0), figure(1), figure(2));
    gain.value
        .is_finite()
        .then_some((choice, Gain::Told { speedup: then, instead: now, gain, measured: true }))
}
