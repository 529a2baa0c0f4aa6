//! The fold of selections: standards, the steps of each selection, applications, titles. Every step touches the record of
//! its selection, so that steps come one after the other.

use super::{Key, State, StateError, States};
use crate::event::Fact;
use crate::id::{AccountId, OrganizationId, SelectionId};
use crate::quantity::Position;
use crate::selection::fact::{
    By, SelectionClosed, SelectionNamed, SelectionOpened, StandardPublished, TitleRechecked, TitleWithdrawn,
};
use crate::selection::{
    ApplicationRecord, Done, Freeze, Judge, Naming, Noted, Noticed, Objection, Recheck, SelectionRecord,
    StandardRecord, Standing, Title, TitleRecord, Vote, Withdrawal,
};

/// A step of one application: of which selection and candidate, and what it is.
fn application_step(fact: &Fact) -> Option<(&SelectionId, &AccountId, Done)> {
    Some(match fact {
        Fact::ApplicationMade(made) => {
            (&made.selection, &made.candidate, Done::Applied { by: made.by.clone() })
        }
        Fact::ApplicationWithdrawn(back) => {
            (&back.selection, &back.candidate, Done::Withdrawn { by: back.by.clone() })
        }
        Fact::ApplicationVerified(verified) => {
            let done = Done::Verified {
                recommended: verified.recommended,
                residence_confirmed: verified.residence_confirmed,
                stamp: verified.stamp,
                by: verified.by.clone(),
            };
            (&verified.selection, &verified.candidate, done)
        }
        Fact::ApplicationReviewed(reviewed) => {
            let done = Done::Reviewed { passed: reviewed.passed, by: reviewed.by.clone() };
            (&reviewed.selection, &reviewed.candidate, done)
        }
        Fact::ItemJudged(judged) => {
            let (item, points, judge) = (judged.item.clone(), judged.points, judged.judge.clone());
            (&judged.selection, &judged.candidate, Done::Judged { item, points, judge })
        }
        Fact::GroundRecorded(found) => {
            let done = Done::Recorded {
                ground: found.ground.clone(),
                kind: found.kind,
                evidence: found.evidence,
                by: found.by.clone(),
            };
            (&found.selection, &found.candidate, done)
        }
        Fact::GroundLifted(lifted) => {
            let done = Done::Lifted { ground: lifted.ground.clone(), by: lifted.by.clone() };
            (&lifted.selection, &lifted.candidate, done)
        }
        Fact::ObjectionRaised(raised) => {
            let done = Done::Objected { ground: raised.ground.clone(), by: raised.by.clone() };
            (&raised.selection, &raised.candidate, done)
        }
        Fact::ObjectionAnswered(answer) => {
            let done = Done::Answered {
                objection: answer.objection,
                upheld: answer.upheld,
                days_late: answer.days_late,
                by: answer.by.clone(),
            };
            (&answer.selection, &answer.candidate, done)
        }
        Fact::AppealRaised(appeal) => {
            let done = Done::Appealed { objection: appeal.objection, by: appeal.by.clone() };
            (&appeal.selection, &appeal.candidate, done)
        }
        Fact::AppealAnswered(answer) => {
            let done = Done::AppealAnswered {
                objection: answer.objection,
                upheld: answer.upheld,
                days_late: answer.days_late,
                by: answer.by.clone(),
            };
            (&answer.selection, &answer.candidate, done)
        }
        _ => return None,
    })
}

/// A step of the selection as a whole: of which one.
fn selection_of(fact: &Fact) -> Option<&SelectionId> {
    match fact {
        Fact::JudgeAppointed(appointed) => Some(&appointed.selection),
        Fact::TieVoted(voted) => Some(&voted.selection),
        Fact::FreezeProposed(proposed) => Some(&proposed.selection),
        Fact::SelectionFrozen(frozen) => Some(&frozen.selection),
        Fact::NoticePublished(notice) => Some(&notice.selection),
        Fact::DifferencesNoted(noted) => Some(&noted.selection),
        Fact::NamingProposed(proposed) => Some(&proposed.selection),
        Fact::SelectionNamed(named) => Some(&named.selection),
        Fact::SelectionClosed(closed) => Some(&closed.selection),
        _ => None,
    }
}

