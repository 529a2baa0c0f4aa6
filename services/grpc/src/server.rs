//! The server: services, health, reflection and limits.

use crate::access::{Access, Gatekeeper};
use crate::access_service::AccessDoor;
use crate::account_service::AccountDoor;
use crate::badge_service::BadgeDoor;
use crate::connections::{ConnectionLimits, Connections};
use crate::correction_service::CorrectionDoor;
use crate::deployment_service::DeploymentDoor;
use crate::directory_service::DirectoryDoor;
use crate::evaluation_service::EvaluationDoor;
use crate::household_service::HouseholdDoor;
use crate::identity_service::IdentityDoor;
use crate::layer::SpeakPlainly;
use crate::ledger_service::LedgerDoor;
use crate::policy_service::PolicyDoor;
use crate::proof_service::ProofDoor;
use crate::proto;
use crate::redemption_service::RedemptionDoor;
use crate::registry_service::RegistryDoor;
use crate::report_service::ReportDoor;
use crate::retention_service::RetentionDoor;
use crate::selection_service::SelectionDoor;
use creditbank_badge::Issuers;
use creditbank_directory::Directory;
use creditbank_ledger::Bank;
use hyper_util::rt::TokioIo;
use proto::access_service_server::AccessServiceServer;
use proto::account_service_server::AccountServiceServer;
use proto::badge_service_server::BadgeServiceServer;
use proto::correction_service_server::CorrectionServiceServer;
use proto::deployment_service_server::DeploymentServiceServer;
use proto::directory_service_server::DirectoryServiceServer;
use proto::evaluation_service_server::EvaluationServiceServer;
use proto::household_service_server::HouseholdServiceServer;
use proto::identity_service_server::IdentityServiceServer;
use proto::ledger_service_server::LedgerServiceServer;
use proto::policy_service_server::PolicyServiceServer;
use proto::proof_service_server::ProofServiceServer;
use proto::redemption_service_server::RedemptionServiceServer;
use proto::registry_service_server::RegistryServiceServer;
use proto::report_service_server::ReportServiceServer;
use proto::retention_service_server::RetentionServiceServer;
use proto::selection_service_server::SelectionServiceServer;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::{TcpListenerStream, UnboundedReceiverStream};
use tokio_stream::{Stream, StreamExt};
use tonic::service::Routes;
use tonic::transport::server::Connected;
use tonic::transport::{Channel, Endpoint, Server, ServerTlsConfig};

/// The largest message taken, in bytes: a batch of 1,000 entries with every field filled fits (our own default).
pub const MAX_MESSAGE_BYTES: usize = 2 << 20;

/// Calls that one connection may have open at once (our own default).
const MAX_STREAMS: u32 = 1_024;

/// Calls that one connection may have dropped before the server came to look at them. A further one closes the
/// connection, since nothing but an attack or a client gone wrong does so: as many as may be open, where h2's default of
/// 20 ends the connection of an honest client that gives up on its calls while the server is busy.
const MAX_DROPPED_UNSEEN: usize = MAX_STREAMS as usize;

/// How long a client may take to agree on keys (our own default).
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long open calls may take to finish once the server is told to stop (our own default).
const GRACE: Duration = Duration::from_secs(30);

/// What the server shows besides its services.
#[derive(Clone)]
pub struct ServerOptions {
    /// Who may come in.
    pub access: Access,
    /// Whether strangers may ask which services there are.
    pub reflection: bool,
    /// The directory of personal data; none where the program runs without the key file.
    pub directory: Option<Arc<Directory>>,
    /// What issues badges; none where the program runs without a key.
    pub issuers: Option<Arc<Issuers>>,
    /// The certificate it shows, and whose certificates it takes from clients; none where nothing is encrypted.
    pub tls: Option<ServerTlsConfig>,
    /// How many may be connected.
    pub connections: ConnectionLimits,
}

impl ServerOptions {
    /// For those who may come in, without anything besides.
    #[must_use]
    pub fn of(access: Access) -> ServerOptions {
        ServerOptions {
            access,
            reflection: false,
            directory: None,
            issuers: None,
            tls: None,
            connections: ConnectionLimits::DEFAULT,
        }
    }
}

