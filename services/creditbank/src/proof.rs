//! Keys, checkpoints, and what is verified without a server and without a database.

use crate::args::{CheckpointKeyFile, Common, ShowKey, VerifyExport, VerifyStatement};
use crate::connect::{Desk, ledger_id};
use crate::failure::{FINDINGS, Failure};
use crate::show::{credits, print_json};
use creditbank_grpc::proto;
use creditbank_proof::archive::{self, Covered, Verified};
use creditbank_proof::{CheckpointKey, Fault, Figures, ProvenEvent, STATEMENT_FORMAT, Statement, Verifier};
use ledger_core::date::OccurredOn;
use ledger_core::id::{AccountId, HouseholdId, ResidentId};
use ledger_core::merkle::Hash;
use serde_json::json;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;

/// Events of a page of a statement.
const PAGE: u32 = 1_000;

pub(crate) fn make_key(common: &Common, asked: &CheckpointKeyFile) -> Result<ExitCode, Failure> {
    let key = CheckpointKey::init(&asked.name, &asked.file)?;
    print_key(common, &key)?;
    if !common.json {
        eprintln!(
            "私鑰在 {0}，只有擁有者能讀，請另備一份；上面的公鑰請公布。The private key is in {0}, for its owner alone: \
             keep a copy, and publish the public key above.",
            asked.file.display()
        );
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn show_key(common: &Common, asked: &ShowKey) -> Result<ExitCode, Failure> {
    print_key(common, &CheckpointKey::read(&asked.file)?)?;
    Ok(ExitCode::SUCCESS)
}

fn print_key(common: &Common, key: &CheckpointKey) -> Result<(), Failure> {
    let vkey = key.vkey(&ledger_id(common)?);
    match common.json {
        true => println!("{}", json!({ "verifier_key": vkey })),
        false => println!("{vkey}"),
    }
    Ok(())
}

pub(crate) async fn checkpoint(common: &Common) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    let request = proto::GetCheckpointRequest { name: desk.parent.clone() };
    let answer = desk.proofs.get_checkpoint(request).await?.into_inner();
    match common.json {
        true => print_json(&answer)?,
        false => print!("{}", answer.checkpoint),
    }
    Ok(ExitCode::SUCCESS)
}

/// The longest statement that is read: an account's ten thousand entries of a year, for thirty years (our own default).
const LONGEST_STATEMENT: u64 = 512 << 20;

pub(crate) async fn write_statement(
    common: &Common,
    account: &str,
    file: &Path,
) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    let first =
        proto::GetProvenStatementRequest { name: desk.name(account), page_size: PAGE, ..Default::default() };
    let answer = desk.proofs.get_proven_statement(first.clone()).await?.into_inner();
    let mut statement = Statement {
        format: STATEMENT_FORMAT.to_owned(),
        ledger: ledger_id(common)?,
        account: account_id(account)?,
        today: OccurredOn::parse(&answer.today, "today")?,
        checkpoint: answer.checkpoint,
        figures: Figures {
            centi_credits: answer.centi_credits,
            pending_centi_credits: answer.pending_centi_credits,
            minutes: answer.minutes,
            entries: answer.entries,
        },
        attestation: answer.attestation,
        events: Vec::new(),
    };
    let (mut events, mut page_token) = (answer.events, answer.next_page_token);
    loop {
        for proto::ProvenEvent { position, event, path } in std::mem::take(&mut events) {
            let node =
                |node: Vec<u8>| node.try_into().map_err(|_| Failure::unavailable("no proof came back"));
            let path = path.into_iter().map(node).collect::<Result<Vec<Hash>, _>>()?;
            statement.events.push(ProvenEvent::new(position, event, &path));
        }
        if page_token.is_empty() {
            break;
        }
        let next = proto::GetProvenStatementRequest { size: answer.size, page_token, ..first.clone() };
        let answer = desk.proofs.get_proven_statement(next).await?.into_inner();
        (events, page_token) = (answer.events, answer.next_page_token);
    }
    let mut text = serde_json::to_vec_pretty(&statement).map_err(Failure::unavailable)?;
    text.push(b'\n');
    let new = File::create_new(file).and_then(|mut new| new.write_all(&text).and_then(|()| new.sync_all()));
    new.map_err(|error| Failure::unavailable(format!("{}: {error}", file.display())))?;
    print_statement(common, &statement, "已寫成檔案。Written.");
    Ok(ExitCode::SUCCESS)
}

