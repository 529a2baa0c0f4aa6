//! Decisions on the steps of a selection. Each step belongs to a role and a stage: none is skipped, repeated or done by
//! another, and every step touches the selection's record, so that of two clerks one comes first.

mod application;
mod freeze;
mod naming;
mod objection;
mod panel;
mod standard;
mod title;

use super::Desk;
use super::approval::Proposal;
use super::kin::More;
use super::month::keeps_the_ledger;
use crate::entry::Digest32;
use crate::event::Fact;
use crate::id::{AccountId, OrganizationId, PersonId, SelectionId, StandardId};
use crate::projection::{Key, State, States};
use crate::quantity::Position;
use crate::registry::OrganizationRecord;
use crate::selection::fact::By;
use crate::selection::step::{ApplicationAct, Step};
use crate::selection::{
    Application, ApplicationRecord, SelectionRecord, Stage, Standard, StandardRecord, TitleRecord,
};
use crate::{Reason, Refusal};

pub use title::{no_standard, no_such_selection};

/// The states that a step names.
pub(super) fn needs(
    keys: &mut Vec<Key>,
    poster: Option<&OrganizationId>,
    step: &Step,
    at: (Position, Position),
) {
    keys.extend(step.selection().map(Key::selection));
    match step {
        Step::ProposeStandard(proposed) => {
            keys.push(Key::standard(&proposed.standard));
            keys.extend(standard::named(proposed));
        }
        Step::PublishStandard { standard, .. } | Step::Open { standard, .. } => {
            keys.push(Key::standard(standard));
        }
        Step::Application { selection, candidate, .. } => {
            keys.extend([Key::application(selection, candidate), Key::account(candidate)]);
        }
        Step::Appoint { resident, .. } => keys.extend(resident.as_ref().map(Key::resident)),
        Step::VoteTie { selection, order: candidates, .. }
        | Step::ProposeFreeze { selection, chosen: candidates, .. } => {
            keys.extend(candidates.iter().map(|candidate| Key::application(selection, candidate)));
        }
        Step::ProposeNaming { selection, frozen, .. } => {
            keys.extend(frozen.chosen.iter().map(|candidate| Key::application(selection, candidate)));
            keys.extend(frozen.chosen.iter().flat_map(|chosen| [Key::titles(chosen), Key::account(chosen)]));
        }
        Step::ApproveNaming { proposal, .. } => naming::award_needs(keys, poster, proposal, at),
        Step::Title { candidate, .. } => keys.push(Key::titles(candidate)),
        Step::ApproveFreeze { .. }
        | Step::PublishNotice { .. }
        | Step::Objection { .. }
        | Step::NoteDifferences { .. }
        | Step::Close { .. } => {}
    }
}

fn selection_record<'a>(states: &'a impl States, id: &SelectionId) -> Option<&'a SelectionRecord> {
    match states.get(&Key::selection(id)) {
        Some(State::Selection(record)) => Some(record),
        _ => None,
    }
}

fn application_record<'a>(
    states: &'a impl States,
    selection: &SelectionId,
    candidate: &AccountId,
) -> Option<&'a ApplicationRecord> {
    match states.get(&Key::application(selection, candidate)) {
        Some(State::Application(record)) => Some(record),
        _ => None,
    }
}

fn standard_record<'a>(states: &'a impl States, id: &StandardId) -> Option<&'a StandardRecord> {
    match states.get(&Key::standard(id)) {
        Some(State::Standard(record)) => Some(record),
        _ => None,
    }
}

/// The standard that a selection was opened by.
fn standard_of(states: &impl States, record: &SelectionRecord) -> Result<Standard, Refusal> {
    let (id, version) = (&record.opened.standard, record.opened.version);
    let published = standard_record(states, id).and_then(|held| held.version(version));
    let published = published.ok_or_else(|| no_standard(id, "standard"))?;
    published.parse().map_err(|error| Refusal::field(Reason::StandardInvalid, "standard", error.to_string()))
}

/// The community that an account belongs to, where its record is at hand.
fn community_of<'a>(states: &'a impl States, account: &AccountId) -> Option<&'a OrganizationId> {
    match states.get(&Key::account(account))? {
        State::Household(record) => Some(record.community()),
        State::Resident(record) => Some(&record.resident.organization),
        State::Organization(record) => {
            Some(record.ancestors.first().unwrap_or(&record.organization.organization))
        }
        _ => None,
    }
}

