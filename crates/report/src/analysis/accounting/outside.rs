//! The account of one execution of a program, from what was seen of it from outside.
//!
//! [`speedup_observe::account`] says where the N·T worker-seconds of an execution went, and where the T₁
//! of the baseline did, as one lane. What is lost is the difference: each row is that of the execution
//! less that of the baseline, so that a pause which both have in common counts once and not N times as if
//! it were the program's. With C₁ the baseline's CPU time,
//!
//! ```text
//! N·T = C₁ + Σ rows(N),   T₁ = C₁ + Σ rows(1)   ⇒   N·T = T₁ + Σ (rows(N) − rows(1))
//! ```

use speedup_observe::{
    Account, Baseline, Cause, Execution, Exit, GroupTimes, Level, Source, Told, Trace, Tree,
};
use speedup_observe::{Untold, Usage, account};

use super::apart::Apart;
use super::ledger::{Lacking, Ledger};
use crate::analysis::model::Loss;
use crate::analysis::rounds::Paired;
use crate::record::{Ended, Known, Outside, Sample};

/// The account of one execution on `workers` lanes; `None` if its baseline was not seen from outside.
pub(super) fn ledger(pair: &Paired<'_>, workers: usize) -> Option<Ledger> {
    let references: Option<Vec<Execution>> =
        pair.reference.0.iter().map(|sample| execution(sample)).collect();
    let references = references.filter(|references| !references.is_empty())?;
    let baselines: Vec<Baseline> = references.iter().map(Baseline::of).collect();
    let mean = |of: fn(&Baseline) -> u64| {
        let sum: u128 = baselines.iter().map(|baseline| u128::from(of(baseline))).sum();
        (sum / baselines.len() as u128) as u64
    };
    let baseline = Baseline { user_ns: mean(|of| of.user_ns), cpu_ns: mean(|of| of.cpu_ns) };
    let own = account(&execution(pair.sample)?, u32::try_from(workers).ok()?, &baseline);
    let of_one = |(execution, baseline): (&Execution, &Baseline)| account(execution, 1, baseline);
    let others: Vec<Account> = references.iter().zip(&baselines).map(of_one).collect();
    let mut apart = Apart::default();
    std::iter::once(&own).chain(&others).flat_map(|account| &account.rows).for_each(|row| apart.see(row));
    let mut ledger = Ledger {
        wall: pair.sample.wall_ns as f64,
        serial: pair.reference.wall_ns(),
        losses: [0.0; Loss::ALL.len()],
        parts: Vec::new(),
        hosts: Vec::new(),
        lacking: Lacking::default(),
        outside: None,
    };
    book(&mut ledger, (&own, pair.sample), &apart, 1.0);
    for other in others.iter().zip(pair.reference.0.iter().copied()) {
        book(&mut ledger, other, &apart, -1.0 / others.len() as f64);
    }
    ledger.outside = Some(apart);
    Some(ledger)
}

/// The account of one execution on one lane with nothing that it is set against: all of its CPU time is a row, and the
/// rows sum to its time. `None` if it was not seen from outside.
pub(in crate::analysis) fn alone(sample: &Sample) -> Option<Ledger> {
    let own = account(&execution(sample)?, 1, &Baseline { user_ns: 0, cpu_ns: 0 });
    let mut apart = Apart::default();
    own.rows.iter().for_each(|row| apart.see(row));
    let mut ledger = Ledger {
        wall: sample.wall_ns as f64,
        serial: 0.0,
        losses: [0.0; Loss::ALL.len()],
        parts: Vec::new(),
        hosts: Vec::new(),
        lacking: Lacking::default(),
        outside: None,
    };
    book(&mut ledger, (&own, sample), &apart, 1.0);
    ledger.outside = Some(apart);
    Some(ledger)
}

