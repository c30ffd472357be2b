//! Estimates from a saved run: a pure function of a [`RunRecord`](crate::record::RunRecord).
//!
//! No clock and no file: the same record gives the same [`Analysis`] anywhere, so that a report
//! can be made again from the file alone.
//!
//! * [`model`]: what an analysis says, as plain data
//! * `speedup`: from a record to an [`Analysis`]; `rounds` pairs its samples, `cells` fills the tables
//! * `accounting`: where every worker-second went; [`attribution`] proves that it is right
//! * [`bounds`], `limits`: what the sizes of the jobs and the hardware allow
//! * [`scaling`], `laws`, `crossover`: laws over the number of workers, and of threads against processes
//! * `shell`: executions without the start of their shell
//! * `sizes`: how long a task takes by the size of its array
//! * `waiting`: how much of a case was waiting; `part`: a run without what waits, or with that alone
//! * `effort`: how much was measured, how well, and which rounds stand out; `still`: samples that are set apart;
//!   `anecdote`: what too few rounds do not say
//! * `pop`: an account under the names of the POP metrics
//! * [`engines`]: runs of one batch compared; [`history`]: one after another
//! * [`representative`]: which case stands for an executor, and whether a peak is significant
//! * `timeline`: what every worker did; `outside`: what a program was seen to do
//! * [`doctor`]: what would spoil a measurement
//! * [`predict`]: what would be with other numbers of workers, orders and pools

mod accounting;
mod anecdote;
pub mod attribution;
pub mod bounds;
mod cells;
pub mod compare;
mod cpus;
mod crossover;
pub mod doctor;
mod effort;
pub mod engines;
pub mod history;
mod laws;
mod limits;
pub mod model;
mod outside;
mod part;
mod pop;
pub mod predict;
pub mod representative;
mod rounds;
pub mod scaling;
mod seconds;
mod shell;
mod sizes;
mod speedup;
mod still;
mod timeline;
mod waiting;

pub use effort::LEAST_ROUNDS;
pub use engines::{Engine, Engines};
pub use pop::Pop;
pub use representative::Representative;
pub use speedup::widths;

pub use model::{
    Account, Analysis, Apart, Best, Bound, Ceiling, CeilingWay, Cell, Command, CpusUsed, Crossing, Crossover,
    Effort, Estimate, ExecutorTable, HostAccount, HostLoss, Lane, Law, Loss, LossPart, LossRow, Narrowed,
    NoInterval, NoisyRound, OutsideFigures, RoundPoint, Row, Scaling, Segment, State, TaskCrossing,
    TaskCurve, TaskPoint, TaskTimes, Timeline, Unsteady, Waiting, WorkloadColumn,
};
