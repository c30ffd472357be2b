//! The supervisor: a small process between the watching program and what it runs.
//!
//! It is there for three reasons. It is the *subreaper*: descendants whose parents have died become its
//! children, also those in their own sessions, so that it can find and kill all of them; an application
//! that uses this crate is not made the parent of anything. It outlives the application by the moment that
//! killing takes, so that even SIGKILL on the application leaves nothing running. And tracing belongs to
//! one thread, which here does nothing else.
//!
//! It is a fork of a program that may have threads, so it makes only system calls: nothing here allocates,
//! takes a lock, or panics. All its signals are blocked and read from a descriptor.
#![allow(unsafe_code)]

mod notes;

use std::ffi::c_int;
use std::mem::{MaybeUninit, zeroed};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr::null_mut;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

use super::child::{self, Job, Stack, Start, Step, errno};
use super::kill::{kill, kill_children};
use super::priority::wake_soon;
use super::wire::{Done, FAILED, HOLD, JOB, KILL, Packet, READY, TASKS, TRACE};
use super::{now_ns, ptrace};

/// Passes of 10 ms after which killing gives up on processes that the kernel does not let die.
const KILL_PASSES: u32 = 1000;

struct Supervisor {
    socket: OwnedFd,
    signals: OwnedFd,
    application: libc::pid_t,
    traced: bool,
    /// The application's, which what it runs is to have too.
    nice: c_int,
    root: libc::pid_t,
    root_ended: bool,
    killing: bool,
    alive: u64,
    done: Done,
    tasks: Packet,
}

/// Whether there are children left.
#[derive(PartialEq)]
enum Children {
    Some,
    None,
}

/// Serves one application until it goes away. To be called in a fresh fork whose signals are all blocked.
pub(super) fn serve(socket: RawFd, job: *const Job, application: libc::pid_t) -> ! {
    // SAFETY: system calls without pointers, or with pointers to locals that outlive them. The
    // descriptors of the application are closed, none of which this process has in Rust values that
    // would close them again; `socket` is open and becomes number 3.
    let (socket, signals) = unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM);
        if libc::getppid() != application {
            libc::_exit(0);
        }
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1);
        libc::prctl(libc::PR_SET_NAME, c"observe".as_ptr());
        libc::signal(libc::SIGCHLD, libc::SIG_DFL);
        let null = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
        if socket != 3 {
            libc::dup3(socket, 3, libc::O_CLOEXEC);
        }
        for stdio in 0..3 {
            libc::dup2(null, stdio);
        }
        close_from(4);
        let mut mask = MaybeUninit::<libc::sigset_t>::uninit();
        libc::sigemptyset(mask.as_mut_ptr());
        libc::sigaddset(mask.as_mut_ptr(), libc::SIGCHLD);
        libc::sigaddset(mask.as_mut_ptr(), libc::SIGTERM);
        let signals = libc::signalfd(-1, mask.as_ptr(), libc::SFD_CLOEXEC | libc::SFD_NONBLOCK);
        if signals < 0 {
            libc::_exit(1);
        }
        (OwnedFd::from_raw_fd(3), OwnedFd::from_raw_fd(signals))
    };
    let Ok(stack) = Stack::new() else { exit(1) };
    let nice = wake_soon();
    let mut supervisor = Supervisor {
        socket,
        signals,
        application,
        traced: false,
        nice,
        root: 0,
        root_ended: false,
        killing: false,
        alive: 0,
        done: Done::default(),
        tasks: Packet::new(TASKS),
    };
    loop {
        supervisor.one_job(job, &stack);
    }
}

/// Closes every descriptor from `first` on.
unsafe fn close_from(first: c_int) {
    // SAFETY: by the caller, no Rust value owns a descriptor from `first` on in this process.
    unsafe {
        if libc::syscall(libc::SYS_close_range, first, c_int::MAX, 0) != 0 {
            // Before Linux 5.9. A program with a higher limit rarely uses the numbers above.
            let limit = libc::sysconf(libc::_SC_OPEN_MAX).clamp(256, 65_536) as c_int;
            for descriptor in first..limit {
                libc::close(descriptor);
            }
        }
    }
}

fn exit(code: c_int) -> ! {
    // SAFETY: ends this process and runs nothing of the application's.
    unsafe { libc::_exit(code) }
}

