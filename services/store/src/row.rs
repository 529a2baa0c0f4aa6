//! What rows mean, whichever database they come from: the columns of every statement stand in one order here.

use ledger_core::id::{LedgerId, OrganizationId, RequestId, ResidentId};
use ledger_core::merkle::{CheckpointKind, Frontier, KeptCheckpoint, Tile, TileId};
use ledger_core::person::SealedPerson;
use ledger_core::ports::{
    Generation, Head, ListedLedger, Purpose, RequestKey, RequestRecord, Standing, StateQuery, StoreError,
    StoredEvent, StoredState, Tenancy,
};
use ledger_core::projection::Key;
use ledger_core::quantity::Position;

/// A row. What cannot be read as what is written there (a null, text that is not UTF-8) is damage.
pub(crate) trait StoreRow {
    fn integer(&self, index: usize) -> Result<i64, StoreError>;
    fn text(&self, index: usize) -> Result<&str, StoreError>;
    fn bytes(&self, index: usize) -> Result<&[u8], StoreError>;
    /// Where a null stands for a row that there is none of.
    fn text_or_null(&self, index: usize) -> Result<Option<&str>, StoreError>;
    /// Where a null stands for no number.
    fn integer_or_null(&self, index: usize) -> Result<Option<i64>, StoreError>;
    /// Where a null stands for nothing yet.
    fn bytes_or_null(&self, index: usize) -> Result<Option<&[u8]>, StoreError>;
}

macro_rules! store_row {
    ($row:ty) => {
        impl crate::row::StoreRow for $row {
            fn integer(&self, index: usize) -> Result<i64, ledger_core::ports::StoreError> {
                crate::row::present(index, sqlx::Row::try_get(self, index))
            }

            fn text(&self, index: usize) -> Result<&str, ledger_core::ports::StoreError> {
                crate::row::present(index, sqlx::Row::try_get(self, index))
            }

            fn bytes(&self, index: usize) -> Result<&[u8], ledger_core::ports::StoreError> {
                crate::row::present(index, sqlx::Row::try_get(self, index))
            }

            fn text_or_null(&self, index: usize) -> Result<Option<&str>, ledger_core::ports::StoreError> {
                sqlx::Row::try_get(self, index).map_err(crate::row::unreadable)
            }

            fn integer_or_null(&self, index: usize) -> Result<Option<i64>, ledger_core::ports::StoreError> {
                sqlx::Row::try_get(self, index).map_err(crate::row::unreadable)
            }

            fn bytes_or_null(&self, index: usize) -> Result<Option<&[u8]>, ledger_core::ports::StoreError> {
                sqlx::Row::try_get(self, index).map_err(crate::row::unreadable)
            }
        }
    };
}
pub(crate) use store_row;

pub(crate) fn unreadable(error: sqlx::Error) -> StoreError {
    StoreError::Damaged(error.to_string())
}

pub(crate) fn present<T>(index: usize, value: Result<Option<T>, sqlx::Error>) -> Result<T, StoreError> {
    value.map_err(unreadable)?.ok_or_else(|| StoreError::Damaged(format!("column {index} of a row is null")))
}

/// A position as it is stored.
pub(crate) fn position_value(position: Position) -> Result<i64, StoreError> {
    i64::try_from(position.0).map_err(|_| StoreError::Damaged("a position is out of range".to_owned()))
}

fn position(value: i64) -> Result<Position, StoreError> {
    u64::try_from(value).map(Position).map_err(|_| StoreError::Damaged("a position is negative".to_owned()))
}

fn small(value: i64) -> Result<u32, StoreError> {
    u32::try_from(value).map_err(|_| StoreError::Damaged("a stored number is out of range".to_owned()))
}

/// How a poster is stored.
pub(crate) fn poster_value(key: &RequestKey) -> &str {
    key.poster.as_ref().map_or("", |poster| poster.as_str())
}

/// How a purpose is stored.
pub(crate) fn purpose_value(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Serve => "served",
        Purpose::Rebuild => "rebuild",
        Purpose::Verify => "verify",
    }
}

/// Position, recorded_at, generation.
pub(crate) fn head(row: &impl StoreRow) -> Result<Head, StoreError> {
    Ok(Head {
        position: position(row.integer(0)?)?,
        recorded_at_us: row.integer(1)?,
        generation: small(row.integer(2)?)?,
    })
}

/// How a standing is stored.
pub(crate) fn standing_value(standing: Standing) -> &'static str {
    match standing {
        Standing::Open => "open",
        Standing::Sealed => "sealed",
        Standing::Arriving => "arriving",
        Standing::Discarded => "discarded",
    }
}

/// How a quota is stored: one beyond all positions is none.
pub(crate) fn quota_value(tenancy: Tenancy) -> Option<i64> {
    tenancy.quota.and_then(|quota| i64::try_from(quota).ok())
}

