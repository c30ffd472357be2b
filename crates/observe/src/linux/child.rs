//! The way from the supervisor to the program: memory in which the job is written, and the steps of the new
//! process up to `execve`.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::io;
use std::ptr::{null, null_mut};

use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

/// Memory for arguments and variables: more than Linux takes (a quarter of the stack's limit, 2 MiB by
/// default); pages that are not used are not there.
const ARENA_BYTES: usize = 8 << 20;

/// What to run, with pointers into the arena, which is shared and at the same place in both processes.
#[repr(C)]
pub(super) struct Job {
    path: *const c_char,
    argv: *const *const c_char,
    envp: *const *const c_char,
    cwd: *const c_char,
    mask: *const u64,
    mask_bytes: usize,
}

/// Shared memory in which the watching program writes a job for its supervisor.
pub(super) struct Arena {
    /// A whole page at least, of which a job is the beginning.
    base: *mut Job,
    used: usize,
}

// SAFETY: the memory belongs to this value alone until a job is sent; the supervisor only reads it, and
// only between the message of a job and its answer.
unsafe impl Send for Arena {}

/// The job is larger than the arena.
#[derive(Debug)]
pub(super) struct TooLong;

impl Arena {
    pub(super) fn new() -> io::Result<Self> {
        let (protection, flags) =
            (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED | MapFlags::NORESERVE);
        // SAFETY: a new mapping at a place of the system's choice touches no other memory.
        let base = unsafe { mmap_anonymous(null_mut(), ARENA_BYTES, protection, flags)? };
        Ok(Self { base: base.cast(), used: 0 })
    }

    /// Where the job is.
    pub(super) fn job(&self) -> *const Job {
        self.base.cast_const()
    }

    /// Writes a job in place of the one before.
    pub(super) fn write(
        &mut self,
        path: &CStr,
        argv: &[CString],
        envp: &[CString],
        cwd: Option<&CStr>,
        mask: &[u64],
    ) -> Result<(), TooLong> {
        self.used = size_of::<Job>();
        let path = self.string(path)?;
        let argv = self.strings(argv)?;
        let envp = self.strings(envp)?;
        let cwd = cwd.map_or(Ok(null()), |cwd| self.string(cwd))?;
        let mask_bytes = size_of_val(mask);
        let mask = self.put(mask.as_ptr().cast(), mask_bytes)?.cast();
        let job = Job { path, argv, envp, cwd, mask, mask_bytes };
        // SAFETY: the arena begins on a page, has room for a job, and is written by nothing else now.
        unsafe { self.base.write(job) };
        Ok(())
    }

    fn string(&mut self, string: &CStr) -> Result<*const c_char, TooLong> {
        let bytes = string.to_bytes_with_nul();
        Ok(self.put(bytes.as_ptr(), bytes.len())?.cast())
    }

    fn strings(&mut self, strings: &[CString]) -> Result<*const *const c_char, TooLong> {
        let mut pointers: Vec<*const c_char> =
            strings.iter().map(|string| self.string(string)).collect::<Result<_, _>>()?;
        pointers.push(null());
        Ok(self.put(pointers.as_ptr().cast(), size_of_val(pointers.as_slice()))?.cast())
    }

    /// Copies bytes to the next place that suits any pointer.
    fn put(&mut self, bytes: *const u8, len: usize) -> Result<*const u8, TooLong> {
        let start = self.used.next_multiple_of(align_of::<u64>());
        let end = start.checked_add(len).filter(|end| *end <= ARENA_BYTES).ok_or(TooLong)?;
        self.used = end;
        // SAFETY: `bytes` is `len` long by the callers, which have it from a slice; the target lies inside
        // the mapping by the check above, and the two do not overlap.
        unsafe {
            let target = self.base.cast::<u8>().add(start);
            target.copy_from_nonoverlapping(bytes, len);
            Ok(target.cast_const())
        }
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by `new` with this length and no pointer into it is used again.
        let _ = unsafe { munmap(self.base.cast(), ARENA_BYTES) };
    }
}

/// A step of the new process that can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Start = 1,
    Directory = 2,
    Cpus = 3,
    Exec = 4,
}