impl Supervisor {
    fn one_job(&mut self, job: *const Job, stack: &Stack) {
        let mut descriptors = [const { None }; 4];
        let flags = self.receive_job(&mut descriptors);
        let [Some(stdin), Some(stdout), Some(stderr), go] = descriptors else { exit(1) };
        (self.traced, self.root_ended, self.killing, self.alive) = (flags & TRACE != 0, false, false, 1);
        self.done = Done { processes: 1, threads: 1, peak_threads: 1, ..Done::default() };
        let mut pipe = [0; 2];
        // SAFETY: the call fills the two numbers, which nothing else owns yet.
        let (reports, report) = unsafe {
            if libc::pipe2(pipe.as_mut_ptr(), libc::O_CLOEXEC) != 0 {
                return self.failed(Step::Start, errno());
            }
            (OwnedFd::from_raw_fd(pipe[0]), OwnedFd::from_raw_fd(pipe[1]))
        };
        let mut start = Start {
            job,
            stdio: [stdin.as_raw_fd(), stdout.as_raw_fd(), stderr.as_raw_fd()],
            go: go.as_ref().map_or(-1, AsRawFd::as_raw_fd),
            report: report.as_raw_fd(),
            nice: self.nice,
            // SAFETY: a call without arguments.
            supervisor: unsafe { libc::getpid() },
        };
        self.done.floor_kb = own_peak_kb();
        self.done.begin_ns = now_ns();
        self.root = match child::start(&mut start, stack, flags & HOLD != 0) {
            Ok(pid) => pid,
            Err(error) => return self.failed(Step::Start, error),
        };
        drop((stdin, stdout, stderr, go, report));
        if flags & HOLD != 0 {
            let refused = if self.traced { ptrace::seize(self.root).err().unwrap_or(0) } else { 0 };
            self.traced &= refused == 0;
            let mut ready = Packet::new(READY);
            ready.push(self.root as u64);
            ready.push(refused as u64);
            self.send(&ready);
        }
        self.until_reported(&reports);
        let mut words = [0_i32; 2];
        // SAFETY: reads into the two words, which are as long as said.
        let read = unsafe { libc::read(reports.as_raw_fd(), words.as_mut_ptr().cast(), size_of_val(&words)) };
        if read == 8 {
            self.end_tree();
            let mut failed = Packet::new(FAILED);
            failed.push(words[0] as u64);
            failed.push(words[1] as u64);
            return self.send(&failed);
        }
        self.watch();
        self.end_tree();
        self.send_tasks();
        let done = self.done.packet();
        self.send(&done);
    }

    /// Waits until the new process has executed its program, or has told why not. If it is killed before that, and is
    /// traced, it stops as it ends, and keeps its end of the pipe open until it is let go on.
    fn until_reported(&mut self, reports: &OwnedFd) {
        loop {
            self.drain_signals();
            self.reap();
            let mut descriptors =
                [PollFd::new(reports, PollFlags::IN), PollFd::new(&self.signals, PollFlags::IN)];
            let _ = poll(&mut descriptors, None);
            if !descriptors[0].revents().is_empty() {
                return;
            }
        }
    }

