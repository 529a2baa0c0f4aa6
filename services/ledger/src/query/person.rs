//! What the log knows of personal data: who may see it, who read it, whose was erased.

use super::acts::WINDOWS_PER_PAGE;
use super::page::{Page, PageRequest};
use crate::error::{damage, damaged};
use crate::ledger::Ledger;
use chrono::{DateTime, Utc};
use ledger_core::Refusal;
use ledger_core::account::Roll;
use ledger_core::decide::{keeps_the_ledger, no_such_organization};
use ledger_core::event::Fact;
use ledger_core::id::{AccountId, OrganizationId, ResidentId};
use ledger_core::person::{PersonalDataRead, ResidentErased};
use ledger_core::ports::{StateQuery, StoredState};
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;

/// Whether an organisation may see a resident's personal data. It may not where there is no such resident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// Whether there is such an account.
    pub exists: bool,
    /// Whether the organisation opened the account, stands above who did, or keeps the ledger.
    pub sees: bool,
    /// Where the personal data was erased.
    pub erased_at: Option<Position>,
}

/// A read of personal data.
#[derive(Debug, Clone)]
pub struct Read {
    /// Where it was recorded.
    pub position: Position,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// Who, what for, and which fields.
    pub read: PersonalDataRead,
}

impl Ledger {
    /// Whether an organisation may see a resident's personal data. The same is read whether there is one or not.
    ///
    /// # Errors
    /// `ORGANIZATION_NOT_FOUND`, or what the store says.
    pub async fn person_access(
        &self,
        resident: &ResidentId,
        organization: &OrganizationId,
    ) -> Result<Access, Refusal> {
        let keys = [Key::resident(resident), Key::organization(organization)];
        let (_, answers) = self.read_states(Position(0), keys.map(StateQuery::Exactly).to_vec()).await?;
        let mut resident_record = None;
        let mut acting = None;
        for state in decoded(answers)? {
            match state {
                State::Resident(record) => resident_record = Some(record),
                State::Organization(record) => acting = Some(record),
                _ => return Err(damaged()),
            }
        }
        let acting = acting.ok_or_else(|| no_such_organization(organization, "organization"))?;
        // Of nobody the asking organisation is looked up once more: what is there and what is not take as long.
        let opener = resident_record.as_ref().map_or(organization, |record| &record.resident.organization);
        let (_, opener) = self.read_state(Position(0), Key::organization(opener)).await?;
        let Some(State::Organization(opener)) = opener else { return Err(damaged()) };
        let sees = opener.answers_to(organization) || keeps_the_ledger(&acting);
        Ok(Access {
            exists: resident_record.is_some(),
            sees: sees && resident_record.is_some(),
            erased_at: resident_record.and_then(|record| record.erasure.erased_at),
        })
    }

    /// A page of the reads of a resident's personal data, newest first.
    ///
    /// # Errors
    /// `RESIDENT_NOT_FOUND`, `PAGE_TOKEN_INVALID`, or what the store says.
    pub async fn person_reads(
        &self,
        resident: &ResidentId,
        page: &PageRequest,
        min_position: Position,
    ) -> Result<Page<Read>, Refusal> {
        let named = StateQuery::Exactly(Key::resident(resident));
        let (found, listed) = self
            .newest_first(
                Some(named),
                &Key::reads_prefix(resident),
                |window| Key::reads(resident, window),
                page,
                min_position,
            )
            .await?;
        if !found {
            return Err(super::balance::no_such_account(&AccountId::Resident(resident.clone())));
        }
        let Page { items: positions, next_token, position } = listed;
        let items = self.read_events_at(positions).await?.into_iter().map(|event| match event.fact {
            Fact::PersonalDataRead(read) => {
                Ok(Read { position: event.position, recorded_at: event.recorded_at, read })
            }
            _ => Err(damaged()),
        });
        Ok(Page { items: items.collect::<Result<_, _>>()?, next_token, position })
    }

    /// Erasures that the log holds, in order, after a position; and after which the next ones are.
    ///
    /// # Errors
    /// What the store says.
    pub async fn erasures(
        &self,
        after: Position,
    ) -> Result<(Vec<ResidentErased>, Option<Position>), Refusal> {
        let before = Roll::window(after.next()).checked_sub(1).map(Key::erasures);
        let prefix = "erasures/".to_owned();
        let query = StateQuery::Prefix { prefix, after: before, limit: WINDOWS_PER_PAGE };
        let windows = self.read_states(Position(0), vec![query]).await?.1.pop().unwrap_or_default();
        let all_windows = windows.len() < WINDOWS_PER_PAGE as usize;
        let mut positions = Vec::new();
        for stored in windows {
            let window: u64 = stored.key.last_segment().parse().map_err(|_| damaged())?;
            let State::Roll(roll) = State::decode(&stored.key, &stored.bytes).map_err(damage)? else {
                return Err(damaged());
            };
            positions.extend(roll.positions(window).filter(|at| *at > after));
        }
        let next = positions.last().copied().filter(|_| !all_windows);
        let events = self.read_events_at(positions).await?.into_iter();
        let erased = events.map(|event| match event.fact {
            Fact::ResidentErased(erased) => Ok(erased),
            _ => Err(damaged()),
        });
        Ok((erased.collect::<Result<_, _>>()?, next))
    }
}

fn decoded(answers: Vec<Vec<StoredState>>) -> Result<Vec<State>, Refusal> {
    let states = answers.into_iter().flatten();
    states.map(|stored| State::decode(&stored.key, &stored.bytes).map_err(damage)).collect()
}
