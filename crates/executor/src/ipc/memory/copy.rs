//! Copies between memory that processes share and a process's own.
//!
//! Two things are known here that the C library's `memcpy` does not know.
//!
//! What is written to shared memory is read next by another CPU. As long as the caches hold it, that CPU has it from
//! there. Of more, each line would be fetched from memory to be written to, pushed out by those that follow, and
//! fetched once more to be read: so it is written past the caches.
//!
//! From some kilobytes up to about the size of a cache `memcpy` copies by `rep movsb`. On AMD's Zen 3 that takes many
//! times as long where the target is 1 to 63 bytes further into its page than the source: 64 KiB 23 microseconds and
//! not 1.4, while loads and stores take 3.5 in any case. The vector that takes what is read may begin at such a place.

#![allow(unsafe_code)]

use std::ptr;

/// From this length on that counts.
#[cfg(target_arch = "x86_64")]
const LEAST: usize = 2 << 10;

/// How many bytes further into its page a target is slow.
#[cfg(target_arch = "x86_64")]
const SLOW: std::ops::Range<usize> = 1..64;

/// The size of the pages for that.
#[cfg(target_arch = "x86_64")]
const PAGE: usize = 4 << 10;

/// From this length on the library no longer uses `rep movsb` on those processors.
#[cfg(target_arch = "x86_64")]
const MOST: usize = 1 << 20;

/// As `ptr::copy_nonoverlapping`.
///
/// # Safety
///
/// As there.
#[inline]
pub(super) unsafe fn copy(from: *const u8, to: *mut u8, length: usize) {
    #[cfg(target_arch = "x86_64")]
    if (LEAST..MOST).contains(&length) && SLOW.contains(&(to.addr().wrapping_sub(from.addr()) % PAGE)) {
        // SAFETY: by the caller.
        return unsafe { registers::copy(from, to, length) };
    }
    // SAFETY: by the caller.
    unsafe { ptr::copy_nonoverlapping(from, to, length) }
}

/// The same, past the caches.
///
/// # Safety
///
/// As there.
#[inline]
pub(super) unsafe fn copy_past_caches(from: *const u8, to: *mut u8, length: usize) {
    #[cfg(target_arch = "x86_64")]
    if length >= LEAST {
        // SAFETY: by the caller.
        return unsafe { registers::copy_past_caches(from, to, length) };
    }
    // SAFETY: by the caller.
    unsafe { ptr::copy_nonoverlapping(from, to, length) }
}

/// With instructions that every processor of this kind has.
#[cfg(target_arch = "x86_64")]
#[expect(
    clippy::cast_ptr_alignment,
    reason = "these take any place, and where one does not it is a multiple"
)]
mod registers {
    use std::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_sfence, _mm_storeu_si128, _mm_stream_si128};
    use std::ptr;

    const REGISTERS: usize = 8;
    const STEP: usize = REGISTERS * size_of::<__m128i>();

    /// # Safety
    ///
    /// As for `ptr::copy_nonoverlapping`.
    #[inline(never)] // where more is known of the two, the compiler makes the library's function of it again
    pub(super) unsafe fn copy(from: *const u8, to: *mut u8, length: usize) {
        let whole = length / STEP * STEP;
        for at in (0..whole).step_by(STEP) {
            // SAFETY: by the caller, as it is within the length.
            unsafe {
                for (index, register) in load(from.add(at)).into_iter().enumerate() {
                    _mm_storeu_si128(to.add(at).cast::<__m128i>().add(index), register);
                }
            }
        }
        // SAFETY: likewise.
        unsafe { ptr::copy_nonoverlapping(from.add(whole), to.add(whole), length - whole) }
    }

    /// # Safety
    ///
    /// As for `ptr::copy_nonoverlapping`.
    #[inline(never)]
    pub(super) unsafe fn copy_past_caches(from: *const u8, to: *mut u8, length: usize) {
        // Up to where a line of the cache begins.
        let before = to.align_offset(64).min(length);
        let whole = (length - before) / STEP * STEP;
        let after = before + whole;
        // SAFETY: by the caller, as all of it is within the length; where whole registers are stored the target is
        // a multiple of their size.
        unsafe {
            ptr::copy_nonoverlapping(from, to, before);
            for at in (before..after).step_by(STEP) {
                for (index, register) in load(from.add(at)).into_iter().enumerate() {
                    _mm_stream_si128(to.add(at).cast::<__m128i>().add(index), register);
                }
            }
            // Such stores are not in the order of others: whoever is told of them must find them.
            _mm_sfence();
            ptr::copy_nonoverlapping(from.add(after), to.add(after), length - after);
        }
    }

    /// # Safety
    ///
    /// There are that many bytes.
    #[inline]
    unsafe fn load(from: *const u8) -> [__m128i; REGISTERS] {
        // SAFETY: by the caller.
        std::array::from_fn(|index| unsafe { _mm_loadu_si128(from.cast::<__m128i>().add(index)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_and_place_is_copied_and_nothing_else() {
        let from: Vec<u8> = (0..20_000_u32).map(|index| (index * 7 + index / 251) as u8).collect();
        let copies: [unsafe fn(*const u8, *mut u8, usize); 2] = [super::copy, copy_past_caches];
        for copy in copies {
            for length in [0, 1, 100, 2047, 2048, 2049, 2175, 4096, 5000, 9999] {
                for (start, further) in [(0, 0), (1, 1), (7, 16), (16, 63), (17, 64), (100, 3000), (0, 4095)]
                {
                    let mut to = vec![0xaa; 20_000];
                    // That many bytes further into its page than the source.
                    let target = from[start..].as_ptr().addr() + further;
                    let target = target.wrapping_sub(to.as_ptr().addr()) % 4096;
                    // SAFETY: both have as many bytes from there on.
                    unsafe { copy(from.as_ptr().add(start), to.as_mut_ptr().add(target), length) };
                    assert_eq!(to[target..target + length], from[start..start + length]);
                    let others = to[..target].iter().chain(&to[target + length..]);
                    assert!(others.into_iter().all(|byte| *byte == 0xaa), "{length} {start} {target}");
                }
            }
        }
    }
}
