//! Closed months, and closing one.

use crate::field::{Fields, Kind};
use crate::form::{Form, Posted};
use crate::language::texts;
use crate::page::{Page, Shown, token, wide};
use crate::stop::{Refused, Stop};
use crate::visitor::{Visitor, request_id};
use crate::words;
use axum::response::{IntoResponse, Redirect, Response};
use creditbank_grpc::proto;
use creditbank_grpc::proto::Method;
use maud::html;

texts! {
    TITLE = "月結", "月结", "Closed months";
    PURPOSE = "已結的月份不再改，只能更正；每月 5 日起可結上月。", "已结的月份不再改，只能更正；每月 5 日起可结上月。", "A closed month changes by corrections only; from day 5 on the month before can be closed.";
    MONTH = "月份", "月份", "Month";
    CLOSED_AT = "結月位置", "结月位置", "Closed at position";
    REPORT = "月報", "月报", "Report";
    CLOSE = "結這個月", "结这个月", "Close this month";
    CLOSE_ONE = "結月", "结月", "Close a month";
    FINAL = "結了不能再開：連以前所有月份一起結。", "结了不能再开：连以前所有月份一起结。", "There is no way back: all months before it are closed with it.";
}

const FIELDS: [&str; 1] = ["month"];

pub(crate) async fn page(visitor: Visitor) -> Shown {
    shown(&visitor, &Form::default(), None).await
}

async fn shown(visitor: &Visitor, form: &Form, refused: Option<&Refused>) -> Shown {
    let parent = visitor.desk().parent.to_string();
    let request = proto::ListClosingsRequest { parent, min_position: 0 };
    let answer = visitor.desk().reports().list_closings(request).await?.into_inner();
    let say = |text| visitor.say(text);
    let fields = Fields { visitor, form, refused };
    let body = html! {
        @if answer.closings.is_empty() { p { (say(words::NONE)) } } @else {
            (wide(say(TITLE), &html! {
                thead { tr {
                    th scope="col" { (say(MONTH)) }
                    th.n scope="col" { (say(CLOSED_AT)) }
                    th scope="col" { (say(words::WHO)) }
                    th scope="col" { (say(REPORT)) }
                } }
                tbody {
                    @for closing in answer.closings.iter().rev() {
                        tr {
                            th scope="row" { (closing.month) }
                            td.n { (closing.closed_at) }
                            td { (closing.closed_by) }
                            td { a href={ "/months/" (closing.month) "/report.pdf" } { (say(words::PRINT)) } }
                        }
                    }
                }
            }))
        }
        @if visitor.may(Method::ReportCloseMonth) {
            h2 { (say(CLOSE_ONE)) }
            (fields.refusal(&FIELDS))
            p { (say(FINAL)) }
            form method="post" action="/months" {
                (token(visitor))
                input type="hidden" name="request_id" value=(request_id());
                (fields.field("month", MONTH, Kind::Month, true))
                button type="submit" { (say(CLOSE)) }
            }
        }
    };
    let page = Page::new(say(TITLE), say(PURPOSE), answer.position, body);
    Ok(match refused {
        Some(refused) => page.with(refused.status()),
        None => page,
    })
}

/// Closes a month.
pub(crate) async fn close(Posted { visitor, form }: Posted) -> Result<Response, Stop> {
    let organization = visitor.acts_for().await?;
    let request = proto::CloseMonthRequest {
        parent: visitor.desk().parent.to_string(),
        request_id: form.get("request_id").to_owned(),
        month: form.get("month").to_owned(),
        organization,
        closed_by: String::new(),
    };
    match visitor.desk().reports().close_month(request).await.map_err(Refused::from) {
        Ok(_) => Ok(Redirect::to("/months").into_response()),
        Err(refused) if refused.signs_out() => Err(Stop::Refused(refused)),
        Err(refused) => Ok(shown(&visitor, &form, Some(&refused)).await?.into_response()),
    }
}
