//! Long bytes of tasks that have travelled by themselves: told in the piece of work that mentions them, or put into it.

use super::part::{LENGTH, Parts};
use super::value::head_of_bytes;
use crate::ipc::arena::Place;

/// Says in the piece where its long bytes are, of which each place stands at that byte. `None` where they are not those
/// that it lacks.
pub(crate) fn put_places(piece: &mut [u8], long: impl Iterator<Item = (usize, Place)>) -> Option<()> {
    for (at, place) in long {
        lacking(piece, at, place.length())?;
        piece[at..at + Place::ENCODED].copy_from_slice(&place.to_bytes());
    }
    Some(())
}

/// The piece with its long bytes in it, which come in their order; `None` where they are not those that it lacks.
pub(crate) fn put_back<B: AsRef<[u8]>>(piece: &[u8], long: &[(usize, B)]) -> Option<Vec<u8>> {
    let more = long.iter().map(|(_, bytes)| bytes.as_ref().len()).sum::<usize>();
    let mut whole = Vec::with_capacity(piece.len() + more);
    let mut long = long.iter().map(|(at, bytes)| (*at, bytes.as_ref())).peekable();
    let mut end = 0;
    for part in Parts::of(piece)? {
        let (start, mut done) = (whole.len(), end + LENGTH);
        end += part.whole().len();
        whole.extend_from_slice(&[0; LENGTH]);
        while let Some((at, bytes)) = long.next_if(|(at, _)| *at < end) {
            let head = lacking(piece, at, bytes.len())?;
            whole.extend_from_slice(piece.get(done..at - 1)?);
            whole.extend_from_slice(&head);
            whole.extend_from_slice(bytes);
            done = at + Place::ENCODED;
        }
        whole.extend_from_slice(piece.get(done..end)?);
        let length = u32::try_from(whole.len() - start - LENGTH).ok()?;
        whole[start..start + LENGTH].copy_from_slice(&length.to_le_bytes());
    }
    long.next().is_none().then_some(whole)
}

/// That at this byte the place of so many bytes stands; what would stand before them if they were there.
fn lacking(piece: &[u8], at: usize, length: usize) -> Option<Vec<u8>> {
    let (tag, place) = piece.get(at.checked_sub(1)?..)?.split_first()?;
    let is_place = Place::of(*place.first_chunk()?).length() == length;
    head_of_bytes(*tag, length).filter(|_| is_place)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde::Serialize;
    use serde_bytes::ByteBuf;

    use super::*;
    use crate::ipc::arena::Arena;
    use crate::table::Registered;
    use crate::wire::{Encoded, Encoder, encode};

    const LONG: usize = 20_000;

    type LongBytes = Vec<(usize, Vec<u8>)>;

    #[derive(Serialize)]
    struct Argument {
        few: u8,
        first: ByteBuf,
        text: Option<String>,
        list: Vec<(f64, ByteBuf)>,
    }

    fn argument(lengths: [usize; 3]) -> Argument {
        let bytes = |length: usize| ByteBuf::from((0..length).map(|at| at as u8).collect::<Vec<_>>());
        Argument {
            few: 7,
            first: bytes(lengths[0]),
            text: Some("x".repeat(lengths[1])),
            list: vec![(1.5, bytes(10)), (2.5, bytes(lengths[2]))],
        }
    }

    fn encoded(arguments: &[Argument], arena: Option<&Arc<Arena>>) -> Encoded {
        let mut encoder = Encoder::new(arena);
        for argument in arguments {
            let task = Registered { number: 3, name: "task" };
            let failed = |error: crate::wire::CodecError| panic!("{error}");
            encoder.add(task, |tasks| encode(argument, tasks).map_err(failed)).unwrap();
        }
        encoder.finish()
    }

    /// A piece of three tasks, the same with its long bytes in it, and those, in their order.
    fn piece() -> (Vec<u8>, Vec<u8>, LongBytes) {
        let all = [argument([LONG, 5, 3 * LONG]), argument([0, 2 * LONG, 0]), argument([1, 2, 3])];
        let mut without = encoded(&all, Some(&Arc::default()));
        let long = without.take_long();
        let long = long.into_iter().map(|(at, extents)| (at, extents.bytes().to_vec())).collect();
        (without.bytes().to_vec(), encoded(&all, None).bytes().to_vec(), long)
    }

    #[test]
    fn long_bytes_are_put_back_to_where_they_would_have_stood() {
        let (without, whole, long) = piece();
        assert_eq!(long.iter().map(|(_, bytes)| bytes.len()).collect::<Vec<_>>(), [LONG, 3 * LONG, 2 * LONG]);
        assert!(put_back(&without, &long).unwrap() == whole);
        // Some may have gone elsewhere.
        let partly = put_back(&without, &long[1..]).unwrap();
        assert!(partly.len() > 5 * LONG && partly.len() < whole.len() && Parts::of(&partly).is_some());
    }

    #[test]
    fn what_it_does_not_lack_is_refused() {
        let (mut without, _, long) = piece();
        let moved = |by: isize| (long[0].0.wrapping_add_signed(by), long[0].1.clone());
        for wrong in [moved(1), moved(-1), (0, vec![]), (usize::MAX, vec![1]), (long[0].0, vec![1; LONG + 1])]
        {
            assert!(put_back(&without, std::slice::from_ref(&wrong)).is_none(), "{}", wrong.0);
            let place = Place::in_turn(wrong.1.len());
            assert!(put_places(&mut without, [(wrong.0, place)].into_iter()).is_none());
        }
        let other_order = [long[1].clone(), long[0].clone()];
        assert!(put_back(&without, &other_order).is_none());
        assert!(put_back(&without[1..], &long).is_none());
    }

    #[test]
    fn places_are_told_where_they_are_mentioned() {
        let (mut without, _, long) = piece();
        let places: Vec<_> = (long.iter().zip(1..))
            .map(|((at, bytes), offset)| {
                let mut place = Place::in_turn(bytes.len()).to_bytes();
                place[0] = offset;
                (*at, Place::of(place))
            })
            .collect();
        put_places(&mut without, places.iter().copied()).unwrap();
        for (at, place) in places {
            assert_eq!(without[at..at + Place::ENCODED], place.to_bytes());
        }
    }
}
