//! Bytes that tasks share: the same on every executor, sealed, and gone when nobody uses them.

use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};
use serde::{Deserialize, Serialize};
use speedup_executor::{Error, Executor, MapOptions, OnCrash, ProcessPoolExecutor, SharedBytes, Task};

use crate::gate::{self, Gate};
use crate::suite::{Behaviour, On, Subject, wait_until};
use crate::task;
use crate::tasks::Square;

pub(crate) const BEHAVIOURS: &[Behaviour] = &[
    behaviour("a task reads what was written here", On::Every, read_by_tasks),
    behaviour("what a task has made is read here", On::Every, made_by_tasks),
    behaviour("what comes back is the same bytes", On::Every, there_and_back),
    behaviour("no bytes are bytes too", On::Every, none),
    behaviour("more at once than are kept", On::Every, many_at_once),
    behaviour("nobody can write them or change their length", On::Every, sealed),
    behaviour("a panic of their task leaves them as they are", On::Every, panicking),
    behaviour("a thousand tasks map them once", On::Processes("they are there"), mapped_once),
    behaviour("gone soon after their last task", On::Processes("nothing is mapped"), gone_after_the_last),
    behaviour("gone with a worker that is killed", On::Processes("threads are not killed"), gone_when_killed),
    behaviour("a limit is an error", On::Processes("it would be that of all tests"), limits),
];

const fn behaviour(name: &'static str, on: On, test: fn(Subject)) -> Behaviour {
    Behaviour { group: "shared bytes", name, on, test }
}

fn patterned(len: usize) -> SharedBytes {
    let mut bytes = SharedBytes::create(len).unwrap();
    bytes.iter_mut().enumerate().for_each(|(index, byte)| *byte = (index * 7 + index / 251) as u8);
    bytes.freeze().unwrap()
}

fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(bytes.len() as u64, |sum, &byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)))
}

task!(Checksum(SharedBytes) -> u64, |task| checksum(&task.0));
task!(MakeShared(usize) -> SharedBytes, |task| patterned(task.0));
task!(PassBack(SharedBytes) -> (SharedBytes, u64), |task| (task.0.clone(), checksum(&task.0)));
task!(PanicWith(SharedBytes) -> (), |task| panic!("with {} bytes", task.0.len()));
task!(AddressOf(SharedBytes) -> usize, |task| task.0.as_ptr().addr());
task!(Tamper(SharedBytes) -> Vec<bool>, |task| tamper(&task.0));
task!(HoldShared(std::path::PathBuf, SharedBytes) -> u64, |task| {
    gate::wait_at(&task.0, 1);
    checksum(&task.1)
});
task!(WithLimits() -> Vec<String>, |_| with_limits());

fn read_by_tasks(subject: Subject) {
    let executor = subject.start(2);
    for len in [1, 4095, 4096, 4097, 1_000_000] {
        let bytes = patterned(len);
        let sums = executor.map((0..4).map(|_| Checksum(bytes.clone())));
        assert_eq!(sums.collect::<Result<Vec<_>, _>>(), Ok(vec![checksum(&bytes); 4]), "{len}");
    }
}

fn made_by_tasks(subject: Subject) {
    let executor = subject.start(2);
    for bytes in executor.map([1, 100_000, 100_000].map(MakeShared)) {
        let bytes = bytes.unwrap();
        assert_eq!(bytes, patterned(bytes.len()));
    }
}

fn there_and_back(subject: Subject) {
    let executor = subject.start(1);
    let bytes = patterned(10_000);
    let (back, sum) = executor.submit(PassBack(bytes.clone())).unwrap().take(None).unwrap();
    assert_eq!((back.as_ptr(), sum), (bytes.as_ptr(), checksum(&bytes)));
    // What a worker has made goes on to the next.
    let made = executor.submit(MakeShared(5000)).unwrap().take(None).unwrap();
    let sum = executor.submit(Checksum(made)).unwrap().result(None);
    assert_eq!(sum, Ok(checksum(&patterned(5000))));
}

