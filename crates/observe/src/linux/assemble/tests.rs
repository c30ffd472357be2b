//! Events by hand, and the levels that they come to.

use proptest::prelude::*;

use super::*;
use crate::trace::Level;

/// Every task on a CPU that no other one uses.
fn event(at_ns: u64, task: u32, what: What) -> Event {
    Event { at_ns, task, cpu: task, what }
}

const SLEEPS: What = What::Out { preempted: false };
const LOSES: What = What::Out { preempted: true };

fn time_at(trace: &Trace, running: u32, exiting: u32, waiting: u32) -> u64 {
    let level = Level { running, exiting, waiting };
    trace.occupancy.iter().find(|(of, _)| *of == level).map_or(0, |(_, ns)| *ns)
}

#[test]
fn a_task_runs_loses_its_cpu_and_ends() {
    let events =
        [event(10, 1, What::In), event(30, 1, LOSES), event(35, 1, What::In), event(50, 1, What::Exit)];
    let found = assemble(1, 0, 100, &events, HashMap::new());
    assert_eq!(time_at(&found.trace, 1, 0, 0), 35);
    assert_eq!(time_at(&found.trace, 0, 0, 1), 5);
    assert_eq!(time_at(&found.trace, 0, 0, 0), 60);
    assert_eq!((found.processes, found.threads, found.peak_threads), (1, 1, 1));
}

#[test]
fn a_switch_belongs_to_the_task_that_comes() {
    let on_cpu_0 = |at_ns, task, what| Event { at_ns, task, cpu: 0, what };
    let events = [
        on_cpu_0(10_000, 1, What::In),
        on_cpu_0(12_000, 2, What::Fork { process: 2 }),
        on_cpu_0(20_000, 1, SLEEPS),
        on_cpu_0(21_000, 2, What::In),
        on_cpu_0(30_000, 2, SLEEPS),
        // Another program ran in between: no switch takes so long.
        on_cpu_0(50_000, 1, What::In),
        on_cpu_0(60_000, 1, What::Exit),
    ];
    assert_eq!(switch_ns(&events), 1000);
    let found = assemble(1, 0, 100_000, &events, HashMap::new());
    assert_eq!(time_at(&found.trace, 1, 0, 0), 11_000 - 8_000 + 10_000 + 11_000);
    assert_eq!(time_at(&found.trace, 1, 0, 1), 8_000);
}

#[test]
fn a_new_thread_waits_from_its_making_and_counts() {
    let events = [
        event(10, 1, What::In),
        event(20, 2, What::Fork { process: 1 }),
        event(20, 3, What::Fork { process: 3 }),
        event(26, 2, What::In),
        event(40, 2, What::Exit),
        event(60, 3, What::In),
        event(70, 3, What::Exit),
        event(90, 1, What::Exit),
    ];
    let found = assemble(1, 0, 100, &events, HashMap::new());
    assert_eq!((found.processes, found.threads, found.peak_threads), (2, 3, 3));
    assert_eq!(time_at(&found.trace, 1, 0, 2), 6);
    assert_eq!(time_at(&found.trace, 2, 0, 1), 14);
    assert_eq!(time_at(&found.trace, 1, 0, 1), 20);
    assert_eq!(time_at(&found.trace, 2, 0, 0), 10);
}

#[test]
fn the_end_of_a_task_is_apart_and_goes_on_after_its_last_record() {
    let events = [event(0, 1, What::In), event(60, 1, What::Exit)];
    let end = TaskEnd {
        stop_ns: 50,
        stop_cpu_ns: 50,
        stop_delay_ns: 2,
        death_ns: Some(90),
        cpu_ns: 75,
        delay_ns: 10,
    };
    let found = assemble(1, 0, 100, &events, HashMap::from([(1, vec![end])]));
    assert_eq!(time_at(&found.trace, 1, 0, 0), 50);
    assert_eq!(time_at(&found.trace, 0, 1, 0), 25);
    // It waited for a CPU while it ended, too.
    assert_eq!(time_at(&found.trace, 0, 0, 1), 8);
}

#[test]
fn missing_delay_is_put_at_the_ends_of_sleeps() {
    let events = [
        event(0, 1, What::In),
        event(10, 1, SLEEPS),
        event(40, 1, What::In),
        event(50, 1, SLEEPS),
        event(54, 1, What::In),
        event(60, 1, What::Exit),
    ];
    let end = TaskEnd { stop_ns: 60, stop_delay_ns: 20, delay_ns: 20, ..TaskEnd::default() };
    let found = assemble(1, 0, 60, &events, HashMap::from([(1, vec![end])]));
    // 4 in the short sleep, 16 in the long one.
    assert_eq!(time_at(&found.trace, 0, 0, 1), 20);
    assert!(found.trace.steps.iter().any(|step| step.at_ns == 24 && step.level.waiting == 1));
}

