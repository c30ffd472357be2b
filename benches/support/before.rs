//! The run before this one: the last in the same folder that measured the same batch on this machine.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use speedup_report::analysis::compare::{self, Comparison};
use speedup_report::record::{RunRecord, Status};

/// Runs that are looked into: a record can be large, and one of long ago says little.
const MOST: usize = 5;

/// What changed since the run before; nothing where there is none.
pub(crate) fn comparison(record: &RunRecord, folder: &Path, threshold: f64) -> Option<Comparison> {
    let mut candidates: Vec<(Reverse<SystemTime>, PathBuf)> = std::fs::read_dir(folder.parent()?)
        .ok()?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path != folder && path.to_string_lossy().contains(&record.name))
        .filter_map(|path| {
            let changed = path.join("run.json").metadata().and_then(|file| file.modified()).ok()?;
            Some((Reverse(changed), path))
        })
        .collect();
    candidates.sort();
    let records = candidates.iter().take(MOST).filter_map(|(_, path)| RunRecord::read(path).ok());
    let before = records.into_iter().find(|before| {
        before.name == record.name
            && before.plan.cases == record.plan.cases
            && before.status == Status::Complete
            && compare::differences(before, record).is_empty()
    })?;
    let comparison = compare::compare(&before, record, threshold);
    let common = comparison.cases().count() > 0;
    common.then_some(comparison)
}
