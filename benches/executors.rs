//! Executors beside their peers and floors: what a task costs apart from the work in it.

#[path = "support/contest.rs"]
mod contest;

use std::process::ExitCode;

use contest::{Against, Bench, Contest, Limit, Unit, measure};
use speedup::executor::ThreadPoolExecutor;

const TASKS: usize = 20_000;

fn main() -> ExitCode {
    let mut bench = match Bench::new("executors") {
        Ok(bench) => bench,
        Err(code) => return code,
    };
    let ours = ThreadPoolExecutor::new(2).expect("two workers");
    let theirs = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("two workers");
    let contest = Contest::new("thread task overhead, 2 workers", Unit::SecondsPer("task"))
        .contender("threads", || {
            measure(TASKS as f64, || {
                let futures: Vec<_> =
                    (0..TASKS).map(|task| ours.spawn(move || task).expect("it is open")).collect();
                futures.into_iter().map(|future| future.take(None).expect("it returns")).sum::<usize>()
            })
        })
        .contender("rayon spawn", || {
            measure(TASKS as f64, || {
                let (sender, results) = std::sync::mpsc::channel();
                for task in 0..TASKS {
                    let sender = sender.clone();
                    theirs.spawn(move || sender.send(task).expect("there is a receiver"));
                }
                drop(sender);
                results.iter().sum::<usize>()
            })
        })
        .target("threads", Against::of("rayon spawn"), Limit::AtMost(1.0));
    bench.hold(contest);
    bench.finish()
}
