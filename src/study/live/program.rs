//! Commands as the arms of a live comparison: each execution is a process of its own, so that each round is a draw of
//! all that changes from one process to the next.

use std::cell::RefCell;
use std::rc::Rc;

use super::arm::{Arms, At, Program};
use crate::study::Subject;
use crate::study::command::{CommandConfig, Knob};
use speedup_machine::signal::Interrupt;
use speedup_report::record::RunRecord;

/// The arms of two commands, old and new.
///
/// # Errors
///
/// In a sentence, what of a command cannot be, or that the system refuses another process.
pub fn programs(old: &CommandConfig, new: &CommandConfig, interrupt: &Interrupt) -> Result<Arms, String> {
    let expected = Rc::default();
    let arm = |config: &CommandConfig| -> Result<Box<dyn Program>, String> {
        let knob = Knob::new(config.clone(), interrupt.clone(), 0)?;
        Ok(Box::new(Executions { knob, expected: Rc::clone(&expected) }))
    };
    Ok(Arms([arm(old)?, arm(new)?, arm(old)?]))
}

/// A command whose cases are executed one by one.
struct Executions {
    knob: Knob,
    /// What every execution of any arm has to print, where that is checked: what the first one did.
    expected: Rc<RefCell<Option<String>>>,
}

impl Program for Executions {
    fn warms_up(&self) -> bool {
        false
    }

    fn parts(&self) -> Vec<String> {
        self.knob.plan().cases.iter().map(ToString::to_string).collect()
    }

    fn begin(&mut self, first: bool) -> Result<Option<RunRecord>, String> {
        // What comes before everything comes once.
        if first {
            self.knob.set_up()?;
        }
        Ok(Some(self.knob.new_record()))
    }

    fn measure(&mut self, part: usize, at: At<'_>, record: &mut Option<RunRecord>) -> Result<(), String> {
        self.knob.expected().clone_from(&self.expected.borrow());
        let measured = self.knob.measure(part)?;
        self.expected.borrow_mut().clone_from(self.knob.expected());
        if let Some(record) = record {
            record.samples.push(measured.into_sample(part, at.round, at.warmup));
        }
        Ok(())
    }

    fn end_round(&self, record: &mut RunRecord, from: usize, warmup: bool) {
        let order = record.samples[from..].iter().map(|sample| sample.case).collect();
        record.plan.order.push(order);
        record.plan.warmup_rounds += u32::from(warmup);
    }

    fn describe(&self, record: &mut RunRecord) {
        self.knob.describe(record);
    }

    fn end(&mut self) -> Result<(), String> {
        self.knob.clean_up()
    }
}
