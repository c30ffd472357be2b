//! What rank 0 and the agents say to each other.
//!
//! The ranks run the same build, so that an encoding by place will do: postcard's.
//!
//! * `to_agent`, `from_agent`: which messages there are each way
//! * `carried`: bytes within them; `failure`: errors

mod carried;
mod failure;
mod from_agent;
mod to_agent;

use serde::Serialize;
use serde::de::DeserializeOwned;
use speedup_executor::SharedBytes;
use speedup_executor::remote::Blob;

pub(crate) use self::carried::Carried;
pub(crate) use self::failure::Failure;
pub(crate) use self::from_agent::{Done, FromAgent, Hello, Outcomes, Returned, Update};
pub(crate) use self::to_agent::{BlobRef, Part, Sent, ToAgent, Workers};
use crate::transport::{Inbound, Outbound};

/// The number of a pool of rank 0's.
pub(crate) type PoolId = u64;

/// The number of a piece of work of a pool.
pub(crate) type WorkId = u64;

/// Something to be said.
pub(crate) trait Message: Serialize + DeserializeOwned {
    /// All bytes that it carries, in one order.
    fn carried(&mut self) -> Vec<&mut Carried>;

    /// As it is sent.
    fn pack(mut self) -> Outbound {
        let bulk = self.carried().into_iter().filter_map(Carried::take_apart).collect();
        let head = postcard::to_allocvec(&self).expect("plain values in memory have an encoding");
        Outbound { head, bulk }
    }

    /// From what has come; `None` where that is no such message.
    fn unpack(message: Inbound) -> Option<Self> {
        let (mut read, rest): (Self, _) = postcard::take_from_bytes(&message.head).ok()?;
        let mut bulk = message.bulk.into_iter();
        let is_whole = read.carried().into_iter().all(|carried| carried.put_in(&mut bulk));
        (is_whole && rest.is_empty() && bulk.next().is_none()).then_some(read)
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
        Returned::New(id, bytes) => Blob::arrived(id, &SharedBytes::copy_of(&bytes.into_bytes()).ok()?).ok(),
    };
    blobs.into_iter().filter_map(blob).collect()
}

#[cfg(test)]
mod tests {
    use speedup_executor::remote::Landing;
    use speedup_executor::{Error, OnCrash, Spin};

    use super::*;
    use crate::times::Stay;
    use crate::transport::{BULK, Bulk};

    fn sent(message: impl Message) -> Inbound {
        let Outbound { head, bulk } = message.pack();
        Inbound { head, bulk: bulk.iter().map(|bulk| bulk.as_ref().to_vec().into()).collect() }
    }

    fn own(bytes: Vec<u8>) -> Carried {
        Carried::new(Bulk::Own(bytes))
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
            let read = ToAgent::unpack(sent(ToAgent::Open(9, part.clone())));
            assert!(matches!(read, Some(ToAgent::Open(9, read)) if read == part));
        }
    }

    #[test]
    fn outcomes_arrive_whether_they_are_short_or_long() {
        let done =
            |id, bytes, blobs| Done { id, came_ns: id, outcome: Ok(Outcomes { bytes: own(bytes), blobs }) };
        let (long, shared) = (vec![8; 3 * BULK], vec![9; 2 * BULK]);
        let blobs = vec![Returned::New(5, own(shared.clone())), Returned::Known(6)];
        let failed = Done { id: 3, came_ns: 3, outcome: Err(Error::Cancelled.into()) };
        let all = vec![
            done(1, vec![1], Vec::new()),
            done(2, long.clone(), Vec::new()),
            failed,
            done(4, vec![2], blobs),
        ];
        let update = Update { begun: vec![1, 2], back: vec![5], kept: Vec::new(), done: all, told_ns: 6 };
        let update = sent(FromAgent::Update(7, update));
        assert_eq!((update.bulk.len(), update.head.len() < BULK), (2, true));
        let Some(FromAgent::Update(7, update)) = FromAgent::unpack(update) else { panic!("it is no update") };
        assert_eq!((update.begun, update.back, update.kept), (vec![1, 2], vec![5], Vec::new()));
        assert!(update.told_ns == 6 && update.done.iter().all(|done| done.came_ns == done.id));
        let mut came_back = Vec::new();
        let bytes = update.done.into_iter().map(|done| {
            done.outcome.map(|outcomes| {
                came_back.extend(outcomes.blobs);
                outcomes.bytes.into_bytes()
            })
        });
        assert_eq!(bytes.collect::<Vec<_>>(), [Ok(vec![1]), Ok(long), Err(Failure::Cancelled), Ok(vec![2])]);
        let [Returned::New(5, bytes), Returned::Known(6)] = <[_; 2]>::try_from(came_back).ok().unwrap()
        else {
            panic!("other blobs came back")
        };
        assert_eq!(bytes.into_bytes(), shared);
    }

    #[test]
    fn what_is_cut_short_or_too_long_is_no_message() {
        let greeting = Hello {
            build: 1,
            host: "node".to_string(),
            cpus: 2,
            cpu_model: String::new(),
            fault: Some("no".to_string()),
        };
        let stay = Stay { came_ns: 1, told_ns: 2 };
        let blob = Returned::New(5, own(vec![1; BULK]));
        let outcome = Ok(Outcomes { bytes: own(vec![3; 300]), blobs: vec![blob] });
        let update = Update { done: vec![Done { id: 1, came_ns: 2, outcome }], ..Update::default() };
        for message in [
            FromAgent::Hello(greeting),
            FromAgent::Pong(1, 2),
            FromAgent::Opened(3, stay, Some(Failure::Dropped)),
            FromAgent::Update(4, update),
        ] {
            let Inbound { head, bulk } = sent(message);
            let bulk: Vec<Vec<u8>> = bulk.into_iter().map(Landing::into_bytes).collect();
            let read = |head: &[u8], bulk: Vec<Vec<u8>>| {
                let bulk = bulk.into_iter().map(Landing::from).collect();
                FromAgent::unpack(Inbound { head: head.to_vec(), bulk }).is_some()
            };
            for length in 0..head.len() {
                assert!(!read(&head[..length], bulk.clone()), "{length}");
            }
            assert!(read(&head, bulk.clone()));
            assert!(!read(&[&head[..], &[0]].concat(), bulk.clone()));
            assert!(!read(&head, [&bulk[..], &[vec![1]]].concat()));
            assert!(bulk.is_empty() || !read(&head, Vec::new()));
        }
    }
}
