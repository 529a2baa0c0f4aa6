//! Gathering cosignatures: each new checkpoint is shown to the witnesses, in the background; postings wait for none of them.

use crate::request::AddCheckpoint;
use axum::body::Bytes;
use axum::http::{Method, Request, StatusCode, Uri};
use creditbank_ledger::{Bank, Ledger, SignedCheckpoint};
use creditbank_proof::{Fault, Signed, Verifier, join_signatures};
use futures::future::join_all;
use futures::{StreamExt, stream};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use ledger_core::Refusal;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// How often new checkpoints are shown: events are witnessed within a minute (`RELIABILITY.md` P6), five tries included.
const EVERY: Duration = Duration::from_secs(10);
/// How long a witness may take to answer (our own default).
const PATIENCE: Duration = Duration::from_secs(5);
/// Ledgers whose checkpoints are shown at once (our own default).
const AT_ONCE: usize = 8;
/// The longest answer that is read, in bytes (our own default): a hundred signatures.
const MAX_ANSWER: usize = 16 << 10;

/// Where a witness is, and the key its cosignatures are verified with.
#[derive(Debug, Clone)]
pub struct WitnessAddress {
    url: Uri,
    key: Verifier,
}

impl WitnessAddress {
    /// `http://HOST:PORT=VKEY`.
    ///
    /// # Errors
    /// `KeyMalformed`.
    pub fn parse(text: &str) -> Result<WitnessAddress, Fault> {
        let wrong = Fault::KeyMalformed("a witness is written http://HOST:PORT=VKEY");
        let Some((url, vkey)) = text.split_once('=') else { return Err(wrong) };
        let Ok(url) = format!("{}/add-checkpoint", url.trim_end_matches('/')).parse::<Uri>() else {
            return Err(wrong);
        };
        if url.scheme_str() != Some("http") || url.authority().is_none() {
            return Err(wrong);
        }
        let key = Verifier::parse(vkey)?;
        if key.cosigns() { Ok(WitnessAddress { url, key }) } else { Err(wrong) }
    }
}

/// Shows checkpoints to witnesses.
pub struct Gatherer {
    client: Client<HttpConnector, Full<Bytes>>,
    witnesses: Vec<WitnessAddress>,
    /// The size each witness is known to have cosigned last, by log and witness.
    seen: Mutex<HashMap<(String, String), u64>>,
}

impl Gatherer {
    /// For some witnesses.
    #[must_use]
    pub fn new(witnesses: Vec<WitnessAddress>) -> Gatherer {
        Gatherer {
            client: Client::builder(TokioExecutor::new()).build_http(),
            witnesses,
            seen: Mutex::default(),
        }
    }

