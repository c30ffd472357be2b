//! From rank 0 to an agent.

use speedup_executor::remote::Piece;
use speedup_executor::{OnCrash, SharedBytes, Spin};

use super::{PoolId, WorkId, get_bytes, put_bytes};
use crate::bytes::{Reader, Writer};
use crate::transport::{Bulk, Inbound, Outbound};

/// What a pool's part on a host is to be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) first_worker: usize,
    pub(crate) workers: usize,
    pub(crate) kind: Workers,
    pub(crate) on_crash: OnCrash,
    pub(crate) max_tasks_per_child: Option<usize>,
    pub(crate) spin: Spin,
    pub(crate) prefix: String,
    pub(crate) initializer: Option<Vec<u8>>,
    /// How long the host may hear nothing of rank 0 and begin further tasks all the same, in nanoseconds.
    pub(crate) begins_for_ns: u64,
}

/// What runs the tasks on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Workers {
    #[default]
    Processes,
    Threads,
}

/// Shared bytes that a task mentions: under which id, and what is in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlobRef {
    pub(crate) id: u64,
    pub(crate) digest: u128,
}

/// A piece of work on its way to a host.
pub(crate) struct Sent {
    pub(crate) id: WorkId,
    pub(crate) blobs: Vec<BlobRef>,
    pub(crate) piece: Piece,
}

/// A piece of work that has come to a host.
#[derive(Debug)]
pub(crate) struct Came {
    pub(crate) id: WorkId,
    pub(crate) blobs: Vec<BlobRef>,
    pub(crate) bytes: Vec<u8>,
}

/// From rank 0 to an agent.
#[derive(Debug)]
pub(crate) enum ToAgent {
    Open(PoolId, Part),
    Work(PoolId, Vec<Came>),
    /// Bytes that tasks will mention, until they are forgotten.
    Blob(u128, Vec<u8>),
    Forget(u128),
    /// Work that is to come back if no worker has it.
    Recall(PoolId, Vec<WorkId>),
    /// The pool ends: when its work is done, or at once.
    Close(PoolId, bool),
    /// Answered with the same number; whether more are to follow at once.
    Ping(u64, bool),
    /// The job ends; whether with every host, so that MPI can be finalized.
    Exit(bool),
}

const OPEN: u8 = 0;
const WORK: u8 = 1;
const BLOB: u8 = 2;
const FORGET: u8 = 3;
const RECALL: u8 = 4;
const CLOSE: u8 = 5;
const PING: u8 = 6;
const EXIT: u8 = 7;

pub(crate) fn open(pool: PoolId, part: &Part) -> Outbound {
    let mut writer = Writer::of_kind(OPEN);
    writer.u64(pool);
    writer.u64(part.first_worker as u64);
    writer.u64(part.workers as u64);
    writer.u8(u8::from(part.kind == Workers::Threads));
    writer.u8(u8::from(part.on_crash == OnCrash::FailTaskAndReplace));
    writer.u64(part.max_tasks_per_child.map_or(u64::MAX, |tasks| tasks as u64));
    writer.u8(u8::from(part.spin == Spin::Adaptive));
    writer.bytes(part.prefix.as_bytes());
    writer.u8(u8::from(part.initializer.is_some()));
    writer.bytes(part.initializer.as_deref().unwrap_or_default());
    writer.u64(part.begins_for_ns);
    Outbound { head: writer.0, bulk: Vec::new() }
}

fn read_part(reader: &mut Reader<'_>) -> Option<Part> {
    let (first_worker, workers) = (reader.u64()? as usize, reader.u64()? as usize);
    let kind = if reader.u8()? == 1 { Workers::Threads } else { Workers::Processes };
    let on_crash = if reader.u8()? == 1 { OnCrash::FailTaskAndReplace } else { OnCrash::BreakPool };
    let max_tasks_per_child =
        Some(reader.u64()?).filter(|&tasks| tasks != u64::MAX).map(|tasks| tasks as usize);
    let spin = if reader.u8()? == 1 { Spin::Adaptive } else { Spin::Never };
    let prefix = reader.text()?;
    let has_initializer = reader.u8()? == 1;
    let initializer = Some(reader.bytes()?.to_vec()).filter(|_| has_initializer);
    let begins_for_ns = reader.u64()?;
    Some(Part {
        first_worker,
        workers,
        kind,
        on_crash,
        max_tasks_per_child,
        spin,
        prefix,
        initializer,
        begins_for_ns,
    })
}

