//! The kernels alone: ratios in rounds, to those of the `rc4` crate, then bytes per second by
//! criterion.
//!
//! Ratios are what to go by, because a neighbour on the same core can halve the width that a kernel
//! gets within milliseconds: they are of neighbours in time, and told apart by that width. They are
//! kept in a new folder in `results/`, see [`speedup_bench_support`].

use std::hint::black_box;
use std::process::ExitCode;

use criterion::{Criterion, Throughput};
use rc4::{KeyInit, StreamCipher};
use speedup::workload::rc4::{Rc4, WordRc4};
use speedup::workload::{ArrayWorkload, sha256};

use speedup_bench_support::{Against, Bench, Contest, Limit, Unit, measure};

const KEYS: [[u8; 16]; 2] = [*b"a key of 16 byte", *b"another of those"];

/// Bytes of an array of the batch, about.
const RC4_BYTES: usize = 256 << 10;
const SHA_BYTES: usize = 1 << 20;

/// Arrays in one measurement, so that it takes some milliseconds.
const TIMES: usize = 8;

fn main() -> ExitCode {
    let mut bench = match Bench::new("kernels") {
        Ok(bench) => bench,
        Err(code) => return code,
    };
    rc4_ratios(&mut bench);
    sha256_rate(&mut bench);
    let code = bench.finish();
    let mut criterion = Criterion::default().without_plots().configure_from_args();
    rc4_throughput(&mut criterion);
    sha256_throughput(&mut criterion);
    criterion.final_summary();
    code
}

fn textbook() -> Rc4 {
    Rc4::new(&KEYS[0]).expect("sixteen bytes are a key")
}

fn words(key: usize) -> WordRc4 {
    WordRc4::new(&KEYS[key]).expect("sixteen bytes are a key")
}

fn rustcrypto() -> rc4::Rc4 {
    rc4::Rc4::new_from_slice(&KEYS[0]).expect("sixteen bytes are a key")
}

fn zeros(size: usize) -> Vec<u8> {
    vec![0; size]
}

fn rc4_ratios(bench: &mut Bench) {
    let (mut textbook, mut tuned, mut crypto) = (textbook(), words(0), rustcrypto());
    let (mut one, mut two) = (words(0), words(1));
    let mut arrays = [(); 5].map(|()| zeros(RC4_BYTES));
    let [for_crypto, for_textbook, for_tuned, pair @ ..] = &mut arrays;
    let amount = (TIMES * RC4_BYTES) as f64;
    let all = |mut apply: Box<dyn FnMut() + '_>| measure(amount, || (0..TIMES).for_each(|_| apply()));
    bench.hold(
        Contest::new("rc4, arrays of 256 KiB", Unit::PerSecond("bytes"))
            .contender("rustcrypto", || all(Box::new(|| crypto.apply_keystream(for_crypto))))
            .contender("textbook", || all(Box::new(|| textbook.apply_keystream(for_textbook))))
            .contender("tuned", || all(Box::new(|| tuned.apply_keystream(for_tuned))))
            .contender("paired", || {
                measure(2.0 * amount, || {
                    for _ in 0..TIMES {
                        let [array, other] = pair.each_mut().map(Vec::as_mut_slice);
                        WordRc4::apply_keystreams([&mut one, &mut two], [array, other]);
                    }
                })
            })
            .target("textbook", Against::of("rustcrypto"), Limit::AtLeast(1.0))
            .target("tuned", Against::of("rustcrypto"), Limit::AtLeast(1.0))
            .target("paired", Against::of("rustcrypto"), Limit::AtLeast(1.0))
            .compare("tuned", Against::of("textbook"))
            .compare("paired", Against::of("tuned"))
            .rounds(101),
    );
}

/// There is one kernel of SHA-256, and it is the peer's; its rate shows what the core's state does to it.
fn sha256_rate(bench: &mut Bench) {
    let workload: &dyn ArrayWorkload = &sha256::Workload;
    let kernel = workload.default_kernel();
    let mut array = zeros(SHA_BYTES);
    let passes = TIMES as u32;
    let name = format!("{} ({})", kernel.name, workload.backend(kernel).unwrap_or("unknown"));
    bench.hold(
        Contest::new("sha256, arrays of 1 MiB", Unit::PerSecond("bytes"))
            .contender(&name, || {
                measure((TIMES * SHA_BYTES) as f64, || workload.compute(kernel, &mut array, passes))
            })
            .compare(&name, Against::Itself)
            .rounds(101),
    );
}

fn rc4_throughput(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rc4");
    group.throughput(Throughput::Bytes(RC4_BYTES as u64));
    let [mut array, mut other] = [(); 2].map(|()| zeros(RC4_BYTES));
    let mut cipher = textbook();
    group.bench_function("textbook", |bencher| bencher.iter(|| cipher.apply_keystream(&mut array)));
    let mut cipher = words(0);
    group.bench_function("tuned", |bencher| bencher.iter(|| cipher.apply_keystream(&mut array)));
    let mut cipher = rustcrypto();
    group.bench_function("rustcrypto", |bencher| bencher.iter(|| cipher.apply_keystream(&mut array)));
    let (mut one, mut two) = (words(0), words(1));
    group.throughput(Throughput::Bytes(2 * RC4_BYTES as u64));
    group.bench_function("paired", |bencher| {
        bencher.iter(|| WordRc4::apply_keystreams([&mut one, &mut two], [&mut array, &mut other]));
    });
    group.finish();
}

fn sha256_throughput(criterion: &mut Criterion) {
    let workload: &dyn ArrayWorkload = &sha256::Workload;
    let mut array = zeros(SHA_BYTES);
    let mut group = criterion.benchmark_group("sha256");
    group.throughput(Throughput::Bytes(SHA_BYTES as u64));
    for kernel in workload.kernels() {
        group.bench_function(kernel.name, |bencher| {
            bencher.iter(|| black_box(workload.compute(kernel, &mut array, 1)));
        });
    }
    group.finish();
}
