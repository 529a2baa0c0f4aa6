//! The font: which glyph a character has, how wide it is, and what is printed where there is none.

use crate::PrintError;
use crate::length::Length;
use krilla::text::Font;
use skrifa::raw::TableProvider;
use skrifa::raw::tables::hmtx::Hmtx;
use skrifa::{FontRef, GlyphId, MetadataProvider, charmap::Charmap};
use std::fmt::Write as _;
use std::sync::OnceLock;

/// Noto Sans CJK TC, cut by `fonts/make` to what Chinese official papers need; 1,000 units an em.
static FILE: &[u8] = include_bytes!("../fonts/NotoSansCJKtc-Regular-subset.otf");

/// A font as pages need it.
pub(crate) struct Face {
    /// As the file embeds it.
    pub(crate) font: Font,
    charmap: Charmap<'static>,
    widths: Hmtx<'static>,
}

/// A glyph of a text: its number, its advance in thousandths of the size, the bytes of the text it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glyph {
    pub(crate) id: u32,
    pub(crate) advance: u16,
    pub(crate) bytes: std::ops::Range<usize>,
}

impl Face {
    /// The font of this crate, read once.
    pub(crate) fn shipped() -> Result<&'static Face, PrintError> {
        static SHIPPED: OnceLock<Option<Face>> = OnceLock::new();
        let read = || {
            let table = FontRef::new(FILE).ok()?;
            let font = Font::new(FILE.into(), 0)?;
            Some(Face { font, charmap: table.charmap(), widths: table.hmtx().ok()? })
        };
        let shipped = SHIPPED.get_or_init(read).as_ref();
        shipped.ok_or_else(|| PrintError::Pdf("the font that ships cannot be read".to_owned()))
    }

    /// A text in characters that the font has, and how many it lacked. Line feeds stay, other white space is a space.
    pub(crate) fn spell(&self, text: &str) -> (String, usize) {
        let mut spelled = String::with_capacity(text.len());
        let mut lacking = 0;
        for character in text.chars() {
            if character == '\n' || self.charmap.map(character).is_some() {
                spelled.push(character);
            } else if character == '\t' || character == '\r' {
                spelled.push(' ');
            } else {
                lacking += 1;
                // Writing to a string does not fail.
                let _ = write!(spelled, "[U+{:04X}]", u32::from(character));
            }
        }
        (spelled, lacking)
    }

    /// The glyphs of a text that was spelled.
    pub(crate) fn glyphs(&self, text: &str) -> Vec<Glyph> {
        let glyph = |(at, character): (usize, char)| {
            let id = self.charmap.map(character).unwrap_or(GlyphId::NOTDEF);
            let advance = self.widths.advance(id).unwrap_or_default();
            Glyph { id: id.to_u32(), advance, bytes: at..at + character.len_utf8() }
        };
        text.char_indices().map(glyph).collect()
    }

    /// How wide a text is at a size.
    pub(crate) fn width(&self, text: &str, size: Length) -> Length {
        let advances = self.glyphs(text).into_iter().map(|glyph| i32::from(glyph.advance));
        size.thousandths(advances.fold(0, i32::saturating_add))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_font_lacks_is_told_and_counted() {
        let face = Face::shipped().unwrap();
        assert_eq!(face.spell("甲\u{2252}乙\t丙\u{0007}\n"), ("甲[U+2252]乙 丙[U+0007]\n".to_owned(), 2));
    }

    #[test]
    fn an_ideograph_is_as_wide_as_it_is_high() {
        let face = Face::shipped().unwrap();
        assert_eq!(face.width("學分", Length::tenths(100)), Length::tenths(200));
    }
}
