//! The XML of a part, event by event: in UTF-8, without a DTD, no tag or text longer than a cell may be, and no deeper than
//! a workbook is. So nothing that a file says makes the reader's memory grow.

use super::archive::Part;
use super::fault::{Fault, Stop, fault_of};
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::io::{self, BufRead, BufReader, Read};

/// The longest tag or text, in bytes. A cell of Excel holds 32,767 characters of up to four bytes.
pub(super) const MAX_TOKEN_BYTES: usize = 128 * 1024;
/// The deepest nesting (our own default): the deepest of the standard's own parts, drawings, stay below it.
const MAX_DEPTH: usize = 64;

/// Counts the bytes of one event.
struct Bounded<R> {
    inner: R,
    taken: usize,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.inner.read(into)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.taken > MAX_TOKEN_BYTES {
            return Err(Stop::LongToken.into());
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.taken += bytes;
        self.inner.consume(bytes);
    }
}

/// What was come upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// An element begins: [`Xml::tag`], [`Xml::attributes`].
    Start,
    /// An element ends.
    End,
    /// A piece of text: [`Xml::text`].
    Text,
    /// The part ends, with every element closed.
    Eof,
}

/// A part read as XML.
pub(super) struct Xml<'a> {
    reader: Reader<Bounded<BufReader<Part<'a>>>>,
    buffer: Vec<u8>,
    /// The tag or the text that was come upon last.
    content: String,
    tag_length: usize,
    depth: usize,
    part: String,
}

impl<'a> Xml<'a> {
    /// Begins to read `part`, called `name` in what users are told.
    pub(super) fn new(part: Part<'a>, name: &str) -> Result<Xml<'a>, Fault> {
        let mut bytes = BufReader::with_capacity(16 * 1024, part);
        let head = bytes.fill_buf().map_err(|error| fault_of(&error, name))?;
        // UTF-16 would hide a DTD from whoever looks for one byte by byte; no spreadsheet program writes it.
        if head.iter().take(4).any(|byte| matches!(byte, 0 | 0xFE | 0xFF)) {
            return Err(Fault::not_utf_8(name));
        }
        let mut reader = Reader::from_reader(Bounded { inner: bytes, taken: 0 });
        reader.config_mut().expand_empty_elements = true;
        let part = name.to_owned();
        Ok(Xml { reader, buffer: Vec::new(), content: String::new(), tag_length: 0, depth: 0, part })
    }

    /// The part's name.
    pub(super) fn part(&self) -> &str {
        &self.part
    }

    /// How many elements are open.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// The name of the tag, without its prefix.
    pub(super) fn tag(&self) -> &str {
        let tag = self.content.get(..self.tag_length).unwrap_or_default();
        tag.rsplit_once(':').map_or(tag, |(_, local)| local)
    }

    /// The text.
    pub(super) fn text(&self) -> &str {
        &self.content
    }

    /// Tells the attributes of the tag: name without prefix, and value. They are looked through without the check for
    /// doubles, which takes time in the square of their number.
    ///
    /// # Errors
    /// The part is damaged.
    pub(super) fn attributes(&self, mut each: impl FnMut(&str, &str)) -> Result<(), Fault> {
        let tag = BytesStart::from_content(self.content.as_str(), self.tag_length);
        let mut attributes = tag.attributes();
        attributes.with_checks(false);
        for attribute in attributes {
            let attribute = attribute.map_err(|_| self.damaged())?;
            let value = quick_xml::escape::unescape(&attribute.value).map_err(|_| self.damaged())?;
            each(attribute.key.local_name().as_ref(), &value);
        }
        Ok(())
    }

    /// One attribute of the tag.
    pub(super) fn attribute(&self, name: &str) -> Result<Option<String>, Fault> {
        let mut found = None;
        self.attributes(|key, value| {
            if key == name {
                found = Some(value.to_owned());
            }
        })?;
        Ok(found)
    }

    /// The fault of a part that is not as it should be.
    pub(super) fn damaged(&self) -> Fault {
        Fault::damaged(&self.part)
    }

    /// Goes on to the next tag or text.
    pub(super) fn next(&mut self) -> Result<Step, Fault> {
        loop {
            self.buffer.clear();
            self.reader.get_mut().taken = 0;
            let part = &self.part;
            let event = self.reader.read_event_into(&mut self.buffer).map_err(|error| match error {
                quick_xml::Error::Io(error) => fault_of(&error, part),
                _ => Fault::damaged(part),
            })?;
            self.content.clear();
            self.tag_length = 0;
            match event {
                Event::Start(_) if self.depth == MAX_DEPTH => return Err(Fault::damaged(part)),
                Event::Start(tag) => {
                    self.depth += 1;
                    self.content.push_str(&tag);
                    self.tag_length = tag.name().as_ref().len();
                    return Ok(Step::Start);
                }
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Step::End);
                }
                Event::Text(text) => self.content.push_str(&text.xml10_content()),
                Event::CData(text) => self.content.push_str(&text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let character = character(&reference).ok_or_else(|| Fault::damaged(part))?;
                    self.content.push(character);
                }
                Event::Eof if self.depth > 0 => return Err(Fault::damaged(part)),
                Event::Eof => return Ok(Step::Eof),
                Event::DocType(_) => {
                    return Err(Fault::Active(format!(
                        "{part} 夾帶 DTD 定義，一般的活頁簿沒有；請把名單複製到新的活頁簿再匯入。\
                         {part} carries a DTD, as no ordinary workbook does: copy the list into a new workbook."
                    )));
                }
                Event::Decl(declaration) => {
                    let is_known = |encoding: &str| {
                        ["utf-8", "us-ascii"].iter().any(|known| encoding.eq_ignore_ascii_case(known))
                    };
                    let encoding = declaration.encoding();
                    if encoding.is_some_and(|named| !named.is_ok_and(|encoding| is_known(&encoding))) {
                        return Err(Fault::not_utf_8(part));
                    }
                    continue;
                }
                _ => continue,
            }
            return Ok(Step::Text);
        }
    }

    /// Reads on to the end of the element that was begun last.
    pub(super) fn skip(&mut self) -> Result<(), Fault> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            self.next()?;
        }
        Ok(())
    }
}

fn character(reference: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Some(character);
    }
    Some(match reference.as_ref() {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}
