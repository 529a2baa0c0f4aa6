//! Texts of a workbook: each is kept once, one behind the other, and cells name them by number.

use super::fault::Fault;
use super::xml::{Step, Xml};
use super::{MAX_CELL_BYTES, MAX_SHARED_BYTES, MAX_SHARED_TEXTS};
use std::borrow::Cow;

/// The shared texts.
#[derive(Debug, Default)]
pub(super) struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    /// Reads `sharedStrings.xml`. What it says of its own number of texts is not believed.
    pub(super) fn read(mut xml: Xml<'_>) -> Result<Strings, Fault> {
        let mut strings = Strings::default();
        let mut one = String::new();
        loop {
            match xml.next()? {
                Step::Start if xml.tag() == "si" => {
                    one.clear();
                    read_text(&mut xml, &mut one)?;
                    strings.push(&unescaped(&one))?;
                }
                Step::Eof => return Ok(strings),
                _ => {}
            }
        }
    }

    fn push(&mut self, one: &str) -> Result<(), Fault> {
        let length = self.text.len() + one.len();
        let end = u32::try_from(length).ok().filter(|_| length <= MAX_SHARED_BYTES);
        match end.filter(|_| self.ends.len() < MAX_SHARED_TEXTS) {
            Some(end) => {
                self.text.push_str(one);
                self.ends.push(end);
                Ok(())
            }
            None => Err(Fault::TooLarge(format!(
                "活頁簿裡不同的文字超過 {MAX_SHARED_TEXTS} 個或 {} MiB，請拆成幾個檔或另存為 CSV。\
                 The workbook holds too many different texts: split it, or save it as CSV.",
                MAX_SHARED_BYTES / (1024 * 1024)
            ))),
        }
    }

    /// A text by its number.
    pub(super) fn get(&self, number: usize) -> Option<&str> {
        let end = usize::try_from(*self.ends.get(number)?).ok()?;
        let start = match number.checked_sub(1) {
            None => 0,
            Some(before) => usize::try_from(*self.ends.get(before)?).ok()?,
        };
        self.text.get(start..end)
    }
}

/// Reads the text inside an element that has just begun: plain, or in runs of different looks. Readings of the
/// characters (`rPh`) are no part of it.
pub(super) fn read_text(xml: &mut Xml<'_>, into: &mut String) -> Result<(), Fault> {
    let outside = xml.depth().saturating_sub(1);
    let mut is_text = false;
    loop {
        match xml.next()? {
            Step::Start if xml.tag() == "rPh" => xml.skip()?,
            Step::Start => is_text = xml.tag() == "t",
            Step::Text if is_text => {
                into.push_str(xml.text());
                within_a_cell(into, xml.part())?;
            }
            Step::Text => {}
            Step::End if xml.depth() <= outside => return Ok(()),
            Step::End => is_text = false,
            Step::Eof => return Err(xml.damaged()),
        }
    }
}

/// Holds a cell to the length that Excel holds it to.
pub(super) fn within_a_cell(text: &str, part: &str) -> Result<(), Fault> {
    if text.len() <= MAX_CELL_BYTES {
        return Ok(());
    }
    Err(Fault::TooLarge(format!(
        "{part} 裡有一格文字超過試算表一格所能容納，請查對。\
         A text in {part} is longer than a cell of a spreadsheet can be: check it."
    )))
}

/// Takes the escapes of Excel back: `_x000A_` is a line feed (ECMA-376-1 22.9.2.19). Other control characters stay as they
/// are written, for no cell of CSV could hold them.
pub(super) fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains("_x") {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("_x") {
        plain.push_str(before);
        let code = behind.get(..4).filter(|_| behind.get(4..5) == Some("_"));
        let character = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        rest = match character.filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')) {
            Some(character) => {
                plain.push(character);
                behind.get(5..).unwrap_or_default()
            }
            None => {
                plain.push_str("_x");
                behind
            }
        };
    }
    plain.push_str(rest);
    Cow::Owned(plain.replace("\r\n", "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_taken_back_and_other_underscores_stay() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a_x000D_\nb", "a\nb"),
            ("a_x005F_x000D_", "a_x000D_"),
            ("_x0000_", "_x0000_"),
            ("max_x", "max_x"),
            ("_x12", "_x12"),
            ("_xé000_", "_xé000_"),
        ] {
            assert_eq!(unescaped(text), expected);
        }
    }

    #[test]
    fn texts_are_found_by_number() {
        let mut strings = Strings::default();
        for text in ["書法", "", "r0001"] {
            strings.push(text).unwrap();
        }
        let texts: Vec<_> = (0..4).map(|number| strings.get(number)).collect();
        assert_eq!(texts, [Some("書法"), Some(""), Some("r0001"), None]);
        assert!(strings.push(&"x".repeat(MAX_SHARED_BYTES)).is_err());
    }
}
