//! Closed-loop clients: so many calls are always in flight.

use creditbank_grpc::{Bearer, Credentialed};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tonic::transport::Endpoint;

/// Channels to a server, whose calls show a token.
pub(crate) async fn channels(address: SocketAddr, bearer: &Bearer, count: usize) -> Vec<Credentialed> {
    let mut channels = Vec::new();
    for _ in 0..count {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap().tcp_nodelay(true);
        channels.push(bearer.clone().on(endpoint.connect().await.unwrap()));
    }
    channels
}

/// Calls per second after a quarter of the time has passed to warm up.
pub(crate) async fn calls_per_second<F, C>(
    channels: &[Credentialed],
    in_flight: usize,
    duration: Duration,
    call: F,
) -> f64
where
    F: Fn(Credentialed, usize) -> C + Send + Sync + 'static,
    C: Future<Output = Result<(), tonic::Status>> + Send + 'static,
{
    let call = Arc::new(call);
    let done = Arc::new(AtomicUsize::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..in_flight {
        let (done, stop, call) = (Arc::clone(&done), Arc::clone(&stop), Arc::clone(&call));
        let channel = channels[worker % channels.len()].clone();
        workers.spawn(async move {
            let mut n = worker;
            while !stop.load(Ordering::Relaxed) {
                call(channel.clone(), n).await.unwrap();
                done.fetch_add(1, Ordering::Relaxed);
                n += in_flight;
            }
        });
    }
    tokio::time::sleep(duration / 4).await;
    let (from, before) = (Instant::now(), done.load(Ordering::Relaxed));
    tokio::time::sleep(duration).await;
    let rate = (done.load(Ordering::Relaxed) - before) as f64 / from.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    workers.join_all().await;
    rate
}
