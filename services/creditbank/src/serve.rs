//! `serve`: the file over gRPC, until told to stop.

use crate::access::private_file;
use crate::args::{Addresses, Common, Oidc};
use crate::connect::{door, open_bank_with, open_directory};
use crate::failure::Failure;
use crate::http;
use crate::tls;
use crate::witness;
use creditbank_access::{Gate, Issuer, Rate};
use creditbank_badge::Issuers;
use creditbank_directory::Directory;
use creditbank_grpc::proto;
use creditbank_grpc::proto::access_service_client::AccessServiceClient;
use creditbank_grpc::{Access, ConnectionLimits, ServerOptions};
use creditbank_ledger::{Bank, PageRequest, Stop};
use creditbank_proof::CheckpointKey;
use ledger_core::access::Role;
use ledger_core::projection::Key;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;
use tonic::transport::Channel;

/// What follows the database's name in that of the file that remembers columns of spreadsheets.
pub(crate) const UPLOADS: &str = "uploads.json";

pub(crate) async fn run(common: &Common, addresses: &Addresses) -> Result<ExitCode, Failure> {
    reachable_only_here(addresses)?;
    let key = checkpoint_key(addresses)?;
    let bank = open_bank_with(common, &addresses.read_url, key).await?;
    first_administrator(&bank, &administrator_token(common, addresses)).await?;
    let directory = open_directory(common, &bank).await?;
    let remembered = beside(&common.database_url, UPLOADS);
    serve(bank, directory, addresses, &remembered, |grpc, http| {
        tracing::info!(database = %common.shown_database(), %grpc, %http, "serving");
        // One line for scripts that start the program on port 0.
        println!("{}", serde_json::json!({ "grpc": grpc.to_string(), "http": http.to_string() }));
    })
    .await
}

