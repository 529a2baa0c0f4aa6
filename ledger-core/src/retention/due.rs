//! Who is due: the last activity of a family of accounts beside the first day that keeps it.

use crate::account::{Bucket, BucketScope};
use crate::date::OccurredOn;
use crate::id::{AccountId, HouseholdId, ResidentId};
use crate::projection::ResidentRecord;
use crate::quantity::Position;
use crate::redemption::Redeemed;
use crate::selection::{ApplicationRecord, TitleRecord};
use std::collections::BTreeSet;

/// What somebody did last. Of several on one day the first of these counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActivityKind {
    /// Learned something: an entry that stands.
    Entry,
    /// Redeemed credit.
    Redemption,
    /// Gave consent, or a guardian did.
    Consent,
    /// Came into a household.
    Household,
    /// Had personal data recorded in the directory.
    PersonRecorded,
}

impl ActivityKind {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ActivityKind::Entry => "entry",
            ActivityKind::Redemption => "redemption",
            ActivityKind::Consent => "consent",
            ActivityKind::Household => "household",
            ActivityKind::PersonRecorded => "person_recorded",
        }
    }
}

/// An activity, and its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// The day; of a span of days its last.
    pub on: OccurredOn,
    /// What it was.
    pub kind: ActivityKind,
}

/// How a family stands to the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The directory keeps nothing of it, or it was erased.
    NothingKept,
    /// Somebody holds a title, or stands in a selection that is open.
    Held,
    /// Somebody did something on the first day that keeps it, or later; or it is not known since when the data is kept.
    Active,
    /// It is due; this was done last.
    Due(Activity),
}

/// All that a family of accounts left in the ledger and that its [`Standing`] is told by.
#[derive(Debug, Clone, Default)]
pub struct Traces<'a> {
    /// The records of its accounts.
    pub records: Vec<&'a ResidentRecord>,
    /// Their buckets; those of [`scopes_since`] are enough to tell who is due, all of them to tell what was done last.
    pub buckets: Vec<&'a Bucket>,
    /// What was redeemed.
    pub redeemed: Vec<&'a Redeemed>,
    /// The titles of its [`candidates`].
    pub titles: Vec<&'a TitleRecord>,
    /// The applications of its candidates in selections that are open.
    pub applications: Vec<&'a ApplicationRecord>,
}

impl Traces<'_> {
    /// How the family stands, `from` being the first day whose activity keeps it. `today` is for titles; all is told as the
    /// log up to a position has it in its states.
    #[must_use]
    pub fn standing(&self, from: OccurredOn, today: OccurredOn, at: Position) -> Standing {
        let erased = self.records.iter().any(|record| record.erasure.erased_at.is_some());
        if erased || self.records.iter().all(|record| record.kept.is_none()) {
            return Standing::NothingKept;
        }
        if self.is_held(today, at) {
            return Standing::Held;
        }
        // What an older log does not tell is not taken for old.
        let since_ever = |record: &&ResidentRecord| record.kept.is_some_and(|kept| kept.on.is_none());
        match self.last_activity() {
            Some(last) if last.on < from && !self.records.iter().any(since_ever) => Standing::Due(last),
            _ => Standing::Active,
        }
    }

    fn is_held(&self, today: OccurredOn, at: Position) -> bool {
        let mut titles = self.titles.iter().flat_map(|record| &record.titles);
        titles.any(|title| title.holds(today, at))
            || self.applications.iter().any(|application| application.as_of(at).stands())
    }

    /// What was done last.
    #[must_use]
    pub fn last_activity(&self) -> Option<Activity> {
        let lines = self.buckets.iter().flat_map(|bucket| bucket.live());
        let entries = lines.map(|line| (line.occurred_on, ActivityKind::Entry));
        let redeemed = self.redeemed.iter().flat_map(|redeemed| &redeemed.redemptions);
        let redemptions = redeemed.map(|(_, it)| (it.redeemed_on, ActivityKind::Redemption));
        let of_records = self.records.iter().flat_map(|record| {
            let identity = &record.identity;
            let consents = identity.consents.iter().map(|it| (it.term.from, ActivityKind::Consent));
            let stays = identity.stays.iter().map(|it| (it.membership.term.from, ActivityKind::Household));
            let kept = record.kept.and_then(|kept| kept.on).map(|on| (on, ActivityKind::PersonRecorded));
            consents.chain(stays).chain(kept)
        });
        entries
            .chain(redemptions)
            .chain(of_records)
            .max_by_key(|(on, kind)| (*on, std::cmp::Reverse(*kind)))
            .map(|(on, kind)| Activity { on, kind })
    }
}

/// Who may hold a title or stand in a selection for a family: its accounts, and the households that somebody of it lives in
/// today or later.
#[must_use]
pub fn candidates<'a>(
    records: impl IntoIterator<Item = &'a ResidentRecord>,
    today: OccurredOn,
) -> Vec<AccountId> {
    let mut accounts: Vec<&ResidentId> = Vec::new();
    let mut households: BTreeSet<&HouseholdId> = BTreeSet::new();
    for record in records {
        accounts.push(&record.resident.resident);
        let stays = record.identity.stays.iter();
        let lasting = stays.filter(|stay| stay.membership.term.to.is_none_or(|to| today <= to));
        households.extend(lasting.map(|stay| &stay.household));
    }
    let accounts = accounts.into_iter().cloned().map(AccountId::Resident);
    accounts.chain(households.into_iter().cloned().map(AccountId::Household)).collect()
}

/// The buckets that hold what was learned on a day or later, up to today: of them alone it is told who is due.
pub fn scopes_since(from: OccurredOn, today: OccurredOn) -> impl Iterator<Item = BucketScope> {
    (from.year()..=today.year()).map(BucketScope::Year).chain([BucketScope::Lifetime])
}