impl<S: States> More<'_, S> {
    /// What a step reads beyond what it names: the standard, the community, the objection's candidate, a judge's family.
    pub(super) fn step(&mut self, step: &Step) {
        let Some(id) = step.selection() else { return };
        let Some(record) = selection_record(self.states, id) else { return };
        self.keys.push(Key::standard(&record.opened.standard));
        match step {
            Step::Application { candidate, act, person, .. } => {
                let applied = application_record(self.states, id, candidate);
                let community = match act {
                    ApplicationAct::Apply => community_of(self.states, candidate),
                    _ => applied.map(|applied| &applied.community),
                };
                if let Some(community) = community {
                    self.keys.extend([Key::organization(community), Key::recommended(id, community)]);
                    self.above(community);
                }
                let then = applied.map(|applied| applied.as_of(super::kin::NOW));
                if let (ApplicationAct::Withdraw, Some((_, by))) = (act, then.and_then(|then| then.applied)) {
                    self.keys.push(Key::organization(&by.organization));
                    self.successors(&by.organization);
                }
                if let ApplicationAct::Judge { .. } = act {
                    let judge = record.judges.iter().find(|judge| judge.judge == *person);
                    if let Some(resident) = judge.and_then(|judge| judge.resident.clone()) {
                        self.keys.push(Key::resident(&resident));
                        self.family(&resident);
                    }
                }
            }
            Step::Objection { objection, .. } => {
                let held = record.objections.iter().find(|held| held.objection == *objection);
                self.keys.extend(held.map(|held| Key::application(id, &held.candidate)));
            }
            Step::ProposeNaming { frozen, .. } => self.consents_to_naming(record, &frozen.chosen),
            Step::ApproveNaming { proposal, .. } => self.consents_to_naming(record, &proposal.named),
            _ => {}
        }
    }

    /// Whose consent is looked at again before candidates are named.
    fn consents_to_naming(&mut self, record: &SelectionRecord, candidates: &[AccountId]) {
        if standard_of(self.states, record).is_ok_and(|standard| standard.eligibility.consent) {
            self.consents(candidates, record.opened.counted_on);
        }
    }

    /// The organisation right above one.
    fn above(&mut self, id: &OrganizationId) {
        if let Some(State::Organization(record)) = self.states.get(&Key::organization(id)) {
            self.keys.extend(record.ancestors.first().map(Key::organization));
        }
    }
}

impl<'a, S: States> Desk<'a, S> {
    pub(super) fn step(&self, step: &Step) -> Result<Vec<Fact>, Refusal> {
        let fact = match step {
            Step::ProposeStandard(proposed) => return self.propose_standard(proposed),
            Step::PublishStandard { standard, version, digest, approved_by } => {
                self.publish_standard(standard, *version, *digest, approved_by)
            }
            Step::Open { selection, year, standard, window, counted_on, apply_until, person } => {
                let days = (*window, *counted_on, *apply_until);
                self.open_selection(selection, (standard, *year), days, person)
            }
            Step::Application { selection, candidate, act, person } => {
                self.application_act(selection, candidate, act, person)
            }
            Step::Appoint { selection, judge, resident, person } => {
                self.appoint(selection, judge, resident.as_ref(), person)
            }
            Step::VoteTie { .. } => self.vote_tie(step),
            Step::ProposeFreeze { .. } => self.propose_freeze(step),
            Step::ApproveFreeze { selection, digest, person } => {
                self.approve_freeze(selection, *digest, person)
            }
            Step::PublishNotice { selection, from, to, person } => {
                self.publish_notice(selection, *from, *to, person)
            }
            Step::Objection { selection, objection, act, evidence, person } => {
                self.objection_act(selection, *objection, *act, *evidence, person)
            }
            Step::NoteDifferences { .. } => self.note_differences(step),
            Step::ProposeNaming { .. } => self.propose_naming(step),
            Step::ApproveNaming { .. } => return self.approve_naming(step),
            Step::Close { selection, person } => self.close_selection(selection, person),
            Step::Title { candidate, title, act, person } => self.title_act(candidate, title, act, person),
        };
        fact.map(|fact| vec![fact])
    }

    fn by(&self, poster: &OrganizationRecord, person: &PersonId) -> Result<By, Refusal> {
        Ok(By {
            organization: poster.organization.organization.clone(),
            person: person.clone(),
            on: self.today()?,
        })
    }

    /// A step of the district: who does it.
    fn by_district(&self, person: &PersonId) -> Result<By, Refusal> {
        let poster = self.poster()?;
        if !keeps_the_ledger(poster) {
            return Err(not_yours(
                "district",
                "這一步由區或區社區學院辦理。The district or its community college does this step.",
            ));
        }
        self.by(poster, person)
    }

