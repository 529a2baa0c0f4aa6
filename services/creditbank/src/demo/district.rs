//! The district of the demo: 16 lectures of 50 named attendances, 11 festivals of 500 heads, seven volunteer teams and
//! the 60 families of the plan's target. Everyone in it is invented: 居民 0001 … 居民 0200.

use crate::connect::Desk;
use crate::failure::Failure;
use creditbank_grpc::proto;
use proto::entry::Detail;

const RESIDENTS: usize = 200;
const LECTURES: usize = 16;
const ATTENDANCES: usize = 50;
const FESTIVALS: usize = 11;
const HEADS: u32 = 500;
const FAMILIES: usize = 60;
const BATCH: usize = 1_000;

/// Organisations: id, parent, type, name. Ten schools of one community are 九校一室 (plan 11).
const ORGANIZATIONS: [(&str, &str, &str, &str); 16] = [
    ("wenjiang", "", "district", "示範區"),
    ("wenjiang-college", "wenjiang", "community_college", "示範區社區學院"),
    ("jinma", "wenjiang", "town", "金馬街道"),
    ("jinma-center", "jinma", "education_center", "金馬街道社區教育中心"),
    ("lanyuan", "jinma", "community", "蘭園社區"),
    ("lanyuan-party", "lanyuan", "party_school", "蘭園社區黨校"),
    ("jinma-school", "lanyuan", "citizen_school", "蘭園市民學校"),
    ("lanyuan-senior", "lanyuan", "senior_school", "蘭園老年學校"),
    ("lanyuan-law", "lanyuan", "youth_law_school", "蘭園青少年法律學校"),
    ("lanyuan-science", "lanyuan", "science_school", "蘭園科普學校"),
    ("lanyuan-league", "lanyuan", "youth_league_school", "蘭園社區團校"),
    ("lanyuan-ability", "lanyuan", "disability_training_school", "蘭園殘疾人素質培訓學校"),
    ("lanyuan-population", "lanyuan", "population_school", "蘭園人口學校"),
    ("lanyuan-parents", "lanyuan", "parent_school", "蘭園家長學校"),
    ("lanyuan-library", "lanyuan", "reading_room", "蘭園圖書室"),
    ("lianhe-enterprise", "jinma", "enterprise_school", "聯合企業職工學校"),
];

/// The seven teams of plans 15 and 17.
const TEAMS: [(&str, &str); 7] = [
    ("health", "健康教育志願者隊"),
    ("law", "法律法規志願者隊"),
    ("affairs", "時事政治志願者隊"),
    ("arts", "文體藝術志願者隊"),
    ("family", "家庭教育志願者隊"),
    ("science", "科普教育志願者隊"),
    ("skills", "專業技能志願者隊"),
];

/// The six subjects of plan 9.
const SUBJECTS: [&str; 6] = ["tradition", "civic", "low-carbon", "safety", "leisure", "arts"];

fn resident(n: usize) -> String {
    format!("r{:04}", n % RESIDENTS + 1)
}

fn request(what: &str, n: usize) -> String {
    format!("demo-district-{what}-{n:05}")
}

struct Builder<'a> {
    desk: &'a mut Desk,
}

/// Posts the district. Every request has a fixed id, so that a second run adds nothing.
pub(super) async fn build(desk: &mut Desk) -> Result<String, Failure> {
    let mut builder = Builder { desk };
    builder.registry().await?;
    builder.lectures().await?;
    builder.festivals().await?;
    builder.volunteers_and_readers().await?;
    builder.correction().await?;
    builder.members().await?;
    let name = builder.desk.parent.clone();
    let ledger =
        builder.desk.registry.get_ledger(proto::GetLedgerRequest { name }).await?.into_inner().ledger;
    let ledger = ledger.unwrap_or_default();
    let census = ledger.census.unwrap_or_default();
    Ok(format!(
        "示範區：機構 {}、居民帳戶 {}、家庭 {}（本年創建學習家庭目標 {FAMILIES} 戶）、志願隊 {}\n\
         講座 {LECTURES} 場 × {ATTENDANCES} 人次，主題活動 {FESTIVALS} 場 × {HEADS} 人次（無名單）\n\
         共 {} 筆記錄、{} 筆沖正，帳本位置 {}",
        census.organizations,
        census.residents,
        census.households,
        census.teams,
        census.entries,
        census.reversals,
        ledger.position
    ))
}

