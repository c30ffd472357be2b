//! Holds contests: different ways to do the same work, measured in turn in one process.
//!
//! A bench is a plain `main` (`harness = false`) that hands contests to a [`Bench`]:
//!
//! ```ignore
//! use speedup_bench_support::bench::Bench;
//!
//! fn main() -> ExitCode {
//!     // Process pools only: speedup_executor::worker::init(TASKS) stands before it.
//!     let mut bench = match Bench::new("data") { Ok(bench) => bench, Err(code) => return code };
//!     bench.hold(
//!         Contest::new("hand-over of 1 MiB", Unit::PerSecond("bytes"))
//!             .floor("memcpy", || measure(1048576.0, || copy(&from, &mut to)))
//!             .contender("copy to a process", || Reading { wall_s, cpu_s: None, amount: 1048576.0 })
//!             .target("copy to a process", Against::of("memcpy"), Limit::AtLeast(0.6))
//!             .target("copy to a process", Against::Itself, Limit::AtLeast(1e9))
//!             .compare("copy to a process", Against::of("another contender")),
//!     );
//!     bench.fact("memory of a pending task", bytes, "bytes", Some(Limit::AtMost(96.0)));
//!     bench.finish()
//! }
//! ```
//!
//! A contender is a closure that does the work and gives a [`Reading`]; what it needs it holds. Each
//! does its work once before the rounds, unmeasured. One measurement should take some milliseconds:
//! long against a probe of 4 µs, short against the minutes in which a machine drifts.
//!
//! `cargo bench --bench NAME` measures, prints the tables, and keeps `ratios.md`, `ratios.csv`,
//! `samples.csv` and `environment.json` in a new folder `results/DATE-NAME`, written anew after each
//! contest. `-- TEXT` holds only the contests whose title has that text; `-- --quick`, or a number in
//! `SPEEDUP_ROUNDS`, makes it shorter; `SPEEDUP_OUT` and `SPEEDUP_NAME` name another folder. Run as a
//! test, each contender does its work once and nothing is kept.

#![allow(dead_code, reason = "each bench uses the part that it needs")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use crate::model::{self as held, Comparison, Fact, Role, Sample};
use crate::render::{Contests, ratios, samples};
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use rustix::time::{ClockId, clock_gettime};
use speedup::cli::{ExitError, complain};
use speedup::settings::values::RoundLimit;
use speedup::settings::{Limits, RunRequest, env};
use speedup::study::{describe, environment};
use speedup_machine::clock::monotonic_ns;
use speedup_machine::probe::probe;
use speedup_report::record::StoreError;
use speedup_report::record::store::{claim, write_whole};

pub use crate::model::{Against, Limit, Reading, Unit};

/// Rounds of a contest that does not say how many: an odd number has its own median, and the
/// quiet third of them still has an interval.
const ROUNDS: u32 = 25;

/// Rounds with `--quick`.
const QUICK_ROUNDS: u32 = 7;

/// Seed of the orders in the rounds.
const SEED: u64 = 0x5EED_0C0D_7E57;

/// Does the work, and tells how long it took, and the CPU time that this process used for it, in
/// all of its threads.
pub fn measure<R>(amount: f64, work: impl FnOnce() -> R) -> Reading {
    let (wall_ns, cpu_s) = (monotonic_ns(), process_cpu_s());
    let kept = std::hint::black_box(work());
    let reading = Reading {
        wall_s: (monotonic_ns() - wall_ns) as f64 * 1e-9,
        cpu_s: Some(process_cpu_s() - cpu_s),
        amount,
    };
    // To drop it is no part of the work.
    drop(kept);
    reading
}

/// Seconds of CPU time that this process has used so far, without its children.
#[must_use]
pub fn process_cpu_s() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// A contest that is to be held.
pub struct Contest<'a> {
    held: held::Contest,
    work: Vec<Box<dyn FnMut() -> Reading + 'a>>,
    rounds: u32,
}

impl<'a> Contest<'a> {
    /// A contest without contenders yet.
    #[must_use]
    pub fn new(title: &str, unit: Unit) -> Self {
        let held = held::Contest {
            title: title.to_string(),
            unit,
            contenders: Vec::new(),
            comparisons: Vec::new(),
            samples: Vec::new(),
        };
        Self { held, work: Vec::new(), rounds: ROUNDS }
    }

    /// Adds a way to do the work.
    #[must_use]
    pub fn contender(self, name: &str, work: impl FnMut() -> Reading + 'a) -> Self {
        self.with(name, Role::Contender, work)
    }

