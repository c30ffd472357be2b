//! The watching program's hold on its supervisor.

use std::ffi::{CString, OsStr, OsString};
use std::io::{self, IoSlice, PipeWriter, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType, sendmsg,
    socketpair,
};
use rustix::process::{Pid, WaitOptions, waitpid};

use super::child::{Arena, Step};
use super::wire::{DONE, FAILED, HOLD, JOB, KILL, Packet, READY, TRACE};
use super::{now_ns, supervisor};
use crate::Error;
use crate::execution::{Told, untold};
use crate::spec::Spec;

/// A supervisor process, which does one job at a time. Gone with this value, and all that it runs.
pub(super) struct Supervisor {
    pid: i32,
    /// Absent only while it is being dropped.
    socket: Option<OwnedFd>,
    arena: Arena,
}

/// What became of a job that was handed over.
pub(super) enum Submitted {
    Running,
    Held(Held),
}

/// A child that waits to be let go.
pub(super) struct Held {
    pub(super) pid: i32,
    /// Whether the supervisor traces it.
    pub(super) seized: Told<()>,
    go: PipeWriter,
}

impl Held {
    /// Lets it become the program; the time just before.
    pub(super) fn release(mut self) -> u64 {
        let begin_ns = now_ns();
        // If it has died, the supervisor says so.
        let _ = self.go.write_all(&[1]);
        begin_ns
    }
}

impl Supervisor {
    pub(super) fn start() -> Result<Self, Error> {
        let failed = "start a supervisor process";
        let arena = Arena::new().map_err(Error::system(failed))?;
        let flags = SocketFlags::CLOEXEC;
        let (own, other) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)
            .map_err(|error| Error::system(failed)(error.into()))?;
        let pid = supervisor::spawn(&other, arena.job())
            .map_err(|error| Error::system(failed)(io::Error::from_raw_os_error(error)))?;
        Ok(Self { pid, socket: Some(own), arena })
    }

    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.socket.as_ref().expect("it is there until the drop").as_fd()
    }

    /// Writes a job where the supervisor finds it.
    pub(super) fn write(&mut self, spec: &Spec, path: &Path, args: &[OsString]) -> Result<(), Error> {
        let path = c_string("the path of the program", path.as_os_str())?;
        let arguments: Vec<CString> =
            args.iter().map(|arg| c_string("an argument", arg)).collect::<Result<_, _>>()?;
        let cwd =
            spec.cwd.as_ref().map(|cwd| c_string("the working directory", cwd.as_os_str())).transpose()?;
        let mask = mask(&spec.cpus)?;
        self.arena
            .write(&path, &arguments, &environment(spec)?, cwd.as_deref(), &mask)
            .map_err(|_| Error::Setting("arguments and environment are longer than any system takes".into()))
    }

    /// Hands the job over; waits until it is started if it is to be held.
    pub(super) fn submit(
        &self,
        streams: &[OwnedFd; 3],
        held: bool,
        traced: bool,
    ) -> Result<Submitted, Error> {
        let failed = "hand a job to the supervisor process";
        if !held {
            let given = streams.each_ref().map(AsFd::as_fd);
            self.send_job(0, &given).map_err(Error::system(failed))?;
            return Ok(Submitted::Running);
        }
        let (wait, go) = io::pipe().map_err(Error::system("make a pipe"))?;
        let [stdin, stdout, stderr] = streams.each_ref().map(AsFd::as_fd);
        let flags = if traced { HOLD | TRACE } else { HOLD };
        self.send_job(flags, &[stdin, stdout, stderr, wait.as_fd()]).map_err(Error::system(failed))?;
        let packet = self.receive()?;
        if packet.kind() != READY {
            return Err(Error::System { what: "start a process", source: Failed::of(&packet).source });
        }
        let seized = match packet.word(1) as i32 {
            0 => Ok(()),
            error => untold(format!("ptrace is refused: {}", io::Error::from_raw_os_error(error))),
        };
        Ok(Submitted::Held(Held { pid: packet.word(0) as i32, seized, go }))
    }

    fn send_job(&self, flags: u64, descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
        let mut job = Packet::new(JOB);
        job.push(flags);
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        control.push(SendAncillaryMessage::ScmRights(descriptors));
        sendmsg(self.descriptor(), &[IoSlice::new(job.bytes())], &mut control, SendFlags::NOSIGNAL)?;
        Ok(())
    }

    pub(super) fn receive(&self) -> Result<Packet, Error> {
        Packet::receive(self.descriptor()).ok_or_else(|| {
            let source = io::Error::other("it has ended; was it killed?");
            Error::System { what: "hear from the supervisor process", source }
        })
    }

    /// Asks for the end of the job.
    pub(super) fn kill(&self) -> Result<(), Error> {
        let sent = Packet::new(KILL).send(self.descriptor());
        sent.map_err(|error| Error::system("end the program")(error.into()))
    }

    /// Waits for the end of a job that is not wanted.
    pub(super) fn discard(&self) -> Result<(), Error> {
        while !matches!(self.receive()?.kind(), DONE | FAILED) {}
        Ok(())
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        // It ends when its socket does, after it has killed what it runs.
        self.socket = None;
        if let Some(pid) = Pid::from_raw(self.pid) {
            while matches!(waitpid(Some(pid), WaitOptions::empty()), Err(rustix::io::Errno::INTR)) {}
        }
    }
}

