//! The small district with its console, in this process.

use crate::browser::Browser;
use creditbank_access::{Gate, Rate};
use creditbank_console::Origins;
use creditbank_grpc::{Access, Bearer, proto};
use creditbank_ledger::{Bank, Clock, Limits};
use creditbank_store::MemoryStore;
use creditbank_tests::{Clients, District, LEDGER, bank_on, bank_with, door, fresh, name};
use std::sync::Arc;
use tokio::net::TcpListener;
use tonic::transport::Channel;

pub(crate) struct Desk {
    /// Whoever has the database.
    pub(crate) owner: Clients,
    /// `http://127.0.0.1:PORT` of the console.
    pub(crate) console: String,
    door: Channel,
}

impl Desk {
    /// The district with twenty residents; it is 1 June 2026.
    pub(crate) async fn open() -> Desk {
        Desk::behind(None).await
    }

    /// The same on a day that the journey lets pass.
    pub(crate) async fn on(clock: Clock) -> Desk {
        let bank = bank_with(Arc::new(MemoryStore::default()), clock, Limits::default()).await;
        Desk::of(bank, None, 20).await
    }

    /// The same with so many residents.
    pub(crate) async fn with(residents: usize) -> Desk {
        Desk::of(bank_on(Arc::new(MemoryStore::default())).await, None, residents).await
    }

    /// Clients that show a token.
    pub(crate) fn clients(&self, bearer: Bearer) -> Clients {
        Clients::with(bearer, self.door.clone())
    }

    /// The same with a public address, as behind a proxy.
    pub(crate) async fn behind(public: Option<&str>) -> Desk {
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
        tokio::spawn(async move { axum::serve(listener, console).await });
        Desk { owner, console: format!("http://{bound}"), door }
    }

    /// A token of a role, for an organisation or the whole ledger.
    pub(crate) async fn issue(&self, role: &str, organization: &str) -> proto::CreateTokenResponse {
        let request = proto::CreateTokenRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            person: format!("{role}-01"),
            role: role.to_owned(),
            organization: match organization {
                "" => String::new(),
                id => name(&format!("organizations/{id}")),
            },
            days: 365,
            ..Default::default()
        };
        self.owner.access.clone().create_token(request).await.unwrap().into_inner()
    }

    /// A browser of somebody in a role.
    pub(crate) async fn browser(&self, role: &str, organization: &str) -> Browser {
        Browser::signed_in(&self.console, &self.issue(role, organization).await.token).await
    }

    pub(crate) async fn entries(&self) -> u64 {
        let request = proto::GetLedgerRequest { name: LEDGER.to_owned() };
        let answer = self.owner.registry.clone().get_ledger(request).await.unwrap().into_inner();
        answer.ledger.unwrap().census.unwrap().entries
    }
}
