//! What the journeys share: a bank in this process or the real program in another, a small district, and builders of
//! requests. Everyone in it is invented.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "only tests and benchmarks use this: what fails here fails them, at its place"
)]

pub mod canary;
mod desk;
mod directory;
mod district;
mod dropped;
pub mod family;
mod hands;
mod merge;
pub mod pdf;
pub mod postgres;
mod program;
pub mod scriptless;
pub mod sheet;
pub mod upload;

pub use desk::Desk;
pub use directory::{Keys, mainland_number, person_stores};
pub use district::{District, draft, lecture};
pub use dropped::{Patience, drop_calls};
pub use hands::Hands;
pub use merge::{merge, unmerge};
pub use program::Program;

use chrono::{DateTime, Utc};
use creditbank_badge::Issuers;
use creditbank_grpc::proto;
use creditbank_grpc::proto::access_service_client::AccessServiceClient;
use creditbank_grpc::proto::account_service_client::AccountServiceClient;
use creditbank_grpc::proto::badge_service_client::BadgeServiceClient;
use creditbank_grpc::proto::correction_service_client::CorrectionServiceClient;
use creditbank_grpc::proto::deployment_service_client::DeploymentServiceClient;
use creditbank_grpc::proto::directory_service_client::DirectoryServiceClient;
use creditbank_grpc::proto::evaluation_service_client::EvaluationServiceClient;
use creditbank_grpc::proto::household_service_client::HouseholdServiceClient;
use creditbank_grpc::proto::identity_service_client::IdentityServiceClient;
use creditbank_grpc::proto::ledger_service_client::LedgerServiceClient;
use creditbank_grpc::proto::policy_service_client::PolicyServiceClient;
use creditbank_grpc::proto::proof_service_client::ProofServiceClient;
use creditbank_grpc::proto::redemption_service_client::RedemptionServiceClient;
use creditbank_grpc::proto::registry_service_client::RegistryServiceClient;
use creditbank_grpc::proto::report_service_client::ReportServiceClient;
use creditbank_grpc::proto::retention_service_client::RetentionServiceClient;
use creditbank_grpc::proto::selection_service_client::SelectionServiceClient;
use creditbank_grpc::{Access, Bearer, Credentialed, ServerOptions};
use creditbank_ledger::{Bank, Clock, LedgerSettings, Limits};
use ledger_core::date::OccurredOn;
use ledger_core::id::LedgerId;
use ledger_core::ports::Store;
use std::collections::HashMap;
use std::sync::Arc;
use tonic::transport::Channel;

/// The name of the ledger that every journey uses.
pub const LEDGER: &str = "ledgers/district";

/// Noon of 1 June 2026 in Shanghai: "today" of journeys in this process.
pub fn june_first_2026() -> DateTime<Utc> {
    "2026-06-01T04:00:00Z".parse().unwrap()
}

/// A clock that stands still.
pub fn still(at: DateTime<Utc>) -> Clock {
    Arc::new(move || at)
}

/// A bank with the ledger `district` (Asia/Shanghai, from 2000-01-01), where it is 1 June 2026.
pub async fn bank_on(store: Arc<dyn Store>) -> Arc<Bank> {
    bank_with(store, still(june_first_2026()), Limits::default()).await
}

/// The same with a clock and limits of the journey's own.
pub async fn bank_with(store: Arc<dyn Store>, clock: Clock, limits: Limits) -> Arc<Bank> {
    let bank = Arc::new(Bank::new(store, clock, limits));
    let settings = LedgerSettings {
        time_zone: chrono_tz::Asia::Shanghai,
        begins_on: OccurredOn::parse("2000-01-01", "begins_on").unwrap(),
    };
    bank.open_ledger(&LedgerId::parse("district").unwrap(), &settings).await.unwrap();
    bank
}

/// Clients of one server.
#[derive(Clone)]
pub struct Clients {
    /// Entries.
    pub ledger: LedgerServiceClient<Credentialed>,
    /// Balances.
    pub accounts: AccountServiceClient<Credentialed>,
    /// Registry.
    pub registry: RegistryServiceClient<Credentialed>,
    /// Credit rules.
    pub policies: PolicyServiceClient<Credentialed>,
    /// Checkpoints and proofs.
    pub proofs: ProofServiceClient<Credentialed>,
    /// Badges.
    pub badges: BadgeServiceClient<Credentialed>,
    /// Who is who.
    pub identities: IdentityServiceClient<Credentialed>,
    /// Households.
    pub households: HouseholdServiceClient<Credentialed>,
    /// Redeemed credit.
    pub redemptions: RedemptionServiceClient<Credentialed>,
    /// Closed months.
    pub reports: ReportServiceClient<Credentialed>,
    /// Corrections.
    pub corrections: CorrectionServiceClient<Credentialed>,
    /// How candidates stand.
    pub evaluations: EvaluationServiceClient<Credentialed>,
    /// Selections.
    pub selections: SelectionServiceClient<Credentialed>,
    /// The ledgers of a deployment.
    pub deployment: DeploymentServiceClient<Credentialed>,
    /// Personal data.
    pub directory: DirectoryServiceClient<Credentialed>,
    /// How long personal data is kept.
    pub retention: RetentionServiceClient<Credentialed>,
    /// Credentials.
    pub access: AccessServiceClient<Credentialed>,
    /// The channel they share, which shows no token.
    pub channel: Channel,
}

