//! A correction with all its parts, and its approval by a second person.

use crate::desk::id;
use crate::form::{Form, Posted};
use crate::language::{Text, texts};
use crate::page::{Page, Shown, token, wide};
use crate::refusal;
use crate::stop::{Refused, Stop};
use crate::visitor::{Visitor, request_id};
use crate::words::{self, called, instant, link};
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use creditbank_grpc::proto;
use creditbank_grpc::proto::{CorrectionState, Method};
use maud::{Markup, html};

texts! {
    TITLE = "更正", "更正", "Correction";
    PURPOSE = "一份更正的全部內容；核准後全部一起記下，或一筆都不記。", "一份更正的全部内容；核准后全部一起记下，或一笔都不记。", "All parts of a correction; once approved all of them are recorded, or none.";
    PROPOSED_BY = "提出人", "提出人", "Proposed by";
    SETTLED_BY = "核准或退回人", "核准或退回人", "Approved or rejected by";
    PROPOSED = "提出時間", "提出时间", "Proposed";
    REVERSALS = "要沖正的記錄", "要冲正的记录", "Entries to reverse";
    ENTRIES = "要新記的記錄", "要新记的记录", "Entries to record";
    OPEN = "等待核准", "等待核准", "waits for approval";
    APPROVED = "已核准", "已核准", "approved";
    REJECTED = "已退回", "已退回", "rejected";
    APPROVE = "核准這份內容", "核准这份内容", "Approve what is shown";
    REJECT = "退回", "退回", "Reject";
    SURE = "您核准的是上面這份內容，以摘要為準。", "您核准的是上面这份内容，以摘要为准。", "You approve exactly what is shown above, by its digest.";
    EVIDENCE = "憑據摘要", "凭据摘要", "Digest of the evidence";
}

/// `/corrections/{position}`.
pub(crate) async fn page(visitor: Visitor, Path(position): Path<String>) -> Shown {
    shown(&visitor, &position, None).await
}

async fn shown(visitor: &Visitor, position: &str, refused: Option<&Refused>) -> Shown {
    let name = visitor.desk().name(&format!("corrections/{position}"));
    let request = proto::GetCorrectionRequest { name, min_position: 0 };
    let answer = visitor.desk().corrections().get_correction(request).await?.into_inner();
    let correction = answer.correction.unwrap_or_default();
    let kinds = visitor.desk().kinds().await?;
    let say = |text| visitor.say(text);
    let open = correction.state() == CorrectionState::Open;
    let body = html! {
        @if let Some(refused) = refused { (refusal::told(refused, visitor.language)) }
        (facts(visitor, &correction))
        (parts(visitor, &correction, &kinds))
        @if open { (settling(visitor, position, &correction.sha256)) }
    };
    let page = Page::new(format!("{} {position}", say(TITLE)), say(PURPOSE), answer.position, body);
    Ok(match refused {
        Some(refused) => page.with(refused.status()),
        None => page,
    })
}

fn state(state: CorrectionState) -> Option<Text> {
    match state {
        CorrectionState::Open => Some(OPEN),
        CorrectionState::Approved => Some(APPROVED),
        CorrectionState::Rejected => Some(REJECTED),
        CorrectionState::Unspecified => None,
    }
}

fn facts(visitor: &Visitor, correction: &proto::Correction) -> Markup {
    let say = |text| visitor.say(text);
    html! {
        dl.facts {
            @if let Some(state) = state(correction.state()) { dt { (say(words::STATE)) } dd { (say(state)) } }
            dt { (say(words::ORGANIZATION)) } dd { (id(&correction.organization)) }
            dt { (say(PROPOSED_BY)) } dd { (correction.proposed_by) }
            dt { (say(PROPOSED)) } dd { (instant(correction.recorded_at.as_ref())) }
            dt { (say(words::REASON)) }
            dd { (called(&words::REVERSAL_REASONS, &correction.reason, visitor.language)) }
            @if !correction.evidence_sha256.is_empty() {
                dt { (say(EVIDENCE)) } dd { code { (correction.evidence_sha256) } }
            }
            dt { (say(words::DIGEST)) } dd { code { (correction.sha256) } }
            @if !correction.settled_by.is_empty() {
                dt { (say(SETTLED_BY)) } dd { (correction.settled_by) }
            }
        }
    }
}

