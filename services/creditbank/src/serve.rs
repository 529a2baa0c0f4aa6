//! `serve`: the file over gRPC, until told to stop.

use crate::args::{Addresses, Common};
use crate::connect::{open_bank, open_directory};
use crate::failure::Failure;
use crate::http;
use creditbank_directory::Directory;
use creditbank_grpc::ServerOptions;
use creditbank_ledger::{Bank, Stop};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;

pub(crate) async fn run(common: &Common, addresses: &Addresses) -> Result<ExitCode, Failure> {
    let bank = open_bank(common, &addresses.read_url).await?;
    let directory = open_directory(common, &bank).await?;
    serve(bank, directory, addresses, |grpc, http| {
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
    ready: impl FnOnce(std::net::SocketAddr, std::net::SocketAddr),
) -> Result<ExitCode, Failure> {
    let metrics = http::install_metrics()?;
    let listener = TcpListener::bind(addresses.grpc_addr)
        .await
        .map_err(|error| Failure::unavailable(format!("--grpc-addr {}: {error}", addresses.grpc_addr)))?;
    let grpc = listener.local_addr().map_err(Failure::unavailable)?;
    let http = http::serve(addresses.http_addr, metrics, Arc::clone(&bank)).await?;
    ready(grpc, http);
    let mut fatal = bank.fatal();
    let unknown_outcome = bank.fatal();
    let stop = async move {
        tokio::select! {
            () = signal() => tracing::info!("stopping: open calls are finished first"),
            _ = fatal.wait_for(|fatal| *fatal) => tracing::error!("a commit failed with unknown outcome: stopping"),
        }
    };
    let renewals = Stop::default();
    let renewing = tokio::spawn(Arc::clone(&bank).keep_summed_up(renewals.clone()));
    let options = ServerOptions { reflection: addresses.reflection, directory };
    let served = creditbank_grpc::serve(listener, bank, options, stop).await;
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

/// Resolves on Ctrl-C or SIGTERM.
pub(crate) async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                terminate.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
