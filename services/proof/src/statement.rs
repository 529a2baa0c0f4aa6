//! A statement that travels: the events of an account, each proven against a checkpoint, and the figures that follow from
//! them. The figures are folded anew here, by the same functions that the ledger folds with.
//!
//! What it proves: each of these events stands in the log, these figures follow from them, and the key of the log has signed
//! the figures and which events they follow from: none is left out.

use crate::checkpoint::{Signed, sign_note, verify_note};
use crate::error::Fault;
use crate::event::at_its_place;
use crate::key::{CheckpointKey, Verifier};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ledger_core::date::OccurredOn;
use ledger_core::entry::Digest32;
use ledger_core::event::{self, Event, Fact};
use ledger_core::id::{AccountId, LedgerId};
use ledger_core::merkle::{Hash, leaf_hash, verify_inclusion};
use ledger_core::policy::{Rulebook, assess_account, balance_on, summarize_account};
use ledger_core::projection::{self, Key, State, States};
use ledger_core::quantity::CentiCredits;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The format of a statement's file.
pub const STATEMENT_FORMAT: &str = "creditbank-statement-2";

/// A statement as it travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// [`STATEMENT_FORMAT`].
    pub format: String,
    /// Whose log.
    pub ledger: LedgerId,
    /// Whose account.
    pub account: AccountId,
    /// The day of the statement: credit of later years is pending.
    pub today: OccurredOn,
    /// The signed note that everything is proven against.
    pub checkpoint: String,
    /// The figures that follow from the events.
    pub figures: Figures,
    /// The signed note by which the key of the log says so.
    pub attestation: String,
    /// The ledger's opening, its policies, and the entries and reversals of the account, in order of position.
    pub events: Vec<ProvenEvent>,
}

/// An event and its proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvenEvent {
    /// Its position.
    pub position: u64,
    /// Its bytes, as they were hashed.
    pub event: String,
    /// Siblings from the leaf up, in base64.
    pub path: Vec<String>,
}

/// The figures of an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// Credit in hundredths that counts on the day.
    pub centi_credits: i64,
    /// Credit in hundredths that counts from a later year on.
    pub pending_centi_credits: i64,
    /// Minutes of entries that stand.
    pub minutes: u64,
    /// Entries that stand.
    pub entries: u64,
}

/// What a key signs of an account. No checkpoint begins so.
fn attested(origin: &str, says: &Attested<'_>) -> String {
    let Attested { account, today, size, figures, events } = says;
    let Figures { centi_credits, pending_centi_credits, minutes, entries } = figures;
    format!(
        "creditbank statement\n{origin}\n{}\n{today} {size}\n\
         {centi_credits} {pending_centi_credits} {minutes} {entries}\n{} {}\n",
        account.path(),
        events.count,
        events.digest
    )
}

/// What a key signs of an account: its figures, and which events they follow from.
#[derive(Debug, Clone, Copy)]
pub struct Attested<'a> {
    /// Whose.
    pub account: &'a AccountId,
    /// On which day.
    pub today: OccurredOn,
    /// In a log of how many events.
    pub size: u64,
    /// Its figures.
    pub figures: &'a Figures,
    /// The events they follow from.
    pub events: Positions,
}

/// Which events a statement has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Positions {
    count: u64,
    digest: Digest32,
}

impl Positions {
    /// Of these positions, in order.
    #[must_use]
    pub fn of(positions: impl IntoIterator<Item = u64>) -> Positions {
        let (mut count, mut digest) = (0, Sha256::new());
        for position in positions {
            count += 1;
            digest.update(position.to_be_bytes());
        }
        Positions { count, digest: Digest32(digest.finalize().into()) }
    }
}

/// Signs what an account has. Whoever does has folded it out of the log.
///
/// # Errors
/// `KeyMalformed` of a name that no note can bear.
pub fn attest(key: &CheckpointKey, ledger: &LedgerId, says: &Attested<'_>) -> Result<String, Fault> {
    let origin = key.origin(ledger);
    sign_note(key, &origin, &attested(&origin, says))
}

impl ProvenEvent {
    /// An event with the nodes of its proof.
    #[must_use]
    pub fn new(position: u64, event: String, path: &[Hash]) -> ProvenEvent {
        ProvenEvent { position, event, path: path.iter().map(|hash| BASE64_STANDARD.encode(hash)).collect() }
    }

    fn path(&self) -> Result<Vec<Hash>, Fault> {
        let node = |text: &String| BASE64_STANDARD.decode(text).ok()?.try_into().ok();
        let path: Option<Vec<Hash>> = self.path.iter().map(node).collect();
        path.ok_or_else(|| Fault::StatementMalformed(format!("the path of event {} is none", self.position)))
    }
}

/// States in a map.
#[derive(Default)]
struct Folded(BTreeMap<Key, State>);

