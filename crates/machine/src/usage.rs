//! What the system has counted of the calling thread since its start: time, waiting, switches, faults.
//!
//! Only differences between two calls on one thread mean anything. A figure that the system does not
//! give is `None`, and stays so for the thread's whole life.

#![allow(unsafe_code)]

use super::clock::thread_cpu_ns;

/// Running totals of one thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ThreadUsage {
    /// Nanoseconds of CPU time, user and system.
    pub cpu_ns: u64,
    /// Nanoseconds spent ready to run, waiting for a CPU: the run-queue delay of Linux's
    /// `/proc/thread-self/schedstat`. Time that a hypervisor takes away is not in it.
    pub queue_ns: Option<u64>,
    /// Times that the thread gave its CPU up to wait for something.
    pub voluntary: Option<u64>,
    /// Times that the thread lost its CPU to another.
    pub involuntary: Option<u64>,
    /// Page faults that needed no reading from a disk.
    pub minor_faults: Option<u64>,
    /// Page faults that had to wait for a disk.
    pub major_faults: Option<u64>,
}

/// Gets the calling thread ready for [`thread_usage`], whose first call on a thread would otherwise
/// take some tens of microseconds: those of opening a file.
pub fn prepare_thread_usage() {
    system::prepare();
}

/// Whether [`thread_usage`] of the calling thread has the run-queue delay.
///
/// # Errors
///
/// Why not, where it has none.
pub fn tells_queue() -> Result<(), Untold> {
    system::tells_queue()
}

/// Why a thread's run-queue delay is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Untold {
    /// The kernel keeps no such statistics.
    NotKept,
    /// There is no `/proc`.
    NoProc,
    /// This process has as many files open as it may.
    TooManyFiles,
    /// The file cannot be read, and why.
    Unreadable(String),
    /// The operating system has nothing of the kind.
    NotOffered,
}

impl std::fmt::Display for Untold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const FILE: &str = "/proc/thread-self/schedstat";
        match self {
            Self::NotKept => write!(f, "{FILE}: the kernel keeps no such statistics"),
            Self::NoProc => write!(f, "{FILE}: /proc is not mounted"),
            Self::TooManyFiles => write!(f, "{FILE}: this process may open no more files"),
            Self::Unreadable(reason) => write!(f, "{FILE}: {reason}"),
            Self::NotOffered => write!(f, "{} does not tell run-queue delay", std::env::consts::OS),
        }
    }
}

impl Untold {
    /// What would make it known.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NotKept | Self::NotOffered => {
                "On Linux, use a kernel with CONFIG_SCHEDSTATS or CONFIG_SCHED_INFO."
            }
            Self::NoProc => "Mount /proc: 'mount -t proc proc /proc'.",
            Self::TooManyFiles => "Allow more open files: 'ulimit -n 1024'.",
            Self::Unreadable(_) => "Let this process read the files in /proc/thread-self.",
        }
    }
}

/// The totals of the calling thread.
///
/// The first call on a thread opens a file that stays open for the thread's life, unless
/// [`prepare_thread_usage`] has; the later ones make three system calls, about a microsecond together.
#[must_use]
pub fn thread_usage() -> ThreadUsage {
    let usage = ThreadUsage { cpu_ns: thread_cpu_ns(), queue_ns: system::queue_ns(), ..Default::default() };
    system::with_counts(usage)
}

/// Nanoseconds of CPU time, user and system, of all child processes that have ended and been waited for,
/// with theirs; `None` where the system does not tell.
#[must_use]
pub fn ended_children_cpu_ns() -> Option<u64> {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::uninit();
    // SAFETY: the pointer is to memory of the right type and size, which the call fills where it succeeds.
    if unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: the call has succeeded.
    let usage = unsafe { usage.assume_init() };
    let ns = |time: libc::timeval| {
        let (s, us) = (u64::try_from(time.tv_sec).ok()?, u64::try_from(time.tv_usec).ok()?);
        Some(s * 1_000_000_000 + us * 1_000)
    };
    Some(ns(usage.ru_utime)? + ns(usage.ru_stime)?)
}

#[cfg(target_os = "linux")]
mod system {
    use std::fs::File;
    use std::io;
    use std::mem::MaybeUninit;
    use std::os::unix::fs::FileExt;
    use std::path::Path;

    use super::{ThreadUsage, Untold};

    thread_local! {
        /// The link leads to the thread that opens it, so that each thread needs its own file.
        static SCHEDSTAT: io::Result<File> = File::open("/proc/thread-self/schedstat");
    }

    pub(super) fn tells_queue() -> Result<(), Untold> {
        match SCHEDSTAT.try_with(|file| file.as_ref().map(|_| ()).map_err(untold)) {
            Ok(Ok(())) => queue_ns().map(|_| ()).ok_or(Untold::NotKept),
            Ok(Err(untold)) => Err(untold),
            Err(_) => Err(Untold::Unreadable("the thread is at its end".into())),
        }
    }

    /// Why the file cannot be opened. A kernel that keeps nothing of the kind has the rest of `/proc`.
    pub(super) fn untold(error: &io::Error) -> Untold {
        match error.raw_os_error() {
            Some(libc::EMFILE | libc::ENFILE) => Untold::TooManyFiles,
            Some(libc::ENOENT) if Path::new("/proc/self").exists() => Untold::NotKept,
            Some(libc::ENOENT) => Untold::NoProc,
            _ => Untold::Unreadable(error.to_string()),
        }
    }

    /// Opens the file, if it is not open.
    pub(super) fn prepare() {
        // As below: at the thread's end there is none.
        let _ = SCHEDSTAT.try_with(|_| ());
    }

