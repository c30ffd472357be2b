//! The processor's own counters for the calling thread: instructions and cycles in user space.
//!
//! Linux offers them as *perf events*. Both are opened as one group, which is on the processor's
//! counters as a whole or not at all, so that their ratio always means the same stretch of time.
//! What is needed of the interface is one call and 64 bytes; it is written out here because the
//! packages around it open descriptors that children inherit. See `perf_event_open(2)`.

#![allow(unsafe_code)]

use serde::{Deserialize, Serialize};

/// Counts of one thread in user space: totals, or the difference between two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Counts {
    /// Instructions retired in user space.
    pub instructions: u64,
    /// Core cycles spent in user space, at whatever clock the core had.
    pub cycles: u64,
}

/// The totals of the calling thread; only differences between two calls mean anything.
///
/// The first call on a thread opens the counters, the later ones read both in one system call. Once
/// refused, a thread is refused for good, and without asking the system again.
///
/// # Errors
///
/// Why there are no counts, to follow "no hardware counters:": none offered, not allowed, or shared with other users of the processor's
/// counters, so that they did not count all the time.
pub fn thread_counts() -> Result<Counts, String> {
    system::thread_counts()
}

#[cfg(not(target_os = "linux"))]
mod system {
    pub(super) fn thread_counts() -> Result<super::Counts, String> {
        Err(format!("{} offers none to programs", std::env::consts::OS))
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::cell::RefCell;
    use std::fs::File;
    use std::io::{self, Read};
    use std::os::fd::{AsRawFd, FromRawFd, RawFd};

    use super::Counts;

    thread_local! {
        static COUNTERS: RefCell<Option<Result<Group, String>>> = const { RefCell::new(None) };
    }

    pub(super) fn thread_counts() -> Result<Counts, String> {
        let counts = COUNTERS.try_with(|counters| {
            let mut counters = counters.borrow_mut();
            let group = match counters.get_or_insert_with(Group::open) {
                Ok(group) => group,
                Err(reason) => return Err(reason.clone()),
            };
            let counts = group.read();
            if let Err(reason) = &counts {
                *counters = Some(Err(reason.clone()));
            }
            counts
        });
        counts.unwrap_or_else(|_| Err("the thread is at its end".into()))
    }

    /// Two counters of one thread, on together.
    struct Group {
        /// Instructions; reads of it give the whole group.
        leader: File,
        /// Held open: the counter ends with its descriptor.
        _cycles: File,
        /// Nanoseconds that the group was enabled but not counting when it had just been opened.
        missed_ns: u64,
    }

    /// The system's `struct perf_event_attr` in its first version, which every kernel understands.
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
        wakeup_events: u32,
        breakpoint_type: u32,
        breakpoint_address: u64,
    }

    const _: () = assert!(size_of::<Attributes>() == 64);

    const PERF_TYPE_HARDWARE: u32 = 0;
    const PERF_COUNT_HW_CPU_CYCLES: u64 = 0;
    const PERF_COUNT_HW_INSTRUCTIONS: u64 = 1;
    /// Total time enabled, total time running, and the values of the whole group.
    const READ_FORMAT: u64 = 1 | 2 | 8;
    /// The bits `exclude_kernel` and `exclude_hv`; the compiler lays bit fields out from the other end
    /// where the greater byte comes first.
    const USER_SPACE_ONLY: u64 =
        if cfg!(target_endian = "little") { 1 << 5 | 1 << 6 } else { 1 << 58 | 1 << 57 };
    const PERF_FLAG_FD_CLOEXEC: libc::c_ulong = 8;

    /// Time that a group may be off its counters without a word: less than opening one takes.
    const TOLERATED_NS: u64 = 10_000;

    impl Group {
        fn open() -> Result<Self, String> {
            let leader = open(PERF_COUNT_HW_INSTRUCTIONS, None).map_err(|error| refusal(&error))?;
            let cycles = open(PERF_COUNT_HW_CPU_CYCLES, Some(&leader)).map_err(|error| refusal(&error))?;
            let mut group = Self { leader, _cycles: cycles, missed_ns: 0 };
            let first = group.read_all()?;
            group.missed_ns = first.enabled_ns.saturating_sub(first.running_ns);
            // Some virtual machines have counters that open and never count. Between the two reads lie
            // instructions enough, those around the system call.
            let second = group.read_all()?;
            group.check(&second)?;
            if second.instructions <= first.instructions || second.cycles <= first.cycles {
                return Err("they open but do not count".into());
            }
            Ok(group)
        }

        fn read(&mut self) -> Result<Counts, String> {
            let values = self.read_all()?;
            self.check(&values)?;
            Ok(Counts { instructions: values.instructions, cycles: values.cycles })
        }

        /// Refuses what was counted part of the time: scaling it up would make it an estimate.
        fn check(&self, values: &Values) -> Result<(), String> {
            let missed_ns = values.enabled_ns.saturating_sub(values.running_ns);
            if values.running_ns == 0 || missed_ns > self.missed_ns + TOLERATED_NS {
                return Err("they did not count all the time: other programs use them, or \
                            the thread ran on a core of another kind"
                    .into());
            }
            Ok(())
        }

        fn read_all(&mut self) -> Result<Values, String> {
            let mut bytes = [0; 40];
            match self.leader.read(&mut bytes) {
                Ok(40) => Values::parse(&bytes),
                Ok(_) => Err("they broke off".into()),
                Err(error) => Err(format!("they cannot be read: {error}")),
            }
        }
    }

    /// What a read of the group gives.
    #[derive(Debug, PartialEq)]
    struct Values {
        enabled_ns: u64,
        running_ns: u64,
        instructions: u64,
        cycles: u64,
    }

