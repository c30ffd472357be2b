//! Workers that are processes: this very program, started again.
//!
//! Each worker has a socket of its own to a lane, a thread in the parent that hands it one task
//! at a time. The program is executed anew and never just forked: a fork copies one thread out of
//! many, with whatever locks the others held.
//!
//! * this file: the pool, on the parent's side
//! * `child`: one worker process as the parent sees it
//! * [`worker`]: the same process from inside
//! * `protocol` and `frame`: what goes over the socket, and how it is cut

mod child;
mod frame;
mod protocol;
pub mod worker;

use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};

use self::child::Child;
use super::lanes::Lanes;
use super::queue::Queue;
use super::{Error, Executor, ExecutorKind, Work, WorkerLife};

/// A pool of processes that take tasks from one queue in the order of submission.
///
/// When a worker dies, the pool is broken: every task that is queued or running gets
/// [`Error::BrokenPool`], the other workers are stopped, and nothing more can be submitted.
pub struct ProcessPoolExecutor {
    lanes: Lanes,
}

impl ProcessPoolExecutor {
    /// A pool of at most `max_workers` processes; they start as tasks come in.
    ///
    /// # Errors
    ///
    /// [`Error::Spawn`] if [`worker::init`] has not been called: a child would then run the
    /// program's `main` in place of tasks.
    ///
    /// # Panics
    ///
    /// If `max_workers` is 0.
    pub fn new(max_workers: usize) -> Result<Self, Error> {
        worker::check_initialised().map_err(|reason| Error::Spawn { worker: 0, reason })?;
        let channels = Arc::new(Channels::default());
        Ok(Self {
            lanes: Lanes::new(max_workers, Arc::new(move |worker, queue| drive(worker, queue, &channels))),
        })
    }
}

/// A lane: starts a worker process, hands it tasks and sees it to its end.
fn drive(worker: usize, queue: &Queue, channels: &Channels) -> Option<u64> {
    let started = Child::start(worker).and_then(|mut child| {
        channels.add(child.channel_for_closing()?);
        let ready_ns = child.greet()?;
        Ok((child, ready_ns))
    });
    let (mut child, ready_ns) = match started {
        Ok(started) => started,
        Err(error) => {
            queue.break_with(error);
            channels.close_all();
            return None;
        }
    };
    while let Some(work) = queue.pop() {
        match child.exchange(&*work) {
            Ok(outcome) => work.resolve(outcome),
            Err(lost) => {
                let exit = child.bury(&lost, channels.closed());
                let error = queue.break_with(Error::BrokenPool { worker, pid: child.id(), exit });
                channels.close_all();
                work.resolve(Err(error));
                return None;
            }
        }
    }
    child.dismiss();
    Some(ready_ns)
}

/// The sockets of all workers, so that the lane that finds a dead worker can wake the others.
#[derive(Default)]
struct Channels(Mutex<ChannelsState>);

#[derive(Default)]
struct ChannelsState {
    closed: bool,
    open: Vec<UnixStream>,
}

impl Channels {
    fn lock(&self) -> std::sync::MutexGuard<'_, ChannelsState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, channel: UnixStream) {
        let mut state = self.lock();
        if state.closed {
            close(&channel);
        } else {
            state.open.push(channel);
        }
    }

    fn closed(&self) -> bool {
        self.lock().closed
    }

    fn close_all(&self) {
        let mut state = self.lock();
        state.closed = true;
        for channel in state.open.drain(..) {
            close(&channel);
        }
    }
}

/// Ends both directions, also for the lane that holds another handle to the same socket.
fn close(channel: &UnixStream) {
    // It fails only on a socket whose other end is gone, and then there is nothing to close.
    let _ = channel.shutdown(Shutdown::Both);
}

impl Executor for ProcessPoolExecutor {
    fn execute(&self, work: Box<dyn Work>) -> Result<(), Error> {
        self.lanes.push(work)
    }

    fn max_workers(&self) -> usize {
        self.lanes.max()
    }

    fn shutdown(&self) {
        self.lanes.shutdown();
    }

    fn worker_lives(&self) -> Vec<WorkerLife> {
        self.lanes.lives()
    }
}

/// Entry in the registry.
#[derive(Debug)]
pub(super) struct Kind;

impl ExecutorKind for Kind {
    fn name(&self) -> &'static str {
        "processes"
    }

    fn summary(&self) -> &'static str {
        "a pool of worker processes, the program started again"
    }

    fn start(&self, workers: usize) -> Result<Box<dyn Executor>, Error> {
        Ok(Box::new(ProcessPoolExecutor::new(workers)?))
    }
}
