//! The pools' own files under a model checker, which runs them under many schedules.
//!
//! What is here stands in place of what the files take from elsewhere: locks, atomics and threads of
//! shuttle's in place of those of `std`; for a worker process a thread, and for the socket to it a line
//! that is made of the same locks. Everything between them is compiled from `src`: futures, queue, gate,
//! dispatch, mailbox, and the worker's loop. Shuttle takes every atomic operation for sequentially
//! consistent, which is what those of the mailbox are.
//!
//! That the model finds what it is there to find is shown by leaving out one step at a time: then it
//! must find a thread that waits for ever.
//!
//! * `sync`, `system`, `ipc`, `process`, `panics`, `shared`: what the files find under these names
//! * `scenarios`: what is run

#![allow(dead_code, unused_imports, unused_macros, unreachable_pub, unsafe_code, missing_docs)]
#![allow(clippy::all, clippy::pedantic)] // the files are linted where they belong

#[path = "../../src/attachments.rs"]
mod attachments;
#[path = "../../src/blocking.rs"]
mod blocking;
#[path = "../../src/error.rs"]
pub mod error;
#[path = "../../src/future/mod.rs"]
pub mod future;
mod ipc;
#[path = "../../src/looking.rs"]
mod looking;
mod panics;
#[path = "../../src/pool/mod.rs"]
pub mod pool;
pub mod process;
mod scenarios;
mod shared;
mod suite;
mod sync;
mod system;
#[path = "../../src/table.rs"]
mod table;
#[path = "../../src/task.rs"]
pub mod task;
#[path = "../../src/wire/mod.rs"]
mod wire;
#[path = "../../src/work/mod.rs"]
pub mod work;

use libtest_mimic::Arguments;

pub use error::{Error, Exit};
pub use future::Future;
pub use future::wait::{ReturnWhen, wait};
pub use pool::policy::{CancelFutures, OnCrash, Wait};
pub use process::worker;
pub use task::Task;
pub use work::Work;
use work::{closure, submission};

fn main() {
    worker::init(scenarios::pool::TASKS);
    libtest_mimic::run(&Arguments::from_args(), scenarios::trials()).exit();
}
