//! Running foreign code: a panic becomes an error with message and place.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use super::error::Error;

thread_local! {
    /// How many calls of [`catch_panic`] are under way in this thread.
    static CATCHING: Cell<usize> = const { Cell::new(0) };
    /// Where the latest panic in one of them was.
    static LOCATION: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs a piece of foreign code and turns its panic into an error.
///
/// Only a panic hook learns where a panic was. Ours keeps that for panics that are caught here, and
/// says nothing: the error says all. Every other panic goes to the hook that was there before.
pub(super) fn catch_panic<R>(run: impl FnOnce() -> R) -> Result<R, Error> {
    install_hook();
    CATCHING.set(CATCHING.get() + 1);
    // What the closure captured is consumed by it, so that nothing half-changed can be seen.
    let outcome = panic::catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        let error = Error::Panicked { message: message(&*payload), location: LOCATION.take() };
        // Dropping a payload is foreign code too.
        let _ = panic::catch_unwind(AssertUnwindSafe(|| drop(payload)));
        error
    });
    CATCHING.set(CATCHING.get() - 1);
    outcome
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
            // A thread may panic after its thread-local values are gone.
            if CATCHING.try_with(Cell::get).is_ok_and(|catching| catching > 0) {
                let location = info.location().map(ToString::to_string);
                let _ = LOCATION.try_with(|cell| cell.replace(location));
            } else {
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
        assert!(error.to_string().starts_with("the task panicked at src/"), "{error}");
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
}
