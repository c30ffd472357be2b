//! Linux: a supervisor process, switch records, ptrace.

mod assemble;
mod child;
mod facts;
mod group;
mod handle;
mod kill;
mod perf;
mod priority;
mod ptrace;
mod schedstat;
mod supervisor;
mod wire;

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::execution::{Execution, GroupTimes, Source, Stopped, Told, Untold, untold};
use crate::spec::{Options, Spec, Wanted};
use crate::streams::{Reader, Streams};
use crate::{Error, lookup};
use assemble::Event;
use facts::{Facts, Tasks};
use group::Group;
use handle::{Held, Submitted, Supervisor};
use perf::Switches;
use wire::{DONE, Done, TASKS, TaskWords};

/// How often a caller's wish to stop is looked for.
const TICK: Duration = Duration::from_millis(50);

/// The monotonic clock, in ns.
fn now_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    (now.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(now.tv_nsec as u64)
}

/// Runs one program after another, each with nothing left of the one before.
pub(crate) struct Runner {
    /// Absent after a failure in the middle of a job: it is in no known state then.
    supervisor: Option<Supervisor>,
    /// Of the programs that are held at their start; made for the first of them.
    group: Option<Told<Group>>,
    buffer: Vec<u8>,
}

impl Runner {
    pub(crate) fn new() -> Result<Self, Error> {
        Ok(Self { supervisor: Some(Supervisor::start()?), group: None, buffer: vec![0; 64 << 10] })
    }

    pub(crate) fn run(&mut self, spec: &Spec, options: &Options<'_>) -> Result<Execution, Error> {
        let (path, args) = lookup::resolve(spec)?;
        let mut streams = Streams::open(spec)?;
        let mut supervisor = match self.supervisor.take() {
            Some(supervisor) => supervisor,
            None => Supervisor::start()?,
        };
        supervisor.write(spec, &path, &args)?;
        let deadline = spec.timeout.map(|timeout| Instant::now() + timeout);
        let (switches, traced) = wishes(options.source);
        let held = switches || traced;
        let given = streams.given;
        let submitted = supervisor.submit(&given, held, traced);
        drop(given);
        let mut watch = Watch::default();
        let mut group = None;
        match submitted {
            Ok(Submitted::Running) => {}
            Ok(Submitted::Held(child)) => match watch.prepare(options.source, &child) {
                Ok(()) => {
                    let made = self.group.get_or_insert_with(Group::make);
                    group = Some(made.as_mut().map_err(|why| why.clone()));
                    if let Some(Ok(group)) = &mut group {
                        watch.group = group.take(child.pid).and_then(|()| group.times());
                    }
                    watch.before = schedstat::schedstat(child.pid);
                    watch.begin_ns = Some(child.release());
                }
                Err(error) => {
                    drop(child);
                    // The child has ended without becoming the program.
                    if supervisor.discard().is_ok() {
                        self.supervisor = Some(supervisor);
                    }
                    return Err(error);
                }
            },
            Err(error) => return Err(error),
        }
        let readers = [streams.stdout.take(), streams.stderr.take()];
        let group = group.unwrap_or_else(|| untold("the program was not held at its start"));
        let group = group.map(|group| &*group);
        let kill = || {
            if let Ok(group) = &group {
                group.kill();
            }
            supervisor.kill()
        };
        let (done, readers) =
            watch.follow((&supervisor, &kill), readers, options, deadline, &mut self.buffer)?;
        watch.group = match (group, watch.group) {
            (Ok(group), Ok(before)) => group.times().map(|after| after.since(&before)),
            (Ok(_), Err(why)) | (Err(why), _) => Err(why),
        };
        self.supervisor = Some(supervisor);
        let done = done.map_err(|failed| failed.error(spec, &path))?;
        let [stdout, stderr] = readers.map(|reader| reader.map(Reader::finish));
        Ok(watch.facts(done, options).execution(stdout, stderr))
    }
}

/// Whether switch records and ptrace are to be tried.
fn wishes(wanted: Wanted) -> (bool, bool) {
    match wanted {
        Wanted::Best => (true, true),
        Wanted::Only(source) => (source.switches(), source.ptrace()),
    }
}

/// What is gathered while a program runs.
struct Watch {
    root: u32,
    begin_ns: Option<u64>,
    /// CPU time and run delay of the child before it was let go.
    before: Option<(u64, u64)>,
    /// The times of its control group then, and in the end those since then.
    group: Told<GroupTimes>,
    switches: Told<Switches>,
    traced: Told<()>,
    events: Vec<Event>,
    tasks: Tasks,
    stopped: Option<Stopped>,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            root: 0,
            begin_ns: None,
            before: None,
            group: untold("no control group was made"),
            switches: untold("switch records were not asked for"),
            traced: untold("ptrace was not asked for"),
            events: Vec::new(),
            tasks: Tasks::default(),
            stopped: None,
        }
    }
}

impl Watch {
    /// Sets up the sources while the child waits.
    fn prepare(&mut self, wanted: Wanted, child: &Held) -> Result<(), Error> {
        self.root = child.pid as u32;
        let (switches, traced) = wishes(wanted);
        if switches {
            self.switches = Switches::open(child.pid);
        }
        if traced {
            self.traced.clone_from(&child.seized);
        }
        if let Wanted::Only(source) = wanted {
            let refused = |why: &Untold| Error::NoSource { wanted: source, why: why.clone() };
            if switches {
                self.switches.as_ref().map_err(refused)?;
            }
            if traced {
                self.traced.as_ref().map_err(refused)?;
            }
        }
        Ok(())
    }

    fn source(&self) -> Source {
        match (self.switches.is_ok(), self.traced.is_ok()) {
            (true, true) => Source::SwitchesAndPtrace,
            (true, false) => Source::Switches,
            (false, true) => Source::Ptrace,
            (false, false) => Source::Usage,
        }
    }

