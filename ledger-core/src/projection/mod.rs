//! Projections: pure folds over the log. [`keys`] says which states an event touches, [`apply`] folds it into one.
//! These two are the only definition of every figure: incremental, rebuilt and as-of are the same function.

mod access;
mod bucket;
mod household;
mod identity;
mod key;
mod person;
mod retention;
mod selection;
mod state;

pub(crate) use identity::number_of;
pub use key::Key;
pub use state::{Census, HouseholdRecord, ResidentRecord, STATE_FORMAT, State, StateError, TeamRecord};

use crate::account::{BatchRecord, Bucket, BucketScope, Roll, YearTally};
use crate::correction::{CorrectionApproved, CorrectionRecord, CorrectionRejected, Settlement};
use crate::date::OccurredOn;
use crate::entry::{Form, Reversal};
use crate::event::{Event, Fact, MonthClosed};
use crate::id::{AccountId, BatchId, CourseId, OrganizationId, TeamId};
use crate::identity::Identity;
use crate::month::{Closing, Closings, Month};
use crate::person::Erasure;
use crate::quantity::Position;
use crate::redemption::Redeemed;
use crate::registry::{
    CodeRecord, CourseRecord, Household, OrganizationRecord, OrganizationStatus, VersionRecord,
};
use crate::report::MonthRoll;

/// The facts that have rooms of their own: who is who, households, selections, and personal data. They are named one by one, so that a
/// new fact is not forgotten.
macro_rules! of_other_rooms {
    () => {
        Fact::MergeProposed(_)
            | Fact::ResidentsMerged(_)
            | Fact::ResidentsUnmerged(_)
            | Fact::IdentifierChanged(_)
            | Fact::ResidentsDistinguished(_)
            | Fact::HouseholdJoined(_)
            | Fact::HouseholdLeft(_)
            | Fact::HouseholdMoved(_)
            | Fact::HouseholdDissolved(_)
            | Fact::GuardianNamed(_)
            | Fact::GuardianReleased(_)
            | Fact::ConsentGiven(_)
            | Fact::ConsentWithdrawn(_)
            | Fact::StandardProposed(_)
            | Fact::StandardPublished(_)
            | Fact::SelectionOpened(_)
            | Fact::ApplicationMade(_)
            | Fact::ApplicationWithdrawn(_)
            | Fact::ApplicationVerified(_)
            | Fact::ApplicationReviewed(_)
            | Fact::JudgeAppointed(_)
            | Fact::ItemJudged(_)
            | Fact::GroundRecorded(_)
            | Fact::GroundLifted(_)
            | Fact::TieVoted(_)
            | Fact::FreezeProposed(_)
            | Fact::SelectionFrozen(_)
            | Fact::NoticePublished(_)
            | Fact::ObjectionRaised(_)
            | Fact::ObjectionAnswered(_)
            | Fact::AppealRaised(_)
            | Fact::AppealAnswered(_)
            | Fact::DifferencesNoted(_)
            | Fact::NamingProposed(_)
            | Fact::SelectionNamed(_)
            | Fact::SelectionClosed(_)
            | Fact::TitleRechecked(_)
            | Fact::TitleWithdrawalProposed(_)
            | Fact::TitleWithdrawn(_)
            | Fact::CredentialIssued(_)
            | Fact::CredentialApproved(_)
            | Fact::CredentialRevoked(_)
            | Fact::PersonRecorded(_)
            | Fact::CardRecorded(_)
            | Fact::PersonalDataRead(_)
            | Fact::ErasureProposed(_)
            | Fact::ResidentErased(_)
            | Fact::RetentionRuleSet(_)
            | Fact::RetentionProposed(_)
            | Fact::RetentionApproved(_)
    };
}

