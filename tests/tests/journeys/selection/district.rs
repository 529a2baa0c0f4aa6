//! The district: eleven households in two communities, and what they learned up to the spring of 2026.
//!
//! Most households have the *usual* record, which by `family-default` gives 50 points that are measured:
//!
//! | item | record | points |
//! |---|---|---:|
//! | taking-part | two members with entries | 10 |
//! | hours | 4 lectures × 150 minutes × 2 members + 60 minutes of reading = 1,260 of 2 × 600 | 5 |
//! | together | the 4 lectures, heard by both | 10 |
//! | reading | 10 books of 2 × 5 | 10 |
//! | volunteering | 2 occasions; 2 × 120 = 240 of 2 × 120 minutes | 8 + 7 |
//!
//! With all that judges can give (5 + 10 + 10 + 5) it comes to 80, which is the pass mark.

use creditbank_grpc::proto;
use creditbank_ledger::{Clock, Limits};
use creditbank_store::{MemoryStore, SqliteStore};
use creditbank_tests::{Clients, District, LEDGER, bank_with, draft, fresh, name};
use ledger_core::ports::Store;
use proto::entry::Detail;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tonic::Status;

pub const SELECTION: &str = "families-2026";

pub struct Desk {
    pub clients: Clients,
    pub store: Arc<dyn Store>,
    now: Arc<AtomicI64>,
}

/// SHA-256 of a scanned sheet.
pub fn sheet() -> String {
    ledger_core::entry::Digest32::of(b"a scanned sheet").to_string()
}

pub fn house(id: &str) -> String {
    name(&format!("households/{id}"))
}

pub fn selection() -> String {
    name(&format!("selections/{SELECTION}"))
}

/// The application of a household by its id, or of any other account by its path.
pub fn application(id: &str) -> String {
    let account = if id.contains('/') { id.to_owned() } else { format!("households/{id}") };
    name(&format!("selections/{SELECTION}/applications/{account}"))
}

pub fn organization(id: &str) -> String {
    name(&format!("organizations/{id}"))
}

fn resident(n: usize) -> String {
    name(&format!("residents/r{n:04}"))
}

/// An empty district on a file, which lives as long as the folder, and one in memory; it is 1 April 2026.
pub async fn desks() -> (tempfile::TempDir, Vec<Desk>) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    let sqlite = SqliteStore::open(&url, Default::default()).await.unwrap();
    let stores: [Arc<dyn Store>; 2] = [Arc::new(sqlite), Arc::new(MemoryStore::default())];
    let mut desks = Vec::new();
    for store in stores {
        let now = Arc::new(AtomicI64::new(0));
        let hands = Arc::clone(&now);
        let clock: Clock =
            Arc::new(move || chrono::DateTime::from_timestamp_micros(hands.load(Ordering::Relaxed)).unwrap());
        now.store(micros("2026-04-01"), Ordering::Relaxed);
        let bank = bank_with(Arc::clone(&store), clock, Limits::default()).await;
        let clients = Clients::of(&bank).await;
        District::build(&clients, 40).await;
        let desk = Desk { clients, store, now };
        for id in ["north", "south"] {
            desk.community(id).await;
        }
        desks.push(desk);
    }
    (folder, desks)
}

fn micros(day: &str) -> i64 {
    // Noon in Shanghai.
    let instant: chrono::DateTime<chrono::Utc> = format!("{day}T04:00:00Z").parse().unwrap();
    instant.timestamp_micros()
}

