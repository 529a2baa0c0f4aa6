//! Badges, transcripts, and what is verified of them without a server.

use crate::args::{BadgeArgs, Common, TranscriptArgs, VerifyBadge};
use crate::connect::Desk;
use crate::failure::Failure;
use chrono::Utc;
use creditbank_badge::{Believed, Fault, Key, LONGEST, StatusList};
use creditbank_grpc::proto;
use serde_json::json;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;

pub(crate) async fn issuer(common: &Common) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    let request = proto::GetIssuerRequest { name: desk.parent.clone() };
    let issuer = desk.badges.get_issuer(request).await?.into_inner();
    if common.json {
        println!("{}", issuer.document);
    } else {
        println!("{}\n{}\n{}/did.json", issuer.did, issuer.did_key, issuer.home);
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn badge(common: &Common, asked: &BadgeArgs) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    let name = desk.name(&asked.name);
    let badge = if asked.name.starts_with("entries/") {
        if asked.of.year.is_some() || asked.of.as_of_position > 0 || asked.selection.is_some() {
            return Err(Failure::refused(
                "FIELD_INVALID",
                "一筆記錄的徽章不用 --year、--as-of-position、--selection。The badge of an entry takes none of --year, --as-of-position, --selection.",
            ));
        }
        desk.badges.get_entry_badge(proto::GetEntryBadgeRequest { name }).await
    } else if let Some(selection) = asked.selection.clone() {
        desk.badges.get_title_badge(proto::GetTitleBadgeRequest { name, selection }).await
    } else {
        let year = asked.of.year.unwrap_or(0);
        let request = proto::GetStatementBadgeRequest { name, year, as_of_position: asked.of.as_of_position };
        desk.badges.get_statement_badge(request).await
    };
    written(common, &badge?.into_inner(), &asked.file)
}

pub(crate) async fn transcript(common: &Common, asked: &TranscriptArgs) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    let request = proto::GetTranscriptRequest {
        name: desk.name(&asked.account),
        year: asked.of.year.unwrap_or(0),
        as_of_position: asked.of.as_of_position,
    };
    let transcript = desk.badges.get_transcript(request).await?.into_inner();
    written(common, &transcript, &asked.file)
}

/// Writes a new file: a token where its name ends with `.jwt`, else JSON that bears its proof.
fn written(common: &Common, badge: &proto::Badge, file: &Path) -> Result<ExitCode, Failure> {
    let is_token = file.extension().is_some_and(|extension| extension == "jwt");
    let text = if is_token { &badge.jwt } else { &badge.json };
    let write = || {
        let mut new = File::create_new(file)?;
        new.write_all(text.as_bytes())?;
        new.write_all(b"\n")?;
        new.sync_all()
    };
    write().map_err(|error| Failure::unavailable(format!("{}: {error}", file.display())))?;
    match common.json {
        true => println!("{}", json!({ "file": file, "position": badge.position, "seal": badge.seal })),
        false => println!(
            "已寫成 {0}（帳本位置 {1}）。Written to {0}, true at position {1}.",
            file.display(),
            badge.position
        ),
    }
    Ok(ExitCode::SUCCESS)
}

fn text_of(file: &Path) -> Result<String, Failure> {
    let unreadable = |error: std::io::Error| Failure::unavailable(format!("{}: {error}", file.display()));
    let mut text = String::new();
    let file = File::open(file).map_err(unreadable)?;
    file.take(LONGEST as u64 + 1).read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

pub(crate) fn verify(common: &Common, asked: &VerifyBadge) -> Result<ExitCode, Failure> {
    let key = if asked.issuer.starts_with("did:key:") {
        Key::parse(&asked.issuer)?
    } else {
        Key::parse(&text_of(Path::new(&asked.issuer))?)?
    };
    let (now, text) = (Utc::now(), text_of(&asked.file)?);
    let badge = Believed::read(&text, &key, now)?;
    let lists = asked.status.iter().map(|file| text_of(file)).collect::<Result<Vec<String>, _>>()?;
    let mut unheld: Vec<String> = Vec::new();
    for one in std::iter::once(&badge).chain(&badge.enclosed) {
        let (url, _) = &one.status;
        // Of several lists the newest tells.
        let read = lists.iter().map(|list| StatusList::read(list, &key, url, now));
        let (good, bad): (Vec<_>, Vec<_>) = read.partition(Result::is_ok);
        match good.into_iter().flatten().max_by_key(|list| list.since()) {
            Some(list) => one.stands(&list)?,
            None if unheld.iter().any(|why| why.contains(url.as_str())) => {}
            None => {
                let why = bad.into_iter().filter_map(Result::err).map(|fault| format!(" ({fault})"));
                unheld.push(format!("{url}{}", why.collect::<String>()));
            }
        }
    }
    if !unheld.is_empty() && !asked.without_status {
        return Err(
            Fault::StatusUnknown(format!("fetch {} and give it with --status", unheld.join(", "))).into()
        );
    }
    print(common, &badge, &key, &unheld);
    Ok(ExitCode::SUCCESS)
}

fn print(common: &Common, badge: &Believed, key: &Key, unheld: &[String]) {
    if common.json {
        println!(
            "{}",
            json!({ "issuer": key.did(), "credential": badge.says, "enclosed": badge.enclosed.len(), "status_unknown": unheld })
        );
        return;
    }
    let says = |path: &[&str]| badge.text(path).unwrap_or_default().to_owned();
    match unheld {
        [] => println!("簽章相符，且未被撤回。Signed by the issuer, and not taken back."),
        _ => println!(
            "簽章相符；沒有查有沒有被撤回。Signed by the issuer; whether it was taken back was not looked up."
        ),
    }
    println!("  {}，{}", says(&["name"]), says(&["issuer", "name"]));
    println!("  {}", says(&["description"]));
    if !badge.enclosed.is_empty() {
        println!("  內含 {0} 個徽章。It encloses {0} badges.", badge.enclosed.len());
    }
}
