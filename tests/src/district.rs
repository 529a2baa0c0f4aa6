//! A small district: one of everything that an entry can name.

use crate::{Clients, LEDGER, fresh, name};
use creditbank_grpc::proto;
use proto::entry::Detail;

/// Builds the district. Organisations: `district` above `college` and `town`; `school` and `other` under the town.
/// Residents r0001…, household `h001`, team `team-a`, course `tea` with version `v1` (approved 2025-01-01 to
/// 2027-12-31, no nominal length) and `v2` (nominal 600 minutes, same approval) and `v3` (not approved), contest
/// `chess`, venue `museum`, series `talks`.
pub struct District;

impl District {
    /// Builds it with so many residents.
    pub async fn build(clients: &Clients, residents: usize) {
        let mut registry = clients.registry.clone();
        for (id, parent, institution_type) in [
            ("district", "", "district"),
            ("college", "district", "community_college"),
            ("town", "district", "town"),
            ("school", "town", "citizen_school"),
            ("other", "town", "senior_school"),
        ] {
            let organization = proto::Organization {
                parent: if parent.is_empty() {
                    String::new()
                } else {
                    name(&format!("organizations/{parent}"))
                },
                institution_type: institution_type.to_owned(),
                display_name: format!("機構 {id}"),
                ..Default::default()
            };
            let request = proto::CreateOrganizationRequest {
                parent: LEDGER.to_owned(),
                request_id: format!("build-organization-{id}"),
                organization_id: id.to_owned(),
                organization: Some(organization),
            };
            registry.create_organization(request).await.unwrap();
        }
        let ids: Vec<String> = (1..=residents).map(|n| format!("r{n:04}")).collect();
        for (n, chunk) in ids.chunks(1_000).enumerate() {
            let request = proto::BatchCreateResidentsRequest {
                parent: LEDGER.to_owned(),
                request_id: format!("build-residents-{n:04}"),
                organization: name("organizations/school"),
                resident_ids: chunk.to_vec(),
            };
            registry.batch_create_residents(request).await.unwrap();
        }
        let household = proto::CreateHouseholdRequest {
            parent: LEDGER.to_owned(),
            request_id: "build-household-h001".to_owned(),
            household_id: "h001".to_owned(),
            organization: name("organizations/town"),
        };
        registry.create_household(household).await.unwrap();
        let team = proto::CreateTeamRequest {
            parent: LEDGER.to_owned(),
            request_id: "build-team-team-a".to_owned(),
            team_id: "team-a".to_owned(),
            team: Some(proto::Team {
                name: String::new(),
                organization: name("organizations/school"),
                display_name: "志願隊甲".to_owned(),
            }),
        };
        registry.create_team(team).await.unwrap();
        District::course(clients).await;
        for (list, code) in [("contests", "chess"), ("venues", "museum"), ("series", "talks")] {
            let text =
                proto::LocalizedText { hant: code.to_owned(), hans: code.to_owned(), en: code.to_owned() };
            let request = proto::DefineCodeRequest {
                parent: LEDGER.to_owned(),
                request_id: format!("build-code-{list}-{code}"),
                code: Some(proto::Code {
                    name: name(&format!("codeLists/{list}/codes/{code}")),
                    names: Some(text),
                    form: String::new(),
                }),
            };
            registry.define_code(request).await.unwrap();
        }
    }

    async fn course(clients: &Clients) {
        let mut registry = clients.registry.clone();
        let course = proto::CreateCourseRequest {
            parent: LEDGER.to_owned(),
            request_id: "build-course-tea".to_owned(),
            course_id: "tea".to_owned(),
            course: Some(proto::Course {
                organization: name("organizations/school"),
                display_name: "茶藝".to_owned(),
                ..Default::default()
            }),
        };
        registry.create_course(course).await.unwrap();
        for (version, nominal_minutes) in [("v1", 0), ("v2", 600), ("v3", 0)] {
            let request = proto::CreateCourseVersionRequest {
                parent: name("courses/tea"),
                request_id: format!("build-version-{version}"),
                version_id: version.to_owned(),
                organization: name("organizations/school"),
                nominal_minutes,
            };
            registry.create_course_version(request).await.unwrap();
        }
        for version in ["v1", "v2"] {
            let request = proto::ApproveCourseVersionRequest {
                name: name(&format!("courses/tea/versions/{version}")),
                request_id: format!("build-approval-{version}"),
                organization: name("organizations/college"),
                valid_from: "2025-01-01".to_owned(),
                valid_to: "2027-12-31".to_owned(),
            };
            registry.approve_course_version(request).await.unwrap();
        }
    }
}

/// An entry of `school` for resident `n` on a date, with what was done.
pub fn draft(n: usize, occurred_on: &str, minutes: u32, detail: Detail) -> proto::Entry {
    proto::Entry {
        account: name(&format!("residents/r{n:04}")),
        organization: name("organizations/school"),
        occurred_on: occurred_on.to_owned(),
        minutes,
        detail: Some(detail),
        ..Default::default()
    }
}

/// A request of `school` to record a lecture of 90 minutes, under a fresh id.
pub fn lecture(n: usize, occurred_on: &str) -> proto::PostEntryRequest {
    proto::PostEntryRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        entry: Some(draft(n, occurred_on, 90, Detail::Lecture(proto::Lecture::default()))),
    }
}
