//! Two towns under one district, the same in each: a school, a resident, a household, an entry, a correction.

use creditbank_access::{Gate, Rate};
use creditbank_grpc::{Access, proto};
use creditbank_ledger::{Bank, Clock};
use creditbank_store::MemoryStore;
use creditbank_tests::{Clients, LEDGER, bank_with, door, fresh, name, still};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tonic::transport::Channel;

pub(crate) struct World {
    pub(crate) bank: Arc<Bank>,
    /// Whoever has the database.
    pub(crate) owner: Clients,
    /// The door that asks.
    pub(crate) door: Channel,
    /// What stands in each town, the own one first.
    pub(crate) towns: [Town; 2],
}

/// The names of what stands in a town.
#[derive(Debug, Clone)]
pub(crate) struct Town {
    pub(crate) town: String,
    pub(crate) school: String,
    pub(crate) resident: String,
    pub(crate) household: String,
    pub(crate) entry: String,
    pub(crate) correction: String,
    pub(crate) batch: String,
}

/// A clock that can be set on by so many seconds.
pub(crate) fn clock(seconds: &Arc<AtomicI64>) -> Clock {
    let seconds = Arc::clone(seconds);
    Arc::new(move || {
        creditbank_tests::june_first_2026() + chrono::TimeDelta::seconds(seconds.load(Ordering::Relaxed))
    })
}

impl World {
    pub(crate) async fn build() -> World {
        World::at(still(creditbank_tests::june_first_2026())).await
    }

    pub(crate) async fn at(clock: Clock) -> World {
        let bank = bank_with(Arc::new(MemoryStore::default()), clock, Default::default()).await;
        bank.own_ledger().await.unwrap();
        let owner = Clients::of(&bank).await;
        organization(&owner, "district", "", "district").await;
        let towns = [town(&owner, "a").await, town(&owner, "b").await];
        let gate = Arc::new(Gate::new(Arc::clone(&bank), Rate::DEFAULT));
        let door = door(&bank, Access::Credentials(gate)).await;
        World { bank, owner, door, towns }
    }

    /// A token, issued by whoever has the database.
    pub(crate) async fn token(&self, role: &str, organization: &str, resident: &str) -> String {
        let parent = if role == "administrator" { "ledgers/deployment" } else { LEDGER };
        let request = proto::CreateTokenRequest {
            parent: parent.to_owned(),
            request_id: fresh(),
            person: format!("{role}-01"),
            role: role.to_owned(),
            organization: organization.to_owned(),
            resident: resident.to_owned(),
            days: 30,
        };
        self.owner.access.clone().create_token(request).await.unwrap().into_inner().token
    }

    /// Clients that show a token.
    pub(crate) fn clients(&self, token: &str) -> Clients {
        Clients::with(creditbank_grpc::Bearer::of(token).unwrap(), self.door.clone())
    }

    pub(crate) async fn position(&self) -> u64 {
        let request = proto::GetLedgerRequest { name: LEDGER.to_owned() };
        let answer = self.owner.registry.clone().get_ledger(request).await.unwrap();
        answer.into_inner().ledger.unwrap().position
    }
}

async fn organization(owner: &Clients, id: &str, parent: &str, institution_type: &str) {
    let organization = proto::Organization {
        parent: if parent.is_empty() { String::new() } else { name(&format!("organizations/{parent}")) },
        institution_type: institution_type.to_owned(),
        display_name: format!("機構 {id}"),
        ..Default::default()
    };
    let request = proto::CreateOrganizationRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization_id: id.to_owned(),
        organization: Some(organization),
    };
    owner.registry.clone().create_organization(request).await.unwrap();
}

async fn town(owner: &Clients, letter: &str) -> Town {
    let (town, school) = (format!("town-{letter}"), format!("school-{letter}"));
    organization(owner, &town, "district", "town").await;
    organization(owner, &school, &town, "citizen_school").await;
    let (resident, household) = (format!("r-{letter}"), format!("h-{letter}"));
    let school = name(&format!("organizations/{school}"));
    let request = proto::BatchCreateResidentsRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: school.clone(),
        resident_ids: vec![resident.clone()],
    };
    owner.registry.clone().batch_create_residents(request).await.unwrap();
    let request = proto::CreateHouseholdRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        household_id: household.clone(),
        organization: school.clone(),
    };
    owner.registry.clone().create_household(request).await.unwrap();
    let resident = name(&format!("residents/{resident}"));
    let entry = proto::Entry {
        account: resident.clone(),
        organization: school.clone(),
        occurred_on: "2026-05-20".to_owned(),
        minutes: 90,
        batch: "sheet-1".to_owned(),
        detail: Some(proto::entry::Detail::Lecture(proto::Lecture::default())),
        ..Default::default()
    };
    let request =
        proto::PostEntryRequest { parent: LEDGER.to_owned(), request_id: fresh(), entry: Some(entry) };
    let entry = owner.ledger.clone().post_entry(request).await.unwrap().into_inner().entry.unwrap().name;
    let request = proto::ProposeCorrectionRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: school.clone(),
        proposed_by: "clerk-09".to_owned(),
        reason: "input_error".to_owned(),
        reversals: vec![proto::CorrectionReversal { entry: entry.clone(), ..Default::default() }],
        ..Default::default()
    };
    let correction = owner.corrections.clone().propose_correction(request).await.unwrap();
    Town {
        town: name(&format!("organizations/{town}")),
        household: name(&format!("households/{household}")),
        correction: correction.into_inner().correction.unwrap().name,
        batch: format!("{school}/batches/sheet-1"),
        resident,
        school,
        entry,
    }
}
