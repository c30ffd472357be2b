//! Runs against runs, in every form.

use serde::Serialize;

use super::screen::Screen;
use super::text::{Medium, join};
use super::{markdown, table};
use crate::analysis::compare::{Comparison, Difference};
use crate::view::comparison::ComparisonView;

/// The JSON Schema (draft 2020-12) of what a comparison is in JSON, or of why there is none.
pub const JSON_SCHEMA: &str = include_str!("comparison.schema.json");

/// A form of a comparison on a screen, ending with a newline. What is not for people to read is the same on any.
pub type Render = fn(&Comparison, Screen) -> String;

/// Every form by its name; the first is the default.
pub static FORMATS: &[(&str, Render)] = &[
    ("table", |comparison, screen| Medium { screen, ..table::MEDIUM }.comparison(comparison)),
    ("markdown", |comparison, _| markdown(comparison)),
    (JSON, |comparison, _| to_json(comparison)),
];

/// Name of the form for programs.
pub const JSON: &str = "json";

/// Why runs could not be compared, for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Refusal {
    /// What came of it.
    pub outcome: Refused,
    /// Why, in a line.
    pub reason: String,
    /// What is not the same; empty where the reason is another.
    pub differences: Vec<Difference>,
}

/// The outcome of runs that cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Refused {
    /// There is no comparison.
    NotComparable,
}

/// Either of the two as JSON.
///
/// # Panics
///
/// Never: both have only JSON types.
#[must_use]
pub fn to_json(document: &impl Serialize) -> String {
    serde_json::to_string_pretty(document).expect("it has only JSON types") + "\n"
}

/// The verdict and what follows from each workload; the rest is folded where Markdown is shown as a page.
fn markdown(comparison: &Comparison) -> String {
    let view = ComparisonView::of(comparison);
    let words = |text: &String| markdown::MEDIUM.lines(text);
    let said = view.workloads.iter().flat_map(|workload| workload.said.iter().map(words));
    let runs = view.runs.iter().map(|line| format!("- {}", words(line))).collect::<Vec<_>>().join("\n");
    let folded = [vec!["<details>\n<summary>Details</summary>".to_string(), runs]]
        .into_iter()
        .chain([markdown::MEDIUM.comparison_details(&view, false), vec!["</details>".to_string()]]);
    join(std::iter::once(format!("**{}**", words(&view.outcome))).chain(said).chain(folded.flatten()))
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;

    use super::*;
    use crate::record::json_schema::tests::{assert_committed, generate_written};

    /// A comparison, or why there is none: what 'speedup compare --format json' prints.
    #[derive(JsonSchema)]
    #[schemars(untagged)]
    #[expect(dead_code, reason = "it has a schema and no values")]
    enum ComparisonDocument {
        Compared(Box<Comparison>),
        Refused(Refusal),
    }

    #[test]
    fn the_committed_schema_is_the_one_of_the_types() {
        let file = "src/render/comparison.schema.json";
        assert_committed(file, JSON_SCHEMA, &generate_written::<ComparisonDocument>());
    }
}
