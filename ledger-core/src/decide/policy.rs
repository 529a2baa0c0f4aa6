//! Decisions about policies: one person proposes, another publishes.

use super::Desk;
use super::approval::Proposal;
use crate::approval::Approval;
use crate::date::OccurredOn;
use crate::entry::{Digest32, Form};
use crate::event::{Fact, PolicyProposed, PolicyPublished};
use crate::id::{Code, PersonId, PolicyId};
use crate::policy::{KindRule, Policy};
use crate::projection::{Key, State, States};
use crate::quantity::Position;
use crate::registry::CodeList;
use crate::{Reason, Refusal};
use chrono::{Datelike, NaiveDate, TimeDelta};

/// Until this day of January the year before is open (`DOMAIN.md` §6.1 Month: posts close on day 5).
const YEAR_CLOSES_ON: i64 = 5;

/// Policies that may wait for approval (our own default): each is kept whole in one state.
const MAX_PROPOSALS: usize = 8;

/// What a document names: it must exist.
pub(super) fn named(proposed: &PolicyProposed) -> Vec<Key> {
    let Ok(policy) = Policy::parse(&proposed.document) else { return Vec::new() };
    let kinds = policy.kinds.keys().filter_map(|kind| Code::parse(kind, "kinds").ok());
    let kinds = kinds.map(|kind| Key::code(CodeList::Kinds, &kind));
    kinds.chain(policy.organizations.iter().map(Key::organization)).collect()
}

impl<S: States> Desk<'_, S> {
    fn published(&self) -> &[(Position, PolicyPublished)] {
        match self.states.get(&Key::policies()) {
            Some(State::Policies(published)) => published,
            _ => &[],
        }
    }

    fn proposals(&self) -> &[(Position, PolicyProposed)] {
        match self.states.get(&Key::proposals()) {
            Some(State::Proposals(proposals)) => proposals,
            _ => &[],
        }
    }

    pub(super) fn propose_policy(&self, proposed: &PolicyProposed) -> Result<Vec<Fact>, Refusal> {
        let policy = Policy::parse(&proposed.document).map_err(|error| {
            Refusal::field(
                Reason::PolicyInvalid,
                "document",
                format!("學分規則有誤，請逐項更正：{error}。Not a policy, correct each of these: {error}."),
            )
        })?;
        self.district(
            "學分規則由區或區社區學院提出。The district or its community college proposes policies.",
        )?;
        for (kind, rule) in &policy.kinds {
            let path = format!("document.kinds.{kind}");
            let code = Code::parse(kind, &path)?;
            self.code(CodeList::Kinds, &code, &path)?;
            let form = match self.states.get(&Key::code(CodeList::Kinds, &code)) {
                Some(State::Code(record)) => record.code.form,
                _ => None,
            };
            fits_form(&policy, kind, rule, form)?;
        }
        for (n, organization) in policy.organizations.iter().enumerate() {
            self.organization(organization, &format!("document.organizations[{n}]"))?;
        }
        self.may_follow(&policy)?;
        let proposed = PolicyProposed { expires_on: Some(self.proposal_ends()?), ..proposed.clone() };
        if self.proposals().iter().any(|(_, held)| *held == proposed) {
            return Ok(vec![]);
        }
        let others = self.proposals().iter().filter(|(_, held)| !held.gives_way_to(&proposed));
        if others.count() >= MAX_PROPOSALS {
            return Err(Refusal::field(
                Reason::ProposalsFull,
                "document.policy",
                format!(
                    "已有 {MAX_PROPOSALS} 份規則待核准，請先核准其中一份，或以同一名稱改提。\
                     {MAX_PROPOSALS} policies wait for approval: publish one first, or propose under the name of one."
                ),
            ));
        }
        Ok(vec![Fact::PolicyProposed(proposed)])
    }

    pub(super) fn publish_policy(
        &self,
        policy: &PolicyId,
        version: u32,
        digest: Digest32,
        approved_by: &PersonId,
    ) -> Result<Vec<Fact>, Refusal> {
        self.district(
            "學分規則由區或區社區學院公布。The district or its community college publishes policies.",
        )?;
        let named =
            |(_, held): &&(Position, PolicyProposed)| held.policy == *policy && held.version == version;
        let Some((proposed_at, proposed)) = self.proposals().iter().find(named) else {
            return Err(Refusal::field(
                Reason::PolicyNotFound,
                "name",
                format!(
                    "沒有待核准的規則「{policy}」第 {version} 版，請先提出。\
                     No policy \"{policy}\", version {version}, waits for approval: propose it first."
                ),
            ));
        };
        let proposal = Proposal {
            digest: proposed.digest(),
            proposed_by: &proposed.proposed_by,
            expires_on: proposed.expires_on,
        };
        self.may_approve(&proposal, digest, approved_by)?;
        let parsed = Policy::parse(&proposed.document)
            .map_err(|error| Refusal::field(Reason::PolicyInvalid, "name", error.to_string()))?;
        self.may_follow(&parsed)?;
        Ok(vec![Fact::PolicyPublished(PolicyPublished {
            policy: policy.clone(),
            version,
            document: proposed.document.clone(),
            approval: Some(Approval {
                proposed_at: *proposed_at,
                proposed_by: proposed.proposed_by.clone(),
                approved_by: approved_by.clone(),
            }),
        })])
    }

    /// Whether a policy may follow those that are published: the next version, of days that no other has claimed, and
    /// of no year or month that is closed.
    fn may_follow(&self, new: &Policy) -> Result<(), Refusal> {
        let versions = self.published().iter().filter(|(_, held)| held.policy == new.policy);
        let next = versions.map(|(_, held)| held.version).max().unwrap_or(0) + 1;
        if new.version != next {
            return Err(Refusal::field(
                Reason::VersionMismatch,
                "document.version",
                format!(
                    "規則「{}」的下一版是第 {next} 版。The next version of policy \"{}\" is {next}.",
                    new.policy, new.policy
                ),
            )
            .with("expected", next));
        }
        let today = self.today()?;
        let year = (today.date() - TimeDelta::days(YEAR_CLOSES_ON)).year();
        let open_year = NaiveDate::from_ymd_opt(year, 1, 1).map(OccurredOn::new);
        let open_month = self.closings().last().map(|month| month.next().first_day());
        if let Some(earliest) = open_year.max(open_month)
            && new.effective_from < earliest
        {
            return Err(Refusal::field(
                Reason::PolicyRetroactive,
                "document.effective_from",
                format!(
                    "{earliest} 以前已經結帳，規則最早自 {earliest} 起適用。\
                     What lies before {earliest} is closed: a policy begins on {earliest} or later."
                ),
            )
            .with("earliest", earliest));
        }
        for (_, held) in self.rulebook()?.policies() {
            if let Some(until) = claimed_until(held, new) {
                return Err(Refusal::field(
                    Reason::PolicyOverlap,
                    "document.effective_from",
                    format!(
                        "和「{}」第 {} 版的適用日期重疊，請自 {until} 之後開始。\
                         The days overlap with policy \"{}\", version {}: begin after {until}.",
                        held.policy, held.version, held.policy, held.version
                    ),
                )
                .with("after", until));
            }
        }
        Ok(())
    }
}

