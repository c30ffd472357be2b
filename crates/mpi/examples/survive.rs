//! What becomes of tasks when something happens to a host: `mpirun -n 3 survive 20 0.1 5` runs 20 s of tasks of 0.1 s,
//! and takes a host for lost that is silent for 5 s. What happens to it is for others to do: a signal to its agent, or
//! to a worker, or a link that goes down.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use speedup_executor::task::TaskEntry;
use speedup_executor::{Error, Executor, MapOptions, OnCrash, Task};
use speedup_mpi::MpiPoolExecutor;

/// Sleeps for so many milliseconds.
#[derive(Serialize, Deserialize)]
struct Nap(u64);

impl Task for Nap {
    const NAME: &'static str = "nap";
    type Output = ();

    fn run(self) {
        std::thread::sleep(Duration::from_millis(self.0));
    }
}

static TASKS: &[TaskEntry] = &[TaskEntry::of::<Nap>()];

fn main() -> Result<(), Error> {
    speedup_mpi::init(TASKS);
    let argument = |index, default| {
        let given = std::env::args().nth(index).and_then(|argument| argument.parse::<f64>().ok());
        Duration::from_secs_f64(given.unwrap_or(default))
    };
    let (total, nap, timeout) = (argument(1, 20.0), argument(2, 0.1), argument(3, 5.0));
    let pool = MpiPoolExecutor::builder()
        .workers_per_host(1)
        .on_crash(OnCrash::FailTaskAndReplace)
        .host_timeout(timeout)
        .build()?;
    pool.bootup(None)?;
    let start = Instant::now();
    println!("{} workers", pool.num_workers());
    let tasks = (0..).take_while(|_| start.elapsed() < total).map(|_| Nap(nap.as_millis() as u64));
    let (mut ends, mut last) = (BTreeMap::<String, usize>::new(), start);
    let mut longest = Duration::ZERO;
    for result in pool.map_with(tasks, MapOptions::new().buffersize(20)) {
        let end = result.map_or_else(|error| error.to_string(), |()| "done".to_string());
        if end != "done" {
            println!(
                "{:5.1} s: {end}; {} workers are left",
                start.elapsed().as_secs_f64(),
                pool.num_workers()
            );
        }
        *ends.entry(end).or_default() += 1;
        longest = longest.max(last.elapsed());
        last = Instant::now();
    }
    println!("{ends:?}; the longest time without a result was {:.2} s", longest.as_secs_f64());
    Ok(())
}
