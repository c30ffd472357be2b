//! speedup's kernels and OpenSSL's, in one process and in turn: streams of RC4 of 256 KiB, and
//! hashes of 1 MiB.

use std::process::ExitCode;

use speedup::cli::complain;
use speedup::workload::rc4::{Rc4, WordRc4};
use speedup::workload::{ArrayWorkload, sha256};
use speedup_bench_support::{Against, Bench, Contest, Unit, measure};
use speedup_peers::openssl::{Stream, version};

const KEY: &[u8; 16] = b"a key of 16 byte";
const STREAM: usize = 256 << 10;
/// Streams in a measurement, so that it takes some milliseconds.
const STREAMS: usize = 8;
const HASHED: usize = 1 << 20;
const HASHES: u32 = 4;

fn main() -> ExitCode {
    let legacy = match Stream::load() {
        Ok(legacy) => legacy,
        Err(error) => {
            complain(&format!("OpenSSL's legacy provider, which has RC4, cannot be loaded: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let mut bench = match Bench::new("kernels-openssl") {
        Ok(bench) => bench,
        Err(code) => return code,
    };
    bench.note(format!("{}, in this process", version()));
    if !agree(&legacy) {
        complain("OpenSSL's RC4 and speedup's give different bytes");
        return ExitCode::FAILURE;
    }
    bench.hold(rc4(&legacy));
    bench.hold(sha());
    bench.finish()
}

/// Whether all make the same of the same bytes.
fn agree(legacy: &Stream) -> bool {
    let Ok(mut stream) = legacy.keyed(KEY) else { return false };
    let mut arrays = [vec![7_u8; 1000], vec![7; 1000], vec![7; 1000]];
    let encrypted = stream.cipher_update_inplace(&mut arrays[0], 1000).is_ok();
    Rc4::new(KEY).expect("sixteen bytes are a key").apply_keystream(&mut arrays[1]);
    WordRc4::new(KEY).expect("sixteen bytes are a key").apply_keystream(&mut arrays[2]);
    encrypted && arrays[0] == arrays[1] && arrays[0] == arrays[2]
}

fn rc4(legacy: &Stream) -> Contest<'static> {
    let bytes = (STREAMS * STREAM) as f64;
    let array = || vec![7_u8; STREAM];
    let textbook = || Rc4::new(KEY).expect("sixteen bytes are a key");
    let words = || WordRc4::new(KEY).expect("sixteen bytes are a key");
    let mut theirs = (legacy.keyed(KEY).expect("it was keyed before"), array());
    let mut plain = (textbook(), array());
    let mut tuned = (words(), array());
    let mut paired = (words(), words(), array(), array());
    Contest::new("RC4, streams of 256 KiB", Unit::PerSecond("bytes"))
        .contender("OpenSSL", move || {
            measure(bytes, || {
                for _ in 0..STREAMS {
                    theirs.0.cipher_update_inplace(&mut theirs.1, STREAM).expect("it goes on");
                }
            })
        })
        .contender("textbook", move || {
            measure(bytes, || (0..STREAMS).for_each(|_| plain.0.apply_keystream(&mut plain.1)))
        })
        .contender("tuned", move || {
            measure(bytes, || (0..STREAMS).for_each(|_| tuned.0.apply_keystream(&mut tuned.1)))
        })
        .contender("paired", move || {
            measure(bytes, || {
                for _ in 0..STREAMS / 2 {
                    let (one, two, first, second) =
                        (&mut paired.0, &mut paired.1, &mut paired.2, &mut paired.3);
                    WordRc4::apply_keystreams([one, two], [first, second]);
                }
            })
        })
        .compare("textbook", Against::of("OpenSSL"))
        .compare("tuned", Against::of("OpenSSL"))
        .compare("paired", Against::of("OpenSSL"))
}

fn sha() -> Contest<'static> {
    let bytes = f64::from(HASHES) * HASHED as f64;
    let (theirs, mut ours) = (vec![7_u8; HASHED], vec![7_u8; HASHED]);
    let workload: &dyn ArrayWorkload = &sha256::Workload;
    let kernel = workload.default_kernel();
    let name = workload.backend(kernel).map_or("sha2".to_string(), |backend| format!("sha2 ({backend})"));
    Contest::new("SHA-256 of 1 MiB", Unit::PerSecond("bytes"))
        .contender("OpenSSL", move || {
            measure(bytes, || (0..HASHES).map(|_| openssl::sha::sha256(&theirs)[0]).fold(0, u8::wrapping_add))
        })
        .contender(&name, move || {
            measure(bytes, || workload.compute(kernel, &mut ours, HASHES).expect("hashing does not fail"))
        })
        .compare(&name, Against::of("OpenSSL"))
}
