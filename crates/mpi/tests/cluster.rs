//! A pool over hosts that are threads of this program: what a single machine's pool cannot show.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use speedup_executor::task::TaskEntry;
use speedup_executor::{
    CancelFutures, Error, Executor, Exit, Future, MapOptions, OnCrash, SharedBytes, Task, Wait,
    current_worker,
};
use speedup_mpi::testing::Cluster;

#[derive(Serialize, Deserialize)]
struct Square(u64);

impl Task for Square {
    const NAME: &'static str = "square";
    type Output = u64;

    fn run(self) -> u64 {
        self.0 * self.0
    }
}

/// Notes that it has begun, waits until the file is gone, and tells its worker.
#[derive(Serialize, Deserialize)]
struct Hold(PathBuf, u64);

impl Task for Hold {
    const NAME: &'static str = "hold";
    type Output = usize;

    fn run(self) -> usize {
        let begun = self.0.with_file_name(format!("begun-{}", self.1));
        let twice = self.0.with_file_name(format!("twice-{}", self.1));
        std::fs::write(if begun.exists() { twice } else { begun }, "").unwrap();
        let start = Instant::now();
        while self.0.exists() && start.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(1));
        }
        current_worker()
    }
}

#[derive(Serialize, Deserialize)]
struct Die;

impl Task for Die {
    const NAME: &'static str = "die";
    type Output = ();

    fn run(self) {
        std::process::abort();
    }
}

#[derive(Serialize, Deserialize)]
struct Sum(SharedBytes);

impl Task for Sum {
    const NAME: &'static str = "sum";
    type Output = (u64, SharedBytes);

    fn run(self) -> (u64, SharedBytes) {
        (self.0.iter().map(|byte| u64::from(*byte)).sum(), self.0)
    }
}

#[derive(Serialize, Deserialize)]
struct Echo(Text);

/// Bytes that are encoded as a whole.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Text(String);

impl Task for Echo {
    const NAME: &'static str = "echo";
    type Output = Text;

    fn run(self) -> Text {
        self.0
    }
}

/// The lengths of bytes and what they are in sum.
#[derive(Serialize, Deserialize)]
struct Lengths(Vec<ByteBuf>, String);

impl Task for Lengths {
    const NAME: &'static str = "lengths";
    type Output = (Vec<usize>, u64, usize);

    fn run(self) -> Self::Output {
        let sum = self.0.iter().flat_map(|bytes| bytes.iter()).map(|byte| u64::from(*byte)).sum();
        (self.0.iter().map(|bytes| bytes.len()).collect(), sum, self.1.len())
    }
}

static TASKS: &[TaskEntry] = &[
    TaskEntry::of::<Lengths>(),
    TaskEntry::of::<Square>(),
    TaskEntry::of::<Hold>(),
    TaskEntry::of::<Die>(),
    TaskEntry::of::<Sum>(),
    TaskEntry::of::<Echo>(),
];

speedup_executor::test_workers!(TASKS);

/// A file at which tasks wait, until it is dropped.
struct Gate(tempfile::TempDir);

impl Gate {
    fn new() -> Self {
        let gate = Self(tempfile::tempdir().unwrap());
        std::fs::write(gate.path(), "").unwrap();
        gate
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("closed")
    }

    fn has(&self, name: &str) -> bool {
        self.0.path().join(name).exists()
    }

