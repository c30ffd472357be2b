//! Messages between a parent process and its child through shared memory, one at a time each way.
//!
//! The parent writes a request and publishes it by counting up its number; the child reads it, writes
//! the reply, and publishes that under the same number. Until then the parent leaves the request
//! alone, and afterwards the child leaves the reply alone: whoever may look at a buffer looks at one
//! that nobody writes to. Numbers are published in sequentially consistent order, together with the
//! notes by which either side knows whether the other one sleeps and must be woken, so that no wake-up
//! is lost: one writes its number and then reads the note, the other writes the note and then reads
//! the number.
//!
//! Both processes are the same program. One that writes where the rules say it must not, because its
//! memory is corrupt, could make the other read a changing message; no rule between processes that
//! share memory can prevent that. Lengths are read once and checked.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use rustix::process::{Resource, getrlimit};

use super::buffer::{Buffer, View};
use super::memory::{Ground, Mapping};

/// Where the request begins: a multiple of every page size.
const REQUEST: u64 = 64 << 10;

/// The longest message in either direction, if the system's limit on file sizes leaves it that much.
const CAPACITY: u64 = 4 << 30;

/// The least capacity that is of use.
const LEAST: u64 = 64 << 10;

/// Beside the number of parts: no more are to be begun.
const STOPPED: u32 = 1 << 31;

/// The numbers and notes of one direction. Aligned so that the two directions share no cache line,
/// nor a pair of them.
#[repr(C, align(128))]
struct Direction {
    /// Number of the latest message.
    number: AtomicU32,
    /// Bytes that are there to be read.
    length: AtomicU64,
}

/// What stands at the beginning of the file.
#[repr(C)]
struct Control {
    request: Direction,
    reply: Direction,
    /// The child is about to sleep until it is rung for.
    child_sleeps: AtomicU32,
    /// Counted up where there may be something new for those who look after the reply. They sleep on it.
    news: AtomicU32,
    /// Number of the latest request that the child has begun.
    begun: AtomicU32,
    /// Parts of the latest request that the child has begun, and whether it may begin no more.
    parts: AtomicU32,
    /// Threads of the parent that look after the reply, and need no ringing.
    attendants: AtomicU32,
    /// Those of them that sleep.
    sleepers: AtomicU32,
    /// How long the child may spin for a request, in nanoseconds.
    spin_ns: AtomicU64,
    /// How long the latest request took the child, in nanoseconds.
    busy_ns: AtomicU64,
}

/// The numbers and notes of both directions. All memory that the system gives is zero at first, and
/// zeros are a valid state.
#[derive(Debug)]
pub struct Signals(Mapping);

impl Signals {
    fn new(ground: &Ground) -> io::Result<Self> {
        Mapping::new(ground, 0, size_of::<Control>()).map(Self)
    }

    fn control(&self) -> &Control {
        // SAFETY: the mapping begins at a page, is as long as `Control`, lives as long as `self`, and
        // all of `Control` is atomic: it may change under any reader's eyes.
        unsafe { self.0.start().cast::<Control>().as_ref() }
    }

    /// Number of the latest reply.
    #[must_use]
    pub fn replied(&self) -> u32 {
        self.control().reply.number.load(SeqCst)
    }

    /// Number of the latest request.
    #[must_use]
    pub fn requested(&self) -> u32 {
        self.control().request.number.load(SeqCst)
    }

    /// Bytes of the latest reply.
    #[must_use]
    pub fn reply_length(&self) -> u64 {
        self.control().reply.length.load(SeqCst)
    }

    /// Whether the child has begun the latest request.
    #[must_use]
    pub fn begun(&self) -> bool {
        self.control().begun.load(SeqCst) == self.requested()
    }

    /// Keeps the child from beginning further parts of the latest request, and tells how many it has
    /// begun. The first part it begins in any case.
    #[must_use]
    pub fn stop(&self) -> usize {
        ((self.control().parts.fetch_or(STOPPED, SeqCst) & !STOPPED) as usize).max(1)
    }

    /// How long the latest request took the child, in nanoseconds.
    #[must_use]
    pub fn busy_ns(&self) -> u64 {
        self.control().busy_ns.load(SeqCst)
    }

