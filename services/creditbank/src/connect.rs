//! Reaching a ledger: over the network, or by opening the file and speaking to the same door inside this process.

use crate::args::Common;
use crate::failure::Failure;
use crate::rebuild::rebuild_shown;
use crate::tls;
use creditbank_directory::{Directory, Finished, KeyFile};
use creditbank_grpc::proto::account_service_client::AccountServiceClient;
use creditbank_grpc::proto::badge_service_client::BadgeServiceClient;
use creditbank_grpc::proto::correction_service_client::CorrectionServiceClient;
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
use creditbank_grpc::{Access, Bearer, ServerOptions};
use creditbank_ledger::{Bank, LedgerSettings, Limits, Outcome, system_clock};
use creditbank_proof::CheckpointKey;
use ledger_core::Reason;
use ledger_core::id::LedgerId;
use ledger_core::ports::Store;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tonic::transport::Endpoint;

/// How calls reach a ledger.
pub(crate) type Way = creditbank_grpc::Credentialed;

/// Clients of a ledger.
pub(crate) struct Desk {
    /// `ledgers/{ledger}`.
    pub(crate) parent: String,
    pub(crate) ledger: LedgerServiceClient<Way>,
    pub(crate) accounts: AccountServiceClient<Way>,
    pub(crate) registry: RegistryServiceClient<Way>,
    pub(crate) policies: PolicyServiceClient<Way>,
    pub(crate) proofs: ProofServiceClient<Way>,
    pub(crate) badges: BadgeServiceClient<Way>,
    pub(crate) identities: IdentityServiceClient<Way>,
    pub(crate) households: HouseholdServiceClient<Way>,
    pub(crate) directory: DirectoryServiceClient<Way>,
    pub(crate) retention: RetentionServiceClient<Way>,
    pub(crate) redemptions: RedemptionServiceClient<Way>,
    pub(crate) reports: ReportServiceClient<Way>,
    pub(crate) corrections: CorrectionServiceClient<Way>,
    pub(crate) evaluations: EvaluationServiceClient<Way>,
    pub(crate) selections: SelectionServiceClient<Way>,
}

impl Desk {
    pub(crate) fn new(channel: Way, ledger: &LedgerId) -> Desk {
        const LARGE: usize = 64 << 20;
        Desk {
            parent: creditbank_grpc::ledger_name(ledger),
            ledger: LedgerServiceClient::new(channel.clone()).max_decoding_message_size(LARGE),
            accounts: AccountServiceClient::new(channel.clone()).max_decoding_message_size(LARGE),
            policies: PolicyServiceClient::new(channel.clone()).max_decoding_message_size(LARGE),
            badges: BadgeServiceClient::new(channel.clone()).max_decoding_message_size(LARGE),
            proofs: ProofServiceClient::new(channel.clone()).max_decoding_message_size(LARGE),
            identities: IdentityServiceClient::new(channel.clone()).max_decoding_message_size(LARGE),
            households: HouseholdServiceClient::new(channel.clone()).max_decoding_message_size(LARGE),
            directory: DirectoryServiceClient::new(channel.clone()).max_decoding_message_size(LARGE),
            retention: RetentionServiceClient::new(channel.clone()).max_decoding_message_size(LARGE),
            redemptions: RedemptionServiceClient::new(channel.clone()).max_decoding_message_size(LARGE),
            corrections: CorrectionServiceClient::new(channel.clone()).max_decoding_message_size(LARGE),
            evaluations: EvaluationServiceClient::new(channel.clone()).max_decoding_message_size(LARGE),
            selections: SelectionServiceClient::new(channel.clone()).max_decoding_message_size(LARGE),
            reports: ReportServiceClient::new(channel.clone()).max_decoding_message_size(LARGE),
            registry: RegistryServiceClient::new(channel).max_decoding_message_size(LARGE),
        }
    }

    /// Reaches the ledger that the command line names.
    pub(crate) async fn open(common: &Common) -> Result<Desk, Failure> {
        let id = ledger_id(common)?;
        Ok(Desk::new(channel(common).await?, &id))
    }

    /// A resource name below the ledger.
    pub(crate) fn name(&self, path: &str) -> String {
        format!("{}/{path}", self.parent)
    }
}

/// The way to the ledger that the command line names: to a server, or to the door of the file.
pub(crate) async fn channel(common: &Common) -> Result<Way, Failure> {
    match &common.server {
        Some(server) => connect(common, server).await,
        None => {
            let bank = open_bank(common, &[]).await?;
            let directory = open_directory(common, &bank).await?;
            door_with(bank, directory).await
        }
    }
}

/// The door of a bank in this process.
pub(crate) async fn door(bank: Arc<Bank>) -> Result<Way, Failure> {
    door_with(bank, None).await
}

/// The same, with the directory of personal data.
async fn door_with(bank: Arc<Bank>, directory: Option<Arc<Directory>>) -> Result<Way, Failure> {
    let options = ServerOptions { directory, ..ServerOptions::of(Access::Owner) };
    let channel = creditbank_grpc::connect_in_process(bank, options, std::future::pending()).await;
    Ok(Bearer::default().on(channel.map_err(Failure::unavailable)?))
}

