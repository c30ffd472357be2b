//! The way over MPI.
//!
//! One thread initialises MPI, makes every call, and finalizes it: on rank 0 one of its own, so that `main` goes on
//! with the program; on an agent the first. `MPI_THREAD_FUNNELED` is what that needs, and what every MPI library
//! has. With a level above that, calls of several threads would only wait for each other's lock.
//!
//! A message goes in frames: the first, of at most [`FIRST`] bytes, says how long the rest is; large parts follow in
//! pieces of [`PIECE`], each sent from where it is and received where it stays. MPI keeps the order between two
//! ranks.

#![allow(unsafe_code)]

use std::collections::VecDeque;
use std::io::Write as _;
use std::ops::Range;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use ferrompi::{Communicator, Mpi, Request, Scope, ThreadLevel};
use speedup_executor::Error;

use crate::agent::{self, Ended, HEAD};
use crate::bytes::{Reader, Writer};
use crate::hub::{Command, Hub, drive};
use crate::launch;
use crate::message::Hello;
use crate::transport::{Bulk, Event, Inbound, Outbound, Transport};

/// The most bytes of a first frame: what the libraries send at once over a network, without asking before.
const FIRST: usize = 60 << 10;

/// Bytes of a piece of a large part.
const PIECE: usize = 1 << 20;

/// Frames that are under way to or from a rank at the same time.
const UNDER_WAY: usize = 4;

/// The tag of all messages.
const TAG: i32 = 7;

/// Set where several ranks on one host are to be agents all the same: for tests on one machine.
const SEVERAL_PER_HOST: &str = "SPEEDUP_MPI_TEST_RANKS_ARE_HOSTS";

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
    message: Option<Partial>,
}

/// A message of which the first frame is there, and the pieces that are still to be asked for.
struct Partial {
    inbound: Inbound,
    /// Which part, the head being 0, and which of its bytes.
    pieces: VecDeque<(usize, Range<usize>)>,
}

struct OverMpi<'w, 's, 'env> {
    world: &'w Communicator,
    scope: &'s Scope<'s, 'env>,
    sending: Vec<Sending<'s>>,
    receiving: Vec<Receiving<'s>>,
    /// Ranks with which nothing is exchanged, this one among them.
    forgotten: Vec<bool>,
    next: usize,
}

