//! Measuring the field: each member's record is read once and counted. Of few candidates the accounts are read by name;
//! of many, all accounts are passed over in order. Both give the same.

use super::field::{Field, Part};
use super::{Point, Yardstick};
use crate::error::{damage, damaged};
use crate::ledger::Ledger;
use crate::query::pass::{Accounts, Met};
use crate::query::question::AsOf;
use ledger_core::Refusal;
use ledger_core::account::Bucket;
use ledger_core::id::{AccountId, OrganizationId, ResidentId};
use ledger_core::policy::{assess_account, assess_account_briefly};
use ledger_core::ports::StateQuery;
use ledger_core::projection::{Key, State};
use ledger_core::selection::{CandidateKind, MemberYear, Reading};

/// Accounts whose lines are read by name at a time.
const ACCOUNTS: usize = 256;

/// Of how many accounts of all a field must be, for a pass over all of them to be the shorter way (our own default).
const PASS_SHARE: u64 = 4;

impl Field {
    /// Reads the accounts of all members, in the shorter way.
    pub(super) async fn measure(
        &mut self,
        ledger: &Ledger,
        yardstick: &Yardstick,
        point: &Point,
    ) -> Result<(), Refusal> {
        let all = match ledger.read_state(point.position, Key::census()).await?.1 {
            Some(State::Census(census)) => census.residents,
            _ => 0,
        };
        if self.residents.len() as u64 * PASS_SHARE >= all {
            self.pass(ledger, yardstick, point).await
        } else {
            self.read_by_name(ledger, yardstick, point).await
        }
    }

    /// Reads the accounts of all members by name.
    pub(super) async fn read_by_name(
        &mut self,
        ledger: &Ledger,
        yardstick: &Yardstick,
        point: &Point,
    ) -> Result<(), Refusal> {
        if self.kind == CandidateKind::Organization {
            return self.read_organizations(ledger, yardstick, point).await;
        }
        let mut ids: Vec<ResidentId> = self.residents.keys().cloned().collect();
        // In order of the candidates: evidence tells members apart by the order in which they come.
        ids.sort_unstable();
        for some in ids.chunks(ACCOUNTS) {
            self.read_residents(ledger, point, some).await?;
        }
        Ok(())
    }

    /// Passes over all accounts.
    async fn pass(&mut self, ledger: &Ledger, yardstick: &Yardstick, point: &Point) -> Result<(), Refusal> {
        if self.kind == CandidateKind::Organization {
            return self.read_organizations(ledger, yardstick, point).await;
        }
        let mut accounts = Accounts::of(&ledger.store, ledger.id(), "residents", point.position);
        while let Some(page) = accounts.next().await? {
            let mut tied = Vec::new();
            for met in page {
                match met {
                    Met::Alone(AccountId::Resident(id), buckets) => {
                        let parts = self.parts(std::iter::once(&id));
                        self.count(parts, &buckets, point);
                    }
                    Met::Alone(..) => return Err(damaged()),
                    Met::Tied(id) => tied.push(id),
                }
            }
            for some in tied.chunks(ACCOUNTS) {
                self.read_residents(ledger, point, some).await?;
            }
        }
        Ok(())
    }

    /// Reads some residents with all who answer as one with them. A family is counted once, whoever of it is met first.
    async fn read_residents(
        &mut self,
        ledger: &Ledger,
        point: &Point,
        ids: &[ResidentId],
    ) -> Result<(), Refusal> {
        let gathered = ledger.kin(ids, AsOf::Position(point.position), point.position, &[]).await?;
        for id in ids {
            if gathered.kin.record(id).is_none() {
                continue;
            }
            let family = gathered.kin.family(id, point.position).map_err(|_| damaged())?;
            let parts = self.parts(family.members());
            if !parts.is_empty() {
                let buckets = gathered.kin.joined(&family, point.position);
                self.count(parts, &buckets, point);
            }
        }
        Ok(())
    }

    async fn read_organizations(
        &mut self,
        ledger: &Ledger,
        yardstick: &Yardstick,
        point: &Point,
    ) -> Result<(), Refusal> {
        let organizations: Vec<_> = self.organizations.drain().collect();
        for some in organizations.chunks(ACCOUNTS) {
            let of_account = |(id, _): &(OrganizationId, usize)| {
                let prefix = Key::bucket_prefix(&AccountId::Organization(id.clone()));
                StateQuery::Prefix { prefix, after: None, limit: u32::MAX }
            };
            let queries = some.iter().map(of_account).collect();
            let (_, answers) = ledger.read_states(point.position, queries).await?;
            for ((_, entrant), stored) in some.iter().zip(answers) {
                let mut buckets = Vec::with_capacity(stored.len());
                for stored in stored {
                    if let State::Bucket(bucket) =
                        State::decode(&stored.key, &stored.bytes).map_err(damage)?
                    {
                        buckets.push(bucket.into_as_of(point.position));
                    }
                }
                let part = Part { entrant: *entrant, windows: vec![yardstick.window] };
                self.count(vec![part], &buckets, point);
            }
        }
        Ok(())
    }

    /// Counts the lines of a member for the candidates it belongs to.
    fn count(&mut self, parts: Vec<Part>, buckets: &[Bucket], point: &Point) {
        if parts.is_empty() {
            return;
        }
        let policy = point.rulebook.district_on(point.counted_on);
        for Part { entrant, windows } in parts {
            let community = Some(self.community(entrant));
            let reading = Reading { windows: &windows, policy, community };
            let member = match &mut self.entrants[entrant].evidence {
                Some(evidence) => {
                    MemberYear::of(&assess_account(&point.rulebook, buckets), reading, Some(evidence))
                }
                None => MemberYear::of(&assess_account_briefly(&point.rulebook, buckets), reading, None),
            };
            self.take_up(entrant, &member);
        }
    }
}
