//! CPU-bound work awaited on tokio, while the runtime's only thread stays free.
//!
//! ```sh
//! cargo run --release -p speedup-executor --example await_on_tokio
//! ```
//!
//! A future of any executor is a `std::future::Future`. It needs no particular runtime: the task runs on the executor
//! that it was submitted to, and wakes whichever runtime awaits it.

use std::error::Error as StdError;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use speedup_executor::{Error, ThreadPoolExecutor};

/// The number of steps until a number has come down to 1 by the rule of Collatz.
fn steps(mut number: u64) -> u64 {
    let mut steps = 0;
    while number > 1 {
        number = if number.is_multiple_of(2) { number / 2 } else { 3 * number + 1 };
        steps += 1;
    }
    steps
}

/// The number below a limit that takes the most steps: some hundred milliseconds of CPU time.
fn longest(limit: u64) -> (u64, u64) {
    (1..limit).map(|number| (steps(number), number)).max().unwrap_or_default()
}

async fn answer(pool: &ThreadPoolExecutor, limits: &[u64]) -> Result<Vec<(u64, u64)>, Error> {
    // Submit all, then await: they run at the same time.
    let running = limits.iter().map(|&limit| pool.spawn(move || longest(limit)));
    let mut answers = Vec::new();
    for future in running.collect::<Result<Vec<_>, _>>()? {
        answers.push(future.await?);
    }
    Ok(answers)
}

fn main() -> Result<(), Box<dyn StdError>> {
    let pool = ThreadPoolExecutor::builder().worker_name_prefix("collatz").build()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(async {
        let beats = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&beats);
        let heart = tokio::spawn(async move {
            let mut interval = tokio::time::interval(Duration::from_millis(10));
            loop {
                interval.tick().await;
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });

        let limits = [300_000, 600_000, 1_200_000];
        // A time limit around it is the runtime's; the tasks continue, and their results are dropped.
        let answers = tokio::time::timeout(Duration::from_secs(60), answer(&pool, &limits)).await??;
        heart.abort();
        for (limit, (steps, number)) in limits.iter().zip(answers) {
            println!("below {limit}: {number} takes {steps} steps");
        }
        println!("the runtime's thread was free for {} heartbeats", beats.load(Ordering::Relaxed));
        Ok(())
    })
}
