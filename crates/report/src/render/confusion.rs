//! The matrix of a self-test: what was injected by where it was found.

mod outside;

pub use outside::outside;

use super::table;
use crate::analysis::Loss;
use crate::analysis::attribution::Attribution;
use crate::view::grid::{Entry, Grid};
use crate::view::units::{MISSING, count, fixed};

/// One fault on one executor.
#[derive(Debug, Clone, PartialEq)]
pub struct InjectedFault {
    /// What was done wrong on purpose.
    pub fault: &'static str,
    /// Where.
    pub executor: String,
    /// The loss that it is.
    pub expected: Loss,
    /// Whether it was found there, in its amount.
    pub found: bool,
    /// What was found; absent if nothing was measured.
    pub attribution: Option<Attribution>,
}

/// The matrix and how to read it, ending with a newline.
#[must_use]
pub fn text(lines: &[InjectedFault], rounds: u32) -> String {
    let losses: Vec<Loss> =
        Loss::ALL.into_iter().filter(|loss| expected(lines, *loss) || grew(lines, *loss)).collect();
    let mut head = vec!["Injected".to_string(), "on".to_string(), "ms".to_string()];
    head.extend(losses.iter().map(|loss| loss.name().to_string()));
    head.push("verdict".to_string());
    let grid = Grid {
        title: format!(
            "Growth of each loss, in % of the injected time ({}; [x] marks the loss that was injected)",
            count(rounds as usize, "round")
        ),
        head,
        rows: lines.iter().map(|line| row(line, &losses).into_iter().map(Entry::from).collect()).collect(),
        ..Grid::default()
    };
    let right = lines.iter().filter(|line| line.found).count();
    format!(
        "{}\n\n{right} of {} faults were found where they were injected: that loss grew most, and its 95 % interval \
         contains the injected amount or it is within 10 % of it.\n",
        table::grid(&grid),
        lines.len()
    )
}

fn expected(lines: &[InjectedFault], loss: Loss) -> bool {
    lines.iter().any(|line| line.expected == loss)
}

/// Whether a loss that no fault is meant to cause has grown with one.
fn grew(lines: &[InjectedFault], loss: Loss) -> bool {
    let found = lines.iter().filter_map(|line| line.attribution.as_ref()).flat_map(|found| &found.found);
    found.into_iter().any(|(of, quantity)| *of == loss && quantity.value.abs() >= 0.02)
}

fn row(line: &InjectedFault, losses: &[Loss]) -> Vec<String> {
    let mut cells = vec![line.fault.to_string(), line.executor.clone()];
    let Some(found) = &line.attribution else {
        cells.resize(3 + losses.len(), MISSING.to_string());
        cells.push("not measured".to_string());
        return cells;
    };
    cells.push(fixed(found.injected_s * 1e3, 1));
    for loss in losses {
        let quantity = found.found.iter().find(|(of, _)| of == loss).map(|(_, quantity)| *quantity);
        let text = quantity.map_or(MISSING.to_string(), |found| fixed(100.0 * found.value, 0));
        cells.push(if *loss == line.expected { format!("[{text}]") } else { text });
    }
    cells.push(verdict(line, found));
    cells
}

fn verdict(line: &InjectedFault, found: &Attribution) -> String {
    if line.found {
        return "found".to_string();
    }
    if found.largest() == line.expected {
        return "wrong amount".to_string();
    }
    format!("misattributed to {}", found.largest().name())
}
