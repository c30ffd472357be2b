//! What rank 0 and the agents say to each other.

use speedup_executor::implement::WorkerLife;
use speedup_executor::remote::{Blob, Piece};
use speedup_executor::{Error, OnCrash, SharedBytes, Spin};

use crate::bytes::{Reader, Writer};
use crate::transport::{BULK, Bulk, Inbound, Outbound};

/// Where bytes of a message stand: in its head, or as the next of its bulk.
fn put_bytes(out: &mut Outbound, bytes: &[u8], bulk: impl FnOnce() -> Bulk) {
    let mut writer = Writer(std::mem::take(&mut out.head));
    if bytes.len() < BULK {
        writer.u8(0);
        writer.bytes(bytes);
    } else {
        writer.u8(1);
        out.bulk.push(bulk());
    }
    out.head = writer.0;
}

fn get_bytes(reader: &mut Reader<'_>, bulk: &mut impl Iterator<Item = Vec<u8>>) -> Option<Vec<u8>> {
    match reader.u8()? {
        0 => reader.bytes().map(<[u8]>::to_vec),
        _ => bulk.next(),
    }
}

/// The number of a pool of rank 0's.
pub(crate) type PoolId = u64;

/// The number of a piece of work of a pool.
pub(crate) type WorkId = u64;

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
    /// Answered with the same number.
    Ping(u64),
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

pub(crate) fn ping(number: u64) -> Outbound {
    let mut writer = Writer::of_kind(PING);
    writer.u64(number);
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
            PING => Self::Ping(reader.u64()?),
            EXIT => Self::Exit(reader.u8()? == 1),
            _ => return None,
        })
    }
}

/// What an agent says of itself, before anything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hello {
    /// [`build_digest`](speedup_executor::remote::build_digest).
    pub(crate) build: u64,
    /// Name of the host.
    pub(crate) host: String,
    /// CPUs that the agent may use.
    pub(crate) cpus: usize,
    /// Model of the CPU, where the system tells it.
    pub(crate) cpu_model: String,
    /// Why it can have no pool of processes, if so.
    pub(crate) fault: Option<String>,
}

/// What has happened to a pool's work on a host.
#[derive(Debug, Default)]
pub(crate) struct Update {
    /// A worker has these now.
    pub(crate) begun: Vec<WorkId>,
    /// No worker gets these any more.
    pub(crate) back: Vec<WorkId>,
    /// These were recalled in vain.
    pub(crate) kept: Vec<WorkId>,
    pub(crate) done: Vec<Done>,
}

/// What became of a piece of work.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) id: WorkId,
    pub(crate) outcome: Result<Outcomes, Error>,
}

/// Encoded outcomes, with the shared bytes that they mention.
#[derive(Debug)]
pub(crate) struct Outcomes {
    pub(crate) bytes: Vec<u8>,
    pub(crate) blobs: Vec<Returned>,
}

/// Shared bytes that come back with a result.
#[derive(Debug)]
pub(crate) enum Returned {
    /// Those that went along with the task under that id.
    Known(u64),
    New(u64, SharedBytes),
}

/// From an agent to rank 0.
#[derive(Debug)]
pub(crate) enum FromAgent {
    Hello(Hello),
    Opened(PoolId, Option<Error>),
    Update(PoolId, Update),
    /// The workers have ended; when each lived by the host's clock.
    Closed(PoolId, Vec<WorkerLife>),
    /// The number of the ping, and the host's clock in nanoseconds.
    Pong(u64, u64),
}

const HELLO: u8 = 0;
const OPENED: u8 = 1;
const UPDATE: u8 = 2;
const CLOSED: u8 = 3;
const PONG: u8 = 4;

pub(crate) fn hello(hello: &Hello) -> Outbound {
    let mut writer = Writer::of_kind(HELLO);
    writer.u64(hello.build);
    writer.bytes(hello.host.as_bytes());
    writer.u64(hello.cpus as u64);
    writer.bytes(hello.cpu_model.as_bytes());
    writer.u8(u8::from(hello.fault.is_some()));
    writer.bytes(hello.fault.as_deref().unwrap_or_default().as_bytes());
    Outbound { head: writer.0, bulk: Vec::new() }
}

pub(crate) fn opened(pool: PoolId, error: Option<&Error>) -> Outbound {
    let mut writer = Writer::of_kind(OPENED);
    writer.u64(pool);
    writer.u8(u8::from(error.is_some()));
    if let Some(error) = error {
        writer.error(error);
    }
    Outbound { head: writer.0, bulk: Vec::new() }
}