/// The community whose recommendations a fact counts, and by how many more.
fn recommends(fact: &Fact) -> Option<(&SelectionId, &OrganizationId, i32)> {
    match fact {
        Fact::ApplicationVerified(verified) if verified.recommended => {
            Some((&verified.selection, &verified.community, 1))
        }
        Fact::ApplicationWithdrawn(back) if back.recommended => Some((&back.selection, &back.community, -1)),
        _ => None,
    }
}

/// The states that a fact touches; whether it is a step of a selection.
pub(super) fn keys(keys: &mut Vec<Key>, fact: &Fact) -> bool {
    let before = keys.len();
    if let Some((selection, candidate, _)) = application_step(fact) {
        keys.extend([Key::selection(selection), Key::application(selection, candidate)]);
    }
    keys.extend(selection_of(fact).map(Key::selection));
    keys.extend(recommends(fact).map(|(selection, community, _)| Key::recommended(selection, community)));
    match fact {
        Fact::StandardProposed(proposed) => keys.push(Key::standard(&proposed.standard)),
        Fact::StandardPublished(published) => keys.push(Key::standard(&published.standard)),
        Fact::SelectionOpened(opened) => {
            keys.extend([Key::selection(&opened.selection), Key::standard(&opened.standard)]);
        }
        Fact::SelectionClosed(closed) => keys.push(Key::standard(&closed.standard)),
        Fact::SelectionNamed(named) => keys.extend(named.named.iter().map(Key::titles)),
        Fact::TitleRechecked(checked) => keys.push(Key::titles(&checked.candidate)),
        Fact::TitleWithdrawalProposed(proposed) => keys.push(Key::titles(&proposed.candidate)),
        Fact::TitleWithdrawn(withdrawn) => keys.push(Key::titles(&withdrawn.candidate)),
        _ => {}
    }
    keys.len() > before
}

fn record<'a>(
    states: &'a mut impl States,
    id: &SelectionId,
    at: Position,
) -> Result<&'a mut SelectionRecord, StateError> {
    let key = Key::selection(id);
    if states.get(&key).is_some()
        && let State::Selection(record) = states.entry(&key, || State::LookAlike(String::new()))
    {
        return Ok(record);
    }
    Err(StateError::DoesNotFit { position: at, key })
}

/// Folds a fact into them.
pub(super) fn apply(states: &mut impl States, at: Position, fact: &Fact) -> Result<(), StateError> {
    if let Some((selection, candidate, done)) = application_step(fact) {
        if let Fact::ApplicationMade(made) = fact {
            first_application(states, at, selection, candidate, &made.community)?;
        }
        let record = record(states, selection, at)?;
        record.changed_at = at;
        note_objection(record, at, candidate, fact);
        step(states, at, selection, candidate, done)?;
    }
    if let Some(selection) = selection_of(fact) {
        let record = record(states, selection, at)?;
        record.changed_at = at;
        note(record, at, fact);
    }
    if let Some((selection, community, more)) = recommends(fact) {
        let key = Key::recommended(selection, community);
        match states.entry(&key, || State::Recommended(0)) {
            State::Recommended(count) => *count = count.saturating_add_signed(more),
            _ => return Err(StateError::DoesNotFit { position: at, key }),
        }
    }
    match fact {
        Fact::StandardProposed(proposed) => {
            standard(states, at, fact_standard(fact), |record| record.proposed = Some((at, proposed.clone())))
        }
        Fact::StandardPublished(published) => {
            standard(states, at, fact_standard(fact), |record| publish(record, at, published))
        }
        Fact::SelectionOpened(opened) => {
            let record = State::Selection(Box::new(SelectionRecord::of(at, opened)));
            states.put(Key::selection(&opened.selection), record);
            let SelectionOpened { year, selection, .. } = opened;
            standard(states, at, fact_standard(fact), |record| record.open.push((*year, selection.clone())))
        }
        Fact::SelectionClosed(SelectionClosed { selection, .. }) => {
            standard(states, at, fact_standard(fact), |record| record.open.retain(|(_, id)| id != selection))
        }
        Fact::SelectionNamed(named) => {
            named.named.iter().try_for_each(|candidate| give_title(states, at, candidate, named))
        }
        Fact::TitleRechecked(checked) => {
            titles(states, at, &checked.candidate, |titles| recheck(titles, at, checked))
        }
        Fact::TitleWithdrawalProposed(proposed) => titles(states, at, &proposed.candidate, |titles| {
            let held = titles.titles.iter_mut().rev().find(|held| held.title == proposed.title);
            if let Some(held) = held {
                held.withdrawal = Some(Withdrawal {
                    proposed_at: at,
                    ground: proposed.ground.clone(),
                    evidence: proposed.evidence,
                    proposed_by: proposed.by.clone(),
                    approved: None,
                    barred_until: None,
                });
            }
        }),
        Fact::TitleWithdrawn(withdrawn) => {
            titles(states, at, &withdrawn.candidate, |titles| withdraw(titles, at, withdrawn))
        }
        _ => Ok(()),
    }
}

