//! Programs that are built on this library as the arms of a live comparison: a fresh process measures a few rounds by
//! itself, after one that warms up, and its record is added to those of the processes before.
//!
//! The layout of a process in memory is drawn once, at its start, and changes its times by more than rounds show: see
//! Curtsinger and Berger, *Stabilizer* (ASPLOS 2013), and Kalibera and Jones, *Rigorous benchmarking in reasonable time*
//! (ISMM 2013). So a round of the comparison is a process of each arm.

use std::ffi::OsString;
use std::fs;
use std::num::NonZeroU32;

use super::arm::{Arms, At, Program, clear};
use crate::study::command::session::Session;
use speedup_machine::signal::Interrupt;
use speedup_observe::Spec;
use speedup_report::record::{RunRecord, Status};

/// A program, what its `run` is given, and how many rounds each of its processes measures.
#[derive(Debug, Clone)]
pub struct Invocations {
    /// Name or path.
    pub program: OsString,
    /// Options of its `run`.
    pub arguments: Vec<OsString>,
    /// Counted rounds of each process.
    pub rounds: NonZeroU32,
}

/// The arms of two programs, old and new.
///
/// # Errors
///
/// If the system refuses another process.
pub fn tools(old: &Invocations, new: &Invocations, interrupt: &Interrupt) -> Result<Arms, String> {
    let arm = |runs: &Invocations| -> Result<Box<dyn Program>, String> {
        Ok(Box::new(Invoked { runs: runs.clone(), session: Session::new(interrupt.clone())? }))
    };
    Ok(Arms([arm(old)?, arm(new)?, arm(old)?]))
}

/// A program that measures by itself.
struct Invoked {
    runs: Invocations,
    session: Session,
}

impl Invoked {
    /// The command of one process, which leaves its record in a folder.
    fn spec(&self, at: At<'_>) -> Spec {
        let own = ["--rounds", &self.runs.rounds.to_string(), "--precision", "0", "--quiet", "--into"]
            .map(OsString::from);
        let given = self.runs.arguments.iter().cloned();
        let arguments = std::iter::once("run".into()).chain(given).chain(own).chain([at.scratch.into()]);
        Spec::new(self.runs.program.clone(), arguments.collect::<Vec<OsString>>())
    }
}

impl Program for Invoked {
    fn warms_up(&self) -> bool {
        true
    }

    fn parts(&self) -> Vec<String> {
        vec![String::new()]
    }

    fn begin(&mut self, _first: bool) -> Result<Option<RunRecord>, String> {
        Ok(None)
    }

    fn measure(&mut self, _part: usize, at: At<'_>, record: &mut Option<RunRecord>) -> Result<(), String> {
        clear(at.scratch)?;
        let made = self.session.succeed(self.spec(at)).and_then(|()| {
            if !at.scratch.join("run.json").is_file() {
                return Err(
                    "it has left no run; a program on this library does with 'run --into'".to_string()
                );
            }
            RunRecord::read(at.scratch).map_err(|error| error.to_string())
        });
        // What it left is read, or is of no use.
        let _ = fs::remove_dir_all(at.scratch);
        append(record, made?, at, self.runs.rounds)
    }
}

/// Adds what one process measured to what those before it have.
fn append(
    record: &mut Option<RunRecord>,
    mut made: RunRecord,
    at: At<'_>,
    each: NonZeroU32,
) -> Result<(), String> {
    if made.status != Status::Complete {
        return Err("its run did not come to its end".to_string());
    }
    let warmups = made.plan.warmup_rounds;
    let place = |round: u32, warmup: bool| at.round * if warmup { warmups } else { each.get() } + round;
    for sample in &mut made.samples {
        if sample.round >= if sample.warmup { warmups } else { each.get() } {
            return Err(format!("its run has more rounds than the {each} that it was told to measure"));
        }
        sample.round = place(sample.round, sample.warmup);
        sample.start_ns = sample.start_ns.saturating_add(at.elapsed_ns);
    }
    for ceiling in &mut made.ceilings {
        ceiling.round = place(ceiling.round, ceiling.warmup);
    }
    let Some(record) = record else {
        (made.status, made.stop) = (Status::Running, None);
        made.plan.invocation_rounds = Some(each);
        *record = Some(made);
        return Ok(());
    };
    let batch = |record: &RunRecord| {
        let workloads = record.plan.workloads.iter();
        workloads.map(|workload| (workload.name.clone(), workload.sizes.clone())).collect::<Vec<_>>()
    };
    if record.plan.cases != made.plan.cases || batch(record) != batch(&made) {
        return Err("its processes do not measure the same cases".to_string());
    }
    record.samples.append(&mut made.samples);
    record.ceilings.append(&mut made.ceilings);
    record.plan.order.append(&mut made.plan.order);
    record.plan.warmup_rounds += warmups;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::study::execute::Measured;
    use speedup_report::record::{Design, book};

    const TWO: NonZeroU32 = NonZeroU32::new(2).unwrap();

    /// What a process leaves: a round that warms up and two that count.
    fn made() -> RunRecord {
        let mut record = book::record();
        (record.design, record.status) = (Design::InterleavedRounds, Status::Complete);
        record.published.clear();
        record.plan.warmup_rounds = 1;
        let sample = |round, warmup| {
            Measured::of_tasks((7, 1000), Vec::new(), Vec::new()).into_sample(0, round, warmup)
        };
        record.samples = vec![sample(0, true), sample(0, false), sample(1, false)];
        record.plan.order = vec![vec![0]; 3];
        record
    }

    fn at(round: u32) -> At<'static> {
        At { round, warmup: false, elapsed_ns: 100 * u64::from(round), scratch: Path::new("/nowhere") }
    }

    #[test]
    fn the_rounds_of_processes_follow_each_other() {
        let mut record = None;
        for round in 0..3 {
            append(&mut record, made(), at(round), TWO).unwrap();
        }
        let record = record.unwrap();
        let rounds = |warmup| -> Vec<u32> {
            let samples = record.samples.iter().filter(|sample| sample.warmup == warmup);
            samples.map(|sample| sample.round).collect()
        };
        assert_eq!((rounds(true), rounds(false)), (vec![0, 1, 2], vec![0, 1, 2, 3, 4, 5]));
        assert_eq!((record.plan.invocation_rounds, record.plan.warmup_rounds), (Some(TWO), 3));
        assert_eq!(
            (record.status, record.plan.order.len(), record.samples[8].start_ns),
            (Status::Running, 9, 207)
        );
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let mut record = None;
        append(&mut record, made(), at(0), TWO).unwrap();
        let mut other = made();
        other.plan.cases.pop();
        assert!(append(&mut record, other, at(1), TWO).unwrap_err().contains("the same cases"));
        let mut other = made();
        other.plan.workloads[0].sizes.push(1);
        assert!(append(&mut record, other, at(1), TWO).unwrap_err().contains("the same cases"));
        let mut longer = made();
        longer.samples[2].round = 2;
        assert!(append(&mut record, longer, at(1), TWO).unwrap_err().contains("more rounds than the 2"));
        let mut stopped = made();
        stopped.status = Status::Interrupted;
        assert!(append(&mut record, stopped, at(1), TWO).unwrap_err().contains("come to its end"));
        assert_eq!(record.unwrap().samples.len(), 3);
    }
}
