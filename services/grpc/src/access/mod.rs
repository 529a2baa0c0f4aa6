//! Who may call what: one table ([`rule`]), from which the checks, the page of documentation and the tests all come.

mod admit;
mod caller;
mod gatekeeper;
mod table;

pub(crate) use admit::admit;
pub(crate) use caller::Caller;
pub use gatekeeper::Access;
pub(crate) use gatekeeper::Gatekeeper;
pub use table::{Check, Effect, Rule, rule};
