//! A district that selects families: four households in two communities, three judges, two officers.

use super::{Ledger, organization};
use chrono::TimeDelta;
use ledger_core::Refusal;
use ledger_core::command::Action;
use ledger_core::date::OccurredOn;
use ledger_core::entry::Digest32;
use ledger_core::event::{self, Fact};
use ledger_core::id::{AccountId, Code, HouseholdId, PersonId, ResidentId, SelectionId};
use ledger_core::identity::{MergeAct, Purpose, Role};
use ledger_core::name::Name;
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;
use ledger_core::registry::{
    Household, InstitutionType, Organization, OrganizationStatus, OrganizationStatusChange,
};
use ledger_core::selection::fact::{FreezeProposed, GroundKind, NamingProposed, StandardProposed};
use ledger_core::selection::step::{ApplicationAct, ObjectionAct, Step, TitleAct};
use ledger_core::selection::{ApplicationRecord, OpenTie, SelectionRecord, Standard, TitleRecord, Window};

/// A standard with one judged item and one judge.
pub const SMALL: &str = r#"
standard = "small"
version = 1
names = { hant = "小標準", hans = "小标准", en = "Small" }
title = "learning-family"
title_years = 3
barred_years = 2
full_points = 20
pass_points = 10
source = "invented for a test"

[[vetoes]]
ground = "illegal-act"
names = { hant = "違法", hans = "违法", en = "An illegal act" }

[[holds]]
ground = "open-appeal"
names = { hant = "申訴中", hans = "申诉中", en = "An open appeal" }

[panel]
judges_at_least = 1

[notice]
notice_days = 7
answer_days = 7
appeal_days = 5

[quota]
number = 10

[[items]]
item = "taking-part"
names = { hant = "參與", hans = "参与", en = "Taking part" }
points = 10
steps = [{ points = 10, need = { members_taking_part = 1 } }]

[[items]]
item = "habit"
names = { hant = "習慣", hans = "习惯", en = "Habit" }
points = 10
steps = [{ points = 10, judged = true }]
"#;

/// Days from the opening of a selection to the last one of applications.
pub const APPLY_DAYS: u32 = 10;

pub fn code(text: &'static str) -> Code {
    Code::constant(text)
}

pub fn person(id: &str) -> PersonId {
    PersonId::parse(id).unwrap()
}

pub fn household(id: &str) -> AccountId {
    AccountId::Household(HouseholdId::parse(id).unwrap())
}

/// A household by its id, any other account by its path.
pub fn account(id: &str) -> AccountId {
    match id.split_once('/') {
        Some(("residents", id)) => AccountId::Resident(ResidentId::parse(id).unwrap()),
        Some((_, id)) => AccountId::Organization(organization(id)),
        None => household(id),
    }
}

pub fn evidence() -> Digest32 {
    Digest32::of(b"evidence")
}

pub fn selection_id() -> SelectionId {
    SelectionId::parse("families-2027").unwrap()
}

pub fn close() -> Step {
    Step::Close { selection: selection_id(), person: person("officer-1") }
}

pub struct District {
    pub ledger: Ledger,
    standard: Standard,
}

impl District {
    /// The district `school` with `town` below it, and below that `c1` (h1–h4) and `c2` (h5); the standard is published.
    pub fn with(document: &str) -> District {
        let standard = Standard::parse(document).unwrap();
        let mut district = District { ledger: Ledger::open(), standard };
        for (id, parent, of) in [
            ("town", "school", InstitutionType::Town),
            ("c1", "town", InstitutionType::Community),
            ("c2", "town", InstitutionType::Community),
        ] {
            district.register(id, parent, of);
        }
        for (id, community) in [("h1", "c1"), ("h2", "c1"), ("h3", "c1"), ("h4", "c1"), ("h5", "c2")] {
            let household = HouseholdId::parse(id).unwrap();
            let new = Household { household, organization: organization(community) };
            district.ledger.ask(Some(community), Action::RegisterHousehold(new)).unwrap();
        }
        district.publish(document);
        district
    }

