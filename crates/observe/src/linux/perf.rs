//! The kernel's records of every switch, fork, exec and exit of a process tree, by `perf_event_open(2)`.
//!
//! One software event that counts nothing is opened per CPU on the program's first thread and inherited by
//! all that it makes. Each has a ring of records. That needs no rights where `perf_event_paranoid` is 2 or
//! less, about 0.8 µs a switch, and no polling: a record that did not fit is told of by another record.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_ulong};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use super::assemble::{Event, What};
use crate::execution::{Told, Untold, untold};

/// The system's `struct perf_event_attr`, in its fifth version.
#[repr(C)]
#[derive(Default)]
struct Attributes {
    kind: u32,
    size: u32,
    config: u64,
    sample_period: u64,
    sample_type: u64,
    read_format: u64,
    flags: u64,
    wakeup_watermark: u32,
    breakpoint_type: u32,
    config1: u64,
    config2: u64,
    branch_sample_type: u64,
    sample_regs_user: u64,
    sample_stack_user: u32,
    clockid: i32,
    sample_regs_intr: u64,
    aux_watermark: u32,
    sample_max_stack: u16,
    reserved: u16,
}

const _: () = assert!(size_of::<Attributes>() == 112);

const PERF_TYPE_SOFTWARE: u32 = 1;
const PERF_COUNT_SW_DUMMY: u64 = 9;
/// Task, time and CPU with every record.
const SAMPLE_TYPE: u64 = 1 << 1 | 1 << 2 | 1 << 7;
/// Bytes that these take at a record's end.
const SAMPLE_ID_BYTES: usize = 24;
const PERF_FLAG_FD_CLOEXEC: c_ulong = 8;

/// Bits: inherit, `exclude_kernel`, `exclude_hv`, comm, task, watermark, `sample_id_all`, `comm_exec`,
/// `use_clockid`, `context_switch`.
const FLAGS: [u32; 10] = [1, 5, 6, 9, 13, 14, 18, 24, 25, 26];

const RECORD_LOST: u32 = 2;
const RECORD_COMM: u32 = 3;
const RECORD_EXIT: u32 = 4;
const RECORD_FORK: u32 = 7;
const RECORD_LOST_SAMPLES: u32 = 13;
const RECORD_SWITCH: u32 = 14;
const MISC_COMM_EXEC: u16 = 1 << 13;
const MISC_SWITCH_OUT: u16 = 1 << 13;
const MISC_SWITCH_OUT_PREEMPT: u16 = 1 << 14;

/// Offsets in the page before the ring.
const HEAD: usize = 1024;
const TAIL: usize = 1032;

/// Ring sizes to try: an unprivileged user may have 516 KiB a CPU.
const RING_BYTES: [usize; 4] = [512 << 10, 256 << 10, 128 << 10, 32 << 10];

/// The rings of all CPUs.
pub(super) struct Switches {
    rings: Vec<Ring>,
    /// Records that the kernel had no room for.
    pub(super) lost: u64,
}

impl Switches {
    /// Begins to record what a process, not yet a program, and all its descendants do.
    pub(super) fn open(pid: libc::pid_t) -> Told<Self> {
        let mut rings = Vec::new();
        for cpu in online_cpus() {
            match Ring::open(pid, cpu) {
                Ok(ring) => rings.push(ring),
                // It went offline.
                Err(error) if matches!(error.raw_os_error(), Some(libc::ENODEV | libc::ENXIO)) => {}
                Err(error) => return Err(refusal(&error)),
            }
        }
        if rings.is_empty() {
            return untold("no CPU has switch records");
        }
        Ok(Self { rings, lost: 0 })
    }

    /// Readable when a ring is filling up.
    pub(super) fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.rings.iter().map(|ring| ring.event.as_fd())
    }

    /// Takes all records that are there. Those of one CPU are in order of time.
    pub(super) fn drain(&mut self, events: &mut Vec<Event>, at_most: usize) {
        for ring in &self.rings {
            ring.drain(|record| match record {
                Record::Event(event) if events.len() <= at_most => events.push(event),
                Record::Event(_) => {}
                Record::Lost(count) => self.lost += count,
            });
        }
    }
}

/// The events of one CPU.
struct Ring {
    event: OwnedFd,
    base: *mut u8,
    page: usize,
    size: usize,
}

// SAFETY: the mapping belongs to this value; the kernel does not mind which thread reads it.
unsafe impl Send for Ring {}

#[derive(Debug, PartialEq)]
enum Record {
    Event(Event),
    Lost(u64),
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        (self.at_ns, self.task, self.what) == (other.at_ns, other.task, other.what)
    }
}

