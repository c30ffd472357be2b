//! Code that users hand to a pool: callbacks, encoding, decoding, drops. It may wait for anything, the very
//! pool included.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use speedup_executor::{
    CancelFutures, Error, Executor, Exit, Future, MapOptions, OnCrash, ProcessPoolExecutor, ReturnWhen, Task,
    Wait, wait,
};

use crate::deaths::{Death, Die, pool, tells};
use crate::gate::Gate;
use crate::suite::{Behaviour, HANG, On, Subject, wait_until};
use crate::tasks::{Echo, Square, is_worker};

const ENCODED: On = On::Processes("nothing is encoded");

pub(crate) const BEHAVIOURS: &[Behaviour] = &[
    behaviour("a callback waits for results of any size", ENCODED, a_callback_waits_for_results),
    behaviour("a callback waits for several, and maps", ENCODED, a_callback_maps),
    behaviour("a callback waits for a task that kills its worker", ENCODED, a_callback_waits_for_a_death),
    behaviour("a callback waits for the end of its pool", On::Every, a_callback_waits_for_the_end),
    behaviour("a callback ends its pool in a crash, and no zombie stays", ENCODED, no_zombie),
    behaviour("callbacks add callbacks, thousands deep", On::Every, deep_callbacks),
    behaviour("an argument whose drop ends the pool", On::Every, a_drop_ends_the_pool),
    behaviour("encoding an argument waits for the pool", ENCODED, encoding_waits),
    behaviour("decoding a result waits for the pool", ENCODED, decoding_waits),
    behaviour("a lock that a waiting thread holds", ENCODED, a_lock_that_a_waiting_thread_holds),
];

const fn behaviour(name: &'static str, on: On, test: fn(Subject)) -> Behaviour {
    Behaviour { group: "user code", name, on, test }
}

/// What a callback makes of the pool, when it is called by who receives the reply: a thread that waits, or
/// one of the pool's.
fn in_a_callback<R: Send + 'static>(
    on_crash: OnCrash,
    act: impl Fn(&ProcessPoolExecutor) -> R + Send + Sync + 'static,
) -> Vec<R> {
    let act = Arc::new(act);
    let called = [true, false].map(|waits| {
        let executor = Arc::new(pool(1, on_crash));
        let gate = Gate::new();
        let first = executor.submit(gate.hold(1)).unwrap();
        wait_until("it runs", || gate.begun(1) && first.running());
        let (sender, called) = channel();
        let (inner, act) = (Arc::clone(&executor), Arc::clone(&act));
        first.add_done_callback(move |_| sender.send(act(&inner)).unwrap());
        gate.open();
        if waits {
            assert_eq!(first.result(HANG / 4), Ok(1));
        }
        called.recv_timeout(HANG / 4).expect("the callback has returned")
    });
    called.into()
}

fn a_callback_waits_for_results(_: Subject) {
    for size in [10, 1_000, 1_020, 1_100, 100_000, 3_000_000] {
        let echo = move |pool: &ProcessPoolExecutor| pool.submit(Echo(vec![7; size])).unwrap().take(None);
        for result in in_a_callback(OnCrash::BreakPool, echo) {
            assert_eq!(result, Ok(vec![7; size]));
        }
    }
}

fn a_callback_maps(_: Subject) {
    let both = |pool: &ProcessPoolExecutor| {
        let futures = [0, 2_000].map(|size| pool.submit(Echo(vec![7; size])).unwrap());
        let done = wait(&futures, None, ReturnWhen::AllCompleted).done.len();
        let tasks = (0..6).map(|number| Echo(vec![number; 600]));
        let mapped = pool.map_with(tasks, MapOptions::new().chunksize(3).buffersize(4));
        (done, mapped.map(|echo| echo.unwrap().len()).sum::<usize>())
    };
    for counted in in_a_callback(OnCrash::BreakPool, both) {
        assert_eq!(counted, (2, 3_600));
    }
}

