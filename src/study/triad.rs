//! The triad of STREAM: how much memory threads can read and write at once.
//!
//! `a[i] = b[i] + s c[i]`, with arrays of which each is at least four times as large as the last-level caches
//! together, as STREAM's rules ask (J. D. `McCalpin`, "Memory Bandwidth and Machine Balance in Current High
//! Performance Computers", 1995). The arrays are divided among the threads.

use std::hint::black_box;

use crate::workload::{Fault, Repeated};
use speedup_machine::root::Root;
use speedup_machine::{machine, topology};

/// Numbers of a pass: few enough that the clock is looked at in time, and far more than it takes to look.
const PASS: usize = 64 << 10;
/// Bytes that a pass reads and writes, as STREAM counts them: a line that is read before it is written counts once.
pub(super) const PASS_BYTES: u64 = (3 * size_of::<f64>() * PASS) as u64;
/// How much larger an array is than all last-level caches together.
const TIMES: u64 = 4;
/// What the last-level caches hold where the system does not say.
const CACHES: u64 = 32 << 20;

/// Bytes of an array on this machine, over all threads.
///
/// # Errors
///
/// In a sentence, that the three of them would take more than half of the memory that is available.
pub(super) fn array_bytes() -> Result<u64, String> {
    let caches = topology::caches(&Root::default()).unwrap_or_default();
    let data = || caches.iter().filter(|cache| cache.kind != "instruction");
    let last = data().map(|cache| cache.level).max();
    let together: u64 =
        data().filter(|cache| Some(cache.level) == last).map(|cache| cache.bytes * cache.count as u64).sum();
    let bytes = TIMES * if together == 0 { CACHES } else { together };
    match machine::memory_available_bytes(&Root::default()) {
        Ok(available) if 3 * bytes > available / 2 => Err(format!(
            "its arrays would take {} MiB, more than half of the {} MiB that are available",
            (3 * bytes) >> 20,
            available >> 20
        )),
        _ => Ok(bytes),
    }
}

/// The work of one of that many threads.
///
/// # Errors
///
/// [`Fault`] if there is no memory for it.
pub(super) fn repeated<'a>(array_bytes: u64, threads: usize) -> Result<Repeated<'a>, Fault> {
    let passes = (array_bytes as usize / size_of::<f64>() / threads).div_ceil(PASS).max(1);
    let array = |value: f64| {
        let mut array = Vec::new();
        array.try_reserve_exact(passes * PASS).map_err(|error| Fault::new(error.to_string()))?;
        array.resize(passes * PASS, value);
        Ok::<_, Fault>(array)
    };
    let (mut a, b, c) = (array(0.0)?, array(1.0)?, array(2.0)?);
    let mut pass = 0;
    Ok(Box::new(move || {
        let part = pass * PASS..(pass + 1) * PASS;
        for ((a, b), c) in a[part.clone()].iter_mut().zip(&b[part.clone()]).zip(&c[part]) {
            *a = b + 3.0 * c;
        }
        black_box(&mut a);
        pass = (pass + 1) % passes;
        Ok(1)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_exceed_the_caches_and_a_pass_is_of_one_size_on_any_number_of_threads() {
        let caches = topology::caches(&Root::default()).unwrap_or_default();
        let largest = caches.iter().map(|cache| cache.bytes).max().unwrap_or(0);
        if let Ok(bytes) = array_bytes() {
            assert!(bytes >= 4 * largest);
        }
        for threads in [1, 3] {
            let mut work = repeated(8 << 20, threads).unwrap();
            assert!((0..40).all(|_| work().unwrap() == 1), "it begins again at the end of the arrays");
        }
        assert_eq!(PASS_BYTES, 1_572_864);
    }
}