    fn selection(&self, id: &SelectionId) -> Result<&'a SelectionRecord, Refusal> {
        selection_record(self.states, id).ok_or_else(|| no_such_selection(id))
    }

    fn standard_record(&self, id: &StandardId) -> Option<&'a StandardRecord> {
        standard_record(self.states, id)
    }

    fn standard_of(&self, record: &SelectionRecord) -> Result<Standard, Refusal> {
        standard_of(self.states, record)
    }

    /// The record of an application that stands.
    fn applied(
        &self,
        selection: &SelectionId,
        candidate: &AccountId,
    ) -> Result<(&'a ApplicationRecord, Application<'a>), Refusal> {
        let record = application_record(self.states, selection, candidate);
        let then = record.map(|record| (record, record.as_of(super::kin::NOW)));
        then.filter(|(_, then)| then.stands()).ok_or_else(|| {
            Refusal::field(
                Reason::ApplicationNotFound,
                "candidate",
                format!(
                    "「{candidate}」在評選「{selection}」裡沒有有效的申報，請查對號碼或先申報。\
                     \"{candidate}\" has no application that stands in the selection \"{selection}\": check it, or let it apply."
                ),
            )
        })
    }

    fn titles(&self, candidate: &AccountId) -> Option<&'a TitleRecord> {
        match self.states.get(&Key::titles(candidate)) {
            Some(State::Titles(record)) => Some(record),
            _ => None,
        }
    }
}

/// A step that belongs to another organisation.
fn not_yours(belongs_to: &str, message: impl Into<String>) -> Refusal {
    Refusal::field(Reason::NotYourStep, "organization", message).with("belongs_to", belongs_to)
}

/// A step that does not come at the stage a selection is in.
fn out_of_order(record: &SelectionRecord) -> Refusal {
    let stage = record.stage();
    let (hant, en) = stage.next();
    Refusal::field(
        Reason::StageOrder,
        "name",
        format!(
            "評選「{0}」現在是「{1}」，這一步不在此時辦；接下來是：{hant}。\
             The selection \"{0}\" is {2}, and this step does not come now. Next: {en}.",
            record.opened.selection,
            stage.hant(),
            stage.en()
        ),
    )
    .with("stage", stage.as_str())
}

/// Refuses a step at any other stage than some.
fn at_stage(record: &SelectionRecord, stages: &[Stage]) -> Result<(), Refusal> {
    if stages.contains(&record.stage()) { Ok(()) } else { Err(out_of_order(record)) }
}

/// A step that brings a selection to a stage: done once, and from the stage before.
fn brings_to(record: &SelectionRecord, from: Stage, to: Stage) -> Result<(), Refusal> {
    if let Some((at, by)) = record.reached(to) {
        return Err(done(at, by, "name"));
    }
    at_stage(record, &[from])
}

/// A step that was done before.
fn done(at: Position, by: &By, field: &str) -> Refusal {
    done_by(at, &by.person, field).with("done_on", by.on)
}

fn done_by(at: Position, person: &PersonId, field: &str) -> Refusal {
    Refusal::field(
        Reason::StageDone,
        field,
        format!(
            "這一步已由「{person}」辦過（第 {at} 號），不必再辦。\
             \"{person}\" did this step already (event {at}): nothing is left to do."
        ),
    )
    .with("done_at", at)
    .with("done_by", person)
}

/// A step that waits for a second person.
fn of_selection(digest: Digest32, by: &By) -> Proposal<'_> {
    Proposal { digest, proposed_by: &by.person, expires_on: Some(by.approvable_until()) }
}

fn changed(record: &SelectionRecord, hant: &str, en: &str) -> Refusal {
    Refusal::field(
        Reason::SelectionChanged,
        "name",
        format!(
            "評選其間又有新的記錄（第 {0} 號），{hant}。Something of the selection was recorded since (event {0}): {en}.",
            record.changed_at
        ),
    )
    .with("changed_at", record.changed_at)
}

fn full(field: &str, limit: usize) -> Refusal {
    Refusal::field(
        Reason::SelectionFull,
        field,
        format!(
            "這次評選的這一類記錄最多 {limit} 項，已經滿了，請區查明。\
             A selection keeps at most {limit} of these and is full: let the district look into it."
        ),
    )
    .with("limit", limit)
}

/// Days of a step that lie the wrong way round.
fn range(field: &str, message: impl Into<String>) -> Refusal {
    Refusal::field(Reason::TimeRange, field, message)
}