    /// Adds the least that the system asks for such work.
    #[must_use]
    pub fn floor(self, name: &str, work: impl FnMut() -> Reading + 'a) -> Self {
        self.with(name, Role::Floor, work)
    }

    fn with(mut self, name: &str, role: Role, work: impl FnMut() -> Reading + 'a) -> Self {
        assert!(
            self.held.contenders.iter().all(|(other, _)| other != name),
            "two contenders are called {name}"
        );
        self.held.contenders.push((name.to_string(), role));
        self.work.push(Box::new(work));
        self
    }

    /// Sets a contender against another, or its figure against nothing, with a bound on what comes out.
    #[must_use]
    pub fn target(self, ours: &str, against: Against, limit: Limit) -> Self {
        self.comparison(ours, against, Some(limit))
    }

    /// Sets a contender against another without a bound.
    #[must_use]
    pub fn compare(self, ours: &str, against: Against) -> Self {
        self.comparison(ours, against, None)
    }

    /// Sets a contender against every other that there is so far, without bounds.
    #[must_use]
    pub fn compare_with_all(self, ours: &str) -> Self {
        let names: Vec<String> = self.held.contenders.iter().map(|(name, _)| name.clone()).collect();
        let others = names.into_iter().filter(|name| name != ours);
        others.fold(self, |contest, other| contest.compare(ours, Against::of(other)))
    }

    fn comparison(mut self, ours: &str, against: Against, limit: Option<Limit>) -> Self {
        self.held.comparisons.push(Comparison { ours: ours.to_string(), against, limit });
        self
    }

    /// Holds that many rounds in place of 25: fewer for work that takes long, more for work that
    /// scatters.
    #[must_use]
    pub fn rounds(mut self, rounds: u32) -> Self {
        self.rounds = rounds;
        self
    }

    /// Refuses comparisons with what is not there, before any time is spent.
    fn check(&self) {
        let known = |name: &String| self.held.contenders.iter().any(|(other, _)| other == name);
        for comparison in &self.held.comparisons {
            let other = match &comparison.against {
                Against::Of(other) => Some(other),
                Against::Itself => None,
            };
            for name in std::iter::once(&comparison.ours).chain(other) {
                assert!(known(name), "{}: no contender is called {name}", self.held.title);
            }
        }
    }
}

/// How many rounds the caller wants.
#[derive(Debug, Clone, Copy)]
enum Rounds {
    /// So many in each contest.
    Each(u32),
    /// What the contest says, but no more than this.
    AtMost(u32),
}

/// A run of a bench: its contests, and where they are kept.
pub struct Bench {
    name: String,
    /// Folder in which it gets its own.
    out: PathBuf,
    contests: Contests,
    /// `None` where nothing is measured.
    folder: Option<PathBuf>,
    rounds: Rounds,
    titles: Vec<String>,
    notes: Vec<String>,
    failed: Option<StoreError>,
}

