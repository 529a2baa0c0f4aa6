//! `creditbank indicators`, `target` and `population`.

use crate::args::{Common, Indicators, Population, Target};
use crate::connect::{Desk, request_id};
use crate::failure::Failure;
use crate::show::{credits, id, print_json, right, table};
use creditbank_grpc::proto;
use proto::target::Value;
use std::path::Path;
use std::process::ExitCode;

pub(crate) async fn run(common: &Common, asked: &Indicators) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    if let Some(file) = &asked.define {
        define(common, &mut desk, asked, file).await?;
        return Ok(ExitCode::SUCCESS);
    }
    match (&asked.indicator, &asked.period) {
        (Some(indicator), Some(period)) => evaluate(common, &mut desk, asked, (indicator, period)).await?,
        (only, _) => list(common, &mut desk, asked, only.as_deref()).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn target_text(target: Option<&proto::Target>) -> String {
    match target.and_then(|target| target.value) {
        Some(Value::Share(share)) => format!("{}/{}", share.numerator, share.denominator),
        Some(Value::Count(count)) => count.to_string(),
        None => String::new(),
    }
}

/// Hundredths of a percent.
fn percent(points: Option<u64>) -> String {
    points
        .map_or_else(String::new, |points| format!("{}%", credits(i64::try_from(points).unwrap_or(i64::MAX))))
}

async fn list(
    common: &Common,
    desk: &mut Desk,
    asked: &Indicators,
    only: Option<&str>,
) -> Result<(), Failure> {
    let request = proto::ListIndicatorsRequest { parent: desk.parent.clone(), min_position: 0 };
    let mut answer = desk.reports.list_indicators(request).await?.into_inner();
    if let Some(only) = only {
        answer.indicators.retain(|indicator| id(&indicator.name) == only);
        if answer.indicators.is_empty() {
            return Err(Failure::refused(
                "INDICATOR_NOT_FOUND",
                format!("沒有指標「{only}」。There is no such indicator."),
            ));
        }
    }
    if asked.document {
        answer.indicators.iter().for_each(|indicator| print!("{}", indicator.document));
        return Ok(());
    }
    if common.json {
        return print_json(&answer);
    }
    println!("帳本位置 {}", answer.position);
    let mut rows = table(&["指標", "名稱", "期間", "計數", "分母", "目標", "出處"]);
    for indicator in &answer.indicators {
        let target = match indicator.sessions_at_least {
            0 => target_text(indicator.target.as_ref()),
            sessions => format!("每期至少 {sessions} 場"),
        };
        rows.add_row([
            id(&indicator.name).to_owned(),
            indicator.names.clone().unwrap_or_default().hant,
            indicator.window.clone(),
            indicator.count.clone(),
            indicator.population.clone(),
            target,
            indicator.source.clone(),
        ]);
    }
    println!("{rows}");
    Ok(())
}

async fn evaluate(
    common: &Common,
    desk: &mut Desk,
    asked: &Indicators,
    (indicator, period): (&str, &str),
) -> Result<(), Failure> {
    let organization = asked.organization.as_ref();
    let request = proto::EvaluateIndicatorRequest {
        name: desk.name(&format!("indicators/{indicator}")),
        period: period.to_owned(),
        organization: organization.map(|id| desk.name(&format!("organizations/{id}"))).unwrap_or_default(),
        as_of_position: asked.as_of,
        min_position: 0,
    };
    let answer = desk.reports.evaluate_indicator(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    let held = answer.indicator.clone().unwrap_or_default();
    println!("{}  {}  帳本位置 {}", held.names.unwrap_or_default().hant, answer.period, answer.position);
    let labels = answer.organizations.iter().map(|held| {
        format!("{}{} {}", "　".repeat(held.depth as usize), held.display_name, id(&held.organization))
    });
    let outcomes = labels.zip(&answer.outcomes);
    if held.sessions_at_least > 0 {
        let mut rows = table(&["機構", "期間", "場次", "結果"]);
        for (label, outcome) in outcomes {
            for window in &outcome.windows {
                let verdict = match window.verdict.as_str() {
                    "met" => "達到",
                    "missing" => "缺",
                    _ => "進行中",
                };
                rows.add_row([label.as_str(), &window.window, &window.sessions.to_string(), verdict]);
            }
        }
        println!("{rows}");
        return Ok(());
    }
    let mut rows = table(&["機構", "數值", "無名單", "分母", "比率", "目標", "進度", "達標", "下級目標"]);
    for (label, outcome) in outcomes {
        let population = match &outcome.population {
            Some(population) => format!("{}（{}）", population.count, population.source),
            None if outcome.lacks_population => "未填報".to_owned(),
            None => String::new(),
        };
        let reached = outcome.reached.map_or("", |reached| if reached { "是" } else { "否" });
        let children = outcome.children.map_or_else(String::new, |children| {
            let verdict = match children.add_up {
                Some(true) => "足",
                Some(false) => "不足",
                None => "未全",
            };
            format!("{} / {}（{verdict}）", children.sum, children.wanted)
        });
        rows.add_row([
            label,
            outcome.value.to_string(),
            outcome.heads.to_string(),
            population,
            percent(outcome.basis_points),
            target_text(outcome.target.as_ref()),
            percent(outcome.progress_basis_points),
            reached.to_owned(),
            children,
        ]);
    }
    right(&mut rows, &[1, 2, 4, 6]);
    println!("{rows}");
    if answer.outcomes.iter().any(|outcome| outcome.lacks_population) {
        println!("分母未填報的機構沒有比率：請用 creditbank population 填報。");
    }
    Ok(())
}

async fn define(common: &Common, desk: &mut Desk, asked: &Indicators, file: &Path) -> Result<(), Failure> {
    let by = asked.by.as_deref().unwrap_or_default();
    let request = proto::DefineIndicatorRequest {
        parent: desk.parent.clone(),
        request_id: request_id(asked.request_id.as_ref()),
        organization: desk.name(&format!("organizations/{by}")),
        defined_by: asked.person.clone().unwrap_or_default(),
        document: crate::policy::read(file)?,
    };
    let answer = desk.reports.define_indicator(request).await?.into_inner();
    if common.json {
        return print_json(&answer);
    }
    println!("指標已訂定（帳本位置 {}）。The indicator is defined.", answer.position);
    Ok(())
}

/// A share such as `1/2`, or a count.
fn parse_target(raw: &str) -> Result<proto::Target, Failure> {
    let value = match raw.split_once('/') {
        Some((numerator, denominator)) => numerator
            .parse()
            .ok()
            .zip(denominator.parse().ok())
            .map(|(numerator, denominator)| Value::Share(proto::Share { numerator, denominator })),
        None => raw.parse().ok().map(Value::Count),
    };
    value.map(|value| proto::Target { value: Some(value) }).ok_or_else(|| {
        Failure::refused(
            "FIELD_INVALID",
            format!("目標「{raw}」須為比率（例如 1/2）或數目。A target is a share such as 1/2, or a count."),
        )
    })
}

pub(crate) async fn target(common: &Common, asked: &Target) -> Result<ExitCode, Failure> {
    let target = parse_target(&asked.target)?;
    let mut desk = Desk::open(common).await?;
    let request = proto::SetTargetRequest {
        name: desk.name(&format!("indicators/{}", asked.indicator)),
        request_id: request_id(asked.request_id.as_ref()),
        organization: desk.name(&format!("organizations/{}", asked.by)),
        set_by: asked.person.clone(),
        target_organization: desk.name(&format!("organizations/{}", asked.organization)),
        year: asked.year,
        target: Some(target),
    };
    let answer = desk.reports.set_target(request).await?.into_inner();
    if common.json {
        print_json(&answer)?;
    } else {
        println!(
            "{} {} 年目標 {}（帳本位置 {}）。",
            asked.organization, asked.year, asked.target, answer.position
        );
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn population(common: &Common, asked: &Population) -> Result<ExitCode, Failure> {
    let mut desk = Desk::open(common).await?;
    let request = proto::StatePopulationRequest {
        parent: desk.parent.clone(),
        request_id: request_id(asked.request_id.as_ref()),
        organization: desk.name(&format!("organizations/{}", asked.by)),
        stated_by: asked.person.clone(),
        population_organization: desk.name(&format!("organizations/{}", asked.organization)),
        year: asked.year,
        population: asked.population.clone(),
        count: asked.count,
        source: asked.source.clone(),
    };
    let answer = desk.reports.state_population(request).await?.into_inner();
    if common.json {
        print_json(&answer)?;
    } else {
        println!(
            "{} {} 年 {} = {}，來源 {}（帳本位置 {}）。",
            asked.organization, asked.year, asked.population, asked.count, asked.source, answer.position
        );
    }
    Ok(ExitCode::SUCCESS)
}
