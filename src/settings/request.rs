//! The settings of a run as they are given. What is said of a field here is also its help.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Command, Id, ValueHint};

use super::pin::{Pin, pins};
#[cfg(feature = "mpi")]
use super::reader::whole;
use super::reader::{Reader, duration, one_of, some_of, text};
#[cfg(feature = "mpi")]
use super::values::MAX_WORKERS;
use super::values::{KernelChoice, Passes, Precision, RoundLimit, RunName, Seed, WorkerCounts};
use crate::workload::Scale;
use speedup_machine::placement::Placement;
use speedup_report::record::{Data, Fill, PoolMode};
use speedup_values::List;

/// What to measure and where to keep it; what is absent takes its default.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(next_help_heading = "What to measure")]
pub struct RunRequest {
    /// Workloads, separated by commas; see 'speedup list' [default: all except those that run only
    /// when named]
    #[arg(long, value_name = "NAME,…", value_parser = text::<List<String>>())]
    pub workload: Option<List<String>>,
    /// Executors, separated by commas [default: threads,processes, and async if every workload waits]
    #[arg(long, value_name = "NAME,…", value_parser = text::<List<String>>())]
    pub executor: Option<List<String>>,
    /// Numbers of workers, up to 1024: N, A..B or a list; 1 is always added [default: 1 to the number
    /// of CPUs available to this process; for workloads that wait, up to 1000]
    #[arg(
        long, value_name = "N|A..B|LIST", allow_hyphen_values = true, value_parser = text::<WorkerCounts>()
    )]
    pub workers: Option<WorkerCounts>,
    /// Start and stop a pool within each timing (cold), or start it once and keep it (warm)
    /// [default: cold]
    #[arg(long, value_name = "cold|warm", value_parser = pools(), hide_possible_values = true)]
    pub pool: Option<PoolMode>,
    /// Keep each worker to one CPU, in this order: hardware threads of a core one after another (compact),
    /// one per core first with memory nodes in turn (scatter) or node by node (cores), or CPUs as listed,
    /// such as 0,2,4-7; the serial baseline is kept to the first [default: none]
    #[arg(
        long, value_name = "none|compact|scatter|cores|LIST", allow_hyphen_values = true,
        value_parser = pins(), hide_possible_values = true
    )]
    pub pin: Option<Pin>,
    /// How N workers of mpi are laid out: one host is filled before the next (compact), or as evenly as
    /// can be (scatter) [default: compact]
    #[cfg_attr(
        feature = "mpi",
        arg(long, value_name = "compact|scatter", value_parser = fills(), hide_possible_values = true)
    )]
    #[cfg_attr(not(feature = "mpi"), arg(skip))]
    pub hosts_fill: Option<Fill>,
    /// Workers of mpi that a host takes before all hosts are full [default: its CPUs]
    #[cfg_attr(feature = "mpi", arg(long, value_name = "N", value_parser = whole(1..=MAX_WORKERS)))]
    #[cfg_attr(not(feature = "mpi"), arg(skip))]
    pub workers_per_host: Option<usize>,
    /// Ways to measure the ceiling of the machine, which is what pinned threads do without a queue: in the
    /// order compact, scatter or cores (see --pin), and 'triad', how much memory they read and write; the
    /// first is the one that executors are compared with [default: the order of --pin, else cores]
    #[arg(long, value_name = "WAY,…", value_parser = ceilings(), hide_possible_values = true)]
    pub ceiling: Option<List<CeilingWay>>,
    /// Kernel of each workload, such as rc4=tuned; for a single workload, the kernel alone [default:
    /// the first of each in 'speedup list']
    #[arg(long, value_name = "NAME=KERNEL,…", value_parser = text::<KernelChoice>())]
    pub kernel: Option<KernelChoice>,
    /// How arrays reach workers, each way with its own serial baseline: made by the worker (generate),
    /// sent with the task (copy), or in shared memory (shared) [default: generate]
    #[arg(long, value_name = "WAY,…", value_parser = ways(), hide_possible_values = true)]
    pub data: Option<List<Data>>,
    /// How often a job computes over its array, such as rc4=80; for a single workload, the number
    /// alone [default: see 'speedup list']
    #[arg(long, value_name = "NAME=N,…", allow_hyphen_values = true, value_parser = text::<Passes>())]
    pub passes: Option<Passes>,
    /// Array sizes: book, or tiny for quick tests [default: book]
    #[arg(long, value_name = "book|tiny", value_parser = scales(), hide_possible_values = true)]
    pub scale: Option<Scale>,
    /// Seed of the arrays and of the order of cases [default: 17]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = text::<Seed>())]
    pub seed: Option<Seed>,
    /// Folder in which each run gets its own folder [default: results]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Output")]
    pub out: Option<PathBuf>,
    /// Name of the run, part of its folder's name [default: run]
    #[arg(
        long, value_name = "NAME", allow_hyphen_values = true, value_parser = text::<RunName>(),
        help_heading = "Output"
    )]
    pub name: Option<RunName>,
    /// Parameters of workloads, as names and values; each is its own option
    #[arg(skip)]
    pub parameters: Vec<(String, String)>,
}

