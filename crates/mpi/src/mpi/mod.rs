//! The way over MPI.
//!
//! One thread initialises MPI, makes every call, and finalizes it, so that the first of the program goes on on rank 0,
//! and waits on an agent. `MPI_THREAD_FUNNELED` is what that needs, and what every MPI library has. With a level above
//! that, calls of several threads would only wait for each other's lock.
//!
//! * this file: how a rank joins and leaves the job; `exchange`: how messages are sent and received; `frames`: what they
//!   are cut into; `sockets`: how a thread that sleeps learns of them

#![allow(unsafe_code)]

mod exchange;
mod frames;
#[cfg(target_os = "linux")]
mod sockets;

use std::io::Write as _;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use ferrompi::{Communicator, Mpi, ThreadLevel};
use speedup_executor::Error;

use self::exchange::OverMpi;
use crate::agent::{self, Ended, HEAD};
use crate::hub::{Command, Hub, drive};
use crate::launch;
use crate::message::Hello;

/// Set where several ranks on one host are to be agents all the same: for tests on one machine.
const SEVERAL_PER_HOST: &str = "SPEEDUP_MPI_TEST_RANKS_ARE_HOSTS";

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
        // Who waits for this thread would wait for ever, and so would the scope for what is under way.
        let _guard = AbortOnPanic;
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
            let host = hello.host.clone();
            let (transport, ended) = agent::run(transport, hello);
            match ended {
                Ended::Told { whole: true } => transport.finish(),
                Ended::Told { whole: false } => {
                    let _ = tell.send(Ok(Role::Agent(0)));
                    stay();
                }
                Ended::Abandoned(reason) => {
                    eprintln!("speedup: rank {} on {host}: rank 0 is gone: {reason}", world.rank());
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

/// Ends the process where this thread panics; the hook has said why.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
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
