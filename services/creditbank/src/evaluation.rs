//! `creditbank evaluate` and `creditbank rank`: how households stand by a standard, and what is still missing.

use crate::args::{Common, Evaluate, Rank, Yardstick};
use crate::connect::Desk;
use crate::failure::Failure;
use crate::paper;
use crate::show::{as_of, id, path, print_json, right, table};
use creditbank_console::{STANDARD, Subject, Yard};
use creditbank_evidence::{Cell, EvidenceError, PackFile, Row};
use creditbank_grpc::proto;
use std::path::Path;
use std::process::ExitCode;

/// In the language that was asked for.
fn said<'t>(text: Option<&'t proto::LocalizedText>, language: &str) -> &'t str {
    text.map_or("", |text| match language {
        "en" => text.en.as_str(),
        "hans" => text.hans.as_str(),
        _ => text.hant.as_str(),
    })
}

/// What an outcome is called.
pub(crate) fn outcome(code: &str, language: &str) -> &'static str {
    let [hant, hans, en] = match code {
        "chosen" => ["入選", "入选", "chosen"],
        "chosen_for_community" => ["入選（社區名額）", "入选（社区名额）", "chosen for its community"],
        "tied" => ["同分待議", "同分待议", "tied"],
        "beyond_quota" => ["合格，名額已滿", "合格，名额已满", "qualified, no place left"],
        "below_pass" => ["未達標", "未达标", "below the mark"],
        "barred" => ["不得命名", "不得命名", "barred"],
        _ => ["", "", ""],
    };
    match language {
        "en" => en,
        "hans" => hans,
        _ => hant,
    }
}

fn yardstick(asked: &Yardstick) -> Result<proto::Yardstick, Failure> {
    let document = asked.document.as_deref().map(crate::policy::read).transpose()?;
    Ok(proto::Yardstick {
        standard: asked.standard.clone().unwrap_or_default(),
        document: document.unwrap_or_default(),
        window_from: asked.from.clone().unwrap_or_default(),
        window_to: asked.to.clone().unwrap_or_default(),
        counted_on: asked.counted_on.clone().unwrap_or_default(),
        ..Default::default()
    })
}

/// What is missing and what bars, as a clerk reads it out.
pub(crate) fn remarks(candidate: &proto::RankedCandidate, language: &str) -> String {
    let bars = candidate.bars.iter().map(|bar| said(bar.sentence.as_ref(), language));
    let missing = candidate.items.iter().flat_map(|item| &item.missing);
    let all: Vec<&str> = bars.chain(missing.map(|missing| said(Some(missing), language))).collect();
    all.join("；")
}

