//! What an event says of itself.

use crate::error::Fault;
use ledger_core::id::LedgerId;

/// Makes sure that an event says it is of a ledger, at a position: its bytes begin with both (`docs/format.md`).
pub(crate) fn at_its_place(ledger: &LedgerId, position: u64, event: &[u8]) -> Result<(), Fault> {
    let digits = |rest: &[u8]| rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let said = || {
        let rest = event.strip_prefix(b"{\"v\":")?;
        let rest = rest[digits(rest)..].strip_prefix(b",\"ledger\":\"")?;
        let rest = rest.strip_prefix(ledger.as_str().as_bytes())?.strip_prefix(b"\",\"position\":")?;
        std::str::from_utf8(&rest[..digits(rest)]).ok()?.parse::<u64>().ok()
    };
    match said() {
        Some(found) if found == position => Ok(()),
        Some(found) => Err(Fault::EventMisplaced { position, found }),
        None => Err(Fault::EventForeign { position }),
    }
}
