//! The worker process from inside: read a request, run its tasks, write the reply, until the channel ends.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use super::hello::Hello;
use super::pace::PATIENCE;
use super::spinner::Spinner;
use super::start::{self, ENVIRONMENT_KEY};
use super::watchdog::Watchdog;
use crate::attachments;
use crate::ipc;
use crate::ipc::arena::Views;
use crate::ipc::doorbell::{Doorbell, Ring, Taken};
use crate::ipc::mailbox::{Bed, ChildEnd, Signals};
use crate::pool::life::enter_worker;
use crate::shared;
use crate::sync::futex::Word;
use crate::sync::{Step, left_out};
use crate::system::clock;
use crate::table;
use crate::task::TaskEntry;
use crate::wire::{Answer, Apart, Outcome, Outputs, Requested, add_outcome, read_request, read_task};

/// Replies of more bytes are for the supervisor alone: a value that is nested deeply takes stack to be decoded,
/// of which other threads may have little.
const SMALL: u64 = 1 << 10;

/// And those with more bytes in the annex: to copy them takes a thread longer that comes by for something else.
const SMALL_ANNEX: u64 = 1 << 20;

/// Whether any thread may receive the latest reply.
pub(super) fn is_small(signals: &Signals) -> bool {
    signals.reply_length() <= SMALL && signals.annex_length() <= SMALL_ANNEX
}

/// Registers the tasks that worker processes can run, and becomes a worker if a pool has started
/// this process as one; it does not return then.
///
/// Must be the first thing in `main`, before any thread starts and any argument is looked at.
/// The first call counts. A pool cannot be built where two of the types have the same
/// [`NAME`](crate::Task::NAME), and refuses tasks of types that are not registered.
///
/// ```no_run
/// use serde::{Deserialize, Serialize};
/// use speedup_executor::task::TaskEntry;
/// use speedup_executor::{Executor, ProcessPoolExecutor, Task, worker};
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
/// fn main() -> Result<(), speedup_executor::Error> {
///     worker::init(TASKS);
///     let executor = ProcessPoolExecutor::new(2)?;
///     assert_eq!(executor.submit(Square(7))?.result(None)?, 49);
///     Ok(())
/// }
/// ```
///
/// Two types of one name:
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use speedup_executor::task::TaskEntry;
/// use speedup_executor::{ProcessPoolExecutor, Task, worker};
///
/// #[derive(Serialize, Deserialize)]
/// struct Twofold(u64);
///
/// #[derive(Serialize, Deserialize)]
/// struct Thousandfold(u64);
///
/// impl Task for Twofold {
///     const NAME: &'static str = "resize";
///     type Output = u64;
///
///     fn run(self) -> u64 {
///         self.0 * 2
///     }
/// }
///
/// impl Task for Thousandfold {
///     const NAME: &'static str = "resize";
///     type Output = u64;
///
///     fn run(self) -> u64 {
///         self.0 * 1000
///     }
/// }
///
/// static TASKS: &[TaskEntry] = &[TaskEntry::of::<Twofold>(), TaskEntry::of::<Thousandfold>()];
///
/// fn main() {
///     worker::init(TASKS);
///     let error = ProcessPoolExecutor::new(2).err().expect("there is no telling them apart");
///     assert!(error.to_string().contains("two tasks have the NAME \"resize\""));
/// }
/// ```
pub fn init(tasks: &'static [TaskEntry]) {
    start::note_init(tasks);
    if std::env::var_os(ENVIRONMENT_KEY).is_none() {
        return;
    }
    if !ipc::process::on_main_thread() {
        give_up(start::NOT_AT_START);
    }
    become_worker();
}

/// Stands in the test that the macro [`test_workers`](crate::test_workers) makes, of that module, and in the
/// function that the other tests call.
#[doc(hidden)]
pub fn init_in_test(tasks: &'static [TaskEntry], module: &str) {
    start::note_test(tasks, module);
    if std::env::var_os(ENVIRONMENT_KEY).is_some() {
        become_worker();
    }
}

