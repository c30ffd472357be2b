//! Workers that are kept to CPUs, as the kernel has it in `/proc`.
//!
//! Process workers are this program, started again, so that it has a `main` of its own.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use serde::{Deserialize, Serialize};
use speedup::study::pinning;
use speedup_executor::task::TaskEntry;
use speedup_executor::{CancelFutures, EXECUTORS, Executor, Task, Wait, current_worker, worker};
use speedup_machine::affinity::allowed_cpus;
use speedup_report::record::{BASELINE, Pinned, Placement, RunRecord};
use support::{only_run, run, stderr, stdout};

/// Tells on which CPUs its worker may run.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Where;

impl Task for Where {
    const NAME: &'static str = "where";
    type Output = (usize, String);

    fn run(self) -> (usize, String) {
        // Long enough for every worker to get one.
        std::thread::sleep(std::time::Duration::from_millis(20));
        (current_worker(), allowed_list("/proc/thread-self/status"))
    }
}

static TASKS: &[TaskEntry] = &[TaskEntry::of::<Where>(), pinning::TASKS[0]];

fn main() -> ExitCode {
    worker::init(TASKS);
    let trials = vec![
        Trial::test("workers_of_pools_have_a_cpu_each", || ok(workers_of_pools_have_a_cpu_each)),
        Trial::test("a_program_has_the_first_cpus", || ok(a_program_has_the_first_cpus)),
        Trial::test("a_batch_has_the_first_cpus", || ok(a_batch_has_the_first_cpus)),
        Trial::test("a_run_says_where_its_workers_were", || ok(a_run_says_where_its_workers_were)),
        Trial::test("a_ceiling_is_measured_in_each_way", || ok(a_ceiling_is_measured_in_each_way)),
        Trial::test("what_cannot_be_is_refused", || ok(what_cannot_be_is_refused)),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

#[expect(clippy::unnecessary_wraps, reason = "a trial wants it")]
fn ok(test: fn()) -> Result<(), libtest_mimic::Failed> {
    test();
    Ok(())
}

/// The line `Cpus_allowed_list` of a status.
fn allowed_list(path: &str) -> String {
    let status = fs::read_to_string(path).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    line.unwrap().trim().to_string()
}

fn workers_of_pools_have_a_cpu_each() {
    let mut cpus = allowed_cpus();
    cpus.reverse();
    cpus.truncate(3);
    let pin = Pinned { order: None, cpus: cpus.clone() };
    for &kind in EXECUTORS.iter().filter(|kind| kind.name() != BASELINE) {
        let pool = pinning::start(kind, 3, Some(&pin)).unwrap();
        let mut seen = BTreeMap::new();
        for told in pool.map((0..30).map(|_| Where)) {
            let (worker, list) = told.unwrap();
            seen.insert(worker, list);
        }
        pool.shutdown(Wait::Yes, CancelFutures::No);
        assert!(!seen.is_empty());
        for (worker, list) in seen {
            let expected = cpus[worker % cpus.len()].to_string();
            assert_eq!(list, expected, "worker {worker} of {}", kind.name());
        }
    }
}

/// Runs a program or a batch that notes in a file which CPUs it may use; its lines, and the record.
fn noted(command: &str, further: &[&str], last: &[&str]) -> (Vec<String>, RunRecord) {
    let folder = tempfile::tempdir().unwrap();
    let (log, out) = (folder.path().join("log"), folder.path().join("results"));
    let text = format!("grep Cpus_allowed_list: /proc/self/status >> {} # {{}}", log.display());
    let fixed = [command, "--workers", "1,2", "--rounds", "1", "--warmup", "0", "--verbose", "--out"];
    let output = run(&[&fixed[..], &[out.to_str().unwrap()], further, &["--", &text], last].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(command == "batch" || stdout(&output).contains("N workers had N CPUs, in the order "));
    let lines = fs::read_to_string(log).unwrap();
    let allowed = |line: &str| line.split(':').nth(1).unwrap().trim().to_string();
    let mut lists: Vec<String> = lines.lines().map(allowed).collect();
    lists.sort();
    (lists, RunRecord::read(&only_run(&out)).unwrap())
}

fn a_program_has_the_first_cpus() {
    let order = Placement::Compact.of_this_machine();
    let (lists, record) = noted("command", &["--pin", "compact"], &[]);
    let pin = Pinned { order: Some(Placement::Compact), cpus: order };
    let sorted = |workers: usize| {
        let mut cpus = pin.first(workers);
        cpus.sort_unstable();
        Pinned { order: None, cpus }.list()
    };
    let mut expected = vec![sorted(1), sorted(1), sorted(2)];
    expected.sort();
    assert_eq!(lists, expected);
    assert_eq!(record.plan.pin, Some(pin));
    // The same, as it was asked for before there was an order to choose.
    let (_, record) = noted("command", &["--cpus", "follow"], &[]);
    assert_eq!(record.plan.pin.unwrap().order, Some(Placement::Cores));
}

fn a_batch_has_the_first_cpus() {
    let last = *allowed_cpus().last().unwrap();
    let (lists, record) = noted("batch", &["--pin", &last.to_string()], &[":::", "x", "y"]);
    // Two serial executions and two with workers, of two jobs each.
    assert_eq!(lists, vec![last.to_string(); 8]);
    assert_eq!(record.plan.pin, Some(Pinned { order: None, cpus: vec![last] }));
}

fn a_run_says_where_its_workers_were() {
    let out = tempfile::tempdir().unwrap();
    let path = out.path().to_str().unwrap();
    let fixed = ["run", "--scale", "tiny", "--rounds", "1", "--workers", "1,2", "--quiet"];
    let further = ["--executor", "threads,processes,rayon", "--pin", "scatter", "--out", path];
    let output = run(&[&fixed[..], &further].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let folder = only_run(out.path());
    let record = RunRecord::read(&folder).unwrap();
    let order = Placement::Scatter.of_this_machine();
    assert_eq!(record.plan.pin, Some(Pinned { order: Some(Placement::Scatter), cpus: order.clone() }));
    assert!(record.ceilings.iter().flat_map(|ceiling| &ceiling.lanes).all(|lane| lane.cpu.is_some()));
    for sample in &record.samples {
        let cpus: Vec<_> = sample.tasks.iter().map(|task| (task.worker, task.cpus.unwrap())).collect();
        let is_kept = |&(worker, (first, last))| {
            let cpu = order[worker % order.len()];
            (first, last) == (cpu, cpu)
        };
        assert!(!cpus.is_empty() && cpus.iter().all(is_kept), "{cpus:?}");
    }
    let page = fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(
        page.contains("CPUs of workers") && page.contains("(scatter)") && page.contains("Tasks ran on CPU")
    );
    let output = run(&["run", "--resume", folder.to_str().unwrap(), "--rounds", "2"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(RunRecord::read(&folder).unwrap().plan.pin, record.plan.pin);
}

fn a_ceiling_is_measured_in_each_way() {
    let out = tempfile::tempdir().unwrap();
    let fixed = ["run", "--workload", "sha256", "--scale", "tiny", "--rounds", "5", "--workers", "1,2", "-v"];
    let further = ["--executor", "threads", "--ceiling", "triad,compact,scatter", "--out"];
    let output = run(&[&fixed[..], &further, &[out.path().to_str().unwrap()]].concat());
    if stderr(&output).contains("more than half of the") {
        println!("skipped: {}", stderr(&output));
        return;
    }
    assert!(output.status.success(), "{}", stderr(&output));
    let folder = only_run(out.path());
    let record = RunRecord::read(&folder).unwrap();
    // Executors are compared with an order, wherever it is named.
    let orders: Vec<_> = record.plan.ceilings.iter().map(|way| way.pin.order.unwrap()).collect();
    assert_eq!(orders, [Placement::Compact, Placement::Scatter, Placement::Compact]);
    assert!(record.plan.ceilings.iter().all(|way| way.pin.cpus == way.pin.order.unwrap().of_this_machine()));
    let counts = allowed_cpus().len().min(2);
    for (way, workload) in [(0, "sha256"), (1, "sha256"), (2, "")] {
        let of: Vec<_> =
            record.ceilings.iter().filter(|sample| sample.way == way && !sample.warmup).collect();
        assert_eq!(of.len(), 5 * counts);
        assert!(of.iter().all(|sample| sample.workload == workload && sample.lanes[0].passes > 0));
    }
    if counts == 2 {
        let text = stdout(&output);
        assert!(text.contains("in the order scatter, the") && text.contains("/s with one thread"), "{text}");
        let chart = fs::read_to_string(folder.join("speedup.svg")).unwrap();
        assert!(chart.contains("ceiling, compact") && chart.contains("memory triad"));
    }
    let output = run(&["run", "--resume", folder.to_str().unwrap(), "--rounds", "6"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(RunRecord::read(&folder).unwrap().plan.ceilings, record.plan.ceilings);
}

fn what_cannot_be_is_refused() {
    let out = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str]| {
        let output = run(&[arguments, &["--out", out.path().to_str().unwrap()]].concat());
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        stderr(&output)
    };
    let command = ["command", "true {n}", "--pin"];
    assert!(refused(&[&command[..], &["scater"]].concat()).contains("did you mean scatter?"));
    assert!(refused(&[&command[..], &["4095"]].concat()).contains("--pin '4095': CPU 4095 is not one of"));
    assert!(
        refused(&[&command[..], &["cores", "--cpus", "all"]].concat()).contains("contradicts --cpus all")
    );
    assert!(refused(&[&command[..], &["none", "--cpus", "follow"]].concat()).contains("--cpus follow"));
    let pooled = ["run", "--workload", "flags-local", "--executor", "async", "--pin", "cores"];
    assert!(refused(&pooled).contains("async is one thread"));
    let waiting = ["run", "--workload", "flags-local", "--ceiling", "compact"];
    assert!(refused(&waiting).contains("--ceiling 'compact': is for workloads that compute"));
    assert!(refused(&["run", "--ceiling", "tirad"]).contains("did you mean triad?"));
}