/// The states an event touches.
#[must_use]
pub fn keys(event: &Event) -> Vec<Key> {
    let mut keys = vec![];
    access::act_keys(&mut keys, event.position, &event.fact);
    match &event.fact {
        // The closings are there from the beginning, none of them yet: a posting always finds them at hand.
        Fact::LedgerOpened(_) => keys.extend([Key::ledger(), Key::closings()]),
        Fact::MonthClosed(_) => keys.push(Key::closings()),
        Fact::CorrectionProposed(_) => {
            keys.extend([Key::correction(event.position), Key::open_corrections()]);
        }
        Fact::CorrectionApproved(CorrectionApproved { proposed_at, .. })
        | Fact::CorrectionRejected(CorrectionRejected { proposed_at, .. }) => {
            keys.extend([Key::correction(*proposed_at), Key::open_corrections()]);
        }
        Fact::IndicatorDefined(defined) => keys.push(Key::indicator(&defined.indicator)),
        Fact::TargetSet(set) => keys.push(Key::target(&set.indicator, set.year, &set.organization)),
        Fact::PopulationStated(new) => {
            keys.push(Key::population(new.population, new.year, &new.organization));
        }
        Fact::PolicyProposed(_) => keys.push(Key::proposals()),
        Fact::PolicyPublished(policy) => {
            keys.extend([Key::policies(), Key::newest_policy()]);
            keys.extend(policy.approval.as_ref().map(|_| Key::proposals()));
        }
        Fact::CodeDefined(code) => keys.push(Key::code(code.list, &code.code)),
        Fact::OrganizationRegistered(organization) => {
            keys.push(Key::organization(&organization.organization));
            keys.push(Key::look_alike("organizations", organization.organization.as_str()));
            // The parent is only read: it gives the new organisation its ancestors.
            keys.extend(organization.parent.as_ref().map(Key::organization));
        }
        Fact::OrganizationStatusChanged(change) => keys.push(Key::organization(&change.organization)),
        Fact::CourseRegistered(course) => {
            keys.push(Key::course(&course.course));
            keys.push(Key::look_alike("courses", course.course.as_str()));
        }
        Fact::CourseVersionSubmitted(version) => keys.push(Key::course(&version.course)),
        Fact::CourseVersionApproved(approval) => keys.push(Key::course(&approval.course)),
        Fact::ResidentRegistered(resident) => keys.push(Key::resident(&resident.resident)),
        Fact::HouseholdRegistered(household) => keys.push(Key::household(&household.household)),
        Fact::TeamRegistered(team) => keys.push(Key::team(&team.team)),
        Fact::EntryRecorded(entry) => entry_keys(
            &mut keys,
            event.position,
            (&entry.account, entry.detail.form(), entry.occurred_on),
            (&entry.organization, &entry.organization),
            entry.detail.team(),
        ),
        Fact::EntryReversed(reversal) => {
            entry_keys(
                &mut keys,
                event.position,
                (&reversal.account, reversal.form, reversal.occurred_on),
                (&reversal.posted_by, &reversal.organization),
                reversal.team.as_ref(),
            );
            keys.push(Key::reversed(Roll::window(reversal.entry)));
        }
        Fact::CreditRedeemed(redemption) => keys.push(Key::redeemed(&redemption.resident)),
        of_other_rooms!() => {}
    }
    match &event.fact {
        Fact::EntryRecorded(entry) => {
            if let Some(batch) = &entry.batch {
                let window = Roll::window(event.position);
                keys.push(Key::batch(&entry.organization, batch));
                keys.push(Key::batch_roll(&entry.organization, batch, window));
            }
        }
        Fact::EntryReversed(Reversal { posted_by, batch: Some(batch), .. }) => {
            keys.push(Key::batch(posted_by, batch));
        }
        _ => {}
    }
    identity::keys(&mut keys, event.position, &event.fact);
    if selection::keys(&mut keys, &event.fact)
        || access::keys(&mut keys, &event.fact)
        || person::keys(&mut keys, event.position, &event.fact)
        || retention::keys(&mut keys, &event.fact)
    {
        return keys;
    }
    if !matches!(
        event.fact,
        Fact::LedgerOpened(_)
            | Fact::MonthClosed(_)
            | Fact::CorrectionProposed(_)
            | Fact::CorrectionApproved(_)
            | Fact::CorrectionRejected(_)
            | Fact::IndicatorDefined(_)
            | Fact::TargetSet(_)
            | Fact::PopulationStated(_)
            | Fact::PolicyProposed(_)
            | Fact::PolicyPublished(_)
            | Fact::CodeDefined(_)
            | Fact::OrganizationStatusChanged(_)
            | Fact::CourseVersionSubmitted(_)
            | Fact::CourseVersionApproved(_)
            | Fact::IdentifierChanged(_)
            | Fact::ResidentsDistinguished(_)
            | Fact::HouseholdJoined(_)
            | Fact::HouseholdLeft(_)
            | Fact::CreditRedeemed(_)
            | Fact::HouseholdMoved(_)
            | Fact::HouseholdDissolved(_)
            | Fact::GuardianNamed(_)
            | Fact::GuardianReleased(_)
            | Fact::ConsentGiven(_)
            | Fact::ConsentWithdrawn(_)
    ) {
        keys.push(Key::census());
    }
    keys
}

