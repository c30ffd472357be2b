//! Text and data that cannot be taken for markup.

use serde::Serialize;

/// The markup of each item, one after the other.
pub(super) fn each<T>(items: impl IntoIterator<Item = T>, mut markup: impl FnMut(T) -> String) -> String {
    items.into_iter().fold(String::new(), |all, item| all + &markup(item))
}

/// Text for the inside of an element or a quoted attribute.
///
/// Characters that a browser would not show, or that turn the direction of what follows, are
/// replaced by ones that can be seen.
pub(super) fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for character in raw.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' | '\u{2028}' | '\u{2029}' => out.push(' '),
            '\u{0}'..='\u{1f}' => out.push(char::from_u32(0x2400 + character as u32).unwrap_or('\u{fffd}')),
            '\u{7f}' => out.push('\u{2421}'),
            '\u{80}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

/// JSON for the inside of a script element. No `<` is left, so that nothing ends the element or
/// opens a comment, and no line separator that older scripts take for the end of a line.
pub(super) fn json(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).expect("an analysis has only JSON types");
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn harmful_text_becomes_harmless() {
        assert_eq!(
            text("<a href='x'>\"&\u{7}\u{0}\u{202e}é"),
            "&lt;a href=&#39;x&#39;&gt;&quot;&amp;␇␀\u{fffd}é"
        );
    }

    proptest! {
        #[test]
        fn json_keeps_its_value_and_loses_its_teeth(value in ".*", tail in "[<!/\u{2028}\u{2029}a-z-]{0,20}") {
            let value = value + &tail;
            let json = json(&value);
            let teeth = json.contains(['<', '\u{2028}', '\u{2029}']);
            prop_assert!(!teeth);
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), value);
        }

        #[test]
        fn text_has_no_markup_and_no_control(value in ".*") {
            let text = text(&value);
            let markup = text.contains(['<', '>', '"', '\'']) || text.contains(char::is_control);
            prop_assert!(!markup);
        }
    }
}