/// `residents/ID` or `households/ID`.
fn account_id(account: &str) -> Result<AccountId, Failure> {
    match account.split_once('/') {
        Some(("residents", id)) => Ok(AccountId::Resident(ResidentId::parse(id)?)),
        Some(("households", id)) => Ok(AccountId::Household(HouseholdId::parse(id)?)),
        _ => Err(Failure::refused(
            "FIELD_INVALID",
            "請寫 residents/編號 或 households/編號。Write residents/ID or households/ID.",
        )),
    }
}

pub(crate) fn verify_statement(common: &Common, asked: &VerifyStatement) -> Result<ExitCode, Failure> {
    let log = Verifier::parse(&asked.key)?;
    let mut text = Vec::new();
    let read = File::open(&asked.file).and_then(|file| file.take(LONGEST_STATEMENT).read_to_end(&mut text));
    read.map_err(|error| Failure::unavailable(format!("{}: {error}", asked.file.display())))?;
    let statement = creditbank_proof::verify_statement(&text, &log)?;
    let told = "帳本簽署了這些數字；每一筆都在簽署過的帳本裡，數字由所附各筆算得。The ledger has signed these figures; each entry stands in the signed log, and the figures follow from them.";
    print_statement(common, &statement, told);
    Ok(ExitCode::SUCCESS)
}

fn print_statement(common: &Common, statement: &Statement, told: &str) {
    let Statement { ledger, account, today, figures, events, .. } = statement;
    if common.json {
        println!(
            "{}",
            json!({ "ledger": ledger, "account": account, "today": today, "figures": figures, "events": events.len() })
        );
        return;
    }
    println!("{told}");
    println!(
        "  帳本 {ledger}，帳戶 {}，{today}：{} 學分（另 {} 以後計入），{} 分鐘，{} 人次",
        account.path(),
        credits(figures.centi_credits),
        credits(figures.pending_centi_credits),
        figures.minutes,
        figures.entries
    );
}

pub(crate) fn verify_export(common: &Common, asked: &VerifyExport) -> Result<ExitCode, Failure> {
    let log = asked.key.as_deref().map(Verifier::parse).transpose()?;
    let witnesses =
        asked.witness.iter().map(|vkey| Verifier::parse(vkey)).collect::<Result<Vec<_>, Fault>>()?;
    let look = |_, _: &[u8]| Ok(());
    let verified = archive::verify_export(&asked.folder, log.as_ref(), &witnesses, look, |_, _| {})?;
    print_verified(common, &verified);
    let all_signed = unsigned_tail(&verified) == 0 || log.is_none() || asked.allow_unsigned_tail;
    Ok(if all_signed { ExitCode::SUCCESS } else { ExitCode::from(FINDINGS) })
}

/// How many of the last events nobody has signed.
fn unsigned_tail(verified: &Verified) -> u64 {
    let signed = verified.covered.iter().filter(|covered| covered.signed);
    verified.manifest.events - signed.map(|covered| covered.checkpoint.size).max().unwrap_or(0)
}

fn print_verified(common: &Common, verified: &Verified) {
    let Verified { manifest, covered } = verified;
    if common.json {
        let covered: Vec<_> = covered
            .iter()
            .map(|Covered { checkpoint, signed, witnesses }| {
                json!({
                    "origin": checkpoint.origin, "size": checkpoint.size, "root_sha256": checkpoint.root(),
                    "signed": signed, "witnesses": witnesses,
                })
            })
            .collect();
        println!(
            "{}",
            json!({
                "ledger": manifest.ledger.as_str(), "events": manifest.events, "requests": manifest.requests,
                "root_sha256": manifest.root_sha256, "checkpoints": covered, "unsigned_tail": unsigned_tail(verified),
            })
        );
        return;
    }
    println!(
        "帳本 {}：{} 個事件、{} 個請求，檔案完整。The files are whole; Merkle root {}",
        manifest.ledger, manifest.events, manifest.requests, manifest.root_sha256
    );
    let tail = unsigned_tail(verified);
    if tail > 0 && covered.iter().any(|covered| covered.signed) {
        println!(
            "  注意：最後 {tail} 個事件沒有人簽署（UNSIGNED_TAIL）。Mind that nobody has signed the last {tail} events."
        );
    }
    for Covered { checkpoint, signed, witnesses } in covered {
        let told = match signed {
            true => "是這把公鑰簽署的。The key has signed the first",
            false => {
                "有簽署，但未給公鑰（--key），不知何人所簽。Signed by nobody knows whom, without --key: the first"
            }
        };
        println!("  前 {0} 個事件{told} {0} events ({1})", checkpoint.size, checkpoint.origin);
        for (name, seconds) in witnesses {
            println!("  見證人 {name} 已副署。Cosigned by {name}, {seconds} seconds after 1970 (UTC)");
        }
    }
}
