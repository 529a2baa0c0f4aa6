//! What a decision reads beyond the states that its command names: accounts that answer as one are one account to every
//! check. Which they are stands in the records, so it is known only once those are loaded.

use super::Desk;
use super::entry::{bucket_key, no_account};
use super::person::not_erased;
use crate::account::{Bucket, BucketScope};
use crate::command::{Action, Command};
use crate::date::OccurredOn;
use crate::entry::Entry;
use crate::event::LedgerOpened;
use crate::id::{AccountId, HouseholdId, OrganizationId, ResidentId};
use crate::identity::{
    Family, MergeAct, Purpose, TieKind, answers_for, family, lacking_consent, lacking_consent_later,
};
use crate::projection::{HouseholdRecord, Key, ResidentRecord, State, States};
use crate::quantity::Position;
use crate::redemption::Redeemed;
use crate::registry::{OrganizationRecord, successors};
use crate::{Reason, Refusal};
use chrono::{DateTime, Datelike, Utc};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Behind everything that is recorded.
pub(super) const NOW: Position = Position(u64::MAX);

pub(super) fn resident_record<'a>(states: &'a impl States, id: &ResidentId) -> Option<&'a ResidentRecord> {
    match states.get(&Key::resident(id)) {
        Some(State::Resident(record)) => Some(record),
        _ => None,
    }
}

fn organization_record<'a>(states: &'a impl States, id: &OrganizationId) -> Option<&'a OrganizationRecord> {
    match states.get(&Key::organization(id)) {
        Some(State::Organization(record)) => Some(record),
        _ => None,
    }
}

fn household_record<'a>(states: &'a impl States, id: &HouseholdId) -> Option<&'a HouseholdRecord> {
    match states.get(&Key::household(id)) {
        Some(State::Household(record)) => Some(record),
        _ => None,
    }
}

/// All buckets that an account can have: lines lie between the ledger's first day and today.
fn scopes(opened: &LedgerOpened, now: DateTime<Utc>) -> impl Iterator<Item = BucketScope> + use<> {
    let this_year = now.with_timezone(&opened.time_zone).year();
    let years = opened.begins_on.year()..=this_year;
    years.map(BucketScope::Year).chain(std::iter::once(BucketScope::Lifetime))
}

/// The states that a decision reads beyond [`super::needs`], as far as the states at hand tell. Once they are at hand
/// too it may tell more: ask until it names nothing new. Nothing for postings to accounts that answer alone; without a
/// tie among the states only actions that [`Action::reads_further`] name any.
#[must_use]
pub fn needs_more(states: &impl States, command: &Command, now: DateTime<Utc>) -> Vec<Key> {
    let mut more = More { states, now, keys: Vec::new() };
    match &command.action {
        Action::Post(entries) => {
            more.met_by(entries);
        }
        Action::ProposeCorrection(proposal) | Action::ApproveCorrection { proposal, .. } => {
            more.met_by(&proposal.entries);
            for poster in proposal.posters() {
                more.successors(poster);
            }
        }
        Action::Redeem { resident, .. } => {
            more.redeemed(resident);
            more.lines(resident);
        }
        Action::Reverse { entry, .. } => {
            more.successors(&entry.organization);
            if let AccountId::Resident(id) = &entry.account
                && more.redeemed(id)
            {
                more.lines(id);
            }
        }
        Action::ProposeMerge { act, .. } => more.merge(act),
        Action::ApproveMerge { merged, .. } => {
            let record = resident_record(states, merged);
            if let Some(asked) = record.and_then(|record| record.merge.as_ref()) {
                more.merge(&asked.proposed.act);
            }
        }
        Action::ChangeIdentifier { resident, .. } => {
            more.opener(resident);
            more.of_family(resident, |_| Vec::new());
        }
        Action::DistinguishResidents { resident, other } => {
            for id in [resident, other] {
                more.opener(id);
                more.of_family(id, |_| Vec::new());
            }
        }
        Action::JoinHousehold { household, resident, .. }
        | Action::LeaveHousehold { household, resident, .. } => {
            more.community(household);
            more.members(household);
            more.homes(resident);
        }
        Action::MoveHousehold { household, from, .. } => more.community_then(household, *from),
        Action::DissolveHousehold { household, last_day } => more.contents(household, *last_day),
        Action::SplitHousehold { household, members, from, .. } => {
            more.community(household);
            more.members(household);
            more.community_then(household, *from);
            for id in members {
                more.homes(id);
            }
        }
        Action::NameGuardian { resident, guardian: other, .. }
        | Action::ReleaseGuardian { resident, guardian: other, .. }
        | Action::GiveConsent { resident, given_by: other, .. } => {
            more.opener(resident);
            for id in [resident, other] {
                more.of_family(id, |_| Vec::new());
            }
        }
        Action::WithdrawConsent { resident, .. } => {
            more.opener(resident);
            more.of_family(resident, |_| Vec::new());
        }
        Action::Selection(step) => more.step(step),
        Action::Retention(act) => more.retention(act),
        Action::Person(act) => {
            if let Some(id) = act.resident() {
                more.opener(id);
                more.of_family(id, |_| Vec::new());
            }
        }
        _ => {}
    }
    more.keys
}

