//! `creditbank directory`: personal data put, read, found and erased. It comes from files or standard input, and goes to
//! standard output only.

use crate::args::{
    Acting, ApproveErasure, CardCommand, Common, DirectoryArgs, DirectoryCommand, Erase, Find, InitKey, Put,
    Reading, Reads, ShowPerson,
};
use crate::connect::{Desk, request_id};
use crate::failure::Failure;
use crate::identity::organization;
use crate::retention;
use crate::show::{id, path, print_json, table};
use creditbank_directory::KeyFile;
use creditbank_grpc::proto;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;
use zeroize::Zeroizing;

/// The most bytes of a file that a person is read from (our own default).
const MAX_FILE: usize = 16 << 10;

pub(crate) async fn run(common: &Common, asked: &DirectoryArgs) -> Result<ExitCode, Failure> {
    if let DirectoryCommand::InitKey(asked) = &asked.command {
        return init_key(common, asked);
    }
    let mut desk = Desk::open(common).await?;
    match &asked.command {
        DirectoryCommand::InitKey(_) => {}
        DirectoryCommand::Put(asked) => put(common, &mut desk, asked).await?,
        DirectoryCommand::Show(asked) => show(common, &mut desk, asked).await?,
        DirectoryCommand::Find(asked) => find(common, &mut desk, asked).await?,
        DirectoryCommand::Card(asked) => card(common, &mut desk, asked).await?,
        DirectoryCommand::Reads(asked) => reads(common, &mut desk, asked).await?,
        DirectoryCommand::Erase(Erase::Propose(asked)) => {
            let request = proto::ProposeErasureRequest {
                name: desk.name(&asked.account),
                request_id: request_id(asked.acting.request_id.as_ref()),
                organization: organization(&desk, &asked.acting.by.organization),
                person: asked.acting.by.person.clone(),
            };
            let answer = desk.directory.propose_erasure(request).await?.into_inner();
            match common.json {
                true => print_json(&answer)?,
                false => show_proposal(&answer.erasure.unwrap_or_default()),
            }
        }
        DirectoryCommand::Erase(Erase::Approve(asked)) => approve(common, &mut desk, asked).await?,
        DirectoryCommand::Retention(asked) => retention::run(common, &mut desk, asked).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn init_key(common: &Common, asked: &InitKey) -> Result<ExitCode, Failure> {
    KeyFile::init(&asked.file)?;
    let file = asked.file.display();
    if common.json {
        println!("{}", json!({ "file": file.to_string() }));
    } else {
        println!("金鑰檔已寫入 {file}。和資料庫分開保管，另備一份；遺失等於刪除所有人的資料。");
        println!("Keep it apart from the database, and a copy in a safe place: losing it erases everybody.");
    }
    Ok(ExitCode::SUCCESS)
}

/// A person as a file gives it.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Given {
    name: String,
    id_kind: String,
    id_number: String,
    birth_date: String,
    phone: String,
    email: String,
}

/// A file, or standard input.
fn read_from(file: Option<&Path>) -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::with_capacity(MAX_FILE));
    let read = match file {
        Some(file) => {
            std::fs::File::open(file).and_then(|file| file.take(MAX_FILE as u64).read_to_string(&mut text))
        }
        None => std::io::stdin().take(MAX_FILE as u64).read_to_string(&mut text),
    };
    read.map_err(|error| {
        let from = file.map_or_else(|| "-".to_owned(), |file| file.display().to_string());
        Failure::refused("FIELD_INVALID", format!("{from} 讀不出來。{from} cannot be read: {error}"))
    })?;
    Ok(text)
}

/// What a file of TOML says. The error of the parser shows the line at fault, and so what stands in it: only its number is
/// told.
fn parse<T: DeserializeOwned>(text: &str, fields: &str) -> Result<T, Failure> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let at = before.matches('\n').count() + 1;
        Failure::refused(
            "FIELD_INVALID",
            format!("第 {at} 行不是 {fields} 之一，或寫法有誤。Line {at} is none of {fields}, or not TOML."),
        )
    })
}

async fn put(common: &Common, desk: &mut Desk, asked: &Put) -> Result<(), Failure> {
    let text = read_from(asked.from.as_deref())?;
    let given: Given = parse(&text, "name, id_kind, id_number, birth_date, phone, email")?;
    let Given { name, id_kind, id_number, birth_date, phone, email } = given;
    let id_last_four = String::new();
    let data = proto::Person { name, id_kind, id_number, id_last_four, birth_date, phone, email };
    let request = proto::PutPersonRequest {
        name: desk.name(&asked.account),
        request_id: request_id(asked.acting.request_id.as_ref()),
        organization: organization(desk, &asked.acting.by.organization),
        person: asked.acting.by.person.clone(),
        data: Some(data),
    };
    let answer = desk.directory.put_person(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    println!("{} 已存入名冊：{}（帳本位置 {}）。", asked.account, answer.fields.join("、"), answer.position);
    Ok(())
}

/// A card as a file gives it.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct GivenCard {
    uscc: String,
    phone: String,
    email: String,
}

