//! What rank 0 and the agents say to each other.
//!
//! * `to_agent`, `from_agent`: which messages there are each way

mod from_agent;
mod to_agent;

use speedup_executor::remote::Blob;

pub(crate) use self::from_agent::{
    Done, FromAgent, Hello, Outcomes, Returned, Update, closed, hello, opened, pong, update,
};
pub(crate) use self::to_agent::{
    BlobRef, Came, Part, Sent, ToAgent, Workers, blob, close, exit, forget, open, ping, recall, work,
};
use crate::bytes::{Reader, Writer};
use crate::transport::{BULK, Bulk, Outbound};

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

#[cfg(test)]
mod tests {
    use speedup_executor::implement::WorkerLife;
    use speedup_executor::{Error, OnCrash, SharedBytes, Spin};

    use super::*;
    use crate::times::Stay;
    use crate::transport::Inbound;

    fn carried(message: Outbound) -> Inbound {
        Inbound { head: message.head, bulk: message.bulk.iter().map(|bulk| bulk.as_ref().to_vec()).collect() }
    }

    #[test]
    fn a_part_arrives_as_it_was() {
        let part = Part {
            first_worker: 3,
            workers: 2,
            kind: Workers::Threads,
            on_crash: OnCrash::FailTaskAndReplace,
            max_tasks_per_child: Some(7),
            spin: Spin::Never,
            prefix: "cipher".to_string(),
            initializer: Some(vec![1, 2, 3]),
            begins_for_ns: 5,
        };
        for part in [Part { initializer: None, max_tasks_per_child: None, ..part.clone() }, part] {
            let read = ToAgent::read(carried(open(9, &part)));
            assert!(matches!(read, Some(ToAgent::Open(9, read)) if read == part));
        }
    }

    #[test]
    fn outcomes_arrive_whether_they_are_short_or_long() {
        let done =
            |id, bytes: Vec<u8>| Done { id, came_ns: id, outcome: Ok(Outcomes { bytes, blobs: Vec::new() }) };
        let long = vec![8; 3 * BULK];
        let shared = SharedBytes::copy_of(&vec![9; 2 * BULK]).unwrap();
        let blobs = vec![Returned::New(5, shared.clone()), Returned::Known(6)];
        let with_blobs = Done { id: 4, came_ns: 4, outcome: Ok(Outcomes { bytes: vec![2], blobs }) };
        let failed = Done { id: 3, came_ns: 3, outcome: Err(Error::Cancelled) };
        let all = vec![done(1, vec![1]), done(2, long.clone()), failed, with_blobs];
        let sent = Update { begun: vec![1, 2], back: vec![5], kept: Vec::new(), done: all, told_ns: 6 };
        let Some(FromAgent::Update(7, update)) = FromAgent::read(carried(update(7, sent))) else {
            panic!("it is no update")
        };
        assert_eq!((update.begun, update.back, update.kept), (vec![1, 2], vec![5], Vec::new()));
        assert!(update.told_ns == 6 && update.done.iter().all(|done| done.came_ns == done.id));
        let bytes: Vec<_> =
            update.done.iter().map(|done| done.outcome.as_ref().map(|outcomes| &*outcomes.bytes)).collect();
        assert_eq!(bytes, [Ok(&[1][..]), Ok(&long), Err(&Error::Cancelled), Ok(&[2])]);
        let blobs = &update.done[3].outcome.as_ref().unwrap().blobs;
        assert!(matches!(&blobs[..], [Returned::New(5, bytes), Returned::Known(6)] if *bytes == shared));
    }

    #[test]
    fn what_is_cut_short_is_no_message() {
        let life = WorkerLife { worker: 1, spawned_ns: 2, ready_ns: 3, ended_ns: 4 };
        let greeting = Hello {
            build: 1,
            host: "node".to_string(),
            cpus: 2,
            cpu_model: String::new(),
            fault: Some("no".to_string()),
        };
        let stay = Stay { came_ns: 1, told_ns: 2 };
        let opened = opened(3, stay, Some(&Error::Dropped));
        for message in [closed(1, stay, &[life]), hello(&greeting), pong(1, 2), opened] {
            let whole = carried(message);
            for length in 0..whole.head.len() {
                let cut = Inbound { head: whole.head[..length].to_vec(), bulk: Vec::new() };
                assert!(FromAgent::read(cut).is_none(), "{length}");
            }
            assert!(FromAgent::read(whole).is_some());
        }
    }
}
