//! Selections: their records, applications, standards and titles.

use crate::ledger::Ledger;
use crate::query::page::{Page, PageRequest};
use ledger_core::Refusal;
use ledger_core::decide::{no_standard, no_such_selection};
use ledger_core::id::{AccountId, SelectionId, StandardId};
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;
use ledger_core::selection::{
    ApplicationRecord, CandidateKind, SelectionRecord, Standard, StandardRecord, TitleRecord,
};

impl Ledger {
    /// A standard with its versions.
    ///
    /// # Errors
    /// `STANDARD_NOT_FOUND`, `NOT_YET_APPLIED`, or what the store says.
    pub async fn standard(
        &self,
        id: &StandardId,
        min_position: Position,
    ) -> Result<(StandardRecord, Position), Refusal> {
        match self.record(Key::standard(id), min_position).await? {
            (Some(State::Standard(record)), position) => Ok((*record, position)),
            _ => Err(no_standard(id, "name")),
        }
    }

    /// A selection.
    ///
    /// # Errors
    /// `SELECTION_NOT_FOUND`, `NOT_YET_APPLIED`, or what the store says.
    pub async fn selection(
        &self,
        id: &SelectionId,
        min_position: Position,
    ) -> Result<(SelectionRecord, Position), Refusal> {
        match self.record(Key::selection(id), min_position).await? {
            (Some(State::Selection(record)), position) => Ok((*record, position)),
            _ => Err(no_such_selection(id)),
        }
    }

    /// An application; none where the candidate never applied.
    ///
    /// # Errors
    /// `SELECTION_NOT_FOUND`, `NOT_YET_APPLIED`, or what the store says.
    pub async fn application(
        &self,
        selection: &SelectionId,
        candidate: &AccountId,
        min_position: Position,
    ) -> Result<(Option<ApplicationRecord>, Position), Refusal> {
        let (_, reached) = self.selection(selection, min_position).await?;
        match self.record(Key::application(selection, candidate), reached).await? {
            (Some(State::Application(record)), position) => Ok((Some(*record), position)),
            (_, position) => Ok((None, position)),
        }
    }

    /// A page of the applications of a selection, in order of account.
    ///
    /// # Errors
    /// `SELECTION_NOT_FOUND`, `PAGE_TOKEN_INVALID`, `NOT_YET_APPLIED`, or what the store says.
    pub async fn applications(
        &self,
        id: &SelectionId,
        page: &PageRequest,
        min_position: Position,
    ) -> Result<Page<ApplicationRecord>, Refusal> {
        let (record, reached) = self.selection(id, min_position).await?;
        let (standard, _) = self.standard(&record.opened.standard, reached).await?;
        let published = standard.version(record.opened.version).ok_or_else(crate::error::damaged)?;
        // All candidates of a selection are of one kind.
        let collection = match Standard::parse(&published.document).map(|standard| standard.candidates) {
            Ok(CandidateKind::Household) => "households",
            Ok(CandidateKind::Resident) => "residents",
            Ok(CandidateKind::Organization) => "organizations",
            Err(_) => return Err(crate::error::damaged()),
        };
        let listed = self.records(&format!("{}{collection}/", Key::application_prefix(id)), page).await?;
        let applications = listed.items.into_iter().filter_map(|state| match state {
            State::Application(record) => Some(*record),
            _ => None,
        });
        let items = applications.collect();
        Ok(Page { items, next_token: listed.next_token, position: listed.position })
    }

    /// The titles of an account; none where it never had one.
    ///
    /// # Errors
    /// `NOT_YET_APPLIED`, or what the store says.
    pub async fn titles(
        &self,
        candidate: &AccountId,
        min_position: Position,
    ) -> Result<(Option<TitleRecord>, Position), Refusal> {
        match self.record(Key::titles(candidate), min_position).await? {
            (Some(State::Titles(record)), position) => Ok((Some(*record), position)),
            (_, position) => Ok((None, position)),
        }
    }
}
