//! Exact decimals: 1.5 hours times 60 is 90 minutes, by integers alone. There is no float between a sheet and the
//! ledger, and nothing is rounded: what does not come out whole is reported.

use super::{Flaw, width};
use ledger_core::Reason;

/// The most digits of a number in a sheet (our own default): two such multiply within an `i128`.
const MAX_DIGITS: usize = 18;

/// A decimal as written: `units` divided by 10 to the power `decimals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal {
    units: i128,
    decimals: u32,
}

fn not_a_number(text: &str) -> Flaw {
    Flaw::new(
        Reason::AmountPrecision,
        format!(
            "「{text}」不是數，請只填數字，例如 90 或 1.5（單位可在對照檔用 |without: 去掉）。\
             \"{text}\" is not a number: write digits only, such as 90 or 1.5 (a unit goes with |without:)."
        ),
    )
}

fn too_large(text: &str) -> Flaw {
    Flaw::new(Reason::AmountAboveLimit, format!("「{text}」太大，請查對。\"{text}\" is too large: check it."))
}

impl Decimal {
    /// One, the neutral factor.
    pub(crate) const ONE: Decimal = Decimal { units: 1, decimals: 0 };

    /// Parses digits with at most one point and a sign before them; full-width ones too.
    ///
    /// # Errors
    /// `AMOUNT_PRECISION` (not a number, thousands separators included) or `AMOUNT_ABOVE_LIMIT`.
    pub(crate) fn parse(text: &str) -> Result<Decimal, Flaw> {
        let bare = width::bare(text);
        let (negative, unsigned) = match bare.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, bare.strip_prefix('+').unwrap_or(&bare)),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let is_bare_fraction = whole.is_empty() && unsigned.starts_with('.');
        if !(is_digits(whole) || is_bare_fraction) || !is_digits(fraction) {
            return Err(not_a_number(text));
        }
        let fraction = fraction.trim_end_matches('0');
        let whole = whole.trim_start_matches('0');
        if whole.len() + fraction.len() > MAX_DIGITS {
            return Err(too_large(text));
        }
        let decimals = u32::try_from(fraction.len()).map_err(|_| too_large(text))?;
        let digits = whole.bytes().chain(fraction.bytes());
        let units = digits.fold(0_i128, |sum, digit| sum * 10 + i128::from(digit - b'0'));
        Ok(Decimal { units: if negative { -units } else { units }, decimals })
    }

    /// The exact product.
    ///
    /// # Errors
    /// `AMOUNT_ABOVE_LIMIT`.
    pub(crate) fn times(self, other: Decimal) -> Result<Decimal, Flaw> {
        let units = self.units.checked_mul(other.units).ok_or_else(|| too_large("×"))?;
        Ok(Decimal { units, decimals: self.decimals + other.decimals })
    }

    /// The number as an integer.
    ///
    /// # Errors
    /// `AMOUNT_PRECISION` where decimals are left, `AMOUNT_ABOVE_LIMIT` where it does not fit.
    pub(crate) fn whole(self) -> Result<i64, Flaw> {
        let unit = 10_i128.checked_pow(self.decimals).ok_or_else(|| too_large("10^n"))?;
        if self.units % unit != 0 {
            return Err(Flaw::new(
                Reason::AmountPrecision,
                format!(
                    "算出 {}，不是整數；帳本不四捨五入，請改填能換成整數的數。\
                     It comes to {}, which is not whole; the ledger does not round: \
                     write an amount that comes out whole.",
                    self.text(),
                    self.text()
                ),
            ));
        }
        i64::try_from(self.units / unit).map_err(|_| too_large(&self.text()))
    }

    /// Whether this is below `other`. Exact for numbers as parsed: brought to the same decimals they have at most 36
    /// digits, and an `i128` holds 38.
    pub(crate) fn is_below(self, other: Decimal) -> bool {
        let scaled = |a: Decimal, b: Decimal| {
            a.units.saturating_mul(10_i128.saturating_pow(b.decimals.saturating_sub(a.decimals)))
        };
        scaled(self, other) < scaled(other, self)
    }

    fn text(self) -> String {
        let digits = self.units.unsigned_abs().to_string();
        let decimals = usize::try_from(self.decimals).unwrap_or(0);
        let padded = format!("{digits:0>width$}", width = decimals + 1);
        let (whole, fraction) = padded.split_at(padded.len() - decimals);
        let sign = if self.units < 0 { "-" } else { "" };
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        format!("{sign}{whole}{point}{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(hours: &str) -> Result<i64, &'static str> {
        let factor = Decimal::parse("60").unwrap();
        Decimal::parse(hours)
            .and_then(|h| h.times(factor))
            .and_then(Decimal::whole)
            .map_err(|flaw| flaw.reason)
    }

    #[test]
    fn hours_become_minutes_exactly_or_not_at_all() {
        let table = [
            ("1.5", Ok(90)),
            ("１．５", Ok(90)),
            ("2", Ok(120)),
            ("0.1", Ok(6)),
            ("2.50", Ok(150)),
            ("+0.75", Ok(45)),
            ("-1", Ok(-60)),
            ("0", Ok(0)),
            (".5", Ok(30)),
            ("00001.500000000000000000000", Ok(90)),
            ("1.333", Err("AMOUNT_PRECISION")),
            ("0.01", Err("AMOUNT_PRECISION")),
            ("1,5", Err("AMOUNT_PRECISION")),
            ("1,000", Err("AMOUNT_PRECISION")),
            ("1e3", Err("AMOUNT_PRECISION")),
            ("NaN", Err("AMOUNT_PRECISION")),
            (".", Err("AMOUNT_PRECISION")),
            ("1.", Err("AMOUNT_PRECISION")),
            ("1.5.0", Err("AMOUNT_PRECISION")),
            ("一", Err("AMOUNT_PRECISION")),
            ("", Err("AMOUNT_PRECISION")),
            ("--1", Err("AMOUNT_PRECISION")),
            ("9999999999999999999", Err("AMOUNT_ABOVE_LIMIT")),
            ("999999999999999999", Err("AMOUNT_ABOVE_LIMIT")),
        ];
        for (hours, expected) in table {
            assert_eq!(minutes(hours), expected, "{hours}");
        }
    }

    #[test]
    fn what_is_not_whole_is_told_as_it_came_out() {
        let product = Decimal::parse("1.333").unwrap().times(Decimal::parse("60").unwrap()).unwrap();
        assert!(product.whole().unwrap_err().message.contains("79.98"));
        assert_eq!(Decimal::parse("-0.05").unwrap().text(), "-0.05");
    }

    #[test]
    fn comparisons_are_exact() {
        let below = |a, b| Decimal::parse(a).unwrap().is_below(Decimal::parse(b).unwrap());
        assert!(below("59.999", "60"));
        assert!(!below("60", "60.0"));
        assert!(below("-1", "0"));
        assert!(below("0.000000000000000001", "999999999999999999"));
    }
}
