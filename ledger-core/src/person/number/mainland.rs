//! 公民身份號碼, GB 11643-1999: six digits of an area, eight of the birth date, three of an order in which the last tells the
//! sex, and a check character by ISO 7064 MOD 11-2. Areas come and go and are not looked at, nor is the sex.

use super::Flaw;
use crate::date::OccurredOn;
use chrono::NaiveDate;

const LENGTH: usize = 18;
const OLD_LENGTH: usize = 15;
/// The weights of the first seventeen digits: 2 to the power of the place from the right, modulo 11.
const WEIGHTS: [u32; LENGTH - 1] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// The check character for each remainder of the weighted sum.
const CHECKS: &[u8; 11] = b"10X98765432";

pub(super) fn check(number: &str) -> Result<(), Flaw> {
    let bytes = number.as_bytes();
    if bytes.len() == OLD_LENGTH && bytes.iter().all(u8::is_ascii_digit) {
        return Err(Flaw::Form(
            "十五位的舊號碼自 2013 年起停用，請填十八位的號碼。\
             Numbers of 15 digits have not been valid since 2013: give the one of 18.",
        ));
    }
    let (body, last) = match bytes.split_last() {
        Some((last, body)) if bytes.len() == LENGTH => (body, *last),
        _ => return Err(SHAPE),
    };
    if !body.iter().all(u8::is_ascii_digit) || !(last.is_ascii_digit() || last == b'X') {
        return Err(SHAPE);
    }
    if birth_date(number).is_none() {
        return Err(Flaw::Date);
    }
    if check_character(body) == Some(last) { Ok(()) } else { Err(Flaw::Checksum) }
}

const SHAPE: Flaw = Flaw::Form(
    "公民身份號碼須為十七位數字加一位檢查碼（數字或 X），請查對證件。\
     An ID number has 17 digits and a check character, a digit or X: check it against the card.",
);

fn check_character(body: &[u8]) -> Option<u8> {
    let sum: u32 = body.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    CHECKS.get((sum % 11) as usize).copied()
}

/// The birth date of a well-formed number, where there is such a day.
pub(super) fn birth_date(number: &str) -> Option<OccurredOn> {
    let part = |from: usize, to: usize| number.get(from..to)?.parse::<u32>().ok();
    let year = i32::try_from(part(6, 10)?).ok()?;
    NaiveDate::from_ymd_opt(year, part(10, 12)?, part(12, 14)?).filter(|_| year >= 1).map(OccurredOn::new)
}

#[cfg(test)]
mod tests {
    use super::super::IdKind;
    use super::super::tests::parse;
    use super::*;
    use crate::Reason;
    use crate::person::BirthDate;
    use proptest::prelude::*;

    fn with_check(body: &str) -> String {
        format!("{body}{}", char::from(check_character(body.as_bytes()).unwrap()))
    }

    #[test]
    fn what_is_no_number_is_refused_with_what_is_wrong() {
        for (raw, reason) in [
            ("110105491231002", Reason::IdFormat),
            ("1101051949123100", Reason::IdFormat),
            ("1101051949123100211", Reason::IdFormat),
            ("X1010519491231002X", Reason::IdFormat),
            ("110105194912310021", Reason::IdChecksum),
            ("11010519491231003X", Reason::IdChecksum),
            (&with_check("00000020230230001"), Reason::IdFormat),
            (&with_check("00000019001301001"), Reason::IdFormat),
            (&with_check("00000019000229001"), Reason::IdFormat),
        ] {
            assert_eq!(parse(IdKind::Mainland, raw).unwrap_err(), reason, "{raw}");
        }
    }

    #[test]
    fn the_old_form_is_told_from_a_miscount() {
        let old = check("110105491231002").unwrap_err();
        assert!(matches!(old, Flaw::Form(text) if text.contains("2013")));
    }

    #[test]
    fn a_day_that_has_not_come_is_no_birth_date() {
        let number = parse(IdKind::Mainland, &with_check("00000020300101001")).unwrap();
        let day = |text: &str| OccurredOn::parse(text, "day").unwrap();
        assert_eq!(number.not_born_after(day("2029-12-31")).unwrap_err().reason(), Reason::IdFormat);
        number.not_born_after(day("2030-01-01")).unwrap();
    }

    proptest! {
        #[test]
        fn every_single_miscopied_digit_and_every_swap_of_neighbours_is_found(
            area in 0_u32..1_000_000, days in 0_i64..40_000, order in 0_u32..1_000, at in 0_usize..17, by in 1_u8..10,
        ) {
            let born = NaiveDate::from_ymd_opt(1920, 1, 1).unwrap() + chrono::TimeDelta::days(days);
            let right = with_check(&format!("{area:06}{}{order:03}", born.format("%Y%m%d")));
            let parsed = parse(IdKind::Mainland, &right).unwrap();
            prop_assert!(parsed.birth_date().unwrap() == BirthDate::new(OccurredOn::new(born)));
            let mut wrong = right.clone().into_bytes();
            wrong[at] = b'0' + (wrong[at] - b'0' + by) % 10;
            let reason = parse(IdKind::Mainland, std::str::from_utf8(&wrong).unwrap()).unwrap_err();
            prop_assert!(matches!(reason, Reason::IdChecksum | Reason::IdFormat));
            let mut swapped = right.clone().into_bytes();
            swapped.swap(at, at + 1);
            if swapped != right.as_bytes() {
                prop_assert!(parse(IdKind::Mainland, std::str::from_utf8(&swapped).unwrap()).is_err());
            }
        }
    }
}