/// All services of the door, which ask nobody who calls. `closing` ends the open streams.
///
/// # Errors
/// Where the descriptors for reflection are malformed.
async fn routes(
    bank: Arc<Bank>,
    options: &ServerOptions,
    closing: watch::Receiver<bool>,
) -> Result<Routes, Box<dyn std::error::Error + Send + Sync>> {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<LedgerServiceServer<LedgerDoor>>().await;
    health.set_serving::<AccountServiceServer<AccountDoor>>().await;
    health.set_serving::<RegistryServiceServer<RegistryDoor>>().await;
    health.set_serving::<PolicyServiceServer<PolicyDoor>>().await;
    health.set_serving::<IdentityServiceServer<IdentityDoor>>().await;
    health.set_serving::<HouseholdServiceServer<HouseholdDoor>>().await;
    health.set_serving::<RedemptionServiceServer<RedemptionDoor>>().await;
    health.set_serving::<ReportServiceServer<ReportDoor>>().await;
    health.set_serving::<CorrectionServiceServer<CorrectionDoor>>().await;
    health.set_serving::<EvaluationServiceServer<EvaluationDoor>>().await;
    health.set_serving::<SelectionServiceServer<SelectionDoor>>().await;
    health.set_serving::<DeploymentServiceServer<DeploymentDoor>>().await;
    health.set_serving::<AccessServiceServer<AccessDoor>>().await;
    health.set_serving::<DirectoryServiceServer<DirectoryDoor>>().await;
    health.set_serving::<RetentionServiceServer<RetentionDoor>>().await;
    health.set_serving::<ProofServiceServer<ProofDoor>>().await;
    health.set_serving::<BadgeServiceServer<BadgeDoor>>().await;
    let mut fatal = bank.fatal();
    tokio::spawn(async move {
        // After a commit with an unknown outcome nothing is served until the process has looked again.
        if fatal.wait_for(|fatal| *fatal).await.is_ok() {
            health.set_not_serving::<LedgerServiceServer<LedgerDoor>>().await;
        }
    });
    let policy = PolicyServiceServer::new(PolicyDoor { bank: Arc::clone(&bank), closing: closing.clone() })
        .max_decoding_message_size(MAX_MESSAGE_BYTES);
    let ledger = LedgerServiceServer::new(LedgerDoor { bank: Arc::clone(&bank), closing: closing.clone() })
        .max_decoding_message_size(MAX_MESSAGE_BYTES);
    let account = AccountServiceServer::new(AccountDoor { bank: Arc::clone(&bank) })
        .max_decoding_message_size(MAX_MESSAGE_BYTES);
    let identity = IdentityServiceServer::new(IdentityDoor { bank: Arc::clone(&bank) })
        .max_decoding_message_size(MAX_MESSAGE_BYTES);
    let household = HouseholdServiceServer::new(HouseholdDoor { bank: Arc::clone(&bank) })
        .max_decoding_message_size(MAX_MESSAGE_BYTES);
    let redemption = RedemptionServiceServer::new(RedemptionDoor { bank: Arc::clone(&bank) })
        .max_decoding_message_size(MAX_MESSAGE_BYTES);
    let report = ReportServiceServer::new(ReportDoor { bank: Arc::clone(&bank), closing: closing.clone() })
        .max_decoding_message_size(MAX_MESSAGE_BYTES);
    let correction =
        CorrectionServiceServer::new(CorrectionDoor { bank: Arc::clone(&bank), closing: closing.clone() })
            .max_decoding_message_size(MAX_MESSAGE_BYTES);
    let evaluation = EvaluationServiceServer::new(EvaluationDoor { bank: Arc::clone(&bank), closing })
        .max_decoding_message_size(MAX_MESSAGE_BYTES);
    let selection = SelectionServiceServer::new(SelectionDoor { bank: Arc::clone(&bank) })
        .max_decoding_message_size(MAX_MESSAGE_BYTES);
    let deployment = DeploymentServiceServer::new(DeploymentDoor { bank: Arc::clone(&bank) })
        .max_decoding_message_size(MAX_MESSAGE_BYTES);
    let access = AccessServiceServer::new(AccessDoor { bank: Arc::clone(&bank) })
        .max_decoding_message_size(MAX_MESSAGE_BYTES);
    let door = DirectoryDoor { bank: Arc::clone(&bank), directory: options.directory.clone() };
    let directory = DirectoryServiceServer::new(door).max_decoding_message_size(MAX_MESSAGE_BYTES);
    let door = RetentionDoor { bank: Arc::clone(&bank), directory: options.directory.clone() };
    let retention = RetentionServiceServer::new(door).max_decoding_message_size(MAX_MESSAGE_BYTES);
    let proof = ProofServiceServer::new(ProofDoor { bank: Arc::clone(&bank) })
        .max_decoding_message_size(MAX_MESSAGE_BYTES);
    let door = BadgeDoor { bank: Arc::clone(&bank), issuers: options.issuers.clone() };
    let badge = BadgeServiceServer::new(door).max_decoding_message_size(MAX_MESSAGE_BYTES);
    let registry =
        RegistryServiceServer::new(RegistryDoor { bank }).max_decoding_message_size(MAX_MESSAGE_BYTES);
    let mut routes = Routes::new(health_service)
        .add_service(ledger)
        .add_service(account)
        .add_service(registry)
        .add_service(policy)
        .add_service(identity)
        .add_service(household)
        .add_service(redemption)
        .add_service(report)
        .add_service(correction)
        .add_service(evaluation)
        .add_service(selection)
        .add_service(deployment)
        .add_service(access)
        .add_service(directory)
        .add_service(retention)
        .add_service(proof)
        .add_service(badge);
    if options.reflection {
        let builder = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        routes = routes.add_service(builder().build_v1()?).add_service(builder().build_v1alpha()?);
    }
    Ok(routes.prepare())
}

