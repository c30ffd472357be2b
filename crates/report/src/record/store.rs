//! The folder of a run, and files that are written whole or not at all.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::RunRecord;

/// A file or folder that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: cannot write: {source}")]
pub struct StoreError {
    /// What was to be written.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// The folder that belongs to one run, `OUT/DATE-NAME`. No two processes have the same at a time.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Locked as long as it is open, and let go by the system however the process ends.
    _lock: File,
}

impl RunFolder {
    /// Claims a new folder and writes the first form of the record into it.
    ///
    /// The date is the first ten characters of the record's `created`. Where the folder exists
    /// already, `-2`, `-3` and so on are appended: no run ever overwrites another.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the folder or the file cannot be written; nothing is left behind then,
    /// apart from folders above the run's own.
    pub fn create(out: &Path, record: &RunRecord) -> Result<Self, StoreError> {
        fs::create_dir_all(out).map_err(|source| StoreError { path: out.into(), source })?;
        let stem = format!("{}-{}", record.created.get(..10).unwrap_or("undated"), record.name);
        let path = claim(out, &stem)?;
        let folder = Self { _lock: lock(&path)?, path };
        if let Err(error) = folder.save(record) {
            // The claim was ours and nothing stands in it: leave no empty folder behind. If even
            // that fails, the first error is the one worth telling.
            let _ = fs::remove_dir(&folder.path);
            return Err(error);
        }
        Ok(folder)
    }

    /// Claims this very folder, which is created if necessary, and writes the first form of the record into it.
    /// What else is in it stays, apart from files of the names in `stale`: those that an earlier run left.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it cannot be written, if another process writes a run into it, or if it holds a run
    /// and `stale` is absent.
    pub fn exact(path: &Path, stale: Option<&[String]>, record: &RunRecord) -> Result<Self, StoreError> {
        let failed = |source| StoreError { path: path.into(), source };
        fs::create_dir_all(path).map_err(failed)?;
        let folder = Self { _lock: lock(path)?, path: path.to_path_buf() };
        match stale {
            None if path.join("run.json").symlink_metadata().is_ok() => {
                return Err(failed(io::Error::new(io::ErrorKind::AlreadyExists, "it holds another run")));
            }
            // What is not there need not be removed; what cannot be is replaced or stays.
            stale => stale.into_iter().flatten().for_each(|name| drop(fs::remove_file(path.join(name)))),
        }
        folder.save(record)?;
        Ok(folder)
    }

    /// Opens the folder of a run that is to go on.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if there is no such folder, or another process writes into it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let folder = Self { _lock: lock(path)?, path: path.to_path_buf() };
        // What a process left that was killed while it wrote; no other process is writing now.
        for entry in fs::read_dir(path).into_iter().flatten().filter_map(Result::ok) {
            if is_temporary(&entry.file_name()) {
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(folder)
    }

    /// Removes a run of which nothing was measured. What is not the run's stays, and the folder with it.
    pub fn discard(self) {
        // Where it cannot be removed it says what it is: a run without samples.
        let _ = fs::remove_file(self.path.join("run.json"));
        let _ = fs::remove_dir(&self.path);
    }

    /// Where the run is kept.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the record, in place of the form that stood there before.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; the former file then stands as it was.
    pub fn save(&self, record: &RunRecord) -> Result<(), StoreError> {
        write_whole(&self.path.join("run.json"), &record.to_json())
    }
}

/// Locks a folder against other processes that would write the same run.
fn lock(path: &Path) -> Result<File, StoreError> {
    let failed = |source: io::Error| StoreError { path: path.into(), source };
    let folder = File::open(path).map_err(failed)?;
    match rustix::fs::flock(&folder, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Err(rustix::io::Errno::WOULDBLOCK) => {
            Err(failed(io::Error::new(io::ErrorKind::WouldBlock, "another process is writing this run")))
        }
        // A file system that knows no locks is no reason not to measure.
        _ => Ok(folder),
    }
}

/// Creates the first free one of the folders `stem`, `stem-2`, `stem-3`, … in `out`.
///
/// # Errors
///
/// [`StoreError`] if it cannot be created.
pub fn claim(out: &Path, stem: &str) -> Result<PathBuf, StoreError> {
    let mut path = out.join(stem);
    let mut next = 2_u64;
    loop {
        // `create_dir` fails on an existing folder, so two runs cannot claim the same one.
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                path = out.join(format!("{stem}-{next}"));
                next += 1;
            }
            Err(source) => return Err(StoreError { path, source }),
        }
    }
}

/// Writes a file under a temporary name and renames it, so that a reader never sees a part of it. The name
/// cannot be known before, and the file is new: what others may have laid out there, such as a link to a file
/// elsewhere, is never written through.
///
/// # Errors
///
/// [`StoreError`] naming `path`; the temporary file is removed.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let failed = |source| StoreError { path: path.into(), source };
    let (temporary, mut file) = create_temporary(path).map_err(failed)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| synced(file.sync_all()))
        .and_then(|()| fs::rename(&temporary, path));
    written.map_err(|source| {
        // What is worth telling is why the writing failed.
        let _ = fs::remove_file(&temporary);
        failed(source)
    })
}

