//! Credentials: what was issued, and what became of it.

use super::{Role, Scope};
use crate::entry::Digest32;
use crate::id::{CredentialId, PersonId};
use crate::quantity::Position;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What proves that a caller holds a credential. Nothing of it is secret: a secret has 256 random bits, so that its hash
/// tells nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// A bearer token, by the SHA-256 of its secret.
    Token(Digest32),
    /// A client's certificate that names the credential and its organisation.
    Certificate,
    /// An identity that an issuer vouches for, by the SHA-256 of issuer and subject.
    Identity(Digest32),
}

/// A credential was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialIssued {
    /// Its id.
    pub credential: CredentialId,
    /// Who holds it: what the person does is recorded under this.
    pub person: PersonId,
    /// What for.
    pub role: Role,
    /// How far it reaches.
    pub scope: Scope,
    /// What proves it.
    pub proof: Proof,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// Who issued it; none for the program itself and whoever has its database.
    pub issued_by: Option<PersonId>,
    /// Until when a second person may approve it; none where it stands at once.
    pub approve_until: Option<DateTime<Utc>>,
}

impl CredentialIssued {
    /// SHA-256 of all that it says: what an approval names.
    #[must_use]
    pub fn digest(&self) -> Digest32 {
        // A value of these types is always written.
        Digest32::of(&serde_json::to_vec(self).unwrap_or_default())
    }
}

/// A second person approved a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialApproved {
    /// Which.
    pub credential: CredentialId,
    /// Who.
    pub approved_by: PersonId,
}

/// A credential was revoked. It is for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialRevoked {
    /// Which.
    pub credential: CredentialId,
    /// Who; none for whoever has the database.
    pub revoked_by: Option<PersonId>,
}

/// The state of a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialRecord {
    /// As issued.
    pub issued: CredentialIssued,
    /// Where.
    pub issued_at: Position,
    /// Where it was approved, and by whom.
    pub approved: Option<(Position, PersonId)>,
    /// Where it was revoked, and by whom.
    pub revoked: Option<(Position, Option<PersonId>)>,
}

/// What a credential is good for at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It opens the door.
    Active,
    /// A second person has not approved it yet.
    Pending,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
}

impl CredentialRecord {
    /// What it is good for at an instant.
    #[must_use]
    pub fn standing(&self, now: DateTime<Utc>) -> Standing {
        if self.revoked.is_some() {
            Standing::Revoked
        } else if now >= self.issued.expires_at {
            Standing::Expired
        } else if self.issued.approve_until.is_some() && self.approved.is_none() {
            Standing::Pending
        } else {
            Standing::Active
        }
    }
}
