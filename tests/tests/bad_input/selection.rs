//! Steps of a selection that are refused, each at its place in the year, by both stores alike, and nothing changes.

use crate::stage::{ledger_id, stores};
use chrono::TimeDelta;
use creditbank_ledger::{Clock, Ledger, Limits};
use creditbank_tests::{Clients, District, bank_with, fresh, june_first_2026};
use ledger_core::Reason;
use ledger_core::command::{Action, Command};
use ledger_core::date::OccurredOn;
use ledger_core::entry::Digest32;
use ledger_core::event::Fact;
use ledger_core::id::{
    AccountId, Code, HouseholdId, OrganizationId, PersonId, RequestId, ResidentId, SelectionId, StandardId,
};
use ledger_core::identity::Role;
use ledger_core::quantity::Position;
use ledger_core::registry::Household;
use ledger_core::selection::fact::{FreezeProposed, GroundKind, NamingProposed, StandardProposed};
use ledger_core::selection::step::{ApplicationAct, ObjectionAct, Step, TitleAct};
use ledger_core::selection::{FAMILY_DEFAULT, OpenTie, Window};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Reasons that this journey sees.
pub const REASONS: [Reason; 27] = [
    Reason::StandardInvalid,
    Reason::StandardNotFound,
    Reason::SelectionNotFound,
    Reason::SelectionOpen,
    Reason::ApplicationNotFound,
    Reason::ApplicationClosed,
    Reason::StageOrder,
    Reason::StageDone,
    Reason::NotYourStep,
    Reason::RecommendationsFull,
    Reason::JudgeNotFound,
    Reason::JudgeConflict,
    Reason::ItemNotFound,
    Reason::ScoreAboveItem,
    Reason::GroundNotFound,
    Reason::NotQualified,
    Reason::SelectionChanged,
    Reason::SelectionStale,
    Reason::FreezeTooEarly,
    Reason::TieChanged,
    Reason::NoticeNotOver,
    Reason::ObjectionNotFound,
    Reason::ObjectionDeadline,
    Reason::ObjectionOpen,
    Reason::DifferencesUnseen,
    Reason::TitleNotHeld,
    Reason::SelectionFull,
];

fn person(id: &str) -> PersonId {
    PersonId::parse(id).unwrap()
}

fn organization(id: &str) -> OrganizationId {
    OrganizationId::parse(id).unwrap()
}

fn family(n: u32) -> AccountId {
    AccountId::Household(HouseholdId::parse(&format!("f{n}")).unwrap())
}

fn selection() -> SelectionId {
    SelectionId::parse("families-2026").unwrap()
}

fn sheet() -> Digest32 {
    Digest32::of(b"a scanned sheet")
}

fn day(text: &str) -> OccurredOn {
    OccurredOn::parse(text, "day").unwrap()
}

/// The standard of learning families, where the panel votes on equals.
fn document() -> String {
    FAMILY_DEFAULT.replace("\"all_in\"", "\"panel\"")
}

fn propose(document: &str) -> Step {
    Step::ProposeStandard(StandardProposed {
        standard: StandardId::parse("family-default").unwrap(),
        version: 1,
        document: document.to_owned(),
        proposed_by: person("officer-01"),
        expires_on: None,
    })
}

fn publish(standard: &str, who: &str) -> Step {
    Step::PublishStandard {
        standard: StandardId::parse(standard).unwrap(),
        version: 1,
        digest: Digest32::of(document().as_bytes()),
        approved_by: person(who),
    }
}

fn open(id: &str, year: i32) -> Step {
    Step::Open {
        selection: SelectionId::parse(id).unwrap(),
        year,
        standard: StandardId::parse("family-default").unwrap(),
        window: Window::of_year(2025),
        counted_on: day("2025-12-31"),
        apply_until: day("2026-06-30"),
        person: person("officer-01"),
    }
}

fn act(n: u32, act: ApplicationAct, who: &str) -> Step {
    Step::Application { selection: selection(), candidate: family(n), act, person: person(who) }
}

fn apply(n: u32) -> Step {
    act(n, ApplicationAct::Apply, "clerk-01")
}

fn verify(n: u32) -> Step {
    let verified = ApplicationAct::Verify { recommended: true, residence_confirmed: true, stamp: sheet() };
    act(n, verified, "clerk-01")
}