/// A new file next to `path`.
fn create_temporary(path: &Path) -> io::Result<(PathBuf, File)> {
    loop {
        // Its keys are random.
        let unpredictable = RandomState::new().build_hasher().finish();
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(format!(".{unpredictable:016x}.tmp"));
        let temporary = PathBuf::from(temporary);
        match File::create_new(&temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            created => return Ok((temporary, created?)),
        }
    }
}

/// A file system that cannot be told to write now has not failed to write.
fn synced(result: io::Result<()>) -> io::Result<()> {
    let cannot = |error: &io::Error| {
        use rustix::io::Errno;
        [Errno::INVAL, Errno::NOSYS, Errno::OPNOTSUPP]
            .map(Errno::raw_os_error)
            .map(Some)
            .contains(&error.raw_os_error())
    };
    result.or_else(|error| if cannot(&error) { Ok(()) } else { Err(error) })
}

/// Whether a folder is the beginning of a run that ended before its first record was there: named like one,
/// and holding nothing but what is left of the writing.
#[must_use]
pub fn is_stillborn(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut date = name.chars().zip("dddd-dd-dd-".chars());
    let dated = name.len() > 11 && date.all(|(c, of)| if of == 'd' { c.is_ascii_digit() } else { c == of });
    let Ok(mut entries) = fs::read_dir(path) else { return false };
    dated && entries.all(|entry| entry.is_ok_and(|entry| is_temporary(&entry.file_name())))
}

/// Whether that is the name of a record that was being written.
fn is_temporary(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("run.json.") && name.ends_with(".tmp")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::book;

    #[test]
    fn a_folder_is_never_overwritten() {
        let out = tempfile::tempdir().unwrap();
        let record = book::record();
        let held: Vec<_> = (0..3).map(|_| RunFolder::create(out.path(), &record).unwrap()).collect();
        assert!(RunFolder::open(held[0].path()).unwrap_err().to_string().contains("another process"));
        let paths: Vec<_> = held.iter().map(|folder| folder.path().to_path_buf()).collect();
        let names: Vec<_> = paths.iter().map(|p| p.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(
            names,
            ["2015-08-20-book-table-17-1", "2015-08-20-book-table-17-1-2", "2015-08-20-book-table-17-1-3"]
        );
        assert_eq!(RunRecord::read(&paths[2]).unwrap(), record);
    }

    #[test]
    fn nothing_that_others_laid_out_is_written_through() {
        let out = tempfile::tempdir().unwrap();
        let (target, elsewhere) = (out.path().join("new"), out.path().join("elsewhere"));
        fs::write(&elsewhere, "kept").unwrap();
        for name in [format!("new.{}.tmp", std::process::id()), "new".to_string()] {
            std::os::unix::fs::symlink(&elsewhere, out.path().join(name)).unwrap();
        }
        write_whole(&target, b"written").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"written");
        assert_eq!(fs::read(&elsewhere).unwrap(), b"kept");
        let names: Vec<PathBuf> = (0..2).map(|_| create_temporary(&target).unwrap().0).collect();
        assert_ne!(names[0], names[1]);
    }

    #[test]
    fn a_file_system_that_cannot_sync_is_no_failure() {
        let of = |errno: rustix::io::Errno| synced(Err(io::Error::from_raw_os_error(errno.raw_os_error())));
        assert!(of(rustix::io::Errno::INVAL).is_ok() && of(rustix::io::Errno::NOSYS).is_ok());
        assert!(of(rustix::io::Errno::IO).is_err() && of(rustix::io::Errno::NOSPC).is_err());
    }

    #[test]
    fn only_what_a_run_began_is_stillborn() {
        let out = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let path = out.path().join(name);
            fs::create_dir_all(&path).unwrap();
            path
        };
        assert!(is_stillborn(&folder("2026-11-22-demo")));
        assert!(!is_stillborn(&folder("mine")) && !is_stillborn(&out.path().join("2026-11-22-none")));
        fs::write(folder("2026-11-22-demo").join("run.json.0123456789abcdef.tmp"), "{").unwrap();
        assert!(is_stillborn(&folder("2026-11-22-demo")));
        fs::write(folder("2026-11-22-demo").join("notes"), "mine").unwrap();
        assert!(!is_stillborn(&folder("2026-11-22-demo")));
    }

    #[test]
    fn a_failed_write_leaves_the_former_file_and_nothing_else() {
        let out = tempfile::tempdir().unwrap();
        let target = out.path().join("kept");
        fs::create_dir(&target).unwrap();
        // A folder cannot be replaced by a file, so the rename fails after the writing succeeded.
        let error = write_whole(&target, b"new").unwrap_err();
        assert_eq!(error.path, target);
        assert_eq!(fs::read_dir(out.path()).unwrap().count(), 1);
    }
}