fn none(subject: Subject) {
    let executor = subject.start(1);
    assert_eq!(executor.submit(Checksum(patterned(0))).unwrap().result(None), Ok(0));
    assert!(executor.submit(MakeShared(0)).unwrap().take(None).unwrap().is_empty());
}

fn many_at_once(subject: Subject) {
    let executor = subject.start(2);
    let all: Vec<SharedBytes> = (1..=100).map(|index| patterned(index * 100)).collect();
    for chunksize in [1, 100] {
        let tasks = all.iter().cloned().map(Checksum);
        let sums = executor.map_with(tasks, MapOptions::new().chunksize(chunksize));
        let expected: Vec<u64> = all.iter().map(|bytes| checksum(bytes)).collect();
        assert_eq!(sums.collect::<Result<Vec<_>, _>>(), Ok(expected), "{chunksize}");
    }
}

/// The descriptors of this process for the bytes, and for no others that other tests have: they are told
/// apart by the file.
fn descriptors(process: u32, inode: u64) -> Vec<String> {
    let Ok(links) = fs::read_dir(format!("/proc/{process}/fd")) else { return Vec::new() };
    let paths = links.filter_map(|link| Some(link.ok()?.path()));
    let of_it = |path: &std::path::PathBuf| {
        let shared = fs::read_link(path).is_ok_and(|name| name.to_string_lossy().contains("speedup-shared"));
        shared && fs::metadata(path).is_ok_and(|file| file.ino() == inode)
    };
    paths.filter(of_it).map(|path| path.display().to_string()).collect()
}

/// The file in which the bytes stand, by its number.
fn inode(bytes: &SharedBytes) -> u64 {
    let address = bytes.as_ptr().addr();
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let line = maps.lines().find(|line| {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let end = |text| usize::from_str_radix(text, 16).unwrap();
        (end(from)..end(to)).contains(&address)
    });
    let line = line.unwrap();
    assert!(line.contains("r--p") && line.contains("/memfd:speedup-shared"), "{line}");
    line.split_whitespace().nth(4).unwrap().parse().unwrap()
}

/// Whether the process has the file open or mapped.
fn has(process: u32, inode: u64) -> bool {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap_or_default();
    let number = inode.to_string();
    let mapped = maps.lines().any(|line| {
        line.contains("speedup-shared") && line.split_whitespace().nth(4) == Some(number.as_str())
    });
    mapped || !descriptors(process, inode).is_empty()
}

/// What was refused of all that could change the bytes.
fn tamper(bytes: &SharedBytes) -> Vec<bool> {
    let path = descriptors(std::process::id(), inode(bytes)).pop().unwrap();
    let file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let len = bytes.len() as u64;
    vec![
        std::io::Write::write(&mut &file, b"x").is_err(),
        file.set_len(0).is_err(),
        file.set_len(len + 1).is_err(),
        rustix::fs::fallocate(
            &file,
            rustix::fs::FallocateFlags::PUNCH_HOLE | rustix::fs::FallocateFlags::KEEP_SIZE,
            0,
            len,
        )
        .is_err(),
        rustix::fs::fcntl_add_seals(&file, rustix::fs::SealFlags::FUTURE_WRITE).is_err(),
    ]
}

fn sealed(subject: Subject) {
    let executor = subject.start(1);
    let bytes = patterned(5000);
    let sum = checksum(&bytes);
    assert_eq!(executor.submit(Tamper(bytes.clone())).unwrap().result(None), Ok(vec![true; 5]));
    assert_eq!((tamper(&bytes), checksum(&bytes)), (vec![true; 5], sum));
}

fn panicking(subject: Subject) {
    let executor = subject.start(1);
    let bytes = patterned(5000);
    let error = executor.submit(PanicWith(bytes.clone())).unwrap().result(None).unwrap_err();
    assert!(matches!(error, Error::Panicked { message, .. } if message == "with 5000 bytes"));
    assert_eq!(executor.submit(Checksum(bytes.clone())).unwrap().result(None), Ok(checksum(&bytes)));
}

