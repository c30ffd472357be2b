//! A million hostile messages through every decoder on the way between parent and worker.

use rand::{Rng, RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::frame::{read_frame, write_frame};
use super::hello::Hello;
use crate::executor::wire::{Outcome, Parts, Request, add_outcome, read_outcome, read_request};

const MESSAGES: usize = 1_000_000;

/// A stream that parent or worker could have sent.
fn genuine(random: &mut impl Rng) -> Vec<u8> {
    let mut bytes = |most: usize| {
        let length = random.random_range(0..=most);
        (0..length).map(|_| random.random()).collect::<Vec<u8>>()
    };
    let (first, second, text) = (bytes(20), bytes(20), bytes(8));
    let mut request = Request::default();
    for part in [&first, &second] {
        request
            .add("task", |buffer| {
                buffer.extend(part);
                Ok(())
            })
            .expect("it is short");
    }
    let mut reply = Vec::new();
    add_outcome(&mut reply, |reply| {
        reply.extend(&first);
        Ok(())
    });
    let text = String::from_utf8_lossy(&text).into_owned();
    add_outcome(&mut reply, |_| Err(Outcome::Panicked(text.clone(), Some(text.clone()))));
    let hello = Hello { build: random.random(), ready_ns: random.random() };

    let mut stream = Vec::new();
    for message in [hello.encode().as_slice(), request.bytes(), &reply] {
        write_frame(&mut stream, message).expect("a buffer takes all");
    }
    stream
}

/// Damages a stream: a bit, a byte, its end, a length, a piece that is there twice.
fn damage(stream: &mut Vec<u8>, random: &mut impl Rng) {
    for _ in 0..random.random_range(0..4) {
        let at = random.random_range(0..stream.len().max(1));
        match random.random_range(0..6) {
            0 => stream.truncate(at),
            1 => stream.extend_from_within(at.min(stream.len())..),
            2 if at < stream.len() => stream[at] ^= 1 << random.random_range(0..8),
            3 if at < stream.len() => stream[at] = random.random(),
            // A length that claims gigabytes, where a length may stand.
            4 if at + 4 <= stream.len() => stream[at..at + 4].copy_from_slice(&[255, 255, 255, 63]),
            _ => stream.insert(at.min(stream.len()), random.random()),
        }
    }
}

#[test]
fn a_million_hostile_messages_neither_panic_nor_take_memory() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(17);
    let (mut message, mut read, mut refused) = (Vec::new(), 0, 0);
    while read + refused < MESSAGES {
        let mut stream = genuine(&mut random);
        damage(&mut stream, &mut random);
        let mut channel = stream.as_slice();
        loop {
            match read_frame(&mut channel, &mut message) {
                Ok(true) => read += 1,
                Ok(false) => break,
                Err(_) => {
                    refused += 1;
                    break;
                }
            }
            assert!(message.len() <= stream.len());
            decode_all(&message);
        }
        // What a length claims is not what is taken.
        assert!(message.capacity() <= 4096, "{} for {}", message.capacity(), stream.len());
    }
    // The damage is neither none nor total.
    assert!(read > MESSAGES / 10 && refused > MESSAGES / 100, "{read} read, {refused} refused");
}

fn decode_all(message: &[u8]) {
    let _ = Hello::decode(message);
    if let Some((_, parts)) = read_request(message) {
        assert!(parts.map(<[u8]>::len).sum::<usize>() <= message.len());
    }
    for tasks in 0..3 {
        for part in Parts::of_reply(message, tasks).into_iter().flatten() {
            let _ = read_outcome("task", part);
        }
    }
}
