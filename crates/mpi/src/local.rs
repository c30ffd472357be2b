//! Threads of one program as hosts: the transport of tests. Hosts can be cut off and slowed down.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use speedup_executor::remote::{Landing, Room};

use crate::transport::{Bulk, Event, Inbound, Outbound, Transport};

/// What befalls a host.
#[derive(Debug, Default)]
pub struct Faults {
    /// Nothing reaches it or comes from it: what is sent waits.
    cut: AtomicBool,
    /// It is no more.
    gone: AtomicBool,
    /// How long each message takes to and from it, in microseconds.
    delay_us: AtomicU64,
    /// What was sent to it.
    bytes: AtomicU64,
}

impl Faults {
    /// Cuts the host off, or joins it again: what was sent to it and by it waits until then.
    pub fn cut(&self, cut: bool) {
        self.cut.store(cut, SeqCst);
    }

    /// The host is no more, and the transport says so.
    pub fn lose(&self) {
        self.gone.store(true, SeqCst);
    }

    /// Bytes that were sent to the host.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(SeqCst)
    }

    /// Every message takes that long.
    pub fn delay(&self, delay: Duration) {
        self.delay_us.store(delay.as_micros() as u64, SeqCst);
    }
}

type Parcel = (Instant, Inbound);

/// One rank's end.
pub(crate) struct Local {
    rank: usize,
    /// To and from each rank.
    lines: Vec<Option<(Sender<Parcel>, Receiver<Parcel>)>>,
    /// Parcels that are not due.
    waiting: Vec<VecDeque<Parcel>>,
    told: Vec<bool>,
    faults: Arc<[Faults]>,
    /// Where long bytes land at each rank.
    rooms: Arc<[Room]>,
    next: usize,
}

/// As many ranks, joined with each other, and what can befall each.
pub(crate) fn network(size: usize) -> (Vec<Local>, Arc<[Faults]>) {
    let faults: Arc<[Faults]> = (0..size).map(|_| Faults::default()).collect();
    let rooms: Arc<[Room]> = (0..size).map(|_| Room::default()).collect();
    let mut lines: Vec<Vec<_>> = (0..size).map(|_| (0..size).map(|_| None).collect()).collect();
    let pairs = (0..size).flat_map(|one| (0..one).map(move |other| (one, other)));
    for (one, other) in pairs {
        let ((to_other, of_one), (to_one, of_other)) = (channel(), channel());
        lines[one][other] = Some((to_other, of_other));
        lines[other][one] = Some((to_one, of_one));
    }
    let end = |(rank, lines)| Local {
        rank,
        lines,
        waiting: (0..size).map(|_| VecDeque::new()).collect(),
        told: vec![false; size],
        faults: Arc::clone(&faults),
        rooms: Arc::clone(&rooms),
        next: 0,
    };
    (lines.into_iter().enumerate().map(end).collect(), faults)
}

impl Local {
    fn between<R>(&self, other: usize, look: impl Fn(&Faults) -> R) -> [R; 2] {
        [look(&self.faults[self.rank]), look(&self.faults[other])]
    }

    fn poll_rank(&mut self, from: usize) -> Option<Event> {
        if self.between(from, |faults| faults.gone.load(SeqCst)).contains(&true) {
            return (!std::mem::replace(&mut self.told[from], true))
                .then(|| Event::Gone("it was killed".to_string()));
        }
        if self.between(from, |faults| faults.cut.load(SeqCst)).contains(&true) {
            return None;
        }
        let (_, receiver) = self.lines[from].as_ref()?;
        self.waiting[from].extend(receiver.try_iter());
        let due = self.waiting[from].front().is_some_and(|(due, _)| *due <= Instant::now());
        if due { self.waiting[from].pop_front().map(|(_, message)| Event::Message(message)) } else { None }
    }
}

impl Transport for Local {
    fn size(&self) -> usize {
        self.lines.len()
    }

    fn send(&mut self, to: usize, message: Outbound) {
        let Some((sender, _)) = &self.lines[to] else { return };
        let bytes = message.head.len() + message.bulk.iter().map(|bulk| bulk.as_ref().len()).sum::<usize>();
        let land = |bulk: &Bulk| {
            let room = bulk.is_for_workers().then_some(&self.rooms[to]);
            let mut landing = Landing::new(room, bulk.as_ref().len());
            landing.bytes_mut().copy_from_slice(bulk.as_ref());
            landing
        };
        let bulk = message.bulk.iter().map(land).collect();
        self.faults[to].bytes.fetch_add(bytes as u64, SeqCst);
        let delay: u64 = self.between(to, |faults| faults.delay_us.load(SeqCst)).into_iter().sum();
        let due = Instant::now() + Duration::from_micros(delay);
        // A rank that has ended hears nothing.
        let _ = sender.send((due, Inbound { head: message.head, bulk }));
    }

    fn poll(&mut self) -> Option<(usize, Event)> {
        let size = self.size();
        for _ in 0..size {
            self.next = (self.next + 1) % size;
            if let Some(event) = self.poll_rank(self.next) {
                return Some((self.next, event));
            }
        }
        None
    }

    fn has_moved(&mut self) -> bool {
        false
    }

    fn is_sending(&self, _: usize) -> bool {
        false
    }

    fn forget(&mut self, rank: usize) {
        self.lines[rank] = None;
        self.waiting[rank].clear();
    }
}
