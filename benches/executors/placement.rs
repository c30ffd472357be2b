//! Where threads and processes run. What is started inherits the CPUs of the thread that starts it.

use speedup_machine::affinity::{allow_cpus, allowed_cpus};

/// Where the submitting thread and the workers run. Left to itself, the scheduler may keep them together
/// on one CPU, where nothing is contended and nobody waits for a cache line, or spread them; and the two
/// differ by more than the contenders do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placement {
    /// As the scheduler likes.
    Free,
    /// All on the first CPU.
    Together,
    /// The submitting thread on the first CPU, the workers on the others.
    Apart,
}

impl Placement {
    /// Those that are possible here.
    pub(crate) fn all() -> Vec<Self> {
        let cpus = allowed_cpus();
        if cpus.len() > 1 && allow_cpus(&cpus).is_ok() {
            vec![Self::Free, Self::Together, Self::Apart]
        } else {
            vec![Self::Free]
        }
    }

    /// For titles.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Free => "",
            Self::Together => ", all on one CPU",
            Self::Apart => ", workers on other CPUs",
        }
    }

    /// Starts something where the workers are to run, and uses it where the submitting thread is to.
    pub(crate) fn within<T>(self, start: impl FnOnce() -> T, then: impl FnOnce(T)) {
        let all = allowed_cpus();
        let (workers, own) = match self {
            Self::Free => (all.clone(), all.clone()),
            Self::Together => (all[..1].to_vec(), all[..1].to_vec()),
            Self::Apart => (all[1..].to_vec(), all[..1].to_vec()),
        };
        let move_to = |cpus: &[usize]| {
            if self != Self::Free {
                allow_cpus(cpus).expect("these CPUs are among the allowed ones");
            }
        };
        move_to(&workers);
        let started = start();
        move_to(&own);
        then(started);
        move_to(&all);
    }
}
