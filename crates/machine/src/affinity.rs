//! Which CPUs a thread may run on, and on which it does.

pub use super::files::ranges;

/// The CPUs that the calling thread may run on, by number. Where the system does not tell, as many
/// as it says there are, from 0.
#[must_use]
pub fn allowed_cpus() -> Vec<usize> {
    mask().unwrap_or_else(|_| {
        let count = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        (0..count).collect()
    })
}

/// The same where the system tells, and why not elsewhere. Never empty.
pub(crate) fn mask() -> Result<Vec<usize>, String> {
    #[cfg(target_os = "linux")]
    {
        let set = rustix::thread::sched_getaffinity(None)
            .map_err(|error| format!("sched_getaffinity gives no mask: {error}"))?;
        let cpus = (0..rustix::thread::CpuSet::MAX_CPU).filter(|&cpu| set.is_set(cpu)).collect::<Vec<_>>();
        if cpus.is_empty() { Err("sched_getaffinity gives an empty mask".into()) } else { Ok(cpus) }
    }
    #[cfg(not(target_os = "linux"))]
    Err(format!("{} has no affinity masks", std::env::consts::OS))
}

/// The CPU on which the calling thread runs at this moment, by number; `None` where the system does not tell. Where
/// the kernel answers without a system call it takes some 15 ns.
#[must_use]
pub fn this_cpu() -> Option<usize> {
    #[cfg(target_os = "linux")]
    {
        Some(rustix::thread::sched_getcpu())
    }
    #[cfg(not(target_os = "linux"))]
    None
}

/// Lets the calling thread run on that CPU alone.
///
/// # Errors
///
/// Why it cannot: no such CPU, one that this process may not use, or a system without the call.
pub fn pin_this_thread(cpu: usize) -> Result<(), String> {
    allow_cpus(&[cpu])
}

/// Lets the calling thread run on these CPUs alone; what [`allowed_cpus`] gave before restores what
/// was before. Threads that it starts later inherit it.
///
/// # Errors
///
/// As [`pin_this_thread`].
pub fn allow_cpus(cpus: &[usize]) -> Result<(), String> {
    #[cfg(target_os = "linux")]
    {
        let mut set = rustix::thread::CpuSet::new();
        for &cpu in cpus {
            if cpu >= rustix::thread::CpuSet::MAX_CPU {
                return Err(format!("cannot pin to CPU {cpu}: numbers from 1024 on are not supported"));
            }
            set.set(cpu);
        }
        rustix::thread::sched_setaffinity(None, &set).map_err(|error| {
            let cpus: Vec<String> = cpus.iter().map(usize::to_string).collect();
            format!("cannot pin to CPU {}: {error}", cpus.join(","))
        })
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = cpus;
        Err(format!("{} cannot pin a thread to a CPU", std::env::consts::OS))
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_pinned_alone_and_let_go_again() {
        let before = allowed_cpus();
        let (last, child) = (*before.last().unwrap(), before.clone());
        std::thread::spawn(move || {
            pin_this_thread(last).unwrap();
            assert_eq!(allowed_cpus(), [last]);
            allow_cpus(&child).unwrap();
            assert_eq!(allowed_cpus(), child);
        })
        .join()
        .unwrap();
        assert_eq!(allowed_cpus(), before, "another thread's affinity is not this one's");
    }

    #[test]
    fn a_cpu_that_there_is_not_is_refused_in_words() {
        for cpu in [1023, 4096] {
            let reason = pin_this_thread(cpu).unwrap_err();
            assert!(reason.starts_with(&format!("cannot pin to CPU {cpu}: ")), "{reason}");
        }
        assert!(allow_cpus(&[]).is_err());
    }
}
