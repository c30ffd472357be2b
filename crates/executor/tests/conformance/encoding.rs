//! Arguments and results that cannot be encoded or decoded: one task's error, and nobody else's.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use speedup_executor::{Error, Executor, MapOptions, ProcessPoolExecutor, Task};

use crate::probe::Probe;
use crate::suite::{Behaviour, On, Subject};
use crate::tasks::{Echo, Square, Unregistered, is_worker};

const ENCODED: On = On::Processes("nothing is encoded for a thread");

pub(crate) const BEHAVIOURS: &[Behaviour] = &[
    behaviour("a task that is not registered is refused by submit, and by map in its place", unknown_task),
    behaviour("so is one of another type than the registered one of its name", namesake),
    behaviour("an initializer that is not registered builds no pool", unknown_initializer),
    behaviour("an argument that fails or panics when encoded", argument_encoded),
    behaviour("an argument that fails or panics when decoded", argument_decoded),
    behaviour("a result that fails or panics when encoded", result_encoded),
    behaviour("a result that fails or panics when decoded", result_decoded),
    behaviour("in a chunk only the task itself has the error", within_a_chunk),
    behaviour("a result as deep as a worker's stack allows", deep_results),
    behaviour("three megabytes there and back", megabytes_there_and_back),
    behaviour("a message longer than files may be is its task's error", a_limit_on_files),
];

const fn behaviour(name: &'static str, test: fn(Subject)) -> Behaviour {
    Behaviour { group: "encoding", name, on: ENCODED, test }
}

/// A value that cannot be passed on at one point of its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Touchy {
    at: At,
    how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum At {
    /// When it is encoded in the parent, or in the worker.
    Encode {
        in_worker: bool,
    },
    /// When it is decoded in the parent, or in the worker.
    Decode {
        in_worker: bool,
    },
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum How {
    Error,
    Panic,
}

impl Touchy {
    fn fail<E>(self, failed: impl FnOnce(&'static str) -> E) -> Result<(), E> {
        match self.how {
            How::Error => Err(failed("failed on purpose")),
            How::Panic => panic!("panicked on purpose"),
        }
    }
}

impl Serialize for Touchy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.at == (At::Encode { in_worker: is_worker() }) {
            self.fail(serde::ser::Error::custom)?;
        }
        (self.at, self.how).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Touchy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (at, how) = <(At, How)>::deserialize(deserializer)?;
        let touchy = Self { at, how };
        if at == (At::Decode { in_worker: is_worker() }) {
            touchy.fail(serde::de::Error::custom)?;
        }
        Ok(touchy)
    }
}

crate::task!(Touch(Touchy) -> (), |_| ());
crate::task!(MakeTouchy(At, How) -> Touchy, |task| Touchy { at: task.0, how: task.1 });

