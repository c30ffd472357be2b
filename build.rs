//! Tells the program about its own build: compiler, options and source revision.

use std::env;
use std::process::Command;

fn main() {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    set("RUSTC_VERSION", &output(Command::new(rustc).arg("--version")).unwrap_or_default());
    set("OPT_LEVEL", &env::var("OPT_LEVEL").unwrap_or_default());
    set("TARGET_FEATURES", &env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default());
    // Outside a repository, as in a downloaded crate, the revision is empty. The hash of the
    // repository above, if any, would be another project's.
    let revision = std::path::Path::new(".git").exists().then(|| {
        output(Command::new("git").args(["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]))
    });
    let revision = revision.flatten().unwrap_or_default();
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let of_revision = if revision.is_empty() { String::new() } else { format!(" ({revision})") };
    set("VERSION", &format!("{version}{of_revision}"));
    set("GIT_REVISION", &revision);

    for path in ["build.rs", "Cargo.toml", "Cargo.lock", "src", "benches", ".git/HEAD", ".git/logs/HEAD"] {
        if std::path::Path::new(path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
}

fn set(name: &str, value: &str) {
    println!("cargo::rustc-env=SPEEDUP_{name}={value}");
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_string())
}