    /// Says that the calling thread of the parent looks after the reply, until it [leaves](Self::leave).
    pub fn attend(&self) {
        self.control().attendants.fetch_add(1, SeqCst);
    }

    /// The calling thread looks after the reply no more. A reply that came before must have been seen to
    /// by someone, since nobody was rung for: look for one after this call.
    pub fn leave(&self) {
        self.control().attendants.fetch_sub(1, SeqCst);
    }

    /// How often there has been [something new](Self::wake) for those who look after the reply.
    #[must_use]
    pub fn news(&self) -> u32 {
        self.control().news.load(SeqCst)
    }

    /// Sleeps until there is something newer than that, or that long; it may wake for no reason. What it
    /// is to be woken for must be looked at after `news` has been asked for and before this call. The
    /// calling thread must [attend](Self::attend). False where the system has no such sleep.
    #[must_use]
    pub fn sleep(&self, news: u32, timeout: Option<Duration>) -> bool {
        let control = self.control();
        control.sleepers.fetch_add(1, SeqCst);
        let slept = futex::wait(&control.news, news, timeout);
        control.sleepers.fetch_sub(1, SeqCst);
        slept
    }

    /// Wakes the threads of the parent that sleep: there is something new.
    pub fn wake(&self) {
        let control = self.control();
        control.news.fetch_add(1, SeqCst);
        if control.sleepers.load(SeqCst) > 0 {
            futex::wake(&control.news);
        }
    }
}

/// The parent's end.
#[derive(Debug)]
pub struct ParentEnd {
    ground: Ground,
    signals: Arc<Signals>,
    request: Buffer,
    reply: View,
}

impl ParentEnd {
    /// A new mailbox, with an empty first request for the child to say that it is there. The child may
    /// spin for that long before it sleeps.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn new(spin: Duration) -> io::Result<Self> {
        let allowed = getrlimit(Resource::Fsize).current.unwrap_or(u64::MAX);
        let capacity = (allowed.saturating_sub(REQUEST) / 2).min(CAPACITY) / REQUEST * REQUEST;
        if capacity < LEAST {
            let problem = format!("the limit on the size of files, {allowed} bytes, is too small");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, problem));
        }
        let ground = Ground::new(REQUEST + 2 * capacity)?;
        let signals = Arc::new(Signals::new(&ground)?);
        signals.control().spin_ns.store(spin.as_nanos() as u64, SeqCst);
        signals.control().request.number.store(1, SeqCst);
        let (request, reply) = (
            Buffer::new(&ground, REQUEST, capacity as usize)?,
            View::new(&ground, REQUEST + capacity, capacity as usize)?,
        );
        Ok(Self { ground, signals, request, reply })
    }

    /// The numbers and notes.
    #[must_use]
    pub fn signals(&self) -> &Arc<Signals> {
        &self.signals
    }

    /// Where the next request is written. `None` while the child may still read the latest.
    pub fn request(&mut self) -> Option<&mut Buffer> {
        (self.signals.replied() == self.signals.requested()).then_some(&mut self.request)
    }

    /// The latest request.
    #[must_use]
    pub fn latest(&self) -> &[u8] {
        self.request.as_slice()
    }

    /// Publishes the request. True if the child sleeps and must be rung for.
    #[must_use]
    pub fn publish(&mut self) -> bool {
        let control = self.signals.control();
        control.request.length.store(self.request.len() as u64, SeqCst);
        control.parts.store(0, SeqCst);
        control.reply.length.store(0, SeqCst);
        control.request.number.fetch_add(1, SeqCst);
        control.child_sleeps.swap(0, SeqCst) != 0
    }

    /// The reply to the latest request. `None` while there is none.
    ///
    /// # Errors
    ///
    /// `StorageFull` for one that is longer than can be.
    pub fn reply(&mut self) -> io::Result<Option<&[u8]>> {
        if self.signals.replied() == self.signals.requested() { self.remains().map(Some) } else { Ok(None) }
    }

    /// As much of a reply as is there, whatever has become of the child.
    ///
    /// # Errors
    ///
    /// As [`reply`](Self::reply).
    pub fn remains(&mut self) -> io::Result<&[u8]> {
        let length = usize::try_from(self.signals.control().reply.length.load(SeqCst));
        // SAFETY: this length is that of bytes which the child will not touch before the next request,
        // which takes `&mut self`: it has published them, or said that they are to be kept.
        unsafe { self.reply.bytes(length.unwrap_or(usize::MAX)) }
    }
}

