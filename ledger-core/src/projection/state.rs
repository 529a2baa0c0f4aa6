//! The folded states: what each holds, and the bytes the store keeps of it.

use super::bucket;
use super::key::{Family, Key};
use crate::access::CredentialRecord;
use crate::account::{BatchRecord, Bucket, BucketScope, Encoded, Roll, YearTally};
use crate::correction::CorrectionRecord;
use crate::event::{LedgerOpened, PolicyProposed, PolicyPublished};
use crate::id::{HouseholdId, ResidentId};
use crate::identity::{Candidate, Dissolution, Identity, Member, MergeRequest, Move, TieChange};
use crate::month::Closings;
use crate::person::{Erasure, Kept};
use crate::policy::{Rulebook, Summary};
use crate::quantity::Position;
use crate::redemption::Redeemed;
use crate::registry::{CodeRecord, CourseRecord, Household, OrganizationRecord, Resident, Team};
use crate::report::MonthRoll;
use crate::report::indicator::{IndicatorDefined, StatedPopulation, Target};
use crate::retention::RetentionRecord;
use crate::selection::{ApplicationRecord, SelectionRecord, StandardRecord, TitleRecord};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use thiserror::Error;

/// The form of the bytes that [`State::encode`] writes. It is raised with every change to the form or the meaning of
/// a state, however small: a program that finds states of another form folds them anew before it serves them.
pub const STATE_FORMAT: u32 = 10;

/// A resident's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResidentRecord {
    /// As registered.
    pub resident: Resident,
    /// Where.
    pub registered_at: Position,
    /// What it was tied to, the households it was in, its guardians, and what was agreed to.
    pub identity: Identity,
    /// The merge of the account, or its undoing, that was proposed last and not approved.
    pub merge: Option<Box<MergeRequest>>,
    /// The personal data that the directory keeps of it; none where it keeps none.
    pub kept: Option<Kept>,
    /// What became of the personal data behind it.
    pub erasure: Erasure,
}

/// A household's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseholdRecord {
    /// As registered.
    pub household: Household,
    /// Where.
    pub registered_at: Position,
    /// The household that its members were in before.
    pub split_from: Option<HouseholdId>,
    /// Its members, in the order they were recorded.
    pub members: Vec<Member>,
    /// Where it moved, in the order that was recorded.
    pub moves: Vec<Move>,
    /// How it ended; none while there is one.
    pub dissolved: Option<Dissolution>,
}

/// A team's record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamRecord {
    /// As registered.
    pub team: Team,
    /// Where.
    pub registered_at: Position,
}

/// Counts of everything in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Census {
    /// Organisations registered.
    pub organizations: u64,
    /// Courses registered.
    pub courses: u64,
    /// Residents' accounts that answer for themselves: registered, and not merged into another.
    pub residents: u64,
    /// Households registered.
    pub households: u64,
    /// Teams registered.
    pub teams: u64,
    /// Entries recorded.
    pub entries: u64,
    /// Entries reversed.
    pub reversals: u64,
}

/// A folded state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The ledger's settings.
    Ledger(LedgerOpened),
    /// The policies published, oldest first.
    Policies(Vec<(Position, PolicyPublished)>),
    /// The policies that wait for approval, oldest first.
    Proposals(Vec<(Position, PolicyProposed)>),
    /// Where the newest policy was published.
    NewestPolicy(Position),
    /// The months that are closed.
    Closings(Closings),
    /// A correction.
    Correction(CorrectionRecord),
    /// The corrections that wait for approval, oldest first.
    OpenCorrections(Vec<Position>),
    /// Counts of everything.
    Census(Census),
    /// An organisation.
    Organization(OrganizationRecord),
    /// A year of an organisation or team.
    Tally(YearTally),
    /// A window of the entries of an organisation or a batch.
    Roll(Roll),
    /// A batch.
    Batch(BatchRecord),
    /// A window of a month's entries.
    MonthRoll(MonthRoll),
    /// The documents of an indicator, oldest first.
    Indicator(Vec<(Position, IndicatorDefined)>),
    /// A target as it was set, oldest first.
    Target(Vec<(Position, Target)>),
    /// A population as it was stated, oldest first.
    Population(Vec<(Position, StatedPopulation)>),
    /// A resident.
    Resident(ResidentRecord),
    /// A household.
    Household(HouseholdRecord),
    /// Lines of an account.
    Bucket(Bucket),
    /// A course.
    Course(CourseRecord),
    /// A team.
    Team(TeamRecord),
    /// A code.
    Code(CodeRecord),
    /// The id that holds a look-alike form.
    LookAlike(String),
    /// An account's figures are told together with those of others: where that last changed.
    Signpost(Position),
    /// Who got a certificate or diploma, the first first.
    Number(Vec<ResidentId>),
    /// Accounts that may be one person's, in order of position.
    Candidates(Vec<Candidate>),
    /// Where two accounts were said to be two persons'.
    Distinct(Position),
    /// Ties that changed, in order of position.
    Ties(Vec<TieChange>),
    /// What was redeemed of an account's credit.
    Redeemed(Redeemed),
    /// A standard with its versions.
    Standard(Box<StandardRecord>),
    /// A selection.
    Selection(Box<SelectionRecord>),
    /// An application.
    Application(Box<ApplicationRecord>),
    /// How many candidates a community recommends in a selection.
    Recommended(u32),
    /// The titles of a candidate.
    Titles(Box<TitleRecord>),
    /// A credential.
    Credential(Box<CredentialRecord>),
    /// The rule of retention, and what waits under it.
    Retention(RetentionRecord),
}

