//! Programs for workloads of one's own, from outside.
//!
//! This test program is such a program itself, where a variable says which; so its worker processes are as well.

mod support;

#[path = "../examples/mandelbrot.rs"]
#[allow(dead_code)]
mod mandelbrot;
#[path = "../examples/word_count.rs"]
#[allow(dead_code)]
mod word_count;

mod programs;

use std::process::{Command, ExitCode, Output, Stdio};

use libtest_mimic::{Arguments, Trial};
use speedup_report::record::{BASELINE, PoolMode, RunRecord, Status, WorkloadRecord};
use support::{only_run, stderr, stdout};
use tempfile::TempDir;

/// Says which program this is.
const VARIABLE: &str = "TEST_TOOL";

fn main() -> ExitCode {
    if let Ok(program) = std::env::var(VARIABLE) {
        return programs::tool(&program).main();
    }
    let tests: &[(&str, fn())] = &[
        ("names_are_checked_at_the_start", names_are_checked_at_the_start),
        ("an_empty_batch_is_refused", an_empty_batch_is_refused),
        ("it_says_its_own_name", it_says_its_own_name),
        ("it_has_the_commands_that_it_needs", it_has_the_commands_that_it_needs),
        ("a_job_of_any_type_on_every_executor", a_job_of_any_type_on_every_executor),
        ("parameters_are_options", parameters_are_options),
        ("a_run_goes_on_with_its_parameters", a_run_goes_on_with_its_parameters),
        ("a_tolerance_is_the_workloads_own", a_tolerance_is_the_workloads_own),
        ("a_wrong_result_names_the_job", a_wrong_result_names_the_job),
        ("outputs_that_differ_in_form_have_no_digests", outputs_that_differ_in_form_have_no_digests),
        ("set_up_is_in_no_row_unless_asked_for", set_up_is_in_no_row_unless_asked_for),
        ("what_cannot_be_set_up_says_why", what_cannot_be_set_up_says_why),
        ("jobs_can_wait_without_a_server", jobs_can_wait_without_a_server),
        ("a_job_that_ends_its_process_is_named", a_job_that_ends_its_process_is_named),
        ("settings_of_arrays_are_refused", settings_of_arrays_are_refused),
        ("arrays_and_other_jobs_in_one_program", arrays_and_other_jobs_in_one_program),
        ("the_examples_run", the_examples_run),
    ];
    let trial = |&(name, test): &(&'static str, fn())| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    libtest_mimic::run(&Arguments::from_args(), tests.iter().map(trial).collect()).exit_code()
}

/// Runs a program to its end.
fn run(program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(VARIABLE, program).env("COLUMNS", "80").args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap()
}

/// One round with two workers, and what came of it.
fn measure(program: &str, arguments: &[&str]) -> (Output, TempDir) {
    let out = tempfile::tempdir().unwrap();
    let short = ["run", "--rounds", "1", "--workers", "2", "--quiet", "--out", out.path().to_str().unwrap()];
    (run(program, &[&short, arguments].concat()), out)
}

/// The record of a run that went well.
fn record(program: &str, arguments: &[&str]) -> RunRecord {
    let (output, out) = measure(program, arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let record = RunRecord::read(&only_run(out.path())).unwrap();
    assert_eq!(record.status, Status::Complete);
    record
}

/// The one line that a program says before it ends with that exit code.
fn complaint(output: &Output, code: i32) -> String {
    let message = stderr(output);
    assert_eq!((output.status.code(), message.lines().count()), (Some(code), 1), "{message}");
    message.trim_end().to_string()
}

fn names_are_checked_at_the_start() {
    let rule = "a name has no whitespace, comma, equals sign, slash or control character, and does not begin \
                with a hyphen";
    for (program, expected) in [
        ("workload:a,b", format!("it: a workload has the name 'a,b': {rule}")),
        ("workload:a b", format!("it: a workload has the name 'a b': {rule}")),
        ("workload:a\tb", format!("it: a workload has the name 'a\\tb': {rule}")),
        ("workload:a=b", format!("it: a workload has the name 'a=b': {rule}")),
        ("workload:-a", format!("it: a workload has the name '-a': {rule}")),
        ("workload:", "it: a workload has an empty name".to_string()),
        ("program:my tool", format!("my tool: the program has the name 'my tool': {rule}")),
        ("none", "it: the program has no workload; give it one with Tool::workload".to_string()),
        ("twice", "it: two workloads have the name squares; give each its own".to_string()),
        (
            "parameter:Size",
            "it: parameter 'Size' of given: a name has lower-case letters, digits and hyphens".to_string(),
        ),
        (
            "parameter:workers",
            "it: parameter 'workers' of given: 'run' has another option of that name".to_string(),
        ),
        (
            "parameter:runs",
            "it: parameter 'runs' of given: 'run' has another option of that name".to_string(),
        ),
    ] {
        for arguments in [&["run", "--rounds", "1"][..], &["list"]] {
            assert_eq!(complaint(&run(program, arguments), 2), expected);
        }
    }
}

fn an_empty_batch_is_refused() {
    let (output, out) = measure("empty", &[]);
    let expected = "it: --workload 'squares': has no jobs, so that there is nothing to measure";
    assert_eq!(complaint(&output, 2), expected);
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 0, "nothing is left");
}

fn it_says_its_own_name() {
    let version = run("squares", &["--version"]);
    assert!(stdout(&version).starts_with("squares 3.2.1 on speedup 0.1.0"), "{}", stdout(&version));
    let help = run("squares", &["--help"]);
    assert!(stdout(&help).contains("Usage: squares <COMMAND>"), "{}", stdout(&help));
    let bare = run("squares", &[]);
    assert!(bare.status.code() == Some(2) && stderr(&bare).contains("Usage: squares"), "{}", stderr(&bare));
    for command in ["run", "report", "compare", "doctor", "list", "completions", "man"] {
        let help = run("squares", &[command, "--help"]);
        let help = stdout(&help);
        assert!(help.contains(&format!("Usage: squares {command}")), "{help}");
        // The word means a ratio too; as a command it would be followed by one, or be quoted.
        assert!(!help.contains("speedup run") && !help.contains("'speedup"), "{help}");
        assert!(!help.contains(&format!("  speedup {command}")), "{help}");
        assert!(!help.contains("rc4") && !help.contains("flags") && !help.contains("--book"), "{help}");
    }
    assert_eq!(
        complaint(&run("squares", &["rnu"]), 2),
        "squares: 'rnu': there is no such command; did you mean 'run'? See 'squares --help'"
    );
    let (output, _) = measure("squares", &["--wrokers", "3"]);
    let expected =
        "squares: --wrokers: there is no such option; did you mean --workers? See 'squares run --help'";
    assert_eq!(complaint(&output, 2), expected);
    for shell in ["bash", "zsh", "fish"] {
        let script = run("squares", &["completions", shell]);
        let script = stdout(&script);
        assert!(script.contains("squares") && !script.contains("_speedup"), "{script}");
        assert!(script.contains("up-to") && !script.contains("--kernel"), "{script}");
    }
    let man = run("squares", &["man"]);
    let man = stdout(&man);
    assert!(man.contains(".TH squares 1") && man.contains("squares\\-run(1)"), "{man}");
}

fn it_has_the_commands_that_it_needs() {
    let help = run("squares", &["--help"]);
    for other in ["flags", "serve", "demo", "command", "batch", "import", "selftest", "schema"] {
        assert!(!stdout(&help).contains(&format!("  {other} ")), "{}", stdout(&help));
        let expected = format!("squares: '{other}': there is no such command");
        assert!(complaint(&run("squares", &[other]), 2).starts_with(&expected), "{other}");
    }
    let list = run("squares", &["list"]);
    let list = stdout(&list);
    for expected in ["squares           the squares of numbers", "--up-to (40)", "threads", "markdown"] {
        assert!(list.contains(expected), "{expected}: {list}");
    }
    assert!(!list.contains("Kernels") && !list.contains("Styles"), "{list}");
    let doctor = run("squares", &["doctor", "--json"]);
    // On a machine that is busy there may be too few pairs to say more.
    let doctor = stdout(&doctor);
    assert!(doctor.contains("\"findings\"") && !doctor.contains("no workload"), "{doctor}");
    assert!(!doctor.contains("squares: "), "{doctor}");
}

fn a_job_of_any_type_on_every_executor() {
    let record = record("squares", &["--executor", "threads,processes,rayon"]);
    let workload = &record.plan.workloads[0];
    assert_eq!((workload.name.as_str(), workload.kernel.as_str(), workload.passes), ("squares", "plain", 1));
    assert_eq!(record.plan.scale, "given");
    assert_eq!(record.tool.program.as_deref(), Some("squares 3.2.1"));
    assert_eq!((workload.sizes.len(), workload.sizes[..3].to_vec()), (40, vec![1, 2, 3]));
    assert_eq!(workload.digests.len(), 40);
    assert!(workload.digests.windows(2).all(|pair| pair[0] != pair[1]));
    let executors: Vec<_> = record.plan.cases.iter().map(|case| case.executor.as_str()).collect();
    assert_eq!(
        executors,
        [BASELINE, BASELINE, "threads", "threads", "processes", "processes", "rayon", "rayon"]
    );
    for sample in &record.samples {
        assert!(sample.tasks.len() == 40 && sample.tasks.iter().all(|task| task.generate_ns == 0));
    }
    assert!(!record.ceilings.is_empty());
}

fn parameter<'a>(workload: &'a WorkloadRecord, name: &str) -> &'a str {
    &workload.parameters[name]
}