fn entry_keys(
    keys: &mut Vec<Key>,
    position: Position,
    (account, form, day): (&AccountId, Form, OccurredOn),
    (posted_by, acting): (&OrganizationId, &OrganizationId),
    team: Option<&TeamId>,
) {
    keys.push(Key::bucket(account, BucketScope::of(form, day)));
    keys.push(Key::organization_year(posted_by, day.year()));
    keys.push(Key::roll(acting, Roll::window(position)));
    keys.push(Key::month_roll(Month::of(day), MonthRoll::window(position)));
    keys.extend(team.map(|team| Key::team_year(team, day.year())));
}

/// The states that a fold reads and writes, by key.
pub trait States {
    /// The state, if there is one.
    fn get(&self, key: &Key) -> Option<&State>;
    /// A mutable state; `make` gives the first one.
    fn entry(&mut self, key: &Key, make: fn() -> State) -> &mut State;
    /// Puts a state in place.
    fn put(&mut self, key: Key, state: State);
}

macro_rules! fold_into {
    ($states:expr, $key:expr, $variant:ident, $position:expr, $default:expr) => {{
        let key = $key;
        match $states.entry(&key, || State::$variant($default)) {
            State::$variant(state) => state,
            _ => return Err(StateError::DoesNotFit { position: $position, key }),
        }
    }};
}

/// Folds an event into the states it touches.
///
/// # Errors
/// If the event does not fit the states: then the log is not one this program wrote.
pub fn apply(states: &mut impl States, event: &Event) -> Result<(), StateError> {
    fold(states, event.position, &event.fact)
}

