//! From analyses to panels: which curves there are, which cases stand for an executor, and whose
//! figures they are, in words.

use super::Overlaid;
use super::figure::{Curve, Panel, Series, Value};
use super::look::{Look, Origin};
use crate::analysis::{Analysis, Cell, Estimate, ExecutorTable, WorkloadColumn};
use crate::record::{HOSTS, Status};
use crate::view::units::{count, count_range, seconds};
use crate::view::verdict::no_measurement;

/// What a chart is made from: the run it is about, and those that are overlaid.
#[derive(Clone, Copy)]
pub(super) struct Runs<'a> {
    pub(super) own: &'a Analysis,
    pub(super) overlaid: &'a [Overlaid<'a>],
    /// What of the run is not drawn, if anything, in words.
    pub(super) left_out: Option<&'a str>,
    /// The number of workers whose cases stand for the executors; if none, the telling ones.
    pub(super) workers: Option<usize>,
}

impl<'a> Runs<'a> {
    /// The run without those that are overlaid.
    pub(super) fn alone(self) -> Self {
        Self { overlaid: &[], ..self }
    }

    fn analyses(self) -> impl Iterator<Item = &'a Analysis> {
        std::iter::once(self.own).chain(self.overlaid.iter().map(|overlaid| overlaid.analysis))
    }

    /// The series of all runs, own first.
    pub(super) fn series(self) -> Vec<Series> {
        let own = self.own.executors.iter().map(|table| (table.executor.clone(), Origin::Own));
        let overlaid = self.overlaid.iter().flat_map(|overlaid| {
            let labels =
                overlaid.analysis.executors.iter().map(|table| overlaid.series_label(&table.executor));
            labels.map(|label| (label, Origin::Overlaid))
        });
        (own.chain(overlaid).enumerate())
            .map(|(index, (label, origin))| Series { label, look: Look::of(index, origin) })
            .collect()
    }

    /// A panel for each workload of the run, with the values that `value` makes of a run's estimates.
    pub(super) fn panels(self, value: impl Fn(&Analysis, &Estimate) -> Option<Value>) -> Vec<Panel> {
        (self.own.workloads.iter())
            .map(|workload| {
                let curves = self.curves(&workload.name, &value);
                let own = curves.iter().filter(|curve| curve.series < self.own.executors.len()).count();
                let missing = !curves.is_empty() && own < self.own.executors.len();
                let gaps = missing || curves.iter().any(Curve::has_gap);
                let (title, workload) = (workload.label.clone(), workload.label.clone());
                Panel { title, workload, curves, gaps, ..Panel::default() }
            })
            .collect()
    }

    /// The curves that have a value for a workload.
    fn curves(self, workload: &str, value: impl Fn(&Analysis, &Estimate) -> Option<Value>) -> Vec<Curve> {
        let tables = self.analyses().flat_map(|analysis| {
            let column = analysis.workloads.iter().position(|column| column.name == workload);
            analysis.executors.iter().map(move |table| (analysis, table, column))
        });
        (tables.enumerate())
            .filter_map(|(series, (analysis, table, column))| {
                Curve::of(series, table, column?, |estimate| value(analysis, estimate))
            })
            .collect()
    }

    /// The case that stands for an executor where only one can: the one with the number of workers asked
    /// for, if there is one. None if `has` does not hold for it.
    pub(super) fn chosen(
        self,
        executor: usize,
        column: usize,
        has: impl Fn(&Estimate) -> bool,
    ) -> Option<(usize, &'a Estimate)> {
        let case = if let Some(workers) = self.workers {
            let row = self.own.executors[executor].rows.iter().find(|row| row.workers == workers)?;
            (workers, row.cells.get(column)?.estimate()?)
        } else {
            let case = self.own.representative(executor, column)?;
            (case.workers, case.estimate)
        };
        has(case.1).then_some(case)
    }

    /// The least number of workers that is above the number of CPUs.
    pub(super) fn oversubscribed(self) -> Option<usize> {
        let rows = self.own.executors.iter().flat_map(|table| &table.rows);
        let least = rows.filter(|row| row.oversubscribed).map(|row| row.workers).min()?;
        // Another machine's runs keep their own number of CPUs: what is beyond those of this one may be within theirs.
        let others = self
            .overlaid
            .iter()
            .flat_map(|overlaid| &overlaid.analysis.executors)
            .flat_map(|table| &table.rows);
        // So do workers on other hosts.
        let over_hosts = self.own.executors.iter().filter(|table| table.executor == HOSTS);
        let others = others.chain(over_hosts.flat_map(|table| &table.rows));
        let within = others.filter(|row| !row.oversubscribed).map(|row| row.workers).max();
        within.is_none_or(|most| most < least).then_some(least)
    }
}