    fn open(&self) {
        let _ = std::fs::remove_file(self.path());
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.open();
    }
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn hold(pool: &impl Executor, path: &Path, number: u64) -> Future<usize> {
    pool.submit(Hold(path.to_path_buf(), number)).unwrap()
}

#[test]
fn tasks_run_on_every_host_and_results_come_in_order() {
    init_workers();
    let cluster = Cluster::new(2);
    let pool = cluster.pool().workers_per_host(1).build().unwrap();
    assert_eq!(pool.bootup(None), Ok(true));
    assert_eq!((pool.max_workers(), pool.num_workers()), (2, 2));
    let squares = pool.map((0..1000).map(Square)).collect::<Result<Vec<_>, _>>().unwrap();
    assert!(squares.iter().zip(0_u64..).all(|(square, number)| *square == number * number));
    let chunked = pool.map_with((0..100).map(Square), MapOptions::new().chunksize(7));
    assert_eq!(chunked.map(Result::unwrap).sum::<u64>(), (0..100).map(|number| number * number).sum::<u64>());
    // Two that stand at the gate at the same time are on two hosts.
    let gate = Gate::new();
    let held = [hold(&pool, &gate.path(), 1), hold(&pool, &gate.path(), 2)];
    wait_until("both have begun", || gate.has("begun-1") && gate.has("begun-2"));
    gate.open();
    let mut workers = held.map(|future| future.result(None).unwrap());
    workers.sort_unstable();
    assert_eq!(workers, [0, 1]);
    pool.shutdown(Wait::Yes, CancelFutures::No);
    let lives = pool.worker_lives();
    assert!(lives.iter().map(|life| life.worker).eq(0..2), "{lives:?}");
}

#[test]
fn what_lies_ahead_of_need_is_pending_and_can_be_cancelled() {
    init_workers();
    let cluster = Cluster::new(1);
    let pool = cluster.pool().workers_per_host(1).build().unwrap();
    let gate = Gate::new();
    let held = hold(&pool, &gate.path(), 1);
    let ahead = [hold(&pool, &gate.path(), 2), hold(&pool, &gate.path(), 3)];
    wait_until("the first has begun", || held.running());
    assert!(!held.cancel() && ahead.iter().all(|future| !future.running()));
    assert!(ahead[0].cancel() && ahead[0].cancelled());
    gate.open();
    assert!(held.result(None).is_ok() && ahead[1].result(None).is_ok());
    assert!(!gate.has("begun-2") && gate.has("begun-3"));
}

#[test]
fn a_shutdown_that_cancels_leaves_what_has_begun_alone() {
    init_workers();
    let cluster = Cluster::new(2);
    let pool = cluster.pool().workers_per_host(1).build().unwrap();
    let gate = Gate::new();
    let futures: Vec<_> = (0..10).map(|number| hold(&pool, &gate.path(), number)).collect();
    wait_until("two have begun", || futures.iter().filter(|future| future.running()).count() == 2);
    pool.shutdown(Wait::No, CancelFutures::Yes);
    assert_eq!(futures.iter().filter(|future| future.cancelled()).count(), 8);
    gate.open();
    pool.shutdown(Wait::Yes, CancelFutures::No);
    assert_eq!(futures.iter().filter(|future| future.result(None).is_ok()).count(), 2);
}

#[test]
fn what_lies_at_a_host_that_is_busy_goes_to_one_that_has_nothing_to_do() {
    init_workers();
    let cluster = Cluster::new(2);
    let pool = cluster.pool().workers_per_host(1).build().unwrap();
    assert_eq!(pool.bootup(None), Ok(true));
    let (first, second) = (Gate::new(), Gate::new());
    let held = [hold(&pool, &first.path(), 1), hold(&pool, &second.path(), 1)];
    wait_until("both have begun", || first.has("begun-1") && second.has("begun-1"));
    // These lie at the hosts by halves.
    let squares: Vec<_> = (0..4).map(|number| pool.submit(Square(number)).unwrap()).collect();
    first.open();
    assert!(squares.iter().all(|future| future.result(None).is_ok()));
    assert!(!held[1].done());
    second.open();
}

#[test]
fn a_host_that_is_lost_costs_what_it_was_at_and_the_rest_goes_elsewhere() {
    init_workers();
    let cluster = Cluster::new(2);
    let pool = cluster.pool().workers_per_host(1).build().unwrap();
    assert_eq!(pool.bootup(None), Ok(true));
    let gate = Gate::new();
    let futures: Vec<_> = (0..6).map(|number| hold(&pool, &gate.path(), number)).collect();
    wait_until("two have begun", || futures.iter().filter(|future| future.running()).count() == 2);
    cluster.faults(2).lose();
    wait_until("one is lost", || futures.iter().any(Future::done));
    gate.open();
    let errors: Vec<_> = futures.iter().filter_map(|future| future.result(None).err()).collect();
    assert_eq!(errors, [Error::HostLost { host: "host-2".to_string(), reason: "it was killed".to_string() }]);
    assert_eq!(pool.num_workers(), 1);
    assert_eq!(pool.submit(Square(3)).unwrap().result(None), Ok(9));
    // Without any host there is no pool.
    cluster.faults(1).lose();
    let error = pool.submit(Square(3)).and_then(|future| future.result(None)).unwrap_err();
    assert_eq!(error.name(), "HostLost");
}

#[test]
fn a_host_that_is_silent_for_too_long_is_lost_and_a_slow_one_is_not() {
    init_workers();
    let cluster = Cluster::new(2);
    let builder = || cluster.pool().workers_per_host(1).host_timeout(Duration::from_secs(2));
    let pool = builder().build().unwrap();
    assert_eq!(pool.bootup(None), Ok(true));
    cluster.faults(1).delay(Duration::from_millis(100));
    assert!(pool.map((0..20).map(Square)).all(|result| result.is_ok()));
    let gate = Gate::new();
    let held = [hold(&pool, &gate.path(), 1), hold(&pool, &gate.path(), 2)];
    wait_until("both have begun", || held.iter().all(Future::running));
    cluster.faults(2).cut(true);
    wait_until("one is lost", || held.iter().any(Future::done));
    let lost = held.iter().find(|future| future.done()).unwrap();
    let error = lost.result(None).unwrap_err();
    assert!(error.to_string().starts_with("host host-2 was lost: nothing was heard of it for 2."), "{error}");
    gate.open();
    assert_eq!(held.iter().filter(|future| future.result(None).is_ok()).count(), 1);
    assert_eq!(pool.submit(Square(3)).unwrap().result(None), Ok(9));
}

#[test]
fn a_short_interruption_is_no_loss() {
    init_workers();
    let cluster = Cluster::new(1);
    let pool = cluster.pool().workers_per_host(1).build().unwrap();
    assert_eq!(pool.submit(Square(2)).unwrap().result(None), Ok(4));
    cluster.faults(1).cut(true);
    let future = pool.submit(Square(3)).unwrap();
    assert!(matches!(future.result(Duration::from_millis(300)), Err(Error::Timeout { .. })));
    cluster.faults(1).cut(false);
    assert_eq!(future.result(None), Ok(9));
}

#[test]
fn a_task_that_kills_its_worker_costs_that_task_or_the_pool() {
    init_workers();
    let cluster = Cluster::new(2);
    let builder = || cluster.pool().workers_per_host(1);
    let pool = builder().on_crash(OnCrash::FailTaskAndReplace).build().unwrap();
    for _ in 0..3 {
        let error = pool.submit(Die).unwrap().result(None).unwrap_err();
        assert!(matches!(error, Error::WorkerDied { exit: Exit::Signal(6), .. }), "{error}");
        assert_eq!(pool.submit(Square(3)).unwrap().result(None), Ok(9));
    }
    assert_eq!(pool.num_workers(), 2);
    let pool = builder().build().unwrap();
    let error = pool.submit(Die).unwrap().result(None).unwrap_err();
    assert!(matches!(error, Error::BrokenPool { exit: Exit::Signal(6), .. }), "{error}");
    assert_eq!(pool.submit(Square(3)).unwrap_err(), error);
}

#[test]
fn shared_bytes_and_large_values_arrive_and_come_back() {
    init_workers();
    let cluster = Cluster::new(2);
    let pool = cluster.pool().workers_per_host(1).build().unwrap();
    assert_eq!(pool.bootup(None), Ok(true));
    let bytes = SharedBytes::copy_of(&vec![1; 100_000]).unwrap();
    for sum in pool.map((0..20).map(|_| Sum(bytes.clone()))) {
        let (sum, back) = sum.unwrap();
        // They are the same, not only alike: they have not come back as a copy.
        assert_eq!((sum, back.as_ptr()), (100_000, bytes.as_ptr()));
    }
    for rank in [1, 2] {
        let sent = cluster.faults(rank).bytes();
        assert!((100_000..200_000).contains(&sent), "they were sent more than once: {sent} bytes");
    }
    let text = "x".repeat(3_000_000);
    let echo = pool.submit(Echo(Text(text.clone()))).unwrap().take(None).unwrap();
    assert!(echo == Text(text));
}

#[test]
fn threads_can_be_the_workers() {
    init_workers();
    let cluster = Cluster::new(2);
    let pool = cluster.pool().workers_per_host(2).threads().build().unwrap();
    let squares = pool.map((0..100).map(Square)).collect::<Result<Vec<_>, _>>().unwrap();
    assert!(squares.iter().zip(0_u64..).all(|(square, number)| *square == number * number));
}

#[test]
fn another_build_is_refused_and_so_are_more_hosts_than_there_are() {
    init_workers();
    let cluster = Cluster::of_builds(&[0, 1]);
    let error = cluster.pool().build().err().unwrap();
    assert_eq!(
        error.to_string(),
        "worker processes cannot be started: rank 2 on host-2 runs another build of this program: put the same \
         file on every host"
    );
    let cluster = Cluster::new(1);
    let error = cluster.pool().hosts(2).build().err().unwrap().to_string();
    assert!(
        error.contains("to have 2 hosts, and ranks besides rank 0 are 1: start one rank more"),
        "{error}"
    );
    assert_eq!(cluster.pool().hosts(0).build().err(), Some(Error::InvalidSetting { setting: "hosts" }));
    let error = cluster.pool().host_timeout(Duration::ZERO).build().err();
    assert_eq!(error, Some(Error::InvalidSetting { setting: "host_timeout" }));
}

#[test]
fn long_arguments_arrive_for_processes_and_for_threads() {
    init_workers();
    let cluster = Cluster::new(1);
    let pools = [cluster.pool().workers_per_host(2), cluster.pool().workers_per_host(2).threads()];
    for pool in pools.map(|builder| builder.build().unwrap()) {
        let lengths = |task: usize| vec![task, 5_000 + task, 3_000_000 + task, 20_000 + task];
        let tasks = (0..20).map(|task| {
            let bytes = lengths(task).into_iter().map(|length| ByteBuf::from(vec![task as u8; length]));
            Lengths(bytes.collect(), "x".repeat(50_000 - task))
        });
        for (task, result) in pool.map_with(tasks, MapOptions::new().chunksize(3)).enumerate() {
            let lengths = lengths(task);
            let sum = lengths.iter().sum::<usize>() * task;
            assert_eq!(result, Ok((lengths, sum as u64, 50_000 - task)));
        }
    }
}

#[test]
fn a_host_is_sent_no_more_than_64_mib_ahead_of_need() {
    let cluster = Cluster::new(1);
    let pool = cluster.pool().workers_per_host(8).threads().build().unwrap();
    let gate = Gate::new();
    let held: Vec<_> = (0..8).map(|number| hold(&pool, &gate.path(), number)).collect();
    wait_until("all have begun", || held.iter().all(Future::running));
    let task = |_| Lengths(vec![ByteBuf::from(vec![1; 8 << 20])], String::new());
    let futures: Vec<_> = (0..16).map(|number| pool.submit(task(number)).unwrap()).collect();
    wait_until("as many are sent as may be", || cluster.faults(1).bytes() >= 56 << 20);
    std::thread::sleep(Duration::from_millis(100));
    assert!(cluster.faults(1).bytes() <= 65 << 20, "{}", cluster.faults(1).bytes());
    gate.open();
    assert!(futures.into_iter().all(|future| future.result(None) == Ok((vec![8 << 20], 8 << 20, 0))));
}