fn review(n: u32) -> Step {
    act(n, ApplicationAct::Review { passed: true }, "officer-01")
}

fn judge(n: u32, item: &'static str, points: u32, who: &str) -> Step {
    act(n, ApplicationAct::Judge { item: Code::constant(item), points }, who)
}

fn ground(n: u32, ground: &'static str) -> Step {
    let (ground, kind) = (Code::constant(ground), GroundKind::Veto);
    act(n, ApplicationAct::Record { ground, kind, evidence: sheet() }, "officer-01")
}

fn object(n: u32) -> Step {
    act(n, ApplicationAct::Object { ground: Code::constant("moved-away"), evidence: sheet() }, "citizen-01")
}

fn objection(objection: Position, act: ObjectionAct, who: &str) -> Step {
    Step::Objection { selection: selection(), objection, act, evidence: sheet(), person: person(who) }
}

fn freeze(at: u64, chosen: impl IntoIterator<Item = u32>) -> Step {
    Step::ProposeFreeze {
        selection: selection(),
        at: Position(at),
        digest: Digest32::of(b"the list"),
        places: Some(60),
        chosen: chosen.into_iter().map(family).collect(),
        tied: None,
        person: person("officer-01"),
    }
}

/// A vote on a tie that the panel saw, where the list has f1 and f2 equal.
fn vote(at: u64, seen: &[u8], order: impl IntoIterator<Item = u32>) -> Step {
    let open = OpenTie { candidates: vec![family(1), family(2)], digest: Digest32::of(b"a tie") };
    Step::VoteTie {
        selection: selection(),
        at: Position(at),
        open: Some(open),
        tie: Digest32::of(seen),
        order: order.into_iter().map(family).collect(),
        minutes: sheet(),
        person: person("officer-01"),
    }
}

fn approve_freeze(list: &[u8], who: &str) -> Step {
    Step::ApproveFreeze { selection: selection(), digest: Digest32::of(list), person: person(who) }
}

fn notice(from: &str, to: &str) -> Step {
    Step::PublishNotice { selection: selection(), from: day(from), to: day(to), person: person("officer-01") }
}

fn withdraw_title(n: u32, who: &str) -> Step {
    Step::Title {
        candidate: family(n),
        title: Code::constant("learning-family"),
        act: TitleAct::ApproveWithdrawal { digest: sheet() },
        person: person(who),
    }
}

/// A ledger that plays a year; what it refused.
struct Year {
    /// The bank is written out and goes down with the last of its clients.
    _clients: Clients,
    ledger: Arc<Ledger>,
    days: Arc<AtomicI64>,
    refused: Vec<(&'static str, String)>,
    reasons: BTreeSet<&'static str>,
}

impl Year {
    async fn ask(&self, poster: &str, action: Action) -> Result<Position, ledger_core::Refusal> {
        let command = Command {
            poster: Some(organization(poster)),
            by: None,
            request_id: RequestId::parse(&fresh()).unwrap(),
            digest: [0; 32],
            action,
        };
        self.ledger.submit_one(command).await.map(|receipt| receipt.position)
    }

    async fn does(&self, poster: &str, step: Step) -> Position {
        let told = format!("{step:?}");
        self.ask(poster, Action::Selection(Box::new(step))).await.expect(&told)
    }

    async fn bad(&mut self, what: &'static str, poster: &str, step: Step, reason: Reason) {
        let before = self.ledger.head().position;
        let refusal = self.ask(poster, Action::Selection(Box::new(step))).await.expect_err(what);
        assert_eq!(refusal.reason(), reason, "{what}: {refusal}");
        assert_eq!(self.ledger.head().position, before, "{what}: nothing changed");
        let chinese = refusal.message().chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c));
        let english = refusal
            .message()
            .split([' ', '。'])
            .any(|word| word.len() > 2 && word.bytes().all(|b| b.is_ascii_lowercase()));
        assert!(chinese && english, "{what}: {refusal}");
        self.reasons.insert(reason.as_str());
        self.refused.push((what, format!("{refusal} {:?} {:?}", refusal.field_path(), refusal.metadata())));
    }

    fn pass(&self, days: i64) {
        self.days.fetch_add(days, Ordering::SeqCst);
    }

    fn position(&self) -> u64 {
        self.ledger.head().position.0
    }

    async fn fact<T>(&self, at: Position, of: impl Fn(Fact) -> Option<T>) -> T {
        let stored = self.ledger.read_events(at, 1).await.unwrap();
        of(ledger_core::event::decode(&stored[0].bytes).unwrap().fact).unwrap()
    }
}