/// The file, to be handed to the child.
impl AsFd for ParentEnd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.ground.as_fd()
    }
}

/// The child's end.
#[derive(Debug)]
pub struct ChildEnd {
    signals: Signals,
    request: View,
    reply: Buffer,
    served: u32,
}

impl ChildEnd {
    /// The other end of the mailbox in that file.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a file that is none, else what the system says.
    pub fn new(file: OwnedFd) -> io::Result<Self> {
        let length = rustix::fs::fstat(&file)?.st_size.cast_unsigned();
        let capacity = length.saturating_sub(REQUEST) / 2;
        let ground = Ground::of(file, REQUEST + 2 * LEAST)?;
        Ok(Self {
            signals: Signals::new(&ground)?,
            request: View::new(&ground, REQUEST, capacity as usize)?,
            reply: Buffer::new(&ground, REQUEST + capacity, capacity as usize)?,
            served: 0,
        })
    }

    /// Whether there is a request that has not been replied to.
    #[must_use]
    pub fn requested(&self) -> bool {
        self.signals.requested() != self.served
    }

    /// Bytes of the reply.
    #[must_use]
    pub fn reply_length(&self) -> u64 {
        self.signals.reply_length()
    }

    /// How long to spin for a request before sleeping.
    #[must_use]
    pub fn spin(&self) -> Duration {
        Duration::from_nanos(self.signals.control().spin_ns.load(SeqCst))
    }

    /// Says that this process is about to sleep. False if there is a request meanwhile, and it must not.
    #[must_use]
    pub fn may_sleep(&self) -> bool {
        let sleeps = &self.signals.control().child_sleeps;
        sleeps.store(1, SeqCst);
        if self.requested() {
            sleeps.store(0, SeqCst);
            return false;
        }
        true
    }

    /// Begins the request: gives it, and a reply to write to.
    ///
    /// # Errors
    ///
    /// `StorageFull` for a request that is longer than can be.
    pub fn begin(&mut self) -> io::Result<(&[u8], Reply<'_>)> {
        let control = self.signals.control();
        control.begun.store(self.signals.requested(), SeqCst);
        self.reply.clear();
        control.reply.length.store(0, SeqCst);
        let length = usize::try_from(control.request.length.load(SeqCst)).unwrap_or(usize::MAX);
        // SAFETY: the parent has published the request and leaves it alone until the reply to it is
        // published, which takes `&mut self`.
        let request = unsafe { self.request.bytes(length) }?;
        Ok((request, Reply { control, buffer: &mut self.reply }))
    }

    /// Publishes the reply, and says how long the request took. True if the parent must be rung for.
    #[must_use]
    pub fn publish(&mut self, busy: Duration) -> bool {
        let control = self.signals.control();
        control.busy_ns.store(busy.as_nanos() as u64, SeqCst);
        self.served = self.signals.requested();
        control.reply.number.store(self.served, SeqCst);
        if control.attendants.load(SeqCst) == 0 {
            return true;
        }
        self.signals.wake();
        false
    }
}

/// A reply in the making.
pub struct Reply<'a> {
    control: &'a Control,
    /// Where to write it.
    pub buffer: &'a mut Buffer,
}

impl Reply<'_> {
    /// Says that a part of the request is begun. False if it must not, because the parent wants it back.
    #[must_use]
    pub fn begin_part(&self) -> bool {
        self.control.parts.fetch_add(1, SeqCst) & STOPPED == 0
    }

    /// Says that what has been written so far is to be kept should this process die.
    pub fn keep(&self) {
        self.control.reply.length.store(self.buffer.len() as u64, SeqCst);
    }
}

#[cfg(target_os = "linux")]
mod futex {
    use std::sync::atomic::AtomicU32;
    use std::time::Duration;

    use rustix::thread::futex::{self, Flags};

    pub(super) fn wait(word: &AtomicU32, value: u32, timeout: Option<Duration>) -> bool {
        let timeout = timeout.and_then(|timeout| rustix::event::Timespec::try_from(timeout).ok());
        // Whether it was woken, interrupted or too late, the caller looks again.
        let _ = futex::wait(word, Flags::empty(), value, timeout.as_ref());
        true
    }

