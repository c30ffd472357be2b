//! Texts of a record that are safe to print: cleaned once, where a record comes in.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{RunRecord, Sample};

impl RunRecord {
    /// The record with no text in it that could command a terminal, break a line or turn the direction of writing;
    /// borrowed where that is so already. [`RunRecord::from_json`] reads no other.
    ///
    /// # Panics
    ///
    /// Never: every part of a record has a JSON form, and cleaning changes only texts.
    #[must_use]
    pub fn plain(&self) -> Cow<'_, Self> {
        // Samples are most of a record, and few of them have texts.
        let bare = Self {
            schema_version: self.schema_version,
            tool: self.tool.clone(),
            name: self.name.clone(),
            created: self.created.clone(),
            design: self.design,
            status: self.status,
            environment: self.environment.clone(),
            conditions: self.conditions.clone(),
            hosts: self.hosts.clone(),
            plan: self.plan.clone(),
            samples: Vec::new(),
            failures: self.failures.clone(),
            stop: self.stop,
            ceilings: self.ceilings.clone(),
            published: self.published.clone(),
        };
        let mut value = serde_json::to_value(&bare).expect("a record has only JSON types");
        let unclean = clean(&mut value);
        let with_texts = |sample: &&Sample| {
            sample.outside.is_some() || sample.tasks.iter().any(|task| task.process.is_some())
        };
        if !unclean && !self.samples.iter().filter(with_texts).any(|sample| clean_sample(&mut sample.clone()))
        {
            return Cow::Borrowed(self);
        }
        let bare: Self = serde_json::from_value(value).expect("only texts have changed");
        let samples = self.samples.iter().map(|sample| {
            let mut sample = sample.clone();
            clean_sample(&mut sample);
            sample
        });
        Cow::Owned(Self { samples: samples.collect(), ..bare })
    }
}

/// Cleans the texts of a sample, which are those of what was seen from outside; whether there was anything to
/// clean.
fn clean_sample(sample: &mut Sample) -> bool {
    let outside = sample.outside.as_deref_mut().is_some_and(clean_part);
    let processes = sample.tasks.iter_mut().filter_map(|task| task.process.as_mut());
    processes.fold(outside, |any, process| clean_part(process) | any)
}

/// Cleans a part of a record.
fn clean_part<T: Serialize + DeserializeOwned>(part: &mut T) -> bool {
    let Ok(mut value) = serde_json::to_value(&*part) else { return false };
    let unclean = clean(&mut value);
    if unclean && let Ok(clean) = serde_json::from_value(value) {
        *part = clean;
    }
    unclean
}

/// The field of a workload that holds a command.
const COMMAND: &str = "command";

/// Cleans every text in a JSON value but those of commands; whether there was anything to clean.
pub(super) fn clean(value: &mut Value) -> bool {
    match value {
        Value::String(text) if text.chars().any(is_not_shown) => {
            *text = plain(text);
            true
        }
        // All of them, not the first alone.
        Value::Array(items) => items.iter_mut().fold(false, |any, item| clean(item) | any),
        // A command has to stay what it is, so that it can be run again; it is cleaned where it is told.
        Value::Object(fields) => fields
            .iter_mut()
            .filter(|(name, _)| *name != COMMAND)
            .fold(false, |any, (_, field)| clean(field) | any),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Whether a character commands terminals (C0 and C1), ends a line, or changes the direction of writing
/// (Unicode Standard Annex #9, section 2), so that a text reads as another.
fn is_not_shown(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with such characters as Rust writes them in a string: `\u{1b}` for ESC.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        if is_not_shown(character) { plain.extend(character.escape_default()) } else { plain.push(character) }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::book;

    #[test]
    fn a_name_cannot_color_the_terminal_nor_break_or_turn_a_line() {
        assert_eq!(plain("\u{1b}[31mred\n\r\u{9b}"), r"\u{1b}[31mred\n\r\u{9b}");
        assert_eq!(plain("a\u{202e}b\u{2066}c\u{2028}d"), r"a\u{202e}b\u{2066}c\u{2028}d");
        assert_eq!(plain("größer × 2"), "größer × 2");
    }

    #[test]
    fn what_was_seen_from_outside_has_texts_as_well() {
        let file = |signal: &str| {
            format!(
                r#"{{"job": 0, "worker": 0, "submitted_ns": 0, "begin_ns": 0, "end_ns": 1, "cpu_ns": 0,
                    "generate_ns": 0, "compute_ns": 0,
                    "process": {{"exit": {{"signal": "{signal}"}}, "max_rss_bytes": {{"value": 1}}}}}}"#
            )
        };
        let with = |signal: &str| {
            let mut record = book::record();
            record.samples.push(Sample {
                tasks: vec![serde_json::from_str(&file(signal)).unwrap()],
                ..Sample::timed(0, 0, 1)
            });
            record
        };
        assert!(matches!(with("SIGKILL").plain(), Cow::Borrowed(_)));
        let record = with(r"\u001b]0;t\u0007");
        let plain = record.plain();
        let process = plain.samples[0].tasks[0].process.as_ref().unwrap();
        assert_eq!(process.exit, crate::record::Ended::Signal(r"\u{1b}]0;t\u{7}".to_string()));
    }

    #[test]
    fn every_text_of_a_record_is_cleaned_and_a_clean_one_is_left_alone() {
        let mut record = book::record();
        assert!(matches!(record.plain(), Cow::Borrowed(_)));
        record.environment.note = Some("\u{1b}c".to_string());
        record.plan.cases[3].executor.push('\n');
        let plain = record.plain();
        assert_eq!(plain.environment.note.as_deref(), Some(r"\u{1b}c"));
        assert_eq!(plain.plan.cases[3].executor, r"processes\n");
        assert_eq!(plain.name, record.name);
    }
}
