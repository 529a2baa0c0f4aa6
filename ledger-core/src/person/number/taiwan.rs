//! 國民身分證統一編號 and 居留證統一證號: a letter of a place, nine digits of which the first tells the sort and sex and the
//! last is the check digit. Both have one check.

use super::Flaw;

const LENGTH: usize = 10;
/// The weights of the two digits that stand for the letter, and of the nine that follow.
const WEIGHTS: [u32; 11] = [1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1];
/// The two digits that stand for each letter, A to Z.
const LETTERS: [u32; 26] =
    [10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33];

/// A national ID: the first digit is 1 or 2.
pub(super) fn check_national(number: &str) -> Result<(), Flaw> {
    check(number, b"12").map_err(|flaw| {
        flaw.unwrap_or(Flaw::Form(
            "身分證統一編號須為一個大寫字母和九位數字，第一位是 1 或 2，請查對證件。\
             A national ID has a letter and nine digits, the first of which is 1 or 2: check it against the card.",
        ))
    })
}

/// The number of a resident certificate in the form of 2021: the first digit is 8 or 9.
pub(super) fn check_resident(number: &str) -> Result<(), Flaw> {
    check(number, b"89").map_err(|flaw| {
        flaw.unwrap_or(Flaw::Form(
            "居留證統一證號須為 2021 年起的新式：一個大寫字母和九位數字，第一位是 8 或 9；舊式請先換號。\
             A resident certificate has the form of 2021, a letter and nine digits, the first of which is 8 or 9: \
             have an older number changed first.",
        ))
    })
}

/// No flaw that is told apart: of another form.
fn check(number: &str, first: &[u8; 2]) -> Result<(), Option<Flaw>> {
    let (letter, digits) = match number.as_bytes().split_first() {
        Some((letter, digits)) if number.len() == LENGTH => (*letter, digits),
        _ => return Err(None),
    };
    if !digits.iter().all(u8::is_ascii_digit) || !first.contains(&digits[0]) {
        return Err(None);
    }
    let place = letter.checked_sub(b'A').and_then(|n| LETTERS.get(usize::from(n))).ok_or(None)?;
    let values = [place / 10, place % 10].into_iter().chain(digits.iter().map(|d| u32::from(d - b'0')));
    let sum: u32 = values.zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
    if sum.is_multiple_of(10) { Ok(()) } else { Err(Some(Flaw::Checksum)) }
}

#[cfg(test)]
mod tests {
    use super::super::IdKind;
    use super::super::tests::parse;
    use crate::Reason;
    use proptest::prelude::*;

    #[test]
    fn the_sort_tells_by_the_first_digit() {
        for (kind, raw, reason) in [
            (IdKind::Taiwan, "A800000014", Reason::IdFormat),
            (IdKind::TaiwanResident, "A123456789", Reason::IdFormat),
            (IdKind::TaiwanResident, "AB12345677", Reason::IdFormat),
            (IdKind::Taiwan, "A123456780", Reason::IdChecksum),
            (IdKind::TaiwanResident, "A800000015", Reason::IdChecksum),
            (IdKind::Taiwan, "A12345678", Reason::IdFormat),
            (IdKind::Taiwan, "1123456789", Reason::IdFormat),
            (IdKind::Taiwan, "", Reason::FieldRequired),
        ] {
            assert_eq!(parse(kind, raw).unwrap_err(), reason, "{raw}");
        }
    }

    proptest! {
        #[test]
        fn one_check_digit_fits_and_no_other(letter in b'A'..=b'Z', sex in 1_u32..=2, order in 0_u32..10_000_000) {
            let body = format!("{}{sex}{order:07}", char::from(letter));
            let fitting = (0..10).filter(|check| parse(IdKind::Taiwan, &format!("{body}{check}")).is_ok());
            prop_assert_eq!(fitting.count(), 1);
        }
    }
}
