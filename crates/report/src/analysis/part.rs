//! A run taken apart: the workloads that compute, and those that wait. Most of what is said about scaling is
//! about CPUs, and so only of the first.

use std::borrow::Cow;

use super::model::{Analysis, Ceiling, Cell, ExecutorTable, Row, WorkloadColumn};
use crate::record::HOSTS;

impl WorkloadColumn {
    /// Whether its jobs wait rather than compute.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.waits.is_some()
    }

    /// What the hardware that an executor uses allows, by ascending number of workers.
    #[must_use]
    pub fn ceilings_of(&self, executor: &str) -> &[Ceiling] {
        if executor == HOSTS { &self.ceilings_over_hosts } else { &self.ceilings }
    }

    /// What the hardware that an executor uses allows that many workers, where that was measured.
    #[must_use]
    pub fn ceiling(&self, executor: &str, workers: usize) -> Option<&Ceiling> {
        self.ceilings_of(executor).iter().find(|ceiling| ceiling.workers == workers)
    }

    /// Whether it is one program with a knob for its number of workers.
    #[must_use]
    pub fn is_program(&self) -> bool {
        self.command.as_ref().is_some_and(|command| !command.batch)
    }
}

impl Analysis {
    /// The run without the workloads that wait.
    #[must_use]
    pub fn computing(&self) -> Cow<'_, Self> {
        self.of_those(|workload| !workload.waits())
    }

    /// The run with nothing but programs that have a knob for their number of workers.
    #[must_use]
    pub fn programs(&self) -> Cow<'_, Self> {
        self.of_those(WorkloadColumn::is_program)
    }

    /// The run without these and the workloads that wait: batches of jobs that compute.
    #[must_use]
    pub fn batches(&self) -> Cow<'_, Self> {
        self.of_those(|workload| !workload.waits() && !workload.is_program())
    }

    /// The run without the workloads that compute.
    #[must_use]
    pub fn waiting(&self) -> Cow<'_, Self> {
        self.of_those(WorkloadColumn::waits)
    }

    /// The run as if it had only these workloads.
    pub(crate) fn of_those(&self, wanted: impl FnMut(&WorkloadColumn) -> bool) -> Cow<'_, Self> {
        let kept: Vec<bool> = self.workloads.iter().map(wanted).collect();
        if kept.iter().all(|&kept| kept) {
            return Cow::Borrowed(self);
        }
        let workloads = only(&self.workloads, &kept);
        let crossovers = self.crossovers.iter();
        let task_times = self.task_times.iter();
        Cow::Owned(Self {
            crossovers: crossovers
                .filter(|of| workloads.iter().any(|w| w.name == of.workload))
                .cloned()
                .collect(),
            task_times: task_times
                .filter(|of| workloads.iter().any(|w| w.workload == of.workload))
                .cloned()
                .collect(),
            executors: self.executors.iter().filter_map(|executor| table(executor, &kept)).collect(),
            workloads,
            ..self.clone()
        })
    }
}

fn only<T: Clone>(items: &[T], kept: &[bool]) -> Vec<T> {
    items.iter().zip(kept).filter(|(_, kept)| **kept).map(|(item, _)| item.clone()).collect()
}

/// The table without what only the other workloads have; nothing if that is all of it.
fn table(table: &ExecutorTable, kept: &[bool]) -> Option<ExecutorTable> {
    let missing = |cells: &[Cell]| cells.iter().all(|cell| *cell == Cell::NotMeasured);
    let row = |row: &Row| {
        let cells = only(&row.cells, kept);
        (!missing(&cells) || missing(&row.cells)).then(|| Row { cells, ..row.clone() })
    };
    let rows: Vec<Row> = table.rows.iter().filter_map(row).collect();
    let any = !rows.is_empty() && kept.contains(&true);
    any.then(|| ExecutorTable { rows, scaling: only(&table.scaling, kept), ..table.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Waits, book};

    #[test]
    fn a_run_is_taken_apart_without_rest() {
        let mut run = Analysis::of(&book::record());
        assert!(matches!(run.computing(), Cow::Borrowed(_)));
        assert!(run.waiting().workloads.is_empty() && run.waiting().executors.is_empty());
        let all = run.workloads.len();
        run.workloads[0].waits = Some(Waits { jobs: "flags".to_string(), on: "a server".to_string() });
        let last = run.executors[0].rows.len() - 1;
        // What only the other has.
        for cell in &mut run.executors[0].rows[last].cells[1..] {
            *cell = Cell::NotMeasured;
        }
        let (waiting, computing) = (run.waiting(), run.computing());
        assert_eq!((waiting.workloads.len(), computing.workloads.len()), (1, all - 1));
        assert_eq!(waiting.executors[0].rows.len(), last + 1);
        assert_eq!(computing.executors[0].rows.len(), last);
        for part in [waiting, computing] {
            for table in &part.executors {
                assert!(table.rows.iter().all(|row| row.cells.len() == part.workloads.len()));
            }
        }
    }
}
