//! Every kernel against published vectors, and against one another.

use super::*;
use crate::workload::ArrayWorkload as _;
use crate::workload::array::bytes::hex;
use proptest::prelude::*;

/// Keys, offsets and keystream of RFC 6229, from an independent implementation.
const VECTORS: &str = include_str!("keystreams.json");

/// Applies each kernel to the data, with a cipher of that key, and gives what comes out.
fn by_each(key: &[u8], data: &[u8]) -> [Vec<u8>; 4] {
    let [mut textbook, mut tuned, mut one, mut two] = [(); 4].map(|()| data.to_vec());
    Rc4::new(key).unwrap().apply_keystream(&mut textbook);
    WordRc4::new(key).unwrap().apply_keystream(&mut tuned);
    let mut ciphers = [(); 2].map(|()| WordRc4::new(key).unwrap());
    WordRc4::apply_keystreams(ciphers.each_mut(), [&mut one, &mut two]);
    [textbook, tuned, one, two]
}

fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

#[test]
fn keystreams_are_those_of_rfc_6229() {
    let file: serde_json::Value = serde_json::from_str(VECTORS).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 14);
    for vector in vectors {
        for stream in by_each(&unhex(vector["key"].as_str().unwrap()), &[0; 4112]) {
            for (offset, expected) in vector["keystream"].as_object().unwrap() {
                let offset: usize = offset.parse().unwrap();
                assert_eq!(hex(&stream[offset..offset + 16]), expected.as_str().unwrap());
            }
        }
    }
}

#[test]
fn short_published_vectors() {
    for (key, plain, cipher) in [
        ("Key", "Plaintext", "bbf316e8d940af0ad3"),
        ("Wiki", "pedia", "1021bf0420"),
        ("Secret", "Attack at dawn", "45a01f645fc35b383552544b9bf5"),
    ] {
        for text in by_each(key.as_bytes(), plain.as_bytes()) {
            assert_eq!(hex(&text), cipher);
        }
    }
}

#[test]
fn keys_have_1_to_256_bytes() {
    assert_eq!(Rc4::new(&[]).unwrap_err(), KeyLength(0));
    assert_eq!(Rc4::new(&[0; 257]).unwrap_err(), KeyLength(257));
    assert!(Rc4::new(&[0; 256]).is_ok() && Rc4::new(&[0]).is_ok());
    assert_eq!(WordRc4::new(&[]).unwrap_err(), KeyLength(0));
}

#[test]
fn the_batch_is_the_books() {
    let sizes = Workload.sizes(Scale::Book);
    assert_eq!(
        sizes,
        [
            393_216, 371_370, 349_525, 327_680, 305_834, 283_989, 262_144, 240_299, 218_454, 196_608,
            174_763, 152_918
        ]
    );
    assert_eq!(sizes.iter().sum::<usize>(), 3_276_800);
}

#[test]
fn every_kernel_gives_the_same_digest_for_any_number_of_passes() {
    let workload: &dyn super::super::ArrayWorkload = &Workload;
    for passes in 0..=5 {
        let digest = |kernel: &Kernel| {
            let mut array = (0..1009).map(|byte| byte as u8).collect::<Vec<_>>();
            Workload.compute(kernel, &mut array, passes).unwrap()
        };
        let expected = digest(workload.default_kernel());
        assert_eq!(expected.is_empty(), passes == 0);
        for kernel in workload.kernels() {
            assert_eq!(digest(kernel), expected, "{} with {passes} passes", kernel.name);
        }
    }
    let unknown = Workload.compute(&Kernel::ONLY, &mut [1, 2], 1).unwrap_err();
    assert_eq!(unknown.to_string(), "RC4 has no kernel plain");
}

/// A cipher that has taken some steps, in both forms.
fn after(key: &[u8], repetitions: u32, steps: usize) -> (Rc4, WordRc4) {
    let mut cipher = Rc4::with_repetitions(key, repetitions).unwrap();
    cipher.apply_keystream(&mut vec![0; steps]);
    (cipher.clone(), cipher.into())
}

/// The pieces of an array of that length, as their bounds.
fn pieces(mut cuts: Vec<usize>, length: usize) -> Vec<(usize, usize)> {
    for cut in &mut cuts {
        *cut = (*cut).min(length);
    }
    cuts.extend([0, length]);
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

proptest! {
    #[test]
    fn neither_the_kernel_nor_the_split_makes_a_difference(
        key in prop::collection::vec(any::<u8>(), 1..=256),
        data in prop::collection::vec(any::<u8>(), 0..600),
        cuts in prop::collection::vec(0..600_usize, 0..6),
        repetitions in 1..30_u32,
        steps in 0..300_usize,
    ) {
        let (cipher, words) = after(&key, repetitions, steps);
        let mut whole = data.clone();
        cipher.clone().apply_keystream(&mut whole);

        let (mut by_bytes, mut by_words) = (data.clone(), data.clone());
        let (mut one, mut other) = (cipher.clone(), words.clone());
        for (start, end) in pieces(cuts, data.len()) {
            one.apply_keystream(&mut by_bytes[start..end]);
            other.apply_keystream(&mut by_words[start..end]);
        }
        prop_assert_eq!(&by_bytes, &whole);
        prop_assert_eq!(&by_words, &whole);

        words.clone().apply_keystream(&mut whole);
        prop_assert_eq!(whole, data);
    }

    /// Two ciphers of other keys, at other places, over arrays of other lengths, in step or not.
    #[test]
    fn two_in_step_are_as_one_after_the_other(
        keys in prop::array::uniform2(prop::collection::vec(any::<u8>(), 1..40)),
        data in prop::array::uniform2(prop::collection::vec(any::<u8>(), 0..600)),
        steps in prop::array::uniform2(0..300_usize),
        at_the_same_place in any::<bool>(),
        cuts in prop::collection::vec(0..600_usize, 0..4),
    ) {
        let steps = if at_the_same_place { [steps[0]; 2] } else { steps };
        let mut expected = data.clone();
        let mut ciphers = [0, 1].map(|one| {
            let (mut cipher, words) = after(&keys[one], 1, steps[one]);
            cipher.apply_keystream(&mut expected[one]);
            words
        });
        let mut paired = data.clone();
        let shortest = data[0].len().min(data[1].len());
        let mut parts = pieces(cuts, shortest);
        parts.pop();
        let mut done = 0;
        for (start, end) in parts {
            let [one, two] = paired.each_mut();
            WordRc4::apply_keystreams(ciphers.each_mut(), [&mut one[start..end], &mut two[start..end]]);
            done = end;
        }
        let [one, two] = paired.each_mut();
        WordRc4::apply_keystreams(ciphers.each_mut(), [&mut one[done..], &mut two[done..]]);
        prop_assert_eq!(paired, expected);
    }
}
