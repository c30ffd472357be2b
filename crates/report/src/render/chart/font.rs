//! The embedded font: how wide a text is, where to break it, and the shapes of its glyphs.
//!
//! The glyphs are placed here rather than by plotters, which leaves out the space before each
//! glyph when it draws into a bitmap, and sizes text differently in bitmaps and in SVG.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, Glyph, OutlinedGlyph, PxScale, point};

/// Fonts for an SVG, whose text is set by the viewer: the embedded font's full form, one with the
/// same widths, or any.
pub(super) const FAMILIES: &str = "DejaVu Sans, Verdana, sans-serif";

static FONT: LazyLock<FontRef<'static>> = LazyLock::new(|| {
    FontRef::try_from_slice(include_bytes!("font/DejaVuSans-subset.ttf")).expect("the embedded font is valid")
});

fn scale(size: f64) -> PxScale {
    let em = FONT.units_per_em().unwrap_or(1.0);
    PxScale::from(size as f32 * FONT.height_unscaled() / em)
}

/// The glyphs with the place of each on the baseline, and the place after the last.
fn place(text: &str, size: f64) -> (Vec<Glyph>, f32) {
    let per_unit = size as f32 / FONT.units_per_em().unwrap_or(1.0);
    let mut x = 0.0;
    let glyphs = text
        .chars()
        .map(|character| {
            let id = FONT.glyph_id(character);
            let glyph = id.with_scale_and_position(scale(size), point(x, 0.0));
            // A character that the font lacks is given a whole em: a viewer that has it in another
            // font may need as much.
            x += if id.0 == 0 { size as f32 } else { FONT.h_advance_unscaled(id) * per_unit };
            glyph
        })
        .collect();
    (glyphs, x)
}

/// Width of a text of `size` pixels per em.
pub(super) fn width(text: &str, size: f64) -> f64 {
    f64::from(place(text, size).1)
}

/// The outlines of a text that starts at the origin.
pub(super) fn outlines(text: &str, size: f64) -> Vec<OutlinedGlyph> {
    place(text, size).0.into_iter().filter_map(|glyph| FONT.outline_glyph(glyph)).collect()
}

/// Breaks a text into lines of at most `room`, between words where possible; a no-break space is
/// part of a word.
pub(super) fn wrap(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_ascii_whitespace() {
        append(&mut lines, word, size, room);
    }
    lines
}

fn append(lines: &mut Vec<String>, word: &str, size: f64, room: f64) {
    let Some(line) = lines.last_mut() else { return };
    let longer = if line.is_empty() { word.to_string() } else { format!("{line} {word}") };
    if width(&longer, size) <= room {
        *line = longer;
        return;
    }
    if !line.is_empty() {
        lines.push(String::new());
    }
    // A word wider than a line is broken anywhere.
    for character in word.chars() {
        let Some(line) = lines.last_mut() else { return };
        if !line.is_empty() && width(&format!("{line}{character}"), size) > room {
            lines.push(character.to_string());
        } else {
            line.push(character);
        }
    }
}

/// The text, or as much of it as fits into `room` with an ellipsis after it.
pub(super) fn shorten(text: &str, size: f64, room: f64) -> String {
    let ellipsis = width("…", size);
    let (mut used, mut fitting) = (0.0, None);
    for (at, character) in text.char_indices() {
        if used + ellipsis <= room {
            fitting = Some(at);
        }
        used += width(character.encode_utf8(&mut [0; 4]), size);
        if used > room {
            return fitting.map_or(String::new(), |end| format!("{}…", text[..end].trim_end()));
        }
    }
    text.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_the_characters_that_charts_use() {
        for character in "Az09µ×÷–—…−₁ₙ≤≥κλσ™®()[]%*/:·\u{a0}".chars() {
            assert_ne!(FONT.glyph_id(character).0, 0, "{character}");
        }
    }

    #[test]
    fn widths_are_those_of_dejavu_sans() {
        // 1303 of 2048 units per digit.
        assert!((width("0000", 20.48) - 52.12).abs() < 1e-3);
        assert!(width("", 12.0).abs() < 1e-9);
    }

    #[test]
    fn wrapped_lines_fit_and_lose_nothing() {
        let text = "An Extremely Long Processor Name with-one-word-that-is-much-wider-than-a-line @ 2.7 GHz";
        let lines = wrap(text, 12.0, 120.0);
        assert!(lines.iter().all(|line| width(line, 12.0) <= 120.0), "{lines:?}");
        assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        assert_eq!(wrap("", 12.0, 120.0), [""]);
    }

    #[test]
    fn shortened_text_fits() {
        assert_eq!(shorten("threads", 12.0, 100.0), "threads");
        let short = shorten("a label that is much too long", 12.0, 100.0);
        assert!(short.ends_with('…') && width(&short, 12.0) <= 100.0, "{short}");
        assert_eq!(shorten("threads", 12.0, 1.0), "");
        let long = "an executor ".repeat(10_000);
        let short = shorten(&long, 12.0, 60.0);
        assert!(short.starts_with("an ") && short.ends_with('…') && width(&short, 12.0) <= 60.0, "{short}");
    }
}
