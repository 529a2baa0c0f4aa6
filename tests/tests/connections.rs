//! Too many connections, and silent ones, keep nobody from being served.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use creditbank_grpc::proto::GetLedgerRequest;
use creditbank_grpc::{Access, ConnectionLimits, ServerOptions};
use creditbank_store::MemoryStore;
use creditbank_tests::{Clients, LEDGER, bank_on};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tonic::transport::Endpoint;

/// A server that takes so many connections from one address.
async fn served(open_per_peer: u32, silent_for: Duration) -> SocketAddr {
    let bank = bank_on(Arc::new(MemoryStore::default())).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = ConnectionLimits { open_per_peer, silent_for, ..ConnectionLimits::DEFAULT };
    let options = ServerOptions { connections, ..ServerOptions::of(Access::Owner) };
    tokio::spawn(creditbank_grpc::serve(listener, bank, options, std::future::pending()));
    address
}

async fn client(address: SocketAddr) -> Result<Clients, tonic::transport::Error> {
    Ok(Clients::on(Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await?))
}

async fn is_served(clients: &Clients) -> bool {
    let request = GetLedgerRequest { name: LEDGER.to_owned() };
    clients.registry.clone().get_ledger(request).await.is_ok()
}

/// Whether the server closes a connection that says nothing within a time.
async fn is_closed(stream: &mut TcpStream, within: Duration) -> bool {
    let closed = async {
        // What a server says first is its own settings; the end comes behind them.
        let mut said = [0; 64];
        while let Ok(1..) = stream.read(&mut said).await {}
    };
    tokio::time::timeout(within, closed).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_too_many_is_closed_and_the_others_are_served() {
    let address = served(4, Duration::from_secs(60)).await;
    let clients = client(address).await.unwrap();
    assert!(is_served(&clients).await);
    let mut idle = Vec::new();
    for _ in 0..3 {
        idle.push(TcpStream::connect(address).await.unwrap());
    }
    for stream in &mut idle {
        assert!(!is_closed(stream, Duration::from_millis(200)).await);
    }
    let mut fifth = TcpStream::connect(address).await.unwrap();
    assert!(is_closed(&mut fifth, Duration::from_secs(5)).await, "the fifth is closed");
    assert!(is_served(&clients).await, "who is connected is served");
    drop(idle);
    let again = Instant::now();
    let served = async {
        while !matches!(client(address).await, Ok(clients) if is_served(&clients).await) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), served).await.expect("places are given back");
    println!("a place was given back after {:?}", again.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_connects_and_says_nothing_gives_up_the_place() {
    let address = served(1, Duration::from_millis(300)).await;
    let mut silent = TcpStream::connect(address).await.unwrap();
    assert!(is_closed(&mut silent, Duration::from_secs(5)).await);
    assert!(is_served(&client(address).await.unwrap()).await);
}
