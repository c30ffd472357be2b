//! How a record is read, and how a file that is none is refused.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::check::check;
use super::schema::{OLDEST_SCHEMA, RunRecord, SCHEMA_VERSION};
use super::{input, plain};

/// Why a file cannot be used as a run record.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read at all.
    #[error("{path}: cannot read it: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no JSON, or JSON of the right kind with parts missing.
    #[error("{path}: the record is damaged: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where and how it is damaged.
        reason: String,
    },
    /// JSON, but not a run of this tool.
    #[error("{path}: not a run record of speedup (no tool.name \"speedup\" in it)")]
    NotARun {
        /// The file.
        path: PathBuf,
    },
    /// Written by a tool of another age.
    #[error(
        "{path}: schema version {found}, but this speedup reads versions {OLDEST_SCHEMA} and {SCHEMA_VERSION}; use the version that wrote it"
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// The version in the file.
        found: u64,
    },
}

/// What says whose file it is, and of what age.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    tool: ToolHead,
    #[serde(default, deserialize_with = "number_or_none")]
    schema_version: Option<u64>,
}

#[derive(Default, Deserialize)]
struct ToolHead {
    #[serde(default)]
    name: Option<String>,
}

/// A number, where it is one.
fn number_or_none<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(serde_json::Value::deserialize(deserializer)?.as_u64())
}

impl RunRecord {
    /// Reads a record from a `run.json`, or from the folder that holds one.
    ///
    /// # Errors
    ///
    /// [`ReadError`], which names the file and what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, ReadError> {
        let file = if path.is_dir() { path.join("run.json") } else { path.to_path_buf() };
        match input::read(&file) {
            Ok(bytes) => Self::from_json(&bytes, &file),
            Err(source) => Err(ReadError::Unreadable { path: file, source }),
        }
    }

    /// Reads a record from JSON; `path` only names it in errors.
    ///
    /// # Errors
    ///
    /// As [`RunRecord::read`].
    pub fn from_json(bytes: &[u8], path: &Path) -> Result<Self, ReadError> {
        let damaged = |reason: String| ReadError::Damaged { path: path.into(), reason };
        // A look at the head alone, so that a file of another age is not called damaged. What is read goes
        // straight into the types: as values of any shape it would take ten times the memory.
        let head: Option<Head> = match serde_json::from_slice(bytes) {
            Ok(head) => Some(head),
            Err(error) if error.is_data() => None,
            Err(error) => return Err(damaged(error.to_string())),
        };
        let Some(head) = head.filter(|head| head.tool.name.as_deref() == Some("speedup")) else {
            return Err(ReadError::NotARun { path: path.into() });
        };
        match head.schema_version {
            Some(version) if (u64::from(OLDEST_SCHEMA)..=u64::from(SCHEMA_VERSION)).contains(&version) => {}
            Some(found) => return Err(ReadError::Version { path: path.into(), found }),
            None => return Err(damaged("no schema_version".into())),
        }
        let record: Self =
            serde_json::from_slice(bytes).map_err(|error| damaged(plain::plain(&error.to_string())))?;
        check(&record).map_err(|reason| damaged(plain::plain(&reason)))?;
        let clean = match record.plain() {
            Cow::Owned(clean) => Some(clean),
            Cow::Borrowed(_) => None,
        };
        Ok(clean.unwrap_or(record))
    }
}