    pub(super) fn wake(word: &AtomicU32) {
        let _ = futex::wake(word, Flags::empty(), i32::MAX as u32);
    }
}

/// Elsewhere there is no sleep on a word in shared memory that the standard interfaces know.
#[cfg(not(target_os = "linux"))]
mod futex {
    use std::sync::atomic::AtomicU32;
    use std::time::Duration;

    pub(super) fn wait(_: &AtomicU32, _: u32, _: Option<Duration>) -> bool {
        false
    }

    pub(super) fn wake(_: &AtomicU32) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (ParentEnd, ChildEnd) {
        let parent = ParentEnd::new(Duration::ZERO).unwrap();
        let child = ChildEnd::new(parent.as_fd().try_clone_to_owned().unwrap()).unwrap();
        (parent, child)
    }

    fn echo(child: &mut ChildEnd) -> bool {
        let (request, reply) = child.begin().unwrap();
        let request = request.to_vec();
        reply.buffer.extend(&request).unwrap();
        reply.keep();
        child.publish(Duration::from_nanos(5))
    }

    #[test]
    fn messages_go_there_and_back_and_nobody_writes_out_of_turn() {
        let (mut parent, mut child) = pair();
        assert!(child.requested() && parent.request().is_none());
        assert!(echo(&mut child));
        assert_eq!(parent.reply().unwrap(), Some(&[][..]));
        for length in [3, 200_000, 0, 70_000] {
            let message: Vec<u8> = (0..length).map(|i| i as u8).collect();
            assert!(!child.requested() && child.may_sleep());
            let request = parent.request().unwrap();
            request.clear();
            request.extend(&message).unwrap();
            assert!(parent.publish());
            assert!(parent.request().is_none() && parent.reply().unwrap().is_none());
            assert!(child.requested() && !child.may_sleep() && !parent.signals().begun());
            assert!(echo(&mut child));
            assert!(parent.signals().begun());
            assert_eq!(parent.reply().unwrap(), Some(&message[..]));
            assert_eq!(parent.signals().busy_ns(), 5);
        }
    }

    #[test]
    fn what_a_dead_child_has_kept_can_be_read() {
        let (mut parent, mut child) = pair();
        let (_, reply) = child.begin().unwrap();
        reply.buffer.extend(b"kept").unwrap();
        reply.keep();
        reply.buffer.extend(b"lost").unwrap();
        assert_eq!(parent.reply().unwrap(), None);
        assert_eq!(parent.remains().unwrap(), b"kept");
    }

    #[test]
    fn a_child_begins_no_more_than_the_parent_allows() {
        let (mut parent, mut child) = pair();
        let _ = echo(&mut child);
        parent.request().unwrap().clear();
        let _ = parent.publish();
        let (_, reply) = child.begin().unwrap();
        assert!(reply.begin_part() && reply.begin_part());
        assert_eq!(parent.signals().stop(), 2);
        assert!(!reply.begin_part());
        let _ = child.publish(Duration::ZERO);
        // The next request is another matter.
        parent.request().unwrap().clear();
        let _ = parent.publish();
        assert_eq!(parent.signals().stop(), 1);
    }

    #[test]
    fn who_attends_is_not_rung_for_and_wakes() {
        let (parent, mut child) = pair();
        let signals = Arc::clone(parent.signals());
        signals.attend();
        std::thread::scope(|scope| {
            let sleeper = scope.spawn(|| {
                loop {
                    let news = signals.news();
                    if signals.replied() != 0 {
                        break;
                    }
                    let _ = signals.sleep(news, None);
                }
            });
            assert!(!echo(&mut child));
            sleeper.join().unwrap();
        });
        signals.leave();
    }

    #[test]
    fn a_length_beyond_all_bounds_is_an_error() {
        let (mut parent, mut child) = pair();
        let _ = child.begin().unwrap();
        parent.signals.control().reply.length.store(u64::MAX, SeqCst);
        assert_eq!(parent.remains().unwrap_err().kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn a_file_that_is_no_mailbox_is_refused() {
        let file: OwnedFd = std::fs::File::open("/dev/null").unwrap().into();
        assert!(ChildEnd::new(file).is_err());
    }
}
