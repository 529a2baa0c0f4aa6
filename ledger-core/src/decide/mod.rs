//! Decisions: a command and the states it needs give facts, or a refusal that changes nothing.
//!
//! Every command is checked in one order, so that the same input gives the same first reason everywhere: form (what
//! is wrong whatever the state), reference (what it names must exist), state (what has happened), limits.

mod access;
mod approval;
mod consent;
mod correction;
mod dissolution;
mod draft;
mod entry;
mod household;
mod identity;
mod indicator;
mod kin;
mod month;
mod organization;
mod person;
mod policy;
mod redemption;
mod registry;
mod retention;
mod reversal;
mod selection;
mod split;

pub use access::no_such_credential;
pub use correction::not_found as correction_not_found;
pub use entry::{MAX_BOOKS, MAX_MINUTES, MAX_PERSONS, MAX_SPAN_DAYS, no_account};
pub use household::MAX_MEMBERSHIPS;
pub use kin::needs_more;
pub use month::keeps_the_ledger;
pub use retention::{has_come, nothing_proposed};
pub use selection::{no_standard, no_such_selection};

use crate::access::Scope;
use crate::account::{BucketScope, Roll};
use crate::command::{Action, Command};
use crate::correction::CorrectionProposed;
use crate::date::OccurredOn;
use crate::entry::{Detail, Entry, Form};
use crate::event::{Fact, LedgerOpened};
use crate::id::{AccountId, BatchId, Code, OrganizationId, ResidentId, TeamId};
use crate::month::Month;
use crate::policy::Rulebook;
use crate::projection::{Key, State, States, number_of};
use crate::quantity::Position;
use crate::registry::{CodeList, OrganizationRecord, OrganizationStatus};
use crate::report::MonthRoll;
use crate::{Reason, Refusal};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// What a decision may know besides the states.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The instant of the append.
    pub now: DateTime<Utc>,
    /// The policies published; none before the ledger was opened.
    pub rulebook: Option<&'a Rulebook>,
}

