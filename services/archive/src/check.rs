//! Looking whether an archive is whole.

use crate::error::ArchiveError;
use crate::{Progress, Stage};
use creditbank_proof::archive::{Manifest, verify_export};
use ledger_core::event::{self, Event};
use ledger_core::ports::StoreError;
use std::path::Path;
use tokio::sync::mpsc;

/// How far it has come waits for whoever shows it.
const AHEAD: usize = 4;

/// Reads an archive from the first byte to the last, as the offline verifier does; besides, every event is one that this
/// program reads, and none was recorded before the one in front of it.
///
/// # Errors
/// `NotWhole` with what is wrong first, or where a file cannot be read.
pub async fn check(
    folder: &Path,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Manifest, ArchiveError> {
    let folder = folder.to_owned();
    let (told, mut hear) = mpsc::channel(AHEAD);
    // A thread of its own reads, beside the one that speaks to the store.
    let verified = tokio::task::spawn_blocking(move || {
        let mut recorded_at_us = i64::MIN;
        let look = |_, line: &[u8]| {
            let Event { recorded_at, .. } = event::decode(line).map_err(|error| error.to_string())?;
            let micros = recorded_at.timestamp_micros();
            if micros < recorded_at_us {
                return Err("it was recorded before the event in front of it".to_owned());
            }
            recorded_at_us = micros;
            Ok(())
        };
        let done = |done, manifest: &Manifest| {
            let of = manifest.events + manifest.requests;
            // Whoever shows it may be behind.
            let _ = told.try_send(Progress { stage: Stage::Checking, done, of });
        };
        verify_export(&folder, None, &[], look, done)
    });
    while let Some(come) = hear.recv().await {
        progress(come);
    }
    let verified = verified.await.map_err(|error| StoreError::Unavailable(error.to_string()))?;
    Ok(verified?.manifest)
}