async fn card(common: &Common, desk: &mut Desk, asked: &CardCommand) -> Result<(), Failure> {
    let put = match asked {
        CardCommand::Show { account } => return show_card(common, desk, account).await,
        CardCommand::Put(put) => put,
    };
    let text = read_from(put.from.as_deref())?;
    let GivenCard { uscc, phone, email } = parse(&text, "uscc, phone, email")?;
    let request = proto::PutOrganizationCardRequest {
        name: desk.name(&put.account),
        request_id: request_id(put.acting.request_id.as_ref()),
        organization: organization(desk, &put.acting.by.organization),
        person: put.acting.by.person.clone(),
        card: Some(proto::OrganizationCard { uscc, phone, email }),
    };
    let answer = desk.directory.put_organization_card(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    println!("{} 的資料已存入名冊（帳本位置 {}）。", put.account, answer.position);
    Ok(())
}

async fn show_card(common: &Common, desk: &mut Desk, account: &str) -> Result<(), Failure> {
    let request = proto::GetOrganizationCardRequest { name: desk.name(account) };
    let answer = desk.directory.get_organization_card(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    let card = answer.card.unwrap_or_default();
    println!("{account}");
    for (label, value) in [("統一社會信用代碼", &card.uscc), ("電話", &card.phone), ("電子郵件", &card.email)]
    {
        if !value.is_empty() {
            println!("{label} {value}");
        }
    }
    Ok(())
}

/// Who looks, and what for.
struct Looking {
    organization: String,
    person: String,
    purpose: String,
    approved_by: String,
}

fn looking(desk: &Desk, reading: &Reading) -> Looking {
    let Reading { acting: Acting { organization: of, person }, purpose, approved_by } = reading;
    Looking {
        organization: organization(desk, of),
        person: person.clone(),
        purpose: purpose.clone(),
        approved_by: approved_by.clone().unwrap_or_default(),
    }
}

async fn show(common: &Common, desk: &mut Desk, asked: &ShowPerson) -> Result<(), Failure> {
    let Looking { organization, person, purpose, approved_by } = looking(desk, &asked.reading);
    let fields = asked.fields.clone();
    let request = proto::GetPersonRequest {
        name: desk.name(&asked.account),
        organization,
        person,
        purpose,
        fields,
        approved_by,
    };
    let answer = desk.directory.get_person(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    let data = answer.data.unwrap_or_default();
    println!("{}  查閱已記在第 {} 號", asked.account, answer.position);
    for (label, value) in [
        ("姓名", &data.name),
        ("證件種類", &data.id_kind),
        ("證件號碼", &data.id_number),
        ("證件末四碼", &data.id_last_four),
        ("出生日期", &data.birth_date),
        ("電話", &data.phone),
        ("電子郵件", &data.email),
    ] {
        if !value.is_empty() {
            println!("{label} {value}");
        }
    }
    Ok(())
}

async fn find(common: &Common, desk: &mut Desk, asked: &Find) -> Result<(), Failure> {
    let number = read_from(None)?;
    let Looking { organization, person, purpose, approved_by } = looking(desk, &asked.reading);
    let request = proto::FindPersonRequest {
        parent: desk.parent.clone(),
        organization,
        person,
        purpose,
        id_kind: asked.kind.clone(),
        id_number: number.trim_end_matches(['\r', '\n']).to_owned(),
        display_name: String::new(),
        approved_by,
    };
    let answer = desk.directory.find_person(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    println!("{}  查找已記在第 {} 號", path(&answer.resident), answer.position);
    Ok(())
}

async fn reads(common: &Common, desk: &mut Desk, asked: &Reads) -> Result<(), Failure> {
    let mut left = asked.limit;
    let mut page_token = String::new();
    let mut rows = table(&["號", "時間", "機構", "查閱人", "用途", "項目", "核准人"]);
    while left > 0 {
        let request = proto::ListPersonReadsRequest {
            parent: desk.name(&asked.account),
            page_size: left.min(crate::show::PAGE),
            page_token,
            min_position: 0,
        };
        let page = desk.directory.list_person_reads(request).await?.into_inner();
        for read in &page.reads {
            if common.json {
                println!("{}", serde_json::to_string(read).map_err(Failure::unavailable)?);
                continue;
            }
            let at = read.recorded_at.as_ref().map(|at| at.seconds).unwrap_or_default();
            let at =
                chrono::DateTime::from_timestamp(at, 0).map(|at| at.format("%Y-%m-%d %H:%M").to_string());
            rows.add_row([
                &read.position.to_string(),
                &at.unwrap_or_default(),
                id(&read.organization),
                &read.reader,
                &read.purpose,
                &read.fields.join("、"),
                &read.approved_by,
            ]);
        }
        left = left.saturating_sub(u32::try_from(page.reads.len()).unwrap_or(u32::MAX));
        if page.next_page_token.is_empty() {
            break;
        }
        page_token = page.next_page_token;
    }
    if !common.json {
        println!("{}  查閱記錄（UTC）", asked.account);
        println!("{rows}");
    }
    Ok(())
}

fn show_proposal(erasure: &proto::PersonErasure) {
    let accounts: Vec<&str> = erasure.accounts.iter().map(|name| path(name)).collect();
    println!("提議刪除 {} 的個人資料，須在 {} 前由另一人核准。", accounts.join("、"), erasure.expires_on);
    println!("內容摘要 {}", erasure.sha256);
    println!("還沒有刪除任何資料。Nothing is erased yet: another person approves it.");
}

async fn approve(common: &Common, desk: &mut Desk, asked: &ApproveErasure) -> Result<(), Failure> {
    let request = proto::ApproveErasureRequest {
        name: desk.name(&asked.account),
        request_id: request_id(asked.acting.request_id.as_ref()),
        organization: organization(desk, &asked.acting.by.organization),
        person: asked.acting.by.person.clone(),
        sha256: asked.sha256.clone(),
    };
    let answer = desk.directory.approve_erasure(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    println!("{} 的個人資料已刪除（第 {} 號）；記錄和合計照舊。", asked.account, answer.position);
    println!("Backups from before still hold it, sealed: let them expire (docs/directory.md).");
    Ok(())
}
