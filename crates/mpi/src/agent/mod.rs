//! An agent: the rank on a host that runs tasks in a pool of its own, and tells rank 0 what becomes of them.
//!
//! It makes all calls of the transport in one thread, which runs no tasks. What its pools' threads have to say
//! they put into a mailbox.
//!
//! * this file: the loop; `part`: a pool's part on this host; `outlet`: how a task tells what becomes of it

mod outlet;
mod part;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use speedup_executor::SharedBytes;
use speedup_executor::implement::WorkerLife;
use speedup_machine::model::cpu_model;
use speedup_machine::root::Root;
use speedup_machine::{clock, machine};

use self::outlet::Outbox;
use self::part::LocalPart;
use crate::message::{Done, Failure, FromAgent, Hello, Message, PoolId, ToAgent, Update, WorkId};
use crate::times::Stay;
use crate::transport::{Event, Transport};
use crate::waiting::Backoff;

/// Rank 0, which has the pools.
pub(crate) const HEAD: usize = 0;

/// What happens on this host.
pub(crate) enum News {
    Begun(PoolId, WorkId),
    Back(PoolId, WorkId),
    Done(PoolId, Done),
    /// When that was told to the host, and when its workers lived.
    Closed(PoolId, u64, Vec<WorkerLife>),
}

/// Why an agent ends.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Rank 0 has said that the job ends: with every host, or not.
    Told { whole: bool },
    /// Nothing more comes from rank 0.
    Abandoned(String),
}

struct Agent<T> {
    transport: T,
    outbox: Arc<Outbox>,
    parts: HashMap<PoolId, LocalPart>,
    blobs: HashMap<u128, SharedBytes>,
}

/// What this host says of itself.
pub(crate) fn introduce(host: String) -> Hello {
    let (build, unread) = match speedup_executor::remote::build_digest() {
        Ok(digest) => (digest, None),
        Err(error) => (0, Some(format!("the program's file cannot be read: {error}"))),
    };
    let fault =
        unread.or_else(|| speedup_executor::remote::check_initialised().err().map(|error| error.to_string()));
    Hello {
        build,
        host,
        cpus: machine::cpus_available(),
        cpu_model: cpu_model(&Root::default()).unwrap_or_default(),
        fault,
    }
}

/// The life of an agent.
pub(crate) fn run<T: Transport>(transport: T, hello: Hello) -> (T, Ended) {
    let (outbox, parts, blobs) = Default::default();
    let mut agent = Agent { transport, outbox, parts, blobs };
    agent.tell(FromAgent::Hello(hello));
    let ended = agent.serve();
    // Their workers end with them, in the midst of what they do.
    for part in agent.parts.values() {
        part.kill();
    }
    agent.parts.clear();
    if matches!(ended, Ended::Told { .. }) {
        agent.tell(FromAgent::Parting);
        while agent.transport.is_sending(HEAD) {
            agent.transport.poll();
        }
    }
    (agent.transport, ended)
}

impl<T: Transport> Agent<T> {
    fn serve(&mut self) -> Ended {
        let mut backoff = Backoff::new(std::iter::once(HEAD));
        loop {
            let mut quiet = true;
            while let Some((from, event)) = self.transport.poll() {
                self.outbox.heard();
                backoff.heard(from, &mut self.transport);
                match event {
                    Event::Message(message) if from == HEAD => match ToAgent::unpack(message) {
                        Some(ToAgent::Exit(whole)) => return Ended::Told { whole },
                        Some(told) => {
                            // A sign of life is no sign of work.
                            quiet &= matches!(told, ToAgent::Ping(_, false));
                            self.obey(told);
                        }
                        None => return Ended::Abandoned("rank 0 sends what is no message".to_string()),
                    },
                    Event::Gone(reason) if from == HEAD => return Ended::Abandoned(reason),
                    // The agents have nothing to say to each other.
                    Event::Message(_) | Event::Gone(_) => {}
                }
            }
            quiet &= !self.report() & !self.transport.has_moved();
            if quiet {
                // Who is to begin a task looks for how long rank 0 has been silent.
                let most = self.parts.values().map(|part| part.begins_for() / 4).min();
                backoff.wait(&self.outbox.news, &mut self.transport, most.unwrap_or(Duration::MAX));
            } else {
                backoff.reset();
            }
        }
    }

    fn tell(&mut self, message: FromAgent) {
        self.transport.send(HEAD, message.pack());
    }

