//! Programs that do what programs do, and that nothing of them is left.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use speedup_observe::{
    Error, Execution, Exit, Input, Options, Output, Runner, Source, Spec, Stopped, Wanted, run,
};

const SOURCES: [Source; 4] = Source::ALL;

fn only(source: Source) -> Options<'static> {
    Options { source: Wanted::Only(source), ..Options::default() }
}

/// Runs with one source; says so and gives nothing where there is none.
fn with(source: Source, spec: &Spec) -> Option<Execution> {
    match run(spec, &only(source)) {
        Ok(execution) => Some(execution),
        Err(Error::NoSource { why, .. }) => {
            println!("skipped: no {}: {why}", source.name());
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn shell(text: &str) -> Spec {
    let mut spec = Spec::shell(text);
    spec.stdout = Output::Digest { tail: 1000 };
    spec.stderr = Output::Digest { tail: 1000 };
    spec
}

fn text(execution: &Execution) -> String {
    String::from_utf8(execution.stdout.as_ref().unwrap().tail.clone()).unwrap()
}

#[test]
fn what_cannot_run_is_known_before_anything_runs() {
    let home = tempfile::tempdir().unwrap();
    let plain = home.path().join("plain");
    fs::write(&plain, "#!/bin/sh\n").unwrap();
    let error = |spec: &Spec| run(spec, &Options::default()).unwrap_err();
    assert!(matches!(error(&Spec::new("no-such-program", [""; 0])), Error::NotFound { .. }));
    assert!(matches!(error(&Spec::new("/no/such", [""; 0])), Error::NotFound { .. }));
    assert!(matches!(error(&Spec::new(&plain, [""; 0])), Error::NotExecutable { .. }));
    assert!(matches!(error(&Spec::new(home.path(), [""; 0])), Error::NotExecutable { .. }));
    let mut spec = Spec::shell(":");
    spec.cwd = Some("/no/such".into());
    assert!(error(&spec).to_string().starts_with("working directory /no/such: "));
    let mut spec = Spec::shell(":");
    spec.cpus = vec![60_000];
    assert!(error(&spec).to_string().contains("kept to CPUs [60000]"));
}

#[test]
fn what_only_the_system_refuses_is_told_too() {
    let home = tempfile::tempdir().unwrap();
    for (name, content, why) in [
        ("bare", "echo no interpreter\n", "no script with #!"),
        ("lost", "#!/no/such/interpreter\n", "interpreter that it names is not there"),
    ] {
        let path = home.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        for source in SOURCES {
            let mut runner = Runner::new().unwrap();
            match runner.run(&Spec::new(&path, [""; 0]), &only(source)) {
                Err(error @ Error::NotExecutable { .. }) => {
                    assert!(error.to_string().contains(why), "{error}");
                }
                Err(Error::NoSource { why, .. }) => println!("skipped: no {}: {why}", source.name()),
                other => panic!("{other:?}"),
            }
            // The runner is none the worse for it.
            assert!(runner.run(&Spec::shell(":"), &Options::cheap()).unwrap().exit.success());
        }
    }
}

#[test]
fn a_shell_tells_by_its_exit_code() {
    let home = tempfile::tempdir().unwrap();
    let exit = |text: &str| run(&shell(text), &Options::cheap()).unwrap().exit;
    assert_eq!(exit("no-such-program"), Exit::Code(127));
    assert_eq!(exit(&format!("'{}'", home.path().display())), Exit::Code(126));
}

#[test]
fn ends_are_told() {
    for source in SOURCES {
        let exit = |text: &str| with(source, &shell(text)).map(|execution| execution.exit);
        let Some(code) = exit("exit 7") else { continue };
        assert_eq!(code, Exit::Code(7));
        assert_eq!(exit("kill -SEGV $$").unwrap().to_string(), "killed by SIGSEGV");
        assert_eq!(exit("kill -KILL $$").unwrap().to_string(), "killed by SIGKILL");
        // It closes its outputs and goes on.
        let began = Instant::now();
        assert_eq!(exit("exec >&- 2>&-; sleep 0.2; exit 5").unwrap(), Exit::Code(5));
        assert!(began.elapsed() >= Duration::from_millis(200));
        // Job control goes on under a tracer.
        let stopped = "sleep 0.2 & kill -STOP $!; sleep 0.1; kill -CONT $!; wait $! && exit 8";
        assert_eq!(exit(stopped).unwrap(), Exit::Code(8));
    }
}

#[test]
fn a_program_gets_what_it_is_given() {
    let home = tempfile::tempdir().unwrap();
    let (input, output) = (home.path().join("in"), home.path().join("out"));
    fs::write(&input, "from a file\n").unwrap();
    for source in SOURCES {
        let mut spec = shell(
            "cat; echo $GIVEN; pwd; grep -E 'SigBlk|SigIgn' /proc/self/status; ls /proc/self/fd | wc -l; nice",
        );
        spec.stdin = Input::File(input.clone());
        spec.env = vec![("GIVEN".into(), "a variable".into())];
        spec.cwd = Some("/proc".into());
        let Some(execution) = with(source, &spec) else { continue };
        let lines: Vec<String> = text(&execution).lines().map(ToString::to_string).collect();
        assert_eq!(lines[..3], ["from a file", "a variable", "/proc"]);
        // No signal is blocked; SIGPIPE is not ignored, as Rust programs do; and `ls` has only its three
        // streams and the directory open.
        let mask = |line: &str| u64::from_str_radix(line.split('\t').nth(1).unwrap(), 16).unwrap();
        assert_eq!((mask(&lines[3]), mask(&lines[4]) & 1 << 12), (0, 0), "{lines:?}");
        assert_eq!(lines[5].trim(), "4");
        // The supervisor's better priority is not passed on.
        let own = std::process::Command::new("nice").output().unwrap().stdout;
        assert_eq!(lines[6], String::from_utf8(own).unwrap().trim());
    }
    let mut spec = Spec::shell("echo here");
    spec.stdout = Output::File(output.clone());
    run(&spec, &Options::cheap()).unwrap();
    assert_eq!(fs::read_to_string(&output).unwrap(), "here\n");
}

#[test]
fn a_program_keeps_to_its_cpus() {
    let allowed = fs::read_to_string("/proc/self/status").unwrap();
    let list = allowed.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap().trim();
    let first: usize = list.split(['-', ',']).next().unwrap().parse().unwrap();
    let mut spec = shell("grep Cpus_allowed_list /proc/self/status");
    spec.cpus = vec![first];
    let execution = run(&spec, &Options::cheap()).unwrap();
    assert_eq!(text(&execution), format!("Cpus_allowed_list:\t{first}\n"));
}

#[test]
fn much_output_is_not_kept() {
    let peak_kb = || {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().to_string();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    };
    let before = peak_kb();
    let mut spec = Spec::new("head", ["-c", "200000000", "/dev/zero"]);
    spec.stdout = Output::Digest { tail: 3 };
    let stream = run(&spec, &Options::cheap()).unwrap().stdout.unwrap();
    assert_eq!((stream.bytes, stream.tail), (200_000_000, vec![0; 3]));
    assert!(peak_kb() - before < 50_000, "{} KiB more", peak_kb() - before);
}

#[test]
fn every_process_is_seen() {
    for source in SOURCES {
        let text = "i=0; while [ $i -lt 300 ]; do /bin/true & i=$((i+1)); done; wait";
        let Some(execution) = with(source, &shell(text)) else { continue };
        match execution.tree.processes {
            Ok(processes) => assert_eq!(processes, 301, "{}", source.name()),
            Err(reason) => assert!(source == Source::Usage, "{}: {reason}", source.name()),
        }
        if source.switches() {
            let trace = execution.trace.unwrap();
            assert!(trace.occupancy.iter().any(|(level, _)| level.running > 0));
        }
        if source.ptrace() {
            assert!(execution.exit_cpu_ns.unwrap() > 0);
            assert!(execution.run_delay_ns.unwrap() > 0);
        }
    }
}

#[test]
fn what_is_left_behind_is_killed_and_counted() {
    for source in SOURCES {
        // It ends when the others have said who they are.
        let left = "f=$(mktemp); setsid sh -c 'sleep 1000 & echo $$ $! >\"$0\"; exec sleep 1000' \"$f\" & \
                    until [ -s \"$f\" ]; do sleep 0.01; done; cat \"$f\"; rm \"$f\"";
        let Some(execution) = with(source, &shell(left)) else { continue };
        let pids = pids(&text(&execution));
        assert_eq!(pids.len(), 2);
        assert!(pids.iter().all(|pid| !alive(*pid)), "{}", source.name());
        assert_eq!(execution.tree.killed, 2, "{}", source.name());
        assert_eq!(execution.exit, Exit::Code(0));
    }
}

/// Starts a process in its own session with a dead parent, and two others, writes all numbers
/// into a file, and waits.
fn stubborn(file: &Path) -> Spec {
    let file = file.display();
    Spec::shell(format!(
        "sleep 1000 & a=$!; \
         setsid sh -c '(trap \"\" TERM INT HUP; sleep 1000 & echo $! >> {file}.new; wait) & ' & \
         while ! [ -s {file}.new ]; do sleep 0.01; done; \
         echo $$ $a >> {file}.new; mv {file}.new {file}; sleep 1000"
    ))
}

fn pids(text: &str) -> Vec<u32> {
    text.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

/// Whether there is such a process, zombies apart.
fn alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['Z', 'X']))
}

fn wait_until(what: &str, mut is: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what}: not within a minute");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn nothing_outlives_a_timeout() {
    for source in SOURCES {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("pids");
        let mut spec = stubborn(&file);
        spec.timeout = Some(Duration::from_secs(2));
        let Some(execution) = with(source, &spec) else { continue };
        assert_eq!(execution.stopped, Some(Stopped::Timeout));
        assert_eq!(execution.exit.to_string(), "killed by SIGKILL");
        let pids = pids(&fs::read_to_string(&file).expect("it was ready in two seconds"));
        assert_eq!(pids.len(), 3);
        assert!(pids.iter().all(|pid| !alive(*pid)), "{}", source.name());
    }
}