    /// The same with the small standard, h1 chosen and frozen, and the notice published.
    pub fn noticed() -> District {
        District::with(SMALL).until_noticed("h1")
    }

    /// Opens the selection, takes a candidate through it, freezes, and publishes the notice.
    pub fn until_noticed(self, id: &str) -> District {
        let mut district = self;
        district.open().unwrap();
        district.bring_to_panel(id);
        district.applications_end();
        district.propose_freeze(&[id], "officer-1").unwrap();
        district.approve_freeze("officer-2").unwrap();
        district.notice().unwrap();
        district
    }

    pub fn step(&mut self, poster: &str, step: Step) -> Result<(), Refusal> {
        self.ledger.ask(Some(poster), Action::Selection(Box::new(step)))
    }

    fn publish(&mut self, document: &str) {
        let Standard { standard, version, .. } = self.standard.clone();
        let proposed = StandardProposed {
            standard: standard.clone(),
            version,
            document: document.to_owned(),
            proposed_by: person("officer-1"),
            expires_on: None,
        };
        let digest = proposed.digest();
        self.step("school", Step::ProposeStandard(proposed)).unwrap();
        let approved_by = person("officer-2");
        self.step("school", Step::PublishStandard { standard, version, digest, approved_by }).unwrap();
    }

    /// Opens the selection and appoints three judges.
    pub fn open(&mut self) -> Result<(), Refusal> {
        let today = self.today();
        self.open_over(Window::of_year(2026), today)
    }

    /// The same, by the records of some days and the members of one.
    pub fn open_over(&mut self, window: Window, counted_on: OccurredOn) -> Result<(), Refusal> {
        let today = self.today();
        let open = Step::Open {
            selection: selection_id(),
            year: 2027,
            standard: self.standard.standard.clone(),
            window,
            counted_on,
            apply_until: today.plus_days(APPLY_DAYS),
            person: person("officer-1"),
        };
        self.step("school", open)?;
        ["judge-1", "judge-2", "judge-3"].into_iter().try_for_each(|judge| self.appoint(judge, None))
    }

    pub fn appoint(&mut self, judge: &str, resident: Option<&str>) -> Result<(), Refusal> {
        let resident = resident.map(|id| ResidentId::parse(id).unwrap());
        let (selection, judge) = (selection_id(), person(judge));
        self.step("school", Step::Appoint { selection, judge, resident, person: person("officer-1") })
    }

    pub fn act(&mut self, poster: &str, id: &str, act: ApplicationAct, who: &str) -> Result<(), Refusal> {
        let (selection, candidate, person) = (selection_id(), account(id), person(who));
        self.step(poster, Step::Application { selection, candidate, act, person })
    }

