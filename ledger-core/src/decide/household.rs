//! Decisions on the members of households, of which a resident is in one at a time, and on where a household belongs.

use super::Desk;
use super::dissolution::still_there;
use super::identity::of_the_household;
use super::indicator::room_for;
use super::kin::NOW;
use super::open;
use super::registry::scope;
use crate::date::OccurredOn;
use crate::event::Fact;
use crate::id::{HouseholdId, OrganizationId, ResidentId};
use crate::identity::{
    Fault, HouseholdJoined, HouseholdLeft, HouseholdMoved, MAX_MEMBERS, MAX_MOVES, MAX_TIES, Member,
    Membership, Role, Stay, Term, first_fault,
};
use crate::projection::{HouseholdRecord, States};
use crate::quantity::Position;
use crate::registry::{OrganizationRecord, OrganizationStatus};
use crate::{Reason, Refusal};

/// The most memberships that one household's record keeps, those that are over among them (our own default).
pub const MAX_MEMBERSHIPS: usize = 500;

impl<'a, S: States> Desk<'a, S> {
    /// The household, where the organisation that asks may change it.
    pub(super) fn own_household(
        &self,
        id: &HouseholdId,
    ) -> Result<(&'a OrganizationRecord, &'a HouseholdRecord), Refusal> {
        let poster = self.poster()?;
        let record = self.household(id, "household")?;
        let community = self.organization(record.community(), "organization")?;
        of_the_household(community, poster)?;
        Ok((poster, record))
    }

    pub(super) fn not_in_future(&self, day: OccurredOn, field: &str) -> Result<(), Refusal> {
        if day <= self.today()? {
            return Ok(());
        }
        Err(Refusal::field(
            Reason::OccurredInFuture,
            field,
            "日期在今天以後，請查對，或到當天再記。The date lies in the future: check it, or record it on that day.",
        ))
    }

    pub(super) fn join(
        &self,
        id: &HouseholdId,
        resident: &ResidentId,
        role: Role,
        from: OccurredOn,
        to: Option<OccurredOn>,
    ) -> Result<Vec<Fact>, Refusal> {
        if to.is_some_and(|to| to < from) {
            return Err(range(from));
        }
        let (poster, household) = self.own_household(id)?;
        let record = self.resident(resident, "resident")?;
        self.not_in_future(from, "from")?;
        to.map_or(Ok(()), |to| self.not_in_future(to, "last_day"))?;
        self.answers_for_itself(record, "resident")?;
        still_there(household, to.unwrap_or(OccurredOn::LAST), "household")?;
        let stays = self.stays(&self.family(resident)?)?;
        if let Some(held) = stays.iter().find(|stay| stay.membership.term.meets(from, to)) {
            return Err(self.in_another_household(poster, held, "resident"));
        }
        if household.members.len() >= MAX_MEMBERSHIPS || record.identity.stays.len() >= MAX_TIES {
            return Err(full());
        }
        let membership = Membership { role, term: Term { to, ..Term::since(from, Position(0)) } };
        let mut members = household.members.clone();
        members.push(Member { resident: resident.clone(), membership });
        self.sound(members, from, "household")?;
        Ok(vec![Fact::HouseholdJoined(HouseholdJoined {
            household: id.clone(),
            resident: resident.clone(),
            role,
            from,
            to,
            organization: poster.organization.organization.clone(),
        })])
    }

    pub(super) fn leave(
        &self,
        id: &HouseholdId,
        resident: &ResidentId,
        last_day: OccurredOn,
    ) -> Result<Vec<Fact>, Refusal> {
        let (poster, household) = self.own_household(id)?;
        let record = self.resident(resident, "resident")?;
        self.not_in_future(last_day, "last_day")?;
        // Also who was erased: the household goes on.
        self.answers_in_no_other(record, "resident")?;
        let family = self.family(resident)?;
        let lasting = |member: &&Member| member.membership.term.lasts() && family.has(&member.resident);
        // Accounts that were merged since may both stand there: the person leaves under all of them.
        let held: Vec<&Member> = household.members.iter().filter(lasting).collect();
        let Some(since) = held.iter().map(|member| member.membership.term.from).max() else {
            return Err(no_member(id, resident, "resident"));
        };
        if last_day < since {
            return Err(range(since));
        }
        let mut members = household.members.clone();
        for member in &mut members {
            if held.contains(&&*member) {
                member.membership.term.to = Some(last_day);
            }
        }
        if let Some(after) = last_day.next_day() {
            self.sound(members, after, "household")?;
        }
        let left = held.into_iter().map(|member| {
            Fact::HouseholdLeft(HouseholdLeft {
                household: id.clone(),
                resident: member.resident.clone(),
                last_day,
                organization: poster.organization.organization.clone(),
            })
        });
        Ok(left.collect())
    }

