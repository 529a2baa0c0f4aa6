//! What can be read of a person, and what for.

use crate::{Reason, Refusal};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A field of a person's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The name.
    Name,
    /// The whole ID number, and its sort.
    IdNumber,
    /// The last four characters of the ID number.
    IdLastFour,
    /// The birth date.
    BirthDate,
    /// The telephone number.
    Phone,
    /// The e-mail address.
    Email,
}

impl Field {
    /// All of them.
    pub const ALL: [Field; 6] =
        [Field::Name, Field::IdNumber, Field::IdLastFour, Field::BirthDate, Field::Phone, Field::Email];

    /// How it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Field::Name => "name",
            Field::IdNumber => "id_number",
            Field::IdLastFour => "id_last_four",
            Field::BirthDate => "birth_date",
            Field::Phone => "phone",
            Field::Email => "email",
        }
    }

    /// Parses the fields that are asked for; each once, in the order of the record.
    ///
    /// # Errors
    /// `FIELD_REQUIRED` where there is none, `FIELD_INVALID` where one is not a field.
    pub fn parse_all(raw: &[String]) -> Result<Vec<Field>, Refusal> {
        if raw.is_empty() {
            return choice("", "fields", &Field::ALL.map(|field| (field.as_str(), field)))
                .map(|one| vec![one]);
        }
        // A list of six names is never long.
        let names = Field::ALL.map(|field| (field.as_str(), field));
        let mut fields = Vec::with_capacity(Field::ALL.len());
        for (n, name) in raw.iter().take(Field::ALL.len() + 1).enumerate() {
            let field = choice(name, &format!("fields[{n}]"), &names)?;
            if fields.contains(&field) {
                return Err(Refusal::field(
                    Reason::FieldInvalid,
                    format!("fields[{n}]"),
                    "同一項出現兩次，請刪去一個。The same field stands twice: remove one.",
                ));
            }
            fields.push(field);
        }
        fields.sort_unstable();
        Ok(fields)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What personal data is read for (PIPL 6: a clear purpose, and no more than it needs).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadPurpose {
    /// 核對身分: whether the account is that of who stands at the desk.
    IdentityCheck,
    /// 聯絡.
    Contact,
    /// 製發證書、證明.
    Certificate,
    /// 評選的審查與表揚.
    Selection,
    /// 更正或刪除資料.
    Correction,
    /// 本人或監護人申請查閱.
    SubjectRequest,
    /// 稽核.
    Audit,
}

impl ReadPurpose {
    /// All of them.
    pub const ALL: [ReadPurpose; 7] = [
        ReadPurpose::IdentityCheck,
        ReadPurpose::Contact,
        ReadPurpose::Certificate,
        ReadPurpose::Selection,
        ReadPurpose::Correction,
        ReadPurpose::SubjectRequest,
        ReadPurpose::Audit,
    ];

    /// How it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ReadPurpose::IdentityCheck => "identity_check",
            ReadPurpose::Contact => "contact",
            ReadPurpose::Certificate => "certificate",
            ReadPurpose::Selection => "selection",
            ReadPurpose::Correction => "correction",
            ReadPurpose::SubjectRequest => "subject_request",
            ReadPurpose::Audit => "audit",
        }
    }

    /// Parses it.
    ///
    /// # Errors
    /// `FIELD_REQUIRED` or `FIELD_INVALID`.
    pub fn parse(raw: &str) -> Result<ReadPurpose, Refusal> {
        choice(raw, "purpose", &ReadPurpose::ALL.map(|purpose| (purpose.as_str(), purpose)))
    }
}

impl fmt::Display for ReadPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One of a few words.
pub(super) fn choice<T: Copy>(raw: &str, field: &str, words: &[(&'static str, T)]) -> Result<T, Refusal> {
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == raw) {
        return Ok(*value);
    }
    let words = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join("、");
    let reason = if raw.is_empty() { Reason::FieldRequired } else { Reason::FieldInvalid };
    Err(Refusal::field(
        reason,
        field,
        format!("{field} 須為 {words} 之一。{field} takes one of these words."),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_asked_for_by_name_and_once() {
        let parse =
            |names: &[&str]| Field::parse_all(&names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        assert_eq!(parse(&["phone", "name"]).unwrap(), [Field::Name, Field::Phone]);
        assert_eq!(parse(&[]).unwrap_err().reason(), Reason::FieldRequired);
        assert_eq!(parse(&["name", "name"]).unwrap_err().field_path(), Some("fields[1]"));
        assert_eq!(parse(&["all"]).unwrap_err().reason(), Reason::FieldInvalid);
        assert_eq!(ReadPurpose::parse("audit").unwrap(), ReadPurpose::Audit);
        assert_eq!(ReadPurpose::parse("curiosity").unwrap_err().reason(), Reason::FieldInvalid);
    }
}
