//! Applications: made and verified in the community, reviewed above it.

use super::super::approval::same_actor;
use super::super::entry::no_account;
use super::super::month::keeps_the_ledger;
use super::super::{Desk, open};
use super::{at_stage, community_of, done, full, not_yours, out_of_order};
use crate::event::Fact;
use crate::id::{AccountId, OrganizationId, PersonId, SelectionId};
use crate::projection::{Key, State, States};
use crate::quantity::Position;
use crate::registry::{OrganizationRecord, OrganizationStatus};
use crate::selection::fact::{
    ApplicationMade, ApplicationReviewed, ApplicationVerified, ApplicationWithdrawn, By,
};
use crate::selection::step::ApplicationAct;
use crate::selection::{
    Application, ApplicationRecord, Bar, CandidateKind, MAX_STEPS, SelectionRecord, Stage, Standard,
};
use crate::{Reason, Refusal};

/// The stages before the candidates are named.
pub(super) const UNNAMED: [Stage; 3] = [Stage::Open, Stage::Frozen, Stage::Noticed];

impl<S: States> Desk<'_, S> {
    pub(super) fn application_act(
        &self,
        selection: &SelectionId,
        candidate: &AccountId,
        act: &ApplicationAct,
        person: &PersonId,
    ) -> Result<Fact, Refusal> {
        let record = self.selection(selection)?;
        let held = super::application_record(self.states, selection, candidate);
        if held.is_some_and(|held| held.steps.len() >= MAX_STEPS) {
            return Err(full("candidate", MAX_STEPS));
        }
        match act {
            ApplicationAct::Apply => self.apply(record, candidate, person),
            ApplicationAct::Withdraw => self.withdraw(record, candidate, person),
            ApplicationAct::Verify { recommended, residence_confirmed, stamp } => {
                let by = self.by_community(record, candidate, person)?;
                let (applied, then) = self.applied(selection, candidate)?;
                self.verifiable(record, applied, &then, (*recommended, *residence_confirmed))?;
                Ok(Fact::ApplicationVerified(ApplicationVerified {
                    selection: selection.clone(),
                    candidate: candidate.clone(),
                    community: applied.community.clone(),
                    recommended: *recommended,
                    residence_confirmed: *residence_confirmed,
                    stamp: *stamp,
                    by,
                }))
            }
            ApplicationAct::Review { passed } => self.review(record, candidate, *passed, person),
            ApplicationAct::Judge { item, points } => self.judge(record, candidate, (item, *points), person),
            ApplicationAct::Record { ground, kind, evidence } => {
                self.record_ground(record, candidate, (ground, *kind, *evidence), person)
            }
            ApplicationAct::Lift { ground, evidence } => {
                self.lift_ground(record, candidate, (ground, *evidence), person)
            }
            ApplicationAct::Object { ground, evidence } => {
                self.object(record, candidate, (ground, *evidence), person)
            }
        }
    }

    fn apply(
        &self,
        record: &SelectionRecord,
        candidate: &AccountId,
        person: &PersonId,
    ) -> Result<Fact, Refusal> {
        let selection = &record.opened.selection;
        let standard = self.standard_of(record)?;
        of_its_kind(&standard, candidate)?;
        let poster = self.poster()?;
        let community =
            community_of(self.states, candidate).ok_or_else(|| no_account(candidate, "candidate"))?;
        match self.states.get(&Key::account(candidate)) {
            Some(State::Resident(held)) => self.answers_for_itself(held, "candidate")?,
            Some(State::Organization(held)) => open(held, "candidate")?,
            _ => {}
        }
        self.of_community(poster, community)?;
        let by = self.by(poster, person)?;
        let held = super::application_record(self.states, selection, candidate);
        let then = held.map(|held| held.as_of(super::super::kin::NOW));
        if let Some((at, by)) = then.as_ref().filter(|then| then.stands()).and_then(|then| then.applied) {
            return Err(done(at, by, "candidate"));
        }
        at_stage(record, &[Stage::Open])?;
        if let Some((at, false, _)) = then.and_then(|then| then.reviewed) {
            return Err(review_failed(candidate, at));
        }
        let last = record.opened.apply_until;
        if by.on > last {
            return Err(Refusal::field(
                Reason::ApplicationClosed,
                "name",
                format!(
                    "申報已於 {last} 截止，請等下一次評選。Applications ended on {last}: wait for the next selection."
                ),
            )
            .with("apply_until", last));
        }
        Ok(Fact::ApplicationMade(ApplicationMade {
            selection: selection.clone(),
            candidate: candidate.clone(),
            community: community.clone(),
            by,
        }))
    }

    fn withdraw(
        &self,
        record: &SelectionRecord,
        candidate: &AccountId,
        person: &PersonId,
    ) -> Result<Fact, Refusal> {
        let selection = &record.opened.selection;
        let poster = self.poster()?;
        let held = super::application_record(self.states, selection, candidate);
        let then = held.map(|held| held.as_of(super::super::kin::NOW));
        if let Some((_, taken_in)) = then.as_ref().and_then(|then| then.applied) {
            self.took_in(poster, &taken_in.organization)?;
        }
        if let Some((at, by)) = then.as_ref().and_then(|then| then.withdrawn) {
            return Err(done(at, by, "candidate"));
        }
        let (applied, then) = self.applied(selection, candidate)?;
        at_stage(record, &UNNAMED)?;
        Ok(Fact::ApplicationWithdrawn(ApplicationWithdrawn {
            selection: selection.clone(),
            candidate: candidate.clone(),
            community: applied.community.clone(),
            recommended: then.verified.is_some_and(|verified| verified.recommended),
            by: self.by(poster, person)?,
        }))
    }

    /// Whether the organisation that asks is the community, or one below it.
    fn of_community(&self, poster: &OrganizationRecord, community: &OrganizationId) -> Result<(), Refusal> {
        if poster.answers_to(community)
            || self.heir_of(community).as_ref() == Some(&poster.organization.organization)
        {
            return Ok(());
        }
        Err(not_yours(
            community.as_str(),
            format!(
                "申報由「{community}」或其下屬機構受理。\
                 Applications of this account are taken in by \"{community}\", or an organisation below it."
            ),
        ))
    }

    /// Whether the organisation that asks is the one that took an application in, stands above it or succeeded it.
    fn took_in(&self, poster: &OrganizationRecord, taken_in_by: &OrganizationId) -> Result<(), Refusal> {
        let took_in = self.organization(taken_in_by, "candidate")?;
        if self.answers_to(took_in, &poster.organization.organization) {
            return Ok(());
        }
        Err(not_yours(
            taken_in_by.as_str(),
            format!(
                "申報由受理的「{taken_in_by}」或其上級、承接機構撤回。\
                 An application is taken back by \"{taken_in_by}\", which took it in, one above it, or its successor."
            ),
        ))
    }

    /// The organisation that an organisation was merged into.
    fn heir_of(&self, id: &OrganizationId) -> Option<OrganizationId> {
        match self.states.get(&Key::organization(id)) {
            Some(State::Organization(record)) => match &record.status {
                OrganizationStatus::Merged { successor, .. } => Some(successor.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    /// A step of the community itself, or of the one it was merged into.
    fn by_community(
        &self,
        record: &SelectionRecord,
        candidate: &AccountId,
        person: &PersonId,
    ) -> Result<By, Refusal> {
        let poster = self.poster()?;
        let (applied, _) = self.applied(&record.opened.selection, candidate)?;
        let (own, community) = (&poster.organization.organization, &applied.community);
        if own != community && self.heir_of(community).as_ref() != Some(own) {
            return Err(not_yours(
                community.as_str(),
                format!(
                    "由所屬社區「{community}」核實蓋章。The community of the account, \"{community}\", verifies and stamps it."
                ),
            ));
        }
        self.by(poster, person)
    }

    fn verifiable(
        &self,
        record: &SelectionRecord,
        applied: &ApplicationRecord,
        then: &Application<'_>,
        (recommended, residence_confirmed): (bool, bool),
    ) -> Result<(), Refusal> {
        if let Some(verified) = &then.verified {
            return Err(done(verified.at, verified.by, "candidate"));
        }
        at_stage(record, &[Stage::Open])?;
        if !recommended {
            return Ok(());
        }
        let standard = self.standard_of(record)?;
        if standard.eligibility.residence_years > 0 && !residence_confirmed {
            return Err(Refusal::field(
                Reason::FieldInvalid,
                "residence_confirmed",
                format!(
                    "標準要求在本地工作、學習或居住滿 {0} 年：未經確認不能推薦。\
                     The standard asks for {0} years of work, study or residence: confirm them, or do not recommend it.",
                    standard.eligibility.residence_years
                ),
            ));
        }
        let key = Key::recommended(&record.opened.selection, &applied.community);
        let count = match self.states.get(&key) {
            Some(State::Recommended(count)) => *count,
            _ => 0,
        };
        match standard.quota.community_recommends {
            Some(most) if count >= most => Err(Refusal::field(
                Reason::RecommendationsFull,
                "recommended",
                format!(
                    "社區「{0}」已推薦 {count} 戶，至多 {most} 戶。\
                     The community \"{0}\" recommends {count} already, and at most {most}.",
                    applied.community
                ),
            )
            .with("limit", most)),
            _ => Ok(()),
        }
    }

    fn review(
        &self,
        record: &SelectionRecord,
        candidate: &AccountId,
        passed: bool,
        person: &PersonId,
    ) -> Result<Fact, Refusal> {
        let selection = &record.opened.selection;
        let poster = self.poster()?;
        let (applied, then) = self.applied(selection, candidate)?;
        self.above_community(poster, &applied.community)?;
        if let Some((at, _, by)) = then.reviewed {
            return Err(done(at, by, "candidate"));
        }
        at_stage(record, &[Stage::Open])?;
        match &then.verified {
            // Two pairs of eyes, also where one organisation is both.
            Some(verified) if verified.recommended && verified.by.person.reads_like(person) => {
                return Err(same_actor("person"));
            }
            Some(verified) if verified.recommended => {}
            verified => {
                let refused = verified.is_some();
                return Err(not_yet(
                    record,
                    refused,
                    ("community", "社區核實並推薦", "the community verifies and recommends it"),
                ));
            }
        }
        Ok(Fact::ApplicationReviewed(ApplicationReviewed {
            selection: selection.clone(),
            candidate: candidate.clone(),
            passed,
            by: self.by(poster, person)?,
        }))
    }

    /// The organisation right above the community; where that is the district, the district or its college.
    fn above_community(
        &self,
        poster: &OrganizationRecord,
        community: &OrganizationId,
    ) -> Result<(), Refusal> {
        let record = self.organization(community, "candidate")?;
        let reviewer = match record.ancestors.first() {
            Some(above) => self.organization(above, "candidate")?,
            None => record,
        };
        let reviewer_id = &reviewer.organization.organization;
        let district = keeps_the_ledger(reviewer);
        let own = &poster.organization.organization;
        let heir = self.heir_of(reviewer_id);
        if own == reviewer_id || heir.as_ref() == Some(own) || (district && keeps_the_ledger(poster)) {
            return Ok(());
        }
        Err(not_yours(
            reviewer_id.as_str(),
            format!(
                "初審由社區的上級「{reviewer_id}」辦理。The organisation above the community, \"{reviewer_id}\", reviews it."
            ),
        ))
    }
}

/// Who did not pass the first review does not begin anew.
fn review_failed(candidate: &AccountId, at: Position) -> Refusal {
    Refusal::field(
        Reason::NotQualified,
        "candidate",
        format!(
            "「{candidate}」初審未通過（第 {at} 號），這次評選不再受理。\
             \"{candidate}\" did not pass the first review (event {at}): it does not apply again in this selection."
        ),
    )
    .with("candidate", candidate)
    .with("bar", Bar::ReviewFailed.as_str())
}

/// A step of one application that comes before another; `refused`: that one was done, and went against it.
pub(super) fn not_yet(
    record: &SelectionRecord,
    refused: bool,
    (waits_for, hant, en): (&'static str, &str, &str),
) -> Refusal {
    if record.stage() != Stage::Open {
        return out_of_order(record);
    }
    let message = if refused {
        format!("這份申報未獲通過：須先{hant}。This application did not get through: first {en}.")
    } else {
        format!("這份申報還沒輪到這一步：先由{hant}。This application has not come to this step: first {en}.")
    };
    Refusal::field(Reason::StageOrder, "candidate", message)
        .with("stage", record.stage().as_str())
        .with("waits_for", waits_for)
}

fn of_its_kind(standard: &Standard, candidate: &AccountId) -> Result<(), Refusal> {
    let fits = match candidate {
        AccountId::Household(_) => standard.candidates == CandidateKind::Household,
        AccountId::Resident(_) => standard.candidates == CandidateKind::Resident,
        AccountId::Organization(_) => standard.candidates == CandidateKind::Organization,
    };
    if fits {
        return Ok(());
    }
    let (hant, en) = match standard.candidates {
        CandidateKind::Household => ("家庭", "households"),
        CandidateKind::Resident => ("居民", "residents"),
        CandidateKind::Organization => ("機構", "organisations"),
    };
    Err(Refusal::field(
        Reason::FieldInvalid,
        "candidate",
        format!("這個標準評的是{hant}，請查對帳戶。This standard is for {en}: check the account."),
    ))
}
