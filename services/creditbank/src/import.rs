//! `import`: a school's own sheet. First a dry run that says what would happen, then a question, then posting in
//! batches. The file names its own requests, so running it again records nothing twice and goes on where it stopped.

use crate::args::{Common, Import};
use crate::connect::{channel, ledger_id};
use crate::failure::{FINDINGS, Failure};
use crate::progress;
use creditbank_import::{ImportError, Mapping, Problem, Registration, RowOutcome, Source};
use creditbank_posting::{Counts, Heard, Posting, Told, Verdict, batch_of};
use ledger_core::id::LedgerId;
use serde_json::json;
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// Bad rows that are printed one by one; all of them are in the verdicts.
const SHOWN: u64 = 20;
impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Failure {
        Failure::refused(error.reason(), error)
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::refused("IMPORT_UNREADABLE", format!("{}: {error}", path.display()))
}

pub(crate) async fn run(common: &Common, import: &Import) -> Result<ExitCode, Failure> {
    let id = ledger_id(common)?;
    let Some(mapping) = &import.mapping else {
        return Err(Failure::refused(
            "FIELD_REQUIRED",
            "請用 --mapping 指出各欄的意義（docs/import.md）。Say what the columns mean with --mapping (docs/import.md).",
        ));
    };
    let text = std::fs::read_to_string(mapping).map_err(|error| unreadable(mapping, &error))?;
    let mapping = Mapping::parse(&text).map_err(|error| Failure::refused("IMPORT_MAPPING", error))?;
    let source = Source::open(&mapping, &import.file)?;

    let source = Arc::new(source);
    let (counts, registration) = dry_run(common, &source, &id)?;
    if !ask(import.yes, "要記進帳本嗎？Record these")? {
        return Ok(if counts.bad > 0 { ExitCode::from(FINDINGS) } else { ExitCode::SUCCESS });
    }
    let way = channel(common).await?;
    let desk = creditbank_posting::Desk::new(&way, creditbank_grpc::ledger_name(&id));
    let mut verdicts = Verdicts::open(common, import)?;
    let accounts = desk.register(&registration).await?;
    let file = std::fs::File::open(&import.file).and_then(|file| batch_of(&text, file));
    let batch = file.map_err(|error| unreadable(&import.file, &error))?;
    let mut posting = Posting::new(desk, batch.clone());
    posting.counts.accounts = accounts;
    let bar = progress::bar(BAR, counts.rows);
    let hear = |heard: Heard<'_>| match heard {
        Heard::Read(_) => {
            bar.inc(1);
            Ok(())
        }
        Heard::Told(told, counts) => verdicts.tell(&told, counts),
    };
    posting.run(&source, &id, hear).await?;
    bar.finish_and_clear();
    verdicts.close()?;
    report(common, &posting.counts, &batch);
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

/// How the rows go.
const BAR: &str = "{bar:40} {pos}/{len} {per_sec} {eta}";

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

    fn tell(&mut self, told: &Told, counts: &Counts) -> Result<(), Failure> {
        let row = told.row;
        match &told.verdict {
            Verdict::Recorded { position } => self.write(row, "recorded", *position, "", ""),
            Verdict::Already { position } => self.write(row, "already", *position, "", ""),
            Verdict::Skipped { reason } => self.write(row, "skipped", 0, "", reason),
            Verdict::Refused { reason, message } => {
                if !self.json && counts.refused <= SHOWN {
                    println!("第 {row} 列被拒：{reason} {message}");
                }
                self.write(row, "refused", 0, reason, message)
            }
            Verdict::Bad { problems } => problems.iter().try_for_each(|problem| {
                let message = format!("{}：{}", problem.column, problem.message);
                self.write(row, "bad", 0, problem.reason, &message)
            }),
        }
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
