//! What watching costs: `cost [JOBS] [WORKERS] [ROUNDS]`. Medians of rounds, with the ways taking turns.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use speedup_observe::{Error, Options, Output, Runner, Source, Spec, Wanted, run};

fn main() {
    let number = |index: usize, default: usize| {
        std::env::args().nth(index).map_or(default, |arg| arg.parse().expect("a number"))
    };
    let (jobs, workers, rounds) = (number(1, 1000), number(2, 2), number(3, 5));
    println!("{jobs} jobs `true` on {workers} workers, us of wall time a job:");
    let ways: [(&str, &dyn Fn()); 4] = [
        ("xargs -P", &|| xargs(jobs, workers)),
        ("std::process::Command, a thread a worker", &|| pool(jobs, workers, std_worker)),
        ("Runner, cheap", &|| pool(jobs, workers, |next| runner(next, &Output::Null))),
        ("Runner, cheap, output digested", &|| {
            pool(jobs, workers, |next| runner(next, &Output::Digest { tail: 99 }));
        }),
    ];
    for (name, times) in measure(&ways, rounds) {
        println!("{name:45} {:8.0}", times.as_secs_f64() * 1e6 / jobs as f64);
    }
    let loops = "i=0; while [ $i -lt 300 ]; do /bin/true; i=$((i+1)); done";
    let threads = "for i in 1 2; do (i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done) & done; wait";
    for (name, text) in [("300 processes in turn", loops), ("2 busy processes", threads)] {
        println!("{name}, ms of wall time (median of {rounds}):");
        let sources: Vec<Source> = Source::ALL.into_iter().filter(|source| there(*source)).collect();
        let closures: Vec<_> = sources.iter().map(|source| move || once(text, *source)).collect();
        let ways: Vec<(&str, &dyn Fn())> =
            sources.iter().zip(&closures).map(|(source, run)| (source.name(), run as &dyn Fn())).collect();
        for (name, time) in measure(&ways, rounds) {
            println!("{name:45} {:8.1}", time.as_secs_f64() * 1e3);
        }
    }
}

fn measure<'a>(ways: &[(&'a str, &dyn Fn())], rounds: usize) -> Vec<(&'a str, Duration)> {
    let mut times = vec![Vec::new(); ways.len()];
    for _ in 0..rounds {
        for ((_, way), times) in ways.iter().zip(&mut times) {
            let began = Instant::now();
            way();
            times.push(began.elapsed());
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort();
        times[times.len() / 2]
    };
    ways.iter().zip(times).map(|((name, _), times)| (*name, median(times))).collect()
}

fn options(source: Source) -> Options<'static> {
    Options { source: Wanted::Only(source), ..Options::default() }
}

fn there(source: Source) -> bool {
    match run(&Spec::shell(":"), &options(source)) {
        Err(Error::NoSource { why, .. }) => {
            println!("no {}: {why}", source.name());
            false
        }
        other => other.is_ok(),
    }
}

fn once(text: &str, source: Source) {
    assert!(run(&Spec::shell(text), &options(source)).expect("a shell").exit.success());
}

fn xargs(jobs: usize, workers: usize) {
    let text = format!("seq {jobs} | xargs -P {workers} -n 1 /bin/true");
    assert!(Command::new("sh").args(["-c", &text]).status().expect("a shell").success());
}

fn pool(jobs: usize, workers: usize, worker: impl Fn(&dyn Fn() -> bool) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| worker(&|| next.fetch_add(1, Ordering::Relaxed) < jobs));
        }
    });
}

fn std_worker(next: &dyn Fn() -> bool) {
    while next() {
        assert!(Command::new("/bin/true").status().expect("true").success());
    }
}

fn runner(next: &dyn Fn() -> bool, stdout: &Output) {
    let mut runner = Runner::new().expect("a runner");
    let mut spec = Spec::new("/bin/true", [""; 0]);
    spec.stdout = stdout.clone();
    while next() {
        assert!(runner.run(&spec, &Options::cheap()).expect("true").exit.success());
    }
}