fn a_callback_waits_for_a_death(_: Subject) {
    let dies = |pool: &ProcessPoolExecutor| {
        let error = pool.submit(Die(Death::Exit)).unwrap().result(None).unwrap_err();
        (error, pool.submit(Square(3)).and_then(|future| future.result(None)))
    };
    for on_crash in crate::deaths::POLICIES {
        for (error, then) in in_a_callback(on_crash, dies) {
            assert!(tells(&error, on_crash, Exit::Code(3)), "{error}");
            assert_eq!(then, if on_crash == OnCrash::BreakPool { Err(error) } else { Ok(9) });
        }
    }
}

fn a_callback_waits_for_the_end(subject: Subject) {
    let executor = Arc::new(subject.start(1));
    let (sender, called) = channel();
    let inner = Arc::clone(&executor);
    let future = executor.submit(Square(2)).unwrap();
    future.add_done_callback(move |future| {
        inner.shutdown(Wait::Yes, CancelFutures::No);
        // The last to go, it may end the pool again.
        drop(inner);
        sender.send(future.result(None)).unwrap();
    });
    drop(executor);
    assert_eq!(called.recv_timeout(HANG / 4), Ok(Ok(4)));
}

fn no_zombie(_: Subject) {
    for on_crash in [OnCrash::BreakPool, OnCrash::FailTaskAndReplace] {
        for round in 0..10 {
            let workers = 1 + round % 3;
            let executor = Arc::new(pool(workers, on_crash));
            let gate = Gate::new();
            let held: Vec<_> =
                (0..workers as u64).map(|number| executor.submit(gate.hold(number)).unwrap()).collect();
            wait_until("all of them run", || (0..workers as u64).all(|number| gate.begun(number)));
            let ids: Vec<u32> = (0..workers as u64).map(|number| gate.process(number).unwrap()).collect();
            gate.open();
            assert!((0..).zip(&held).all(|(number, future)| future.result(HANG / 4) == Ok(number)));
            let dying = executor.submit(Die(Death::Kill)).unwrap();
            let queued: Vec<_> = (0..20).map_while(|number| executor.submit(Square(number)).ok()).collect();
            let (sender, called) = channel::<()>();
            for future in &queued {
                let (handle, sender) = (Arc::clone(&executor), sender.clone());
                future.add_done_callback(move |_| drop((handle, sender)));
            }
            let (handle, last) = (Arc::clone(&executor), sender.clone());
            dying.add_done_callback(move |_| drop((handle, last)));
            drop((executor, sender));
            // Whichever callback comes last has dropped the pool in a thread of the pool's.
            assert!(called.recv_timeout(HANG / 4).is_err_and(|end| end == RecvTimeoutError::Disconnected));
            wait_until("every worker is reaped", || {
                ids.iter().all(|id| !std::path::Path::new(&format!("/proc/{id}")).exists())
            });
        }
    }
}

/// Adds a callback that submits again, so many times.
fn again(executor: &Arc<Box<dyn Executor>>, left: u64, done: std::sync::mpsc::Sender<()>) {
    if left == 0 {
        return done.send(()).unwrap();
    }
    let inner = Arc::clone(executor);
    let future = executor.submit(Square(left)).unwrap();
    future.add_done_callback(move |future| {
        assert_eq!(future.result(None), Ok(left * left));
        again(&inner, left - 1, done);
    });
}

fn deep_callbacks(subject: Subject) {
    // Between hosts each waits for messages there and back.
    let deep = if subject.0.name() == "mpi" { 4_000 } else { 20_000 };
    let executor = Arc::new(subject.start(1));
    let (sender, done) = channel();
    again(&executor, deep, sender);
    done.recv_timeout(HANG / 2).expect("the last callback was called");
}

/// A handle on the pool that the task itself is submitted to.
#[derive(Serialize, Deserialize)]
pub(crate) struct HoldsPool {
    #[serde(skip)]
    _pool: Option<Arc<Box<dyn Executor>>>,
}

impl Task for HoldsPool {
    const NAME: &'static str = "HoldsPool";
    type Output = u64;

    fn run(self) -> u64 {
        5
    }
}

fn a_drop_ends_the_pool(subject: Subject) {
    for _ in 0..20 {
        let executor = Arc::new(subject.start(1));
        let first = executor.submit(Square(2)).unwrap();
        let future = executor.submit(HoldsPool { _pool: Some(Arc::clone(&executor)) }).unwrap();
        drop(executor);
        assert_eq!(future.result(HANG / 4), Ok(5));
        assert_eq!(first.result(HANG / 4), Ok(4));
    }
}

