//! What a task costs over MPI: `mpirun -n 3 round_trip`, see `docs/mpi.md`.
//!
//! Each line is one figure: what, its unit, and the median of the rounds. Bare MPI messages of the same size stand
//! beside in `examples/ping.rs`.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use speedup_executor::task::TaskEntry;
use speedup_executor::{Error, Executor, Task};
use speedup_mpi::MpiPoolExecutor;

#[derive(Serialize, Deserialize)]
struct Square(u64);

impl Task for Square {
    const NAME: &'static str = "square";
    type Output = u64;

    fn run(self) -> u64 {
        self.0 * self.0
    }
}

#[derive(Serialize, Deserialize)]
struct Length(ByteBuf);

impl Task for Length {
    const NAME: &'static str = "length";
    type Output = usize;

    fn run(self) -> usize {
        self.0.len()
    }
}

static TASKS: &[TaskEntry] = &[TaskEntry::of::<Square>(), TaskEntry::of::<Length>()];

fn main() -> Result<(), Error> {
    speedup_mpi::init(TASKS);
    let pool = MpiPoolExecutor::builder().workers_per_host(1).build()?;
    pool.bootup(None)?;
    for host in pool.hosts() {
        println!("# rank {} on {}: {} CPUs, {}", host.rank, host.name, host.cpus, host.cpu_model);
    }
    for _ in pool.map((0..1000).map(Square)) {}

    let mut trips: Vec<Duration> = Vec::new();
    for number in 0..1000 {
        let start = Instant::now();
        pool.submit(Square(number))?.result(None)?;
        trips.push(start.elapsed());
    }
    println!("round trip          {:9.1} µs", median(&mut trips).as_secs_f64() * 1e6);

    let tasks = 20_000;
    let mut maps: Vec<Duration> = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        pool.map((0..tasks).map(Square)).try_for_each(|result| result.map(drop))?;
        maps.push(start.elapsed() / tasks as u32);
    }
    println!("map of tiny tasks   {:9.2} µs a task", median(&mut maps).as_secs_f64() * 1e6);

    let (size, count) = (16 << 20, 12);
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..3 {
        let batch: Vec<_> = (0..count).map(|_| Length(ByteBuf::from(vec![7; size]))).collect();
        let start = Instant::now();
        pool.map(batch).try_for_each(|result| result.map(drop))?;
        times.push(start.elapsed());
    }
    let bytes = f64::from(size as u32) * f64::from(count);
    println!("tasks of 16 MiB     {:9.2} GB/s", bytes / median(&mut times).as_secs_f64() / 1e9);
    if let Some(seconds) = std::env::args().nth(1).and_then(|seconds| seconds.parse().ok()) {
        // For who looks from outside at what idle agents cost.
        println!("# idle for {seconds} s");
        std::thread::sleep(Duration::from_secs(seconds));
    }
    Ok(())
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
