//! Hashes every file below a folder, in worker processes.
//!
//! ```sh
//! cargo run --release -p speedup-executor --example hash_folder -- FOLDER
//! ```
//!
//! `map` gives the results in the order of the files, whichever worker is done first. Tasks go out in chunks,
//! since most files are small. A file that cannot be read is an error of that file and ends nothing.

use std::error::Error as StdError;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use speedup_executor::task::TaskEntry;
use speedup_executor::{Executor, MapOptions, ProcessPoolExecutor, Task, worker};
use xxhash_rust::xxh3::Xxh3Default;

/// Hashes one file.
#[derive(Serialize, Deserialize)]
struct HashFile(PathBuf);

impl Task for HashFile {
    const NAME: &'static str = "hash file";
    /// The hash, or what the system said. `io::Error` cannot travel, its text can.
    type Output = Result<u128, String>;

    fn run(self) -> Self::Output {
        hash(&self.0).map_err(|error| error.to_string())
    }
}

fn hash(path: &Path) -> io::Result<u128> {
    let (mut file, mut hasher, mut buffer) = (File::open(path)?, Xxh3Default::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.digest128()),
            length => hasher.update(&buffer[..length]),
        }
    }
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()? {
            kind if kind.is_dir() => files_below(&entry.path(), files)?,
            kind if kind.is_file() => files.push(entry.path()),
            _ => {} // links and devices
        }
    }
    Ok(())
}

static TASKS: &[TaskEntry] = &[TaskEntry::of::<HashFile>()];

fn main() -> Result<ExitCode, Box<dyn StdError>> {
    worker::init(TASKS); // first thing: worker processes are this program, started again
    let folder = std::env::args_os().nth(1).ok_or("usage: hash_folder FOLDER")?;
    let mut files = Vec::new();
    files_below(Path::new(&folder), &mut files)?;
    files.sort();

    let pool = ProcessPoolExecutor::builder().build()?; // as many workers as CPUs
    let tasks = files.iter().cloned().map(HashFile);
    let mut failed = 0;
    for (path, result) in files.iter().zip(pool.map_with(tasks, MapOptions::new().chunksize(16))) {
        match result.map_err(|error| error.to_string()).and_then(|hashed| hashed) {
            Ok(hash) => println!("{hash:032x}  {}", path.display()),
            Err(reason) => {
                failed += 1;
                eprintln!("hash_folder: {}: {reason}", path.display());
            }
        }
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
