//! The account: exact for any input, and right for traces whose causes are known.

use proptest::prelude::*;
use speedup_observe::{
    Account, Baseline, Cause, Execution, Exit, Level, Source, Step, Trace, Tree, Untold, Usage, account,
};

const MS: u64 = 1_000_000;

fn untold<T>() -> Result<T, Untold> {
    Err(Untold("not asked for".into()))
}

/// An execution of 100 ms with 90 ms of CPU time in user mode and 10 ms in the kernel.
fn execution(steps: Vec<Step>) -> Execution {
    Execution {
        begin_ns: 7,
        end_ns: 7 + 100 * MS,
        exit: Exit::Code(0),
        stopped: None,
        usage: Usage {
            user_ns: 90 * MS,
            system_ns: 10 * MS,
            max_rss_bytes: untold(),
            minor_faults: 0,
            major_faults: 0,
            voluntary_switches: 0,
            involuntary_switches: 0,
        },
        cpu_ns: 100 * MS,
        exit_cpu_ns: Ok(0),
        run_delay_ns: untold(),
        group: untold(),
        tree: Tree {
            processes: untold(),
            threads: untold(),
            peak_threads: untold(),
            peak_memory_bytes: untold(),
            killed: 0,
        },
        trace: Ok(Trace::new(7, 7 + 100 * MS, steps)),
        source: Source::SwitchesAndPtrace,
        stdout: None,
        stderr: None,
    }
}

fn step(at_ms: u64, running: u32, exiting: u32, waiting: u32) -> Step {
    Step { at_ns: 7 + at_ms * MS, level: Level { running, exiting, waiting } }
}

fn ms(account: &Account, cause: Cause) -> i64 {
    let row = account.row(cause).unwrap();
    assert_eq!(row.causes, [cause], "{row:?}");
    row.ns / MS as i64
}

const WORK: Baseline = Baseline { user_ns: 80 * MS, cpu_ns: 85 * MS };

#[test]
fn every_cause_has_its_row() {
    let steps = vec![
        step(0, 1, 0, 0),  // 20 ms: serial, 3 lanes empty
        step(20, 2, 0, 1), // 10 ms: partial, 1 lane empty, 1 waits
        step(30, 2, 0, 5), // 10 ms: 2 of 5 could fill a lane
        step(40, 5, 0, 0), // 5 ms: 1 over
        step(45, 0, 0, 0), // 15 ms: 4 lanes empty
        step(60, 0, 1, 0), // 10 ms: 1 ends, 3 lanes empty: serial
        step(70, 1, 1, 2), // 10 ms: full
        step(80, 0, 0, 1), // 20 ms: 1 waits, 3 lanes empty: serial
    ];
    let mut execution = execution(steps);
    execution.exit_cpu_ns = Ok(15 * MS);
    let account = account(&execution, 4, &WORK);
    assert_eq!(ms(&account, Cause::Work), 85);
    // 90 − 80 in user mode; 100 − 15 − 85 in all.
    assert_eq!(ms(&account, Cause::ExtraUser), 10);
    assert_eq!(ms(&account, Cause::ExtraSystem), -10);
    // 95 ms on CPUs, 100 − 15 by the tasks' own counters.
    assert_eq!(ms(&account, Cause::Steal), 95 - 85);
    assert_eq!(ms(&account, Cause::RunQueue), 10 + 20 + 20 + 20);
    assert_eq!(ms(&account, Cause::Serial), 60 + 30 + 60);
    assert_eq!(ms(&account, Cause::Partial), 10);
    assert_eq!(ms(&account, Cause::Idle), 60);
    assert_eq!(ms(&account, Cause::Exit), 20);
    assert_eq!(ms(&account, Cause::Over), -5);
    assert_eq!(account.residual_ns, 0);
    assert_eq!(account.rows.iter().map(|row| row.ns).sum::<i64>(), 400 * MS as i64);
    // 20 ms alone on a CPU and 10 ms alone at an end, of 95 + 20.
    assert!((account.serial_fraction.unwrap() - 30.0 / 115.0).abs() < 1e-12);
}

#[test]
fn what_ends_of_tasks_take_is_merged_with_steal_where_it_is_not_told() {
    let mut execution = execution(vec![step(0, 1, 0, 0)]);
    execution.exit_cpu_ns = untold();
    let account = account(&execution, 1, &WORK);
    let row = account.row(Cause::Exit).unwrap();
    assert_eq!(row.causes, [Cause::Steal, Cause::Exit]);
    assert_eq!(row.name(), "steal + exit");
    assert_eq!(account.seconds(Cause::Steal), untold());
    assert!(account.seconds(Cause::RunQueue).is_ok());
}

