//! Accounts that answer as one, read together from one snapshot.

use super::question::AsOf;
use crate::error::damage;
use crate::ledger::{Ledger, Rules};
use ledger_core::Refusal;
use ledger_core::account::{Bucket, BucketScope};
use ledger_core::id::{AccountId, ResidentId};
use ledger_core::identity::{Family, family};
use ledger_core::ports::{StateQuery, StoredState};
use ledger_core::projection::{Key, ResidentRecord, State};
use ledger_core::quantity::Position;
use ledger_core::redemption::Redeemed;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Records, buckets and redemptions of some accounts.
#[derive(Default)]
pub(super) struct Kin {
    records: HashMap<ResidentId, ResidentRecord>,
    buckets: HashMap<ResidentId, Vec<(BucketScope, Bucket)>>,
    redeemed: HashMap<ResidentId, Redeemed>,
}

/// What a reading of kin gave.
pub(super) struct Gathered {
    pub(super) kin: Kin,
    pub(super) rules: Arc<Rules>,
    /// The position the snapshot is true at.
    pub(super) reached: Position,
    /// The point of the log that was asked about.
    pub(super) point: Position,
    /// The answers to what was asked besides.
    pub(super) besides: Vec<Vec<StoredState>>,
}

/// What is read of each account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reads {
    /// Its record: who answers for it, and where it lives.
    Record,
    /// Its buckets and redemptions too.
    All,
}

/// What reads an account's record and all its buckets.
pub(super) fn queries(id: &ResidentId) -> [StateQuery; 2] {
    let account = AccountId::Resident(id.clone());
    let prefix = Key::bucket_prefix(&account);
    [StateQuery::Exactly(Key::resident(id)), StateQuery::Prefix { prefix, after: None, limit: u32::MAX }]
}

impl Kin {
    /// Takes up an account's states.
    pub(super) fn take_up(
        &mut self,
        id: &ResidentId,
        record: &[StoredState],
        states: &[StoredState],
    ) -> Result<(), Refusal> {
        if let Some(stored) = record.first()
            && let State::Resident(record) = State::decode(&stored.key, &stored.bytes).map_err(damage)?
        {
            self.records.insert(id.clone(), record);
        }
        let mut buckets = Vec::with_capacity(states.len());
        for stored in states {
            if let State::Bucket(bucket) = State::decode(&stored.key, &stored.bytes).map_err(damage)? {
                let scope = BucketScope::parse(stored.key.last_segment());
                buckets.push((scope.ok_or_else(crate::error::damaged)?, bucket));
            }
        }
        self.buckets.insert(id.clone(), buckets);
        Ok(())
    }

    /// Takes up what was redeemed of an account's credit.
    fn take_up_redeemed(&mut self, id: &ResidentId, states: &[StoredState]) -> Result<(), Refusal> {
        for stored in states {
            if let State::Redeemed(redeemed) = State::decode(&stored.key, &stored.bytes).map_err(damage)? {
                self.redeemed.insert(id.clone(), redeemed);
            }
        }
        Ok(())
    }

    /// The accounts that were taken up.
    pub(super) fn residents(&self) -> impl Iterator<Item = &ResidentId> {
        self.records.keys()
    }

    pub(super) fn record(&self, id: &ResidentId) -> Option<&ResidentRecord> {
        self.records.get(id)
    }

    /// The family of an account at a point, or the records that are missing to tell.
    pub(super) fn family(&self, id: &ResidentId, point: Position) -> Result<Family, Vec<ResidentId>> {
        family(id, point, |id| self.records.get(id))
    }

    /// The buckets of an account.
    pub(super) fn own(&self, id: &ResidentId) -> Vec<&Bucket> {
        self.buckets.get(id).into_iter().flatten().map(|(_, bucket)| bucket).collect()
    }

    /// The buckets of a family at a point, those of one scope as one.
    pub(super) fn joined(&self, family: &Family, point: Position) -> Vec<Bucket> {
        let mut by_scope: BTreeMap<BucketScope, Vec<Bucket>> = BTreeMap::new();
        for (scope, bucket) in family.members().filter_map(|id| self.buckets.get(id)).flatten() {
            by_scope.entry(*scope).or_default().push(bucket.as_of(point));
        }
        by_scope.values().map(Bucket::joined).collect()
    }

    /// What was redeemed of an account's own credit.
    pub(super) fn redeemed_of(&self, id: &ResidentId) -> Option<&Redeemed> {
        self.redeemed.get(id)
    }

    /// What was redeemed of a family's credit by a point.
    pub(super) fn redeemed(&self, family: &Family, point: Position) -> Redeemed {
        Redeemed::joined(family.members().filter_map(|id| self.redeemed.get(id))).as_of(point)
    }
}

impl Ledger {
    /// Reads accounts and all that answer as one with them at a point of the log, and what is asked besides, from one
    /// snapshot. Who belongs to whom stands in the records, so it reads until no one is missing: once where nobody is
    /// tied.
    pub(super) async fn kin(
        &self,
        accounts: &[ResidentId],
        as_of: AsOf,
        min_position: Position,
        besides: &[StateQuery],
    ) -> Result<Gathered, Refusal> {
        self.gather(accounts, Reads::All, (as_of, min_position), besides).await
    }

    /// The same, and of each account its record only: enough to tell who answers for whom.
    pub(super) async fn kin_records(
        &self,
        accounts: &[ResidentId],
        as_of: AsOf,
        min_position: Position,
        besides: &[StateQuery],
    ) -> Result<Gathered, Refusal> {
        self.gather(accounts, Reads::Record, (as_of, min_position), besides).await
    }

    async fn gather(
        &self,
        accounts: &[ResidentId],
        reads: Reads,
        (as_of, min_position): (AsOf, Position),
        besides: &[StateQuery],
    ) -> Result<Gathered, Refusal> {
        let mut read: Vec<ResidentId> = accounts.to_vec();
        loop {
            let of_account = |id| {
                let [record, buckets] = queries(id);
                let more = [buckets, StateQuery::Exactly(Key::redeemed(id))];
                std::iter::once(record).chain((reads == Reads::All).then_some(more).into_iter().flatten())
            };
            let each = if reads == Reads::All { 3 } else { 1 };
            let asked = read.iter().flat_map(of_account).chain(besides.iter().cloned()).collect();
            let (reached, rules, mut answers) = self.read_by_the_rules(min_position, asked).await?;
            let point = self.resolve(as_of, reached).await?;
            let besides = answers.split_off(read.len() * each);
            let mut kin = Kin::default();
            for (id, answers) in read.iter().zip(answers.chunks(each)) {
                match answers {
                    [record, states, redeemed] => {
                        kin.take_up(id, record, states)?;
                        kin.take_up_redeemed(id, redeemed)?;
                    }
                    [record] => kin.take_up(id, record, &[])?,
                    _ => {}
                }
            }
            let mut missing = Vec::new();
            for id in accounts.iter().filter(|id| kin.record(id).is_some()) {
                let absent = kin.family(id, point).err().unwrap_or_default();
                if absent.iter().any(|id| read.contains(id)) {
                    // A tie names an account that is not there.
                    return Err(crate::error::damaged());
                }
                missing.extend(absent);
            }
            if missing.is_empty() {
                return Ok(Gathered { kin, rules, reached, point, besides });
            }
            missing.sort_unstable();
            missing.dedup();
            read.extend(missing);
        }
    }
}