    /// Reads all that comes until the program has ended and its outputs are closed.
    fn follow(
        &mut self,
        (supervisor, kill): (&Supervisor, &dyn Fn() -> Result<(), Error>),
        mut readers: [Option<Reader>; 2],
        options: &Options<'_>,
        deadline: Option<Instant>,
        buffer: &mut [u8],
    ) -> Result<Over, Error> {
        let mut done = None;
        let mut given_up = None;
        loop {
            let outputs_open = readers.iter().flatten().any(|reader| reader.descriptor().is_some());
            if let Some(done) =
                done.take_if(|_| !outputs_open || given_up.is_some_and(|at| Instant::now() > at))
            {
                self.drain(options);
                return Ok((done, readers));
            }
            let ready = self.wait(supervisor, &readers, deadline.filter(|_| done.is_none()));
            self.drain(options);
            for (reader, _) in readers.iter_mut().zip(ready.outputs).filter(|(_, ready)| *ready) {
                if let Some(reader) = reader {
                    reader.read(buffer);
                }
            }
            if ready.supervisor && done.is_none() {
                let packet = supervisor.receive()?;
                match packet.kind() {
                    TASKS => self.tasks.take(&TaskWords::all(&packet)),
                    DONE => done = Some(Ok(Done::of(&packet))),
                    _ => done = Some(Err(handle::Failed::of(&packet))),
                }
                // Nothing is left that could write, except what the kernel did not let die.
                given_up = done.is_some().then(|| Instant::now() + Duration::from_secs(1));
            }
            if done.is_none() && self.stopped.is_none() {
                self.stopped = wish_to_stop(options, deadline);
                if self.stopped.is_some() {
                    kill()?;
                }
            }
        }
    }

    fn drain(&mut self, options: &Options<'_>) {
        if let Ok(switches) = &mut self.switches {
            switches.drain(&mut self.events, options.max_events);
        }
    }

    fn wait(
        &self,
        supervisor: &Supervisor,
        readers: &[Option<Reader>; 2],
        deadline: Option<Instant>,
    ) -> Ready {
        let mut descriptors = vec![PollFd::from_borrowed_fd(supervisor.descriptor(), PollFlags::IN)];
        let outputs = readers.each_ref().map(|reader| {
            let descriptor = reader.as_ref().and_then(Reader::descriptor)?;
            descriptors.push(PollFd::from_borrowed_fd(descriptor, PollFlags::IN));
            Some(descriptors.len() - 1)
        });
        let rings: Vec<BorrowedFd<'_>> =
            self.switches.as_ref().map(|switches| switches.descriptors().collect()).unwrap_or_default();
        descriptors.extend(rings.iter().map(|ring| PollFd::from_borrowed_fd(ring.as_fd(), PollFlags::IN)));
        let left =
            deadline.map_or(TICK, |deadline| deadline.saturating_duration_since(Instant::now()).min(TICK));
        let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(left.subsec_nanos()) + 1 };
        // Only an interruption by a signal can fail here, and what it says is looked at next.
        let polled = poll(&mut descriptors, Some(&timeout)).is_ok();
        let ready = |index: usize| polled && !descriptors[index].revents().is_empty();
        Ready { supervisor: ready(0), outputs: outputs.map(|index| index.is_some_and(ready)) }
    }

    fn facts(self, done: Done, options: &Options<'_>) -> Facts {
        let source = self.source();
        let events = match self.switches {
            Ok(_) if self.events.len() > options.max_events => {
                untold(format!("there were more than {} switches", options.max_events))
            }
            Ok(switches) if switches.lost > 0 => untold(format!(
                "the kernel dropped {} records of switches: too many at a time",
                switches.lost
            )),
            Ok(_) => Ok(self.events),
            Err(reason) => Err(reason),
        };
        Facts {
            root: self.root,
            begin_ns: self.begin_ns.unwrap_or(done.begin_ns),
            before: self.before,
            group: self.group,
            source,
            traced: self.traced,
            events,
            tasks: self.tasks,
            stopped: self.stopped,
            done,
        }
    }
}

/// How a job ended, and what was read of its outputs.
type Over = (Result<Done, handle::Failed>, [Option<Reader>; 2]);

struct Ready {
    supervisor: bool,
    outputs: [bool; 2],
}

fn wish_to_stop(options: &Options<'_>, deadline: Option<Instant>) -> Option<Stopped> {
    if options.interrupt.is_some_and(|interrupt| interrupt.load(Ordering::Relaxed)) {
        return Some(Stopped::Interrupt);
    }
    deadline.is_some_and(|deadline| Instant::now() >= deadline).then_some(Stopped::Timeout)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A traced process that is killed stops as it ends, with all its pipes open.
    #[test]
    fn a_child_that_is_killed_before_it_becomes_its_program_ends_the_job() {
        let spec = Spec::new("true", [""; 0]);
        let (path, args) = lookup::resolve(&spec).unwrap();
        let streams = Streams::open(&spec).unwrap();
        let mut supervisor = Supervisor::start().unwrap();
        supervisor.write(&spec, &path, &args).unwrap();
        let Ok(Submitted::Held(child)) = supervisor.submit(&streams.given, true, true) else {
            panic!("it is to be held");
        };
        let pid = rustix::process::Pid::from_raw(child.pid).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        child.release();
        let mut told = [PollFd::from_borrowed_fd(supervisor.descriptor(), PollFlags::IN)];
        let limit = Timespec { tv_sec: 60, tv_nsec: 0 };
        assert_eq!(poll(&mut told, Some(&limit)), Ok(1), "the supervisor does not wait for ever");
        supervisor.discard().unwrap();
    }
}
