//! An account under the names of the POP metrics, by which people in high-performance computing know its parts.
//!
//! The definitions are those of the Performance Optimisation and Productivity Centre of Excellence ("POP Standard
//! Metrics for Parallel Performance Analysis", <https://pop-coe.eu/node/69>): factors of the efficiency that multiply.
//! With N·T the worker time of an execution, W the serial baseline's, U the CPU time of all tasks (useful computation),
//! I what workers stood idle at the end, and B what tasks waited by their own doing:
//!
//! ```text
//! load balance              U / (U + I)
//! serialisation efficiency  (U + I) / (U + I + B)
//! transfer efficiency       (U + I + B) / (N·T)
//! communication efficiency  serialisation × transfer
//! parallel efficiency       U / (N·T) = load balance × communication
//! computation scaling       W / U = instruction × IPC × frequency scaling
//! global efficiency         W / (N·T) = parallel efficiency × computation scaling
//! ```
//!
//! POP takes the maximum over ranks in place of U + I over N; they are the same where all workers begin together and
//! the longest has no gaps. What POP calls transfer is here all that comes between: spawn, dispatch, teardown, and
//! waits for a CPU. The three factors of computation scaling are known where the processor's counters are.

use serde::Serialize;

use super::model::{Account, Loss};

/// The efficiencies of a case, each a factor; 1 is ideal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pop {
    /// Parallel efficiency × computation scaling: the speedup over the number of workers.
    pub global_efficiency: f64,
    /// Load balance × communication efficiency.
    pub parallel_efficiency: f64,
    /// How evenly the work is divided.
    pub load_balance: f64,
    /// Serialisation × transfer efficiency.
    pub communication_efficiency: f64,
    /// What is left of the time after tasks have waited for others.
    pub serialisation_efficiency: f64,
    /// What is left of it after starting, handing out, and waiting for CPUs.
    pub transfer_efficiency: f64,
    /// Instruction × IPC × frequency scaling.
    pub computation_scaling: f64,
    /// Instructions of the serial baseline over those here; absent without counters.
    pub instruction_scaling: Option<f64>,
    /// Instructions per cycle here over those of the serial baseline; absent without counters.
    pub ipc_scaling: Option<f64>,
    /// Clock here over that of the serial baseline; absent without counters.
    pub frequency_scaling: Option<f64>,
}

/// Idle at the end, whatever made it so.
const IMBALANCE: [Loss; 3] = [Loss::Granularity, Loss::Ordering, Loss::Jitter];

/// Where the parts of slower tasks have these names, they are of counters.
const FACTORS: [&str; 3] = ["more instructions", "more cycles per instruction", "slower clock"];

impl Pop {
    /// How many metrics there are.
    pub const METRICS: usize = 10;

    /// The efficiencies of an account of tasks; `None` of a program that was watched from outside, of which it is not
    /// known what its workers did, and where a factor has no value.
    #[must_use]
    pub fn of(account: &Account) -> Option<Self> {
        let row = |loss: Loss| account.rows.iter().find(|row| row.loss == loss);
        let lost = |loss: Loss| row(loss).map_or(0.0, |row| row.speedup.value);
        // All in units of speedup: N·T is N, and W the speedup.
        let slower = row(Loss::SlowerTasks)?;
        let (all, work) = (account.workers as f64, account.speedup);
        // The serial loop's own time is no task's.
        let useful = work + lost(Loss::SerialLoop) + slower.speedup.value;
        let balanced = useful + IMBALANCE.iter().map(|&loss| lost(loss)).sum::<f64>();
        let serialised = balanced + lost(Loss::Blocking);
        let parts: Option<Vec<f64>> = FACTORS
            .iter()
            .map(|name| slower.parts.iter().find(|part| part.name == *name).map(|part| part.speedup.value))
            .collect();
        let scaling = work / useful;
        // The parts sum to U − W in time; as factors they multiply, each with its share of the logarithm.
        let factor = |index: usize| {
            let parts = parts.as_ref()?;
            let sum: f64 = parts.iter().sum();
            let share = if sum.abs() < f64::EPSILON { return Some(1.0) } else { parts[index] / sum };
            Some(scaling.powf(share))
        };
        let pop = Self {
            global_efficiency: work / all,
            parallel_efficiency: useful / all,
            load_balance: useful / balanced,
            communication_efficiency: balanced / all,
            serialisation_efficiency: balanced / serialised,
            transfer_efficiency: serialised / all,
            computation_scaling: scaling,
            instruction_scaling: factor(0),
            ipc_scaling: factor(1),
            frequency_scaling: factor(2),
        };
        pop.is_finite().then_some(pop)
    }