/// The states a command's decision reads and its facts touch, if its events land between two positions. Where accounts
/// answer as one there are more: see [`needs_more`].
#[must_use]
pub fn needs(command: &Command, first: Position, last: Position) -> Vec<Key> {
    let mut keys = vec![Key::ledger(), Key::census()];
    let organization = |keys: &mut Vec<Key>, id: &OrganizationId| keys.push(Key::organization(id));
    let rolls = |keys: &mut Vec<Key>, id: &OrganizationId| {
        keys.extend((Roll::window(first)..=Roll::window(last)).map(|window| Key::roll(id, window)));
    };
    let candidates = || (Roll::window(first)..=Roll::window(last)).map(Key::candidates);
    let numbered = |keys: &mut Vec<Key>, entry: &Entry| {
        keys.extend(number_of(entry).into_iter().flat_map(|claim| candidates().chain([Key::number(claim)])));
    };
    let tied = |id: &ResidentId| [Key::resident(id), Key::signpost(id)];
    let ties = || (Roll::window(first)..=Roll::window(last)).map(Key::ties);
    let batch_rolls = |keys: &mut Vec<Key>, entry: &Entry| {
        if let Some(batch) = &entry.batch {
            let windows = Roll::window(first)..=Roll::window(last);
            keys.extend(windows.map(|window| Key::batch_roll(&entry.organization, batch, window)));
        }
    };
    if let Some(poster) = &command.poster {
        organization(&mut keys, poster);
    }
    // What schools post day by day is no act.
    if !matches!(command.action, Action::Post(_) | Action::Reverse { .. }) {
        keys.extend((Roll::window(first)..=Roll::window(last)).map(Key::acts));
    }
    match &command.action {
        Action::Open { codes, .. } => {
            keys.extend([Key::policies(), Key::newest_policy(), Key::closings()]);
            keys.extend(codes.iter().map(|code| Key::code(code.list, &code.code)));
        }
        Action::ProposePolicy(proposed) => {
            keys.extend([Key::policies(), Key::proposals(), Key::closings()]);
            keys.extend(policy::named(proposed));
        }
        Action::PublishPolicy { .. } => {
            keys.extend([Key::policies(), Key::proposals(), Key::newest_policy(), Key::closings()]);
        }
        Action::DefineCode(code) => keys.push(Key::code(code.list, &code.code)),
        Action::RegisterOrganization(new) => {
            organization(&mut keys, &new.organization);
            keys.push(Key::look_alike("organizations", new.organization.as_str()));
            keys.extend(new.parent.as_ref().map(Key::organization));
        }
        Action::ChangeOrganization(change) => {
            organization(&mut keys, &change.organization);
            if let OrganizationStatus::Merged { successor, .. } = &change.status {
                organization(&mut keys, successor);
            }
        }
        Action::RegisterCourse(course) => {
            keys.push(Key::course(&course.course));
            keys.push(Key::look_alike("courses", course.course.as_str()));
            organization(&mut keys, &course.organization);
        }
        Action::SubmitVersion(version) => keys.push(Key::course(&version.course)),
        Action::ApproveVersion { course, .. } => keys.push(Key::course(course)),
        Action::RegisterResidents(residents) => {
            keys.extend(candidates());
            for resident in residents {
                keys.push(Key::resident(&resident.resident));
                keys.push(Key::look_alike("residents", resident.resident.as_str()));
                organization(&mut keys, &resident.organization);
            }
        }
        Action::RegisterHousehold(household) => {
            keys.push(Key::household(&household.household));
            organization(&mut keys, &household.organization);
        }
        Action::RegisterTeam(team) => {
            keys.push(Key::team(&team.team));
            organization(&mut keys, &team.organization);
        }
        Action::Post(entries) => {
            keys.push(Key::closings());
            for entry in entries {
                entry_needs(&mut keys, entry);
                month_rolls(&mut keys, entry.occurred_on, first, last);
                numbered(&mut keys, entry);
            }
            // All entries of a list are of one poster and one batch.
            for entry in entries.first().into_iter() {
                rolls(&mut keys, &entry.organization);
                batch_rolls(&mut keys, entry);
            }
        }
        Action::Reverse { position, entry, .. } => {
            keys.push(Key::closings());
            reversal_needs(
                &mut keys,
                *position,
                (&entry.account, entry.detail.form(), entry.occurred_on),
                (&entry.organization, entry.batch.as_ref()),
                entry.detail.team(),
            );
            month_rolls(&mut keys, entry.occurred_on, first, last);
            if let Some(poster) = &command.poster {
                rolls(&mut keys, poster);
            }
            if let AccountId::Resident(id) = &entry.account {
                keys.extend([Key::resident(id), Key::redeemed(id)]);
            }
        }
        Action::Redeem { resident, reward, .. } => {
            keys.extend([Key::resident(resident), Key::redeemed(resident)]);
            keys.push(Key::code(CodeList::Rewards, reward));
        }
        Action::CloseMonth(_) => keys.push(Key::closings()),
        Action::ProposeCorrection(proposal) => {
            keys.push(Key::open_corrections());
            correction_needs(&mut keys, proposal);
        }
        Action::ApproveCorrection { proposed_at, proposal, .. } => {
            keys.extend([Key::open_corrections(), Key::correction(*proposed_at)]);
            correction_needs(&mut keys, proposal);
            let posters: BTreeSet<_> = proposal.entries.iter().map(|entry| &entry.organization).collect();
            for organization in posters.into_iter().chain([&proposal.organization]) {
                rolls(&mut keys, organization);
            }
            for entry in &proposal.entries {
                batch_rolls(&mut keys, entry);
                numbered(&mut keys, entry);
            }
            let entries = proposal.entries.iter().map(|entry| entry.occurred_on);
            let days = proposal.reversals.iter().map(|reversal| reversal.occurred_on).chain(entries);
            let months: BTreeMap<Month, OccurredOn> = days.map(|day| (Month::of(day), day)).collect();
            for day in months.into_values() {
                month_rolls(&mut keys, day, first, last);
            }
        }
        Action::RejectCorrection { proposed_at, proposal, .. } => {
            keys.extend([Key::open_corrections(), Key::correction(*proposed_at)]);
            for poster in proposal.posters() {
                organization(&mut keys, poster);
            }
        }
        Action::IssueCredential(new) => {
            keys.push(Key::credential(&new.credential));
            match &new.scope {
                Scope::Ledger => {}
                Scope::Organization(id) => organization(&mut keys, id),
                Scope::Resident(id) => keys.push(Key::resident(id)),
            }
        }
        Action::ApproveCredential { credential, .. } | Action::RevokeCredential { credential, .. } => {
            keys.push(Key::credential(credential));
        }
        Action::Selection(step) => {
            selection::needs(&mut keys, command.poster.as_ref(), step, (first, last));
        }
        Action::Person(act) => person::needs(&mut keys, act, (first, last)),
        Action::Retention(act) => retention::needs(&mut keys, act, (first, last)),
        Action::DefineIndicator(defined) => {
            keys.push(Key::indicator(&defined.indicator));
            keys.extend(indicator::named(defined));
        }
        Action::SetTarget(set) => {
            keys.push(Key::indicator(&set.indicator));
            keys.push(Key::target(&set.indicator, set.year, &set.organization));
            organization(&mut keys, &set.organization);
        }
        Action::StatePopulation(new) => {
            keys.push(Key::population(new.population, new.year, &new.organization));
            organization(&mut keys, &new.organization);
        }
        Action::ProposeMerge { act, .. } => keys.push(Key::resident(act.merged())),
        Action::ApproveMerge { merged, .. } => keys.extend(tied(merged).into_iter().chain(ties())),
        Action::ChangeIdentifier { resident, to } => {
            keys.extend([resident, to].into_iter().flat_map(tied).chain(candidates()).chain(ties()));
            keys.push(Key::look_alike("residents", to.as_str()));
        }
        Action::DistinguishResidents { resident, other } => {
            keys.extend([Key::resident(resident), Key::resident(other), Key::distinct(resident, other)]);
        }
        Action::JoinHousehold { household, resident, .. }
        | Action::LeaveHousehold { household, resident, .. } => {
            keys.extend([Key::resident(resident), Key::household(household)]);
        }
        Action::MoveHousehold { household, community, .. } => {
            keys.extend([Key::household(household), Key::organization(community)]);
        }
        Action::DissolveHousehold { household, .. } => keys.push(Key::household(household)),
        Action::SplitHousehold { household, into, members, community, .. } => {
            keys.extend([Key::household(household), Key::household(into)]);
            keys.extend(members.iter().map(Key::resident));
            keys.extend(community.as_ref().map(Key::organization));
        }
        Action::NameGuardian { resident, guardian: other, .. }
        | Action::ReleaseGuardian { resident, guardian: other, .. }
        | Action::GiveConsent { resident, given_by: other, .. } => {
            keys.extend([Key::resident(resident), Key::resident(other)]);
        }
        Action::WithdrawConsent { resident, .. } => keys.push(Key::resident(resident)),
    }
    keys
}