impl States for Folded {
    fn get(&self, key: &Key) -> Option<&State> {
        self.0.get(key)
    }

    fn entry(&mut self, key: &Key, make: fn() -> State) -> &mut State {
        self.0.entry(key.clone()).or_insert_with(make)
    }

    fn put(&mut self, key: Key, state: State) {
        self.0.insert(key, state);
    }
}

/// Folds the figures of an account out of its events and the policies.
///
/// # Errors
/// `StatementMalformed` where an event does not follow from those before it.
pub fn figures<'a>(
    account: &AccountId,
    today: OccurredOn,
    events: impl IntoIterator<Item = &'a Event>,
) -> Result<Figures, Fault> {
    let mut states = Folded::default();
    for event in events {
        let unfit = |error: projection::StateError| Fault::StatementMalformed(error.to_string());
        projection::apply(&mut states, event).map_err(unfit)?;
    }
    let published = match states.0.get(&Key::policies()) {
        Some(State::Policies(published)) => published.as_slice(),
        _ => &[],
    };
    let rulebook = Rulebook::of(published).map_err(|error| Fault::StatementMalformed(error.to_string()))?;
    let prefix = Key::bucket_prefix(account);
    let of_account = states.0.iter().filter(|(key, _)| key.as_str().starts_with(&prefix));
    let buckets: Vec<_> = of_account
        .filter_map(|(_, state)| match state {
            State::Bucket(bucket) => Some(bucket.clone()),
            _ => None,
        })
        .collect();
    let summary = summarize_account(assess_account(&rulebook, &buckets));
    let (cells, pending) = balance_on(&[summary], today);
    let credit: CentiCredits = cells.iter().map(|cell| cell.credit).sum();
    Ok(Figures {
        centi_credits: credit.0,
        pending_centi_credits: pending.0,
        minutes: cells.iter().map(|cell| cell.minutes).sum(),
        entries: cells.iter().map(|cell| cell.entries).sum(),
    })
}

/// Whether an event has a part in the figures of an account.
#[must_use]
pub fn concerns(account: &AccountId, event: &Event) -> bool {
    match &event.fact {
        Fact::LedgerOpened(_) | Fact::PolicyPublished(_) => true,
        Fact::EntryRecorded(entry) => entry.account == *account,
        Fact::EntryReversed(reversal) => reversal.account == *account,
        _ => false,
    }
}

/// Believes a statement, once the key of the log has signed its checkpoint and its figures, each of its events is proven to stand
/// in the log at its position, and the figures follow from them.
///
/// # Errors
/// What is wrong first.
pub fn verify_statement(text: &[u8], log: &Verifier) -> Result<Statement, Fault> {
    let malformed = |error: serde_json::Error| Fault::StatementMalformed(error.to_string());
    let statement: Statement = serde_json::from_slice(text).map_err(malformed)?;
    if statement.format != STATEMENT_FORMAT {
        return Err(Fault::StatementMalformed(format!("its format is {}", statement.format)));
    }
    let signed = Signed::parse(&statement.checkpoint)?;
    let checkpoint = signed.verify(log)?;
    if checkpoint.origin.rsplit('/').next() != Some(statement.ledger.as_str()) {
        let (found, expected) = (checkpoint.origin.clone(), format!("…/{}", statement.ledger));
        return Err(Fault::OriginMismatch { found, expected });
    }
    let mut last = 0;
    let mut events = Vec::with_capacity(statement.events.len());
    for proven in &statement.events {
        let (position, bytes) = (proven.position, proven.event.as_bytes());
        if position <= last {
            return Err(Fault::EventMisplaced { position: last + 1, found: position });
        }
        last = position;
        let proof = verify_inclusion(
            &leaf_hash(bytes),
            position - 1,
            checkpoint.size,
            &proven.path()?,
            &checkpoint.root,
        );
        proof.map_err(|error| Fault::EventUnproven { position, error })?;
        at_its_place(&statement.ledger, position, bytes)?;
        let decoded = event::decode(bytes);
        let event = decoded.map_err(|error| Fault::EventInvalid { position, found: error.to_string() })?;
        if !concerns(&statement.account, &event) {
            return Err(Fault::EventInvalid { position, found: "it is of another account".to_owned() });
        }
        events.push(event);
    }
    let figures = figures(&statement.account, statement.today, &events)?;
    if figures != statement.figures {
        return Err(Fault::FiguresDiffer(format!("{:?} follow, {:?} are told", figures, statement.figures)));
    }
    let says = Attested {
        account: &statement.account,
        today: statement.today,
        size: checkpoint.size,
        figures: &figures,
        events: Positions::of(statement.events.iter().map(|event| event.position)),
    };
    verify_note(&statement.attestation, &attested(log.name(), &says), log)?;
    Ok(statement)
}
