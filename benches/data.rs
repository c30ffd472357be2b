//! What it takes to get an array to a worker, copied or shared, next to what the system asks for the
//! same in the same rounds.
//!
//! Three questions, each for arrays of 4 KiB to 64 MiB and one worker:
//!
//! * `copy`: the worker gets an array of its own. It is set against a copy into newly allocated memory
//!   within one thread (`memcpy to new memory`), as the worker's copy too has to come from somewhere.
//! * `shared`: the worker reads an array that stands in shared memory once, every byte. It is set
//!   against the same read of a private array in one thread.
//! * `hand-over`: there and back of a task with a handle, of which it reads nothing; one at a time.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use speedup::workload::array::passed::Copied;
use speedup_bench_support::peer::read_memory;
use speedup_bench_support::{Against, Bench, Contest, Limit, Reading, Unit, measure};
use speedup_executor::task::TaskEntry;
use speedup_executor::{Executor, ProcessPoolExecutor, SharedBytes, Task, ThreadPoolExecutor, worker};
use xxhash_rust::xxh3::xxh3_64;

const SIZES: [usize; 6] = [4 << 10, 64 << 10, 256 << 10, 1 << 20, 8 << 20, 64 << 20];

/// From this size on reading outweighs the hand-over, and the target is meant.
const LARGE: usize = 1 << 20;

macro_rules! task {
    ($task:ident($($argument:ty),*) -> $output:ty, $run:expr) => {
        #[derive(Serialize, Deserialize)]
        struct $task($($argument),*);

        impl Task for $task {
            const NAME: &'static str = stringify!($task);
            type Output = $output;

            fn run(self) -> $output {
                let run: fn(Self) -> $output = $run;
                run(self)
            }
        }
    };
}

task!(Nothing() -> usize, |_| 0);
task!(Own(Copied) -> usize, |task| match task.0 {
    Copied::Ours(array) => std::hint::black_box(array.to_vec()).len(),
    Copied::Arrived(array) => std::hint::black_box(array).len(),
});
task!(ReadAll(SharedBytes) -> u64, |task| xxh3_64(&task.0));
task!(Hold(SharedBytes) -> usize, |task| task.0.len());
task!(Offer(usize) -> (u32, usize), |task| {
    static OFFERED: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
    let mut offered = OFFERED.lock().expect("nobody panics with it");
    // One at a time: what was offered before is no longer read.
    *offered = vec![vec![1; task.0]];
    (std::process::id(), offered[0].as_ptr().addr())
});
task!(Listen(PathBuf, usize) -> usize, |task| {
    let mut buffer = vec![0; task.1];
    let Ok(mut socket) = UnixStream::connect(task.0) else { return 0 };
    let mut messages = 0;
    // A byte before a batch says how many arrays it has, by powers of two; one comes back after it.
    let mut power = [0];
    while socket.read_exact(&mut power).is_ok() {
        for _ in 0..1_usize << power[0] {
            if socket.read_exact(&mut buffer).is_err() {
                return messages;
            }
            messages += 1;
        }
        if socket.write_all(&power).is_err() {
            break;
        }
    }
    messages
});

static TASKS: &[TaskEntry] = &[
    TaskEntry::of::<Nothing>(),
    TaskEntry::of::<Own>(),
    TaskEntry::of::<ReadAll>(),
    TaskEntry::of::<Hold>(),
    TaskEntry::of::<Offer>(),
    TaskEntry::of::<Listen>(),
];

struct Pools {
    threads: ThreadPoolExecutor,
    processes: ProcessPoolExecutor,
    /// A process at the other end of the floors.
    peer: ProcessPoolExecutor,
}

fn main() -> ExitCode {
    worker::init(TASKS);
    let mut bench = match Bench::new("data") {
        Ok(bench) => bench,
        Err(code) => return code,
    };
    let pools = Pools {
        threads: ThreadPoolExecutor::new(1).expect("one worker"),
        processes: ProcessPoolExecutor::new(1).expect("one worker"),
        peer: ProcessPoolExecutor::new(1).expect("one worker"),
    };
    bench.note(format!(
        "One worker. Targets of shared reading are set from {} on: below, the hand-over outweighs the read.",
        words(LARGE)
    ));
    for size in SIZES {
        copies(&mut bench, &pools, size);
    }
    for size in SIZES {
        shared_reads(&mut bench, &pools, size);
    }
    for size in SIZES {
        hand_overs(&mut bench, &pools, size);
    }
    bench.finish()
}

fn words(size: usize) -> String {
    if size < 1 << 20 { format!("{} KiB", size >> 10) } else { format!("{} MiB", size >> 20) }
}

/// How many arrays a measurement moves, as a power of two: 128 MiB altogether, so that the first ones, which meet
/// caches that others have used, count little; but at least 4 arrays and at most 1024.
fn power(size: usize, measuring: bool) -> u8 {
    if !measuring {
        return 0;
    }
    ((128 << 20) / size).clamp(4, 1024).ilog2() as u8
}

