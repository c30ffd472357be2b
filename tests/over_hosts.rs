//! Runs over several hosts, which are threads of this program: the record, the account, and what a slow network costs.
//!
//! Worker processes are this program, started again, so that it has a `main` of its own.

mod support;

use std::path::Path;
use std::time::Duration;

use libtest_mimic::{Arguments, Trial};
use speedup::mpi::testing::Cluster;
use speedup::settings::SettingError;
use speedup::study::progress::Verbosity;
use speedup::study::rounds::Watch;
use speedup::study::{self, Limits, OverHosts, Run, RunConfig, RunRequest, Runner, Study};
use speedup::workload::{Scale, WORKLOADS};
use speedup_machine::signal::Interrupt;
use speedup_report::analysis::attribution::{Attribution, Observation};
use speedup_report::analysis::{self, Account, Analysis, Loss};
use speedup_report::record::{BASELINE, Data, Design, Fill, HOSTS, PoolMode, RunRecord, Sample, Status};
use speedup_report::render::find_format;
use speedup_report::view::View;
use speedup_values::List;

fn main() {
    study::init(WORKLOADS);
    let tests: &[(&str, fn())] = &[
        (
            "a_run_over_hosts_leaves_a_record_that_is_reported",
            a_run_over_hosts_leaves_a_record_that_is_reported,
        ),
        ("a_warm_pool_has_its_ways_and_no_ends", a_warm_pool_has_its_ways_and_no_ends),
        ("a_delay_of_messages_is_found_in_network", a_delay_of_messages_is_found_in_network),
        ("a_lost_host_ends_the_run_and_keeps_its_rounds", a_lost_host_ends_the_run_and_keeps_its_rounds),
        ("what_does_not_apply_is_refused", what_does_not_apply_is_refused),
        ("numbers_of_workers_go_up_to_what_all_hosts_take", numbers_of_workers_go_up_to_what_all_hosts_take),
    ];
    let trial = |&(name, test): &(&'static str, fn())| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    libtest_mimic::run(&Arguments::from_args(), tests.iter().map(trial).collect()).exit();
}

fn request(workers: &str, out: &Path) -> RunRequest {
    RunRequest {
        workload: Some("rc4".parse().unwrap()),
        workers: Some(workers.parse().unwrap()),
        passes: Some("20".parse().unwrap()),
        scale: Some(Scale::Tiny),
        out: Some(out.to_path_buf()),
        ..RunRequest::default()
    }
}

/// The settings of a run over hosts, and of nothing else.
fn over(request: &RunRequest, rounds: &str, hosts: OverHosts) -> RunConfig {
    let limits = Limits { rounds: Some(rounds.parse().unwrap()), ..Limits::default() };
    let config = request.resolve(&limits, study::workloads(), 2).unwrap();
    RunConfig { executors: vec![Runner::Hosts], hosts: Some(hosts), ..config }
}

fn go_on(run: &mut Run) {
    let interrupt = Interrupt::install().unwrap();
    let watch =
        Watch { verbosity: Verbosity::Quiet, interrupt: &interrupt, widths: analysis::widths, tell: |_| {} };
    run.go_on(&watch).unwrap();
}

/// The accounts of the cases over hosts.
fn accounts(analysis: &Analysis) -> Vec<&Account> {
    let table = analysis.executors.iter().find(|table| table.executor == HOSTS).unwrap();
    let cells = table.rows.iter().flat_map(|row| &row.cells);
    cells.filter_map(|cell| cell.estimate()?.account.as_ref()).collect()
}

fn row(account: &Account, loss: Loss) -> f64 {
    account.rows.iter().find(|row| row.loss == loss).map_or(0.0, |row| row.speedup.value)
}

fn a_run_over_hosts_leaves_a_record_that_is_reported() {
    let out = tempfile::tempdir().unwrap();
    let cluster = Cluster::new(2);
    let hosts = OverHosts::of(cluster.hosts(), Fill::Scatter, Some(1)).unwrap();
    let request = RunRequest { data: Some(ways("generate,shared")), ..request("1,2", out.path()) };
    let study = Study::new(over(&request, "6", hosts), Design::InterleavedRounds);
    let mut run = Run::begin(Box::new(study)).unwrap();
    go_on(&mut run);
    let record = RunRecord::read(run.folder.path()).unwrap();
    assert_eq!((record.status, &record.failures[..]), (Status::Complete, &[][..]));
    let described = record.hosts.as_ref().unwrap();
    assert_eq!(
        (described.fill, described.workers_per_host, described.hosts.len()),
        (Fill::Scatter, Some(1), 2)
    );
    for host in &described.hosts {
        // They are this very machine and program.
        assert_eq!(host.environment.cpu_model, record.environment.cpu_model);
        assert_eq!((host.cpus, host.build.len()), (*record.environment.cpus_available.value().unwrap(), 16));
    }
    for sample in &record.samples {
        let case = &record.plan.cases[sample.case];
        let spans: Vec<_> =
            sample.hosts.iter().map(|span| (span.host, span.first_worker, span.workers)).collect();
        let expected = match (case.executor.as_str(), case.workers) {
            (BASELINE, _) => vec![],
            (_, 1) => vec![(0, 0, 1)],
            _ => vec![(0, 0, 1), (1, 1, 1)],
        };
        assert_eq!(spans, expected, "{case}");
        check_ways(sample, true);
    }
    for host in 0..2 {
        let ceilings = record.ceilings.iter().filter(|ceiling| ceiling.host == Some(host));
        assert!(ceilings.clone().count() > 0 && ceilings.clone().all(|ceiling| ceiling.lanes.len() == 1));
    }
    let analysis = Analysis::of(&record);
    for account in accounts(&analysis) {
        assert!(account.residual.abs() < 1e-9, "{account:#?}");
        assert!(row(account, Loss::Network) > 0.0 && account.hosts.len() == account.workers, "{account:#?}");
        let by_host: f64 = account
            .hosts
            .iter()
            .flat_map(|host| &host.rows)
            .map(|row| if row.loss == Loss::Network { row.worker_seconds.unwrap() } else { 0.0 })
            .sum();
        let all = account.rows.iter().find(|row| row.loss == Loss::Network).unwrap().worker_seconds;
        assert!((by_host - all).abs() < 1e-9 + 1e-6 * all, "{by_host} {all}");
    }
    assert_eq!(analysis.workloads[0].ceilings_over_hosts.len(), 2);
    let said = View::of(&analysis).measured.join(" ");
    assert!(said.contains("Workers of mpi were on 2 hosts, each timed by its host's own clock; "), "{said}");
    assert!(View::of(&analysis).workloads.iter().all(|workload| workload.hosts.is_some()));
    for (format, text) in
        [("html", "host 2"), ("html", "Hosts of workers"), ("csv", "mpi"), ("trace", "host 2 worker 1")]
    {
        let rendered = find_format(format).unwrap().render(std::slice::from_ref(&analysis));
        assert!(rendered.contains(text), "{format} has no {text}");
    }
    assert!(analysis::compare::differences(&record, &record).is_empty());
    let mut other = record.clone();
    other.hosts.as_mut().unwrap().fill = Fill::Compact;
    let differences = analysis::compare::differences(&record, &other);
    assert!(differences.iter().any(|difference| difference.what == "hosts"), "{differences:?}");
}

/// The ways of all tasks are in the order of time, within the sample.
fn check_ways(sample: &Sample, cold: bool) {
    for task in &sample.tasks {
        assert_eq!(task.trip.is_some(), !sample.hosts.is_empty());
        let Some(trip) = task.trip else { continue };
        let error = sample.host_of(task.worker).unwrap().clock_error_ns;
        assert!(trip.came_ns <= task.begin_ns && task.end_ns <= trip.told_ns, "{trip:?} {task:?}");
        assert!(
            trip.sent_ns <= trip.came_ns + error && trip.told_ns <= trip.back_ns + error,
            "{trip:?} {error}"
        );
        assert!(trip.back_ns <= sample.wall_ns, "{trip:?}");
    }
    for span in &sample.hosts {
        assert_eq!((span.opening.is_some(), span.closing.is_some()), (cold, cold));
        assert!(span.clock_error_ns > 0);
    }
}

fn ways(text: &str) -> List<Data> {
    let way = |name: &str| Data::ALL.into_iter().find(|way| way.name() == name).ok_or("no way".to_string());
    List::read(text, way).unwrap()
}

fn a_warm_pool_has_its_ways_and_no_ends() {
    let out = tempfile::tempdir().unwrap();
    let cluster = Cluster::new(2);
    let hosts = OverHosts::of(cluster.hosts(), Fill::Compact, Some(1)).unwrap();
    let request = RunRequest { pool: Some(PoolMode::Warm), ..request("1,2", out.path()) };
    let mut study = Study::new(over(&request, "2", hosts), Design::InterleavedRounds);
    let case = study.plan().cases.iter().position(|case| case.workers == 2).unwrap();
    for _ in 0..3 {
        let sample = study.measure(case).unwrap().into_sample(case, 0, false);
        assert_eq!(sample.hosts.len(), 2);
        check_ways(&sample, false);
    }
}

/// How long each message takes.
const DELAY: Duration = Duration::from_millis(150);

fn a_delay_of_messages_is_found_in_network() {
    let out = tempfile::tempdir().unwrap();
    let cluster = Cluster::new(2);
    let hosts = OverHosts::of(cluster.hosts(), Fill::Scatter, Some(2)).unwrap();
    let request = RunRequest { pool: Some(PoolMode::Warm), ..request("1,4", out.path()) };
    let mut study = Study::new(over(&request, "2", hosts), Design::InterleavedRounds);
    let find = |executor: &str, workers| {
        study
            .plan()
            .cases
            .iter()
            .position(|case| case.executor == executor && case.workers == workers)
            .unwrap()
    };
    let (serial, pool) = (find(BASELINE, 1), find(HOSTS, 4));
    let mut measure = |case| study.measure(case).unwrap().into_sample(case, 0, false);
    let mut both = || [measure(serial), measure(pool)];
    // Its workers have started then.
    both();
    let control = both();
    for rank in [1, 2] {
        cluster.faults(rank).delay(DELAY);
    }
    let faulty = both();
    // All of the twelve jobs go to the hosts at once, and come back: each worker waits for a way there, and one back.
    let injected_ns = 4.0 * 2.0 * DELAY.as_nanos() as f64;
    let round = Observation { control: &control, faulty: &faulty, injected_ns };
    let found = Attribution::of(&[round], 4).unwrap();
    assert!(found.found_in(Loss::Network), "{found:#?}");
}

fn a_lost_host_ends_the_run_and_keeps_its_rounds() {
    let out = tempfile::tempdir().unwrap();
    let cluster = Cluster::new(2);
    let hosts = OverHosts::of(cluster.hosts(), Fill::Scatter, Some(1)).unwrap();
    let study = Study::new(over(&request("2", out.path()), "1000", hosts), Design::InterleavedRounds);
    let mut run = Run::begin(Box::new(study)).unwrap();
    let folder = run.folder.path().to_path_buf();
    let counted = |record: &RunRecord| record.samples.iter().filter(|sample| !sample.warmup).count();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let running = |record: &RunRecord| record.status == Status::Running && counted(record) == 0;
            while RunRecord::read(&folder).map_or(true, |record| running(&record)) {
                std::thread::sleep(Duration::from_millis(5));
            }
            cluster.faults(2).lose();
        });
        go_on(&mut run);
    });
    let record = RunRecord::read(&folder).unwrap();
    let failure = record.fatal_failure().unwrap();
    assert!(failure.contains("host host-2 was lost: "), "{failure}");
    assert!(record.status == Status::Failed && counted(&record) > 0);
    for account in accounts(&Analysis::of(&record)) {
        assert!(account.residual.abs() < 1e-9);
    }
}

