//! A script: what is written in one transaction, as one text, so in one trip to the connection's thread. The thread
//! stops at the first statement that fails and sends the result of each: how many came tells which one failed.

use super::error::{at_commit, before_commit, is_plain};
use super::sql::{self, SIZES, Sized, padded_size};
use crate::row::{
    checkpoint_kind_value, event_text, position_value, poster_value, purpose_value, quota_value,
    standing_value, tile_number_value,
};
use ledger_core::id::LedgerId;
use ledger_core::merkle::{CheckpointKind, Frontier, Growth, KeptCheckpoint, Tile};
use ledger_core::ports::{
    Claim, Generation, Head, RequestKey, RequestRecord, Standing, StoreError, StoredEvent, StoredState,
    Tenancy,
};
use ledger_core::projection::Key;
use ledger_core::quantity::Position;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, Encode, Sqlite, Type};
use std::sync::Arc;

/// What a statement is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Locks or writes.
    Write,
    /// Makes sure that the head was where it must be.
    HeadWasThere,
    /// Makes sure that no event stood in the way.
    EventsAreNew,
    /// Makes sure that no request was known.
    RequestsAreNew,
    /// Makes sure that there was no such ledger.
    LedgerIsNew,
    /// Makes sure that nobody else has taken the generation over, or was first.
    IsStillHeld,
    /// Commits.
    Commit,
}

/// Statements in order, and their parameters.
pub(super) struct Script {
    ledger: Arc<str>,
    text: String,
    steps: Vec<Step>,
    arguments: SqliteArguments,
}

impl Script {
    pub(super) fn new(ledger: &LedgerId) -> Script {
        Script {
            ledger: Arc::from(ledger.as_str()),
            text: String::with_capacity(16 << 10),
            steps: Vec::with_capacity(16),
            arguments: SqliteArguments::default(),
        }
    }

    fn statement(&mut self, step: Step, sql: &str) {
        if !self.text.is_empty() {
            self.text.push_str("; ");
        }
        self.text.push_str(sql);
        self.steps.push(step);
    }

    fn bind<T: for<'t> Encode<'t, Sqlite> + Type<Sqlite>>(&mut self, value: T) -> Result<(), StoreError> {
        self.arguments.add(value).map_err(|error| StoreError::Damaged(error.to_string()))
    }

    fn bind_ledger(&mut self) -> Result<(), StoreError> {
        self.bind(Arc::clone(&self.ledger))
    }

    /// Takes the lock of the file.
    pub(super) fn lock(&mut self) {
        self.statement(Step::Write, sql::LOCK);
    }

    /// Makes it all true.
    pub(super) fn commit(&mut self) {
        self.statement(Step::Commit, sql::COMMIT);
    }

    /// Moves the head from where it must be, of a ledger that must stand as it is said to.
    pub(super) fn move_head(
        &mut self,
        from: Head,
        (to, recorded_at_us, tree): (Position, i64, Option<&Frontier>),
        (standing, least_quota): (Standing, Position),
    ) -> Result<(), StoreError> {
        self.statement(Step::Write, sql::MOVE_HEAD);
        self.bind(position_value(to)?)?;
        self.bind(recorded_at_us)?;
        self.bind(tree.map(Frontier::to_bytes))?;
        self.bind_ledger()?;
        self.bind(position_value(from.position)?)?;
        self.bind(from.generation)?;
        self.bind(standing_value(standing))?;
        self.bind(position_value(least_quota)?)?;
        self.expect_changes(Step::HeadWasThere, 1)
    }

    /// Lays down something else for a ledger.
    pub(super) fn change_tenancy(&mut self, from: Tenancy, to: Tenancy) -> Result<(), StoreError> {
        self.statement(Step::Write, sql::CHANGE_TENANCY);
        self.bind(standing_value(to.standing))?;
        self.bind(quota_value(to))?;
        self.bind_ledger()?;
        self.bind(standing_value(from.standing))?;
        self.bind(quota_value(from))?;
        self.expect_changes(Step::IsStillHeld, 1)
    }

    /// Removes some of a ledger that is discarded, and its head once nothing is left.
    pub(super) fn discard(&mut self, limit: u32) -> Result<(), StoreError> {
        self.statement(Step::Write, sql::IS_DISCARDED);
        self.bind_ledger()?;
        self.expect_changes(Step::IsStillHeld, 1)?;
        for text in sql::DISCARD {
            self.statement(Step::Write, text);
            self.bind_ledger()?;
            self.bind_ledger()?;
            self.bind(limit)?;
        }
        for text in [sql::DISCARD_HEAD, sql::DISCARD_GENERATIONS, sql::DISCARD_CHECKPOINTS] {
            self.statement(Step::Write, text);
            self.bind_ledger()?;
        }
        Ok(())
    }

