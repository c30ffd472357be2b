//! `speedup demo futures`: futures as they are scheduled and as they complete (Examples 17-4 and
//! 17-5). The flags come from a server in this program, which takes its time with each.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{say, workers};
use crate::cli::ExitError;
use crate::settings::reader::{Reader, one_of};
use speedup_executor::{EXECUTORS, Executor, ExecutorKind, Future, Task, as_completed};
use speedup_flags::client::fetch::fetch;
use speedup_flags::codes::CountryCode;
use speedup_flags::server::{Background, Delay, Settings, Site};
use speedup_report::record::BASELINE;

#[derive(Debug, Args)]
pub(in crate::cli) struct FuturesArgs {
    /// Number of workers
    #[arg(long, value_name = "N", default_value = "3", allow_hyphen_values = true, value_parser = workers())]
    workers: usize,
    /// The executor: threads, processes or rayon
    #[arg(
        long, value_name = "NAME", default_value = "threads", value_parser = pools(),
        hide_possible_values = true
    )]
    executor: Pool,
}

/// An executor with workers.
#[derive(Clone, Copy)]
struct Pool(&'static dyn ExecutorKind);

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name())
    }
}

fn pools() -> Reader<Pool> {
    let pools = EXECUTORS.iter().filter(|kind| kind.name() != BASELINE);
    one_of("pool", pools.map(|kind| (kind.name(), kind.summary(), Pool(*kind))))
}

/// The five most populous countries in alphabetical order.
const COUNTRIES: [[u8; 2]; 5] = [*b"BR", *b"CN", *b"ID", *b"IN", *b"US"];

/// How long the server takes for a flag: long enough to see who waits for whom.
const DELAY: Delay = Delay::Uniform(Duration::from_millis(200), Duration::from_millis(450));

/// How long a task may take to be with its worker.
const PATIENCE: Duration = Duration::from_secs(2);

/// Downloads a flag, prints the country's code and gives it back.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Download {
    server: SocketAddr,
    cc: [u8; 2],
}

/// A flag that has arrived.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Flag {
    cc: String,
    bytes: usize,
}

impl Task for Download {
    const NAME: &'static str = "speedup.demo.download";
    type Output = Result<Flag, String>;

    fn run(self) -> Self::Output {
        let cc = CountryCode::new(self.cc).ok_or("no country code")?;
        let image = fetch(self.server, 0, cc).map_err(|failure| format!("{cc}: {failure}"))?;
        let image = image.ok_or_else(|| format!("{cc}: not found"))?;
        say(&format!("{cc} "));
        Ok(Flag { cc: cc.to_string(), bytes: image.len() })
    }
}

pub(super) fn show(args: &FuturesArgs) -> Result<(), ExitError> {
    let settings = Settings { delay: DELAY, ..Settings::of(Site::Delay) };
    let server = Background::start(settings).map_err(ExitError::because)?;
    download(args, server.addr())
}

fn download(args: &FuturesArgs, server: SocketAddr) -> Result<(), ExitError> {
    let start = Instant::now();
    let workers = args.workers;
    let executor = args.executor.0.start(workers).map_err(ExitError::because)?;
    let mut to_do = Vec::new();
    for cc in COUNTRIES {
        let future = executor.submit(Download { server, cc }).map_err(ExitError::because)?;
        if to_do.len() < workers {
            wait_for_its_worker(&future);
        }
        say(&format!("Scheduled for {}: {future}\n", String::from_utf8_lossy(&cc)));
        to_do.push(future);
    }
    let (mut count, mut bytes) = (0, 0);
    for future in as_completed(to_do, None) {
        let future = future.map_err(ExitError::because)?;
        let result = future.result(None).map_err(ExitError::because)?;
        let flag = result.as_ref().map_err(|failure| ExitError::Failure(failure.clone()))?;
        say(&format!("{future} result: '{}'\n", flag.cc));
        (count, bytes) = (count + 1, bytes + flag.bytes);
    }
    let seconds = start.elapsed().as_secs_f64();
    say(&format!("\n{count} flags downloaded in {seconds:.2}s: {bytes} bytes from http://{server}\n"));
    Ok(())
}

/// There is a worker for the task, but it may have to start first; what is shown is the state once it
/// has.
fn wait_for_its_worker<T>(future: &Future<T>) {
    let start = Instant::now();
    while !future.running() && !future.done() && start.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(1));
    }
}
