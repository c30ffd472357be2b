//! In which order workers get CPUs.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::kinds::kinds;
use crate::root::Root;
use crate::{affinity, topology};

/// An order in which workers get CPUs, the first worker the first CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// Hardware threads of a core one after another, and cores of a memory node.
    Compact,
    /// One hardware thread of each core first, memory nodes in turn.
    Scatter,
    /// One hardware thread of each core first, memory node by memory node.
    Cores,
}

/// What of a machine decides on an order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Topology {
    /// The CPUs of each core. A CPU that stands nowhere is a core.
    pub cores: Vec<Vec<usize>>,
    /// The CPUs of each memory node. A CPU that stands nowhere is on the first one.
    pub nodes: Vec<Vec<usize>>,
    /// How much each CPU can do, compared with the others, where they differ.
    pub capacity: BTreeMap<usize, u64>,
}

impl Topology {
    /// That of a machine. What the system does not tell is as if all CPUs were alike in it.
    #[must_use]
    pub fn read(root: &Root) -> Self {
        let kinds = kinds(root).unwrap_or_default();
        // The fastest kind is the first.
        let ranked = kinds.iter().rev().zip(1..);
        Self {
            cores: topology::cores(root).unwrap_or_default(),
            nodes: topology::nodes(root).unwrap_or_default(),
            capacity: ranked.flat_map(|(kind, rank)| kind.cpus.iter().map(move |&cpu| (cpu, rank))).collect(),
        }
    }

    /// Where more workers, given these CPUs in this order, begin to share what they did not share before, or get what
    /// they did not have. `last_level` has the CPUs of each of the [last-level caches](topology::last_level).
    #[must_use]
    pub fn knees(&self, cpus: &[usize], last_level: &[Vec<usize>]) -> Vec<Knee> {
        let cores = self.cores.iter().filter(|core| core.iter().any(|cpu| cpus.contains(cpu))).count();
        let apart = |count: usize| {
            let core = |cpu: &usize| self.cores.iter().position(|core| core.contains(cpu));
            let mut used: Vec<_> = cpus[..count].iter().filter_map(core).collect();
            used.sort_unstable();
            used.dedup();
            used.len() == count
        };
        let mut knees = Vec::new();
        if (1..cpus.len()).contains(&cores) && apart(cores) {
            knees.push(Knee { workers: cores, boundary: Boundary::Cores });
        }
        for (sets, boundary) in [(last_level, Boundary::Cache), (&self.nodes, Boundary::Node)] {
            knees.extend(filled(sets, cpus).into_iter().map(|workers| Knee { workers, boundary }));
        }
        knees.sort_unstable();
        knees
    }

    fn node(&self, cpu: usize) -> usize {
        self.nodes.iter().position(|node| node.contains(&cpu)).unwrap_or(0)
    }

    fn capacity(&self, cpu: usize) -> u64 {
        self.capacity.get(&cpu).copied().unwrap_or(0)
    }
}

/// A number of workers at which a placement's speedup may bend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Knee {
    /// The most workers before it.
    pub workers: usize,
    /// What changes with one more.
    pub boundary: Boundary,
}

/// What changes with one more worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Boundary {
    /// Each core has a worker: the next one shares a core.
    Cores,
    /// The last-level caches in use are shared by as many as they can be: the next one uses another.
    Cache,
    /// The memory nodes in use have as many workers as CPUs: the next one is on another.
    Node,
}

/// The numbers of first CPUs that are just those of some of the sets, all of them but the last.
fn filled(sets: &[Vec<usize>], cpus: &[usize]) -> Vec<usize> {
    let set = |cpu: usize| sets.iter().position(|set| set.contains(&cpu));
    let of: Vec<Option<usize>> = cpus.iter().map(|&cpu| set(cpu)).collect();
    if of.contains(&None) {
        return Vec::new();
    }
    (1..of.len()).filter(|&count| !of[count..].iter().any(|set| of[..count].contains(set))).collect()
}

/// A CPU with all that decides on its place.
struct Place {
    cpu: usize,
    /// The first of the allowed CPUs of its core.
    core: usize,
    /// How many allowed CPUs of its core come before it.
    sibling: usize,
    node: usize,
    slowness: Reverse<u64>,
}

impl Placement {
    /// All, by name.
    pub const ALL: [Self; 3] = [Self::Compact, Self::Scatter, Self::Cores];

    /// Name on the command line and in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::Scatter => "scatter",
            Self::Cores => "cores",
        }
    }

    /// What it is, in a few words.
    #[must_use]
    pub fn summary(self) -> &'static str {
        match self {
            Self::Compact => "hardware threads of a core one after another",
            Self::Scatter => "one per core first, memory nodes in turn",
            Self::Cores => "one per core first, node by node",
        }
    }

    /// The CPUs that this thread may use, in this order.
    #[must_use]
    pub fn of_this_machine(self) -> Vec<usize> {
        self.order(&affinity::allowed_cpus(), &Topology::read(&Root::default()))
    }

    /// CPUs in this order. Where they differ in what they can do, the more able ones come first: of a node in
    /// [`Placement::Compact`], of all else.
    #[must_use]
    pub fn order(self, cpus: &[usize], topology: &Topology) -> Vec<usize> {
        let mut places: Vec<Place> = cpus.iter().map(|&cpu| place(cpu, cpus, topology)).collect();
        match self {
            Self::Compact => places.sort_by_key(|at| (at.node, at.slowness, at.core, at.sibling)),
            Self::Cores | Self::Scatter => {
                places.sort_by_key(|at| (at.sibling, at.slowness, at.node, at.core));
            }
        }
        if self == Self::Scatter {
            // Which of its node each CPU is, among those that are alike in all else.
            let mut taken: BTreeMap<(usize, Reverse<u64>, usize), usize> = BTreeMap::new();
            places.sort_by_cached_key(|at| {
                let turn = taken.entry((at.sibling, at.slowness, at.node)).or_default();
                *turn += 1;
                (at.sibling, at.slowness, *turn, at.node)
            });
        }
        places.into_iter().map(|at| at.cpu).collect()
    }
}

