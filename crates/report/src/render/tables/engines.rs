//! Runs of one batch beside each other, engine by engine.

use crate::analysis::{Analysis, Engine, Engines};
use crate::record::Data;
use crate::render::grid::{Grid, MISSING, in_words, ratio};
use crate::render::units::{plain, seconds};
use crate::stats::Quantity;

/// The tables of what the first run and others computed alike, and the notes below them.
#[must_use]
pub fn engines(runs: &[Analysis]) -> Vec<(Grid, Vec<String>)> {
    Engines::of(runs).iter().map(|batch| (table(batch), notes(batch))).collect()
}

fn table(batch: &Engines) -> Grid {
    let most = batch.most.map_or(MISSING.to_string(), in_words);
    let mut head = ["Program", "kernel", "executor", "serial"].map(str::to_string).to_vec();
    head.extend(batch.counts.iter().map(|&workers| in_words(workers)));
    head.extend(
        ["factor", "speedup", "95 %", "serial ÷ first", &format!("{most} ÷ first"), "95 %"]
            .map(str::to_string),
    );
    Grid {
        title: format!(
            "{}: {} jobs, {:.1} MiB, {}, by program and kernel; factor and speedup with {most}",
            batch.label,
            batch.jobs,
            batch.bytes as f64 / f64::from(1 << 20),
            if batch.passes == 1 { "1 pass".to_string() } else { format!("{} passes", batch.passes) },
        ),
        head,
        rows: batch.engines.iter().map(row).collect(),
    }
}

fn row(engine: &Engine) -> Vec<String> {
    let time = |time_s: Option<f64>| time_s.map_or(MISSING.to_string(), seconds);
    let mut cells = vec![engine.program.clone(), kernel(engine), executor(engine), time(engine.serial_s)];
    cells.extend(engine.times_s.iter().map(|&time_s| time(time_s)));
    cells.extend([ratio(engine.factor), ratio(engine.speedup.map(|speedup| speedup.value))]);
    cells.push(interval(engine.speedup));
    let times = |ratio: Option<Quantity>| {
        ratio.map_or(MISSING.to_string(), |ratio| format!("{}x", plain(ratio.value)))
    };
    cells.extend([times(engine.serial_ratio), times(engine.ratio), interval(engine.ratio)]);
    cells
}

fn interval(quantity: Option<Quantity>) -> String {
    let interval = quantity.and_then(|quantity| quantity.interval);
    interval
        .map_or(MISSING.to_string(), |interval| format!("{}–{}", plain(interval.low), plain(interval.high)))
}

pub(in crate::render) fn kernel(engine: &Engine) -> String {
    match &engine.backend {
        Some(backend) => format!("{} ({backend})", engine.kernel),
        None => engine.kernel.clone(),
    }
}

pub(in crate::render) fn executor(engine: &Engine) -> String {
    match engine.data {
        Data::Generate => engine.executor.clone(),
        way => format!("{}, {}", engine.executor, way.name()),
    }
}

/// What a reader must know: what the first is, what failed, and whose results are others.
fn notes(batch: &Engines) -> Vec<String> {
    let Some(first) = batch.engines.first() else { return Vec::new() };
    let mut notes = vec![format!(
        "÷ first: time over that of {}, {}, {}, which stands first.",
        first.program,
        kernel(first),
        executor(first)
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