fn book(ledger: &mut Ledger, (account, sample): (&Account, &Sample), apart: &Apart, weight: f64) {
    for row in &account.rows {
        // All causes of a merged row have the same row here, as its merging was seen.
        if let Some(loss) = row.causes.first().and_then(|&cause| loss(cause)) {
            ledger.add(apart.row(loss), weight * row.ns as f64);
        }
    }
    // As within a pool: the waits for a CPU hold the time that the control group was held up.
    let waits: f64 =
        account.rows.iter().filter(|row| row.causes == [Cause::RunQueue]).map(|row| row.ns as f64).sum();
    let quota = waits.max(0.0).min(sample.machine.throttled_ns.unwrap_or(0) as f64);
    ledger.add(apart.row(Loss::RunQueue), -weight * quota);
    ledger.add(apart.row(Loss::Quota), weight * quota);
}

fn loss(cause: Cause) -> Option<Loss> {
    Some(match cause {
        Cause::Work => return None,
        Cause::ExtraUser => Loss::ExtraUser,
        Cause::ExtraSystem => Loss::ExtraSystem,
        Cause::Steal => Loss::Steal,
        Cause::RunQueue => Loss::RunQueue,
        Cause::Serial => Loss::Serial,
        Cause::Partial => Loss::Partial,
        Cause::Idle => Loss::Idle,
        Cause::Exit => Loss::Exit,
        Cause::Over => Loss::Over,
    })
}

/// Brings ledgers that belong together to the same rows: what one does not tell apart, none does.
pub(super) fn merge<'a>(ledgers: impl Iterator<Item = &'a mut Ledger>) {
    let mut ledgers: Vec<&mut Ledger> = ledgers.filter(|ledger| ledger.outside.is_some()).collect();
    let mut all = Apart::default();
    ledgers.iter().filter_map(|ledger| ledger.outside.as_ref()).for_each(|apart| all.join(apart));
    for ledger in &mut ledgers {
        all.book_together(&mut ledger.losses);
        ledger.outside = Some(all.clone());
    }
}

/// A sample as the execution that it was, as far as an account needs it.
pub(in crate::analysis) fn execution(sample: &Sample) -> Option<Execution> {
    let outside = sample.outside.as_deref()?;
    Some(Execution {
        begin_ns: 0,
        end_ns: sample.wall_ns,
        exit: match &outside.exit {
            Ended::Code(code) => Exit::Code(*code),
            Ended::Signal(name) => Exit::Signal { number: 0, name: name.clone() },
        },
        stopped: None,
        usage: Usage {
            user_ns: outside.user_ns,
            system_ns: outside.system_ns,
            max_rss_bytes: told(&outside.max_rss_bytes),
            minor_faults: outside.minor_faults,
            major_faults: outside.major_faults,
            voluntary_switches: outside.voluntary_switches,
            involuntary_switches: outside.involuntary_switches,
        },
        cpu_ns: outside.cpu_ns,
        exit_cpu_ns: told(&outside.exit_cpu_ns),
        run_delay_ns: told(&outside.run_delay_ns),
        group: told(&outside.group_cpu_ns)
            .map(|cpu_ns| GroupTimes { cpu_ns, some_waited_ns: told(&outside.some_waited_ns) }),
        tree: Tree {
            processes: told(&outside.processes),
            threads: told(&outside.threads),
            peak_threads: told(&outside.peak_threads),
            peak_memory_bytes: told(&outside.peak_memory_bytes),
            killed: outside.killed,
        },
        trace: trace(outside),
        source: (Source::ALL.into_iter().find(|source| outside.source.starts_with(source.name())))
            .unwrap_or(Source::Usage),
        stdout: None,
        stderr: None,
    })
}

fn trace(outside: &Outside) -> Told<Trace> {
    let occupancy = told(&outside.occupancy)?.into_iter();
    let level =
        |o: &crate::record::Occupied| Level { running: o.running, exiting: o.exiting, waiting: o.waiting };
    Ok(Trace {
        steps: Vec::new(),
        occupancy: occupancy.map(|occupied| (level(&occupied), occupied.ns)).collect(),
    })
}