impl Ring {
    fn open(pid: libc::pid_t, cpu: c_int) -> io::Result<Self> {
        // SAFETY: a call without pointers.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
        let mut failure = io::Error::from_raw_os_error(libc::EPERM);
        for size in RING_BYTES.into_iter().filter(|size| *size >= page) {
            let event = open_event(pid, cpu, size / 4)?;
            let (protection, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED);
            // SAFETY: a new mapping at a place of the system's choice touches no other memory.
            match unsafe { mmap(null_mut(), page + size, protection, flags, &event, 0) } {
                Ok(base) => return Ok(Self { event, base: base.cast(), page, size }),
                Err(error) => failure = error.into(),
            }
        }
        Err(failure)
    }

    fn position(&self, offset: usize) -> &AtomicU64 {
        // SAFETY: the mapping begins on a page, is longer than the offset, and lives as long as `self`;
        // the kernel reads and writes these words as whole ones.
        unsafe { AtomicU64::from_ptr(self.base.add(offset).cast()) }
    }

    fn drain(&self, mut take: impl FnMut(Record)) {
        // The kernel writes records before it moves the head, and after it has seen the tail moved.
        let head = self.position(HEAD).load(Ordering::Acquire);
        let mut tail = self.position(TAIL).load(Ordering::Relaxed);
        let mut buffer = [0; 128];
        while tail < head {
            self.copy(tail, &mut buffer[..8]);
            let size = u64::from(u16::from_ne_bytes([buffer[6], buffer[7]]));
            if size < 8 {
                break;
            }
            let len = (size as usize).min(buffer.len());
            self.copy(tail, &mut buffer[..len]);
            if let Some(record) = parse(&buffer[..len]) {
                take(record);
            }
            tail += size;
        }
        self.position(TAIL).store(head, Ordering::Release);
    }

    /// Copies from the ring, around its end where needed.
    fn copy(&self, position: u64, into: &mut [u8]) {
        let start = (position % self.size as u64) as usize;
        let first = into.len().min(self.size - start);
        // SAFETY: both parts lie in the ring, which is `size` long after the first page, and the kernel
        // does not write between tail and head.
        unsafe {
            let ring = self.base.add(self.page);
            into.as_mut_ptr().copy_from_nonoverlapping(ring.add(start), first);
            into.as_mut_ptr().add(first).copy_from_nonoverlapping(ring, into.len() - first);
        }
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: the mapping was made with this length, and `self` is the only one to use it.
        let _ = unsafe { munmap(self.base.cast(), self.page + self.size) };
    }
}

fn parse(record: &[u8]) -> Option<Record> {
    let word = |at: usize| record.get(at..)?.first_chunk().map(|word| u32::from_ne_bytes(*word));
    let long = |at: usize| record.get(at..)?.first_chunk().map(|word| u64::from_ne_bytes(*word));
    let misc = u16::from_ne_bytes([*record.get(4)?, *record.get(5)?]);
    let trailer = record.len().checked_sub(SAMPLE_ID_BYTES)?;
    let (task, at_ns, cpu) = (word(trailer + 4)?, long(trailer + 8)?, word(trailer + 16)?);
    let event = |task, what| Some(Record::Event(Event { at_ns, task, cpu, what }));
    match word(0)? {
        RECORD_SWITCH if misc & MISC_SWITCH_OUT != 0 => {
            event(task, What::Out { preempted: misc & MISC_SWITCH_OUT_PREEMPT != 0 })
        }
        RECORD_SWITCH => event(task, What::In),
        RECORD_FORK => event(word(16)?, What::Fork { process: word(8)? }),
        RECORD_EXIT => event(word(16)?, What::Exit),
        RECORD_COMM if misc & MISC_COMM_EXEC != 0 => event(word(12)?, What::Exec),
        RECORD_LOST => Some(Record::Lost(long(16)?)),
        RECORD_LOST_SAMPLES => Some(Record::Lost(long(8)?)),
        _ => None,
    }
}

fn open_event(pid: libc::pid_t, cpu: c_int, watermark: usize) -> io::Result<OwnedFd> {
    // The compiler lays bit fields out from the other end where the greater byte comes first.
    let bit = |bit: u32| if cfg!(target_endian = "little") { 1_u64 << bit } else { 1 << (63 - bit) };
    let attributes = Attributes {
        kind: PERF_TYPE_SOFTWARE,
        size: size_of::<Attributes>() as u32,
        config: PERF_COUNT_SW_DUMMY,
        sample_type: SAMPLE_TYPE,
        flags: FLAGS.into_iter().map(bit).sum(),
        wakeup_watermark: watermark as u32,
        clockid: libc::CLOCK_MONOTONIC,
        ..Attributes::default()
    };
    let no_group: RawFd = -1;
    // SAFETY: the attributes are laid out as the system's structure, say their size, and outlive the call,
    // which keeps no pointer.
    let descriptor = unsafe {
        libc::syscall(
            libc::SYS_perf_event_open,
            &raw const attributes,
            pid,
            cpu,
            no_group,
            PERF_FLAG_FD_CLOEXEC,
        )
    };
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has succeeded, so that this is a descriptor that nothing else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor as RawFd) })
}