    fn is_finite(&self) -> bool {
        let known = [self.instruction_scaling, self.ipc_scaling, self.frequency_scaling];
        let factors = [self.global_efficiency, self.load_balance, self.serialisation_efficiency];
        factors
            .into_iter()
            .chain([self.transfer_efficiency, self.computation_scaling])
            .chain(known.into_iter().flatten())
            .all(f64::is_finite)
    }

    /// The factors by their names, in the order of the tree that they multiply in.
    #[must_use]
    pub fn named(&self) -> [(&'static str, Option<f64>); Self::METRICS] {
        [
            ("global efficiency", Some(self.global_efficiency)),
            ("parallel efficiency", Some(self.parallel_efficiency)),
            ("load balance", Some(self.load_balance)),
            ("communication efficiency", Some(self.communication_efficiency)),
            ("serialisation efficiency", Some(self.serialisation_efficiency)),
            ("transfer efficiency", Some(self.transfer_efficiency)),
            ("computation scaling", Some(self.computation_scaling)),
            ("instruction scaling", self.instruction_scaling),
            ("IPC scaling", self.ipc_scaling),
            ("frequency scaling", self.frequency_scaling),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::LossPart;
    use crate::render::html::sample;
    use crate::stats::Quantity;

    fn account() -> Account {
        let rows = [
            (Loss::Spawn, 0.1),
            (Loss::Granularity, 0.2),
            (Loss::Jitter, 0.1),
            (Loss::SlowerTasks, 0.3),
            (Loss::RunQueue, 0.1),
            (Loss::Blocking, 0.2),
        ];
        sample::account(4, &rows, 1.0)
    }

    #[test]
    fn factors_multiply_to_the_efficiency() {
        let account = account();
        let pop = Pop::of(&account).unwrap();
        let near = |one: f64, other: f64| assert!((one - other).abs() < 1e-12, "{one} {other}: {pop:?}");
        near(pop.global_efficiency, account.speedup / 4.0);
        near(pop.global_efficiency, pop.parallel_efficiency * pop.computation_scaling);
        near(pop.parallel_efficiency, pop.load_balance * pop.communication_efficiency);
        near(pop.communication_efficiency, pop.serialisation_efficiency * pop.transfer_efficiency);
        // 3 of 4 are work, 0.3 slower tasks, 0.3 idle at the end, 0.2 waits, and 0.2 the rest.
        near(pop.load_balance, 3.3 / 3.6);
        near(pop.serialisation_efficiency, 3.6 / 3.8);
        near(pop.transfer_efficiency, 3.8 / 4.0);
        near(pop.computation_scaling, 3.0 / 3.3);
        assert_eq!(pop.instruction_scaling, None);
    }

    #[test]
    fn counters_split_the_computation_scaling() {
        let mut account = account();
        let slower = account.rows.iter_mut().find(|row| row.loss == Loss::SlowerTasks).unwrap();
        let part = |name, value| LossPart { name, speedup: Quantity::known(value) };
        slower.parts = vec![part(FACTORS[0], 0.1), part(FACTORS[1], 0.3), part(FACTORS[2], -0.1)];
        let pop = Pop::of(&account).unwrap();
        let factors = [pop.instruction_scaling, pop.ipc_scaling, pop.frequency_scaling].map(Option::unwrap);
        assert!((factors.iter().product::<f64>() - pop.computation_scaling).abs() < 1e-12, "{pop:?}");
        assert!(factors[0] < 1.0 && factors[1] < factors[0] && factors[2] > 1.0, "{factors:?}");
    }

    #[test]
    fn a_program_from_outside_has_no_tasks_to_tell_of() {
        let account = sample::account(2, &[(Loss::ExtraUser, 0.1), (Loss::Serial, 0.3)], 1.0);
        assert_eq!(Pop::of(&account), None);
    }
}