/// The pool that values wait for while they are encoded or decoded in this process.
static POOL: Mutex<Option<Arc<ProcessPoolExecutor>>> = Mutex::new(None);

fn square_meanwhile(number: u64) -> u64 {
    if is_worker() {
        return number * number;
    }
    let pool = POOL.lock().unwrap().clone().expect("a pool");
    pool.submit(Square(number)).unwrap().result(HANG / 4).unwrap()
}

/// Its square is what is written of it.
pub(crate) struct WaitsToEncode(u64);

impl Serialize for WaitsToEncode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        square_meanwhile(self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for WaitsToEncode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(u64::deserialize(deserializer)?.isqrt()))
    }
}

impl Task for WaitsToEncode {
    const NAME: &'static str = "WaitsToEncode";
    type Output = u64;

    fn run(self) -> u64 {
        self.0
    }
}

/// What waits when it is decoded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WaitsToDecode(u64);

/// What is written with it, so that some are large replies.
fn padding(number: u64) -> Vec<u8> {
    vec![1; if number.is_multiple_of(2) { 2_000 } else { 0 }]
}

impl Serialize for WaitsToDecode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.0, padding(self.0)).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for WaitsToDecode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (number, _) = <(u64, Vec<u8>)>::deserialize(deserializer)?;
        assert_eq!(square_meanwhile(number), number * number);
        Ok(Self(number))
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct MakeWaitsToDecode(u64);

impl Task for MakeWaitsToDecode {
    const NAME: &'static str = "MakeWaitsToDecode";
    type Output = WaitsToDecode;

    fn run(self) -> WaitsToDecode {
        WaitsToDecode(self.0)
    }
}

/// Runs the test with a pool that values find.
fn with_pool(test: impl FnOnce(&ProcessPoolExecutor)) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock();
    let executor = Arc::new(pool(1, OnCrash::BreakPool));
    *POOL.lock().unwrap() = Some(Arc::clone(&executor));
    test(&executor);
    *POOL.lock().unwrap() = None;
}

fn encoding_waits(_: Subject) {
    with_pool(|executor| {
        let futures: Vec<_> = (0..20).map(|number| executor.submit(WaitsToEncode(number)).unwrap()).collect();
        for (number, future) in (0..).zip(&futures) {
            assert_eq!(future.result(HANG / 4), Ok(number));
        }
    });
}

fn decoding_waits(_: Subject) {
    with_pool(|executor| {
        let submit = |number| executor.submit(MakeWaitsToDecode(number)).unwrap();
        let futures: Vec<Future<_>> = (0..20).map(submit).collect();
        for (number, future) in (0..).zip(&futures) {
            assert_eq!(future.result(HANG / 4), Ok(WaitsToDecode(number)));
        }
        // Where no one waits it is the supervisor that decodes.
        let futures: Vec<Future<_>> = (0..20).map(submit).collect();
        wait_until("all are decoded", || futures.iter().all(Future::done));
    });
}

/// A callback takes a lock that a thread holds which waits for another result: it is not that thread's to
/// call back.
fn a_lock_that_a_waiting_thread_holds(_: Subject) {
    for _ in 0..20 {
        let executor = pool(1, OnCrash::BreakPool);
        let lock = Arc::new(Mutex::new(0));
        let gate = Gate::new();
        let first = executor.submit(gate.hold(1)).unwrap();
        let second = executor.submit(Square(3)).unwrap();
        let counted = Arc::clone(&lock);
        first.add_done_callback(move |_| *counted.lock().unwrap() += 1);
        let held = lock.lock().unwrap();
        gate.open();
        assert_eq!(second.result(HANG / 4), Ok(9));
        drop(held);
        wait_until("it is called back", || *lock.lock().unwrap() == 1);
    }
}

/// The tasks of the pool's workers that were sent and not begun when their replacement is killed as it starts.
pub(crate) fn ends_with_a_reason(result: &Result<u64, Error>, on_crash: OnCrash) -> bool {
    match result {
        Ok(_) | Err(Error::Cancelled) => true,
        Err(error) => tells(error, on_crash, Exit::Signal(9)),
    }
}
