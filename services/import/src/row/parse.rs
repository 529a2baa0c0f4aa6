//! The ledger's parsers, with messages for someone who looks at a sheet.

use crate::expression::date::undeclared;
use crate::expression::decimal::Decimal;
use ledger_core::date::OccurredOn;
use ledger_core::entry::{Digest32, Form};
use ledger_core::id::AccountId;
use ledger_core::{Reason, Refusal};

/// The highest mark.
const MAX_MARK: u32 = 100;

/// Parses an account such as `residents/r0001`; capitals and full-width forms are answered with the whole path as it
/// should be.
pub(super) fn account(raw: &str) -> Result<AccountId, Refusal> {
    AccountId::parse_path(raw).map_err(|refusal| {
        let canonical = refusal.metadata().iter().find(|(key, _)| *key == "canonical");
        match (canonical, raw.split_once('/')) {
            (Some((_, id)), Some((collection, _))) => Refusal::new(refusal.reason(), refusal.message())
                .with("canonical", format!("{collection}/{id}")),
            _ => refusal,
        }
    })
}

/// Parses a date as the ledger writes it.
pub(crate) fn date(raw: &str) -> Result<OccurredOn, Refusal> {
    OccurredOn::parse(raw, "date").map_err(|refusal| match refusal.reason() {
        Reason::DateFormat => Refusal::new(Reason::DateFormat, undeclared(raw, "YYYY-MM-DD").message),
        _ => refusal,
    })
}

/// Parses a whole number from 1 to `most`.
pub(crate) fn amount(raw: &str, most: u32) -> Result<u32, Refusal> {
    let whole = Decimal::parse(raw).and_then(Decimal::whole);
    let whole = whole.map_err(|flaw| {
        let reason = [Reason::AmountPrecision, Reason::AmountAboveLimit];
        let reason = reason.into_iter().find(|reason| reason.as_str() == flaw.reason);
        Refusal::new(reason.unwrap_or(Reason::FieldInvalid), flaw.message)
    })?;
    if whole <= 0 {
        return Err(Refusal::new(
            Reason::AmountNotPositive,
            format!("「{raw}」不是正數，請查對。\"{raw}\" is not positive: check it."),
        ));
    }
    u32::try_from(whole).ok().filter(|whole| *whole <= most).ok_or_else(|| {
        Refusal::new(
            Reason::AmountAboveLimit,
            format!("「{raw}」超過上限 {most}，請查對單位。\"{raw}\" passes {most}: check the unit."),
        )
    })
}

/// A value of a fixed list.
pub(super) fn one_of<T>(parsed: Option<T>, raw: &str, choices: &[&str]) -> Result<T, Refusal> {
    parsed.ok_or_else(|| {
        Refusal::new(
            Reason::FieldInvalid,
            format!("「{raw}」須為：{}。\"{raw}\" must be one of these.", choices.join("、")),
        )
    })
}

/// Parses a form's code.
pub(super) fn form(raw: &str) -> Result<Form, Refusal> {
    one_of(Form::parse(raw), raw, &Form::ALL.iter().map(|form| form.as_str()).collect::<Vec<_>>())
}

/// Parses a SHA-256.
pub(super) fn digest(raw: &str) -> Result<Digest32, Refusal> {
    Digest32::parse(raw).ok_or_else(|| {
        Refusal::new(
            Reason::FieldInvalid,
            "須為 SHA-256 的 64 位十六進位；號碼本身請用 |sha256。\
             It must be 64 hexadecimal digits of a SHA-256: hash a number with |sha256.",
        )
    })
}

/// Parses a mark, 0–100.
pub(super) fn mark(raw: &str) -> Result<u32, Refusal> {
    // Nought is a mark, though it is no amount.
    if Decimal::parse(raw).is_ok_and(|mark| mark.whole() == Ok(0)) { Ok(0) } else { amount(raw, MAX_MARK) }
}
