//! `speedup_machine::affinity`: a model has as many CPUs as it likes.

pub fn allowed_cpus() -> Vec<usize> {
    (0..8).collect()
}