fn unknown_task(subject: Subject) {
    let executor = subject.start(1);
    let error = executor.submit(Unregistered(1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "task \"Unregistered\" could not be passed to or from a worker: it was not registered with worker::init"
    );
    for size in [1, 2] {
        let results = executor.map_with([1, 2].map(Unregistered), MapOptions::new().chunksize(size));
        assert_eq!(results.collect::<Vec<_>>(), [Err(error.clone()), Err(error.clone())]);
    }
    assert_eq!(executor.submit(Square(2)).unwrap().result(None), Ok(4));
}

/// Types of names that others have registered.
mod other {
    use super::{Deserialize, Serialize, Task};

    crate::task!(Square(u64) -> u64, |task| task.0 * 1000);
}

fn namesake(subject: Subject) {
    let executor = subject.start(1);
    let error = executor.submit(other::Square(3)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "task \"Square\" could not be passed to or from a worker: conformance::encoding::other::Square was not \
         registered with worker::init, but another type with the same NAME was: conformance::tasks::Square"
    );
    assert_eq!(executor.submit(Square(3)).unwrap().result(None), Ok(9));
}

crate::task!(UnregisteredSetUp() -> (), |_| ());

fn unknown_initializer(_: Subject) {
    let Err(error) = ProcessPoolExecutor::builder().initializer(UnregisteredSetUp()).build() else {
        panic!("it is built")
    };
    assert!(matches!(error, Error::Initializer { .. }), "{error}");
    assert!(error.to_string().ends_with("it was not registered with worker::init"), "{error}");
}

/// Submits a task that cannot be passed on, and one before and behind it that can.
fn one_of_three<T: Task>(subject: Subject, how: How, task: T, what: &str)
where
    T::Output: Clone + std::fmt::Debug,
{
    let executor = subject.start(1);
    let before = executor.submit(Square(2)).unwrap();
    let touchy = executor.submit(task).unwrap();
    let behind = executor.submit(Square(3)).unwrap();
    let error = touchy.result(None).unwrap_err();
    match how {
        How::Error => {
            assert!(matches!(error, Error::Transfer { .. }), "{error}");
            assert!(error.to_string().contains(what), "{error}");
        }
        How::Panic => {
            let Error::Panicked { message, location: Some(location) } = &error else { panic!("{error}") };
            assert_eq!(message, "panicked on purpose");
            assert!(location.starts_with("crates/executor/tests/conformance/encoding.rs:"), "{location}");
        }
    }
    assert_eq!((before.result(None), behind.result(None)), (Ok(4), Ok(9)));
}

fn argument_encoded(subject: Subject) {
    for how in [How::Error, How::Panic] {
        let touchy = Touchy { at: At::Encode { in_worker: false }, how };
        one_of_three(subject, how, Touch(touchy), "its argument cannot be encoded");
    }
}

fn argument_decoded(subject: Subject) {
    for how in [How::Error, How::Panic] {
        let touchy = Touchy { at: At::Decode { in_worker: true }, how };
        one_of_three(subject, how, Touch(touchy), "its argument cannot be decoded");
    }
}

fn result_encoded(subject: Subject) {
    for how in [How::Error, How::Panic] {
        let task = MakeTouchy(At::Encode { in_worker: true }, how);
        one_of_three(subject, how, task, "its result cannot be encoded");
    }
}

fn result_decoded(subject: Subject) {
    for how in [How::Error, How::Panic] {
        let task = MakeTouchy(At::Decode { in_worker: false }, how);
        one_of_three(subject, how, task, "its result cannot be decoded");
    }
}

fn within_a_chunk(subject: Subject) {
    let executor = subject.start(1);
    let points =
        [At::Never, At::Encode { in_worker: false }, At::Never, At::Decode { in_worker: true }, At::Never];
    for how in [How::Error, How::Panic] {
        let tasks = points.map(|at| Touch(Touchy { at, how }));
        let results: Vec<_> = executor.map_with(tasks, MapOptions::new().chunksize(5)).collect();
        assert!(
            results.iter().zip(points).all(|(result, at)| result.is_ok() == (at == At::Never)),
            "{results:?}"
        );
    }
    let points = points.map(|at| match at {
        At::Encode { .. } => At::Encode { in_worker: true },
        At::Decode { .. } => At::Decode { in_worker: false },
        At::Never => At::Never,
    });
    for how in [How::Error, How::Panic] {
        let tasks = points.map(|at| MakeTouchy(at, how));
        let results: Vec<_> = executor.map_with(tasks, MapOptions::new().chunksize(5)).collect();
        assert!(
            results.iter().zip(points).all(|(result, at)| result.is_ok() == (at == At::Never)),
            "{results:?}"
        );
    }
}

/// A value within a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Nested(Option<Box<Nested>>);

impl Nested {
    fn deep(depth: u32) -> Self {
        (0..depth).fold(Self(None), |inner, _| Self(Some(Box::new(inner))))
    }

    fn depth(&self) -> u32 {
        std::iter::successors(self.0.as_deref(), |nested| nested.0.as_deref()).fold(0, |depth, _| depth + 1)
    }
}

impl Drop for Nested {
    /// One after the other, where the compiler would have one within the other.
    fn drop(&mut self) {
        let mut inner = self.0.take();
        while let Some(mut nested) = inner {
            inner = nested.0.take();
        }
    }
}

crate::task!(Nest(u32) -> Nested, |task| Nested::deep(task.0));

/// A worker process runs on the stack of a main thread. What it can encode must not be too much for
/// the thread that decodes it, with which the program would end.
fn deep_results(subject: Subject) {
    const DEPTH: u32 = 100_000;
    let executor = subject.start(1);
    let nested = executor.submit(Nest(DEPTH)).unwrap().take(None).unwrap();
    assert_eq!(nested.depth(), DEPTH);
}

fn megabytes_there_and_back(subject: Subject) {
    let executor = subject.start(2);
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|number| number as u8).collect();
    let echoes = executor.map((0..4).map(|_| Echo(bytes.clone())));
    assert!(echoes.map(Result::unwrap).all(|echo| echo == bytes));
}

/// In a process of its own, since a limit is for a whole process.
fn a_limit_on_files(_: Subject) {
    let output = Probe::LimitedFiles.output();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}: {stderr}", output.status);
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!((lines.len(), lines[1]), (2, "25"), "{stdout}");
    assert!(lines[0].contains("there is no room for it in a message"), "{stdout}");
}
