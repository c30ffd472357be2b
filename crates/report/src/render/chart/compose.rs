//! Lays out a chart over numbers of workers: its panels, with axes that can be compared, and the legend.

use super::figure::{Across, Figure, Form, Guide, Panel};
use super::layout::{self, Band, Key, Page};
use super::panel::Plotted;
use super::scene::Scene;

impl Figure {
    /// Lays it out.
    pub(super) fn draw(self) -> Scene {
        let counts = self.counts();
        let edge = self.oversubscribed.map(|over| edge(&counts, over));
        let bands = (self.groups.iter())
            .map(|group| Band {
                y_label: &group.y_label,
                plots: (group.panels.iter().zip(group.axes(&counts)))
                    .map(|(panel, axis)| {
                        let (series, across) = (self.series.as_slice(), self.across);
                        let counts = match across {
                            Across::Workers => counts.clone(),
                            Across::Connections => panel.counts(),
                        };
                        let measure = group.measure;
                        Box::new(Plotted { panel, series, axis, counts, across, edge, measure })
                            as Box<dyn layout::Plot>
                    })
                    .collect(),
            })
            .collect();
        let most = self.groups.iter().map(|group| group.panels.len()).max().unwrap_or(0);
        let (columns, plot_width) = self.grid.unwrap_or_else(|| layout::grid(most));
        let legend = self.legend(&counts);
        layout::draw(&Page {
            title: self.title.clone(),
            notes: self.notes.clone(),
            legend,
            columns,
            plot_width,
            bands,
        })
    }

    fn panels(&self) -> impl Iterator<Item = &Panel> {
        self.groups.iter().flat_map(|group| &group.panels)
    }

    /// The numbers of workers that any panel has a place for.
    fn counts(&self) -> Vec<usize> {
        let mut counts: Vec<usize> = self.panels().flat_map(Panel::counts).collect();
        counts.sort_unstable();
        counts.dedup();
        counts
    }

    /// The series that some panel draws, the guides, and what a shade means.
    fn legend(&self, counts: &[usize]) -> Vec<(Key, String)> {
        let mut entries: Vec<(Key, String)> = Vec::new();
        for (index, series) in self.series.iter().enumerate() {
            let mut curves = self.panels().flat_map(|panel| &panel.curves);
            if let Some(curve) = curves.find(|curve| curve.series == index) {
                let key = if curve.joined { Key::Series(series.look) } else { Key::Marker(series.look) };
                entries.push((key, series.label.clone()));
            }
        }
        let drawn = self.panels().filter(|panel| !panel.curves.is_empty());
        for guide in drawn.flat_map(|panel| &panel.guides) {
            if !entries.iter().any(|(_, label)| *label == guide.label) {
                entries.push((guide.key(), guide.label.clone()));
            }
        }
        if self.oversubscribed.is_some_and(|over| counts.last().is_some_and(|last| over <= *last)) {
            entries.push((Key::Shade, "more workers than CPUs".to_string()));
        }
        entries
    }
}

/// Where the numbers of workers begin that are above the number of CPUs.
fn edge(counts: &[usize], over: usize) -> f64 {
    let below = counts.iter().rev().find(|count| **count < over);
    below.map_or(f64::NEG_INFINITY, |below| f64::midpoint(*below as f64, over as f64))
}

impl Guide {
    fn key(&self) -> Key {
        match self.form {
            Form::Ideal(_) | Form::Line(_) => Key::Line(self.stroke),
            Form::Marks(_) => Key::Mark(self.stroke),
            Form::Fit(_, colour) => Key::Band(self.stroke, colour),
            Form::Upright(_) => Key::Upright(self.stroke),
        }
    }
}
