//! Access: who may do what. A credential is issued, perhaps approved, and revoked by events like any other, so that the
//! log tells who could act when, and every replica knows of a revocation as soon as it reads.

mod credential;

pub use credential::{
    CredentialApproved, CredentialIssued, CredentialRecord, CredentialRevoked, Proof, Standing,
};

use crate::id::{OrganizationId, ResidentId};
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! roles {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $hant:literal;)*) => {
        /// What its holder is there for (`RELIABILITY.md` §5).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Role { $($(#[$doc])* $variant,)* }

        impl Role {
            /// All roles.
            pub const ALL: &'static [Role] = &[$(Role::$variant,)*];

            /// The role's code.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Role::$variant => $code,)* }
            }

            /// The role in 繁體中文.
            #[must_use]
            pub fn hant(self) -> &'static str {
                match self { $(Role::$variant => $hant,)* }
            }
        }
    };
}

roles! {
    /// Posts and corrects for its own organisation and those below it.
    Clerk = "clerk", "經辦";
    /// Runs a district or town: registers, reports, proposes.
    Officer = "officer", "主管";
    /// The second person: approves what an officer or clerk proposed.
    Approver = "approver", "核准";
    /// Reads everything but personal data, writes nothing.
    Auditor = "auditor", "稽核";
    /// Reads the holder's own account.
    Resident = "resident", "居民";
    /// An online platform: posts what was learned on it.
    Platform = "platform", "平台";
    /// Runs the deployment: ledgers, quotas, credentials. No rights inside a ledger.
    Administrator = "administrator", "管理員";
}

impl Role {
    /// Finds a role by its code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Role> {
        Role::ALL.iter().copied().find(|role| role.as_str() == code)
    }

    /// Whether a holder of the role can be given a scope.
    #[must_use]
    pub fn takes(self, scope: &Scope) -> bool {
        match self {
            Role::Clerk | Role::Platform => matches!(scope, Scope::Organization(_)),
            Role::Officer | Role::Approver | Role::Auditor => {
                matches!(scope, Scope::Ledger | Scope::Organization(_))
            }
            Role::Resident => matches!(scope, Scope::Resident(_)),
            Role::Administrator => *scope == Scope::Ledger,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much of its ledger a credential reaches.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// All of it.
    Ledger,
    /// An organisation and all below it.
    Organization(OrganizationId),
    /// One resident's account.
    Resident(ResidentId),
}
