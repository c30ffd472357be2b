//! Where the system's descriptions of itself are read.

use std::path::{Path, PathBuf};

/// The folder that holds `proc` and `sys`: `/` of the running system, or one with a copy of those of some
/// machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root(PathBuf);

/// The running system.
impl Default for Root {
    fn default() -> Self {
        Self::at("/")
    }
}

impl Root {
    /// That folder.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// Whether it is the running system, which also answers by system calls.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.0 == Path::new("/")
    }

    /// A path below it, written without a slash at its head.
    pub(crate) fn path(&self, below: impl AsRef<Path>) -> PathBuf {
        self.0.join(below)
    }

    /// What only the running system tells, and not its files.
    pub(crate) fn running<T>(&self, tell: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
        if self.is_running() {
            return tell();
        }
        Err(format!("the files in {} do not tell", self.0.display()))
    }
}

/// Hand-written trees for tests.
#[cfg(test)]
pub(crate) mod tree {
    use std::fs;

    use super::Root;

    /// A folder that lives as long as the test.
    pub(crate) struct Tree(tempfile::TempDir);

    impl Tree {
        /// With these files, by path and content.
        pub(crate) fn of<P: AsRef<str>, T: AsRef<str>>(files: &[(P, T)]) -> Self {
            let tree = Self(tempfile::tempdir().unwrap());
            for (path, text) in files {
                tree.write(path.as_ref(), text.as_ref());
            }
            tree
        }

        /// Writes one more file.
        pub(crate) fn write(&self, path: &str, text: &str) {
            let path = self.0.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, format!("{text}\n")).unwrap();
        }

        pub(crate) fn root(&self) -> Root {
            Root::at(self.0.path())
        }
    }
}
