//! Batches of an organisation: entries that came together, such as a file.

use crate::desk::id;
use crate::field::{Fields, Kind};
use crate::form::{Form, address};
use crate::language::texts;
use crate::page::{Page, Shown, wide};
use crate::visitor::Visitor;
use crate::words::{self, pages};
use creditbank_grpc::proto;
use maud::html;

texts! {
    TITLE = "批次", "批次", "Batches";
    PURPOSE = "一個機構整批匯入的記錄，各有幾筆、還有幾筆有效。", "一个机构整批导入的记录，各有几笔、还有几笔有效。", "What an organisation recorded in batches: how many entries each has and how many still stand.";
    OF = "機構代號", "机构代号", "Organisation's id";
    ENTRIES = "筆數", "笔数", "Entries";
    STANDING = "仍有效", "仍有效", "Still standing";
    FROM = "首筆", "首笔", "First";
    TO = "末筆", "末笔", "Last";
}

pub(crate) async fn page(visitor: Visitor, form: Form) -> Shown {
    let own = visitor.acts_for().await?;
    let organization = match form.get("organization") {
        "" => id(&own).to_owned(),
        id => id.to_owned(),
    };
    let token = form.get("page");
    let request = proto::ListBatchesRequest {
        parent: visitor.desk().name(&format!("organizations/{organization}")),
        page_size: form.page_size(0),
        page_token: token.to_owned(),
    };
    let answer = visitor.desk().corrections().list_batches(request).await?.into_inner();
    let filled = Form::of(&[("organization", &organization)]);
    let fields = Fields { visitor: &visitor, form: &filled, refused: None };
    let say = |text| visitor.say(text);
    let body = html! {
        form.row method="get" action="/batches" {
            (fields.field("organization", OF, Kind::Text, true))
            button type="submit" { (say(words::SHOW)) }
        }
        @if answer.batches.is_empty() { p { (say(words::NONE)) } } @else {
            (wide(&format!("{} {organization}", say(TITLE)), &html! {
                thead { tr {
                    th scope="col" { (say(TITLE)) }
                    th.n scope="col" { (say(ENTRIES)) }
                    th.n scope="col" { (say(STANDING)) }
                    th.n scope="col" { (say(FROM)) }
                    th.n scope="col" { (say(TO)) }
                } }
                tbody {
                    @for batch in &answer.batches {
                        tr {
                            th scope="row" {
                                a href=(address(&format!("/batches/{organization}/{}", id(&batch.name)), &[])) { (id(&batch.name)) }
                            }
                            td.n { (batch.entries) }
                            td.n { (batch.standing) }
                            td.n { (batch.first_at) }
                            td.n { (batch.last_at) }
                        }
                    }
                }
            }))
        }
        (pages("/batches", &[("organization", &organization), ("page", token)], &answer.next_page_token, visitor.language))
    };
    Ok(Page::new(say(TITLE), say(PURPOSE), answer.position, body))
}
