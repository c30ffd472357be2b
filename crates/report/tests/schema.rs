//! The committed JSON Schema: files that are kept and records that are written fit it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use speedup_report::analysis::compare::{Measure, Terms, compare, compare_all, differences};
use speedup_report::record::RunRecord;
use speedup_report::record::json_schema::JSON_SCHEMA;
use speedup_report::render::comparison::{self, Refusal, Refused};

fn validator() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(JSON_SCHEMA).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

#[track_caller]
fn assert_valid(path: &PathBuf) {
    let value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let errors: Vec<String> =
        validator().iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
}

#[test]
fn every_kept_record_fits() {
    let folders = fs::read_dir("../../results").unwrap().map(|entry| entry.unwrap().path().join("run.json"));
    let records: Vec<PathBuf> = folders.filter(|path| path.exists()).collect();
    assert!(records.len() >= 2, "{records:?}");
    for path in &records {
        assert_valid(path);
    }
}

#[test]
fn a_record_as_it_is_written_fits_and_a_changed_one_does_not() {
    let record = RunRecord::read(Path::new("tests/data/two-executors.json")).unwrap();
    let value = serde_json::to_value(&record).unwrap();
    let validator = validator();
    assert!(validator.is_valid(&value));
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

#[test]
fn every_outcome_of_a_comparison_fits_and_a_changed_one_does_not() {
    let schema: Value = serde_json::from_str(comparison::JSON_SCHEMA).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let fits = |text: &str| {
        let value: Value = serde_json::from_str(text).unwrap();
        let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?} in {text}");
        value
    };
    let a = RunRecord::read(Path::new("tests/data/two-executors.json")).unwrap();
    let mut b = a.clone();
    b.name = "another".to_string();
    let json = |compared| fits(&comparison::to_json(&compared));
    let compared = json(compare(&a, &a, 0.02));
    let inconclusive = json(compare(&a, &b, 0.0));
    assert_eq!(
        (&compared["outcome"], &inconclusive["outcome"]),
        (&json!("no-regression"), &json!("inconclusive"))
    );
    b.samples.iter_mut().for_each(|sample| sample.wall_ns *= 2);
    assert_eq!(json(compare(&a, &b, 0.02))["outcome"], "regression");
    json(compare_all(&[&a], &[&b], Terms { threshold: 0.02, measure: Measure::Speedups }));
    b.plan.seed += 1;
    let differences = differences(&a, &b);
    let refusal = Refusal { outcome: Refused::NotComparable, reason: "they differ".into(), differences };
    assert_eq!(fits(&comparison::to_json(&refusal))["outcome"], "not-comparable");
    for (pointer, to) in [("/outcome", json!("fine")), ("/threshold", json!("2%")), ("/a", json!({}))] {
        let mut broken = compared.clone();
        *broken.pointer_mut(pointer).unwrap() = to;
        assert!(!validator.is_valid(&broken), "{pointer}");
    }
}