fn parts(visitor: &Visitor, correction: &proto::Correction, kinds: &[proto::Code]) -> Markup {
    let say = |text| visitor.say(text);
    html! {
        @if !correction.reversals.is_empty() {
            h2 { (say(REVERSALS)) }
            (wide(say(REVERSALS), &html! {
                thead { tr { th.n scope="col" { (say(words::NUMBER)) } th scope="col" { (say(words::REASON)) } } }
                tbody {
                    @for reversal in &correction.reversals {
                        @let reason = if reversal.reason.is_empty() { &correction.reason } else { &reversal.reason };
                        tr {
                            th.n scope="row" { (link(&reversal.entry)) }
                            td { (called(&words::REVERSAL_REASONS, reason, visitor.language)) }
                        }
                    }
                }
            }))
        }
        @if !correction.entries.is_empty() {
            h2 { (say(ENTRIES)) }
            (wide(say(ENTRIES), &html! {
                thead { tr {
                    th scope="col" { (say(words::ACCOUNT)) }
                    th scope="col" { (say(words::DAY)) }
                    th scope="col" { (say(words::KIND)) }
                    th.n scope="col" { (say(words::MINUTES)) }
                    th scope="col" { (say(words::ORGANIZATION)) }
                } }
                tbody {
                    @for entry in &correction.entries {
                        tr {
                            th scope="row" { (link(&entry.account)) }
                            td.day { (entry.occurred_on) }
                            td { (words::kind(kinds, &entry.kind, visitor.language)) }
                            td.n { (entry.minutes) }
                            td { (id(&entry.organization)) }
                        }
                    }
                }
            }))
        }
    }
}

/// The two ways to settle it. The approval names the digest of what is shown, not of what may have come since.
fn settling(visitor: &Visitor, position: &str, sha256: &str) -> Markup {
    let approves = visitor.may(Method::CorrectionApproveCorrection);
    let rejects = visitor.may(Method::CorrectionRejectCorrection);
    html! {
        @if approves || rejects {
            form method="post" action={ "/corrections/" (position) } {
                (token(visitor))
                input type="hidden" name="request_id" value=(request_id());
                input type="hidden" name="sha256" value=(sha256);
                @if approves {
                    p { (visitor.say(SURE)) }
                    button type="submit" name="step" value="approve" { (visitor.say(APPROVE)) }
                    " "
                }
                @if rejects {
                    button.quiet type="submit" name="step" value="reject" { (visitor.say(REJECT)) }
                }
            }
        }
    }
}

/// Approves or rejects it.
pub(crate) async fn posted(
    Path(position): Path<String>,
    Posted { visitor, form }: Posted,
) -> Result<Response, Stop> {
    match settle(&visitor, &position, &form).await {
        Ok(()) => Ok(Redirect::to(&format!("/corrections/{position}")).into_response()),
        Err(Stop::Refused(refused)) if !refused.signs_out() => {
            Ok(shown(&visitor, &position, Some(&refused)).await?.into_response())
        }
        Err(stop) => Err(stop),
    }
}

async fn settle(visitor: &Visitor, position: &str, form: &Form) -> Result<(), Stop> {
    let name = visitor.desk().name(&format!("corrections/{position}"));
    let request_id = form.get("request_id").to_owned();
    let organization = visitor.acts_for().await?;
    let mut corrections = visitor.desk().corrections();
    if form.get("step") == "approve" {
        let sha256 = form.get("sha256").to_owned();
        let approved_by = String::new();
        let request = proto::ApproveCorrectionRequest { name, request_id, organization, approved_by, sha256 };
        corrections.approve_correction(request).await?;
    } else {
        let rejected_by = String::new();
        let request = proto::RejectCorrectionRequest { name, request_id, organization, rejected_by };
        corrections.reject_correction(request).await?;
    }
    Ok(())
}
