//! The panel: judges, their points, what is found against a candidate, and votes on equals.

use super::super::Desk;
use super::application::{UNNAMED, not_yet};
use super::freeze::misplaced;
use super::{at_stage, changed, done, done_by, full};
use crate::entry::Digest32;
use crate::event::Fact;
use crate::id::{AccountId, Code, PersonId, ResidentId, SelectionId};
use crate::projection::States;
use crate::selection::fact::{
    GroundKind, GroundLifted, GroundRecorded, ItemJudged, JudgeAppointed, TieVoted,
};
use crate::selection::step::Step;
use crate::selection::{Judge, MAX_JUDGES, MAX_TIED, MAX_VOTED, OpenTie, SelectionRecord, Stage, StillEqual};
use crate::{Reason, Refusal};
use std::collections::BTreeSet;

impl<S: States> Desk<'_, S> {
    pub(super) fn appoint(
        &self,
        selection: &SelectionId,
        judge: &PersonId,
        resident: Option<&ResidentId>,
        person: &PersonId,
    ) -> Result<Fact, Refusal> {
        let by = self.by_district(person)?;
        let record = self.selection(selection)?;
        resident.map_or(Ok(()), |id| self.resident(id, "resident").map(drop))?;
        if let Some(held) = record.judges.iter().find(|held| held.judge == *judge) {
            return Err(done(held.appointed_at, &held.by, "judge"));
        }
        at_stage(record, &[Stage::Open])?;
        if record.judges.len() >= MAX_JUDGES {
            return Err(full("judge", MAX_JUDGES));
        }
        Ok(Fact::JudgeAppointed(JudgeAppointed {
            selection: selection.clone(),
            judge: judge.clone(),
            resident: resident.cloned(),
            by,
        }))
    }

    pub(super) fn judge(
        &self,
        record: &SelectionRecord,
        candidate: &AccountId,
        (item, points): (&Code, u32),
        judge: &PersonId,
    ) -> Result<Fact, Refusal> {
        let selection = &record.opened.selection;
        let by = self.by_district(judge)?;
        let standard = self.standard_of(record)?;
        let most = standard.item(item.as_str()).and_then(|item| item.judged());
        let most = most.ok_or_else(|| {
            Refusal::field(
                Reason::ItemNotFound,
                "item",
                format!(
                    "標準裡沒有由評委評分的項目「{item}」，請查對。\
                     The standard has no item \"{item}\" that people judge: check it."
                ),
            )
        })?;
        if points > most {
            return Err(Refusal::field(
                Reason::ScoreAboveItem,
                "points",
                format!("項目「{item}」至多 {most} 分，請查對。Judges give at most {most} for \"{item}\": check it."),
            )
            .with("limit", most));
        }
        let held = record.judges.iter().find(|held| held.judge == *judge).ok_or_else(|| {
            Refusal::field(
                Reason::JudgeNotFound,
                "judge",
                format!(
                    "「{judge}」不是這次評選的評委，請先由區聘任。\
                     \"{judge}\" is no judge of this selection: let the district appoint the judge first."
                ),
            )
        })?;
        let (_, then) = self.applied(selection, candidate)?;
        self.no_conflict(held, candidate)?;
        if let Some((_, at)) = then.scores.get(item).and_then(|given| given.get(judge)) {
            return Err(done_by(*at, judge, "judge"));
        }
        at_stage(record, &[Stage::Open])?;
        if !then.reviewed.is_some_and(|(_, passed, _)| passed) {
            let waits_for =
                ("review", "社區的上級初審通過", "the organisation above the community reviews it");
            return Err(not_yet(record, then.reviewed.is_some(), waits_for));
        }
        Ok(Fact::ItemJudged(ItemJudged {
            selection: selection.clone(),
            candidate: candidate.clone(),
            item: item.clone(),
            points,
            judge: judge.clone(),
            organization: by.organization,
        }))
    }

    /// Nobody judges oneself, nor a household that one was ever recorded a member of, under whichever account.
    fn no_conflict(&self, judge: &Judge, candidate: &AccountId) -> Result<(), Refusal> {
        let Some(resident) = &judge.resident else { return Ok(()) };
        let family = self.family(resident)?;
        let own = match candidate {
            AccountId::Household(id) => {
                let members = &self.household(id, "candidate")?.members;
                members.iter().any(|member| family.has(&member.resident))
            }
            AccountId::Resident(id) => family.has(id),
            AccountId::Organization(_) => false,
        };
        if !own {
            return Ok(());
        }
        Err(Refusal::field(
            Reason::JudgeConflict,
            "judge",
            "評委是或曾是這個家庭的成員，應迴避；請由其他評委評分。\
             The judge is or was a member of this household: let another judge give the points.",
        ))
    }

    pub(super) fn record_ground(
        &self,
        record: &SelectionRecord,
        candidate: &AccountId,
        (ground, kind, evidence): (&Code, GroundKind, Digest32),
        person: &PersonId,
    ) -> Result<Fact, Refusal> {
        let selection = &record.opened.selection;
        let by = self.by_district(person)?;
        let standard = self.standard_of(record)?;
        let grounds = match kind {
            GroundKind::Veto => &standard.vetoes,
            GroundKind::Hold => &standard.holds,
        };
        if !grounds.iter().any(|held| held.ground == *ground) {
            return Err(no_ground(ground));
        }
        let (_, then) = self.applied(selection, candidate)?;
        let stands = then.grounds.iter().find(|held| held.kind == kind && held.ground == ground);
        if let Some(held) = stands {
            return Err(done(held.at, held.by, "ground"));
        }
        at_stage(record, &UNNAMED)?;
        Ok(Fact::GroundRecorded(GroundRecorded {
            selection: selection.clone(),
            candidate: candidate.clone(),
            ground: ground.clone(),
            kind,
            evidence,
            by,
        }))
    }

    pub(super) fn lift_ground(
        &self,
        record: &SelectionRecord,
        candidate: &AccountId,
        (ground, evidence): (&Code, Digest32),
        person: &PersonId,
    ) -> Result<Fact, Refusal> {
        let selection = &record.opened.selection;
        let by = self.by_district(person)?;
        let (_, then) = self.applied(selection, candidate)?;
        if !then.grounds.iter().any(|held| held.kind == GroundKind::Hold && held.ground == ground) {
            return Err(no_ground(ground));
        }
        at_stage(record, &UNNAMED)?;
        Ok(Fact::GroundLifted(GroundLifted {
            selection: selection.clone(),
            candidate: candidate.clone(),
            ground: ground.clone(),
            evidence,
            by,
        }))
    }

    pub(super) fn vote_tie(&self, step: &Step) -> Result<Fact, Refusal> {
        let Step::VoteTie { selection, at, open, tie, order, minutes, person } = step else {
            return Err(misplaced());
        };
        let once: BTreeSet<&AccountId> = order.iter().collect();
        if !(2..=MAX_TIED).contains(&order.len()) || once.len() != order.len() {
            return Err(Refusal::field(
                Reason::FieldInvalid,
                "order",
                format!(
                    "表決須列 2–{MAX_TIED} 個得分相同的申報者，各一次。\
                     A vote orders 2 to {MAX_TIED} candidates that are equal, each once."
                ),
            ));
        }
        let by = self.by_district(person)?;
        let record = self.selection(selection)?;
        at_stage(record, &[Stage::Open])?;
        if self.standard_of(record)?.still_equal != StillEqual::Panel {
            return Err(Refusal::field(
                Reason::FieldInvalid,
                "order",
                "這個標準對同分者一併命名，不用表決。By this standard equals are all named: there is nothing to vote on.",
            ));
        }
        if record.changed_at > *at {
            return Err(changed(record, "請重看名單再表決", "look at the list again, then vote"));
        }
        let open = open.as_ref();
        let open = open.filter(|open| open.digest == *tie).ok_or_else(|| tie_changed(open))?;
        if !open.is_ordered_by(order) {
            return Err(Refusal::field(
                Reason::FieldInvalid,
                "order",
                format!(
                    "表決須列出同分的全部 {0} 名，不多不少。A vote orders all {0} that are equal, and nobody else.",
                    open.candidates.len()
                ),
            ));
        }
        for (n, candidate) in order.iter().enumerate() {
            self.applied(selection, candidate).map_err(|refusal| refusal.under(&format!("order[{n}]")))?;
        }
        let voted: usize = record.votes.iter().map(|vote| vote.order.len()).sum();
        if voted + order.len() > MAX_VOTED {
            return Err(full("order", MAX_VOTED));
        }
        Ok(Fact::TieVoted(TieVoted {
            selection: selection.clone(),
            tie: Some(*tie),
            order: order.clone(),
            minutes: *minutes,
            by,
        }))
    }
}

/// Who is equal by now is not who was voted on, or not with those figures.
fn tie_changed(open: Option<&OpenTie>) -> Refusal {
    let refusal = Refusal::field(
        Reason::TieChanged,
        "tie_sha256",
        "現在名額邊緣的同分和表決的不同，請重看名單，由評審再表決。\
         Those who are equal at the edge of the quota are others by now, or with other figures: look at the list again, and \
         let the panel vote on that.",
    );
    match open {
        Some(open) => refusal.with("sha256", open.digest),
        None => refusal,
    }
}

fn no_ground(ground: &Code) -> Refusal {
    Refusal::field(
        Reason::GroundNotFound,
        "ground",
        format!(
            "標準裡沒有事由「{ground}」，或它沒有登記，請查對。\
             The standard has no ground \"{ground}\", or it does not stand: check it."
        ),
    )
}
