//! What the code of a paper says: which paper it is, at which position of which ledger, and the digest of its figures. Whoever
//! may read the ledger can have the figures made anew and compare (docs/print.md).

use super::Subject;
use crate::form::Form;
use sha2::{Digest as _, Sha256};
use std::fmt::{Display, Write as _};

/// The version of the form of claims and digests.
const VERSION: &str = "1";

/// Where no address of the console is known.
const SCHEME: &str = "creditbank:verify";

/// Hexadecimal digits of a digest that are printed: 128 bits.
const DIGITS: usize = 32;

/// What a paper says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The ledger's id.
    pub(crate) ledger: String,
    pub(crate) subject: Subject,
    pub(crate) position: u64,
    pub(crate) digest: String,
}

impl Claim {
    /// The text of the code: an address of the console where one is known.
    pub(crate) fn payload(&self, site: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("v", VERSION);
        query.append_pair("l", &self.ledger);
        for (name, value) in self.subject.fields().iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        query.append_pair("p", &self.position.to_string());
        query.append_pair("d", &self.digest);
        address(site, &query.finish())
    }

    /// Reads the fields of a code; none where it is none of this version.
    pub(crate) fn read(form: &Form) -> Option<Claim> {
        if form.get("v") != VERSION {
            return None;
        }
        let digest = form.get("d").to_ascii_lowercase();
        let hexadecimal = digest.len() == DIGITS && digest.bytes().all(|b| b.is_ascii_hexdigit());
        let position = form.get("p").parse().ok().filter(|position| *position > 0)?;
        let subject = Subject::read(form)?;
        hexadecimal.then(|| Claim { ledger: form.get("l").to_owned(), subject, position, digest })
    }

    /// Reads the text of a code as it was scanned or typed.
    pub(crate) fn scanned(text: &str) -> Option<Claim> {
        let (_, query) = text.trim().split_once('?')?;
        Claim::read(&Form::parse(query.as_bytes()))
    }
}

/// The text of a code: an address of the console where one is known.
pub(super) fn address(site: Option<&str>, query: &str) -> String {
    match site {
        Some(site) => format!("{site}/verify?{query}"),
        None => format!("{SCHEME}?{query}"),
    }
}

/// The digest of a paper's figures: lines of fields, set apart by spaces, ended by line feeds.
#[derive(Debug, Clone)]
pub(crate) struct Figures(Sha256);

impl Figures {
    /// Of a paper about a subject at a position: its first lines.
    pub(crate) fn of(ledger: &str, subject: &Subject, position: u64) -> Figures {
        let mut figures = Figures(Sha256::new());
        figures.line(&[&"creditbank-paper", &VERSION]);
        figures.line(&[&"ledger", &ledger]);
        for (name, value) in subject.fields() {
            figures.line(&[&name, &value]);
        }
        figures.line(&[&"position", &position]);
        figures
    }

    /// A further line. Fields are ids, codes, dates and numbers: none has a space in it.
    pub(crate) fn line(&mut self, fields: &[&dyn Display]) {
        let mut line = String::new();
        for (n, field) in fields.iter().enumerate() {
            // Writing to a string does not fail.
            let _ = write!(line, "{}{field}", if n == 0 { "" } else { " " });
        }
        line.push('\n');
        self.0.update(line.as_bytes());
    }

    /// The digest as it is printed.
    pub(crate) fn digest(self) -> String {
        let mut digest = hex::encode(self.0.finalize());
        digest.truncate(DIGITS);
        digest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_what_is_read() {
        let digest = "0123456789abcdef0123456789abcdef".to_owned();
        for subject in [
            Subject::Statement { account: "residents/r0001".to_owned(), year: 0 },
            Subject::Statement { account: "households/h001".to_owned(), year: 2026 },
            Subject::Score {
                account: "households/h001".to_owned(),
                by: super::super::Yard { standard: "family-default".to_owned(), ..Default::default() },
            },
            Subject::Awards { selection: "s2026".to_owned() },
            Subject::Report { period: "2026-05".to_owned(), organization: "school".to_owned() },
        ] {
            let claim = Claim { ledger: "district".to_owned(), subject, position: 7, digest: digest.clone() };
            for site in [None, Some("https://ledger.example.org")] {
                assert_eq!(Claim::scanned(&claim.payload(site)), Some(claim.clone()), "{site:?}");
            }
        }
    }

    #[test]
    fn what_is_no_code_of_this_version_is_not_read() {
        let good = "creditbank:verify?v=1&l=district&k=statement&s=residents%2Fr0001&p=7&d=0123456789abcdef0123456789abcdef";
        assert!(Claim::scanned(good).is_some());
        for (from, to) in [
            ("v=1", "v=2"),
            ("k=statement", "k=diploma"),
            ("p=7", "p=0"),
            ("p=7", "p=-1"),
            ("cdef&", "&"),
            ("d=0123", "d=01xy"),
            ("residents%2F", "organizations%2F"),
            ("s=residents%2Fr0001", "s="),
            ("?", "#"),
        ] {
            let bad =
                if from == "cdef&" { good[..good.len() - 1].to_owned() } else { good.replace(from, to) };
            assert_eq!(Claim::scanned(&bad), None, "{bad}");
        }
    }
}
