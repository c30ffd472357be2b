//! `map`: a batch in, its results out in the same order.

use std::cell::Cell;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use speedup_executor::{
    CancelFutures, Error, Executor, Future, MapOptions, RayonExecutor, Task, ThreadPoolExecutor, Wait,
};

use crate::gate::Gate;
use crate::suite::{Behaviour, On, Subject, wait_until};
use crate::tasks::{Length, Panic, Pause, Square};

pub(crate) const BEHAVIOURS: &[Behaviour] = &[
    behaviour("results in input order", On::Every, input_order),
    behaviour("submits at once, before any result is asked for", On::Every, submits_at_once),
    behaviour("an error stands at its own place, later results still come", On::Every, errors_at_their_place),
    behaviour("the deadline counts from the call, the rest is cancelled", On::Pools, deadline_from_the_call),
    behaviour("dropped half way it cancels the rest", On::Pools, dropped_half_way),
    behaviour("chunks below, at and above the length", On::Every, chunk_sizes),
    behaviour("in a chunk each task has its own error", On::Every, errors_within_a_chunk),
    behaviour("chunks hold tasks together", On::Pools, chunks_hold_together),
    behaviour("a buffer holds the tasks' iterator back", On::Every, a_buffer_holds_back),
    behaviour("a buffer with chunks", On::Every, a_buffer_with_chunks),
    behaviour(
        "results and arguments are dropped promptly",
        On::Only(&["threads", "rayon"], "seen through a closure, which only threads take"),
        dropped_promptly,
    ),
    behaviour("after shutdown every place has the error", On::Every, after_shutdown),
    behaviour("a chunk or a buffer of 0 is refused as a pool of 0 is", On::Every, zero_is_refused),
];

const fn behaviour(name: &'static str, on: On, test: fn(Subject)) -> Behaviour {
    Behaviour { group: "map", name, on, test }
}

fn squares(range: std::ops::Range<u64>) -> Vec<Result<u64, Error>> {
    range.map(|number| Ok(number * number)).collect()
}

fn input_order(subject: Subject) {
    let executor = subject.start(3);
    assert_eq!(executor.map((0..200).map(Square)).collect::<Vec<_>>(), squares(0..200));
    // The later, the sooner done.
    let pauses = [40, 20, 0, 1];
    assert_eq!(executor.map(pauses.map(Pause)).collect::<Vec<_>>(), pauses.map(Ok));
}

fn submits_at_once(subject: Subject) {
    let executor = subject.start(2);
    let gate = Gate::new();
    let unused = executor.map((0..10).map(|number| gate.note(number)));
    drop(unused);
    executor.shutdown(Wait::Yes, CancelFutures::No);
    assert_eq!(gate.notes(), 10);
}

fn errors_at_their_place(subject: Subject) {
    let executor = subject.start(2);
    let tasks = ["a", "b", "c"].map(|text| Panic(text.to_string()));
    let errors: Vec<_> = executor.map(tasks).map(|result| result.unwrap_err().to_string()).collect();
    assert!(errors.iter().zip(["a", "b", "c"]).all(|(error, text)| error.ends_with(&format!(": {text}"))));
    assert_eq!(executor.map([Square(3)]).collect::<Vec<_>>(), [Ok(9)]);
}

fn deadline_from_the_call(subject: Subject) {
    let executor = subject.start(1);
    let (open, closed) = (Gate::new(), Gate::new());
    open.open();
    let tasks = (0..2).map(|number| open.hold(number)).chain((2..6).map(|number| closed.hold(number)));
    let start = Instant::now();
    let mut results = executor.map_with(tasks, MapOptions::new().timeout(Duration::from_millis(300)));
    assert_eq!((results.next(), results.next()), (Some(Ok(0)), Some(Ok(1))));
    // Time that the caller spends between two results counts.
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(results.next(), Some(Err(Error::Timeout { unfinished: 4, total: 6 })));
    assert!(start.elapsed() >= Duration::from_millis(300) && start.elapsed() < Duration::from_secs(20));
    assert!(results.next().is_none() && results.next().is_none());
    closed.open();
    executor.shutdown(Wait::Yes, CancelFutures::No);
    // The one that was running went on; those behind it were never run.
    assert_eq!(closed.notes(), 1);
}

fn dropped_half_way(subject: Subject) {
    let executor = subject.start(1);
    let (open, closed) = (Gate::new(), Gate::new());
    open.open();
    let tasks = [open.hold(0)].into_iter().chain((1..5).map(|number| closed.hold(number)));
    let mut results = executor.map(tasks);
    assert_eq!(results.next(), Some(Ok(0)));
    wait_until("the second task runs", || closed.begun(1));
    drop(results);
    closed.open();
    executor.shutdown(Wait::Yes, CancelFutures::No);
    assert_eq!(closed.notes(), 1);
}

fn chunk_sizes(subject: Subject) {
    let executor = subject.start(2);
    for chunksize in [1, 2, 3, 9, 10, 11, 1000] {
        let results = executor.map_with((0..10).map(Square), MapOptions::new().chunksize(chunksize));
        assert_eq!(results.collect::<Vec<_>>(), squares(0..10), "chunks of {chunksize}");
    }
    let none = executor.map_with(std::iter::empty::<Square>(), MapOptions::new().chunksize(3));
    assert_eq!(none.count(), 0);
}

