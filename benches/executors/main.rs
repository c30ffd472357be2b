//! Executors next to their peers and floors: what a task costs apart from the work in it.
//!
//! * `overhead`: many tiny tasks through threads, next to rayon and `threadpool`
//! * `round_trip`: one task there and its result back, next to channels, pipes and sockets
//! * `mapping`: `map` over many tiny tasks, with the CPU time that each takes
//! * `start`: workers from nothing to ready, and hundreds of them
//! * `memory`: what a task takes while it waits
//! * `tasks`, `floor`, `placement`: what is run; this program started again, as the least that could be
//!   on the other side; where threads and processes run

mod floor;
mod mapping;
mod memory;
mod overhead;
mod placement;
mod round_trip;
mod start;
mod tasks;

use std::process::ExitCode;

use speedup_bench_support::Bench;
use speedup_executor::worker;

fn main() -> ExitCode {
    // Worker processes and the floors' children are this program too.
    worker::init(tasks::TASKS);
    if floor::serve() {
        return ExitCode::SUCCESS;
    }
    let mut bench = match Bench::new("executors") {
        Ok(bench) => bench,
        Err(code) => return code,
    };
    overhead::hold(&mut bench);
    round_trip::hold(&mut bench);
    mapping::hold(&mut bench);
    start::hold(&mut bench);
    memory::hold(&mut bench);
    bench.finish()
}
