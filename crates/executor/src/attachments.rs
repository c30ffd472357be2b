//! Files that go along with messages between processes.
//!
//! What is serialised as a mere handle on a file, [adds](attach) that file to the message under way; the
//! channel passes it on; where the handle is deserialised, it [finds](arrived) the file again. Handle and
//! message know nothing of each other: what is between them is local to the thread that encodes or
//! decodes.

use std::cell::{Cell, RefCell};
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// A file that goes along with a message.
#[derive(Debug, Clone)]
pub(crate) struct Attachment {
    /// What the handle calls it; the same for no other file.
    pub(crate) id: u64,
    pub(crate) file: Arc<OwnedFd>,
    /// Bytes of it that count.
    pub(crate) len: u64,
}

thread_local! {
    /// Messages that are being encoded, one within the other. It is read and written with every task, and
    /// therefore apart from what has to be dropped with the thread.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// Whether one of them takes something along.
    static IS_OUTGOING: Cell<bool> = const { Cell::new(false) };
    /// What they take along, each with the depth of its message.
    static OUTGOING: RefCell<Vec<(usize, Attachment)>> = const { RefCell::new(Vec::new()) };
    /// Whether something came with the message that is being decoded.
    static IS_INCOMING: Cell<bool> = const { Cell::new(false) };
    /// What came with it.
    static INCOMING: RefCell<Vec<Attachment>> = const { RefCell::new(Vec::new()) };
}

/// Runs something that encodes, and gives the files that are to go along.
pub(crate) fn collect<R>(encode: impl FnOnce() -> R) -> (R, Vec<Attachment>) {
    /// Forgets what no one takes, also if encoding panics.
    struct Within(usize);

    impl Within {
        fn take(&self) -> Vec<Attachment> {
            if !IS_OUTGOING.get() {
                return Vec::new();
            }
            let taken = OUTGOING.try_with(|outgoing| {
                let mut outgoing = outgoing.borrow_mut();
                let from = outgoing.partition_point(|(depth, _)| *depth < self.0);
                let taken = outgoing.drain(from..).map(|(_, file)| file).collect();
                IS_OUTGOING.set(!outgoing.is_empty());
                taken
            });
            taken.unwrap_or_default()
        }
    }

    impl Drop for Within {
        fn drop(&mut self) {
            drop(self.take());
            DEPTH.set(self.0 - 1);
        }
    }

    let within = Within(DEPTH.get() + 1);
    DEPTH.set(within.0);
    let encoded = encode();
    (encoded, within.take())
}

/// Adds a file to the message that this thread encodes, once; false if it encodes none.
pub(crate) fn attach(attachment: Attachment) -> bool {
    let depth = DEPTH.get();
    if depth == 0 {
        return false;
    }
    OUTGOING.with_borrow_mut(|outgoing| {
        if !outgoing.iter().any(|(other, file)| *other == depth && file.id == attachment.id) {
            outgoing.push((depth, attachment));
            IS_OUTGOING.set(true);
        }
    });
    true
}

/// Runs something that decodes a message with which these files came.
pub(crate) fn deliver<R>(files: Vec<Attachment>, decode: impl FnOnce() -> R) -> R {
    /// Puts back what was there, also if decoding panics.
    struct Restore(Vec<Attachment>);

    impl Drop for Restore {
        fn drop(&mut self) {
            IS_INCOMING.set(!self.0.is_empty());
            INCOMING.set(std::mem::take(&mut self.0));
        }
    }

    if files.is_empty() && !IS_INCOMING.get() {
        return decode();
    }
    IS_INCOMING.set(!files.is_empty());
    let _restore = Restore(INCOMING.replace(files));
    decode()
}

/// The file of that name, if it came with the message that this thread decodes.
pub(crate) fn arrived(id: u64) -> Option<Attachment> {
    INCOMING.with_borrow(|incoming| incoming.iter().find(|file| file.id == id).cloned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(id: u64) -> Attachment {
        let file = std::fs::File::open("/dev/null").unwrap();
        Attachment { id, file: Arc::new(file.into()), len: 0 }
    }

    #[test]
    fn files_go_with_the_message_that_names_them_and_with_no_other() {
        assert!(!attach(file(1)));
        let (inner, outer) = collect(|| {
            assert!(attach(file(2)) && attach(file(3)) && attach(file(2)));
            collect(|| attach(file(4))).1
        });
        let ids = |files: &[Attachment]| files.iter().map(|file| file.id).collect::<Vec<_>>();
        assert_eq!((ids(&inner), ids(&outer)), (vec![4], vec![2, 3]));
        deliver(outer, || {
            assert!(arrived(2).is_some() && arrived(4).is_none());
            deliver(inner, || assert!(arrived(2).is_none() && arrived(4).is_some()));
            assert!(arrived(3).is_some());
        });
        assert!(arrived(2).is_none());
    }
}
