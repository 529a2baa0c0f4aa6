//! Decisions about retention: the rule, and the erasure of those who are due under it. Each is judged when it is proposed and
//! anew when it is approved.

use super::approval::by_another;
use super::kin::{More, NOW, resident_record};
use super::{Desk, entry::bucket_key};
use crate::account::Roll;
use crate::date::OccurredOn;
use crate::entry::Digest32;
use crate::event::Fact;
use crate::id::{PersonId, ResidentId, SelectionId, StandardId};
use crate::identity::Family;
use crate::person::ResidentErased;
use crate::projection::{Key, ResidentRecord, State, States};
use crate::quantity::Position;
use crate::registry::OrganizationRecord;
use crate::retention::{
    DueAccounts, MAX_DUE, RetentionAct, RetentionApproved, RetentionMonths, RetentionProposed,
    RetentionRecord, RetentionRuleSet, Standing, Traces, candidates, scopes_since,
};
use crate::{Reason, Refusal};
use std::collections::BTreeSet;

/// The states that an act reads and touches, if its events land between two positions.
pub(super) fn needs(keys: &mut Vec<Key>, act: &RetentionAct, (first, last): (Position, Position)) {
    keys.push(Key::retention());
    keys.extend(act.named().into_iter().map(Key::resident));
    keys.extend(act.standards().iter().map(Key::standard));
    if let RetentionAct::Approve { .. } = act {
        keys.extend((Roll::window(first)..=Roll::window(last)).map(Key::erasures));
    }
}

fn record(states: &impl States) -> RetentionRecord {
    match states.get(&Key::retention()) {
        Some(State::Retention(record)) => record.clone(),
        _ => RetentionRecord::default(),
    }
}

/// The selections that are open, by the standards of a ledger.
fn open_selections<'a>(
    states: &'a impl States,
    standards: &[StandardId],
) -> impl Iterator<Item = &'a SelectionId> {
    let held = standards.iter().filter_map(|id| match states.get(&Key::standard(id)) {
        Some(State::Standard(record)) => Some(record),
        _ => None,
    });
    held.flat_map(|record| record.open.iter().map(|(_, selection)| selection)).collect::<Vec<_>>().into_iter()
}

impl<S: States> More<'_, S> {
    /// What tells whether those whom an act names are due.
    pub(super) fn retention(&mut self, act: &RetentionAct) {
        let states = self.states;
        let Some(State::Ledger(opened)) = states.get(&Key::ledger()) else { return };
        let today = OccurredOn::new(self.now.with_timezone(&opened.time_zone).date_naive());
        let rule = match act {
            RetentionAct::Set { .. } => None,
            RetentionAct::Propose { on, .. } => record(states).in_force().map(|(months, _)| (months, *on)),
            RetentionAct::Approve { proposal, .. } => Some((proposal.months, proposal.on)),
        };
        let Some((months, on)) = rule else { return };
        let scopes: Vec<_> = scopes_since(months.before(on).max(opened.begins_on), today).collect();
        let open: Vec<&SelectionId> = open_selections(states, act.standards()).collect();
        for id in act.named() {
            let Some(family) = self.family(id) else { continue };
            for member in family.members() {
                self.keys.extend(scopes.iter().map(|scope| bucket_key(member, *scope)));
                self.keys.push(Key::redeemed(member));
            }
            let records = family.members().filter_map(|member| resident_record(states, member));
            for candidate in candidates(records, today) {
                self.keys.extend(open.iter().map(|selection| Key::application(selection, &candidate)));
                self.keys.push(Key::titles(&candidate));
            }
        }
    }
}

impl<'a, S: States> Desk<'a, S> {
    pub(super) fn retention(&self, act: &RetentionAct) -> Result<Vec<Fact>, Refusal> {
        match act {
            RetentionAct::Set { months, set_by } => {
                let organization = self.keeper()?.organization.organization.clone();
                let (months, set_by) = (*months, set_by.clone());
                Ok(vec![Fact::RetentionRuleSet(RetentionRuleSet { months, organization, set_by })])
            }
            RetentionAct::Propose { on, residents, standards, proposed_by } => {
                self.propose_retention(*on, residents, standards, proposed_by)
            }
            RetentionAct::Approve { proposed_at, proposal, standards, digest, approved_by } => {
                self.approve_retention((*proposed_at, proposal), standards, *digest, approved_by)
            }
        }
    }

