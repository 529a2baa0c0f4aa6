//! `creditbank selection`: the steps of the yearly selection.

mod export;
mod list;
mod title;

use crate::args::selection::{
    Acting, Answer, Appeal, Export, Exported, Ground, List, Of, Open, PublishStandard, Selection,
    SelectionCommand, Show,
};
use crate::args::{Common, Pdf};
use crate::connect::{Desk, request_id};
use crate::failure::Failure;
use crate::show::{PAGE, id, path, print_json, table};
use SelectionCommand as C;
use creditbank_console::Subject;
use creditbank_grpc::proto;
use std::process::ExitCode;

type Ran = Result<ExitCode, Failure>;

/// The organisation, the person and the request's name of a step.
fn acting(desk: &Desk, by: &Acting) -> (String, String, String) {
    let organization = desk.name(&format!("organizations/{}", by.organization));
    (organization, by.person.clone(), request_id(by.request_id.as_ref()))
}

fn selection(desk: &Desk, id: &str) -> String {
    desk.name(&format!("selections/{id}"))
}

fn application(desk: &Desk, of: &Of) -> String {
    desk.name(&format!("selections/{}/applications/{}", of.selection, of.account))
}

fn objection(desk: &Desk, selection: &str, number: u64) -> String {
    desk.name(&format!("selections/{selection}/objections/{number}"))
}

pub(crate) async fn run(common: &Common, asked: &Selection) -> Ran {
    let mut desk = Desk::open(common).await?;
    match &asked.command {
        C::PublishStandard(asked) => publish_standard(common, &mut desk, asked).await,
        C::Open(asked) => open(common, &mut desk, asked).await,
        C::Recheck(asked) => title::recheck(common, &mut desk, asked).await,
        C::Titles(asked) => title::titles(common, &mut desk, &asked.account).await,
        C::Withdraw(asked) => title::withdraw(common, &mut desk, asked).await,
        C::Show(asked) => show(common, &mut desk, asked).await,
        C::List(asked) => list(common, &mut desk, asked).await,
        C::Appoint(_) | C::Vote(_) | C::Notice(_) | C::Close(_) => {
            told_selection(common, &selection_step(&mut desk, &asked.command).await?)
        }
        C::Freeze(_) | C::ApproveFreeze(_) | C::NoteDifferences(_) | C::Name(_) | C::ApproveNaming(_) => {
            told_selection(common, &list::step(&mut desk, &asked.command).await?)
        }
        C::Export(asked) if asked.what == Exported::Awards => awards(common, asked).await,
        C::Export(asked) => export::run(common, &mut desk, asked).await,
        C::Verify(asked) => list::verify(common, &mut desk, &asked.selection).await,
        C::Differences(asked) => list::differences(common, &mut desk, &asked.selection).await,
        C::Answer(asked) => told_application(common, &answer(&mut desk, asked).await?),
        C::Appeal(asked) => told_application(common, &appeal(&mut desk, asked).await?),
        C::Veto(found) | C::Hold(found) | C::Lift(found) | C::Object(found) => {
            told_application(common, &ground(&mut desk, &asked.command, found).await?)
        }
        C::Apply(_) | C::WithdrawApplication(_) | C::VerifyApplication(_) | C::Review(_) | C::Judge(_) => {
            told_application(common, &application_step(&mut desk, &asked.command).await?)
        }
    }
}

/// The list of families, printed.
async fn awards(common: &Common, asked: &Export) -> Ran {
    let paper = Pdf {
        pdf: Some(asked.out.clone()),
        pdf_language: asked.pdf_language.clone(),
        console_url: asked.console_url.clone(),
    };
    let subject = Subject::Awards { selection: asked.selection.clone() };
    crate::paper::print(common, &subject, None, &paper, &asked.out).await
}

