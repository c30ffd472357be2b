//! Finding and killing the supervisor's children. Allocates nothing: the supervisor uses it.
#![allow(unsafe_code)]

use std::ffi::CStr;
use std::mem::MaybeUninit;

use super::schedstat::{decimal, parent};

/// Whether a task is the first of a process and not another thread of one.
pub(super) fn is_process(task: libc::pid_t) -> bool {
    // SAFETY: signal 0 only asks whether the process with this number has a thread with this number.
    unsafe { libc::syscall(libc::SYS_tgkill, task, task, 0) == 0 }
}

pub(super) fn kill(pid: libc::pid_t) {
    // SAFETY: a call without pointers. The number is that of a child that was not waited for, or was read
    // from the list of children just now, so that it is not another process's yet.
    unsafe { libc::kill(pid, libc::SIGKILL) };
}

/// Kills all children. Theirs become children of this process then, for the next pass.
pub(super) fn kill_children() {
    if !kill_listed(c"/proc/thread-self/children") {
        kill_by_parent();
    }
}

/// Kills those that a file of numbers lists; whether there is one.
fn kill_listed(path: &CStr) -> bool {
    // SAFETY: the path is a C string, the buffer as long as said; the descriptor is closed at once.
    unsafe {
        let file = libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
        if file < 0 {
            return false;
        }
        let mut buffer = [0_u8; 4096];
        let read = libc::read(file, buffer.as_mut_ptr().cast(), buffer.len());
        libc::close(file);
        let text = buffer.get(..usize::try_from(read).unwrap_or(0)).unwrap_or_default();
        // A number that the buffer cuts off has no space after it, and is left for the next pass.
        let whole = text.iter().rposition(|byte| *byte == b' ').unwrap_or(0);
        let numbers = text.get(..whole).unwrap_or_default().split(|byte| *byte == b' ');
        for pid in numbers.filter_map(decimal).filter(|pid| *pid > 1) {
            kill(pid as libc::pid_t);
        }
        true
    }
}

/// As [`kill_children`] where the kernel keeps no list of them: looks at every process's parent.
fn kill_by_parent() {
    use rustix::fs::{Mode, OFlags, RawDir, open};
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(processes) = open(c"/proc", flags, Mode::empty()) else { return };
    // SAFETY: a call without arguments.
    let own = unsafe { libc::getpid() };
    let mut space = [MaybeUninit::uninit(); 4096];
    let mut entries = RawDir::new(&processes, &mut space);
    while let Some(Ok(entry)) = entries.next() {
        let Some(pid) = decimal(entry.file_name().to_bytes()) else { continue };
        if parent(pid as libc::pid_t) == Some(own) {
            kill(pid as libc::pid_t);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;

    /// In its own process, as it kills all children that there are.
    #[test]
    fn children_are_found_by_their_parent_too() {
        if std::env::var_os("OBSERVE_TEST_KILL").is_none() {
            let status = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "linux::kill::tests::children_are_found_by_their_parent_too"])
                .env("OBSERVE_TEST_KILL", "yes")
                .status()
                .unwrap();
            assert!(status.success());
            return;
        }
        let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
        assert!(is_process(child.id() as libc::pid_t));
        assert!(!kill_listed(c"/no/such/list"));
        kill_by_parent();
        assert_eq!(child.wait().unwrap().signal(), Some(libc::SIGKILL));
    }
}
