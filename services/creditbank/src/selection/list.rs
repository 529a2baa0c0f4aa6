//! The steps about a list: freezing it, what differs since, naming.

use super::{Ran, acting, selection};
use crate::args::Common;
use crate::args::selection::SelectionCommand as C;
use crate::connect::Desk;
use crate::evaluation::{outcome, remarks};
use crate::failure::Failure;
use crate::show::{path, print_json, right, table};
use creditbank_grpc::proto;
use std::process::ExitCode;

/// What is exited with where a list made anew is another.
const FINDINGS: u8 = 3;

/// A step about the list of a selection.
pub(super) async fn step(desk: &mut Desk, command: &C) -> Result<proto::SelectionResponse, Failure> {
    let answer = match command {
        C::Freeze(asked) => {
            let (organization, person, request_id) = acting(desk, &asked.by);
            let name = selection(desk, &asked.selection);
            let request = proto::FreezeSelectionRequest { name, request_id, organization, person };
            desk.selections.freeze_selection(request).await?
        }
        C::ApproveFreeze(asked) => {
            let (organization, person, request_id) = acting(desk, &asked.by);
            let (name, sha256) = (selection(desk, &asked.selection), asked.sha256.clone());
            let request = proto::ApproveFreezeRequest { name, request_id, organization, person, sha256 };
            desk.selections.approve_freeze(request).await?
        }
        C::NoteDifferences(asked) => {
            let (organization, person, request_id) = acting(desk, &asked.by);
            let (name, sha256) = (selection(desk, &asked.selection), asked.sha256.clone());
            let request = proto::NoteDifferencesRequest { name, request_id, organization, person, sha256 };
            desk.selections.note_differences(request).await?
        }
        C::Name(asked) => {
            let (organization, person, request_id) = acting(desk, &asked.by);
            let (name, awarded_on) = (selection(desk, &asked.selection), asked.awarded_on.clone());
            let request = proto::NameFamiliesRequest { name, request_id, organization, person, awarded_on };
            desk.selections.name_families(request).await?
        }
        C::ApproveNaming(asked) => {
            let (organization, person, request_id) = acting(desk, &asked.by);
            let (name, sha256) = (selection(desk, &asked.selection), asked.sha256.clone());
            let request = proto::ApproveNamingRequest { name, request_id, organization, person, sha256 };
            desk.selections.approve_naming(request).await?
        }
        _ => return Err(Failure::refused("FIELD_INVALID", "no step about a list".to_owned())),
    };
    Ok(answer.into_inner())
}

/// Makes a frozen list anew and compares.
pub(super) async fn verify(common: &Common, desk: &mut Desk, id: &str) -> Ran {
    let request = proto::VerifySelectionRequest { name: selection(desk, id) };
    let answer = desk.evaluations.verify_selection(request).await?.into_inner();
    let code = if answer.same { ExitCode::SUCCESS } else { ExitCode::from(FINDINGS) };
    if common.json {
        print_json(&answer)?;
        return Ok(code);
    }
    let basis = answer.basis.unwrap_or_default();
    let told = if answer.same {
        "相同 the same, byte for byte"
    } else {
        "不同 DIFFERS: run `creditbank verify`"
    };
    println!("已定名單 frozen   {}", answer.frozen_sha256);
    println!("重算名單 anew     {}", basis.sha256);
    println!("{told}；{} 戶，帳本位置 {}", basis.candidates, basis.position);
    Ok(code)
}

/// Whoever stands otherwise by now.
pub(super) async fn differences(common: &Common, desk: &mut Desk, id: &str) -> Ran {
    let request = proto::ListSelectionDifferencesRequest { name: selection(desk, id), ..Default::default() };
    let mut parts = desk.evaluations.list_selection_differences(request).await?.into_inner();
    let heading = parts.message().await?.and_then(|part| part.heading).unwrap_or_default();
    let mut differences = Vec::new();
    while let Some(part) = parts.message().await? {
        differences.extend(part.differences);
    }
    if common.json {
        print_json(&serde_json::json!({ "heading": heading, "differences": differences }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut rows = table(&["帳戶", "定名單時", "得分", "現在", "得分", "還差"]);
    right(&mut rows, &[2, 4]);
    for difference in differences {
        let (was, is) = (difference.was.unwrap_or_default(), difference.is.unwrap_or_default());
        rows.add_row([
            path(&was.account).to_owned(),
            outcome(&was.outcome, "hant").to_owned(),
            was.points.to_string(),
            outcome(&is.outcome, "hant").to_owned(),
            is.points.to_string(),
            remarks(&is, "hant"),
        ]);
    }
    if heading.differences > 0 {
        println!("{rows}");
    }
    println!("{} 項變動，帳本位置 {}；摘要 {}", heading.differences, heading.position, heading.sha256);
    Ok(ExitCode::SUCCESS)
}
