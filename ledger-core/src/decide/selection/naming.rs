//! Naming: who was chosen and nothing rules out by now gets the title, and each household an award, all in one
//! transaction.

use super::super::approval::proposal_changed;
use super::super::kin::NOW;
use super::super::{Desk, entry_needs, month_rolls};
use super::freeze::{misplaced, seen};
use super::{application_record, at_stage, brings_to, changed, of_selection, out_of_order, range};
use crate::account::Roll;
use crate::date::OccurredOn;
use crate::entry::{Detail, Entry, Form};
use crate::event::Fact;
use crate::id::{AccountId, OrganizationId, SessionId};
use crate::projection::{Key, State, States};
use crate::quantity::{Minutes, Position};
use crate::selection::fact::{Excluded, Exclusion, GroundKind, NamingProposed, SelectionNamed};
use crate::selection::step::Step;
use crate::selection::{Bar, SelectionRecord, Stage, Standard};
use crate::{Reason, Refusal};

/// The award of a household, as an entry of the organisation that names.
fn award(
    poster: &OrganizationId,
    proposal: &NamingProposed,
    household: &AccountId,
) -> Result<Entry, Refusal> {
    Ok(Entry {
        account: household.clone(),
        organization: poster.clone(),
        kind: Form::HouseholdAward.default_kind(),
        detail: Detail::HouseholdAward { title: proposal.title.clone() },
        occurred_on: proposal.from,
        started_on: None,
        start_time: None,
        end_time: None,
        minutes: Minutes(0),
        // One award of a selection: the same household is not given it twice.
        session: Some(SessionId::parse(proposal.selection.as_str())?),
        attested_by: None,
        evidence: None,
        subject: None,
        audience: None,
        campaign: None,
        programme: None,
        restores: None,
        batch: None,
        corrects: None,
    })
}

fn households(proposal: &NamingProposed) -> impl Iterator<Item = &AccountId> {
    proposal.named.iter().filter(|named| matches!(named, AccountId::Household(_)))
}

/// The states that awards and titles touch, if their events land between two positions.
pub(super) fn award_needs(
    keys: &mut Vec<Key>,
    poster: Option<&OrganizationId>,
    proposal: &NamingProposed,
    (first, last): (Position, Position),
) {
    keys.push(Key::closings());
    keys.extend(proposal.named.iter().flat_map(|named| [Key::titles(named), Key::account(named)]));
    let Some(poster) = poster else { return };
    keys.extend((Roll::window(first)..=Roll::window(last)).map(|window| Key::roll(poster, window)));
    month_rolls(keys, proposal.from, first, last);
    for entry in households(proposal).filter_map(|household| award(poster, proposal, household).ok()) {
        entry_needs(keys, &entry);
    }
}

