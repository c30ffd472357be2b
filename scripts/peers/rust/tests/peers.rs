//! The programs do the batch and check it; `scripts/peers/run` takes them from where this test was built.

use std::process::{Command, Output};

fn batch(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_peers-batch")).args(arguments).output().expect("the program starts")
}

#[test]
fn every_pool_does_the_batch() {
    for pool in ["procspawn", "rayon", "threadpool"] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().to_str().expect("text");
        let done = batch(&[
            "--folder",
            path,
            "--peer",
            pool,
            "--scale",
            "tiny",
            "--workers",
            "1,2",
            "--rounds",
            "1",
        ]);
        assert!(done.status.success(), "{pool}: {}", String::from_utf8_lossy(&done.stderr));
        assert!(folder.path().join("run.json").exists(), "{pool} left no record");
    }
}

#[test]
fn an_unknown_pool_is_refused() {
    let done = batch(&["--folder", "x", "--peer", "loky"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&done.stderr).contains("--peer 'loky': must be one of"));
}
