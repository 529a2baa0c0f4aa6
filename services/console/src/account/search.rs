//! Looking up an account by its number.

use crate::desk::Desk;
use crate::field::{Fields, Kind};
use crate::form::Form;
use crate::language::texts;
use crate::page::Page;
use crate::stop::{Refused, Stop};
use crate::visitor::Visitor;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use creditbank_grpc::proto;
use maud::html;

texts! {
    TITLE = "查帳戶", "查账户", "Look up an account";
    PURPOSE = "用帳戶號碼查一位居民、一戶家庭或一個機構。", "用账户号码查一位居民、一户家庭或一个机构。", "Look up a resident, a household or an organisation by its number.";
    NUMBER = "帳戶號碼", "账户号码", "Number of the account";
    HINT = "例如 r0001、h001，或 residents/r0001。大寫與前後空白不要緊。", "例如 r0001、h001，或 residents/r0001。大写与前后空白不要紧。", "Such as r0001, h001, or residents/r0001. Capitals and spaces around do not matter.";
    FIND = "查", "查", "Look up";
    NOBODY = "在您的範圍內沒有這個號碼的帳戶。請查對號碼，或問開戶的機構。", "在您的范围内没有这个号码的账户。请查对号码，或问开户的机构。", "There is no account of this number in your scope. Check the number, or ask the organisation that opened the account.";
}

/// Where accounts are kept, in the order they are looked through.
const COLLECTIONS: [&str; 3] = ["residents", "households", "organizations"];

pub(crate) async fn page(visitor: Visitor, form: Form) -> Result<Response, Stop> {
    let asked = form.get("q").to_lowercase();
    let mut status = StatusCode::OK;
    if !asked.is_empty() {
        if let Some(found) = find(visitor.desk(), &asked).await? {
            return Ok(Redirect::to(&format!("/{found}")).into_response());
        }
        status = StatusCode::NOT_FOUND;
    }
    let fields = Fields { visitor: &visitor, form: &form, refused: None };
    let body = html! {
        @if status == StatusCode::NOT_FOUND {
            div.refused role="alert" { p { (visitor.say(NOBODY)) } }
        }
        form method="get" action="/search" role="search" {
            (fields.field("q", NUMBER, Kind::Text, true))
            p { (visitor.say(HINT)) }
            button type="submit" { (visitor.say(FIND)) }
        }
    };
    let position = visitor.desk().head().await?.position;
    Ok(Page::new(visitor.say(TITLE), visitor.say(PURPOSE), position, body).with(status).into_response())
}

/// The account of a number, as `{collection}/{id}`, if it is there to be seen.
async fn find(desk: &Desk, asked: &str) -> Result<Option<String>, Stop> {
    let (collections, id) = match asked.rsplit_once('/') {
        Some((collection, id)) => {
            (COLLECTIONS.into_iter().filter(|known| collection.ends_with(known)).collect::<Vec<_>>(), id)
        }
        None => (COLLECTIONS.to_vec(), asked),
    };
    // What is no id leads to no page.
    if !id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Ok(None);
    }
    for collection in collections {
        let found = format!("{collection}/{id}");
        let request = proto::GetBalanceRequest { name: desk.name(&found), ..Default::default() };
        match desk.accounts().get_balance(request).await.map_err(Refused::from) {
            Ok(_) => return Ok(Some(found)),
            Err(refused) if refused.status() == StatusCode::NOT_FOUND => {}
            Err(refused) if refused.status() == StatusCode::BAD_REQUEST => return Ok(None),
            Err(refused) => return Err(Stop::Refused(refused)),
        }
    }
    Ok(None)
}