    /// Nanoseconds that the thread has waited in a run queue.
    pub(super) fn queue_ns() -> Option<u64> {
        let mut text = [0_u8; 80];
        // The thread's end, when its locals are gone already, is the one time that there is none.
        let length = SCHEDSTAT.try_with(|file| file.as_ref().ok()?.read_at(&mut text, 0).ok()).ok()??;
        parse_schedstat(std::str::from_utf8(&text[..length]).ok()?)
    }

    /// The second of the figures: time on CPU, time in the queue, number of turns. A kernel that keeps
    /// no such statistics writes zeros; but the caller has had a turn.
    pub(super) fn parse_schedstat(text: &str) -> Option<u64> {
        let mut figures = text.split_ascii_whitespace().map(str::parse::<u64>);
        let (_, queue_ns, turns) = (figures.next()?.ok()?, figures.next()?.ok()?, figures.next()?.ok()?);
        (turns > 0).then_some(queue_ns)
    }

    /// Adds switches and page faults.
    pub(super) fn with_counts(usage: ThreadUsage) -> ThreadUsage {
        let mut counts = MaybeUninit::<libc::rusage>::uninit();
        // SAFETY: the pointer is to memory of the right type and size, which the call fills where it
        // succeeds.
        if unsafe { libc::getrusage(libc::RUSAGE_THREAD, counts.as_mut_ptr()) } != 0 {
            return usage;
        }
        // SAFETY: the call has succeeded.
        let counts = unsafe { counts.assume_init() };
        let known = |count: libc::c_long| u64::try_from(count).ok();
        ThreadUsage {
            voluntary: known(counts.ru_nvcsw),
            involuntary: known(counts.ru_nivcsw),
            minor_faults: known(counts.ru_minflt),
            major_faults: known(counts.ru_majflt),
            ..usage
        }
    }
}

/// Other systems count these for whole processes only.
#[cfg(not(target_os = "linux"))]
mod system {
    use super::ThreadUsage;

    pub(super) fn prepare() {}

    pub(super) fn tells_queue() -> Result<(), super::Untold> {
        Err(super::Untold::NotOffered)
    }

    pub(super) fn queue_ns() -> Option<u64> {
        None
    }

    pub(super) fn with_counts(usage: ThreadUsage) -> ThreadUsage {
        usage
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::sync::{Arc, Barrier};
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_figures_of_a_thread_only_grow_and_are_its_own() {
        let before = thread_usage();
        std::thread::sleep(Duration::from_millis(1));
        // More than the C library's allocator ever keeps for itself, so that the pages are new.
        let pages = std::hint::black_box(vec![1_u8; 48 << 20]);
        let after = thread_usage();
        drop(pages);
        assert!(after.cpu_ns > before.cpu_ns);
        assert!(after.queue_ns >= before.queue_ns, "{before:?} {after:?}");
        assert!(after.voluntary > before.voluntary, "it slept: {before:?} {after:?}");
        assert!(after.involuntary >= before.involuntary);
        assert!(after.minor_faults > before.minor_faults, "it touched new pages: {before:?} {after:?}");
        assert!(after.major_faults >= before.major_faults);
        let other = std::thread::spawn(thread_usage).join().unwrap();
        assert!(other.cpu_ns < after.cpu_ns, "a new thread has its own: {other:?} {after:?}");
    }

    #[test]
    fn a_child_counts_once_it_has_been_waited_for() {
        let before = ended_children_cpu_ns().unwrap();
        let work = "i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done";
        assert!(std::process::Command::new("sh").args(["-c", work]).status().unwrap().success());
        assert!(ended_children_cpu_ns().unwrap() > before);
    }

    #[test]
    fn the_wait_of_two_threads_for_one_cpu_is_seen() {
        let cpu = crate::affinity::allowed_cpus()[0];
        let both_pinned = Arc::new(Barrier::new(2));
        let work = |both_pinned: Arc<Barrier>| {
            crate::affinity::pin_this_thread(cpu).unwrap();
            both_pinned.wait();
            let start = thread_usage();
            while thread_usage().cpu_ns < start.cpu_ns + 20_000_000 {}
            Some(thread_usage().queue_ns? - start.queue_ns?)
        };
        let waited = std::thread::scope(|scope| {
            let threads = [(); 2].map(|()| scope.spawn(|| work(Arc::clone(&both_pinned))));
            threads.map(|thread| thread.join().unwrap())
        });
        // Each needs the CPU for 20 ms, and one of them gets it second.
        if let [Some(one), Some(other)] = waited {
            assert!(one + other > 5_000_000, "{waited:?}");
        }
    }

    #[test]
    fn the_reason_for_no_delay_is_the_true_one() {
        let untold = |code| system::untold(&std::io::Error::from_raw_os_error(code));
        assert_eq!(untold(libc::EMFILE), Untold::TooManyFiles);
        assert_eq!(untold(libc::ENOENT), Untold::NotKept, "/proc is here");
        assert!(untold(libc::EACCES).to_string().contains("ermission denied"));
        assert!(Untold::NoProc.to_string().ends_with("/proc is not mounted"));
        assert!(
            Untold::NoProc.remedy().contains("Mount /proc")
                && Untold::TooManyFiles.remedy().contains("ulimit -n")
        );
        assert_eq!(tells_queue().is_ok(), thread_usage().queue_ns.is_some());
    }

    #[test]
    fn statistics_that_are_switched_off_are_no_waiting_of_zero() {
        assert_eq!(system::parse_schedstat("81021 4711 3\n"), Some(4711));
        assert_eq!(system::parse_schedstat("81021 0 3\n"), Some(0));
        assert_eq!(system::parse_schedstat("0 0 0\n"), None);
        assert_eq!(system::parse_schedstat("12 34"), None);
        assert_eq!(system::parse_schedstat(""), None);
    }
}
