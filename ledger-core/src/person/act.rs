//! What can be asked of the log about personal data.

use super::fact::ResidentErased;
use super::field::{Field, ReadPurpose};
use crate::entry::Digest32;
use crate::id::{OrganizationId, PersonId, ResidentId};

/// What to do; the organisation that asks stands in the command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonAct {
    /// Record that personal data is kept from now on.
    Record {
        /// Whose.
        resident: ResidentId,
        /// The fields that are given.
        fields: Vec<Field>,
        /// Whether a guardian must have consented: by the birth date, which the log does not hear.
        needs_guardian: bool,
        /// Who records it.
        recorded_by: PersonId,
    },
    /// Record that an organisation's card is kept from now on.
    RecordCard {
        /// Whose.
        of: OrganizationId,
        /// Who records it.
        recorded_by: PersonId,
    },
    /// Record that personal data is read.
    Read {
        /// Whose.
        resident: ResidentId,
        /// The fields.
        fields: Vec<Field>,
        /// What for.
        purpose: ReadPurpose,
        /// Who reads.
        reader: PersonId,
        /// Who answers for it beside the reader.
        approved_by: Option<PersonId>,
        /// Whether somebody must: by the birth date, which the log does not hear.
        needs_approval: bool,
    },
    /// Propose to erase it.
    ProposeErasure {
        /// Whose.
        resident: ResidentId,
        /// Who proposes.
        proposed_by: PersonId,
    },
    /// Approve an erasure.
    ApproveErasure {
        /// Whose.
        resident: ResidentId,
        /// SHA-256 of what is approved.
        digest: Digest32,
        /// Who approves it.
        approved_by: PersonId,
    },
    /// Do an erasure again that this log has lost: a backup from before it was restored.
    EraseAgain(ResidentErased),
}

impl PersonAct {
    /// Whose data it is about; none where it is an organisation's.
    #[must_use]
    pub fn resident(&self) -> Option<&ResidentId> {
        match self {
            PersonAct::RecordCard { .. } => None,
            PersonAct::Record { resident, .. }
            | PersonAct::Read { resident, .. }
            | PersonAct::ProposeErasure { resident, .. }
            | PersonAct::ApproveErasure { resident, .. }
            | PersonAct::EraseAgain(ResidentErased { resident, .. }) => Some(resident),
        }
    }
}
