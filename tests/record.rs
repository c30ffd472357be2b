//! The reference run that the repository keeps: this build must read it, report it as the files
//! beside it say, and compute the same results.

use std::path::Path;

use speedup::analysis::Analysis;
use speedup::record::{RunRecord, Status};
use speedup::report::find_format;
use speedup::workload::{Job, WORKLOADS};

const FOLDER: &str = "results/2026-11-22-reference";

fn reference() -> RunRecord {
    RunRecord::read(Path::new(FOLDER)).unwrap()
}

#[test]
fn the_tables_beside_it_and_in_the_readme_are_those_of_the_record() {
    let record = reference();
    assert_eq!(record.status, Status::Complete);
    let runs = [Analysis::of(&record)];
    for (format, file) in [("markdown", "table.md"), ("csv", "table.csv")] {
        let kept = std::fs::read_to_string(Path::new(FOLDER).join(file)).unwrap();
        assert_eq!(find_format(format).unwrap().render(&runs), kept, "{file}");
    }
    let readme = std::fs::read_to_string("README.md").unwrap();
    let tables = find_format("markdown").unwrap().render(&runs);
    let parts: Vec<&str> = tables.trim_end().split("\n\n").collect();
    let titled = parts.windows(2).filter(|pair| pair[0].starts_with("**") && pair[0] != "**rayon**");
    for pair in titled {
        assert!(readme.contains(pair[1]), "the README has another table of {}", pair[0]);
    }
}

#[test]
fn the_same_seed_gives_the_same_results_as_then() {
    let record = reference();
    for recorded in &record.plan.workloads {
        let workload = WORKLOADS.iter().find(|workload| workload.name() == recorded.name).unwrap();
        // The digest of RC4 is that of the first ciphertext, whatever the passes.
        let passes = if recorded.name == "rc4" { 1 } else { recorded.passes };
        for (index, (&size, digest)) in recorded.sizes.iter().zip(&recorded.digests).enumerate() {
            let job = Job { seed: record.plan.seed, index, size };
            assert_eq!(&workload.compute(&mut workload.generate(job), passes).unwrap(), digest);
        }
    }
}

#[test]
fn a_record_survives_being_written_and_read() {
    let record = reference();
    assert_eq!(RunRecord::from_json(&record.to_json(), Path::new("again")).unwrap(), record);
}