/// Lines of lifetime forms are assessed together, those of other forms year by year: what counts once or is spread over
/// years needs the first, a limit over several kinds the second.
fn fits_form(policy: &Policy, kind: &str, rule: &KindRule, form: Option<Form>) -> Result<(), Refusal> {
    let lifetime = form.is_some_and(Form::is_lifetime);
    let yearly = form.is_some_and(|form| !form.is_lifetime());
    let days = policy.day_limits.iter().flat_map(|limit| &limit.kinds);
    let years = policy.year_limits.iter().flat_map(|limit| &limit.kinds);
    let shared = days.chain(years).any(|named| named == kind);
    let mistake = match (rule.once, rule.spread_years.is_empty(), shared) {
        (true, _, _) if !lifetime => {
            "once：這個類別按年計，不能只計一次。This kind belongs to a year and cannot count once."
        }
        (_, false, _) if !lifetime => {
            "spread_years：這個類別按年計，不能分年登記。This kind belongs to a year and cannot be spread over several."
        }
        (_, _, true) if !yearly => {
            "day_limits、year_limits：這個類別終身合併計算，不能列入合計上限。\
             This kind is counted over a lifetime and takes no part in limits over several kinds."
        }
        _ => return Ok(()),
    };
    Err(Refusal::field(Reason::PolicyInvalid, format!("document.kinds.{kind}"), mistake))
}

/// The last day that a published policy keeps from a new one of the same organisations. The next version of a pilot
/// may cut it short; so may the next policy of the district.
fn claimed_until(held: &Policy, new: &Policy) -> Option<OccurredOn> {
    let meet = match (held.organizations.is_empty(), new.organizations.is_empty()) {
        (true, true) => true,
        (false, false) => new.posters.iter().any(|poster| held.posters.contains(poster)),
        _ => false,
    };
    let succeeds = held.policy == new.policy;
    if !meet && !succeeds {
        return None;
    }
    let succeeds = succeeds || held.organizations.is_empty();
    let last = if succeeds { held.effective_from } else { held.effective_to.unwrap_or(OccurredOn::LAST) };
    (new.effective_from <= last).then_some(last)
}
