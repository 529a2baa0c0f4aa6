//! `import`: a school's own sheet. First a dry run that says what would happen, then a question, then posting in
//! batches. The file names its own requests, so running it again records nothing twice and goes on where it stopped.

use crate::args::{Common, Import};
use crate::connect::{Desk, ledger_id};
use crate::failure::{FINDINGS, Failure};
use crate::progress;
use creditbank_grpc::proto;
use creditbank_import::{ImportError, Mapping, Problem, Registration, Row, RowOutcome, Source};
use ledger_core::entry::Digest32;
use ledger_core::id::LedgerId;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Read};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use tonic_types::StatusExt;

/// Entries of one call.
const BATCH: usize = 1_000;
/// Bytes of a file that are digested at a time.
const HASHED: usize = 1 << 20;
/// Hexadecimal digits in the id of a batch: 80 bits.
const BATCH_DIGITS: usize = 20;
/// Bad rows that are printed one by one; all of them are in the verdicts.
const SHOWN: u64 = 20;
/// How often a call with an unknown outcome is made again.
const TRIES: u32 = 6;

#[derive(Default)]
struct Counts {
    rows: u64,
    to_post: u64,
    recorded: u64,
    already: u64,
    refused: u64,
    bad: u64,
    skipped: BTreeMap<String, u64>,
    accounts: u64,
}