impl RunRequest {
    /// The names of the settings, as clap knows them.
    pub(crate) fn names() -> Vec<Id> {
        let command = Self::augment_args(Command::new("settings"));
        command.get_arguments().map(|arg| arg.get_id().clone()).collect()
    }
}

/// When to stop; what is absent takes its default. Whichever is reached first counts.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(next_help_heading = "When to stop")]
pub struct Limits {
    /// Stop after this many counted rounds [default: 100, if --max-time is not given either]
    #[arg(
        long, visible_alias = "runs", value_name = "N", allow_hyphen_values = true,
        value_parser = text::<RoundLimit>()
    )]
    pub rounds: Option<RoundLimit>,
    /// Stop when the half-width of every speedup's 95 % interval is at most this share of the speedup
    /// [default: 1%]
    #[arg(long, value_name = "SHARE", allow_hyphen_values = true, value_parser = text::<Precision>())]
    pub precision: Option<Precision>,
    /// Stop before exceeding this time, such as 60s or 5m [default: 2m, if --rounds is not given either]
    #[arg(
        long, value_name = "TIME", allow_hyphen_values = true,
        value_parser = duration(MAX_TIME.0..=MAX_TIME.1)
    )]
    pub max_time: Option<Duration>,
}

/// Limits of `--max-time`.
pub(crate) const MAX_TIME: (Duration, Duration) =
    (Duration::from_millis(1), Duration::from_secs(100 * 24 * 3600));

impl Limits {
    /// Whether no limit is given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn pools() -> Reader<PoolMode> {
    let cold = (PoolMode::Cold.name(), "start and stop a pool within each timing", PoolMode::Cold);
    let warm = (PoolMode::Warm.name(), "start a pool once and keep it", PoolMode::Warm);
    one_of("pool", [cold, warm])
}

#[cfg(feature = "mpi")]
fn fills() -> Reader<Fill> {
    let compact = (Fill::Compact.name(), "one host is filled before the next", Fill::Compact);
    let scatter = (Fill::Scatter.name(), "as evenly as can be", Fill::Scatter);
    one_of("layout over hosts called", [compact, scatter])
}

fn ways() -> Reader<List<Data>> {
    let way = |way: Data| {
        let summary = match way {
            Data::Generate => "the worker makes its array",
            Data::Copy => "the array is sent with the task",
            Data::Shared => "the array is in shared memory",
        };
        (way.name(), summary, way)
    };
    some_of("way to pass data called", Data::ALL.map(way))
}

/// One way to measure the ceiling of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CeilingWay {
    /// The work of each workload, in an order of CPUs.
    Order(Placement),
    /// The triad, in the order of the first way that is one.
    Triad,
}

impl CeilingWay {
    /// Name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Order(order) => order.name(),
            Self::Triad => "triad",
        }
    }
}

fn ceilings() -> Reader<List<CeilingWay>> {
    let way = |way: CeilingWay| {
        let summary = match way {
            CeilingWay::Order(order) => order.summary(),
            CeilingWay::Triad => "how much memory is read and written",
        };
        (way.name(), summary, way)
    };
    let orders = Placement::ALL.map(CeilingWay::Order);
    some_of("way to measure the ceiling called", orders.into_iter().chain([CeilingWay::Triad]).map(way))
}

fn scales() -> Reader<Scale> {
    let book = (Scale::Book.name(), "as in the book", Scale::Book);
    let tiny = (Scale::Tiny.name(), "for quick tests", Scale::Tiny);
    one_of("scale", [book, tiny])
}
