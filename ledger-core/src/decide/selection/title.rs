//! Titles: looked at again once a year, and withdrawn by two people.

use super::super::Desk;
use super::super::kin::NOW;
use super::{done, of_selection};
use crate::event::Fact;
use crate::id::{AccountId, Code, PersonId, SelectionId, StandardId};
use crate::projection::States;
use crate::selection::Title;
use crate::selection::fact::{TitleRechecked, TitleWithdrawalProposed, TitleWithdrawn};
use crate::selection::step::TitleAct;
use crate::{Reason, Refusal};

impl<'a, S: States> Desk<'a, S> {
    pub(super) fn title_act(
        &self,
        candidate: &AccountId,
        title: &Code,
        act: &TitleAct,
        person: &PersonId,
    ) -> Result<Fact, Refusal> {
        let by = self.by_district(person)?;
        let last = self.titles(candidate).and_then(|record| record.last(title));
        if let TitleAct::ApproveWithdrawal { .. } = act {
            let approved = last.and_then(|held| held.withdrawal.as_ref()?.approved.as_ref());
            if let Some((at, by)) = approved {
                return Err(done(*at, by, "name"));
            }
        }
        let held: &'a Title =
            last.filter(|held| held.holds(by.on, NOW)).ok_or_else(|| not_held(candidate, title))?;
        let (candidate, title) = (candidate.clone(), title.clone());
        match act {
            TitleAct::Recheck { year, kept } => {
                let (first, last) = (held.from.year(), by.on.year());
                if !(first..=last).contains(year) {
                    return Err(Refusal::field(
                        Reason::FieldInvalid,
                        "year",
                        format!(
                            "複查的年度在 {first} 至 {last} 年之間。The year of a check lies between {first} and {last}."
                        ),
                    ));
                }
                if let Some(check) = held.rechecks.iter().find(|check| check.year == *year) {
                    return Err(done(check.at, &check.by, "year"));
                }
                Ok(Fact::TitleRechecked(TitleRechecked { candidate, title, year: *year, kept: *kept, by }))
            }
            TitleAct::ProposeWithdrawal { ground, evidence } => {
                Ok(Fact::TitleWithdrawalProposed(TitleWithdrawalProposed {
                    candidate,
                    title,
                    ground: ground.clone(),
                    evidence: *evidence,
                    by,
                }))
            }
            TitleAct::ApproveWithdrawal { digest } => {
                let proposed = held.withdrawal.as_ref().ok_or_else(not_proposed)?;
                let stands = proposed.digest(&candidate, &title);
                self.may_approve(&of_selection(stands, &proposed.proposed_by), *digest, &by.person)?;
                Ok(Fact::TitleWithdrawn(TitleWithdrawn {
                    candidate,
                    title,
                    ground: proposed.ground.clone(),
                    proposed_at: proposed.proposed_at,
                    barred_until: by.on.plus_years(held.barred_years),
                    by,
                }))
            }
        }
    }
}

fn not_held(candidate: &AccountId, title: &Code) -> Refusal {
    Refusal::field(
        Reason::TitleNotHeld,
        "name",
        format!(
            "「{candidate}」現在沒有稱號「{title}」，請查對。\
             \"{candidate}\" does not hold the title \"{title}\" now: check both."
        ),
    )
}

fn not_proposed() -> Refusal {
    Refusal::field(
        Reason::StageOrder,
        "name",
        "還沒有人提出撤銷，請先提出。Nobody has proposed to withdraw the title: propose it first.",
    )
    .with("stage", "held")
}

/// No such standard, or none of that version.
#[must_use]
pub fn no_standard(id: &StandardId, field: &str) -> Refusal {
    Refusal::field(
        Reason::StandardNotFound,
        field,
        format!(
            "沒有公布過標準「{id}」，或沒有待核准的這一版；請查對，或先提出。\
             There is no standard \"{id}\", or this version of it does not wait for approval: check it, or propose it first."
        ),
    )
}

/// No such selection.
#[must_use]
pub fn no_such_selection(id: &SelectionId) -> Refusal {
    Refusal::field(
        Reason::SelectionNotFound,
        "name",
        format!(
            "沒有評選「{id}」，請查對名稱，或請區開啟。\
             There is no selection \"{id}\": check it, or ask the district to open it."
        ),
    )
}
