//! What the log knows of personal data: who recorded it, who read it, who was erased; and that it stays out of the log.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod harness;

use harness::{Ledger, assert_folds, day, lecture};
use ledger_core::account::Roll;
use ledger_core::command::Action;
use ledger_core::entry::Digest32;
use ledger_core::event::{self, Fact};
use ledger_core::id::{HouseholdId, PersonId, ResidentId};
use ledger_core::identity::{MergeAct, Purpose, Role};
use ledger_core::person::{Field, PersonAct, ReadPurpose, ResidentErased};
use ledger_core::projection::{Key, ResidentRecord, State};
use ledger_core::quantity::Position;
use ledger_core::registry::Household;
use ledger_core::{Reason, Refusal};

fn resident(id: &str) -> ResidentId {
    ResidentId::parse(id).unwrap()
}

fn person(id: &str) -> PersonId {
    PersonId::parse(id).unwrap()
}

fn ask(ledger: &mut Ledger, act: PersonAct) -> Result<(), Refusal> {
    ledger.ask(Some("school"), Action::Person(Box::new(act)))
}

fn reason(answer: Result<(), Refusal>) -> Reason {
    answer.unwrap_err().reason()
}

fn record(ledger: &Ledger, id: &str) -> ResidentRecord {
    match ledger.states.0.get(&Key::resident(&resident(id))) {
        Some(State::Resident(record)) => record.clone(),
        _ => panic!("no {id}"),
    }
}

fn put(id: &str, needs_guardian: bool) -> PersonAct {
    PersonAct::Record {
        resident: resident(id),
        fields: vec![Field::Name, Field::BirthDate],
        needs_guardian,
        recorded_by: person("clerk-01"),
    }
}

fn read(id: &str, approved_by: Option<&str>, needs_approval: bool) -> PersonAct {
    PersonAct::Read {
        resident: resident(id),
        fields: vec![Field::Name],
        purpose: ReadPurpose::Contact,
        reader: person("officer-01"),
        approved_by: approved_by.map(person),
        needs_approval,
    }
}

fn propose(id: &str) -> PersonAct {
    PersonAct::ProposeErasure { resident: resident(id), proposed_by: person("officer-01") }
}

fn approve(ledger: &Ledger, id: &str, by: &str) -> PersonAct {
    let digest = record(ledger, id).erasure.requested.map_or(Digest32([0; 32]), |held| held.digest);
    PersonAct::ApproveErasure { resident: resident(id), digest, approved_by: person(by) }
}

#[test]
fn reads_stand_with_the_resident_and_tell_who_and_why() {
    let mut ledger = Ledger::open();
    ask(&mut ledger, put("r1", false)).unwrap();
    ask(&mut ledger, read("r1", None, false)).unwrap();
    let at = Position(ledger.log.len() as u64);
    let Some(State::Roll(roll)) = ledger.states.0.get(&Key::reads(&resident("r1"), Roll::window(at))) else {
        panic!("no reads");
    };
    assert_eq!(roll.positions(Roll::window(at)).collect::<Vec<_>>(), [at]);
    let bytes = String::from_utf8(ledger.log.last().unwrap().clone()).unwrap();
    for told in ["personal_data_read", "officer-01", "contact", "\"fields\":[\"name\"]"] {
        assert!(bytes.contains(told), "{bytes}");
    }
    assert_eq!(reason(ask(&mut ledger, read("r1", None, true))), Reason::AccessApprovalRequired);
    assert_eq!(reason(ask(&mut ledger, read("r1", Some("officer-0l"), true))), Reason::SameActor);
    assert_eq!(reason(ask(&mut ledger, read("r9", None, false))), Reason::ResidentNotFound);
    ask(&mut ledger, read("r1", Some("officer-02"), true)).unwrap();
    assert_folds(&ledger);
}

#[test]
fn windows_of_reads_stand_newest_first() {
    let key = |window| Key::reads(&resident("r1"), window);
    assert!(key(7) < key(6) && key(12_345).window_of_newest() == Some(12_345));
}

#[test]
fn a_childs_data_waits_for_the_guardian() {
    let mut ledger = Ledger::open();
    assert_eq!(reason(ask(&mut ledger, put("r1", true))), Reason::GuardianConsentRequired);
    let home = HouseholdId::parse("h1").unwrap();
    let household = Household { household: home.clone(), organization: harness::organization("school") };
    ledger.ask(Some("school"), Action::RegisterHousehold(household)).unwrap();
    for (id, role) in [("r2", Role::Adult), ("r1", Role::Minor)] {
        let (household, resident) = (home.clone(), resident(id));
        let join = Action::JoinHousehold { household, resident, role, from: day(0), to: None };
        ledger.ask(Some("school"), join).unwrap();
    }
    let (minor, guardian) = (resident("r1"), resident("r2"));
    let name = Action::NameGuardian { resident: minor.clone(), guardian: guardian.clone(), from: day(0) };
    ledger.ask(Some("school"), name).unwrap();
    let consent = |purpose| Action::GiveConsent {
        resident: minor.clone(),
        given_by: guardian.clone(),
        purpose,
        from: day(0),
    };
    ledger.ask(Some("school"), consent(Purpose::Selection)).unwrap();
    assert_eq!(reason(ask(&mut ledger, put("r1", true))), Reason::GuardianConsentRequired, "for another use");
    ledger.ask(Some("school"), consent(Purpose::PersonalData)).unwrap();
    ask(&mut ledger, put("r1", true)).unwrap();
    let last_day = day(300);
    let withdraw = Action::WithdrawConsent { resident: minor, purpose: Purpose::PersonalData, last_day };
    ledger.ask(Some("school"), withdraw).unwrap();
    assert_eq!(
        reason(ask(&mut ledger, put("r1", true))),
        Reason::GuardianConsentRequired,
        "it was withdrawn"
    );
    assert_folds(&ledger);
}

