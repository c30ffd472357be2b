//! The program as its users meet it: arguments in, tables, files and exit codes out.

use std::fs;

use crate::support::{TINY, only_run, run, speedup, stderr, stdout};
use speedup_report::record::{Data, RunRecord, Status};

#[test]
fn a_run_leaves_record_tables_and_charts_and_the_report_repeats_the_table() {
    let out = tempfile::tempdir().unwrap();
    let path = out.path().to_str().unwrap();
    let executors = ["--executor", "threads,processes,rayon", "--name", "demo", "--out", path];
    let output = run(&[&TINY[..], &executors, &["--verbose"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
    let table = stdout(&output);
    for expected in [
        "RC4 threads: about ",
        "2 rounds: not a measurement.\n",
        "\nthreads; 2 rounds: not a measurement\n",
        "\nprocesses; ",
        "\nrayon; ",
        "Workers | ",
        "RC4 factor | ",
        "1.00x",
        "RC4 against serial (",
        "SHA: where 2 workers went",
        "residual",
        "Every account sums to its number of workers",
    ] {
        assert!(table.contains(expected), "{expected} is missing in\n{table}");
    }

    let folder = only_run(out.path());
    assert!(folder.to_str().unwrap().ends_with("-demo"));
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(
        files,
        [
            "drift.png",
            "drift.svg",
            "efficiency.png",
            "efficiency.svg",
            "report.html",
            "run.json",
            "speedup.png",
            "speedup.svg",
            "stack.png",
            "stack.svg",
            "table.csv",
            "table.md",
            "time.png",
            "time.svg",
            "timeline.png",
            "timeline.svg",
            "trace.json",
        ]
    );

    let record = RunRecord::read(&folder).unwrap();
    assert_eq!(record.status, Status::Complete);
    // Per workload both arms of the serial baseline and three executors with two numbers of workers;
    // a warm-up round and two counted ones.
    assert_eq!((record.plan.cases.len(), record.samples.len()), (16, 48));
    assert!(record.samples.iter().all(|sample| sample.tasks.len() == 12));
    assert!(record.plan.workloads.iter().all(|workload| workload.digests.len() == 12));
    let kernels: Vec<_> = (record.plan.workloads.iter())
        .map(|workload| (workload.name.as_str(), workload.kernel.as_str(), workload.data))
        .collect();
    assert_eq!(kernels, [("rc4", "textbook", Data::Generate), ("sha256", "sha2", Data::Generate)]);
    assert!(record.workload("sha256").unwrap().backend.is_some());
    for sample in &record.samples {
        for task in &sample.tasks {
            assert!(
                task.submitted_ns <= task.begin_ns || record.plan.cases[sample.case].executor == "serial"
            );
            assert!(task.begin_ns <= task.end_ns && task.end_ns <= sample.wall_ns);
            assert_eq!(task.generate_ns + task.compute_ns, task.end_ns - task.begin_ns);
        }
    }

    let brief = run(&["report", folder.to_str().unwrap()]);
    assert!(stdout(&brief).contains("RC4 against serial (") && !stdout(&brief).contains("residual"));
    let again = run(&["report", "-v", folder.to_str().unwrap()]);
    assert_eq!(stdout(&again), table.split("\nSaved in ").next().unwrap());
    let csv = run(&["report", folder.join("run.json").to_str().unwrap(), "--format", "csv"]);
    assert_eq!(csv.stdout, fs::read(folder.join("table.csv")).unwrap());
    assert_eq!(stdout(&csv).lines().count(), 15);
    let markdown = run(&["report", folder.to_str().unwrap(), "--format", "markdown"]);
    assert_eq!(markdown.stdout, fs::read(folder.join("table.md")).unwrap());
    let json = run(&["report", folder.to_str().unwrap(), "--format", "json", "--book"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json[0]["executors"][1]["rows"][1]["cells"][0]["runs"], 2);
    assert_eq!(json[1]["name"], "book-table-17-1");
}

#[test]
fn one_worker_is_always_measured() {
    let out = tempfile::tempdir().unwrap();
    let output = run(&[
        "run",
        "--scale",
        "tiny",
        "--runs",
        "1",
        "--workload",
        "sha256",
        "--workers",
        "3",
        "--executor",
        "threads",
        "--out",
        out.path().to_str().unwrap(),
        "--quiet",
    ]);
    assert!(output.status.success());
    assert_eq!(stdout(&output), format!("{}\n", only_run(out.path()).display()), "a script needs no more");
    let record = RunRecord::read(&only_run(out.path())).unwrap();
    let workers: Vec<_> =
        record.plan.cases.iter().map(|case| (case.executor.as_str(), case.workers)).collect();
    assert_eq!(workers, [("serial", 1), ("serial", 1), ("threads", 1), ("threads", 3)]);
}

#[test]
fn the_same_seed_gives_the_same_order_and_digests() {
    let records: Vec<RunRecord> = (0..2)
        .map(|_| {
            let out = tempfile::tempdir().unwrap();
            let output = run(&[&TINY[..], &["--seed", "9", "--out", out.path().to_str().unwrap()]].concat());
            assert!(output.status.success());
            RunRecord::read(&only_run(out.path())).unwrap()
        })
        .collect();
    assert_eq!(records[0].plan, records[1].plan);
    assert_ne!(records[0].plan.order[1], records[0].plan.order[2]);
}

#[test]
fn wrong_arguments_are_one_line_and_exit_2() {
    for (arguments, expected) in [
        (&["run", "--workers", "0"][..], "--workers '0': must be a whole number from 1 to 1024"),
        (&["run", "--workers", "4..1"], "--workers '4..1': the range 4..1 runs backwards; write 1..4"),
        (&["run", "--workers", "1..99999"], "--workers '1..99999': must be a whole number from 1 to 1024"),
        (&["run", "--workers", "-2"], "--workers '-2': must be a whole number from 1 to 1024"),
        (&["run", "--workload", "md5"], "--workload 'md5': there is no workload md5; there are rc4, sha256"),
        (&["run", "--executor", "fibers"], "there are threads, processes, rayon"),
        (&["run", "--rounds", "0"], "--rounds '0': must be a whole number from 1 to 10000"),
        (&["run", "--precision", "-1%"], "--precision '-1%': must be a percentage from 0% (never) to 100%"),
        (&["run", "--max-time", "soon"], "--max-time 'soon': must be a time from 1ms to 2400h, such as"),
        (&["run", "--pool", "hot"], "--pool 'hot': there is no pool hot; there are cold, warm"),
        (
            &["run", "--resume", "x", "--workers", "2"],
            "--resume: cannot be combined with --workers; see 'speedup run --help'",
        ),
        (&["selftest", "--rounds", "0"], "--rounds '0': must be a whole number from 1 to 10000"),
        (
            &["selftest", "--executor", "fibers"],
            "--executor 'fibers': there is no executor fibers; there are threads, processes, rayon",
        ),
        (
            &["run", "--passes", "rc4=0"],
            "--passes 'rc4=0': passes of rc4 must be a whole number from 1 to 1000000",
        ),
        (&["run", "--passes", "md5=3"], "--passes 'md5=3': there is no workload md5; there are rc4, sha256"),
        (&["run", "--kernel", "rc4=fast"], "--kernel 'rc4=fast': rc4 has no kernel fast; it has textbook"),
        (
            &["run", "--kernel", "textbook"],
            "--kernel 'textbook': 'textbook' is not of the form WORKLOAD=KERNEL; see 'speedup list'",
        ),
        (
            &["run", "--kernel", "sha256=sha2", "--workload", "rc4"],
            "--kernel 'sha256=sha2': sha256 is not among the workloads of this run",
        ),
        (&["run", "--kernel", "sha2", "--workload", "rc4"], "--kernel 'sha2': rc4 has no kernel sha2"),
        (&["run", "--kernel", "rc4=textbook,rc4=textbook"], "names rc4 twice"),
        (
            &["run", "--data", "moved"],
            "--data 'moved': there is no way to pass data called moved; there are generate, copy, shared",
        ),
        (&["run", "--data", "generate,generate"], "--data 'generate,generate': names generate twice"),
        (&["run", "--data", ""], "--data '': has an empty item"),
        (&["run", "--resume", "x", "--kernel", "rc4=textbook"], "--resume: cannot be combined with --kernel"),
        (&["run", "--resume", "x", "--data", "copy"], "--resume: cannot be combined with --data"),
        (&["run", "--passes", "80"], "--passes '80': '80' is not of the form WORKLOAD=PASSES"),
        (&["run", "--scale", "huge"], "--scale 'huge': there is no scale huge; there are book, tiny"),
        (&["run", "--name", "a\nb"], r"--name 'a\nb': must be"),
        (&["run", "--workload", "rc4,rc4"], "names rc4 twice"),
        (&["run", "--workers", "1,,2"], "has an empty item"),
        (&["run", "--seed", "x"], "--seed 'x': must be a whole number"),
        (&["run", "--name", "a/b"], "--name 'a/b': must be"),
        (
            &["run", "--wrokers", "3"],
            "--wrokers: there is no such option; did you mean --workers? See 'speedup run --help'",
        ),
        (&["run", "extra"], "'extra': unexpected argument; see 'speedup run --help'"),
        (&["report"], "<DIR|FILE>... is missing; see 'speedup report --help'"),
        (&["run", "--workers"], "--workers: a value is missing: --workers <N|A..B|LIST>"),
        (
            &["report", "x", "--format", "pdf"],
            "--format 'pdf': there is no format pdf; there are table, markdown, csv, json",
        ),
        (&["completions", "tcl"], "SHELL 'tcl': must be one of bash, "),
        (&["frobnicate"], "'frobnicate': there is no such command; see 'speedup --help'"),
        (&["rnu"], "'rnu': there is no such command; did you mean 'run'? See 'speedup --help'"),
        (&["run", "--executor", "threds"], "there is no executor threds; there are threads"),
        (&["run", "--executor", "threds"], "; did you mean threads?"),
    ] {
        let output = run(arguments);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(message.starts_with("speedup: ") && message.contains(expected), "{arguments:?}: {message}");
        assert_eq!(message.lines().count(), 1, "{arguments:?}: {message}");
        assert_eq!(stdout(&output), "", "{arguments:?}");
    }
}

#[test]
fn without_a_command_there_is_help_and_exit_2() {
    for arguments in [&[][..], &["demo"]] {
        let output = run(arguments);
        assert_eq!((output.status.code(), stdout(&output)), (Some(2), ""), "{arguments:?}");
        let help = stderr(&output);
        assert!(help.contains("Usage: speedup") && help.contains("Commands:"), "{help}");
    }
}

#[test]
fn unusable_files_are_one_line_and_exit_1() {
    let folder = tempfile::tempdir().unwrap();
    let book = fs::read_to_string("results/book-table-17-1/run.json").unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_string()
    };
    for (path, expected) in [
        (write("damaged.json", &book[..book.len() / 2]), "the record is damaged: "),
        (write("foreign.json", r#"{"name": "something else"}"#), "not a run record of speedup"),
        (
            write("future.json", &book.replacen("\"schema_version\": 3", "\"schema_version\": 99", 1)),
            "schema version 99",
        ),
        (write("zero.json", &book.replacen("\"mean_s\": 11.483", "\"mean_s\": 0.0", 1)), "not above zero"),
        (
            write("workers.json", &book.replacen("\"workers\": 4", "\"workers\": 1000000000000", 1)),
            "workers; 1 to 4096",
        ),
        (write("twice.json", &book.replace("\"sha256\"", "\"rc4\"")), "lists the workload rc4 twice"),
        (write("index.json", &book.replacen("\"case\": 7", "\"case\": 77", 1)), "refers to case 77"),
        (folder.path().join("missing").to_str().unwrap().to_string(), "cannot read it"),
        (folder.path().to_str().unwrap().to_string(), "run.json: cannot read it"),
    ] {
        let output = run(&["report", &path]);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(message.contains(&path) && message.contains(expected), "{path}: {message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}

#[test]
fn help_list_and_completions_speak_of_what_there_is() {
    let help = run(&["run", "--help"]);
    assert!(
        help.status.success() && stdout(&help).contains("Examples:") && stdout(&help).contains("--workers")
    );
    let list = run(&["list"]);
    for name in [
        "rc4 (8)",
        "sha256 (16)",
        "rc4=textbook",
        "sha256=sha2",
        "serial",
        "threads",
        "processes",
        "rayon",
        "async",
        "markdown",
    ] {
        assert!(stdout(&list).contains(name), "{name}");
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(&["completions", shell]);
        assert!(script.status.success() && stdout(&script).contains("workers"), "{shell}");
    }
    // Bash's script has no descriptions, so that a hidden command could only be there as one.
    assert!(!stdout(&run(&["completions", "bash"])).contains("inject"));
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let mut child = speedup(&["report", "results/book-table-17-1", "--format", "json"]).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
}
