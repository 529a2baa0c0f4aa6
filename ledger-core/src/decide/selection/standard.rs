//! Standards: one person proposes, another publishes; a selection is opened by the newest.

use super::super::Desk;
use super::super::approval::Proposal;
use super::title::no_standard;
use super::{done_by, range};
use crate::date::OccurredOn;
use crate::entry::Digest32;
use crate::event::Fact;
use crate::id::{PersonId, SelectionId, StandardId};
use crate::projection::{Key, States};
use crate::registry::CodeList;
use crate::selection::fact::{SelectionClosed, SelectionOpened, StandardProposed, StandardPublished};
use crate::selection::{MAX_OPEN, MAX_VERSIONS, Stage, Standard, StandardRecord, Window};
use crate::{Reason, Refusal};

/// What a document names: it must exist.
pub(super) fn named(proposed: &StandardProposed) -> Option<Key> {
    let standard = Standard::parse(&proposed.document).ok()?;
    Some(Key::code(CodeList::Titles, &standard.title))
}

/// Years that a selection is held for (our own default): what lies outside was typed wrong.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2100;

impl<S: States> Desk<'_, S> {
    pub(super) fn propose_standard(&self, proposed: &StandardProposed) -> Result<Vec<Fact>, Refusal> {
        let standard = Standard::parse(&proposed.document).map_err(|error| {
            Refusal::field(
                Reason::StandardInvalid,
                "document",
                format!("評選標準有誤，請逐項更正：{error}。Not a standard, correct each of these: {error}."),
            )
        })?;
        self.by_district(&proposed.proposed_by)?;
        self.code(CodeList::Titles, &standard.title, "document.title")?;
        let record = self.standard_record(&proposed.standard);
        follows(record, standard.version)?;
        let proposed = StandardProposed { expires_on: Some(self.proposal_ends()?), ..proposed.clone() };
        let held = record.and_then(|record| record.proposed.as_ref());
        if held.is_some_and(|(_, held)| *held == proposed) {
            return Ok(vec![]);
        }
        Ok(vec![Fact::StandardProposed(proposed)])
    }

    pub(super) fn publish_standard(
        &self,
        id: &StandardId,
        version: u32,
        digest: Digest32,
        approved_by: &PersonId,
    ) -> Result<Fact, Refusal> {
        self.by_district(approved_by)?;
        let record = self.standard_record(id).ok_or_else(|| no_standard(id, "name"))?;
        if let Some((at, held)) = record.published.iter().find(|(_, held)| held.version == version) {
            return Err(done_by(*at, &held.approved_by, "name"));
        }
        let waiting = record.proposed.as_ref().filter(|(_, held)| held.version == version);
        let (proposed_at, proposed) = waiting.ok_or_else(|| no_standard(id, "name"))?;
        let proposal = Proposal {
            digest: proposed.digest(),
            proposed_by: &proposed.proposed_by,
            expires_on: proposed.expires_on,
        };
        self.may_approve(&proposal, digest, approved_by)?;
        Ok(Fact::StandardPublished(StandardPublished {
            standard: id.clone(),
            version,
            document: proposed.document.clone(),
            proposed_at: *proposed_at,
            proposed_by: proposed.proposed_by.clone(),
            approved_by: approved_by.clone(),
        }))
    }

    pub(super) fn open_selection(
        &self,
        id: &SelectionId,
        (standard, year): (&StandardId, i32),
        (window, counted_on, apply_until): (Window, OccurredOn, OccurredOn),
        person: &PersonId,
    ) -> Result<Fact, Refusal> {
        if !YEARS.contains(&year) {
            return Err(Refusal::field(
                Reason::FieldInvalid,
                "year",
                format!(
                    "年度須為西元 {0} 至 {1} 年。year lies between {0} and {1}.",
                    YEARS.start(),
                    YEARS.end()
                ),
            ));
        }
        if window.to < window.from {
            return Err(range(
                "to",
                "所看期間的末日不能早於首日。The last day that is looked at is not before the first.",
            ));
        }
        let by = self.by_district(person)?;
        let record = self.standard_record(standard).ok_or_else(|| no_standard(standard, "standard"))?;
        let (_, newest) = record.published.last().ok_or_else(|| no_standard(standard, "standard"))?;
        if self.states.get(&Key::selection(id)).is_some() {
            return Err(super::super::organization::already_registered("selection", id));
        }
        if let Some((_, open)) = record.open.iter().find(|(of, _)| *of == year) {
            return Err(Refusal::field(
                Reason::SelectionOpen,
                "year",
                format!(
                    "標準「{standard}」{year} 年的評選「{open}」尚未結束，請在該次辦理或先結束它。\
                     The selection \"{open}\" by the standard \"{standard}\" is open for {year}: go on in it, or close it first."
                ),
            )
            .with("selection", open));
        }
        if record.open.len() >= MAX_OPEN {
            return Err(super::full("standard", MAX_OPEN));
        }
        if apply_until < by.on {
            return Err(range(
                "apply_until",
                "申報截止日已過，請填今天或以後的日期。The last day of applications has passed: give today or a later day.",
            ));
        }
        Ok(Fact::SelectionOpened(SelectionOpened {
            selection: id.clone(),
            year,
            standard: standard.clone(),
            version: newest.version,
            window,
            counted_on,
            apply_until,
            by,
        }))
    }

    pub(super) fn close_selection(&self, id: &SelectionId, person: &PersonId) -> Result<Fact, Refusal> {
        let by = self.by_district(person)?;
        let record = self.selection(id)?;
        super::brings_to(record, Stage::Named, Stage::Closed)?;
        let standard = record.opened.standard.clone();
        Ok(Fact::SelectionClosed(SelectionClosed { selection: id.clone(), standard, by }))
    }
}

/// Versions go up by one.
fn follows(record: Option<&StandardRecord>, version: u32) -> Result<(), Refusal> {
    let published = record.map_or(&[][..], |record| &record.published);
    if published.len() >= MAX_VERSIONS {
        return Err(Refusal::field(
            Reason::RevisionsFull,
            "document",
            format!(
                "這份標準已有 {MAX_VERSIONS} 版，不再收；請另取名稱。\
                 The standard has {MAX_VERSIONS} versions and takes no more: give it another name."
            ),
        ));
    }
    let next = published.last().map_or(0, |(_, held)| held.version) + 1;
    if version == next {
        return Ok(());
    }
    Err(Refusal::field(
        Reason::VersionMismatch,
        "document.version",
        format!("這份標準的下一版是第 {next} 版。The next version of the standard is {next}."),
    )
    .with("expected", next))
}