impl Curve {
    /// The values of an executor for the workload of that index, if there are any.
    pub(super) fn of(
        series: usize,
        table: &ExecutorTable,
        column: usize,
        value: impl Fn(&Estimate) -> Option<Value>,
    ) -> Option<Self> {
        let cell = |cells: &[Cell]| cells.get(column)?.estimate().and_then(&value);
        let points: Vec<_> = table.rows.iter().map(|row| (row.workers, cell(&row.cells))).collect();
        let facts = table.rows.iter().filter_map(|row| {
            let estimate = row.cells.get(column)?.estimate()?;
            Some((
                row.workers,
                format!("mean of {}: {}", count(estimate.runs, "run"), seconds(estimate.mean_s)),
            ))
        });
        let some = points.iter().any(|(_, value)| value.is_some());
        some.then(|| Self { series, points, facts: facts.collect(), joined: true })
    }

    /// Whether some case has no value.
    fn has_gap(&self) -> bool {
        self.points.iter().any(|(_, value)| value.is_none())
    }
}

impl Runs<'_> {
    /// Whose figures these are, and where they were taken.
    pub(super) fn machines(&self) -> Vec<String> {
        let state = match self.own.status {
            Status::Complete => "",
            Status::Running | Status::Interrupted | Status::Failed => " · the run is not complete",
        };
        let kernels = if self.overlaid.iter().any(|overlaid| self.other_kernels(overlaid.analysis).is_some())
        {
            kernels(self.own.workloads.iter())
        } else {
            String::new()
        };
        let own = format!("{}{state}{kernels}", place(self.own));
        let overlaid = self.overlaid.iter().map(|overlaid| {
            let runs = behind_points(overlaid.analysis).map_or(String::new(), |runs| format!(" · {runs}"));
            let kernels = self.other_kernels(overlaid.analysis).unwrap_or_default();
            format!("{}: {}{runs}{kernels}", overlaid.label, place(overlaid.analysis))
        });
        let few = self.own.anecdote().map(|rounds| format!("{}.", no_measurement(rounds)));
        std::iter::once(own).chain(overlaid).chain(self.left_out.map(String::from)).chain(few).collect()
    }

    /// The kernels of a run that are not those of this one; none if all are.
    fn other_kernels(&self, overlaid: &Analysis) -> Option<String> {
        let others: Vec<&WorkloadColumn> = (overlaid.workloads.iter())
            .filter(|column| {
                let same = self.own.workloads.iter().find(|own| own.name == column.name);
                same.is_some_and(|own| own.kernel != column.kernel)
            })
            .collect();
        (!others.is_empty()).then(|| kernels(others.into_iter()))
    }

    /// What is behind a point of the run, in words; none if nothing was measured.
    pub(super) fn behind_points(&self) -> Option<String> {
        behind_points(self.own)
    }
}

fn behind_points(analysis: &Analysis) -> Option<String> {
    Some(match analysis.runs()? {
        (1, 1) => "a single run".to_string(),
        counts => format!("the mean of {}", count_range(counts, "run")),
    })
}

/// What computed which workload.
fn kernels<'a>(columns: impl Iterator<Item = &'a WorkloadColumn>) -> String {
    let each: Vec<_> = columns.map(|column| format!("{} by {}", column.name, column.kernel)).collect();
    format!(" · {}", each.join(", "))
}

/// Machine and date of a run.
fn place(analysis: &Analysis) -> String {
    let date: String = analysis.created.chars().take(10).collect();
    let parts = [analysis.machine.as_str(), date.as_str()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// A note for gaps, with what they mean, so that nobody takes one for a measurement.
pub(super) fn gap_note(panels: &[Panel], meaning: &str) -> Option<String> {
    let gaps = panels.iter().any(|panel| panel.gaps);
    gaps.then(|| format!("Where a curve is missing or has a gap, {meaning}."))
}

/// Whether any value has a bar.
pub(super) fn has_bars(panels: &[Panel]) -> bool {
    panels.iter().flat_map(Panel::values).any(|value| value.least < value.greatest)
}