    /// Makes an empty ledger; its first generation has number 0.
    pub(super) fn insert_ledger(&mut self, standing: Standing) -> Result<(), StoreError> {
        self.statement(Step::Write, sql::INSERT_LEDGER);
        self.bind_ledger()?;
        self.bind(standing_value(standing))?;
        self.expect_changes(Step::LedgerIsNew, 1)?;
        self.insert_generation(&Generation::first())
    }

    /// Begins a generation.
    pub(super) fn insert_generation(&mut self, generation: &Generation) -> Result<(), StoreError> {
        self.statement(Step::Write, sql::INSERT_GENERATION);
        self.bind_ledger()?;
        self.bind(generation.number)?;
        self.bind(generation.format)?;
        self.bind(purpose_value(generation.purpose))?;
        self.bind(generation.holder)?;
        self.bind(generation.heard_of_us)?;
        self.bind(generation.checkpoint.clone())?;
        self.expect_changes(Step::IsStillHeld, 1)
    }

    /// Takes a generation over.
    pub(super) fn take_generation(&mut self, generation: &Generation, from: i64) -> Result<(), StoreError> {
        self.statement(Step::Write, sql::TAKE_GENERATION);
        self.bind(generation.holder)?;
        self.bind(generation.heard_of_us)?;
        self.bind_ledger()?;
        self.bind(generation.number)?;
        self.bind(from)?;
        self.expect_changes(Step::IsStillHeld, 1)
    }

    /// Makes sure of a claim; keeps how far the generation has come, where that is given.
    pub(super) fn hold_generation(
        &mut self,
        claim: Claim,
        heard_of_us: i64,
        checkpoint: Option<Vec<u8>>,
    ) -> Result<(), StoreError> {
        self.statement(Step::Write, sql::HOLD_GENERATION);
        self.bind(heard_of_us)?;
        self.bind(checkpoint)?;
        self.bind_ledger()?;
        self.bind(claim.generation)?;
        self.bind(claim.holder)?;
        self.expect_changes(Step::IsStillHeld, 1)
    }

    /// Gives a generation up.
    pub(super) fn release_generation(&mut self, claim: Claim) -> Result<(), StoreError> {
        self.statement(Step::Write, sql::RELEASE_GENERATION);
        self.bind_ledger()?;
        self.bind(claim.generation)?;
        self.bind(claim.holder)
    }

    /// Serves a generation of states, and keeps nothing of the one before it.
    pub(super) fn serve_generation(&mut self, claim: Claim, kept: Vec<u8>) -> Result<(), StoreError> {
        self.statement(Step::Write, sql::CALL_IT_SERVED);
        self.bind(kept)?;
        self.bind_ledger()?;
        self.bind(claim.generation)?;
        self.bind(claim.holder)?;
        self.expect_changes(Step::IsStillHeld, 1)?;
        self.statement(Step::Write, sql::FORGET_SERVED);
        self.bind_ledger()?;
        self.bind(claim.generation)?;
        self.statement(Step::Write, sql::SERVE_GENERATION);
        self.bind(claim.generation)?;
        self.bind_ledger()
    }

    pub(super) fn insert_events(&mut self, events: Vec<StoredEvent>) -> Result<(), StoreError> {
        let rows =
            events.into_iter().map(|event| Ok((position_value(event.position)?, event_text(event.bytes)?)));
        let rows = rows.collect::<Result<Vec<(i64, String)>, StoreError>>()?;
        let bind = |script: &mut Script, (position, body)| {
            script.bind_ledger()?;
            script.bind(position)?;
            script.bind(body)
        };
        let again = |(position, _): &(i64, String)| (*position, String::new());
        self.rows(&sql::INSERT_EVENTS, Some(Step::EventsAreNew), rows, bind, again)
    }

    pub(super) fn insert_requests(
        &mut self,
        mut requests: Vec<(RequestKey, RequestRecord)>,
    ) -> Result<(), StoreError> {
        requests
            .sort_unstable_by(|(a, _), (b, _)| (&a.poster, &a.request_id).cmp(&(&b.poster, &b.request_id)));
        let bind = |script: &mut Script, (key, record): (RequestKey, RequestRecord)| {
            script.bind_ledger()?;
            script.bind(poster_value(&key).to_owned())?;
            script.bind(key.request_id.as_str().to_owned())?;
            script.bind(record.digest.to_vec())?;
            script.bind(position_value(record.position)?)?;
            script.bind(record.events)
        };
        self.rows(&sql::INSERT_REQUESTS, Some(Step::RequestsAreNew), requests, bind, Clone::clone)
    }

