//! Round trips and copies to worker processes while other programs want the CPUs: a table, measured in one run.
//!
//! Each row takes its contenders in turn, round after round, so that what else goes on is the same for all.
//!
//! ```text
//! cargo run --release -p speedup-executor --example under_load [ROUNDS]
//! ```

use std::fs::File;
use std::hint::black_box;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use speedup_executor::task::TaskEntry;
use speedup_executor::{Executor, ProcessPoolExecutor, Spin, Task, worker};
use speedup_machine::affinity::{allow_cpus, allowed_cpus};

/// Tells this program, started again, what it is.
const ROLE: &str = "SPEEDUP_UNDER_LOAD";

/// Round trips of a contender in a round.
const TRIPS: usize = 300;

/// Bytes of a message of the floors.
const BYTES: usize = 64;

#[derive(Serialize, Deserialize)]
struct Echo([u64; BYTES / 8]);

impl Task for Echo {
    const NAME: &'static str = "echo";
    type Output = [u64; BYTES / 8];

    fn run(self) -> Self::Output {
        self.0
    }
}

/// Bytes that travel in one piece: here they are borrowed of the one who has them, there they are the worker's own.
struct Block(Arc<Vec<u8>>);

impl Serialize for Block {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Block {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_bytes::ByteBuf::deserialize(deserializer).map(|bytes| Self(Arc::new(bytes.into_vec())))
    }
}

impl Task for Block {
    const NAME: &'static str = "block";
    type Output = usize;

    fn run(self) -> usize {
        self.0.len()
    }
}

fn main() -> io::Result<()> {
    worker::init(const { &[TaskEntry::of::<Echo>(), TaskEntry::of::<Block>()] });
    match std::env::var(ROLE).as_deref() {
        Ok("echo") => return echo(),
        Ok("sink") => return sink(),
        Ok(_) => loop {
            black_box(0);
        },
        Err(_) => {}
    }
    let rounds = std::env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(15);
    let all = allowed_cpus();
    println!("{} CPUs; busy now: {}", all.len(), busy());
    println!(
        "{:32}{:>10}{:>10}{:>10}{:>10}{:>12}{:>12}",
        "µs for a round trip of each", "adaptive", "never", "pipes", "sockets", "adapt/never", "never/pipes"
    );
    for hogs in 0..=2 {
        let _hogs: Vec<Running> =
            (0..hogs).map(|_| Running::new("hog", Stdio::null(), Stdio::null())).collect();
        for workers in [1, 2, 4] {
            row(&format!("{hogs} hogs, {workers} workers"), workers, rounds, (&all, &all));
        }
        if all.len() > 1 {
            row(&format!("{hogs} hogs, together"), 1, rounds, (&all[..1], &all[..1]));
            row(&format!("{hogs} hogs, apart"), 1, rounds, (&all[..1], &all[1..]));
        }
    }
    println!(
        "\n{:32}{:>10}{:>10}{:>10}{:>12}",
        "GB/s to a worker", "memcpy", "processes", "socket", "of memcpy"
    );
    for size in [4 << 10, 64 << 10, 256 << 10, 1 << 20, 8 << 20] {
        copies(size, rounds);
    }
    println!("busy now: {}", busy());
    Ok(())
}

/// What the system says of its load.
fn busy() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split_whitespace().next().unwrap_or("unknown").to_string()
}

/// This program started again, ended when it is dropped.
struct Running(Child);