/// What the new process is given.
#[repr(C)]
pub(super) struct Start {
    pub(super) job: *const Job,
    pub(super) stdio: [c_int; 3],
    /// A pipe that lets it go with a byte, or −1.
    pub(super) go: c_int,
    /// A pipe for the step that failed and its error; it closes without a word where all went well.
    pub(super) report: c_int,
    pub(super) nice: c_int,
    pub(super) supervisor: libc::pid_t,
}

/// A stack for the new process.
pub(super) struct Stack(*mut c_void);

const STACK_BYTES: usize = 256 << 10;

impl Stack {
    pub(super) fn new() -> io::Result<Self> {
        let (protection, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE | MapFlags::STACK);
        // SAFETY: a new mapping at a place of the system's choice touches no other memory.
        Ok(Self(unsafe { mmap_anonymous(null_mut(), STACK_BYTES, protection, flags)? }))
    }
}

/// Starts a process that becomes the job's program; its number or the error.
///
/// With `hold` it is a full copy of the supervisor and waits for `start.go`. Without, it borrows the
/// supervisor's memory, as `vfork` does, and the supervisor sleeps until the program is there: that costs
/// no copying of page tables.
pub(super) fn start(start: &mut Start, stack: &Stack, hold: bool) -> Result<libc::pid_t, c_int> {
    let sharing = if hold { 0 } else { libc::CLONE_VM | libc::CLONE_VFORK };
    // SAFETY: the stack is a mapping of that length that nothing else uses: with `CLONE_VFORK` the
    // supervisor goes on only when the child has left it, without `CLONE_VM` the child has its copy.
    // `start` outlives the call, and in the child it is the same memory or a copy. `child` allocates
    // nothing and takes no lock.
    let pid = unsafe {
        let top = self::top(stack);
        libc::clone(child, top, sharing | libc::SIGCHLD, (&raw mut *start).cast())
    };
    if pid < 0 { Err(errno()) } else { Ok(pid) }
}

fn top(stack: &Stack) -> *mut c_void {
    // Stacks grow down on every architecture that Rust's Linux targets have; the end is 16-byte aligned.
    stack.0.cast::<u8>().wrapping_add(STACK_BYTES).cast()
}

pub(super) fn errno() -> c_int {
    io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

extern "C" fn child(start: *mut c_void) -> c_int {
    // SAFETY: `start` is what `clone` was given above. Only system calls follow, none of which touches
    // memory that is not its own; `_exit` runs nothing of the supervisor's.
    unsafe {
        let start = &*start.cast::<Start>();
        let step = prepare_and_exec(start);
        let words = [step as c_int, errno()];
        libc::write(start.report, words.as_ptr().cast(), size_of_val(&words));
        libc::_exit(127)
    }
}

/// All steps to the program; comes back only with the one that failed.
///
/// # Safety
///
/// Must run in a new process whose signals are all blocked; `start` must be filled in.
unsafe fn prepare_and_exec(start: &Start) -> Step {
    // SAFETY: pointers are to locals or into the arena, which the watching program has filled in and does
    // not write until the job is over.
    unsafe {
        let job = &*start.job;
        // Its own group: Ctrl-C at the terminal goes to the watching program alone, which decides.
        libc::setpgid(0, 0);
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        // Up again to the application's, which is always allowed.
        libc::setpriority(libc::PRIO_PROCESS, 0, start.nice);
        // The supervisor may have died before that call.
        if libc::getppid() != start.supervisor {
            libc::_exit(127);
        }
        for (to, &from) in start.stdio.iter().enumerate() {
            if libc::dup2(from, to as c_int) < 0 {
                return Step::Start;
            }
        }
        if !job.cwd.is_null() && libc::chdir(job.cwd) != 0 {
            return Step::Directory;
        }
        if job.mask_bytes > 0 && libc::sched_setaffinity(0, job.mask_bytes, job.mask.cast()) != 0 {
            return Step::Cpus;
        }
        // Rust programs ignore SIGPIPE; others should get it, as from a shell.
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        if start.go >= 0 {
            let mut byte = 0_u8;
            // The supervisor's own copy of the writing end is closed, so that this ends with the watcher.
            if libc::read(start.go, (&raw mut byte).cast(), 1) != 1 {
                libc::_exit(127);
            }
        }
        let mut none = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
        libc::sigemptyset(none.as_mut_ptr());
        libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), null_mut());
        libc::execve(job.path, job.argv, job.envp);
        Step::Exec
    }
}