/// A task that panics if its number is odd.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OnlyEven(u64);

impl Task for OnlyEven {
    const NAME: &'static str = "OnlyEven";
    type Output = u64;

    fn run(self) -> u64 {
        assert!(self.0.is_multiple_of(2), "{} is odd", self.0);
        self.0
    }
}

fn errors_within_a_chunk(subject: Subject) {
    let executor = subject.start(2);
    let results = executor.map_with((0..10).map(OnlyEven), MapOptions::new().chunksize(5));
    for (number, result) in results.enumerate() {
        match result {
            Ok(result) => assert_eq!((number % 2, result), (0, number as u64)),
            Err(error) => assert!(error.to_string().ends_with(&format!(": {number} is odd")), "{error}"),
        }
    }
}

fn chunks_hold_together(subject: Subject) {
    let executor = subject.start(4);
    let identities =
        executor.map_with((0..12).map(|_| crate::tasks::WhoAmI(5)), MapOptions::new().chunksize(3));
    let workers: Vec<usize> = identities.map(|identity| identity.unwrap().worker).collect();
    assert!(workers.chunks(3).all(|chunk| chunk.iter().all(|worker| *worker == chunk[0])), "{workers:?}");
}

fn a_buffer_holds_back(subject: Subject) {
    let executor = subject.start(2);
    let read = Cell::new(0);
    let endless = (0_u64..).inspect(|_| read.set(read.get() + 1)).map(Square);
    let mut results = executor.map_with(endless, MapOptions::new().buffersize(4));
    assert_eq!(read.get(), 4);
    for number in 0..20 {
        assert_eq!(results.next(), Some(Ok(number * number)));
        assert_eq!(read.get(), number + 5);
    }
}

fn a_buffer_with_chunks(subject: Subject) {
    let executor = subject.start(2);
    for (chunksize, buffersize) in [(2, 5), (3, 3), (5, 2), (1, 100)] {
        let read = Cell::new(0_u64);
        let tasks = (0..20).inspect(|_| read.set(read.get() + 1)).map(Square);
        let options = MapOptions::new().chunksize(chunksize).buffersize(buffersize);
        for (given, result) in executor.map_with(tasks, options).enumerate() {
            let given = given as u64;
            assert_eq!(result, Ok(given * given));
            assert!(read.get() <= given + 1 + buffersize as u64, "{chunksize} {buffersize}");
        }
        assert_eq!(read.get(), 20);
    }
}

fn dropped_promptly(subject: Subject) {
    if subject.name() == "threads" {
        let pool = ThreadPoolExecutor::new(1).unwrap();
        dropped_promptly_by(|run| pool.spawn(run), |run| pool.spawn(run));
    } else {
        let pool = RayonExecutor::new(1).unwrap();
        dropped_promptly_by(|run| pool.spawn(run), |run| pool.spawn(run));
    }
}

type Closure<R> = Box<dyn FnOnce() -> R + Send>;

/// Through closures, since what is dropped has to be seen from here.
fn dropped_promptly_by(
    take: impl Fn(Closure<i32>) -> Result<Future<i32>, Error>,
    make: impl Fn(Closure<Arc<i32>>) -> Result<Future<Arc<i32>>, Error>,
) {
    let argument = Arc::new(7);
    let gone = Arc::downgrade(&argument);
    let future = take(Box::new(move || *argument)).unwrap();
    assert_eq!(future.result(None), Ok(7));
    wait_until("the argument is dropped", || gone.upgrade().is_none());

    // An output goes with the last handle, though the pool lives on.
    let future = make(Box::new(|| Arc::new(8))).unwrap();
    let output: Weak<i32> = Arc::downgrade(&future.result(None).unwrap());
    wait_until("only the future holds the output", || output.strong_count() == 1);
    drop(future);
    wait_until("the output is dropped", || output.strong_count() == 0);
}

fn after_shutdown(subject: Subject) {
    let executor = subject.start(2);
    executor.shutdown(Wait::Yes, CancelFutures::No);
    for options in [MapOptions::new(), MapOptions::new().chunksize(2), MapOptions::new().buffersize(2)] {
        let results: Vec<_> = executor.map_with((0..5).map(Square), options).collect();
        assert_eq!(results, vec![Err(Error::Shutdown); 5]);
    }
    assert_eq!(executor.map([Length(vec![1])]).next(), Some(Err(Error::Shutdown)));
}

fn zero_is_refused(subject: Subject) {
    let executor = subject.start(1);
    for (options, setting) in
        [(MapOptions::new().chunksize(0), "chunksize"), (MapOptions::new().buffersize(0), "buffersize")]
    {
        let read = Cell::new(0);
        let tasks = (0..10).map(Square).inspect(|_| read.set(read.get() + 1));
        let results: Vec<_> = executor.map_with(tasks, options).collect();
        assert_eq!(results, [Err(Error::InvalidSetting { setting })]);
        assert_eq!(read.get(), 0);
    }
}