    fn obey(&mut self, told: ToAgent) {
        let came_ns = clock::monotonic_ns();
        match told {
            ToAgent::Open(pool, part) => {
                let opened = LocalPart::open(pool, part, &self.outbox);
                let stay = Stay { came_ns, told_ns: clock::monotonic_ns() };
                let opened = opened.map(|part| self.parts.insert(pool, part));
                self.tell(FromAgent::Opened(pool, stay, opened.err().map(Failure::from)));
            }
            ToAgent::Work(pool, work) => {
                if let Some(part) = self.parts.get_mut(&pool) {
                    for sent in work {
                        part.take(sent, came_ns, &self.blobs);
                    }
                }
            }
            ToAgent::Blob(digest, bytes) => {
                // Where there is no room for them, the tasks that mention them say so.
                if let Ok(bytes) = SharedBytes::copy_of(&bytes.into_bytes()) {
                    self.blobs.insert(digest, bytes);
                }
            }
            ToAgent::Forget(digest) => drop(self.blobs.remove(&digest)),
            ToAgent::Recall(pool, ids) => {
                let mut update = Update::default();
                for id in ids {
                    let part = self.parts.get_mut(&pool);
                    let came_back = part.is_some_and(|part| part.recall(id));
                    if came_back { update.back.push(id) } else { update.kept.push(id) }
                }
                // What has begun, and what is done, is told before.
                self.report();
                update.told_ns = clock::monotonic_ns();
                self.tell(FromAgent::Update(pool, update));
            }
            ToAgent::Close(pool, at_once) => {
                if let Some(part) = self.parts.remove(&pool) {
                    part.close((pool, came_ns), at_once, &self.outbox);
                } else {
                    let stay = Stay { came_ns, told_ns: clock::monotonic_ns() };
                    self.tell(FromAgent::Closed(pool, stay, Vec::new()));
                }
            }
            ToAgent::Ping(number, _) => self.tell(FromAgent::Pong(number, came_ns)),
            ToAgent::Exit(_) => {}
        }
    }

    /// Tells rank 0 what has happened; false if nothing has.
    fn report(&mut self) -> bool {
        let news = self.outbox.news.take();
        if news.is_empty() {
            return false;
        }
        let mut updates: Vec<(PoolId, Update)> = Vec::new();
        let mut closed = Vec::new();
        for news in news {
            let pool = match &news {
                News::Begun(pool, _) | News::Back(pool, _) | News::Done(pool, _) | News::Closed(pool, ..) => {
                    *pool
                }
            };
            if updates.last().is_none_or(|(last, update)| *last != pool || update.done.len() >= MOST) {
                updates.push((pool, Update::default()));
            }
            let Some((_, update)) = updates.last_mut() else { continue };
            match news {
                News::Begun(_, id) => update.begun.push(id),
                News::Back(_, id) => {
                    self.done_with(pool, id);
                    update.back.push(id);
                }
                News::Done(_, done) => {
                    self.done_with(pool, done.id);
                    update.done.push(done);
                }
                News::Closed(_, came_ns, lives) => closed.push((pool, came_ns, lives)),
            }
        }
        let told_ns = clock::monotonic_ns();
        for (pool, update) in updates {
            self.tell(FromAgent::Update(pool, Update { told_ns, ..update }));
        }
        for (pool, came_ns, lives) in closed {
            self.tell(FromAgent::Closed(pool, Stay { came_ns, told_ns }, lives));
        }
        true
    }

    fn done_with(&mut self, pool: PoolId, id: WorkId) {
        if let Some(part) = self.parts.get_mut(&pool) {
            part.forget(id);
        }
    }
}

/// The most outcomes of a message.
const MOST: usize = 512;

/// When something was last heard of rank 0, for who is to begin a task.
#[derive(Debug)]
pub(crate) struct Heard {
    start: Instant,
    at_ms: AtomicU64,
}

impl Default for Heard {
    fn default() -> Self {
        Self { start: Instant::now(), at_ms: AtomicU64::new(0) }
    }
}

impl Heard {
    fn now(&self) -> u64 {
        self.start.elapsed().as_millis() as u64
    }

    pub(crate) fn note(&self) {
        self.at_ms.store(self.now(), Relaxed);
    }

    /// For how long nothing has been heard.
    pub(crate) fn silence(&self) -> Duration {
        Duration::from_millis(self.now().saturating_sub(self.at_ms.load(Relaxed)))
    }
}
