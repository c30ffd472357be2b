//! What is written is read again, and nothing else is.

use super::part::Part;
use super::request::Bytes;
use super::sink::Sink;
use super::*;
use crate::attachments::{self, Attachment};
use crate::error::Error;
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
    let (_, parts) = read_request(message).unwrap();
    parts.map(|part| read_task(part.content).unwrap().1.to_vec()).collect()
}

/// A task of these bytes, encoded.
fn encoded(parts: &[Vec<u8>]) -> Encoded {
    let mut encoder = Encoder::new();
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
    add_outcome(&mut reply, put_bytes(&[9])).unwrap();
    let panicked = |reply: &mut Buffer| {
        reply.extend(&[1, 2, 3]).unwrap();
        Err(Outcome::Panicked("boom".to_string(), None))
    };
    add_outcome(&mut reply, panicked).unwrap();
    assert!(Parts::of(&reply.to_vec().unwrap()[1..]).is_none());
    let reply = reply.to_vec().unwrap();
    let parts = Parts::of(&reply).unwrap();
    let outcomes: Vec<_> = parts.map(|part| read_outcome("task", part.content)).collect();
    let panicked = Error::Panicked { message: "boom".to_string(), location: None };
    assert_eq!(outcomes, [Ok(&[9][..]), Err(panicked)]);
}

#[test]
fn a_task_that_cannot_be_encoded_leaves_the_others_alone() {
    let mut encoder = Encoder::new();
    encoder.add(TASK, put_bytes(&[1])).unwrap();
    let failing = |bytes: &mut Bytes| {
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
    add_outcome(&mut small, |reply| encode(&vec![0_u8; 100_000], reply).map_err(text)).unwrap();
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
        move |bytes: &mut Bytes| {
            assert!(attachments::attach(file(id)));
            put_bytes(&[1])(bytes)
        }
    };
    let mut encoder = Encoder::new();
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
    let parts: Vec<_> = read_request(&buffer).unwrap().1.collect();
    assert_eq!(parts.iter().map(Part::files).collect::<Vec<_>>(), [0, 1, 1]);
    let attached = parts[2].attached(came).unwrap();
    assert_eq!((attached[0].id, attached[0].len, attached.len()), (u64::MAX, 7, 1));
    assert!(parts[2].attached(|| None).is_none());
    assert_eq!(contents(&buffer), [[0], [1], [1]]);
}