async fn begins(store: Arc<dyn ledger_core::ports::Store>) -> Year {
    let days = Arc::new(AtomicI64::new(0));
    let passed = Arc::clone(&days);
    let clock: Clock = Arc::new(move || june_first_2026() + TimeDelta::days(passed.load(Ordering::SeqCst)));
    let bank = bank_with(store, clock, Limits::default()).await;
    let clients = Clients::of(&bank).await;
    District::build(&clients, 3).await;
    let ledger = bank.ledger(&ledger_id()).await.unwrap();
    let year = Year { _clients: clients, ledger, days, refused: Vec::new(), reasons: BTreeSet::new() };
    for n in 1..=5 {
        let household = HouseholdId::parse(&format!("f{n}")).unwrap();
        let new = Household { household, organization: organization("town") };
        year.ask("town", Action::RegisterHousehold(new)).await.unwrap();
    }
    let join = Action::JoinHousehold {
        household: HouseholdId::parse("f1").unwrap(),
        resident: ResidentId::parse("r0001").unwrap(),
        role: Role::Adult,
        from: day("2020-01-01"),
        to: Some(day("2021-01-01")),
    };
    year.ask("town", join).await.unwrap();
    year
}

async fn applications(year: &mut Year) {
    use Reason::*;
    let (d, t) = ("college", "town");
    let short = document().replace("full_points = 100", "full_points = 99");
    year.bad("a standard whose points do not add up", d, propose(&short), StandardInvalid).await;
    year.bad("a standard by a school", "school", propose(&document()), NotYourStep).await;
    let unknown = document().replace("title = \"learning-family\"", "title = \"best-family\"");
    year.bad("a standard of an unknown title", d, propose(&unknown), CodeNotFound).await;
    let second = document().replace("version = 1", "version = 2");
    year.bad("a standard that skips a version", d, propose(&second), VersionMismatch).await;
    year.bad("a standard nobody proposed", d, publish("family-default", "officer-02"), StandardNotFound)
        .await;
    year.does(d, propose(&document())).await;
    year.bad("a standard by one person", d, publish("family-default", "officer-01"), SameActor).await;
    year.bad("a selection without a standard", d, open("families-2026", 2026), StandardNotFound).await;
    year.does(d, publish("family-default", "officer-02")).await;
    year.bad("a standard twice", d, publish("family-default", "officer-03"), StageDone).await;
    year.bad("an application to no selection", t, apply(1), SelectionNotFound).await;
    year.bad("a selection by the town", t, open("families-2026", 2026), NotYourStep).await;
    year.does(d, open("families-2026", 2026)).await;
    year.bad("a second selection of the year", d, open("again-2026", 2026), SelectionOpen).await;
    year.bad("a review before the application", d, review(1), ApplicationNotFound).await;
    year.bad("an unknown household", t, apply(9), HouseholdNotFound).await;
    year.bad("an application by the district", d, apply(1), NotYourStep).await;
    for n in 1..=4 {
        year.does("school", apply(n)).await;
    }
    year.bad("an application twice", t, apply(1), StageDone).await;
    year.bad("a review before the community", d, review(1), StageOrder).await;
    year.bad("a verification by a school", "school", verify(1), NotYourStep).await;
    for n in 1..=3 {
        year.does(t, verify(n)).await;
    }
    year.bad("a fourth recommendation", t, verify(4), RecommendationsFull).await;
    year.bad("a review by the community", t, review(1), NotYourStep).await;
    year.does(d, review(1)).await;
    year.does(d, review(2)).await;
}

