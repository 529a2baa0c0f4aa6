//! Indicators: how far an organisation and those below it are from their targets.

use crate::bar::bar;
use crate::desk::id;
use crate::form::{Form, address};
use crate::language::texts;
use crate::page::{Page, Shown, wide};
use crate::visitor::Visitor;
use crate::words::{self, named, percent};
use crate::year::Year;
use axum::extract::Path;
use creditbank_grpc::proto;
use maud::{Markup, html};
use proto::target::Value;

texts! {
    TITLE = "指標", "指标", "Indicators";
    PURPOSE = "各項指標一年的定義；點名稱看各機構離目標還有多遠。", "各项指标一年的定义；点名称看各机构离目标还有多远。", "What each indicator measures; choose one to see how far each organisation is from its target.";
    ONE_WHAT = "這項指標在各機構的數字、比率與目標進度。", "这项指标在各机构的数字、比率与目标进度。", "This indicator's figures, rates and progress for each organisation.";
    INDICATOR = "指標名稱", "指标名称", "Indicator";
    COUNTS = "計什麼", "计什么", "Counts";
    PER = "週期", "周期", "Window";
    TARGET = "目標", "目标", "Target";
    SOURCE = "出處", "出处", "Source";
    VALUE = "數值", "数值", "Figure";
    POPULATION = "人口", "人口", "Population";
    RATE = "比率", "比率", "Rate";
    PROGRESS = "進度", "进度", "Progress";
    REACHED = "達標", "达标", "Reached";
    LACKING = "未報人口，不能算比率", "未报人口，不能算比率", "no population stated: no rate";
    WINDOWS = "各期", "各期", "Windows";
    MET = "達到", "达到", "met";
    MISSED = "缺", "缺", "missing";
    OPEN = "進行中", "进行中", "open";
    PERIOD = "期間", "期间", "Period";
}

/// All indicators.
pub(crate) async fn list(visitor: Visitor, form: Form) -> Shown {
    let year = Year::of(&form, &visitor).await?;
    let parent = visitor.desk().parent.to_string();
    let request = proto::ListIndicatorsRequest { parent, min_position: 0 };
    let answer = visitor.desk().reports().list_indicators(request).await?.into_inner();
    let say = |text| visitor.say(text);
    let body = html! {
        (year.choice(&visitor, "/indicators"))
        (wide(say(TITLE), &html! {
            thead { tr {
                th scope="col" { (say(INDICATOR)) }
                th scope="col" { (say(COUNTS)) }
                th scope="col" { (say(PER)) }
                th scope="col" { (say(TARGET)) }
                th scope="col" { (say(SOURCE)) }
            } }
            tbody {
                @for indicator in &answer.indicators {
                    tr {
                        th scope="row" {
                            a href=(address(&format!("/indicators/{}", id(&indicator.name)), &[("year", &year.0.to_string())])) {
                                (visitor.said(indicator.names.as_ref()))
                            }
                        }
                        td { code { (indicator.count) }
                            @if !indicator.population.is_empty() { " / " code { (indicator.population) } } }
                        td { code { (indicator.window) } }
                        td { (target(indicator.target.as_ref())) }
                        td { (indicator.source) }
                    }
                }
            }
        }))
    };
    Ok(Page::new(say(TITLE), say(PURPOSE), answer.position, body))
}

fn target(target: Option<&proto::Target>) -> Markup {
    html! {
        @match target.and_then(|target| target.value.as_ref()) {
            Some(Value::Share(share)) => { (share.numerator) "/" (share.denominator) }
            Some(Value::Count(count)) => { (count) }
            None => {}
        }
    }
}

/// A window of a year, by what the indicator asks: the first, where the year has several.
fn period(window: &str, year: Year, form: &Form) -> String {
    let Year(year) = year;
    match (form.get("period"), window) {
        ("", "half_year") => format!("{year}-H1"),
        ("", "quarter") => format!("{year}-Q1"),
        ("", "month") => format!("{year}-01"),
        ("", _) => year.to_string(),
        (period, _) => period.to_owned(),
    }
}

