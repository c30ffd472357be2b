//! Timelines in the trace event format that Perfetto and Chrome's `about:tracing` open.
//!
//! A process per case, a thread per worker, a complete event for each stretch of a worker's time.
//! The format: "Trace Event Format", Google,
//! <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>. Its times are
//! microseconds; those of different cases all begin at 0 and say nothing about each other.

use serde::Serialize;
use serde_json::{Value, json};

use super::Format;
use crate::analysis::{Analysis, Segment, State, Timeline};

/// One trace of all cases of all runs.
#[derive(Debug)]
pub struct Trace;

impl Format for Trace {
    fn name(&self) -> &'static str {
        "trace"
    }

    fn summary(&self) -> &'static str {
        "the timelines for Perfetto or chrome://tracing"
    }

    fn render(&self, runs: &[Analysis]) -> String {
        let mut shown = Vec::new();
        for run in runs {
            for (workload, executor, workers, timeline) in timelines(run) {
                let mut name = format!("{workload} {executor}/{workers}");
                if runs.len() > 1 {
                    name = format!("{}: {name}", run.name);
                }
                shown.push((name, timeline));
            }
        }
        let mut events = Vec::new();
        // Numbers of processes come first, those of threads after them all.
        let mut threads = shown.len() + 1..;
        for (index, (name, timeline)) in shown.iter().enumerate() {
            add(&mut events, index + 1, &mut threads, (name.as_str(), *timeline));
        }
        let file = File { display_time_unit: "ms", trace_events: events };
        serde_json::to_string(&file).expect("a trace has only JSON types") + "\n"
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File {
    display_time_unit: &'static str,
    trace_events: Vec<Value>,
}

/// Whether a run has anything to show.
pub(super) fn has_timelines(run: &Analysis) -> bool {
    timelines(run).next().is_some()
}

/// Every case with a timeline, workload by workload.
fn timelines(run: &Analysis) -> impl Iterator<Item = (&str, &str, usize, &Timeline)> {
    run.workloads.iter().enumerate().flat_map(move |(column, workload)| {
        run.executors.iter().flat_map(move |table| {
            table.rows.iter().filter_map(move |row| {
                let timeline = row.cells[column].estimate()?.timeline.as_ref()?;
                Some((workload.name.as_str(), table.executor.as_str(), row.workers, timeline))
            })
        })
    })
}

/// Adds a case: names first, then the lanes. A lane's thread has a number that no other thread and no process of the
/// document has: Perfetto knows threads by their numbers alone, takes 0 for the idle task, and one with the number of
/// a process for its main thread.
fn add(
    events: &mut Vec<Value>,
    process: usize,
    threads: &mut impl Iterator<Item = usize>,
    (name, timeline): (&str, &Timeline),
) {
    let what = format!("round {}, the sample of median time", timeline.round);
    events.push(metadata("process_name", process, None, &json!({ "name": name })));
    events.push(metadata("process_labels", process, None, &json!({ "labels": what })));
    events.push(metadata("process_sort_index", process, None, &json!({ "sort_index": process })));
    for (lane, number) in timeline.lanes.iter().zip(threads) {
        let thread = Some(number);
        let host = lane.host.map(|host| format!("host {host} ")).unwrap_or_default();
        let name = format!("{host}worker {}", lane.worker);
        events.push(metadata("thread_name", process, thread, &json!({ "name": name })));
        events.push(metadata("thread_sort_index", process, thread, &json!({ "sort_index": lane.worker })));
        events.extend(lane.segments.iter().map(|segment| complete(process, number, timeline, segment)));
    }
}

fn metadata(what: &str, process: usize, thread: Option<usize>, args: &Value) -> Value {
    let mut event = json!({ "ph": "M", "name": what, "pid": process, "args": args });
    if let Some(thread) = thread {
        event["tid"] = thread.into();
    }
    event
}

/// A stretch of a worker's time. Both ends are rounded to nanoseconds and the length is what lies
/// between them, so that a stretch ends exactly where the next one begins.
fn complete(process: usize, thread: usize, timeline: &Timeline, segment: &Segment) -> Value {
    let (from, to) = (nanoseconds(segment.from_s), nanoseconds(segment.to_s));
    let length = to.saturating_sub(from);
    let name = match segment.job {
        Some(job) => format!("job {job}"),
        None => state_name(segment.state).to_string(),
    };
    let mut args = json!({
        "state": state_name(segment.state),
        "share of the case": length as f64 / 1e9 / timeline.wall_s,
    });
    if let Some(job) = segment.job {
        args["job"] = job.into();
    }
    json!({
        "ph": "X",
        "name": name,
        "cat": state_name(segment.state),
        "pid": process,
        "tid": thread,
        "ts": microseconds(from),
        "dur": microseconds(length),
        "args": args,
    })
}

fn nanoseconds(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}

fn microseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e3
}

