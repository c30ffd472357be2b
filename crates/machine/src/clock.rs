//! Two clocks: one that all processes of the machine share, one that counts a thread's CPU time.

use std::future::poll_fn;
use std::pin::pin;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Nanoseconds on the monotonic clock. Its zero is arbitrary but the same for every process, so
/// that times taken by a worker process can be set against the parent's.
#[must_use]
pub fn monotonic_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::Monotonic))
}

/// Nanoseconds that the machine has been suspended for, for which [`monotonic_ns`] stood still; 0 where no clock tells.
/// It is the difference of two clocks, and off by the time between their readings.
#[must_use]
pub fn suspended_ns() -> u64 {
    #[cfg(target_os = "linux")]
    {
        let awake = monotonic_ns();
        nanoseconds(clock_gettime(ClockId::Boottime)).saturating_sub(awake)
    }
    #[cfg(not(target_os = "linux"))]
    0
}

/// Nanoseconds of CPU time, user and system, that the calling thread has used.
#[must_use]
pub fn thread_cpu_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::ThreadCPUTime))
}

/// The output, and the CPU time that it took in between all waiting: of a future that shares its thread with
/// others, and stays on it while it is polled.
pub async fn with_cpu_time<F: Future>(future: F) -> (F::Output, u64) {
    let mut future = pin!(future);
    let mut cpu_ns = 0;
    let output = poll_fn(|context| {
        let begin_ns = thread_cpu_ns();
        let polled = future.as_mut().poll(context);
        cpu_ns += thread_cpu_ns() - begin_ns;
        polled
    })
    .await;
    (output, cpu_ns)
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

    #[test]
    fn a_future_is_charged_for_what_it_does_and_not_for_others() {
        let work = |nanoseconds: u64| {
            let end = thread_cpu_ns() + nanoseconds;
            while thread_cpu_ns() < end {
                std::hint::spin_loop();
            }
        };
        let mut polls = 0;
        let future = poll_fn(|_| {
            work(200_000);
            polls += 1;
            if polls < 3 { std::task::Poll::Pending } else { std::task::Poll::Ready(7) }
        });
        let mut timed = pin!(with_cpu_time(future));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let output = loop {
            if let std::task::Poll::Ready(output) = timed.as_mut().poll(&mut context) {
                break output;
            }
            work(5_000_000);
        };
        assert_eq!(output.0, 7);
        assert!((600_000..5_000_000).contains(&output.1), "{}", output.1);
    }
}
