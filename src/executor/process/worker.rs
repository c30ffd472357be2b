//! The worker process from inside: read a task, run it, write the outcome, until the channel ends.

use std::io::{self, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::frame::{read_frame, write_frame};
use super::hello::Hello;
use crate::executor::pool::life::enter_worker;
use crate::executor::task::TaskEntry;
use crate::executor::wire::{Outcome, add_outcome, empty, read_request};
use crate::sys;

/// Set in a worker's environment to its number, and removed as soon as it has been read. Unlike
/// any setting that a user may mean to write.
pub(super) const ENVIRONMENT_KEY: &str = "SPEEDUP_INTERNAL_POOL_WORKER";

/// How often the watchdog looks once the channel has ended.
const WATCH_INTERVAL: Duration = Duration::from_millis(10);

static TASKS: OnceLock<&'static [TaskEntry]> = OnceLock::new();

/// Registers the tasks that worker processes can run, and becomes a worker if a pool has started
/// this process as one; it does not return then.
///
/// Must be the first thing in `main`, before any thread starts and any argument is looked at.
/// The first call counts.
///
/// ```no_run
/// use serde::{Deserialize, Serialize};
/// use speedup::executor::task::TaskEntry;
/// use speedup::executor::{Executor, ProcessPoolExecutor, Task, worker};
///
/// #[derive(Serialize, Deserialize)]
/// struct Square(u64);
///
/// impl Task for Square {
///     const NAME: &'static str = "square";
///     type Output = u64;
///
///     fn run(self) -> u64 {
///         self.0 * self.0
///     }
/// }
///
/// static TASKS: &[TaskEntry] = &[TaskEntry::of::<Square>()];
///
/// fn main() -> Result<(), speedup::executor::Error> {
///     worker::init(TASKS);
///     let executor = ProcessPoolExecutor::new(2)?;
///     assert_eq!(executor.submit(Square(7))?.result(None)?, 49);
///     Ok(())
/// }
/// ```
pub fn init(tasks: &'static [TaskEntry]) {
    TASKS.get_or_init(|| tasks);
    if std::env::var_os(ENVIRONMENT_KEY).is_none() {
        return;
    }
    if !sys::process::on_main_thread() {
        // So it is with a test harness whose tests call this: its `main` has run, and every test
        // that starts a pool would start this whole program over again.
        give_up("worker::init was not called at the start of main");
    }
    let number = sys::process::take_env(ENVIRONMENT_KEY);
    // What remains is the worker: it leaves when the parent ends the channel.
    if let Err(error) = work_for_parent(number.and_then(|number| number.to_str()?.parse().ok())) {
        give_up(&format!("{error}; {ENVIRONMENT_KEY} is for pools alone to set"));
    }
    std::process::exit(0);
}

fn give_up(reason: &str) -> ! {
    // Where standard error is gone, the exit code is all that can be said.
    let _ = writeln!(io::stderr(), "speedup: worker process: {reason}");
    std::process::exit(1);
}

/// Checks that this process can be started again as a worker, and is not itself a worker that has
/// passed by [`init`]: each would start further ones without end.
pub(super) fn check_initialised() -> Result<(), String> {
    if TASKS.get().is_none() || std::env::var_os(ENVIRONMENT_KEY).is_some() {
        return Err("worker::init was not called at the start of main".to_string());
    }
    Ok(())
}

/// Differs between programs that would not understand each other's messages.
pub(super) fn build_id() -> u64 {
    let mut text = String::from(concat!(env!("CARGO_PKG_VERSION"), " ", env!("SPEEDUP_GIT_REVISION")));
    for task in TASKS.get().copied().unwrap_or_default() {
        text.push(' ');
        text.push_str(task.name);
    }
    xxhash_rust::xxh3::xxh3_64(text.as_bytes())
}

fn work_for_parent(number: Option<usize>) -> io::Result<()> {
    sys::process::die_with_parent();
    let channel = sys::process::take_channel()?;
    sys::process::close_inherited(&channel);
    sys::process::take_name();
    enter_worker(number.unwrap_or(0));
    let hello = Hello { build: build_id(), ready_ns: sys::clock::monotonic_ns() };
    let served = write_frame(&mut &channel, &hello.encode())
        .and_then(|()| Watchdog::start(&channel))
        .and_then(|watchdog| serve(channel, &watchdog));
    match served {
        // The parent is gone, or has given up on this worker: nobody is left to tell.
        Err(error) if error.kind() != io::ErrorKind::InvalidData => Ok(()),
        outcome => outcome,
    }
}

fn serve(channel: UnixStream, watchdog: &Watchdog) -> io::Result<()> {
    let mut channel = BufReader::new(channel);
    let (mut request, mut reply) = (Vec::new(), Vec::new());
    while read_frame(&mut channel, &mut request)? {
        watchdog.while_busy(|| answer(&request, &mut reply));
        write_frame(channel.get_mut(), &reply)?;
    }
    Ok(())
}

/// Runs the tasks in a request and puts the whole reply into `reply`.
fn answer(request: &[u8], reply: &mut Vec<u8>) {
    empty(reply);
    let Some((name, parts)) = read_request(request) else { return };
    let tasks = TASKS.get().copied().unwrap_or_default();
    let entry = tasks.iter().find(|entry| entry.name == name);
    for part in parts {
        add_outcome(reply, |reply| match entry {
            Some(entry) => (entry.run)(part, reply),
            None => Err(Outcome::Transfer("it was not registered with worker::init".to_string())),
        });
    }
}

/// Ends this process if the parent is gone, or has given it up, while a task is running. Between
/// tasks the end of the channel is read as such, and the process leaves in good order.
struct Watchdog {
    busy: Arc<AtomicBool>,
}

impl Watchdog {
    /// Starts a thread that sleeps until the channel ends.
    fn start(channel: &UnixStream) -> io::Result<Self> {
        let busy = Arc::new(AtomicBool::new(false));
        let (watched, channel) = (Arc::clone(&busy), channel.try_clone()?);
        std::thread::Builder::new().name("watchdog".to_string()).spawn(move || {
            sys::process::wait_for_hangup(&channel);
            // The flag may be about to be set for a request that had come in before the end.
            loop {
                if watched.load(Ordering::Relaxed) {
                    sys::process::end_at_once();
                }
                std::thread::sleep(WATCH_INTERVAL);
            }
        })?;
        Ok(Self { busy })
    }

    fn while_busy(&self, act: impl FnOnce()) {
        self.busy.store(true, Ordering::Relaxed);
        act();
        self.busy.store(false, Ordering::Relaxed);
    }
}