impl Counts {
    fn skipped(&self) -> u64 {
        self.skipped.values().sum()
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Failure {
        Failure::refused(error.reason(), error)
    }
}

pub(crate) async fn run(common: &Common, import: &Import) -> Result<ExitCode, Failure> {
    let id = ledger_id(common)?;
    let Some(mapping) = &import.mapping else {
        return Err(Failure::refused(
            "FIELD_REQUIRED",
            "請用 --mapping 指出各欄的意義（docs/import.md）。Say what the columns mean with --mapping (docs/import.md).",
        ));
    };
    let text = std::fs::read_to_string(mapping)
        .map_err(|error| Failure::refused("IMPORT_UNREADABLE", format!("{}: {error}", mapping.display())))?;
    let mapping = Mapping::parse(&text).map_err(|error| Failure::refused("IMPORT_MAPPING", error))?;
    let source = Source::open(&mapping, &import.file)?;

    let (counts, registration) = dry_run(common, &source, &id)?;
    if !ask(import.yes, "要記進帳本嗎？Record these")? {
        return Ok(if counts.bad > 0 { ExitCode::from(FINDINGS) } else { ExitCode::SUCCESS });
    }
    let mut desk = Desk::open(common).await?;
    let verdicts = Verdicts::open(common, import)?;
    let accounts = register(&mut desk, registration).await?;
    let batch = batch(&text, &import.file)?;
    let counts_so_far = Counts { accounts, ..Counts::default() };
    let mut posting = Posting { desk, verdicts, counts: counts_so_far, waiting: Vec::new(), batch };
    let bar = progress::bar(BAR, counts.rows);
    for row in source.rows(&id)? {
        bar.inc(1);
        posting.take(row?).await?;
    }
    posting.send().await?;
    bar.finish_and_clear();
    posting.verdicts.close()?;
    report(common, &posting.counts, &posting.batch);
    let unclean = posting.counts.bad + posting.counts.refused > 0;
    Ok(if unclean { ExitCode::from(FINDINGS) } else { ExitCode::SUCCESS })
}

/// Goes over the whole file without posting and says what would happen.
fn dry_run(common: &Common, source: &Source, id: &LedgerId) -> Result<(Counts, Registration), Failure> {
    let mut counts = Counts::default();
    let mut rows = source.rows(id)?;
    for row in rows.by_ref() {
        let row = row?;
        counts.rows += 1;
        match row.outcome {
            RowOutcome::Post(_) => counts.to_post += 1,
            RowOutcome::Skipped { reason } => *counts.skipped.entry(reason).or_default() += 1,
            RowOutcome::Bad { problems } => {
                counts.bad += 1;
                if !common.json && counts.bad <= SHOWN {
                    show_problems(row.number, &problems);
                }
            }
        }
    }
    let registration = rows.registration();
    if !common.json {
        println!(
            "試算 Dry run：{} 列，可記 {} 筆，不記 {} 列，有誤 {} 列",
            counts.rows,
            counts.to_post,
            counts.skipped(),
            counts.bad
        );
        for (reason, count) in &counts.skipped {
            println!("  {count} 列：{reason}");
        }
        println!(
            "將先登記 To register first：機構 {}、課程 {}、版本 {}、居民帳戶 {}",
            registration.organizations.len(),
            registration.courses.len(),
            registration.versions.len(),
            registration.resident_count()
        );
        for column in source.unused_columns() {
            println!("  欄「{column}」沒有用到。The column {column} is not read.");
        }
    }
    Ok((counts, registration))
}

fn show_problems(row: u64, problems: &[Problem]) {
    for problem in problems {
        println!("第 {row} 列 {}：{} {}", problem.column, problem.reason, problem.message);
    }
}

/// Whether to go on: `--yes`, or the answer at a terminal.
pub(crate) fn ask(yes: bool, question: &str) -> Result<bool, Failure> {
    if yes {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        eprintln!("什麼也沒有改動；確定要做就加 --yes。Nothing was changed: add --yes to go on.");
        return Ok(false);
    }
    let confirm = dialoguer::Confirm::new().with_prompt(question).default(false);
    confirm.interact().map_err(Failure::unavailable)
}

/// The batch of a file and mapping: the same for both, so that an import that goes on keeps it.
fn batch(mapping: &str, file: &Path) -> Result<String, Failure> {
    let unreadable =
        |error: std::io::Error| Failure::refused("IMPORT_UNREADABLE", format!("{}: {error}", file.display()));
    let mut reader = std::fs::File::open(file).map_err(unreadable)?;
    let mut digest = Digest32::of(mapping.as_bytes());
    let mut part = Vec::with_capacity(HASHED + 32);
    loop {
        part.clear();
        part.extend_from_slice(&digest.0);
        if reader.by_ref().take(HASHED as u64).read_to_end(&mut part).map_err(unreadable)? == 0 {
            let digits: String = digest.to_string().chars().take(BATCH_DIGITS).collect();
            return Ok(format!("import-{digits}"));
        }
        digest = Digest32::of(&part);
    }
}

/// How the rows go.
const BAR: &str = "{bar:40} {pos}/{len} {per_sec} {eta}";

/// Makes a call again while its outcome is unknown: the request's id keeps it from being done twice.
macro_rules! persist {
    ($call:expr) => {{
        let mut tried = 1;
        loop {
            match $call.await {
                Ok(answer) => break answer.into_inner(),
                Err(status) if tried < TRIES && may_pass(&status) => {
                    let told = status.get_details_retry_info().and_then(|info| info.retry_delay);
                    tokio::time::sleep(told.unwrap_or(Duration::from_millis(200 << tried))).await;
                    tried += 1;
                }
                Err(status) => return Err(status.into()),
            }
        }
    }};
}

fn may_pass(status: &tonic::Status) -> bool {
    use tonic::Code::{Aborted, Cancelled, DeadlineExceeded, ResourceExhausted, Unavailable, Unknown};
    matches!(status.code(), Unavailable | DeadlineExceeded | Unknown | Cancelled)
        || matches!(status.code(), ResourceExhausted | Aborted) && status.get_details_retry_info().is_some()
}

/// Registers what the rows need; gives the number of accounts that were opened.
async fn register(desk: &mut Desk, registration: Registration) -> Result<u64, Failure> {
    for request in registration.organizations {
        persist!(desk.registry.create_organization(request.clone()));
    }
    for request in registration.courses {
        persist!(desk.registry.create_course(request.clone()));
    }
    for request in registration.versions {
        persist!(desk.registry.create_course_version(request.clone()));
    }
    for request in registration.approvals {
        persist!(desk.registry.approve_course_version(request.clone()));
    }
    let mut opened = 0;
    for request in registration.residents {
        let answer = persist!(desk.registry.batch_create_residents(request.clone()));
        opened += if answer.replayed { 0 } else { u64::from(answer.created) };
    }
    Ok(opened)
}

/// The rows on their way into the ledger.
struct Posting {
    desk: Desk,
    verdicts: Verdicts,
    counts: Counts,
    waiting: Vec<(u64, proto::PostEntryRequest)>,
    /// What all entries of this file carry.
    batch: String,
}

impl Posting {
    async fn take(&mut self, row: Row) -> Result<(), Failure> {
        self.counts.rows += 1;
        match row.outcome {
            RowOutcome::Post(mut request) => {
                self.counts.to_post += 1;
                if let Some(entry) = &mut request.entry {
                    entry.batch.clone_from(&self.batch);
                }
                self.waiting.push((row.number, *request));
                if self.waiting.len() == BATCH {
                    self.send().await?;
                }
            }
            RowOutcome::Skipped { reason } => {
                self.verdicts.write(row.number, "skipped", 0, "", &reason)?;
                *self.counts.skipped.entry(reason).or_default() += 1;
            }
            RowOutcome::Bad { problems } => {
                self.counts.bad += 1;
                for problem in &problems {
                    let message = format!("{}：{}", problem.column, problem.message);
                    self.verdicts.write(row.number, "bad", 0, problem.reason, &message)?;
                }
            }
        }
        Ok(())
    }

