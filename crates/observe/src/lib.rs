//! Runs a program that one did not write, watches its whole process tree from outside, and accounts for
//! every worker-second.
//!
//! [`run`] runs a [`Spec`] and gives an [`Execution`]: how it ended, what it used, and, as far as the
//! system tells, a [`Trace`]: at every time, how many threads were on a CPU and how many waited for one.
//! [`account`] is a pure function of it: where the worker-seconds of `n` workers went.
//!
//! Every source of facts that is used needs no rights on a usual Linux; which one it was is in
//! [`Execution::source`], and what it cannot tell is an [`Untold`] with the reason, never zero.
//!
//! Nothing that is started outlives the watching program: not after a timeout, an interrupt or SIGKILL,
//! and not in its own session. A [`Runner`] is for many short jobs, one after another, on one worker.
//!
//! ```no_run
//! use speedup_observe::{Baseline, Options, Spec, account, run};
//!
//! let one = run(&Spec::new("make", ["-j1"]), &Options::default())?;
//! let four = run(&Spec::new("make", ["-j4"]), &Options::default())?;
//! for row in account(&four, 4, &Baseline::of(&one)).rows {
//!     println!("{:20} {:8.3} s", row.name(), row.seconds());
//! }
//! # Ok::<(), speedup_observe::Error>(())
//! ```

mod account;
pub mod confusion;
mod error;
mod execution;
pub mod inject;
#[cfg(target_os = "linux")]
mod linux;
mod lookup;
#[cfg(any(test, not(target_os = "linux")))]
#[cfg_attr(target_os = "linux", allow(dead_code))]
mod portable;
mod probe;
mod runner;
mod spec;
mod streams;
mod trace;

pub use account::{Account, Baseline, Cause, Row, account};
pub use error::Error;
pub use execution::{Execution, Exit, GroupTimes, Source, Stopped, Stream, Told, Tree, Untold, Usage};
pub use probe::{Probe, probe};
pub use runner::{Runner, run};
pub use spec::{Input, Options, Output, Program, Spec, Wanted};
pub use trace::{Level, Step, Trace};
