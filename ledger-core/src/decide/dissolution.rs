//! Decisions on the end of a household: on its last day all memberships end, and nothing of it is dated later.

use super::Desk;
use crate::date::OccurredOn;
use crate::event::Fact;
use crate::id::{AccountId, HouseholdId};
use crate::identity::HouseholdDissolved;
use crate::projection::{HouseholdRecord, States};
use crate::quantity::Position;
use crate::{Reason, Refusal};

impl<S: States> Desk<'_, S> {
    pub(super) fn dissolve(&self, id: &HouseholdId, last_day: OccurredOn) -> Result<Vec<Fact>, Refusal> {
        let (poster, household) = self.own_household(id)?;
        self.not_in_future(last_day, "last_day")?;
        // It ends once: of a household that has ended no later day is there.
        still_there(household, OccurredOn::LAST, "household")?;
        let awards = self.buckets_of(AccountId::Household(id.clone()))?.flat_map(|bucket| bucket.live());
        let awards = awards.map(|line| (line.occurred_on, Some(line.position)));
        let told = days_told(household).map(|day| (day, None));
        let last = awards.chain(told).filter(|(day, _)| *day > last_day).max();
        if let Some((day, award)) = last {
            return Err(too_early(day, award));
        }
        let lasting = household.members.iter().filter(|member| member.membership.term.lasts());
        let mut members: Vec<_> = lasting.map(|member| member.resident.clone()).collect();
        members.sort_unstable();
        members.dedup();
        Ok(vec![Fact::HouseholdDissolved(HouseholdDissolved {
            household: id.clone(),
            last_day,
            members,
            organization: poster.organization.organization.clone(),
        })])
    }
}

/// The days on which a household's record says that there is one: someone comes, or is there for the last time, or it
/// moves.
fn days_told(household: &HouseholdRecord) -> impl Iterator<Item = OccurredOn> {
    let terms = household.members.iter().map(|member| &member.membership.term);
    let stays = terms.flat_map(|term| [Some(term.from), term.to]).flatten();
    stays.chain(household.moves.iter().map(|moved| moved.from))
}

fn too_early(day: OccurredOn, award: Option<Position>) -> Refusal {
    let refusal = Refusal::field(
        Reason::DissolvedTooEarly,
        "last_day",
        format!(
            "{day} 這個家庭還有成員、搬遷或榮譽的記錄，末日不能更早；請查對日期，記錯的榮譽先沖正。\
             Members, a move or an award of the household are recorded on {day}: its last day is not before that. \
             Check the date, or reverse the award first if it is wrong."
        ),
    )
    .with("day", day);
    award.into_iter().fold(refusal, |refusal, position| refusal.with("entry", position))
}

/// Refuses a day that lies after a household's last one.
pub(super) fn still_there(household: &HouseholdRecord, day: OccurredOn, field: &str) -> Result<(), Refusal> {
    match household.dissolved {
        Some(end) if end.last_day < day => {
            let (id, last_day) = (&household.household.household, end.last_day);
            Err(Refusal::field(
                Reason::HouseholdDissolved,
                field,
                format!(
                    "家庭「{id}」已解散，最後一天是 {last_day}；請查對日期和家庭的號碼。\
                     The household \"{id}\" was dissolved, its last day was {last_day}: check the date and the id."
                ),
            )
            .with("last_day", last_day))
        }
        _ => Ok(()),
    }
}
