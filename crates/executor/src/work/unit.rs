//! What can be done with submitted tasks, whatever their types.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use super::Deferred;
use crate::attachments::Attachment;
use crate::error::Error;
use crate::future::phase::Poller;
use crate::future::state::Begun;
use crate::table::Registered;
use crate::wire::{Came, Encoder, Parts};

/// Submitted tasks. What is quiet runs no callbacks: they are told of it when the tasks are let go of, after
/// all others have been settled that have the same fate.
pub(crate) trait Unit: Send + Sync {
    /// What a worker process knows the tasks as.
    fn registered(&self) -> Result<Registered, Error>;
    fn name(&self) -> &'static str;
    fn grouping(&self) -> Grouping;
    fn is_awaited(&self) -> bool;
    fn run(self: Arc<Self>);
    fn encode(&self, registered: Registered, encoder: &mut Encoder<'_>);
    fn begin(&self, poller: &Arc<dyn Poller>, each: &mut dyn FnMut(Begun));
    fn take_back(&self);
    /// As `take_back`, and what was sent together is pending again: none of it has been begun.
    fn unsend(&self);
    fn receive_quietly(&self, reply: &mut Replies<'_>);
    fn cancel_quietly(&self);
    fn fail_quietly(&self, error: &Error);
    /// Settles what no one else will, and puts off what is user code in letting go of it.
    fn release(self: Arc<Self>, deferred: &mut Deferred);
    /// The same at once: tells those who have not been told, and drops what was never run.
    fn let_go(self: Arc<Self>);
}

/// Whether work may go to a worker process together with other work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grouping {
    /// It is one task.
    Single,
    /// It is a chunk by its caller's wish, and stays as it is.
    Chunk,
}

/// The outcomes in a reply, with the files that came along.
pub(crate) struct Replies<'a> {
    parts: Parts<'a>,
    files: &'a mut dyn FnMut() -> Option<OwnedFd>,
    /// Long bytes that stood in the annex.
    apart: std::vec::IntoIter<Vec<u8>>,
}

impl<'a> Replies<'a> {
    pub(crate) fn new(
        parts: Parts<'a>,
        files: &'a mut dyn FnMut() -> Option<OwnedFd>,
        apart: Vec<Vec<u8>>,
    ) -> Self {
        Self { parts, files, apart: apart.into_iter() }
    }

    /// The next outcome as it stands in a reply that has no annex, and its files; `None` for the files if some did
    /// not come.
    pub(crate) fn next_whole(&mut self) -> Option<(&'a [u8], Option<Vec<Attachment>>)> {
        let part = self.parts.next()?;
        Some((part.whole(), part.attached(&mut *self.files)))
    }

    /// The next outcome, its long bytes and its files; what did not come is found missing by who looks for it.
    pub(super) fn next(&mut self) -> Option<(&'a [u8], Came, Vec<Attachment>)> {
        let part = self.parts.next()?;
        let came = Came::new(self.apart.by_ref().take(part.apart().len()));
        Some((part.content, came, part.attached(&mut *self.files).unwrap_or_default()))
    }
}