/// Why a state cannot be read, or an event cannot be folded.
#[derive(Debug, Error)]
pub enum StateError {
    /// The bytes are not a state of that key.
    #[error("state {key}: {source}")]
    Malformed {
        /// The key.
        key: Key,
        /// What is wrong.
        source: postcard::Error,
    },
    /// No projection has such a key.
    #[error("no projection keeps a state named {0}")]
    UnknownKey(Key),
    /// The event needs a state that is not there, or is of another type: the log is not one this program wrote.
    #[error("event {position} does not fit state {key}")]
    DoesNotFit {
        /// The event.
        position: Position,
        /// The state.
        key: Key,
    },
}

fn malformed(key: &Key) -> impl FnOnce(postcard::Error) -> StateError {
    move |source| StateError::Malformed { key: key.clone(), source }
}

impl State {
    /// The bytes the store keeps. A bucket carries its [`Summary`] under `rulebook` in front of its lines.
    ///
    /// # Errors
    /// If a value cannot be written, which no value of these types does.
    pub fn encode(&self, key: &Key, rulebook: &Rulebook) -> Result<Vec<u8>, StateError> {
        fn bytes<T: Serialize>(key: &Key, value: &T) -> Result<Vec<u8>, StateError> {
            postcard::to_stdvec(value).map_err(malformed(key))
        }
        match self {
            State::Ledger(state) => bytes(key, state),
            State::Policies(state) => bytes(key, state),
            State::Proposals(state) => bytes(key, state),
            State::NewestPolicy(state) => bytes(key, state),
            State::Closings(state) => bytes(key, state),
            State::Correction(state) => bytes(key, state),
            State::OpenCorrections(state) => bytes(key, state),
            State::Census(state) => bytes(key, state),
            State::Organization(state) => bytes(key, state),
            State::Tally(state) => bytes(key, state),
            State::Roll(state) => bytes(key, state),
            State::Batch(state) => bytes(key, state),
            State::MonthRoll(state) => bytes(key, state),
            State::Indicator(state) => bytes(key, state),
            State::Target(state) => bytes(key, state),
            State::Population(state) => bytes(key, state),
            State::Resident(state) => bytes(key, state),
            State::Household(state) => bytes(key, state),
            State::Bucket(state) => {
                let scope = BucketScope::parse(key.last_segment());
                let scope = scope.ok_or_else(|| StateError::UnknownKey(key.clone()))?;
                bucket::encode(state, scope, rulebook).map_err(malformed(key)).map(|(bytes, _)| bytes)
            }
            State::Course(state) => bytes(key, state),
            State::Team(state) => bytes(key, state),
            State::Code(state) => bytes(key, state),
            State::LookAlike(state) => bytes(key, state),
            State::Signpost(state) | State::Distinct(state) => bytes(key, state),
            State::Ties(state) => bytes(key, state),
            State::Number(state) => bytes(key, state),
            State::Candidates(state) => bytes(key, state),
            State::Redeemed(state) => bytes(key, state),
            State::Standard(state) => bytes(key, state),
            State::Selection(state) => bytes(key, state),
            State::Application(state) => bytes(key, state),
            State::Recommended(state) => bytes(key, state),
            State::Titles(state) => bytes(key, state),
            State::Credential(state) => bytes(key, state),
            State::Retention(state) => bytes(key, state),
        }
    }

    /// As [`State::encode`]; a bucket keeps the bytes, so that the next ones are made from them and the lines that were
    /// added.
    ///
    /// # Errors
    /// As [`State::encode`].
    pub fn encode_and_keep(&mut self, key: &Key, rulebook: &Rulebook) -> Result<Vec<u8>, StateError> {
        let State::Bucket(bucket) = self else { return self.encode(key, rulebook) };
        let scope = BucketScope::parse(key.last_segment());
        let scope = scope.ok_or_else(|| StateError::UnknownKey(key.clone()))?;
        let (bytes, lines) = bucket::encode(bucket, scope, rulebook).map_err(malformed(key))?;
        bucket.note_encoded(Encoded { bytes: bytes.as_slice().into(), lines });
        Ok(bytes)
    }

    /// As [`State::decode`]; a bucket keeps the bytes.
    ///
    /// # Errors
    /// As [`State::decode`].
    pub fn decode_and_keep(
        key: &Key,
        bytes: impl AsRef<[u8]> + Into<Arc<[u8]>>,
    ) -> Result<State, StateError> {
        match key.family() {
            Family::Bucket => {
                bucket::decode_and_keep(bytes.into()).map(State::Bucket).map_err(malformed(key))
            }
            _ => State::decode(key, bytes.as_ref()),
        }
    }

