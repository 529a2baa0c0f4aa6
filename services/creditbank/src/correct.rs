//! `creditbank correct`: reversals and entries that one person proposes and another approves.

use crate::args::{ApproveCorrection, Common, Correct, CorrectCommand, ProposeCorrection, RejectCorrection};
use crate::connect::{Desk, ledger_id, request_id};
use crate::failure::Failure;
use crate::show::{id, path, print_json, table};
use creditbank_grpc::proto;
use creditbank_import::{Mapping, RowOutcome, Source};
use proto::CorrectionState;
use std::path::Path;
use std::process::ExitCode;

pub(crate) async fn run(common: &Common, correct: &Correct) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    match &correct.command {
        CorrectCommand::Propose(asked) => propose(common, &mut desk, asked).await?,
        CorrectCommand::Approve(asked) => approve(common, &mut desk, asked).await?,
        CorrectCommand::Reject(asked) => reject(common, &mut desk, asked).await?,
        CorrectCommand::List { all } => list(common, &mut desk, *all).await?,
        CorrectCommand::Show { correction } => {
            let name = desk.name(&format!("corrections/{correction}"));
            let request = proto::GetCorrectionRequest { name, min_position: 0 };
            let answer = desk.corrections.get_correction(request).await?.into_inner();
            if common.json {
                print_json(&answer)?;
            } else {
                show(&answer.correction.unwrap_or_default());
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn state(correction: &proto::Correction) -> &'static str {
    match correction.state() {
        CorrectionState::Approved => "已核准",
        CorrectionState::Rejected => "已退回",
        CorrectionState::Open | CorrectionState::Unspecified => "待核准",
    }
}

fn show(correction: &proto::Correction) {
    println!(
        "更正 {}（{}）：{} 提出，原因 {}",
        id(&correction.name),
        state(correction),
        correction.proposed_by,
        correction.reason
    );
    for reversal in &correction.reversals {
        println!("  沖正 #{}（{}）", id(&reversal.entry), reversal.reason);
    }
    for entry in &correction.entries {
        let restores = if entry.restores.is_empty() {
            String::new()
        } else {
            format!("  恢復 #{}", id(&entry.restores))
        };
        println!(
            "  新記 {} {} {} 分鐘 {}{restores}",
            entry.occurred_on,
            entry.kind,
            entry.minutes,
            path(&entry.account)
        );
    }
    println!("內容摘要 {}", correction.sha256);
    if correction.settled_at > 0 {
        println!(
            "{}於第 {} 號，{}（{}）",
            state(correction),
            correction.settled_at,
            correction.settled_by,
            id(&correction.settled_for)
        );
    }
}

/// `NUMBER` or `NUMBER:REASON`.
fn reversal(desk: &Desk, raw: &str) -> proto::CorrectionReversal {
    let (number, reason) = raw.split_once(':').unwrap_or((raw, ""));
    proto::CorrectionReversal { entry: desk.name(&format!("entries/{number}")), reason: reason.to_owned() }
}

/// An entry as it was, to stand again.
async fn restored(desk: &mut Desk, number: u64) -> Result<proto::Entry, Failure> {
    let name = desk.name(&format!("entries/{number}"));
    let request = proto::GetEntryRequest { name: name.clone(), min_position: 0 };
    let entry = desk.ledger.get_entry(request).await?.into_inner().entry.unwrap_or_default();
    Ok(proto::Entry {
        name: String::new(),
        restores: name,
        recorded_at: None,
        position: 0,
        reversed_at: 0,
        correction: String::new(),
        corrects_month: String::new(),
        ..entry
    })
}

/// The entries of a sheet. A correction is read and approved as a whole: a row that is wrong stops it.
fn sheet(common: &Common, mapping: &Path, file: &Path) -> Result<Vec<proto::Entry>, Failure> {
    let text = std::fs::read_to_string(mapping)
        .map_err(|error| Failure::refused("IMPORT_UNREADABLE", format!("{}: {error}", mapping.display())))?;
    let mapping = Mapping::parse(&text).map_err(|error| Failure::refused("IMPORT_MAPPING", error))?;
    let source = Source::open(&mapping, file)?;
    let mut entries = Vec::new();
    for row in source.rows(&ledger_id(common)?)? {
        let row = row?;
        match row.outcome {
            RowOutcome::Post(request) => entries.extend(request.entry),
            RowOutcome::Skipped { .. } => {}
            RowOutcome::Bad { problems } => {
                let told: Vec<String> = problems
                    .iter()
                    .map(|problem| format!("{}：{} {}", problem.column, problem.reason, problem.message))
                    .collect();
                return Err(Failure::refused(
                    "FIELD_INVALID",
                    format!(
                        "第 {} 列有誤，請更正後再提。Mend row {}: {}",
                        row.number,
                        row.number,
                        told.join("；")
                    ),
                ));
            }
        }
    }
    Ok(entries)
}

async fn propose(common: &Common, desk: &mut Desk, asked: &ProposeCorrection) -> Result<(), Failure> {
    let mut entries = match (&asked.record, &asked.mapping) {
        (Some(file), Some(mapping)) => sheet(common, mapping, file)?,
        _ => Vec::new(),
    };
    for number in &asked.restore {
        entries.push(restored(desk, *number).await?);
    }
    let request = proto::ProposeCorrectionRequest {
        parent: desk.parent.clone(),
        request_id: request_id(asked.request_id.as_ref()),
        organization: desk.name(&format!("organizations/{}", asked.organization)),
        proposed_by: asked.by.clone(),
        reason: asked.reason.clone(),
        evidence_sha256: asked.evidence_sha256.clone().unwrap_or_default(),
        reversals: asked.reverse.iter().map(|raw| reversal(desk, raw)).collect(),
        entries,
    };
    let answer = desk.corrections.propose_correction(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    let correction = answer.correction.unwrap_or_default();
    show(&correction);
    println!("還沒有改動任何記錄；請另一人審閱後核准。Nothing has changed yet: another person approves it.");
    Ok(())
}

async fn approve(common: &Common, desk: &mut Desk, asked: &ApproveCorrection) -> Result<(), Failure> {
    let request = proto::ApproveCorrectionRequest {
        name: desk.name(&format!("corrections/{}", asked.correction)),
        request_id: request_id(asked.request_id.as_ref()),
        organization: desk.name(&format!("organizations/{}", asked.organization)),
        approved_by: asked.by.clone(),
        sha256: asked.sha256.clone(),
    };
    let answer = desk.corrections.approve_correction(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    let month = |month: &str| match month {
        "" => String::new(),
        month => format!("  更正以前月份 {month}"),
    };
    for reversal in &answer.reversals {
        println!("  #{} 沖正 #{}{}", reversal.position, id(&reversal.entry), month(&reversal.corrects_month));
    }
    for entry in &answer.entries {
        println!(
            "  #{} 新記 {} {} {}{}",
            entry.position,
            entry.occurred_on,
            entry.kind,
            path(&entry.account),
            month(&entry.corrects_month)
        );
    }
    println!("已核准，共 {} 項。Approved and recorded.", answer.reversals.len() + answer.entries.len());
    Ok(())
}

async fn reject(common: &Common, desk: &mut Desk, asked: &RejectCorrection) -> Result<(), Failure> {
    let request = proto::RejectCorrectionRequest {
        name: desk.name(&format!("corrections/{}", asked.correction)),
        request_id: request_id(asked.request_id.as_ref()),
        organization: desk.name(&format!("organizations/{}", asked.organization)),
        rejected_by: asked.by.clone(),
    };
    let answer = desk.corrections.reject_correction(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    println!("已退回，記錄沒有改動。Rejected; nothing else changed.");
    Ok(())
}

async fn list(common: &Common, desk: &mut Desk, all: bool) -> Result<(), Failure> {
    let state_asked = if all { CorrectionState::Unspecified } else { CorrectionState::Open };
    let mut page_token = String::new();
    let mut rows = table(&["號", "機構", "提出", "原因", "沖正", "新記", "狀態", "經辦"]);
    loop {
        let request = proto::ListCorrectionsRequest {
            parent: desk.parent.clone(),
            state: state_asked.into(),
            page_size: 1_000,
            page_token,
        };
        let page = desk.corrections.list_corrections(request).await?.into_inner();
        for correction in &page.corrections {
            if common.json {
                // One object a line: a list of any length, in bounded memory.
                println!("{}", serde_json::to_string(correction).map_err(Failure::unavailable)?);
                continue;
            }
            rows.add_row([
                id(&correction.name).to_owned(),
                id(&correction.organization).to_owned(),
                correction.proposed_by.clone(),
                correction.reason.clone(),
                correction.reversal_count.to_string(),
                correction.entry_count.to_string(),
                state(correction).to_owned(),
                correction.settled_by.clone(),
            ]);
        }
        if page.next_page_token.is_empty() {
            break;
        }
        page_token = page.next_page_token;
    }
    if !common.json {
        println!("{rows}");
    }
    Ok(())
}