fn correction_needs(keys: &mut Vec<Key>, proposal: &CorrectionProposed) {
    keys.push(Key::closings());
    keys.push(Key::organization(&proposal.organization));
    for reversal in &proposal.reversals {
        reversal_needs(
            keys,
            reversal.entry,
            (&reversal.account, reversal.form, reversal.occurred_on),
            (&reversal.posted_by, reversal.batch.as_ref()),
            reversal.team.as_ref(),
        );
    }
    for entry in &proposal.entries {
        entry_needs(keys, entry);
    }
}

fn reversal_needs(
    keys: &mut Vec<Key>,
    reversed: Position,
    (account, form, day): (&AccountId, Form, OccurredOn),
    (posted_by, batch): (&OrganizationId, Option<&BatchId>),
    team: Option<&TeamId>,
) {
    keys.push(Key::reversed(Roll::window(reversed)));
    keys.extend(batch.map(|batch| Key::batch(posted_by, batch)));
    keys.push(Key::bucket(account, BucketScope::of(form, day)));
    keys.push(Key::organization(posted_by));
    keys.push(Key::organization_year(posted_by, day.year()));
    keys.extend(team.map(|team| Key::team_year(team, day.year())));
}

/// The rolls of a month that events recording or reversing an entry of that day may touch.
fn month_rolls(keys: &mut Vec<Key>, day: OccurredOn, first: Position, last: Position) {
    let month = Month::of(day);
    let windows = MonthRoll::window(first)..=MonthRoll::window(last);
    keys.extend(windows.map(|window| Key::month_roll(month, window)));
}

fn entry_needs(keys: &mut Vec<Key>, entry: &Entry) {
    let year = entry.occurred_on.year();
    keys.push(Key::bucket(&entry.account, BucketScope::of(entry.detail.form(), entry.occurred_on)));
    keys.push(Key::account(&entry.account));
    keys.push(Key::organization(&entry.organization));
    keys.push(Key::organization_year(&entry.organization, year));
    keys.extend(entry.batch.as_ref().map(|batch| Key::batch(&entry.organization, batch)));
    keys.extend(entry.attested_by.as_ref().map(Key::organization));
    keys.push(Key::code(CodeList::Kinds, &entry.kind));
    keys.extend(entry::codes(entry).into_iter().map(|(list, code, _)| Key::code(list, code)));
    keys.extend(entry.detail.course_version().map(|(course, _)| Key::course(course)));
    if let Detail::Teaching { course: Some(course) } = &entry.detail {
        keys.push(Key::course(course));
    }
    if let Some(team) = entry.detail.team() {
        keys.push(Key::team(team));
        keys.push(Key::team_year(team, year));
    }
}

