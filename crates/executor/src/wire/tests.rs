//! What is written is read again, and nothing else is.

use super::part::Part;
use super::request::Tasks;
use super::sink::Sink;
use super::*;
use crate::attachments::{self, Attachment};
use crate::error::Error;
use crate::ipc::arena::Arena;
use crate::ipc::buffer::Buffer;
use crate::table::Registered;
use proptest::prelude::*;
use std::sync::Arc;

fn put_bytes<S: Sink, E>(bytes: &[u8]) -> impl FnOnce(&mut S) -> Result<(), E> {
    move |buffer| {
        buffer.put(bytes).expect("there is room");
        Ok(())
    }
}

const TASK: Registered = Registered { number: 0, name: "task" };

fn buffer() -> Buffer {
    Buffer::private(1 << 20).unwrap()
}

fn contents(message: &[u8]) -> Vec<Vec<u8>> {
    let requested = read_request(message).unwrap();
    requested.tasks.map(|part| read_task(part.content).unwrap().1.to_vec()).collect()
}

/// A task of these bytes, encoded.
fn encoded(parts: &[Vec<u8>]) -> Encoded {
    let mut encoder = Encoder::new(None);
    for part in parts {
        encoder.add(TASK, put_bytes(part)).unwrap();
    }
    encoder.finish()
}

proptest! {
    #[test]
    fn requests_come_back_as_they_went(
        pieces in prop::collection::vec(
            prop::collection::vec((prop::collection::vec(any::<u8>(), 0..40), any::<bool>()), 1..5),
            1..4,
        ),
    ) {
        let mut buffer = buffer();
        let mut request = Request::new(&mut buffer).unwrap();
        let mut expected = Vec::new();
        for piece in &pieces {
            let (parts, keep): (Vec<_>, Vec<_>) = piece.iter().cloned().unzip();
            request.add(&encoded(&parts), &keep).unwrap();
            expected.extend(piece.iter().filter(|(_, keep)| *keep).map(|(part, _)| part.clone()));
        }
        prop_assert_eq!(request.is_empty(), expected.is_empty());
        prop_assert_eq!(contents(&buffer.to_vec().unwrap()), expected);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        for part in Parts::of(&bytes).into_iter().flatten() {
            prop_assert!(part.content.len() <= bytes.len());
            let _ = part.attached(|| None);
            let _ = read_task(part.content);
            let _ = read_outcome("task", part.content);
        }
    }
}

#[test]
fn replies_tell_outputs_and_errors() {
    let mut reply = buffer();
    let mut outputs = Outputs::new(&mut reply, None);
    add_outcome(&mut outputs, put_bytes(&[9])).unwrap();
    let panicked = |reply: &mut Outputs<'_>| {
        reply.put(&[1, 2, 3]).unwrap();
        Err(Outcome::Panicked("boom".to_string(), None))
    };
    add_outcome(&mut outputs, panicked).unwrap();
    assert!(Parts::of(&reply.to_vec().unwrap()[1..]).is_none());
    let reply = reply.to_vec().unwrap();
    let parts = Parts::of(&reply).unwrap();
    let outcomes: Vec<_> = parts.map(|part| read_outcome("task", part.content)).collect();
    let panicked = Error::Panicked { message: "boom".to_string(), location: None };
    assert_eq!(outcomes, [Ok(&[9][..]), Err(panicked)]);
}

#[test]
fn a_task_that_cannot_be_encoded_leaves_the_others_alone() {
    let mut encoder = Encoder::new(None);
    encoder.add(TASK, put_bytes(&[1])).unwrap();
    let failing = |bytes: &mut Tasks<'_>| {
        bytes.put(&[3]).unwrap();
        Err(Error::Dropped)
    };
    encoder.add(TASK, failing).unwrap_err();
    encoder.add(TASK, put_bytes(&[4])).unwrap();
    let mut buffer = buffer();
    Request::new(&mut buffer).unwrap().add(&encoder.finish(), &[true, true]).unwrap();
    assert_eq!(contents(&buffer.to_vec().unwrap()), [[1], [4]]);
}

#[test]
fn what_has_no_room_is_an_error_and_leaves_no_trace() {
    let mut small = Buffer::private(64 << 10).unwrap();
    let mut request = Request::new(&mut small).unwrap();
    request.add(&encoded(&[vec![0; 100_000]]), &[true]).unwrap_err();
    request.add(&encoded(&[vec![0; 100_000], vec![1]]), &[true, false]).unwrap_err();
    assert!(request.is_empty());
    request.add(&encoded(&[vec![4]]), &[true]).unwrap();
    assert_eq!(contents(&small.to_vec().unwrap()), [[4]]);

    let mut small = Buffer::private(64 << 10).unwrap();
    let text = |e: CodecError| Outcome::Transfer(e.to_string());
    add_outcome(&mut Outputs::new(&mut small, None), |reply| {
        encode(&vec![0_u8; 100_000], reply).map_err(text)
    })
    .unwrap();
    let small = small.to_vec().unwrap();
    let part = Parts::of(&small).unwrap().next().unwrap();
    assert!(matches!(read_outcome("task", part.content), Err(Error::Transfer { .. })));
}

