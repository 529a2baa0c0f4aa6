//! Freezing a ranked list, and showing it to the public. The list is made outside, at a position: what of the selection
//! was recorded behind it makes the list another.

use super::super::Desk;
use super::super::approval::by_another;
use super::super::kin::NOW;
use super::{application_record, at_stage, brings_to, changed, full, out_of_order, range};
use crate::date::OccurredOn;
use crate::entry::Digest32;
use crate::event::Fact;
use crate::id::{AccountId, PersonId, SelectionId};
use crate::projection::States;
use crate::selection::fact::{DifferencesNoted, FreezeProposed, NoticePublished, SelectionFrozen};
use crate::selection::step::{MAX_CHOSEN, Step};
use crate::selection::{Bar, OpenTie, SelectionRecord, Stage, Standard};
use crate::{Reason, Refusal};
use std::collections::BTreeSet;

impl<S: States> Desk<'_, S> {
    pub(super) fn propose_freeze(&self, step: &Step) -> Result<Fact, Refusal> {
        let Step::ProposeFreeze { selection, at, digest, places, chosen, tied, person } = step else {
            return Err(misplaced());
        };
        check_form(chosen)?;
        let by = self.by_district(person)?;
        let record = self.selection(selection)?;
        brings_to(record, Stage::Open, Stage::Frozen)?;
        in_season(record, by.on)?;
        if record.changed_at > *at {
            return Err(changed(record, "請重排名單再定", "rank the candidates anew"));
        }
        if let Some(OpenTie { candidates, digest }) = tied {
            let tied = candidates.len();
            return Err(Refusal::field(
                Reason::StageOrder,
                "name",
                format!(
                    "有 {tied} 名在名額邊緣同分，須先由評審投票，再定名單。\
                     {tied} are equal at the edge of the quota: let the panel vote, then freeze the list."
                ),
            )
            .with("stage", record.stage().as_str())
            .with("tied", tied)
            .with("sha256", digest));
        }
        let standard = self.standard_of(record)?;
        for (n, candidate) in chosen.iter().enumerate() {
            self.qualified(selection, &standard, candidate)
                .map_err(|refusal| refusal.under(&format!("chosen[{n}]")))?;
        }
        Ok(Fact::FreezeProposed(FreezeProposed {
            selection: selection.clone(),
            at: *at,
            digest: *digest,
            places: *places,
            chosen: chosen.clone(),
            by,
        }))
    }

    /// Every step of a chosen candidate was done, whatever the list says.
    fn qualified(
        &self,
        selection: &SelectionId,
        standard: &Standard,
        candidate: &AccountId,
    ) -> Result<(), Refusal> {
        let record = application_record(self.states, selection, candidate);
        let bars = record.map_or_else(|| vec![Bar::NotApplied], |record| record.bars(standard, NOW));
        let Some(bar) = bars.first() else { return Ok(()) };
        let [hant, _, en] = bar.sentences(standard);
        Err(Refusal::field(
            Reason::NotQualified,
            "candidate",
            format!(
                "「{candidate}」還不能入選：{hant}。請辦完它的步驟，重排名單再定。\
                 \"{candidate}\" cannot be chosen: {en}. Finish its steps and rank the list anew."
            ),
        )
        .with("candidate", candidate)
        .with("bar", bar.as_str()))
    }

    pub(super) fn approve_freeze(
        &self,
        selection: &SelectionId,
        digest: Digest32,
        person: &PersonId,
    ) -> Result<Fact, Refusal> {
        let by = self.by_district(person)?;
        let record = self.selection(selection)?;
        brings_to(record, Stage::Open, Stage::Frozen)?;
        in_season(record, by.on)?;
        let freeze = record.freeze.as_ref().ok_or_else(|| out_of_order(record))?;
        if freeze.digest != digest {
            return Err(Refusal::field(
                Reason::SelectionStale,
                "sha256",
                "核准的不是現在提出的名單，請重新審閱再核准。\
                 The list that is proposed is another: read it again, then approve it.",
            )
            .with("sha256", freeze.digest));
        }
        self.in_time(freeze.proposed_by.approvable_until())?;
        by_another(&freeze.proposed_by.person, person)?;
        if record.changed_at != freeze.proposed_at {
            return Err(changed(
                record,
                "請重排名單，重新提出",
                "rank the candidates anew and propose again",
            ));
        }
        Ok(Fact::SelectionFrozen(SelectionFrozen {
            selection: selection.clone(),
            proposed_at: freeze.proposed_at,
            digest,
            by,
        }))
    }

    pub(super) fn publish_notice(
        &self,
        selection: &SelectionId,
        from: OccurredOn,
        to: OccurredOn,
        person: &PersonId,
    ) -> Result<Fact, Refusal> {
        let by = self.by_district(person)?;
        let record = self.selection(selection)?;
        brings_to(record, Stage::Frozen, Stage::Noticed)?;
        if from < by.on {
            return Err(range(
                "from",
                "公示從今天或以後的日子開始。The notice begins today or on a later day.",
            ));
        }
        let least = self.standard_of(record)?.notice.notice_days;
        if to.days_from(from) < i64::from(least) {
            return Err(range(
                "to",
                format!(
                    "公示至少 {least} 天，首日算一天，請改末日。The notice lasts {least} days at least, the first one counted: give a later last day."
                ),
            )
            .with("notice_days", least));
        }
        Ok(Fact::NoticePublished(NoticePublished { selection: selection.clone(), from, to, by }))
    }

    pub(super) fn note_differences(&self, step: &Step) -> Result<Fact, Refusal> {
        let Step::NoteDifferences { selection, at, digest, differences, person } = step else {
            return Err(misplaced());
        };
        let by = self.by_district(person)?;
        let record = self.selection(selection)?;
        at_stage(record, &[Stage::Frozen, Stage::Noticed])?;
        Ok(Fact::DifferencesNoted(DifferencesNoted {
            selection: selection.clone(),
            at: *at,
            digest: *digest,
            differences: *differences,
            by,
        }))
    }
}

