//! Callers that drop their calls at random instants.

use crate::{Clients, lecture, name};
use creditbank_grpc::proto::{GetBalanceRequest, PostEntryRequest, PostEntryResponse};
use ledger_core::date::OccurredOn;
use std::collections::HashSet;
use std::error::Error;
use std::time::Duration;

/// Of each wave: a post and a read each, for a hundred residents.
const CALLS: u64 = 500;
const RESIDENTS: u64 = 100;

/// Waits that reach from before the first answer to about the last one, however fast the machine is: they are spread
/// anew after each wave of calls, so that neither nearly all nor nearly none are dropped.
pub struct Patience {
    spread: Duration,
}

impl Patience {
    /// Waits of up to so long, to begin with.
    #[must_use]
    pub fn up_to(spread: Duration) -> Patience {
        Patience { spread }
    }

    /// That of the n-th call.
    #[must_use]
    pub fn of(&self, n: u64) -> Duration {
        self.spread * u32::try_from(n * 7_919 % 10_000).unwrap() / 10_000
    }

    /// After a wave of `calls`, of which so many were dropped.
    pub fn learn(&mut self, dropped: u64, calls: u64) {
        if dropped * 3 > calls * 2 {
            self.spread = self.spread * 3 / 2;
        } else if dropped * 3 < calls {
            self.spread = self.spread * 7 / 10;
        }
    }
}

/// Posts again until there is an answer, as a client does whose connection breaks: a server that is starved of its
/// processor may close a connection on which more calls were dropped than may be open.
async fn settle(clients: &mut Clients, request: PostEntryRequest) -> PostEntryResponse {
    for _ in 0..5 {
        match clients.ledger.post_entry(request.clone()).await {
            Ok(answer) => return answer.into_inner(),
            Err(status) if status.source().is_some() => println!("again after {status}"),
            Err(status) => panic!("{status}"),
        }
    }
    panic!("no answer after five attempts");
}

/// Posts for a hundred residents and reads their balances in waves, until so many calls were dropped before their
/// answer came. Each post is made again afterwards, and each must then stand at a position of its own.
pub async fn drop_calls(clients: &Clients, most: u64) {
    let mut patience = Patience::up_to(Duration::from_millis(60));
    let mut positions = HashSet::new();
    let (mut dropped, mut calls) = (0, 0);
    while dropped < most {
        // No lecture twice.
        let first_day = calls / 2 / RESIDENTS;
        let wave: Vec<_> = (0..CALLS)
            .map(|n| {
                let mut clients = clients.clone();
                let patience = patience.of(calls + n);
                tokio::spawn(async move {
                    let resident = usize::try_from(n % RESIDENTS).unwrap() + 1;
                    let day = u32::try_from(first_day + n / RESIDENTS).unwrap();
                    let day = OccurredOn::parse("2010-01-01", "day").unwrap().plus_days(day);
                    let request = lecture(resident, &day.to_string());
                    let post =
                        tokio::time::timeout(patience, clients.ledger.post_entry(request.clone())).await;
                    let name = name(&format!("residents/r{resident:04}"));
                    let read = GetBalanceRequest { name, ..Default::default() };
                    let read = tokio::time::timeout(patience, clients.accounts.get_balance(read)).await;
                    // Whatever became of the first call, the same request again settles it.
                    let answer = settle(&mut clients, request).await;
                    let lost = u64::from(post.is_err()) + u64::from(read.is_err());
                    (answer.entry.unwrap().position, lost)
                })
            })
            .collect();
        let mut lost = 0;
        for call in wave {
            let (position, of_this) = call.await.unwrap();
            lost += of_this;
            assert!(positions.insert(position), "no two requests share an event");
        }
        patience.learn(lost, CALLS * 2);
        dropped += lost;
        calls += CALLS * 2;
        assert!(calls < most * 20, "{dropped} of {calls} calls were dropped: the test drops calls");
    }
    println!("{dropped} of {calls} calls were dropped");
}