fn first_application(
    states: &mut impl States,
    at: Position,
    selection: &SelectionId,
    candidate: &AccountId,
    community: &OrganizationId,
) -> Result<(), StateError> {
    let key = Key::application(selection, candidate);
    match states.get(&key) {
        Some(State::Application(held)) => {
            let again = ApplicationRecord { community: community.clone(), ..ApplicationRecord::clone(held) };
            states.put(key, State::Application(Box::new(again)));
        }
        Some(_) => return Err(StateError::DoesNotFit { position: at, key }),
        None => {
            let (candidate, community) = (candidate.clone(), community.clone());
            let new = ApplicationRecord { candidate, community, steps: Vec::new() };
            states.put(key, State::Application(Box::new(new)));
            record(states, selection, at)?.applications += 1;
        }
    }
    Ok(())
}

fn step(
    states: &mut impl States,
    at: Position,
    selection: &SelectionId,
    candidate: &AccountId,
    done: Done,
) -> Result<(), StateError> {
    let key = Key::application(selection, candidate);
    if states.get(&key).is_some()
        && let State::Application(held) = states.entry(&key, || State::LookAlike(String::new()))
    {
        held.steps.push((at, done));
        return Ok(());
    }
    Err(StateError::DoesNotFit { position: at, key })
}

/// Where objections stand.
fn note_objection(record: &mut SelectionRecord, at: Position, candidate: &AccountId, fact: &Fact) {
    let (objection, standing) = match fact {
        Fact::ObjectionRaised(_) => {
            let candidate = candidate.clone();
            record.objections.push(Objection { objection: at, candidate, standing: Standing::Raised });
            return;
        }
        Fact::ObjectionAnswered(answer) => {
            (answer.objection, Standing::Answered { appeal_until: answer.appeal_until })
        }
        Fact::AppealRaised(appeal) => (appeal.objection, Standing::Appealed),
        Fact::AppealAnswered(answer) => (answer.objection, Standing::Settled),
        _ => return,
    };
    for held in record.objections.iter_mut().filter(|held| held.objection == objection) {
        held.standing = standing;
    }
}