/// Serves a bank; `ready` is called once both addresses are bound.
pub(crate) async fn serve(
    bank: Arc<Bank>,
    directory: Option<Arc<Directory>>,
    addresses: &Addresses,
    remembered: &Path,
    ready: impl FnOnce(std::net::SocketAddr, std::net::SocketAddr),
) -> Result<ExitCode, Failure> {
    // What is wrong with a file is said before anything is opened.
    let tls = tls::server(&addresses.tls)?;
    let gatherer = witness::gatherer(addresses)?;
    let per_second = addresses.calls_per_second;
    let gate = Gate::new(Arc::clone(&bank), Rate { per_second, burst: per_second.saturating_mul(4) });
    let gate = match issuer(&addresses.oidc)? {
        Some(issuer) => gate.with_issuer(issuer),
        None => gate,
    };
    let metrics = http::install_metrics()?;
    let listener = TcpListener::bind(addresses.grpc_addr)
        .await
        .map_err(|error| Failure::unavailable(format!("--grpc-addr {}: {error}", addresses.grpc_addr)))?;
    let grpc = listener.local_addr().map_err(Failure::unavailable)?;
    let access = Access::Credentials(Arc::new(gate));
    let connections = ConnectionLimits {
        open: addresses.connections,
        open_per_peer: addresses.connections_per_peer,
        ..ConnectionLimits::DEFAULT
    };
    let (http_listener, http) = http::bind(addresses).await?;
    let issuers = issuers(addresses, &http::site(addresses, http))?;
    let options =
        ServerOptions { access, reflection: addresses.reflection, directory, issuers, tls, connections };
    let console = console_door(&bank, &options).await?;
    http::serve(addresses, (http_listener, http), metrics, Arc::clone(&bank), console, remembered).await?;
    // Whoever is told that it is ready may stop it at once.
    let told = signal();
    ready(grpc, http);
    let mut fatal = bank.fatal();
    let unknown_outcome = bank.fatal();
    let stop = async move {
        tokio::select! {
            () = told => tracing::info!("stopping: open calls are finished first"),
            _ = fatal.wait_for(|fatal| *fatal) => tracing::error!("a commit failed with unknown outcome: stopping"),
        }
    };
    let renewals = Stop::default();
    let renewing = tokio::spawn(Arc::clone(&bank).keep_summed_up(renewals.clone()));
    let witnessing = tokio::spawn(gatherer.run(Arc::clone(&bank)));
    let served = creditbank_grpc::serve(listener, bank, options, stop).await;
    witnessing.abort();
    renewals.ask();
    // It keeps how far it has come.
    let _ = renewing.await;
    served.map_err(Failure::unavailable)?;
    if *unknown_outcome.borrow() {
        return Err(Failure::unavailable("a commit failed with unknown outcome; start again to look"));
    }
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// The door that the console asks: the same gate as over the network, without a socket.
async fn console_door(bank: &Arc<Bank>, options: &ServerOptions) -> Result<Channel, Failure> {
    let options = ServerOptions { reflection: false, tls: None, ..options.clone() };
    let channel =
        creditbank_grpc::connect_in_process(Arc::clone(bank), options, std::future::pending()).await;
    channel.map_err(Failure::unavailable)
}

/// Without TLS nobody else must be able to listen: tokens go over the wire.
fn reachable_only_here(addresses: &Addresses) -> Result<(), Failure> {
    let encrypted = addresses.tls.tls_cert.is_some();
    let flags =
        [("--grpc-addr", addresses.grpc_addr, encrypted), ("--http-addr", addresses.http_addr, false)];
    match flags.iter().find(|(_, address, encrypted)| !encrypted && !address.ip().is_loopback()) {
        Some((flag, address, _)) if !addresses.allow_plaintext => Err(Failure::refused(
            "FIELD_INVALID",
            format!(
                "{flag} {address} 別的機器連得到，而傳輸沒有加密；請改用 127.0.0.1，或由加密的代理轉接；gRPC 可用 --tls-cert，或明說 --allow-plaintext。\
                 Other machines reach {flag} {address}, and nothing is encrypted: serve on 127.0.0.1, behind a proxy that \
                 speaks TLS, gRPC with --tls-cert, or say --allow-plaintext."
            ),
        )),
        _ => Ok(()),
    }
}

/// What issues badges, where there is a key: by another one that follows from it.
fn issuers(addresses: &Addresses, site: &str) -> Result<Option<Arc<Issuers>>, Failure> {
    const PURPOSE: &str = "badges";
    let Some((key, _)) = checkpoint_key(addresses)? else { return Ok(None) };
    let mut issuers = Issuers::new(key.secret_for(PURPOSE), site);
    for file in &addresses.checkpoint_key_before {
        issuers = issuers.after(CheckpointKey::read(file)?.secret_for(PURPOSE));
    }
    if addresses.console_url.is_none() {
        tracing::info!(site, "badges name this address, which outsiders do not reach: give --console-url");
    }
    Ok(Some(Arc::new(issuers)))
}

/// The key that checkpoints are signed with, where the command line names one.
pub(crate) fn checkpoint_key(addresses: &Addresses) -> Result<Option<(CheckpointKey, PathBuf)>, Failure> {
    let Some(file) = &addresses.checkpoint_key else { return Ok(None) };
    Ok(Some((CheckpointKey::read(file)?, file.clone())))
}

/// The issuer that vouches for identities, where the command line names one.
fn issuer(oidc: &Oidc) -> Result<Option<Issuer>, Failure> {
    let (Some(issuer), Some(jwks)) = (&oidc.oidc_issuer, &oidc.oidc_jwks) else { return Ok(None) };
    let opened = Issuer::open(issuer, &oidc.oidc_audience_prefix, jwks);
    opened.map(Some).map_err(|error| {
        Failure::refused("FIELD_INVALID", format!("--oidc-jwks {}: {error}", jwks.display()))
    })
}

/// Where the first administrator's token is written.
fn administrator_token(common: &Common, addresses: &Addresses) -> PathBuf {
    let beside = || beside(&common.database_url, "administrator.token");
    addresses.administrator_token.clone().unwrap_or_else(beside)
}

/// A file beside that of the database; of a database elsewhere one of the folder that the program was started in.
pub(crate) fn beside(database_url: &str, extension: &str) -> PathBuf {
    let file = database_url.strip_prefix("sqlite://").map(|file| file.split('?').next().unwrap_or(file));
    PathBuf::from(format!("{}.{extension}", file.unwrap_or("creditbank")))
}

/// Where the deployment has no administrator yet, issues the first one's token and writes it down. Of several replicas that
/// start together one does.
async fn first_administrator(bank: &Arc<Bank>, file: &Path) -> Result<(), Failure> {
    let deployment = bank.own_ledger().await?;
    let any = PageRequest { size: 1, token: String::new() };
    if !deployment.records(Key::credential_prefix(), &any).await?.items.is_empty() {
        return Ok(());
    }
    if file.exists() {
        return Err(Failure::refused(
            "FIELD_INVALID",
            format!(
                "{0} 是另一個資料庫的憑證，請先移開。{0} is a token of another database: move it away first.",
                file.display()
            ),
        ));
    }
    let request = proto::CreateTokenRequest {
        parent: creditbank_grpc::ledger_name(deployment.id()),
        request_id: "creditbank-first-administrator".to_owned(),
        person: "administrator-01".to_owned(),
        role: Role::Administrator.to_string(),
        ..Default::default()
    };
    let mut door = AccessServiceClient::new(door(Arc::clone(bank)).await?);
    let issued = door.create_token(request).await?.into_inner();
    if issued.replayed {
        return Ok(());
    }
    writeln!(private_file(file)?, "{}", issued.token).map_err(Failure::unavailable)?;
    eprintln!(
        "第一位管理員的憑證寫在 {0}，請移到安全的地方。The first administrator's token is in {0}: move it to a safe place.",
        file.display()
    );
    Ok(())
}

/// Resolves on Ctrl-C or SIGTERM that come from now on, also before it is waited for.
pub(crate) fn signal() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let [interrupted, terminated] = [SignalKind::interrupt(), SignalKind::terminate()].map(|kind| {
        let heard = signal(kind).ok();
        async {
            match heard {
                Some(mut heard) => {
                    heard.recv().await;
                }
                None => std::future::pending().await,
            }
        }
    });
    async {
        tokio::select! {
            () = interrupted => {}
            () = terminated => {}
        }
    }
}