#[test]
fn nothing_outlives_an_interrupt() {
    for source in SOURCES {
        let home = tempfile::tempdir().unwrap();
        let (file, interrupt) = (home.path().join("pids"), AtomicBool::new(false));
        let execution = thread::scope(|scope| {
            let options = Options { interrupt: Some(&interrupt), ..only(source) };
            let spec = stubborn(&file);
            let running = scope.spawn(move || run(&spec, &options));
            wait_until("start", || file.exists() || running.is_finished());
            interrupt.store(true, Ordering::Relaxed);
            running.join().unwrap()
        });
        match execution {
            Ok(execution) => assert_eq!(execution.stopped, Some(Stopped::Interrupt)),
            Err(Error::NoSource { .. }) => continue,
            Err(error) => panic!("{error}"),
        }
        let pids = pids(&fs::read_to_string(&file).unwrap());
        assert!(pids.iter().all(|pid| !alive(*pid)), "{}", source.name());
    }
}

/// Is the watching program of the next test, in its own process; does nothing otherwise.
#[test]
fn watching_program() {
    let Some(file) = std::env::var_os("OBSERVE_TEST_PIDS") else { return };
    let source = std::env::var("OBSERVE_TEST_SOURCE").unwrap();
    let source = SOURCES.into_iter().find(|of| of.name() == source).unwrap();
    let _ = run(&stubborn(Path::new(&file)), &only(source));
}