#[test]
fn without_a_trace_lanes_cannot_be_cut() {
    let mut execution = execution(Vec::new());
    execution.trace = untold();
    execution.run_delay_ns = Ok(30 * MS);
    execution.tree.peak_threads = Ok(2);
    // As many threads as lanes: all their waiting is for lanes that are empty.
    let narrow = account(&execution, 2, &WORK);
    assert_eq!(ms(&narrow, Cause::RunQueue), 30);
    let rest = narrow.row(Cause::Serial).unwrap();
    assert_eq!(rest.causes, [Cause::Steal, Cause::Serial, Cause::Partial, Cause::Idle, Cause::Over]);
    assert_eq!(rest.ns, (200 - 100 - 30) * MS as i64);
    // More threads than lanes: some of it may be for none.
    execution.tree.peak_threads = Ok(3);
    let wide = account(&execution, 2, &WORK);
    assert!(wide.row(Cause::RunQueue).unwrap().causes.contains(&Cause::Serial));
    assert_eq!(wide.serial_fraction, untold());
}

#[test]
fn user_and_system_time_of_descendants_not_waited_for_are_merged() {
    let mut execution = execution(Vec::new());
    execution.cpu_ns = 200 * MS;
    let account = account(&execution, 2, &WORK);
    assert_eq!(account.row(Cause::ExtraUser).unwrap().causes, [Cause::ExtraUser, Cause::ExtraSystem]);
    assert_eq!(account.row(Cause::ExtraUser).unwrap().ns, 115 * MS as i64);
}

#[test]
fn a_trace_that_leaves_time_out_leaves_a_residual() {
    let mut execution = execution(vec![step(0, 1, 0, 0)]);
    execution.trace.as_mut().unwrap().occupancy[0].1 -= 10 * MS;
    let account = account(&execution, 3, &WORK);
    assert_eq!(account.residual_ns, 30 * MS as i64);
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let level = (0_u32..70, 0_u32..5, 0_u32..70);
    let step = (0..120 * MS, level).prop_map(|(at_ns, (running, exiting, waiting))| Step {
        at_ns,
        level: Level { running, exiting, waiting },
    });
    proptest::collection::vec(step, 0..60)
}

fn told() -> impl Strategy<Value = Result<u64, Untold>> {
    prop_oneof![untold_strategy(), (0..500 * MS).prop_map(Ok)]
}

fn untold_strategy() -> impl Strategy<Value = Result<u64, Untold>> {
    Just(untold())
}

proptest! {
    #[test]
    fn rows_sum_to_the_worker_seconds(
        steps in steps(),
        workers in 1_u32..100,
        traced in any::<bool>(),
        cpu_ns in 0..10_000 * MS,
        user_ns in 0..10_000 * MS,
        exit_cpu_ns in told(),
        run_delay_ns in told(),
        peak_threads in told(),
        work in (0..10_000 * MS, 0..10_000 * MS),
    ) {
        let mut execution = execution(steps);
        if !traced {
            execution.trace = untold();
        }
        (execution.cpu_ns, execution.usage.user_ns) = (cpu_ns, user_ns);
        (execution.exit_cpu_ns, execution.run_delay_ns) = (exit_cpu_ns, run_delay_ns);
        execution.tree.peak_threads = peak_threads;
        let baseline = Baseline { user_ns: work.0, cpu_ns: work.1 };
        let account = account(&execution, workers, &baseline);
        prop_assert_eq!(account.residual_ns, 0);
        prop_assert_eq!(account.rows.iter().map(|row| row.ns).sum::<i64>(), i64::from(workers) * 100 * MS as i64);
        // Every cause is in one row, and only rows of several give a reason.
        let mut causes: Vec<Cause> = account.rows.iter().flat_map(|row| row.causes.clone()).collect();
        prop_assert_eq!(causes.len(), 10);
        causes.dedup();
        prop_assert_eq!(causes.len(), 10);
        prop_assert!(account.rows.iter().all(|row| row.merged.is_some() == (row.causes.len() > 1)));
        // Lanes are never less than empty.
        for cause in [Cause::Serial, Cause::Partial, Cause::Idle] {
            if let Ok(seconds) = account.seconds(cause) {
                prop_assert!(seconds >= 0.0);
            }
        }
    }

    #[test]
    fn occupancy_covers_the_interval(steps in steps()) {
        let trace = Trace::new(7, 7 + 100 * MS, steps);
        prop_assert_eq!(trace.occupancy.iter().map(|(_, ns)| ns).sum::<u64>(), 100 * MS);
        prop_assert!(trace.steps.windows(2).all(|pair| pair[0].at_ns < pair[1].at_ns));
    }
}
