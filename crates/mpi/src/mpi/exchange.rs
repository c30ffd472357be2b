//! How messages are sent and received over MPI: frame by frame, by calls of which none waits. MPI keeps the order between
//! two ranks.

#![allow(unsafe_code)]

use std::collections::VecDeque;
use std::ops::Range;
#[cfg(target_os = "linux")]
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use ferrompi::{Communicator, Request, Scope};
use speedup_executor::remote::Room;

use super::frames::{FIRST, Partial, beginning, pieces};
#[cfg(target_os = "linux")]
use super::sockets::Sockets;
use crate::transport::{Bulk, Event, Inbound, Outbound, Transport};

/// Frames that are under way to or from a rank at the same time: each asks before it is sent, and waits for the answer.
const UNDER_WAY: usize = 16;

/// The tag of all messages.
const TAG: i32 = 7;

/// Memory that MPI reads from or writes to until a request is complete.
enum Memory {
    Bytes(Vec<u8>),
    Part(Arc<Bulk>),
    /// A part of a message that is received, which is kept with the message.
    Elsewhere,
}

/// A request, and the memory that it uses.
struct UnderWay<'s> {
    request: Request<'s>,
    memory: Memory,
}

/// What is to be sent to a rank.
#[derive(Default)]
struct Sending<'s> {
    waiting: VecDeque<(Memory, Range<usize>)>,
    under_way: VecDeque<UnderWay<'s>>,
}

/// What comes from a rank.
#[derive(Default)]
struct Receiving<'s> {
    /// The place for a first frame; none while a message's pieces are received.
    first: Option<UnderWay<'s>>,
    pieces: VecDeque<UnderWay<'s>>,
    /// Parts of messages that have come.
    received: u64,
    message: Option<Partial>,
}

pub(super) struct OverMpi<'w, 's, 'env> {
    world: &'w Communicator,
    scope: &'s Scope<'s, 'env>,
    sending: Vec<Sending<'s>>,
    receiving: Vec<Receiving<'s>>,
    /// Ranks with which nothing is exchanged, this one among them.
    forgotten: Vec<bool>,
    /// Where long bytes land that are for workers.
    room: Room,
    next: usize,
    has_moved: bool,
    #[cfg(target_os = "linux")]
    sockets: Option<Sockets>,
}

impl Memory {
    fn part(&self, range: Range<usize>) -> &[u8] {
        match self {
            Self::Bytes(bytes) => &bytes[range],
            Self::Part(bulk) => &(**bulk).as_ref()[range],
            Self::Elsewhere => &[],
        }
    }
}

impl<'w, 's, 'env> OverMpi<'w, 's, 'env> {
    pub(super) fn new(world: &'w Communicator, scope: &'s Scope<'s, 'env>) -> Self {
        let size = world.size() as usize;
        let mut forgotten = vec![false; size];
        forgotten[world.rank() as usize] = true;
        let (sending, receiving) = (
            (0..size).map(|_| Sending::default()).collect(),
            (0..size).map(|_| Receiving::default()).collect(),
        );
        Self {
            world,
            scope,
            sending,
            receiving,
            forgotten,
            room: Room::default(),
            next: 0,
            has_moved: false,
            #[cfg(target_os = "linux")]
            sockets: Sockets::new().ok(),
        }
    }