/// A member of a household: whose account, whether of age, from when on and until when.
pub type Member = (usize, bool, &'static str);

impl Desk {
    /// Lets the days pass until noon of one.
    pub fn on(&self, day: &str) {
        self.now.store(micros(day), Ordering::Relaxed);
    }

    async fn community(&self, id: &str) {
        let community = proto::Organization {
            parent: organization("town"),
            institution_type: "citizen_school".to_owned(),
            display_name: format!("社區 {id}"),
            ..Default::default()
        };
        let request = proto::CreateOrganizationRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            organization_id: id.to_owned(),
            organization: Some(community),
        };
        self.clients.registry.clone().create_organization(request).await.unwrap();
    }

    /// A household whose adults consent for themselves, and the first adult for the minors.
    pub async fn household(&self, id: &str, community: &str, members: &[Member]) {
        let request = proto::CreateHouseholdRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            household_id: id.to_owned(),
            organization: organization(community),
        };
        self.clients.registry.clone().create_household(request).await.unwrap();
        for (n, adult, from) in members {
            let role = if *adult { proto::MemberRole::Adult } else { proto::MemberRole::Minor };
            let request = proto::JoinHouseholdRequest {
                name: house(id),
                request_id: fresh(),
                organization: organization(community),
                resident: resident(*n),
                role: role.into(),
                from: (*from).to_owned(),
                last_day: String::new(),
            };
            self.clients.identities.clone().join_household(request).await.unwrap();
        }
        let guardian = members[0].0;
        for (n, adult, _) in members {
            if !adult {
                let request = proto::NameGuardianRequest {
                    name: resident(*n),
                    request_id: fresh(),
                    organization: organization("school"),
                    guardian: resident(guardian),
                    from: "2026-01-01".to_owned(),
                };
                self.clients.households.clone().name_guardian(request).await.unwrap();
            }
            self.consent(*n, if *adult { *n } else { guardian }).await;
        }
    }

    pub async fn consent(&self, n: usize, by: usize) {
        let request = proto::GiveConsentRequest {
            name: resident(n),
            request_id: fresh(),
            organization: organization("school"),
            given_by: resident(by),
            purpose: proto::ConsentPurpose::Selection.into(),
            from: "2026-01-01".to_owned(),
        };
        self.clients.households.clone().give_consent(request).await.unwrap();
    }

    pub async fn leave(&self, id: &str, community: &str, n: usize, last_day: &str) {
        let request = proto::LeaveHouseholdRequest {
            name: house(id),
            request_id: fresh(),
            organization: organization(community),
            resident: resident(n),
            last_day: last_day.to_owned(),
        };
        self.clients.identities.clone().leave_household(request).await.unwrap();
    }

    pub async fn merge(&self, merged: usize, survivor: usize) {
        self.clients.merge(&format!("r{merged:04}"), &format!("r{survivor:04}")).await.unwrap();
    }

    pub async fn post(&self, entry: proto::Entry) -> u64 {
        let request =
            proto::PostEntryRequest { parent: LEDGER.to_owned(), request_id: fresh(), entry: Some(entry) };
        self.clients.ledger.clone().post_entry(request).await.unwrap().into_inner().position
    }

    /// A lecture that all of them hear together.
    pub async fn lecture(&self, members: &[usize], day: &str, minutes: u32) {
        for n in members {
            let entry = draft(*n, day, minutes, Detail::Lecture(proto::Lecture::default()));
            let session = format!("evening-{}", members[0]);
            self.post(proto::Entry { session, ..entry }).await;
        }
    }

    pub async fn volunteer(&self, n: usize, day: &str, minutes: u32) -> u64 {
        let detail = Detail::VolunteerService(proto::VolunteerService::default());
        self.post(draft(n, day, minutes, detail)).await
    }

    pub async fn read(&self, n: usize, day: &str, books: u32) {
        self.post(draft(n, day, 60, Detail::Reading(proto::Reading { books }))).await;
    }

    /// The usual record of two members; the position of the last occasion of volunteering.
    pub async fn usual(&self, a: usize, b: usize) -> u64 {
        for day in ["2026-01-10", "2026-01-17", "2026-01-24", "2026-01-31"] {
            self.lecture(&[a, b], day, 150).await;
        }
        self.read(a, "2026-02-07", 10).await;
        self.volunteer(a, "2026-03-05", 120).await;
        self.volunteer(b, "2026-03-06", 120).await
    }

    /// Publishes the standard, one proposing and another approving, and opens the selection by it.
    pub async fn open(&self, document: &str) {
        let mut selections = self.clients.selections.clone();
        let proposed = proto::ProposeStandardRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            organization: organization("district"),
            person: "officer-01".to_owned(),
            document: document.to_owned(),
        };
        let standard = selections.propose_standard(proposed).await.unwrap().into_inner().standard.unwrap();
        let published = proto::PublishStandardRequest {
            name: name("standards/family-default"),
            request_id: fresh(),
            organization: organization("district"),
            person: "officer-02".to_owned(),
            version: 1,
            sha256: standard.sha256,
        };
        selections.publish_standard(published).await.unwrap();
        let opened = proto::OpenSelectionRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            organization: organization("district"),
            person: "officer-01".to_owned(),
            selection_id: SELECTION.to_owned(),
            year: 2026,
            standard: name("standards/family-default"),
            from: "2026-01-01".to_owned(),
            to: "2026-08-31".to_owned(),
            counted_on: "2026-09-30".to_owned(),
            apply_until: "2026-04-30".to_owned(),
        };
        selections.open_selection(opened).await.unwrap();
    }

    pub async fn apply(&self, id: &str, community: &str) {
        let request = proto::MakeApplicationRequest {
            name: application(id),
            request_id: fresh(),
            organization: organization(community),
            person: "clerk-01".to_owned(),
        };
        self.clients.selections.clone().make_application(request).await.unwrap();
    }

    pub async fn verify_and_review(&self, id: &str, community: &str) {
        let mut selections = self.clients.selections.clone();
        let request = proto::VerifyApplicationRequest {
            name: application(id),
            request_id: fresh(),
            organization: organization(community),
            person: "clerk-01".to_owned(),
            recommended: true,
            residence_confirmed: true,
            evidence_sha256: sheet(),
        };
        selections.verify_application(request).await.unwrap();
        let request = proto::ReviewApplicationRequest {
            name: application(id),
            request_id: fresh(),
            organization: organization("town"),
            person: "clerk-02".to_owned(),
            passed: true,
        };
        selections.review_application(request).await.unwrap();
    }

    pub async fn appoint_judges(&self) {
        for judge in ["judge-01", "judge-02", "judge-03"] {
            let request = proto::AppointJudgeRequest {
                name: selection(),
                request_id: fresh(),
                organization: organization("district"),
                person: "officer-01".to_owned(),
                judge: judge.to_owned(),
                resident: String::new(),
            };
            self.clients.selections.clone().appoint_judge(request).await.unwrap();
        }
    }

    /// The three judges give all that they may.
    pub async fn judge(&self, id: &str) {
        for judge in ["judge-01", "judge-02", "judge-03"] {
            for (item, points) in [("reading", 5), ("habit", 10), ("harmony", 10), ("example", 5)] {
                let request = proto::JudgeItemRequest {
                    name: application(id),
                    request_id: fresh(),
                    organization: organization("district"),
                    judge: judge.to_owned(),
                    item: item.to_owned(),
                    points,
                };
                self.clients.selections.clone().judge_item(request).await.unwrap();
            }
        }
    }

    pub async fn ground(&self, id: &str, ground: &str, veto: bool) {
        let request = proto::RecordGroundRequest {
            name: application(id),
            request_id: fresh(),
            organization: organization("district"),
            person: "officer-01".to_owned(),
            ground: ground.to_owned(),
            veto,
            evidence_sha256: sheet(),
        };
        self.clients.selections.clone().record_ground(request).await.unwrap();
    }

    /// The tie that waits for the panel's vote, as the list tells it; empty where there is none.
    pub async fn open_tie(&self) -> String {
        let request = proto::RankHouseholdsRequest {
            parent: LEDGER.to_owned(),
            yardstick: Some(proto::Yardstick { selection: selection(), ..Default::default() }),
            limit: 1,
            ..Default::default()
        };
        let mut parts = self.clients.evaluations.clone().rank_households(request).await.unwrap().into_inner();
        parts.message().await.unwrap().unwrap().basis.unwrap().tie_sha256
    }

    pub async fn vote(&self, tie: &str, order: &[&str]) -> Result<(), Status> {
        let request = proto::VoteTieRequest {
            name: selection(),
            request_id: fresh(),
            organization: organization("district"),
            person: "officer-01".to_owned(),
            order: order.iter().map(|id| house(id)).collect(),
            evidence_sha256: sheet(),
            tie_sha256: tie.to_owned(),
        };
        self.clients.selections.clone().vote_tie(request).await.map(drop)
    }

    pub async fn freeze(&self) -> proto::FrozenList {
        let mut selections = self.clients.selections.clone();
        let request = proto::FreezeSelectionRequest {
            name: selection(),
            request_id: fresh(),
            organization: organization("district"),
            person: "officer-01".to_owned(),
        };
        let proposed = selections.freeze_selection(request).await.unwrap().into_inner().selection.unwrap();
        let request = proto::ApproveFreezeRequest {
            name: selection(),
            request_id: fresh(),
            organization: organization("district"),
            person: "officer-02".to_owned(),
            sha256: proposed.list.unwrap().sha256,
        };
        let frozen = selections.approve_freeze(request).await.unwrap().into_inner().selection.unwrap();
        assert_eq!(frozen.stage, "frozen");
        frozen.list.unwrap()
    }

    pub async fn notice(&self, from: &str, to: &str) {
        let request = proto::PublishNoticeRequest {
            name: selection(),
            request_id: fresh(),
            organization: organization("district"),
            person: "officer-01".to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
        };
        self.clients.selections.clone().publish_notice(request).await.unwrap();
    }

    pub async fn note_differences(&self, sha256: &str) -> Result<(), Status> {
        let request = proto::NoteDifferencesRequest {
            name: selection(),
            request_id: fresh(),
            organization: organization("district"),
            person: "officer-03".to_owned(),
            sha256: sha256.to_owned(),
        };
        self.clients.selections.clone().note_differences(request).await.map(drop)
    }

    pub async fn name_families(&self, awarded_on: &str) -> Result<proto::Naming, Status> {
        let request = proto::NameFamiliesRequest {
            name: selection(),
            request_id: fresh(),
            organization: organization("district"),
            person: "officer-01".to_owned(),
            awarded_on: awarded_on.to_owned(),
        };
        let answer = self.clients.selections.clone().name_families(request).await?.into_inner();
        Ok(answer.selection.unwrap().naming.unwrap())
    }

    pub async fn approve_naming(&self, sha256: &str, person: &str) -> Result<proto::Selection, Status> {
        let request = proto::ApproveNamingRequest {
            name: selection(),
            request_id: fresh(),
            organization: organization("district"),
            person: person.to_owned(),
            sha256: sha256.to_owned(),
        };
        let answer = self.clients.selections.clone().approve_naming(request).await?.into_inner();
        Ok(answer.selection.unwrap())
    }

    /// The list of the selection: rank, outcome, household, points.
    pub async fn list(&self, as_of_position: u64) -> Vec<(u32, String, String, u32)> {
        let request = proto::RankHouseholdsRequest {
            parent: LEDGER.to_owned(),
            yardstick: Some(proto::Yardstick { selection: selection(), ..Default::default() }),
            as_of_position,
            ..Default::default()
        };
        let mut parts = self.clients.evaluations.clone().rank_households(request).await.unwrap().into_inner();
        let mut list = Vec::new();
        while let Some(part) = parts.message().await.unwrap() {
            list.extend(part.candidates.into_iter().map(|candidate| {
                let id = candidate.account.rsplit('/').next().unwrap().to_owned();
                (candidate.rank, candidate.outcome, id, candidate.points)
            }));
        }
        list
    }

    pub async fn candidate(&self, id: &str) -> proto::RankedCandidate {
        let request = proto::EvaluateHouseholdRequest {
            name: house(id),
            yardstick: Some(proto::Yardstick { selection: selection(), ..Default::default() }),
            ..Default::default()
        };
        let answer = self.clients.evaluations.clone().evaluate_household(request).await.unwrap();
        answer.into_inner().candidate.unwrap()
    }

    pub async fn differences(&self) -> (proto::DifferencesHeading, Vec<proto::RankedDifference>) {
        let request = proto::ListSelectionDifferencesRequest { name: selection(), ..Default::default() };
        let mut evaluations = self.clients.evaluations.clone();
        let mut parts = evaluations.list_selection_differences(request).await.unwrap().into_inner();
        let heading = parts.message().await.unwrap().unwrap().heading.unwrap();
        let mut differences = Vec::new();
        while let Some(part) = parts.message().await.unwrap() {
            differences.extend(part.differences);
        }
        (heading, differences)
    }

    pub async fn verify(&self) -> proto::VerifySelectionResponse {
        let request = proto::VerifySelectionRequest { name: selection() };
        self.clients.evaluations.clone().verify_selection(request).await.unwrap().into_inner()
    }
}
