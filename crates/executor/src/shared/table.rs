//! Which shared bytes are mapped in this process, so that a handle which arrives here again finds them
//! and they are mapped but once.
//!
//! A worker process has a handle only while a task runs that mentions it, and the next task may
//! mention the same bytes. So it keeps what has arrived for 100 ms after the last use, and no more
//! than 64 of them: long enough for tasks that follow each other, in which to map anew would
//! cost; short enough for memory to be free soon after the last task.

use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::Mapped;
use crate::attachments::Attachment;
use crate::ipc::sealed::Sealed;

/// How long a mapping is kept after its last use.
const KEPT_FOR: Duration = Duration::from_millis(100);

/// How many are kept.
const KEPT: usize = 64;

#[derive(Default)]
struct Table {
    known: HashMap<u64, Weak<Mapped>>,
    keeping: Keeping,
    /// The least recently used first.
    kept: VecDeque<(Instant, Arc<Mapped>)>,
}

/// Whether mappings outlive their handles here for a while.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Keeping {
    #[default]
    No,
    /// They are to, but nothing has arrived yet.
    FromFirst,
    Yes,
}

static TABLE: LazyLock<Mutex<Table>> = LazyLock::new(Mutex::default);
/// Told when something is kept where nothing was.
static KEPT_SOME: Condvar = Condvar::new();

fn table() -> MutexGuard<'static, Table> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An id that no other bytes have, in no process: random ones do not meet. Should they, the file
/// tells the bytes apart.
pub(super) fn new_id() -> u64 {
    static RANDOM: LazyLock<std::hash::RandomState> = LazyLock::new(std::hash::RandomState::new);
    static NEXT: AtomicU64 = AtomicU64::new(0);
    RANDOM.hash_one((std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))).max(1)
}

/// Makes bytes known that leave this process: they may come back.
pub(super) fn note(mapped: &Arc<Mapped>) {
    table().known.entry(mapped.id).or_insert_with(|| Arc::downgrade(mapped));
}

/// The bytes of a file that has arrived: those that are mapped here, or mapped now.
pub(super) fn mapped(attachment: &Attachment) -> io::Result<Arc<Mapped>> {
    // Whatever is dropped here for good locks the table to leave it: not while it is locked.
    let (known, released);
    let mut table = table();
    known = table.known.get(&attachment.id).and_then(Weak::upgrade);
    let mapped = match &known {
        Some(known) if known.bytes.is_in(&attachment.file) => Arc::clone(known),
        _ => {
            let len = usize::try_from(attachment.len).map_err(|_| io::ErrorKind::OutOfMemory)?;
            let bytes = Sealed::open(Arc::clone(&attachment.file), len)?;
            let mapped = Arc::new(Mapped { id: attachment.id, bytes });
            table.known.insert(mapped.id, Arc::downgrade(&mapped));
            mapped
        }
    };
    released = table.keep(&mapped);
    drop(table);
    drop(released);
    Ok(mapped)
}

impl Table {
    /// Keeps the bytes, as the most recently used. Gives what is kept no longer.
    fn keep(&mut self, mapped: &Arc<Mapped>) -> Option<Arc<Mapped>> {
        if self.keeping == Keeping::FromFirst {
            self.keeping = start_releasing();
        }
        if self.keeping == Keeping::No {
            return None;
        }
        let place = self.kept.iter().position(|(_, kept)| Arc::ptr_eq(kept, mapped));
        match place {
            Some(place) => drop(self.kept.remove(place)),
            None if self.kept.is_empty() => KEPT_SOME.notify_one(),
            None => {}
        }
        self.kept.push_back((Instant::now(), Arc::clone(mapped)));
        if self.kept.len() > KEPT { self.kept.pop_front().map(|(_, oldest)| oldest) } else { None }
    }

    /// Takes out what was not used for so long. What a handle refers to is in use.
    fn expired(&mut self, now: Instant) -> Vec<Arc<Mapped>> {
        let mut expired = Vec::new();
        self.kept.retain_mut(|(used, mapped)| {
            if Arc::strong_count(mapped) > 1 {
                *used = now;
            }
            let keep = now.saturating_duration_since(*used) < KEPT_FOR;
            if !keep {
                expired.push(Arc::clone(mapped));
            }
            keep
        });
        expired
    }
}

/// Makes this process keep for a while what arrives: for worker processes, which get the same bytes
/// with task after task.
pub(crate) fn keep_recent() {
    table().keeping = Keeping::FromFirst;
}

/// Starts the thread that releases what is kept, and sleeps while there is nothing. Without it nothing
/// is kept: it would never be released.
fn start_releasing() -> Keeping {
    let release = || {
        loop {
            let mut table = table();
            while table.kept.is_empty() {
                table = KEPT_SOME.wait(table).unwrap_or_else(PoisonError::into_inner);
            }
            let expired = table.expired(Instant::now());
            drop(table);
            drop(expired);
            std::thread::sleep(KEPT_FOR / 4);
        }
    };
    let thread = std::thread::Builder::new().name("shared-bytes".to_string()).stack_size(64 << 10);
    if thread.spawn(release).is_ok() { Keeping::Yes } else { Keeping::No }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        let mut table = table();
        // Another mapping may have taken its place.
        if table.known.get(&self.id).is_some_and(|known| known.strong_count() == 0) {
            table.known.remove(&self.id);
        }
    }
}
