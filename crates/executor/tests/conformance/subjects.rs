//! The executors under test, and how their pools are made.

use speedup_executor::{
    Builder, EXECUTORS, Error, Executor, ExecutorKind, ProcessPoolExecutor, RayonExecutor,
    ThreadPoolExecutor, registry,
};
use speedup_machine::machine::cpus_available;

use crate::tasks::{FailToSetUp, SetUp};

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

/// What can be set of every pool.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) max_workers: Option<usize>,
    pub(crate) prefix: Option<&'static str>,
    pub(crate) initializer: Option<Initializer>,
}

#[derive(Clone, Copy)]
pub(crate) enum Initializer {
    SetUp,
    Fail,
}

impl Settings {
    fn apply<P>(self, mut builder: Builder<P>) -> Builder<P> {
        if let Some(max_workers) = self.max_workers {
            builder = builder.max_workers(max_workers);
        }
        if let Some(prefix) = self.prefix {
            builder = builder.worker_name_prefix(prefix);
        }
        match self.initializer {
            Some(Initializer::SetUp) => builder.initializer(SetUp(1)),
            Some(Initializer::Fail) => builder.initializer(FailToSetUp()),
            None => builder,
        }
    }

    pub(crate) fn build(self, executor: &str) -> Result<Box<dyn Executor>, Error> {
        Ok(match executor {
            "threads" => Box::new(self.apply(ThreadPoolExecutor::builder()).build()?),
            "processes" => Box::new(self.apply(ProcessPoolExecutor::builder()).build()?),
            "rayon" => Box::new(self.apply(RayonExecutor::builder()).build()?),
            other => panic!("{other} has no builder"),
        })
    }
}
