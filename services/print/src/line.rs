//! Lines: where a text may be broken (UAX #14), and how much of it fits.

use crate::face::Face;
use crate::length::Length;
use unicode_linebreak::{BreakOpportunity, linebreaks};

/// Breaks a spelled text into lines that fit a width. A word that is wider than a line is broken where the line ends.
pub(crate) fn broken(face: &Face, text: &str, size: Length, width: Length) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut start = 0;
    for (end, opportunity) in linebreaks(text) {
        let word = &text[start..end];
        start = end;
        if !line.is_empty() && face.width(&(line.clone() + word.trim_end()), size) > width {
            lines.push(std::mem::take(&mut line));
        }
        line.push_str(word.trim_end_matches('\n'));
        while face.width(line.trim_end(), size) > width {
            let rest = line.split_off(fitting(face, &line, size, width));
            lines.push(std::mem::replace(&mut line, rest));
        }
        if opportunity == BreakOpportunity::Mandatory && end < text.len() {
            lines.push(std::mem::take(&mut line));
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// How many bytes of a text fit, at least those of one character.
fn fitting(face: &Face, text: &str, size: Length, width: Length) -> usize {
    let mut used = Length::ZERO;
    let mut fits = 0;
    for glyph in face.glyphs(text) {
        used += size.thousandths(i32::from(glyph.advance));
        if used > width && fits > 0 {
            break;
        }
        fits = glyph.bytes.end;
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, ems: i32) -> Vec<String> {
        broken(Face::shipped().unwrap(), text, Length::tenths(100), Length::tenths(100 * ems))
    }

    #[test]
    fn no_line_begins_with_a_full_stop_and_no_text_is_lost() {
        assert_eq!(lines("學分證明。居民", 4), ["學分證", "明。居民"]);
        assert_eq!(lines("一\n\n二", 4), ["一", "", "二"]);
        assert_eq!(lines("", 4), [""]);
        let digest = "0123456789abcdef".repeat(4);
        assert_eq!(lines(&digest, 5).concat(), digest);
        assert!(lines(&digest, 5).iter().all(|line| line.len() < 12));
    }
}
