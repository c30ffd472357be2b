//! User code that is to run when every lock and gate is open.

use super::Work;
use super::submitted::drop_carefully;

/// Callbacks, wakers, and drops of what users have made: what is left of settled work.
///
/// User code may wait for anything, the very pool included. So it is collected where something is locked,
/// and runs where nothing is, in a thread that no other has to wait for.
#[derive(Default)]
#[must_use = "callbacks wait for it: run it where nothing is locked, or hand it to a thread that may wait"]
pub(crate) struct Deferred(Vec<Action>);

enum Action {
    /// Its callbacks are to be called, and what is left of it dropped.
    LetGo(Work),
    Drop(Box<dyn Send>),
}

impl Deferred {
    /// Lets go of settled work, but for what is user code in that.
    pub(crate) fn release(&mut self, mut work: Work) {
        if let Some(unit) = work.unit.take() {
            unit.release(self);
        }
    }

    pub(super) fn let_go_later(&mut self, work: Work) {
        self.0.push(Action::LetGo(work));
    }

    pub(super) fn drop_later(&mut self, last: impl Send + 'static) {
        self.0.push(Action::Drop(Box::new(last)));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Runs the user code.
    pub(crate) fn run(self) {
        for action in self.0 {
            match action {
                Action::LetGo(work) => drop(work),
                Action::Drop(last) => drop_carefully(Some(last)),
            }
        }
    }
}