/// What a step of the selection as a whole leaves in its record.
fn note(record: &mut SelectionRecord, at: Position, fact: &Fact) {
    let approval = |by: &By| Some((at, by.clone()));
    match fact {
        Fact::JudgeAppointed(appointed) => record.judges.push(Judge {
            judge: appointed.judge.clone(),
            resident: appointed.resident.clone(),
            appointed_at: at,
            by: appointed.by.clone(),
        }),
        Fact::TieVoted(voted) => {
            record.votes.push(Vote {
                voted_at: at,
                tie: voted.tie,
                order: voted.order.clone(),
                minutes: voted.minutes,
            });
        }
        Fact::FreezeProposed(proposed) => record.freeze = Some(Freeze::of(at, proposed)),
        Fact::SelectionFrozen(frozen) => {
            if let Some(freeze) = &mut record.freeze {
                freeze.approved = approval(&frozen.by);
            }
        }
        Fact::NoticePublished(notice) => {
            let (from, to, by) = (notice.from, notice.to, notice.by.clone());
            record.notice = Some(Noticed { published_at: at, from, to, by });
        }
        Fact::DifferencesNoted(noted) => {
            record.differences = Some(Noted {
                noted_at: at,
                at: noted.at,
                digest: noted.digest,
                differences: noted.differences,
                by: noted.by.clone(),
            });
        }
        Fact::NamingProposed(proposed) => record.naming = Some(Naming::of(at, proposed)),
        Fact::SelectionNamed(named) => {
            if let Some(naming) = &mut record.naming {
                naming.approved = approval(&named.by);
            }
        }
        Fact::SelectionClosed(closed) => record.closed = approval(&closed.by),
        _ => {}
    }
}

fn fact_standard(fact: &Fact) -> Option<&crate::id::StandardId> {
    match fact {
        Fact::StandardProposed(proposed) => Some(&proposed.standard),
        Fact::StandardPublished(published) => Some(&published.standard),
        Fact::SelectionOpened(opened) => Some(&opened.standard),
        Fact::SelectionClosed(closed) => Some(&closed.standard),
        _ => None,
    }
}

fn standard(
    states: &mut impl States,
    at: Position,
    id: Option<&crate::id::StandardId>,
    change: impl FnOnce(&mut StandardRecord),
) -> Result<(), StateError> {
    let Some(id) = id else { return Ok(()) };
    let key = Key::standard(id);
    match states.entry(&key, || State::Standard(Box::default())) {
        State::Standard(record) => {
            change(record);
            Ok(())
        }
        _ => Err(StateError::DoesNotFit { position: at, key }),
    }
}

fn publish(record: &mut StandardRecord, at: Position, published: &StandardPublished) {
    record.proposed = None;
    record.published.push((at, published.clone()));
}

fn give_title(
    states: &mut impl States,
    at: Position,
    candidate: &AccountId,
    named: &SelectionNamed,
) -> Result<(), StateError> {
    let key = Key::titles(candidate);
    let title = Title {
        title: named.title.clone(),
        selection: named.selection.clone(),
        named_at: at,
        from: named.from,
        until: named.until,
        barred_years: named.barred_years,
        rechecks: Vec::new(),
        withdrawal: None,
    };
    match states.get(&key) {
        None => {
            let record = TitleRecord { candidate: candidate.clone(), titles: vec![title] };
            states.put(key, State::Titles(Box::new(record)));
            Ok(())
        }
        Some(_) => titles(states, at, candidate, |held| held.titles.push(title)),
    }
}

fn titles(
    states: &mut impl States,
    at: Position,
    candidate: &AccountId,
    change: impl FnOnce(&mut TitleRecord),
) -> Result<(), StateError> {
    let key = Key::titles(candidate);
    if states.get(&key).is_some()
        && let State::Titles(record) = states.entry(&key, || State::LookAlike(String::new()))
    {
        change(record);
        return Ok(());
    }
    Err(StateError::DoesNotFit { position: at, key })
}

fn recheck(record: &mut TitleRecord, at: Position, checked: &TitleRechecked) {
    if let Some(held) = record.titles.iter_mut().rev().find(|held| held.title == checked.title) {
        held.rechecks.push(Recheck { year: checked.year, at, kept: checked.kept, by: checked.by.clone() });
    }
}

fn withdraw(record: &mut TitleRecord, at: Position, withdrawn: &TitleWithdrawn) {
    let held = record.titles.iter_mut().rev().find(|held| held.title == withdrawn.title);
    if let Some(withdrawal) = held.and_then(|held| held.withdrawal.as_mut()) {
        withdrawal.approved = Some((at, withdrawn.by.clone()));
        withdrawal.barred_until = Some(withdrawn.barred_until);
    }
}
