//! What the program says of itself and of wrong command lines, word for word.

use crate::support::{run, speedup, stderr, stdout};

/// The help of a command in a terminal of 80 columns.
fn help(command: &[&str]) -> String {
    let output = speedup(&[command, &["--help"]].concat()).env("COLUMNS", "80").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output).to_string()
}

/// The commands that the help of another lists.
fn commands(help: &str) -> Vec<&str> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    // The lines that go on with a summary are indented further.
    let names = listed.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !name.is_empty() && *name != "help").collect()
}

#[test]
fn the_help_of_every_command() {
    let root = help(&[]);
    let demo = help(&["demo"]);
    let names = commands(&root);
    assert!(names.len() >= 12 && commands(&demo).len() == 3, "{names:?}");
    insta::assert_snapshot!("help", root);
    for name in names {
        insta::assert_snapshot!(format!("help-{name}"), help(&[name]));
    }
    for name in commands(&demo) {
        insta::assert_snapshot!(format!("help-demo-{name}"), help(&["demo", name]));
    }
}

#[test]
fn no_line_of_help_is_wrapped_twice() {
    let root = help(&[]);
    for name in commands(&root) {
        let text = help(&[name]);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.iter().all(|line| line.chars().count() <= 80), "{name}");
        // A line of text that could take the first word of the next one was broken before it was wrapped.
        // The lines of options and examples are indented.
        let is_text = |line: &&str| line.starts_with(char::is_alphanumeric);
        for pair in lines.windows(2).filter(|pair| pair.iter().all(is_text)) {
            let next = pair[1].split(' ').next().unwrap_or_default();
            assert!(pair[0].chars().count() + next.chars().count() + 1 > 80, "{name}: {pair:?}");
        }
    }
}

#[test]
fn wrong_command_lines() {
    let command_lines: &[&[&str]] = &[
        &["rnu"],
        &["demo", "mop"],
        &["run", "--wrokers", "3"],
        &["run", "extra"],
        &["run", "--workers"],
        &["run", "--workers", "0"],
        &["run", "--workers", "4..1"],
        &["run", "--executor", "threds"],
        &["run", "--workload", "rc5"],
        &["run", "--kernel", "rc4=tunde"],
        &["run", "--passes", "80"],
        &["run", "--pool", "hot"],
        &["run", "--max-time", "soon"],
        &["run", "--resume", "x", "--workers", "2"],
        &["run", "--rounds", "1", "--rounds", "2"],
        &["report"],
        &["report", "x", "--format", "markdwon"],
        &["compare", "a", "b", "--threshold", "2"],
        &["compare", "a"],
        &["compare", "a", "b", "--inconclusive", "perhaps"],
        &["compare", "a", "b", "--rounds", "3"],
        &["compare", "--live", "true"],
        &["compare", "--live", "a", "b", "--", "--quiet"],
        &["run", "--overwrite"],
        &["run", "--into", "x", "--out", "y"],
        &["run", "--save-baseline", ".."],
        &["run", "--format", "html"],
        &["run", "--progress", "dots"],
        &["history", "x", "--format", "otava"],
        &["predict"],
        &["predict", "x", "--workers", "0"],
        &["predict", "x", "--joblog", "y"],
        &["predict", "x", "--format", "html"],
        &["schema", "runs"],
        &["completions", "tcl"],
        &["flags", "usa"],
        &["flags", "--timeout", "0s"],
        &["flags", "-l", "0"],
        &["flags", "--plain", "--json"],
        &["serve", "--fault", "rest=5"],
        &["serve", "--delay", "2s..1s"],
        &["demo", "crash", "--on-crash", "ignore"],
    ];
    let mut said = String::new();
    for arguments in command_lines {
        let output = run(arguments);
        let message = stderr(&output);
        assert_eq!((output.status.code(), message.lines().count()), (Some(2), 1), "{arguments:?}: {message}");
        said.extend(["$ speedup ", &arguments.join(" "), "\n", &message]);
    }
    insta::assert_snapshot!(said);
}

#[test]
fn the_version_names_the_revision() {
    let output = run(&["--version"]);
    let version = stdout(&output).trim_end();
    let revision = speedup::study::describe::tool().git_revision;
    let expected = revision.map_or_else(String::new, |revision| format!(" ({revision})"));
    assert_eq!(version, format!("speedup {}{expected}", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_know_values() {
    let script = stdout(&run(&["completions", "bash"])).to_string();
    for values in [
        "cold warm",
        "threads processes rayon async",
        "rc4=textbook rc4=tuned",
        "generate copy shared",
        "book tiny",
    ] {
        assert!(script.contains(values), "{values}");
    }
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let page = stdout(&run(&["man"])).to_string();
    assert!(page.contains(".TH speedup 1") && page.contains("speedup\\-run(1)"), "{page}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("man1");
    assert!(run(&["man", "--out", path.to_str().unwrap()]).status.success());
    let root = help(&[]);
    for name in commands(&root) {
        let page = std::fs::read_to_string(path.join(format!("speedup-{name}.1"))).unwrap();
        assert!(page.contains(".SH SYNOPSIS"), "{name}");
    }
    let run_page = std::fs::read_to_string(path.join("speedup-run.1")).unwrap();
    assert!(run_page.contains("\\-\\-max\\-time"), "{run_page}");
    assert_eq!(stdout(&run(&["man", "run"])), run_page);
    let unknown = run(&["man", "rnu"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("COMMAND 'rnu': must be one of run, command,"), "{}", stderr(&unknown));
    assert!(path.join("speedup-demo-map.1").is_file());
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_for_runs_need_not_be_text() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join(OsStr::from_bytes(b"r\xffns"));
    let tiny =
        ["run", "--scale", "tiny", "--rounds", "1", "--workload", "rc4", "--passes", "2", "--workers", "1"];
    let output = speedup(&tiny).args(["--executor", "threads", "--out"]).arg(&out).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let record = speedup_report::record::RunRecord::read(&crate::support::only_run(&out)).unwrap();
    assert_eq!(record.plan.workloads[0].passes, 2);
}