async fn publish_standard(common: &Common, desk: &mut Desk, asked: &PublishStandard) -> Ran {
    let (organization, person, request_id) = acting(desk, &asked.by);
    let answer = if let Some(file) = &asked.file {
        let document = std::fs::read_to_string(file)
            .map_err(|error| Failure::refused("FIELD_INVALID", format!("{}: {error}", file.display())))?;
        let parent = desk.parent.clone();
        let request = proto::ProposeStandardRequest { parent, request_id, organization, person, document };
        desk.selections.propose_standard(request).await?.into_inner()
    } else {
        let request = proto::PublishStandardRequest {
            name: desk.name(&format!("standards/{}", asked.standard.clone().unwrap_or_default())),
            request_id,
            organization,
            person,
            version: asked.standard_version.unwrap_or_default(),
            sha256: asked.sha256.clone().unwrap_or_default(),
        };
        desk.selections.publish_standard(request).await?.into_inner()
    };
    if common.json {
        print_json(&answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    let standard = answer.standard.unwrap_or_default();
    let (hant, en) = if standard.published {
        ("已公布", "is published")
    } else {
        ("待另一人核准", "waits for a second person")
    };
    println!("標準 {} 第 {} 版{hant}；摘要 {}。", id(&standard.name), standard.version, standard.sha256);
    println!("Standard {}, version {}, {en}.", id(&standard.name), standard.version);
    Ok(ExitCode::SUCCESS)
}

async fn open(common: &Common, desk: &mut Desk, asked: &Open) -> Ran {
    let (organization, person, request_id) = acting(desk, &asked.by);
    let request = proto::OpenSelectionRequest {
        parent: desk.parent.clone(),
        request_id,
        organization,
        person,
        selection_id: asked.selection.clone(),
        year: asked.year,
        standard: desk.name(&format!("standards/{}", asked.standard)),
        from: asked.from.clone(),
        to: asked.to.clone(),
        counted_on: asked.counted_on.clone(),
        apply_until: asked.apply_until.clone(),
    };
    let answer = desk.selections.open_selection(request).await?.into_inner();
    told_selection(common, &answer)
}

/// A step of the selection as a whole.
async fn selection_step(
    desk: &mut Desk,
    command: &SelectionCommand,
) -> Result<proto::SelectionResponse, Failure> {
    let answer = match command {
        C::Appoint(asked) => {
            let (organization, person, request_id) = acting(desk, &asked.by);
            let request = proto::AppointJudgeRequest {
                name: selection(desk, &asked.selection),
                request_id,
                organization,
                person,
                judge: asked.judge.clone(),
                resident: asked.resident.as_ref().map(|account| desk.name(account)).unwrap_or_default(),
            };
            desk.selections.appoint_judge(request).await?
        }
        C::Vote(asked) => {
            let (organization, person, request_id) = acting(desk, &asked.by);
            let request = proto::VoteTieRequest {
                name: selection(desk, &asked.selection),
                request_id,
                organization,
                person,
                order: asked.accounts.iter().map(|account| desk.name(account)).collect(),
                evidence_sha256: asked.minutes.clone(),
                tie_sha256: asked.tie.clone(),
            };
            desk.selections.vote_tie(request).await?
        }
        C::Notice(asked) => {
            let (organization, person, request_id) = acting(desk, &asked.by);
            let name = selection(desk, &asked.selection);
            let (from, to) = (asked.from.clone(), asked.to.clone());
            let request = proto::PublishNoticeRequest { name, request_id, organization, person, from, to };
            desk.selections.publish_notice(request).await?
        }
        C::Close(asked) => {
            let (organization, person, request_id) = acting(desk, &asked.by);
            let name = selection(desk, &asked.selection);
            let request = proto::CloseSelectionRequest { name, request_id, organization, person };
            desk.selections.close_selection(request).await?
        }
        _ => return Err(Failure::refused("FIELD_INVALID", "no step of a selection".to_owned())),
    };
    Ok(answer.into_inner())
}

/// A step of one application.
async fn application_step(
    desk: &mut Desk,
    command: &SelectionCommand,
) -> Result<proto::ApplicationResponse, Failure> {
    let answer = match command {
        C::Apply(of) => {
            let (organization, person, request_id) = acting(desk, &of.by);
            let name = application(desk, of);
            let request = proto::MakeApplicationRequest { name, request_id, organization, person };
            desk.selections.make_application(request).await?
        }
        C::WithdrawApplication(of) => {
            let (organization, person, request_id) = acting(desk, &of.by);
            let name = application(desk, of);
            let request = proto::WithdrawApplicationRequest { name, request_id, organization, person };
            desk.selections.withdraw_application(request).await?
        }
        C::VerifyApplication(asked) => {
            let (organization, person, request_id) = acting(desk, &asked.of.by);
            let request = proto::VerifyApplicationRequest {
                name: application(desk, &asked.of),
                request_id,
                organization,
                person,
                recommended: asked.recommend,
                residence_confirmed: asked.residence,
                evidence_sha256: asked.stamp.clone(),
            };
            desk.selections.verify_application(request).await?
        }
        C::Review(asked) => {
            let (organization, person, request_id) = acting(desk, &asked.of.by);
            let (name, passed) = (application(desk, &asked.of), asked.passed);
            let request = proto::ReviewApplicationRequest { name, request_id, organization, person, passed };
            desk.selections.review_application(request).await?
        }
        C::Judge(asked) => {
            let (organization, judge, request_id) = acting(desk, &asked.of.by);
            let (name, item) = (application(desk, &asked.of), asked.item.clone());
            let points = asked.points;
            let request = proto::JudgeItemRequest { name, request_id, organization, judge, item, points };
            desk.selections.judge_item(request).await?
        }
        _ => return Err(Failure::refused("FIELD_INVALID", "no step of an application".to_owned())),
    };
    Ok(answer.into_inner())
}

/// What is found against a candidate, settled, or said by others.
async fn ground(
    desk: &mut Desk,
    command: &SelectionCommand,
    found: &Ground,
) -> Result<proto::ApplicationResponse, Failure> {
    let (organization, person, request_id) = acting(desk, &found.of.by);
    let name = application(desk, &found.of);
    let (ground, evidence_sha256) = (found.ground.clone(), found.evidence.clone());
    let answer = match command {
        C::Lift(_) => {
            let request =
                proto::LiftGroundRequest { name, request_id, organization, person, ground, evidence_sha256 };
            desk.selections.lift_ground(request).await?
        }
        C::Object(_) => {
            let request = proto::RaiseObjectionRequest {
                name,
                request_id,
                organization,
                person,
                ground,
                evidence_sha256,
            };
            desk.selections.raise_objection(request).await?
        }
        _ => {
            let veto = matches!(command, C::Veto(_));
            let request = proto::RecordGroundRequest {
                name,
                request_id,
                organization,
                person,
                ground,
                veto,
                evidence_sha256,
            };
            desk.selections.record_ground(request).await?
        }
    };
    Ok(answer.into_inner())
}

async fn answer(desk: &mut Desk, asked: &Answer) -> Result<proto::ApplicationResponse, Failure> {
    let (organization, person, request_id) = acting(desk, &asked.by);
    let name = objection(desk, &asked.selection, asked.objection);
    let (upheld, evidence_sha256) = (asked.upheld, asked.evidence.clone());
    let answer = if asked.appeal {
        let request =
            proto::AnswerAppealRequest { name, request_id, organization, person, upheld, evidence_sha256 };
        desk.selections.answer_appeal(request).await?
    } else {
        let request =
            proto::AnswerObjectionRequest { name, request_id, organization, person, upheld, evidence_sha256 };
        desk.selections.answer_objection(request).await?
    };
    Ok(answer.into_inner())
}

async fn appeal(desk: &mut Desk, asked: &Appeal) -> Result<proto::ApplicationResponse, Failure> {
    let (organization, person, request_id) = acting(desk, &asked.by);
    let name = objection(desk, &asked.selection, asked.objection);
    let evidence_sha256 = asked.evidence.clone();
    let request = proto::RaiseAppealRequest { name, request_id, organization, person, evidence_sha256 };
    Ok(desk.selections.raise_appeal(request).await?.into_inner())
}

async fn show(common: &Common, desk: &mut Desk, asked: &Show) -> Ran {
    let name = selection(desk, &asked.selection);
    let Some(account) = &asked.account else {
        let request = proto::GetSelectionRequest { name, min_position: 0 };
        return told_selection(common, &desk.selections.get_selection(request).await?.into_inner());
    };
    let name = format!("{name}/applications/{account}");
    let request = proto::GetApplicationRequest { name, min_position: 0, as_of_position: asked.as_of };
    told_application(common, &desk.selections.get_application(request).await?.into_inner())
}

async fn list(common: &Common, desk: &mut Desk, asked: &List) -> Ran {
    match &asked.selection {
        Some(id) => list_applications(common, desk, id).await,
        None => list_selections(common, desk).await,
    }
}

async fn list_selections(common: &Common, desk: &mut Desk) -> Ran {
    let mut rows = table(&["評選", "年度", "標準", "階段", "申報"]);
    let mut page_token = String::new();
    loop {
        let parent = desk.parent.clone();
        let request = proto::ListSelectionsRequest { parent, page_size: PAGE, page_token };
        let page = desk.selections.list_selections(request).await?.into_inner();
        if common.json {
            print_json(&page)?;
        }
        for held in &page.selections {
            rows.add_row([
                id(&held.name).to_owned(),
                held.year.to_string(),
                format!("{} 第 {} 版", id(&held.standard), held.standard_version),
                held.stage.clone(),
                held.applications.to_string(),
            ]);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    if !common.json {
        println!("{rows}");
    }
    Ok(ExitCode::SUCCESS)
}

async fn list_applications(common: &Common, desk: &mut Desk, of: &str) -> Ran {
    let mut rows = table(&["帳戶", "社區", "申報日", "推薦", "初審", "評分"]);
    let mut page_token = String::new();
    loop {
        let parent = selection(desk, of);
        let request = proto::ListApplicationsRequest { parent, page_size: PAGE, page_token, min_position: 0 };
        let page = desk.selections.list_applications(request).await?.into_inner();
        if common.json {
            print_json(&page)?;
        }
        for held in &page.applications {
            rows.add_row(application_row(held));
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    if !common.json {
        println!("{rows}");
    }
    Ok(ExitCode::SUCCESS)
}

fn application_row(held: &proto::Application) -> [String; 6] {
    let verdict = |at: u64, yes: bool| match (at, yes) {
        (0, _) => "—",
        (_, true) => "是",
        (_, false) => "否",
    };
    let applied = if held.withdrawn_at > 0 { "已撤回".to_owned() } else { held.applied_on.clone() };
    [
        path(&held.candidate).to_owned(),
        id(&held.community).to_owned(),
        applied,
        verdict(held.verified_at, held.recommended).to_owned(),
        verdict(held.reviewed_at, held.passed).to_owned(),
        held.scores.len().to_string(),
    ]
}

fn told_selection(common: &Common, answer: &proto::SelectionResponse) -> Ran {
    if common.json {
        print_json(answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    let Some(held) = &answer.selection else { return Ok(ExitCode::SUCCESS) };
    println!(
        "評選 {}（{} 年）  階段 {}  帳本位置 {}",
        id(&held.name),
        held.year,
        held.stage,
        answer.position
    );
    println!(
        "標準 {} 第 {} 版；看 {} 至 {} 的記錄；申報至 {}，已申報 {}；評委 {} 人",
        id(&held.standard),
        held.standard_version,
        held.from,
        held.to,
        held.apply_until,
        held.applications,
        held.judges.len()
    );
    if let Some(list) = &held.list {
        let state = if list.frozen_at > 0 { "已定" } else { "待另一人核准" };
        println!("名單（位置 {}）{state}：{} 個入選；摘要 {}", list.list_position, list.chosen, list.sha256);
    }
    if !held.notice_from.is_empty() {
        println!("公示 {} 至 {}", held.notice_from, held.notice_to);
    }
    for objection in &held.objections {
        println!("異議 {}：{}  {}", id(&objection.name), path(&objection.candidate), objection.standing);
    }
    if let Some(naming) = &held.naming {
        let state = if naming.named_at > 0 { "已命名" } else { "待另一人核准命名" };
        println!(
            "{state} {} 個，未命名 {} 個；{} 至 {}",
            naming.named, naming.excluded, naming.from, naming.until
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn told_application(common: &Common, answer: &proto::ApplicationResponse) -> Ran {
    if common.json {
        print_json(answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    if answer.step_position > 0 {
        println!("已記在第 {0} 號。Recorded as event {0}.", answer.step_position);
    }
    // Who hands in an objection or appeal is told its number only.
    let whole = answer.application.as_ref().filter(|held| held.applied_at > 0);
    let Some(held) = whole else { return Ok(ExitCode::SUCCESS) };
    let mut rows = table(&["帳戶", "社區", "申報日", "推薦", "初審", "評分"]);
    rows.add_row(application_row(held));
    println!("{rows}");
    for against in &held.grounds {
        let kind = if against.veto { "否決" } else { "暫緩" };
        println!("{kind}：{}（第 {} 號）", against.ground, against.position);
    }
    for score in &held.scores {
        println!("{}：{} 分（{}）", score.item, score.points, score.judge);
    }
    Ok(ExitCode::SUCCESS)
}
