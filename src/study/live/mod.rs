//! Two builds compared live: in the same rounds, in random order, with the old one twice in each.
//!
//! Each of the three arms makes a run of its own, in a folder of its own, whose record holds what it would hold if the
//! arm had run alone: program, build, command, samples. That the rounds are the same stands in `plan.turns`. So each
//! can be reported by itself, and the old one compared with itself as with the new one.
//!
//! * `arm`: an arm and its record, and what it can run
//! * `program`: commands, of which each execution is a process; `tool`: programs that are built on this library, of
//!   which a process measures some rounds
//! * `rounds`: the whole comparison, round by round

mod arm;
mod program;
mod rounds;
mod tool;

use std::fs;
use std::path::{Path, PathBuf};

use self::arm::Arm;
pub use self::arm::Arms;
pub use self::program::programs;
pub use self::rounds::{End, LiveWatch};
pub use self::tool::{Invocations, tools};
use super::clock::RunClock;
use super::describe::now;
use super::stopping::StopRule;
use speedup_report::record::store::claim;
use speedup_report::record::{RunRecord, StoreError};

/// The folders of the arms: the old side, the new one, and the old one again.
pub const ARMS: [&str; 3] = ["old", "new", "old-again"];

/// How a comparison is carried out.
#[derive(Debug, Clone)]
pub struct LiveConfig {
    /// Name of the comparison, part of its folder's name.
    pub name: String,
    /// When to stop.
    pub stop: StopRule,
    /// Seed of the order within rounds.
    pub seed: u64,
    /// Rounds that warm up before those that count.
    pub warmups: u32,
    /// Where it is kept.
    pub place: Folder,
}

/// Where a comparison is kept.
#[derive(Debug, Clone)]
pub enum Folder {
    /// In a new folder of its date and name, in this one.
    Dated(PathBuf),
    /// In this very folder.
    Exact(PathBuf),
}

/// A comparison under way, or at its end.
pub struct Live {
    config: LiveConfig,
    arms: [Arm; 3],
    folder: PathBuf,
    clock: RunClock,
    /// What went wrong without keeping the comparison from going on.
    pub warnings: Vec<String>,
}

impl Live {
    /// Claims a folder. The comparison begins now.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if there is no folder to be had.
    pub fn begin(config: LiveConfig, programs: Arms) -> Result<Self, StoreError> {
        let created = now();
        let make = |path: &Path| {
            fs::create_dir_all(path).map_err(|source| StoreError { path: path.to_path_buf(), source })
        };
        let folder = match &config.place {
            Folder::Exact(path) => make(path).map(|()| path.clone())?,
            Folder::Dated(out) => {
                make(out)?;
                claim(out, &format!("{}-{}", created.get(..10).unwrap_or("undated"), config.name))?
            }
        };
        let turns = format!("{} {created} {}", config.name, std::process::id());
        let mut names = ARMS.into_iter();
        let arms = programs.0.map(|program| Arm::new(names.next().unwrap_or_default(), &turns, program));
        Ok(Self { config, arms, folder, clock: RunClock::resumed_at(0), warnings: Vec::new() })
    }

    /// Where it is kept.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The runs of the old side, the new one and the old one again; `None` where one has not run.
    #[must_use]
    pub fn records(&self) -> Option<[&RunRecord; 3]> {
        let [old, new, again] = &self.arms;
        Some([old.record.as_ref()?, new.record.as_ref()?, again.record.as_ref()?])
    }

    /// Removes a comparison of which nothing was measured. What is not its own stays, and the folder with it.
    pub fn discard(self) {
        for arm in self.arms {
            arm.discard();
        }
        // Where it cannot be removed, it holds something else.
        let _ = fs::remove_dir(&self.folder);
    }
}

/// The runs of a kept comparison, in the order of [`ARMS`]; `None` of a folder that holds none.
#[must_use]
pub fn kept(folder: &Path) -> Option<[PathBuf; 3]> {
    let paths = ARMS.map(|name| folder.join(name));
    paths.iter().all(|path| path.join("run.json").is_file()).then_some(paths)
}