#[test]
fn nothing_outlives_a_watching_program_that_is_killed() {
    for source in SOURCES {
        if with(source, &shell(":")).is_none() {
            continue;
        }
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("pids");
        let mut watching = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "watching_program", "--nocapture"])
            .env("OBSERVE_TEST_PIDS", &file)
            .env("OBSERVE_TEST_SOURCE", source.name())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        wait_until("start", || file.exists());
        let pids = pids(&fs::read_to_string(&file).unwrap());
        assert!(pids.iter().all(|pid| alive(*pid)), "{}", source.name());
        watching.kill().unwrap();
        watching.wait().unwrap();
        wait_until("their end", || pids.iter().all(|pid| !alive(*pid)));
    }
}

/// Is the program of the next test, in its own process: a thread that is not the first calls exec, as
/// all tests run on such threads. Does nothing otherwise.
#[test]
fn exec_from_a_thread() {
    use std::os::unix::process::CommandExt;
    let Some(shell) = std::env::var_os("OBSERVE_TEST_EXEC") else { return };
    panic!("{}", std::process::Command::new(shell).args(["-c", "exit 9"]).exec());
}

#[test]
fn a_thread_that_becomes_the_process_is_followed() {
    for source in SOURCES {
        let mut spec = Spec::new(
            std::env::current_exe().unwrap(),
            ["--exact", "exec_from_a_thread", "--nocapture", "--test-threads=2"],
        );
        spec.env = vec![("OBSERVE_TEST_EXEC".into(), "/bin/sh".into())];
        let Some(execution) = with(source, &spec) else { continue };
        assert_eq!(execution.exit, Exit::Code(9));
        if let (Ok(processes), Ok(threads)) = (&execution.tree.processes, &execution.tree.threads) {
            assert_eq!((*processes, *threads), (1, 2), "{}", source.name());
        }
        if let Ok(trace) = &execution.trace {
            // At the end nothing runs: no thread was left on a CPU in the books.
            assert!(trace.steps.iter().all(|step| step.level.running <= 2));
            assert_eq!(trace.steps.last().unwrap().level.running, 0);
        }
    }
}

