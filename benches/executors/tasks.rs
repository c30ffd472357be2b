//! What the pools run: as little as possible.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use speedup_executor::Task;
use speedup_executor::task::TaskEntry;

/// Tasks that worker processes of this program know.
pub(crate) static TASKS: &[TaskEntry] = &[
    TaskEntry::of::<Echo>(),
    TaskEntry::of::<Increment>(),
    TaskEntry::of::<Pause>(),
    TaskEntry::of::<Hold>(),
];

/// Gives back the 64 bytes that the floors send too.
#[derive(Serialize, Deserialize)]
pub(crate) struct Echo(pub(crate) [u64; 8]);

impl Task for Echo {
    const NAME: &'static str = "echo";
    type Output = [u64; 8];

    fn run(self) -> [u64; 8] {
        self.0
    }
}

/// The least that still has an argument and a result.
#[derive(Serialize, Deserialize)]
pub(crate) struct Increment(pub(crate) u64);

impl Task for Increment {
    const NAME: &'static str = "increment";
    type Output = u64;

    fn run(self) -> u64 {
        self.0 + 1
    }
}

/// Keeps its worker for that many milliseconds.
#[derive(Serialize, Deserialize)]
pub(crate) struct Pause(pub(crate) u64);

impl Task for Pause {
    const NAME: &'static str = "pause";
    type Output = ();

    fn run(self) {
        std::thread::sleep(std::time::Duration::from_millis(self.0));
    }
}

/// Keeps its worker until there is a file of that name.
#[derive(Serialize, Deserialize)]
pub(crate) struct Hold(pub(crate) PathBuf);

impl Task for Hold {
    const NAME: &'static str = "hold";
    type Output = ();

    fn run(self) {
        let mut pause = std::time::Duration::from_millis(1);
        while !self.0.exists() {
            std::thread::sleep(pause);
            // Hundreds of them would keep the CPUs from those that are still to start.
            pause = (2 * pause).min(std::time::Duration::from_millis(64));
        }
    }
}
