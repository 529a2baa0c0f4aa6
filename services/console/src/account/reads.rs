//! Who read a resident's personal data.

use crate::desk::id;
use crate::form::Form;
use crate::language::{Text, texts};
use crate::page::{Page, Shown, wide};
use crate::visitor::Visitor;
use crate::words::{self, called, instant, pages};
use axum::extract::Path;
use creditbank_grpc::proto;
use maud::html;

texts! {
    TITLE = "誰看過個人資料", "谁看过个人资料", "Who read personal data";
    PURPOSE = "每次查看都先記下：誰、為哪個機構、為什麼、看了哪幾項。", "每次查看都先记下：谁、为哪个机构、为什么、看了哪几项。", "Every look is recorded before it happens: who, for which organisation, what for and which fields.";
    PURPOSE_OF = "用途", "用途", "What for";
    FIELDS = "項目", "项目", "Fields";
    APPROVED_BY = "同意人", "同意人", "Approved by";
    NOBODY = "還沒有人看過。", "还没有人看过。", "Nobody has looked yet.";
}

/// What reads are for (`GetPersonRequest.purpose`).
const PURPOSES: [(&str, Text); 7] = [
    ("identity_check", Text { hant: "核對身分", hans: "核对身份", en: "to check who it is" }),
    ("contact", Text { hant: "聯絡", hans: "联络", en: "to get in touch" }),
    ("certificate", Text { hant: "製發證書", hans: "制发证书", en: "for a certificate" }),
    ("selection", Text { hant: "評選", hans: "评选", en: "for the selection" }),
    ("correction", Text { hant: "更正或刪除", hans: "更正或删除", en: "to correct or erase" }),
    (
        "subject_request",
        Text {
            hant: "本人或監護人申請查閱", hans: "本人或监护人申请查阅", en: "the person asked"
        },
    ),
    ("audit", Text { hant: "稽核", hans: "稽核", en: "for an audit" }),
];

/// `/residents/{id}/reads`.
pub(crate) async fn page(visitor: Visitor, Path(resident): Path<String>, form: Form) -> Shown {
    let parent = visitor.desk().name(&format!("residents/{resident}"));
    let token = form.get("page");
    let request = proto::ListPersonReadsRequest {
        parent,
        page_size: form.page_size(0),
        page_token: token.to_owned(),
        ..Default::default()
    };
    let answer = visitor.desk().directory().list_person_reads(request).await?.into_inner();
    let say = |text| visitor.say(text);
    let body = html! {
        p { a href={ "/residents/" (resident) } { "residents/" (resident) } }
        @if answer.reads.is_empty() { p { (say(NOBODY)) } } @else {
            (wide(say(TITLE), &html! {
                thead { tr {
                    th.n scope="col" { (say(words::NUMBER)) }
                    th scope="col" { (say(words::WHEN)) }
                    th scope="col" { (say(words::WHO)) }
                    th scope="col" { (say(words::ORGANIZATION)) }
                    th scope="col" { (say(PURPOSE_OF)) }
                    th scope="col" { (say(FIELDS)) }
                    th scope="col" { (say(APPROVED_BY)) }
                } }
                tbody {
                    @for read in &answer.reads {
                        tr {
                            th.n scope="row" { (read.position) }
                            td { (instant(read.recorded_at.as_ref())) }
                            td { (read.reader) }
                            td { (id(&read.organization)) }
                            td { (called(&PURPOSES, &read.purpose, visitor.language)) }
                            td { (read.fields.join(", ")) }
                            td { (read.approved_by) }
                        }
                    }
                }
            }))
        }
        (pages(&format!("/residents/{resident}/reads"), &[("page", token)], &answer.next_page_token, visitor.language))
    };
    Ok(Page::new(format!("{} · {resident}", say(TITLE)), say(PURPOSE), answer.position, body))
}
