//! Programs that exist, measured from outside.
//!
//! * `request`: what the user asked for, checked before anything runs
//! * `template`, `program`: texts with places for the number of workers or the input
//! * `session`: running programs, and judging how they ended
//! * `batch`: many commands, some at a time, as what a run measures; `job`: one of them as a task;
//!   `outputs`: where their outputs go; `joblog`: what became of each, in GNU parallel's form
//! * `hooks`: the commands around the measured one
//! * `again`: a run taken up again
//! * `knob`: a program with a knob for its number of workers, as what a run measures

pub mod again;
pub mod batch;
mod hooks;
mod job;
pub mod joblog;
pub mod knob;
mod outputs;
mod program;
pub mod request;
pub(super) mod session;
mod template;

pub use again::Again;
pub use batch::CommandBatch;
pub use knob::Knob;
pub use request::{CommandConfig, CommandRequest};