fn mapped_once(subject: Subject) {
    let executor = subject.start(1);
    let bytes = patterned(1 << 20);
    let addresses: Vec<usize> =
        executor.map((0..1000).map(|_| AddressOf(bytes.clone()))).collect::<Result<_, _>>().unwrap();
    // To map them anew between two tasks that follow each other, however late the second, could give
    // the same address: the test can be lucky, but not unlucky.
    assert!(addresses.iter().all(|address| *address == addresses[0]));
}

/// The process of the worker of a pool of one.
fn process_of(executor: &impl Executor) -> u32 {
    executor.submit(crate::tasks::WhoAmI(0)).unwrap().result(None).unwrap().process
}

fn gone_after_the_last(subject: Subject) {
    let executor = subject.start(1);
    let worker = process_of(&executor);
    let bytes = patterned(100_000);
    let inode = inode(&bytes);
    let gate = Gate::new();
    let held = executor.submit(HoldShared(gate.path(), bytes.clone())).unwrap();
    wait_until("the task has them", || gate.begun(1));
    assert!(has(std::process::id(), inode) && has(worker, inode));
    let sum = checksum(&bytes);
    drop(bytes);
    // What goes along with a task stays until it is done; it is what the worker has, too.
    assert!(has(worker, inode));
    gate.open();
    assert_eq!(held.result(None), Ok(sum));
    wait_until("both have let go", || !has(std::process::id(), inode) && !has(worker, inode));
    assert_eq!(executor.submit(Square(3)).unwrap().result(None), Ok(9));
}

fn gone_when_killed(_: Subject) {
    let executor =
        ProcessPoolExecutor::builder().max_workers(1).on_crash(OnCrash::FailTaskAndReplace).build().unwrap();
    let worker = process_of(&executor);
    let bytes = patterned(100_000);
    let inode = inode(&bytes);
    let gate = Gate::new();
    let held = executor.submit(HoldShared(gate.path(), bytes.clone())).unwrap();
    wait_until("the task has them", || gate.begun(1));
    assert!(has(worker, inode));
    kill_process(Pid::from_raw(worker.cast_signed()).unwrap(), Signal::KILL).unwrap();
    assert!(matches!(held.result(None), Err(Error::WorkerDied { .. })));
    wait_until("the dead has let go", || !has(worker, inode));
    // They are as they were, here and for the next.
    assert_eq!(executor.submit(Checksum(bytes.clone())).unwrap().result(None), Ok(checksum(&bytes)));
    let next = process_of(&executor);
    drop(bytes);
    wait_until("nobody has them", || !has(std::process::id(), inode) && !has(next, inode));
}

/// What is said where this process may not have the bytes.
fn with_limits() -> Vec<String> {
    let limited = |resource, limit, len| {
        let before = getrlimit(resource);
        setrlimit(resource, Rlimit { current: Some(limit), ..before }).unwrap();
        let made = SharedBytes::create(len);
        setrlimit(resource, before).unwrap();
        made.map_or_else(|error| error.to_string(), |_| "it was made".to_string())
    };
    // The lowest number that is free.
    let free = fs::File::open("/dev/null").unwrap().as_raw_fd() as u64;
    vec![
        limited(Resource::Fsize, 1000, 2000),
        limited(Resource::Fsize, 1000, 1000),
        limited(Resource::As, 1, 1 << 20),
        limited(Resource::Nofile, free, 100),
        limited(Resource::Nofile, 0, 0),
    ]
}

fn limits(subject: Subject) {
    let executor = subject.start(1);
    let said = executor.submit(WithLimits()).unwrap().result(None).unwrap();
    let begins = |index: usize, text: &str| assert!(said[index].starts_with(text), "{index}: {said:?}");
    begins(0, "cannot make 2000 shared bytes: files may have 1000 bytes");
    begins(1, "it was made");
    begins(2, "cannot make 1048576 shared bytes: Cannot allocate memory");
    begins(3, "cannot make 100 shared bytes: Too many open files");
    begins(4, "it was made");
}
