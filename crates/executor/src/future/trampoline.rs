//! Callbacks that run within callbacks, at a depth of stack that does not grow without end.
//!
//! A callback that is added to a future which is done runs at once. Where it submits to an executor that
//! has run the task by then, and adds a callback to that future, and so on, each would stand on the stack
//! of the one before. From some depth on they wait until the outermost one has returned.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use crate::panics::report_panic;
use crate::sync::thread_local;

/// How many callbacks of a thread may stand on each other.
const DEEPEST: usize = 32;

type Call = Box<dyn FnOnce()>;

thread_local! {
    /// Callbacks that this thread is in.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// Those that wait for the outermost one to return.
    static WAITING: RefCell<VecDeque<Call>> = const { RefCell::new(VecDeque::new()) };
}

/// Calls back now; within many callbacks, when the outermost one has returned, in the same thread. A panic
/// is reported on standard error.
pub(super) fn call(who: impl FnOnce() -> String + 'static, callback: impl FnOnce() + 'static) {
    let depth = DEPTH.with(Cell::get);
    if depth >= DEEPEST {
        let call: Call = Box::new(move || report_panic(who, callback));
        // Where the thread is about to end nothing can wait.
        let mut call = Some(call);
        let waits = WAITING.try_with(|waiting| waiting.borrow_mut().extend(call.take()));
        if waits.is_err()
            && let Some(call) = call
        {
            call();
        }
        return;
    }
    DEPTH.with(|now| now.set(depth + 1));
    report_panic(who, callback);
    while depth == 0
        && let Ok(Some(next)) = WAITING.try_with(|waiting| waiting.borrow_mut().pop_front())
    {
        next();
    }
    DEPTH.with(|now| now.set(depth));
}
