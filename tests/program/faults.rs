//! What goes wrong around a run: disks, limits, killed workers, killed parents, Ctrl-C.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::support::{TINY, only_run, run, speedup, stderr, stdout};
use rustix::process::{Pid, Signal, kill_process};
use speedup_report::record::{RunRecord, Status};

#[test]
fn an_output_folder_that_cannot_be_written_is_one_line_and_exit_1() {
    let out = tempfile::tempdir().unwrap();
    fs::write(out.path().join("file"), "").unwrap();
    let below_a_file = out.path().join("file").join("results");
    let output = run(&[&TINY[..], &["--out", below_a_file.to_str().unwrap()]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains(&format!("{}: cannot write: ", below_a_file.display())),
        "{}",
        stderr(&output)
    );
    assert_eq!(stderr(&output).lines().count(), 1);
}

/// A limit on the size of files stands for a full disk: the system refuses to write on.
#[test]
fn a_full_disk_at_the_start_leaves_nothing_behind() {
    let out = tempfile::tempdir().unwrap();
    let script = r#"ulimit -f 1; exec "$0" "$@""#;
    let output = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_speedup")])
        .args(TINY)
        .args(["--out", out.path().to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("run.json: cannot write: "), "{}", stderr(&output));
    assert_eq!(stderr(&output).lines().count(), 1);
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
}

#[test]
fn a_disk_that_fills_up_keeps_the_record_written_before() {
    let out = tempfile::tempdir().unwrap();
    // Enough for the record of the first rounds, not for that of all.
    let script = r#"ulimit -f 64; exec "$0" "$@""#;
    let output = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_speedup")])
        .args(["run", "--scale", "tiny", "--runs", "200", "--workers", "1", "--passes", "rc4=1,sha256=1"])
        // Processes could not even start: they exchange messages through a file in memory.
        .args(["--executor", "threads"])
        .args(["--out", out.path().to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("run.json: cannot write: "), "{}", stderr(&output));
    let folder = only_run(out.path());
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "a temporary file is left");
    assert!(!RunRecord::read(&folder).unwrap().samples.is_empty());
}

#[test]
fn a_worker_without_a_pool_says_so() {
    let output = speedup(&["list"]).env("SPEEDUP_INTERNAL_POOL_WORKER", "0").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no channel at standard input"), "{}", stderr(&output));
    assert_eq!((stderr(&output).lines().count(), stdout(&output)), (1, ""));
}

/// A limit on open files keeps the pool from starting all of its workers: a case of twelve must not
/// be measured with fewer.
#[test]
fn a_pool_that_cannot_start_every_worker_fails_the_case() {
    let out = tempfile::tempdir().unwrap();
    let output = Command::new("sh")
        .args(["-c", r#"ulimit -n 20; exec "$0" "$@""#, env!("CARGO_BIN_EXE_speedup")])
        .args(["run", "--scale", "tiny", "--runs", "1", "--workload", "rc4", "--executor", "processes"])
        .args(["--workers", "1,12", "--out", out.path().to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = stderr(&output);
    assert!(
        message.contains("rc4 processes/12: cannot start worker ") && message.lines().count() == 1,
        "{message}"
    );
    let record = RunRecord::read(&only_run(out.path())).unwrap();
    assert_eq!((record.status, record.failures.len()), (Status::Failed, 1));
}

/// A run that goes on until it is stopped, and has a first round in its record.
fn endless_run(out: &Path) -> Child {
    let passes = ["--passes", "rc4=2000", "--workload", "rc4", "--executor", "processes", "--runs", "10000"];
    let tail = ["--scale", "tiny", "--workers", "2", "--out", out.to_str().unwrap()];
    let child = speedup(&[&["run"], &passes[..], &tail].concat()).spawn().unwrap();
    wait_until(|| {
        let entries = fs::read_dir(out).into_iter().flatten().filter_map(Result::ok);
        entries
            .map(|entry| RunRecord::read(&entry.path()))
            .any(|record| record.is_ok_and(|r| !r.samples.is_empty()))
    });
    child
}

fn wait_until(mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "waited for a minute");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The worker processes of a run.
fn workers_of(parent: u32) -> Vec<i32> {
    let processes =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let parent = format!("PPid:\t{parent}\n");
    let status =
        |pid: &i32| fs::read_to_string(format!("/proc/{pid}/status")).is_ok_and(|s| s.contains(&parent));
    processes.filter(status).collect()
}

fn kill(pid: i32, signal: Signal) {
    let _ = kill_process(Pid::from_raw(pid).unwrap(), signal);
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_worker_ends_the_run_with_its_samples_kept() {
    let out = tempfile::tempdir().unwrap();
    let mut child = endless_run(out.path());
    let mut seen = Vec::new();
    // A worker found here may be about to leave by itself, and then the run goes on.
    wait_until(|| {
        for worker in workers_of(child.id()) {
            kill(worker, Signal::KILL);
            seen.push(worker);
        }
        child.try_wait().unwrap().is_some()
    });
    let output = child.wait_with_output().unwrap();
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(
        message.contains("rc4 processes/") && message.contains("killed by signal 9 (SIGKILL)"),
        "{message}"
    );
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(stdout(&output).contains("failed"), "{}", stdout(&output));
    for worker in seen {
        assert!(!Path::new(&format!("/proc/{worker}")).exists(), "worker {worker} is left");
    }
    let record = RunRecord::read(&only_run(out.path())).unwrap();
    assert_eq!((record.status, record.failures.len()), (Status::Failed, 1));
    assert!(!record.samples.is_empty());
}

#[test]
fn ctrl_c_keeps_what_was_measured_and_exits_130() {
    let out = tempfile::tempdir().unwrap();
    let child = endless_run(out.path());
    kill(child.id().cast_signed(), Signal::INT);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    let folder = only_run(out.path());
    let goes_on = format!("and 'speedup run --resume {}' goes on\n", folder.display());
    assert_eq!(stderr(&output), format!("speedup: interrupted; what was measured is kept, {goes_on}"));
    let record = RunRecord::read(&only_run(out.path())).unwrap();
    assert_eq!(record.status, Status::Interrupted);
    assert!(!record.samples.is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn a_killed_parent_leaves_no_worker() {
    let out = tempfile::tempdir().unwrap();
    let mut child = endless_run(out.path());
    let mut seen = Vec::new();
    wait_until(|| {
        seen = workers_of(child.id());
        !seen.is_empty()
    });
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until(|| seen.iter().all(|worker| !running(*worker)));
    let record = RunRecord::read(&only_run(out.path())).unwrap();
    assert_eq!(record.status, Status::Running);
}

/// Whether a process is there and no zombie that its new parent has not yet reaped.
fn running(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/status")).is_ok_and(|status| !status.contains("State:\tZ"))
}

/// The program under a limit on the size of files, in blocks of 512 or 1024 bytes.
fn limited(blocks: u32, arguments: &[&str]) -> std::process::Output {
    let script = format!(r#"ulimit -f {blocks}; exec "$0" "$@""#);
    Command::new("sh").args(["-c", &script, env!("CARGO_BIN_EXE_speedup")]).args(arguments).output().unwrap()
}

/// The signal that stands for a file that is too large must not end the program in the middle.
#[test]
fn a_limit_on_files_is_an_error_that_leaves_no_temporary_file() {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().to_str().unwrap();
    let kept = "results/2015-08-20-book-table-17-1";
    let book = fs::read_dir("results").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    let record = book.into_iter().find(|path| path.join("run.json").exists()).unwrap_or_else(|| kept.into());
    let charts = ["report", record.to_str().unwrap(), "--charts", folder];
    let export = ["serve", "--export", folder];
    let styles = ["sequential", "threads", "async"];
    let styles = styles.map(|style| vec!["flags", "-a", "--dest", folder, "--style", style]);
    for arguments in styles.into_iter().chain([charts.to_vec(), export.to_vec()]) {
        let output = limited(1, &arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {:?} {}", output.status, stderr(&output));
        let left: Vec<String> = crate::support::names_in(out.path());
        let temporary = |name: &&String| [".tmp", ".part"].iter().any(|end| name.ends_with(end));
        assert_eq!(left.iter().filter(temporary).count(), 0, "{arguments:?}: {left:?}");
    }
}

#[test]
fn a_run_that_ended_before_its_first_record_says_so_and_is_cleaned_up() {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("2026-11-22-demo");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("run.json.0123456789abcdef.tmp"), "{").unwrap();
    let resume = |folder: &Path| run(&["run", "--resume", folder.to_str().unwrap()]);
    let output = resume(&folder);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("ended before its first record was written"), "{}", stderr(&output));
    assert!(!folder.exists());
    // What is no run's stays.
    let mine = out.path().join("mine");
    fs::create_dir(&mine).unwrap();
    let output = resume(&mine);
    assert!(stderr(&output).contains("holds no run") && mine.exists(), "{}", stderr(&output));
}

#[test]
fn a_folder_may_have_a_name_that_is_no_text() {
    use std::os::unix::ffi::OsStrExt;
    let parent = tempfile::tempdir().unwrap();
    let out = parent.path().join(std::ffi::OsStr::from_bytes(b"r\xffsults\x1b[31m"));
    let output = speedup(&TINY)
        .args(["--executor", "threads", "--workload", "rc4", "--out"])
        .arg(&out)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let run = only_run(&out);
    assert!(RunRecord::read(&run).is_ok());
    // What the terminal gets of the name commands nothing.
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("Saved in ") && !text.contains('\x1b'), "{text}");
}

#[test]
fn a_device_without_end_and_a_pipe_without_a_writer_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for path in ["/dev/zero", pipe.to_str().unwrap()] {
        for command in [vec!["report", path], vec!["compare", path, path], vec!["import", "--csv", path]] {
            let output = run(&command);
            assert!(matches!(output.status.code(), Some(1 | 2)), "{command:?}: {:?}", output.status);
            assert_eq!(stderr(&output).lines().count(), 1, "{command:?}: {}", stderr(&output));
        }
    }
}
