//! How the one thread that makes all calls of the transport waits: awake for a moment, then asleep.
//!
//! MPI tells no one that a message has come: who waits must ask. A thread that asks without pause takes a whole CPU
//! from the workers. So it asks without pause only where news has come soon of late, and not for long. Then it sleeps.
//! What happens in its own program wakes it; so do messages, where the system tells of them (see
//! [`alarm`](Transport::alarm)). Where it does not, the thread sleeps an eighth of the time without news, between
//! [`SHORTEST`] and [`LONGEST`]; after a second [`IDLE`] and after some [`ASLEEP`].

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU8, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::transport::Transport;

/// The least that it sleeps: about what it takes to fall asleep and to wake.
const SHORTEST: Duration = Duration::from_micros(10);

/// The most that it sleeps within a second of the last news.
const LONGEST: Duration = Duration::from_millis(1);

/// What it sleeps where nothing has happened for longer.
const IDLE: Duration = Duration::from_millis(3);

/// The same where nothing has happened for [`LONG_QUIET`].
const ASLEEP: Duration = Duration::from_millis(12);
const LONG_QUIET: Duration = Duration::from_secs(5);

/// What it sleeps where nothing has happened for a second, and messages are sure to wake it.
const LISTENING: Duration = Duration::from_millis(100);

/// The part of the time without news that it sleeps.
const PART: u32 = 8;

/// So many messages of a rank in a row must have woken it before it relies on that, and so many more after one that has
/// not: the alarm may have been of another rank's.
const RELIABLE: i8 = 3;
const MISSED: i8 = -20;

/// Things handed to the thread by others.
#[derive(Debug)]
pub(crate) struct Mailbox<T> {
    waiting: Mutex<VecDeque<T>>,
    /// Whether the thread sleeps, and whether it does so for longer than what was put may wait.
    sleep: AtomicU8,
    /// By which it is woken. Where the program has no descriptors left, it only wakes by itself, and soon.
    bell: Option<(UnixStream, UnixStream)>,
}

const AWAKE: u8 = 0;
const NAPS: u8 = 1;
const SLEEPS: u8 = 2;

/// What has ended a sleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Woken {
    /// The alarm of the transport.
    Alarm,
    /// Its own program, or nothing but the time.
    Else,
}

impl<T> Default for Mailbox<T> {
    fn default() -> Self {
        let bell = UnixStream::pair().and_then(|(ring, ringing)| {
            ring.set_nonblocking(true)?;
            ringing.set_nonblocking(true)?;
            Ok((ring, ringing))
        });
        Self { waiting: Mutex::default(), sleep: AtomicU8::new(AWAKE), bell: bell.ok() }
    }
}

impl<T> Mailbox<T> {
    /// Hands something over and wakes the thread.
    pub(crate) fn push(&self, item: T) {
        self.lock().push_back(item);
        self.wake(NAPS);
    }

    /// Hands something over that can wait for a millisecond.
    pub(crate) fn put(&self, item: T) {
        self.lock().push_back(item);
        self.wake(SLEEPS);
    }

    /// Wakes the thread if it sleeps so deeply.
    fn wake(&self, from: u8) {
        if self.sleep.load(SeqCst) >= from
            && self.sleep.swap(AWAKE, SeqCst) != AWAKE
            && let Some((ring, _)) = &self.bell
        {
            // Where there is no room, it has been rung already.
            let _ = (&*ring).write(&[0]);
        }
    }

    /// All that was handed over since the last call.
    pub(crate) fn take(&self) -> VecDeque<T> {
        std::mem::take(&mut *self.lock())
    }

    /// Sleeps for that long, or until something is handed over, or the alarm can be read.
    fn sleep(&self, time: Duration, alarm: Option<BorrowedFd<'_>>) -> Woken {
        let Some((_, ringing)) = &self.bell else {
            std::thread::sleep(time.min(LONGEST));
            return Woken::Else;
        };
        self.sleep.store(if time > LONGEST { SLEEPS } else { NAPS }, SeqCst);
        let (mut has_rung, mut woken) = (false, Woken::Else);
        // What is handed over from here on finds that the thread sleeps.
        if self.lock().is_empty() {
            let of = |descriptor| PollFd::from_borrowed_fd(descriptor, PollFlags::IN);
            let mut all = [of(ringing.as_fd()), of(alarm.unwrap_or(ringing.as_fd()))];
            // A signal wakes it too.
            let _ = poll(&mut all, Timespec::try_from(time).ok().as_ref());
            has_rung = !all[0].revents().is_empty();
            if alarm.is_some() && !all[1].revents().is_empty() {
                woken = Woken::Alarm;
            }
        }
        let is_rung = self.sleep.swap(AWAKE, SeqCst) == AWAKE;
        // One that rings just now wakes the thread the next time.
        if has_rung || is_rung {
            let mut rings = [0; 64];
            let _ = (&*ringing).read(&mut rings);
        }
        woken
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long nothing has happened, and what that says of how to wait.
#[derive(Debug)]
pub(crate) struct Backoff {
    since: Instant,
    vigil: Vigil,
    /// By rank: messages in a row of which the alarm has told.
    told: Vec<i8>,
    /// How the last sleep ended, and whether a message has come since.
    woken: Woken,
    has_heard: bool,
    /// When the last alarm was, of those of which no message has come, and how many these are.
    alarmed: Instant,
    in_vain: u32,
}

/// As long after an alarm more of its message may come of which none tells: MPI may have it already.
const ALARMED: Duration = Duration::from_millis(10);

/// After so many alarms in a row without a message they are not of messages, and not waited for until one comes.
const IN_VAIN: u32 = 100;

impl Backoff {
    /// Of a thread that has messages of those ranks.
    pub(crate) fn new(ranks: impl Iterator<Item = usize>) -> Self {
        // The system may wake a thread later than it asked, by 50 µs if it is told nothing.
        #[cfg(target_os = "linux")]
        let _ = rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1));
        let mut told = Vec::new();
        for rank in ranks {
            told.resize(rank, RELIABLE);
            told.push(0);
        }
        let (since, vigil) = (Instant::now(), Vigil::default());
        Self { since, vigil, told, woken: Woken::Else, has_heard: true, alarmed: since, in_vain: 0 }
    }

