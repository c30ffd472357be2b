//! On which CPUs the cases that stand for the executors ran.

use speedup_machine::affinity::ranges;

use crate::analysis::{Analysis, CpusUsed};
use crate::view::grid::{Entry, Grid, heads};
use crate::view::units::fixed;

/// A row for each case that tells; `None` where none does.
pub(in crate::view) fn cpus(run: &Analysis, workload: usize) -> Option<Grid> {
    let cases = run.executors.iter().enumerate().filter_map(|(index, table)| {
        let case = run.representative(index, workload)?;
        let used = case.estimate.cpus.as_ref()?;
        Some(vec![
            Entry::name(format!("{}/{}", table.executor, case.workers)),
            Entry::written(ranges(&used.cpus), None),
            Entry::figure(Some(used.moves_per_task), |moves| fixed(moves, 3)),
        ])
    });
    let rows: Vec<_> = cases.collect();
    (!rows.is_empty()).then(|| Grid {
        title: format!(
            "{}: CPUs that tasks ran on; moves are those seen at begins and ends",
            run.workloads[workload].label
        ),
        head: heads(["case", "CPUs", "moves per task"]),
        rows,
        ..Grid::default()
    })
}

/// `Tasks ran on CPUs 0-3. Workers were seen to move to another CPU 0.020 times a task.`
#[must_use]
pub fn ran_on(used: &CpusUsed) -> String {
    format!(
        "Tasks ran on {} {}. Workers were seen to move to another CPU {} times a task.",
        if used.cpus.len() == 1 { "CPU" } else { "CPUs" },
        ranges(&used.cpus),
        fixed(used.moves_per_task, 3)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_tasks_ran_is_a_sentence() {
        let used = |cpus: &[usize], moves_per_task| ran_on(&CpusUsed { cpus: cpus.to_vec(), moves_per_task });
        let expected =
            "Tasks ran on CPUs 0-1,4. Workers were seen to move to another CPU 0.250 times a task.";
        assert_eq!(used(&[0, 1, 4], 0.25), expected);
        assert!(used(&[3], 0.0).starts_with("Tasks ran on CPU 3. "));
    }
}