#[test]
fn a_runner_outlives_the_thread_that_made_it() {
    let mut runner = thread::spawn(|| Runner::new().unwrap()).join().unwrap();
    let execution = runner.run(&shell("sleep 0.1; echo done"), &Options::cheap()).unwrap();
    assert_eq!(text(&execution), "done\n");
    let running = thread::spawn(move || (runner.run(&shell("exit 3"), &Options::cheap()), runner));
    let (execution, runner) = running.join().unwrap();
    assert_eq!(execution.unwrap().exit, Exit::Code(3));
    drop(runner);
}

#[test]
fn a_runner_does_many_jobs() {
    let mut runner = Runner::new().unwrap();
    for job in 0..100 {
        let mut spec = Spec::new("/bin/sh", ["-c", "echo $0", &job.to_string()]);
        spec.stdout = Output::Digest { tail: 100 };
        let execution = runner.run(&spec, &Options::cheap()).unwrap();
        assert_eq!(text(&execution), format!("{job}\n"));
        assert!(execution.wall_ns() > 0 && execution.cpu_ns > 0);
        assert_eq!(execution.source, Source::Usage);
    }
}

#[test]
fn more_events_than_wanted_make_no_trace() {
    let options = Options { max_events: 10, ..only(Source::Switches) };
    match run(&shell("for i in 1 2 3 4 5 6; do /bin/true; done"), &options) {
        Ok(execution) => assert!(execution.trace.unwrap_err().0.contains("more than 10 switches")),
        Err(Error::NoSource { why, .. }) => println!("skipped: {why}"),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn an_execution_can_be_stored() {
    let execution = run(&shell("echo stored"), &Options::default()).unwrap();
    let stored = serde_json::to_string(&execution).unwrap();
    assert_eq!(serde_json::from_str::<Execution>(&stored).unwrap(), execution);
}

#[test]
fn the_probe_finds_at_least_one_source() {
    let probe = speedup_observe::probe().unwrap();
    for (source, told) in &probe.sources {
        println!("{}: {told:?}", source.name());
    }
    assert!(probe.sources.iter().any(|(source, told)| *source == Source::Usage && told.is_ok()));
    let best = run(&Spec::shell(":"), &Options::default()).unwrap().source;
    assert_eq!(best, probe.best());
}
