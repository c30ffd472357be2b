//! What one execution of a program was seen to do.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::trace::Trace;

/// Why a figure cannot be told. It is never replaced by zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Untold(pub String);

impl fmt::Display for Untold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A figure, or why it cannot be told.
pub type Told<T> = Result<T, Untold>;

pub(crate) fn untold<T>(reason: impl Into<String>) -> Told<T> {
    Err(Untold(reason.into()))
}

/// Where the facts of an execution come from, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Source {
    /// The kernel's records of every switch, and every task stopped at its start and its end to read its
    /// own times: a trace with the exact run delay and the work of ending tasks.
    SwitchesAndPtrace,
    /// The kernel's records of every switch: a trace, without queueing after a sleep.
    Switches,
    /// Every task stopped at its start and its end to read its own times: all totals, no trace.
    Ptrace,
    /// What `wait4` and the zombie's `/proc/PID/schedstat` tell. Always there.
    Usage,
}

impl Source {
    /// All, best first.
    pub const ALL: [Self; 4] = [Self::SwitchesAndPtrace, Self::Switches, Self::Ptrace, Self::Usage];

    /// What it is called in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SwitchesAndPtrace => "switch records and ptrace",
            Self::Switches => "switch records",
            Self::Ptrace => "ptrace",
            Self::Usage => "wait4",
        }
    }

    /// Whether it reads switch records.
    #[must_use]
    pub fn switches(self) -> bool {
        matches!(self, Self::SwitchesAndPtrace | Self::Switches)
    }

    /// Whether it stops tasks at their start and end.
    #[must_use]
    pub fn ptrace(self) -> bool {
        matches!(self, Self::SwitchesAndPtrace | Self::Ptrace)
    }
}

/// How the program ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exit {
    /// With an exit code.
    Code(i32),
    /// By a signal.
    Signal {
        /// Its number here.
        number: i32,
        /// Its name, such as `SIGSEGV`.
        name: String,
    },
}

impl Exit {
    /// Whether it was exit code 0.
    #[must_use]
    pub fn success(&self) -> bool {
        *self == Self::Code(0)
    }

    pub(crate) fn of_status(status: i32) -> Self {
        if libc::WIFSIGNALED(status) {
            let number = libc::WTERMSIG(status);
            return Self::Signal { number, name: signal_name(number) };
        }
        Self::Code(libc::WEXITSTATUS(status))
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal { name, .. } => write!(f, "killed by {name}"),
        }
    }
}

fn signal_name(number: i32) -> String {
    let names = [
        (libc::SIGHUP, "SIGHUP"),
        (libc::SIGINT, "SIGINT"),
        (libc::SIGQUIT, "SIGQUIT"),
        (libc::SIGILL, "SIGILL"),
        (libc::SIGTRAP, "SIGTRAP"),
        (libc::SIGABRT, "SIGABRT"),
        (libc::SIGBUS, "SIGBUS"),
        (libc::SIGFPE, "SIGFPE"),
        (libc::SIGKILL, "SIGKILL"),
        (libc::SIGUSR1, "SIGUSR1"),
        (libc::SIGSEGV, "SIGSEGV"),
        (libc::SIGUSR2, "SIGUSR2"),
        (libc::SIGPIPE, "SIGPIPE"),
        (libc::SIGALRM, "SIGALRM"),
        (libc::SIGTERM, "SIGTERM"),
        (libc::SIGXCPU, "SIGXCPU"),
        (libc::SIGXFSZ, "SIGXFSZ"),
        (libc::SIGVTALRM, "SIGVTALRM"),
        (libc::SIGPROF, "SIGPROF"),
        (libc::SIGSYS, "SIGSYS"),
    ];
    names
        .iter()
        .find(|(of, _)| *of == number)
        .map_or_else(|| format!("signal {number}"), |(_, name)| (*name).to_string())
}

/// Why the program was ended from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stopped {
    /// Its time was up.
    Timeout,
    /// The caller asked for it.
    Interrupt,
}