    /// Waits for the next job; ends with the application.
    fn receive_job(&self, descriptors: &mut [Option<OwnedFd>; 4]) -> u64 {
        let mut bytes = [0; 16];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut into = [std::io::IoSliceMut::new(&mut bytes)];
        let received = loop {
            match recvmsg(&self.socket, &mut into, &mut control, RecvFlags::CMSG_CLOEXEC) {
                Ok(message) => break message.bytes,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => exit(0),
            }
        };
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(received) = message {
                descriptors
                    .iter_mut()
                    .zip(received)
                    .for_each(|(place, descriptor)| *place = Some(descriptor));
            }
        }
        let word = |at: usize| {
            bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |word| u64::from_ne_bytes(*word))
        };
        match (received, word(0)) {
            (16, JOB) => word(8),
            // One that came too late for the job before.
            (8, KILL) => self.receive_job(descriptors),
            _ => exit(0),
        }
    }

    fn failed(&mut self, step: Step, error: c_int) {
        let mut failed = Packet::new(FAILED);
        failed.push(step as u64);
        failed.push(error as u64);
        self.send(&failed);
    }

    /// Sends or, where the application is gone, kills the tree and ends.
    fn send(&mut self, packet: &Packet) {
        if packet.send(&self.socket).is_err() {
            self.abandon();
        }
    }

    fn send_tasks(&mut self) {
        let full = std::mem::replace(&mut self.tasks, Packet::new(TASKS));
        if full.kind() == TASKS && full.bytes().len() > 8 {
            self.send(&full);
        }
    }

    fn abandon(&mut self) -> ! {
        // What is killed now is told to no application.
        self.tasks = Packet::new(TASKS);
        self.killing = true;
        self.end_tree();
        exit(0)
    }

    /// Until the program has ended, by itself or because the application asked for it.
    fn watch(&mut self) {
        loop {
            self.drain_signals();
            self.reap();
            if self.root_ended {
                return;
            }
            let mut descriptors =
                [PollFd::new(&self.signals, PollFlags::IN), PollFd::new(&self.socket, PollFlags::IN)];
            let _ = poll(&mut descriptors, None);
            if !descriptors[1].revents().is_empty() {
                match Packet::receive(&self.socket) {
                    Some(packet) if packet.kind() == KILL => self.end_tree(),
                    _ => self.abandon(),
                }
            }
        }
    }

    /// Kills whatever is left of the tree, and waits until it is gone.
    fn end_tree(&mut self) {
        for _ in 0..KILL_PASSES {
            self.drain_signals();
            if self.reap() == Children::None {
                return;
            }
            self.killing = true;
            if !self.root_ended {
                kill(self.root);
            }
            kill_children();
            let mut descriptors = [PollFd::new(&self.signals, PollFlags::IN)];
            let _ = poll(&mut descriptors, Some(&Timespec { tv_sec: 0, tv_nsec: 10_000_000 }));
        }
    }

    fn drain_signals(&mut self) {
        // SAFETY: plain numbers, for which zero is a value; the call writes at most one of them.
        let mut signal: libc::signalfd_siginfo = unsafe { zeroed() };
        let size = size_of_val(&signal);
        // SAFETY: as above.
        while unsafe { libc::read(self.signals.as_raw_fd(), (&raw mut signal).cast(), size) } == size as isize
        {
            // The application's thread that made this process may end before the others do.
            // SAFETY: a call without arguments.
            let orphan = unsafe { libc::getppid() } != self.application;
            if signal.ssi_signo == libc::SIGTERM as u32 && orphan && !self.killing {
                self.abandon();
            }
        }
    }

    /// Takes note of all that children and traced tasks have to tell.
    fn reap(&mut self) -> Children {
        let stops = if self.traced { libc::WSTOPPED } else { 0 };
        loop {
            // SAFETY: plain numbers, for which zero is a value; the call fills it in.
            let mut info: libc::siginfo_t = unsafe { zeroed() };
            let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT | libc::__WALL | stops;
            // SAFETY: as above.
            if unsafe { libc::waitid(libc::P_ALL, 0, &raw mut info, options) } != 0 {
                return Children::None;
            }
            // SAFETY: `waitid` has filled in a child's fields, or left zeros.
            let pid = unsafe { info.si_pid() };
            if pid == 0 {
                return Children::Some;
            }
            let ended = matches!(info.si_code, libc::CLD_EXITED | libc::CLD_KILLED | libc::CLD_DUMPED);
            if ended {
                self.note_end(pid);
            }
            // SAFETY: plain numbers, for which zero is a value.
            let (mut status, mut usage): (c_int, libc::rusage) = (0, unsafe { zeroed() });
            // SAFETY: the call fills in both.
            let taken =
                unsafe { libc::wait4(pid, &raw mut status, libc::WNOHANG | libc::__WALL, &raw mut usage) };
            if taken == pid && libc::WIFSTOPPED(status) {
                self.note_stop(pid, status);
            } else if taken == pid && pid == self.root {
                self.note_root(status, &usage);
            } else if taken != pid {
                // Nothing to take after all; asking again at once would not end.
                return Children::Some;
            }
        }
    }
}

/// The largest that this process has been, which the kernel counts as its children's too: they begin as
/// copies of it.
fn own_peak_kb() -> u64 {
    // SAFETY: plain numbers, for which zero is a value; the call fills them in.
    let mut usage: libc::rusage = unsafe { zeroed() };
    // SAFETY: as above.
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
    usage.ru_maxrss as u64
}

/// Makes the supervisor, which serves the socket; its number.
pub(super) fn spawn(own_end: &OwnedFd, job: *const Job) -> Result<libc::pid_t, c_int> {
    // SAFETY: the child runs `serve`, which makes only system calls and never comes back. All signals are
    // blocked around the fork, so that no handler of the application runs in the child.
    unsafe {
        let mut all = MaybeUninit::<libc::sigset_t>::uninit();
        let mut before = MaybeUninit::<libc::sigset_t>::uninit();
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
        let application = libc::getpid();
        let pid = libc::fork();
        if pid == 0 {
            serve(own_end.as_raw_fd(), job, application);
        }
        let error = errno();
        libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), null_mut());
        if pid < 0 { Err(error) } else { Ok(pid) }
    }
}
