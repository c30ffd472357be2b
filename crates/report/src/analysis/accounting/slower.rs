//! Why tasks needed more CPU time than serially: the split of `cpu − r`.
//!
//! CPU time is a product: instructions × cycles per instruction ÷ clock. The difference of two
//! products is split by the logarithmic mean (the LMDI method: Ang, *Energy Policy* 32, 2004), which
//! leaves no remainder: with L = (a − b) / ln(a / b), each factor's part is L · ln(its ratio).
//!
//! Counters give all three factors. Without them, the probe after each task gives the clock, and
//! what is left is cycles: cache, memory, or a neighbour on the same core.

use super::super::rounds::Reference;
use crate::record::{Counts, Sample, TaskSpan};

/// The parts by name, in nanoseconds, which sum to Σ (cpu − r); empty if the system tells nothing.
pub(super) fn parts(sample: &Sample, reference: &Reference<'_>, serial: &[f64]) -> Vec<(&'static str, f64)> {
    let mut total = Parts::default();
    for (index, task) in sample.tasks.iter().enumerate() {
        let cpu = reference.mean(|serial| serial.tasks[index].cpu_ns as f64);
        let Some(parts) = Parts::of(task, reference, index, cpu) else { return Vec::new() };
        total.add(&parts);
        // What the serial task waited is in its r, but no CPU time.
        total.baseline += cpu - serial[index];
    }
    total.named()
}

#[derive(Debug, Default)]
struct Parts {
    counted: bool,
    instructions: f64,
    cycles: f64,
    clock: f64,
    baseline: f64,
}

impl Parts {
    /// The split of one task's CPU time against that of its serial counterpart.
    fn of(task: &TaskSpan, reference: &Reference<'_>, index: usize, serial_cpu: f64) -> Option<Self> {
        let cpu = task.cpu_ns as f64;
        let weight = logarithmic_mean(cpu, serial_cpu)?;
        let count = |figure: fn(&Counts) -> u64| {
            let own = figure(task.counts.as_ref()?) as f64;
            let serial = reference.mean_of_known(|s| Some(figure(s.tasks[index].counts.as_ref()?) as f64))?;
            (own > 0.0 && serial > 0.0).then_some((own, serial))
        };
        if let (Some(instructions), Some(cycles)) = (count(|c| c.instructions), count(|c| c.cycles)) {
            let per_instruction = (cycles.0 / instructions.0) / (cycles.1 / instructions.1);
            let clock = (cycles.0 / cpu) / (cycles.1 / serial_cpu);
            return Some(Self {
                counted: true,
                instructions: weight * (instructions.0 / instructions.1).ln(),
                cycles: weight * per_instruction.ln(),
                clock: -weight * clock.ln(),
                baseline: 0.0,
            });
        }
        let serial_hz = reference.mean_of_known(|serial| serial.tasks[index].clock_hz)?;
        let clock = task.clock_hz? / serial_hz;
        if !(clock.is_finite() && clock > 0.0) {
            return None;
        }
        let clock = -weight * clock.ln();
        Some(Self { clock, cycles: cpu - serial_cpu - clock, ..Self::default() })
    }

    fn add(&mut self, other: &Self) {
        self.counted |= other.counted;
        self.instructions += other.instructions;
        self.cycles += other.cycles;
        self.clock += other.clock;
    }

    fn named(self) -> Vec<(&'static str, f64)> {
        let mut parts = Vec::new();
        if self.counted {
            parts.push(("more instructions", self.instructions));
            parts.push(("more cycles per instruction", self.cycles));
        } else {
            parts.push(("cache, memory or a shared core", self.cycles));
        }
        parts.push(("slower clock", self.clock));
        parts.push(("waits of the serial tasks", self.baseline));
        parts
    }
}

/// (a − b) / ln(a / b), and a where both are the same.
fn logarithmic_mean(a: f64, b: f64) -> Option<f64> {
    if !(a > 0.0 && b > 0.0) {
        return None;
    }
    let ratio = (a / b).ln();
    // Near 1 the quotient loses its digits; the mean of both is then as good.
    Some(if ratio.abs() < 1e-9 { f64::midpoint(a, b) } else { (a - b) / ratio })
}