impl Builder<'_> {
    fn organization(&self, id: &str) -> String {
        self.desk.name(&format!("organizations/{id}"))
    }

    async fn registry(&mut self) -> Result<(), Failure> {
        for (n, (id, parent, institution_type, display_name)) in ORGANIZATIONS.into_iter().enumerate() {
            let organization = proto::Organization {
                parent: if parent.is_empty() { String::new() } else { self.organization(parent) },
                institution_type: institution_type.to_owned(),
                display_name: display_name.to_owned(),
                ..Default::default()
            };
            let request = proto::CreateOrganizationRequest {
                parent: self.desk.parent.clone(),
                request_id: request("organization", n),
                organization_id: id.to_owned(),
                organization: Some(organization),
            };
            self.desk.registry.create_organization(request).await?;
        }
        let residents = proto::BatchCreateResidentsRequest {
            parent: self.desk.parent.clone(),
            request_id: request("residents", 0),
            organization: self.organization("lanyuan"),
            resident_ids: (0..RESIDENTS).map(resident).collect(),
        };
        self.desk.registry.batch_create_residents(residents).await?;
        for n in 0..FAMILIES {
            let household = proto::CreateHouseholdRequest {
                parent: self.desk.parent.clone(),
                request_id: request("household", n),
                household_id: format!("h{:03}", n + 1),
                organization: self.organization("lanyuan"),
            };
            self.desk.registry.create_household(household).await?;
        }
        for (n, (id, display_name)) in TEAMS.into_iter().enumerate() {
            let team = proto::Team {
                name: String::new(),
                organization: self.organization("jinma-center"),
                display_name: display_name.to_owned(),
            };
            let request = proto::CreateTeamRequest {
                parent: self.desk.parent.clone(),
                request_id: request("team", n),
                team_id: id.to_owned(),
                team: Some(team),
            };
            self.desk.registry.create_team(request).await?;
        }
        Ok(())
    }

    /// Three members of each family: two adults and a minor.
    async fn members(&mut self) -> Result<(), Failure> {
        for n in 0..3 * FAMILIES {
            let role = if n % 3 == 2 { proto::MemberRole::Minor } else { proto::MemberRole::Adult };
            let request = proto::JoinHouseholdRequest {
                name: self.desk.name(&format!("households/h{:03}", n / 3 + 1)),
                request_id: request("member", n),
                organization: self.organization("lanyuan"),
                resident: self.desk.name(&format!("residents/{}", resident(n))),
                role: role.into(),
                from: "2025-01-01".to_owned(),
                last_day: String::new(),
            };
            self.desk.identities.join_household(request).await?;
        }
        Ok(())
    }

    /// Plan 9: 800 人次參加的社區教育講座培訓 16 次.
    async fn lectures(&mut self) -> Result<(), Failure> {
        for n in 0..LECTURES {
            let (month, day) = (n % 8 + 3, 5 + n);
            let entry = proto::Entry {
                organization: self.organization("jinma-school"),
                occurred_on: format!("2025-{month:02}-{day:02}"),
                start_time: "14:00".to_owned(),
                end_time: "15:30".to_owned(),
                minutes: 90,
                session: format!("lecture-{:02}", n + 1),
                subject: SUBJECTS[n % SUBJECTS.len()].to_owned(),
                audience: "residents".to_owned(),
                detail: Some(Detail::Lecture(proto::Lecture::default())),
                ..Default::default()
            };
            let accounts =
                (0..ATTENDANCES).map(|k| self.desk.name(&format!("residents/{}", resident(n * 37 + k))));
            let list = proto::PostClassListRequest {
                parent: self.desk.parent.clone(),
                request_id: request("lecture", n),
                accounts: accounts.collect(),
                entry: Some(entry),
            };
            self.desk.ledger.post_class_list(list).await?;
        }
        Ok(())
    }

    /// Plan 9: 以「孝、和、信」為主題、5500 人次參加的社區教育活動 11 次.
    async fn festivals(&mut self) -> Result<(), Failure> {
        let entries = (0..FESTIVALS).map(|n| proto::Entry {
            account: self.organization("jinma-center"),
            organization: self.organization("jinma-center"),
            occurred_on: format!("2025-{:02}-20", n + 1),
            session: format!("festival-{:02}", n + 1),
            subject: "tradition".to_owned(),
            campaign: "xiao-he-xin".to_owned(),
            detail: Some(Detail::HeadCount(proto::HeadCount { persons: HEADS })),
            ..Default::default()
        });
        let entries = entries.collect();
        self.post("festival", entries).await
    }

    async fn volunteers_and_readers(&mut self) -> Result<(), Failure> {
        let mut entries = Vec::new();
        for (t, (team, _)) in TEAMS.into_iter().enumerate() {
            for volunteer in 0..5 {
                for month in [4, 6, 9, 11] {
                    entries.push(proto::Entry {
                        account: self.desk.name(&format!("residents/{}", resident(t * 5 + volunteer))),
                        organization: self.organization("jinma-center"),
                        occurred_on: format!("2025-{month:02}-{:02}", 10 + t),
                        start_time: "09:00".to_owned(),
                        end_time: "11:00".to_owned(),
                        minutes: 120,
                        detail: Some(Detail::VolunteerService(proto::VolunteerService {
                            team: self.desk.name(&format!("teams/{team}")),
                        })),
                        ..Default::default()
                    });
                }
            }
        }
        for reader in 0..80 {
            entries.push(proto::Entry {
                account: self.desk.name(&format!("residents/{}", resident(reader * 2))),
                organization: self.organization("lanyuan-library"),
                occurred_on: format!("2025-{:02}-08", reader % 10 + 2),
                detail: Some(Detail::Reading(proto::Reading { books: 1 + u32::from(reader % 3 == 0) })),
                ..Default::default()
            });
        }
        self.post("member", entries).await
    }

    /// A clerk's mistake and its correction: posted for the wrong person, reversed, posted again.
    async fn correction(&mut self) -> Result<(), Failure> {
        let entry = |account: String, organization: String| proto::Entry {
            account,
            organization,
            occurred_on: "2025-10-18".to_owned(),
            minutes: 60,
            session: "visit-01".to_owned(),
            detail: Some(Detail::Visit(proto::Visit::default())),
            ..Default::default()
        };
        let organization = self.organization("jinma-school");
        let wrong = proto::PostEntryRequest {
            parent: self.desk.parent.clone(),
            request_id: request("correction", 0),
            entry: Some(entry(self.desk.name("residents/r0001"), organization.clone())),
        };
        let posted = self.desk.ledger.post_entry(wrong).await?.into_inner().entry.unwrap_or_default();
        let reversal = proto::ReverseEntryRequest {
            name: posted.name,
            request_id: request("correction", 1),
            organization: organization.clone(),
            reason: "wrong_person".to_owned(),
        };
        self.desk.ledger.reverse_entry(reversal).await?;
        let right = proto::PostEntryRequest {
            parent: self.desk.parent.clone(),
            request_id: request("correction", 2),
            entry: Some(entry(self.desk.name("residents/r0002"), organization)),
        };
        self.desk.ledger.post_entry(right).await?;
        Ok(())
    }

    async fn post(&mut self, what: &str, entries: Vec<proto::Entry>) -> Result<(), Failure> {
        let requests: Vec<proto::PostEntryRequest> = entries
            .into_iter()
            .enumerate()
            .map(|(n, entry)| proto::PostEntryRequest {
                parent: String::new(),
                request_id: request(what, n),
                entry: Some(entry),
            })
            .collect();
        for chunk in requests.chunks(BATCH) {
            let batch = proto::BatchPostEntriesRequest {
                parent: self.desk.parent.clone(),
                requests: chunk.to_vec(),
                atomic: true,
                validate_only: false,
            };
            self.desk.ledger.batch_post_entries(batch).await?;
        }
        Ok(())
    }
}
