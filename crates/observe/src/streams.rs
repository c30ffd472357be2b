//! The three standard streams: opened before anything runs, and read as they come.

use std::fs::File;
use std::io::{self, PipeReader, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use xxhash_rust::xxh3::Xxh3;

use crate::Error;
use crate::execution::Stream;
use crate::spec::{Input, Output, Spec};

/// What a program is given for its streams, and what is read of them here.
pub(crate) struct Streams {
    pub(crate) given: [OwnedFd; 3],
    pub(crate) stdout: Option<Reader>,
    pub(crate) stderr: Option<Reader>,
}

impl Streams {
    pub(crate) fn open(spec: &Spec) -> Result<Self, Error> {
        let stdin = match &spec.stdin {
            Input::Null => null()?,
            Input::File(path) => File::open(path).map_err(file("standard input from", path))?.into(),
        };
        let (stdout, out) =
            output(&spec.stdout, "standard output to", || io::stdout().as_fd().try_clone_to_owned())?;
        let (stderr, err) =
            output(&spec.stderr, "standard error to", || io::stderr().as_fd().try_clone_to_owned())?;
        Ok(Self { given: [stdin, stdout, stderr], stdout: out, stderr: err })
    }
}

fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::File { what, path: path.to_path_buf(), source }
}

fn null() -> Result<OwnedFd, Error> {
    let null = File::options().read(true).write(true).open("/dev/null");
    Ok(null.map_err(file("open", Path::new("/dev/null")))?.into())
}

fn output(
    output: &Output,
    what: &'static str,
    own: impl FnOnce() -> io::Result<OwnedFd>,
) -> Result<(OwnedFd, Option<Reader>), Error> {
    match output {
        Output::Null => Ok((null()?, None)),
        Output::Inherit => Ok((own().map_err(Error::system("pass an output on"))?, None)),
        Output::File(path) => Ok((File::create(path).map_err(file(what, path))?.into(), None)),
        Output::Digest { tail } => {
            let (reader, writer) = io::pipe().map_err(Error::system("make a pipe"))?;
            Ok((writer.into(), Some(Reader::new(reader, *tail))))
        }
    }
}

/// Reads, counts and hashes one output; keeps its end.
pub(crate) struct Reader {
    /// Absent after its end.
    pipe: Option<PipeReader>,
    bytes: u64,
    hash: Box<Xxh3>,
    tail: Vec<u8>,
    keep: usize,
}

impl Reader {
    fn new(pipe: PipeReader, keep: usize) -> Self {
        Self { pipe: Some(pipe), bytes: 0, hash: Box::new(Xxh3::new()), tail: Vec::new(), keep }
    }

    /// Where to wait for more; absent after the end.
    pub(crate) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Reads once, which does not wait if the pipe was found readable.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) {
        let Some(pipe) = &mut self.pipe else { return };
        match pipe.read(buffer) {
            Ok(len) if len > 0 => self.take(&buffer[..len]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // The end; a pipe knows no other errors.
            _ => self.pipe = None,
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.hash.update(bytes);
        self.tail.extend(&bytes[bytes.len().saturating_sub(self.keep)..]);
        // Cut only at twice the length, so that every byte is moved at most once.
        if self.tail.len() > 2 * self.keep {
            self.tail.drain(..self.tail.len() - self.keep);
        }
    }

    pub(crate) fn finish(mut self) -> Stream {
        self.tail.drain(..self.tail.len().saturating_sub(self.keep));
        Stream { bytes: self.bytes, xxh3: format!("{:032x}", self.hash.digest128()), tail: self.tail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_is_kept_and_all_is_hashed() {
        let (pipe, _) = io::pipe().unwrap();
        let mut reader = Reader::new(pipe, 5);
        let bytes: Vec<u8> = (0..100).collect();
        bytes.chunks(7).for_each(|chunk| {
            reader.take(chunk);
            assert!(reader.tail.len() <= 10);
        });
        let stream = reader.finish();
        assert_eq!(stream.tail, bytes[95..]);
        assert_eq!(stream.bytes, 100);
        assert_eq!(stream.xxh3, format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&bytes)));
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_named() {
        let mut spec = Spec::shell(":");
        spec.stdin = Input::File("/nowhere/in".into());
        assert!(
            Streams::open(&spec).err().unwrap().to_string().starts_with("standard input from /nowhere/in: ")
        );
        spec.stdin = Input::Null;
        spec.stdout = Output::File("/nowhere/out".into());
        assert!(
            Streams::open(&spec).err().unwrap().to_string().starts_with("standard output to /nowhere/out: ")
        );
    }
}