fn what_does_not_apply_is_refused() {
    let out = tempfile::tempdir().unwrap();
    let given = RunRequest { workers_per_host: Some(2), ..request("1", out.path()) };
    let refused = given.resolve(&Limits::default(), study::workloads(), 2).err().unwrap().to_string();
    assert_eq!(refused, "workers-per-host '2': is for the executor mpi, which is none of this run");
    // What is wrong without hosts is told before any is asked for.
    let wrong = RunRequest { kernel: Some("no-such".parse().unwrap()), ..request("1", out.path()) };
    let hosts = || -> Result<_, SettingError> { panic!("hosts were asked for") };
    let resolved = wrong.resolve_over(&Limits::default(), study::workloads(), 2, hosts);
    let refused = resolved.err().unwrap().to_string();
    assert!(refused.starts_with("kernel 'no-such': rc4 has no kernel no-such"), "{refused}");
}

fn numbers_of_workers_go_up_to_what_all_hosts_take() {
    let out = tempfile::tempdir().unwrap();
    let cluster = Cluster::new(3);
    let most = |per_host| {
        let hosts = OverHosts::of(cluster.hosts(), Fill::Compact, per_host).unwrap();
        let given = RunRequest { workers: None, ..request("1", out.path()) };
        let hosts = || Ok::<_, SettingError>(Some(hosts));
        let config = given.resolve_over(&Limits::default(), study::workloads(), 1, hosts).unwrap();
        let workers = &config.workloads[0].workers;
        assert_eq!(workers.first(), Some(&1));
        *workers.last().unwrap()
    };
    let cpus = 3 * speedup_machine::machine::cpus_available();
    assert_eq!((most(None), most(Some(1)), most(Some(1000))), (cpus, 3, cpus));
}