    async fn send(&mut self) -> Result<(), Failure> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let (numbers, requests): (Vec<u64>, Vec<_>) = self.waiting.drain(..).unzip();
        let batch =
            proto::BatchPostEntriesRequest { parent: self.desk.parent.clone(), requests, atomic: false };
        let answer = persist!(self.desk.ledger.batch_post_entries(batch.clone()));
        for (number, verdict) in numbers.into_iter().zip(answer.verdicts) {
            let Some(error) = verdict.error else {
                let what = if verdict.replayed { "already" } else { "recorded" };
                *(if verdict.replayed { &mut self.counts.already } else { &mut self.counts.recorded }) += 1;
                self.verdicts.write(number, what, verdict.position, "", "")?;
                continue;
            };
            self.counts.refused += 1;
            let reason = reason_of(&error);
            if !self.verdicts.json && self.counts.refused <= SHOWN {
                println!("第 {number} 列被拒：{reason} {}", error.message);
            }
            self.verdicts.write(number, "refused", 0, &reason, &error.message)?;
        }
        Ok(())
    }
}

fn reason_of(error: &tonic_types::Status) -> String {
    let bytes = prost::Message::encode_to_vec(error);
    let status = tonic::Status::with_details(tonic::Code::from_i32(error.code), &error.message, bytes.into());
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// One verdict a row: to the file the user names, or as JSON lines.
struct Verdicts {
    json: bool,
    file: Option<csv::Writer<std::fs::File>>,
}

impl Verdicts {
    fn open(common: &Common, import: &Import) -> Result<Verdicts, Failure> {
        let file = match &import.verdicts {
            None => None,
            Some(path) => {
                let mut writer = csv::Writer::from_path(path).map_err(Failure::unavailable)?;
                writer
                    .write_record(["row", "verdict", "position", "reason", "message"])
                    .map_err(Failure::unavailable)?;
                Some(writer)
            }
        };
        Ok(Verdicts { json: common.json, file })
    }

    fn write(
        &mut self,
        row: u64,
        verdict: &str,
        position: u64,
        reason: &str,
        message: &str,
    ) -> Result<(), Failure> {
        if let Some(file) = &mut self.file {
            let position = if position == 0 { String::new() } else { position.to_string() };
            // A message may quote what stood in the sheet.
            let message = creditbank_evidence::plain_text(message);
            file.write_record([&row.to_string(), verdict, &position, reason, &message])
                .map_err(Failure::unavailable)?;
        }
        if self.json {
            let line = json!({
                "row": row, "verdict": verdict, "position": position, "reason": reason, "message": message,
            });
            println!("{line}");
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), Failure> {
        self.file.as_mut().map_or(Ok(()), csv::Writer::flush).map_err(Failure::unavailable)
    }
}

fn report(common: &Common, counts: &Counts, batch: &str) {
    if common.json {
        let summary = json!({ "summary": {
            "rows": counts.rows, "recorded": counts.recorded, "already_recorded": counts.already,
            "skipped": counts.skipped(), "skipped_by_reason": counts.skipped, "bad": counts.bad,
            "refused": counts.refused, "accounts_opened": counts.accounts, "batch": batch,
        }});
        println!("{summary}");
        return;
    }
    println!(
        "共 {} 列：新記 {} 筆，先前已記 {} 筆，不記 {} 列，有誤 {} 列，被拒 {} 筆；新開帳戶 {} 個。",
        counts.rows,
        counts.recorded,
        counts.already,
        counts.skipped(),
        counts.bad,
        counts.refused,
        counts.accounts
    );
    if counts.recorded > 0 {
        println!(
            "本批 {batch}；若整批有誤：creditbank reverse-batch {batch} --posted-by 機構 --reason 原因。\
             To take all of it back, reverse this batch."
        );
    }
    if counts.recorded == 0 && counts.already > 0 {
        println!(
            "這個檔案先前已經匯入，沒有新記任何一筆。This file was imported before: nothing new was recorded."
        );
    }
}
