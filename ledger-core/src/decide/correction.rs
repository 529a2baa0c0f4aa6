//! Decisions about corrections: one person proposes, another approves. All parts are decided twice, when they are
//! proposed and again when they are approved, each on top of those before it.

use super::approval::Proposal;
use super::draft::{DRAFTED, Draft};
use super::month::keeps_the_ledger;
use super::registry::scope;
use super::{Desk, open};
use crate::account::Line;
use crate::correction::{
    CorrectionApproved, CorrectionProposed, CorrectionRecord, CorrectionRejected, Corrects, MAX_OPEN,
    MAX_PARTS,
};
use crate::entry::{Digest32, Entry, Reversal};
use crate::event::Fact;
use crate::id::PersonId;
use crate::projection::{Key, State, States};
use crate::quantity::Position;
use crate::registry::OrganizationRecord;
use crate::{Reason, Refusal};
use std::collections::BTreeSet;

impl<'a, S: States> Desk<'a, S> {
    pub(super) fn propose_correction(&self, proposal: &CorrectionProposed) -> Result<Vec<Fact>, Refusal> {
        check_form(proposal)?;
        self.poster()?;
        // Its number is not known yet; nothing of this draft is kept.
        self.parts(proposal, Position(0))?;
        let waiting = match self.states.get(&Key::open_corrections()) {
            Some(State::OpenCorrections(open)) => open.len(),
            _ => 0,
        };
        if waiting >= MAX_OPEN {
            return Err(Refusal::new(
                Reason::ProposalsFull,
                format!(
                    "已有 {MAX_OPEN} 份更正待核准，請先核准或退回。\
                     {MAX_OPEN} corrections wait for approval: approve or reject some first."
                ),
            ));
        }
        let expires_on = Some(self.proposal_ends()?);
        Ok(vec![Fact::CorrectionProposed(Box::new(CorrectionProposed { expires_on, ..proposal.clone() }))])
    }

    pub(super) fn approve_correction(
        &self,
        proposed_at: Position,
        proposal: &CorrectionProposed,
        digest: Digest32,
        approved_by: &PersonId,
    ) -> Result<Vec<Fact>, Refusal> {
        let approver = self.poster()?;
        let record = self.waiting_correction(proposed_at)?;
        if !self.oversees(approver, proposal)? {
            return Err(scope(
                "更正須由原記帳機構的上級機構或區核准。\
                 An organisation above those that posted, or the district, approves corrections.",
            ));
        }
        let expires_on = proposal.expires_on;
        let proposed = Proposal { digest: record.digest, proposed_by: &record.proposed_by, expires_on };
        self.may_approve(&proposed, digest, approved_by)?;
        let approval = CorrectionApproved {
            proposed_at,
            organization: approver.organization.organization.clone(),
            approved_by: approved_by.clone(),
        };
        let mut facts = vec![Fact::CorrectionApproved(approval)];
        facts.extend(self.parts(proposal, proposed_at)?);
        Ok(facts)
    }

    pub(super) fn reject_correction(
        &self,
        proposed_at: Position,
        proposal: &CorrectionProposed,
        rejected_by: &PersonId,
    ) -> Result<Vec<Fact>, Refusal> {
        let acting = self.poster()?;
        let organization = acting.organization.organization.clone();
        self.waiting_correction(proposed_at)?;
        if organization != proposal.organization && !self.oversees(acting, proposal)? {
            return Err(scope(
                "更正由提出的機構撤回，或由其上級機構或區退回。\
                 Who proposed a correction takes it back; an organisation above, or the district, rejects it.",
            ));
        }
        let rejected_by = rejected_by.clone();
        Ok(vec![Fact::CorrectionRejected(CorrectionRejected { proposed_at, organization, rejected_by })])
    }

