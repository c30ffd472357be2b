//! Two clocks: one that all processes of the machine share, one that counts a thread's CPU time.

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Nanoseconds on the monotonic clock. Its zero is arbitrary but the same for every process, so
/// that times taken by a worker process can be set against the parent's.
#[must_use]
pub fn monotonic_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::Monotonic))
}

/// Nanoseconds of CPU time, user and system, that the calling thread has used.
#[must_use]
pub fn thread_cpu_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::ThreadCPUTime))
}

/// Both clocks start at zero and only go forward, so that neither part can be negative.
fn nanoseconds(time: Timespec) -> u64 {
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_clocks_go_forward() {
        let (wall, cpu) = (monotonic_ns(), thread_cpu_ns());
        let mut sum = 0_u64;
        while thread_cpu_ns() == cpu {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(monotonic_ns() > wall);
    }
}
