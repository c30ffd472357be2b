//! One flag: ask, check, save, and ask again where that may help. Threads and processes run it alike.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::outcome::{Download, Status};
use super::session::{Order, Session};
use speedup_executor::{Task, current_worker};
use speedup_machine::clock::{monotonic_ns, thread_cpu_ns};
use speedup_machine::signal::Interrupt;

/// How often a pause looks whether the user has stopped the program.
const LOOK: Duration = Duration::from_millis(20);

/// Downloads the flag of that name, the code in lower case, and saves it.
pub(super) fn download_one(session: &Session, name: &str) -> Download {
    let (begin_ns, cpu_begin_ns) = (monotonic_ns(), thread_cpu_ns());
    let path = session.order.base.path_of(name);
    let mut tries = Tries::new(&session.order);
    let status = loop {
        if session.interrupt.requested() {
            break Status::Interrupted;
        }
        let attempt = tries.next();
        let response = session.client.get(&path, attempt);
        match response.and_then(|response| session.folder.take(name, &response)) {
            Ok(status) => break status,
            // The user's stop broke the connection.
            Err(_) if session.interrupt.requested() => break Status::Interrupted,
            Err(failure) => match tries.pause_after(&failure) {
                Some(pause) => sleep(pause, &session.interrupt),
                None => break Status::Failed(failure.to_string()),
            },
        }
    };
    let cpu_ns = thread_cpu_ns() - cpu_begin_ns;
    Download {
        status,
        attempts: tries.made,
        worker: current_worker(),
        begin_ns,
        end_ns: monotonic_ns(),
        cpu_ns,
    }
}

fn sleep(time: Duration, interrupt: &Interrupt) {
    let end_ns = monotonic_ns() + time.as_nanos() as u64;
    while !interrupt.requested() && monotonic_ns() < end_ns {
        std::thread::sleep(LOOK.min(Duration::from_nanos(end_ns.saturating_sub(monotonic_ns()))));
    }
}

/// The attempts at one flag.
#[derive(Debug)]
pub(super) struct Tries {
    pub(super) made: u32,
    retries: u32,
}

impl Tries {
    pub(super) fn new(order: &Order) -> Self {
        Self { made: 0, retries: order.retries }
    }

    /// The number of the attempt that is now made, from 1.
    pub(super) fn next(&mut self) -> u32 {
        self.made += 1;
        self.made
    }

    /// How long to wait before the next attempt, each time twice as long; nothing if there is none.
    pub(super) fn pause_after(&self, failure: &Failure) -> Option<Duration> {
        let again = failure.may_pass() && self.made <= self.retries;
        again.then(|| Duration::from_millis(100 << (self.made - 1).min(5)))
    }
}

/// A download on its way to a worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct DownloadTask {
    pub(super) run: u64,
    pub(super) name: String,
}

impl Task for DownloadTask {
    const NAME: &'static str = "speedup.flags.download";
    type Output = Download;

    /// # Panics
    ///
    /// If the run has no session in this process: a style has forgotten it.
    fn run(self) -> Download {
        let session: Arc<Session> = Session::of(self.run).expect("a session is open while its tasks run");
        download_one(&session, &self.name)
    }
}