/// Serves on a listener until `stop` resolves; then open calls are finished, streams ended, and the bank's queues
/// written.
///
/// # Errors
/// Where the transport fails.
pub async fn serve(
    listener: TcpListener,
    bank: Arc<Bank>,
    options: ServerOptions,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let connections = Connections::new(options.connections);
    let incoming = TcpListenerStream::new(listener).filter_map(move |stream| match stream {
        Ok(stream) => {
            // Small answers must not wait for more to send.
            let _ = stream.set_nodelay(true);
            connections.take(stream).map(Ok)
        }
        Err(error) => Some(Err(error)),
    });
    serve_streams(incoming, bank, options, stop).await
}

/// A client's channel to a bank in this very process: the same door, without a socket. The bank is written out when
/// `stop` resolves.
///
/// # Errors
/// Where the transport fails.
pub async fn connect_in_process(
    bank: Arc<Bank>,
    options: ServerOptions,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<Channel, Box<dyn std::error::Error + Send + Sync>> {
    let (dial, accepted) = mpsc::unbounded_channel::<Result<DuplexStream, std::io::Error>>();
    let incoming = UnboundedReceiverStream::new(accepted);
    tokio::spawn(async move {
        if let Err(error) = serve_streams(incoming, bank, options, stop).await {
            tracing::error!(%error, "the in-process door failed");
        }
    });
    let connector = tower::service_fn(move |_| {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let dialed = dial.send(Ok(theirs)).map(|()| TokioIo::new(ours));
        std::future::ready(dialed.map_err(|_| std::io::Error::other("the in-process door is closed")))
    });
    Ok(Endpoint::from_static("http://in-process").connect_with_connector(connector).await?)
}

async fn serve_streams<I, IO>(
    incoming: I,
    bank: Arc<Bank>,
    options: ServerOptions,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>>
where
    I: Stream<Item = Result<IO, std::io::Error>> + Send,
    IO: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
{
    let (close, closing) = watch::channel(false);
    let mut closed = closing.clone();
    let routes = routes(Arc::clone(&bank), &options, closing).await?;
    let stop = async move {
        stop.await;
        close.send_replace(true);
    };
    let mut server = Server::builder();
    if let Some(tls) = options.tls {
        // Who opens a connection and says nothing is not waited for.
        server = server.tls_config(tls.timeout(HANDSHAKE))?;
    }
    let serving = server
        .layer(SpeakPlainly)
        .layer(Gatekeeper { access: options.access })
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .max_connection_age(options.connections.age)
        .max_concurrent_streams(Some(MAX_STREAMS))
        .http2_max_pending_accept_reset_streams(Some(MAX_DROPPED_UNSEEN))
        .initial_stream_window_size(Some(1 << 20))
        .initial_connection_window_size(Some(4 << 20))
        .http2_max_header_list_size(Some(16 << 10))
        .add_routes(routes)
        .serve_with_incoming_shutdown(incoming, stop);
    // A client that has begun to connect and says no more is not waited for.
    let patience = async {
        let _ = closed.wait_for(|closing| *closing).await;
        tokio::time::sleep(GRACE).await;
    };
    let served = tokio::select! {
        served = serving => served,
        () = patience => Ok(()),
    };
    served?;
    bank.shut_down().await;
    Ok(())
}
