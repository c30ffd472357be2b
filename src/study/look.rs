//! What the machine does around an execution.

use serde::{Deserialize, Serialize};

use speedup_machine::cgroup::throttled_ns;
use speedup_machine::clock::suspended_ns;
use speedup_machine::root::Root;
use speedup_machine::{pressure, probe};
use speedup_report::record::{MachineState, Probe};

/// Two clocks that are read one after the other differ by the time in between, in nanoseconds; a machine that is
/// suspended is for longer.
const CLOCKS_APART: u64 = 10_000_000;

/// What was seen at a moment. Running totals are of the system's start.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Look {
    steal_ns: Option<u64>,
    throttled_ns: Option<u64>,
    suspended_ns: u64,
    /// Load average of the last minute, before an execution.
    load: Option<f64>,
    probe: Option<Probe>,
}

impl Look {
    /// Just before an execution: its totals last.
    pub(super) fn before() -> Self {
        let root = Root::default();
        let load = pressure::load(&root).ok();
        let probe = probe::probe();
        Self { load, probe, ..Self::totals(&root) }
    }

    /// Just after it: its totals first.
    pub(super) fn after() -> Self {
        let totals = Self::totals(&Root::default());
        Self { probe: probe::probe(), ..totals }
    }

    fn totals(root: &Root) -> Self {
        Self {
            steal_ns: pressure::steal_ns(root).ok(),
            throttled_ns: throttled_ns(root).ok(),
            suspended_ns: suspended_ns(),
            load: None,
            probe: None,
        }
    }

    /// What the machine did between this look and a later one.
    pub(super) fn until(&self, after: &Self) -> MachineState {
        let grown = |of: fn(&Self) -> Option<u64>| Some(of(after)?.saturating_sub(of(self)?));
        MachineState {
            steal_ns: grown(|look| look.steal_ns),
            throttled_ns: grown(|look| look.throttled_ns),
            suspended_ns: grown(|look| Some(look.suspended_ns)).filter(|slept| *slept > CLOCKS_APART),
            load: self.load,
            before: self.probe,
            after: after.probe,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_told_where_both_looks_have_them() {
        let look = |steal_ns, suspended_ns, load| Look {
            steal_ns,
            throttled_ns: Some(5),
            suspended_ns,
            load: Some(load),
            probe: None,
        };
        let between = look(Some(10), 100, 1.0).until(&look(Some(30), 101, 2.0));
        let told = (between.steal_ns, between.throttled_ns, between.suspended_ns, between.load);
        assert_eq!(told, (Some(20), Some(0), None, Some(1.0)));
        let between = look(None, 0, 1.0).until(&look(Some(30), CLOCKS_APART + 1, 2.0));
        assert_eq!((between.steal_ns, between.suspended_ns), (None, Some(CLOCKS_APART + 1)));
    }
}
