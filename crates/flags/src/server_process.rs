//! A server in its own process, for as long as it is needed.
//!
//! Where clients are measured the server must not be in their process: its CPU time and its threads would be
//! taken for theirs. The process is a worker of a pool with one place, in which a task starts the server and
//! leaves it running; it ends with the pool. Worker processes do not see Ctrl-C, so that a run can be stopped
//! without its server going first.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::server::{Background, Delay, Settings, Site};
use speedup_executor::task::TaskEntry;
use speedup_executor::{Executor, ProcessPoolExecutor, Spin, Task};
use speedup_machine::limits::make_room_for_files;

/// What the server's process must be able to run; see [`worker::init`](speedup_executor::worker::init).
pub const TASKS: [TaskEntry; 1] = [TaskEntry::of::<Serve>()];

/// Connections that the server has room for, and some files for itself.
const FILES: u64 = 2048;

/// When the server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answers {
    /// Without delay.
    AtOnce,
    /// After that time.
    After(Duration),
}

/// A server process. It ends when this is dropped.
pub struct ServerProcess {
    /// Where it listens.
    pub addr: SocketAddr,
    _process: ProcessPoolExecutor,
}

/// Starts a server on a port that is free.
///
/// # Errors
///
/// One line on what keeps it from starting.
pub fn start(answers: Answers) -> Result<ServerProcess, String> {
    let failed = |reason: String| format!("cannot start the server: {reason}");
    let process = ProcessPoolExecutor::builder().max_workers(1).worker_name_prefix("server");
    let process = process.spin(Spin::Never).build().map_err(|error| failed(error.to_string()))?;
    let addr = process.submit(Serve(answers)).and_then(|future| future.take(None));
    let addr = addr.map_err(|error| failed(error.to_string()))?.map_err(failed)?;
    Ok(ServerProcess { addr, _process: process })
}

/// Starts the server in the process that runs this, and leaves it running.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Serve(Answers);

impl Task for Serve {
    const NAME: &'static str = "speedup.flags.serve";
    type Output = Result<SocketAddr, String>;

    fn run(self) -> Self::Output {
        let _ = make_room_for_files(FILES);
        let server = Background::start(settings(self.0)).map_err(|error| error.to_string())?;
        // It lasts as long as the process.
        Ok(Box::leak(Box::new(server)).addr())
    }
}

fn settings(answers: Answers) -> Settings {
    match answers {
        Answers::AtOnce => Settings::of(Site::Local),
        Answers::After(delay) => Settings { delay: Delay::Fixed(delay), ..Settings::of(Site::Delay) },
    }
}