    /// A message has come from that rank.
    pub(crate) fn heard(&mut self, from: usize, transport: &mut impl Transport) {
        // An agent has messages of rank 0 alone that matter.
        let Some(told) = self.told.get_mut(from) else { return };
        self.in_vain = 0;
        if self.woken == Woken::Alarm {
            *told = told.saturating_add(1);
        } else if !self.has_heard && !transport.clear_alarm() {
            // Else it has come at the very end of the time.
            *told = MISSED;
            transport.improve_alarm();
        }
        self.has_heard = true;
    }

    /// Nothing more comes from that rank.
    pub(crate) fn lost(&mut self, rank: usize) {
        self.told[rank] = RELIABLE;
    }

    /// Something has happened.
    pub(crate) fn reset(&mut self) {
        self.vigil.note(self.since.elapsed());
        (self.since, self.in_vain) = (Instant::now(), 0);
    }

    /// There is something to look for without pause.
    pub(crate) fn hurry(&mut self) {
        self.since = Instant::now();
    }

    /// Waits as long as is fit, and no longer than that.
    pub(crate) fn wait<T>(&mut self, mailbox: &Mailbox<T>, transport: &mut impl Transport, most: Duration) {
        let quiet = self.since.elapsed();
        if self.vigil.goes_on(quiet) {
            std::thread::yield_now();
            self.vigil.yielded(self.since.elapsed().saturating_sub(quiet));
            return;
        }
        let alarm = transport.alarm().filter(|_| self.in_vain < IN_VAIN);
        let is_sure = alarm.is_some() && self.told.iter().all(|told| *told >= RELIABLE);
        let since_alarm = self.alarmed.elapsed();
        let time = if self.in_vain > 0 && since_alarm < ALARMED {
            pause(quiet.min(since_alarm), false)
        } else {
            pause(quiet, is_sure)
        };
        self.has_heard = false;
        self.woken = mailbox.sleep(time.min(most), alarm);
        if self.woken == Woken::Alarm {
            (self.alarmed, self.in_vain) = (Instant::now(), self.in_vain + 1);
            transport.clear_alarm();
        }
    }
}

/// How long to sleep after so long without news, where a message is sure to wake who sleeps, or not.
fn pause(quiet: Duration, is_sure: bool) -> Duration {
    if quiet > Duration::from_secs(1) {
        return if is_sure {
            LISTENING
        } else if quiet > LONG_QUIET {
            ASLEEP
        } else {
            IDLE
        };
    }
    if is_sure { LONGEST } else { (quiet / PART).clamp(SHORTEST, LONGEST) }
}

/// How long to stay awake, by what that has been worth of late.
#[derive(Debug)]
struct Vigil {
    /// The longest that it took of late until there was news, where it came soon.
    longest: Duration,
    /// News in a row that did not come soon.
    late: u32,
    /// How often to sleep at once, since it has lost its CPU.
    sleeps: u32,
}

impl Default for Vigil {
    fn default() -> Self {
        Self { longest: SOON, late: 0, sleeps: 0 }
    }
}

/// News that comes within that time may have been worth waiting for: two that sleep take as long to wake each other.
const SOON: Duration = Duration::from_micros(400);

/// The most that it stays awake.
const AWHILE: Duration = Duration::from_micros(200);

/// A thread from which so much is gone when it has given its CPU to others has lost it. One that sleeps gets it back
/// sooner.
const LOST: Duration = Duration::from_micros(500);

/// How often it sleeps at once after that. Where neighbours of a virtual machine take CPUs, that is no one's doing.
const SLEEPS_AFTER_LOSS: u32 = 30;

