//! Identifiers, parsed once at the edge. All are opaque: none may carry a name or a number of a person.

use crate::{Reason, Refusal};
use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// The longest identifier, in characters (our own default; AIP-122 recommends at most 63).
pub const MAX_ID_LENGTH: usize = 63;

fn canonical(raw: &str) -> String {
    raw.nfkc().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

fn is_slug(text: &str) -> bool {
    (1..=MAX_ID_LENGTH).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
}

fn parse_slug(raw: &str, field: &str) -> Result<CompactString, Refusal> {
    if is_slug(raw) {
        return Ok(CompactString::new(raw));
    }
    if raw.is_empty() {
        return Err(Refusal::field(
            Reason::FieldRequired,
            field,
            format!("{field} 不可空白。Fill in {field}."),
        ));
    }
    let canonical = canonical(raw);
    if is_slug(&canonical) {
        return Err(Refusal::field(
            Reason::NotCanonical,
            field,
            format!("{field} 須用半形小寫，請改為「{canonical}」。Write {field} as \"{canonical}\"."),
        )
        .with("canonical", canonical));
    }
    Err(Refusal::field(
        Reason::FieldInvalid,
        field,
        format!(
            "{field} 只能用小寫英文字母、數字和連字號，最長 {MAX_ID_LENGTH} 字。\
             {field} takes lower-case letters, digits and hyphens, at most {MAX_ID_LENGTH}."
        ),
    ))
}

macro_rules! slug_ids {
    ($($(#[$doc:meta])* $name:ident, $field:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(CompactString);

        impl $name {
            /// Parses the identifier.
            ///
            /// # Errors
            /// `FIELD_REQUIRED`, `NOT_CANONICAL` (with the canonical form) or `FIELD_INVALID`.
            pub fn parse(raw: &str) -> Result<Self, Refusal> {
                parse_slug(raw, $field).map(Self)
            }

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

slug_ids! {
    /// One district's ledger.
    LedgerId, "ledger";
    /// An organisation: school, college, community, enterprise, department.
    OrganizationId, "organization";
    /// A resident's learning account; random or issued by the district, never an ID number.
    ResidentId, "resident";
    /// A household's learning account.
    HouseholdId, "household";
    /// A course.
    CourseId, "course";
    /// A volunteer team.
    TeamId, "team";
    /// A version of a course.
    VersionId, "version";
    /// A session of an activity: a morning, a lesson, one evening of a series.
    SessionId, "session";
    /// A credit policy.
    PolicyId, "policy";
    /// A batch of entries that came together, such as a file.
    BatchId, "batch";
    /// An indicator.
    IndicatorId, "indicator";
    /// A standard that candidates are selected by.
    StandardId, "standard";
    /// A selection: one standard in one year.
    SelectionId, "selection";
    /// A credential: what opens the door to one person in one role.
    CredentialId, "credential";
    /// Someone who acts for an organisation: the number of a post or an account, never a name.
    PersonId, "person";
}

impl LedgerId {
    /// The ledger of the deployment itself: it holds the credentials of those who run it, and no district's learning.
    #[must_use]
    pub fn deployment() -> LedgerId {
        LedgerId(CompactString::const_new("deployment"))
    }
}

impl PersonId {
    /// Whether another reads like this one (UTS 39): case and width are the same in all of them, and `officer-01` and
    /// `officer-0l` are taken for one actor.
    #[must_use]
    pub fn reads_like(&self, other: &PersonId) -> bool {
        skeleton(self.as_str()) == skeleton(other.as_str())
    }
}

/// A code of a code list: letters, digits, `-`, `_`, `.`; case counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(CompactString);

/// The longest code, in characters.
pub const MAX_CODE_LENGTH: usize = 40;

impl Code {
    /// Parses a code of the list or field named `field`.
    ///
    /// # Errors
    /// `FIELD_REQUIRED`, `NOT_CANONICAL` or `FIELD_INVALID`.
    pub fn parse(raw: &str, field: &str) -> Result<Code, Refusal> {
        let fits = |text: &str| {
            (1..=MAX_CODE_LENGTH).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        };
        if fits(raw) {
            return Ok(Code(CompactString::new(raw)));
        }
        if raw.is_empty() {
            return Err(Refusal::field(
                Reason::FieldRequired,
                field,
                format!("{field} 不可空白。Fill in {field}."),
            ));
        }
        let folded: String = raw.nfkc().filter(|c| !c.is_whitespace()).collect();
        if fits(&folded) {
            return Err(Refusal::field(
                Reason::NotCanonical,
                field,
                format!("{field} 須用半形，請改為「{folded}」。Write {field} as \"{folded}\"."),
            )
            .with("canonical", folded));
        }
        Err(Refusal::field(
            Reason::FieldInvalid,
            field,
            format!(
                "{field} 只能用英文字母、數字和 - _ .，最長 {MAX_CODE_LENGTH} 字。\
                 {field} takes letters, digits and - _ ., at most {MAX_CODE_LENGTH}."
            ),
        ))
    }

    /// A code known to be well formed, for constants of the program.
    #[must_use]
    pub const fn constant(text: &'static str) -> Code {
        Code(CompactString::const_new(text))
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The client's name for one request: unique for ever within a poster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(CompactString);

impl RequestId {
    /// Parses a request id: 16–64 visible ASCII characters. A time-ordered UUID (version 7) is best: ids that arrive
    /// in order cost the store least.
    ///
    /// # Errors
    /// `IDEMPOTENCY_KEY_INVALID`.
    pub fn parse(raw: &str) -> Result<RequestId, Refusal> {
        if (16..=64).contains(&raw.len()) && raw.bytes().all(|b| b.is_ascii_graphic()) {
            return Ok(RequestId(CompactString::new(raw)));
        }
        Err(Refusal::field(
            Reason::IdempotencyKeyInvalid,
            "request_id",
            "request_id 須為 16–64 個可見的 ASCII 字元（例如 UUID），請為每次記帳另取一個並保存到成功為止。\
             Give each posting its own request_id of 16–64 visible ASCII characters, such as a UUID, \
             and keep it until the posting succeeded.",
        ))
    }

    /// The request id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whose account an entry is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "type", content = "id", rename_all = "snake_case")]
pub enum AccountId {
    /// A resident.
    Resident(ResidentId),
    /// A household.
    Household(HouseholdId),
    /// An organisation.
    Organization(OrganizationId),
}

impl AccountId {
    /// The name below the ledger, as in `residents/r0001`.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            AccountId::Resident(id) => format!("residents/{id}"),
            AccountId::Household(id) => format!("households/{id}"),
            AccountId::Organization(id) => format!("organizations/{id}"),
        }
    }

    /// Whether that is its name.
    #[must_use]
    pub fn is_path(&self, path: &str) -> bool {
        let (collection, own) = match self {
            AccountId::Resident(id) => ("residents", id.as_str()),
            AccountId::Household(id) => ("households", id.as_str()),
            AccountId::Organization(id) => ("organizations", id.as_str()),
        };
        path.split_once('/') == Some((collection, own))
    }

    /// Parses a name such as `residents/r0001`.
    ///
    /// # Errors
    /// `RESOURCE_NAME_INVALID`, or what the identifier's own parser says.
    pub fn parse_path(path: &str) -> Result<AccountId, Refusal> {
        match path.split_once('/').filter(|(_, id)| !id.contains('/')) {
            Some(("residents", id)) => ResidentId::parse(id).map(AccountId::Resident),
            Some(("households", id)) => HouseholdId::parse(id).map(AccountId::Household),
            Some(("organizations", id)) => OrganizationId::parse(id).map(AccountId::Organization),
            _ => Err(Refusal::field(
                Reason::ResourceNameInvalid,
                "account",
                "帳戶名稱須為 residents/…、households/… 或 organizations/…。\
                 An account is residents/…, households/… or organizations/….",
            )),
        }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

/// An account in the bytes of a state: its path. The form of the log names its parts, which those bytes do not.
pub(crate) mod as_path {
    use super::AccountId;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(account: &AccountId, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&account.path())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<AccountId, D::Error> {
        AccountId::parse_path(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// Accounts in the bytes of a state, as [`as_path`].
pub(crate) mod as_paths {
    use super::AccountId;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(accounts: &[AccountId], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(accounts.iter().map(AccountId::path))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<AccountId>, D::Error> {
        let paths = Vec::<String>::deserialize(from)?;
        paths.iter().map(|path| AccountId::parse_path(path).map_err(D::Error::custom)).collect()
    }
}

/// The UTS 39 skeleton of a code: equal skeletons look alike (`school-1` and `school-l`).
#[must_use]
pub fn skeleton(code: &str) -> String {
    unicode_security::skeleton(code).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_and_capitals_are_refused_with_the_canonical_form() {
        let refusal = ResidentId::parse("Ｒ０００１").unwrap_err();
        assert_eq!(refusal.reason(), Reason::NotCanonical);
        assert_eq!(refusal.metadata(), [("canonical", "r0001".to_owned())]);
        assert_eq!(OrganizationId::parse("Cheng Bei").unwrap_err().metadata()[0].1, "chengbei");
    }

    #[test]
    fn persons_that_read_alike_are_one_actor() {
        let person = |raw: &str| PersonId::parse(raw).unwrap();
        assert!(person("officer-01").reads_like(&person("officer-0l")));
        assert!(!person("officer-01").reads_like(&person("officer-02")));
        for written_otherwise in ["Officer-01", "ｏfficer-01", "officer-０１"] {
            let refusal = PersonId::parse(written_otherwise).unwrap_err();
            assert_eq!(refusal.reason(), Reason::NotCanonical, "{written_otherwise}");
        }
    }

    #[test]
    fn request_ids_are_visible_ascii_of_16_to_64() {
        assert!(RequestId::parse("0123456789abcdef").is_ok());
        for bad in ["", "short", "0123456789 abcdef", "０１２３４５６７８９", &"x".repeat(65)] {
            assert_eq!(RequestId::parse(bad).unwrap_err().reason(), Reason::IdempotencyKeyInvalid, "{bad}");
        }
    }

    #[test]
    fn codes_that_look_alike_share_a_skeleton() {
        assert_eq!(skeleton("school-1"), skeleton("school-l"));
        assert_ne!(skeleton("school-1"), skeleton("school-2"));
    }
}