fn told<T: Clone>(known: &Known<T>) -> Told<T> {
    match known {
        Known::Value(value) => Ok(value.clone()),
        Known::Missing(reason) => Err(Untold(reason.clone())),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::account as account_of;
    use super::*;
    use crate::analysis::rounds::Reference;
    use crate::record::Occupied;

    /// An execution that spends so long at each level, with what the system may not tell.
    fn sample(levels: &[(u32, u32, u32, u64)], cpu: (u64, u64), exit: Option<u64>, trace: bool) -> Sample {
        let level = |&(running, exiting, waiting, ns): &(u32, u32, u32, u64)| Occupied {
            running,
            exiting,
            waiting,
            ns,
        };
        let missing = |what: &str| format!("{what} was not looked at");
        let outside = Outside {
            source: "switch records and ptrace".to_string(),
            exit: Ended::Code(0),
            user_ns: cpu.0,
            system_ns: cpu.1,
            cpu_ns: cpu.0 + cpu.1,
            exit_cpu_ns: exit.map_or_else(|| Known::Missing(missing("exit")), Known::Value),
            run_delay_ns: Known::Missing(missing("delay")),
            group_cpu_ns: Known::default(),
            some_waited_ns: Known::default(),
            minor_faults: 0,
            major_faults: 0,
            voluntary_switches: 0,
            involuntary_switches: 0,
            max_rss_bytes: Known::Value(1),
            peak_memory_bytes: Known::default(),
            processes: Known::Value(1),
            threads: Known::Value(1),
            peak_threads: Known::Value(1),
            killed: 0,
            stdout: None,
            occupancy: if trace {
                Known::Value(levels.iter().map(level).collect())
            } else {
                Known::Missing(missing("trace"))
            },
            course: Known::default(),
        };
        Sample {
            outside: Some(Box::new(outside)),
            ..Sample::timed(0, 0, levels.iter().map(|level| level.3).sum::<u64>().max(1))
        }
    }

    fn told(levels: &[(u32, u32, u32, u64)], user: u64) -> Sample {
        sample(levels, (user, 0), Some(0), true)
    }

    fn rows(one: &Sample, many: &Sample, workers: usize) -> super::super::Account {
        let pair = Paired { sample: many, reference: Reference(vec![one]) };
        account_of(&[pair], workers, true).unwrap()
    }

    #[test]
    fn a_pause_that_the_baseline_has_too_counts_once_less() {
        // One second of work and a pause of 0.2 s; with two workers the work is halved.
        let one = told(&[(1, 0, 0, 1000), (0, 0, 0, 200)], 1000);
        let two = told(&[(2, 0, 0, 500), (0, 0, 0, 200)], 1000);
        let account = rows(&one, &two, 2);
        let of = |loss| account.rows.iter().find(|row| row.loss == loss).unwrap().worker_seconds * 1e9;
        assert!((of(Loss::Idle) - 200.0).abs() < 1e-6, "{account:#?}");
        assert!(
            [Loss::ExtraUser, Loss::Serial, Loss::RunQueue, Loss::Over]
                .iter()
                .all(|&loss| of(loss).abs() < 1e-6)
        );
        assert!((account.speedup - 1200.0 / 700.0).abs() < 1e-12 && account.residual.abs() < 1e-12);
    }

    #[test]
    fn each_cause_has_its_row() {
        let one = told(&[(1, 0, 0, 1000)], 1000);
        let two =
            told(&[(2, 0, 0, 300), (1, 0, 0, 200), (1, 0, 1, 100), (3, 0, 0, 100), (0, 1, 0, 10)], 1200);
        let account = rows(&one, &two, 2);
        let of = |loss| account.rows.iter().find(|row| row.loss == loss).unwrap().worker_seconds * 1e9;
        for (loss, expected) in [
            (Loss::ExtraUser, 200.0),
            (Loss::RunQueue, 100.0),
            (Loss::Serial, 210.0),
            (Loss::Over, -100.0),
            (Loss::Exit, 10.0),
            (Loss::Steal, 0.0),
        ] {
            assert!((of(loss) - expected).abs() < 1e-6, "{loss:?} is {}, not {expected}", of(loss));
        }
    }

    #[test]
    fn time_that_the_control_group_was_held_up_is_no_run_queue() {
        let mut one = told(&[(1, 0, 0, 1000), (0, 0, 1, 50)], 1000);
        let mut two = told(&[(2, 0, 0, 500), (0, 0, 2, 200)], 1000);
        one.machine.throttled_ns = Some(30);
        two.machine.throttled_ns = Some(300);
        let account = rows(&one, &two, 2);
        let of = |loss| account.rows.iter().find(|row| row.loss == loss).unwrap().worker_seconds * 1e9;
        assert!((of(Loss::Quota) - 270.0).abs() < 1e-6, "{account:#?}");
        assert!((of(Loss::RunQueue) - (100.0 - 20.0)).abs() < 1e-6, "{account:#?}");
        assert!(account.residual.abs() < 1e-12);
    }

    #[test]
    fn what_is_not_told_apart_is_one_row_with_its_reason() {
        let one = told(&[(1, 0, 0, 1000)], 1000);
        let two = sample(&[(2, 0, 0, 600)], (1000, 0), None, false);
        let account = rows(&one, &two, 2);
        let losses: Vec<Loss> = account.rows.iter().map(|row| row.loss).collect();
        assert_eq!(losses, [Loss::ExtraUser, Loss::ExtraSystem, Loss::Untold]);
        assert!(account.notes[0].contains("are one row: trace was not looked at"), "{:?}", account.notes);
        assert!(account.residual.abs() < 1e-12);
    }

    #[test]
    fn all_the_time_of_a_program_by_itself_is_in_rows() {
        let ledger = alone(&told(&[(1, 0, 0, 1000), (0, 0, 1, 50), (0, 0, 0, 200)], 900)).unwrap();
        let of = |loss: Loss| ledger.losses[loss as usize];
        assert!((ledger.losses.iter().sum::<f64>() - 1250.0).abs() < 1e-9, "{ledger:?}");
        let expected =
            [(Loss::ExtraUser, 900.0), (Loss::Steal, 100.0), (Loss::RunQueue, 50.0), (Loss::Idle, 200.0)];
        assert!(expected.iter().all(|&(loss, ns)| (of(loss) - ns).abs() < 1e-9), "{ledger:?}");
    }

    fn levels() -> impl Strategy<Value = Vec<(u32, u32, u32, u64)>> {
        prop::collection::vec((0..6_u32, 0..3_u32, 0..6_u32, 1..1_000_000_u64), 1..12)
    }

    fn execution() -> impl Strategy<Value = Sample> {
        let exit = prop::option::of(0..1000_u64);
        (levels(), (0..9_000_000_u64, 0..9_000_000_u64), exit, prop::bool::weighted(0.8))
            .prop_map(|(levels, cpu, exit, trace)| sample(&levels, cpu, exit, trace))
            .prop_flat_map(|sample| (Just(sample), prop::option::of(0..2_000_000_u64)))
            .prop_map(|(mut sample, throttled_ns)| {
                sample.machine.throttled_ns = throttled_ns;
                sample
            })
    }

    proptest! {
        #[test]
        fn rows_sum_to_the_gap_whatever_is_told(
            rounds in prop::collection::vec((execution(), execution()), 1..6),
            workers in 1..9_usize,
        ) {
            let pairs: Vec<Paired<'_>> = rounds
                .iter()
                .map(|(one, many)| Paired { sample: many, reference: Reference(vec![one]) })
                .collect();
            let account = account_of(&pairs, workers, true).unwrap();
            let sum: f64 = account.rows.iter().map(|row| row.speedup.value).sum();
            let size: f64 = account.rows.iter().map(|row| row.speedup.value.abs()).sum();
            prop_assert!((sum - account.gap).abs() <= 1e-9 * (1.0 + size), "{account:#?}");
            let kinds: BTreeSet<Loss> = account.rows.iter().map(|row| row.loss).collect();
            prop_assert_eq!(kinds.len(), account.rows.len());
            prop_assert!(account.rows.iter().all(|row| row.speedup.value.is_finite()));
        }
    }
}