impl Vigil {
    /// News has come after that time.
    fn note(&mut self, quiet: Duration) {
        if quiet <= SOON {
            self.longest = quiet.max(self.longest * 31 / 32);
            self.late = 0;
        } else {
            self.late = self.late.saturating_add(1);
        }
    }

    /// Whether to stay awake after so long without news. Each that came late makes it a quarter as long; after three
    /// it is not worth it, until one comes soon.
    fn goes_on(&mut self, quiet: Duration) -> bool {
        if self.late > 2 || quiet > (self.longest * 2).min(AWHILE) / 4_u32.pow(self.late) {
            return false;
        }
        let sleeps = self.sleeps > 0;
        self.sleeps = self.sleeps.saturating_sub(1);
        !sleeps
    }

    /// It has given its CPU to others, and had it back after that time.
    fn yielded(&mut self, gone: Duration) {
        if gone > LOST {
            self.sleeps = SLEEPS_AFTER_LOSS;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::local::network;

    #[test]
    fn pauses_grow_with_the_time_without_news_up_to_a_limit() {
        let unsure = |quiet| pause(quiet, false);
        assert_eq!(unsure(Duration::ZERO), SHORTEST);
        assert_eq!(unsure(Duration::from_micros(800)), Duration::from_micros(100));
        assert_eq!(unsure(Duration::from_millis(900)), LONGEST);
        assert_eq!(unsure(Duration::from_secs(4)), IDLE);
        assert_eq!(unsure(Duration::from_secs(60)), ASLEEP);
        assert_eq!(pause(Duration::ZERO, true), LONGEST);
        assert_eq!(pause(Duration::from_secs(4), true), LISTENING);
    }

    #[test]
    fn a_vigil_is_as_long_as_has_been_worth_it_of_late() {
        let mut vigil = Vigil::default();
        let us = Duration::from_micros;
        let longest = |vigil: &mut Vigil| (0..300).rev().find(|&quiet| vigil.goes_on(us(quiet)));
        assert_eq!(longest(&mut vigil), Some(200));
        (0..200).for_each(|_| vigil.note(us(20)));
        assert_eq!(longest(&mut vigil), Some(40));
        vigil.note(us(1000));
        assert_eq!(longest(&mut vigil), Some(10));
        (0..2).for_each(|_| vigil.note(us(1000)));
        assert_eq!(longest(&mut vigil), None);
        vigil.note(us(30));
        assert_eq!(longest(&mut vigil), Some(60));
        vigil.yielded(us(600));
        assert!((0..SLEEPS_AFTER_LOSS).all(|_| !vigil.goes_on(us(1))));
        assert!(vigil.goes_on(us(1)));
    }

    #[test]
    fn what_is_handed_over_wakes_a_thread_that_sleeps() {
        let mailbox = Arc::new(Mailbox::default());
        let hour = Duration::from_secs(3600);
        for hand_over in [Mailbox::push, Mailbox::put] {
            let thread = std::thread::spawn({
                let mailbox = Arc::clone(&mailbox);
                move || {
                    while mailbox.take().is_empty() {
                        mailbox.sleep(hour, None);
                    }
                }
            });
            std::thread::sleep(Duration::from_millis(5));
            hand_over(&mailbox, 1);
            thread.join().unwrap();
        }
        // A ring that came late, when the thread was awake already, wakes it once.
        mailbox.sleep(Duration::ZERO, None);
        (&mailbox.bell.as_ref().unwrap().0).write_all(&[0]).unwrap();
        mailbox.sleep(hour, None);
        let start = Instant::now();
        mailbox.sleep(Duration::from_millis(2), None);
        assert!(start.elapsed() >= Duration::from_millis(2));
    }

    #[test]
    fn an_alarm_wakes_and_is_relied_on_once_it_has_told_of_each_rank() {
        let (alarm, mut message) = UnixStream::pair().unwrap();
        let mailbox = Mailbox::<()>::default();
        assert_eq!(mailbox.sleep(Duration::ZERO, Some(alarm.as_fd())), Woken::Else);
        message.write_all(&[1]).unwrap();
        assert_eq!(mailbox.sleep(Duration::from_secs(3600), Some(alarm.as_fd())), Woken::Alarm);

        let mut transport = network(3).0.remove(0);
        let mut backoff = Backoff::new(1..3);
        let is_sure = |backoff: &Backoff| backoff.told.iter().all(|told| *told >= RELIABLE);
        let mut hear = |from: usize, woken, times| {
            for _ in 0..times {
                (backoff.woken, backoff.has_heard) = (woken, false);
                backoff.heard(from, &mut transport);
            }
            is_sure(&backoff)
        };
        assert!(!hear(1, Woken::Alarm, 3) && !hear(2, Woken::Alarm, 2) && hear(2, Woken::Alarm, 1));
        // One of which it has not told counts for many.
        assert!(!hear(1, Woken::Else, 1) && !hear(1, Woken::Alarm, 20) && hear(1, Woken::Alarm, 3));
        assert!(!hear(2, Woken::Else, 1));
        backoff.lost(2);
        assert!(is_sure(&backoff));
    }
}
