//! Pieces of work whose instructions `scripts/instructions` counts: `instructions` names them, `instructions NAME`
//! does one. The inputs are fixed, there is one thread, and no map with random keys: the same build needs the same
//! number of instructions, on a busy machine as on a quiet one.
//!
//! A piece is counted within [`counted_region`], whose name is what the counting tool looks for; what it needs is laid
//! out before.

use std::hint::black_box;
use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use speedup::executor::transferred;
use speedup::workload::rc4::{Rc4, WordRc4};
use speedup::workload::{ArrayWorkload, sha256};
use speedup_report::analysis::Analysis;
use speedup_report::record::{BASELINE, Case, RunRecord};
use speedup_report::render::{find_format, html};
use speedup_report::stats::bootstrap;

/// A piece of work, laid out, by its name.
type Piece = (&'static str, fn() -> Box<dyn FnMut()>);

const PIECES: [Piece; 11] = [
    ("record-read", record_read),
    ("record-write", record_write),
    ("analysis", analysed),
    ("tables", tables),
    ("page", page),
    ("bootstrap", bootstrapped),
    ("encoding", encoded),
    ("rc4-textbook", rc4_textbook),
    ("rc4-tuned", rc4_tuned),
    ("rc4-paired", rc4_paired),
    ("sha256", sha256_hash),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [] => PIECES.iter().for_each(|(name, _)| println!("{name}")),
        [wanted] => {
            let Some((_, piece)) = PIECES.iter().find(|(name, _)| name == wanted) else {
                eprintln!("instructions: '{wanted}': there is no such piece of work");
                return ExitCode::from(2);
            };
            counted_region(&mut *piece());
        }
        _ => {
            eprintln!("instructions: give one name, or none for a list");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// What is counted, with all that it calls.
#[inline(never)]
fn counted_region(work: &mut dyn FnMut()) {
    work();
    // Nothing may come after the work in one jump, which would end the region early.
    black_box(());
}

/// Rounds of the record: enough, as a counted instruction takes fifty times as long.
const ROUNDS: u32 = 5;

/// A kept run, with its first rounds alone.
fn record() -> RunRecord {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../results/2026-11-23-reference");
    let mut record = RunRecord::read(path.as_ref()).expect("it is kept with the source");
    record.samples.retain(|sample| sample.warmup || sample.round < ROUNDS);
    record.ceilings.retain(|ceiling| ceiling.warmup || ceiling.round < ROUNDS);
    record
}

fn record_read() -> Box<dyn FnMut()> {
    let json = record().to_json();
    Box::new(move || drop(black_box(RunRecord::from_json(&json, "run.json".as_ref()))))
}

fn record_write() -> Box<dyn FnMut()> {
    let record = record();
    Box::new(move || drop(black_box(record.to_json())))
}

/// A run of one case and its baseline: most of an analysis is the same for each case.
fn small_record() -> RunRecord {
    let mut record = record();
    let kept = |case: &Case| case.workload == "rc4" && (case.executor == BASELINE || case.workers == 2);
    let cases: Vec<Case> = record.plan.cases.clone();
    let index = |case: usize| cases[..case].iter().filter(|case| kept(case)).count();
    record.samples.retain(|sample| kept(&cases[sample.case]));
    record.samples.iter_mut().for_each(|sample| sample.case = index(sample.case));
    record.plan.cases.retain(kept);
    record.plan.workloads.retain(|workload| workload.name == "rc4");
    record.ceilings.retain(|ceiling| ceiling.workload == "rc4");
    record.plan.order.clear();
    record
}

fn analysed() -> Box<dyn FnMut()> {
    let record = small_record();
    Box::new(move || drop(black_box(Analysis::of(&record))))
}

fn tables() -> Box<dyn FnMut()> {
    let runs = [Analysis::of(&small_record())];
    let formats =
        ["table", "markdown", "csv", "json"].map(|name| find_format(name).expect("there is such a form"));
    Box::new(move || formats.iter().for_each(|format| drop(black_box(format.render(&runs)))))
}

fn page() -> Box<dyn FnMut()> {
    let runs = [Analysis::of(&small_record())];
    Box::new(move || drop(black_box(html::page(&runs))))
}

fn bootstrapped() -> Box<dyn FnMut()> {
    let wave = |step: u32, of: u32| 1.0 + 0.01 * f64::from(step * of % 17);
    let times = |of: u32| (0..40).map(|step| wave(step, of)).collect::<Vec<f64>>();
    let (one, other) = (times(5), times(7));
    Box::new(move || {
        black_box(bootstrap::ratio_of_means(&one, &other));
        black_box(bootstrap::ratio_of_independent_means(&one, &other));
    })
}

/// A value of the kinds that tasks have.
#[derive(Serialize, Deserialize)]
struct Parcel {
    name: String,
    sizes: Vec<u64>,
    shares: Vec<(f64, Option<bool>)>,
    inner: Vec<Inner>,
}

#[derive(Serialize, Deserialize)]
enum Inner {
    Empty,
    Text { text: String },
    Pair(i32, u8),
}

fn encoded() -> Box<dyn FnMut()> {
    let inner = |number: i32| match number % 3 {
        0 => Inner::Empty,
        1 => Inner::Text { text: "text".repeat(number as usize % 20) },
        _ => Inner::Pair(number, 7),
    };
    let parcel = Parcel {
        name: "parcel".to_string(),
        sizes: (0..1000).collect(),
        shares: (0..500).map(|step| (f64::from(step) / 3.0, Some(step % 2 == 0))).collect(),
        inner: (0..600).map(inner).collect(),
    };
    Box::new(move || drop(black_box(transferred(&parcel))))
}

const KEYS: [[u8; 16]; 2] = [*b"a key of 16 byte", *b"another of those"];

/// Bytes of an array.
const BYTES: usize = 256 << 10;

fn rc4_textbook() -> Box<dyn FnMut()> {
    let (mut cipher, mut array) = (Rc4::new(&KEYS[0]).expect("sixteen bytes are a key"), vec![0; BYTES]);
    Box::new(move || cipher.apply_keystream(black_box(&mut array)))
}

fn words(key: usize) -> WordRc4 {
    WordRc4::new(&KEYS[key]).expect("sixteen bytes are a key")
}

fn rc4_tuned() -> Box<dyn FnMut()> {
    let (mut cipher, mut array) = (words(0), vec![0; BYTES]);
    Box::new(move || cipher.apply_keystream(black_box(&mut array)))
}

fn rc4_paired() -> Box<dyn FnMut()> {
    let (mut one, mut other, mut arrays) = (words(0), words(1), [vec![0; BYTES], vec![0; BYTES]]);
    Box::new(move || {
        let [array, of_other] = arrays.each_mut().map(Vec::as_mut_slice);
        WordRc4::apply_keystreams([&mut one, &mut other], [array, of_other]);
    })
}

fn sha256_hash() -> Box<dyn FnMut()> {
    let workload: &dyn ArrayWorkload = &sha256::Workload;
    let mut array = vec![0; BYTES];
    Box::new(move || drop(black_box(workload.compute(workload.default_kernel(), &mut array, 1))))
}
