//! Whether times changed in the course of the run: round by round, relative to their own median.

use std::collections::BTreeMap;

use super::curves::{Runs, chosen};
use super::legend::Key;
use super::numbers::list;
use super::page::{self, Band, Page, Plot};
use super::rounds::{Noisy, Steal, Times, Track};
use super::scene::Scene;
use super::theme::Look;
use super::{Chart, Part};
use crate::analysis::{Cell, Estimate, RoundPoint, WorkloadColumn};
use crate::record::BASELINE;
use crate::stats;

/// The chart named `drift`; left out where no case has two rounds.
pub(super) struct Drift;

/// Width of the plots.
const WIDTH: f64 = 860.0;

impl Chart for Drift {
    fn name(&self) -> &'static str {
        "drift"
    }

    fn part(&self) -> Part {
        Part::Whole
    }

    fn scene(&self, runs: Runs<'_>) -> Option<Scene> {
        let tracks: Vec<_> = (0..runs.own.workloads.len()).map(|column| tracks(runs, column)).collect();
        let rounds = rounds(tracks.iter().flatten());
        if rounds.len() < 2 {
            return None;
        }
        let noisy: Noisy =
            runs.own.effort.noisy.iter().map(|noisy| (noisy.round as usize, noisy.reason.clone())).collect();
        let legend = legend(&tracks, &noisy, &rounds);
        let mut bands = Vec::new();
        for (column, tracks) in tracks.into_iter().enumerate().filter(|(_, tracks)| !tracks.is_empty()) {
            let steal = steal(runs, column);
            let cases: Vec<_> = tracks.iter().map(|track| track.label.as_str()).collect();
            let title = format!("{} · {}", runs.own.workloads[column].label, cases.join(", "));
            let times = Times { title, tracks, rounds: &rounds, noisy: &noisy, last: steal.is_empty() };
            bands.push(Band { y_label: "time ÷ own median", plots: vec![Box::new(times) as Box<dyn Plot>] });
            if !steal.is_empty() {
                let steal = Steal { shares: steal, rounds: &rounds, noisy: &noisy };
                bands.push(Band { y_label: "steal in %", plots: vec![Box::new(steal)] });
            }
        }
        let waits = runs.own.workloads.iter().any(WorkloadColumn::waits);
        let notes = runs.alone().machines().into_iter().chain(notes(&noisy, waits)).collect();

        let title = format!("Drift over the rounds — {}", runs.own.name);
        Some(page::draw(&Page { title, notes, legend, columns: 1, plot_width: WIDTH, bands }))
    }
}

fn notes(noisy: &Noisy, waits: bool) -> Vec<String> {
    let most = if waits { ", or with the most at all where jobs wait" } else { "" };
    let mut notes = vec![format!(
        "The serial baseline, and of each executor the case with the most workers that do not exceed the \
         CPUs{most}. Steal: the share of all CPUs' time that a hypervisor took during the samples of a round."
    )];
    if !noisy.is_empty() {
        let rounds: Vec<_> = noisy.iter().map(|(round, reason)| format!("{round} ({reason})")).collect();
        notes.push(format!("Rounds that stand out, and are counted like all others: {}.", list(&rounds, 4)));
    }
    notes
}

/// The cases that stand for the serial baseline and the executors.
fn tracks(runs: Runs<'_>, column: usize) -> Vec<Track> {
    let series = runs.alone().series();
    let has = |estimate: &Estimate| !estimate.rounds.is_empty();
    let serial = runs.own.workloads[column].serial.estimate().filter(|estimate| has(estimate));
    let serial = serial.map(|estimate| {
        track((BASELINE.to_string(), BASELINE.to_string()), Look::BASELINE, &estimate.rounds)
    });
    let pools = runs.own.executors.iter().zip(series).filter_map(|(table, series)| {
        let (workers, estimate) = chosen(table, column, has)?;
        let label = format!("{}/{workers}", series.label);
        Some(track((series.label, label), series.look, &estimate.rounds))
    });
    serial.into_iter().chain(pools).collect()
}

fn track((executor, label): (String, String), look: Look, points: &[RoundPoint]) -> Track {
    let times: Vec<f64> = points.iter().map(|point| point.wall_s).collect();
    let median = stats::median(&times).unwrap_or(f64::NAN);
    // The serial baseline has two arms; what counts is the round.
    let mut sums: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for point in points {
        let (sum, count) = sums.entry(point.round as usize).or_default();
        (*sum, *count) = (*sum + point.wall_s / median, *count + 1.0);
    }
    let points = sums.into_iter().map(|(round, (sum, count))| (round, sum / count));
    Track { executor, label, look, points: points.filter(|(_, part)| part.is_finite()).collect() }
}

/// The rounds that any track has a point for, ascending.
fn rounds<'a>(tracks: impl Iterator<Item = &'a Track>) -> Vec<usize> {
    let mut rounds: Vec<usize> = tracks.flat_map(|track| &track.points).map(|(round, _)| *round).collect();
    rounds.sort_unstable();
    rounds.dedup();
    rounds
}

/// The share of all CPUs' time, in per cent, that was stolen during a workload's samples of a round;
/// empty where the system does not say.
fn steal(runs: Runs<'_>, column: usize) -> Vec<(usize, f64)> {
    let environment = &runs.own.environment;
    let cpus = environment.cpus_online.value().or(environment.cpus_available.value());
    let Some(&cpus) = cpus else { return Vec::new() };
    let cells = runs.own.executors.iter().flat_map(|table| &table.rows).map(|row| row.cells.get(column));
    let cells = cells.chain([runs.own.workloads.get(column).map(|workload| &workload.serial)]);
    let mut sums: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for point in cells.flatten().filter_map(Cell::estimate).flat_map(|estimate| &estimate.rounds) {
        if let Some(steal_s) = point.steal_s {
            let (stolen, whole) = sums.entry(point.round as usize).or_default();
            (*stolen, *whole) = (*stolen + steal_s, *whole + point.wall_s * cpus as f64);
        }
    }
    let shares = sums.into_iter().map(|(round, (stolen, whole))| (round, 100.0 * stolen / whole));
    shares.filter(|(_, share)| share.is_finite()).collect()
}

/// The tracks, each once, although a workload may lack some.
fn legend(tracks: &[Vec<Track>], noisy: &Noisy, rounds: &[usize]) -> Vec<(Key, String)> {
    let mut entries: Vec<(Key, String)> = Vec::new();
    for track in tracks.iter().flatten() {
        if !entries.iter().any(|(_, label)| *label == track.executor) {
            entries.push((Key::Series(track.look.undashed()), track.executor.clone()));
        }
    }
    if noisy.iter().any(|(round, _)| rounds.contains(round)) {
        entries.push((Key::Shade, "round that stands out".to_string()));
    }
    entries
}
