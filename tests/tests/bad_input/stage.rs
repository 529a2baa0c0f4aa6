//! The stage every row plays on: a district in which all that can be refused has been prepared, on a store.

use creditbank_grpc::proto;
use creditbank_ledger::{Bank, Clock, Limits};
use creditbank_store::{MemoryPersons, MemoryStore, SqliteStore};
use creditbank_tests::{
    Clients, District, Keys, LEDGER, bank_with, draft, fresh, june_first_2026, lecture, name, still,
};
use ledger_core::id::LedgerId;
use ledger_core::person::PersonStore;
use ledger_core::policy::DISTRICT_DEFAULT;
use ledger_core::ports::Store;
use proto::OrganizationState;
use proto::entry::Detail;
use std::sync::Arc;
use std::time::Duration;

/// Residents that a snapshot looks at.
const WATCHED: usize = 10;
/// Residents of the district: those and one whose account a journey may damage.
const RESIDENTS: usize = WATCHED + 1;

/// The ledger.
pub fn ledger_id() -> LedgerId {
    LedgerId::parse("district").unwrap()
}

/// Both stores, and the folder that one of them is in.
pub async fn stores() -> (tempfile::TempDir, [(&'static str, Arc<dyn Store>); 2]) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    let sqlite = SqliteStore::open(&url, Default::default()).await.unwrap();
    let memory = MemoryStore::default();
    (folder, [("SQLite", Arc::new(sqlite)), ("memory", Arc::new(memory))])
}

/// Positions that rows name; the same on every store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Places {
    /// A lecture of the series `talks` that stands: resident 1, `school`, 2026-05-20, 90 minutes, session `s1`.
    pub lecture: u64,
    /// A visit of resident 2 that was reversed.
    pub reversed: u64,
    /// Its reversal.
    pub reversal: u64,
    /// A visit of resident 5 that was reversed and restored.
    pub restored: u64,
    /// The entry that restores it.
    pub restoring: u64,
    /// Volunteer service of resident 2 that stands: 2026-05-21, 09:00 to 11:00.
    pub service: u64,
    /// An entry of `old-school`, which was merged into `school` afterwards.
    pub heirloom: u64,
    /// An entry that `m4` took since `m3` was merged into it.
    pub since_the_merge: u64,
    /// A lecture of resident 6 on 2024-12-10, in a month that was closed afterwards.
    pub closed: u64,
    /// The closing of 2024-12, and of everything before it.
    pub closing: u64,
    /// A correction by `school` that waits: it reverses [`Places::closed`].
    pub waiting: u64,
    /// A correction that was rejected.
    pub rejected: u64,
    /// Where.
    pub rejection: u64,
}

/// The request of [`Places::heirloom`], as it was first sent.
pub fn heirloom() -> proto::PostEntryRequest {
    let mut request = lecture(4, "2026-03-02");
    "stage-heirloom-of-old-school".clone_into(&mut request.request_id);
    request.entry.as_mut().unwrap().organization = name("organizations/old-school");
    request
}

/// A batch of `school`, of one lecture of resident 7.
pub const BATCH: &str = "stage-batch";

/// The request id of [`Places::lecture`].
pub const LECTURE_ID: &str = "stage-lecture-of-resident-1";

pub struct Stage {
    pub bank: Arc<Bank>,
    pub clients: Clients,
    pub places: Places,
    /// The digest of an erasure that waits, of resident 10.
    pub erasure: String,
    /// The key file of the directory.
    _keys: Keys,
}

/// Everything of the ledger that a refusal must leave alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    ledger: proto::Ledger,
    balances: Vec<proto::Balance>,
}

impl Snapshot {
    /// Entries recorded so far.
    pub fn entries(&self) -> u64 {
        self.ledger.census.unwrap().entries
    }

    /// Entries reversed so far.
    pub fn reversals(&self) -> u64 {
        self.ledger.census.unwrap().reversals
    }
}

/// A snapshot of the district.
pub async fn snapshot(clients: &Clients) -> Snapshot {
    let request = proto::GetLedgerRequest { name: LEDGER.to_owned() };
    let ledger = clients.registry.clone().get_ledger(request).await.unwrap().into_inner().ledger.unwrap();
    let mut names: Vec<String> = (1..=WATCHED).map(|n| name(&format!("residents/r{n:04}"))).collect();
    names.push(name("households/h001"));
    names.extend(["district", "town", "school", "other"].map(|id| name(&format!("organizations/{id}"))));
    let request = proto::BatchGetBalancesRequest { parent: LEDGER.to_owned(), names, min_position: 0 };
    let balances = clients.accounts.clone().batch_get_balances(request).await.unwrap().into_inner().balances;
    Snapshot { ledger, balances }
}

