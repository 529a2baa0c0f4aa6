//! Objections against a noticed list, and appeals against their answers: each is answered.

use super::{CANDIDATE, STANDING, STANDINGS};
use crate::field::Kind;
use crate::form::{Form, Posted};
use crate::language::{Text, texts};
use crate::page::Shown;
use crate::step::{Ask, ORGANIZATION, Step, Typed, find, taken};
use crate::stop::{Refused, Stop};
use crate::visitor::Visitor;
use crate::words::{called, link};
use axum::extract::Path;
use axum::response::Response;
use creditbank_grpc::proto;
use creditbank_grpc::proto::Method;
use maud::html;

texts! {
    UPHELD = "異議成立", "异议成立", "The objection is right";
    ANSWER = "書面答覆的 SHA-256", "书面答复的 SHA-256", "SHA-256 of the written answer";
    SUBMITTED = "申訴書的 SHA-256", "申诉书的 SHA-256", "SHA-256 of what was submitted";
    UNTIL = "申訴期限", "申诉期限", "Appeal until";
}

/// Which step it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Answer,
    Appeal,
    Settle,
}

const ANSWER_IT: Step<Act> = Step {
    act: Act::Answer,
    code: "answer",
    name: Text { hant: "答覆異議", hans: "答复异议", en: "Answer the objection" },
    purpose: Text {
        hant: "成立的，該戶不命名；逾期答覆會記下逾期幾日。",
        hans: "成立的，该户不命名；逾期答复会记下逾期几日。",
        en: "Where it is right the household is not named; a late answer is recorded with how late it is.",
    },
    needs: Method::SelectionAnswerObjection,
    asks: &[
        ORGANIZATION,
        ("upheld", UPHELD, Ask::YesNo),
        ("evidence_sha256", ANSWER, Ask::Typed(Kind::Text)),
    ],
};

const APPEAL: Step<Act> = Step {
    act: Act::Appeal,
    code: "appeal",
    name: Text { hant: "提出申訴", hans: "提出申诉", en: "Appeal" },
    purpose: Text {
        hant: "對答覆不服，在期限內提出一次。",
        hans: "对答复不服，在期限内提出一次。",
        en: "Against the answer, once, within the days given.",
    },
    needs: Method::SelectionRaiseAppeal,
    asks: &[ORGANIZATION, ("evidence_sha256", SUBMITTED, Ask::Typed(Kind::Text))],
};

const SETTLE: Step<Act> = Step {
    act: Act::Settle,
    code: "settle",
    name: Text { hant: "裁定申訴", hans: "裁定申诉", en: "Answer the appeal" },
    purpose: Text {
        hant: "最後裁定；須與答覆異議的人不同。",
        hans: "最后裁定；须与答复异议的人不同。",
        en: "For good, by another person than answered the objection.",
    },
    needs: Method::SelectionAnswerAppeal,
    asks: &[
        ORGANIZATION,
        ("upheld", UPHELD, Ask::YesNo),
        ("evidence_sha256", ANSWER, Ask::Typed(Kind::Text)),
    ],
};

const STEPS: [&Step<Act>; 3] = [&ANSWER_IT, &APPEAL, &SETTLE];

/// The step that the standing of an objection leaves open to the visitor.
pub(super) fn next(visitor: &Visitor, standing: &str) -> Option<&'static Step<Act>> {
    let step = match standing {
        "raised" => &ANSWER_IT,
        "answered" => &APPEAL,
        "appealed" => &SETTLE,
        _ => return None,
    };
    visitor.may(step.needs).then_some(step)
}

type Parts = (String, String, String);

/// `/selections/{id}/objections/{position}/{step}`.
pub(crate) async fn page(visitor: Visitor, Path((selection, position, code)): Path<Parts>) -> Shown {
    let own = visitor.acts_for().await?;
    let form = Form::of(&[("organization", crate::desk::id(&own))]);
    shown(&visitor, &selection, &position, find(&STEPS, &code)?, &form, None).await
}

async fn shown(
    visitor: &Visitor,
    selection: &str,
    number: &str,
    step: &Step<Act>,
    form: &Form,
    refused: Option<&Refused>,
) -> Shown {
    let at = format!("/selections/{selection}/objections/{number}");
    // Who may appeal does not see the selection.
    let mut position = 0;
    let mut held = None;
    if visitor.may(Method::SelectionGetSelection) {
        let name = visitor.desk().name(&format!("selections/{selection}"));
        let request = proto::GetSelectionRequest { name, min_position: 0 };
        let answer = visitor.desk().selections().get_selection(request).await?.into_inner();
        position = answer.position;
        let objections = answer.selection.unwrap_or_default().objections;
        held = objections.into_iter().find(|objection| crate::desk::id(&objection.name) == number);
    }
    let about = html! {
        @if let Some(objection) = held {
            dl.facts {
                dt { (visitor.say(CANDIDATE)) } dd { (link(&objection.candidate)) }
                dt { (visitor.say(STANDING)) }
                dd { (called(&STANDINGS, &objection.standing, visitor.language)) }
                @if !objection.appeal_until.is_empty() {
                    dt { (visitor.say(UNTIL)) } dd { (objection.appeal_until) }
                }
            }
        }
    };
    Ok(step.page(visitor, &at, &about, &[], Typed { form, refused, position }))
}

/// Takes the step.
pub(crate) async fn posted(
    Path((selection, number, code)): Path<Parts>,
    Posted { visitor, form }: Posted,
) -> Result<Response, Stop> {
    let step = find(&STEPS, &code)?;
    let outcome = take(&visitor, &selection, &number, step.act, &form).await;
    let back = format!("/selections/{selection}");
    let again = async |refused| shown(&visitor, &selection, &number, step, &form, Some(&refused)).await;
    taken(outcome, &back, again).await
}

async fn take(visitor: &Visitor, selection: &str, number: &str, act: Act, form: &Form) -> Result<(), Stop> {
    let desk = visitor.desk();
    let name = desk.name(&format!("selections/{selection}/objections/{number}"));
    let request_id = form.get("request_id").to_owned();
    let organization = desk.name(&format!("organizations/{}", form.get("organization")));
    // The door fills in who it is.
    let person = String::new();
    let upheld = form.get("upheld") == "true";
    let evidence_sha256 = form.get("evidence_sha256").to_owned();
    let mut selections = desk.selections();
    match act {
        Act::Answer => {
            let request = proto::AnswerObjectionRequest {
                name,
                request_id,
                organization,
                person,
                upheld,
                evidence_sha256,
            };
            selections.answer_objection(request).await?;
        }
        Act::Appeal => {
            let request =
                proto::RaiseAppealRequest { name, request_id, organization, person, evidence_sha256 };
            selections.raise_appeal(request).await?;
        }
        Act::Settle => {
            let request = proto::AnswerAppealRequest {
                name,
                request_id,
                organization,
                person,
                upheld,
                evidence_sha256,
            };
            selections.answer_appeal(request).await?;
        }
    }
    Ok(())
}
