//! Texts of a record that are safe to print: cleaned once, where a record comes in.

use std::borrow::Cow;

use serde_json::Value;

use super::RunRecord;

impl RunRecord {
    /// The record with no text in it that could command a terminal, break a line or turn the direction of writing;
    /// borrowed where that is so already. [`RunRecord::from_json`] reads no other.
    ///
    /// # Panics
    ///
    /// Never: every part of a record has a JSON form, and cleaning changes only texts.
    #[must_use]
    pub fn plain(&self) -> Cow<'_, Self> {
        // Samples are most of a record, and have no texts.
        let bare = Self {
            schema_version: self.schema_version,
            tool: self.tool.clone(),
            name: self.name.clone(),
            created: self.created.clone(),
            design: self.design,
            status: self.status,
            environment: self.environment.clone(),
            conditions: self.conditions.clone(),
            plan: self.plan.clone(),
            samples: Vec::new(),
            failures: self.failures.clone(),
            stop: self.stop,
            ceilings: self.ceilings.clone(),
            published: self.published.clone(),
        };
        let mut value = serde_json::to_value(&bare).expect("a record has only JSON types");
        if !clean(&mut value) {
            return Cow::Borrowed(self);
        }
        let bare: Self = serde_json::from_value(value).expect("only texts have changed");
        Cow::Owned(Self { samples: self.samples.clone(), ..bare })
    }
}

/// The field of a workload that holds a command.
const COMMAND: &str = "command";

/// Cleans every text in a JSON value but those of commands; whether there was anything to clean.
pub(super) fn clean(value: &mut Value) -> bool {
    match value {
        Value::String(text) if text.chars().any(is_unsafe) => {
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
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with unsafe characters as Rust writes them in a string: `\u{1b}` for ESC.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unsafe(character) { plain.extend(character.escape_default()) } else { plain.push(character) }
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
