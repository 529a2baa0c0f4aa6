//! The holder of a credential.

use ledger_core::access::{Role, Scope};
use ledger_core::id::{CredentialId, LedgerId, PersonId};

/// Who stands at the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The ledger the credential belongs to: it opens no other.
    pub ledger: LedgerId,
    /// The credential.
    pub credential: CredentialId,
    /// Who holds it.
    pub person: PersonId,
    /// What for.
    pub role: Role,
    /// How far it reaches.
    pub scope: Scope,
}
