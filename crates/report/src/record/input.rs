//! Files of users, read to a limit: a device without end or a pipe without a writer is an error, not a wait.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

/// The most bytes that a file of a user may hold: a record of some two million tasks.
pub const MOST_BYTES: u64 = 512 << 20;

/// How much of a file is read before its first bytes are looked at.
const FIRST: u64 = 64 << 10;

/// Reads the whole of a file of text.
///
/// # Errors
///
/// Where it cannot be read, holds more than [`MOST_BYTES`], begins with a zero byte as a device may, or is a
/// pipe that nothing is written to.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    read_to(path, MOST_BYTES)
}

fn read_to(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut file = open(path)?;
    let bytes = stream_to(&mut file, most)?;
    if bytes.is_empty() && file.metadata()?.file_type().is_fifo() {
        return Err(io::Error::other("it is a pipe that nothing is written to"));
    }
    Ok(bytes)
}

/// Reads the whole of a stream of text, such as standard input.
///
/// # Errors
///
/// As [`read`], but waits for whoever writes a pipe.
pub fn read_from(mut stream: impl Read) -> io::Result<Vec<u8>> {
    stream_to(&mut stream, MOST_BYTES)
}

fn stream_to(stream: &mut impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(FIRST).read_to_end(&mut bytes)?;
    if bytes.first() == Some(&0) {
        return Err(io::Error::other("it begins with zeros, not with text"));
    }
    let rest = (most + 1).saturating_sub(bytes.len() as u64);
    stream.take(rest).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other(format!("it holds more than {} MiB", most >> 20)));
    }
    Ok(bytes)
}

/// Opening a pipe waits for its other end, unless it is told not to.
fn open(path: &Path) -> io::Result<File> {
    let file =
        OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path)?;
    // From here on a slow writer is waited for; one that there is not reads as the end.
    let flags = fcntl_getfl(&file)?;
    fcntl_setfl(&file, flags - OFlags::NONBLOCK)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "x".repeat(100)).unwrap();
        assert_eq!(read_to(&path, 100).unwrap().len(), 100);
        assert_eq!(read_to(&path, 99).unwrap_err().to_string(), "it holds more than 0 MiB");
        assert_eq!(read(&folder.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_device_without_end_is_refused_at_its_first_bytes() {
        assert!(read(Path::new("/dev/zero")).unwrap_err().to_string().contains("begins with zeros"));
    }

    #[test]
    fn a_pipe_without_a_writer_is_no_wait() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let error = read(&path).unwrap_err().to_string();
        assert_eq!(error, "it is a pipe that nothing is written to");
        // A pipe with a writer is read to its end, however late that comes.
        let (reader, mut writer) = io::pipe().unwrap();
        let writing = std::thread::spawn(move || {
            io::Write::write_all(&mut writer, &vec![b'x'; 100_000]).unwrap();
        });
        let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&reader));
        assert_eq!(read(Path::new(&path)).unwrap().len(), 100_000);
        writing.join().unwrap();
    }
}