/// The windows of a year that can be looked at.
fn periods(window: &str, year: Year) -> Vec<String> {
    let Year(year) = year;
    match window {
        "half_year" => (1..=2).map(|n| format!("{year}-H{n}")).collect(),
        "quarter" => (1..=4).map(|n| format!("{year}-Q{n}")).collect(),
        "month" => (1..=12).map(|n| format!("{year}-{n:02}")).collect(),
        _ => Vec::new(),
    }
}

/// One indicator, `/indicators/{id}`.
pub(crate) async fn one(visitor: Visitor, Path(indicator): Path<String>, form: Form) -> Shown {
    let year = Year::of(&form, &visitor).await?;
    let name = visitor.desk().name(&format!("indicators/{indicator}"));
    let parent = visitor.desk().parent.to_string();
    let request = proto::ListIndicatorsRequest { parent, min_position: 0 };
    let listed = visitor.desk().reports().list_indicators(request).await?.into_inner().indicators;
    let listed = listed.into_iter().find(|known| known.name == name);
    let window = listed.map(|known| known.window).unwrap_or_default();
    let period = period(&window, year, &form);
    let request = proto::EvaluateIndicatorRequest { name, period: period.clone(), ..Default::default() };
    let answer = visitor.desk().reports().evaluate_indicator(request).await?.into_inner();
    let known = answer.indicator.clone().unwrap_or_default();
    let say = |text| visitor.say(text);
    let here = format!("/indicators/{indicator}");
    let year_text = year.0.to_string();
    let body = html! {
        p { a href=(address("/indicators", &[("year", &year_text)])) { (say(TITLE)) } }
        (year.choice(&visitor, &here))
        @if !periods(&window, year).is_empty() {
            ul.further {
                @for one in periods(&window, year) {
                    li { a aria-current=[(one == period).then_some("true")]
                        href=(address(&here, &[("year", &year_text), ("period", &one)])) { (one) } }
                }
            }
        }
        dl.facts {
            dt { (say(PERIOD)) } dd { (answer.period) }
            dt { (say(TARGET)) } dd { (target(known.target.as_ref())) }
            dt { (say(SOURCE)) } dd { (known.source) }
        }
        (outcomes(&visitor, &answer))
    };
    Ok(Page::new(visitor.said(known.names.as_ref()), say(ONE_WHAT), answer.position, body))
}

fn outcomes(visitor: &Visitor, answer: &proto::EvaluateIndicatorResponse) -> Markup {
    let say = |text| visitor.say(text);
    let windows = answer.outcomes.iter().any(|outcome| !outcome.windows.is_empty());
    wide(
        say(TITLE),
        &html! {
            thead { tr {
                th scope="col" { (say(words::ORGANIZATION)) }
                th.n scope="col" { (say(VALUE)) }
                th.n scope="col" { (say(POPULATION)) }
                th.n scope="col" { (say(RATE)) }
                th.n scope="col" { (say(TARGET)) }
                th.n scope="col" { (say(PROGRESS)) }
                th scope="col" { (say(words::CHART)) }
                th scope="col" { (say(REACHED)) }
                @if windows { th scope="col" { (say(WINDOWS)) } }
            } }
            tbody {
                @for (organization, outcome) in answer.organizations.iter().zip(&answer.outcomes) {
                    tr {
                        th scope="row" class={ "deep-" (organization.depth.min(4)) } {
                            (named(organization))
                        }
                        td.n { (outcome.value) }
                        td.n { @if let Some(population) = &outcome.population { (population.count) } }
                        td.n {
                            @if let Some(rate) = outcome.basis_points { (percent(rate)) }
                            @else if outcome.lacks_population { (say(LACKING)) }
                        }
                        td.n { (target(outcome.target.as_ref())) }
                        td.n { @if let Some(done) = outcome.progress_basis_points { (percent(done)) } }
                        td { @if let Some(done) = outcome.progress_basis_points { (bar(done, 10_000)) } }
                        td { @if let Some(reached) = outcome.reached {
                            (say(if reached { words::YES } else { words::NO })) } }
                        @if windows {
                            td { @for window in &outcome.windows {
                                p { (window.window) " " (window.sessions) " " (verdict(visitor, &window.verdict)) } } }
                        }
                    }
                }
            }
        },
    )
}

fn verdict<'a>(visitor: &Visitor, verdict: &'a str) -> &'a str {
    let table = [("met", MET), ("missing", MISSED), ("open", OPEN)];
    words::called(&table, verdict, visitor.language)
}
