//! What a style is: how many downloads are under way at the same time, and who waits for them.

use super::outcome::{Download, Outcome, Status};
use super::{Error, Order};
use crate::codes::CountryCode;
use speedup_machine::clock::monotonic_ns;
use speedup_machine::signal::Interrupt;

/// A way to download many flags.
pub trait Style: Sync {
    /// Name on the command line and in records.
    fn name(&self) -> &'static str;

    /// What it is, in a few words.
    fn summary(&self) -> &'static str;

    /// Downloads at the same time where the user says nothing, and at most.
    fn limits(&self) -> Limits;

    /// Downloads the flags and hands out what became of each. Every code of the batch comes exactly once, in
    /// whatever order.
    ///
    /// # Errors
    ///
    /// If nothing can be downloaded at all.
    fn download_many(&self, batch: &Batch<'_>, each: &mut dyn FnMut(Outcome)) -> Result<(), Error>;
}

/// How many downloads a style has under way at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Where the user says nothing.
    pub default: usize,
    /// At most, whatever the user says.
    pub cap: usize,
}

impl Limits {
    /// Those of whatever waits at little cost: threads, and connections without one.
    pub(super) const LIGHT: Self = Self { default: 30, cap: 1000 };

    /// The number to use for so many codes: the least of what the user asks for, the cap and the codes, but
    /// at least one.
    #[must_use]
    pub fn connections(self, asked: Option<usize>, codes: usize) -> usize {
        asked.unwrap_or(self.default).min(self.cap).min(codes).max(1)
    }
}

/// What is to be downloaded.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    /// The flags. A code may come several times, and is then downloaded as often.
    pub codes: &'a [CountryCode],
    /// Where from, where to, and how patiently.
    pub order: &'a Order,
    /// Downloads at the same time: at least one.
    pub connections: usize,
    /// Whether the user has stopped the program.
    pub interrupt: &'a Interrupt,
}

impl Batch<'_> {
    /// The outcome of a task, also where there is none because its worker has died.
    pub(super) fn outcome(
        &self,
        cc: CountryCode,
        result: Result<Download, speedup_executor::Error>,
    ) -> Outcome {
        let lost = |error: speedup_executor::Error| {
            let now_ns = monotonic_ns();
            // Workers die of the user's stop.
            let status = if self.interrupt.requested() {
                Status::Interrupted
            } else {
                Status::Failed(error.to_string())
            };
            Download { status, attempts: 0, worker: 0, begin_ns: now_ns, end_ns: now_ns, cpu_ns: 0 }
        };
        Outcome { cc, download: result.unwrap_or_else(lost) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_connections_is_the_least_of_three() {
        let limits = Limits { default: 30, cap: 1000 };
        assert_eq!(limits.connections(None, 676), 30);
        assert_eq!(limits.connections(None, 20), 20);
        assert_eq!(limits.connections(Some(100), 676), 100);
        assert_eq!(limits.connections(Some(5000), 10_000), 1000);
        assert_eq!(limits.connections(Some(5000), 0), 1);
    }
}
