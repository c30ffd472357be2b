//! The programs that are tested.

use std::cell::Cell;
use std::collections::HashMap;
use std::hint::black_box;
use std::thread;
use std::time::Duration;

use speedup::Tool;
use speedup::workload::{Fault, Parameter, SetUp, SetUpWorker, Waiting, Workload, block_on, sha256};

/// The program of that name.
pub(crate) fn tool(program: &str) -> Tool {
    let (kind, text) = program.split_once(':').unwrap_or((program, ""));
    let text: &'static str = text.to_string().leak();
    let it = || Tool::new("it");
    let given = || Given { workload: "given", parameter: "size", value: 0 };
    match kind {
        "squares" => Tool::new("squares").version("3.2.1").workload(Squares { up_to: 40 }),
        "mixed" => it().workload(Squares { up_to: 40 }).array_workload(&sha256::Workload),
        "twice" => it().workload(Squares { up_to: 1 }).workload(Squares { up_to: 2 }),
        "empty" => it().workload(Squares { up_to: 0 }),
        "none" => it(),
        "program" => Tool::new(text).workload(given()),
        "workload" => it().workload(Given { workload: text, ..given() }),
        "parameter" => it().workload(Given { parameter: text, ..given() }),
        "sums" => it().workload(Sums { tolerance: if text == "tolerant" { 1e-9 } else { 0.0 } }),
        "maps" => it().workload(Maps),
        "set-up" => it().workload(Prepared { ready: false }),
        "naps" => it().workload(Naps),
        "ends" => it().workload(Ends { how: text }),
        "mandelbrot" => super::mandelbrot::tool(),
        "word_count" => super::word_count::tool(),
        other => panic!("there is no program {other}"),
    }
}

#[derive(Clone)]
struct Squares {
    up_to: u64,
}

impl Workload for Squares {
    type Job = (u64, String);
    type Output = Option<u64>;

    fn name(&self) -> &'static str {
        "squares"
    }

    fn summary(&self) -> &'static str {
        "the squares of numbers"
    }

    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        vec![Parameter::new("up-to", &mut self.up_to, "the last number")]
    }

    fn jobs(&self) -> Vec<Self::Job> {
        (1..=self.up_to).map(|number| (number, number.to_string())).collect()
    }

    fn weight(&self, job: &Self::Job) -> usize {
        job.0 as usize
    }

    fn run(&self, (number, text): Self::Job) -> Result<Option<u64>, Fault> {
        if number > self.up_to {
            return Err(Fault::new("this worker does not have the parameter"));
        }
        Ok(number.checked_mul(text.parse()?))
    }
}

/// Does nothing under a name, with a parameter.
#[derive(Clone)]
struct Given {
    workload: &'static str,
    parameter: &'static str,
    value: u32,
}

impl Workload for Given {
    type Job = ();
    type Output = ();

    fn name(&self) -> &'static str {
        self.workload
    }

    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        vec![Parameter::new(self.parameter, &mut self.value, "")]
    }

    fn jobs(&self) -> Vec<()> {
        vec![()]
    }

    fn run(&self, (): ()) -> Result<(), Fault> {
        Ok(())
    }
}

/// Sums that depend a little on the thread.
#[derive(Clone)]
struct Sums {
    tolerance: f64,
}

impl Workload for Sums {
    type Job = u32;
    type Output = f64;

    fn name(&self) -> &'static str {
        "sums"
    }

    fn jobs(&self) -> Vec<u32> {
        vec![10, 20]
    }

    fn describe(&self, up_to: &u32) -> Option<String> {
        Some(format!("the sum up to {up_to}"))
    }

    fn run(&self, up_to: u32) -> Result<f64, Fault> {
        let off = if thread::current().name() == Some("main") { 0.0 } else { 1e-12 };
        Ok((1..=up_to).map(f64::from).sum::<f64>() + off)
    }

    fn agrees(&self, expected: &f64, found: &f64) -> bool {
        (expected - found).abs() <= self.tolerance
    }
}

/// Maps that are equal and have their entries in another order each time.
#[derive(Clone)]
struct Maps;

impl Workload for Maps {
    type Job = u32;
    type Output = HashMap<u32, u32>;

    fn name(&self) -> &'static str {
        "maps"
    }

    fn jobs(&self) -> Vec<u32> {
        vec![100, 200]
    }

    fn run(&self, entries: u32) -> Result<Self::Output, Fault> {
        Ok((0..entries).map(|entry| (entry, entry)).collect())
    }
}

/// Has to be set up in each process and in each worker.
#[derive(Clone)]
struct Prepared {
    ready: bool,
}

const LONG: Duration = Duration::from_millis(60);

thread_local! {
    static READY: Cell<bool> = const { Cell::new(false) };
}

impl Workload for Prepared {
    type Job = u32;
    type Output = u32;

    fn name(&self) -> &'static str {
        "prepared"
    }

    fn set_up(&self) -> Option<SetUp<Self>> {
        Some(|prepared| {
            thread::sleep(LONG);
            prepared.ready = true;
            Ok(())
        })
    }

    fn set_up_worker(&self) -> Option<SetUpWorker<Self>> {
        Some(|prepared| {
            thread::sleep(LONG);
            READY.set(prepared.ready);
            Ok(())
        })
    }

    fn jobs(&self) -> Vec<u32> {
        vec![1, 2, 3, 4]
    }

    fn run(&self, job: u32) -> Result<u32, Fault> {
        if self.ready && READY.get() { Ok(job) } else { Err(Fault::new("this worker is not set up")) }
    }
}

#[derive(Clone)]
struct Naps;

async fn nap(ms: u64) -> Result<u64, Fault> {
    tokio::time::sleep(Duration::from_millis(ms)).await;
    Ok(ms)
}

impl Workload for Naps {
    type Job = u64;
    type Output = u64;

    fn name(&self) -> &'static str {
        "naps"
    }

    fn jobs(&self) -> Vec<u64> {
        vec![1, 2, 3, 1, 2, 3]
    }

    fn run(&self, ms: u64) -> Result<u64, Fault> {
        block_on(nap(ms))
    }

    fn waiting(&self) -> Option<Waiting<Self>> {
        Some(Waiting::new("naps", "a timer", |_, ms| nap(ms)))
    }
}

/// Its third job does not return.
#[derive(Clone)]
struct Ends {
    how: &'static str,
}

fn overflow(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    if depth == u64::MAX { 0 } else { overflow(depth + 1) + frame[black_box(7)] }
}

impl Workload for Ends {
    type Job = u32;
    type Output = u32;

    fn name(&self) -> &'static str {
        "ends"
    }

    fn jobs(&self) -> Vec<u32> {
        vec![0, 1, 2, 3]
    }

    fn run(&self, job: u32) -> Result<u32, Fault> {
        match (job, self.how) {
            (2, "abort") => std::process::abort(),
            (2, "exit") => std::process::exit(3),
            (2, "overflow") => Ok(overflow(0) as u32),
            (2, "panic") => panic!("on purpose"),
            (2, "fault") => Err(Fault::new("on purpose")),
            _ => Ok(job),
        }
    }
}