fn online_cpus() -> Vec<c_int> {
    let text = std::fs::read_to_string("/sys/devices/system/cpu/online").unwrap_or_default();
    parse_cpus(&text).unwrap_or_else(|| {
        let count = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        (0..count as c_int).collect()
    })
}

/// A list such as `0-3,8`.
fn parse_cpus(text: &str) -> Option<Vec<c_int>> {
    let range = |part: &str| -> Option<std::ops::RangeInclusive<c_int>> {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.parse().ok()?..=last.parse().ok()?)
    };
    let ranges: Vec<_> = text.trim().split(',').map(range).collect::<Option<_>>()?;
    Some(ranges.into_iter().flatten().collect())
}

/// Why there are no switch records, for a person who could change it.
fn refusal(error: &io::Error) -> Untold {
    let level = std::fs::read_to_string("/proc/sys/kernel/perf_event_paranoid").unwrap_or_default();
    reason(error, level.trim())
}

fn reason(error: &io::Error, paranoid: &str) -> Untold {
    Untold(match error.raw_os_error() {
        Some(libc::ENOSYS) => "the kernel has no perf_event_open".into(),
        Some(libc::EACCES | libc::EPERM) => match paranoid.parse::<i32>() {
            Ok(level) if level <= 2 => format!(
                "perf_event_open is forbidden though kernel.perf_event_paranoid is {level}: probably by a \
                 filter of system calls, as containers have, or by the limit of locked memory"
            ),
            Ok(level) => {
                format!(
                    "perf_event_open is forbidden: kernel.perf_event_paranoid is {level}, 2 or less is needed"
                )
            }
            Err(_) => "perf_event_open is forbidden".into(),
        },
        Some(libc::EMFILE) => {
            "too many open files: switch records take one descriptor for each CPU (ulimit -n)".into()
        }
        _ => format!("perf_event_open: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u32, misc: u16, body: &[u32], task: u32, at_ns: u64) -> Vec<u8> {
        let mut bytes = kind.to_ne_bytes().to_vec();
        bytes.extend(misc.to_ne_bytes());
        bytes.extend((8 + 4 * body.len() as u16 + 24).to_ne_bytes());
        bytes.extend(body.iter().flat_map(|word| word.to_ne_bytes()));
        bytes.extend([7_u32, task].iter().flat_map(|word| word.to_ne_bytes()));
        bytes.extend(at_ns.to_ne_bytes());
        bytes.extend([0; 8]);
        bytes
    }

    #[test]
    fn records_are_read_as_the_kernel_writes_them() {
        let event = |task, what| Some(Record::Event(Event { at_ns: 9, task, cpu: 0, what }));
        assert_eq!(parse(&record(14, 0, &[], 5, 9)), event(5, What::In));
        assert_eq!(parse(&record(14, 1 << 13, &[], 5, 9)), event(5, What::Out { preempted: false }));
        assert_eq!(parse(&record(14, 3 << 13, &[], 5, 9)), event(5, What::Out { preempted: true }));
        let fork = record(7, 0, &[7, 7, 6, 5, 0, 0], 5, 9);
        assert_eq!(parse(&fork), event(6, What::Fork { process: 7 }));
        assert_eq!(parse(&record(4, 0, &[7, 7, 6, 5, 0, 0], 6, 9)), event(6, What::Exit));
        assert_eq!(parse(&record(3, 1 << 13, &[7, 7, 0, 0], 7, 9)), event(7, What::Exec));
        assert_eq!(parse(&record(3, 0, &[7, 7, 0, 0], 7, 9)), None);
        let lost = if cfg!(target_endian = "little") { [1, 0, 42, 0] } else { [0, 1, 0, 42] };
        assert_eq!(parse(&record(2, 0, &lost, 7, 9)), Some(Record::Lost(42)));
        assert_eq!(parse(&[0; 9]), None);
    }

    #[test]
    fn lists_of_cpus_are_read() {
        assert_eq!(parse_cpus("0-2,8\n"), Some(vec![0, 1, 2, 8]));
        assert_eq!(parse_cpus("3"), Some(vec![3]));
        assert_eq!(parse_cpus(""), None);
    }

    #[test]
    fn a_refusal_says_what_to_look_at() {
        let reason = |code, paranoid| reason(&io::Error::from_raw_os_error(code), paranoid).0;
        assert!(reason(libc::EACCES, "3").contains("paranoid is 3, 2 or less"));
        assert!(reason(libc::EPERM, "2").contains("filter of system calls"));
        assert!(reason(libc::EPERM, "").ends_with("forbidden"));
        assert!(reason(libc::EMFILE, "2").contains("ulimit"));
    }
}