    /// The record of a correction that still waits.
    fn waiting_correction(&self, proposed_at: Position) -> Result<&'a CorrectionRecord, Refusal> {
        let Some(State::Correction(record)) = self.states.get(&Key::correction(proposed_at)) else {
            return Err(not_found(proposed_at));
        };
        let Some(settled) = &record.settled else { return Ok(record) };
        let (hant, en) = if settled.approved { ("核准", "approved") } else { ("退回", "rejected") };
        Err(Refusal::field(
            Reason::CorrectionSettled,
            "name",
            format!(
                "這份更正已在第 {} 號{hant}，不必再辦；若仍須更正，請另提一份。\
                 Event {} {en} this correction already: propose another one if something is still wrong.",
                settled.settled_at, settled.settled_at
            ),
        )
        .with("settled_at", settled.settled_at)
        .with("outcome", en))
    }

    /// Whether an organisation stands over a correction: the district, or one above all whose entries are changed.
    fn oversees(&self, acting: &OrganizationRecord, proposal: &CorrectionProposed) -> Result<bool, Refusal> {
        if keeps_the_ledger(acting) {
            return Ok(true);
        }
        for poster in proposal.posters() {
            let poster = self.organization(poster, "organization")?;
            if !poster.ancestors.contains(&acting.organization.organization) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The reversals and entries of a correction, each decided on top of those before it.
    fn parts(&self, proposal: &CorrectionProposed, correction: Position) -> Result<Vec<Fact>, Refusal> {
        let acting = self.organization(&proposal.organization, "organization")?;
        open(acting, "organization")?;
        let mut draft = Draft::on(self.states);
        let mut facts = Vec::with_capacity(proposal.parts());
        for (n, reversal) in proposal.reversals.iter().enumerate() {
            let fact = self.on(&draft).reversal_part(acting, reversal, correction);
            facts.push(self.part(&mut draft, fact, &format!("reversals[{n}]"))?);
        }
        for (n, entry) in proposal.entries.iter().enumerate() {
            let fact = self.on(&draft).entry_part(acting, entry, correction);
            facts.push(self.part(&mut draft, fact, &format!("entries[{n}]"))?);
        }
        Ok(facts)
    }

    /// The same desk with a draft on it, for which closed months are open.
    fn on<'d>(&self, draft: &'d Draft<'a, S>) -> Desk<'d, Draft<'a, S>>
    where
        'a: 'd,
    {
        Desk { states: draft, context: self.context, command: self.command, corrects: true }
    }

    /// Takes a part up into the draft; a refusal says which part it is about.
    fn part(
        &self,
        draft: &mut Draft<'a, S>,
        fact: Result<Fact, Refusal>,
        part: &str,
    ) -> Result<Fact, Refusal> {
        let fact = fact.map_err(|refusal| within(refusal, part))?;
        draft.take_up(&fact).map_err(|_| damaged())?;
        Ok(fact)
    }

    fn corrects(&self, correction: Position, day: crate::date::OccurredOn) -> Corrects {
        Corrects { correction, month: self.closings().closed_month(day) }
    }

    fn reversal_part(
        &self,
        acting: &OrganizationRecord,
        reversal: &Reversal,
        correction: Position,
    ) -> Result<Fact, Refusal> {
        self.reversible(acting, reversal, "entry")?;
        let corrects = Some(self.corrects(correction, reversal.occurred_on));
        Ok(Fact::EntryReversed(Reversal { corrects, ..reversal.clone() }))
    }

    fn entry_part(
        &self,
        acting: &OrganizationRecord,
        entry: &Entry,
        correction: Position,
    ) -> Result<Fact, Refusal> {
        let mut recorded = self.entry(entry)?;
        let poster = self.organization(&entry.organization, "organization")?;
        if !self.answers_to(poster, &acting.organization.organization) {
            return Err(scope(
                "只能更正本機構、下屬機構或所承接機構的記錄。\
                 An organisation corrects what it, one below it, or one merged into it posted.",
            ));
        }
        recorded.corrects = Some(self.corrects(correction, entry.occurred_on));
        Ok(Fact::EntryRecorded(Box::new(recorded)))
    }
}

/// What is wrong whatever the state.
fn check_form(proposal: &CorrectionProposed) -> Result<(), Refusal> {
    if proposal.parts() == 0 || proposal.parts() > MAX_PARTS {
        return Err(Refusal::field(
            Reason::BatchSize,
            "reversals",
            format!(
                "一份更正須有 1–{MAX_PARTS} 項（沖正和新記合計）。\
                 A correction has 1 to {MAX_PARTS} parts, reversals and entries together."
            ),
        ));
    }
    let twice = |field: String| {
        Refusal::field(
            Reason::FieldInvalid,
            field,
            "同一份更正裡出現兩次，請刪去一項。It stands twice in the correction: remove one of them.",
        )
    };
    let mut reversed = BTreeSet::new();
    for (n, reversal) in proposal.reversals.iter().enumerate() {
        if !reversed.insert(reversal.entry) {
            return Err(twice(format!("reversals[{n}].entry")));
        }
    }
    let mut sessions = BTreeSet::new();
    for (n, entry) in proposal.entries.iter().enumerate() {
        let session = Line::session_of(entry);
        if session != 0 && !sessions.insert((&entry.account, session)) {
            return Err(twice(format!("entries[{n}].session")));
        }
    }
    Ok(())
}

/// A refusal of a part says which. One that points to an earlier part of the same draft has no number to show for it.
fn within(refusal: Refusal, part: &str) -> Refusal {
    let drafted = |value: &str| value.parse::<u64>().is_ok_and(|position| position >= DRAFTED);
    if refusal.metadata().iter().any(|(_, value)| drafted(value)) {
        let field = refusal.field_path().unwrap_or("entry");
        return Refusal::field(
            refusal.reason(),
            format!("{part}.{field}"),
            "和同一份更正的另一項衝突，請查對兩項。It conflicts with another part of the correction: check both.",
        )
        .with("part", part);
    }
    refusal.under(part).with("part", part)
}

fn damaged() -> Refusal {
    Refusal::new(
        Reason::LedgerDamaged,
        "帳本資料有損壞，請管理員執行 verify。Stored data is damaged: the operator should run verify.",
    )
}

/// No correction was proposed there.
#[must_use]
pub fn not_found(proposed_at: Position) -> Refusal {
    Refusal::field(
        Reason::CorrectionNotFound,
        "name",
        format!(
            "沒有第 {proposed_at} 號更正，請查對號碼。There is no correction {proposed_at}: check the number."
        ),
    )
}