#[test]
fn two_persons_erase_and_nothing_more_is_recorded() {
    let mut ledger = Ledger::open();
    ledger.ask(Some("school"), Action::Post(vec![lecture("r1", day(1))])).unwrap();
    let posted = Position(ledger.log.len() as u64);
    let figures = ledger.figures();
    let early = approve(&ledger, "r1", "officer-02");
    assert_eq!(reason(ask(&mut ledger, early)), Reason::ErasureNotFound);
    ask(&mut ledger, propose("r1")).unwrap();
    let own = approve(&ledger, "r1", "officer-0l");
    assert_eq!(reason(ask(&mut ledger, own)), Reason::SameActor);
    let first = approve(&ledger, "r1", "officer-02");
    ledger.now += chrono::TimeDelta::days(1);
    ask(&mut ledger, propose("r1")).unwrap();
    assert_eq!(reason(ask(&mut ledger, first)), Reason::ProposalChanged, "a later proposal took its place");
    ledger.now += chrono::TimeDelta::days(8);
    let late = approve(&ledger, "r1", "officer-02");
    assert_eq!(reason(ask(&mut ledger, late)), Reason::ProposalExpired);
    ask(&mut ledger, propose("r1")).unwrap();
    ledger.now += chrono::TimeDelta::days(7);
    let right = approve(&ledger, "r1", "officer-02");
    ask(&mut ledger, right.clone()).unwrap();
    assert_eq!(reason(ask(&mut ledger, right)), Reason::ResidentErased, "an approval is used once");

    for act in [put("r1", false), read("r1", None, false), propose("r1")] {
        assert_eq!(reason(ask(&mut ledger, act)), Reason::ResidentErased);
    }
    let post = Action::Post(vec![lecture("r1", day(1))]);
    let merge = |merged: &str, survivor: &str| Action::ProposeMerge {
        act: MergeAct::Merge { merged: resident(merged), survivor: resident(survivor) },
        proposed_by: person("clerk-01"),
    };
    let rename = Action::ChangeIdentifier { resident: resident("r1"), to: resident("r7") };
    for action in [post, merge("r1", "r2"), merge("r2", "r1"), rename] {
        assert_eq!(reason(ledger.ask(Some("school"), action)), Reason::ResidentErased);
    }
    assert_eq!(ledger.figures(), figures, "no figure changes");
    let reverse = Action::Reverse {
        position: posted,
        entry: Box::new(lecture("r1", day(1))),
        reason: ledger_core::entry::ReversalReason::InputError,
    };
    ledger.ask(Some("school"), reverse).unwrap();
    assert_folds(&ledger);
}

#[test]
fn all_accounts_of_a_person_are_erased_and_only_those_that_were_approved() {
    let mut ledger = Ledger::open();
    ask(&mut ledger, propose("r1")).unwrap();
    let before = approve(&ledger, "r1", "officer-02");
    ledger.merge(MergeAct::Merge { merged: resident("r2"), survivor: resident("r1") }).unwrap();
    assert_eq!(reason(ask(&mut ledger, before)), Reason::ProposalChanged, "accounts were merged since");
    assert_eq!(reason(ask(&mut ledger, propose("r2"))), Reason::ResidentMerged);
    ask(&mut ledger, propose("r1")).unwrap();
    let all = approve(&ledger, "r1", "officer-02");
    ask(&mut ledger, all).unwrap();
    let at = Some(Position(ledger.log.len() as u64));
    for id in ["r1", "r2"] {
        assert_eq!(record(&ledger, id).erasure.erased_at, at);
    }
    let unmerge = MergeAct::Unmerge { merged: resident("r2"), kept: vec![] };
    assert_eq!(reason(ledger.merge(unmerge)), Reason::ResidentErased);
    assert_folds(&ledger);
}

#[test]
fn an_erasure_that_a_log_has_lost_is_done_again_once() {
    let mut ledger = Ledger::open();
    let erased = ResidentErased {
        resident: resident("r1"),
        accounts: vec![resident("r1"), resident("r9")],
        organization: harness::organization("school"),
        proposed_by: person("officer-01"),
        approved_by: person("officer-02"),
        proposed_at: Some(Position(99)),
    };
    let strange =
        ResidentErased { resident: resident("r9"), accounts: vec![resident("r9")], ..erased.clone() };
    let strange = Action::Person(Box::new(PersonAct::EraseAgain(strange)));
    assert_eq!(reason(ledger.ask(None, strange)), Reason::ResidentNotFound, "it waits for the account");
    for _ in 0..2 {
        ledger.ask(None, Action::Person(Box::new(PersonAct::EraseAgain(erased.clone())))).unwrap();
    }
    let facts = ledger.log.iter().map(|bytes| event::decode(bytes).unwrap().fact);
    let again: Vec<Fact> = facts.filter(|fact| matches!(fact, Fact::ResidentErased(_))).collect();
    let expected = ResidentErased { accounts: vec![resident("r1")], proposed_at: None, ..erased };
    assert_eq!(again, [Fact::ResidentErased(expected)], "of the accounts that are known, once");
    assert_folds(&ledger);
}

#[test]
fn a_card_is_recorded_by_its_organisation_or_one_above() {
    let mut ledger = Ledger::open();
    let card =
        |of: &str| PersonAct::RecordCard { of: harness::organization(of), recorded_by: person("clerk-01") };
    ask(&mut ledger, card("school")).unwrap();
    assert_eq!(reason(ask(&mut ledger, card("none"))), Reason::OrganizationNotFound);
    assert_folds(&ledger);
}
