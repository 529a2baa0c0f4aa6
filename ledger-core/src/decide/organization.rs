//! Decisions on the tree of organisations.

use super::month::keeps_the_ledger;
use super::{Desk, open};
use crate::event::Fact;
use crate::projection::{Key, State, States};
use crate::registry::{
    InstitutionType, MAX_TREE_DEPTH, Organization, OrganizationStatus, OrganizationStatusChange,
};
use crate::{Reason, Refusal};

impl<S: States> Desk<'_, S> {
    pub(super) fn register_organization(&self, new: &Organization) -> Result<Vec<Fact>, Refusal> {
        let id = &new.organization;
        self.ledger()?;
        self.stands_where_it_may(new)?;
        if let Some(parent) = &new.parent {
            let record = self.organization(parent, "parent")?;
            open(record, "parent")?;
            if record.ancestors.len() + 2 > MAX_TREE_DEPTH {
                return Err(Refusal::field(
                    Reason::OrganizationTree,
                    "parent",
                    format!(
                        "機構層級最多 {MAX_TREE_DEPTH} 層，請掛在較上層的機構。\
                         The tree has at most {MAX_TREE_DEPTH} levels: choose a parent higher up."
                    ),
                ));
            }
        }
        if let Some(State::Organization(record)) = self.states.get(&Key::organization(id)) {
            return if record.organization == *new {
                Ok(vec![])
            } else {
                Err(already_registered("organization", id))
            };
        }
        self.refuse_look_alike("organizations", id.as_str())?;
        Ok(vec![Fact::OrganizationRegistered(new.clone())])
    }

    /// The district is the root, and its community college stands directly below it or in its place: who acts as either
    /// acts for all of the ledger.
    fn stands_where_it_may(&self, new: &Organization) -> Result<(), Refusal> {
        let below = match &new.parent {
            None => return Ok(()),
            Some(parent) => self.organization(parent, "parent")?,
        };
        let stands = match new.institution_type {
            InstitutionType::District => false,
            InstitutionType::CommunityCollege => {
                below.organization.institution_type == InstitutionType::District && keeps_the_ledger(below)
            }
            _ => true,
        };
        if stands {
            return Ok(());
        }
        Err(Refusal::field(
            Reason::OrganizationTree,
            "institution_type",
            "區是最上層，社區學院只能直屬於區；請查對類型或上級機構。\
             The district is the root, and its community college stands directly below it: check the type or the parent.",
        ))
    }

    /// A new code must not read like one that exists (UTS 39).
    pub(super) fn refuse_look_alike(&self, collection: &str, id: &str) -> Result<(), Refusal> {
        match self.states.get(&Key::look_alike(collection, id)) {
            Some(State::LookAlike(held)) if held != id => Err(Refusal::field(
                Reason::CodeConfusable,
                "id",
                format!(
                    "代碼「{id}」和已有的「{held}」看起來一樣，請另取一個。\
                     The id \"{id}\" reads like \"{held}\", which exists: choose another."
                ),
            )
            .with("existing", held)),
            _ => Ok(()),
        }
    }

    pub(super) fn change_organization(
        &self,
        change: &OrganizationStatusChange,
    ) -> Result<Vec<Fact>, Refusal> {
        let record = self.organization(&change.organization, "organization")?;
        if let OrganizationStatus::Merged { successor, .. } = &change.status {
            let heir = self.organization(successor, "successor")?;
            open(heir, "successor")?;
            if successor == &change.organization {
                return Err(Refusal::field(
                    Reason::OrganizationTree,
                    "successor",
                    "機構不能併入自己。An organisation cannot be merged into itself.",
                ));
            }
        }
        if record.status == change.status {
            return Ok(vec![]);
        }
        Ok(vec![Fact::OrganizationStatusChanged(change.clone())])
    }
}

pub(super) fn already_registered(what: &str, id: impl std::fmt::Display) -> Refusal {
    Refusal::field(
        Reason::AlreadyRegistered,
        "id",
        format!(
            "「{id}」已經登記過，內容不同；請查對，或另取代碼。\
             The {what} \"{id}\" is registered already with other content: check it, or choose another id."
        ),
    )
}
