//! From the bytes of a file to UTF-8 with one line feed behind every line, in chunks. What is no text is an error with
//! its line, never a replacement character: a mangled id would open somebody else's account.

use super::MAX_ROW_BYTES;
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};
use std::io::{self, Read};

const CHUNK_BYTES: usize = 64 * 1024;
const UTF_8_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Why reading stopped, where it was not the operating system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Bytes that are not of the encoding, at a line from 1.
    Undecodable {
        line: u64,
        encoding: &'static str,
    },
    /// A NUL, which no text has, at a line from 1.
    Nul {
        line: u64,
    },
    LongRecord,
    TooManyBytes(u64),
}

/// A decoding reader.
pub(super) struct Decoded<R> {
    input: R,
    encoding: &'static Encoding,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_left: std::ops::Range<usize>,
    raw_total: u64,
    max_bytes: u64,
    text: Vec<u8>,
    text_left: std::ops::Range<usize>,
    input_ended: bool,
    finished: bool,
    after_return: bool,
    last_byte: u8,
    lines: u64,
    record_bytes: usize,
    fault: Option<Fault>,
}

impl<R: Read> Decoded<R> {
    pub(super) fn new(input: R, encoding: &'static Encoding, max_bytes: u64) -> Decoded<R> {
        Decoded {
            input,
            encoding,
            decoder: encoding.new_decoder_with_bom_removal(),
            raw: vec![0; CHUNK_BYTES],
            raw_left: 0..0,
            raw_total: 0,
            max_bytes,
            text: vec![0; CHUNK_BYTES],
            text_left: 0..0,
            input_ended: false,
            finished: false,
            after_return: false,
            last_byte: b'\n',
            lines: 0,
            record_bytes: 0,
            fault: None,
        }
    }

    /// Why reading stopped.
    pub(super) fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// Tells that a new record begins: its bytes are counted from here on, to a chunk or so.
    pub(super) fn begin_record(&mut self) {
        self.record_bytes = 0;
    }

    fn stop(&mut self, fault: Fault) -> io::Error {
        self.fault = Some(fault);
        io::Error::other("stopped")
    }

    fn fill_raw(&mut self) -> io::Result<()> {
        let read = self.input.read(&mut self.raw)?;
        let chunk = self.raw.get(..read).unwrap_or_default();
        let is_first = self.raw_total == 0;
        if is_first && chunk.starts_with(UTF_8_MARK) && self.encoding != UTF_8 {
            return Err(self.stop(Fault::Undecodable { line: 1, encoding: self.encoding.name() }));
        }
        self.raw_total += u64::try_from(read).unwrap_or(u64::MAX);
        if self.raw_total > self.max_bytes {
            return Err(self.stop(Fault::TooManyBytes(self.max_bytes)));
        }
        self.raw_left = 0..read;
        self.input_ended = read == 0;
        Ok(())
    }

    /// Decodes until there is text or the end.
    fn fill_text(&mut self) -> io::Result<()> {
        while self.text_left.is_empty() && !self.finished {
            if self.raw_left.is_empty() && !self.input_ended {
                self.fill_raw()?;
            }
            let raw = self.raw.get(self.raw_left.clone()).unwrap_or_default();
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(raw, &mut self.text, self.input_ended);
            self.raw_left.start += read;
            let nul = self.text.get(..written).unwrap_or_default().iter().position(|byte| *byte == 0);
            if let Some(nul) = nul {
                self.normalise(nul);
                let line = self.lines + 1;
                return Err(self.stop(Fault::Nul { line }));
            }
            self.text_left = 0..self.normalise(written);
            match result {
                DecoderResult::Malformed(..) => {
                    let line = self.lines + 1;
                    return Err(self.stop(Fault::Undecodable { line, encoding: self.encoding.name() }));
                }
                DecoderResult::InputEmpty if self.input_ended => self.finish(),
                DecoderResult::InputEmpty | DecoderResult::OutputFull => {}
            }
        }
        Ok(())
    }

    /// Ends the last line, if the file did not.
    fn finish(&mut self) {
        self.finished = true;
        if self.last_byte != b'\n' {
            let end = self.text_left.end;
            self.text.truncate(end);
            self.text.push(b'\n');
            self.text_left.end = end + 1;
        }
    }