    fn go_on_sending(&mut self, to: usize) -> Result<(), ferrompi::Error> {
        let Sending { waiting, under_way } = &mut self.sending[to];
        while let Some(first) = under_way.front_mut() {
            if first.request.test()?.is_none() {
                break;
            }
            self.has_moved |= matches!(first.memory, Memory::Part(_));
            under_way.pop_front();
        }
        while under_way.len() < UNDER_WAY
            && let Some((memory, range)) = waiting.pop_front()
        {
            let part = memory.part(range);
            // SAFETY: the memory goes into the queue with the request and stays where it is: neither a vector nor an
            // `Arc` moves its bytes when it is moved. It is let go of only when the request is complete; where that
            // never is, because the rank is lost, the two are leaked. No one writes to it.
            let part: &'s [u8] = unsafe { std::slice::from_raw_parts(part.as_ptr(), part.len()) };
            match self.world.isend(self.scope, part, to as i32, TAG) {
                Ok(request) => under_way.push_back(UnderWay { request, memory }),
                Err(error) => {
                    // Whether MPI uses it is not known.
                    std::mem::forget(memory);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    fn irecv(&self, from: usize, start: *mut u8, length: usize) -> Result<Request<'s>, ferrompi::Error> {
        // SAFETY: as for what is sent: the memory is kept, where it is, until the request is complete, and no one reads
        // or writes it until then. The callers pass on memory of that length.
        let place: &'s mut [u8] = unsafe { std::slice::from_raw_parts_mut(start, length) };
        self.world.irecv(self.scope, place, from as i32, TAG)
    }

    fn go_on_receiving(&mut self, from: usize) -> Result<Option<Inbound>, ferrompi::Error> {
        let mut receiving = std::mem::take(&mut self.receiving[from]);
        let before = receiving.received;
        let received = self.receive(from, &mut receiving);
        self.has_moved |= receiving.received != before;
        self.receiving[from] = receiving;
        received
    }

    fn receive(
        &self,
        from: usize,
        receiving: &mut Receiving<'s>,
    ) -> Result<Option<Inbound>, ferrompi::Error> {
        if receiving.message.is_none() {
            let Some(first) = &mut receiving.first else {
                receiving.first = Some(self.await_first(from, vec![0; FIRST])?);
                return Ok(None);
            };
            let Some(status) = first.request.test()? else { return Ok(None) };
            let Some(UnderWay { memory: Memory::Bytes(frame), .. }) = receiving.first.take() else {
                return Ok(None);
            };
            let mut partial = Partial::of(&frame[..status.count.unwrap_or(0)]).ok_or_else(no_message)?;
            if partial.pieces.is_empty() {
                partial.read_lengths(&self.room).ok_or_else(no_message)?;
            }
            if partial.pieces.is_empty() {
                receiving.first = Some(self.await_first(from, frame)?);
                return Ok(Some(partial.inbound));
            }
            receiving.received += 1;
            receiving.message = Some(partial);
        }
        let Some(partial) = &mut receiving.message else { return Ok(None) };
        while let Some(piece) = receiving.pieces.front_mut() {
            if piece.request.test()?.is_none() {
                break;
            }
            receiving.pieces.pop_front();
            receiving.received += 1;
        }
        if receiving.pieces.is_empty() && partial.pieces.is_empty() && !partial.has_lengths {
            partial.read_lengths(&self.room).ok_or_else(no_message)?;
        }
        while receiving.pieces.len() < UNDER_WAY
            && let Some((part, range)) = partial.pieces.pop_front()
        {
            let Inbound { head, bulk } = &mut partial.inbound;
            // MPI may be writing to other parts of it: no reference is made.
            let start = if part == 0 { head.as_mut_ptr() } else { bulk[part - 1].start() };
            let request = self.irecv(from, start.wrapping_add(range.start), range.len())?;
            receiving.pieces.push_back(UnderWay { request, memory: Memory::Elsewhere });
        }
        if !receiving.pieces.is_empty() {
            return Ok(None);
        }
        receiving.first = Some(self.await_first(from, vec![0; FIRST])?);
        Ok(receiving.message.take().map(|partial| partial.inbound))
    }

    fn await_first(&self, from: usize, mut frame: Vec<u8>) -> Result<UnderWay<'s>, ferrompi::Error> {
        let request = self.irecv(from, frame.as_mut_ptr(), frame.len())?;
        Ok(UnderWay { request, memory: Memory::Bytes(frame) })
    }

    /// Gives up what no one will send any more. All that was to be sent has been.
    pub(super) fn finish(mut self) {
        for receiving in &mut self.receiving {
            if let Some(mut first) = receiving.first.take()
                && (first.request.cancel().is_err() || first.request.wait().is_err())
            {
                std::mem::forget(first.memory);
            }
            if !receiving.pieces.is_empty() {
                // MPI may be writing to it.
                std::mem::forget(receiving.message.take());
            }
        }
    }
}

fn no_message() -> ferrompi::Error {
    ferrompi::Error::Internal("it sends what is no message".into())
}

impl Transport for OverMpi<'_, '_, '_> {
    fn size(&self) -> usize {
        self.forgotten.len()
    }

    fn send(&mut self, to: usize, message: Outbound) {
        if self.forgotten[to] {
            return;
        }
        let Outbound { head, bulk } = message;
        let begins = beginning(&head, &bulk);
        let length = begins.len();
        let waiting = &mut self.sending[to].waiting;
        if length <= FIRST {
            waiting.push_back((Memory::Bytes(begins), 0..length));
        } else {
            let begins = Arc::new(Bulk::Own(begins));
            let frames = std::iter::once(0..FIRST).chain(pieces(FIRST, length));
            waiting.extend(frames.map(|range| (Memory::Part(Arc::clone(&begins)), range)));
        }
        for bulk in bulk {
            let bulk = Arc::new(bulk);
            let length = (*bulk).as_ref().len();
            waiting.extend(pieces(0, length).map(|range| (Memory::Part(Arc::clone(&bulk)), range)));
        }
        // What goes wrong is seen by the next poll.
        let _ = self.go_on_sending(to);
    }

    fn poll(&mut self) -> Option<(usize, Event)> {
        let size = self.size();
        for _ in 0..size {
            self.next = (self.next + 1) % size;
            let rank = self.next;
            if self.forgotten[rank] {
                continue;
            }
            let polled = self.go_on_sending(rank).and_then(|()| self.go_on_receiving(rank));
            match polled {
                Ok(None) => {}
                Ok(Some(message)) => return Some((rank, Event::Message(message))),
                Err(error) => {
                    self.forget(rank);
                    return Some((rank, Event::Gone(error.to_string())));
                }
            }
        }
        None
    }

    fn has_moved(&mut self) -> bool {
        std::mem::take(&mut self.has_moved)
    }

    fn is_sending(&self, to: usize) -> bool {
        let sending = &self.sending[to];
        let is_empty = sending.waiting.is_empty() && sending.under_way.is_empty();
        !(self.forgotten[to] || is_empty)
    }

    fn forget(&mut self, rank: usize) {
        self.forgotten[rank] = true;
        // MPI may use the memory of what is under way for as long as this program runs.
        std::mem::forget(std::mem::take(&mut self.sending[rank]).under_way);
        std::mem::forget(std::mem::take(&mut self.receiving[rank]));
    }

    #[cfg(target_os = "linux")]
    fn alarm(&self) -> Option<BorrowedFd<'_>> {
        self.sockets.as_ref().map(Sockets::descriptor)
    }

    #[cfg(target_os = "linux")]
    fn clear_alarm(&mut self) -> bool {
        self.sockets.as_ref().is_some_and(Sockets::clear)
    }

    #[cfg(target_os = "linux")]
    fn improve_alarm(&mut self) {
        if let Some(sockets) = &mut self.sockets {
            sockets.look();
        }
    }
}
