//! Runs of one batch, engine by engine.

use crate::analysis::{Analysis, Engine, Engines};
use crate::record::Data;
use crate::stats::Quantity;
use crate::view::grid::{Entry, Grid, heads};
use crate::view::units::{MISSING, count, fixed, plain, seconds, times};

/// The tables of what the first run and others computed alike, and the notes below them.
#[must_use]
pub fn engines(runs: &[Analysis]) -> Vec<(Grid, Vec<String>)> {
    Engines::of(runs).iter().map(|batch| (table(batch), notes(batch))).collect()
}

fn table(batch: &Engines) -> Grid {
    let most = batch.most.map_or(MISSING.to_string(), |workers| count(workers, "worker"));
    let mut head = heads(["Program", "kernel", "executor", "serial"]);
    head.extend(batch.counts.iter().map(|&workers| count(workers, "worker")));
    head.extend(heads(["factor", "speedup", "95 %", "serial ÷ first", &format!("{most} ÷ first"), "95 %"]));
    Grid {
        keys: 3,
        title: format!(
            "{}: {} jobs, {} MiB, {}, by program and kernel; factor and speedup with {most}",
            batch.label,
            batch.jobs,
            fixed(batch.bytes as f64 / f64::from(1 << 20), 1),
            count(batch.passes as usize, "pass"),
        ),
        head,
        rows: batch.engines.iter().map(row).collect(),
        ..Grid::default()
    }
}

fn row(engine: &Engine) -> Vec<Entry> {
    let ratio = |ratio: Option<Quantity>| {
        Entry::figure(ratio.map(|ratio| ratio.value), |ratio| format!("{}x", plain(ratio)))
    };
    let (kernel, executor) = engine_name(engine);
    let mut cells = vec![Entry::name(&engine.program), Entry::name(kernel), Entry::name(executor)];
    cells.push(Entry::figure(engine.serial_s, seconds));
    cells.extend(engine.times_s.iter().map(|&time_s| Entry::figure(time_s, seconds)));
    cells.push(Entry::figure(engine.factor, times));
    cells.push(Entry::figure(engine.speedup.map(|speedup| speedup.value), times));
    cells.extend([ends(engine.speedup), ratio(engine.serial_ratio), ratio(engine.ratio), ends(engine.ratio)]);
    cells
}

fn ends(quantity: Option<Quantity>) -> Entry {
    let ends = quantity.and_then(|quantity| quantity.interval);
    let text = ends.map_or(MISSING.to_string(), |ends| format!("{}–{}", plain(ends.low), plain(ends.high)));
    Entry::written(text, ends.map(|ends| ends.low))
}

/// The kernel of an engine with what it came down to, and its executor with the way in which data are passed.
#[must_use]
pub fn engine_name(engine: &Engine) -> (String, String) {
    let kernel = match &engine.backend {
        Some(backend) => format!("{} ({backend})", engine.kernel),
        None => engine.kernel.clone(),
    };
    let executor = match engine.data {
        Data::Generate => engine.executor.clone(),
        way => format!("{}, {}", engine.executor, way.name()),
    };
    (kernel, executor)
}

/// What a reader must know: what the first is, what failed, and whose results are others.
fn notes(batch: &Engines) -> Vec<String> {
    let Some(first) = batch.engines.first() else { return Vec::new() };
    let (kernel, executor) = engine_name(first);
    let mut notes = vec![format!(
        "÷ first: time over that of {}, {kernel}, {executor}, in the first line.",
        first.program
    )];
    for engine in &batch.engines {
        let name = format!("{} ({})", engine.program, engine.run);
        if engine.same_results == Some(false) {
            let note = format!("The results of {name} by {} are not those of the first.", engine.kernel);
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        notes.extend(engine.failures.iter().map(|failure| format!("{name} failed: {failure}")));
    }
    notes
}
