//! Closed-loop clients: so many calls are always in flight.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tonic::transport::{Channel, Endpoint};

pub(crate) async fn channels(address: SocketAddr, count: usize) -> Vec<Channel> {
    let mut channels = Vec::new();
    for _ in 0..count {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap().tcp_nodelay(true);
        channels.push(endpoint.connect().await.unwrap());
    }
    channels
}

/// Calls per second after a quarter of the time has passed to warm up.
pub(crate) async fn calls_per_second<F, C>(
    channels: &[Channel],
    in_flight: usize,
    duration: Duration,
    call: F,
) -> f64
where
    F: Fn(Channel, usize) -> C,
    C: Future<Output = Result<(), tonic::Status>> + Send + 'static,
{
    // Calls are made on this task and run on their own, so that `call` need not be shared between threads.
    let done = Arc::new(AtomicUsize::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let (ask, mut asked) = tokio::sync::mpsc::unbounded_channel::<tokio::sync::oneshot::Sender<C>>();
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..in_flight {
        let (done, stop, ask) = (Arc::clone(&done), Arc::clone(&stop), ask.clone());
        workers.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let (give, get) = tokio::sync::oneshot::channel();
                if ask.send(give).is_err() {
                    return;
                }
                let Ok(call) = get.await else { return };
                call.await.unwrap();
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    drop(ask);
    let warm_up = duration / 4;
    let began = Instant::now();
    let mut counted_from: Option<(Instant, usize)> = None;
    let mut n = 0;
    while began.elapsed() < warm_up + duration {
        if counted_from.is_none() && began.elapsed() >= warm_up {
            counted_from = Some((Instant::now(), done.load(Ordering::Relaxed)));
        }
        let Ok(give) = tokio::time::timeout(Duration::from_millis(100), asked.recv()).await else { continue };
        let Some(give) = give else { break };
        n += 1;
        let _ = give.send(call(channels[n % channels.len()].clone(), n));
    }
    let (from, before) = counted_from.unwrap();
    let rate = (done.load(Ordering::Relaxed) - before) as f64 / from.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    drop(asked);
    workers.join_all().await;
    rate
}