/// Why no program was started.
pub(super) struct Failed {
    step: u64,
    source: io::Error,
}

impl Failed {
    pub(super) fn of(packet: &Packet) -> Self {
        Self { step: packet.word(0), source: io::Error::from_raw_os_error(packet.word(1) as i32) }
    }

    pub(super) fn error(self, spec: &Spec, path: &Path) -> Error {
        let Self { step, source } = self;
        if step == Step::Directory as u64 {
            let path = spec.cwd.clone().unwrap_or_default();
            return Error::File { what: "working directory", path, source };
        }
        if step == Step::Cpus as u64 {
            return Error::Setting(format!("the program cannot be kept to CPUs {:?}: {source}", spec.cpus));
        }
        if step == Step::Exec as u64 {
            let why = match source.raw_os_error() {
                Some(libc::ENOEXEC) => "it is no program that this system runs, and no script with #!".into(),
                // The file itself was found.
                Some(libc::ENOENT) => "the interpreter that it names is not there".into(),
                Some(libc::E2BIG) => "its arguments and environment are too long".into(),
                _ => source.to_string(),
            };
            return Error::NotExecutable { path: path.to_path_buf(), why };
        }
        Error::System { what: "start a process", source }
    }
}

fn c_string(what: &str, text: &OsStr) -> Result<CString, Error> {
    CString::new(text.as_bytes())
        .map_err(|_| Error::Setting(format!("{what} holds a zero byte: {}", text.display())))
}

/// The inherited variables with those of the program, as `NAME=value`.
fn environment(spec: &Spec) -> Result<Vec<CString>, Error> {
    let set = |name: &OsStr| spec.env.iter().any(|(own, _)| own == name);
    let inherited = std::env::vars_os().filter(|(name, _)| !set(name));
    let mut all = Vec::new();
    let mut put = |name: &OsStr, value: &OsStr| {
        let mut both = name.to_os_string();
        both.push("=");
        both.push(value);
        c_string("an environment variable", &both).map(|both| all.push(both))
    };
    for (name, value) in inherited {
        put(&name, &value)?;
    }
    for (name, value) in &spec.env {
        if name.is_empty() || name.as_bytes().contains(&b'=') {
            return Err(Error::Setting(format!("'{}' cannot be the name of a variable", name.display())));
        }
        put(name, value)?;
    }
    Ok(all)
}

/// A set of CPUs as the kernel takes it; empty for all.
fn mask(cpus: &[usize]) -> Result<Vec<u64>, Error> {
    let Some(last) = cpus.iter().max() else { return Ok(Vec::new()) };
    if *last >= 1 << 16 {
        return Err(Error::Setting(format!("there is no CPU {last}")));
    }
    let mut mask = vec![0; last / 64 + 1];
    for cpu in cpus {
        mask[cpu / 64] |= 1 << (cpu % 64);
    }
    Ok(mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_cpus_are_masks() {
        assert_eq!(mask(&[]).unwrap(), [0_u64; 0]);
        assert_eq!(mask(&[0, 3, 64]).unwrap(), [9, 1]);
        assert!(mask(&[1 << 20]).is_err());
    }

    #[test]
    fn given_variables_replace_inherited_ones() {
        let mut spec = Spec::shell(":");
        spec.env = vec![("PATH".into(), "/here".into())];
        let all = environment(&spec).unwrap();
        let paths: Vec<_> = all.iter().filter(|both| both.to_bytes().starts_with(b"PATH=")).collect();
        assert_eq!(paths, [&CString::new("PATH=/here").unwrap()]);
        spec.env = vec![("A=B".into(), "c".into())];
        assert!(environment(&spec).is_err());
        spec.env = vec![("A".into(), "c\0".into())];
        assert!(environment(&spec).unwrap_err().to_string().contains("zero byte"));
    }
}
