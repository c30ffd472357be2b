//! The kernels alone, beside those of the `rc4` crate: bytes per second over one array of 256 KiB.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rc4::{KeyInit, StreamCipher};
use speedup::workload::rc4::Rc4;

const KEY: [u8; 16] = *b"a key of 16 byte";

fn rc4(criterion: &mut Criterion) {
    let mut array = vec![0_u8; 256 << 10];
    let mut group = criterion.benchmark_group("rc4-kernel");
    group.throughput(Throughput::Bytes(array.len() as u64));
    group.bench_function("speedup", |bencher| {
        let mut cipher = Rc4::new(&KEY).expect("sixteen bytes are a key");
        bencher.iter(|| cipher.apply_keystream(&mut array));
    });
    group.bench_function("rustcrypto", |bencher| {
        let mut cipher = rc4::Rc4::new_from_slice(&KEY).expect("sixteen bytes are a key");
        bencher.iter(|| cipher.apply_keystream(&mut array));
    });
    group.finish();
}

criterion_group!(benches, rc4);
criterion_main!(benches);