async fn panel(year: &mut Year) {
    use Reason::*;
    let d = "college";
    year.bad("points of a stranger", d, judge(1, "habit", 5, "judge-01"), JudgeNotFound).await;
    for (id, resident) in
        [("judge-01", None), ("judge-02", None), ("judge-03", None), ("kin-01", Some("r0001"))]
    {
        let resident = resident.map(|id| ResidentId::parse(id).unwrap());
        let judge = person(id);
        let appoint = Step::Appoint { selection: selection(), judge, resident, person: person("officer-01") };
        year.does(d, appoint).await;
    }
    year.bad("points for the own household", d, judge(1, "habit", 5, "kin-01"), JudgeConflict).await;
    year.bad("points for what is measured", d, judge(1, "hours", 5, "judge-01"), ItemNotFound).await;
    year.bad("points above the item", d, judge(1, "habit", 11, "judge-01"), ScoreAboveItem).await;
    year.bad("points before the review", d, judge(3, "habit", 5, "judge-01"), StageOrder).await;
    for item in ["reading", "habit", "harmony", "example"] {
        for who in ["judge-01", "judge-02", "judge-03"] {
            year.does(d, judge(1, item, 5, who)).await;
        }
    }
    year.bad("points twice", d, judge(1, "habit", 6, "judge-01"), StageDone).await;
    year.bad("an unknown ground", d, ground(2, "bad-taste"), GroundNotFound).await;
    let at = year.position();
    year.bad("a notice before the list", d, notice("2026-06-01", "2026-06-07"), StageOrder).await;
    let frozen = Box::new(FreezeProposed {
        selection: selection(),
        at: Position(at),
        digest: sheet(),
        places: None,
        chosen: vec![family(1)],
        by: year.ledger_by(),
    });
    let (differences, from, who) = (None, day("2026-06-01"), person("officer-01"));
    let naming = Step::ProposeNaming { selection: selection(), frozen, differences, from, person: who };
    year.bad("a naming without a frozen list", d, naming, StageOrder).await;
    year.bad("a vote on another tie", d, vote(at, b"an older tie", [1, 2]), TieChanged).await;
    year.bad("a vote on some of a tie", d, vote(at, b"a tie", [1, 3]), FieldInvalid).await;
    year.bad("a vote on too many", d, vote(at, b"a tie", 1..=1_001), FieldInvalid).await;
    year.bad("a vote on an older list", d, vote(at - 1, b"a tie", [1, 2]), SelectionChanged).await;
    year.bad("a list while applications are open", d, freeze(at, [1]), FreezeTooEarly).await;
    year.pass(30);
    year.bad("a list with one half done", d, freeze(at, [1, 2]), NotQualified).await;
    year.bad("a list of too many", d, freeze(at, 1..=10_001), SelectionFull).await;
    year.bad("an approval of nothing", d, approve_freeze(b"the list", "officer-02"), StageOrder).await;
    year.does(d, ground(2, "illegal-act")).await;
    year.bad("a list from before a veto", d, freeze(at, [1]), SelectionChanged).await;
    year.does(d, freeze(year.position(), [1])).await;
    year.bad("another list", d, approve_freeze(b"a list", "officer-02"), SelectionStale).await;
    year.bad("a list by one person", d, approve_freeze(b"the list", "officer-01"), SameActor).await;
    year.does(d, approve_freeze(b"the list", "officer-02")).await;
    year.bad("a list twice", d, approve_freeze(b"the list", "officer-03"), StageDone).await;
    year.bad("an application to a frozen selection", "town", apply(5), StageOrder).await;
}

impl Year {
    fn ledger_by(&self) -> ledger_core::selection::fact::By {
        ledger_core::selection::fact::By {
            organization: organization("college"),
            person: person("officer-01"),
            on: day("2026-06-01"),
        }
    }

    async fn frozen_at(&self, from: u64) -> Position {
        let events = self.ledger.read_events(Position(from), 1_000).await.unwrap();
        let found = events.iter().find(|stored| {
            let event = ledger_core::event::decode(&stored.bytes).unwrap();
            matches!(event.fact, Fact::FreezeProposed(_))
        });
        found.unwrap().position
    }
}

