//! A program with a known fault, to find out whether an account from outside puts it where it is.
//!
//! [`perform`] is that program: a binary that tests an observer calls it in its own process. It works
//! on some threads, does one thing wrong on purpose, and tells by its own clocks how many worker-seconds
//! that cost: the truth that a row of the account is compared with. All work is measured in CPU time, so
//! that a busy machine makes it longer but not more.

use std::fs::File;
use std::io::Read;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::account::Cause;
use crate::spec::{Options, Output, Spec};
use crate::{Error, Runner};

/// CPU time of the plain work of all threads together.
const WORK: Duration = Duration::from_millis(400);

/// What is done wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// So many percent of the work are done before the threads start.
    Serial(u32),
    /// Every thread does more work in user mode than its share.
    ExtraUser,
    /// Every thread has the kernel do work that nothing needs.
    ExtraSystem,
    /// Half the work is done under one lock.
    Lock,
    /// All threads wait for a time that they spend asleep.
    Sleep,
    /// One of the threads has more work than the others.
    Unequal,
    /// Half of four threads have more work than the others.
    HalfUnequal,
    /// All threads are kept to one CPU, on which another program runs too.
    Hog,
    /// Processes end with much memory, which the kernel has to take back.
    Exits,
}

impl Fault {
    /// All faults that a self-test tries.
    pub const ALL: [Self; 11] = [
        Self::Serial(10),
        Self::Serial(30),
        Self::Serial(50),
        Self::ExtraUser,
        Self::ExtraSystem,
        Self::Lock,
        Self::Sleep,
        Self::Unequal,
        Self::HalfUnequal,
        Self::Hog,
        Self::Exits,
    ];

    /// No fault at all: what is measured of it is the error of a serial fraction of 0.
    pub const NONE: Self = Self::Serial(0);

    /// What it is called, in arguments and in reports.
    #[must_use]
    pub fn name(self) -> String {
        let name = match self {
            Self::Serial(percent) => return format!("serial-{percent}"),
            Self::ExtraUser => "extra-user",
            Self::ExtraSystem => "extra-system",
            Self::Lock => "lock",
            Self::Sleep => "sleep",
            Self::Unequal => "unequal",
            Self::HalfUnequal => "half-unequal",
            Self::Hog => "hog",
            Self::Exits => "exits",
        };
        name.to_string()
    }

    fn parse(name: &str) -> Option<Self> {
        if let Some(percent) = name.strip_prefix("serial-") {
            return percent.parse().ok().filter(|percent| *percent <= 100).map(Self::Serial);
        }
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }

    /// Threads that work.
    #[must_use]
    pub fn workers(self) -> u32 {
        match self {
            Self::HalfUnequal => 4,
            Self::Exits => 1,
            _ => 2,
        }
    }

    /// The row in which an account should find it.
    #[must_use]
    pub fn cause(self) -> Cause {
        match self {
            Self::Serial(_) | Self::Lock | Self::Unequal => Cause::Serial,
            Self::ExtraUser => Cause::ExtraUser,
            Self::ExtraSystem => Cause::ExtraSystem,
            Self::Sleep => Cause::Idle,
            Self::HalfUnequal => Cause::Partial,
            Self::Hog => Cause::RunQueue,
            Self::Exits => Cause::Exit,
        }
    }
}

/// What a faulty program knows of its fault by its own clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Truth {
    /// Worker-nanoseconds that it cost.
    pub cost_ns: u64,
    /// CPU time during which one thread worked alone, in ns.
    pub alone_cpu_ns: u64,
    /// CPU time of all its work, in ns.
    pub cpu_ns: u64,
}

impl Truth {
    /// From what [`perform`] printed.
    #[must_use]
    pub fn parse(printed: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(printed).ok()?;
        let mut numbers =
            text.lines().find_map(|line| line.strip_prefix("truth "))?.split(' ').map(str::parse);
        let mut next = || numbers.next()?.ok();
        Some(Self { cost_ns: next()?, alone_cpu_ns: next()?, cpu_ns: next()? })
    }

    fn print(&self) -> String {
        format!("truth {} {} {}\n", self.cost_ns, self.alone_cpu_ns, self.cpu_ns)
    }
}

/// Is the faulty program, with the arguments that [`arguments`] gives; returns what it should print.
///
/// # Errors
///
/// If these are not such arguments, or something it needs was refused.
pub fn perform(args: &[String]) -> Result<String, String> {
    let [name, workers, faulty] = args else { return Err("inject FAULT WORKERS yes|no".into()) };
    let workers = workers.parse().ok().filter(|workers| *workers > 0).ok_or("no such number of workers")?;
    let faulty = faulty == "yes";
    let truth = match name.as_str() {
        "hogging" => loop {
            burn(WORK);
        },
        "dying" => dying(faulty),
        _ => inject(Fault::parse(name).ok_or("no such fault")?, workers, faulty)?,
    };
    Ok(truth.print())
}