/// Folds the fact of a position.
#[expect(clippy::too_many_lines, reason = "one arm per fact; each is a few lines")]
pub(crate) fn fold(states: &mut impl States, at: Position, fact: &Fact) -> Result<(), StateError> {
    let census = match fact {
        Fact::OrganizationRegistered(_)
        | Fact::CourseRegistered(_)
        | Fact::ResidentRegistered(_)
        | Fact::HouseholdRegistered(_)
        | Fact::TeamRegistered(_)
        | Fact::EntryRecorded(_)
        | Fact::EntryReversed(_)
        | Fact::ResidentsMerged(_)
        | Fact::ResidentsUnmerged(_) => {
            Some(fold_into!(states, Key::census(), Census, at, Census::default()))
        }
        _ => None,
    };
    if let Some(census) = census {
        let count = match fact {
            Fact::OrganizationRegistered(_) => &mut census.organizations,
            Fact::CourseRegistered(_) => &mut census.courses,
            Fact::ResidentRegistered(_) | Fact::ResidentsMerged(_) | Fact::ResidentsUnmerged(_) => {
                &mut census.residents
            }
            Fact::HouseholdRegistered(_) => &mut census.households,
            Fact::TeamRegistered(_) => &mut census.teams,
            Fact::EntryReversed(_) => &mut census.reversals,
            _ => &mut census.entries,
        };
        *count = match fact {
            Fact::ResidentsMerged(_) => count.saturating_sub(1),
            _ => count.saturating_add(1),
        };
    }
    match fact {
        Fact::LedgerOpened(opened) => {
            states.put(Key::ledger(), State::Ledger(opened.clone()));
            states.put(Key::closings(), State::Closings(Closings::default()));
        }
        Fact::MonthClosed(MonthClosed { month, closed_by, .. }) => {
            let closings = fold_into!(states, Key::closings(), Closings, at, Closings::default());
            closings.record(Closing { month: *month, closed_at: at, closed_by: closed_by.clone() });
        }
        Fact::CorrectionProposed(proposal) => {
            states.put(Key::correction(at), State::Correction(CorrectionRecord::of(at, proposal)));
            fold_into!(states, Key::open_corrections(), OpenCorrections, at, Vec::new()).push(at);
        }
        Fact::CorrectionApproved(CorrectionApproved { proposed_at, organization, approved_by: by }) => {
            let (organization, settled_by) = (organization.clone(), by.clone());
            let settled = Settlement { settled_at: at, organization, settled_by, approved: true };
            settle(states, *proposed_at, settled)?;
        }
        Fact::CorrectionRejected(CorrectionRejected { proposed_at, organization, rejected_by: by }) => {
            let (organization, settled_by) = (organization.clone(), by.clone());
            let settled = Settlement { settled_at: at, organization, settled_by, approved: false };
            settle(states, *proposed_at, settled)?;
        }
        Fact::IndicatorDefined(defined) => {
            let key = Key::indicator(&defined.indicator);
            fold_into!(states, key, Indicator, at, Vec::new()).push((at, defined.clone()));
        }
        Fact::TargetSet(set) => {
            let key = Key::target(&set.indicator, set.year, &set.organization);
            fold_into!(states, key, Target, at, Vec::new()).push((at, set.target));
        }
        Fact::PopulationStated(new) => {
            let key = Key::population(new.population, new.year, &new.organization);
            fold_into!(states, key, Population, at, Vec::new()).push((at, new.stated.clone()));
        }
        Fact::PolicyProposed(new) => {
            let proposals = fold_into!(states, Key::proposals(), Proposals, at, Vec::new());
            proposals.retain(|(_, held)| !held.gives_way_to(new));
            proposals.push((at, new.clone()));
        }
        Fact::PolicyPublished(policy) => {
            if policy.approval.is_some() {
                let proposals = fold_into!(states, Key::proposals(), Proposals, at, Vec::new());
                proposals
                    .retain(|(_, held)| (&held.policy, held.version) != (&policy.policy, policy.version));
            }
            states.put(Key::newest_policy(), State::NewestPolicy(at));
            fold_into!(states, Key::policies(), Policies, at, Vec::new()).push((at, policy.clone()));
        }
        Fact::CodeDefined(code) => states.put(
            Key::code(code.list, &code.code),
            State::Code(CodeRecord { code: code.clone(), defined_at: at }),
        ),
        Fact::OrganizationRegistered(organization) => {
            let mut ancestors = Vec::new();
            if let Some(parent) = &organization.parent {
                let key = Key::organization(parent);
                let Some(State::Organization(record)) = states.get(&key) else {
                    return Err(StateError::DoesNotFit { position: at, key });
                };
                ancestors.push(parent.clone());
                ancestors.extend(record.ancestors.iter().cloned());
            }
            let id = &organization.organization;
            states.put(Key::look_alike("organizations", id.as_str()), State::LookAlike(id.to_string()));
            let record = OrganizationRecord {
                organization: organization.clone(),
                ancestors,
                status: OrganizationStatus::Active,
                registered_at: at,
                changed_at: at,
            };
            states.put(Key::organization(id), State::Organization(record));
        }
        Fact::OrganizationStatusChanged(change) => {
            let record = existing_organization(states, &change.organization, at)?;
            record.status = change.status.clone();
            record.changed_at = at;
        }
        Fact::CourseRegistered(course) => {
            let id = &course.course;
            states.put(Key::look_alike("courses", id.as_str()), State::LookAlike(id.to_string()));
            let record = CourseRecord { course: course.clone(), registered_at: at, versions: Vec::new() };
            states.put(Key::course(id), State::Course(record));
        }
        Fact::CourseVersionSubmitted(version) => {
            let record = existing_course(states, &version.course, at)?;
            record.versions.push(VersionRecord {
                version: version.clone(),
                submitted_at: at,
                approval: None,
            });
        }
        Fact::CourseVersionApproved(approval) => {
            let record = existing_course(states, &approval.course, at)?;
            for version in record.versions.iter_mut().filter(|v| v.version.version == approval.version) {
                version.approval = Some((approval.clone(), at));
            }
        }
        Fact::ResidentRegistered(resident) => states.put(
            Key::resident(&resident.resident),
            State::Resident(ResidentRecord {
                resident: resident.clone(),
                registered_at: at,
                identity: Identity::default(),
                merge: None,
                kept: None,
                erasure: Erasure::default(),
            }),
        ),
        Fact::HouseholdRegistered(new) => states.put(
            Key::household(&new.household),
            State::Household(HouseholdRecord {
                household: Household {
                    household: new.household.clone(),
                    organization: new.organization.clone(),
                },
                registered_at: at,
                split_from: new.split_from.clone(),
                members: Vec::new(),
                moves: Vec::new(),
                dissolved: None,
            }),
        ),
        Fact::TeamRegistered(team) => {
            states.put(
                Key::team(&team.team),
                State::Team(TeamRecord { team: team.clone(), registered_at: at }),
            );
        }
        Fact::EntryRecorded(entry) => {
            let year = entry.occurred_on.year();
            let scope = BucketScope::of(entry.detail.form(), entry.occurred_on);
            fold_into!(states, Key::bucket(&entry.account, scope), Bucket, at, Bucket::default())
                .record(at, entry);
            let key = Key::organization_year(&entry.organization, year);
            fold_into!(states, key, Tally, at, YearTally::default()).record(entry);
            let key = Key::roll(&entry.organization, Roll::window(at));
            fold_into!(states, key, Roll, at, Roll::default()).record(at);
            let key = Key::month_roll(Month::of(entry.occurred_on), MonthRoll::window(at));
            fold_into!(states, key, MonthRoll, at, MonthRoll::default()).record(at);
            if let Some(team) = entry.detail.team() {
                fold_into!(states, Key::team_year(team, year), Tally, at, YearTally::default()).record(entry);
            }
            if let Some(batch) = &entry.batch {
                batch_entry(states, at, &entry.organization, batch)?;
            }
        }
        Fact::EntryReversed(reversal) => {
            let year = reversal.occurred_on.year();
            let scope = BucketScope::of(reversal.form, reversal.occurred_on);
            let key = Key::bucket(&reversal.account, scope);
            fold_into!(states, key, Bucket, at, Bucket::default()).reverse(at, reversal);
            let key = Key::organization_year(&reversal.posted_by, year);
            fold_into!(states, key, Tally, at, YearTally::default()).reverse(reversal);
            let key = Key::roll(&reversal.organization, Roll::window(at));
            fold_into!(states, key, Roll, at, Roll::default()).record(at);
            let key = Key::month_roll(Month::of(reversal.occurred_on), MonthRoll::window(at));
            fold_into!(states, key, MonthRoll, at, MonthRoll::default()).reverse(at, reversal.entry);
            let key = Key::reversed(Roll::window(reversal.entry));
            fold_into!(states, key, Roll, at, Roll::default()).include(reversal.entry);
            if let Some(team) = &reversal.team {
                fold_into!(states, Key::team_year(team, year), Tally, at, YearTally::default())
                    .reverse(reversal);
            }
            if let Some(batch) = &reversal.batch {
                let key = Key::batch(&reversal.posted_by, batch);
                let Some(State::Batch(record)) = states.get(&key) else {
                    return Err(StateError::DoesNotFit { position: at, key });
                };
                let mut record = record.clone();
                record.reverse();
                states.put(key, State::Batch(record));
            }
        }
        Fact::CreditRedeemed(redemption) => {
            let key = Key::redeemed(&redemption.resident);
            fold_into!(states, key, Redeemed, at, Redeemed::default()).record(at, redemption);
        }
        of_other_rooms!() => {}
    }
    identity::apply(states, at, fact)?;
    person::apply(states, at, fact)?;
    retention::apply(states, at, fact)?;
    selection::apply(states, at, fact)?;
    access::apply(states, at, fact)
}

