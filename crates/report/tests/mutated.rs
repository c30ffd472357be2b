//! Records with something wrong in them, some thousand in all: each is refused in a line or reported, without
//! a panic and without a character that commands a terminal.
//!
//! `SPEEDUP_MUTATIONS` is the number of records, `SPEEDUP_SEED` the first seed. A failure names its seed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use serde_json::{Value, json};
use speedup_report::analysis::Analysis;
use speedup_report::analysis::compare::{compare, differences};
use speedup_report::record::plain::plain;
use speedup_report::record::{RunRecord, book};
use speedup_report::render::{FORMATS, Screen, comparison, files};

/// Records in the gate.
const FEW: u64 = 150;
/// Of how many one is drawn as charts.
const DRAWN: u64 = 10;

#[test]
fn a_record_with_something_wrong_in_it_is_refused_or_reported() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (count, first) = (number("SPEEDUP_MUTATIONS").unwrap_or(FEW), number("SPEEDUP_SEED").unwrap_or(0));
    let bases = bases();
    let (mut refused, mut reported) = (0, 0);
    for seed in first..first + count {
        let mut chance = Chance(seed);
        let bytes = mutant(&bases, &mut chance);
        let all = catch_unwind(AssertUnwindSafe(|| read_and_report(&bytes, &bases, seed)));
        let Ok(told) = all else { panic!("SPEEDUP_SEED={seed} SPEEDUP_MUTATIONS=1 shows it again") };
        if told {
            reported += 1;
        } else {
            refused += 1;
        }
    }
    // Both must happen, or the mutations have missed their aim.
    assert!(count < 50 || (refused > count / 20 && reported > count / 20), "{refused} {reported}");
}

/// Whether it was reported; otherwise it was refused.
fn read_and_report(bytes: &[u8], bases: &[Vec<u8>], seed: u64) -> bool {
    let record = match RunRecord::from_json(bytes, Path::new("run.json")) {
        Ok(record) => record,
        Err(error) => {
            assert_safe("the refusal", &error.to_string());
            return false;
        }
    };
    let runs = [Analysis::of(&record)];
    for format in FORMATS {
        assert_safe(format.name(), &format.render(&runs));
    }
    let other =
        RunRecord::from_json(&bases[(seed % bases.len() as u64) as usize], Path::new("base")).unwrap();
    for difference in differences(&record, &other) {
        assert_safe("compare", &difference.to_string());
    }
    let compared = compare(&record, &other, 0.02);
    for (name, render) in comparison::FORMATS {
        assert_safe(name, &render(&compared, Screen::PLAIN));
    }
    if seed.is_multiple_of(DRAWN) {
        let folder = tempfile::tempdir().unwrap();
        if let Err(error) = files::write_charts(folder.path(), &runs) {
            assert_safe("the charts", &error.to_string());
        }
    }
    true
}

/// Line ends are all that is there besides characters that are seen.
#[track_caller]
fn assert_safe(what: &str, text: &str) {
    let unsafe_line = text.lines().find(|line| plain(line) != *line);
    assert_eq!(unsafe_line.map(plain), None, "{what}");
}

/// Small records of every kind, and the book's.
fn bases() -> Vec<Vec<u8>> {
    let folder = std::fs::read_dir("tests/data").unwrap();
    let mut paths: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let records = paths.iter().filter(|path| path.extension().is_some_and(|of| of == "json"));
    let mut bases: Vec<Vec<u8>> = records
        .map(|path| std::fs::read(path).unwrap())
        .filter(|bytes| RunRecord::from_json(bytes, Path::new("base")).is_ok())
        .collect();
    bases.push(book::record().to_json());
    assert!(bases.len() > 2);
    bases
}

/// A generator of numbers that is the same everywhere: `SplitMix64` (Steele et al., OOPSLA 2014).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

/// A record with some mutations: mostly of its values, now and then of its bytes.
fn mutant(bases: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = chance.of(bases);
    if chance.below(10) == 0 {
        for _ in 0..=chance.below(4) {
            let at = chance.below(bytes.len());
            match chance.below(3) {
                0 => bytes[at] = chance.next() as u8,
                1 => bytes.truncate(at),
                _ => drop(bytes.drain(at..(at + chance.below(50)).min(bytes.len()))),
            }
        }
        return bytes;
    }
    let mut value: Value = serde_json::from_slice(&bytes).unwrap();
    for _ in 0..=chance.below(3) {
        mutate(&mut value, chance);
    }
    serde_json::to_vec(&value).unwrap()
}

/// Changes one value somewhere below.
fn mutate(value: &mut Value, chance: &mut Chance) {
    let deeper = chance.below(8) > 0;
    match value {
        Value::Object(fields) if deeper && !fields.is_empty() => {
            let at = chance.below(fields.len());
            mutate(fields.values_mut().nth(at).unwrap(), chance);
        }
        Value::Array(items) if deeper && !items.is_empty() => {
            let at = chance.below(items.len());
            mutate(&mut items[at], chance);
        }
        Value::Object(fields) => {
            let at = chance.below(fields.len());
            if let Some(name) = fields.keys().nth(at).cloned() {
                fields.remove(&name);
            }
        }
        Value::Array(items) => match chance.below(4) {
            0 => items.clear(),
            1 => items.truncate(items.len() / 2),
            2 => items.reverse(),
            _ => items.extend(items.clone()),
        },
        Value::Number(number) => *value = like(number, chance),
        Value::String(text) => *value = json!(words(text, chance)),
        other => *other = chance.of(&[json!(null), json!(true), json!(-1), json!("x"), json!([]), json!({})]),
    }
}

/// Another number: as a rule one that its type can hold.
fn like(number: &serde_json::Number, chance: &mut Chance) -> Value {
    let near = number.as_u64().unwrap_or(0);
    let others = [
        0,
        1,
        2,
        near / 2,
        near.wrapping_mul(1000),
        near.wrapping_add(1),
        u64::from(u32::MAX),
        1 << 53,
        u64::MAX,
    ];
    match chance.below(12) {
        0 => json!(-1),
        1 => json!(1.5e300),
        2 => json!(1e-300),
        _ => json!(chance.of(&others)),
    }
}

/// Another text: what terminals, spreadsheets, Markdown and HTML would take for their own.
fn words(text: &str, chance: &mut Chance) -> String {
    let hostile = [
        "\u{1b}[31mred\u{1b}[0m",
        "\u{1b}]0;title\u{7}",
        "a\r\nb\u{85}c\u{2028}d",
        "\u{9b}31m\u{202e}turned\u{2066}",
        "\0\u{8}\u{7f}",
        "=cmd|' /C calc'!A0",
        "@SUM(1)",
        "| a | b |\n|---|---|",
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "serial",
        "command",
        "",
        "ä×…\u{1f600}",
    ];
    match chance.below(4) {
        0 => chance.of(&hostile).to_string(),
        1 => format!("{text}{}", chance.of(&hostile)),
        2 => "x".repeat(10_usize.pow(chance.below(5) as u32)),
        _ => text.chars().rev().collect(),
    }
}