impl Clients {
    /// Clients on a channel.
    pub fn on(channel: Channel) -> Clients {
        Clients::with(Bearer::default(), channel)
    }

    /// Clients that show a token.
    pub fn with(bearer: Bearer, plain: Channel) -> Clients {
        let channel = bearer.on(plain.clone());
        Clients {
            ledger: LedgerServiceClient::new(channel.clone()),
            accounts: AccountServiceClient::new(channel.clone()),
            registry: RegistryServiceClient::new(channel.clone()),
            policies: PolicyServiceClient::new(channel.clone()),
            proofs: ProofServiceClient::new(channel.clone()),
            badges: BadgeServiceClient::new(channel.clone()),
            identities: IdentityServiceClient::new(channel.clone()),
            households: HouseholdServiceClient::new(channel.clone()),
            redemptions: RedemptionServiceClient::new(channel.clone()),
            reports: ReportServiceClient::new(channel.clone()),
            corrections: CorrectionServiceClient::new(channel.clone()),
            evaluations: EvaluationServiceClient::new(channel.clone()),
            selections: SelectionServiceClient::new(channel.clone()),
            deployment: DeploymentServiceClient::new(channel.clone()),
            directory: DirectoryServiceClient::new(channel.clone()),
            retention: RetentionServiceClient::new(channel.clone()),
            access: AccessServiceClient::new(channel),
            channel: plain,
        }
    }

    /// Clients of a bank in this process, through the same door as over the network.
    pub async fn of(bank: &Arc<Bank>) -> Clients {
        Clients::on(door(bank, Access::Owner).await)
    }
}

/// Where outsiders would find the ledgers of tests.
pub const SITE: &str = "https://ledger.example.org";

/// What issues the badges of tests.
pub fn issuers() -> Issuers {
    Issuers::new([7; 32].into(), SITE)
}

/// The door of a bank in this process.
pub async fn door(bank: &Arc<Bank>, access: Access) -> Channel {
    let issuers = Some(Arc::new(issuers()));
    let options = ServerOptions { issuers, ..ServerOptions::of(access) };
    creditbank_grpc::connect_in_process(Arc::clone(bank), options, std::future::pending()).await.unwrap()
}

/// The tree of a store in front of another, in its field `inner`: that of the other.
#[macro_export]
macro_rules! tree_of_inner {
    ($store:ty) => {
        #[tonic::async_trait]
        impl ledger_core::merkle::TreeStore for $store {
            async fn frontier(
                &self,
                ledger: &ledger_core::id::LedgerId,
            ) -> Result<ledger_core::merkle::Frontier, ledger_core::ports::StoreError> {
                self.inner.frontier(ledger).await
            }

            async fn tiles(
                &self,
                ledger: &ledger_core::id::LedgerId,
                ids: &[ledger_core::merkle::TileId],
            ) -> Result<Vec<ledger_core::merkle::Tile>, ledger_core::ports::StoreError> {
                self.inner.tiles(ledger, ids).await
            }

            async fn grow_tree(
                &self,
                ledger: &ledger_core::id::LedgerId,
                growth: ledger_core::merkle::Growth,
            ) -> Result<(), ledger_core::ports::StoreError> {
                self.inner.grow_tree(ledger, growth).await
            }

            async fn checkpoint(
                &self,
                ledger: &ledger_core::id::LedgerId,
                kind: ledger_core::merkle::CheckpointKind,
            ) -> Result<Option<ledger_core::merkle::KeptCheckpoint>, ledger_core::ports::StoreError> {
                self.inner.checkpoint(ledger, kind).await
            }

            async fn keep_checkpoint(
                &self,
                ledger: &ledger_core::id::LedgerId,
                kind: ledger_core::merkle::CheckpointKind,
                from: u64,
                kept: ledger_core::merkle::KeptCheckpoint,
            ) -> Result<(), ledger_core::ports::StoreError> {
                self.inner.keep_checkpoint(ledger, kind, from, kept).await
            }
        }
    };
}

/// A resource name below the ledger.
pub fn name(path: &str) -> String {
    format!("{LEDGER}/{path}")
}

/// The reason of an error, or "" where it carries none.
pub fn reason(status: &tonic::Status) -> String {
    use tonic_types::StatusExt;
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// A fresh request id.
pub fn fresh() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Reads the whole log as a server shows it: positions are dense, and no request is recorded twice. Gives the position of each
/// entry, by its request.
pub async fn whole_log(clients: &Clients) -> HashMap<String, u64> {
    let request = proto::GetLedgerRequest { name: LEDGER.to_owned() };
    let head =
        clients.registry.clone().get_ledger(request).await.unwrap().into_inner().ledger.unwrap().position;
    let watch = proto::WatchEventsRequest { parent: LEDGER.to_owned(), after_position: 0 };
    let mut events = clients.ledger.clone().watch_events(watch).await.unwrap().into_inner();
    let (mut expected, mut seen) = (1, HashMap::new());
    while expected <= head {
        for event in events.message().await.unwrap().unwrap().events {
            assert_eq!(event.position, expected, "positions are dense");
            expected += 1;
            if event.r#type == "entry_recorded" {
                let body: serde_json::Value = serde_json::from_slice(&event.json).unwrap();
                let id = body["request_id"].as_str().unwrap().to_owned();
                assert_eq!(seen.insert(id, event.position), None, "no post is doubled");
            }
        }
    }
    seen
}
