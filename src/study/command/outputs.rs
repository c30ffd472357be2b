//! The outputs of a batch, which are never mixed: each goes to its own file and from there to where
//! they are to be, when all jobs have ended.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::job::kept_at;
use speedup_report::record::{CommandRecord, Output, TaskSpan};

/// Where the outputs of a batch go by way of files.
pub(super) struct Outputs {
    /// Holds a file a job.
    scratch: PathBuf,
    /// The file for all; absent where they go to standard output.
    to: Option<PathBuf>,
    /// Whether they come in the order of the inputs, and not in that in which the jobs ended.
    in_order: bool,
}

impl Outputs {
    /// Those of a record; `None` where outputs need no files.
    ///
    /// # Errors
    ///
    /// If there is no folder to be had for them.
    pub(super) fn of(record: &CommandRecord) -> Result<Option<Self>, String> {
        let to = match &record.output {
            Output::Inherit => None,
            Output::File(path) => Some(PathBuf::from(path.to_os())),
            Output::Null | Output::Pipe => return Ok(None),
        };
        let failed = |error: io::Error| format!("a folder for the outputs: {error}");
        let scratch = (0_u32..)
            .map(|number| std::env::temp_dir().join(format!("speedup-{}-{number}", std::process::id())))
            .find_map(|path| match fs::create_dir(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => None,
                made => Some(made.map(|()| path)),
            });
        let scratch = scratch.unwrap_or_else(|| Err(io::ErrorKind::AlreadyExists.into())).map_err(failed)?;
        Ok(Some(Self { scratch, to, in_order: record.keep_order }))
    }

    pub(super) fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Passes on what an execution has left, outside its time.
    ///
    /// # Errors
    ///
    /// What could not be written, in one line.
    pub(super) fn pass_on(&self, tasks: &[TaskSpan]) -> Result<(), String> {
        let mut order: Vec<&TaskSpan> = tasks.iter().collect();
        order.sort_by_key(|task| if self.in_order { (0, task.job) } else { (task.end_ns, task.job) });
        let jobs = order.into_iter().map(|task| task.job);
        match &self.to {
            None => all(jobs, &self.scratch, &mut io::stdout().lock())
                .or_else(|error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
                .map_err(|error| format!("cannot write to standard output: {error}")),
            Some(path) => File::create(path)
                .and_then(|mut file| all(jobs, &self.scratch, &mut file))
                .map_err(|error| format!("--output {}: {error}", path.display())),
        }
    }
}

impl Drop for Outputs {
    fn drop(&mut self) {
        // It is a temporary folder: whatever cannot be removed now, the system removes in time.
        let _ = fs::remove_dir_all(&self.scratch);
    }
}

fn all(jobs: impl Iterator<Item = usize>, scratch: &Path, to: &mut impl Write) -> io::Result<()> {
    for job in jobs {
        io::copy(&mut File::open(kept_at(scratch, job))?, to)?;
    }
    to.flush()
}
