//! Canaries: personal data that the tests keep in the directory, and the search for it everywhere else, in every way in
//! which it may be written down. Whatever the real program leaves behind is searched when a test lets go of it.

use crate::mainland_number;
use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use encoding_rs::{BIG5, Encoding, GB18030};
use std::path::Path;
use std::sync::OnceLock;

/// The name of somebody who is plainly invented.
pub const NAME: &str = "居民〇〇〇一";
/// Their telephone number.
pub const PHONE: &str = "+86-000-0000-0001";
/// Their address for mail.
pub const EMAIL: &str = "canary-0001@example.invalid";
/// The day of their birth.
pub const BORN: &str = "1978-02-03";

/// Their ID number.
pub fn number() -> String {
    mainland_number("19780203", 1)
}

/// What is looked for: of a telephone number also the part that nobody leaves out.
fn texts() -> Vec<String> {
    [NAME, PHONE, "0000-0001", EMAIL, BORN, "19780203"]
        .map(str::to_owned)
        .into_iter()
        .chain([number()])
        .collect()
}

/// Every way in which a text may stand in bytes.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let in_encoding = |encoding: &'static Encoding| match encoding.encode(text) {
        (bytes, _, false) => Some(bytes.into_owned()),
        // A character that is none of it is written otherwise.
        _ => None,
    };
    let utf16 = |of: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(of).collect::<Vec<u8>>();
    let mut forms = vec![text.as_bytes().to_vec(), utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)];
    forms.extend([GB18030, BIG5].into_iter().filter_map(in_encoding));
    let mut written = Vec::new();
    for bytes in &forms {
        written.push(hex(bytes, false).into_bytes());
        written.push(hex(bytes, true).into_bytes());
        for engine in [&STANDARD, &URL_SAFE] {
            written.extend((0..3).map(|shift| base64_within(engine, bytes, shift)));
        }
    }
    forms.extend(written);
    let wide = |c: char| char::from_u32(u32::from(c) + 0xFEE0).filter(|_| c.is_ascii_graphic()).unwrap_or(c);
    forms.push(text.chars().map(wide).collect::<String>().into_bytes());
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let percent = |c: char| {
        if plain(c) { c.to_string() } else { c.to_string().bytes().map(|b| format!("%{b:02X}")).collect() }
    };
    forms.push(text.chars().map(percent).collect::<String>().into_bytes());
    if !text.is_ascii() {
        let escaped = |form: fn(u32) -> String| text.chars().map(|c| form(u32::from(c))).collect::<String>();
        for form in [|c| format!("\\u{c:04x}"), |c| format!("\\u{c:04X}"), |c| format!("\\u{{{c:x}}}")]
            as [fn(u32) -> String; 3]
        {
            forms.push(escaped(form).into_bytes());
        }
    }
    forms
}

fn hex(bytes: &[u8], upper: bool) -> String {
    bytes.iter().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") }).collect()
}

/// What is the same in base64 whatever stands before and behind, where so many bytes stand before modulo 3.
fn base64_within(engine: &impl Engine, bytes: &[u8], shift: usize) -> Vec<u8> {
    let mut shifted = vec![0; shift];
    shifted.extend_from_slice(bytes);
    let whole = shifted.len() / 3 * 4;
    let first = shift.div_ceil(3) * 4;
    engine.encode(shifted).into_bytes()[first..whole].to_vec()
}

fn automaton() -> &'static AhoCorasick {
    static AUTOMATON: OnceLock<AhoCorasick> = OnceLock::new();
    AUTOMATON.get_or_init(|| AhoCorasick::new(texts().iter().flat_map(|text| forms(text))).unwrap())
}

/// Whether a canary stands in some bytes.
pub fn is_in(bytes: impl AsRef<[u8]>) -> bool {
    automaton().is_match(bytes.as_ref())
}

/// No canary stands in some bytes, nor any of some secrets.
pub fn assert_absent(bytes: impl AsRef<[u8]>, secrets: &[String], what: &str) {
    assert!(!is_in(&bytes), "{what} tells of a person");
    let secrets = secrets.iter().filter(|secret| !secret.is_empty());
    let secrets = AhoCorasick::new(secrets.flat_map(|secret| forms(secret))).unwrap();
    assert!(!secrets.is_match(bytes.as_ref()), "{what} holds a secret");
}

/// No canary stands in any file of a folder.
pub fn scan(folder: &Path) {
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            scan(&path);
        } else {
            assert_absent(std::fs::read(&path).unwrap(), &[], &path.display().to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_is_found_however_it_is_written() {
        let around = |bytes: &[u8]| [b"before ".as_slice(), bytes, b" behind".as_slice()].concat();
        for text in texts() {
            for form in forms(&text) {
                assert!(is_in(around(&form)), "{text} as {}", String::from_utf8_lossy(&form));
            }
            for before in ["", "a", "ab", "abc"] {
                for engine in [&STANDARD, &URL_SAFE] {
                    let hidden = engine.encode(format!("{before}{text} and more"));
                    assert!(is_in(&hidden), "{text} behind {before:?}");
                }
            }
        }
        assert!(!is_in("居民 0001 of 2026-02-03, 000-0000-0002"));
    }
}
