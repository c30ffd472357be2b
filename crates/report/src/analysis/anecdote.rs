//! What fewer rounds than [`LEAST_ROUNDS`] do not say: they are an anecdote, and nothing of them is a headline.

use super::effort::LEAST_ROUNDS;
use super::model::{Analysis, Law, Scaling};
use crate::record::Design;

impl Analysis {
    /// The number of counted rounds, where they are too few to be a measurement. Of cases that ran one after another
    /// there are no rounds.
    #[must_use]
    pub fn anecdote(&self) -> Option<u32> {
        let rounds = self.effort.rounds;
        let few = self.design == Design::InterleavedRounds && (1..LEAST_ROUNDS).contains(&rounds);
        few.then_some(rounds)
    }
}

/// Takes the conclusions from an analysis of too few rounds: noise floor, laws, COST, crossovers and the best number
/// of workers. The figures themselves stay.
pub(super) fn withhold(analysis: &mut Analysis) {
    let Some(rounds) = analysis.anecdote() else { return };
    analysis.crossovers.clear();
    for workload in &mut analysis.workloads {
        workload.floor = None;
        workload.suggestion = None;
        if let Some(command) = &mut workload.command {
            command.best = None;
        }
    }
    let reason = format!("a law of scaling needs {LEAST_ROUNDS} rounds or more; this run has {rounds}");
    for scaling in analysis.executors.iter_mut().flat_map(|table| &mut table.scaling) {
        *scaling =
            Scaling { amdahl: Law::Refused(reason.clone()), usl: Law::Refused(reason.clone()), cost: None };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::html::sample;

    #[test]
    fn five_rounds_conclude_and_four_do_not() {
        let run = |rounds| {
            let mut run = sample::analysis();
            run.effort.rounds = rounds;
            withhold(&mut run);
            run
        };
        let [four, five] = [4, 5].map(run);
        assert_eq!((four.anecdote(), five.anecdote()), (Some(4), None));
        let concluded = |run: &Analysis| {
            let scaling = run.executors.iter().flat_map(|table| &table.scaling);
            let laws =
                scaling.filter(|scaling| scaling.cost.is_some() || matches!(scaling.usl, Law::Fitted(_)));
            laws.count() + run.crossovers.len() + run.workloads.iter().filter(|of| of.floor.is_some()).count()
        };
        assert_eq!(concluded(&four), 0);
        assert!(concluded(&five) > 4);
        assert_eq!(four.estimates().count(), five.estimates().count());
    }

    #[test]
    fn cases_one_after_another_have_no_rounds_to_be_few() {
        let run = Analysis { design: Design::CaseByCase, ..sample::analysis() };
        assert_eq!(run.anecdote(), None);
    }
}
