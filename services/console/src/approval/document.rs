//! A version of the credit rules or of a standard as its document, and its publication by a second person.

use crate::form::{Form, Posted};
use crate::language::texts;
use crate::page::{Page, Shown, token};
use crate::refusal;
use crate::stop::{Refused, Stop};
use crate::visitor::{Visitor, request_id};
use crate::words;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use creditbank_grpc::proto;
use creditbank_grpc::proto::Method;
use maud::{Markup, html};

texts! {
    RULE = "學分規則", "学分规则", "Credit rules";
    STANDARD = "評選標準", "评选标准", "Standard of the selection";
    PURPOSE = "整份文件；公布後照此辦理。", "整份文件；公布后照此办理。", "The whole document; once published it holds.";
    PROPOSED_BY = "提出人", "提出人", "Proposed by";
    APPROVED_BY = "核准人", "核准人", "Approved by";
    PUBLISHED = "已公布", "已公布", "published";
    WAITS = "等待核准", "等待核准", "waits for approval";
    PUBLISH = "核准並公布這份文件", "核准并公布这份文件", "Approve and publish this document";
    SURE = "您核准的是下面這份文件，以摘要為準。", "您核准的是下面这份文件，以摘要为准。", "You approve exactly the document below, by its digest.";
}

/// What is shown of a policy or a standard.
struct Document {
    text: String,
    sha256: String,
    published: bool,
    proposed_by: String,
    approved_by: String,
    position: u64,
}

/// Which document.
struct Asked {
    policy: bool,
    of: String,
    version: u32,
}

impl Asked {
    fn policy((of, version): (String, String)) -> Result<Asked, Stop> {
        Ok(Asked { policy: true, of, version: version.parse().map_err(|_| Stop::NoPage)? })
    }

    fn standard(path: (String, String)) -> Result<Asked, Stop> {
        Ok(Asked { policy: false, ..Asked::policy(path)? })
    }

    /// The address of its page.
    fn address(&self) -> String {
        let collection = if self.policy { "policies" } else { "standards" };
        format!("/{collection}/{}/{}", self.of, self.version)
    }
}

/// `/policies/{id}/{version}`.
pub(crate) async fn policy(visitor: Visitor, Path(path): Path<(String, String)>) -> Shown {
    shown(&visitor, &Asked::policy(path)?, None).await
}

/// `/standards/{id}/{version}`.
pub(crate) async fn standard(visitor: Visitor, Path(path): Path<(String, String)>) -> Shown {
    shown(&visitor, &Asked::standard(path)?, None).await
}

async fn read(visitor: &Visitor, asked: &Asked) -> Result<Document, Stop> {
    let Asked { policy, of, version } = asked;
    if *policy {
        let name = visitor.desk().name(&format!("policies/{of}/versions/{version}"));
        let answer =
            visitor.desk().policies().get_policy(proto::GetPolicyRequest { name }).await?.into_inner();
        let policy = answer.policy.unwrap_or_default();
        return Ok(Document {
            text: policy.document,
            sha256: policy.sha256,
            published: policy.published,
            proposed_by: policy.proposed_by,
            approved_by: policy.approved_by,
            position: answer.position,
        });
    }
    let name = visitor.desk().name(&format!("standards/{of}"));
    let request = proto::GetStandardRequest { name, version: *version, min_position: 0 };
    let answer = visitor.desk().selections().get_standard(request).await?.into_inner();
    let standard = answer.standard.unwrap_or_default();
    Ok(Document {
        text: standard.document,
        sha256: standard.sha256,
        published: standard.published,
        proposed_by: standard.proposed_by,
        approved_by: standard.approved_by,
        position: answer.position,
    })
}

async fn shown(visitor: &Visitor, asked: &Asked, refused: Option<&Refused>) -> Shown {
    let document = read(visitor, asked).await?;
    let needs = if asked.policy { Method::PolicyPublishPolicy } else { Method::SelectionPublishStandard };
    let say = |text| visitor.say(text);
    let body = html! {
        @if let Some(refused) = refused { (refusal::told(refused, visitor.language)) }
        dl.facts {
            dt { (say(words::STATE)) } dd { (say(if document.published { PUBLISHED } else { WAITS })) }
            dt { (say(PROPOSED_BY)) } dd { (document.proposed_by) }
            @if !document.approved_by.is_empty() { dt { (say(APPROVED_BY)) } dd { (document.approved_by) } }
            dt { (say(words::DIGEST)) } dd { code { (document.sha256) } }
        }
        @if !document.published && visitor.may(needs) { (publication(visitor, asked, &document.sha256)) }
        pre tabindex="0" { (document.text) }
    };
    let kind = if asked.policy { RULE } else { STANDARD };
    let title = format!("{} {} {}", say(kind), asked.of, asked.version);
    let page = Page::new(title, say(PURPOSE), document.position, body);
    Ok(match refused {
        Some(refused) => page.with(refused.status()),
        None => page,
    })
}

fn publication(visitor: &Visitor, asked: &Asked, sha256: &str) -> Markup {
    html! {
        form method="post" action=(asked.address()) {
            (token(visitor))
            input type="hidden" name="request_id" value=(request_id());
            input type="hidden" name="sha256" value=(sha256);
            p { (visitor.say(SURE)) }
            button type="submit" { (visitor.say(PUBLISH)) }
        }
    }
}

/// Publishes a version of the credit rules.
pub(crate) async fn publish_policy(
    Path(path): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Stop> {
    publish(&Asked::policy(path)?, posted).await
}

/// Publishes a version of a standard.
pub(crate) async fn publish_standard(
    Path(path): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Stop> {
    publish(&Asked::standard(path)?, posted).await
}

async fn publish(asked: &Asked, Posted { visitor, form }: Posted) -> Result<Response, Stop> {
    match approve(&visitor, asked, &form).await {
        Ok(()) => Ok(Redirect::to(&asked.address()).into_response()),
        Err(Stop::Refused(refused)) if !refused.signs_out() => {
            Ok(shown(&visitor, asked, Some(&refused)).await?.into_response())
        }
        Err(stop) => Err(stop),
    }
}

async fn approve(visitor: &Visitor, asked: &Asked, form: &Form) -> Result<(), Stop> {
    let Asked { policy, of, version } = asked;
    let organization = visitor.acts_for().await?;
    let (request_id, sha256) = (form.get("request_id").to_owned(), form.get("sha256").to_owned());
    if *policy {
        let name = visitor.desk().name(&format!("policies/{of}/versions/{version}"));
        let approved_by = String::new();
        let request = proto::PublishPolicyRequest { name, request_id, organization, approved_by, sha256 };
        visitor.desk().policies().publish_policy(request).await?;
    } else {
        let request = proto::PublishStandardRequest {
            name: visitor.desk().name(&format!("standards/{of}")),
            request_id,
            organization,
            person: String::new(),
            version: *version,
            sha256,
        };
        visitor.desk().selections().publish_standard(request).await?;
    }
    Ok(())
}
