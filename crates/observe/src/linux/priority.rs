//! The supervisor's place in the scheduler.
#![allow(unsafe_code)]

use std::ffi::c_int;

/// Asks the scheduler to let this process, which never runs long, run soon after it is woken: a traced task
/// that begins or ends waits for it. Needs no rights for short slices (Linux 6.12), and takes a better
/// priority where it may; what it runs gets neither. The nice value that it had.
pub(super) fn wake_soon() -> c_int {
    #[repr(C)]
    struct Attributes {
        size: u32,
        policy: u32,
        flags: u64,
        nice: i32,
        priority: u32,
        runtime_ns: u64,
        deadline_ns: u64,
        period_ns: u64,
    }
    const RESET_ON_FORK: u64 = 1;
    // SAFETY: calls without pointers, and one with the attributes, which are laid out as the system's and
    // say their size.
    unsafe {
        let nice = libc::getpriority(libc::PRIO_PROCESS, 0);
        if libc::sched_getscheduler(0) != libc::SCHED_OTHER {
            return nice;
        }
        for better in [-10, nice] {
            let attributes = Attributes {
                size: size_of::<Attributes>() as u32,
                policy: libc::SCHED_OTHER as u32,
                flags: RESET_ON_FORK,
                nice: better.min(nice),
                priority: 0,
                runtime_ns: 100_000,
                deadline_ns: 0,
                period_ns: 0,
            };
            if libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) == 0 {
                break;
            }
        }
        nice
    }
}
