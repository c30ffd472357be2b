//! Files that go along with messages between processes.
//!
//! What is serialised as a mere handle on a file, [adds](attach) that file to the message under way; the
//! channel passes it on; where the handle is deserialised, it [finds](arrived) the file again. Handle and
//! message know nothing of each other: what is between them is local to the thread that encodes or
//! decodes.

use std::cell::RefCell;
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
    /// What the message that is being encoded takes along.
    static OUTGOING: RefCell<Option<Vec<Attachment>>> = const { RefCell::new(None) };
    /// What came with the message that is being decoded.
    static INCOMING: RefCell<Vec<Attachment>> = const { RefCell::new(Vec::new()) };
}

/// Runs something that encodes, and gives the files that are to go along.
pub(crate) fn collect<R>(encode: impl FnOnce() -> R) -> (R, Vec<Attachment>) {
    let outer = OUTGOING.replace(Some(Vec::new()));
    let encoded = encode();
    (encoded, OUTGOING.replace(outer).unwrap_or_default())
}

/// Adds a file to the message that this thread encodes, once; false if it encodes none.
pub(crate) fn attach(attachment: Attachment) -> bool {
    OUTGOING.with_borrow_mut(|outgoing| match outgoing {
        Some(files) if files.iter().any(|file| file.id == attachment.id) => true,
        Some(files) => {
            files.push(attachment);
            true
        }
        None => false,
    })
}

/// Runs something that decodes a message with which these files came.
pub(crate) fn deliver<R>(files: Vec<Attachment>, decode: impl FnOnce() -> R) -> R {
    /// Puts back what was there, also if decoding panics.
    struct Restore(Vec<Attachment>);

    impl Drop for Restore {
        fn drop(&mut self) {
            INCOMING.set(std::mem::take(&mut self.0));
        }
    }

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