/// Takes an entry up into its batch.
fn batch_entry(
    states: &mut impl States,
    at: Position,
    organization: &OrganizationId,
    batch: &BatchId,
) -> Result<(), StateError> {
    let key = Key::batch(organization, batch);
    let mut record = match states.get(&key) {
        None => BatchRecord {
            organization: organization.clone(),
            batch: batch.clone(),
            entries: 0,
            reversed: 0,
            first_at: at,
            last_at: at,
        },
        Some(State::Batch(record)) => record.clone(),
        Some(_) => return Err(StateError::DoesNotFit { position: at, key }),
    };
    record.record(at);
    states.put(key, State::Batch(record));
    let key = Key::batch_roll(organization, batch, Roll::window(at));
    fold_into!(states, key, Roll, at, Roll::default()).record(at);
    Ok(())
}

/// Notes how a correction ended; it waits no longer.
fn settle(states: &mut impl States, proposed_at: Position, settled: Settlement) -> Result<(), StateError> {
    let at = settled.settled_at;
    let key = Key::correction(proposed_at);
    let Some(State::Correction(record)) = states.get(&key) else {
        return Err(StateError::DoesNotFit { position: at, key });
    };
    let record = CorrectionRecord { settled: Some(settled), ..record.clone() };
    states.put(key, State::Correction(record));
    let open = fold_into!(states, Key::open_corrections(), OpenCorrections, at, Vec::new());
    open.retain(|position| *position != proposed_at);
    Ok(())
}

fn existing_organization<'a>(
    states: &'a mut impl States,
    id: &OrganizationId,
    position: Position,
) -> Result<&'a mut OrganizationRecord, StateError> {
    let key = Key::organization(id);
    if states.get(&key).is_some()
        && let State::Organization(record) = states.entry(&key, || State::LookAlike(String::new()))
    {
        return Ok(record);
    }
    Err(StateError::DoesNotFit { position, key })
}

fn existing_course<'a>(
    states: &'a mut impl States,
    id: &CourseId,
    position: Position,
) -> Result<&'a mut CourseRecord, StateError> {
    let key = Key::course(id);
    if states.get(&key).is_some()
        && let State::Course(record) = states.entry(&key, || State::LookAlike(String::new()))
    {
        return Ok(record);
    }
    Err(StateError::DoesNotFit { position, key })
}