    /// Bytes to put a state aside with while it is folded: a bucket has an empty summary, because it is made once, when
    /// all is folded.
    ///
    /// # Errors
    /// As [`State::encode`].
    pub fn encode_aside(&self, key: &Key) -> Result<Vec<u8>, StateError> {
        match self {
            State::Bucket(bucket) => {
                let packed = bucket::encode_with(&Summary::default(), bucket).map_err(malformed(key))?;
                Ok(packed.0)
            }
            other => other.encode(key, &Rulebook::default()),
        }
    }

    /// Whether the bytes of a state are what it is under a rulebook: those of a bucket may have an older summary.
    ///
    /// # Errors
    /// If the bytes are not those of a state of this key.
    pub fn is_summed_up(key: &Key, bytes: &[u8], rulebook: &Rulebook) -> Result<bool, StateError> {
        let Family::Bucket = key.family() else { return Ok(true) };
        let (tag, _) = postcard::take_from_bytes::<u64>(bytes).map_err(malformed(key))?;
        let scope = BucketScope::parse(key.last_segment());
        Ok(scope.is_some_and(|scope| tag == rulebook.tag(scope)))
    }

    /// The state of some bytes.
    ///
    /// # Errors
    /// If the bytes are not what [`State::encode`] writes for this key.
    pub fn decode(key: &Key, bytes: &[u8]) -> Result<State, StateError> {
        fn value<T: DeserializeOwned>(key: &Key, bytes: &[u8]) -> Result<T, StateError> {
            postcard::from_bytes(bytes).map_err(malformed(key))
        }
        Ok(match key.family() {
            Family::Ledger => State::Ledger(value(key, bytes)?),
            Family::Policies => State::Policies(value(key, bytes)?),
            Family::Proposals => State::Proposals(value(key, bytes)?),
            Family::NewestPolicy => State::NewestPolicy(value(key, bytes)?),
            Family::Closings => State::Closings(value(key, bytes)?),
            Family::Correction => State::Correction(value(key, bytes)?),
            Family::OpenCorrections => State::OpenCorrections(value(key, bytes)?),
            Family::Census => State::Census(value(key, bytes)?),
            Family::Organization => State::Organization(value(key, bytes)?),
            Family::Tally => State::Tally(value(key, bytes)?),
            Family::Roll => State::Roll(value(key, bytes)?),
            Family::Batch => State::Batch(value(key, bytes)?),
            Family::MonthRoll => State::MonthRoll(value(key, bytes)?),
            Family::Indicator => State::Indicator(value(key, bytes)?),
            Family::Target => State::Target(value(key, bytes)?),
            Family::Population => State::Population(value(key, bytes)?),
            Family::Resident => State::Resident(value(key, bytes)?),
            Family::Household => State::Household(value(key, bytes)?),
            Family::Bucket => State::Bucket(bucket::decode(bytes).map_err(malformed(key))?.1),
            Family::Course => State::Course(value(key, bytes)?),
            Family::Team => State::Team(value(key, bytes)?),
            Family::Code => State::Code(value(key, bytes)?),
            Family::LookAlike => State::LookAlike(value(key, bytes)?),
            Family::Signpost => State::Signpost(value(key, bytes)?),
            Family::Number => State::Number(value(key, bytes)?),
            Family::Candidates => State::Candidates(value(key, bytes)?),
            Family::Distinct => State::Distinct(value(key, bytes)?),
            Family::Ties => State::Ties(value(key, bytes)?),
            Family::Redeemed => State::Redeemed(value(key, bytes)?),
            Family::Standard => State::Standard(value(key, bytes)?),
            Family::Selection => State::Selection(value(key, bytes)?),
            Family::Application => State::Application(value(key, bytes)?),
            Family::Recommended => State::Recommended(value(key, bytes)?),
            Family::Titles => State::Titles(value(key, bytes)?),
            Family::Credential => State::Credential(value(key, bytes)?),
            Family::Retention => State::Retention(value(key, bytes)?),
            Family::Unknown => return Err(StateError::UnknownKey(key.clone())),
        })
    }

    /// Only the summary in front of a bucket's bytes: a balance needs no lines.
    ///
    /// # Errors
    /// If the bytes are not those of a bucket.
    pub fn decode_summary(key: &Key, bytes: &[u8]) -> Result<Summary, StateError> {
        postcard::take_from_bytes(bytes).map(|(summary, _)| summary).map_err(malformed(key))
    }

    /// Whether two bytes of a key say the same. The summary of a bucket may be older than the newest policy (it is made
    /// anew when it is read): summaries under different rulebooks are not compared.
    #[must_use]
    pub fn same(key: &Key, a: &[u8], b: &[u8]) -> bool {
        if a == b {
            return true;
        }
        let bucket = |bytes: &[u8]| bucket::decode(bytes).ok();
        match key.family() {
            Family::Bucket => match (bucket(a), bucket(b)) {
                (Some((a, in_a)), Some((b, in_b))) => a.policy_tag != b.policy_tag && in_a == in_b,
                _ => false,
            },
            _ => false,
        }
    }
}
