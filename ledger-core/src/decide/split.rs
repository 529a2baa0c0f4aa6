//! The decision to let some members of a household live in a new one: all of it or nothing.

use super::Desk;
use super::dissolution::still_there;
use super::household::{full, no_member, out_of_range};
use super::kin::NOW;
use super::organization::already_registered;
use crate::date::OccurredOn;
use crate::event::Fact;
use crate::id::{HouseholdId, OrganizationId, ResidentId};
use crate::identity::{
    HouseholdJoined, HouseholdLeft, HouseholdRegistered, MAX_MEMBERS, MAX_TIES, Member, Membership, Role,
    Stay, Term,
};
use crate::projection::{HouseholdRecord, Key, States};
use crate::quantity::Position;
use crate::registry::OrganizationRecord;
use crate::{Reason, Refusal};
use std::collections::BTreeSet;

/// Somebody who moves out.
struct Mover<'a> {
    /// The account that joins the new household.
    resident: &'a ResidentId,
    /// The accounts whose memberships end: where accounts answer as one there may be two.
    leaves: Vec<&'a ResidentId>,
    role: Role,
}

impl<S: States> Desk<'_, S> {
    pub(super) fn split(
        &self,
        id: &HouseholdId,
        into: &HouseholdId,
        members: &[ResidentId],
        community: Option<&OrganizationId>,
        from: OccurredOn,
    ) -> Result<Vec<Fact>, Refusal> {
        named_once(members)?;
        let (poster, household) = self.own_household(id)?;
        let leaving = household.community_on(from, NOW);
        let community = community.unwrap_or(leaving);
        let to = self.organization(community, "community")?;
        self.hands_over(poster, leaving, to)?;
        let Some(last_day) = from.previous_day() else { return Err(out_of_range(from, "from")) };
        let movers = self.movers(poster, household, members, (last_day, from))?;
        self.not_in_future(from, "from")?;
        if self.states.get(&Key::household(into)).is_some() {
            return Err(already_registered("household", into));
        }
        still_there(household, OccurredOn::LAST, "household")?;
        self.sound_afterwards(household, &movers, last_day, from)?;
        let acting = &poster.organization.organization;
        let opened = HouseholdRegistered {
            household: into.clone(),
            organization: community.clone(),
            split_from: Some(id.clone()),
        };
        let mut facts = vec![Fact::HouseholdRegistered(opened)];
        // Minors leave first and join last: no position of the log has one without an adult.
        let of = |role: Role| movers.iter().filter(move |mover| mover.role == role);
        facts.extend(of(Role::Minor).chain(of(Role::Adult)).flat_map(|mover| &mover.leaves).map(
            |resident| {
                Fact::HouseholdLeft(HouseholdLeft {
                    household: id.clone(),
                    resident: ResidentId::clone(resident),
                    last_day,
                    organization: acting.clone(),
                })
            },
        ));
        facts.extend(of(Role::Adult).chain(of(Role::Minor)).map(|mover| {
            Fact::HouseholdJoined(HouseholdJoined {
                household: into.clone(),
                resident: mover.resident.clone(),
                role: mover.role,
                from,
                to: None,
                organization: acting.clone(),
            })
        }));
        Ok(facts)
    }

    /// Who moves out, each a member that stays until a day at least.
    fn movers<'m>(
        &self,
        poster: &OrganizationRecord,
        household: &'m HouseholdRecord,
        members: &'m [ResidentId],
        (last_day, from): (OccurredOn, OccurredOn),
    ) -> Result<Vec<Mover<'m>>, Refusal> {
        let mut movers = Vec::with_capacity(members.len());
        for (index, resident) in members.iter().enumerate() {
            let field = format!("members[{index}]");
            let record = self.resident(resident, &field)?;
            self.answers_for_itself(record, &field)?;
            let family = self.family(resident)?;
            let held = household.members.iter().filter(|member| family.has(&member.resident));
            let held: Vec<&Member> = held.filter(|member| member.membership.term.lasts()).collect();
            let Some(newest) = held.last() else {
                return Err(no_member(&household.household.household, resident, &field));
            };
            if let Some(late) = held.iter().find(|member| last_day < member.membership.term.from) {
                return Err(out_of_range(late.membership.term.from, "from"));
            }
            // Where accounts answer as one, another of them may be there with a last day of its own.
            let id = &household.household.household;
            let elsewhere = |stay: &&Stay| {
                (stay.household != *id || !stay.membership.term.lasts())
                    && stay.membership.term.meets(from, None)
            };
            if let Some(stay) = self.stays(&family)?.into_iter().find(elsewhere) {
                return Err(self.in_another_household(poster, stay, &field));
            }
            if record.identity.stays.len() >= MAX_TIES {
                return Err(full());
            }
            let role = newest.membership.role;
            let mut leaves: Vec<_> = held.into_iter().map(|member| &member.resident).collect();
            leaves.dedup();
            movers.push(Mover { resident, leaves, role });
        }
        Ok(movers)
    }
}

/// A list of members names each once.
fn named_once(members: &[ResidentId]) -> Result<(), Refusal> {
    if members.is_empty() || members.len() > MAX_MEMBERS {
        return Err(Refusal::field(
            Reason::BatchSize,
            "members",
            format!("一次分出 1–{MAX_MEMBERS} 人。Between 1 and {MAX_MEMBERS} members move out at a time."),
        ));
    }
    let mut seen = BTreeSet::new();
    match members.iter().position(|member| !seen.insert(member)) {
        None => Ok(()),
        Some(index) => Err(Refusal::field(
            Reason::FieldInvalid,
            format!("members[{index}]"),
            "名單裡同一個帳戶出現兩次，請刪去一個。The list names the same account twice: remove one.",
        )),
    }
}

impl<S: States> Desk<'_, S> {
    /// Someone stays, and in both households there is an adult beside every minor.
    fn sound_afterwards(
        &self,
        household: &HouseholdRecord,
        movers: &[Mover<'_>],
        last_day: OccurredOn,
        from: OccurredOn,
    ) -> Result<(), Refusal> {
        let mut rest = household.members.clone();
        for member in &mut rest {
            let moves = movers.iter().any(|mover| mover.leaves.contains(&&member.resident));
            if moves {
                member.membership.term.end(last_day, Position(0));
            }
        }
        if !rest.iter().any(|member| member.membership.is_on(from)) {
            return Err(Refusal::field(
            Reason::HouseholdNeedsAdult,
            "members",
            format!(
                "{from} 起原來的家庭沒有人了；若是全家搬遷，請用搬遷。\
                 From {from} on nobody would be left in the household: if all of them move, move the household."
            ),
        )
        .with("day", from));
        }
        self.sound(rest, from, "household")?;
        let term = Term::since(from, Position(0));
        let new = movers.iter().map(|mover| Member {
            resident: mover.resident.clone(),
            membership: Membership { role: mover.role, term },
        });
        self.sound(new.collect(), from, "members")
    }
}
