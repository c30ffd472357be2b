//! Workers of pools that stay on their CPUs.

use serde::{Deserialize, Serialize};

use speedup_executor::task::TaskEntry;
use speedup_executor::{
    Error, Executor, ExecutorKind, ProcessPoolExecutor, RayonExecutor, Task, ThreadPoolExecutor,
    current_worker,
};
use speedup_machine::affinity;
use speedup_report::record::{BASELINE, Pinned};

/// The task that pins a worker, for [`worker::init`](speedup_executor::worker::init).
pub static TASKS: [TaskEntry; 1] = [TaskEntry::of::<Stay>()];

/// Keeps a worker to its CPU: the I-th worker to the I-th of these, and then from the first on again.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Stay {
    cpus: Vec<usize>,
}

impl Task for Stay {
    const NAME: &'static str = "speedup.pin";
    type Output = ();

    fn run(self) {
        stay(&self.cpus);
    }
}

/// Keeps the calling worker to its CPU of these, if there are any.
///
/// # Panics
///
/// If it cannot be kept there: the pool tells it as the reason why its initializer failed.
pub(super) fn stay(cpus: &[usize]) {
    let Some(&cpu) = cpus.get(current_worker() % cpus.len().max(1)) else { return };
    if let Err(problem) = affinity::pin_this_thread(cpu) {
        panic!("{problem}");
    }
}

/// Starts a pool whose workers stay on their CPUs, or go where the scheduler puts them.
///
/// # Errors
///
/// Whatever keeps the pool from starting.
pub fn start(
    kind: &'static dyn ExecutorKind,
    workers: usize,
    pin: Option<&Pinned>,
) -> Result<Box<dyn Executor>, Error> {
    match pin.filter(|_| kind.name() != BASELINE) {
        None => kind.start(workers),
        Some(pin) => start_with(kind, workers, Stay { cpus: pin.cpus.clone() }),
    }
}

/// Starts a pool whose workers each run a task before any other.
///
/// # Errors
///
/// Whatever keeps the pool from starting.
pub(super) fn start_with(
    kind: &'static dyn ExecutorKind,
    workers: usize,
    first: impl Task<Output = ()> + Clone + Sync,
) -> Result<Box<dyn Executor>, Error> {
    Ok(match kind.name() {
        "threads" => Box::new(ThreadPoolExecutor::builder().max_workers(workers).initializer(first).build()?),
        "processes" => {
            Box::new(ProcessPoolExecutor::builder().max_workers(workers).initializer(first).build()?)
        }
        "rayon" => Box::new(RayonExecutor::builder().max_workers(workers).initializer(first).build()?),
        // It has no workers.
        BASELINE => kind.start(workers)?,
        other => {
            let reason = format!("workers of {other} cannot do anything before their first job");
            return Err(Error::Initializer { worker: 0, reason });
        }
    })
}

/// Does something on the calling thread while that stays on the first CPU, as the serial baseline of pinned
/// pools does.
///
/// # Errors
///
/// In a sentence, why it cannot stay there; else what `work` gives.
pub(super) fn on_first<T>(
    pin: Option<&Pinned>,
    work: impl FnOnce() -> Result<T, String>,
) -> Result<T, String> {
    let Some(pin) = pin else { return work() };
    let before = affinity::allowed_cpus();
    affinity::allow_cpus(&pin.first(1))?;
    let done = work();
    affinity::allow_cpus(&before)?;
    done
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_stays_on_the_first_cpu_only_meanwhile() {
        let before = affinity::allowed_cpus();
        let last = *before.last().unwrap();
        let pin = Pinned { order: None, cpus: vec![last, before[0]] };
        let pinned = on_first(Some(&pin), || Ok(affinity::allowed_cpus()));
        assert_eq!(pinned, Ok(vec![last]));
        assert_eq!(on_first(None, || Ok(affinity::allowed_cpus())), Ok(before.clone()));
        assert_eq!(affinity::allowed_cpus(), before);
    }
}