    impl Values {
        /// Number of values, times enabled and running, then the values in the order of opening.
        fn parse(bytes: &[u8; 40]) -> Result<Self, String> {
            let (words, _) = bytes.as_chunks::<8>();
            let number = |index: usize| u64::from_ne_bytes(words[index]);
            if number(0) != 2 {
                return Err(format!("the system gives {} of them in place of 2", number(0)));
            }
            Ok(Self {
                enabled_ns: number(1),
                running_ns: number(2),
                instructions: number(3),
                cycles: number(4),
            })
        }
    }

    /// Opens a counter of the calling thread on whichever CPU it runs; it counts from then on.
    fn open(event: u64, leader: Option<&File>) -> io::Result<File> {
        let attributes = Attributes {
            kind: PERF_TYPE_HARDWARE,
            size: size_of::<Attributes>() as u32,
            config: event,
            read_format: READ_FORMAT,
            flags: USER_SPACE_ONLY,
            ..Attributes::default()
        };
        let (this_thread, any_cpu): (libc::pid_t, libc::c_int) = (0, -1);
        let group: RawFd = leader.map_or(-1, AsRawFd::as_raw_fd);
        // SAFETY: the attributes are laid out as the system's structure, say their size, and outlive
        // the call, which keeps no pointer.
        let descriptor = unsafe {
            libc::syscall(
                libc::SYS_perf_event_open,
                &raw const attributes,
                this_thread,
                any_cpu,
                group,
                PERF_FLAG_FD_CLOEXEC,
            )
        };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call has succeeded, so that this is a descriptor that nothing else owns.
        Ok(unsafe { File::from_raw_fd(descriptor as RawFd) })
    }

    /// Why the counters cannot be opened, for someone who could change it.
    fn refusal(error: &io::Error) -> String {
        let paranoid = std::fs::read_to_string("/proc/sys/kernel/perf_event_paranoid").ok();
        reason(error, paranoid.as_deref().map(str::trim))
    }

    fn reason(error: &io::Error, paranoid: Option<&str>) -> String {
        match error.raw_os_error() {
            Some(libc::ENOENT | libc::ENODEV | libc::ENXIO | libc::EOPNOTSUPP) => {
                "none are offered by the processor, or by the hypervisor under it".into()
            }
            Some(libc::ENOSYS) => "the kernel has no perf_event_open".into(),
            Some(libc::EACCES | libc::EPERM) => match paranoid {
                Some(level) if level.parse::<i32>().is_ok_and(|level| level <= 2) => format!(
                    "forbidden, though kernel.perf_event_paranoid is {level}: \
                     probably by a filter of system calls, as containers have"
                ),
                Some(level) => {
                    format!("forbidden: kernel.perf_event_paranoid is {level}, 2 or less is needed")
                }
                None => "forbidden".into(),
            },
            _ => format!("they cannot be opened: {error}"),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn each_refusal_says_what_to_look_at() {
            let reason = |code, paranoid| reason(&io::Error::from_raw_os_error(code), paranoid);
            assert!(reason(libc::ENOENT, Some("2")).contains("hypervisor"));
            assert!(reason(libc::EOPNOTSUPP, None).contains("hypervisor"));
            assert!(reason(libc::EACCES, Some("4")).contains("perf_event_paranoid is 4, 2 or less"));
            assert!(reason(libc::EPERM, Some("2")).contains("filter of system calls"));
            assert!(reason(libc::EPERM, Some("-1")).contains("filter of system calls"));
            assert!(reason(libc::EPERM, None).ends_with("forbidden"));
            assert!(reason(libc::ENOSYS, None).contains("kernel"));
            assert!(reason(libc::EMFILE, None).contains("Too many open files"));
        }

        #[test]
        fn a_read_is_taken_apart_in_the_kernel_s_order() {
            let bytes = |words: [u64; 5]| {
                let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
                <[u8; 40]>::try_from(bytes).unwrap()
            };
            let values = Values { enabled_ns: 10, running_ns: 9, instructions: 300, cycles: 100 };
            assert_eq!(Values::parse(&bytes([2, 10, 9, 300, 100])), Ok(values));
            assert!(Values::parse(&bytes([1, 10, 9, 300, 0])).is_err());
        }

        #[test]
        fn counts_of_part_of_the_time_are_refused() {
            let null = || File::open("/dev/null").unwrap();
            let mut group = Group { leader: null(), _cycles: null(), missed_ns: 500 };
            let values =
                |enabled_ns, running_ns| Values { enabled_ns, running_ns, instructions: 1, cycles: 1 };
            assert_eq!(group.check(&values(1_000_000, 999_000)), Ok(()));
            assert!(group.check(&values(1_000_000, 900_000)).is_err());
            assert!(group.check(&values(0, 0)).is_err());
            // An end of file, as of a group that could not be put on the counters.
            assert_eq!(group.read(), Err("they broke off".into()));
        }

        #[test]
        fn a_thread_counts_its_own_work_or_is_refused_for_good() {
            std::thread::spawn(|| match thread_counts() {
                Ok(before) => {
                    let sum = (0..1_000_000_u64).fold(0, |sum, value| std::hint::black_box(sum ^ value));
                    std::hint::black_box(sum);
                    let after = thread_counts().unwrap();
                    assert!(after.instructions - before.instructions > 1_000_000, "{before:?} {after:?}");
                    assert!(after.cycles - before.cycles > 100_000, "{before:?} {after:?}");
                }
                Err(reason) => {
                    assert!(!reason.is_empty());
                    assert_eq!(thread_counts(), Err(reason));
                    COUNTERS.with(|counters| assert!(matches!(*counters.borrow(), Some(Err(_)))));
                }
            })
            .join()
            .unwrap();
        }
    }
}
