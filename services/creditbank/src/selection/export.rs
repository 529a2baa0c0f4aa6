//! What a selection is printed from: the notice, the score sheets, the data of certificates.

use super::{Ran, selection};
use crate::args::Common;
use crate::args::selection::{Export, Exported};
use crate::connect::Desk;
use crate::evaluation::{failed, outcome, remarks};
use crate::failure::Failure;
use crate::show::{id, path, print_json};
use creditbank_evidence::{Cell, EvidenceError, PackFile, Row};
use creditbank_grpc::proto;
use std::process::ExitCode;

pub(super) async fn run(common: &Common, desk: &mut Desk, asked: &Export) -> Ran {
    let name = selection(desk, &asked.selection);
    let request = proto::GetSelectionRequest { name, min_position: 0 };
    let held = desk.selections.get_selection(request).await?.into_inner().selection.unwrap_or_default();
    let rows = match asked.what {
        Exported::Certificates => certificates(desk, asked).await?,
        Exported::Notice | Exported::Sheets | Exported::Awards => list(desk, &held, asked).await?,
    };
    if common.json {
        print_json(&serde_json::json!({ "rows": rows, "file": asked.out }))?;
    } else {
        println!("已寫入 {}：{rows} 筆。", asked.out.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// The list as it was frozen; before that, as it stands.
async fn list(desk: &mut Desk, held: &proto::Selection, asked: &Export) -> Result<usize, Failure> {
    let frozen = held.list.as_ref().filter(|list| list.frozen_at > 0);
    let notice = asked.what == Exported::Notice;
    if notice && frozen.is_none() {
        return Err(Failure::refused(
            "STAGE_ORDER",
            "名單還沒有定，請先定名單再公示。The list is not frozen yet: freeze it first.".to_owned(),
        ));
    }
    let request = proto::RankHouseholdsRequest {
        parent: desk.parent.clone(),
        yardstick: Some(proto::Yardstick { selection: held.name.clone(), ..Default::default() }),
        as_of_position: frozen.map_or(0, |list| list.list_position),
        include_entries: !notice,
        ..Default::default()
    };
    let mut parts = desk.evaluations.rank_households(request).await?.into_inner();
    let basis = parts.message().await?.and_then(|part| part.basis).unwrap_or_default();
    let wrong = |error: EvidenceError| failed(&asked.out, &error);
    let mut file = if notice {
        PackFile::titled(&asked.out, "公示名單").map_err(wrong)?
    } else {
        PackFile::titled(&asked.out, "評分表").map_err(wrong)?
    };
    heading(&mut file, held, &basis, notice).map_err(wrong)?;
    let mut rows = 0;
    while let Some(part) = parts.message().await? {
        for candidate in &part.candidates {
            rows += if notice { announce(&mut file, candidate) } else { sheet(&mut file, candidate) }
                .map_err(wrong)?;
        }
    }
    file.finish().map_err(wrong)?;
    Ok(rows)
}

/// What the list is based on, and for the public when and where to object.
fn heading(
    file: &mut PackFile,
    held: &proto::Selection,
    basis: &proto::ListBasis,
    notice: bool,
) -> Result<(), EvidenceError> {
    let year = format!("{} 年", held.year);
    let standard = format!("標準 {} 第 {} 版", basis.standard, basis.standard_version);
    let position = format!("帳本位置 {}", basis.position);
    let digest = format!("SHA-256 {}", basis.sha256);
    file.write(Row::Heading, &[&year, &standard, &position, &digest].map(|text| Cell::Text(text)))?;
    if notice {
        let days = if held.notice_from.is_empty() {
            "公示日期另行通知".to_owned()
        } else {
            format!("公示 {} 至 {}；有異議請在期內向區社區學院提出", held.notice_from, held.notice_to)
        };
        file.write(Row::Heading, &[Cell::Text(&days)])?;
        return file.write(Row::Heading, &["名次", "家庭", "社區", "得分"].map(Cell::Text));
    }
    let columns = ["名次", "結果", "家庭", "社區", "項目", "得分", "滿分", "量度", "評委分", "還差", "記錄"];
    file.write(Row::Heading, &columns.map(Cell::Text))
}

/// A line of the notice, of who is chosen; members are not told.
fn announce(file: &mut PackFile, candidate: &proto::RankedCandidate) -> Result<usize, EvidenceError> {
    if !candidate.outcome.starts_with("chosen") {
        return Ok(0);
    }
    file.write(
        Row::Plain,
        &[
            Cell::Number(candidate.rank.into()),
            Cell::Text(path(&candidate.account)),
            Cell::Text(id(&candidate.community)),
            Cell::Number(candidate.points.into()),
        ],
    )?;
    Ok(1)
}

/// The score sheet of a candidate: a line for each item, then the sum.
fn sheet(file: &mut PackFile, candidate: &proto::RankedCandidate) -> Result<usize, EvidenceError> {
    let rank = if candidate.rank == 0 { Cell::Empty } else { Cell::Number(candidate.rank.into()) };
    let result = outcome(&candidate.outcome, "hant");
    let (account, community) = (path(&candidate.account), id(&candidate.community));
    for item in &candidate.items {
        let mut measured: Vec<String> =
            item.needs.iter().map(|need| format!("{} {}", need.measure, need.has)).collect();
        measured.dedup();
        let missing: Vec<&str> = item.missing.iter().map(|text| text.hant.as_str()).collect();
        let mut entries: Vec<&str> =
            item.needs.iter().flat_map(|need| &need.entries).map(|name| id(name)).collect();
        entries.sort_unstable_by_key(|number| number.parse::<u64>().unwrap_or(u64::MAX));
        entries.dedup();
        file.write(
            Row::Plain,
            &[
                rank,
                Cell::Text(result),
                Cell::Text(account),
                Cell::Text(community),
                Cell::Text(item.name.as_ref().map_or("", |name| name.hant.as_str())),
                Cell::Number(item.points.into()),
                Cell::Number(item.most_points.into()),
                Cell::Text(&measured.join("；")),
                item.judged_points.map_or(Cell::Empty, |points| Cell::Number(points.into())),
                Cell::Text(&missing.join("；")),
                Cell::Text(&entries.join(" ")),
            ],
        )?;
    }
    let remarks = remarks(candidate, "hant");
    let (points, most) =
        (candidate.points.into(), candidate.items.iter().map(|item| item.most_points).sum::<u32>());
    let sum = [
        rank,
        Cell::Text(result),
        Cell::Text(account),
        Cell::Text(community),
        Cell::Text("合計"),
        Cell::Number(points),
        Cell::Number(most.into()),
        Cell::Empty,
        Cell::Empty,
        Cell::Text(&remarks),
    ];
    file.write(Row::Total, &sum)?;
    Ok(candidate.items.len() + 1)
}

/// Who is named, one line each.
async fn certificates(desk: &mut Desk, asked: &Export) -> Result<usize, Failure> {
    let request = proto::GetNamingRequest { name: selection(desk, &asked.selection) };
    let answer = desk.selections.get_naming(request).await?.into_inner();
    let naming = answer.naming.unwrap_or_default();
    if naming.named_at == 0 {
        return Err(Failure::refused(
            "STAGE_ORDER",
            "命名還沒有核准，請先核准。The naming is not approved yet: approve it first.".to_owned(),
        ));
    }
    let wrong = |error: EvidenceError| failed(&asked.out, &error);
    let title = answer.title_name.unwrap_or_default();
    let mut file = PackFile::titled(&asked.out, "證書資料").map_err(wrong)?;
    let columns = ["編號", "家庭", "稱號", "称号", "title", "自", "至", "命名位置"];
    file.write(Row::Heading, &columns.map(Cell::Text)).map_err(wrong)?;
    for (n, account) in (1_u64..).zip(&answer.named) {
        let number = format!("{}-{n:05}", asked.selection);
        file.write(
            Row::Plain,
            &[
                Cell::Text(&number),
                Cell::Text(path(account)),
                Cell::Text(&title.hant),
                Cell::Text(&title.hans),
                Cell::Text(&title.en),
                Cell::Text(&naming.from),
                Cell::Text(&naming.until),
                Cell::Number(naming.named_at),
            ],
        )
        .map_err(wrong)?;
    }
    file.finish().map_err(wrong)?;
    Ok(answer.named.len())
}
