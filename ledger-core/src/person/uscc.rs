//! 統一社會信用代碼 (GB 32100-2015): what identifies an organisation before the law. It is public, and kept in an
//! organisation's record of the directory because the log has no field for it.

use super::number::{Flaw, not_canonical};
use super::secret::Secret;
use crate::Refusal;

const LENGTH: usize = 18;
const FIELD: &str = "uscc";
/// The characters in order of value: digits and capitals but I, O, S, V, Z.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// A unified social credit code in its canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uscc(String);

impl Uscc {
    /// Parses a code.
    ///
    /// # Errors
    /// `NOT_CANONICAL`, `ID_FORMAT` or `ID_CHECKSUM`.
    pub fn parse(raw: &str) -> Result<Uscc, Refusal> {
        match check(raw) {
            Ok(()) => Ok(Uscc(raw.to_owned())),
            Err(flaw) => {
                let canonical = Secret::new(raw.to_owned()).canonical();
                let other = canonical.expose() != raw && check(canonical.expose()).is_ok();
                Err(if other { not_canonical(FIELD) } else { flaw.refusal(FIELD) })
            }
        }
    }

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The values, each times the power of 3 of its place, and the check character are a multiple of 31.
fn check(code: &str) -> Result<(), Flaw> {
    const SHAPE: Flaw = Flaw::Form(
        "統一社會信用代碼須為十八位數字和大寫字母（不用 I、O、S、V、Z），請查對登記證。\
         A unified social credit code has 18 digits and capitals, none of I, O, S, V, Z: check it.",
    );
    if code.len() != LENGTH {
        return Err(SHAPE);
    }
    let (mut sum, mut weight) = (0_usize, 1_usize);
    for (place, byte) in code.bytes().enumerate() {
        let value = ALPHABET.iter().position(|held| *held == byte).ok_or(SHAPE)?;
        // The check character itself counts once.
        sum += if place + 1 == LENGTH { value } else { value * weight };
        weight = weight * 3 % ALPHABET.len();
    }
    if sum.is_multiple_of(ALPHABET.len()) { Ok(()) } else { Err(Flaw::Checksum) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reason;
    use proptest::prelude::*;

    fn reason(raw: &str) -> Reason {
        Uscc::parse(raw).unwrap_err().reason()
    }

    #[test]
    fn published_examples_are_taken() {
        // The example of GB 32100-2015, and codes of public registers.
        for code in ["91350100M000100Y43", "91110000600037341L"] {
            assert_eq!(Uscc::parse(code).unwrap().as_str(), code);
        }
        assert_eq!(reason("91350100M000100Y44"), Reason::IdChecksum);
        assert_eq!(reason("91350100M000100Y4"), Reason::IdFormat);
        assert_eq!(reason("91350100M000100I43"), Reason::IdFormat);
        assert_eq!(reason("91350100m000100y43"), Reason::NotCanonical);
        assert_eq!(reason(""), Reason::IdFormat);
    }

    proptest! {
        #[test]
        fn every_single_miscopied_character_is_found(at in 0_usize..18, by in 1_usize..31) {
            let mut wrong = "91350100M000100Y43".as_bytes().to_vec();
            let value = ALPHABET.iter().position(|held| *held == wrong[at]).unwrap();
            wrong[at] = ALPHABET[(value + by) % 31];
            prop_assert_eq!(reason(std::str::from_utf8(&wrong).unwrap()), Reason::IdChecksum);
        }
    }
}
