//! The CPUs to which workers were kept.

use serde::{Deserialize, Serialize};
use speedup_machine::affinity::ranges;
use speedup_machine::placement::Placement;

/// The CPUs to which workers were kept, in the order in which they were given away. N workers of a program or of
/// a batch of commands had the first N; worker I of a pool had the I-th. Where there were more workers than CPUs,
/// a program had all, and the workers of a pool began again at the first. The serial baseline had the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Pinned {
    /// The order by name; absent where the user listed the CPUs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Placement>,
    /// The CPUs by number, at least one.
    pub cpus: Vec<usize>,
}

impl Pinned {
    /// The CPUs of a program with that many workers.
    #[must_use]
    pub fn first(&self, workers: usize) -> Vec<usize> {
        self.cpus.iter().copied().take(workers).collect()
    }

    /// What the order is called.
    #[must_use]
    pub fn order_name(&self) -> &'static str {
        self.order.map_or("as listed", Placement::name)
    }

    /// The CPUs in the kernel's form, runs of neighbours as ranges: `0-3,8`.
    #[must_use]
    pub fn list(&self) -> String {
        ranges(&self.cpus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_keeps_the_order() {
        let pinned = |cpus: &[usize]| Pinned { order: None, cpus: cpus.to_vec() };
        assert_eq!(pinned(&[0, 1, 2, 8]).list(), "0-2,8");
        assert_eq!(pinned(&[0, 4, 1, 5]).list(), "0,4,1,5");
        assert_eq!(pinned(&[3, 2]).list(), "3,2");
        assert_eq!((pinned(&[5, 6]).first(1), pinned(&[5, 6]).first(4)), (vec![5], vec![5, 6]));
    }
}
