//! Messages between the watching program and its supervisor: numbers of 64 bits, one message a packet.
//!
//! Nothing here allocates or panics: the supervisor is a fork of a program that may have threads.

use std::os::fd::AsFd;

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};

/// Words that a packet holds at most.
pub(super) const WORDS: usize = 500;

/// To the supervisor: run the job in the arena. Words: flags; descriptors go with it.
pub(super) const JOB: u64 = 1;
/// To the supervisor: kill the tree.
pub(super) const KILL: u64 = 2;
/// From it: the child waits to be let go. Words: its number, the error of seizing it or 0.
pub(super) const READY: u64 = 3;
/// From it: no program was started. Words: [`Step`](super::child::Step) and error.
pub(super) const FAILED: u64 = 4;
/// From it: ends of tasks, six words each.
pub(super) const TASKS: u64 = 5;
/// From it: the job is over and nothing of it is left. Words: those of [`Done`].
pub(super) const DONE: u64 = 6;

/// Flag of a job: the child waits for a byte before it becomes the program.
pub(super) const HOLD: u64 = 1;
/// Flag of a job: every task is to be stopped at its start and its end.
pub(super) const TRACE: u64 = 2;

/// A message.
pub(super) struct Packet {
    bytes: [u8; WORDS * 8],
    len: usize,
}

impl Packet {
    pub(super) fn new(kind: u64) -> Self {
        let mut packet = Self { bytes: [0; WORDS * 8], len: 0 };
        packet.push(kind);
        packet
    }

    /// Adds a word; what is over the packet's size is left out.
    pub(super) fn push(&mut self, word: u64) {
        if let Some(room) = self.bytes.get_mut(self.len..).and_then(|rest| rest.first_chunk_mut()) {
            *room = word.to_ne_bytes();
            self.len += 8;
        }
    }

    pub(super) fn room(&self) -> usize {
        WORDS - self.len / 8
    }

    pub(super) fn words(&self) -> impl Iterator<Item = u64> {
        let (words, _) = self.bytes.get(..self.len).unwrap_or_default().as_chunks::<8>();
        words.iter().map(|word| u64::from_ne_bytes(*word))
    }

    /// The first word.
    pub(super) fn kind(&self) -> u64 {
        self.words().next().unwrap_or(0)
    }

    /// Word `index` after the first.
    pub(super) fn word(&self, index: usize) -> u64 {
        self.words().nth(index + 1).unwrap_or(0)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    pub(super) fn send(&self, socket: impl AsFd) -> Result<(), Errno> {
        loop {
            match rustix::net::send(&socket, self.bytes(), SendFlags::NOSIGNAL) {
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits for the next packet; absent when the other end is gone.
    pub(super) fn receive(socket: impl AsFd) -> Option<Self> {
        let mut packet = Self { bytes: [0; WORDS * 8], len: 0 };
        loop {
            match rustix::net::recv(&socket, &mut packet.bytes, RecvFlags::empty()) {
                Ok((0, _)) => return None,
                Ok((len, _)) => {
                    packet.len = len;
                    return Some(packet);
                }
                Err(Errno::INTR) => {}
                Err(_) => return None,
            }
        }
    }
}

/// What is known of a job when it is over.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Done {
    pub(super) status: u64,
    pub(super) user_ns: u64,
    pub(super) system_ns: u64,
    pub(super) max_rss_kb: u64,
    /// What `max_rss_kb` cannot be below: the supervisor's own peak, which the child inherits.
    pub(super) floor_kb: u64,
    pub(super) minor_faults: u64,
    pub(super) major_faults: u64,
    pub(super) voluntary: u64,
    pub(super) involuntary: u64,
    pub(super) begin_ns: u64,
    pub(super) end_ns: u64,
    /// CPU time and run delay of the first thread, if `schedstat` is 1.
    pub(super) run_ns: u64,
    pub(super) delay_ns: u64,
    pub(super) schedstat: u64,
    pub(super) killed: u64,
    pub(super) processes: u64,
    pub(super) threads: u64,
    pub(super) peak_threads: u64,
    /// Tasks whose times could not be read.
    pub(super) unread: u64,
}

impl Done {
    fn fields(&mut self) -> [&mut u64; 19] {
        [
            &mut self.status,
            &mut self.user_ns,
            &mut self.system_ns,
            &mut self.max_rss_kb,
            &mut self.floor_kb,
            &mut self.minor_faults,
            &mut self.major_faults,
            &mut self.voluntary,
            &mut self.involuntary,
            &mut self.begin_ns,
            &mut self.end_ns,
            &mut self.run_ns,
            &mut self.delay_ns,
            &mut self.schedstat,
            &mut self.killed,
            &mut self.processes,
            &mut self.threads,
            &mut self.peak_threads,
            &mut self.unread,
        ]
    }

    pub(super) fn packet(mut self) -> Packet {
        let mut packet = Packet::new(DONE);
        for field in self.fields() {
            packet.push(*field);
        }
        packet
    }

    pub(super) fn of(packet: &Packet) -> Self {
        let mut done = Self::default();
        for (field, word) in done.fields().into_iter().zip(packet.words().skip(1)) {
            *field = word;
        }
        done
    }
}

/// What a task's own counters said, as it goes through the socket.
#[derive(Debug, Clone, Copy)]
pub(super) struct TaskWords {
    /// 0 at the stop at its end, 1 when it is gone.
    pub(super) gone: bool,
    pub(super) task: u64,
    pub(super) at_ns: u64,
    pub(super) cpu_ns: u64,
    pub(super) delay_ns: u64,
    pub(super) process: bool,
}

impl TaskWords {
    pub(super) const LEN: usize = 6;

    pub(super) fn push(&self, packet: &mut Packet) {
        let words = [
            u64::from(self.gone),
            self.task,
            self.at_ns,
            self.cpu_ns,
            self.delay_ns,
            u64::from(self.process),
        ];
        for word in words {
            packet.push(word);
        }
    }

    pub(super) fn all(packet: &Packet) -> Vec<Self> {
        let words: Vec<u64> = packet.words().skip(1).collect();
        let (tasks, _) = words.as_chunks::<{ Self::LEN }>();
        let of = |&[gone, task, at_ns, cpu_ns, delay_ns, process]: &[u64; Self::LEN]| Self {
            gone: gone != 0,
            task,
            at_ns,
            cpu_ns,
            delay_ns,
            process: process != 0,
        };
        tasks.iter().map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_again() {
        let done = Done { status: 9, unread: 7, peak_threads: 3, ..Done::default() };
        let back = Done::of(&done.packet());
        assert_eq!((back.status, back.unread, back.peak_threads), (9, 7, 3));
        let mut packet = Packet::new(TASKS);
        let task = TaskWords { gone: true, task: 5, at_ns: 6, cpu_ns: 7, delay_ns: 8, process: false };
        task.push(&mut packet);
        task.push(&mut packet);
        let back = TaskWords::all(&packet);
        assert_eq!((back.len(), back[1].gone, back[1].delay_ns), (2, true, 8));
    }

    #[test]
    fn a_full_packet_takes_no_more() {
        let mut packet = Packet::new(TASKS);
        (0..2 * WORDS as u64).for_each(|word| packet.push(word));
        assert_eq!((packet.room(), packet.words().count()), (0, WORDS));
    }
}