pub(crate) fn update(pool: PoolId, update: Update) -> Outbound {
    let mut writer = Writer::of_kind(UPDATE);
    writer.u64(pool);
    for ids in [&update.begun, &update.back, &update.kept] {
        writer.list(ids, |writer, id| writer.u64(*id));
    }
    writer.u64(update.done.len() as u64);
    let mut out = Outbound { head: writer.0, bulk: Vec::new() };
    for Done { id, outcome } in update.done {
        let mut writer = Writer(std::mem::take(&mut out.head));
        writer.u64(id);
        let Outcomes { bytes, blobs } = match outcome {
            Ok(outcomes) => outcomes,
            Err(error) => {
                writer.u8(1);
                writer.error(&error);
                out.head = writer.0;
                continue;
            }
        };
        writer.u8(0);
        writer.u64(blobs.len() as u64);
        out.head = writer.0;
        for blob in blobs {
            let (known, id) = match &blob {
                Returned::Known(id) => (1, *id),
                Returned::New(id, _) => (0, *id),
            };
            let mut writer = Writer(std::mem::take(&mut out.head));
            writer.u8(known);
            writer.u64(id);
            out.head = writer.0;
            if let Returned::New(_, bytes) = blob {
                put_bytes(&mut out, &bytes.clone(), || Bulk::Shared(bytes));
            }
        }
        if bytes.len() < BULK {
            put_bytes(&mut out, &bytes, || Bulk::Own(Vec::new()));
        } else {
            out.head.push(1);
            out.bulk.push(Bulk::Own(bytes));
        }
    }
    out
}

pub(crate) fn closed(pool: PoolId, lives: &[WorkerLife]) -> Outbound {
    let mut writer = Writer::of_kind(CLOSED);
    writer.u64(pool);
    writer.list(lives, |writer, life| {
        writer.u64(life.worker as u64);
        [life.spawned_ns, life.ready_ns, life.ended_ns].into_iter().for_each(|ns| writer.u64(ns));
    });
    Outbound { head: writer.0, bulk: Vec::new() }
}

pub(crate) fn pong(number: u64, clock_ns: u64) -> Outbound {
    let mut writer = Writer::of_kind(PONG);
    writer.u64(number);
    writer.u64(clock_ns);
    Outbound { head: writer.0, bulk: Vec::new() }
}

fn read_done(reader: &mut Reader<'_>, bulk: &mut impl Iterator<Item = Vec<u8>>) -> Option<Done> {
    let id = reader.u64()?;
    if reader.u8()? == 1 {
        return Some(Done { id, outcome: Err(reader.error()?) });
    }
    let blobs = reader.list(|reader| {
        let known = reader.u8()? == 1;
        let id = reader.u64()?;
        if known {
            return Some(Returned::Known(id));
        }
        Some(Returned::New(id, SharedBytes::copy_of(&get_bytes(reader, bulk)?).ok()?))
    })?;
    Some(Done { id, outcome: Ok(Outcomes { bytes: get_bytes(reader, bulk)?, blobs }) })
}

impl FromAgent {
    /// `None` where it is no message of these.
    pub(crate) fn read(message: Inbound) -> Option<Self> {
        let mut bulk = message.bulk.into_iter();
        let mut reader = Reader(&message.head);
        Some(match reader.u8()? {
            HELLO => {
                let (build, host) = (reader.u64()?, reader.text()?);
                let (cpus, cpu_model) = (reader.u64()? as usize, reader.text()?);
                let has_fault = reader.u8()? == 1;
                let fault = Some(reader.text()?).filter(|_| has_fault);
                Self::Hello(Hello { build, host, cpus, cpu_model, fault })
            }
            OPENED => {
                let pool = reader.u64()?;
                let error = if reader.u8()? == 1 { Some(reader.error()?) } else { None };
                Self::Opened(pool, error)
            }
            UPDATE => {
                let pool = reader.u64()?;
                let mut ids = || reader.list(Reader::u64);
                let (begun, back, kept) = (ids()?, ids()?, ids()?);
                let done = reader.list(|reader| read_done(reader, &mut bulk))?;
                Self::Update(pool, Update { begun, back, kept, done })
            }
            CLOSED => Self::Closed(
                reader.u64()?,
                reader.list(|reader| {
                    let worker = reader.u64()? as usize;
                    let (spawned_ns, ready_ns, ended_ns) = (reader.u64()?, reader.u64()?, reader.u64()?);
                    Some(WorkerLife { worker, spawned_ns, ready_ns, ended_ns })
                })?,
            ),
            PONG => Self::Pong(reader.u64()?, reader.u64()?),
            _ => return None,
        })
    }
}

/// What is in shared bytes, in few: the same for no others.
pub(crate) fn digest(bytes: &[u8]) -> u128 {
    xxhash_rust::xxh3::xxh3_128(bytes)
}

/// The blobs of a result as they stand in the reply, with those that went along with the task.
pub(crate) fn returned(blobs: Vec<Returned>, went: &[Blob]) -> Vec<Blob> {
    let blob = |returned| match returned {
        Returned::Known(id) => went.iter().find(|blob| blob.id() == id).cloned(),
        Returned::New(id, bytes) => Blob::arrived(id, &bytes).ok(),
    };
    blobs.into_iter().filter_map(blob).collect()
}
