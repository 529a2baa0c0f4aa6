//! The HTTP side: the console, statements of online platforms, metrics for Prometheus, and liveness.

use crate::args::Addresses;
use crate::failure::Failure;
use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::get;
use creditbank_console::{NoOrigin, Origins};
use creditbank_ledger::Bank;
use creditbank_xapi::Mapping;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tonic::transport::Channel;

pub(crate) fn install_metrics() -> Result<PrometheusHandle, Failure> {
    let buckets = [1.0, 4.0, 16.0, 64.0, 256.0, 1_024.0, 4_096.0];
    let handle = PrometheusBuilder::new()
        .set_buckets(&buckets)
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(Failure::unavailable)?;
    metrics::describe_counter!("creditbank_events_total", "Events written since the program started");
    metrics::describe_counter!("creditbank_grpc_calls_total", "gRPC calls answered");
    metrics::describe_counter!("creditbank_grpc_errors_total", "gRPC calls that were refused, by code");
    metrics::describe_counter!("creditbank_overloaded_total", "Calls shed because the queue was full");
    metrics::describe_histogram!("creditbank_commit_commands", "Commands of one commit");
    metrics::describe_counter!(
        "creditbank_renewals_total",
        "Times that sums were made anew because a policy was published"
    );
    metrics::describe_gauge!("creditbank_renewal_states", "States that the renewal under way has written");
    metrics::describe_gauge!("creditbank_position", "The last position of a ledger");
    Ok(handle)
}

/// What is said of an address of the console that is none.
pub(crate) fn no_origin(_: NoOrigin) -> Failure {
    Failure::refused(
        "FIELD_INVALID",
        "--console-url 須寫成 https://名稱，後面不帶路徑。Write --console-url as https://NAME, without a path.",
    )
}

/// Takes the address that is served on.
pub(crate) async fn bind(addresses: &Addresses) -> Result<(TcpListener, SocketAddr), Failure> {
    let address = addresses.http_addr;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| Failure::unavailable(format!("--http-addr {address}: {error}")))?;
    let bound = listener.local_addr().map_err(Failure::unavailable)?;
    Ok((listener, bound))
}

/// Where outsiders find what is served.
pub(crate) fn site(addresses: &Addresses, bound: SocketAddr) -> String {
    match &addresses.console_url {
        Some(url) => url.trim_end_matches('/').to_ascii_lowercase(),
        None => format!("http://{bound}"),
    }
}

/// Serves until the program ends. The console and the platforms ask `door`.
pub(crate) async fn serve(
    addresses: &Addresses,
    (listener, bound): (TcpListener, SocketAddr),
    metrics: PrometheusHandle,
    bank: Arc<Bank>,
    door: Channel,
    remembered: &Path,
) -> Result<(), Failure> {
    let origins = Origins::new(bound, addresses.console_url.as_deref()).map_err(no_origin)?;
    let platforms = addresses.xapi_mapping.as_deref().map(|file| {
        Mapping::open(file).map_err(|error| {
            Failure::refused("FIELD_INVALID", format!("--xapi-mapping {}: {error}", file.display()))
        })
    });
    let platforms = platforms.transpose()?.map(|mapping| creditbank_xapi::router(door.clone(), mapping));
    let upkeep = metrics.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            upkeep.run_upkeep();
        }
    });
    let public = creditbank_console::public(door.clone());
    let console = creditbank_console::router(door, origins, Some(remembered)).map_err(|error| {
        Failure::unavailable(format!(
            "{0} 讀不到或已損壞；它只記得各校試算表各欄的意義，移開即可啟動。\
             {0} cannot be read; it only remembers what columns of schools' sheets mean: move it away to start ({error})",
            remembered.display()
        ))
    })?;
    let gauges = Arc::clone(&bank);
    let fatal = bank.fatal();
    const TEXT: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    let router = Router::new()
        .route(
            "/metrics",
            get(move || async move {
                observe(&gauges).await;
                (TEXT, metrics.render())
            }),
        )
        .route(
            "/healthz",
            get(move || async move {
                if *fatal.borrow() {
                    (StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
                } else {
                    (StatusCode::OK, "ok\n")
                }
            }),
        )
        .merge(platforms.unwrap_or_default())
        .merge(public)
        .merge(console);
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "the HTTP side failed");
        }
    });
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a metric")]
async fn observe(bank: &Bank) {
    let Ok(listed) = bank.store().list_ledgers(None, u32::MAX).await else { return };
    for ledger in listed {
        let name = ledger.id.to_string();
        metrics::gauge!("creditbank_position", "ledger" => name.clone()).set(ledger.position.0 as f64);
        let quota = ledger.tenancy.quota.map_or(f64::INFINITY, |quota| quota as f64);
        metrics::gauge!("creditbank_quota", "ledger" => name).set(quota);
    }
}