/// Opens the directory, where the command line names its key file, and finishes what was left to do: nobody is served
/// before that.
pub(crate) async fn open_directory(common: &Common, bank: &Bank) -> Result<Option<Arc<Directory>>, Failure> {
    let Some(key_file) = &common.key_file else { return Ok(None) };
    let keys = KeyFile::read(key_file)?;
    let persons = creditbank_store::open_persons(&common.database_url).await?;
    let directory = Arc::new(Directory::open(&keys, persons)?);
    let finished = directory.finish_erasures(bank).await?;
    if finished != Finished::default() {
        eprintln!(
            "補完先前的刪除：補登記 {0}、補記事件 {1}、待記 {2}、清除資料 {3}。\
             Finished earlier erasures: {0} registered, {1} recorded anew, {2} waiting, {3} removed.",
            finished.registered, finished.recorded, finished.waiting, finished.removed
        );
    }
    Ok(Some(directory))
}

/// The token of the environment: one on the command line would be read by everybody on the machine.
const TOKEN: &str = "CREDITBANK_TOKEN";

/// The token that the command line or the environment names.
fn bearer(common: &Common) -> Result<Bearer, Failure> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::refused("CREDENTIAL_INVALID", format!("讀不到憑證。The token cannot be read: {error}"))
    };
    let token = match &common.token_file {
        Some(file) => std::fs::read_to_string(file).map_err(|error| unreadable(&error))?,
        None => match std::env::var(TOKEN) {
            Ok(token) => token,
            Err(_) => return Ok(Bearer::default()),
        },
    };
    Bearer::of(token.trim()).map_err(|error| unreadable(&error))
}

/// A running server.
pub(crate) async fn connect(common: &Common, server: &str) -> Result<Way, Failure> {
    let bearer = bearer(common)?;
    let endpoint = Endpoint::from_shared(server.to_owned())
        .map_err(|error| Failure::refused("FIELD_INVALID", format!("--server {server}: {error}")))?;
    let endpoint = match endpoint.uri().scheme_str() {
        Some("https") => endpoint.tls_config(tls::client(common)?).map_err(|error| {
            Failure::refused("FIELD_INVALID", format!("--tls-ca, --tls-client-cert: {}", tls::causes(&error)))
        })?,
        _ => endpoint,
    };
    let channel = endpoint.tcp_nodelay(true).connect().await.map_err(|error| {
        let error = tls::causes(&error);
        Failure::unavailable(format!(
            "連不上 {server}，請確認 creditbank serve 是否在執行。\
             {server} does not answer: is `creditbank serve` running? ({error})"
        ))
    })?;
    Ok(bearer.on(channel))
}

/// The name of a request: as given, to run the same command again safely, or a fresh one.
pub(crate) fn request_id(given: Option<&String>) -> String {
    given.cloned().unwrap_or_else(|| uuid::Uuid::now_v7().to_string())
}

pub(crate) fn ledger_id(common: &Common) -> Result<LedgerId, Failure> {
    Ok(LedgerId::parse(&common.ledger)?)
}

/// Opens the store. A file without any ledger gets the one the command line names, with the defaults of `init`.
pub(crate) async fn open_bank(common: &Common, read_urls: &[String]) -> Result<Arc<Bank>, Failure> {
    open_bank_with(common, read_urls, None).await
}

/// The same, which signs checkpoints where there is a key.
pub(crate) async fn open_bank_with(
    common: &Common,
    read_urls: &[String],
    key: Option<(CheckpointKey, PathBuf)>,
) -> Result<Arc<Bank>, Failure> {
    let store = creditbank_store::open(&common.database_url).await?;
    let bank = Bank::new(store, system_clock(), Limits::default()).with_standbys(standbys(read_urls)?);
    let bank = Arc::new(match key {
        Some((key, file)) => bank.with_checkpoint_key(key, &file),
        None => bank,
    });
    bring_up_to_date(&bank, common.json).await?;
    if bank.ledgers().await?.is_empty() {
        let id = ledger_id(common)?;
        bank.open_ledger(&id, &LedgerSettings::parse("", "")?).await?;
        let shown = common.shown_database();
        let (zone, first) = (LedgerSettings::TIME_ZONE, LedgerSettings::BEGINS_ON);
        eprintln!("opened ledger {id} in {shown} ({zone}, from {first})");
    }
    Ok(bank)
}

/// The standbys that are read.
pub(crate) fn standbys(read_urls: &[String]) -> Result<Vec<Arc<dyn Store>>, Failure> {
    Ok(read_urls.iter().map(|url| creditbank_store::open_standby(url)).collect::<Result<_, _>>()?)
}

/// How long another program that folds the same states anew is waited for (our own default).
const OTHERS: Duration = Duration::from_secs(600);

/// Folds the states anew that a program of another form wrote.
pub(crate) async fn bring_up_to_date(bank: &Bank, json: bool) -> Result<(), Failure> {
    for id in bank.outdated().await? {
        eprintln!(
            "帳本 {id} 的狀態是另一版程式寫的，先由事件重算。\
             The states of ledger {id} are of another version of the program: folding them anew first."
        );
        match rebuild_shown(Arc::clone(bank.store()), &id, json).await {
            Ok(Outcome::Served(_)) => {}
            Ok(Outcome::Stopped(_)) => {
                return Err(Failure::unavailable("stopped half-way; the next start goes on from there"));
            }
            // Another program that started too has taken over.
            Err(failure) if failure.is(Reason::WriterFenced) => wait_for_another(bank, &id, failure).await?,
            Err(failure) => return Err(failure),
        }
    }
    Ok(())
}

async fn wait_for_another(bank: &Bank, id: &LedgerId, failure: Failure) -> Result<(), Failure> {
    let began = Instant::now();
    while bank.outdated().await?.contains(id) {
        if began.elapsed() > OTHERS {
            return Err(failure);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}
