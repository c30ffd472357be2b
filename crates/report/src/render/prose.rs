//! Words in lines that fit.

use super::screen::shown_width;

/// The words of a line in lines of at most that many characters. A longer word stays whole.
pub(super) fn wrap(line: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in line.split(' ') {
        match lines.last_mut() {
            Some(last) if shown_width(last) + 1 + shown_width(word) <= width => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}

/// A report for a terminal of that width: sentences and titles are wrapped at words, rows of tables stay whole.
#[must_use]
pub fn fitted(text: &str, width: usize) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let is_rule = |line: &str| line.contains("-+-") && line.chars().all(|c| "-+".contains(c));
    let mut fitted = Vec::with_capacity(lines.len());
    let mut in_table = false;
    for (index, line) in lines.iter().enumerate() {
        // A table is its head, a rule, and what follows without an empty line.
        in_table = (in_table && !line.is_empty()) || lines.get(index + 1).is_some_and(|next| is_rule(next));
        if in_table || shown_width(line) <= width {
            fitted.push((*line).to_string());
        } else {
            fitted.extend(wrap(line, width));
        }
    }
    fitted.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rows_stay_whole_and_sentences_do_not() {
        let text = "A title | of words\n a | bbbbbbbbbbbb | c\n---+--------------+---\n 1 | 2            | 3\n\nand | a sentence\n";
        let expected = "A title |\nof words\n a | bbbbbbbbbbbb | c\n---+--------------+---\n 1 | 2            | 3\n\nand | a\nsentence\n";
        assert_eq!(fitted(text, 9), expected);
        assert_eq!(fitted(text, 80), text);
    }

    proptest! {
        #[test]
        fn wrapping_keeps_the_words_and_the_width(words in prop::collection::vec("[a-z]{1,12}", 1..40)) {
            let line = words.join(" ");
            let lines = wrap(&line, 20);
            prop_assert_eq!(lines.join(" "), line.clone());
            prop_assert!(lines.iter().all(|line| line.len() <= 20));
            prop_assert_eq!(fitted(&line, 20), lines.join("\n"));
        }
    }
}
