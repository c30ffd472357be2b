//! Messages as frames, which are what goes over MPI.
//!
//! A message begins with the lengths of its large parts and with its head, and before these how many bytes they are.
//! Its first frame has [`FIRST`] bytes of that at most. What is left, and then the large parts, follow in pieces of
//! [`PIECE`], each sent from where it is and received where it stays.

use std::collections::VecDeque;
use std::ops::Range;

use speedup_executor::remote::{Landing, Room};

use crate::transport::{Bulk, Inbound};

/// The most bytes of a first frame: what the libraries send at once over a network, without asking before.
pub(super) const FIRST: usize = 60 << 10;

/// Bytes of a piece of a large part.
const PIECE: usize = 1 << 20;

/// Of the large parts, and whether each is to land where workers can read it.
type Lengths = Vec<(usize, bool)>;

/// Bytes of the number with which a message begins.
const NUMBER: usize = size_of::<u64>();

/// The pieces of a part of that length, from that byte on.
pub(super) fn pieces(from: usize, length: usize) -> impl Iterator<Item = Range<usize>> {
    (from..length).step_by(PIECE).map(move |start| start..(start + PIECE).min(length))
}

/// A message of which the first frame is there, and the pieces that are still to be asked for.
pub(super) struct Partial {
    /// Its head has the lengths of the parts before it, until that is whole.
    pub(super) inbound: Inbound,
    pub(super) has_lengths: bool,
    /// Which part, the head being 0, and which of its bytes.
    pub(super) pieces: VecDeque<(usize, Range<usize>)>,
}

impl Partial {
    /// That of a first frame.
    pub(super) fn of(frame: &[u8]) -> Option<Self> {
        let (number, begun) = frame.split_first_chunk::<NUMBER>()?;
        let length = usize::try_from(u64::from_le_bytes(*number)).ok()?;
        let mut inbound = Inbound { head: begun.to_vec(), bulk: Vec::new() };
        inbound.head.resize(length, 0);
        Some(Self {
            inbound,
            has_lengths: false,
            pieces: pieces(begun.len(), length).map(|range| (0, range)).collect(),
        })
    }

    /// Makes room for the parts, of which the lengths are there.
    pub(super) fn read_lengths(&mut self, room: &Room) -> Option<()> {
        let (lengths, head): (Lengths, &[u8]) = postcard::take_from_bytes(&self.inbound.head).ok()?;
        let before = self.inbound.head.len() - head.len();
        self.inbound.head.drain(..before);
        for (index, (length, is_for_workers)) in lengths.into_iter().enumerate() {
            self.pieces.extend(pieces(0, length).map(|range| (index + 1, range)));
            self.inbound.bulk.push(Landing::new(is_for_workers.then_some(room), length));
        }
        self.has_lengths = true;
        Some(())
    }
}

/// The number, the lengths and the head with which a message begins.
pub(super) fn beginning(head: &[u8], bulk: &[Bulk]) -> Vec<u8> {
    let lengths: Lengths = bulk.iter().map(|bulk| (bulk.as_ref().len(), bulk.is_for_workers())).collect();
    let lengths = postcard::to_allocvec(&lengths).expect("numbers have an encoding");
    let length = (lengths.len() + head.len()) as u64;
    [&length.to_le_bytes()[..], &lengths, head].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_cut_into_pieces_that_cover_it() {
        for (from, length) in [(0, 0), (0, 1), (5, PIECE), (100, 3 * PIECE + 1)] {
            let mut next = from;
            for piece in pieces(from, length) {
                assert_eq!(piece.start, next);
                assert!(!piece.is_empty() && piece.len() <= PIECE);
                next = piece.end;
            }
            assert_eq!(next, length.max(from));
        }
    }

    /// The message as a receiver has it after its first frame, and once the rest of its beginning has come.
    fn begun(head: &[u8], bulk: &[Bulk]) -> (Partial, Option<()>) {
        let begins = beginning(head, bulk);
        let mut partial = Partial::of(&begins[..begins.len().min(FIRST)]).unwrap();
        let rest: Vec<_> = partial.pieces.drain(..).collect();
        assert_eq!(rest.is_empty(), begins.len() <= FIRST);
        for (part, range) in rest {
            let from = NUMBER + range.start;
            assert_eq!(part, 0);
            partial.inbound.head[range.clone()].copy_from_slice(&begins[from..from + range.len()]);
        }
        let read = partial.read_lengths(&Room::default());
        (partial, read)
    }

    #[test]
    fn a_message_has_any_number_of_parts_and_any_head() {
        for (parts, head) in [(0, 0), (3, 100), (100_000, 10), (2, 3 * PIECE)] {
            let head: Vec<u8> = (0..head).map(|at| at as u8).collect();
            let bulk: Vec<Bulk> = (0..parts).map(|part| Bulk::Own(vec![0; part % 5])).collect();
            let (partial, read) = begun(&head, &bulk);
            assert_eq!(read, Some(()));
            assert!(partial.inbound.head == head && partial.inbound.bulk.len() == parts);
            let asked: usize = partial.pieces.iter().map(|(_, range)| range.len()).sum();
            assert_eq!(asked, bulk.iter().map(|bulk| bulk.as_ref().len()).sum::<usize>());
        }
    }

    #[test]
    fn a_first_frame_that_is_cut_short_is_no_message() {
        assert!(Partial::of(&[1, 0, 0]).is_none());
        assert!(Partial::of(&[]).is_none());
        let mut empty = Partial::of(&[0; NUMBER]).unwrap();
        assert!(empty.read_lengths(&Room::default()).is_none());
    }
}
