//! The committed JSON Schema is what the program prints, and a record that does not fit is refused in one
//! line.

use std::fs;

use crate::support::{run, stderr, stdout};
use speedup_report::record::json_schema::JSON_SCHEMA;

#[test]
fn the_program_prints_the_committed_schema() {
    let output = run(&["schema"]);
    assert!(output.status.success());
    assert_eq!(stdout(&output), JSON_SCHEMA);
}

/// A record that is broken in some way, what is said of it, and whether its version is the trouble.
type Broken = (&'static str, String, &'static str, bool);

fn broken_records() -> Vec<Broken> {
    let book = fs::read_to_string("results/book-table-17-1/run.json").unwrap();
    let replaced = |from: &str, to: &str| {
        assert!(book.contains(from), "{from}");
        book.replacen(from, to, 1)
    };
    let version = |number: &str| replaced("\"schema_version\": 3", &format!("\"schema_version\": {number}"));
    vec![
        ("empty", String::new(), "the record is damaged: EOF", false),
        ("truncated", book[..book.len() / 2].to_string(), "the record is damaged: EOF", false),
        ("list", "[]".to_string(), "not a run record of speedup", false),
        (
            "type",
            replaced("\"min_s\": ", "\"min_s\": true, \"was\": "),
            "the record is damaged: invalid type",
            false,
        ),
        (
            "design",
            replaced("\"published\",", "\"guessed\","),
            "the record is damaged: unknown variant",
            false,
        ),
        ("lacking", replaced("\"plan\"", "\"plans\""), "the record is damaged: missing field `plan`", false),
        ("index", replaced("\"case\": 7", "\"case\": 77"), "refers to case 77, but the plan has 8", false),
        ("no-version", replaced("\"schema_version\"", "\"version\""), "no schema_version", false),
        ("old", version("2"), "schema version 2, but", true),
        ("new", version("99"), "schema version 99, but", true),
    ]
}

#[test]
fn report_and_compare_refuse_what_does_not_fit_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text, expected, version) in broken_records() {
        let path = folder.path().join(format!("{name}.json"));
        fs::write(&path, text).unwrap();
        let (path, good) = (path.to_str().unwrap(), "results/book-table-17-1");
        // The code 1 of a comparison means a regression, so that a file it cannot use is 2.
        let refused = if version { 3 } else { 2 };
        for (arguments, code) in [
            (&["report", path][..], 1),
            (&["compare", path, good], refused),
            (&["compare", good, path, "--force"], refused),
        ] {
            let output = run(arguments);
            let message = stderr(&output);
            assert_eq!(output.status.code(), Some(code), "{arguments:?}: {message}");
            assert!(message.contains(path) && message.contains(expected), "{arguments:?}: {message}");
            assert_eq!((message.lines().count(), stdout(&output)), (1, ""), "{arguments:?}: {message}");
        }
    }
}
