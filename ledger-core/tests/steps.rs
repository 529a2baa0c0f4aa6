//! The steps of a selection: a whole year, and what is refused on the way. `walks.rs` goes through it at random.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod harness;

use harness::selection::{District, SMALL, evidence};
use harness::{Ledger, assert_folds};
use ledger_core::Reason;
use ledger_core::date::OccurredOn;
use ledger_core::entry::Digest32;
use ledger_core::event::{self, Fact};
use ledger_core::id::OrganizationId;
use ledger_core::quantity::Position;
use ledger_core::registry::InstitutionType;
use ledger_core::selection::fact::{By, TieVoted};
use ledger_core::selection::step::{ApplicationAct, ObjectionAct, TitleAct};
use ledger_core::selection::{Bar, FAMILY_DEFAULT, OpenTie, Stage, Standard, Title, Window, Withdrawal};

#[test]
fn a_household_goes_through_the_whole_year_and_gets_its_award() {
    let mut district = District::with(FAMILY_DEFAULT);
    district.open().unwrap();
    for household in ["h1", "h2"] {
        district.apply(household).unwrap();
        district.verify(household, true).unwrap();
        district.review(household, true).unwrap();
        for item in ["reading", "habit", "harmony", "example"] {
            for judge in ["judge-1", "judge-2", "judge-3"] {
                district.judge(household, item, 5, judge).unwrap();
            }
        }
    }
    let standard = Standard::parse(FAMILY_DEFAULT).unwrap();
    let at = district.position();
    assert_eq!(district.application("h1").bars(&standard, at), []);
    assert_eq!(district.application("h1").judged(at).points(&harness::selection::code("habit"), 3), Some(5));
    assert_eq!(
        district.application("h1").bars(&standard, ledger_core::quantity::Position(1)),
        [Bar::NotApplied]
    );
    district.applications_end();
    district.propose_freeze(&["h1", "h2"], "officer-1").unwrap();
    district.approve_freeze("officer-2").unwrap();
    district.notice().unwrap();
    let objection = district.object("h2").unwrap();
    district.objection(objection, ObjectionAct::Answer { upheld: true }, "officer-1").unwrap();
    district.objection(objection, ObjectionAct::Appeal, "citizen-1").unwrap();
    district.objection(objection, ObjectionAct::AnswerAppeal { upheld: true }, "officer-2").unwrap();
    district.days_pass(7);
    district.propose_naming("officer-1").unwrap();
    district.approve_naming("officer-2").unwrap();
    let awards: Vec<_> = district
        .ledger
        .log
        .iter()
        .filter_map(|bytes| match event::decode(bytes).unwrap().fact {
            Fact::EntryRecorded(entry) => Some((entry.account.to_string(), entry.kind.to_string())),
            _ => None,
        })
        .collect();
    assert_eq!(awards, [("households/h1".to_owned(), "AWD".to_owned())], "the objection kept h2 out");
    district.step("school", harness::selection::close()).unwrap();
    assert_eq!(district.selection().stage(), Stage::Closed);

    let title = district.titles("h1");
    let held = &title.titles[0];
    assert_eq!(
        (held.from.to_string(), held.until.to_string()),
        ("2027-06-19".to_owned(), "2030-12-31".to_owned())
    );
    district.title("h1", TitleAct::Recheck { year: 2027, kept: true }, "officer-1").unwrap();
    let again = district.title("h1", TitleAct::Recheck { year: 2027, kept: false }, "officer-1");
    assert_eq!(again.unwrap_err().reason(), Reason::StageDone);
    let ground = harness::selection::code("false-record");
    let proposal = TitleAct::ProposeWithdrawal { ground, evidence: evidence() };
    district.title("h1", proposal, "officer-1").unwrap();
    let alone = district.approve_withdrawal("h1", "officer-1");
    assert_eq!(alone.unwrap_err().reason(), Reason::SameActor);
    let read = district.withdrawal("h1");
    let other = harness::selection::code("moved-away");
    let instead = TitleAct::ProposeWithdrawal { ground: other, evidence: evidence() };
    district.title("h1", instead, "officer-1").unwrap();
    let unread = district.title("h1", TitleAct::ApproveWithdrawal { digest: read }, "officer-2").unwrap_err();
    assert_eq!((unread.reason(), unread.field_path()), (Reason::ProposalChanged, Some("sha256")));
    district.approve_withdrawal("h1", "officer-2").unwrap();
    let (today, at) = (district.today(), district.position());
    let bars = district.titles("h1").bars(&standard.title, today, at);
    assert_eq!(
        bars.iter().map(|bar| format!("{bar:?}")).collect::<Vec<_>>(),
        ["Barred { until: OccurredOn(2029-06-19) }"]
    );
    assert_folds(&district.ledger);
}