/// Standing and quota, from a column on.
pub(crate) fn tenancy(row: &impl StoreRow, first: usize) -> Result<Tenancy, StoreError> {
    let standing = match row.text(first)? {
        "open" => Standing::Open,
        "sealed" => Standing::Sealed,
        "arriving" => Standing::Arriving,
        "discarded" => Standing::Discarded,
        other => return Err(StoreError::Damaged(format!("a ledger is said to be {other}"))),
    };
    let quota = row.integer_or_null(first + 1)?;
    let negative = |_| StoreError::Damaged("a quota is negative".to_owned());
    Ok(Tenancy { standing, quota: quota.map(u64::try_from).transpose().map_err(negative)? })
}

/// Whether there is no ledger any more, by what was said of its tenancy.
pub(crate) fn is_gone(told: Result<Tenancy, StoreError>) -> Result<bool, StoreError> {
    match told {
        Ok(_) => Ok(false),
        Err(StoreError::NoLedger) => Ok(true),
        Err(error) => Err(error),
    }
}

/// Ledger, position, standing, quota.
pub(crate) fn listed_ledger(row: &impl StoreRow) -> Result<ListedLedger, StoreError> {
    let id = LedgerId::parse(row.text(0)?).map_err(|refusal| StoreError::Damaged(refusal.to_string()))?;
    Ok(ListedLedger { id, position: position(row.integer(1)?)?, tenancy: tenancy(row, 2)? })
}

/// Generation, format, purpose, holder, heard of, checkpoint.
pub(crate) fn generation(row: &impl StoreRow) -> Result<Generation, StoreError> {
    let purpose = match row.text(2)? {
        "served" => Purpose::Serve,
        "rebuild" => Purpose::Rebuild,
        "verify" => Purpose::Verify,
        other => return Err(StoreError::Damaged(format!("a generation is kept for {other}"))),
    };
    Ok(Generation {
        number: small(row.integer(0)?)?,
        format: small(row.integer(1)?)?,
        purpose,
        holder: row.integer(3)?,
        heard_of_us: row.integer(4)?,
        checkpoint: row.bytes(5)?.to_vec(),
    })
}

/// How the number of a tile is stored.
pub(crate) fn tile_number_value(id: TileId) -> Result<i64, StoreError> {
    position_value(Position(id.number))
}

/// How a kind of checkpoint is stored.
pub(crate) fn checkpoint_kind_value(kind: CheckpointKind) -> &'static str {
    match kind {
        CheckpointKind::Signed => "signed",
        CheckpointKind::Witnessed => "witnessed",
    }
}

fn edge(bytes: &[u8]) -> Result<Frontier, StoreError> {
    Frontier::from_bytes(bytes)
        .ok_or_else(|| StoreError::Damaged("the edge of the tree is of another length".to_owned()))
}

/// The edge of the tree, or null where there is none yet.
pub(crate) fn frontier(row: &impl StoreRow) -> Result<Frontier, StoreError> {
    row.bytes_or_null(0)?.map_or_else(|| Ok(Frontier::default()), edge)
}

/// Level, number, hashes.
pub(crate) fn tile(row: &impl StoreRow) -> Result<Tile, StoreError> {
    let level = u8::try_from(row.integer(0)?);
    let level = level.map_err(|_| StoreError::Damaged("the level of a tile is out of range".to_owned()))?;
    Ok(Tile { id: TileId { level, number: position(row.integer(1)?)?.0 }, hashes: row.bytes(2)?.to_vec() })
}

/// Edge, note.
pub(crate) fn checkpoint(row: &impl StoreRow) -> Result<KeptCheckpoint, StoreError> {
    Ok(KeptCheckpoint { frontier: edge(row.bytes(0)?)?, note: row.text(1)?.to_owned() })
}

/// A number alone.
pub(crate) fn number(row: &impl StoreRow) -> Result<u32, StoreError> {
    small(row.integer(0)?)
}

/// Key, body.
pub(crate) fn state(row: &impl StoreRow) -> Result<StoredState, StoreError> {
    Ok(StoredState { key: Key::from_stored(row.text(0)?), bytes: row.bytes(1)?.to_vec() })
}

/// Position, body.
pub(crate) fn event(row: &impl StoreRow) -> Result<StoredEvent, StoreError> {
    Ok(StoredEvent { position: position(row.integer(0)?)?, bytes: row.text(1)?.as_bytes().to_vec() })
}

/// Events from a position on; a hole is damage.
pub(crate) fn dense(first: u64, rows: &[impl StoreRow]) -> Result<Vec<StoredEvent>, StoreError> {
    let mut events = Vec::with_capacity(rows.len());
    for (expected, row) in (first..).zip(rows) {
        let event = event(row)?;
        if event.position.0 != expected {
            return Err(StoreError::Damaged(format!("the log has a hole at position {expected}")));
        }
        events.push(event);
    }
    Ok(events)
}

