//! What keeps a ledger well: verify, backup, restore, doctor. These open the file.

use crate::args::{Backup, Common, Restore};
use crate::connect::ledger_id;
use crate::failure::{FINDINGS, Failure};
use crate::progress::Shown;
use crate::rebuild::{comparison_json, digests, rebuild_shown};
use creditbank_ledger::{Bank, Limits, Verification, system_clock};
use creditbank_store::{SqliteOptions, SqliteStore};
use ledger_core::id::LedgerId;
use ledger_core::ports::Store;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// The file of a `sqlite:` URL.
fn file_of(url: &str) -> Result<PathBuf, Failure> {
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).ok_or_else(|| {
        Failure::refused(
            "FIELD_INVALID",
            "此命令需要 sqlite:// 檔案；PostgreSQL 請用 pg_basebackup 或 pg_dump。\
             This command needs a sqlite:// file: back up PostgreSQL with pg_basebackup or pg_dump.",
        )
    })?;
    Ok(PathBuf::from(path.split('?').next().unwrap_or(path)))
}

pub(crate) fn only_here(common: &Common) -> Result<(), Failure> {
    if common.server.is_some() {
        return Err(Failure::refused(
            "FIELD_INVALID",
            "此命令直接開啟檔案，請改用 --database-url。This command opens the file: use --database-url, not --server.",
        ));
    }
    Ok(())
}

/// A store that must exist: a file, or a database.
pub(crate) async fn existing(common: &Common) -> Result<Arc<dyn Store>, Failure> {
    match common.is_file() {
        true => Ok(existing_file(common).await?),
        false => {
            only_here(common)?;
            Ok(creditbank_store::open(&common.database_url).await?)
        }
    }
}

/// The store of a file that must exist.
async fn existing_file(common: &Common) -> Result<Arc<SqliteStore>, Failure> {
    only_here(common)?;
    let file = file_of(&common.database_url)?;
    if !file.exists() {
        return Err(Failure::refused(
            "LEDGER_NOT_FOUND",
            format!("找不到檔案 {}。There is no file {}.", file.display(), file.display()),
        ));
    }
    Ok(Arc::new(SqliteStore::open(&common.database_url, SqliteOptions::default()).await?))
}

pub(crate) async fn verify(common: &Common) -> Result<ExitCode, Failure> {
    let (store, id) = (existing(common).await?, ledger_id(common)?);
    let shown = Shown::new(common.json, "verify");
    let report = creditbank_ledger::verify(store, &id, shown.progress()).await?;
    shown.end();
    print_verification(common, &id, &report);
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::from(FINDINGS) })
}

fn print_verification(common: &Common, id: &LedgerId, report: &Verification) {
    let findings: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    if common.json {
        println!(
            "{}",
            json!({
                "ledger": id.as_str(), "clean": report.is_clean(), "events": report.events,
                "states": report.states, "requests": report.requests, "findings": findings,
                "more_findings": report.more_findings,
                "comparison": report.comparison.as_ref().map(comparison_json),
            })
        );
        return;
    }
    println!(
        "帳本 {id}：{} 個事件、{} 個狀態、{} 個請求，{}",
        report.events,
        report.states,
        report.requests,
        if report.is_clean() { "全部相符 (clean)" } else { "有差異：" }
    );
    if let Some(comparison) = &report.comparison {
        println!("  {}", digests(comparison));
    }
    for finding in findings {
        println!("  {finding}");
    }
    if report.more_findings > 0 {
        println!("  … 另有 {} 處", report.more_findings);
    }
}

