//! The pools of peers, each started, used and ended as its documentation shows it.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::thread::ThreadId;

use speedup::executor::Task;
use speedup::machine::clock::monotonic_ns;
use speedup::record::WorkerSpan;
use speedup::study::job::JobReport;
use speedup::study::task::BatchJob;
use speedup::workload::array::Answer;

/// A peer's pool.
pub trait Pool: Sync {
    /// What it is called in records.
    fn name(&self) -> &'static str;

    /// The package, with the version that was built in.
    fn program(&self) -> String;

    /// Starts a pool, runs the jobs, waits for the results, and ends the pool.
    ///
    /// # Errors
    ///
    /// What the pool says of a start, a job or an end that failed.
    fn run(&self, workers: usize, jobs: &mut dyn Iterator<Item = BatchJob>) -> Result<Ran, String>;
}

/// What a pool did.
pub struct Ran {
    /// By job, the number of the worker and its report.
    pub reports: Vec<(usize, JobReport<Answer>)>,
    /// The workers with times on the clock, as far as the pool tells.
    pub lives: Vec<WorkerSpan>,
}

/// Every pool.
pub static POOLS: &[&dyn Pool] = &[&Procspawn, &Rayon, &Threadpool];

/// The version of a package as `Cargo.lock` has it.
fn locked(package: &str) -> String {
    let lock = include_str!("../../../../Cargo.lock");
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    let version = lines.nth(1).and_then(|line| line.strip_prefix("version = ")).unwrap_or("?");
    format!("{package} {}", version.trim_matches('"'))
}

/// Numbers for workers in the order in which they are first heard of.
struct Numbers<T>(BTreeMap<T, usize>);

impl<T: Ord> Numbers<T> {
    fn of(&mut self, worker: T) -> usize {
        let next = self.0.len();
        *self.0.entry(worker).or_insert(next)
    }
}

struct Procspawn;

fn in_process(job: BatchJob) -> (u32, JobReport<Answer>) {
    (std::process::id(), job.run())
}

impl Pool for Procspawn {
    fn name(&self) -> &'static str {
        "procspawn"
    }

    fn program(&self) -> String {
        locked("procspawn")
    }

    fn run(&self, workers: usize, jobs: &mut dyn Iterator<Item = BatchJob>) -> Result<Ran, String> {
        let pool = procspawn::Pool::new(workers).map_err(|error| error.to_string())?;
        let handles: Vec<_> = jobs.map(|job| pool.spawn(job, in_process)).collect();
        let mut numbers = Numbers(BTreeMap::new());
        let mut reports = Vec::with_capacity(handles.len());
        for handle in handles {
            let (process, report) = handle.join().map_err(|error| error.to_string())?;
            reports.push((numbers.of(process), report));
        }
        pool.shutdown();
        Ok(Ran { reports, lives: Vec::new() })
    }
}

struct Rayon;

impl Pool for Rayon {
    fn name(&self) -> &'static str {
        "rayon"
    }

    fn program(&self) -> String {
        locked("rayon")
    }

    fn run(&self, workers: usize, jobs: &mut dyn Iterator<Item = BatchJob>) -> Result<Ran, String> {
        let spawned_ns = monotonic_ns();
        let ((on_start, started), (on_exit, exited)) = (mpsc::channel(), mpsc::channel());
        let note = |sender: mpsc::Sender<(usize, u64)>| {
            move |worker| {
                // There is no receiver only where the run has failed already.
                let _ = sender.send((worker, monotonic_ns()));
            }
        };
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(workers)
            .start_handler(note(on_start))
            .exit_handler(note(on_exit))
            .build()
            .map_err(|error| error.to_string())?;
        let (sender, results) = mpsc::channel();
        pool.in_place_scope(|scope| {
            for (index, job) in jobs.enumerate() {
                let sender = sender.clone();
                scope.spawn(move |_| {
                    let worker = rayon::current_thread_index().unwrap_or(0);
                    let _ = sender.send((index, (worker, job.run())));
                });
            }
        });
        drop((sender, pool));
        // Threads go on for a moment after their pool is dropped; the last one's word closes the channel.
        let ended: BTreeMap<usize, u64> = exited.iter().take(workers).collect();
        let life = |(worker, ready_ns)| WorkerSpan {
            worker,
            spawned_ns,
            ready_ns,
            ended_ns: ended.get(&worker).copied().unwrap_or(ready_ns),
        };
        let lives: BTreeMap<usize, u64> = started.try_iter().collect();
        Ok(Ran { reports: in_order(results), lives: lives.into_iter().map(life).collect() })
    }
}

struct Threadpool;

impl Pool for Threadpool {
    fn name(&self) -> &'static str {
        "threadpool"
    }

    fn program(&self) -> String {
        locked("threadpool")
    }

    /// Its threads end when the pool is dropped, at a time that it does not tell.
    fn run(&self, workers: usize, jobs: &mut dyn Iterator<Item = BatchJob>) -> Result<Ran, String> {
        let pool = threadpool::ThreadPool::new(workers);
        let (sender, results) = mpsc::channel();
        for (index, job) in jobs.enumerate() {
            let sender = sender.clone();
            pool.execute(move || {
                let _ = sender.send((index, (std::thread::current().id(), job.run())));
            });
        }
        drop(sender);
        pool.join();
        drop(pool);
        // Ids have no order.
        let mut seen: Vec<ThreadId> = Vec::new();
        let mut number = |id: ThreadId| {
            seen.iter().position(|other| *other == id).unwrap_or_else(|| {
                seen.push(id);
                seen.len() - 1
            })
        };
        let reports = in_order(results).into_iter().map(|(id, report)| (number(id), report)).collect();
        Ok(Ran { reports, lives: Vec::new() })
    }
}

/// What came back, in the order of the batch. A job that panicked is missing and so gives others its
/// place; the digests tell.
fn in_order<T>(results: mpsc::Receiver<(usize, T)>) -> Vec<T> {
    let by_job: BTreeMap<usize, T> = results.into_iter().collect();
    by_job.into_values().collect()
}
