//! From analyses to panels: which curves there are, and which cases stand for an executor.

use super::Beside;
use super::figure::{Curve, Panel, Series, Value};
use super::theme::{Look, Origin};
use crate::analysis::{Analysis, Cell, Estimate, ExecutorTable};

/// What a chart is made from: the run it is about, and those drawn beside it.
#[derive(Clone, Copy)]
pub(super) struct Runs<'a> {
    pub(super) own: &'a Analysis,
    pub(super) beside: &'a [Beside<'a>],
}

impl<'a> Runs<'a> {
    /// The run without those beside it.
    pub(super) fn alone(self) -> Self {
        Self { own: self.own, beside: &[] }
    }

    fn analyses(self) -> impl Iterator<Item = &'a Analysis> {
        std::iter::once(self.own).chain(self.beside.iter().map(|beside| beside.analysis))
    }

    /// The series of all runs, own first.
    pub(super) fn series(self) -> Vec<Series> {
        let own = self.own.executors.iter().map(|table| (table.executor.clone(), Origin::Own));
        let beside = self.beside.iter().flat_map(|beside| {
            let labels = beside.analysis.executors.iter().map(|table| beside.series_label(&table.executor));
            labels.map(|label| (label, Origin::Beside))
        });
        (own.chain(beside).enumerate())
            .map(|(index, (label, origin))| Series { label, look: Look::of(index, origin) })
            .collect()
    }

    /// A panel for each workload of the run, with the values that `value` makes of a run's estimates.
    pub(super) fn panels(self, value: impl Fn(&Analysis, &Estimate) -> Option<Value>) -> Vec<Panel> {
        let mut panels: Vec<_> = (self.own.workloads.iter())
            .map(|workload| {
                let curves = self.curves(&workload.name, &value);
                let own = curves.iter().filter(|curve| curve.series < self.own.executors.len()).count();
                let missing = !curves.is_empty() && own < self.own.executors.len();
                let gaps = missing || curves.iter().any(Curve::has_gap);
                Panel { title: workload.label.clone(), words: vec![], curves, guides: vec![], gaps }
            })
            .collect();
        if panels.is_empty() {
            let title = String::new();
            panels.push(Panel { title, words: vec![], curves: vec![], guides: vec![], gaps: false });
        }
        panels
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

    /// The least number of workers that is above the number of CPUs.
    pub(super) fn oversubscribed(self) -> Option<usize> {
        let rows = self.own.executors.iter().flat_map(|table| &table.rows);
        rows.filter(|row| row.oversubscribed).map(|row| row.workers).min()
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
        points.iter().any(|(_, value)| value.is_some()).then_some(Self { series, points, joined: true })
    }

    /// Whether some case has no value.
    fn has_gap(&self) -> bool {
        self.points.iter().any(|(_, value)| value.is_none())
    }
}

/// The case that stands for an executor where only one can: the most workers that do not exceed
/// the CPUs, among the cases for which `has` holds; if all exceed them, the fewest.
pub(super) fn chosen(
    table: &ExecutorTable,
    column: usize,
    has: impl Fn(&Estimate) -> bool,
) -> Option<(usize, &Estimate)> {
    let cases = table.rows.iter().filter_map(|row| {
        let estimate = row.cells.get(column)?.estimate()?;
        has(estimate).then_some((row, estimate))
    });
    let (within, beyond): (Vec<_>, Vec<_>) = cases.partition(|(row, _)| !row.oversubscribed);
    let (row, estimate) = within.last().or(beyond.first())?;
    Some((row.workers, estimate))
}