/// Nothing that a list is made of is still to come.
fn in_season(record: &SelectionRecord, today: OccurredOn) -> Result<(), Refusal> {
    let (first, opened) = (record.freezes_on(), &record.opened);
    if first <= today {
        return Ok(());
    }
    Err(Refusal::field(
        Reason::FreezeTooEarly,
        "name",
        format!(
            "名單最早 {first} 才能定：申報至 {0} 截止，所看期間至 {1}，成員以 {2} 為準。\
             The list may be frozen from {first} on: applications end on {0}, the days that are looked at on {1}, \
             and members are those of {2}.",
            opened.apply_until, opened.window.to, opened.counted_on
        ),
    )
    .with("freezes_on", first))
}

/// The differences that a step names were seen, or there are none.
pub(super) fn seen(record: &SelectionRecord, differences: Option<Digest32>) -> Result<(), Refusal> {
    let Some(digest) = differences else { return Ok(()) };
    if record.differences.as_ref().is_some_and(|noted| noted.digest == digest) {
        return Ok(());
    }
    Err(Refusal::field(
        Reason::DifferencesUnseen,
        "name",
        "名單定後有變動，還沒有人看過；請先看變動並確認。\
         The record differs from the frozen list by now, and nobody has seen how: look at the differences and note them first.",
    )
    .with("sha256", digest))
}

fn check_form(chosen: &[AccountId]) -> Result<(), Refusal> {
    if chosen.len() > MAX_CHOSEN {
        return Err(full("chosen", MAX_CHOSEN));
    }
    let mut seen = BTreeSet::new();
    match chosen.iter().position(|candidate| !seen.insert(candidate)) {
        None => Ok(()),
        Some(n) => Err(Refusal::field(
            Reason::FieldInvalid,
            format!("chosen[{n}]"),
            "名單裡同一個帳戶出現兩次，請刪去一個。The list names the same account twice: remove one.",
        )),
    }
}

/// A step was handed to another step's decision.
pub(super) fn misplaced() -> Refusal {
    Refusal::new(Reason::FieldInvalid, "不是這一步。It is another step.")
}
