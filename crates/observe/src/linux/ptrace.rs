//! Tracing of nothing but starts and ends: a task stops when it makes another, when it begins, when it
//! ends, and when a signal comes.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::ptr::null_mut;

use super::child::errno;

/// `PTRACE_EVENT_STOP`, which the libc crate does not have for every target.
const EVENT_STOP: c_int = 128;

/// Begins to trace a process and all that it will make; they are killed if this process dies.
pub(super) fn seize(pid: libc::pid_t) -> Result<(), c_int> {
    let options = libc::PTRACE_O_TRACECLONE
        | libc::PTRACE_O_TRACEFORK
        | libc::PTRACE_O_TRACEVFORK
        | libc::PTRACE_O_TRACEEXIT
        | libc::PTRACE_O_EXITKILL;
    // SAFETY: the call takes two numbers in the place of pointers and touches no memory.
    let result = unsafe { libc::ptrace(libc::PTRACE_SEIZE, pid, null_mut::<c_void>(), options as usize) };
    if result == 0 { Ok(()) } else { Err(errno()) }
}

/// Lets a stopped task go on, with a signal or 0. One that was killed while it was stopped is left.
pub(super) fn go_on(pid: libc::pid_t, signal: c_int) {
    // SAFETY: as in `seize`.
    unsafe { libc::ptrace(libc::PTRACE_CONT, pid, null_mut::<c_void>(), signal as usize) };
}

/// The task that a stopped one has made.
pub(super) fn made(pid: libc::pid_t) -> Option<libc::pid_t> {
    let mut number: libc::c_ulong = 0;
    // SAFETY: the call writes the one number.
    let result =
        unsafe { libc::ptrace(libc::PTRACE_GETEVENTMSG, pid, null_mut::<c_void>(), &raw mut number) };
    (result == 0).then_some(number as libc::pid_t)
}

/// Leaves a task stopped, as its job control wants, but lets it tell of its going on.
pub(super) fn listen(pid: libc::pid_t) {
    // SAFETY: as in `seize`.
    unsafe { libc::ptrace(libc::PTRACE_LISTEN, pid, null_mut::<c_void>(), 0_usize) };
}

/// Why a traced task has stopped.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// It begins, or goes on after a stop of its group.
    Start,
    /// It ends; its times can still be read.
    End,
    /// It has made another task.
    New,
    /// Its group was stopped by a signal.
    Group,
    /// A signal is to be delivered.
    Signal(c_int),
}

impl Stop {
    /// From the status of `wait4`.
    pub(super) fn of(status: c_int) -> Self {
        let signal = libc::WSTOPSIG(status);
        match status >> 16 {
            0 => Self::Signal(signal),
            libc::PTRACE_EVENT_EXIT => Self::End,
            EVENT_STOP if signal == libc::SIGTRAP => Self::Start,
            EVENT_STOP => Self::Group,
            _ => Self::New,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_are_told_apart() {
        let status = |event: c_int, signal: c_int| event << 16 | signal << 8 | 0x7f;
        assert_eq!(Stop::of(status(0, libc::SIGUSR1)), Stop::Signal(libc::SIGUSR1));
        assert_eq!(Stop::of(status(libc::PTRACE_EVENT_EXIT, libc::SIGTRAP)), Stop::End);
        assert_eq!(Stop::of(status(EVENT_STOP, libc::SIGTRAP)), Stop::Start);
        assert_eq!(Stop::of(status(EVENT_STOP, libc::SIGSTOP)), Stop::Group);
        assert_eq!(Stop::of(status(libc::PTRACE_EVENT_CLONE, libc::SIGTRAP)), Stop::New);
    }
}
