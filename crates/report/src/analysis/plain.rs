//! Texts of a record that are safe to print.

/// A text from a file without control characters, which could do what they like to a terminal.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() { plain.extend(character.escape_default()) } else { plain.push(character) }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_colour_the_terminal_nor_break_a_line() {
        assert_eq!(plain("\u{1b}[31mred\n"), r"\u{1b}[31mred\n");
        assert_eq!(plain("größer × 2"), "größer × 2");
    }
}
