//! The desk of the journeys: a district, and what is asked of it.

use creditbank_grpc::proto;
use creditbank_store::SqliteStore;
use creditbank_tests::{Clients, District, LEDGER, bank_on, draft, fresh, name};
use ledger_core::id::LedgerId;
use ledger_core::ports::Store;
use proto::entry::Detail;
use std::sync::Arc;
use tonic::Status;
use tonic_types::StatusExt;

/// A district with ten residents on a file, and what verifies it in the end.
pub struct Desk {
    pub clients: Clients,
    pub store: Arc<dyn Store>,
    _folder: tempfile::TempDir,
}

impl Desk {
    pub async fn open() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/ledger.db", folder.path().display());
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&url, Default::default()).await.unwrap());
        let clients = Clients::of(&bank_on(Arc::clone(&store)).await).await;
        District::build(&clients, 10).await;
        Desk { clients, store, _folder: folder }
    }

    pub async fn is_clean(&self) {
        let ledger = LedgerId::parse("district").unwrap();
        let report = creditbank_ledger::verify(Arc::clone(&self.store), &ledger, |_| {}).await.unwrap();
        assert!(report.is_clean(), "{report:?}");
    }

    pub async fn post(&self, entry: proto::Entry) -> Result<u64, Status> {
        let request =
            proto::PostEntryRequest { parent: LEDGER.to_owned(), request_id: fresh(), entry: Some(entry) };
        Ok(self.clients.ledger.clone().post_entry(request).await?.into_inner().position)
    }

    pub async fn lecture(&self, resident: usize, day: &str, minutes: u32) -> u64 {
        self.post(talk(resident, day, minutes)).await.unwrap()
    }

    pub async fn reverse(&self, entry: u64) -> u64 {
        let request = proto::ReverseEntryRequest {
            name: name(&format!("entries/{entry}")),
            request_id: fresh(),
            organization: name("organizations/school"),
            reason: "wrong_person".to_owned(),
        };
        self.clients.ledger.clone().reverse_entry(request).await.unwrap().into_inner().position
    }

    pub async fn merge(&self, merged: &str, survivor: &str) -> Result<proto::ApproveMergeResponse, Status> {
        self.clients.merge(merged, survivor).await
    }

    pub async fn unmerge(&self, merged: &str, kept: &[u64]) -> Result<proto::ApproveMergeResponse, Status> {
        self.clients.unmerge(merged, kept).await
    }

    pub async fn rename(&self, old: &str, new: &str) -> Result<proto::ChangeIdentifierResponse, Status> {
        let request = proto::ChangeIdentifierRequest {
            name: resident(old),
            request_id: fresh(),
            organization: name("organizations/school"),
            new_resident_id: new.to_owned(),
        };
        self.clients.identities.clone().change_identifier(request).await.map(tonic::Response::into_inner)
    }

    pub async fn balance_at(&self, id: &str, as_of_position: u64) -> Result<proto::Balance, Status> {
        let request = proto::GetBalanceRequest { name: resident(id), as_of_position, ..Default::default() };
        Ok(self.clients.accounts.clone().get_balance(request).await?.into_inner().balance.unwrap())
    }

    pub async fn balance(&self, id: &str) -> proto::Balance {
        let alone = self.balance_at(id, 0).await.unwrap();
        let request = proto::BatchGetBalancesRequest {
            parent: LEDGER.to_owned(),
            names: vec![resident("r0010"), resident(id)],
            min_position: 0,
        };
        let answer = self.clients.accounts.clone().batch_get_balances(request).await.unwrap().into_inner();
        assert_eq!(answer.balances[1], alone, "alone and among others an account has the same balance");
        let request = proto::ExplainBalanceRequest { name: resident(id), ..Default::default() };
        let explained = self.clients.accounts.clone().explain_balance(request).await.unwrap().into_inner();
        let lines: i64 = explained.lines.iter().map(|line| line.centi_credits).sum();
        assert_eq!(explained.balance.unwrap(), alone, "what is explained is the balance");
        assert_eq!(lines, alone.centi_credits, "the lines add up to it");
        alone
    }

    pub async fn figures(&self, id: &str) -> (i64, u64, u64) {
        figures(&self.balance(id).await)
    }

    pub async fn statement(&self, id: &str) -> proto::GetStatementResponse {
        let request = proto::GetStatementRequest { name: resident(id), ..Default::default() };
        self.clients.accounts.clone().get_statement(request).await.unwrap().into_inner()
    }

    pub async fn school(&self) -> proto::Balance {
        let request = proto::GetBalanceRequest { name: name("organizations/school"), ..Default::default() };
        self.clients.accounts.clone().get_balance(request).await.unwrap().into_inner().balance.unwrap()
    }

    pub async fn listed(&self) -> Vec<proto::Balance> {
        let request = proto::ListBalancesRequest { parent: LEDGER.to_owned(), ..Default::default() };
        self.clients.accounts.clone().list_balances(request).await.unwrap().into_inner().balances
    }

    pub async fn who(&self, id: &str, day: &str, as_of_position: u64) -> proto::Identity {
        let request = proto::GetIdentityRequest {
            name: resident(id),
            day: day.to_owned(),
            as_of_position,
            ..Default::default()
        };
        self.clients.identities.clone().get_identity(request).await.unwrap().into_inner().identity.unwrap()
    }

    pub async fn join(&self, house: &str, id: &str, minor: bool, days: (&str, &str)) -> Result<u64, Status> {
        let role = if minor { proto::MemberRole::Minor } else { proto::MemberRole::Adult };
        let request = proto::JoinHouseholdRequest {
            name: name(&format!("households/{house}")),
            request_id: fresh(),
            organization: name("organizations/town"),
            resident: resident(id),
            role: role.into(),
            from: days.0.to_owned(),
            last_day: days.1.to_owned(),
        };
        Ok(self.clients.identities.clone().join_household(request).await?.into_inner().position)
    }

    pub async fn leave(&self, house: &str, id: &str, last_day: &str) -> Result<u64, Status> {
        let request = proto::LeaveHouseholdRequest {
            name: name(&format!("households/{house}")),
            request_id: fresh(),
            organization: name("organizations/town"),
            resident: resident(id),
            last_day: last_day.to_owned(),
        };
        Ok(self.clients.identities.clone().leave_household(request).await?.into_inner().position)
    }

    pub async fn members(&self, house: &str, day: &str, as_of_position: u64) -> Vec<proto::Member> {
        let request = proto::ListMembersRequest {
            parent: name(&format!("households/{house}")),
            day: day.to_owned(),
            as_of_position,
            ..Default::default()
        };
        self.clients.identities.clone().list_members(request).await.unwrap().into_inner().members
    }

    pub async fn duplicates(&self) -> Vec<proto::DuplicateCandidate> {
        let mut found = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = proto::ListDuplicateCandidatesRequest {
                parent: LEDGER.to_owned(),
                page_size: 1,
                page_token,
                min_position: 0,
            };
            let page = self.clients.identities.clone().list_duplicate_candidates(request).await;
            let page = page.unwrap().into_inner();
            found.extend(page.candidates);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return found;
            }
        }
    }

    pub async fn register(&self, ids: &[&str]) {
        let request = proto::BatchCreateResidentsRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            organization: name("organizations/school"),
            resident_ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        };
        self.clients.registry.clone().batch_create_residents(request).await.unwrap();
    }

    pub async fn census(&self) -> proto::Census {
        let request = proto::GetLedgerRequest { name: LEDGER.to_owned() };
        let answer = self.clients.registry.clone().get_ledger(request).await.unwrap().into_inner();
        answer.ledger.unwrap().census.unwrap()
    }
}

pub fn resident(id: &str) -> String {
    name(&format!("residents/{id}"))
}

pub fn talk(resident: usize, day: &str, minutes: u32) -> proto::Entry {
    draft(resident, day, minutes, Detail::Lecture(proto::Lecture::default()))
}

pub fn certificate(resident: usize, number: u8) -> proto::Entry {
    let digest = format!("{number:064x}");
    draft(resident, "2026-03-01", 0, Detail::Certificate(proto::Certificate { number_sha256: digest }))
}

pub fn figures(balance: &proto::Balance) -> (i64, u64, u64) {
    (balance.centi_credits, balance.minutes, balance.entries)
}

pub fn told(status: &Status, key: &str) -> String {
    let details = status.get_error_details();
    details.error_info().and_then(|info| info.metadata.get(key).cloned()).unwrap_or_default()
}
