//! The second pair of eyes: what one person proposed, another approves within seven days, once, and as it was proposed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod harness;

use chrono::TimeDelta;
use harness::{Ledger, assert_folds, day, lecture, organization};
use ledger_core::approval::PROPOSAL_DAYS;
use ledger_core::command::Action;
use ledger_core::correction::CorrectionProposed;
use ledger_core::entry::{Digest32, ReversalReason};
use ledger_core::event::{self, Fact, PolicyProposed};
use ledger_core::id::{PersonId, PolicyId, ResidentId, StandardId};
use ledger_core::identity::MergeAct;
use ledger_core::policy::DISTRICT_DEFAULT;
use ledger_core::projection::{Key, State, States};
use ledger_core::quantity::Position;
use ledger_core::selection::FAMILY_DEFAULT;
use ledger_core::selection::fact::StandardProposed;
use ledger_core::selection::step::Step;
use ledger_core::{Reason, Refusal};

fn person(id: &str) -> PersonId {
    PersonId::parse(id).unwrap()
}

fn resident(n: u8) -> ResidentId {
    ResidentId::parse(&format!("r{n}")).unwrap()
}

fn head(ledger: &Ledger) -> Position {
    Position(ledger.log.len() as u64)
}

fn last(ledger: &Ledger) -> Fact {
    event::decode(ledger.log.last().unwrap()).unwrap().fact
}

fn reason(asked: Result<(), Refusal>) -> Reason {
    asked.unwrap_err().reason()
}

/// Something that waits: how it is proposed, and how a person approves what the last event proposed.
type Proposal = (Action, fn(&Ledger, Digest32, PersonId) -> Action, fn(&Ledger) -> Digest32);

fn merge() -> Proposal {
    let act = MergeAct::Merge { merged: resident(1), survivor: resident(2) };
    let approve =
        |_: &Ledger, digest, approved_by| Action::ApproveMerge { merged: resident(1), digest, approved_by };
    let digest = |ledger: &Ledger| match ledger.states.get(&Key::resident(&resident(1))) {
        Some(State::Resident(record)) => record.merge.as_ref().unwrap().proposed.digest(),
        _ => panic!("no record"),
    };
    (Action::ProposeMerge { act, proposed_by: person("officer-01") }, approve, digest)
}

fn policy() -> Proposal {
    let document = DISTRICT_DEFAULT.replace("version = 1", "version = 2").replace("1900-01-01", "2027-07-01");
    let policy = PolicyId::parse("district-default").unwrap();
    let proposed =
        PolicyProposed { policy, version: 2, document, proposed_by: person("officer-01"), expires_on: None };
    let approve = |_: &Ledger, digest, approved_by| {
        let policy = PolicyId::parse("district-default").unwrap();
        Action::PublishPolicy { policy, version: 2, digest, approved_by }
    };
    let digest = |ledger: &Ledger| match last(ledger) {
        Fact::PolicyProposed(proposed) => proposed.digest(),
        fact => panic!("{fact:?}"),
    };
    (Action::ProposePolicy(proposed), approve, digest)
}

fn standard() -> Proposal {
    let proposed = StandardProposed {
        standard: StandardId::parse("family-default").unwrap(),
        version: 1,
        document: FAMILY_DEFAULT.to_owned(),
        proposed_by: person("officer-01"),
        expires_on: None,
    };
    let approve = |_: &Ledger, digest, approved_by| {
        let standard = StandardId::parse("family-default").unwrap();
        Action::Selection(Box::new(Step::PublishStandard { standard, version: 1, digest, approved_by }))
    };
    let digest = |_: &Ledger| Digest32::of(FAMILY_DEFAULT.as_bytes());
    (Action::Selection(Box::new(Step::ProposeStandard(proposed))), approve, digest)
}