    pub(super) fn upsert_states(
        &mut self,
        generation: u32,
        mut states: Vec<StoredState>,
    ) -> Result<(), StoreError> {
        // In order of key: neighbours share a page.
        states.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        let rows = states.into_iter().map(|state| (state.key, Some(state.bytes))).collect();
        let bind = |script: &mut Script, (key, body): (Key, Option<Vec<u8>>)| {
            script.bind_ledger()?;
            script.bind(generation)?;
            script.bind(key.as_str().to_owned())?;
            script.bind(body)
        };
        self.rows(&sql::UPSERT_STATES, None, rows, bind, |(key, _)| (key.clone(), None))
    }

    /// Brings the tree up to the log, from where it must be.
    pub(super) fn grow_tree(&mut self, growth: Growth) -> Result<(), StoreError> {
        self.statement(Step::Write, sql::GROW_TREE);
        self.bind(growth.to.to_bytes())?;
        self.bind_ledger()?;
        self.bind(growth.from.to_bytes())?;
        self.bind(growth.from.to_bytes())?;
        self.expect_changes(Step::IsStillHeld, 1)?;
        self.upsert_tiles(growth.tiles)
    }

    pub(super) fn upsert_tiles(&mut self, tiles: Vec<Tile>) -> Result<(), StoreError> {
        let bind = |script: &mut Script, tile: Tile| {
            script.bind_ledger()?;
            script.bind(tile.id.level)?;
            script.bind(tile_number_value(tile.id)?)?;
            script.bind(tile.hashes)
        };
        self.rows(&sql::UPSERT_TILES, None, tiles, bind, |tile| Tile { id: tile.id, hashes: Vec::new() })
    }

    /// Keeps a checkpoint in the place of one of a size.
    pub(super) fn keep_checkpoint(
        &mut self,
        kind: CheckpointKind,
        from: u64,
        kept: KeptCheckpoint,
    ) -> Result<(), StoreError> {
        self.statement(Step::Write, sql::KEEP_CHECKPOINT);
        self.bind_ledger()?;
        self.bind(checkpoint_kind_value(kind))?;
        self.bind(position_value(Position(kept.frontier.size()))?)?;
        self.bind(kept.frontier.to_bytes())?;
        self.bind(kept.note)?;
        self.bind(position_value(Position(from))?)?;
        self.expect_changes(Step::IsStillHeld, 1)
    }

    /// The statement before must have changed so many rows.
    fn expect_changes(&mut self, step: Step, changes: usize) -> Result<(), StoreError> {
        self.statement(step, sql::EXPECT_CHANGES);
        self.bind(i64::try_from(changes).unwrap_or(i64::MAX))
    }

    /// Rows, in statements of fixed sizes. `again` makes of a row one that changes nothing when it comes after it;
    /// `all_new` is the step that makes sure that none was there before.
    fn rows<T>(
        &mut self,
        texts: &'static Sized,
        all_new: Option<Step>,
        rows: Vec<T>,
        bind: impl Fn(&mut Script, T) -> Result<(), StoreError>,
        again: impl Fn(&T) -> T,
    ) -> Result<(), StoreError> {
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let index = padded_size(rows.len());
            let (size, count) = (SIZES[index], rows.len().min(SIZES[index]));
            self.statement(Step::Write, texts.at(index));
            let last = rows.as_slice().get(count - 1).map(&again);
            for row in rows.by_ref().take(count) {
                bind(self, row)?;
            }
            for padding in last.iter().cycle().take(size - count) {
                bind(self, again(padding))?;
            }
            if let Some(step) = all_new {
                self.expect_changes(step, count)?;
            }
        }
        Ok(())
    }

    /// The text, its parameters, and what its statements are there for.
    pub(super) fn finish(self) -> (String, SqliteArguments, Steps) {
        (self.text, self.arguments, Steps(self.steps))
    }
}

/// The statements of a script.
pub(super) struct Steps(Vec<Step>);

impl Steps {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What to make of an error once so many statements have succeeded.
    pub(super) fn explain(&self, succeeded: usize, error: sqlx::Error) -> StoreError {
        match self.0.get(succeeded) {
            Some(Step::HeadWasThere) if is_plain(&error) => StoreError::HeadMoved,
            Some(Step::RequestsAreNew) if is_plain(&error) => StoreError::RequestKnown,
            Some(Step::LedgerIsNew) if is_plain(&error) => StoreError::LedgerExists,
            Some(Step::IsStillHeld) if is_plain(&error) => StoreError::Superseded,
            Some(Step::EventsAreNew) if is_plain(&error) => {
                StoreError::Damaged("there are events behind the head".to_owned())
            }
            Some(Step::Commit) | None => at_commit(error),
            Some(_) => before_commit(error),
        }
    }
}