#[test]
fn a_list_with_open_ties_waits_for_the_panel() {
    let mut district = District::with(SMALL);
    district.open().unwrap();
    district.bring_to_panel("h1");
    district.applications_end();
    let open = tie(&["h1", "h2"], b"a tie");
    let refusal = district.propose_freeze_tied(Some(open.clone())).unwrap_err();
    assert_eq!(refusal.reason(), Reason::StageOrder);
    assert!(refusal.metadata().iter().any(|(key, value)| *key == "tied" && value == "2"), "{refusal:?}");
    let digest = open.digest.to_string();
    assert!(refusal.metadata().iter().any(|(key, value)| *key == "sha256" && *value == digest));
    district.propose_freeze_tied(None).unwrap();
}

fn tie(candidates: &[&str], figures: &[u8]) -> OpenTie {
    let candidates = candidates.iter().map(|id| harness::selection::household(id)).collect();
    OpenTie { candidates, digest: Digest32::of(figures) }
}

#[test]
fn a_vote_that_names_another_tie_than_the_one_that_stands_is_refused() {
    let mut district = District::with(&SMALL.replace("source =", "still_equal = \"panel\"\nsource ="));
    district.open().unwrap();
    for household in ["h1", "h2", "h3"] {
        district.bring_to_panel(household);
    }
    let (open, at) = (tie(&["h1", "h2"], b"as they are"), district.position());
    let seen = Digest32::of(b"as they were");
    let early = district.vote((at, None), open.digest, &["h1", "h2"]).unwrap_err();
    assert_eq!((early.reason(), early.field_path()), (Reason::TieChanged, Some("tie_sha256")));
    let stale = district.vote((at, Some(open.clone())), seen, &["h1", "h2"]).unwrap_err();
    assert_eq!(stale.reason(), Reason::TieChanged);
    for order in [&["h1", "h3"][..], &["h1", "h2", "h3"]] {
        let crossed = district.vote((at, Some(open.clone())), open.digest, order).unwrap_err();
        assert_eq!((crossed.reason(), crossed.field_path()), (Reason::FieldInvalid, Some("order")));
    }
    let late = Position(at.0 - 1);
    let behind = district.vote((late, Some(open.clone())), open.digest, &["h1", "h2"]).unwrap_err();
    assert_eq!(behind.reason(), Reason::SelectionChanged);
    district.vote((at, Some(open.clone())), open.digest, &["h2", "h1"]).unwrap();
    let votes = district.selection().votes(district.position());
    let order = [harness::selection::household("h2"), harness::selection::household("h1")];
    assert_eq!(votes.on(&open), Some(&order[..]));
    assert_eq!(votes.on(&tie(&["h1", "h2"], b"as they were")), None);
    assert_folds(&district.ledger);
}

#[test]
fn a_vote_from_before_votes_named_their_tie_is_read_as_it_was_written() {
    let digest = evidence();
    let old = format!(
        r#"{{"selection":"families-2027","order":[{{"type":"household","id":"h1"}}],"minutes":"{digest}","by":{{"organization":"school","person":"officer-1","on":"2027-06-01"}}}}"#
    );
    let voted: TieVoted = serde_json::from_str(&old).unwrap();
    assert_eq!(voted.tie, None);
    assert_eq!(serde_json::to_string(&voted).unwrap(), old);
}

#[test]
fn nobody_reviews_what_one_has_verified_or_answers_what_one_has_raised() {
    let mut district = District::with(SMALL);
    district.open().unwrap();
    district.apply("h1").unwrap();
    district.verify("h1", true).unwrap();
    let alone = district.review_by("h1", true, "clerk-1").unwrap_err();
    assert_eq!((alone.reason(), alone.field_path()), (Reason::SameActor, Some("person")));
    district.review("h1", true).unwrap();

    let mut district = District::noticed();
    let objection = district.object("h1").unwrap();
    let answer = ObjectionAct::Answer { upheld: true };
    let raised_by = "citizen-1";
    let alone = district.objection(objection, answer, raised_by).unwrap_err();
    assert_eq!((alone.reason(), alone.field_path()), (Reason::SameActor, Some("answered_by")));
    district.objection(objection, ObjectionAct::Answer { upheld: false }, "officer-1").unwrap();
    district.objection(objection, ObjectionAct::Appeal, "officer-3").unwrap();
    for own in [raised_by, "officer-1", "officer-3"] {
        let alone =
            district.objection(objection, ObjectionAct::AnswerAppeal { upheld: true }, own).unwrap_err();
        assert_eq!(alone.reason(), Reason::SameActor, "{own}");
    }
    district.objection(objection, ObjectionAct::AnswerAppeal { upheld: true }, "officer-2").unwrap();
}

