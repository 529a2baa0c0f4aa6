//! Households: who lives in one, where it belongs, and who agreed to what.

use super::balance::{no_such_account, survivor};
use super::kin::{Gathered, Kin};
use super::question::Question;
use crate::error::{damage, damaged};
use crate::ledger::Ledger;
use ledger_core::Refusal;
use ledger_core::date::OccurredOn;
use ledger_core::id::{AccountId, HouseholdId, OrganizationId, ResidentId};
use ledger_core::identity::{
    Consent, Dissolution, Family, Guardianship, Member, Move, Purpose, Role, consents_on, guardians_on,
    lacking_consent,
};
use ledger_core::ports::StateQuery;
use ledger_core::projection::{HouseholdRecord, Key, ResidentRecord, State};
use ledger_core::quantity::Position;
use std::collections::BTreeSet;

/// A membership of a household.
#[derive(Debug, Clone)]
pub struct HouseholdMember {
    /// As it was recorded.
    pub member: Member,
    /// The account that answers for the member, where it is another than the one recorded.
    pub survivor: Option<ResidentId>,
}

/// The memberships of a household.
#[derive(Debug, Clone)]
pub struct HouseholdMembers {
    /// In the order they were recorded.
    pub members: Vec<HouseholdMember>,
    /// Different persons among them: accounts that answer as one are one.
    pub persons: usize,
    /// The position the answer is true at.
    pub position: Position,
}

/// Who speaks for a resident, and what was agreed to.
#[derive(Debug, Clone)]
pub struct Care {
    /// The account that answers.
    pub resident: ResidentId,
    /// The guardians, account by account, in the order they were recorded.
    pub guardians: Vec<Guardianship>,
    /// What was agreed to, account by account, in the order it was recorded.
    pub consents: Vec<Consent>,
    /// The position the answer is true at.
    pub position: Position,
}

/// A member of a household on a day.
#[derive(Debug, Clone)]
pub struct CaredFor {
    /// The membership.
    pub member: HouseholdMember,
    /// The guardians of that day; of an adult none.
    pub guardians: Vec<Guardianship>,
    /// What counts as agreed to on that day.
    pub consents: Vec<Consent>,
}

/// A household on a day.
#[derive(Debug, Clone)]
pub struct HouseholdThen {
    /// The account.
    pub household: HouseholdId,
    /// The community of that day.
    pub community: OrganizationId,
    /// The household that its members were in before.
    pub split_from: Option<HouseholdId>,
    /// Its moves, in the order they were recorded.
    pub moves: Vec<Move>,
    /// Its end.
    pub dissolved: Option<Dissolution>,
    /// The day.
    pub day: OccurredOn,
    /// Whether it was no more on that day.
    pub is_dissolved: bool,
    /// The members of that day, in the order they were recorded.
    pub members: Vec<CaredFor>,
    /// Of those, who lacks consent to take part in the selection: the account that answers for each.
    pub lacking_selection_consent: Vec<ResidentId>,
    /// The position the answer is true at.
    pub position: Position,
}

impl Ledger {
    /// The memberships of a household at the point a question is about: all of them, or those of a day, and of these one
    /// of each person.
    ///
    /// # Errors
    /// `HOUSEHOLD_NOT_FOUND`, `NOT_YET_APPLIED`, or what the store says.
    pub async fn members(
        &self,
        household: &HouseholdId,
        question: &Question,
        day: Option<OccurredOn>,
    ) -> Result<HouseholdMembers, Refusal> {
        let (record, kin, point) = self.household_and_kin(household, question).await?;
        let then = record.members.iter().filter_map(|member| member.as_of(point));
        let asked = then.filter(|member| day.is_none_or(|day| member.membership.is_on(day)));
        let members =
            asked.map(|member| Ok(told(&kin, member, point)?.0)).collect::<Result<Vec<_>, Refusal>>()?;
        let persons: BTreeSet<&ResidentId> = members.iter().map(HouseholdMember::person).collect();
        let persons = persons.len();
        let members = if day.is_some() { one_of_each(members) } else { members };
        Ok(HouseholdMembers { members, persons, position: point })
    }

    /// A household on a day, at the point a question is about; without a day, on that of the point.
    ///
    /// # Errors
    /// `HOUSEHOLD_NOT_FOUND`, `NOT_YET_APPLIED`, or what the store says.
    pub async fn household(
        &self,
        household: &HouseholdId,
        question: &Question,
        day: Option<OccurredOn>,
    ) -> Result<HouseholdThen, Refusal> {
        let (record, kin, point) = self.household_and_kin(household, question).await?;
        let day = match day {
            Some(day) => day,
            None => self.today_at(question.as_of, point).await?,
        };
        let members = record.members_on(day, point).map(|member| cared_for(&kin, member, day, point));
        let lacking = lacking_consent(&record, Purpose::Selection, day, point, |id| kin.record(id));
        Ok(HouseholdThen {
            household: household.clone(),
            community: record.community_on(day, point).clone(),
            is_dissolved: record.is_dissolved_on(day, point),
            members: members.collect::<Result<_, _>>()?,
            lacking_selection_consent: lacking.map_err(|_| damaged())?,
            moves: record.moves.iter().filter(|moved| moved.moved_at <= point).cloned().collect(),
            dissolved: record.dissolved.filter(|end| end.dissolved_at <= point),
            split_from: record.split_from,
            day,
            position: point,
        })
    }