/// What reports call a state; a timeline's legend too.
#[must_use]
pub fn state_name(state: State) -> &'static str {
    match state {
        State::Spawn => "spawn",
        State::Dispatch => "dispatch",
        State::Network => "network",
        State::Task => "task",
        State::Tail => "tail",
        State::Teardown => "teardown",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::record::book;
    use crate::render::html::sample;

    fn events(runs: &[Analysis]) -> Vec<Value> {
        let file: Value = serde_json::from_str(&Trace.render(runs)).unwrap();
        file["traceEvents"].as_array().unwrap().clone()
    }

    fn whole(event: &Value, key: &str) -> u64 {
        (event[key].as_f64().unwrap() * 1e3).round() as u64
    }

    /// Begin and end of the complete events of each lane, in nanoseconds.
    fn lanes(events: &[Value]) -> BTreeMap<(u64, u64), Vec<(u64, u64)>> {
        let mut lanes: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for event in events.iter().filter(|event| event["ph"] == "X") {
            let lane = (event["pid"].as_u64().unwrap(), event["tid"].as_u64().unwrap());
            let from = whole(event, "ts");
            lanes.entry(lane).or_default().push((from, from + whole(event, "dur")));
        }
        lanes
    }

    #[test]
    fn lanes_reach_from_start_to_end_without_gap_or_overlap() {
        let run = sample::analysis();
        let events = events(std::slice::from_ref(&run));
        let lanes = lanes(&events);
        let mut expected = 0;
        for (index, (.., workers, timeline)) in timelines(&run).enumerate() {
            let wall = nanoseconds(timeline.wall_s);
            let own: Vec<_> = lanes.iter().filter(|((process, _), _)| *process == index as u64 + 1).collect();
            assert_eq!(own.len(), workers);
            for (_, lane) in own {
                let mut at = 0;
                for (from, to) in lane {
                    assert_eq!(*from, at);
                    assert!(from <= to && *to <= wall);
                    at = *to;
                }
                assert_eq!(at, wall);
            }
            expected += workers;
        }
        assert_eq!(lanes.len(), expected);
    }

    #[test]
    fn the_number_of_a_thread_is_that_of_nothing_else() {
        let events = events(&[sample::analysis(), sample::analysis()]);
        let lanes = lanes(&events);
        let processes: BTreeSet<u64> = lanes.keys().map(|(process, _)| *process).collect();
        let threads: BTreeSet<u64> = lanes.keys().map(|(_, thread)| *thread).collect();
        assert_eq!(threads.len(), lanes.len(), "one for each lane of each case");
        assert!(processes.is_disjoint(&threads) && !processes.contains(&0) && !threads.contains(&0));
    }

    #[test]
    fn processes_and_threads_have_names_and_jobs_are_run_once() {
        let run = sample::analysis();
        let events = events(std::slice::from_ref(&run));
        let named = |what: &str, name: &str| {
            events.iter().filter(|event| event["name"] == what && event["args"]["name"] == name).count()
        };
        assert_eq!(named("process_name", "rc4 threads/2"), 1);
        assert_eq!(named("process_name", "sha256 processes/3"), 0, "that case failed");
        assert_eq!(named("thread_name", "worker 3"), 5, "of six cases one was not measured");
        for process in 1..=timelines(&run).count() {
            let of_process = events.iter().filter(|event| event["pid"] == process && event["ph"] == "X");
            let mut jobs: Vec<_> = of_process.filter_map(|event| event["args"]["job"].as_u64()).collect();
            jobs.sort_unstable();
            assert_eq!(jobs, (0..12).collect::<Vec<_>>());
        }
    }

    #[test]
    fn several_runs_are_one_document() {
        let events = events(&[sample::analysis(), sample::hostile(), Analysis::of(&book::record())]);
        let names = |event: &&Value| event["name"] == "process_name";
        let names: Vec<_> =
            events.iter().filter(names).map(|event| event["args"]["name"].as_str().unwrap()).collect();
        assert_eq!(names.len(), 44, "the published table has no timelines");
        assert_eq!(names[0], "demo: rc4 threads/1");
        assert!(names[22].starts_with(sample::HOSTILE));
    }

    #[test]
    fn nothing_to_show_is_an_empty_trace() {
        assert_eq!(Trace.render(&[]), "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[]}\n");
    }
}