    fn keeper(&self) -> Result<&'a OrganizationRecord, Refusal> {
        self.district(
            "個人資料的保存期限由區或區社區學院辦理。The district or its community college sees to retention.",
        )
    }

    fn propose_retention(
        &self,
        on: OccurredOn,
        residents: &[ResidentId],
        standards: &[StandardId],
        proposed_by: &PersonId,
    ) -> Result<Vec<Fact>, Refusal> {
        if residents.is_empty() || residents.len() > MAX_DUE {
            return Err(Refusal::field(
                Reason::BatchSize,
                "residents",
                format!(
                    "一次 1 至 {MAX_DUE} 人，請分批提出。One proposal names 1 to {MAX_DUE} residents: split it."
                ),
            ));
        }
        let organization = self.keeper()?.organization.organization.clone();
        let Some((months, rule_set_at)) = record(self.states).in_force() else { return Err(no_rule()) };
        let today = self.today()?;
        has_come(on, today)?;
        let mut due = Vec::with_capacity(residents.len());
        let mut seen = BTreeSet::new();
        for (n, resident) in residents.iter().enumerate() {
            let field = format!("residents[{n}]");
            if !seen.insert(resident) {
                return Err(Refusal::field(
                    Reason::FieldInvalid,
                    field,
                    format!("「{resident}」出現兩次，請刪去一項。\"{resident}\" stands twice: remove one."),
                ));
            }
            self.answers_for_itself(self.resident(resident, &field)?, &field)?;
            let family = self.family(resident)?;
            match self.standing(&family, (months, on), standards)? {
                Standing::Due(_) => due.push(DueAccounts {
                    resident: resident.clone(),
                    accounts: family.members().cloned().collect(),
                }),
                other => return Err(not_due(resident, field, other)),
            }
        }
        Ok(vec![Fact::RetentionProposed(Box::new(RetentionProposed {
            months,
            rule_set_at,
            on,
            due,
            organization,
            proposed_by: proposed_by.clone(),
            expires_on: self.proposal_ends()?,
        }))])
    }

    /// How a family stands to a rule on a day.
    fn standing(
        &self,
        family: &Family,
        (months, on): (RetentionMonths, OccurredOn),
        standards: &[StandardId],
    ) -> Result<Standing, Refusal> {
        let (states, today) = (self.states, self.today()?);
        let from = months.before(on);
        let records: Vec<&ResidentRecord> = self.records(family)?;
        let mut traces = Traces { records: records.clone(), ..Traces::default() };
        let scopes: Vec<_> = scopes_since(from.max(self.ledger()?.begins_on), today).collect();
        for member in family.members() {
            traces.buckets.extend(scopes.iter().filter_map(|scope| {
                match states.get(&bucket_key(member, *scope)) {
                    Some(State::Bucket(bucket)) => Some(bucket),
                    _ => None,
                }
            }));
            traces.redeemed.extend(self.redeemed(member));
        }
        let open: Vec<&SelectionId> = open_selections(states, standards).collect();
        for candidate in candidates(records, today) {
            if let Some(State::Titles(titles)) = states.get(&Key::titles(&candidate)) {
                traces.titles.push(titles);
            }
            traces.applications.extend(open.iter().filter_map(|selection| {
                match states.get(&Key::application(selection, &candidate)) {
                    Some(State::Application(application)) => Some(&**application),
                    _ => None,
                }
            }));
        }
        Ok(traces.standing(from, today, NOW))
    }

    fn approve_retention(
        &self,
        (proposed_at, proposal): (Position, &RetentionProposed),
        standards: &[StandardId],
        digest: Digest32,
        approved_by: &PersonId,
    ) -> Result<Vec<Fact>, Refusal> {
        let organization = self.keeper()?.organization.organization.clone();
        let record = record(self.states);
        let Some(waiting) = &record.proposed else { return Err(nothing_proposed()) };
        let rule = record.in_force();
        if waiting.proposed_at != proposed_at
            || waiting.digest != digest
            || proposal.digest() != digest
            || rule != Some((proposal.months, proposal.rule_set_at))
        {
            return Err(Refusal::field(
                Reason::ProposalChanged,
                "sha256",
                "核准的內容和提案不同，或其間規則改了、另有新提案，請審閱目前的提案或重新提出。\
                 This is not what waits, or the rule was changed since: read what waits, or propose anew.",
            )
            .with("sha256", waiting.digest)
            .with("proposed_at", waiting.proposed_at));
        }
        self.in_time(proposal.expires_on)?;
        by_another(&proposal.proposed_by, approved_by)?;
        let (mut erased, mut left_out) = (Vec::new(), Vec::new());
        for DueAccounts { resident, accounts } in &proposal.due {
            if !self.is_still_due(resident, accounts, proposal, standards)? {
                left_out.push(resident.clone());
                continue;
            }
            erased.push(Fact::ResidentErased(ResidentErased {
                resident: resident.clone(),
                accounts: accounts.clone(),
                organization: organization.clone(),
                proposed_by: proposal.proposed_by.clone(),
                approved_by: approved_by.clone(),
                proposed_at: Some(proposed_at),
            }));
        }
        let approved_by = approved_by.clone();
        let approved = RetentionApproved { proposed_at, organization, approved_by, left_out };
        Ok(std::iter::once(Fact::RetentionApproved(approved)).chain(erased).collect())
    }

    /// Whether who was proposed is due all the same, and by the same accounts.
    fn is_still_due(
        &self,
        resident: &ResidentId,
        accounts: &[ResidentId],
        proposal: &RetentionProposed,
        standards: &[StandardId],
    ) -> Result<bool, Refusal> {
        let family = self.family(resident)?;
        let standing = self.standing(&family, (proposal.months, proposal.on), standards)?;
        Ok(family.members().eq(accounts) && matches!(standing, Standing::Due(_)))
    }
}

