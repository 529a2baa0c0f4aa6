//! The witness: `POST /add-checkpoint`.

use crate::judge::{Rejected, judge, log_of};
use crate::request::AddCheckpoint;
use crate::state::Memory;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use creditbank_proof::{Fault, Signed, Verifier, WitnessKey, cosign};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// The longest body that is taken, in bytes (our own default): 63 hashes and a checkpoint with a hundred signatures.
const MAX_BODY: usize = 32 << 10;

/// A witness.
pub struct Witness {
    key: WitnessKey,
    logs: Vec<Verifier>,
    /// One checkpoint at a time: what is compared with is what is replaced.
    memory: Mutex<Memory>,
}

impl Witness {
    /// A witness of some logs, which remembers in a folder.
    ///
    /// # Errors
    /// Where the folder cannot be made, or holds what no log has signed.
    pub fn open(key: WitnessKey, logs: Vec<Verifier>, folder: &Path) -> Result<Witness, Fault> {
        let memory = Memory::open(folder)?;
        for log in &logs {
            memory.newest(log)?;
        }
        Ok(Witness { key, logs, memory: Mutex::new(memory) })
    }

    /// Cosigns a checkpoint, if it is what its log has grown to; the line of the cosignature.
    ///
    /// # Errors
    /// Within, why it is not cosigned; else where it cannot be remembered.
    pub fn add_checkpoint(&self, body: &str) -> Result<Result<String, Rejected>, Fault> {
        let Some(asked) = AddCheckpoint::parse(body) else { return Ok(Err(Rejected::Malformed)) };
        let Ok(signed) = Signed::parse(&asked.note) else { return Ok(Err(Rejected::Malformed)) };
        let log = match log_of(&signed, &self.logs) {
            Ok(log) => log,
            Err(rejected) => return Ok(Err(rejected)),
        };
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let known = memory.newest(log)?;
        let checkpoint = match judge(&asked, &signed, log, known.as_ref()) {
            Ok(checkpoint) => checkpoint,
            Err(rejected) => {
                if !matches!(rejected, Rejected::OtherSize(_)) {
                    let (origin, why) = (log.name(), rejected.reason());
                    tracing::warn!(%origin, why, "a checkpoint is not cosigned");
                }
                return Ok(Err(rejected));
            }
        };
        if known.as_ref() != Some(&checkpoint) {
            memory.keep(log, &asked.note)?;
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let line = cosign(&signed, &self.key, now.map_or(0, |since| since.as_secs()))?;
        Ok(Ok(line))
    }

    /// Its routes.
    pub fn routes(self) -> Router {
        Router::new()
            .route("/add-checkpoint", post(add_checkpoint))
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .with_state(Arc::new(self))
    }
}

async fn add_checkpoint(State(witness): State<Arc<Witness>>, body: String) -> Response {
    // It writes to disk.
    let told = tokio::task::spawn_blocking(move || witness.add_checkpoint(&body)).await;
    match told {
        Ok(Ok(Ok(line))) => line.into_response(),
        Ok(Ok(Err(rejected))) => refused(&rejected),
        Ok(Err(fault)) => {
            tracing::error!(%fault, "the witness cannot remember");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn refused(rejected: &Rejected) -> Response {
    let status = StatusCode::from_u16(rejected.status()).unwrap_or(StatusCode::BAD_REQUEST);
    match rejected {
        Rejected::OtherSize(size) | Rejected::Split(size) => {
            (status, [(CONTENT_TYPE, "text/x.tlog.size")], format!("{size}\n")).into_response()
        }
        other => (status, format!("{}\n", other.reason())).into_response(),
    }
}
