//! ID numbers: what identifies a person before the law. Only the form is looked at; whether the number was ever given out
//! knows the authority that gives them.

mod mainland;
mod passport;
mod taiwan;

use super::birth::BirthDate;
use super::secret::Secret;
use crate::date::OccurredOn;
use crate::{Reason, Refusal};
use std::fmt;

/// How many characters of a number are shown.
pub const LAST_SHOWN: usize = 4;

/// The field that refusals name.
const FIELD: &str = "id_number";

/// Of what sort an ID number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdKind {
    /// 公民身份號碼 (GB 11643-1999), also on the permits of foreigners and of residents of Hong Kong, Macao and Taiwan.
    Mainland,
    /// 國民身分證統一編號.
    Taiwan,
    /// 居留證統一證號, the form given out since 2021.
    TaiwanResident,
    /// A passport, of any country.
    Passport,
}

impl IdKind {
    /// All of them.
    pub const ALL: [IdKind; 4] = [IdKind::Mainland, IdKind::Taiwan, IdKind::TaiwanResident, IdKind::Passport];

    /// How it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            IdKind::Mainland => "mainland",
            IdKind::Taiwan => "taiwan",
            IdKind::TaiwanResident => "taiwan_resident",
            IdKind::Passport => "passport",
        }
    }

    /// Parses it.
    ///
    /// # Errors
    /// `FIELD_REQUIRED` or `FIELD_INVALID`.
    pub fn parse(raw: &str) -> Result<IdKind, Refusal> {
        super::field::choice(raw, "id_kind", &IdKind::ALL.map(|kind| (kind.as_str(), kind)))
    }
}

/// An ID number in its one canonical form.
#[derive(Clone, PartialEq, Eq)]
pub struct IdNumber {
    kind: IdKind,
    number: Secret,
}

impl IdNumber {
    /// Parses a number: half-width, in capitals, without spaces.
    ///
    /// # Errors
    /// `FIELD_REQUIRED`, `NOT_CANONICAL`, `ID_FORMAT` or `ID_CHECKSUM`; none tells the number.
    pub fn parse(kind: IdKind, number: Secret) -> Result<IdNumber, Refusal> {
        if number.expose().is_empty() {
            return Err(Refusal::field(
                Reason::FieldRequired,
                FIELD,
                "請填寫證件號碼。Fill in the ID number.",
            ));
        }
        let check = match kind {
            IdKind::Mainland => mainland::check,
            IdKind::Taiwan => taiwan::check_national,
            IdKind::TaiwanResident => taiwan::check_resident,
            IdKind::Passport => passport::check,
        };
        match check(number.expose()) {
            Ok(()) => Ok(IdNumber { kind, number }),
            Err(flaw) => {
                let canonical = number.canonical();
                let other = canonical != number && check(canonical.expose()).is_ok();
                Err(if other { not_canonical(FIELD) } else { flaw.refusal(FIELD) })
            }
        }
    }

    /// Its sort.
    #[must_use]
    pub fn kind(&self) -> IdKind {
        self.kind
    }

    /// The number.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.number.expose()
    }

    /// The last four characters, for display.
    #[must_use]
    pub fn last_four(&self) -> &str {
        // All forms are of ASCII, and longer.
        let number = self.number.expose();
        number.get(number.len().saturating_sub(LAST_SHOWN)..).unwrap_or_default()
    }

    /// The birth date in the number; none where it has none.
    #[must_use]
    pub fn birth_date(&self) -> Option<BirthDate> {
        match self.kind {
            IdKind::Mainland => mainland::birth_date(self.number.expose()).map(BirthDate::new),
            _ => None,
        }
    }

    /// Refuses a number that says somebody is born after a day.
    ///
    /// # Errors
    /// `ID_FORMAT`.
    pub fn not_born_after(&self, today: OccurredOn) -> Result<(), Refusal> {
        match self.birth_date() {
            Some(born) if born.is_after(today) => Err(Flaw::Date.refusal(FIELD)),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} …", self.kind)
    }
}

