//! A thread of a worker that sees the end of its channel.

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::ipc;
use crate::ipc::mailbox::Signals;

/// How often it looks once the channel has ended.
const INTERVAL: Duration = Duration::from_millis(10);

/// Ends this process if the parent is gone, or has given it up, while a task is running. Between tasks it wakes
/// the thread that runs them, and the process leaves in good order. Where the system kills the process with its
/// parent, that is sooner; but a task may change the process's user, and the system forgets it then.
pub(super) struct Watchdog(Arc<State>);

#[derive(Default)]
struct State {
    busy: AtomicBool,
    ended: AtomicBool,
    /// By which the thread is woken that runs tasks.
    signals: OnceLock<Arc<Signals>>,
}

impl Watchdog {
    /// Starts a thread that sleeps until the channel ends.
    pub(super) fn start(channel: &UnixStream) -> io::Result<Self> {
        let state = Arc::new(State::default());
        let (watched, channel) = (Arc::clone(&state), channel.try_clone()?);
        std::thread::Builder::new().name("watchdog".to_string()).spawn(move || {
            // Signals are for the thread that runs tasks.
            ipc::process::block_signals(true);
            ipc::process::wait_for_hangup(&channel);
            watched.ended.store(true, SeqCst);
            // A task may be about to begin of which the request had come in before the end.
            loop {
                if watched.busy.load(SeqCst) {
                    ipc::process::end_at_once();
                }
                if let Some(signals) = watched.signals.get() {
                    signals.call();
                }
                std::thread::sleep(INTERVAL);
            }
        })?;
        Ok(Self(state))
    }

    /// From now on the end wakes who sleeps there.
    pub(super) fn wakes(&self, signals: &Arc<Signals>) {
        let _ = self.0.signals.set(Arc::clone(signals)); // there is one mailbox
    }

    /// Whether the channel has ended. Who finds that it has not is woken when it does.
    pub(super) fn has_seen_the_end(&self) -> bool {
        self.0.ended.load(SeqCst)
    }

    pub(super) fn set_busy(&self, busy: bool) {
        self.0.busy.store(busy, std::sync::atomic::Ordering::Relaxed);
    }
}