    /// Refuses members of whom there are too many, or only minors, on some day from one on; they are counted as persons.
    pub(super) fn sound(
        &self,
        mut members: Vec<Member>,
        from: OccurredOn,
        field: &str,
    ) -> Result<(), Refusal> {
        for member in &mut members {
            member.resident = self.answers_for(&member.resident, NOW)?;
        }
        match first_fault(&members, from) {
            None => Ok(()),
            Some(Fault::Full(_)) => Err(full()),
            Some(Fault::NoAdult(day)) => Err(Refusal::field(
                Reason::HouseholdNeedsAdult,
                field,
                format!(
                    "{day} 這個家庭只剩未成年人；請先記成年人加入，或先記未成年人離開。\
                     On {day} the household would have only minors: record an adult first, or let the minors leave first."
                ),
            )
            .with("day", day)),
        }
    }

    pub(super) fn move_household(
        &self,
        id: &HouseholdId,
        community: &OrganizationId,
        from: OccurredOn,
    ) -> Result<Vec<Fact>, Refusal> {
        let poster = self.poster()?;
        let household = self.household(id, "household")?;
        let to = self.organization(community, "community")?;
        self.hands_over(poster, household.community_on(from, NOW), to)?;
        self.not_in_future(from, "from")?;
        still_there(household, from, "household")?;
        if household.community_on(from, NOW) == community {
            return Ok(vec![]);
        }
        room_for(household.moves.len(), MAX_MOVES, "household")?;
        Ok(vec![Fact::HouseholdMoved(HouseholdMoved {
            household: id.clone(),
            community: community.clone(),
            from,
            organization: poster.organization.organization.clone(),
        })])
    }

    /// A community hands a household over to another by itself; whoever stands above it does so among those below. The
    /// other must be open.
    pub(super) fn hands_over(
        &self,
        poster: &OrganizationRecord,
        from: &OrganizationId,
        to: &OrganizationRecord,
    ) -> Result<(), Refusal> {
        let from = self.organization(from, "organization")?;
        of_the_household(from, poster)?;
        let acting = &poster.organization.organization;
        let heir =
            matches!(&from.status, OrganizationStatus::Merged { successor, .. } if successor == acting);
        if from.organization.organization != *acting && !heir && !to.answers_to(acting) {
            return Err(scope(
                "搬往另一社區，由原社區或兩個社區共同的上級辦理。\
                 The community that the household leaves does this, or an organisation above both.",
            ));
        }
        open(to, "community")
    }

    /// The refusal of a second household; it names the first only to whoever may hear of it.
    pub(super) fn in_another_household(
        &self,
        poster: &OrganizationRecord,
        held: &Stay,
        field: &str,
    ) -> Refusal {
        let community = self.household(&held.household, field).map(HouseholdRecord::community);
        if community.is_ok_and(|community| self.sees(poster, community)) {
            let household = &held.household;
            return Refusal::field(
                Reason::AlreadyInHousehold,
                field,
                format!(
                    "這些日子裡他是家庭「{household}」的成員（自 {}），請先記離開的日期。\
                     On these days the resident is in the household \"{household}\", since {}: record first when that ended.",
                    held.membership.term.from, held.membership.term.from
                ),
            )
            .with("household", household);
        }
        Refusal::field(
            Reason::AlreadyInHousehold,
            field,
            "這些日子裡他是另一個家庭的成員，請向區查詢。\
             On these days the resident is in another household: ask the district.",
        )
    }
}

pub(super) fn no_member(household: &HouseholdId, resident: &ResidentId, field: &str) -> Refusal {
    Refusal::field(
        Reason::NotInHousehold,
        field,
        format!(
            "「{resident}」現在不是家庭「{household}」的成員，請查對號碼。\
             \"{resident}\" is no member of the household \"{household}\" now: check both."
        ),
    )
}

fn range(from: OccurredOn) -> Refusal {
    out_of_range(from, "last_day")
}

/// A membership that began on a day would end before it.
pub(super) fn out_of_range(from: OccurredOn, field: &str) -> Refusal {
    Refusal::field(
        Reason::MembershipRange,
        field,
        format!(
            "離開的日期早於加入的日期 {from}，請查對。The last day lies before the first, {from}: check both."
        ),
    )
    .with("from", from)
}

pub(super) fn full() -> Refusal {
    Refusal::field(
        Reason::HouseholdFull,
        "household",
        format!(
            "一個家庭同一天至多 {MAX_MEMBERS} 人，請查對成員。A household has at most {MAX_MEMBERS} members on a day: check them."
        ),
    )
    .with("limit", MAX_MEMBERS)
}
