//! Runs of a study whose executions take as long as they are told to.

use std::path::{Path, PathBuf};

use super::super::{Measured, Plan};
use super::*;
use speedup_report::record::{BASELINE, Case, Design, book};

/// Two arms and a case, each of which takes as long as it is told to, on a clock that nothing else moves.
struct Scripted {
    plan: Plan,
    out: PathBuf,
    stop: StopRule,
    now_s: u64,
    /// Seconds that each execution takes, in turn; the last goes on.
    seconds: Vec<u64>,
}

impl Subject for Scripted {
    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn stop(&self) -> StopRule {
        self.stop
    }

    fn out(&self) -> &Path {
        &self.out
    }

    fn elapsed_ns(&self) -> u64 {
        self.now_s * 1_000_000_000
    }

    fn new_record(&self) -> RunRecord {
        let mut record = book::record();
        record.design = Design::InterleavedRounds;
        record.published.clear();
        record.plan.cases.clone_from(&self.plan.cases);
        record.status = Status::Running;
        record
    }

    fn describe(&self, _record: &mut RunRecord) {}

    fn measure(&mut self, _case: usize) -> Result<Measured, String> {
        let took = if self.seconds.len() > 1 { self.seconds.remove(0) } else { self.seconds[0] };
        self.now_s += took;
        Ok(Measured::of_tasks((0, took * 1_000_000_000), Vec::new(), Vec::new()))
    }
}

/// The record of a run of at most a minute.
fn run(seconds: &[u64]) -> RunRecord {
    let out = tempfile::tempdir().unwrap();
    let case =
        |executor: &str, again| Case { workload: "rc4".into(), executor: executor.into(), workers: 1, again };
    let cases = vec![case(BASELINE, false), case(BASELINE, true), case("threads", false)];
    let stop =
        StopRule { rounds: 100, precision: 0.0, max_time: Some(Duration::from_secs(60)), least_rounds: 0 };
    let study = Scripted {
        plan: Plan::of(cases, 17),
        out: out.path().to_path_buf(),
        stop,
        now_s: 0,
        seconds: seconds.to_vec(),
    };
    let mut run = Run::begin(Box::new(study)).unwrap();
    let interrupt = Interrupt::default();
    let watch =
        Watch { verbosity: Verbosity::Quiet, interrupt: &interrupt, widths: |_| Vec::new(), tell: |_| {} };
    run.go_on(&watch).unwrap();
    run.record
}

fn counted(record: &RunRecord) -> usize {
    record.samples.iter().filter(|sample| !sample.warmup).count()
}

#[test]
fn a_round_that_the_time_does_not_suffice_for_is_given_up_whole() {
    // A warm-up and two rounds of nine seconds, then the machine is busy.
    let quiet = [3; 9];
    let record = run(&[&quiet[..], &[20]].concat());
    assert_eq!((record.status, record.stop), (Status::Complete, Some(Stop::Time)));
    assert_eq!(counted(&record), 6, "the third round had two of three cases at 67 s");
    assert_eq!(record.plan.order.len(), 3, "with that of the warm-up");
    assert_eq!(record.samples.len(), 9);
}

#[test]
fn the_first_round_is_finished_whatever_it_takes() {
    let record = run(&[50]);
    assert_eq!((counted(&record), record.stop), (3, Some(Stop::Time)));
}

#[test]
fn the_longer_the_writing_takes_the_seldomer_it_is_done() {
    let mut saving = Saving::default();
    assert!(saving.is_due(), "the first round is saved in any case");
    let now = Instant::now();
    saving.done(now, now + Duration::from_secs(60));
    assert!(!saving.is_due());
    assert_eq!(saving.0, Some(now + Duration::from_secs(60 + 50 * 60)));
    saving.done(now, now);
    assert!(saving.is_due());
}
