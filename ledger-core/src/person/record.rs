//! What the directory keeps of a person.

use super::birth::BirthDate;
use super::contact::{Email, Phone};
use super::field::Field;
use super::name::Name;
use super::number::{IdKind, IdNumber};
use super::secret::Secret;
use crate::date::OccurredOn;
use crate::{Reason, Refusal};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

/// The bytes of every record: all are of one length, so that a sealed one does not tell how long a name is.
pub const RECORD_BYTES: usize = 768;

/// The form of the bytes.
const VERSION: u8 = 1;

/// The bytes are not those of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the record is not of a form that this program knows")]
pub struct Malformed;

/// A person's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name.
    pub name: Name,
    /// The ID number, if one is kept.
    pub id: Option<IdNumber>,
    /// The birth date. There is always one: without it nobody could tell whose data needs a guardian's consent.
    pub birth_date: BirthDate,
    /// The telephone number.
    pub phone: Option<Phone>,
    /// The e-mail address.
    pub email: Option<Email>,
}

impl Person {
    /// A record whose parts agree. A birth date that is not stated is that of the ID number.
    ///
    /// # Errors
    /// `ID_FORMAT` where the number is of somebody not yet born, `ID_BIRTHDATE_MISMATCH`, `FIELD_REQUIRED` where neither
    /// tells the birth date, or what is wrong with the stated one.
    pub fn new(
        name: Name,
        id: Option<IdNumber>,
        stated_birth_date: &Secret,
        (phone, email): (Option<Phone>, Option<Email>),
        today: OccurredOn,
    ) -> Result<Person, Refusal> {
        const FIELD: &str = "birth_date";
        id.as_ref().map_or(Ok(()), |id| id.not_born_after(today))?;
        let of_the_number = id.as_ref().and_then(IdNumber::birth_date);
        let birth_date = match of_the_number {
            Some(born) if stated_birth_date.expose().is_empty() => born,
            of_the_number => {
                let stated = BirthDate::parse(stated_birth_date.expose(), FIELD, today)?;
                if of_the_number.is_some_and(|born| born != stated) {
                    return Err(Refusal::field(
                        Reason::IdBirthdateMismatch,
                        FIELD,
                        "出生日期和證件號碼裡的不同，請查對兩者。\
                         The birth date is not the one in the ID number: check both.",
                    ));
                }
                stated
            }
        };
        Ok(Person { name, id, birth_date, phone, email })
    }

    /// The fields it has.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        let has = [
            (Field::Name, true),
            (Field::IdNumber, self.id.is_some()),
            (Field::BirthDate, true),
            (Field::Phone, self.phone.is_some()),
            (Field::Email, self.email.is_some()),
        ];
        has.into_iter().filter(|(_, has)| *has).map(|(field, _)| field).collect()
    }

    /// Its bytes, to be sealed.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let (kind, number) = self.id.as_ref().map_or(("", ""), |id| (id.kind().as_str(), id.expose()));
        let birth_date = Zeroizing::new(self.birth_date.expose().to_string());
        let wire = Wire {
            version: VERSION,
            name: self.name.expose(),
            kind,
            number,
            birth_date: &birth_date,
            phone: self.phone.as_ref().map_or("", Phone::expose),
            email: self.email.as_ref().map_or("", Email::expose),
        };
        let mut bytes = Zeroizing::new(vec![0; RECORD_BYTES]);
        // The parts have limits that fit in together (a test holds the longest against it).
        let written = postcard::to_slice(&wire, &mut bytes).is_ok();
        debug_assert!(written, "a record is longer than its bytes");
        bytes
    }

    /// The record of some bytes.
    ///
    /// # Errors
    /// Where they are no record.
    pub fn decode(bytes: &[u8]) -> Result<Person, Malformed> {
        let (wire, _) = postcard::take_from_bytes::<Wire<'_>>(bytes).map_err(|_| Malformed)?;
        if wire.version != VERSION {
            return Err(Malformed);
        }
        let secret = |text: &str| Secret::new(text.to_owned());
        let given = |text: &str| (!text.is_empty()).then(|| secret(text));
        let id = match given(wire.number) {
            Some(number) => {
                let kind = IdKind::parse(wire.kind).map_err(|_| Malformed)?;
                Some(IdNumber::parse(kind, number).map_err(|_| Malformed)?)
            }
            None => None,
        };
        Ok(Person {
            name: Name::parse(&secret(wire.name), "name").map_err(|_| Malformed)?,
            id,
            birth_date: BirthDate::parse(wire.birth_date, "birth_date", OccurredOn::LAST)
                .map_err(|_| Malformed)?,
            phone: given(wire.phone).map(Phone::parse).transpose().map_err(|_| Malformed)?,
            email: given(wire.email).map(Email::parse).transpose().map_err(|_| Malformed)?,
        })
    }
}

