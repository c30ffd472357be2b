//! Running user code: a panic becomes an error with message and place.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use super::error::Error;

thread_local! {
    /// Calls of [`catch_panic`] that are under way in this thread. It is read and written with every task,
    /// and therefore apart from what has to be dropped with the thread.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// Whether there are places to be forgotten.
    static PANICKED: Cell<bool> = const { Cell::new(false) };
    /// Where the latest panic was within the call of each depth, where there was one.
    static PLACES: RefCell<Vec<(usize, String)>> = const { RefCell::new(Vec::new()) };
}

/// Runs a piece of user code and turns its panic into an error.
///
/// Only a panic hook learns where a panic was. Ours keeps that for panics that are caught here, and
/// says nothing: the error says all. Every other panic goes to the hook that was there before.
pub(super) fn catch_panic<R>(run: impl FnOnce() -> R) -> Result<R, Error> {
    install_hook();
    let depth = DEPTH.get() + 1;
    DEPTH.set(depth);
    // What the closure captured is consumed by it, so that nothing half-changed can be seen.
    let outcome = panic::catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        let error = Error::Panicked { message: message(&*payload), location: take_place(depth) };
        // Dropping a payload is user code too, and so is dropping what that may throw.
        if let Err(another) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(another);
        }
        error
    });
    if PANICKED.get() {
        // The code may have caught panics itself, which are no one's any more.
        take_place(depth);
    }
    DEPTH.set(depth - 1);
    outcome
}

/// Where the latest panic was within the call of that depth. Those of this depth and of greater ones are
/// forgotten.
fn take_place(depth: usize) -> Option<String> {
    // Values that are dropped with the thread go before it does, and user code may run after that:
    // it then goes without.
    let taken = PLACES.try_with(|places| {
        let mut places = places.borrow_mut();
        let from = places.partition_point(|(other, _)| *other < depth);
        let taken = places.drain(from..).find(|(other, _)| *other == depth);
        PANICKED.set(!places.is_empty());
        taken
    });
    taken.ok().flatten().map(|(_, place)| place)
}

/// Keeps the place of a panic for the call that will catch it; `false` where there is none.
fn keep_place(place: Option<String>) -> bool {
    let depth = DEPTH.get();
    if depth == 0 {
        return false;
    }
    take_place(depth);
    if let Some(place) = place {
        let kept = PLACES.try_with(|places| places.borrow_mut().push((depth, place)));
        PANICKED.set(kept.is_ok());
    }
    true
}

/// Runs a piece of user code whose panic is no one's result, and reports it on standard error.
pub(super) fn report_panic(who: impl FnOnce() -> String, run: impl FnOnce()) {
    if let Err(Error::Panicked { message, location }) = catch_panic(run) {
        let place = location.map(|at| format!(" at {at}")).unwrap_or_default();
        // Where standard error is gone there is no one to tell.
        let _ = writeln!(io::stderr(), "speedup: {} panicked{place}: {message}", who());
    }
}

fn install_hook() {
    static INSTALLED: Once = Once::new();
    // A thread that is unwinding must not touch the hook; the next call will.
    if INSTALLED.is_completed() || std::thread::panicking() {
        return;
    }
    INSTALLED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let location = info.location().map(ToString::to_string);
            if !keep_place(location) {
                previous(info);
            }
        }));
    });
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_with_its_place() {
        let line = line!() + 1;
        let error = catch_panic(|| panic!("on {}", "purpose")).unwrap_err();
        let Error::Panicked { message, location: Some(location) } = &error else { panic!("{error:?}") };
        assert_eq!(message, "on purpose");
        assert!(location.starts_with(&format!("{}:{line}:", file!())), "{location}");
        assert!(error.to_string().starts_with("the task panicked at crates/executor/src/"), "{error}");
    }

    #[test]
    fn a_payload_that_is_no_text_and_panics_when_dropped_is_still_an_error() {
        struct Explosive;
        impl Drop for Explosive {
            fn drop(&mut self) {
                panic!("dropped on purpose");
            }
        }
        let error = catch_panic(|| panic::panic_any(Explosive)).unwrap_err();
        assert_eq!(error.name(), "Panicked");
    }

    #[test]
    fn payloads_that_panic_one_after_the_other_do_not_escape() {
        struct Chain;
        impl Drop for Chain {
            fn drop(&mut self) {
                panic::panic_any(Chain);
            }
        }
        assert_eq!(catch_panic(|| panic::panic_any(Chain)).unwrap_err().name(), "Panicked");
    }

    #[test]
    fn a_place_is_that_of_its_own_panic() {
        struct Guard;
        impl Drop for Guard {
            fn drop(&mut self) {
                let _ = catch_panic(|| panic!("while unwinding"));
            }
        }
        let place = |error: Error| match error {
            Error::Panicked { location, .. } => location,
            other => panic!("{other}"),
        };
        // One that was caught before it has nothing to do with one that has no place.
        let resumed = catch_panic(|| {
            let _ = catch_panic(|| panic!("caught inside"));
            panic::resume_unwind(Box::new("from elsewhere"));
        });
        assert_eq!(place(resumed.unwrap_err()), None);
        // One in a destructor does not take the place of the one that unwinds.
        let line = line!() + 3;
        let unwound = catch_panic(|| {
            let _guard = Guard;
            panic!("the real one");
        });
        assert!(place(unwound.unwrap_err()).unwrap().contains(&format!(":{line}:")));
    }
}