    /// Goes on until it is dropped.
    pub async fn run(self, bank: Arc<Bank>) {
        if self.witnesses.is_empty() {
            return;
        }
        let gatherer = &self;
        loop {
            let ledgers = stream::iter(bank.running_ledgers());
            ledgers
                .for_each_concurrent(AT_ONCE, |ledger| async move {
                    if let Err(refusal) = gatherer.show(&ledger).await {
                        tracing::warn!(ledger = %ledger.id(), reason = %refusal.reason(), "no checkpoint to be witnessed");
                    }
                })
                .await;
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Shows the newest checkpoint of a ledger to all witnesses that have not cosigned it, at once, and keeps what they say.
    ///
    /// # Errors
    /// What the ledger says. A witness that does not answer, or refuses, is told in the log of the program.
    pub async fn show(&self, ledger: &Ledger) -> Result<(), Refusal> {
        let newest = ledger.checkpoint().await?;
        let mut note = match &newest.witnessed {
            Some(witnessed) if of_size(witnessed) == Some(newest.size) => witnessed.clone(),
            _ => newest.note.clone(),
        };
        let before = note.clone();
        let signed = Signed::parse(&note).ok();
        let known = |witness: &WitnessAddress| {
            signed.as_ref().is_some_and(|signed| signed.cosigned_at(&witness.key).is_ok())
        };
        let asked: Vec<&WitnessAddress> = self.witnesses.iter().filter(|witness| !known(witness)).collect();
        let answers = join_all(asked.iter().map(|witness| self.ask(ledger, &newest, witness))).await;
        let mut refused = Ok(());
        for (witness, answer) in asked.iter().zip(answers) {
            // What one of them keeps from being asked keeps nothing of the others' back.
            let answer = match answer {
                Ok(answer) => answer,
                Err(refusal) => {
                    refused = Err(refusal);
                    continue;
                }
            };
            match answer {
                Ok(line) => note = join_signatures(&note, &line).unwrap_or(note),
                Err(why) => {
                    metrics::counter!("creditbank_witness_refusals_total").increment(1);
                    tracing::warn!(ledger = %ledger.id(), witness = witness.key.name(), why, "not cosigned");
                }
            }
        }
        if note != before {
            ledger.keep_witnessed(&newest, note).await?;
        }
        refused
    }

    /// The line of a witness, verified; or why there is none.
    async fn ask(
        &self,
        ledger: &Ledger,
        newest: &SignedCheckpoint,
        witness: &WitnessAddress,
    ) -> Result<Result<String, String>, Refusal> {
        let key = (ledger.id().to_string(), witness.key.name().to_owned());
        let seen = || self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut old_size = seen().get(&key).copied().unwrap_or(0);
        // Where the witness knows another size it says so, and is asked once more.
        for _ in 0..2 {
            if old_size > newest.size {
                return Ok(Err(format!("it has seen {old_size} events, the log has {}", newest.size)));
            }
            let proof = ledger.consistency_proof(old_size, newest.size).await?.path;
            let asked = AddCheckpoint { old_size, proof, note: newest.note.clone() };
            match timeout(PATIENCE, self.post(&witness.url, asked.to_text())).await {
                Err(_) => return Ok(Err("it does not answer".to_owned())),
                Ok(Err(why)) => return Ok(Err(why)),
                Ok(Ok((StatusCode::OK, text))) => {
                    let line = ours(&newest.note, &text, &witness.key);
                    if line.is_ok() {
                        seen().insert(key, newest.size);
                    }
                    return Ok(line);
                }
                Ok(Ok((StatusCode::CONFLICT, text))) => match text.trim_end().parse() {
                    Ok(size) if size != old_size => old_size = size,
                    _ => return Ok(Err(format!("SPLIT_VIEW: it has seen another log of {old_size} events"))),
                },
                Ok(Ok((status, text))) => {
                    return Ok(Err(format!("{status}: {}", text.chars().take(100).collect::<String>())));
                }
            }
        }
        Ok(Err("it goes on changing its mind".to_owned()))
    }

    async fn post(&self, url: &Uri, body: String) -> Result<(StatusCode, String), String> {
        let request = Request::builder().method(Method::POST).uri(url).body(Full::new(Bytes::from(body)));
        let request = request.map_err(|error| error.to_string())?;
        let answer = self.client.request(request).await.map_err(|error| error.to_string())?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await;
        let body = body.map_err(|error| error.to_string())?.to_bytes();
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }
}

fn of_size(note: &str) -> Option<u64> {
    Signed::parse(note).ok().map(|signed| signed.unverified().size)
}

/// The line of the witness among those it gave, once it is seen to be its cosignature of this checkpoint.
fn ours(note: &str, lines: &str, witness: &Verifier) -> Result<String, String> {
    for line in lines.lines() {
        let joined = join_signatures(note, line).and_then(|joined| {
            Signed::parse(&joined)?.cosigned_at(witness)?;
            Ok(())
        });
        if joined.is_ok() {
            return Ok(format!("{line}\n"));
        }
    }
    Err("its answer is no cosignature".to_owned())
}