/// The bytes, borrowed: nothing of a person is copied to write or read them.
#[derive(Serialize, Deserialize)]
struct Wire<'a> {
    version: u8,
    name: &'a str,
    kind: &'a str,
    number: &'a str,
    birth_date: &'a str,
    phone: &'a str,
    email: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    fn today() -> OccurredOn {
        OccurredOn::parse("2026-06-01", "today").unwrap()
    }

    fn person(number: Option<&str>, born: &str) -> Result<Person, Refusal> {
        let id = number.map(|number| IdNumber::parse(IdKind::Mainland, secret(number)).unwrap());
        Person::new(Name::parse(&secret("居民一"), "name")?, id, &secret(born), (None, None), today())
    }

    #[test]
    fn the_birth_date_of_the_number_is_that_of_the_person() {
        let of_number = person(Some("11010519491231002X"), "").unwrap();
        assert_eq!(of_number.birth_date.expose().to_string(), "1949-12-31");
        assert_eq!(person(Some("11010519491231002X"), "1949-12-31").unwrap(), of_number);
        for (number, born, reason) in [
            (Some("11010519491231002X"), "1949-12-30", Reason::IdBirthdateMismatch),
            (None, "", Reason::FieldRequired),
            (None, "2026-06-02", Reason::OccurredInFuture),
        ] {
            let refusal = person(number, born).unwrap_err();
            assert_eq!((refusal.reason(), refusal.field_path()), (reason, Some("birth_date")));
        }
        assert_eq!(of_number.fields(), [Field::Name, Field::IdNumber, Field::BirthDate]);
        assert!(!format!("{of_number:?}").contains("1949") && !format!("{of_number:?}").contains("居"));
    }

    #[test]
    fn the_longest_record_fits_and_all_are_of_one_length() {
        let longest = Person {
            name: Name::parse(&secret(&"\u{20000}".repeat(64)), "name").unwrap(),
            id: Some(IdNumber::parse(IdKind::Mainland, secret("11010519491231002X")).unwrap()),
            birth_date: BirthDate::parse("1949-12-31", "birth_date", today()).unwrap(),
            phone: Some(Phone::parse(secret("+86-0000-0000-0000")).unwrap()),
            email: Some(Email::parse(secret(&format!("{}@example.org", "a".repeat(242)))).unwrap()),
        };
        for held in [longest, person(None, "2000-01-01").unwrap()] {
            let bytes = held.encode();
            assert_eq!(bytes.len(), RECORD_BYTES);
            assert_eq!(Person::decode(&bytes).unwrap(), held);
        }
        assert_eq!(Person::decode(&[2; RECORD_BYTES]), Err(Malformed));
        assert_eq!(Person::decode(&[]), Err(Malformed));
    }

    proptest! {
        #[test]
        fn records_survive_their_bytes(name in "[\u{4E00}-\u{9FFF}]{1,64}", days in 0_i64..40_000, digits in "[0-9]{5,15}") {
            let born = OccurredOn::new(chrono::NaiveDate::from_ymd_opt(1910, 1, 1).unwrap() + chrono::TimeDelta::days(days));
            let held = Person {
                name: Name::parse(&secret(&name), "name").unwrap(),
                id: None,
                birth_date: BirthDate::new(born),
                phone: Some(Phone::parse(secret(&digits)).unwrap()),
                email: None,
            };
            prop_assert_eq!(Person::decode(&held.encode()).unwrap(), held);
        }

        #[test]
        fn no_bytes_make_the_reader_fall_over(bytes in proptest::collection::vec(any::<u8>(), 0..RECORD_BYTES)) {
            let _ = Person::decode(&bytes);
        }
    }
}