pub(crate) fn work(pool: PoolId, sent: Vec<Sent>) -> Outbound {
    let mut writer = Writer::of_kind(WORK);
    writer.u64(pool);
    writer.u64(sent.len() as u64);
    let mut out = Outbound { head: writer.0, bulk: Vec::new() };
    for Sent { id, blobs, piece } in sent {
        let mut writer = Writer(std::mem::take(&mut out.head));
        writer.u64(id);
        writer.list(&blobs, |writer, blob| {
            writer.u64(blob.id);
            writer.u128(blob.digest);
        });
        out.head = writer.0;
        put_bytes(&mut out, piece.as_ref(), || Bulk::Piece(piece.clone()));
    }
    out
}

pub(crate) fn blob(digest: u128, bytes: SharedBytes) -> Outbound {
    let mut writer = Writer::of_kind(BLOB);
    writer.u128(digest);
    let mut out = Outbound { head: writer.0, bulk: Vec::new() };
    put_bytes(&mut out, &bytes.clone(), || Bulk::Shared(bytes));
    out
}

pub(crate) fn forget(digest: u128) -> Outbound {
    let mut writer = Writer::of_kind(FORGET);
    writer.u128(digest);
    Outbound { head: writer.0, bulk: Vec::new() }
}

pub(crate) fn recall(pool: PoolId, ids: &[WorkId]) -> Outbound {
    let mut writer = Writer::of_kind(RECALL);
    writer.u64(pool);
    writer.list(ids, |writer, id| writer.u64(*id));
    Outbound { head: writer.0, bulk: Vec::new() }
}

pub(crate) fn close(pool: PoolId, at_once: bool) -> Outbound {
    let mut writer = Writer::of_kind(CLOSE);
    writer.u64(pool);
    writer.u8(u8::from(at_once));
    Outbound { head: writer.0, bulk: Vec::new() }
}

pub(crate) fn ping(number: u64, more: bool) -> Outbound {
    let mut writer = Writer::of_kind(PING);
    writer.u64(number);
    writer.u8(u8::from(more));
    Outbound { head: writer.0, bulk: Vec::new() }
}

pub(crate) fn exit(whole: bool) -> Outbound {
    Outbound { head: vec![EXIT, u8::from(whole)], bulk: Vec::new() }
}

impl ToAgent {
    /// `None` where it is no message of these.
    pub(crate) fn read(message: Inbound) -> Option<Self> {
        let mut bulk = message.bulk.into_iter();
        let mut reader = Reader(&message.head);
        Some(match reader.u8()? {
            OPEN => Self::Open(reader.u64()?, read_part(&mut reader)?),
            WORK => Self::Work(
                reader.u64()?,
                reader.list(|reader| {
                    let id = reader.u64()?;
                    let blobs =
                        reader.list(|reader| Some(BlobRef { id: reader.u64()?, digest: reader.u128()? }))?;
                    Some(Came { id, blobs, bytes: get_bytes(reader, &mut bulk)? })
                })?,
            ),
            BLOB => Self::Blob(reader.u128()?, get_bytes(&mut reader, &mut bulk)?),
            FORGET => Self::Forget(reader.u128()?),
            RECALL => Self::Recall(reader.u64()?, reader.list(Reader::u64)?),
            CLOSE => Self::Close(reader.u64()?, reader.u8()? == 1),
            PING => Self::Ping(reader.u64()?, reader.u8()? == 1),
            EXIT => Self::Exit(reader.u8()? == 1),
            _ => return None,
        })
    }
}
