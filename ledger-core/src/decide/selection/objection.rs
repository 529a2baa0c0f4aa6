//! Objections to a list on public notice: each is answered, and may be appealed against once.

use super::super::Desk;
use super::super::approval::same_actor;
use super::{application_record, at_stage};
use super::{done, full};
use crate::date::OccurredOn;
use crate::entry::Digest32;
use crate::event::Fact;
use crate::id::{AccountId, Code, PersonId, SelectionId};
use crate::projection::States;
use crate::quantity::Position;
use crate::selection::fact::{AppealAnswered, AppealRaised, By, ObjectionAnswered, ObjectionRaised};
use crate::selection::step::ObjectionAct;
use crate::selection::{MAX_OBJECTIONS, MAX_STEPS, Objected, SelectionRecord, Stage, Standing};
use crate::{Reason, Refusal};

impl<'a, S: States> Desk<'a, S> {
    pub(super) fn object(
        &self,
        record: &SelectionRecord,
        candidate: &AccountId,
        (ground, evidence): (&Code, Digest32),
        person: &PersonId,
    ) -> Result<Fact, Refusal> {
        let selection = &record.opened.selection;
        let by = self.by(self.poster()?, person)?;
        self.applied(selection, candidate)?;
        at_stage(record, &[Stage::Noticed])?;
        let notice = record.notice.as_ref().ok_or_else(|| super::out_of_order(record))?;
        in_time(by.on, notice.from, notice.to)?;
        if record.objections.len() >= MAX_OBJECTIONS {
            return Err(full("name", MAX_OBJECTIONS));
        }
        Ok(Fact::ObjectionRaised(ObjectionRaised {
            selection: selection.clone(),
            candidate: candidate.clone(),
            ground: ground.clone(),
            evidence,
            by,
        }))
    }

    pub(super) fn objection_act(
        &self,
        selection: &SelectionId,
        objection: Position,
        act: ObjectionAct,
        evidence: Digest32,
        person: &PersonId,
    ) -> Result<Fact, Refusal> {
        let by = match act {
            ObjectionAct::Appeal => self.by(self.poster()?, person)?,
            _ => self.by_district(person)?,
        };
        let record = self.selection(selection)?;
        let held = record.objections.iter().find(|held| held.objection == objection);
        let held = held.ok_or_else(|| no_objection(objection))?;
        let (candidate, standing) = (&held.candidate, held.standing);
        let objected = self.objected(selection, candidate, objection)?;
        match act {
            ObjectionAct::Answer { upheld } => {
                if let Some(answer) = objected.answer {
                    return Err(done(answer.at, answer.by, "name"));
                }
                at_stage(record, &[Stage::Noticed])?;
                if objected.by.person.reads_like(&by.person) {
                    return Err(own_case());
                }
                let days = self.standard_of(record)?.notice;
                Ok(Fact::ObjectionAnswered(ObjectionAnswered {
                    selection: selection.clone(),
                    objection,
                    candidate: candidate.clone(),
                    upheld,
                    days_late: days_late(objected.by, by.on, days.answer_days),
                    appeal_until: by.on.plus_days(days.appeal_days),
                    evidence,
                    by,
                }))
            }
            ObjectionAct::Appeal => {
                if let Some((at, by)) = objected.appeal {
                    return Err(done(at, by, "name"));
                }
                at_stage(record, &[Stage::Noticed])?;
                let (Standing::Answered { appeal_until }, Some(answer)) = (standing, objected.answer) else {
                    return Err(unanswered(
                        record,
                        "先答覆異議，才能申訴",
                        "answer the objection before it is appealed against",
                    ));
                };
                in_time(by.on, answer.by.on, appeal_until)?;
                Ok(Fact::AppealRaised(AppealRaised {
                    selection: selection.clone(),
                    objection,
                    candidate: candidate.clone(),
                    evidence,
                    by,
                }))
            }
            ObjectionAct::AnswerAppeal { upheld } => {
                self.answer_appeal(record, (objection, candidate), &objected, upheld, (evidence, by))
            }
        }
    }

    fn answer_appeal(
        &self,
        record: &SelectionRecord,
        (objection, candidate): (Position, &AccountId),
        objected: &Objected<'_>,
        upheld: bool,
        (evidence, by): (Digest32, By),
    ) -> Result<Fact, Refusal> {
        if let Some(answer) = objected.appeal_answer {
            return Err(done(answer.at, answer.by, "name"));
        }
        at_stage(record, &[Stage::Noticed])?;
        let Some((_, appealed_by)) = objected.appeal else {
            return Err(unanswered(
                record,
                "沒有人申訴，不用答覆",
                "nobody has appealed: there is nothing to answer",
            ));
        };
        if objected.answer.is_some_and(|answer| answer.by.person.reads_like(&by.person)) {
            return Err(same_actor("answered_by"));
        }
        if [objected.by, appealed_by].iter().any(|asked| asked.person.reads_like(&by.person)) {
            return Err(own_case());
        }
        let days = self.standard_of(record)?.notice.answer_days;
        Ok(Fact::AppealAnswered(AppealAnswered {
            selection: record.opened.selection.clone(),
            objection,
            candidate: candidate.clone(),
            upheld,
            days_late: days_late(appealed_by, by.on, days),
            evidence,
            by,
        }))
    }

    /// The objection, as its candidate's record tells it.
    fn objected(
        &self,
        selection: &SelectionId,
        candidate: &AccountId,
        objection: Position,
    ) -> Result<Objected<'a>, Refusal> {
        let record = application_record(self.states, selection, candidate);
        if record.is_some_and(|record| record.steps.len() >= MAX_STEPS) {
            return Err(full("name", MAX_STEPS));
        }
        let then = record.map(|record| record.as_of(super::super::kin::NOW));
        let found =
            then.into_iter().flat_map(|then| then.objections).find(|held| held.objection == objection);
        found.ok_or_else(|| no_objection(objection))
    }
}

/// Nobody answers what one has raised.
fn own_case() -> Refusal {
    Refusal::field(
        Reason::SameActor,
        "answered_by",
        "異議和申訴不能由提出的人答覆，請另一人答覆。Who raised it does not answer it: ask a second person.",
    )
}

/// Days that an answer comes behind its last day; 0 = in time.
fn days_late(raised: &By, today: OccurredOn, within: u32) -> u32 {
    let late = today.days_from(raised.on.plus_days(within)) - 1;
    u32::try_from(late).unwrap_or(0)
}

fn in_time(today: OccurredOn, from: OccurredOn, until: OccurredOn) -> Result<(), Refusal> {
    if (from..=until).contains(&today) {
        return Ok(());
    }
    Err(Refusal::field(
        Reason::ObjectionDeadline,
        "name",
        format!(
            "期限是 {from} 至 {until}，今天 {today} 不在其內。\
             The time for it is from {from} to {until}, and today is {today}."
        ),
    )
    .with("from", from)
    .with("until", until))
}

/// A step of an objection that comes before its time.
fn unanswered(record: &SelectionRecord, hant: &str, en: &str) -> Refusal {
    Refusal::field(
        Reason::StageOrder,
        "name",
        format!("這一步還沒輪到：{hant}。This step does not come yet: {en}."),
    )
    .with("stage", record.stage().as_str())
}

fn no_objection(objection: Position) -> Refusal {
    Refusal::field(
        Reason::ObjectionNotFound,
        "name",
        format!(
            "這次評選沒有第 {objection} 號異議，請查對號碼。\
             The selection has no objection {objection}: check the number."
        ),
    )
}
