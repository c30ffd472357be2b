//! Counts the words of every text file in a folder. The files are read before anything is timed.
//!
//! `cargo run --release --example word_count -- run --folder docs`

use std::collections::BTreeMap;
use std::fs;
use std::process::ExitCode;

use speedup::Tool;
use speedup::workload::{Fault, Parameter, SetUp, Workload};

#[derive(Clone)]
struct WordCount {
    folder: String,
    repeat: u32,
    /// Names and contents of the files, largest first: a long job that comes last keeps the others waiting.
    files: Vec<(String, String)>,
}

impl WordCount {
    fn read(&mut self) -> Result<(), Fault> {
        for entry in fs::read_dir(&self.folder).map_err(|e| Fault::new(format!("{}: {e}", self.folder)))? {
            let path = entry?.path();
            // What is no file, or no text, has no words.
            if let Some(text) = path.is_file().then(|| fs::read_to_string(&path).ok()).flatten() {
                self.files.push((path.display().to_string(), text));
            }
        }
        self.files.sort_by_key(|(name, text)| (std::cmp::Reverse(text.len()), name.clone()));
        Ok(())
    }
}

impl Workload for WordCount {
    /// The file's place in the list.
    type Job = usize;
    type Output = BTreeMap<String, usize>;

    fn name(&self) -> &'static str {
        "words"
    }

    fn summary(&self) -> &'static str {
        "how often each word is in each file of a folder"
    }

    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        vec![
            Parameter::new("folder", &mut self.folder, "where the files are"),
            Parameter::new("repeat", &mut self.repeat, "times that each file is counted"),
        ]
    }

    fn set_up(&self) -> Option<SetUp<Self>> {
        Some(Self::read)
    }

    fn jobs(&self) -> Vec<usize> {
        (0..self.files.len()).collect()
    }

    fn weight(&self, &file: &usize) -> usize {
        self.files[file].1.len()
    }

    fn describe(&self, &file: &usize) -> Option<String> {
        Some(self.files[file].0.clone())
    }

    fn run(&self, file: usize) -> Result<BTreeMap<String, usize>, Fault> {
        let mut counts = BTreeMap::new();
        for _ in 0..self.repeat {
            for word in self.files[file].1.split_whitespace() {
                *counts.entry(word.to_lowercase()).or_default() += 1;
            }
        }
        Ok(counts)
    }
}

/// Also for the test that runs this program.
pub(crate) fn tool() -> Tool {
    Tool::new("word_count").workload(WordCount { folder: ".".to_string(), repeat: 20, files: Vec::new() })
}

fn main() -> ExitCode {
    tool().main()
}