pub(super) struct More<'a, S: States> {
    pub(super) states: &'a S,
    pub(super) now: DateTime<Utc>,
    pub(super) keys: Vec<Key>,
}

impl<S: States> More<'_, S> {
    pub(super) fn family(&mut self, id: &ResidentId) -> Option<Family> {
        match family(id, NOW, |id| resident_record(self.states, id)) {
            Ok(family) => Some(family),
            Err(missing) => {
                self.keys.extend(missing.iter().map(Key::resident));
                None
            }
        }
    }

    /// What a merge or its undoing meets.
    fn merge(&mut self, act: &MergeAct) {
        match act {
            MergeAct::Merge { merged, survivor } => {
                self.keys.extend([Key::resident(survivor), Key::signpost(survivor)]);
                for id in [merged, survivor] {
                    self.opener(id);
                    self.lines(id);
                    self.homes(id);
                }
            }
            MergeAct::Unmerge { merged, .. } => {
                self.opener(merged);
                self.tied_to(merged);
                self.ever_answered_in(merged);
                self.lines(merged);
                self.redeemed(merged);
            }
        }
    }

    fn of_family(&mut self, id: &ResidentId, of: impl Fn(&ResidentId) -> Vec<Key>) {
        let family = self.family(id);
        self.keys.extend(family.iter().flat_map(Family::members).flat_map(of));
    }

    fn scopes(&self) -> Vec<BucketScope> {
        match self.states.get(&Key::ledger()) {
            Some(State::Ledger(opened)) => scopes(opened, self.now).collect(),
            _ => Vec::new(),
        }
    }

    /// All lines of a family.
    fn lines(&mut self, id: &ResidentId) {
        let scopes = self.scopes();
        self.of_family(id, |member| scopes.iter().map(|scope| bucket_key(member, *scope)).collect());
    }

    /// The lines that new entries of tied accounts meet.
    fn met_by(&mut self, entries: &[Entry]) {
        for entry in entries {
            if let AccountId::Resident(id) = &entry.account
                && resident_record(self.states, id).is_some_and(|record| record.identity.is_tied())
            {
                let scope = BucketScope::of(entry.detail.form(), entry.occurred_on);
                self.of_family(id, |member| vec![bucket_key(member, scope)]);
            }
        }
    }

    /// What a family redeemed; whether it is at hand that any of them redeemed something.
    fn redeemed(&mut self, id: &ResidentId) -> bool {
        let Some(family) = self.family(id) else { return false };
        self.keys.extend(family.members().map(Key::redeemed));
        family.members().any(|member| self.states.get(&Key::redeemed(member)).is_some())
    }

    /// The account that one was tied to.
    fn tied_to(&mut self, id: &ResidentId) {
        let tie = resident_record(self.states, id).and_then(|record| record.identity.answers_in());
        if let Some(tie) = tie {
            self.keys.extend([Key::resident(&tie.other), Key::signpost(&tie.other)]);
            self.opener(&tie.other);
        }
    }

    /// Every account that one ever answered in, however far: who answered for an entry when it was posted.
    fn ever_answered_in(&mut self, id: &ResidentId) {
        let (mut seen, mut next) = (BTreeSet::new(), vec![id.clone()]);
        while let Some(id) = next.pop() {
            match resident_record(self.states, &id) {
                Some(record) if seen.insert(id.clone()) => {
                    next.extend(record.identity.into.iter().map(|tie| tie.other.clone()));
                }
                Some(_) => {}
                None => self.keys.push(Key::resident(&id)),
            }
        }
    }

    /// Who opened an account.
    fn opener(&mut self, id: &ResidentId) {
        let record = resident_record(self.states, id);
        self.keys.extend(record.map(|record| Key::organization(&record.resident.organization)));
    }

    /// The organisations that succeeded one, each the one before it.
    pub(super) fn successors(&mut self, id: &OrganizationId) {
        let states = self.states;
        let next = successors(id, |id| organization_record(states, id)).last();
        self.keys.extend(next.as_ref().map(Key::organization));
    }

    /// A household and the community it belongs to.
    fn community(&mut self, id: &HouseholdId) {
        self.keys.push(Key::household(id));
        let record = household_record(self.states, id);
        self.keys.extend(record.map(|record| Key::organization(record.community())));
    }

    /// The community that a household belonged to on a day.
    fn community_then(&mut self, id: &HouseholdId, day: OccurredOn) {
        let record = household_record(self.states, id);
        self.keys.extend(record.map(|record| Key::organization(record.community_on(day, NOW))));
    }

    /// Who lives in a household, and what its account holds from the year of a day on.
    fn contents(&mut self, id: &HouseholdId, day: OccurredOn) {
        self.community(id);
        let record = household_record(self.states, id);
        self.keys.extend(
            record.into_iter().flat_map(|record| &record.members).map(|m| Key::resident(&m.resident)),
        );
        let account = AccountId::Household(id.clone());
        let from = BucketScope::Year(day.year());
        let scopes = self.scopes().into_iter().filter(|scope| *scope >= from);
        self.keys.extend(scopes.map(|scope| Key::bucket(&account, scope)));
    }

    /// Who answers for the members of a household.
    fn members(&mut self, id: &HouseholdId) {
        let states = self.states;
        for member in household_record(states, id).iter().flat_map(|record| &record.members) {
            let answers = answers_for(&member.resident, NOW, &|id| resident_record(states, id));
            self.keys.extend(answers.err().iter().flatten().map(Key::resident));
        }
    }

    /// Whose consent to be named counts for the households among some candidates: the members of a day.
    pub(super) fn consents(&mut self, candidates: &[AccountId], lived_on: OccurredOn) {
        let states = self.states;
        for candidate in candidates {
            let AccountId::Household(id) = candidate else { continue };
            let Some(record) = household_record(states, id) else { continue };
            let kin = |id: &ResidentId| resident_record(states, id);
            let missing = lacking_consent(record, Purpose::Selection, lived_on, NOW, kin).err();
            self.keys.extend(missing.iter().flatten().map(Key::resident));
        }
    }

    /// The households a family was in.
    fn homes(&mut self, id: &ResidentId) {
        let Some(family) = self.family(id) else { return };
        for member in family.members() {
            let record = resident_record(self.states, member);
            for stay in record.iter().flat_map(|record| &record.identity.stays) {
                self.community(&stay.household);
            }
        }
    }
}

