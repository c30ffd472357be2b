//! How a worker that is a thread dies: it unwinds, and no one hears of it but by the end of its line.

use std::cell::Cell;
use std::panic::resume_unwind;

use crate::sync::thread_local;

/// What a worker unwinds with that dies.
pub struct Died;

thread_local! {
    static DOOMED: Cell<bool> = Cell::new(false);
}

/// The calling worker dies.
pub fn die() -> ! {
    resume_unwind(Box::new(Died))
}

/// The calling worker dies once its next reply is there: before it rings, or before it sleeps.
pub fn doom() {
    DOOMED.with(|doomed| doomed.set(true));
}

/// Where a worker dies that is doomed.
pub fn meet() {
    if DOOMED.with(Cell::get) {
        die();
    }
}