pub(crate) async fn backup(common: &Common, backup: &Backup) -> Result<ExitCode, Failure> {
    let store = existing_file(common).await?;
    if backup.to.exists() {
        return Err(Failure::refused(
            "FIELD_INVALID",
            format!(
                "{} 已存在，請換檔名。{} exists: choose another name.",
                backup.to.display(),
                backup.to.display()
            ),
        ));
    }
    // Written beside, then put in place: a file of that name is always whole.
    let mut partial = backup.to.clone().into_os_string();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let _ = std::fs::remove_file(&partial);
    store.back_up(&partial).await?;
    let placed = std::fs::File::open(&partial).and_then(|file| file.sync_all());
    placed.and_then(|()| std::fs::rename(&partial, &backup.to)).map_err(Failure::unavailable)?;
    let copy =
        SqliteStore::open(&format!("sqlite://{}", backup.to.display()), SqliteOptions::default()).await?;
    let mut heads = Vec::new();
    for id in copy.ledgers().await? {
        heads.push((id.clone(), copy.head(&id).await?.position));
    }
    if common.json {
        let heads: Vec<_> =
            heads.iter().map(|(id, p)| json!({ "ledger": id.as_str(), "position": p.0 })).collect();
        println!("{}", json!({ "file": backup.to.display().to_string(), "ledgers": heads }));
    } else {
        for (id, position) in heads {
            println!("{}：帳本 {id} 至位置 {position}", backup.to.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn bank_on(store: Arc<dyn Store>) -> Bank {
    Bank::new(store, system_clock(), Limits::default())
}

pub(crate) async fn restore(common: &Common, restore: &Restore) -> Result<ExitCode, Failure> {
    only_here(common)?;
    let to = file_of(&common.database_url)?;
    if to.exists() {
        return Err(Failure::refused(
            "FIELD_INVALID",
            format!(
                "{} 已存在；請先移開，還原不覆寫檔案。{} exists: move it away first, restoring overwrites nothing.",
                to.display(),
                to.display()
            ),
        ));
    }
    if !restore.from.exists() {
        return Err(Failure::refused(
            "FIELD_INVALID",
            format!("{} 不存在。There is no such file.", restore.from.display()),
        ));
    }
    let mut partial = to.clone().into_os_string();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    std::fs::copy(&restore.from, &partial).map_err(Failure::unavailable)?;
    let store = Arc::new(
        SqliteStore::open(&format!("sqlite://{}", partial.display()), SqliteOptions::default()).await?,
    );
    let mut clean = true;
    for id in bank_on(Arc::clone(&store) as Arc<dyn Store>).outdated().await? {
        // The backup of an earlier program: its states cannot be compared, and are folded anew.
        rebuild_shown(Arc::clone(&store) as Arc<dyn Store>, &id, common.json).await?;
    }
    for listed in store.list_ledgers(None, u32::MAX).await? {
        let id = listed.id;
        if !listed.tenancy.standing.is_served() {
            // Nobody reads it before the import is run again, which looks at all of it.
            eprintln!("帳本 {id}：匯入中，未比對。Ledger {id} is being imported and was not compared.");
            continue;
        }
        let report = creditbank_ledger::verify(Arc::clone(&store) as Arc<dyn Store>, &id, |_| {}).await?;
        print_verification(common, &id, &report);
        clean &= report.is_clean();
    }
    store.close().await;
    drop(store);
    if !clean {
        remove_database(&partial);
        return Err(Failure::refused(
            "LEDGER_DAMAGED",
            "備份與自身的事件不符，未還原。The backup does not agree with its own log and was not restored.",
        ));
    }
    std::fs::rename(&partial, &to).map_err(Failure::unavailable)?;
    remove_database(&partial);
    if !common.json {
        println!("已還原至 {}", to.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Removes a database file and what SQLite keeps beside it.
fn remove_database(file: &std::path::Path) {
    for suffix in ["", "-wal", "-shm", "-migrate.lock"] {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        // What is not there need not be removed.
        let _ = std::fs::remove_file(PathBuf::from(name));
    }
}

pub(crate) async fn doctor(common: &Common) -> Result<ExitCode, Failure> {
    let mut findings: Vec<String> = Vec::new();
    let store: Arc<dyn Store> = if common.is_file() {
        let file = existing_file(common).await?;
        findings = file.check_file().await?;
        file
    } else {
        // That a database keeps what it confirms is looked at when it is opened.
        existing(common).await?
    };
    let mut ledgers = Vec::new();
    let bank = bank_on(store);
    let outdated = bank.outdated().await?;
    for listed in bank.store().list_ledgers(None, u32::MAX).await? {
        let id = listed.id;
        if !listed.tenancy.standing.is_served() {
            findings.push(format!(
                "ledger {id} is being imported: run the import again, or creditbank ledgers discard --ledger {id}"
            ));
            continue;
        }
        if outdated.contains(&id) {
            findings.push(format!(
                "the states of ledger {id} are of another program: run creditbank rebuild --ledger {id}, \
                 or start creditbank serve, which does it first"
            ));
            continue;
        }
        let ledger = bank.ledger(&id).await?;
        let head = ledger.head();
        if head.position.0 == 0 {
            findings.push(format!("ledger {id} was never opened: run creditbank init --ledger {id}"));
            continue;
        }
        let ahead = head.recorded_at_us - ledger.now().timestamp_micros();
        if ahead > 0 {
            findings.push(format!(
                "the clock runs {} s behind the last event of ledger {id}: set the clock",
                ahead / 1_000_000
            ));
        }
        let last = ledger.read_events(head.position, 1).await?;
        if last.first().is_none_or(|event| ledger_core::event::decode(&event.bytes).is_err()) {
            findings.push(format!("the last event of ledger {id} cannot be read: restore a backup"));
        }
        let (opened, policy, version, census, _) = ledger.overview().await?;
        ledgers.push(json!({
            "ledger": id.as_str(), "position": head.position.0, "time_zone": opened.time_zone.name(),
            "policy": policy, "policy_version": version, "residents": census.residents, "entries": census.entries,
        }));
    }
    if ledgers.is_empty() && findings.is_empty() {
        findings.push("there is no ledger: run creditbank init".to_owned());
    }
    if common.json {
        println!("{}", json!({ "ledgers": ledgers, "findings": findings }));
    } else {
        for ledger in &ledgers {
            println!("帳本 {ledger}");
        }
        println!("{}", if findings.is_empty() { "沒有發現問題。Nothing found." } else { "發現：" });
        for finding in &findings {
            println!("  {finding}");
        }
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(FINDINGS) })
}
