//! The shape of a timeline: lanes of segments.

use serde::Serialize;

/// What every worker did in one execution.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Timeline {
    /// The round that it is from.
    pub round: u32,
    /// Its length.
    pub wall_s: f64,
    /// The workers, by ascending number.
    pub lanes: Vec<Lane>,
}

/// One worker's part of a timeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lane {
    /// Number of the worker.
    pub worker: usize,
    /// Number of its host, from 1, where that is another machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<usize>,
    /// What it did, without gaps from the start to the end of the execution.
    pub segments: Vec<Segment>,
}

/// A stretch of a worker's time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Segment {
    /// What the worker did.
    pub state: State,
    /// The job, if it ran one.
    pub job: Option<usize>,
    /// Begin, in seconds from the start of the execution.
    pub from_s: f64,
    /// End, in seconds from the start of the execution.
    pub to_s: f64,
}

/// What a worker does at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Not yet ready.
    Spawn,
    /// Ready, waiting for a task.
    Dispatch,
    /// On another host, waiting for a message to or from it.
    Network,
    /// Running a task.
    Task,
    /// Done, while others still run tasks.
    Tail,
    /// All tasks are done; the pool ends.
    Teardown,
}
