//! The executors under test, and how their pools are made.

use speedup_executor::{
    EXECUTORS, Error, Executor, ExecutorKind, ProcessPoolExecutor, RayonExecutor, ThreadPoolExecutor,
    registry,
};
use speedup_machine::machine::cpus_available;

use crate::settings::{Settings, apply};

/// All of them.
pub(crate) fn all() -> &'static [&'static dyn ExecutorKind] {
    EXECUTORS
}

/// The one of that name.
pub(crate) fn find(name: &str) -> &'static dyn ExecutorKind {
    registry::find(name).unwrap()
}

/// What the workers' names begin with where nothing is set.
pub(crate) fn prefix(name: &str) -> &'static str {
    match name {
        "threads" => "worker",
        "processes" => "speedup-worker",
        _ => "rayon",
    }
}

/// How many workers there are where nothing is set.
pub(crate) fn default_workers(name: &str) -> usize {
    if name == "threads" { (cpus_available() + 4).min(32) } else { cpus_available() }
}

impl Settings {
    pub(crate) fn build(self, executor: &str) -> Result<Box<dyn Executor>, Error> {
        Ok(match executor {
            "threads" => Box::new(apply!(self, ThreadPoolExecutor::builder()).build()?),
            "processes" => Box::new(apply!(self, ProcessPoolExecutor::builder()).build()?),
            "rayon" => Box::new(apply!(self, RayonExecutor::builder()).build()?),
            other => panic!("{other} has no builder"),
        })
    }
}