/// What `wait4` tells of the program and those of its descendants that were waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// CPU time in user mode, in ns.
    pub user_ns: u64,
    /// CPU time in the kernel, in ns.
    pub system_ns: u64,
    /// Peak memory of the largest single process, in bytes.
    pub max_rss_bytes: Told<u64>,
    /// Page faults without a disk.
    pub minor_faults: u64,
    /// Page faults that waited for a disk.
    pub major_faults: u64,
    /// Switches because a thread waited for something.
    pub voluntary_switches: u64,
    /// Switches because a thread lost its CPU to another.
    pub involuntary_switches: u64,
}

/// What was seen of the process tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    /// Processes in all, the program's own included.
    pub processes: Told<u64>,
    /// Threads in all, the first one of each process included.
    pub threads: Told<u64>,
    /// Threads that existed at one time at most.
    pub peak_threads: Told<u64>,
    /// Peak memory of all processes together, in bytes.
    pub peak_memory_bytes: Told<u64>,
    /// Descendants that were still there when the program had ended, and were killed.
    pub killed: u64,
}

/// What came through one of the program's outputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    /// Bytes in all.
    pub bytes: u64,
    /// XXH3 of all bytes, 128 bits, in hexadecimal.
    pub xxh3: String,
    /// The last bytes, as many as were asked for.
    pub tail: Vec<u8>,
}

/// What the control group of a program's tree tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupTimes {
    /// CPU time of all that was in it, in ns.
    pub cpu_ns: u64,
    /// Time in which at least one thread of it could have run and waited for a CPU, in ns (pressure stall
    /// information, `some`).
    pub some_waited_ns: Told<u64>,
}

impl GroupTimes {
    /// What was used since an earlier look.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    pub(crate) fn since(self, before: &Self) -> Self {
        let waited = match (self.some_waited_ns, &before.some_waited_ns) {
            (Ok(after), Ok(before)) => Ok(after.saturating_sub(*before)),
            (Err(why), _) => Err(why),
            (_, Err(why)) => Err(why.clone()),
        };
        Self { cpu_ns: self.cpu_ns.saturating_sub(before.cpu_ns), some_waited_ns: waited }
    }
}

/// One execution of a program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// Start on the monotonic clock, in ns: just before the program was let go.
    pub begin_ns: u64,
    /// End on the same clock: when the program was seen to have ended.
    pub end_ns: u64,
    /// How the program ended.
    pub exit: Exit,
    /// Whether it was ended from here.
    pub stopped: Option<Stopped>,
    /// What `wait4` tells.
    pub usage: Usage,
    /// CPU time of the whole tree from `begin_ns` to `end_ns`, in ns, that of ending tasks included.
    pub cpu_ns: u64,
    /// The part of `cpu_ns` that the kernel spent on ending tasks, in ns.
    pub exit_cpu_ns: Told<u64>,
    /// Time that threads of the tree were runnable and waited for a CPU, in ns.
    pub run_delay_ns: Told<u64>,
    /// What was seen of the process tree.
    pub tree: Tree,
    /// What its control group tells, where one can be made.
    pub group: Told<GroupTimes>,
    /// How many threads were on a CPU, and how many waited for one, at every time.
    pub trace: Told<Trace>,
    /// Where these facts come from.
    pub source: Source,
    /// The standard output, where it was to be digested.
    pub stdout: Option<Stream>,
    /// The standard error, where it was to be digested.
    pub stderr: Option<Stream>,
}

impl Execution {
    /// What its facts come from, in words. Where every task tells its own times, the control group adds nothing.
    #[must_use]
    pub fn sources(&self) -> String {
        let group = if !self.source.ptrace() && self.group.is_ok() { " and the control group" } else { "" };
        format!("{}{group}", self.source.name())
    }

    /// Wall time, in ns.
    #[must_use]
    pub fn wall_ns(&self) -> u64 {
        self.end_ns.saturating_sub(self.begin_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_told_apart_and_signals_named() {
        assert_eq!(Exit::of_status(0), Exit::Code(0));
        assert_eq!(Exit::of_status(127 << 8), Exit::Code(127));
        let segv = Exit::of_status(libc::SIGSEGV | 0x80);
        assert_eq!(segv.to_string(), "killed by SIGSEGV");
        assert_eq!(Exit::of_status(64).to_string(), "killed by signal 64");
        assert!(!segv.success());
    }
}
