//! Where a run is kept: in a folder of its date, in one that the user names, or as a baseline; and the link to the
//! latest one.

use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};

use super::store::write_whole;
use super::{RunFolder, RunRecord, StoreError};

/// Name of the link to the latest run, in the folder that holds the folders of runs.
pub const LATEST: &str = "latest";

/// Name of the folder of baselines, in the same place. No run's folder has it, as theirs begin with a date.
pub const BASELINES: &str = "baselines";

/// Where a run is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a new folder `OUT/DATE-NAME`.
    Dated(PathBuf),
    /// In this very folder.
    Exact {
        /// The folder.
        path: PathBuf,
        /// Files of an earlier run that are removed; absent where a folder that holds a run is to be refused.
        stale: Option<Vec<String>>,
    },
}

impl Place {
    /// Claims the folder and writes the first form of the record into it.
    ///
    /// # Errors
    ///
    /// [`StoreError`], as [`RunFolder::create`] and [`RunFolder::exact`].
    pub fn claim(&self, record: &RunRecord) -> Result<RunFolder, StoreError> {
        match self {
            Self::Dated(out) => RunFolder::create(out, record),
            Self::Exact { path, stale } => RunFolder::exact(path, stale.as_deref(), record),
        }
    }
}

/// The folder of a baseline.
#[must_use]
pub fn baseline(out: &Path, name: &str) -> PathBuf {
    out.join(BASELINES).join(name)
}

/// Keeps a record as a baseline, in place of the one of that name, and gives its folder.
///
/// # Errors
///
/// [`StoreError`]; the former baseline then stands as it was.
pub fn save_baseline(out: &Path, name: &str, record: &RunRecord) -> Result<PathBuf, StoreError> {
    let folder = baseline(out, name);
    fs::create_dir_all(&folder).map_err(|source| StoreError { path: folder.clone(), source })?;
    write_whole(&folder.join("run.json"), &record.to_json())?;
    Ok(folder)
}

/// Lets the link `latest` next to a run's folder lead to it. The link is relative, so that the folders can be moved,
/// and is replaced in one step, so that a reader finds the former run or this one.
///
/// # Errors
///
/// [`StoreError`], also if something that is no link has the name: that is the user's.
pub fn point_latest(folder: &Path) -> Result<(), StoreError> {
    let (Some(out), Some(name)) = (folder.parent(), folder.file_name()) else { return Ok(()) };
    let link = out.join(LATEST);
    let failed = |source| StoreError { path: link.clone(), source };
    if link.symlink_metadata().is_ok_and(|there| !there.is_symlink()) {
        return Err(failed(io::Error::new(io::ErrorKind::AlreadyExists, "it is no link")));
    }
    let temporary = loop {
        // Its keys are random: the name cannot be known before.
        let unpredictable = RandomState::new().build_hasher().finish();
        let temporary = out.join(format!("{LATEST}.{unpredictable:016x}.tmp"));
        match std::os::unix::fs::symlink(name, &temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => {
                made.map_err(failed)?;
                break temporary;
            }
        }
    };
    fs::rename(&temporary, &link).map_err(|source| {
        // What is worth telling is why the link could not be replaced.
        let _ = fs::remove_file(&temporary);
        failed(source)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::book;

    #[test]
    fn the_latest_run_is_the_one_that_was_pointed_to_last() {
        let out = tempfile::tempdir().unwrap();
        let record = book::record();
        for _ in 0..2 {
            let folder = Place::Dated(out.path().to_path_buf()).claim(&record).unwrap();
            point_latest(folder.path()).unwrap();
            let target = fs::read_link(out.path().join(LATEST)).unwrap();
            assert_eq!(Some(target.as_os_str()), folder.path().file_name());
            assert_eq!(RunRecord::read(&out.path().join(LATEST)).unwrap(), record);
        }
        assert_eq!(fs::read_dir(out.path()).unwrap().count(), 3, "two runs, a link and no temporary name");
    }

    #[test]
    fn what_is_no_link_is_not_replaced() {
        let out = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(out.path(), &book::record()).unwrap();
        fs::write(out.path().join(LATEST), "mine").unwrap();
        assert!(point_latest(folder.path()).unwrap_err().to_string().contains("it is no link"));
        assert_eq!(fs::read(out.path().join(LATEST)).unwrap(), b"mine");
    }

    #[test]
    fn a_named_folder_holds_one_run_unless_the_user_says_otherwise() {
        let out = tempfile::tempdir().unwrap();
        let path = out.path().join("deep/exact");
        let place = |stale: Option<&[&str]>| Place::Exact {
            path: path.clone(),
            stale: stale.map(|names| names.iter().map(ToString::to_string).collect()),
        };
        let record = book::record();
        let folder = place(None).claim(&record).unwrap();
        assert_eq!(folder.path(), path);
        assert!(place(Some(&[])).claim(&record).unwrap_err().to_string().contains("another process"));
        drop(folder);
        for name in ["time.svg", "notes"] {
            fs::write(path.join(name), "old").unwrap();
        }
        assert!(place(None).claim(&record).unwrap_err().to_string().contains("it holds another run"));
        assert!(path.join("time.svg").exists());
        place(Some(&["time.svg", "not-there.svg"])).claim(&record).unwrap();
        assert!(!path.join("time.svg").exists() && path.join("notes").exists());
    }

    #[test]
    fn a_baseline_is_replaced_and_is_no_run_folder() {
        let out = tempfile::tempdir().unwrap();
        let mut record = book::record();
        save_baseline(out.path(), "main", &record).unwrap();
        record.name = "later".to_string();
        let folder = save_baseline(out.path(), "main", &record).unwrap();
        assert_eq!(folder, out.path().join("baselines/main"));
        assert_eq!(RunRecord::read(&folder).unwrap().name, "later");
    }
}