/// Decides a command against the states named by [`needs`].
///
/// # Errors
/// The refusal, with its reason; nothing is to be written then.
pub fn decide(states: &impl States, context: Context<'_>, command: &Command) -> Result<Vec<Fact>, Refusal> {
    let desk = Desk { states, context, command, corrects: false };
    match &command.action {
        Action::Open { opened, policy, codes } => {
            if states.get(&Key::ledger()).is_some() {
                return Err(Refusal::new(
                    Reason::LedgerExists,
                    "帳本已經開立，直接使用即可。The ledger is open already: use it as it is.",
                ));
            }
            let mut facts = vec![Fact::LedgerOpened(opened.clone()), Fact::PolicyPublished(policy.clone())];
            facts.extend(codes.iter().cloned().map(Fact::CodeDefined));
            Ok(facts)
        }
        Action::ProposePolicy(proposed) => desk.propose_policy(proposed),
        Action::PublishPolicy { policy, version, digest, approved_by } => {
            desk.publish_policy(policy, *version, *digest, approved_by)
        }
        Action::DefineCode(code) => desk.define_code(code),
        Action::RegisterOrganization(organization) => desk.register_organization(organization),
        Action::ChangeOrganization(change) => desk.change_organization(change),
        Action::RegisterCourse(course) => desk.register_course(course),
        Action::SubmitVersion(version) => desk.submit_version(version),
        Action::ApproveVersion { course, version, valid_from, valid_to } => {
            desk.approve_version(course, version, *valid_from, *valid_to)
        }
        Action::RegisterResidents(residents) => desk.register_residents(residents),
        Action::RegisterHousehold(household) => desk.register_household(household),
        Action::RegisterTeam(team) => desk.register_team(team),
        Action::Post(entries) => desk.post(entries),
        Action::Reverse { position, entry, reason } => desk.reverse(*position, entry, *reason),
        Action::ProposeMerge { act, proposed_by } => desk.propose_merge(act, proposed_by),
        Action::ApproveMerge { merged, digest, approved_by } => {
            desk.approve_merge(merged, *digest, approved_by)
        }
        Action::ChangeIdentifier { resident, to } => desk.change_identifier(resident, to),
        Action::DistinguishResidents { resident, other } => desk.distinguish(resident, other),
        Action::JoinHousehold { household, resident, role, from, to } => {
            desk.join(household, resident, *role, *from, *to)
        }
        Action::LeaveHousehold { household, resident, last_day } => {
            desk.leave(household, resident, *last_day)
        }
        Action::Redeem { resident, reward, credit } => desk.redeem(resident, reward, *credit),
        Action::CloseMonth(closing) => desk.close_month(closing),
        Action::ProposeCorrection(proposal) => desk.propose_correction(proposal),
        Action::ApproveCorrection { proposed_at, proposal, digest, approved_by } => {
            desk.approve_correction(*proposed_at, proposal, *digest, approved_by)
        }
        Action::RejectCorrection { proposed_at, proposal, rejected_by } => {
            desk.reject_correction(*proposed_at, proposal, rejected_by)
        }
        Action::DefineIndicator(defined) => desk.define_indicator(defined),
        Action::SetTarget(set) => desk.set_target(set),
        Action::StatePopulation(new) => desk.state_population(new),
        Action::MoveHousehold { household, community, from } => {
            desk.move_household(household, community, *from)
        }
        Action::DissolveHousehold { household, last_day } => desk.dissolve(household, *last_day),
        Action::SplitHousehold { household, into, members, community, from } => {
            desk.split(household, into, members, community.as_ref(), *from)
        }
        Action::NameGuardian { resident, guardian, from } => desk.name_guardian(resident, guardian, *from),
        Action::ReleaseGuardian { resident, guardian, last_day } => {
            desk.release_guardian(resident, guardian, *last_day)
        }
        Action::GiveConsent { resident, given_by, purpose, from } => {
            desk.give_consent(resident, given_by, *purpose, *from)
        }
        Action::WithdrawConsent { resident, purpose, last_day } => {
            desk.withdraw_consent(resident, *purpose, *last_day)
        }
        Action::Selection(step) => desk.step(step),
        Action::IssueCredential(new) => desk.issue_credential(new),
        Action::ApproveCredential { credential, digest, approved_by } => {
            desk.approve_credential(credential, *digest, approved_by)
        }
        Action::RevokeCredential { credential, revoked_by } => {
            desk.revoke_credential(credential, revoked_by.as_ref())
        }
        Action::Person(act) => desk.person(act),
        Action::Retention(act) => desk.retention(act),
    }
}

