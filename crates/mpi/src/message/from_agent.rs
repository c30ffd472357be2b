//! From an agent to rank 0.

use speedup_executor::implement::WorkerLife;
use speedup_executor::{Error, SharedBytes};

use super::{PoolId, WorkId, get_bytes, put_bytes};
use crate::bytes::{Reader, Writer};
use crate::times::Stay;
use crate::transport::{BULK, Bulk, Inbound, Outbound};

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
    /// When it was sent, by the host's clock in nanoseconds.
    pub(crate) told_ns: u64,
}

/// What became of a piece of work.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) id: WorkId,
    /// When the work had come, by the host's clock in nanoseconds.
    pub(crate) came_ns: u64,
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
    Opened(PoolId, Stay, Option<Error>),
    Update(PoolId, Update),
    /// The workers have ended; when each lived by the host's clock.
    Closed(PoolId, Stay, Vec<WorkerLife>),
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

fn put_stay(writer: &mut Writer, stay: Stay) {
    writer.u64(stay.came_ns);
    writer.u64(stay.told_ns);
}

fn get_stay(reader: &mut Reader<'_>) -> Option<Stay> {
    Some(Stay { came_ns: reader.u64()?, told_ns: reader.u64()? })
}

pub(crate) fn opened(pool: PoolId, stay: Stay, error: Option<&Error>) -> Outbound {
    let mut writer = Writer::of_kind(OPENED);
    writer.u64(pool);
    put_stay(&mut writer, stay);
    writer.u8(u8::from(error.is_some()));
    if let Some(error) = error {
        writer.error(error);
    }
    Outbound { head: writer.0, bulk: Vec::new() }
}

pub(crate) fn update(pool: PoolId, update: Update) -> Outbound {
    let mut writer = Writer::of_kind(UPDATE);
    writer.u64(pool);
    writer.u64(update.told_ns);
    for ids in [&update.begun, &update.back, &update.kept] {
        writer.list(ids, |writer, id| writer.u64(*id));
    }
    writer.u64(update.done.len() as u64);
    let mut out = Outbound { head: writer.0, bulk: Vec::new() };
    for Done { id, came_ns, outcome } in update.done {
        let mut writer = Writer(std::mem::take(&mut out.head));
        writer.u64(id);
        writer.u64(came_ns);
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

pub(crate) fn closed(pool: PoolId, stay: Stay, lives: &[WorkerLife]) -> Outbound {
    let mut writer = Writer::of_kind(CLOSED);
    writer.u64(pool);
    put_stay(&mut writer, stay);
    writer.list(lives, |writer, life| {
        writer.u64(life.worker as u64);
        for ns in [life.spawned_ns, life.ready_ns, life.ended_ns] {
            writer.u64(ns);
        }
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
    let (id, came_ns) = (reader.u64()?, reader.u64()?);
    if reader.u8()? == 1 {
        return Some(Done { id, came_ns, outcome: Err(reader.error()?) });
    }
    let blobs = reader.list(|reader| {
        let known = reader.u8()? == 1;
        let id = reader.u64()?;
        if known {
            return Some(Returned::Known(id));
        }
        Some(Returned::New(id, SharedBytes::copy_of(&get_bytes(reader, bulk)?).ok()?))
    })?;
    Some(Done { id, came_ns, outcome: Ok(Outcomes { bytes: get_bytes(reader, bulk)?, blobs }) })
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
                let (pool, stay) = (reader.u64()?, get_stay(&mut reader)?);
                let error = if reader.u8()? == 1 { Some(reader.error()?) } else { None };
                Self::Opened(pool, stay, error)
            }
            UPDATE => {
                let (pool, told_ns) = (reader.u64()?, reader.u64()?);
                let mut ids = || reader.list(Reader::u64);
                let (begun, back, kept) = (ids()?, ids()?, ids()?);
                let done = reader.list(|reader| read_done(reader, &mut bulk))?;
                Self::Update(pool, Update { begun, back, kept, done, told_ns })
            }
            CLOSED => Self::Closed(
                reader.u64()?,
                get_stay(&mut reader)?,
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