#[test]
fn a_title_that_is_withdrawn_on_its_last_day_ends_that_day() {
    let by = |person: &str| By {
        organization: OrganizationId::parse("district").unwrap(),
        person: harness::selection::person(person),
        on: OccurredOn::parse("2029-12-31", "day").unwrap(),
    };
    let day = |text: &str| OccurredOn::parse(text, "day").unwrap();
    let mut title = Title {
        title: harness::selection::code("learning-family"),
        selection: harness::selection::selection_id(),
        named_at: Position(5),
        from: day("2026-10-15"),
        until: day("2029-12-31"),
        barred_years: 2,
        rechecks: Vec::new(),
        withdrawal: None,
    };
    let last = day("2029-12-31");
    assert!(title.holds(last, Position(9)) && !title.holds(day("2030-01-01"), Position(9)));
    title.withdrawal = Some(Withdrawal {
        proposed_at: Position(10),
        ground: harness::selection::code("false-record"),
        evidence: evidence(),
        proposed_by: by("officer-01"),
        approved: Some((Position(11), by("officer-02"))),
        barred_until: Some(day("2031-12-31")),
    });
    assert!(title.holds(last, Position(10)), "as it was known before");
    assert!(!title.holds(last, Position(11)) && title.holds(day("2029-12-30"), Position(11)));
}

#[test]
fn a_judge_never_scores_a_household_of_the_own_family() {
    let mut district = District::with(SMALL);
    district.open().unwrap();
    district.apply("h1").unwrap();
    district.verify("h1", true).unwrap();
    district.review("h1", true).unwrap();
    // r1 was a member of h1 years ago; r2, the judge's account, was merged with it.
    district.was_member("h1", "r1");
    district.merge("r1", "r2");
    district.appoint("kin", Some("r2")).unwrap();
    let refused = district.judge("h1", "habit", 5, "kin").unwrap_err();
    assert_eq!(refused.reason(), Reason::JudgeConflict);
    district.judge("h1", "habit", 5, "judge-1").unwrap();
    assert_folds(&district.ledger);
}

#[test]
fn a_list_is_not_frozen_over_what_came_behind_it() {
    let mut district = District::with(SMALL);
    district.open().unwrap();
    for household in ["h1", "h2"] {
        district.bring_to_panel(household);
    }
    district.apply("h3").unwrap();
    district.applications_end();
    let before = district.position();
    district.veto("h2").unwrap();
    let late = district.propose_freeze_at(before, &["h1"], "officer-1").unwrap_err();
    assert_eq!(late.reason(), Reason::SelectionChanged);
    let barred = district.propose_freeze(&["h1", "h2"], "officer-1").unwrap_err();
    assert_eq!(barred.reason(), Reason::NotQualified);
    district.propose_freeze(&["h1"], "officer-1").unwrap();
    district.verify("h3", true).unwrap();
    assert_eq!(district.approve_freeze("officer-2").unwrap_err().reason(), Reason::SelectionChanged);
    district.propose_freeze(&["h1"], "officer-1").unwrap();
    assert_eq!(district.approve_freeze("officer-1").unwrap_err().reason(), Reason::SameActor);
    district.approve_freeze("officer-2").unwrap();
    assert_eq!(district.approve_freeze("officer-2").unwrap_err().reason(), Reason::StageDone);
}