impl Stage {
    /// Builds it: besides the small district `old-school` (merged into `school`), `shut-school` (closed),
    /// the policy [`PILOT`] for `school` (version 1 published, 2 proposed), `young-school` (licensed from 2026-01-01), a tree of the greatest depth that ends in `level-8`, the course
    /// `modern` (version `v1` approved 2023-01-01 to 2025-12-31), some entries, the months up to 2024-12 closed, and the
    /// accounts, households and persons of [`crate::identity::prepare`], [`crate::household::prepare`] and
    /// [`crate::directory::prepare`], and the rule of [`crate::retention::prepare`].
    pub async fn on(store: Arc<dyn Store>) -> Stage {
        let limits = Limits { position_wait: Duration::from_millis(20), ..Default::default() };
        Stage::with(store, still(june_first_2026()), limits).await
    }

    /// The same with a clock and limits of the journey's own.
    pub async fn with(store: Arc<dyn Store>, clock: Clock, limits: Limits) -> Stage {
        let bank = bank_with(store, clock, limits).await;
        let (keys, persons) = (Keys::new(), Arc::new(MemoryPersons::default()) as Arc<dyn PersonStore>);
        let clients = keys.clients(&bank, &persons).await;
        District::build(&clients, RESIDENTS).await;
        organizations(&clients).await;
        policies(&clients).await;
        let mut places = entries(&clients).await;
        places.since_the_merge = crate::identity::prepare(&clients).await;
        crate::household::prepare(&clients).await;
        change_state(&clients, "old-school", OrganizationState::Merged, "school").await;
        change_state(&clients, "shut-school", OrganizationState::Closed, "").await;
        let erasure = crate::directory::prepare(&clients).await;
        crate::retention::prepare(&clients).await;
        Stage { bank, clients, places, erasure, _keys: keys }
    }
}

async fn organizations(clients: &Clients) {
    let mut tree = vec![
        ("old-school".to_owned(), "town".to_owned(), ""),
        ("shut-school".to_owned(), "town".to_owned(), ""),
        ("young-school".to_owned(), "town".to_owned(), "2026-01-01"),
        ("level-3".to_owned(), "town".to_owned(), ""),
    ];
    tree.extend((4..=8).map(|level| (format!("level-{level}"), format!("level-{}", level - 1), "")));
    for (id, parent, licensed_from) in tree {
        let organization = proto::Organization {
            parent: name(&format!("organizations/{parent}")),
            institution_type: "community".to_owned(),
            display_name: format!("機構 {id}"),
            licensed_from: licensed_from.to_owned(),
            ..Default::default()
        };
        let request = proto::CreateOrganizationRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            organization_id: id,
            organization: Some(organization),
        };
        clients.registry.clone().create_organization(request).await.unwrap();
    }
    let course = proto::Course {
        organization: name("organizations/school"),
        display_name: "現代文學".to_owned(),
        ..Default::default()
    };
    let request = proto::CreateCourseRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        course_id: "modern".to_owned(),
        course: Some(course),
    };
    clients.registry.clone().create_course(request).await.unwrap();
    let request = proto::CreateCourseVersionRequest {
        parent: name("courses/modern"),
        request_id: fresh(),
        version_id: "v1".to_owned(),
        organization: name("organizations/school"),
        nominal_minutes: 0,
    };
    clients.registry.clone().create_course_version(request).await.unwrap();
    let request = proto::ApproveCourseVersionRequest {
        name: name("courses/modern/versions/v1"),
        request_id: fresh(),
        organization: name("organizations/college"),
        valid_from: "2023-01-01".to_owned(),
        valid_to: "2025-12-31".to_owned(),
    };
    clients.registry.clone().approve_course_version(request).await.unwrap();
}

/// A pilot of the stage.
pub const PILOT: &str = "school-pilot";

/// The document of a pilot for `school`, from a day to 2026-08-31: the default rules.
pub fn pilot(policy: &str, from: &str) -> String {
    DISTRICT_DEFAULT.replace("policy = \"district-default\"", &format!("policy = \"{policy}\"")).replace(
        "effective_from = \"1900-01-01\"",
        &format!("effective_from = \"{from}\"\neffective_to = \"2026-08-31\"\norganizations = [\"school\"]"),
    )
}

