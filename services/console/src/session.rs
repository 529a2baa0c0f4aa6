//! Who is signed in. The token stays here; the browser holds a random number that stands for it.

use crate::desk::Desk;
use ledger_core::access::Role;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a session lasts without a page (`RELIABILITY.md` §5, threat 12).
const IDLE: Duration = Duration::from_secs(15 * 60);

/// How long it lasts at all (the same).
const WHOLE: Duration = Duration::from_secs(8 * 3_600);

/// How many there are at once (our own default). The one that was quiet longest makes room for another.
const MOST: usize = 1_024;

/// Bytes of a random number that nobody guesses: 256 bits.
const SECRET: usize = 32;

/// Whoever holds the token.
#[derive(Debug)]
pub(crate) struct Caller {
    /// The number of a post.
    pub(crate) person: String,
    /// What for.
    pub(crate) role: Role,
    /// The organisation it reaches, as a resource name; empty = the whole ledger, or a resident's own account.
    pub(crate) organization: String,
    /// The account of a resident, as a resource name.
    pub(crate) resident: String,
}

/// Somebody who is signed in.
#[derive(Clone)]
pub(crate) struct Session {
    /// Who.
    pub(crate) caller: Arc<Caller>,
    /// The way to the ledger, with their token.
    pub(crate) desk: Desk,
    /// What every form of theirs carries.
    pub(crate) csrf: Arc<str>,
}

struct Held {
    session: Session,
    began: Instant,
    seen: Instant,
}

impl Held {
    fn lasts(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.seen) < IDLE && now.saturating_duration_since(self.began) < WHOLE
    }
}

/// All who are signed in, by the number in their cookie.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<String, Held>>);

impl Sessions {
    /// Begins a session and gives its number.
    ///
    /// # Errors
    /// Where the machine has no randomness.
    pub(crate) fn open(&self, caller: Caller, desk: Desk, now: Instant) -> Result<String, NoRandomness> {
        let number = secret()?;
        let session = Session { caller: Arc::new(caller), desk, csrf: secret()?.into() };
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, held| held.lasts(now));
        if held.len() >= MOST {
            let quiet = held.iter().min_by_key(|(_, held)| held.seen).map(|(number, _)| number.clone());
            quiet.and_then(|number| held.remove(&number));
        }
        held.insert(number.clone(), Held { session, began: now, seen: now });
        Ok(number)
    }

    /// The session of a number, which goes on for it.
    pub(crate) fn find(&self, number: &str, now: Instant) -> Option<Session> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = held.get_mut(number)?;
        if !found.lasts(now) {
            held.remove(number);
            return None;
        }
        found.seen = now;
        Some(found.session.clone())
    }

    /// Ends a session.
    pub(crate) fn close(&self, number: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(number);
    }
}

/// The machine has no randomness at hand.
#[derive(Debug)]
pub(crate) struct NoRandomness;

/// A random number that nobody guesses, in hexadecimal.
pub(crate) fn secret() -> Result<String, NoRandomness> {
    let mut bytes = [0; SECRET];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::transport::Endpoint;

    fn open(sessions: &Sessions, now: Instant) -> String {
        let caller = Caller {
            person: "clerk-01".to_owned(),
            role: Role::Clerk,
            organization: String::new(),
            resident: String::new(),
        };
        let nowhere = Endpoint::from_static("http://nowhere.invalid").connect_lazy();
        let desk = Desk::new(creditbank_grpc::Bearer::default().on(nowhere), "ledgers/district".to_owned());
        sessions.open(caller, desk, now).unwrap()
    }

    #[tokio::test]
    async fn a_session_ends_by_silence_by_age_and_by_leaving() {
        let (sessions, start) = (Sessions::default(), Instant::now());
        let minutes = |n: u64| start + Duration::from_secs(60 * n);
        let quiet = open(&sessions, start);
        assert!(sessions.find(&quiet, minutes(14)).is_some());
        assert!(sessions.find(&quiet, minutes(28)).is_some(), "each page counts");
        assert!(sessions.find(&quiet, minutes(43)).is_none());
        let busy = open(&sessions, start);
        assert!((1..48).all(|n| sessions.find(&busy, minutes(n * 10)).is_some()));
        assert!(sessions.find(&busy, minutes(480)).is_none(), "eight hours are the whole of it");
        let left = open(&sessions, start);
        sessions.close(&left);
        assert!(sessions.find(&left, start).is_none());
    }

    #[tokio::test]
    async fn there_are_never_more_than_the_most_and_the_quietest_goes_first() {
        let (sessions, start) = (Sessions::default(), Instant::now());
        let numbers: Vec<String> =
            (0..MOST as u64 + 1).map(|n| open(&sessions, start + Duration::from_millis(n))).collect();
        let soon = start + Duration::from_secs(60);
        assert!(sessions.find(&numbers[0], soon).is_none());
        assert!(numbers[1..].iter().all(|number| sessions.find(number, soon).is_some()));
    }
}
