//! What a caller shows.

use chrono::{DateTime, Utc};
use ledger_core::access::{CredentialIssued, Proof, Scope};
use ledger_core::entry::Digest32;
use ledger_core::id::{CredentialId, LedgerId, OrganizationId};
use subtle::ConstantTimeEq;

/// What a caller shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// The ledger of the credential.
    pub ledger: LedgerId,
    /// The credential.
    pub credential: CredentialId,
    /// What it is to be known by.
    pub shown: Shown,
    /// When what is shown ends by itself, before its credential does; none where it does not.
    pub until: Option<DateTime<Utc>>,
}

/// What a credential is to be known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// A bearer token, by the SHA-256 of its secret.
    Token(Digest32),
    /// A certificate that an authority of ours signed, with the organisation it names.
    Certificate(Option<OrganizationId>),
    /// An identity that an issuer vouches for, by the SHA-256 of issuer and subject.
    Identity(Digest32),
}

impl Shown {
    /// Whether this is what was issued; hashes are compared in constant time.
    pub(crate) fn proves(&self, issued: &CredentialIssued) -> bool {
        match (self, &issued.proof) {
            (Shown::Token(shown), Proof::Token(issued))
            | (Shown::Identity(shown), Proof::Identity(issued)) => bool::from(shown.0.ct_eq(&issued.0)),
            (Shown::Certificate(organization), Proof::Certificate) => {
                organization.as_ref() == organization_of(&issued.scope)
            }
            _ => false,
        }
    }
}

/// The organisation that a certificate of this scope names; none of a whole ledger or a resident.
pub(crate) fn organization_of(scope: &Scope) -> Option<&OrganizationId> {
    match scope {
        Scope::Organization(organization) => Some(organization),
        Scope::Ledger | Scope::Resident(_) => None,
    }
}