#[test]
fn a_list_is_not_frozen_while_anything_it_is_made_of_is_still_to_come() {
    let day = |text: &str| OccurredOn::parse(text, "day").unwrap();
    let of_2026 = Window::of_year(2026);
    let spring = Window { from: day("2027-01-01"), to: day("2027-06-30") };
    for (what, window, counted_on, first) in [
        ("applications end on 11 June", of_2026, "2027-06-01", "2027-06-12"),
        ("the days that are looked at", spring, "2027-06-01", "2027-07-01"),
        ("the day whose members count", of_2026, "2027-08-31", "2027-08-31"),
    ] {
        let mut district = District::with(SMALL);
        district.open_over(window, day(counted_on)).unwrap();
        district.bring_to_panel("h1");
        assert_eq!(district.selection().freezes_on(), day(first), "{what}");
        district.days_pass(day(first).days_from(district.today()) - 2);
        let early = district.propose_freeze(&["h1"], "officer-1").unwrap_err();
        assert_eq!(early.reason(), Reason::FreezeTooEarly, "{what}");
        assert!(early.metadata().iter().any(|(key, value)| *key == "freezes_on" && value == first), "{what}");
        district.days_pass(1);
        district.propose_freeze(&["h1"], "officer-1").unwrap();
        district.approve_freeze("officer-2").unwrap();
    }
}

#[test]
fn a_withdrawn_application_gives_its_place_back_and_begins_anew() {
    let mut district = District::with(FAMILY_DEFAULT);
    district.open().unwrap();
    for household in ["h1", "h2", "h3", "h4"] {
        district.apply(household).unwrap();
    }
    for household in ["h1", "h2", "h3"] {
        district.verify(household, true).unwrap();
    }
    let most = district.verify("h4", true).unwrap_err();
    assert_eq!(most.reason(), Reason::RecommendationsFull);
    district.withdraw("h1").unwrap();
    district.verify("h4", true).unwrap();
    district.apply("h1").unwrap();
    assert_eq!(district.verify("h1", true).unwrap_err().reason(), Reason::RecommendationsFull);
    district.verify("h1", false).unwrap();
    assert_eq!(district.review("h1", true).unwrap_err().reason(), Reason::StageOrder);
    assert_folds(&district.ledger);
}

#[test]
fn an_answer_that_comes_late_says_how_late_and_blocks_nothing() {
    let mut district = District::noticed();
    let objection = district.object("h1").unwrap();
    district.days_pass(20);
    assert_eq!(district.propose_naming("officer-1").unwrap_err().reason(), Reason::ObjectionOpen);
    district.objection(objection, ObjectionAct::Answer { upheld: false }, "officer-1").unwrap();
    let at = district.position();
    let record = district.application("h1");
    let answer = record.as_of(at).objections[0].answer.unwrap();
    assert_eq!((answer.upheld, answer.days_late), (false, 13));
    assert_eq!(district.propose_naming("officer-1").unwrap_err().reason(), Reason::ObjectionOpen);
    district.days_pass(6);
    let late = district.objection(objection, ObjectionAct::Appeal, "citizen-1").unwrap_err();
    assert_eq!(late.reason(), Reason::ObjectionDeadline);
    district.propose_naming("officer-1").unwrap();
    district.approve_naming("officer-2").unwrap();
}

#[test]
fn nobody_is_named_over_differences_that_nobody_has_seen() {
    let mut district = District::noticed();
    district.days_pass(8);
    let differences = Some(evidence());
    let unseen = district.propose_naming_over(differences, "officer-1").unwrap_err();
    assert_eq!(unseen.reason(), Reason::DifferencesUnseen);
    district.note_differences(evidence()).unwrap();
    district.propose_naming_over(differences, "officer-1").unwrap();
    district.approve_naming_over(None, "officer-2").unwrap_err();
    district.approve_naming_over(differences, "officer-2").unwrap();
}