impl<S: States> Desk<'_, S> {
    pub(super) fn propose_naming(&self, step: &Step) -> Result<Fact, Refusal> {
        let Step::ProposeNaming { selection, frozen, differences, from, person } = step else {
            return Err(misplaced());
        };
        let by = self.by_district(person)?;
        let record = self.selection(selection)?;
        brings_to(record, Stage::Noticed, Stage::Named)?;
        let (freeze, _, _) = record.frozen().ok_or_else(|| out_of_order(record))?;
        if frozen.chosen_digest() != freeze.chosen_digest {
            return Err(Refusal::field(
                Reason::SelectionStale,
                "name",
                "這不是已定的名單，請重讀名單再命名。This is not the list that was frozen: read it again, then name.",
            )
            .with("sha256", freeze.digest));
        }
        self.notice_is_over(record, by.on)?;
        let notice = record.notice.as_ref().ok_or_else(|| out_of_order(record))?;
        if *from <= notice.to {
            return Err(range(
                "awarded_on",
                format!(
                    "命名日須在公示期滿（{0}）之後。The day of the award lies behind the notice, which ends on {0}.",
                    notice.to
                ),
            ));
        }
        seen(record, *differences)?;
        let standard = self.standard_of(record)?;
        let (mut named, mut excluded) = (Vec::with_capacity(frozen.chosen.len()), Vec::new());
        for candidate in &frozen.chosen {
            match self.ruled_out(record, &standard, candidate, (*from, by.on))? {
                None => named.push(candidate.clone()),
                Some(why) => excluded.push(Excluded { candidate: candidate.clone(), why }),
            }
        }
        let years = i32::try_from(standard.title_years).unwrap_or(i32::MAX);
        Ok(Fact::NamingProposed(NamingProposed {
            selection: selection.clone(),
            named,
            excluded,
            differences: *differences,
            title: standard.title,
            from: *from,
            until: OccurredOn::last_of(from.year().saturating_add(years)),
            barred_years: standard.barred_years,
            by,
        }))
    }

    /// Every day of the notice has passed, and every objection is settled, also on appeal.
    fn notice_is_over(&self, record: &SelectionRecord, today: OccurredOn) -> Result<(), Refusal> {
        let notice = record.notice.as_ref().ok_or_else(|| out_of_order(record))?;
        if today <= notice.to {
            return Err(Refusal::field(
                Reason::NoticeNotOver,
                "name",
                format!("公示到 {0} 為止，次日起才能命名。The notice lasts until {0}: name from the day after on.", notice.to),
            )
            .with("notice_until", notice.to));
        }
        let Some(open) = record.objections.iter().find(|held| !held.is_over(today)) else { return Ok(()) };
        Err(Refusal::field(
            Reason::ObjectionOpen,
            "name",
            format!(
                "第 {0} 號異議還沒答覆，或申訴期未過；請先處理。\
                 Objection {0} is not settled, or may still be appealed against: settle it first.",
                open.objection
            ),
        )
        .with("objection", open.objection))
    }

    /// What rules a chosen candidate out by now.
    fn ruled_out(
        &self,
        record: &SelectionRecord,
        standard: &Standard,
        candidate: &AccountId,
        days: (OccurredOn, OccurredOn),
    ) -> Result<Option<Exclusion>, Refusal> {
        let applied = application_record(self.states, &record.opened.selection, candidate);
        let Some(then) = applied.map(|applied| applied.as_of(NOW)).filter(|then| then.stands()) else {
            return Ok(Some(Exclusion::Withdrawn));
        };
        if let Some(upheld) = then.objections.iter().find(|held| held.is_upheld()) {
            return Ok(Some(Exclusion::Objection { objection: upheld.objection }));
        }
        let against = then.grounds.first().map(|against| match against.kind {
            GroundKind::Veto => Exclusion::Vetoed { ground: against.ground.clone() },
            GroundKind::Hold => Exclusion::Held { ground: against.ground.clone() },
        });
        match against {
            Some(against) => Ok(Some(against)),
            None => self.ruled_out_by_record(record, standard, candidate, days),
        }
    }

    /// What of the record of a candidate rules it out by now, where no step of the selection does: on the day of the award,
    /// and today.
    fn ruled_out_by_record(
        &self,
        record: &SelectionRecord,
        standard: &Standard,
        candidate: &AccountId,
        (day, today): (OccurredOn, OccurredOn),
    ) -> Result<Option<Exclusion>, Refusal> {
        let gone = self.gone(candidate, day).or_else(|| self.title_in_the_way(standard, candidate, day));
        if gone.is_some() || !standard.eligibility.consent {
            return Ok(gone);
        }
        let Some(State::Household(household)) = self.states.get(&Key::account(candidate)) else {
            return Ok(None);
        };
        // Whose consent ends today has withdrawn it.
        let days = (record.opened.counted_on, today.plus_days(1));
        let members = self.lacking_consent(household, days)?;
        Ok((!members.is_empty()).then_some(Exclusion::ConsentMissing { members }))
    }

    /// The account is there no more, or answers in another.
    fn gone(&self, candidate: &AccountId, day: OccurredOn) -> Option<Exclusion> {
        match self.states.get(&Key::account(candidate))? {
            State::Household(household) => {
                let end = household.dissolved.filter(|end| end.last_day < day)?;
                Some(Exclusion::Dissolved { last_day: end.last_day })
            }
            State::Resident(record) => {
                let survivor = record.identity.answers_in()?.other.clone();
                Some(Exclusion::Merged { survivor })
            }
            State::Organization(record) => {
                record.status.last_day().map(|last_day| Exclusion::Closed { last_day })
            }
            _ => None,
        }
    }

    fn title_in_the_way(
        &self,
        standard: &Standard,
        candidate: &AccountId,
        day: OccurredOn,
    ) -> Option<Exclusion> {
        let bars = self.titles(candidate)?.bars(&standard.title, day, NOW);
        bars.into_iter().find_map(|bar| match bar {
            Bar::HoldsTitle { until } if standard.eligibility.holders_excluded => {
                Some(Exclusion::HoldsTitle { until })
            }
            Bar::Barred { until } => Some(Exclusion::Barred { until }),
            _ => None,
        })
    }

    pub(super) fn approve_naming(&self, step: &Step) -> Result<Vec<Fact>, Refusal> {
        let Step::ApproveNaming { selection, proposal, digest, differences, person } = step else {
            return Err(misplaced());
        };
        let by = self.by_district(person)?;
        let record = self.selection(selection)?;
        brings_to(record, Stage::Noticed, Stage::Named)?;
        at_stage(record, &[Stage::Noticed])?;
        let naming = record.naming.as_ref().ok_or_else(|| out_of_order(record))?;
        if naming.digest != proposal.digest() {
            return Err(proposal_changed(naming.digest));
        }
        self.may_approve(&of_selection(naming.digest, &naming.proposed_by), *digest, person)?;
        if naming.differences != *differences {
            seen(record, *differences)?;
            return Err(changed(record, "請重新提出命名", "propose the naming again"));
        }
        let standard = self.standard_of(record)?;
        let mut late = record.changed_at != naming.proposed_at;
        for named in &proposal.named {
            late |= self.ruled_out_by_record(record, &standard, named, (proposal.from, by.on))?.is_some();
        }
        if late {
            return Err(changed(record, "請重新提出命名", "propose the naming again"));
        }
        let mut facts = Vec::with_capacity(proposal.named.len() + 1);
        facts.push(Fact::SelectionNamed(SelectionNamed {
            selection: selection.clone(),
            proposed_at: naming.proposed_at,
            named: proposal.named.clone(),
            title: proposal.title.clone(),
            from: proposal.from,
            until: proposal.until,
            barred_years: proposal.barred_years,
            by: by.clone(),
        }));
        for household in households(proposal) {
            let entry = award(&by.organization, proposal, household)?;
            let entry = self.entry(&entry).map_err(|refusal| refusal.with("candidate", household))?;
            facts.push(Fact::EntryRecorded(Box::new(entry)));
        }
        Ok(facts)
    }
}