/// Refuses a day that has not come.
///
/// # Errors
/// `OCCURRED_IN_FUTURE`.
pub fn has_come(on: OccurredOn, today: OccurredOn) -> Result<(), Refusal> {
    if on <= today {
        return Ok(());
    }
    Err(Refusal::field(
        Reason::OccurredInFuture,
        "on",
        format!("基準日 {on} 還沒到，最晚填今天 {today}。The day {on} has not come: {today} is the latest."),
    ))
}

/// No proposal waits.
#[must_use]
pub fn nothing_proposed() -> Refusal {
    Refusal::field(
        Reason::ErasureNotFound,
        "proposed_at",
        "沒有待核准的到期刪除，請先提出，或查對提案的位置。\
         No erasure of residents who are due waits for approval: propose one first, or check where it was proposed.",
    )
}

fn no_rule() -> Refusal {
    Refusal::new(
        Reason::RetentionRuleNotSet,
        "這個帳本沒有訂保存期限，沒有人到期；請先訂定。This ledger has no rule of retention and nobody is due: set one first.",
    )
}

fn not_due(resident: &ResidentId, field: String, standing: Standing) -> Refusal {
    let (why, because) = match standing {
        Standing::NothingKept => ("名冊沒有他的資料", "the directory keeps nothing"),
        Standing::Held => ("持有稱號或正在參加評選", "a title is held, or a selection is open"),
        Standing::Active | Standing::Due(_) => {
            ("保存期限內還有活動", "there was activity within the months of the rule")
        }
    };
    Refusal::field(
        Reason::RetentionNotDue,
        field,
        format!(
            "「{resident}」還沒到期：{why}；請重新列出到期名單。\
             \"{resident}\" is not due: {because}. List who is due again."
        ),
    )
}