impl Bench {
    /// Reads the arguments and claims a folder.
    ///
    /// # Errors
    ///
    /// The code to exit with, once it has said what is wrong.
    pub fn new(name: &str) -> Result<Self, ExitCode> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let given = |option: &str| arguments.iter().any(|argument| argument == option);
        let usage = |problem| ExitError::Usage(problem).report();
        let limits: Limits = env::read().map_err(usage)?;
        let request: RunRequest = env::read().map_err(usage)?;
        let rounds = match limits.rounds {
            Some(RoundLimit(rounds)) => Rounds::Each(rounds),
            None if given("--quick") => Rounds::AtMost(QUICK_ROUNDS),
            None => Rounds::AtMost(u32::MAX),
        };
        let mut bench = Self {
            name: request.name.map_or_else(|| format!("bench-{name}"), |name| name.to_string()),
            out: request.out.unwrap_or_else(|| PathBuf::from("results")),
            contests: Contests::default(),
            folder: None,
            rounds,
            titles: arguments.iter().filter(|argument| !argument.starts_with('-')).cloned().collect(),
            notes: Vec::new(),
            failed: None,
        };
        if given("--bench") && !given("--test") {
            bench.claim().map_err(|error| {
                complain(&error.to_string());
                ExitCode::FAILURE
            })?;
        }
        Ok(bench)
    }

    /// Claims the folder, writes down what is measured on, and looks at the core for a while.
    fn claim(&mut self) -> Result<(), StoreError> {
        let out = &self.out;
        std::fs::create_dir_all(out).map_err(|source| StoreError { path: out.clone(), source })?;
        let (created, tool, environment) = (describe::now(), describe::tool(), environment::gather());
        let folder = claim(out, &format!("{}-{}", &created[..10], self.name))?;
        let json = serde_json::to_vec_pretty(&environment).expect("the environment is plain data");
        write_whole(&folder.join("environment.json"), &json)?;
        let revision = tool.git_revision.map(|revision| format!(", revision {revision}")).unwrap_or_default();
        self.notes = vec![
            format!("{created}, speedup {}{revision}", tool.version),
            environment.summary(),
            format!("{}; {}", built(&environment.kernel), built(&environment.rustc)),
        ];
        self.folder = Some(folder);
        self.contests.widths.extend((0..100).filter_map(|_| {
            std::thread::sleep(Duration::from_millis(1));
            Some(probe()?.width)
        }));
        Ok(())
    }

    /// Whether this is a measurement, and not a test that all works.
    #[must_use]
    pub fn measuring(&self) -> bool {
        self.folder.is_some()
    }

    /// Whether a contest of that title is to be held: for a bench whose contenders are costly to set up.
    #[must_use]
    pub fn wants(&self, title: &str) -> bool {
        self.titles.is_empty() || self.titles.iter().any(|text| title.contains(text.as_str()))
    }

    /// Holds a contest, prints what came out, and keeps it.
    pub fn hold(&mut self, mut contest: Contest<'_>) {
        contest.check();
        if !self.wants(&contest.held.title) {
            return;
        }
        for work in &mut contest.work {
            work();
        }
        if !self.measuring() {
            println!("{}: works", contest.held.title);
            return;
        }
        let rounds = match self.rounds {
            Rounds::Each(rounds) => rounds,
            Rounds::AtMost(most) => contest.rounds.min(most),
        };
        let mut random = Xoshiro256PlusPlus::seed_from_u64(SEED);
        let mut order: Vec<usize> = (0..contest.work.len()).collect();
        for round in 0..rounds {
            order.shuffle(&mut random);
            for &contender in &order {
                let before = probe();
                let reading = (contest.work[contender])();
                let widths = before.zip(probe()).map(|(before, after)| (before.width, after.width));
                self.contests.widths.extend(widths.into_iter().flat_map(|(before, after)| [before, after]));
                contest.held.samples.push(Sample { round, contender, reading, widths });
            }
        }
        println!("{}", self.contests.text(&contest.held));
        self.contests.held.push(contest.held);
        self.save();
    }

    /// Keeps a figure that needs no rounds.
    pub fn fact(&mut self, name: &str, value: f64, unit: &str, limit: Option<Limit>) {
        self.contests.facts.push(Fact { name: name.into(), value, unit: unit.into(), limit });
        self.save();
    }

    /// Adds a line to the head of the tables that are kept.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    fn save(&mut self) {
        if let Some(folder) = &self.folder {
            let saved = self.write(folder);
            self.failed = self.failed.take().or(saved.err());
        }
    }

    fn write(&self, folder: &Path) -> Result<(), StoreError> {
        let notes: Vec<String> =
            self.notes.iter().cloned().chain([self.contests.widths_in_words()]).collect();
        write_whole(&folder.join("ratios.md"), self.contests.markdown(&self.name, &notes).as_bytes())?;
        write_whole(&folder.join("ratios.csv"), ratios(&self.contests).as_bytes())?;
        write_whole(&folder.join("samples.csv"), samples(&self.contests).as_bytes())
    }

    /// Prints the rest and says where all is kept. Missed targets are no failure: they are what the tables
    /// are for.
    #[must_use]
    pub fn finish(self) -> ExitCode {
        let Some(folder) = &self.folder else { return ExitCode::SUCCESS };
        if !self.contests.facts.is_empty() {
            println!("{}", self.contests.facts_text());
        }
        println!("{}", self.contests.widths_in_words());
        if let Some(error) = &self.failed {
            complain(&error.to_string());
            return ExitCode::FAILURE;
        }
        if self.contests.held.is_empty() && self.contests.facts.is_empty() {
            // Nothing was asked for; an empty run is not worth a folder.
            let _ = std::fs::remove_dir_all(folder);
            complain("no contest has such a title");
            return ExitCode::FAILURE;
        }
        println!("Saved in {}", folder.display());
        ExitCode::SUCCESS
    }
}

fn built(fact: &speedup_report::record::Known<String>) -> String {
    fact.value().map_or_else(|| "unknown".to_string(), ToString::to_string)
}
