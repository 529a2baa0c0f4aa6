//! The small district with its console, in this process.

use crate::scriptless::Browser;
use crate::{Clients, District, LEDGER, bank_on, bank_with, door, fresh, name};
use creditbank_access::{Gate, Rate};
use creditbank_console::Origins;
use creditbank_grpc::{Access, Bearer, proto};
use creditbank_ledger::{Bank, Clock, Limits};
use creditbank_store::MemoryStore;
use std::sync::Arc;
use tokio::net::TcpListener;
use tonic::transport::Channel;

/// A bank, its gRPC door and the console before it.
pub struct Desk {
    /// Whoever has the database.
    pub owner: Clients,
    /// `http://127.0.0.1:PORT` of the console.
    pub console: String,
    door: Channel,
}

impl Desk {
    /// The district with twenty residents; it is 1 June 2026.
    pub async fn open() -> Desk {
        Desk::behind(None).await
    }

    /// The same on a day that the journey lets pass.
    pub async fn on(clock: Clock) -> Desk {
        let bank = bank_with(Arc::new(MemoryStore::default()), clock, Limits::default()).await;
        Desk::of(bank, None, 20).await
    }

    /// The same with so many residents.
    pub async fn with(residents: usize) -> Desk {
        Desk::of(bank_on(Arc::new(MemoryStore::default())).await, None, residents).await
    }

    /// Clients that show a token.
    pub fn clients(&self, bearer: Bearer) -> Clients {
        Clients::with(bearer, self.door.clone())
    }

    /// The same with a public address, as behind a proxy.
    pub async fn behind(public: Option<&str>) -> Desk {
        Desk::of(bank_on(Arc::new(MemoryStore::default())).await, public, 20).await
    }

    async fn of(bank: Arc<Bank>, public: Option<&str>, residents: usize) -> Desk {
        bank.own_ledger().await.unwrap();
        let owner = Clients::of(&bank).await;
        District::build(&owner, residents).await;
        let gate = Gate::new(Arc::clone(&bank), Rate::DEFAULT);
        let door = door(&bank, Access::Credentials(Arc::new(gate))).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let bound = listener.local_addr().unwrap();
        let console =
            creditbank_console::router(door.clone(), Origins::new(bound, public).unwrap(), None).unwrap();
        let console = console.merge(creditbank_console::public(door.clone()));
        tokio::spawn(async move { axum::serve(listener, console).await });
        Desk { owner, console: format!("http://{bound}"), door }
    }

    /// A token of a role, for an organisation or, where that is empty, the whole ledger; a resident's is for the own account.
    pub async fn issue(&self, role: &str, whose: &str) -> proto::CreateTokenResponse {
        let (organization, resident) = match (role, whose) {
            ("resident", id) => (String::new(), name(&format!("residents/{id}"))),
            (_, "") => (String::new(), String::new()),
            (_, id) => (name(&format!("organizations/{id}")), String::new()),
        };
        let request = proto::CreateTokenRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            person: format!("{role}-01"),
            role: role.to_owned(),
            organization,
            resident,
            days: 365,
        };
        self.owner.access.clone().create_token(request).await.unwrap().into_inner()
    }

    /// A browser of somebody in a role.
    pub async fn browser(&self, role: &str, organization: &str) -> Browser {
        Browser::signed_in(&self.console, &self.issue(role, organization).await.token).await
    }

    /// How many entries there are.
    pub async fn entries(&self) -> u64 {
        let request = proto::GetLedgerRequest { name: LEDGER.to_owned() };
        let answer = self.owner.registry.clone().get_ledger(request).await.unwrap().into_inner();
        answer.ledger.unwrap().census.unwrap().entries
    }
}