/// The pieces of a part of that length, from that byte on.
fn pieces(from: usize, length: usize) -> impl Iterator<Item = Range<usize>> {
    (from..length).step_by(PIECE).map(move |start| start..(start + PIECE).min(length))
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
    fn new(world: &'w Communicator, scope: &'s Scope<'s, 'env>) -> Self {
        let size = world.size() as usize;
        let mut forgotten = vec![false; size];
        forgotten[world.rank() as usize] = true;
        let (sending, receiving) = (
            (0..size).map(|_| Sending::default()).collect(),
            (0..size).map(|_| Receiving::default()).collect(),
        );
        Self { world, scope, sending, receiving, forgotten, next: 0 }
    }

    fn go_on_sending(&mut self, to: usize) -> Result<(), ferrompi::Error> {
        let Sending { waiting, under_way } = &mut self.sending[to];
        while let Some(first) = under_way.front_mut() {
            if first.request.test()?.is_none() {
                break;
            }
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
        let received = self.receive(from, &mut receiving);
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
            let partial = Partial::of(&frame[..status.count.unwrap_or(0)]);
            let partial =
                partial.ok_or_else(|| ferrompi::Error::Internal("it sends what is no message".into()))?;
            if partial.pieces.is_empty() {
                receiving.first = Some(self.await_first(from, frame)?);
                return Ok(Some(partial.inbound));
            }
            receiving.message = Some(partial);
        }
        let Some(partial) = &mut receiving.message else { return Ok(None) };
        while let Some(piece) = receiving.pieces.front_mut() {
            if piece.request.test()?.is_none() {
                break;
            }
            receiving.pieces.pop_front();
        }
        while receiving.pieces.len() < UNDER_WAY
            && let Some((part, range)) = partial.pieces.pop_front()
        {
            let bytes =
                if part == 0 { &mut partial.inbound.head } else { &mut partial.inbound.bulk[part - 1] };
            let (start, length) = (bytes.as_mut_ptr().wrapping_add(range.start), range.len());
            let request = self.irecv(from, start, length)?;
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
    fn finish(mut self) {
        for receiving in &mut self.receiving {
            if let Some(mut first) = receiving.first.take()
                && (first.request.cancel().is_err() || first.request.wait().is_err())
            {
                std::mem::forget(first.memory);
            }
        }
    }
}

impl Partial {
    /// That of a first frame: how many parts follow, their lengths, the head's, and as much of the head as there is
    /// room for.
    fn of(frame: &[u8]) -> Option<Self> {
        let mut reader = Reader(frame);
        let bulk: Vec<usize> = reader.list(|reader| usize::try_from(reader.u64()?).ok())?;
        let head = usize::try_from(reader.u64()?).ok()?;
        let mut inbound = Inbound { head: reader.0.to_vec(), bulk: Vec::new() };
        let mut rest: VecDeque<_> = pieces(inbound.head.len(), head).map(|range| (0, range)).collect();
        inbound.head.resize(head, 0);
        for (index, length) in bulk.into_iter().enumerate() {
            rest.extend(pieces(0, length).map(|range| (index + 1, range)));
            inbound.bulk.push(vec![0; length]);
        }
        Some(Self { inbound, pieces: rest })
    }
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
        let mut first = Writer::default();
        first.list(&bulk, |writer, bulk| writer.u64(bulk.as_ref().len() as u64));
        first.u64(head.len() as u64);
        let mut first = first.0;
        let fits = head.len().min(FIRST.saturating_sub(first.len()));
        first.extend_from_slice(&head[..fits]);
        let waiting = &mut self.sending[to].waiting;
        let length = first.len();
        waiting.push_back((Memory::Bytes(first), 0..length));
        let head = Arc::new(Bulk::Own(head));
        let head_rest = pieces(fits, (*head).as_ref().len());
        waiting.extend(head_rest.map(|range| (Memory::Part(Arc::clone(&head)), range)));
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

    fn is_sending(&self, to: usize) -> bool {
        let sending = &self.sending[to];
        !self.forgotten[to] && !(sending.waiting.is_empty() && sending.under_way.is_empty())
    }

    fn forget(&mut self, rank: usize) {
        self.forgotten[rank] = true;
        // MPI may use their memory for as long as this program runs.
        std::mem::forget(std::mem::take(&mut self.sending[rank]));
        std::mem::forget(std::mem::take(&mut self.receiving[rank]));
    }
}

/// This program as a rank of a job.
struct Job {
    hub: Arc<Hub>,
    process: u32,
    /// Told how the thread has ended, as far as others can wait for.
    ended: Mutex<Receiver<Parted>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// How a rank parts from the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parted {
    /// With all others: MPI is about to be finalized.
    Together,
    /// A host was lost, and MPI cannot be finalized: it would wait for that.
    WithoutSome,
}

/// What becomes of this rank.
enum Role {
    Head,
    /// It has been an agent, and ends with that code.
    Agent(i32),
}

static JOB: OnceLock<Result<Job, String>> = OnceLock::new();

/// Joins the job that a launcher has started this program for. Returns on rank 0, and where there is no job.
pub(crate) fn join() {
    if !launch::is_launched() || JOB.get().is_some() {
        return;
    }
    let hub = Arc::new(Hub::default());
    let (tell, told) = channel();
    let (part, parted) = channel();
    let thread = std::thread::Builder::new().name("speedup-mpi".to_string());
    let of_thread = Arc::clone(&hub);
    let thread = thread.spawn(move || be_a_rank(&of_thread, &tell, &part));
    let role = thread.map_err(|error| error.to_string()).and_then(|thread| {
        let role: Result<Role, String> =
            told.recv().unwrap_or_else(|_| Err("its thread has ended".to_string()));
        Ok((thread, role?))
    });
    match role {
        Ok((_, Role::Agent(code))) => std::process::exit(code),
        Ok((thread, Role::Head)) => {
            let thread = Mutex::new(Some(thread));
            let job = Job { hub, process: std::process::id(), ended: Mutex::new(parted), thread };
            if JOB.set(Ok(job)).is_ok() {
                // SAFETY: the function may be called at any end of the process, and does nothing in a copy of it.
                unsafe { libc::atexit(end_job) };
            }
        }
        Err(reason) => {
            let _ = JOB.set(Err(reason));
        }
    }
}

pub(crate) fn hub() -> Result<Arc<Hub>, Error> {
    let reason = match JOB.get() {
        Some(Ok(job)) => return Ok(Arc::clone(&job.hub)),
        Some(Err(reason)) => format!("MPI cannot be initialized: {reason}"),
        None if launch::is_launched() => "speedup_mpi::init was not called at the start of main".to_string(),
        None => "the program was not started by an MPI launcher, such as mpirun or srun".to_string(),
    };
    Err(Error::NotInitialised { reason })
}

/// Ends the other ranks when this program does, however it comes to its end.
extern "C" fn end_job() {
    let Some(Ok(job)) = JOB.get() else { return };
    if job.process != std::process::id() {
        return;
    }
    job.hub.commands.push(Command::Stop);
    let ended = job.ended.lock().unwrap_or_else(PoisonError::into_inner);
    match ended.recv() {
        Ok(Parted::Together) => {
            let thread = job.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
            let _ = thread.map(JoinHandle::join);
        }
        Ok(Parted::WithoutSome) => {
            // Where standard error is gone there is no one to tell.
            let _ = writeln!(
                std::io::stderr(),
                "speedup: a host was lost, so that MPI ends without MPI_Finalize; the launcher will say so"
            );
        }
        // A thread that has panicked tells nothing.
        Err(_) => {}
    }
}

/// The life of the thread that makes all calls.
fn be_a_rank(hub: &Hub, tell: &Sender<Result<Role, String>>, part: &Sender<Parted>) {
    let mpi = match Mpi::init_thread(ThreadLevel::Funneled) {
        Ok(mpi) => mpi,
        Err(error) => return drop(tell.send(Err(error.to_string()))),
    };
    let world = mpi.world();
    let greeting = introduce(&world);
    let lived = ferrompi::scope(|scope| {
        let transport = OverMpi::new(&world, scope);
        let hello = greeting?;
        if world.rank() as usize == HEAD {
            let _ = tell.send(Ok(Role::Head));
            let (transport, whole) = drive(transport, hub, hello.build);
            if !whole {
                let _ = part.send(Parted::WithoutSome);
                stay();
            }
            transport.finish();
        } else {
            let (transport, ended) = agent::run(transport, &hello);
            match ended {
                Ended::Told { whole: true } => transport.finish(),
                Ended::Told { whole: false } => {
                    let _ = tell.send(Ok(Role::Agent(0)));
                    stay();
                }
                Ended::Abandoned(reason) => {
                    eprintln!("speedup: rank {} on {}: rank 0 is gone: {reason}", world.rank(), hello.host);
                    let _ = tell.send(Ok(Role::Agent(1)));
                    stay();
                }
            }
        }
        Ok(())
    });
    match lived {
        Ok(()) => {
            let _ = part.send(Parted::Together);
            drop(mpi);
            let _ = tell.send(Ok(Role::Agent(0)));
        }
        Err(error) => {
            let _ = tell.send(Err(error.to_string()));
        }
    }
}

/// Stays until the process ends: what MPI still uses must not be let go of.
fn stay() -> ! {
    loop {
        std::thread::park();
    }
}

/// What this rank says of itself. All ranks make the same calls here.
fn introduce(world: &Communicator) -> Result<Hello, ferrompi::Error> {
    let node = world.split_shared()?;
    let mut first = [world.rank()];
    node.broadcast(&mut first, 0)?;
    // Rank 0 runs no tasks, and may stand beside an agent.
    let agents = node.size() - i32::from(first[0] == HEAD as i32);
    let name = world.processor_name()?;
    let are_hosts = std::env::var_os(SEVERAL_PER_HOST).is_some();
    let mut hello = agent::introduce(if are_hosts { format!("{name}:{}", world.rank()) } else { name });
    if agents > 1 && !are_hosts {
        hello.fault = Some(format!(
            "{agents} ranks besides rank 0 are on this host, and each would take all of its CPUs: start one a host, \
             as with mpirun --map-by ppr:1:node"
        ));
    }
    Ok(hello)
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

    #[test]
    fn a_first_frame_that_is_cut_short_is_no_message() {
        assert!(Partial::of(&[1, 0, 0]).is_none());
        assert!(Partial::of(&[]).is_none());
    }
}