    /// Who speaks for a resident, and what was agreed to, at the point a question is about.
    ///
    /// # Errors
    /// `RESIDENT_NOT_FOUND`, `NOT_YET_APPLIED`, or what the store says.
    pub async fn care(&self, id: &ResidentId, question: &Question) -> Result<Care, Refusal> {
        let asked = std::slice::from_ref(id);
        let Gathered { kin, point, .. } =
            self.kin_records(asked, question.as_of, question.min_position, &[]).await?;
        if kin.record(id).is_none_or(|record| record.registered_at > point) {
            return Err(no_such_account(&AccountId::Resident(id.clone())));
        }
        let family = kin.family(id, point).map_err(|_| damaged())?;
        let identities: Vec<_> =
            records(&kin, &family).into_iter().map(|record| record.identity.as_of(point)).collect();
        Ok(Care {
            guardians: identities.iter().flat_map(|identity| identity.guardians.clone()).collect(),
            consents: identities.iter().flat_map(|identity| identity.consents.clone()).collect(),
            resident: family.survivor,
            position: point,
        })
    }

    /// A household's record, and its members with all that answer as one with them, from one snapshot. Who the members
    /// are stands in the household's record; who answers for them, in theirs.
    async fn household_and_kin(
        &self,
        household: &HouseholdId,
        question: &Question,
    ) -> Result<(HouseholdRecord, Kin, Position), Refusal> {
        let no_such = || no_such_account(&AccountId::Household(household.clone()));
        let query = StateQuery::Exactly(Key::household(household));
        let mut recorded: Vec<ResidentId> = Vec::new();
        loop {
            let Gathered { kin, point, besides, .. } = self
                .kin_records(&recorded, question.as_of, question.min_position, std::slice::from_ref(&query))
                .await?;
            let Some(stored) = besides.first().and_then(|states| states.first()) else {
                return Err(no_such());
            };
            let State::Household(record) = State::decode(&stored.key, &stored.bytes).map_err(damage)? else {
                return Err(damaged());
            };
            if record.registered_at > point {
                return Err(no_such());
            }
            let known: BTreeSet<ResidentId> =
                record.members.iter().map(|member| member.resident.clone()).collect();
            if known.iter().all(|id| recorded.contains(id)) {
                return Ok((record, kin, point));
            }
            recorded = known.into_iter().collect();
        }
    }
}

impl HouseholdMember {
    /// The account that answers for the member.
    fn person(&self) -> &ResidentId {
        self.survivor.as_ref().unwrap_or(&self.member.resident)
    }
}

/// One membership of each person: that of the account that answers, else the one recorded first.
fn one_of_each(mut members: Vec<HouseholdMember>) -> Vec<HouseholdMember> {
    let answering = members.iter().filter(|member| member.survivor.is_none());
    let answering: BTreeSet<ResidentId> = answering.map(|member| member.person().clone()).collect();
    let mut seen = BTreeSet::new();
    members.retain(|member| {
        let stands_back = member.survivor.is_some() && answering.contains(member.person());
        !stands_back && seen.insert(member.person().clone())
    });
    members
}

fn records<'k>(kin: &'k Kin, family: &Family) -> Vec<&'k ResidentRecord> {
    family.members().filter_map(|id| kin.record(id)).collect()
}

fn told(kin: &Kin, member: Member, point: Position) -> Result<(HouseholdMember, Family), Refusal> {
    let family = kin.family(&member.resident, point).map_err(|_| damaged())?;
    let survivor = survivor(&AccountId::Resident(member.resident.clone()), &family);
    Ok((HouseholdMember { member, survivor }, family))
}

fn cared_for(kin: &Kin, member: Member, day: OccurredOn, point: Position) -> Result<CaredFor, Refusal> {
    let (member, family) = told(kin, member, point)?;
    let role = member.member.membership.role;
    let (of_guardians, of_consents) = (records(kin, &family), records(kin, &family));
    let guardians = guardians_on(&family, of_guardians, day, point).filter(|_| role == Role::Minor);
    let consents = consents_on(&family, role, of_consents, day, point);
    Ok(CaredFor {
        guardians: guardians.filter_map(|held| held.as_of(point)).collect(),
        consents: consents.filter_map(|held| held.as_of(point)).collect(),
        member,
    })
}
