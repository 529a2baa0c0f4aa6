//! A year of the district: by month, by kind and by town.

use crate::bar::bar;
use crate::desk::id;
use crate::form::Form;
use crate::language::texts;
use crate::page::{Page, Shown, wide};
use crate::visitor::Visitor;
use crate::words;
use crate::year::{self, Year};
use creditbank_grpc::proto;
use maud::{Markup, html};

texts! {
    TITLE = "年度總覽", "年度总览", "Overview of a year";
    PURPOSE = "一年裡學了多少：人次、人數、場次、分鐘，按月、類別、鎮街。", "一年里学了多少：人次、人数、场次、分钟，按月、类别、镇街。", "How much was learned in a year: attendances, persons, sessions and minutes, by month, kind and town.";
    BY_MONTH = "按月", "按月", "By month";
    BY_KIND = "按類別", "按类别", "By kind";
    BY_TOWN = "按下一級機構", "按下一级机构", "By the organisations right below";
    MONTH = "月份", "月份", "Month";
    CLOSED = "已結", "已结", "closed";
    LONGEST = "圖以人次加無名單人次畫。", "图以人次加无名单人次画。", "Charts show attendances and heads without names together.";
}

pub(crate) async fn page(visitor: Visitor, form: Form) -> Shown {
    let year = Year::of(&form, &visitor).await?;
    let months = year::report(&visitor, year, "month").await?;
    let kinds = year::report(&visitor, year, "kind").await?;
    let towns = year::report(&visitor, year, "organization").await?;
    let names = visitor.desk().kinds().await?;
    let say = |text| visitor.say(text);
    let closed = |month: &str| months.months.iter().any(|known| known.month == month && known.closed_at > 0);
    let by_month = rows(&months.rows, |value| {
        html! { span.nowrap { (value) } @if closed(value) { "（" (say(CLOSED)) "）" } }
    });
    let by_kind = rows(&kinds.rows, |value| html! { (words::kind(&names, value, visitor.language)) });
    let right_below =
        |value: &str| towns.organizations.iter().find(|one| id(&one.organization) == value && one.depth == 1);
    let towns_only: Vec<_> = towns
        .rows
        .iter()
        .filter(|row| row.values.first().is_some_and(|value| right_below(value).is_some()))
        .cloned()
        .collect();
    let by_town = rows(&towns_only, |value| {
        html! { @if let Some(town) = right_below(value) { (words::named(town)) } }
    });
    let body = html! {
        (year.choice(&visitor, "/overview"))
        (total(&visitor, &months))
        p { (say(LONGEST)) }
        h2 { (say(BY_MONTH)) }
        (table(&visitor, &format!("{} {}", year.0, say(BY_MONTH)), say(MONTH), &by_month))
        h2 { (say(BY_KIND)) }
        (table(&visitor, &format!("{} {}", year.0, say(BY_KIND)), say(words::KIND), &by_kind))
        @if !by_town.is_empty() {
            h2 { (say(BY_TOWN)) }
            (table(&visitor, &format!("{} {}", year.0, say(BY_TOWN)), say(words::ORGANIZATION), &by_town))
        }
    };
    Ok(Page::new(format!("{} {}", say(TITLE), year.0), say(PURPOSE), months.position, body))
}

fn total(visitor: &Visitor, report: &proto::Report) -> Markup {
    let total = report.total.as_ref().and_then(|row| row.restated).unwrap_or_default();
    let figures = [
        (words::ATTENDANCES, total.attendances),
        (words::PERSONS, total.persons),
        (words::HEADS, total.heads),
        (words::SESSIONS, total.sessions),
        (words::MINUTES, total.minutes),
        (words::REVERSED, total.reversed),
    ];
    html! {
        dl.facts {
            @for (name, figure) in figures { dt { (visitor.say(name)) } dd { strong { (figure) } } }
        }
    }
}

/// The figures of rows as they stand now, each with what its value is called.
fn rows(rows: &[proto::ReportRow], called: impl Fn(&str) -> Markup) -> Vec<(Markup, proto::Figures)> {
    rows.iter()
        .map(|row| {
            let value = row.values.first().map(String::as_str).unwrap_or_default();
            (called(value), row.restated.unwrap_or_default())
        })
        .collect()
}

fn table(visitor: &Visitor, caption: &str, first: &str, rows: &[(Markup, proto::Figures)]) -> Markup {
    let say = |text| visitor.say(text);
    let people = |figures: &proto::Figures| figures.attendances + figures.heads;
    let most = rows.iter().map(|(_, figures)| people(figures)).max().unwrap_or(0);
    if rows.is_empty() {
        return html! { p { (say(words::NONE)) } };
    }
    wide(
        caption,
        &html! {
            thead { tr {
                th scope="col" { (first) }
                th.n scope="col" { (say(words::ATTENDANCES)) }
                th.n scope="col" { (say(words::PERSONS)) }
                th.n scope="col" { (say(words::HEADS)) }
                th.n scope="col" { (say(words::SESSIONS)) }
                th.n scope="col" { (say(words::MINUTES)) }
                th scope="col" { (say(words::CHART)) }
            } }
            tbody {
                @for (called, figures) in rows {
                    tr {
                        th scope="row" { (called) }
                        td.n { (figures.attendances) }
                        td.n { (figures.persons) }
                        td.n { (figures.heads) }
                        td.n { (figures.sessions) }
                        td.n { (figures.minutes) }
                        td { (bar(people(figures), most)) }
                    }
                }
            }
        },
    )
}
