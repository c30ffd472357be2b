//! The time of a run, which stands still between a stop and a resumption.

use speedup_machine::clock::monotonic_ns;

/// When a run is, in nanoseconds since its beginning.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunClock {
    /// When this part of the run began, on the monotonic clock.
    began_ns: u64,
    /// Nanoseconds of the run before that.
    before_ns: u64,
}

impl RunClock {
    /// That of a run which has gone on for so long already, and goes on now.
    pub(super) fn resumed_at(before_ns: u64) -> Self {
        Self { began_ns: monotonic_ns(), before_ns }
    }

    /// Nanoseconds that the run has gone on for, without those between a stop and a resumption.
    pub(super) fn elapsed_ns(self) -> u64 {
        self.of(monotonic_ns())
    }

    /// A time on the monotonic clock as one of the run.
    pub(super) fn of(self, monotonic_ns: u64) -> u64 {
        self.before_ns.saturating_add(monotonic_ns.saturating_sub(self.began_ns))
    }
}