async fn naming(year: &mut Year) {
    use Reason::*;
    let d = "college";
    year.bad("a notice of six days", d, notice("2026-07-01", "2026-07-06"), TimeRange).await;
    year.does(d, notice("2026-07-01", "2026-07-07")).await;
    let first = year.does("town", object(1)).await;
    year.bad(
        "an objection that nobody raised",
        d,
        objection(Position(1), ObjectionAct::Appeal, "c-01"),
        ObjectionNotFound,
    )
    .await;
    year.bad("an appeal before the answer", d, objection(first, ObjectionAct::Appeal, "c-01"), StageOrder)
        .await;
    let at = year.frozen_at(1).await;
    let frozen = year
        .fact(at, |fact| match fact {
            Fact::FreezeProposed(proposed) => Some(proposed),
            _ => None,
        })
        .await;
    let name = |differences: Option<Digest32>, from: &str| Step::ProposeNaming {
        selection: selection(),
        frozen: Box::new(frozen.clone()),
        differences,
        from: day(from),
        person: person("officer-01"),
    };
    year.bad("a naming during the notice", d, name(None, "2026-07-08"), NoticeNotOver).await;
    year.pass(7);
    year.bad("an objection after the deadline", "town", object(1), ObjectionDeadline).await;
    year.bad("a naming over an objection", d, name(None, "2026-07-08"), ObjectionOpen).await;
    year.does(d, objection(first, ObjectionAct::Answer { upheld: false }, "officer-01")).await;
    year.does("town", objection(first, ObjectionAct::Appeal, "citizen-01")).await;
    let own = objection(first, ObjectionAct::AnswerAppeal { upheld: false }, "officer-01");
    year.bad("an appeal answered by one person", d, own, SameActor).await;
    year.does(d, objection(first, ObjectionAct::AnswerAppeal { upheld: false }, "officer-02")).await;
    year.bad("differences nobody has seen", d, name(Some(sheet()), "2026-07-08"), DifferencesUnseen).await;
    let proposed = year.does(d, name(None, "2026-07-08")).await;
    let proposal: NamingProposed = year
        .fact(proposed, |fact| match fact {
            Fact::NamingProposed(proposal) => Some(proposal),
            _ => None,
        })
        .await;
    let approve = |who: &str| Step::ApproveNaming {
        selection: selection(),
        proposal: Box::new(proposal.clone()),
        digest: proposal.digest(),
        differences: None,
        person: person(who),
    };
    year.bad("a naming by one person", d, approve("officer-01"), SameActor).await;
    let (one, other) = tokio::join!(
        year.ask(d, Action::Selection(Box::new(approve("officer-02")))),
        year.ask(d, Action::Selection(Box::new(approve("officer-03")))),
    );
    assert!(one.is_ok() != other.is_ok(), "of two clerks at once one wins: {one:?} {other:?}");
    let told = one.and(other).unwrap_err();
    assert_eq!(told.reason(), StageDone, "and the other is told: {told}");
    year.bad("an award twice", d, approve("officer-02"), StageDone).await;
    year.bad("a title that was never held", d, withdraw_title(2, "officer-02"), TitleNotHeld).await;
    year.bad("a withdrawal nobody proposed", d, withdraw_title(1, "officer-02"), StageOrder).await;
    year.bad("an objection after the naming", "town", object(1), StageOrder).await;
    year.does(d, Step::Close { selection: selection(), person: person("officer-01") }).await;
    let close = Step::Close { selection: selection(), person: person("officer-01") };
    year.bad("a closing twice", d, close, StageDone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_step_of_a_selection_is_skipped_repeated_or_done_by_another() {
    let (_folder, stores) = stores().await;
    let mut told = Vec::new();
    for (name, store) in stores {
        let mut year = begins(store).await;
        applications(&mut year).await;
        panel(&mut year).await;
        naming(&mut year).await;
        late(&mut year).await;
        let untold: Vec<_> =
            REASONS.iter().filter(|reason| !year.reasons.contains(reason.as_str())).collect();
        assert!(untold.is_empty(), "{name}: {untold:?}");
        println!("{name}: {} bad steps", year.refused.len());
        told.push(year.refused);
    }
    assert_eq!(told[0], told[1], "both stores give the same answer, word for word");
}

/// A selection whose applications have ended.
async fn late(year: &mut Year) {
    let mut next = open("families-2027", 2027);
    if let Step::Open { apply_until, .. } = &mut next {
        *apply_until = day("2026-07-20");
    }
    year.does("college", next).await;
    year.pass(30);
    let late = Step::Application {
        selection: SelectionId::parse("families-2027").unwrap(),
        candidate: family(5),
        act: ApplicationAct::Apply,
        person: person("clerk-01"),
    };
    year.bad("an application after its last day", "town", late, Reason::ApplicationClosed).await;
}
