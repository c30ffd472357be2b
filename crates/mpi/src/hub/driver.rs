//! The thread that makes all calls of the transport on rank 0.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::{Duration, Instant};

use speedup_executor::Error;
use speedup_executor::remote::Blob;

use super::comparison::Comparison;
use super::host::Host;
use super::{Command, HostInfo, Hub};
use crate::executor::HOST_TIMEOUT;
use crate::message::{self, BlobRef, Carried, FromAgent, Hello, Message, PoolId, Sent, ToAgent};
use crate::pool::{Pool, ToSend};
use crate::transport::{Bulk, Event, Transport};
use crate::waiting::Backoff;
use speedup_machine::clock;

/// How often a host is asked for a sign of life at least.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// How long the hosts may take to part when the job ends.
const PARTING: Duration = Duration::from_secs(5);

/// How often the pools are looked after where nothing happens.
const CARE: Duration = Duration::from_micros(500);

struct Driver<'a, T> {
    transport: T,
    hub: &'a Hub,
    pools: HashMap<PoolId, Arc<Pool>>,
    /// By rank; this one's own place is not used.
    hosts: Vec<Host>,
    /// What is in shared bytes, by their id, so that they are read once.
    digests: HashMap<u64, u128>,
    /// Clocks that are being compared.
    comparisons: Vec<Comparison>,
    cared: Instant,
    backoff: Backoff,
}

/// The life of the thread. Gives the transport back, and whether every host has been told to end.
pub(crate) fn drive<T: Transport>(transport: T, hub: &Hub, build: u64) -> (T, bool) {
    let size = transport.size();
    let hosts = (0..size).map(|_| Host::new()).collect();
    let backoff = Backoff::new(1..size);
    hub.lock().greeted = vec![None; size - 1];
    let (pools, digests, comparisons) = Default::default();
    let cared = Instant::now();
    let mut driver = Driver { transport, hub, pools, hosts, digests, comparisons, cared, backoff };
    driver.serve(build);
    let whole = driver.hosts.iter().skip(1).all(|host| !host.is_lost);
    (driver.transport, whole)
}

