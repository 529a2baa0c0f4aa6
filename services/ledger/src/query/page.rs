//! Pages (AIP-158): a size with a limit, a token that only this list can have given.

use ledger_core::{Reason, Refusal};

/// The largest page.
pub(crate) const MAX_PAGE: u32 = 1_000;
/// The page where none is asked for.
const DEFAULT_PAGE: u32 = 100;

/// Which page.
#[derive(Debug, Clone, Default)]
pub struct PageRequest {
    /// At most so many; 0 = 100.
    pub size: u32,
    /// The token of the page before.
    pub token: String,
}

impl PageRequest {
    /// The size, within its limit.
    ///
    /// # Errors
    /// `FIELD_INVALID`.
    pub fn limit(&self) -> Result<u32, Refusal> {
        match self.size {
            0 => Ok(DEFAULT_PAGE),
            size if size <= MAX_PAGE => Ok(size),
            _ => Err(Refusal::field(
                Reason::FieldInvalid,
                "page_size",
                format!("page_size 最多 {MAX_PAGE}。page_size is at most {MAX_PAGE}."),
            )),
        }
    }

    /// The position after which the page begins.
    pub(crate) fn after_position(&self) -> Result<u64, Refusal> {
        if self.token.is_empty() {
            return Ok(0);
        }
        let digits = self.token.strip_prefix('p').filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
        let position =
            digits.and_then(|digits| digits.parse::<i64>().ok()).filter(|position| *position < i64::MAX);
        position.and_then(|position| u64::try_from(position).ok()).ok_or_else(bad_token)
    }

    /// The id after which the page begins.
    ///
    /// # Errors
    /// `PAGE_TOKEN_INVALID`.
    pub fn after_id(&self) -> Result<Option<&str>, Refusal> {
        if self.token.is_empty() {
            return Ok(None);
        }
        let plain = |id: &&str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_graphic() && b != b'/');
        self.token.strip_prefix('a').filter(plain).map(Some).ok_or_else(bad_token)
    }
}

pub(crate) fn position_token(position: u64) -> String {
    format!("p{position}")
}

/// The token of the page behind an id.
#[must_use]
pub fn id_token(id: &str) -> String {
    format!("a{id}")
}

/// A token that no list has given, or another.
#[must_use]
pub fn bad_token() -> Refusal {
    Refusal::field(
        Reason::PageTokenInvalid,
        "page_token",
        "page_token 不是這份清單給的，請從第一頁重新開始。\
         This page_token was not given by this list: begin again with the first page.",
    )
}

/// A page.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// The token of the next page; empty on the last.
    pub next_token: String,
    /// The position the answer is true at.
    pub position: ledger_core::quantity::Position,
}
