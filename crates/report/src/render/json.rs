//! The analyses as JSON: a list with one object per run.

use super::Format;
use crate::analysis::Analysis;

/// A list with one object per run.
#[derive(Debug)]
pub struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn summary(&self) -> &'static str {
        "the analysis, a list with one object per run"
    }

    fn render(&self, runs: &[Analysis]) -> String {
        let mut text = serde_json::to_string_pretty(runs).expect("an analysis has only JSON types");
        text.push('\n');
        text
    }
}
