//! Numbers of passports. ICAO 9303 gives them at most nine letters and digits; what more there is to one knows its country.

use super::Flaw;

const SHORTEST: usize = 5;
const LONGEST: usize = 9;

pub(super) fn check(number: &str) -> Result<(), Flaw> {
    let fits = (SHORTEST..=LONGEST).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && number.bytes().any(|b| b.is_ascii_digit());
    if fits {
        return Ok(());
    }
    Err(Flaw::Form(
        "護照號碼須為五至九位大寫字母和數字，請查對護照。\
         A passport number has five to nine capitals and digits: check it against the passport.",
    ))
}

#[cfg(test)]
mod tests {
    use super::super::IdKind;
    use super::super::tests::parse;
    use crate::Reason;

    #[test]
    fn a_passport_is_looked_at_by_its_form_only() {
        for raw in ["E00000000", "EA0000000", "300000000", "P1234"] {
            parse(IdKind::Passport, raw).unwrap();
        }
        for raw in ["E000", "E000000000", "ABCDEF", "E-000000"] {
            assert_eq!(parse(IdKind::Passport, raw).unwrap_err(), Reason::IdFormat, "{raw}");
        }
    }
}