#[test]
fn files_go_with_the_task_that_mentions_them() {
    let file = |id| {
        let file = std::fs::File::open("/dev/null").unwrap();
        Attachment { id, file: Arc::new(file.into()), len: 7 }
    };
    let with = |id| {
        move |bytes: &mut Tasks<'_>| {
            assert!(attachments::attach(file(id)));
            put_bytes(&[1])(bytes)
        }
    };
    let mut encoder = Encoder::new(None);
    encoder.add(TASK, put_bytes(&[0])).unwrap();
    encoder.add(TASK, with(300)).unwrap();
    encoder.add(TASK, |bytes| with(301)(bytes).and(Err(Error::Dropped))).unwrap_err();
    encoder.add(TASK, with(302)).unwrap();
    encoder.add(TASK, with(u64::MAX)).unwrap();
    let mut buffer = buffer();
    let mut request = Request::new(&mut buffer).unwrap();
    request.add(&encoder.finish(), &[true, true, false, true]).unwrap();
    assert_eq!(request.into_files().iter().map(|file| file.id).collect::<Vec<_>>(), [300, u64::MAX]);
    let came = || Some(std::fs::File::open("/dev/null").unwrap().into());
    let buffer = buffer.to_vec().unwrap();
    let parts: Vec<_> = read_request(&buffer).unwrap().tasks.collect();
    assert_eq!(parts.iter().map(Part::files).collect::<Vec<_>>(), [0, 1, 1]);
    let attached = parts[2].attached(came).unwrap();
    assert_eq!((attached[0].id, attached[0].len, attached.len()), (u64::MAX, 7, 1));
    assert!(parts[2].attached(|| None).is_none());
    assert_eq!(contents(&buffer), [[0], [1], [1]]);
}

#[test]
fn long_bytes_of_outputs_stand_in_the_annex() {
    let [mut buffer, mut annex] = [(); 2].map(|()| buffer());
    let mut outputs = Outputs::new(&mut buffer, Some(&mut annex));
    let long = |length: usize| "x".repeat(length);
    let mut add = |values: &[String], fails: bool| {
        add_outcome(&mut outputs, |reply| {
            encode(values, reply).map_err(|error| Outcome::Transfer(error.to_string()))?;
            if fails { Err(Outcome::Transfer("failed".to_string())) } else { Ok(()) }
        })
        .unwrap();
    };
    add(&[long(5000), long(3), long(6000)], false);
    add(&[long(7000)], true);
    add(&[long(10)], false);
    add(&[long(8000)], false);
    // Nothing stays of the one that failed.
    assert_eq!(annex.len(), 5000 + 6000 + 8000);
    let message = Message::of(buffer.to_vec().unwrap()).unwrap();
    assert_eq!(message.apart(0..4), (0, vec![5000, 6000, 8000]));
    assert_eq!(message.apart(1..3), (11_000, vec![]));
    assert_eq!(message.apart(3..4), (11_000, vec![8000]));
    let read = |part: usize, came: &[usize]| {
        let part = message.parts_from(part).next().unwrap();
        let came = Came::new(came.iter().map(|&length| long(length).into_bytes()));
        let output = read_outcome("task", part.content)?;
        let value: Result<Vec<String>, _> = decode_with(output, Apart::Came(&came));
        value.map_err(|error| Error::Transfer { task: String::new(), reason: error.to_string() })
    };
    assert_eq!(read(0, &[5000, 6000]), Ok(vec![long(5000), long(3), long(6000)]));
    assert_eq!(read(2, &[]), Ok(vec![long(10)]));
    let failed = |part, came: &[usize]| read(part, came).unwrap_err().to_string();
    assert!(failed(1, &[]).ends_with("failed"));
    for missing in [&[5000][..], &[], &[6000, 5000], &[5000, 5999]] {
        assert!(failed(0, missing).ends_with("its long bytes did not come with it"));
    }
    assert!(failed(3, &[8000, 8000]).ends_with("long bytes came with it and are not in it"));
    assert!(failed(2, &[8000]).ends_with("long bytes came with it and are not in it"));
}

/// Writes long texts until there is no room for more, or so many.
struct Endless(usize);

impl serde::Serialize for Endless {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = "x".repeat(4 << 10);
        serializer.collect_seq((0..self.0).map(|_| &text))
    }
}

#[test]
fn what_goes_on_for_ever_takes_no_more_memory_apart_than_can_be_sent() {
    const MOST: usize = 64 << 10;
    let arena: Arc<Arena> = Arc::default();
    let mut encoder = Encoder::within(Some(&arena), MOST);
    for _ in 0..2 {
        encoder.add(TASK, |tasks| encode(&Endless(2000), tasks).map_err(|_| Error::Dropped)).unwrap();
    }
    let piece = encoder.finish();
    assert!((1900 * 2 * 4096..2000 * 2 * 4096).contains(&piece.bytes().len()), "{}", piece.bytes().len());
    let taken = rustix::fs::fstat(piece.into_extents().ground().unwrap()).unwrap().st_blocks * 512;
    assert!(taken as usize <= MOST, "{taken}");

    let [mut buffer, mut annex] = [1 << 20, 16 << 20].map(|length| Buffer::private(length).unwrap());
    let mut outputs = Outputs::within(&mut buffer, Some(&mut annex), MOST);
    let mut most = 0;
    for _ in 0..2 {
        add_outcome(&mut outputs, |reply| {
            let result = encode(&Endless(usize::MAX), reply);
            most = most.max(reply.length_apart());
            result.map_err(|error| Outcome::Transfer(error.to_string()))
        })
        .unwrap();
    }
    assert_eq!((most, annex.len()), (MOST, 0));
    let reply = buffer.to_vec().unwrap();
    for part in Parts::of(&reply).unwrap() {
        let error = read_outcome("task", part.content).unwrap_err().to_string();
        assert!(error.contains("there is no room for it in a message"), "{error}");
    }
}