fn place(cpu: usize, cpus: &[usize], topology: &Topology) -> Place {
    let core = topology.cores.iter().find(|core| core.contains(&cpu));
    let mut siblings: Vec<usize> = core
        .map_or_else(|| vec![cpu], |core| core.iter().copied().filter(|cpu| cpus.contains(cpu)).collect());
    siblings.sort_unstable();
    Place {
        cpu,
        core: siblings.first().copied().unwrap_or(cpu),
        sibling: siblings.iter().position(|&sibling| sibling == cpu).unwrap_or(0),
        node: topology.node(cpu),
        slowness: Reverse(topology.capacity(cpu)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CPU i and CPU i + 4 share a core; the cores 0, 1 and 2, 3 are on one node each.
    fn two_nodes() -> Topology {
        Topology {
            cores: (0..4).map(|core| vec![core, core + 4]).collect(),
            nodes: vec![vec![0, 1, 4, 5], vec![2, 3, 6, 7]],
            ..Topology::default()
        }
    }

    fn orders(cpus: &[usize], topology: &Topology) -> [Vec<usize>; 3] {
        Placement::ALL.map(|placement| placement.order(cpus, topology))
    }

    #[test]
    fn hardware_threads_nodes_and_cores_come_as_the_name_says() {
        let [compact, scatter, cores] = orders(&[0, 1, 2, 3, 4, 5, 6, 7], &two_nodes());
        assert_eq!(compact, [0, 4, 1, 5, 2, 6, 3, 7]);
        assert_eq!(scatter, [0, 2, 1, 3, 4, 6, 5, 7]);
        assert_eq!(cores, [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn neighbouring_numbers_may_share_a_core() {
        let topology = Topology { cores: vec![vec![0, 1], vec![2, 3]], ..Topology::default() };
        let [compact, scatter, cores] = orders(&[0, 1, 2, 3], &topology);
        assert_eq!((compact, scatter, cores), (vec![0, 1, 2, 3], vec![0, 2, 1, 3], vec![0, 2, 1, 3]));
    }

    #[test]
    fn a_cpu_whose_siblings_are_not_allowed_has_its_core_for_itself() {
        let topology = Topology { cores: vec![vec![0, 1], vec![2, 3]], ..Topology::default() };
        assert_eq!(Placement::Cores.order(&[0, 1, 3], &topology), [0, 3, 1]);
        assert_eq!(Placement::Scatter.order(&[1, 3], &topology), [1, 3]);
        let [.., scatter, cores] = orders(&[2, 3, 6, 7], &two_nodes());
        assert_eq!((scatter, cores), (vec![2, 3, 6, 7], vec![2, 3, 6, 7]));
    }

    #[test]
    fn of_cores_of_two_kinds_the_able_ones_come_first() {
        // Small cores 0 and 1, large ones 2 and 3 with two hardware threads each.
        let capacity = [(0, 400), (1, 400), (2, 1024), (3, 1024), (4, 1024), (5, 1024)];
        let topology = Topology {
            cores: vec![vec![0], vec![1], vec![2, 3], vec![4, 5]],
            nodes: vec![(0..6).collect()],
            capacity: BTreeMap::from(capacity),
        };
        let [compact, scatter, cores] = orders(&[0, 1, 2, 3, 4, 5], &topology);
        assert_eq!(compact, [2, 3, 4, 5, 0, 1]);
        assert_eq!(scatter, [2, 4, 0, 1, 3, 5]);
        assert_eq!(cores, scatter);
    }

    #[test]
    fn an_order_bends_where_cores_caches_and_nodes_are_full() {
        let last_level = vec![vec![0, 4], vec![1, 5], vec![2, 3, 6, 7]];
        let topology = two_nodes();
        let knees = |placement: Placement| {
            let order = placement.order(&[0, 1, 2, 3, 4, 5, 6, 7], &topology);
            topology
                .knees(&order, &last_level)
                .iter()
                .map(|knee| (knee.workers, knee.boundary))
                .collect::<Vec<_>>()
        };
        let nodes = [(2, Boundary::Cache), (4, Boundary::Cache), (4, Boundary::Node)];
        assert_eq!(knees(Placement::Compact), nodes);
        assert_eq!(knees(Placement::Scatter), [(4, Boundary::Cores)]);
        assert_eq!(knees(Placement::Cores), [(4, Boundary::Cores)]);
        // Of what is not told, and of what all have, nothing changes.
        assert_eq!(Topology::default().knees(&[0, 1, 5], &[]), []);
        assert_eq!(two_nodes().knees(&[0, 1], &last_level[..0]), []);
    }

    #[test]
    fn a_machine_that_tells_nothing_has_its_cpus_by_number() {
        for order in orders(&[0, 1, 5], &Topology::default()) {
            assert_eq!(order, [0, 1, 5]);
        }
    }

    #[test]
    fn every_order_has_each_cpu_once() {
        let topology =
            Topology { capacity: (0..8).map(|cpu| (cpu, cpu as u64 % 3)).collect(), ..two_nodes() };
        for set in 0..1_u32 << 8 {
            let cpus: Vec<usize> = (0..8).filter(|cpu| set >> cpu & 1 == 1).collect();
            for mut order in orders(&cpus, &topology) {
                order.sort_unstable();
                assert_eq!(order, cpus);
            }
        }
    }
}