fn correction() -> Proposal {
    let proposal = CorrectionProposed {
        organization: organization("school"),
        proposed_by: person("officer-01"),
        reason: ReversalReason::InputError,
        evidence: None,
        reversals: vec![],
        entries: vec![lecture("r1", day(3))],
        expires_on: None,
    };
    let approve = |ledger: &Ledger, digest, approved_by| {
        let proposed_at = head(ledger);
        let Fact::CorrectionProposed(proposal) = last(ledger) else { panic!("no proposal") };
        Action::ApproveCorrection { proposed_at, proposal, digest, approved_by }
    };
    let digest = |ledger: &Ledger| match last(ledger) {
        Fact::CorrectionProposed(proposal) => proposal.digest(),
        fact => panic!("{fact:?}"),
    };
    (Action::ProposeCorrection(Box::new(proposal)), approve, digest)
}

#[test]
fn a_proposal_is_approved_by_another_as_it_was_in_time_and_once() {
    for (propose, approve, digest) in [merge(), policy(), standard(), correction()] {
        let mut ledger = Ledger::open();
        let ask = |ledger: &mut Ledger, action: &Action| ledger.ask(Some("school"), action.clone());
        ask(&mut ledger, &propose).unwrap();
        let stands = digest(&ledger);
        let refused = [
            (approve(&ledger, Digest32::of(b"another"), person("officer-02")), Reason::ProposalChanged),
            (approve(&ledger, stands, person("officer-01")), Reason::SameActor),
            (approve(&ledger, stands, person("officer-0l")), Reason::SameActor),
        ];
        for (action, why) in refused {
            assert_eq!(reason(ask(&mut ledger, &action)), why, "{propose:?}");
        }
        ledger.now += TimeDelta::days(i64::from(PROPOSAL_DAYS) + 1);
        let right = approve(&ledger, stands, person("officer-02"));
        assert_eq!(reason(ask(&mut ledger, &right)), Reason::ProposalExpired, "{propose:?}");
        // Proposed anew, it waits for seven days more; on the last of them it is approved.
        ask(&mut ledger, &propose).unwrap();
        let right = approve(&ledger, digest(&ledger), person("officer-02"));
        ledger.now += TimeDelta::days(i64::from(PROPOSAL_DAYS));
        let before = head(&ledger);
        ask(&mut ledger, &right).unwrap();
        assert!(head(&ledger) > before, "{propose:?}");
        let once = ask(&mut ledger, &right);
        assert!(once.is_err() && head(&ledger) > before, "an approval is used once: {propose:?}");
        assert_folds(&ledger);
    }
}

#[test]
fn what_nobody_can_approve_any_more_takes_no_room_from_new_proposals() {
    let mut ledger = Ledger::open();
    let named = |n: u32| {
        let policy = PolicyId::parse(&format!("pilot-{n}")).unwrap();
        let document = DISTRICT_DEFAULT
            .replace("policy = \"district-default\"", &format!("policy = \"pilot-{n}\""))
            .replace("1900-01-01", "2028-01-01");
        let proposed_by = person("officer-01");
        Action::ProposePolicy(PolicyProposed { policy, version: 1, document, proposed_by, expires_on: None })
    };
    for n in 0..8 {
        ledger.ask(Some("school"), named(n)).unwrap();
    }
    assert_eq!(reason(ledger.ask(Some("school"), named(8))), Reason::ProposalsFull);
    ledger.now += TimeDelta::days(i64::from(PROPOSAL_DAYS) + 1);
    ledger.ask(Some("school"), named(8)).unwrap();
    let Some(State::Proposals(held)) = ledger.states.get(&Key::proposals()) else { panic!("no proposals") };
    assert_eq!(held.len(), 1, "those that ended are let go");
    assert_folds(&ledger);
}

#[test]
fn a_merge_is_of_the_accounts_that_were_read() {
    let mut ledger = Ledger::open();
    let (propose, approve, digest) = merge();
    ledger.ask(Some("school"), propose).unwrap();
    let read = digest(&ledger);
    // r3 is found to be r1 as well, before the first merge is approved.
    ledger.merge(MergeAct::Merge { merged: resident(3), survivor: resident(1) }).unwrap();
    let right = approve(&ledger, read, person("officer-02"));
    assert_eq!(reason(ledger.ask(Some("school"), right)), Reason::ProposalChanged);
    assert_folds(&ledger);
}