impl<T: Transport> Driver<'_, T> {
    fn serve(&mut self, build: u64) {
        if self.hosts.len() == 1 {
            self.ready();
        }
        loop {
            let mut quiet = true;
            while let Some((from, event)) = self.transport.poll() {
                self.hosts[from].heard = Instant::now();
                self.backoff.heard(from, &mut self.transport);
                match event {
                    Event::Message(message) => match FromAgent::unpack(message) {
                        Some(FromAgent::Hello(hello)) => self.greet(from, hello, build),
                        Some(said) => {
                            // A sign of life is no sign of work.
                            quiet &= matches!(said, FromAgent::Pong(..));
                            self.hear(from, said);
                        }
                        None => self
                            .lose(from, "it sends what is no message, as another build of the program would"),
                    },
                    Event::Gone(reason) => self.lose(from, &reason),
                }
            }
            for command in self.hub.commands.take() {
                quiet = false;
                match command {
                    Command::Stop => return self.stop(),
                    other => self.obey(other),
                }
            }
            self.take_care();
            quiet &= !self.transport.has_moved();
            if !quiet {
                self.backoff.reset();
            } else if self.comparisons.iter().any(Comparison::hurries) {
                self.backoff.hurry();
            } else {
                let most = self.heartbeat();
                self.backoff.wait(&self.hub.commands, &mut self.transport, most);
            }
        }
    }

    fn greet(&mut self, from: usize, hello: Hello, build: u64) {
        let mut hosts = self.hub.lock();
        let Hello { build: theirs, host: name, cpus, cpu_model, fault } = hello;
        if let Some(fault) = fault {
            hosts.fault = Some(format!("rank {from} on {name}: {fault}"));
        } else if theirs != build {
            hosts.fault = Some(format!(
                "rank {from} on {name} runs another build of this program: put the same file on every host"
            ));
        }
        hosts.greeted[from - 1] = Some(HostInfo { rank: from, name, cpus, cpu_model, build: theirs });
        let complete = hosts.greeted.iter().all(Option::is_some);
        drop(hosts);
        if complete {
            self.ready();
        }
        self.hub.changed.notify_all();
    }

    fn ready(&self) {
        self.hub.lock().is_ready = true;
        self.hub.changed.notify_all();
    }

    fn hear(&mut self, from: usize, said: FromAgent) {
        if self.hosts[from].is_lost {
            return;
        }
        match said {
            FromAgent::Pong(number, host_ns) => {
                if let Some(clock) = self.hosts[from].pong(number, host_ns) {
                    self.compare(from, clock);
                }
            }
            FromAgent::Opened(pool, stay, error) => {
                if let Some(pool) = self.pools.get(&pool).cloned() {
                    pool.opened(from, stay, error.map(Error::from));
                    self.feed(&pool);
                }
            }
            FromAgent::Update(pool, update) => {
                if let Some(pool) = self.pools.get(&pool).cloned() {
                    pool.update(from, update, self.hosts[from].round_trip());
                    self.feed(&pool);
                }
            }
            FromAgent::Closed(pool, stay, theirs) => {
                let here = |ns| self.hosts[from].here_ns(ns);
                let lives = theirs.iter().map(|life| life.map_times(here)).collect();
                let ended =
                    self.pools.get(&pool).is_some_and(|pool| pool.closed(from, stay, (theirs, lives)));
                if ended {
                    self.pools.remove(&pool);
                }
            }
            FromAgent::Hello(_) | FromAgent::Parting => {}
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Open(pool) => {
                for (rank, part) in pool.parts() {
                    if self.hosts[rank].is_lost {
                        pool.lost(rank, "it was lost before");
                    } else {
                        // Before the host is busy with the pool: the shortest way there and back tells its clock.
                        self.ping(rank, false);
                        pool.opens(rank, clock::monotonic_ns());
                        self.tell(rank, ToAgent::Open(pool.id, part));
                    }
                }
                self.pools.insert(pool.id, pool);
            }
            Command::Feed(pool) => {
                if let Some(pool) = self.pools.get(&pool).cloned() {
                    self.feed(&pool);
                }
            }
            Command::Recall(pool, rank, ids) => self.tell(rank, ToAgent::Recall(pool, ids)),
            Command::Close(id, at_once) => {
                let Some(pool) = self.pools.get(&id).cloned() else { return };
                for rank in pool.to_close(clock::monotonic_ns()) {
                    self.tell(rank, ToAgent::Close(id, at_once));
                }
                if pool.has_ended() {
                    self.pools.remove(&id);
                }
            }
            Command::Clocks(waiter) => {
                let here: Vec<usize> =
                    (1..self.hosts.len()).filter(|&rank| !self.hosts[rank].is_lost).collect();
                self.comparisons.push(Comparison::of(here.iter().copied(), waiter));
                for rank in here {
                    self.ping(rank, true);
                }
                self.comparisons.retain(|comparison| !comparison.tell());
            }
            Command::Stop => {}
        }
    }

    fn tell(&mut self, rank: usize, message: ToAgent) {
        self.transport.send(rank, message.pack());
    }

    fn ping(&mut self, rank: usize, more: bool) {
        let ping = self.hosts[rank].ping();
        self.tell(rank, ToAgent::Ping(ping, more));
    }

    /// A round trip to a host, for those who compare clocks.
    fn compare(&mut self, rank: usize, clock: (u64, i64)) {
        let asks = self.comparisons.iter_mut().map(|comparison| comparison.note(rank, clock));
        if asks.fold(false, |any, asks| any | asks) {
            self.ping(rank, true);
        }
        self.comparisons.retain(|comparison| !comparison.tell());
    }

    /// Sends what the pool's hosts are to have now.
    fn feed(&mut self, pool: &Arc<Pool>) {
        while let Some(ToSend { rank, work }) = pool.next_to_send() {
            let mut sent = Vec::new();
            for (id, piece) in work {
                let blobs = piece.blobs().map(|blob| self.have(rank, &blob)).collect();
                sent.push(Sent::new(id, blobs, piece));
            }
            self.tell(rank, ToAgent::Work(pool.id, sent));
        }
        if let Some(at_once) = pool.wants_close() {
            self.obey(Command::Close(pool.id, at_once));
        }
    }

    /// Sees to it that the host has those bytes before the work that mentions them.
    fn have(&mut self, rank: usize, blob: &Blob) -> BlobRef {
        let id = blob.id();
        let Ok(bytes) = blob.bytes() else { return BlobRef { id, digest: 0 } };
        let digest = *self.digests.entry(id).or_insert_with(|| message::digest(&bytes));
        if let Entry::Vacant(place) = self.hosts[rank].blobs.entry(digest) {
            place.insert(blob.clone());
            self.tell(rank, ToAgent::Blob(digest, Carried::new(Bulk::Shared(bytes))));
        }
        BlobRef { id, digest }
    }

    /// How often each host is asked for a sign of life: several times in the shortest silence that counts, of which an
    /// agent waits half.
    fn heartbeat(&self) -> Duration {
        let shortest = self.pools.values().map(|pool| pool.host_timeout() / 8).min();
        shortest.unwrap_or(HEARTBEAT).min(HEARTBEAT)
    }

    /// What is to be done from time to time.
    fn take_care(&mut self) {
        let now = Instant::now();
        let passed = now.saturating_duration_since(self.cared);
        if passed < CARE {
            return;
        }
        self.cared = now;
        if passed > HEARTBEAT {
            // This program itself has stood still: no one could be heard.
            self.hosts.iter_mut().for_each(|host| host.heard += passed);
        }
        let heartbeat = self.heartbeat();
        for rank in 1..self.hosts.len() {
            let host = &self.hosts[rank];
            if !host.is_lost && now.saturating_duration_since(host.pinged) > heartbeat {
                self.ping(rank, false);
                self.forget_blobs(rank);
            }
        }
        self.comparisons.iter_mut().for_each(|comparison| comparison.give_up_after(HOST_TIMEOUT));
        self.comparisons.retain(|comparison| !comparison.tell());
        let pools: Vec<_> = self.pools.values().cloned().collect();
        for pool in pools {
            for rank in pool.ranks() {
                let silent = now.saturating_duration_since(self.hosts[rank].heard);
                if !self.hosts[rank].is_lost && silent > pool.host_timeout() {
                    let reason = format!("nothing was heard of it for {:.1} s", silent.as_secs_f64());
                    self.lose(rank, &reason);
                }
            }
            let round_trip = |rank: usize| self.hosts[rank].round_trip();
            for (rank, ids) in pool.balance(now, round_trip) {
                self.tell(rank, ToAgent::Recall(pool.id, ids));
            }
            self.feed(&pool);
        }
    }

    /// Tells a host of shared bytes that no task and no handle here mentions any more.
    fn forget_blobs(&mut self, rank: usize) {
        // The host's own entries count: one handle is this one's, or another host's.
        let kept: usize = self.hosts.len();
        let unused: Vec<u128> = (self.hosts[rank].blobs.iter())
            .filter(|(_, blob)| blob.handles() <= kept && !self.is_used_elsewhere(blob))
            .map(|(digest, _)| *digest)
            .collect();
        for digest in unused {
            if let Some(blob) = self.hosts[rank].blobs.remove(&digest) {
                self.digests.remove(&blob.id());
            }
            self.tell(rank, ToAgent::Forget(digest));
        }
    }

    /// Whether more has a handle on those bytes than the hosts' lists here.
    fn is_used_elsewhere(&self, blob: &Blob) -> bool {
        let listed =
            self.hosts.iter().flat_map(|host| host.blobs.values()).filter(|other| other.is_same(blob));
        blob.handles() > listed.count()
    }

    fn lose(&mut self, rank: usize, reason: &str) {
        if std::mem::replace(&mut self.hosts[rank].is_lost, true) {
            return;
        }
        self.hosts[rank].blobs.clear();
        self.backoff.lost(rank);
        self.comparisons.iter_mut().for_each(|comparison| comparison.lose(rank));
        self.comparisons.retain(|comparison| !comparison.tell());
        self.transport.forget(rank);
        let mut hosts = self.hub.lock();
        if !hosts.is_ready {
            hosts.fault = Some(format!("rank {rank} was lost before it greeted: {reason}"));
        }
        drop(hosts);
        self.hub.changed.notify_all();
        let pools: Vec<_> = self.pools.values().cloned().collect();
        for pool in pools {
            if pool.lost(rank, reason) {
                self.pools.remove(&pool.id);
            } else {
                self.feed(&pool);
            }
        }
    }

    /// Tells every host that the job ends.
    fn stop(&mut self) {
        for pool in self.pools.values() {
            pool.abandon();
        }
        let mut here: Vec<usize> = (1..self.hosts.len()).filter(|&rank| !self.hosts[rank].is_lost).collect();
        let whole = here.len() == self.hosts.len() - 1;
        for &rank in &here {
            self.tell(rank, ToAgent::Exit(whole));
        }
        // What is on its way here is received first: MPI would wait for that.
        let end = Instant::now() + PARTING;
        while !here.is_empty() && Instant::now() < end {
            match self.transport.poll() {
                Some((from, Event::Gone(_))) => here.retain(|rank| *rank != from),
                Some((from, Event::Message(message))) => {
                    let parts = matches!(FromAgent::unpack(message), Some(FromAgent::Parting));
                    here.retain(|rank| *rank != from || !parts);
                }
                None => std::thread::sleep(Duration::from_micros(20)),
            }
        }
        for rank in here {
            self.hosts[rank].is_lost = true;
        }
    }
}