/// An array of no pattern.
fn array(size: usize) -> Vec<u8> {
    (0..size as u64).map(|index| (index.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect()
}

/// Runs the tasks and looks at what each gives.
fn run<T: Task>(executor: &impl Executor, tasks: impl Iterator<Item = T>, expected: &T::Output)
where
    T::Output: PartialEq,
{
    for output in executor.map(tasks) {
        assert!(output.expect("a result") == *expected, "a task gave something else");
    }
}

fn copies(bench: &mut Bench, pools: &Pools, size: usize) {
    let title = format!("copy {} to a worker", words(size));
    if !bench.wants(&title) {
        return;
    }
    let power = power(size, bench.measuring());
    let count = 1_usize << power;
    let bytes = (count * size) as f64;
    let ours = Arc::new(array(size));
    let mut warm = vec![0; size];
    let mut read = vec![0; size];
    let offered = pools.peer.submit(Offer(size)).expect("it is open").take(None).expect("it offers");

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).expect("a socket");
    let listening = pools.peer.submit(Listen(path, size)).expect("it is open");
    let (mut socket, _) = listener.accept().expect("it connects");

    let copies = || (0..count).map(|_| Own(Copied::Ours(Arc::clone(&ours))));
    let new = "memcpy to new memory";
    let contest = Contest::new(&title, Unit::PerSecond("bytes"))
        .floor(new, || measure(bytes, || (0..count).for_each(|_| drop(std::hint::black_box(ours.to_vec())))))
        .floor("memcpy to warm memory", || {
            measure(bytes, || {
                for _ in 0..count {
                    std::hint::black_box(&mut warm).copy_from_slice(std::hint::black_box(&ours));
                }
            })
        })
        .floor("socket pair", || {
            measure(bytes, || {
                socket.write_all(&[power]).expect("it listens");
                (0..count).for_each(|_| socket.write_all(&ours).expect("it listens"));
                socket.read_exact(&mut [0]).expect("it answers");
            })
        })
        .floor("process_vm_readv", || {
            measure(bytes, || {
                for _ in 0..count {
                    assert_eq!(read_memory(offered.0, offered.1, &mut read).expect("a child"), size);
                }
            })
        })
        .contender("threads", || measure(bytes, || run(&pools.threads, copies(), &size)))
        .contender("processes", || measure(bytes, || run(&pools.processes, copies(), &size)))
        .target("threads", Against::of(new), Limit::AtLeast(0.6))
        .target("processes", Against::of(new), Limit::AtLeast(0.6))
        .compare("processes", Against::of("memcpy to warm memory"))
        .compare("processes", Against::of("socket pair"))
        .compare("processes", Against::of("process_vm_readv"));
    bench.hold(contest);
    drop(socket);
    assert!(listening.take(None).expect("it ends") >= 1);
}

fn shared_reads(bench: &mut Bench, pools: &Pools, size: usize) {
    let title = format!("read {} that are shared", words(size));
    if !bench.wants(&title) {
        return;
    }
    let count = 1_usize << power(size, bench.measuring());
    let bytes = (count * size) as f64;
    let private = array(size);
    let shared = SharedBytes::copy_of(&private).expect("there is memory");
    let sum = xxh3_64(&private);
    let read = |bytes: &[u8]| (0..count).for_each(|_| assert_eq!(xxh3_64(std::hint::black_box(bytes)), sum));
    let handles = || (0..count).map(|_| ReadAll(shared.clone()));
    let mut contest = Contest::new(&title, Unit::PerSecond("bytes"))
        .floor("private read", || measure(bytes, || read(&private)))
        .floor("mapped read", || measure(bytes, || read(&shared)))
        .contender("threads", || measure(bytes, || run(&pools.threads, handles(), &sum)))
        .contender("processes", || measure(bytes, || run(&pools.processes, handles(), &sum)));
    for ours in ["threads", "processes"] {
        let against = Against::of("private read");
        contest = if size >= LARGE {
            contest.target(ours, against, Limit::AtLeast(0.8))
        } else {
            contest.compare(ours, against)
        };
    }
    bench.hold(contest);
}

fn hand_overs(bench: &mut Bench, pools: &Pools, size: usize) {
    let title = format!("hand over {} that are shared, there and back", words(size));
    if !bench.wants(&title) {
        return;
    }
    let times = if bench.measuring() { 300 } else { 1 };
    let shared = SharedBytes::create(size).and_then(speedup_executor::SharedBytesMut::freeze);
    let shared = shared.expect("there is memory");
    let contest = Contest::new(&title, Unit::SecondsPer("task"))
        .floor("threads, nothing", || there_and_back(&pools.threads, times, Nothing, 0))
        .floor("processes, nothing", || there_and_back(&pools.processes, times, Nothing, 0))
        .contender("threads", || there_and_back(&pools.threads, times, || Hold(shared.clone()), size))
        .contender("processes", || there_and_back(&pools.processes, times, || Hold(shared.clone()), size))
        .target("threads", Against::Itself, Limit::AtMost(20e-6))
        .target("processes", Against::Itself, Limit::AtMost(20e-6))
        .compare("processes", Against::of("processes, nothing"));
    bench.hold(contest);
}

/// One task at a time.
fn there_and_back<T: Task<Output = usize>>(
    executor: &impl Executor,
    times: usize,
    task: impl Fn() -> T,
    expected: usize,
) -> Reading {
    measure(times as f64, || {
        for _ in 0..times {
            let output = executor.submit(task()).expect("it is open").take(None).expect("a result");
            assert_eq!(output, expected);
        }
    })
}