#[test]
fn whose_consent_was_withdrawn_after_the_freeze_is_not_named() {
    let asks = format!("{SMALL}\n[eligibility]\nconsent = true\n");
    let noticed = || {
        let mut district = District::with(&asks);
        district.lives_in_h1("r1");
        let mut district = district.until_noticed("h1");
        district.days_pass(8);
        district
    };
    let out = (
        vec![],
        vec![("households/h1".to_owned(), r#"{"because":"consent_missing","members":["r1"]}"#.to_owned())],
    );
    // Withdrawn before the naming was proposed, today: it is gone at once.
    let mut district = noticed();
    district.withdraw_consent("r1");
    district.propose_naming("officer-1").unwrap();
    assert_eq!(district.proposed(), out);
    // Withdrawn between the proposal and its approval.
    let mut district = noticed();
    district.propose_naming("officer-1").unwrap();
    assert_eq!(district.proposed(), (vec!["households/h1".to_owned()], vec![]));
    district.withdraw_consent("r1");
    assert_eq!(district.approve_naming("officer-2").unwrap_err().reason(), Reason::SelectionChanged);
    district.propose_naming("officer-1").unwrap();
    assert_eq!(district.proposed(), out);
    district.approve_naming("officer-2").unwrap();
    assert!(!district.has_title("h1"));
    assert_folds(&district.ledger);
}

#[test]
fn a_resident_for_whom_another_account_answers_is_not_named() {
    let residents = SMALL.replace("source =", "candidates = \"resident\"\nsource =");
    let mut district = District::with(&residents).until_noticed("residents/r2");
    district.days_pass(8);
    district.propose_naming("officer-1").unwrap();
    assert_eq!(district.proposed(), (vec!["residents/r2".to_owned()], vec![]));
    district.merge("r2", "r1");
    assert_eq!(district.approve_naming("officer-2").unwrap_err().reason(), Reason::SelectionChanged);
    district.propose_naming("officer-1").unwrap();
    let why = r#"{"because":"merged","into":"r1"}"#.to_owned();
    assert_eq!(district.proposed(), (vec![], vec![("residents/r2".to_owned(), why)]));
    district.approve_naming("officer-2").unwrap();
    assert!(!district.has_title("residents/r2") && !district.has_title("residents/r1"));
    assert_folds(&district.ledger);
}

#[test]
fn an_organisation_that_is_closed_neither_applies_nor_is_named() {
    let organizations = SMALL.replace("source =", "candidates = \"organization\"\nsource =");
    let mut district = District::with(&organizations);
    district.closes("c1");
    district.open().unwrap();
    let closed = district.apply("organizations/c1").unwrap_err();
    assert_eq!((closed.reason(), closed.field_path()), (Reason::SchoolClosed, Some("candidate")));

    let mut district = District::with(&organizations).until_noticed("organizations/c2");
    district.days_pass(8);
    district.propose_naming("officer-1").unwrap();
    district.closes("c2");
    assert_eq!(district.approve_naming("officer-2").unwrap_err().reason(), Reason::SelectionChanged);
    district.propose_naming("officer-1").unwrap();
    let why = format!(r#"{{"because":"closed","last_day":"{}"}}"#, district.today());
    assert_eq!(district.proposed(), (vec![], vec![("organizations/c2".to_owned(), why)]));
    assert_folds(&district.ledger);
}

#[test]
fn who_did_not_pass_the_review_does_not_begin_anew() {
    let mut district = District::with(SMALL);
    district.open().unwrap();
    district.apply("h1").unwrap();
    district.verify("h1", true).unwrap();
    district.review("h1", false).unwrap();
    district.withdraw("h1").unwrap();
    let again = district.apply("h1").unwrap_err();
    assert_eq!(again.reason(), Reason::NotQualified);
    assert!(again.metadata().iter().any(|(key, value)| *key == "bar" && value == "review_failed"));
    // Who passed and withdrew may.
    district.apply("h2").unwrap();
    district.verify("h2", true).unwrap();
    district.review("h2", true).unwrap();
    district.withdraw("h2").unwrap();
    district.apply("h2").unwrap();
}

#[test]
fn an_application_is_taken_back_by_who_took_it_in_or_stands_above() {
    let mut district = District::with(SMALL);
    for id in ["lane", "yard"] {
        district.register(id, "c1", InstitutionType::TeachingPoint);
    }
    district.open().unwrap();
    for taken_back_by in ["lane", "c1", "town", "school"] {
        district.act("lane", "h1", ApplicationAct::Apply, "clerk-1").unwrap();
        for stranger in ["yard", "c2"] {
            let refused = district.act(stranger, "h1", ApplicationAct::Withdraw, "clerk-1").unwrap_err();
            assert_eq!(refused.reason(), Reason::NotYourStep, "{stranger}");
            let owner = ("belongs_to", "lane".to_owned());
            assert!(refused.metadata().iter().any(|(key, value)| (*key, value.clone()) == owner));
        }
        district.act(taken_back_by, "h1", ApplicationAct::Withdraw, "clerk-1").unwrap();
    }
    assert_folds(&district.ledger);
}

#[test]
fn the_facts_of_a_selection_keep_their_bytes() {
    let mut district = District::noticed();
    district.days_pass(8);
    district.propose_naming("officer-1").unwrap();
    district.approve_naming("officer-2").unwrap();
    let told: Vec<String> = Ledger::selection_facts(&district.ledger);
    insta::assert_snapshot!(told.join("\n"));
}