/// A command on the desk, with all that its decision may look at.
struct Desk<'a, S: States> {
    states: &'a S,
    context: Context<'a>,
    command: &'a Command,
    /// Whether what is decided is a part of a correction: closed months are open to it.
    corrects: bool,
}

impl<'a, S: States> Desk<'a, S> {
    fn ledger(&self) -> Result<&'a LedgerOpened, Refusal> {
        match self.states.get(&Key::ledger()) {
            Some(State::Ledger(opened)) => Ok(opened),
            _ => Err(Refusal::new(
                Reason::LedgerNotFound,
                "沒有這個帳本，請查對帳本名稱。There is no such ledger: check its name.",
            )),
        }
    }

    fn today(&self) -> Result<OccurredOn, Refusal> {
        let zone = self.ledger()?.time_zone;
        Ok(OccurredOn::new(self.context.now.with_timezone(&zone).date_naive()))
    }

    fn rulebook(&self) -> Result<&'a Rulebook, Refusal> {
        self.context
            .rulebook
            .ok_or_else(|| Refusal::new(Reason::LedgerNotFound, "帳本尚未開立。The ledger is not open."))
    }

    fn organization(&self, id: &OrganizationId, field: &str) -> Result<&'a OrganizationRecord, Refusal> {
        match self.states.get(&Key::organization(id)) {
            Some(State::Organization(record)) => Ok(record),
            _ => Err(no_such_organization(id, field)),
        }
    }

    /// The organisation that asks; it must exist and be open.
    fn poster(&self) -> Result<&'a OrganizationRecord, Refusal> {
        let Some(poster) = &self.command.poster else {
            return Err(Refusal::field(
                Reason::FieldRequired,
                "organization",
                "請填寫辦理的機構。Fill in the organisation that asks.",
            ));
        };
        let record = self.organization(poster, "organization")?;
        open(record, "organization")?;
        Ok(record)
    }

    fn code(&self, list: CodeList, code: &Code, field: &str) -> Result<(), Refusal> {
        match self.states.get(&Key::code(list, code)) {
            Some(State::Code(_)) => Ok(()),
            _ => Err(Refusal::field(
                Reason::CodeNotFound,
                field,
                format!(
                    "代碼表 {list} 裡沒有「{code}」，請查對或請區社區學院增列。\
                     The code list {list} has no \"{code}\": check it, or ask the district to define it."
                ),
            )),
        }
    }
}

/// There is no such organisation.
#[must_use]
pub fn no_such_organization(id: &OrganizationId, field: &str) -> Refusal {
    Refusal::field(
        Reason::OrganizationNotFound,
        field,
        format!(
            "找不到機構「{id}」，請查對代碼或先登記機構。\
             There is no organisation \"{id}\": check the id, or register it first."
        ),
    )
}

/// Refuses an organisation that is closed or merged.
fn open(record: &OrganizationRecord, field: &str) -> Result<(), Refusal> {
    let id = &record.organization.organization;
    match &record.status {
        OrganizationStatus::Active => Ok(()),
        OrganizationStatus::Closed { last_day } => Err(Refusal::field(
            Reason::SchoolClosed,
            field,
            format!(
                "機構「{id}」已於 {last_day} 停辦，請由上級機構辦理。\
                 Organisation \"{id}\" closed on {last_day}: ask the organisation above it."
            ),
        )),
        OrganizationStatus::Merged { successor, last_day } => Err(Refusal::field(
            Reason::SchoolMerged,
            field,
            format!(
                "機構「{id}」已於 {last_day} 併入「{successor}」，請改由該機構辦理。\
                 Organisation \"{id}\" was merged into \"{successor}\" on {last_day}: use that one."
            ),
        )
        .with("successor", successor)),
    }
}
