//! What a site has done so far, counted as it goes.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde::Serialize;
use serde_json::{Map, Value};

use super::fault::Fault;

/// Counts of one site.
#[derive(Debug, Default)]
pub(super) struct Stats {
    connections: AtomicU64,
    requests: AtomicU64,
    in_flight: AtomicU64,
    peak_in_flight: AtomicU64,
    found: AtomicU64,
    not_found: AtomicU64,
    refused: AtomicU64,
    faults: [AtomicU64; Fault::ALL.len()],
}

/// How an answer came out. A late one is one of the first two, and counted as late besides.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome {
    Found,
    NotFound,
    /// No request that this server takes.
    Refused,
}

/// The counts of a site at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// Name of the site.
    pub site: &'static str,
    /// Connections that were accepted.
    pub connections: u64,
    /// Requests, good or bad.
    pub requests: u64,
    /// Requests that wait for their answer.
    pub in_flight: u64,
    /// The most requests that waited at the same time.
    pub peak_in_flight: u64,
    /// Requests by what became of them.
    pub outcomes: Map<String, Value>,
}

impl Stats {
    pub(super) fn connection(&self) {
        self.connections.fetch_add(1, Relaxed);
    }

    /// Counts a request, which is in flight until what is returned is dropped.
    pub(super) fn request(&self) -> InFlight<'_> {
        self.requests.fetch_add(1, Relaxed);
        let now = self.in_flight.fetch_add(1, Relaxed) + 1;
        // The peak is almost always known already, and a look is cheaper than a write.
        if now > self.peak_in_flight.load(Relaxed) {
            self.peak_in_flight.fetch_max(now, Relaxed);
        }
        InFlight(self)
    }

    pub(super) fn outcome(&self, outcome: Outcome) {
        let count = match outcome {
            Outcome::Found => &self.found,
            Outcome::NotFound => &self.not_found,
            Outcome::Refused => &self.refused,
        };
        count.fetch_add(1, Relaxed);
    }

    pub(super) fn fault(&self, fault: Fault) {
        self.faults[fault as usize].fetch_add(1, Relaxed);
    }

    pub(super) fn snapshot(&self, site: &'static str) -> Snapshot {
        let plain = [("found", &self.found), ("not_found", &self.not_found), ("refused", &self.refused)];
        let faults = Fault::ALL.iter().zip(&self.faults).map(|(fault, count)| (name(*fault), count));
        let outcomes = plain.into_iter().chain(faults);
        Snapshot {
            site,
            connections: self.connections.load(Relaxed),
            requests: self.requests.load(Relaxed),
            in_flight: self.in_flight.load(Relaxed),
            peak_in_flight: self.peak_in_flight.load(Relaxed),
            outcomes: outcomes.map(|(name, count)| (name.to_string(), count.load(Relaxed).into())).collect(),
        }
    }
}

/// Late answers are counted under their outcome too, so that they have a name that says so.
fn name(fault: Fault) -> &'static str {
    if fault == Fault::Delay { "of_these_late" } else { fault.name() }
}

/// A request that waits for its answer.
#[derive(Debug)]
pub(super) struct InFlight<'a>(&'a Stats);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_of_those_at_the_same_time() {
        let stats = Stats::default();
        let (one, two) = (stats.request(), stats.request());
        drop((one, two));
        let three = stats.request();
        stats.outcome(Outcome::NotFound);
        stats.fault(Fault::Delay);
        let snapshot = stats.snapshot("LOCAL");
        assert_eq!((snapshot.requests, snapshot.in_flight, snapshot.peak_in_flight), (3, 1, 2));
        assert_eq!(
            (&snapshot.outcomes["not_found"], &snapshot.outcomes["of_these_late"]),
            (&1.into(), &1.into())
        );
        drop(three);
    }
}
