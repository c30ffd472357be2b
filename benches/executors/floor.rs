//! This program started again as the plainest thing that could be at the other end: a process that
//! sends back what it gets, or says that it is there.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

/// Tells the program started again what it is.
const ROLE: &str = "SPEEDUP_BENCH_FLOOR";

/// Bytes in each direction of a round trip.
const BYTES: usize = 64;

/// Does what a child is for, if this is one; `false` in the bench itself.
pub(crate) fn serve() -> bool {
    let Ok(role) = std::env::var(ROLE) else { return false };
    let served = if role == "echo" { echo() } else { say_ready() };
    // The parent may be gone, and with it the need to answer.
    let _ = served;
    true
}

/// Unbuffered, as a worker reads and writes.
fn file(stream: impl AsFd) -> io::Result<File> {
    Ok(File::from(stream.as_fd().try_clone_to_owned()?))
}

fn echo() -> io::Result<()> {
    let (mut input, mut output) = (file(io::stdin())?, file(io::stdout())?);
    let mut message = [0_u8; BYTES];
    loop {
        input.read_exact(&mut message)?;
        output.write_all(&message)?;
    }
}

fn say_ready() -> io::Result<()> {
    file(io::stdout())?.write_all(b"!")?;
    // It stays until the parent lets go, as a worker does.
    io::stdin().read_to_end(&mut Vec::new()).map(drop)
}

fn command(role: &str) -> Command {
    let program = std::env::current_exe().expect("this program has a file");
    let mut command = Command::new(program);
    command.env(ROLE, role);
    command
}

/// A process that sends back what it gets.
pub(crate) struct Echo {
    to: File,
    from: File,
    child: Child,
}

impl Echo {
    /// Over two pipes.
    pub(crate) fn by_pipes() -> Self {
        let mut child = command("echo")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program can be started again");
        let to = OwnedFd::from(child.stdin.take().expect("it is piped"));
        let from = OwnedFd::from(child.stdout.take().expect("it is piped"));
        Self { to: to.into(), from: from.into(), child }
    }

    /// Over a pair of Unix sockets.
    pub(crate) fn by_sockets() -> Self {
        let (own, theirs) = UnixStream::pair().expect("the system has sockets");
        let other = || OwnedFd::from(theirs.try_clone().expect("descriptors are left"));
        let child = command("echo")
            .stdin(other())
            .stdout(other())
            .spawn()
            .expect("this program can be started again");
        let own = OwnedFd::from(own);
        let again = own.try_clone().expect("descriptors are left");
        Self { to: own.into(), from: again.into(), child }
    }

    /// Sends 64 bytes and waits for them to come back.
    pub(crate) fn round_trip(&mut self) -> [u8; BYTES] {
        let mut message = [7; BYTES];
        self.to.write_all(&message).expect("the child is there");
        self.from.read_exact(&mut message).expect("the child answers");
        message
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts that many processes and waits until the first byte of each is there: the least time in which so
/// many workers can be. Then `when_ready` is called, and they are let go.
pub(crate) fn start_to_first_byte<R>(count: usize, when_ready: impl FnOnce() -> R) -> R {
    let mut children: Vec<Child> = (0..count)
        .map(|_| {
            command("ready")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("this program can be started again")
        })
        .collect();
    for child in &mut children {
        let mut byte = [0];
        child.stdout.as_mut().expect("it is piped").read_exact(&mut byte).expect("it says that it is there");
    }
    let noted = when_ready();
    for mut child in children {
        drop(child.stdin.take());
        child.wait().expect("it is our child");
    }
    noted
}
