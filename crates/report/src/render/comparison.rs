//! Two runs against each other, in every form.

use super::{markdown, table};
use crate::analysis::compare::Comparison;

/// A form of a comparison, ending with a newline.
pub type Render = fn(&Comparison) -> String;

/// Every form by its name; the first is the default.
pub static FORMATS: &[(&str, Render)] = &[
    ("table", |comparison| table::MEDIUM.comparison(comparison)),
    ("markdown", |comparison| markdown::MEDIUM.comparison(comparison)),
    ("json", |comparison| {
        serde_json::to_string_pretty(comparison).expect("a comparison has only JSON types") + "\n"
    }),
];