/// Which of the wanted, digest, position, events: what was found goes to its place from `first` on.
pub(crate) fn requests(
    rows: &[impl StoreRow],
    first: usize,
    found: &mut [Option<RequestRecord>],
) -> Result<(), StoreError> {
    for row in rows {
        let slot = usize::try_from(row.integer(0)?).ok().and_then(|n| found.get_mut(first + n));
        let record = request_record(row, 1)?;
        if let Some(slot) = slot {
            *slot = Some(record);
        }
    }
    Ok(())
}

/// Digest, position, events, from a column on.
fn request_record(row: &impl StoreRow, first: usize) -> Result<RequestRecord, StoreError> {
    let digest = row.bytes(first)?.try_into();
    Ok(RequestRecord {
        digest: digest.map_err(|_| StoreError::Damaged("a request digest has not 32 bytes".to_owned()))?,
        position: position(row.integer(first + 1)?)?,
        events: small(row.integer(first + 2)?)?,
    })
}

/// Poster, request id, digest, position, events.
pub(crate) fn request(row: &impl StoreRow) -> Result<(RequestKey, RequestRecord), StoreError> {
    let unreadable = |refusal: ledger_core::Refusal| StoreError::Damaged(refusal.to_string());
    let poster = match row.text(0)? {
        "" => None,
        poster => Some(OrganizationId::parse(poster).map_err(unreadable)?),
    };
    let request_id = RequestId::parse(row.text(1)?).map_err(unreadable)?;
    Ok((RequestKey { poster, request_id }, request_record(row, 2)?))
}

/// First key and the key behind the last. Keys are of visible characters, so nothing stands between a key and the
/// same with U+0001 behind it, and U+10FFFF is behind everything that begins with a prefix.
pub(crate) fn range(query: &StateQuery) -> (String, String) {
    match query {
        StateQuery::Exactly(key) => (key.as_str().to_owned(), format!("{key}\u{1}")),
        StateQuery::Prefix { prefix, .. } => (prefix.clone(), format!("{prefix}\u{10FFFF}")),
    }
}

/// Whether not all of a range is asked for.
pub(crate) fn is_page(query: &StateQuery) -> bool {
    matches!(query, StateQuery::Prefix { after, limit, .. } if after.is_some() || *limit < u32::MAX)
}

/// Answers to state queries as they come in, with the head they are true at.
pub(crate) struct Answers {
    head: Option<Head>,
    states: Vec<Vec<StoredState>>,
}

impl Answers {
    pub(crate) fn to(queries: usize) -> Answers {
        Answers { head: None, states: vec![Vec::new(); queries] }
    }

    pub(crate) fn has_head(&self) -> bool {
        self.head.is_some()
    }

    /// The head, then which query it answers, key and body; the key of a query that found nothing is null.
    pub(crate) fn take(
        &mut self,
        rows: &[impl StoreRow],
        query_of: impl Fn(usize) -> Option<usize>,
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Err(StoreError::NoLedger);
        }
        for row in rows {
            if self.head.is_none() {
                self.head = Some(head(row)?);
            }
            let slot = usize::try_from(row.integer(3)?).ok().and_then(&query_of);
            if let (Some(slot), Some(key)) = (slot, row.text_or_null(4)?) {
                let bytes = row.bytes(5)?.to_vec();
                self.states[slot].push(StoredState { key: Key::from_stored(key), bytes });
            }
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<(Head, Vec<Vec<StoredState>>), StoreError> {
        for states in &mut self.states {
            // An index gives them in this order; SQL does not promise it.
            states.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        }
        Ok((self.head.ok_or(StoreError::NoLedger)?, self.states))
    }
}

/// Where the log ends after these events; what does not follow the head is damage.
pub(crate) fn tip_of(base: Head, events: &[StoredEvent]) -> Result<Position, StoreError> {
    let mut tip = base.position;
    for event in events {
        if event.position != tip.next() {
            return Err(StoreError::Damaged(format!("event {} does not follow the head", event.position)));
        }
        tip = event.position;
    }
    Ok(tip)
}

/// An event's bytes as the text they are.
pub(crate) fn event_text(bytes: Vec<u8>) -> Result<String, StoreError> {
    String::from_utf8(bytes).map_err(|_| StoreError::Damaged("an event is not UTF-8".to_owned()))
}

/// A resident, in a column.
pub(crate) fn resident(row: &impl StoreRow, column: usize) -> Result<ResidentId, StoreError> {
    ResidentId::parse(row.text(column)?).map_err(|refusal| StoreError::Damaged(refusal.to_string()))
}

/// Resident, wrapped key, record.
pub(crate) fn sealed_person(row: &impl StoreRow) -> Result<SealedPerson, StoreError> {
    Ok(SealedPerson {
        resident: resident(row, 0)?,
        wrapped_key: row.bytes(1)?.to_vec(),
        record: row.bytes(2)?.to_vec(),
    })
}

/// Resident, wrapped key.
pub(crate) fn person_key(row: &impl StoreRow) -> Result<(ResidentId, Vec<u8>), StoreError> {
    Ok((resident(row, 0)?, row.bytes(1)?.to_vec()))
}
