//! Reading arrays from 4 KiB to 64 MiB once: next to no work, so that what it takes to hand an array
//! to a worker is what shows.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::{Access, Digest, Fault, Kernel, Scale, Selection};

/// Arrays of eight sizes, each a quarter of the one before; the smaller, the more of them.
#[derive(Debug)]
pub struct Workload;

/// Bytes of the arrays, and how many there are of each. The largest come first, as they should where
/// sizes differ.
const LADDER: [(usize, usize); 8] = [
    (64 << 20, 1),
    (16 << 20, 2),
    (4 << 20, 4),
    (1 << 20, 8),
    (256 << 10, 8),
    (64 << 10, 8),
    (16 << 10, 8),
    (4 << 10, 8),
];

impl super::ArrayWorkload for Workload {
    fn name(&self) -> &'static str {
        "read"
    }

    fn label(&self) -> &'static str {
        "Read"
    }

    fn summary(&self) -> &'static str {
        "read 47 arrays of 4 KiB to 64 MiB once; only where it is named"
    }

    fn selection(&self) -> Selection {
        Selection::ByName
    }

    fn sizes(&self, scale: Scale) -> Vec<usize> {
        LADDER.iter().flat_map(|&(size, count)| std::iter::repeat_n(scale.apply(size), count)).collect()
    }

    fn may_end_process(&self) -> bool {
        false
    }

    fn default_passes(&self) -> u32 {
        1
    }

    fn access(&self) -> Access {
        Access::Reads
    }

    fn compute(&self, kernel: &Kernel, array: &mut [u8], passes: u32) -> Result<Digest, Fault> {
        self.read(kernel, array, passes)
    }

    /// A hash of every byte, which takes about as long as to fetch them from memory. Each pass begins
    /// with the hash before it, so that none can be left out.
    fn read(&self, _: &Kernel, array: &[u8], passes: u32) -> Result<Digest, Fault> {
        let hash = (0..passes).fold(0, |hash, _| xxh3_64_with_seed(array, hash));
        Ok(format!("{hash:016x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::ArrayWorkload as _;

    #[test]
    fn every_byte_and_every_pass_counts() {
        let digest = |array: &mut [u8], passes| Workload.compute(&Kernel::ONLY, array, passes).unwrap();
        let plain = digest(&mut [7; 1000], 1);
        assert_ne!(plain, digest(&mut [7; 1000], 2));
        for place in [0, 500, 999] {
            let mut array = [7; 1000];
            array[place] = 8;
            assert_ne!(plain, digest(&mut array, 1));
        }
    }

    #[test]
    fn sizes_go_down_from_64_mebibytes_to_4_kibibytes() {
        let sizes = Workload.sizes(Scale::Book);
        assert_eq!((sizes.len(), sizes[0], sizes[46]), (47, 64 << 20, 4 << 10));
        assert!(sizes.is_sorted_by(|one, other| one >= other));
    }
}