impl Running {
    fn new(role: &str, stdin: Stdio, stdout: Stdio) -> Self {
        let program = std::env::current_exe().expect("this program has a file");
        let child = Command::new(program).env(ROLE, role).stdin(stdin).stdout(stdout).spawn();
        Self(child.expect("it can be started again"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn file(stream: impl AsFd) -> io::Result<File> {
    Ok(File::from(stream.as_fd().try_clone_to_owned()?))
}

fn echo() -> io::Result<()> {
    let (mut input, mut output, mut message) = (file(io::stdin())?, file(io::stdout())?, [0; BYTES]);
    while input.read_exact(&mut message).is_ok() {
        output.write_all(&message)?;
    }
    Ok(())
}

/// Takes so many messages of a length, which come first, and says that it has them.
fn sink() -> io::Result<()> {
    let (mut input, mut output, mut number) = (file(io::stdin())?, file(io::stdout())?, [0; 8]);
    let mut next = || input.read_exact(&mut number).map(|()| usize::from_le_bytes(number));
    // One that is not needed is left without a word.
    let (Ok(count), Ok(length)) = (next(), next()) else { return Ok(()) };
    loop {
        for _ in 0..count {
            // Each is the worker's own.
            let mut message = vec![0; length];
            if input.read_exact(&mut message).is_err() {
                return Ok(()); // there is no one at the other end any more
            }
            black_box(message);
        }
        output.write_all(&[1])?;
    }
}

/// A process at the other end of two streams.
struct Peer {
    to: File,
    from: File,
    _running: Running,
}

impl Peer {
    fn by_pipes() -> Self {
        let mut running = Running::new("echo", Stdio::piped(), Stdio::piped());
        let to = OwnedFd::from(running.0.stdin.take().expect("it is piped")).into();
        let from = OwnedFd::from(running.0.stdout.take().expect("it is piped")).into();
        Self { to, from, _running: running }
    }

    fn by_sockets(role: &str) -> Self {
        let (own, theirs) = UnixStream::pair().expect("the system has sockets");
        let other = || Stdio::from(OwnedFd::from(theirs.try_clone().expect("descriptors are left")));
        let running = Running::new(role, other(), other());
        Self {
            to: file(&own).expect("descriptors are left"),
            from: OwnedFd::from(own).into(),
            _running: running,
        }
    }
}

/// Sends a message to each, then takes all that comes back.
fn trips(peers: &mut [Peer]) {
    let mut message = [7; BYTES];
    for peer in &mut *peers {
        peer.to.write_all(&message).expect("it is there");
    }
    for peer in peers {
        peer.from.read_exact(&mut message).expect("it answers");
    }
}

fn tasks(pool: &ProcessPoolExecutor) {
    let futures: Vec<_> =
        (0..pool.max_workers()).map(|_| pool.submit(Echo([7; BYTES / 8])).expect("it is open")).collect();
    for future in futures {
        assert_eq!(future.take(None), Ok([7; BYTES / 8]));
    }
}

/// Seconds of each contender, in turn, the median of all rounds.
fn medians(rounds: usize, contenders: &mut [&mut dyn FnMut()]) -> Vec<f64> {
    let mut times = vec![Vec::new(); contenders.len()];
    for round in 0..=rounds {
        for (contender, times) in contenders.iter_mut().zip(&mut times) {
            let begin = Instant::now();
            contender();
            // The first round only warms.
            times.extend((round > 0).then(|| begin.elapsed().as_secs_f64()));
        }
    }
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    times.into_iter().map(median).collect()
}

fn row(name: &str, workers: usize, rounds: usize, (own, theirs): (&[usize], &[usize])) {
    let all = allowed_cpus();
    allow_cpus(theirs).expect("they are among the allowed ones");
    let pool = |spin| ProcessPoolExecutor::builder().max_workers(workers).spin(spin).build().expect("a pool");
    let [adaptive, never] = [Spin::Adaptive, Spin::Never].map(pool);
    for pool in [&adaptive, &never] {
        (0..20).for_each(|_| tasks(pool));
    }
    let mut pipes: Vec<Peer> = (0..workers).map(|_| Peer::by_pipes()).collect();
    let mut sockets: Vec<Peer> = (0..workers).map(|_| Peer::by_sockets("echo")).collect();
    allow_cpus(own).expect("they are among the allowed ones");
    let times = medians(
        rounds,
        &mut [
            &mut || (0..TRIPS).for_each(|_| tasks(&adaptive)),
            &mut || (0..TRIPS).for_each(|_| tasks(&never)),
            &mut || (0..TRIPS).for_each(|_| trips(&mut pipes)),
            &mut || (0..TRIPS).for_each(|_| trips(&mut sockets)),
        ],
    );
    let us = |time: f64| time / TRIPS as f64 * 1e6;
    print!("{name:32}");
    for time in &times {
        print!("{:>10.1}", us(*time));
    }
    println!("{:>12.2}{:>12.2}", times[0] / times[1], times[1] / times[2]);
    allow_cpus(&all).expect("they were allowed");
}

fn copies(size: usize, rounds: usize) {
    let count = ((16 << 20) / size).clamp(4, 512);
    let block = Arc::new(vec![7; size]);
    let pool = ProcessPoolExecutor::new(1).expect("a pool");
    let mut socket = Peer::by_sockets("sink");
    for number in [count, size] {
        socket.to.write_all(&number.to_le_bytes()).expect("it is there");
    }
    let times = medians(
        rounds,
        &mut [
            &mut || (0..count).for_each(|_| drop(black_box(block.to_vec()))),
            &mut || {
                let blocks = (0..count).map(|_| Block(Arc::clone(&block)));
                pool.map(blocks).for_each(|length| assert_eq!(length, Ok(size)));
            },
            &mut || {
                (0..count).for_each(|_| socket.to.write_all(&block).expect("it is there"));
                socket.from.read_exact(&mut [0]).expect("it answers");
            },
        ],
    );
    let rate = |time: f64| (count * size) as f64 / time * 1e-9;
    print!("{:32}", format!("{} KiB", size >> 10));
    for time in &times {
        print!("{:>10.2}", rate(*time));
    }
    println!("{:>12.2}", times[0] / times[1]);
}