pub(crate) async fn evaluate(common: &Common, asked: &Evaluate) -> Result<ExitCode, Failure> {
    if let Some(file) = &asked.paper.pdf {
        let by = &asked.yardstick;
        paper::only(&[("--document", by.document.is_some()), ("--counted-on", by.counted_on.is_some())])?;
        let yard = Yard {
            standard: by.standard.clone().unwrap_or_else(|| STANDARD.to_owned()),
            from: by.from.clone().unwrap_or_default(),
            to: by.to.clone().unwrap_or_default(),
            ..Yard::default()
        };
        let subject = Subject::Score { account: asked.account.clone(), by: yard };
        return paper::print(common, &subject, by.as_of.as_deref(), &asked.paper, file).await;
    }
    let mut desk = Desk::open(common).await?;
    let (as_of_position, as_of_time) = as_of(asked.yardstick.as_of.as_deref())?;
    let request = proto::EvaluateHouseholdRequest {
        name: desk.name(&asked.account),
        yardstick: Some(yardstick(&asked.yardstick)?),
        min_position: 0,
        as_of_position,
        as_of_time,
    };
    let answer = desk.evaluations.evaluate_household(request).await?.into_inner();
    if common.json {
        print_json(&answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    let candidate = answer.candidate.unwrap_or_default();
    let mut sheet = table(&["項目", "得分", "滿分", "待評", "記錄", "還差"]);
    right(&mut sheet, &[1, 2, 3, 4]);
    for item in &candidate.items {
        let entries: std::collections::BTreeSet<&String> =
            item.needs.iter().flat_map(|need| &need.entries).collect();
        let missing: Vec<&str> =
            item.missing.iter().map(|missing| said(Some(missing), &asked.language)).collect();
        sheet.add_row([
            said(item.name.as_ref(), &asked.language).to_owned(),
            item.points.to_string(),
            item.most_points.to_string(),
            item.open_points.to_string(),
            entries.len().to_string(),
            missing.join("；"),
        ]);
    }
    println!("{sheet}");
    for bar in &candidate.bars {
        println!("不得命名：{}", said(bar.sentence.as_ref(), &asked.language));
    }
    println!(
        "{}：{} 分，{} 分合格，待評後最高 {} 分；{} 位成員（{}），帳本位置 {}。",
        path(&candidate.account),
        candidate.points,
        candidate.pass_points,
        candidate.most_points,
        candidate.members,
        answer.counted_on,
        answer.position
    );
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn rank(common: &Common, asked: &Rank) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    let (as_of_position, as_of_time) = as_of(asked.yardstick.as_of.as_deref())?;
    let selection = asked.selection.as_ref().map(|id| desk.name(&format!("selections/{id}")));
    let yardstick = proto::Yardstick {
        places: asked.places.unwrap_or(0),
        selection: selection.unwrap_or_default(),
        ..yardstick(&asked.yardstick)?
    };
    let request = proto::RankHouseholdsRequest {
        parent: desk.parent.clone(),
        yardstick: Some(yardstick),
        min_position: 0,
        as_of_position,
        as_of_time,
        limit: if asked.out.is_some() { 0 } else { asked.limit },
        include_entries: false,
    };
    let mut parts = desk.evaluations.rank_households(request).await?.into_inner();
    let first = parts.message().await?.and_then(|part| part.basis).unwrap_or_default();
    let mut list = match &asked.out {
        Some(file) => Some(ListFile::create(file, &asked.language).map_err(|error| failed(file, &error))?),
        None => None,
    };
    let mut shown = table(&["名次", "結果", "帳戶", "社區", "得分", "還差"]);
    right(&mut shown, &[0, 4]);
    let mut candidates = Vec::new();
    while let Some(part) = parts.message().await? {
        for candidate in part.candidates {
            if let (Some(list), Some(file)) = (&mut list, &asked.out) {
                list.write(&candidate).map_err(|error| failed(file, &error))?;
            } else if common.json {
                candidates.push(candidate);
            } else {
                shown.add_row([
                    if candidate.rank == 0 { String::new() } else { candidate.rank.to_string() },
                    outcome(&candidate.outcome, &asked.language).to_owned(),
                    path(&candidate.account).to_owned(),
                    id(&candidate.community).to_owned(),
                    candidate.points.to_string(),
                    remarks(&candidate, &asked.language),
                ]);
            }
        }
    }
    if let (Some(list), Some(file)) = (list, &asked.out) {
        list.0.finish().map_err(|error| failed(file, &error))?;
    }
    if common.json {
        print_json(&serde_json::json!({ "basis": first, "candidates": candidates }))?;
        return Ok(ExitCode::SUCCESS);
    }
    match &asked.out {
        Some(file) => println!("名單已寫入 {}。", file.display()),
        None => println!("{shown}"),
    }
    println!(
        "{} 戶，合格 {}，入選 {}（名額 {}）；標準 {} 第 {} 版，{} 至 {}，帳本位置 {}\nSHA-256 {}",
        first.candidates,
        first.qualified,
        first.chosen,
        if first.places == 0 { "不限".to_owned() } else { first.places.to_string() },
        first.standard,
        first.standard_version,
        first.window_from,
        first.window_to,
        first.position,
        first.sha256
    );
    if !first.tie_sha256.is_empty() {
        println!("名額邊緣同分，待評審投票 a tie waits for the panel's vote: {}", first.tie_sha256);
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn failed(what: &Path, error: &EvidenceError) -> Failure {
    Failure::refused("FIELD_INVALID", format!("{}：{error}", what.display()))
}

/// A ranked list as a file: a row for each candidate, a column for each item.
struct ListFile(PackFile, String, bool);

impl ListFile {
    fn create(file: &Path, language: &str) -> Result<ListFile, EvidenceError> {
        Ok(ListFile(PackFile::create(file)?, language.to_owned(), false))
    }

    fn write(&mut self, candidate: &proto::RankedCandidate) -> Result<(), EvidenceError> {
        let ListFile(file, language, headed) = self;
        if !std::mem::replace(headed, true) {
            let names = ["名次", "結果", "帳戶", "社區", "成員", "得分"].map(Cell::Text);
            let items = candidate.items.iter().map(|item| Cell::Text(said(item.name.as_ref(), language)));
            let header: Vec<Cell<'_>> = names.into_iter().chain(items).chain([Cell::Text("還差")]).collect();
            file.write(Row::Heading, &header)?;
        }
        let remarks = remarks(candidate, language);
        let rank = if candidate.rank == 0 { Cell::Empty } else { Cell::Number(candidate.rank.into()) };
        let first = [
            rank,
            Cell::Text(outcome(&candidate.outcome, language)),
            Cell::Text(path(&candidate.account)),
            Cell::Text(id(&candidate.community)),
            Cell::Number(candidate.members),
            Cell::Number(candidate.points.into()),
        ];
        let items = candidate.items.iter().map(|item| Cell::Number(item.points.into()));
        let row: Vec<Cell<'_>> = first.into_iter().chain(items).chain([Cell::Text(&remarks)]).collect();
        file.write(Row::Plain, &row)
    }
}
