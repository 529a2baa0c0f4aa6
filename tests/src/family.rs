//! A household that stands for a selection, and the standard that it is held against.

use crate::{Clients, LEDGER, draft, fresh, name};
use creditbank_grpc::proto;
use ledger_core::selection::FAMILY_DEFAULT;
use proto::entry::Detail;

/// A published standard that two adults reach who heard four lectures together, with one judge.
pub async fn standard(owner: &Clients) {
    let document = FAMILY_DEFAULT
        .replace("pass_points = 80", "pass_points = 30")
        .replace("judges_at_least = 3", "judges_at_least = 1");
    let mut selections = owner.selections.clone();
    let district = name("organizations/district");
    let request = proto::ProposeStandardRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: district.clone(),
        person: "officer-08".to_owned(),
        document,
    };
    let proposed = selections.propose_standard(request).await.unwrap().into_inner().standard.unwrap();
    let request = proto::PublishStandardRequest {
        name: proposed.name,
        request_id: fresh(),
        organization: district,
        person: "officer-09".to_owned(),
        version: 1,
        sha256: proposed.sha256,
    };
    selections.publish_standard(request).await.unwrap();
}

/// Posts an entry.
pub async fn post(owner: &Clients, entry: proto::Entry) {
    let request =
        proto::PostEntryRequest { parent: LEDGER.to_owned(), request_id: fresh(), entry: Some(entry) };
    owner.ledger.clone().post_entry(request).await.unwrap();
}

/// The household h001 of r0001 and r0002, who consent, and their lectures.
pub async fn household(owner: &Clients) {
    for n in [1, 2] {
        let (resident, town) = (name(&format!("residents/r{n:04}")), name("organizations/town"));
        let request = proto::JoinHouseholdRequest {
            name: name("households/h001"),
            request_id: fresh(),
            organization: town.clone(),
            resident: resident.clone(),
            role: proto::MemberRole::Adult.into(),
            from: "2025-01-01".to_owned(),
            last_day: String::new(),
        };
        owner.identities.clone().join_household(request).await.unwrap();
        let request = proto::GiveConsentRequest {
            name: resident.clone(),
            request_id: fresh(),
            organization: town,
            given_by: resident,
            purpose: proto::ConsentPurpose::Selection.into(),
            from: "2026-01-01".to_owned(),
        };
        owner.households.clone().give_consent(request).await.unwrap();
        for day in ["2026-01-10", "2026-01-17", "2026-01-24", "2026-01-31"] {
            let lecture = draft(n, day, 150, Detail::Lecture(proto::Lecture::default()));
            post(owner, lecture).await;
        }
    }
}
