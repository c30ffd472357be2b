//! A million hostile messages through every decoder on the way between parent and worker.

use rand::{Rng, RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::hello::Hello;
use crate::error::Error;
use crate::ipc::buffer::Buffer;
use crate::table::Registered;
use crate::wire::{
    Apart, Came, Encoder, Message, Outcome, Outputs, Parts, Request, add_outcome, decode_with, encode,
    read_outcome, read_request, read_task,
};

const TASK: Registered = Registered { number: 0, name: "task" };

const MESSAGES: usize = 1_000_000;

/// A message that parent or worker could have sent.
fn genuine(buffer: &mut Buffer, annex: &mut Buffer, random: &mut impl Rng) -> Vec<u8> {
    let mut bytes = |most: usize| {
        let length = random.random_range(0..=most);
        (0..length).map(|_| random.random()).collect::<Vec<u8>>()
    };
    let (first, second, text) = (bytes(20), bytes(20), bytes(8));
    let text = String::from_utf8_lossy(&text).into_owned();
    match random.random_range(0..3) {
        0 => {
            buffer.clear();
            let hello = Hello { build: random.random(), ready_ns: random.random() };
            hello.write(buffer).expect("there is room");
        }
        1 => {
            let mut encoder = Encoder::new(None);
            for part in [first, second] {
                encoder
                    .add(TASK, |bytes| encode(&part, bytes).map_err(|_| Error::Dropped))
                    .expect("there is room");
            }
            let mut request = Request::new(buffer).expect("there is room");
            request.add(&encoder.finish(), &[true, true]).expect("there is room");
        }
        _ => {
            buffer.clear();
            annex.clear();
            let mut outputs = Outputs::new(buffer, Some(annex));
            // A long one stands in the annex.
            let output = text.repeat(if random.random() { 1 } else { 5000 });
            add_outcome(&mut outputs, |reply| {
                encode(&(first, output), reply).map_err(|error| Outcome::Transfer(error.to_string()))
            })
            .expect("there is room");
            add_outcome(&mut outputs, |_| Err(Outcome::Panicked(text.clone(), Some(text))))
                .expect("there is room");
        }
    }
    buffer.to_vec().unwrap()
}

/// Damages a message: a bit, a byte, its end, a length, a piece that is there twice.
fn damage(message: &mut Vec<u8>, random: &mut impl Rng) {
    for _ in 0..random.random_range(0..4) {
        let at = random.random_range(0..message.len().max(1));
        match random.random_range(0..6) {
            0 => message.truncate(at),
            1 => message.extend_from_within(at.min(message.len())..),
            2 if at < message.len() => message[at] ^= 1 << random.random_range(0..8),
            3 if at < message.len() => message[at] = random.random(),
            // A length that claims gigabytes, where a length may stand.
            4 if at + 4 <= message.len() => message[at..at + 4].copy_from_slice(&[255, 255, 255, 63]),
            _ => {}
        }
    }
}

#[test]
fn a_million_hostile_messages_do_not_panic() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(17);
    let [mut buffer, mut annex] = [(); 2].map(|()| Buffer::private(1 << 20).expect("memory"));
    let mut read = 0;
    for _ in 0..MESSAGES {
        let mut message = genuine(&mut buffer, &mut annex, &mut random);
        damage(&mut message, &mut random);
        read += decode_all(&message);
    }
    // The damage is neither none nor total.
    assert!((MESSAGES / 10..MESSAGES).contains(&read), "{read} read");
}

/// Reads it as each of the messages, and counts those that it could be.
fn decode_all(message: &[u8]) -> usize {
    let (hello, message_length) = (Hello::decode(message), message.len());
    let request = read_request(message).map(|requested| requested.tasks);
    let reply = Parts::of(message);
    let read = usize::from(hello.is_some() || request.is_some() || reply.is_some());
    for part in request.into_iter().chain(reply).flatten() {
        assert!(part.content.len() <= message.len());
        let _ = part.attached(|| None);
        let _ = read_task(part.content);
        let came = Came::new(part.apart().map(|length| vec![b'x'; length.min(1 << 16) as usize]).take(2));
        if let Ok(output) = read_outcome("task", part.content) {
            let _ = decode_with::<(Vec<u8>, String)>(output, Apart::Came(&came));
        }
    }
    if let Some(message) = Message::of(message.to_vec()) {
        let (start, lengths) = message.apart(0..message.len());
        assert!(start == 0 && lengths.len() * 8 <= message_length);
    }
    read
}
