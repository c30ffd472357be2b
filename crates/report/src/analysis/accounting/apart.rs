//! Which losses of a program the system tells apart.

use std::collections::BTreeSet;

use speedup_observe::{Cause, Row};

use crate::analysis::model::Loss;

/// Which losses are told apart, and why others are not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one pair of rows")]
pub(in crate::analysis) struct Apart {
    /// User and system time are one row.
    cpu: bool,
    /// Steal and exit are one row.
    exit: bool,
    /// There is no trace: what only it tells is one row.
    trace: bool,
    /// The run queue is in that row too.
    queue: bool,
    /// Why.
    reasons: BTreeSet<String>,
}

impl Apart {
    pub(super) fn see(&mut self, row: &Row) {
        let Some(why) = &row.merged else { return };
        let names: Vec<&str> = row.causes.iter().map(|cause| cause.name()).collect();
        let (last, first) = names.split_last().unwrap_or((&"", &[]));
        self.reasons.insert(format!("{} and {last} are one row: {why}", first.join(", ")));
        let has = |cause| row.causes.contains(&cause);
        self.cpu |= has(Cause::ExtraUser);
        self.exit |= has(Cause::Exit);
        self.trace |= has(Cause::Serial);
        self.queue |= has(Cause::RunQueue);
    }

    /// Moves what stands in rows of its own, by [`Loss::ALL`], to the rows that there are.
    pub(in crate::analysis) fn book_together(&self, losses: &mut [f64]) {
        for loss in Loss::OUTSIDE {
            let row = self.row(loss);
            if row != loss {
                losses[row as usize] += std::mem::take(&mut losses[loss as usize]);
            }
        }
    }

    pub(in crate::analysis) fn join(&mut self, other: &Self) {
        self.cpu |= other.cpu;
        self.exit |= other.exit;
        self.trace |= other.trace;
        self.queue |= other.queue;
        self.reasons.extend(other.reasons.iter().cloned());
    }

    /// The row that a loss is in.
    pub(super) fn row(&self, loss: Loss) -> Loss {
        match loss {
            Loss::ExtraUser | Loss::ExtraSystem if self.cpu => Loss::ExtraCpu,
            Loss::Steal | Loss::Serial | Loss::Partial | Loss::Idle | Loss::Over if self.trace => {
                Loss::Untold
            }
            Loss::Exit | Loss::StealExit if self.trace && self.exit => Loss::Untold,
            Loss::RunQueue | Loss::Quota if self.queue => Loss::Untold,
            Loss::Steal | Loss::Exit if self.exit => Loss::StealExit,
            other => other,
        }
    }

    /// Whether a loss has a row.
    pub(super) fn tells(&self, loss: Loss) -> bool {
        match loss {
            Loss::ExtraCpu => self.cpu,
            Loss::StealExit => self.exit && !self.trace,
            Loss::Untold => self.trace,
            other => self.row(other) == other,
        }
    }

    /// What readers must know.
    pub(super) fn notes(&self) -> Vec<String> {
        self.reasons.iter().cloned().collect()
    }
}