    fn community(id: &str) -> &'static str {
        match account(id) {
            AccountId::Household(_) if id == "h5" => "c2",
            AccountId::Household(_) => "c1",
            AccountId::Resident(_) => "school",
            AccountId::Organization(_) => "town",
        }
    }

    pub fn apply(&mut self, id: &str) -> Result<(), Refusal> {
        self.act(District::community(id), id, ApplicationAct::Apply, "clerk-1")
    }

    pub fn withdraw(&mut self, id: &str) -> Result<(), Refusal> {
        self.act(District::community(id), id, ApplicationAct::Withdraw, "clerk-1")
    }

    pub fn verify(&mut self, id: &str, recommended: bool) -> Result<(), Refusal> {
        let act = ApplicationAct::Verify { recommended, residence_confirmed: recommended, stamp: evidence() };
        self.act(District::community(id), id, act, "clerk-1")
    }

    pub fn review(&mut self, id: &str, passed: bool) -> Result<(), Refusal> {
        self.review_by(id, passed, "clerk-2")
    }

    pub fn review_by(&mut self, id: &str, passed: bool, who: &str) -> Result<(), Refusal> {
        let above = if let AccountId::Household(_) = account(id) { "town" } else { "school" };
        self.act(above, id, ApplicationAct::Review { passed }, who)
    }

    pub fn judge(&mut self, id: &str, item: &'static str, points: u32, judge: &str) -> Result<(), Refusal> {
        self.act("school", id, ApplicationAct::Judge { item: code(item), points }, judge)
    }

    /// Applies, verifies, reviews and judges by the small standard.
    pub fn bring_to_panel(&mut self, id: &str) {
        self.apply(id).unwrap();
        self.verify(id, true).unwrap();
        self.review(id, true).unwrap();
        self.judge(id, "habit", 7, "judge-1").unwrap();
    }

    pub fn veto(&mut self, id: &str) -> Result<(), Refusal> {
        let (kind, ground) = (GroundKind::Veto, code("illegal-act"));
        self.act("school", id, ApplicationAct::Record { ground, kind, evidence: evidence() }, "officer-1")
    }

    pub fn object(&mut self, id: &str) -> Result<Position, Refusal> {
        let act = ApplicationAct::Object { ground: code("not-resident"), evidence: evidence() };
        self.act("town", id, act, "citizen-1").map(|()| self.position())
    }

    pub fn objection(&mut self, objection: Position, act: ObjectionAct, who: &str) -> Result<(), Refusal> {
        let (selection, evidence, person) = (selection_id(), evidence(), person(who));
        self.step("school", Step::Objection { selection, objection, act, evidence, person })
    }

    pub fn propose_freeze(&mut self, chosen: &[&str], who: &str) -> Result<(), Refusal> {
        self.propose_freeze_at(self.position(), chosen, who)
    }

    /// With h1 chosen, and some equal at the edge of the quota.
    pub fn propose_freeze_tied(&mut self, tied: Option<OpenTie>) -> Result<(), Refusal> {
        let at = self.position();
        self.propose(at, &["h1"], tied, "officer-1")
    }

    /// A vote on a tie, where the list of a position has one that is open.
    pub fn vote(
        &mut self,
        (at, open): (Position, Option<OpenTie>),
        tie: Digest32,
        order: &[&str],
    ) -> Result<(), Refusal> {
        let order = order.iter().map(|id| household(id)).collect();
        let (selection, minutes, person) = (selection_id(), evidence(), person("officer-1"));
        self.step("school", Step::VoteTie { selection, at, open, tie, order, minutes, person })
    }

    pub fn propose_freeze_at(&mut self, at: Position, chosen: &[&str], who: &str) -> Result<(), Refusal> {
        self.propose(at, chosen, None, who)
    }

    fn propose(
        &mut self,
        at: Position,
        chosen: &[&str],
        tied: Option<OpenTie>,
        who: &str,
    ) -> Result<(), Refusal> {
        let propose = Step::ProposeFreeze {
            selection: selection_id(),
            at,
            digest: Digest32::of(b"the ranked list"),
            places: Some(10),
            chosen: chosen.iter().map(|id| account(id)).collect(),
            tied,
            person: person(who),
        };
        self.step("school", propose)
    }

    pub fn approve_freeze(&mut self, who: &str) -> Result<(), Refusal> {
        let digest = Digest32::of(b"the ranked list");
        self.step("school", Step::ApproveFreeze { selection: selection_id(), digest, person: person(who) })
    }

    pub fn notice(&mut self) -> Result<(), Refusal> {
        let from = self.today();
        let (selection, to, person) = (selection_id(), from.plus_days(6), person("officer-1"));
        self.step("school", Step::PublishNotice { selection, from, to, person })
    }

    pub fn note_differences(&mut self, digest: Digest32) -> Result<(), Refusal> {
        let (selection, at, person) = (selection_id(), self.position(), person("officer-1"));
        self.step("school", Step::NoteDifferences { selection, at, digest, differences: 1, person })
    }

    pub fn propose_naming(&mut self, who: &str) -> Result<(), Refusal> {
        self.propose_naming_over(None, who)
    }

    pub fn propose_naming_over(&mut self, differences: Option<Digest32>, who: &str) -> Result<(), Refusal> {
        let frozen = self.frozen();
        let (selection, from, person) = (selection_id(), self.today(), person(who));
        let frozen = Box::new(frozen.unwrap_or_else(|| FreezeProposed {
            selection: selection_id(),
            at: Position(1),
            digest: evidence(),
            places: None,
            chosen: Vec::new(),
            by: self.selection().opened.by,
        }));
        self.step("school", Step::ProposeNaming { selection, frozen, differences, from, person })
    }

    pub fn approve_naming(&mut self, who: &str) -> Result<(), Refusal> {
        let differences = self.selection().naming.and_then(|naming| naming.differences);
        self.approve_naming_over(differences, who)
    }

    pub fn approve_naming_over(&mut self, differences: Option<Digest32>, who: &str) -> Result<(), Refusal> {
        let proposal = self.naming().unwrap_or_else(|| NamingProposed {
            selection: selection_id(),
            named: Vec::new(),
            excluded: Vec::new(),
            differences: None,
            title: code("learning-family"),
            from: self.today(),
            until: self.today(),
            barred_years: 0,
            by: self.selection().opened.by,
        });
        let (selection, digest, person) = (selection_id(), proposal.digest(), person(who));
        let proposal = Box::new(proposal);
        self.step("school", Step::ApproveNaming { selection, proposal, digest, differences, person })
    }

    pub fn title(&mut self, id: &str, act: TitleAct, who: &str) -> Result<(), Refusal> {
        let (candidate, title) = (account(id), code("learning-family"));
        self.step("school", Step::Title { candidate, title, act, person: person(who) })
    }

    /// Approves the withdrawal that waits, by its digest.
    pub fn approve_withdrawal(&mut self, id: &str, who: &str) -> Result<(), Refusal> {
        let digest = self.withdrawal(id);
        self.title(id, TitleAct::ApproveWithdrawal { digest }, who)
    }

    /// The digest of the withdrawal that was proposed.
    pub fn withdrawal(&self, id: &str) -> Digest32 {
        let record = self.titles(id);
        let title = record.titles.last().unwrap();
        title.withdrawal.as_ref().unwrap().digest(&record.candidate, &title.title)
    }

    /// An organisation of the town, or below one of its communities.
    pub fn register(&mut self, id: &str, parent: &str, institution_type: InstitutionType) {
        let new = Organization {
            organization: organization(id),
            parent: Some(organization(parent)),
            institution_type,
            display_name: Name::parse(id, "name").unwrap(),
            licensed_from: None,
        };
        self.ledger.ask(None, Action::RegisterOrganization(new)).unwrap();
    }

    pub fn closes(&mut self, id: &str) {
        let status = OrganizationStatus::Closed { last_day: self.today() };
        let change = OrganizationStatusChange { organization: organization(id), status };
        self.ledger.ask(None, Action::ChangeOrganization(change)).unwrap();
    }

    pub fn was_member(&mut self, id: &str, resident: &str) {
        let join = Action::JoinHousehold {
            household: HouseholdId::parse(id).unwrap(),
            resident: ResidentId::parse(resident).unwrap(),
            role: Role::Adult,
            from: OccurredOn::parse("2010-01-01", "from").unwrap(),
            to: Some(OccurredOn::parse("2012-01-01", "to").unwrap()),
        };
        self.ledger.ask(Some("c1"), join).unwrap();
    }

    /// A member of h1 from years ago on, who agrees to be named.
    pub fn lives_in_h1(&mut self, resident: &str) {
        let id = ResidentId::parse(resident).unwrap();
        let from = OccurredOn::parse("2010-01-01", "from").unwrap();
        let join = Action::JoinHousehold {
            household: HouseholdId::parse("h1").unwrap(),
            resident: id.clone(),
            role: Role::Adult,
            from,
            to: None,
        };
        self.ledger.ask(Some("c1"), join).unwrap();
        let (given_by, purpose) = (id.clone(), Purpose::Selection);
        let agree = Action::GiveConsent { resident: id, given_by, purpose, from };
        self.ledger.ask(Some("school"), agree).unwrap();
    }

    /// From tomorrow on the resident agrees no more.
    pub fn withdraw_consent(&mut self, resident: &str) {
        let (resident, last_day) = (ResidentId::parse(resident).unwrap(), self.today());
        let withdraw = Action::WithdrawConsent { resident, purpose: Purpose::Selection, last_day };
        self.ledger.ask(Some("school"), withdraw).unwrap();
    }

    /// Who is named by the proposal, and who is excluded, with the reason.
    pub fn proposed(&self) -> (Vec<String>, Vec<(String, String)>) {
        let proposal = self.naming().unwrap();
        let excluded = proposal.excluded.iter().map(|held| (held.candidate.to_string(), held.why.to_json()));
        (proposal.named.iter().map(AccountId::to_string).collect(), excluded.collect())
    }

    pub fn merge(&mut self, merged: &str, survivor: &str) {
        let (merged, survivor) = (ResidentId::parse(merged).unwrap(), ResidentId::parse(survivor).unwrap());
        self.ledger.merge(MergeAct::Merge { merged, survivor }).unwrap();
    }

    /// Lets the days pass until nobody can apply any more.
    pub fn applications_end(&mut self) {
        let days = self.selection().opened.apply_until.days_from(self.today());
        self.days_pass(days.max(0));
    }

    pub fn days_pass(&mut self, days: i64) {
        self.ledger.now += TimeDelta::days(days);
    }

    pub fn today(&self) -> OccurredOn {
        OccurredOn::new(self.ledger.now.with_timezone(&chrono_tz::Asia::Shanghai).date_naive())
    }

    pub fn position(&self) -> Position {
        Position(self.ledger.log.len() as u64)
    }

    pub fn selection(&self) -> SelectionRecord {
        match self.ledger.states.0.get(&Key::selection(&selection_id())) {
            Some(State::Selection(record)) => SelectionRecord::clone(record),
            other => panic!("{other:?}"),
        }
    }

    pub fn application(&self, id: &str) -> ApplicationRecord {
        match self.ledger.states.0.get(&Key::application(&selection_id(), &account(id))) {
            Some(State::Application(record)) => ApplicationRecord::clone(record),
            other => panic!("{other:?}"),
        }
    }

    pub fn titles(&self, id: &str) -> TitleRecord {
        match self.ledger.states.0.get(&Key::titles(&account(id))) {
            Some(State::Titles(record)) => TitleRecord::clone(record),
            other => panic!("{other:?}"),
        }
    }

    pub fn has_title(&self, id: &str) -> bool {
        self.ledger.states.0.contains_key(&Key::titles(&account(id)))
    }

    fn fact_at(&self, at: Option<Position>) -> Option<Fact> {
        let place = usize::try_from(at?.0).unwrap() - 1;
        Some(event::decode(&self.ledger.log[place]).unwrap().fact)
    }

    fn frozen(&self) -> Option<FreezeProposed> {
        match self.fact_at(self.selection().freeze.map(|freeze| freeze.proposed_at)) {
            Some(Fact::FreezeProposed(proposed)) => Some(proposed),
            _ => None,
        }
    }

    fn naming(&self) -> Option<NamingProposed> {
        match self.fact_at(self.selection().naming.map(|naming| naming.proposed_at)) {
            Some(Fact::NamingProposed(proposed)) => Some(proposed),
            _ => None,
        }
    }
}

impl Ledger {
    /// The facts of selections in the log, as their bytes tell them.
    pub fn selection_facts(ledger: &Ledger) -> Vec<String> {
        let facts = ledger.log.iter().map(|bytes| event::decode(bytes).unwrap().fact);
        let told = facts.filter(|fact| !matches!(fact, Fact::CodeDefined(_) | Fact::LedgerOpened(_)));
        let told = told.skip_while(|fact| !matches!(fact, Fact::SelectionOpened(_)));
        told.map(|fact| serde_json::to_string(&fact).unwrap()).collect()
    }
}