/// The arguments for [`perform`].
#[must_use]
pub fn arguments(fault: Fault, workers: u32, faulty: bool) -> Vec<String> {
    vec![fault.name(), workers.to_string(), if faulty { "yes" } else { "no" }.to_string()]
}

/// The arguments for [`perform`] that make it run until it is killed.
#[must_use]
pub fn hogging() -> Vec<String> {
    vec!["hogging".into(), "1".into(), "yes".into()]
}

fn inject(fault: Fault, workers: u32, faulty: bool) -> Result<Truth, String> {
    let share = WORK / workers;
    let cost = |cost_ns| Truth { cost_ns, ..Truth::default() };
    Ok(match fault {
        Fault::Serial(percent) => {
            let serial = if faulty { WORK * percent / 100 } else { Duration::ZERO };
            let (began, alone_cpu_ns) = (Instant::now(), burn(serial));
            let alone_ns = ns(began.elapsed());
            let team = Team::work(workers, |_| burn(WORK.saturating_sub(serial) / workers));
            let cpu_ns = alone_cpu_ns + team.used();
            let alone_cpu_ns = alone_cpu_ns + team.last_alone();
            Truth { cost_ns: u64::from(workers - 1) * alone_ns + team.tail(), alone_cpu_ns, cpu_ns }
        }
        Fault::Unequal | Fault::HalfUnequal if faulty => {
            let longer = if fault == Fault::Unequal { 1 } else { workers / 2 };
            let extra = WORK / 2 / longer;
            let more = |index| if index < longer { extra } else { Duration::ZERO };
            let team = Team::work(workers, |index| burn(share + more(index)));
            cost(if fault == Fault::Unequal { team.tail() } else { team.partial() })
        }
        Fault::Lock if faulty => {
            let (lock, waited_ns) = (Mutex::new(()), AtomicU64::new(0));
            let team = Team::work(workers, |_| {
                let before = burn(share / 2);
                let began = Instant::now();
                let held = lock.lock();
                waited_ns.fetch_add(ns(began.elapsed()), Ordering::Relaxed);
                let used = before + burn(share / 2);
                drop(held);
                used
            });
            cost(waited_ns.into_inner() + team.tail())
        }
        // Lanes are empty at the end of these, too, where threads got different shares of the CPUs.
        Fault::Unequal | Fault::Lock => cost(Team::work(workers, |_| burn(share)).tail()),
        Fault::HalfUnequal => cost(Team::work(workers, |_| burn(share)).partial()),
        Fault::Exits => cost(exits(faulty).map_err(|error| error.to_string())?),
        Fault::Hog => cost(Team::work(workers, |_| burn(share)).waited()),
        _ if !faulty => {
            Team::work(workers, |_| burn(share));
            cost(0)
        }
        Fault::ExtraUser => cost(Team::work(workers, |_| burn(share) + burn(WORK / 4)).used() - ns(WORK)),
        Fault::ExtraSystem => {
            let asked_ns = AtomicU64::new(0);
            Team::work(workers, |_| {
                asked_ns.fetch_add(ask_the_kernel(WORK / 4), Ordering::Relaxed);
                burn(share)
            });
            cost(asked_ns.into_inner())
        }
        Fault::Sleep => {
            let began = Instant::now();
            thread::sleep(WORK / 2);
            let slept = ns(began.elapsed());
            Team::work(workers, |_| burn(share));
            cost(u64::from(workers) * slept)
        }
    })
}

fn ns(time: Duration) -> u64 {
    time.as_nanos() as u64
}

/// Threads that worked at the same time: what CPU time each used, and when it ended.
struct Team(Vec<(u64, u64)>);

impl Team {
    fn work(workers: u32, work: impl Fn(u32) -> u64 + Sync) -> Self {
        let began = Instant::now();
        let one = |index| (work(index), ns(began.elapsed()));
        Self(thread::scope(|scope| {
            let one = &one;
            let threads: Vec<_> = (1..workers).map(|index| scope.spawn(move || one(index))).collect();
            let mut all = vec![one(0)];
            all.extend(threads.into_iter().filter_map(|thread| thread.join().ok()));
            all
        }))
    }

    fn used(&self) -> u64 {
        self.0.iter().map(|(used, _)| used).sum()
    }

    /// The time that threads were there and had no CPU.
    fn waited(&self) -> u64 {
        self.0.iter().map(|(used, end)| end.saturating_sub(*used)).sum()
    }