#[test]
fn a_new_program_ends_the_other_threads() {
    let events = [
        event(0, 1, What::In),
        event(5, 2, What::Fork { process: 1 }),
        event(6, 2, What::In),
        event(10, 1, SLEEPS),
        event(12, 2, SLEEPS),
        event(14, 1, What::In),
        event(15, 1, What::Exit),
        event(18, 2, What::In),
        // Thread 2 becomes the process's only one, under number 1.
        event(20, 1, What::Exec),
        event(50, 1, What::Exit),
    ];
    let end =
        |stop_ns, delay_ns| TaskEnd { stop_ns, stop_delay_ns: delay_ns, delay_ns, ..TaskEnd::default() };
    // The first to end under number 1 is the first thread, the second is the caller: it waited for 3,
    // of which 1 before it ran first and 2 in its sleep.
    let ends = HashMap::from([(1, vec![end(15, 0), end(50, 3)])]);
    let found = assemble(1, 0, 100, &events, ends);
    assert_eq!((found.processes, found.threads), (1, 2));
    assert_eq!(time_at(&found.trace, 2, 0, 0), 4);
    assert_eq!(time_at(&found.trace, 1, 0, 0), 5 + 2 + 1 + 32);
    assert_eq!(time_at(&found.trace, 0, 0, 1), 2);
}

#[test]
fn a_thread_that_calls_exec_may_lose_its_cpu_under_its_new_number() {
    let begin = [
        event(0, 1, What::In),
        event(5, 2, What::Fork { process: 1 }),
        event(6, 2, What::In),
        event(10, 1, What::Exit),
    ];
    let pause = [event(14, 1, LOSES), event(16, 1, What::In)];
    for unseen in 0..=2 {
        let mut events = begin.to_vec();
        events.extend_from_slice(&pause[unseen..]);
        events.extend([event(20, 1, What::Exec), event(50, 1, What::Exit)]);
        let found = assemble(1, 0, 100, &events, HashMap::new());
        assert_eq!((found.processes, found.threads), (1, 2), "without {unseen} of the switches");
    }
}

#[test]
fn numbers_used_again_are_other_tasks() {
    let end =
        |stop_ns, delay_ns| TaskEnd { stop_ns, stop_delay_ns: delay_ns, delay_ns, ..TaskEnd::default() };
    let ends = HashMap::from([(2, vec![end(20, 0), end(60, 9)])]);
    let events = [
        event(10, 2, What::Fork { process: 2 }),
        event(10, 2, What::In),
        event(20, 2, What::Exit),
        event(30, 2, What::Fork { process: 2 }),
        event(30, 2, What::In),
        event(40, 2, SLEEPS),
        event(60, 2, What::In),
        event(60, 2, What::Exit),
    ];
    let found = assemble(1, 0, 100, &events, ends);
    assert_eq!(found.processes, 3);
    assert_eq!(time_at(&found.trace, 0, 0, 1), 9);
    assert_eq!(time_at(&found.trace, 1, 0, 0), 20);
}

#[test]
fn what_comes_before_the_beginning_is_left_out() {
    let events =
        [event(10, 1, What::In), event(30, 1, SLEEPS), event(60, 1, What::In), event(80, 1, What::Exit)];
    let found = assemble(1, 50, 100, &events, HashMap::new());
    assert_eq!(time_at(&found.trace, 1, 0, 0), 20);
    assert_eq!(time_at(&found.trace, 0, 0, 0), 30);
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let what = prop_oneof![
        (1_u32..6).prop_map(|process| What::Fork { process }),
        Just(What::In),
        Just(SLEEPS),
        Just(LOSES),
        Just(What::Exec),
        Just(What::Exit),
    ];
    let event = (0_u64..40_000, 1_u32..6, 0_u32..3, what).prop_map(|(at_ns, task, cpu, what)| Event {
        at_ns,
        task,
        cpu,
        what,
    });
    proptest::collection::vec(event, 0..80).prop_map(|mut events| {
        events.sort_by_key(|event| event.at_ns);
        events
    })
}

fn ends() -> impl Strategy<Value = HashMap<u32, Vec<TaskEnd>>> {
    let number = 0_u64..50_000;
    let end = (number.clone(), number.clone(), number.clone(), number.clone(), number).prop_map(
        |(stop_ns, stop_cpu_ns, stop_delay_ns, cpu_ns, delay_ns)| TaskEnd {
            stop_ns,
            stop_cpu_ns,
            stop_delay_ns,
            death_ns: Some(stop_ns + 1000),
            cpu_ns,
            delay_ns,
        },
    );
    proptest::collection::hash_map(1_u32..6, proptest::collection::vec(end, 0..4), 0..5)
}

proptest! {
    /// Records may be lost, and counters wrong: whatever comes, every time has one level.
    #[test]
    fn any_events_make_a_trace(events in events(), ends in ends(), begin_ns in 0_u64..10_000) {
        let end_ns = 30_000;
        let found = assemble(1, begin_ns, end_ns, &events, ends);
        prop_assert_eq!(found.trace.occupancy.iter().map(|(_, ns)| ns).sum::<u64>(), end_ns - begin_ns);
        prop_assert!(found.peak_threads <= found.threads);
    }
}
