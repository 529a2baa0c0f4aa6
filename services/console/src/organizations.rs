//! The tree of organisations with their figures of a year.

use crate::bar::bar;
use crate::form::Form;
use crate::language::texts;
use crate::page::{Page, Shown, wide};
use crate::visitor::Visitor;
use crate::words::{self, named};
use crate::year::{self, Year};
use creditbank_grpc::proto;
use maud::html;

texts! {
    TITLE = "機構", "机构", "Organisations";
    PURPOSE = "您範圍內的機構與一年的數字；上級的數字含下級。", "您范围内的机构与一年的数字；上级的数字含下级。", "The organisations of your scope with their figures of a year; each with all below it.";
    ONCE = "人數每行只算一次，不能相加；人次可以。", "人数每行只算一次，不能相加；人次可以。", "Persons are counted once in each row and do not add up; attendances do.";
}

pub(crate) async fn page(visitor: Visitor, form: Form) -> Shown {
    let year = Year::of(&form, &visitor).await?;
    let report = year::report(&visitor, year, "organization").await?;
    let say = |text| visitor.say(text);
    let figures = |row: &proto::ReportRow| row.restated.unwrap_or_default();
    let by_id = |name: &str| {
        let id = crate::desk::id(name);
        report.rows.iter().find(|row| row.values.first().is_some_and(|value| value == id)).map(figures)
    };
    let most = report.rows.iter().map(|row| figures(row).attendances).max().unwrap_or(0);
    let body = html! {
        (year.choice(&visitor, "/organizations"))
        p { (say(ONCE)) }
        (wide(&format!("{} {}", say(TITLE), year.0), &html! {
            thead { tr {
                th scope="col" { (say(words::ORGANIZATION)) }
                th.n scope="col" { (say(words::ATTENDANCES)) }
                th.n scope="col" { (say(words::PERSONS)) }
                th.n scope="col" { (say(words::HEADS)) }
                th.n scope="col" { (say(words::SESSIONS)) }
                th.n scope="col" { (say(words::MINUTES)) }
                th scope="col" { (say(words::CHART)) }
            } }
            tbody {
                @for organization in &report.organizations {
                    @let row = by_id(&organization.organization).unwrap_or_default();
                    tr {
                        th scope="row" class={ "deep-" (organization.depth.min(4)) } {
                            (named(organization))
                        }
                        td.n { (row.attendances) }
                        td.n { (row.persons) }
                        td.n { (row.heads) }
                        td.n { (row.sessions) }
                        td.n { (row.minutes) }
                        td { (bar(row.attendances, most)) }
                    }
                }
            }
        }))
    };
    Ok(Page::new(say(TITLE), say(PURPOSE), report.position, body))
}
