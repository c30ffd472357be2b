//! Threads that others need, and that run user code: where that code is about to wait for a future, another
//! thread takes over first.

use std::cell::RefCell;

use crate::sync::thread_local;

/// Starts a thread that goes on with what this one had to do; false where the system gives none.
type StandIn = Box<dyn FnOnce() -> bool>;

thread_local! {
    static STAND_IN: RefCell<Option<StandIn>> = const { RefCell::new(None) };
}

/// Runs user code. If it comes to wait for a future, what it waits for may be this thread's to bring: the
/// stand-in is started before. Gives whether that is so, and this thread has nothing left to do.
pub(crate) fn run(stand_in: impl FnOnce() -> bool + 'static, user_code: impl FnOnce()) -> bool {
    let started = std::rc::Rc::new(std::cell::Cell::new(false));
    let is_started = std::rc::Rc::clone(&started);
    let stand_in: StandIn = Box::new(move || {
        is_started.set(stand_in());
        is_started.get()
    });
    let outer = STAND_IN.with(|current| current.replace(Some(stand_in)));
    user_code();
    STAND_IN.with(|current| current.replace(outer));
    started.get()
}

/// Says that this thread is about to wait for a future, or for several.
pub(crate) fn about_to_wait() {
    // A value that is dropped with its thread may wait when this is gone.
    if let Ok(Some(stand_in)) = STAND_IN.try_with(RefCell::take) {
        stand_in();
    }
}
