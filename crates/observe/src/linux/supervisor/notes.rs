//! What the supervisor notes down when a child or traced task ends or stops. Allocates nothing.

use std::ffi::c_int;

use super::Supervisor;
use crate::linux::kill::is_process;
use crate::linux::schedstat::schedstat;
use crate::linux::wire::TaskWords;
use crate::linux::{now_ns, ptrace};

impl Supervisor {
    /// A process or traced thread is a zombie, which still has its times.
    pub(super) fn note_end(&mut self, pid: libc::pid_t) {
        let at_ns = now_ns();
        let times = (self.traced || pid == self.root).then(|| schedstat(pid)).flatten();
        if pid == self.root {
            self.done.end_ns = at_ns;
            if let Some((cpu_ns, delay_ns)) = times {
                // No program has ended without having run: zeros are a kernel that does not count.
                let counts = u64::from(cpu_ns > 0);
                (self.done.run_ns, self.done.delay_ns, self.done.schedstat) = (cpu_ns, delay_ns, counts);
            }
        }
        let process = !self.traced || is_process(pid);
        self.done.killed += u64::from(self.killing && process && pid != self.root);
        if self.traced {
            self.alive = self.alive.saturating_sub(1);
            self.note_task(true, pid, at_ns, times, process);
        }
    }

    fn note_task(
        &mut self,
        gone: bool,
        pid: libc::pid_t,
        at_ns: u64,
        times: Option<(u64, u64)>,
        process: bool,
    ) {
        let Some((cpu_ns, delay_ns)) = times else {
            self.done.unread += 1;
            return;
        };
        if self.tasks.room() < TaskWords::LEN {
            self.send_tasks();
        }
        TaskWords { gone, task: pid as u64, at_ns, cpu_ns, delay_ns, process }.push(&mut self.tasks);
    }

    pub(super) fn note_root(&mut self, status: c_int, usage: &libc::rusage) {
        let ns = |time: libc::timeval| (time.tv_sec as u64) * 1_000_000_000 + (time.tv_usec as u64) * 1000;
        self.root_ended = true;
        let done = &mut self.done;
        done.status = u64::from(status as u32);
        done.user_ns = ns(usage.ru_utime);
        done.system_ns = ns(usage.ru_stime);
        done.max_rss_kb = usage.ru_maxrss as u64;
        done.minor_faults = usage.ru_minflt as u64;
        done.major_faults = usage.ru_majflt as u64;
        done.voluntary = usage.ru_nvcsw as u64;
        done.involuntary = usage.ru_nivcsw as u64;
    }

    /// A traced task has stopped: at its start, at its end, at making another, or for a signal.
    pub(super) fn note_stop(&mut self, pid: libc::pid_t, status: c_int) {
        match ptrace::Stop::of(status) {
            ptrace::Stop::Start => ptrace::go_on(pid, 0),
            ptrace::Stop::End => {
                let times = schedstat(pid);
                self.note_task(false, pid, now_ns(), times, is_process(pid));
                ptrace::go_on(pid, 0);
            }
            ptrace::Stop::New => {
                self.alive += 1;
                self.done.threads += 1;
                self.done.processes += u64::from(ptrace::made(pid).is_some_and(is_process));
                self.done.peak_threads = self.done.peak_threads.max(self.alive);
                ptrace::go_on(pid, 0);
            }
            ptrace::Stop::Group => ptrace::listen(pid),
            ptrace::Stop::Signal(signal) => ptrace::go_on(pid, signal),
        }
    }
}
