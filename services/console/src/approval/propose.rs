//! Proposing a correction: entries of closed months that are reversed, and one that is recorded in another's place.

use crate::desk::id;
use crate::field::Kind;
use crate::form::{Form, Posted};
use crate::language::{Text, texts};
use crate::page::Shown;
use crate::step::{Ask, ORGANIZATION, Step, Typed};
use crate::stop::{Refused, Stop};
use crate::visitor::Visitor;
use crate::words;
use axum::response::{IntoResponse, Redirect, Response};
use creditbank_grpc::proto;
use creditbank_grpc::proto::Method;
use maud::html;

texts! {
    REVERSED = "要沖正的記錄號，每行一個", "要冲正的记录号，每行一个", "Numbers of the entries to reverse, one a line";
    EVIDENCE = "憑據 SHA-256", "凭据 SHA-256", "SHA-256 of the evidence";
    INSTEAD = "改記的帳戶，例如 r0002", "改记的账户，例如 r0002", "Account to record it on instead, such as r0002";
    INSTEAD_DAY = "改記的日期", "改记的日期", "Day to record instead";
    INSTEAD_MINUTES = "改記的分鐘數", "改记的分钟数", "Minutes to record instead";
    NOT_A_NUMBER = "請填記錄號，每行一個整數。", "请填记录号，每行一个整数。", "Write the numbers of entries, one a line.";
    ONE_ONLY = "要改記時，只能沖正一筆。", "要改记时，只能冲正一笔。", "To record something instead, reverse one entry only.";
    NOT_MINUTES = "分鐘數請填整數。", "分钟数请填整数。", "Write the minutes as a whole number.";
}

const PROPOSE: Step = Step {
    act: (),
    code: "new",
    name: Text { hant: "提出更正", hans: "提出更正", en: "Propose a correction" },
    purpose: Text {
        hant: "已結月份的記錄，由一人提出、另一人核准，一起更正或都不更正。",
        hans: "已结月份的记录，由一人提出、另一人核准，一起更正或都不更正。",
        en: "For entries of closed months: one person proposes, another approves; all parts are recorded, or none.",
    },
    needs: Method::CorrectionProposeCorrection,
    asks: &[
        ("reversals", REVERSED, Ask::Typed(Kind::Lines)),
        ("reason", words::REASON, Ask::Choice(&words::REVERSAL_REASONS)),
        ("evidence_sha256", EVIDENCE, Ask::Optional(Kind::Text)),
        ("account", INSTEAD, Ask::Optional(Kind::Text)),
        ("occurred_on", INSTEAD_DAY, Ask::Optional(Kind::Date)),
        ("minutes", INSTEAD_MINUTES, Ask::Optional(Kind::Number)),
        ORGANIZATION,
    ],
};

/// Links to proposing one, where the visitor may.
pub(crate) fn link(visitor: &Visitor, entry: u64) -> maud::Markup {
    html! {
        @if visitor.may(PROPOSE.needs) {
            p { a href={ "/corrections/new?reversals=" (entry) } { (visitor.say(PROPOSE.name)) } }
        }
    }
}

/// `/corrections/new`.
pub(crate) async fn page(visitor: Visitor, form: Form) -> Shown {
    let own = visitor.acts_for().await?;
    let form = Form::of(&[("reversals", form.get("reversals")), ("organization", id(&own))]);
    shown(&visitor, &form, None)
}

fn shown(visitor: &Visitor, form: &Form, refused: Option<&Refused>) -> Shown {
    Ok(PROPOSE.page(visitor, "/corrections", &html! {}, &[], Typed { form, refused, position: 0 }))
}

/// Proposes it, and shows what waits.
pub(crate) async fn posted(Posted { visitor, form }: Posted) -> Result<Response, Stop> {
    match propose(&visitor, &form).await {
        Ok(position) => Ok(Redirect::to(&format!("/corrections/{position}")).into_response()),
        Err(Stop::Refused(refused)) if !refused.signs_out() => {
            Ok(shown(&visitor, &form, Some(&refused))?.into_response())
        }
        Err(stop) => Err(stop),
    }
}

async fn propose(visitor: &Visitor, form: &Form) -> Result<u64, Stop> {
    let wrong = |field: &str, text: Text| Stop::Refused(Refused::here(field, visitor.say(text)));
    let numbers: Result<Vec<u64>, _> = form.get("reversals").split_whitespace().map(str::parse).collect();
    let numbers = numbers.map_err(|_| wrong("reversals", NOT_A_NUMBER))?;
    let desk = visitor.desk();
    let names: Vec<String> = numbers.iter().map(|number| desk.name(&format!("entries/{number}"))).collect();
    let instead = ["account", "occurred_on", "minutes"].iter().any(|field| !form.get(field).is_empty());
    let mut entries = Vec::new();
    if instead {
        let [name] = names.as_slice() else { return Err(wrong("reversals", ONE_ONLY)) };
        let request = proto::GetEntryRequest { name: name.clone(), min_position: 0 };
        let held = desk.ledger().get_entry(request).await?.into_inner().entry.unwrap_or_default();
        let mut entry = anew(held);
        if !form.get("account").is_empty() {
            entry.account = desk.name(&format!("residents/{}", form.get("account")));
        }
        if !form.get("occurred_on").is_empty() {
            form.get("occurred_on").clone_into(&mut entry.occurred_on);
        }
        if !form.get("minutes").is_empty() {
            entry.minutes = form.get("minutes").parse().map_err(|_| wrong("minutes", NOT_MINUTES))?;
        }
        entries.push(entry);
    }
    let request = proto::ProposeCorrectionRequest {
        parent: desk.parent.to_string(),
        request_id: form.get("request_id").to_owned(),
        organization: desk.name(&format!("organizations/{}", form.get("organization"))),
        proposed_by: String::new(),
        reason: form.get("reason").to_owned(),
        evidence_sha256: form.get("evidence_sha256").to_owned(),
        reversals: names
            .into_iter()
            .map(|entry| proto::CorrectionReversal { entry, ..Default::default() })
            .collect(),
        entries,
    };
    let answer = desk.corrections().propose_correction(request).await?.into_inner();
    Ok(answer.correction.unwrap_or_default().proposed_at)
}

/// An entry to be recorded anew: without what the ledger gave it.
fn anew(held: proto::Entry) -> proto::Entry {
    proto::Entry {
        name: String::new(),
        recorded_at: None,
        position: 0,
        reversed_at: 0,
        correction: String::new(),
        corrects_month: String::new(),
        request_id: String::new(),
        batch: String::new(),
        ..held
    }
}