async fn policies(clients: &Clients) {
    let mut door = clients.policies.clone();
    let first = pilot(PILOT, "2026-06-01");
    let second = pilot(PILOT, "2026-07-01").replace("version = 1", "version = 2");
    for document in [first, second] {
        let proposal = proto::ProposePolicyRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            organization: name("organizations/college"),
            proposed_by: "officer-01".to_owned(),
            document,
        };
        let proposed = door.propose_policy(proposal).await.unwrap().into_inner().policy.unwrap();
        if proposed.name.ends_with("/1") {
            let approval = proto::PublishPolicyRequest {
                name: proposed.name,
                request_id: fresh(),
                organization: name("organizations/district"),
                approved_by: "officer-02".to_owned(),
                sha256: proposed.sha256,
            };
            door.publish_policy(approval).await.unwrap();
        }
    }
}

async fn entries(clients: &Clients) -> Places {
    let talk = Detail::Lecture(proto::Lecture { series: "talks".to_owned() });
    let lecture_of_1 = proto::PostEntryRequest {
        parent: LEDGER.to_owned(),
        request_id: LECTURE_ID.to_owned(),
        entry: Some(proto::Entry { session: "s1".to_owned(), ..draft(1, "2026-05-20", 90, talk) }),
    };
    let lecture_at = post(clients, lecture_of_1).await;

    let visit = |resident: usize, day: &str| {
        let museum = Detail::Visit(proto::Visit { venue: "museum".to_owned() });
        proto::PostEntryRequest { entry: Some(draft(resident, day, 0, museum)), ..lecture(resident, day) }
    };
    let reversed = post(clients, visit(2, "2026-05-19")).await;
    let reversal = crate::request::reverse(reversed);
    let reversal = clients.ledger.clone().reverse_entry(reversal).await.unwrap().into_inner().position;

    let restored = post(clients, visit(5, "2026-05-19")).await;
    clients.ledger.clone().reverse_entry(crate::request::reverse(restored)).await.unwrap();
    let mut again = visit(5, "2026-05-19");
    again.entry.as_mut().unwrap().restores = name(&format!("entries/{restored}"));
    let restoring = post(clients, again).await;

    let mut service = lecture(2, "2026-05-21");
    let volunteer = Detail::VolunteerService(proto::VolunteerService { team: name("teams/team-a") });
    service.entry = Some(proto::Entry {
        start_time: "09:00".to_owned(),
        end_time: "11:00".to_owned(),
        ..draft(2, "2026-05-21", 120, volunteer)
    });
    let service = post(clients, service).await;

    let mut camp = lecture(3, "2026-05-22");
    camp.entry.as_mut().unwrap().minutes = 1_400;
    post(clients, camp).await;

    let heirloom = post(clients, heirloom()).await;
    let mut batched = lecture(7, "2026-05-06");
    batched.entry.as_mut().unwrap().batch = BATCH.to_owned();
    post(clients, batched).await;
    let closed = post(clients, lecture(6, "2024-12-10")).await;
    let closing = crate::month::close("2024-12");
    let closing = clients.reports.clone().close_month(closing).await.unwrap().into_inner().position;
    let mut corrections = clients.corrections.clone();
    let proposal = crate::correction::propose(&[closed]);
    let waiting = corrections.propose_correction(proposal).await.unwrap().into_inner().position;
    let proposal = crate::correction::propose(&[closed]);
    let rejected = corrections.propose_correction(proposal).await.unwrap().into_inner().position;
    let rejection = crate::correction::reject(rejected);
    let rejection = corrections.reject_correction(rejection).await.unwrap().into_inner().position;
    Places {
        lecture: lecture_at,
        reversed,
        reversal,
        restored,
        restoring,
        service,
        heirloom,
        since_the_merge: 0,
        closed,
        closing,
        waiting,
        rejected,
        rejection,
    }
}

async fn post(clients: &Clients, request: proto::PostEntryRequest) -> u64 {
    clients.ledger.clone().post_entry(request).await.unwrap().into_inner().entry.unwrap().position
}

async fn change_state(clients: &Clients, id: &str, state: OrganizationState, successor: &str) {
    let successor =
        if successor.is_empty() { String::new() } else { name(&format!("organizations/{successor}")) };
    let request = proto::ChangeOrganizationStateRequest {
        name: name(&format!("organizations/{id}")),
        request_id: fresh(),
        state: state.into(),
        last_day: "2026-03-31".to_owned(),
        successor,
    };
    clients.registry.clone().change_organization_state(request).await.unwrap();
}
