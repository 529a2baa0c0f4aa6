//! Titles: who holds which, the yearly check, the withdrawal.

use super::{Ran, acting};
use crate::args::Common;
use crate::args::selection::{Recheck, Withdraw};
use crate::connect::Desk;
use crate::show::{id, print_json, table};
use creditbank_grpc::proto;
use std::process::ExitCode;

/// The titles of an account.
pub(super) async fn titles(common: &Common, desk: &mut Desk, account: &str) -> Ran {
    let request = proto::ListTitlesRequest { parent: desk.name(account), min_position: 0 };
    let answer = desk.selections.list_titles(request).await?.into_inner();
    told_titles(common, &answer)
}

pub(super) async fn recheck(common: &Common, desk: &mut Desk, asked: &Recheck) -> Ran {
    let (organization, person, request_id) = acting(desk, &asked.by);
    let request = proto::RecheckTitleRequest {
        name: desk.name(&asked.account),
        request_id,
        organization,
        person,
        title: asked.title.clone(),
        year: asked.year,
        kept: !asked.lapsed,
    };
    let answer = desk.selections.recheck_title(request).await?.into_inner();
    told_titles(common, &answer)
}

pub(super) async fn withdraw(common: &Common, desk: &mut Desk, asked: &Withdraw) -> Ran {
    let (organization, person, request_id) = acting(desk, &asked.by);
    let (name, title) = (desk.name(&asked.account), asked.title.clone());
    let answer = match &asked.ground {
        Some(ground) => {
            let request = proto::ProposeTitleWithdrawalRequest {
                name,
                request_id,
                organization,
                person,
                title,
                ground: ground.clone(),
                evidence_sha256: asked.evidence.clone().unwrap_or_default(),
            };
            desk.selections.propose_title_withdrawal(request).await?
        }
        None => {
            let sha256 = asked.sha256.clone().unwrap_or_default();
            let request = proto::ApproveTitleWithdrawalRequest {
                name,
                request_id,
                organization,
                person,
                title,
                sha256,
            };
            desk.selections.approve_title_withdrawal(request).await?
        }
    };
    told_titles(common, &answer.into_inner())
}

fn told_titles(common: &Common, answer: &proto::TitlesResponse) -> Ran {
    if common.json {
        print_json(answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut rows = table(&["稱號", "評選", "自", "至", "撤銷"]);
    for held in &answer.titles {
        let withdrawn = match (held.withdrawal_proposed, held.barred_until.as_str()) {
            (true, _) => format!("待另一人核准 {}", held.withdrawal_sha256),
            (false, "") => String::new(),
            (false, until) => format!("{until} 前不再命名"),
        };
        let (title, selection) = (held.title.clone(), id(&held.selection).to_owned());
        rows.add_row([title, selection, held.from.clone(), held.until.clone(), withdrawn]);
    }
    println!("{rows}");
    Ok(ExitCode::SUCCESS)
}