    /// Makes CR LF and lone CR a line feed in the first `length` bytes; gives the length that is left.
    fn normalise(&mut self, length: usize) -> usize {
        let Some(text) = self.text.get_mut(..length) else { return 0 };
        let mut kept = length;
        if self.after_return || text.contains(&b'\r') {
            kept = 0;
            for place in 0..length {
                let byte = text[place];
                let is_second_of_pair = self.after_return && byte == b'\n';
                self.after_return = byte == b'\r';
                if !is_second_of_pair {
                    text[kept] = if byte == b'\r' { b'\n' } else { byte };
                    kept += 1;
                }
            }
        }
        let text = &text[..kept];
        self.lines += text.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        self.last_byte = text.last().copied().unwrap_or(self.last_byte);
        kept
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.fill_text()?;
        let length = self.text_left.len().min(into.len());
        self.record_bytes += length;
        if self.record_bytes > MAX_ROW_BYTES {
            return Err(self.stop(Fault::LongRecord));
        }
        let from = self.text_left.start;
        into[..length].copy_from_slice(&self.text[from..from + length]);
        self.text_left.start += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{BIG5, GB18030};

    /// Gives its bytes a few at a time, as a slow disk would.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let step = self.1.min(into.len());
            self.0.read(&mut into[..step])
        }
    }

    fn decode(bytes: &[u8], encoding: &'static Encoding, step: usize) -> Result<String, Option<Fault>> {
        let mut decoded = Decoded::new(Trickle(bytes, step), encoding, 1_000_000);
        let mut text = String::new();
        match decoded.read_to_string(&mut text) {
            Ok(_) => Ok(text),
            Err(_) => Err(decoded.fault()),
        }
    }

    #[test]
    fn every_encoding_gives_the_same_text_however_it_is_cut() {
        let text = "居民碼,課程\nr0001,書法\n";
        let (gb18030, big5) = (GB18030.encode(text).0, BIG5.encode(text).0);
        let marked = ["\u{FEFF}", text].concat();
        for step in [1, 2, 3, 7, 1000] {
            assert_eq!(decode(text.as_bytes(), UTF_8, step).unwrap(), text);
            assert_eq!(decode(marked.as_bytes(), UTF_8, step).unwrap(), text);
            assert_eq!(decode(&gb18030, GB18030, step).unwrap(), text);
            assert_eq!(decode(&big5, BIG5, step).unwrap(), text);
        }
    }

    #[test]
    fn every_line_ends_with_one_line_feed() {
        for (raw, expected) in [
            ("a\r\nb\r\n", "a\nb\n"),
            ("a\rb", "a\nb\n"),
            ("a\n\r\n\rb\n", "a\n\n\nb\n"),
            ("a", "a\n"),
            ("", ""),
        ] {
            for step in [1, 2, 1000] {
                assert_eq!(decode(raw.as_bytes(), UTF_8, step).unwrap(), expected, "{raw:?}");
            }
        }
    }

    #[test]
    fn what_is_no_text_is_told_by_its_line() {
        let undecodable = |line, encoding| Err(Some(Fault::Undecodable { line, encoding }));
        assert_eq!(decode(b"a\nb\n\xC4\xE3,c\n", UTF_8, 1000), undecodable(3, "UTF-8"));
        assert_eq!(decode(b"a\r\n\xFF\n", GB18030, 1), undecodable(2, "gb18030"));
        assert_eq!(decode(b"a\n\xA4", BIG5, 1000), undecodable(2, "Big5"));
        assert_eq!(decode("\u{FEFF}a".as_bytes(), GB18030, 1000), undecodable(1, "gb18030"));
        assert_eq!(decode(b"\xFF\xFEa\0", UTF_8, 1000), undecodable(1, "UTF-8"));
        assert_eq!(decode(b"a\r\nb\0\n", UTF_8, 1000), Err(Some(Fault::Nul { line: 2 })));
    }

    #[test]
    fn limits_hold() {
        let mut decoded = Decoded::new(io::repeat(b'x'), UTF_8, u64::MAX);
        assert!(io::copy(&mut decoded, &mut io::sink()).is_err());
        assert_eq!(decoded.fault(), Some(Fault::LongRecord));
        let mut decoded = Decoded::new(io::repeat(b'x'), UTF_8, 100_000);
        assert!(io::copy(&mut decoded, &mut io::sink()).is_err());
        assert_eq!(decoded.fault(), Some(Fault::TooManyBytes(100_000)));
    }
}
