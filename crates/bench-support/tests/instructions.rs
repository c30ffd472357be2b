//! The pieces of work whose instructions `scripts/instructions` counts. That this test is there lets the program be built
//! as all tests are.

use std::process::{Command, Output};

fn instructions(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_instructions")).args(arguments).output().unwrap()
}

#[test]
fn every_piece_has_a_name_and_runs() {
    let list = instructions(&[]);
    let names = String::from_utf8(list.stdout).unwrap();
    let limits = include_str!("../../../scripts/instructions.json");
    let limits: serde_json::Value = serde_json::from_str(limits).unwrap();
    let mut listed: Vec<&str> = names.lines().collect();
    listed.sort_unstable();
    let limited: Vec<&str> = limits["instructions"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((list.status.success(), &listed), (true, &limited), "each piece has a limit");
    for name in names.lines() {
        let output = instructions(&[name]);
        assert!(output.status.success() && output.stdout.is_empty(), "{name}: {output:?}");
    }
}

#[test]
fn what_is_not_there_is_said() {
    for arguments in [&["nothing"][..], &["rc4-tuned", "sha256"]] {
        let output = instructions(arguments);
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(String::from_utf8(output.stderr).unwrap().lines().count(), 1);
    }
}