/// What is wrong with the form of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Other characters, or another count of them, with the sentence that says which it takes.
    Form(&'static str),
    /// The date in it is none, or has not come yet.
    Date,
    /// The check digit does not fit.
    Checksum,
}

impl Flaw {
    /// The refusal, which tells nothing of the number.
    pub(super) fn refusal(self, field: &str) -> Refusal {
        match self {
            Flaw::Form(message) => Refusal::field(Reason::IdFormat, field, message),
            Flaw::Date => Refusal::field(
                Reason::IdFormat,
                field,
                "號碼裡的出生日期不是曆上已有的日子，請查對證件。\
                 The date in the number is no day that has come: check it against the card.",
            ),
            Flaw::Checksum => Refusal::field(
                Reason::IdChecksum,
                field,
                "號碼的檢查碼不符，多半是抄錯一碼，請查對證件。\
                 The check digit does not fit, most likely a digit was miscopied: check it against the card.",
            ),
        }
    }
}

/// Written in another way than the canonical one, which is not told: it would be the number.
pub(super) fn not_canonical(field: &str) -> Refusal {
    Refusal::field(
        Reason::NotCanonical,
        field,
        format!(
            "{field} 須用半形、大寫，中間不可有空格，請重新輸入。\
             Write {field} in half-width characters and capitals, without spaces."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(super) fn parse(kind: IdKind, number: &str) -> Result<IdNumber, Reason> {
        IdNumber::parse(kind, Secret::new(number.to_owned())).map_err(|refusal| {
            let told = format!("{} {:?}", refusal.message(), refusal.metadata());
            assert!(number.len() < 6 || !told.contains(number), "a refusal tells the number");
            refusal.reason()
        })
    }

    #[test]
    fn published_examples_are_taken_and_show_their_last_four() {
        // GB 11643-1999 appendix; the sample cards of the Ministry of the Interior and the National Immigration Agency.
        for (kind, number, last) in [
            (IdKind::Mainland, "11010519491231002X", "002X"),
            (IdKind::Mainland, "440524188001010014", "0014"),
            (IdKind::Taiwan, "A123456789", "6789"),
            (IdKind::TaiwanResident, "A800000014", "0014"),
            (IdKind::Passport, "E00000000", "0000"),
        ] {
            let parsed = parse(kind, number).unwrap();
            assert_eq!((parsed.last_four(), parsed.kind()), (last, kind));
            assert!(!format!("{parsed:?}").contains(last));
        }
    }

    #[test]
    fn another_way_of_writing_is_refused_without_telling_the_right_one() {
        for (kind, raw) in [
            (IdKind::Mainland, "11010519491231002x"),
            (IdKind::Mainland, "１１０１０５１９４９１２３１００２Ｘ"),
            (IdKind::Mainland, "110105 19491231 002X"),
            (IdKind::Mainland, " 11010519491231002X"),
            (IdKind::Taiwan, "a123456789"),
            (IdKind::Passport, "e00000000"),
        ] {
            let refusal = IdNumber::parse(kind, Secret::new(raw.to_owned())).unwrap_err();
            assert_eq!((refusal.reason(), refusal.metadata().len()), (Reason::NotCanonical, 0), "{raw}");
            assert!(!refusal.message().contains("002X"));
        }
    }

    #[test]
    fn a_kind_is_one_of_four() {
        assert_eq!(IdKind::parse("taiwan").unwrap(), IdKind::Taiwan);
        assert_eq!(IdKind::parse("").unwrap_err().reason(), Reason::FieldRequired);
        assert_eq!(IdKind::parse("driver").unwrap_err().reason(), Reason::FieldInvalid);
    }

    proptest! {
        #[test]
        fn no_text_makes_a_parser_fall_over(raw in "\\PC{0,24}", kind in prop::sample::select(IdKind::ALL.to_vec())) {
            let _ = parse(kind, &raw);
        }
    }
}