/// The rest of this process's life.
fn become_worker() -> ! {
    let number = ipc::process::take_env(ENVIRONMENT_KEY);
    // The rest is the worker, which leaves when the parent ends the channel.
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

/// Differs between programs that would not understand each other's messages.
pub(super) fn build_id() -> u64 {
    let mut text = String::from(env!("CARGO_PKG_VERSION"));
    // Another build is another file, or the same one written at another time.
    if let Ok(file) = ipc::process::this_program().and_then(std::fs::metadata) {
        let facts = (file.dev(), file.ino(), file.size(), file.mtime(), file.mtime_nsec());
        let _ = write!(text, "{facts:?}"); // a String takes all that is written
    }
    for task in table::entries() {
        text.push(' ');
        text.push_str(task.name);
    }
    xxhash_rust::xxh3::xxh3_64(text.as_bytes())
}

fn work_for_parent(number: Option<usize>) -> io::Result<()> {
    ipc::process::reset_signals();
    let dies_with_parent = ipc::process::die_with_parent();
    let channel = ipc::process::take_channel()?;
    ipc::process::close_inherited(&channel);
    ipc::process::take_name();
    enter_worker(number.unwrap_or(0));
    shared::keep_recent();
    let watchdog = match Watchdog::start(&channel) {
        Ok(watchdog) => Some(watchdog),
        // No thread is left for it. The system ends this process too, unless a task changes its user.
        Err(_) if dies_with_parent => None,
        Err(error) => return Err(error),
    };
    serve(Doorbell::new(channel), watchdog)
}

/// The life of a worker, which gets its mailbox by the doorbell.
pub(super) fn serve(mut doorbell: Doorbell, watchdog: Option<Watchdog>) -> io::Result<()> {
    ipc::origin::forbid_copies();
    let file = match doorbell.take_file()? {
        Taken::File(file) => file,
        Taken::NoDescriptor => return Err(io::Error::other("no file descriptor is left for its memory")),
        Taken::Ended => return Ok(()),
    };
    let mailbox = ChildEnd::new(file)?;
    if let Some(watchdog) = &watchdog {
        watchdog.wakes(mailbox.signals());
    }
    let spinner = Spinner::new(mailbox.spin());
    match (Worker { mailbox, doorbell, spinner, watchdog, views: None }).serve() {
        // The parent is gone, or has given up on this worker: no one is left to tell.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        served => served,
    }
}

/// A worker at work.
struct Worker {
    mailbox: ChildEnd,
    doorbell: Doorbell,
    spinner: Spinner,
    /// None where no thread was left for it.
    watchdog: Option<Watchdog>,
    /// Where long bytes stand; none before there are any.
    views: Option<Views>,
}

impl Worker {
    fn serve(mut self) -> io::Result<()> {
        let hello = Hello { build: build_id(), ready_ns: clock::monotonic_ns() };
        let (_, reply) = self.mailbox.begin()?;
        hello.write(reply.buffer).map_err(|error| io::Error::other(error.to_string()))?;
        reply.keep();
        self.publish(Duration::ZERO);
        while self.wait()? {
            if let Some(watchdog) = &self.watchdog {
                watchdog.set_busy(true);
            }
            let busy = self.answer()?;
            if let Some(watchdog) = &self.watchdog {
                watchdog.set_busy(false);
            }
            self.publish(busy);
        }
        Ok(())
    }

    fn publish(&mut self, busy: Duration) {
        if self.mailbox.publish(busy) || !is_small(self.mailbox.signals()) {
            self.doorbell.ring();
        }
    }

    /// Waits for a request: for a moment with the CPU in hand, where that is allowed, then asleep. False
    /// where the parent has closed the channel.
    fn wait(&mut self) -> io::Result<bool> {
        if self.spinner.spin(None, || self.mailbox.requested()) {
            return Ok(true);
        }
        let Some(watchdog) = self.watchdog.as_ref().filter(|_| Word::CAN_SLEEP) else {
            // No one but the system tells of the end.
            while self.mailbox.may_sleep(Bed::Socket) {
                if self.doorbell.wait()? == Ring::Ended {
                    return Ok(false);
                }
            }
            return Ok(true);
        };
        loop {
            let calls = self.mailbox.signals().calls();
            if !self.mailbox.may_sleep(Bed::Word) {
                return Ok(true);
            }
            if watchdog.has_seen_the_end() && !left_out(Step::LookForEnd) {
                return Ok(false);
            }
            self.mailbox.signals().sleep_until_called(calls);
        }
    }

    /// Runs the tasks in the request and writes the reply, and gives the time that it took.
    fn answer(&mut self) -> io::Result<Duration> {
        let begin_ns = clock::monotonic_ns();
        let spent = || Duration::from_nanos(clock::monotonic_ns() - begin_ns);
        let (request, mut reply) = self.mailbox.begin()?;
        // What is no request has no reply that fits it, and the parent sees that.
        let Some(Requested { answer, brings, tasks: parts }) = read_request(request) else {
            return Ok(spent());
        };
        if brings && let Taken::File(file) = self.doorbell.take_file()? {
            self.views = Some(Views::new(file)?);
            reply.note_arena();
        }
        let apart = self.views.as_ref().map_or(Apart::Nowhere, Apart::InArena);
        let tasks = table::entries();
        let mut ended = false;
        let mut pace = Looks::default();
        for (index, part) in parts.enumerate() {
            if !ended {
                let too_late = index > 0 && pace.is_over(PATIENCE, spent);
                let begins = !too_late && reply.begin_part();
                // The first is done in any case, and a whole is not answered in part.
                ended = index > 0 && answer == Answer::InPart && !begins;
            }
            // Those of parts that are given back have come too, and come again with them.
            let (mut files, mut missing) = (Vec::new(), 0);
            for _ in 0..part.files() {
                match self.doorbell.take_file()? {
                    Taken::File(file) => files.push(file),
                    Taken::NoDescriptor => missing += 1,
                    Taken::Ended => break,
                }
            }
            if ended {
                continue;
            }
            let mut files = files.into_iter();
            let attached = part.attached(|| files.next()).unwrap_or_default();
            let mut outputs = Outputs::new(reply.buffer, reply.annex.as_deref_mut());
            let attached_back = add_outcome(&mut outputs, |reply| {
                let not_found = || Outcome::Transfer("it is not registered in the worker".to_string());
                let (number, argument) = read_task(part.content).ok_or_else(not_found)?;
                let entry = tasks.get(number as usize).ok_or_else(not_found)?;
                if missing > 0 {
                    return Err(Outcome::Transfer(format!(
                        "the worker had no file descriptor left for {missing} of its {} SharedBytes (see ulimit -n)",
                        part.files()
                    )));
                }
                let outcome = attachments::deliver(attached, || (entry.run)(argument, apart, reply));
                // A copy that did not come to its output, because its task panicked, has no say either.
                ipc::origin::end_copy();
                outcome
            })?;
            for file in attached_back {
                self.doorbell.send_file(file.file.as_fd())?;
            }
            reply.keep();
        }
        Ok(spent())
    }
}

/// When to look at the clock between short tasks: to look takes as long as one of them. Where one turns out to be
/// long the parent takes back what is not begun, whatever the clock says.
#[derive(Default)]
struct Looks {
    /// Tasks since the last look.
    since: u32,
    /// After how many to look again.
    every: u32,
    spent: Duration,
}

impl Looks {
    /// How seldom it looks at most.
    const SELDOM: u32 = 16;

    /// Whether that time has been spent, as far as was looked.
    fn is_over(&mut self, patience: Duration, spent: impl Fn() -> Duration) -> bool {
        self.since += 1;
        if self.since < self.every {
            return false;
        }
        let now = spent();
        // As many again would take no more than a small part of the time.
        let is_short = now.saturating_sub(self.spent) < patience / 64;
        self.every = if is_short { (2 * self.every.max(1)).min(Self::SELDOM) } else { 1 };
        (self.since, self.spent) = (0, now);
        now > patience
    }
}