    /// The worker-nanoseconds of those that have ended until the last one ends.
    fn tail(&self) -> u64 {
        let last = self.0.iter().map(|(_, end)| *end).max().unwrap_or(0);
        self.0.iter().map(|(_, end)| last - end).sum()
    }

    /// As [`Team::tail`], but only until the last but one ends.
    fn partial(&self) -> u64 {
        self.tail() - (self.0.len() as u64 - 1) * self.alone()
    }

    /// The time from the end of the last but one to that of the last.
    fn alone(&self) -> u64 {
        let mut ends: Vec<u64> = self.0.iter().map(|(_, end)| *end).collect();
        ends.sort_unstable();
        if let [.., before, last] = ends[..] { last - before } else { 0 }
    }

    /// The CPU time of the last one after all others have ended, as it got one on average.
    fn last_alone(&self) -> u64 {
        let last = self.0.iter().max_by_key(|(_, end)| *end);
        last.map_or(0, |(used, end)| (self.alone() as f64 * *used as f64 / (*end).max(1) as f64) as u64)
    }
}

/// Uses so much CPU time of the calling thread; what it was exactly, in ns.
fn burn(time: Duration) -> u64 {
    let began = cpu_ns(ClockId::ThreadCPUTime);
    let mut state = 1_u64;
    loop {
        // Long against the call that asks for the time.
        for _ in 0..100_000 {
            state = std::hint::black_box(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        }
        let used = cpu_ns(ClockId::ThreadCPUTime) - began;
        if u128::from(used) >= time.as_nanos() {
            return used;
        }
    }
}

/// The same in the kernel: has memory cleared.
fn ask_the_kernel(time: Duration) -> u64 {
    let began = cpu_ns(ClockId::ThreadCPUTime);
    let mut buffer = vec![0; 1 << 20];
    let mut zero = File::open("/dev/zero").ok();
    loop {
        if let Some(zero) = &mut zero {
            let _ = zero.read(&mut buffer);
        }
        let used = cpu_ns(ClockId::ThreadCPUTime) - began;
        if u128::from(used) >= time.as_nanos() {
            return used;
        }
    }
}

fn cpu_ns(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Runs processes that use much memory one after another; the CPU time that they used after their last
/// words.
fn exits(faulty: bool) -> Result<u64, Error> {
    let program = std::env::current_exe().map_err(Error::system("find the program itself"))?;
    let own: Vec<_> = std::env::args_os().skip(1).collect();
    // What comes before the three arguments of `perform` is how to get there.
    let mut args = own[..own.len().saturating_sub(3)].to_vec();
    args.extend(["dying".into(), "1".into(), if faulty { "yes" } else { "no" }.into()]);
    let mut spec = Spec::new(program, args);
    spec.stdout = Output::Digest { tail: 100 };
    let mut runner = Runner::new()?;
    let mut after_ns = 0;
    for _ in 0..8 {
        let execution = runner.run(&spec, &Options::cheap())?;
        let told = execution.stdout.as_ref().and_then(|stream| Truth::parse(&stream.tail));
        after_ns += told.map_or(0, |told| execution.cpu_ns.saturating_sub(told.cost_ns));
    }
    Ok(after_ns)
}

/// Uses memory; ends with it, or gives it back before; CPU time until then.
fn dying(keeps: bool) -> Truth {
    let memory = vec![1_u8; 128 << 20];
    std::hint::black_box(&memory);
    if keeps {
        std::mem::forget(memory);
    } else {
        drop(memory);
    }
    Truth { cost_ns: cpu_ns(ClockId::ProcessCPUTime), ..Truth::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_again() {
        for fault in Fault::ALL {
            assert_eq!(Fault::parse(&fault.name()), Some(fault));
        }
        assert_eq!(Fault::parse("serial-101"), None);
        let truth = Truth { cost_ns: 12, alone_cpu_ns: 3, cpu_ns: 4 };
        assert_eq!(Truth::parse(format!("x\n{}", truth.print()).as_bytes()), Some(truth));
        assert_eq!(Truth::parse(b"truth 1 2"), None);
    }

    #[test]
    fn work_takes_the_cpu_time_it_should() {
        let used = burn(Duration::from_millis(3));
        assert!(used >= 3_000_000, "{used}");
        let team = Team(vec![(10, 40), (30, 100)]);
        assert_eq!((team.used(), team.waited(), team.tail(), team.last_alone()), (40, 100, 60, 18));
        let team = Team(vec![(1, 100), (1, 40), (1, 70), (1, 40)]);
        // Two lanes empty for 30, then three for 30.
        assert_eq!((team.tail(), team.partial(), team.alone()), (150, 60, 30));
    }
}
