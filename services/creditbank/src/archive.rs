//! `export` and `import` of a whole ledger: plain files, and how it moves to another deployment.

use crate::args::{Common, Export, Import};
use crate::connect::ledger_id;
use crate::failure::Failure;
use crate::maintain::{bank_on, existing, only_here};
use crate::progress;
use creditbank_archive::{ArchiveError, Manifest, Progress, Stage};
use creditbank_ledger::refuse;
use creditbank_proof::CheckpointKey;
use indicatif::ProgressBar;
use serde_json::json;
use std::process::ExitCode;
use std::sync::Arc;

impl From<ArchiveError> for Failure {
    fn from(error: ArchiveError) -> Failure {
        match error {
            ArchiveError::File { .. } => Failure::unavailable(error),
            ArchiveError::Store(error) => refuse(&error).into(),
            ArchiveError::Refused(refusal) => refusal.into(),
            ArchiveError::Exists(_) => Failure::refused("LEDGER_EXISTS", error),
            ArchiveError::Arriving(_) | ArchiveError::Discarded(_) => {
                Failure::refused("LEDGER_ARRIVING", error)
            }
            ArchiveError::NotArriving(_) => Failure::refused("FIELD_INVALID", error),
            ArchiveError::NotEmpty(_) => Failure::refused("FIELD_INVALID", error),
            ArchiveError::NotWhole { .. }
            | ArchiveError::OtherLedger { .. }
            | ArchiveError::BegunWithAnother { .. } => Failure::refused("ARCHIVE_INVALID", error),
        }
    }
}

/// A bar that shows how far it has come.
fn bar(json: bool) -> (ProgressBar, impl FnMut(Progress) + Send + use<>) {
    let look = "{msg} {bar:40} {pos}/{len} {per_sec} {eta}";
    let bar = if json { ProgressBar::hidden() } else { progress::bar(look, 0) };
    let shown = bar.clone();
    let mut stage: Option<Stage> = None;
    let progress = move |progress: Progress| {
        if stage != Some(progress.stage) {
            stage = Some(progress.stage);
            shown.set_message(progress.stage.as_str());
            shown.reset();
        }
        shown.set_length(progress.of);
        shown.set_position(progress.done);
    };
    (bar, progress)
}

pub(crate) async fn export(common: &Common, export: &Export) -> Result<ExitCode, Failure> {
    let (store, id) = (existing(common).await?, ledger_id(common)?);
    // Before the ledger is sealed: where nothing can be written it goes on.
    creditbank_archive::make_folder(&export.to)?;
    if export.seal {
        bank_on(Arc::clone(&store)).seal(&id).await?;
        eprintln!(
            "帳本 {id} 已封存；若不搬遷，用 creditbank ledgers unseal 解除。\
             Ledger {id} is sealed; should it not move, `creditbank ledgers unseal` takes that off."
        );
    }
    if let Some(file) = &export.checkpoint_key {
        let bank = bank_on(Arc::clone(&store)).with_checkpoint_key(CheckpointKey::read(file)?, file);
        bank.ledger(&id).await?.checkpoint().await?;
        bank.shut_down().await;
    }
    let (bar, progress) = bar(common.json);
    let exported = creditbank_archive::export(&*store, &id, &export.to, progress).await;
    bar.finish_and_clear();
    print(common, &exported?, "匯出", "exported");
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn import(common: &Common, import: &Import) -> Result<ExitCode, Failure> {
    only_here(common)?;
    if import.mapping.is_some() || import.verdicts.is_some() {
        return Err(Failure::refused(
            "FIELD_INVALID",
            "資料夾是整本帳的匯出，不用 --mapping、--verdicts。A folder is a whole ledger: leave out --mapping and --verdicts.",
        ));
    }
    let store = creditbank_store::open(&common.database_url).await?;
    let (bar, progress) = bar(common.json);
    let imported = creditbank_archive::import(store, &import.file, Some(&ledger_id(common)?), progress).await;
    bar.finish_and_clear();
    print(common, &imported?, "匯入", "imported");
    Ok(ExitCode::SUCCESS)
}

fn print(common: &Common, manifest: &Manifest, done: &str, done_en: &str) {
    let Manifest { ledger, events, requests, root_sha256, .. } = manifest;
    if common.json {
        println!(
            "{}",
            json!({ "ledger": ledger.as_str(), "events": events, "requests": requests, "root_sha256": root_sha256 })
        );
        return;
    }
    println!("已{done}帳本 {ledger}：{events} 個事件、{requests} 個請求。");
    println!("{done_en}: ledger {ledger}, {events} events, {requests} requests, Merkle root {root_sha256}");
}
