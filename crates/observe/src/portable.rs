//! Unix systems other than Linux: `wait4`, and no trace.
#![allow(unsafe_code)]

use std::mem::zeroed;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use crate::execution::{Execution, Exit, Source, Stopped, Tree, Untold, Usage, untold};
use crate::spec::{Options, Spec, Wanted};
use crate::streams::{Reader, Streams};
use crate::{Error, lookup};

/// How often the end of a program is looked for.
const TICK: Duration = Duration::from_millis(1);

/// Needs nothing more.
pub(crate) struct Runner;

impl Runner {
    #[allow(clippy::unnecessary_wraps)] // As the runner of Linux.
    pub(crate) fn new() -> Result<Self, Error> {
        Ok(Self)
    }

    #[allow(clippy::unused_self)] // As the runner of Linux.
    pub(crate) fn run(&mut self, spec: &Spec, options: &Options<'_>) -> Result<Execution, Error> {
        if let Wanted::Only(source) = options.source
            && source != Source::Usage
        {
            return Err(Error::NoSource { wanted: source, why: not_here() });
        }
        if !spec.cpus.is_empty() {
            return Err(Error::Setting("only Linux keeps a program to CPUs".into()));
        }
        let (path, args) = lookup::resolve(spec)?;
        let Streams { given: [stdin, stdout, stderr], stdout: out, stderr: err } = Streams::open(spec)?;
        let mut command = Command::new(&path);
        command.arg0(&args[0]).args(&args[1..]).envs(spec.env.iter().cloned()).process_group(0);
        command.stdin(Stdio::from(stdin)).stdout(Stdio::from(stdout)).stderr(Stdio::from(stderr));
        if let Some(cwd) = &spec.cwd {
            command.current_dir(cwd);
        }
        let begin_ns = now_ns();
        let child =
            command.spawn().map_err(|source| Error::NotExecutable { path, why: source.to_string() })?;
        // It holds the writing ends of the pipes, which would not end otherwise.
        drop(command);
        let pid = child.id() as libc::pid_t;
        let reading = [out, err].map(|reader| reader.map(|reader| thread::spawn(|| read_all(reader))));
        let (status, usage, stopped) = wait(pid, spec, options);
        let end_ns = now_ns();
        // What is left of its process group; what has left the group is not found.
        kill(pid);
        let [stdout, stderr] =
            reading.map(|reading| reading.and_then(|reading| reading.join().ok()).map(Reader::finish));
        let cpu_ns = usage.user_ns + usage.system_ns;
        Ok(Execution {
            begin_ns,
            end_ns,
            exit: Exit::of_status(status),
            stopped,
            usage,
            cpu_ns,
            exit_cpu_ns: Err(not_here()),
            run_delay_ns: Err(not_here()),
            tree: Tree {
                processes: Err(not_here()),
                threads: Err(not_here()),
                peak_threads: Err(not_here()),
                peak_memory_bytes: Err(not_here()),
                killed: 0,
            },
            group: untold("this system has no control groups"),
            trace: untold("this system tells only what wait4 tells"),
            source: Source::Usage,
            stdout,
            stderr,
        })
    }
}

fn not_here() -> Untold {
    Untold("this system tells only what wait4 tells".into())
}

fn now_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

fn read_all(mut reader: Reader) -> Reader {
    let mut buffer = vec![0; 64 << 10];
    while reader.descriptor().is_some() {
        reader.read(&mut buffer);
    }
    reader
}

/// Waits for the end, and brings it about when it is wished.
fn wait(pid: libc::pid_t, spec: &Spec, options: &Options<'_>) -> (i32, Usage, Option<Stopped>) {
    let deadline = spec.timeout.map(|timeout| Instant::now() + timeout);
    let watched = deadline.is_some() || options.interrupt.is_some();
    let mut stopped = None;
    loop {
        // SAFETY: plain numbers, for which zero is a value; the call fills both in.
        let (mut status, mut usage): (i32, libc::rusage) = (0, unsafe { zeroed() });
        let flags = if watched { libc::WNOHANG } else { 0 };
        // SAFETY: as above; the number is that of a child that is waited for only here.
        let taken = unsafe { libc::wait4(pid, &raw mut status, flags, &raw mut usage) };
        if taken == pid {
            return (status, told(&usage), stopped);
        }
        if stopped.is_none() {
            let interrupted = options.interrupt.is_some_and(|interrupt| interrupt.load(Ordering::Relaxed));
            let late = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            stopped = interrupted.then_some(Stopped::Interrupt).or(late.then_some(Stopped::Timeout));
            if stopped.is_some() {
                kill(pid);
            }
        }
        if watched {
            thread::sleep(TICK);
        }
    }
}

/// Kills a process group.
fn kill(group: libc::pid_t) {
    // SAFETY: a call without pointers.
    unsafe { libc::kill(-group, libc::SIGKILL) };
}

#[allow(clippy::unnecessary_cast)] // The widths differ between systems.
fn told(usage: &libc::rusage) -> Usage {
    let ns = |time: libc::timeval| time.tv_sec as u64 * 1_000_000_000 + time.tv_usec as u64 * 1000;
    // Bytes there, KiB elsewhere.
    let unit = if cfg!(target_vendor = "apple") { 1 } else { 1024 };
    Usage {
        user_ns: ns(usage.ru_utime),
        system_ns: ns(usage.ru_stime),
        max_rss_bytes: Ok(usage.ru_maxrss as u64 * unit),
        minor_faults: usage.ru_minflt as u64,
        major_faults: usage.ru_majflt as u64,
        voluntary_switches: usage.ru_nvcsw as u64,
        involuntary_switches: usage.ru_nivcsw as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Output;

    #[test]
    fn a_program_runs_and_its_output_is_read() {
        let mut spec = Spec::shell("printf hello; exit 3");
        spec.stdout = Output::Digest { tail: 99 };
        let execution = Runner.run(&spec, &Options::default()).unwrap();
        assert_eq!(execution.exit, Exit::Code(3));
        assert_eq!(execution.stdout.unwrap().tail, b"hello");
        assert!(execution.trace.is_err() && execution.end_ns > execution.begin_ns);
    }

    #[test]
    fn a_timeout_ends_the_group() {
        let mut spec = Spec::shell("sleep 1000 & sleep 1000");
        (spec.timeout, spec.stdout) = (Some(Duration::from_millis(50)), Output::Digest { tail: 0 });
        let execution = Runner.run(&spec, &Options::default()).unwrap();
        assert_eq!(execution.stopped, Some(Stopped::Timeout));
        assert_eq!(execution.exit.to_string(), "killed by SIGKILL");
    }

    #[test]
    fn other_sources_are_refused() {
        let options = Options { source: Wanted::Only(Source::Ptrace), ..Options::default() };
        assert!(matches!(Runner.run(&Spec::shell(":"), &options), Err(Error::NoSource { .. })));
    }
}