impl<'a, S: States> Desk<'a, S> {
    /// Whether an organisation is the one that posted, stands above it, or succeeded it, however many came between.
    pub(super) fn answers_to(&self, poster: &OrganizationRecord, other: &OrganizationId) -> bool {
        let id = &poster.organization.organization;
        poster.answers_to(other)
            || successors(id, |id| organization_record(self.states, id)).any(|heir| heir == *other)
    }

    pub(super) fn resident(&self, id: &ResidentId, field: &str) -> Result<&'a ResidentRecord, Refusal> {
        resident_record(self.states, id).ok_or_else(|| no_account(&AccountId::Resident(id.clone()), field))
    }

    pub(super) fn household(&self, id: &HouseholdId, field: &str) -> Result<&'a HouseholdRecord, Refusal> {
        household_record(self.states, id).ok_or_else(|| no_account(&AccountId::Household(id.clone()), field))
    }

    /// The members of a household of one day who do not agree to be named on another.
    pub(super) fn lacking_consent(
        &self,
        household: &HouseholdRecord,
        days: (OccurredOn, OccurredOn),
    ) -> Result<Vec<ResidentId>, Refusal> {
        let kin = |id: &ResidentId| resident_record(self.states, id);
        lacking_consent_later(household, Purpose::Selection, days, NOW, kin).map_err(|_| torn())
    }

    /// The accounts that answer as one with an account.
    pub(super) fn family(&self, id: &ResidentId) -> Result<Family, Refusal> {
        family(id, NOW, |id| resident_record(self.states, id)).map_err(|_| torn())
    }

    /// The account that answered for one at a position.
    pub(super) fn answers_for(&self, id: &ResidentId, at: Position) -> Result<ResidentId, Refusal> {
        answers_for(id, at, &|id| resident_record(self.states, id)).map_err(|_| torn())
    }

    /// The records of a family.
    pub(super) fn records(&self, family: &Family) -> Result<Vec<&'a ResidentRecord>, Refusal> {
        family.members().map(|member| self.resident(member, "resident")).collect()
    }

    /// The buckets of a resident's account.
    pub(super) fn buckets(&self, id: &ResidentId) -> Result<impl Iterator<Item = &'a Bucket>, Refusal> {
        self.buckets_of(AccountId::Resident(id.clone()))
    }

    /// The buckets of an account.
    pub(super) fn buckets_of(&self, account: AccountId) -> Result<impl Iterator<Item = &'a Bucket>, Refusal> {
        let states = self.states;
        let buckets = scopes(self.ledger()?, self.context.now);
        Ok(buckets.filter_map(move |scope| match states.get(&Key::bucket(&account, scope)) {
            Some(State::Bucket(bucket)) => Some(bucket),
            _ => None,
        }))
    }

    /// All lines of a family, those of one scope as one.
    pub(super) fn joined(&self, family: &Family) -> Result<Vec<Bucket>, Refusal> {
        let scopes = scopes(self.ledger()?, self.context.now);
        let of_scope = |scope| {
            family.members().filter_map(move |member| match self.states.get(&bucket_key(member, scope)) {
                Some(State::Bucket(bucket)) => Some(bucket),
                _ => None,
            })
        };
        Ok(scopes.map(|scope| Bucket::joined(of_scope(scope))).collect())
    }

    /// What was redeemed of an account's own credit.
    pub(super) fn redeemed(&self, id: &ResidentId) -> Option<&'a Redeemed> {
        match self.states.get(&Key::redeemed(id)) {
            Some(State::Redeemed(redeemed)) => Some(redeemed),
            _ => None,
        }
    }

    /// What a family redeemed.
    pub(super) fn redeemed_by(&self, family: &Family) -> Redeemed {
        Redeemed::joined(family.members().filter_map(|member| self.redeemed(member)))
    }

    /// The lines that a new entry of an account meets: where others answer in it, theirs too.
    pub(super) fn met_by(
        &self,
        account: &AccountId,
        scope: BucketScope,
        tied: bool,
    ) -> Result<Cow<'a, Bucket>, Refusal> {
        let bucket = |key: &Key| match self.states.get(key) {
            Some(State::Bucket(bucket)) => Some(bucket),
            _ => None,
        };
        match account {
            AccountId::Resident(id) if tied => {
                let family = self.family(id)?;
                let all = family.members().filter_map(|member| bucket(&bucket_key(member, scope)));
                Ok(Cow::Owned(Bucket::joined(all)))
            }
            _ => Ok(bucket(&Key::bucket(account, scope))
                .map_or_else(|| Cow::Owned(Bucket::default()), Cow::Borrowed)),
        }
    }

    /// Refuses an account that nothing is recorded of any more: it was erased, or answers in another.
    pub(super) fn answers_for_itself(&self, record: &ResidentRecord, field: &str) -> Result<(), Refusal> {
        not_erased(record, field)?;
        self.answers_in_no_other(record, field)
    }

    /// Refuses an account that answers in another.
    pub(super) fn answers_in_no_other(&self, record: &ResidentRecord, field: &str) -> Result<(), Refusal> {
        let Some(tie) = record.identity.answers_in() else { return Ok(()) };
        let id = &record.resident.resident;
        let survivor = self.family(id)?.survivor;
        let (reason, message) = match tie.kind {
            TieKind::Merge => (
                Reason::ResidentMerged,
                format!(
                    "帳戶「{id}」已併入「{survivor}」，請改用該帳戶；若合併有誤，先拆開。\
                     The account \"{id}\" was merged into \"{survivor}\": use that one, or undo the merge first."
                ),
            ),
            TieKind::Rename => (
                Reason::IdentifierChanged,
                format!(
                    "帳戶「{id}」已改號為「{survivor}」，請改用新號。\
                     The account \"{id}\" has the id \"{survivor}\" by now: use that one."
                ),
            ),
        };
        Err(Refusal::field(reason, field, message).with("survivor", survivor))
    }
}

/// A tie names an account that is not there.
fn torn() -> Refusal {
    Refusal::new(
        Reason::LedgerDamaged,
        "帳戶的合併關係有缺，請執行 verify。A tie between accounts leads nowhere: run verify.",
    )
}