fn parameters_are_options() {
    let given = record("squares", &["--up-to", "7", "--executor", "processes"]);
    assert_eq!(parameter(&given.plan.workloads[0], "up-to"), "7");
    assert_eq!(
        given.plan.workloads[0].sizes.len(),
        7,
        "worker processes have it too, or results would differ"
    );
    assert_eq!(parameter(&record("squares", &[]).plan.workloads[0], "up-to"), "40");
    let (output, _) = measure("squares", &["--up-to", "many"]);
    assert_eq!(complaint(&output, 2), "squares: --up-to 'many': invalid digit found in string");
    let (output, _) = measure("squares", &["--up-too", "9"]);
    assert!(complaint(&output, 2).contains("did you mean --up-to?"));
    let help = run("squares", &["run", "--help"]);
    let help = stdout(&help);
    assert!(
        help.contains("Parameters:") && help.contains("--up-to <VALUE>") && help.contains("[default: 40]"),
        "{help}"
    );
}

fn a_run_goes_on_with_its_parameters() {
    let (output, out) = measure("squares", &["--up-to", "7", "--executor", "processes"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let folder = only_run(out.path());
    let path = folder.to_str().unwrap();
    let again = run("squares", &["run", "--quiet", "--resume", path, "--rounds", "2"]);
    assert!(again.status.success(), "{}", stderr(&again));
    let record = RunRecord::read(&folder).unwrap();
    assert_eq!(
        record.samples.iter().filter(|sample| !sample.warmup).map(|sample| sample.round).max(),
        Some(1)
    );
    assert_eq!(parameter(&record.plan.workloads[0], "up-to"), "7");
    let other = run("squares", &["run", "--resume", path, "--up-to", "8"]);
    assert!(complaint(&other, 2).contains("cannot be combined with"));
    let larger = record_in(&["--up-to", "8", "--executor", "processes"]);
    let compared = run("squares", &["compare", path, only_run(larger.path()).to_str().unwrap()]);
    assert!(
        compared.status.code() == Some(3) && stderr(&compared).contains("up-to of squares"),
        "{}",
        stderr(&compared)
    );
    let speedup = support::run(&["run", "--resume", path, "--rounds", "3"]);
    assert!(stderr(&speedup).contains("in squares 3.2.1, this is 0.1.0"), "{}", stderr(&speedup));
}

fn record_in(arguments: &[&str]) -> TempDir {
    let (output, out) = measure("squares", arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    out
}

fn a_tolerance_is_the_workloads_own() {
    let record = record("sums:tolerant", &["--executor", "threads"]);
    assert!(record.failures.is_empty());
}

fn a_wrong_result_names_the_job() {
    let (output, out) = measure("sums:strict", &["--executor", "threads"]);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{message}");
    let expected = "job 0 (the sum up to 10) gave another result than the serial baseline";
    assert!(message.contains(expected) && message.contains("threads"), "{message}");
    assert_eq!(RunRecord::read(&only_run(out.path())).unwrap().failures.len(), 1);
}

fn outputs_that_differ_in_form_have_no_digests() {
    assert!(record("maps", &["--executor", "threads"]).plan.workloads[0].digests.is_empty());
}

/// Each worker sleeps for 60 ms before it is ready, and each process once more.
fn set_up_is_in_no_row_unless_asked_for() {
    let executors = ["--executor", "threads,processes,rayon"];
    let warm = record("set-up", &executors);
    assert_eq!(warm.plan.pool, PoolMode::Warm);
    for sample in &warm.samples {
        assert!(sample.workers.iter().all(|worker| (worker.spawned_ns, worker.ready_ns) == (0, 0)));
    }
    let cold = record("set-up", &[&executors[..], &["--pool", "cold"]].concat());
    assert_eq!(cold.plan.pool, PoolMode::Cold);
    for (case, at_least) in [(BASELINE, 60), ("threads", 60), ("processes", 120), ("rayon", 60)] {
        let samples = cold.samples.iter().filter(|sample| cold.plan.cases[sample.case].executor == case);
        for sample in samples {
            let first = sample.tasks.iter().map(|task| task.begin_ns).min().unwrap();
            assert!(first >= at_least * 1_000_000, "{case}: {first}");
        }
    }
}

fn what_cannot_be_set_up_says_why() {
    let (output, _) = measure("word_count", &["--folder", "/no/such/folder"]);
    let expected =
        "word_count: --workload 'words': cannot be set up: /no/such/folder: No such file or directory";
    assert!(complaint(&output, 2).starts_with(expected), "{}", stderr(&output));
}

fn jobs_can_wait_without_a_server() {
    let record = record("naps", &["--executor", "threads,processes,async"]);
    let waits = record.plan.workloads[0].waits.as_ref().unwrap();
    assert_eq!((waits.jobs.as_str(), waits.on.as_str()), ("naps", "a timer"));
    let samples = record.samples.iter().filter(|sample| record.plan.cases[sample.case].executor == "async");
    assert_eq!(samples.map(|sample| sample.tasks.len()).collect::<Vec<_>>(), [6; 4]);
}

fn a_job_that_ends_its_process_is_named() {
    for (program, how) in [
        ("ends:abort", "was killed by signal 6 (SIGABRT)"),
        ("ends:exit", "exited with code 3"),
        ("ends:overflow", "was killed by signal"),
    ] {
        let (output, _) = measure(program, &["--executor", "threads"]);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{message}");
        let line =
            message.lines().find(|line| line.starts_with("it: ")).unwrap_or_else(|| panic!("{message}"));
        assert!(
            line.contains("it: ends serial: job 2 ended its process, which") && line.contains(how),
            "{line}"
        );
    }
    // What does less is for the serial baseline to say.
    let (output, _) = measure("ends:panic", &["--executor", "threads"]);
    assert!(
        output.status.code() == Some(1) && stderr(&output).contains("job 2: the task panicked at"),
        "{}",
        stderr(&output)
    );
    let (output, _) = measure("ends:fault", &["--executor", "threads"]);
    assert!(
        output.status.code() == Some(1) && stderr(&output).contains("job 2: on purpose"),
        "{}",
        stderr(&output)
    );
}

fn settings_of_arrays_are_refused() {
    for (option, value) in [("--passes", "3"), ("--data", "copy"), ("--scale", "tiny")] {
        let (output, _) = measure("squares", &[option, value]);
        let expected =
            format!("squares: {option} '{value}': is for workloads over arrays, and squares is none");
        assert_eq!(complaint(&output, 2), expected);
    }
    let (output, _) = measure("squares", &["--kernel", "tuned"]);
    assert!(complaint(&output, 2).contains("squares has no kernel tuned; it has plain"));
}

fn arrays_and_other_jobs_in_one_program() {
    let executors = ["--executor", "threads,processes"];
    let arrays = ["--scale", "tiny", "--passes", "sha256=2", "--data", "generate,copy", "--up-to", "5"];
    let record = record("mixed", &[&executors[..], &arrays].concat());
    let workloads = record.plan.workloads.iter();
    let workloads: Vec<_> = workloads.map(|one| (one.name.as_str(), one.passes, one.sizes[0])).collect();
    assert_eq!(workloads, [("squares", 1, 1), ("sha256", 2, 4096), ("sha256 copy", 2, 4096)]);
    assert_eq!(record.plan.workloads[1].digests, record.plan.workloads[2].digests);
    let (output, _) = measure("mixed", &["--passes", "squares=2"]);
    let expected = "it: --passes '2': is for workloads over arrays, and squares is none";
    assert_eq!(complaint(&output, 2), expected);
    let help = run("mixed", &["run", "--help"]);
    assert!(stdout(&help).contains("--kernel") && stdout(&help).contains("--up-to"));
}

fn the_examples_run() {
    let tiles = record("mandelbrot", &["--size", "48", "--tile", "20", "--max-iter", "50"]);
    assert_eq!(tiles.plan.workloads[0].sizes.len(), 9);
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("a.txt", "one two two"), ("b.txt", "three"), ("c.bin", "\u{1}")] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    std::fs::write(folder.path().join("d.bin"), [0xff, 0xfe]).unwrap();
    let words = record("word_count", &["--folder", folder.path().to_str().unwrap()]);
    assert_eq!(words.plan.workloads[0].sizes, [11, 5, 1], "largest first, and text only");
    assert_eq!(words.plan.pool, PoolMode::Warm);
}
