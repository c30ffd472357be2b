//! The committed JSON Schema: files that are kept and files that are made fit it, and what does not fit
//! is refused in one line.

mod support;

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use speedup_report::record::json_schema::JSON_SCHEMA;
use support::{TINY, only_run, run, stderr, stdout};

fn validator() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(JSON_SCHEMA).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

#[track_caller]
fn assert_valid(path: &PathBuf) -> Value {
    let value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let errors: Vec<String> =
        validator().iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
    value
}

#[test]
fn the_program_prints_the_committed_schema() {
    let output = run(&["schema"]);
    assert!(output.status.success());
    assert_eq!(stdout(&output), JSON_SCHEMA);
}

#[test]
fn every_kept_record_fits() {
    let folders = fs::read_dir("results").unwrap().map(|entry| entry.unwrap().path().join("run.json"));
    let records: Vec<PathBuf> = folders.filter(|path| path.exists()).collect();
    assert!(records.len() >= 2, "{records:?}");
    for path in &records {
        assert_valid(path);
    }
}

#[test]
fn a_new_record_fits_and_a_changed_one_does_not() {
    let out = tempfile::tempdir().unwrap();
    let output = run(&[&TINY[..], &["--workload", "rc4", "--out", out.path().to_str().unwrap()]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let value = assert_valid(&only_run(out.path()).join("run.json"));
    let validator = validator();
    let broken = |pointer: &str, to: Value| {
        let mut value = value.clone();
        *value.pointer_mut(pointer).unwrap_or_else(|| panic!("there is no {pointer}")) = to;
        value
    };
    for (pointer, to) in [
        ("/schema_version", json!(2)),
        ("/tool/name", json!("another")),
        ("/design", json!("at-random")),
        ("/samples", json!({})),
        ("/samples/0/wall_ns", json!("long")),
        ("/samples/0/tasks/0/begin_ns", json!(-1)),
        ("/plan/cases/0/workers", json!(1.5)),
        ("/environment", json!(null)),
    ] {
        assert!(!validator.is_valid(&broken(pointer, to)), "{pointer}");
    }
    let mut without = value.clone();
    without.as_object_mut().unwrap().remove("plan");
    assert!(!validator.is_valid(&without));
    // A later tool may add what this one can do without.
    let mut with = value;
    with["samples"][0]["later"] = json!(1);
    assert!(validator.is_valid(&with));
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
