//! A deadline that passes: over a real socket, in the words of the protocol.

use crate::stage::{Stage, ledger_id, snapshot, stores};
use creditbank_grpc::{Access, ServerOptions, proto, serve};
use creditbank_ledger::Limits;
use creditbank_tests::{Clients, june_first_2026, lecture, name, still};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tonic::transport::Endpoint;
use tonic::{Code, Status};

const DEADLINE: Duration = Duration::from_secs(1);

/// What the server answers to a call whose deadline passes. tonic's client has a timer of its own, which would say
/// CANCELLED first: the call is left alone from its sending until well after the server's answer came.
async fn answer_after<T>(call: impl Future<Output = Result<T, Status>>) -> Status {
    tokio::pin!(call);
    let sent = tokio::time::sleep(DEADLINE / 3);
    tokio::select! {
        biased;
        _ = &mut call => panic!("it was answered before the deadline"),
        () = sent => {}
    }
    tokio::time::sleep(2 * DEADLINE).await;
    call.await.map(drop).expect_err("the deadline has passed")
}

fn with_deadline<T>(message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.set_timeout(DEADLINE);
    request
}

fn assert_deadline(status: &Status) {
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    for words in ["同一 request_id 重送", "send the same request again"] {
        assert!(status.message().contains(words), "the server's own words: {status:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_that_passes_says_so_and_the_same_request_again_is_counted_once() {
    let (_folder, stores) = stores().await;
    for (store, on) in stores {
        let limits = Limits { position_wait: Duration::from_secs(60), ..Default::default() };
        let stage = Stage::with(Arc::clone(&on), still(june_first_2026()), limits).await;
        let before = snapshot(&stage.clients).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let stopping = async move {
            let _ = stopped.await;
        };
        let options = ServerOptions::of(Access::Owner);
        let bank = Arc::clone(&stage.bank);
        let server = tokio::spawn(async move { serve(listener, bank, options, stopping).await.unwrap() });
        let clients = Clients::on(Endpoint::from_shared(address).unwrap().connect().await.unwrap());

        let (mut ledger, mut accounts) = (clients.ledger.clone(), clients.accounts.clone());
        let ahead = proto::GetBalanceRequest {
            name: name("residents/r0001"),
            min_position: 999_999,
            ..Default::default()
        };
        assert_deadline(&answer_after(accounts.get_balance(with_deadline(ahead))).await);

        // While the head is locked nothing is written; what was taken is written afterwards all the same.
        let lock = on.begin_append(&ledger_id()).await.unwrap();
        let request = lecture(9, "2026-05-28");
        assert_deadline(&answer_after(ledger.post_entry(with_deadline(request.clone()))).await);
        lock.rollback().await;
        let again = clients.ledger.clone().post_entry(request).await.unwrap().into_inner();
        assert!(again.replayed, "{store}: it had been recorded, and the answer says so");
        assert_eq!(snapshot(&clients).await.entries(), before.entries() + 1, "{store}: once");

        drop((clients, ledger, accounts));
        stop.send(()).unwrap();
        server.await.unwrap();
    }
}
