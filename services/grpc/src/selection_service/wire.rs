//! Records of selections as messages.

use crate::convert::text;
use crate::{names, proto};
use ledger_core::id::{LedgerId, SelectionId, StandardId};
use ledger_core::quantity::Position;
use ledger_core::selection::fact::GroundKind;
use ledger_core::selection::{
    ApplicationRecord, Freeze, Naming, Objection, SelectionRecord, StandardRecord, Standing, TitleRecord,
    Withdrawal,
};

/// A version of a standard; of number 0 the one that waits, or else the newest.
pub(super) fn standard(
    ledger: &LedgerId,
    id: &StandardId,
    record: &StandardRecord,
    version: u32,
) -> Option<proto::Standard> {
    let name = format!("{}/standards/{id}", names::ledger_name(ledger));
    let waits = record.proposed.as_ref().filter(|(_, held)| version == 0 || held.version == version);
    if let Some((at, held)) = waits {
        return Some(proto::Standard {
            name,
            version: held.version,
            document: held.document.clone(),
            sha256: held.digest().to_string(),
            published: false,
            proposed_by: held.proposed_by.to_string(),
            approved_by: String::new(),
            recorded_position: at.0,
            expires_on: text(held.expires_on),
        });
    }
    let of_number = |held: u32| version == 0 || held == version;
    let (at, held) = record.published.iter().rev().find(|(_, held)| of_number(held.version))?;
    Some(proto::Standard {
        name,
        version: held.version,
        document: held.document.clone(),
        sha256: ledger_core::entry::Digest32::of(held.document.as_bytes()).to_string(),
        published: true,
        proposed_by: held.proposed_by.to_string(),
        approved_by: held.approved_by.to_string(),
        recorded_position: at.0,
        expires_on: String::new(),
    })
}

fn list(freeze: &Freeze) -> proto::FrozenList {
    proto::FrozenList {
        list_position: freeze.at.0,
        sha256: freeze.digest.to_string(),
        places: freeze.places.unwrap_or(0),
        chosen: freeze.chosen,
        proposed_at: freeze.proposed_at.0,
        proposed_by: freeze.proposed_by.person.to_string(),
        frozen_at: freeze.approved.as_ref().map_or(0, |(at, _)| at.0),
        approved_by: text(freeze.approved.as_ref().map(|(_, by)| &by.person)),
    }
}

fn objection(base: &str, selection: &SelectionId, held: &Objection) -> proto::Objection {
    let (standing, appeal_until) = match held.standing {
        Standing::Raised => ("raised", None),
        Standing::Answered { appeal_until } => ("answered", Some(appeal_until)),
        Standing::Appealed => ("appealed", None),
        Standing::Settled => ("settled", None),
    };
    proto::Objection {
        name: format!("{base}/selections/{selection}/objections/{}", held.objection),
        candidate: format!("{base}/{}", held.candidate),
        standing: standing.to_owned(),
        appeal_until: text(appeal_until),
    }
}

pub(super) fn naming(naming: &Naming) -> proto::Naming {
    proto::Naming {
        proposed_at: naming.proposed_at.0,
        sha256: naming.digest.to_string(),
        named: naming.named,
        excluded: naming.excluded,
        from: naming.from.to_string(),
        until: naming.until.to_string(),
        proposed_by: naming.proposed_by.person.to_string(),
        named_at: naming.approved.as_ref().map_or(0, |(at, _)| at.0),
        approved_by: text(naming.approved.as_ref().map(|(_, by)| &by.person)),
    }
}

pub(super) fn selection(ledger: &LedgerId, record: &SelectionRecord) -> proto::Selection {
    let base = names::ledger_name(ledger);
    let opened = &record.opened;
    let judges = record.judges.iter().map(|judge| proto::Judge {
        judge: judge.judge.to_string(),
        resident: judge.resident.as_ref().map(|id| format!("{base}/residents/{id}")).unwrap_or_default(),
        appointed_at: judge.appointed_at.0,
    });
    proto::Selection {
        name: format!("{base}/selections/{}", opened.selection),
        stage: record.stage().as_str().to_owned(),
        year: opened.year,
        standard: format!("{base}/standards/{}", opened.standard),
        standard_version: opened.version,
        from: opened.window.from.to_string(),
        to: opened.window.to.to_string(),
        counted_on: opened.counted_on.to_string(),
        apply_until: opened.apply_until.to_string(),
        opened_at: record.opened_at.0,
        changed_at: record.changed_at.0,
        applications: record.applications,
        judges: judges.collect(),
        list: record.freeze.as_ref().map(list),
        notice_from: text(record.notice.as_ref().map(|notice| notice.from)),
        notice_to: text(record.notice.as_ref().map(|notice| notice.to)),
        objections: record.objections.iter().map(|held| objection(&base, &opened.selection, held)).collect(),
        naming: record.naming.as_ref().map(naming),
    }
}

/// An application as the log up to a position tells it.
pub(super) fn application(
    ledger: &LedgerId,
    selection: &SelectionId,
    record: &ApplicationRecord,
    at: Position,
) -> proto::Application {
    let base = names::ledger_name(ledger);
    let then = record.as_of(at);
    let scores = then.scores.iter().flat_map(|(item, of)| {
        of.iter().map(|(judge, (points, at))| proto::Score {
            item: item.to_string(),
            judge: judge.to_string(),
            points: *points,
            position: at.0,
        })
    });
    let grounds = then.grounds.iter().map(|against| proto::Against {
        ground: against.ground.to_string(),
        veto: against.kind == GroundKind::Veto,
        position: against.at.0,
        recorded_by: against.by.person.to_string(),
    });
    proto::Application {
        name: format!("{base}/selections/{selection}/applications/{}", record.candidate),
        candidate: format!("{base}/{}", record.candidate),
        community: format!("{base}/organizations/{}", record.community),
        applied_on: text(then.applied.map(|(_, by)| by.on)),
        applied_at: then.applied.map_or(0, |(at, _)| at.0),
        withdrawn_at: then.withdrawn.map_or(0, |(at, _)| at.0),
        verified_at: then.verified.map_or(0, |verified| verified.at.0),
        recommended: then.verified.is_some_and(|verified| verified.recommended),
        reviewed_at: then.reviewed.map_or(0, |(at, _, _)| at.0),
        passed: then.reviewed.is_some_and(|(_, passed, _)| passed),
        scores: scores.collect(),
        grounds: grounds.collect(),
    }
}

pub(super) fn titles(ledger: &LedgerId, record: Option<&TitleRecord>) -> Vec<proto::Title> {
    let base = names::ledger_name(ledger);
    let titles = record.into_iter().flat_map(|record| {
        record.titles.iter().map(|held| {
            let digest = |withdrawal: &Withdrawal| withdrawal.digest(&record.candidate, &held.title);
            (held, held.withdrawal.as_ref().map(digest))
        })
    });
    titles
        .map(|(held, withdrawal)| proto::Title {
            title: held.title.to_string(),
            selection: format!("{base}/selections/{}", held.selection),
            from: held.from.to_string(),
            until: text(held.last_day(Position(u64::MAX))),
            named_at: held.named_at.0,
            withdrawal_proposed: held.withdrawal.as_ref().is_some_and(|waits| waits.approved.is_none()),
            withdrawal_sha256: text(withdrawal),
            barred_until: text(held.withdrawal.as_ref().and_then(|withdrawal| withdrawal.barred_until)),
        })
        .collect()
}
