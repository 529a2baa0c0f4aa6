//! The steps of a selection, from its first judge to its end.

mod about;
mod exclusion;
mod take;

use crate::field::Kind;
use crate::form::{Form, Posted};
use crate::language::{Text, texts};
use crate::page::Shown;
use crate::step::{Ask, Step, Typed, find, taken};
use crate::stop::{Refused, Stop};
use crate::visitor::Visitor;
use axum::extract::Path;
use axum::response::Response;
use creditbank_grpc::proto;
use creditbank_grpc::proto::Method;
use maud::Markup;

texts! {
    NEXT = "可以辦的事", "可以办的事", "What can be done";
    JUDGE = "評委（人員編號）", "评委（人员编号）", "Judge (number of a post)";
    OWN = "評委本人的學習帳戶：自己家不能自己評", "评委本人的学习账户：自己家不能自己评", "The judge's own account: nobody judges the own household";
    FROM = "公示首日", "公示首日", "First day of the notice";
    TO = "公示末日", "公示末日", "Last day of the notice";
    AWARDED = "命名日期", "命名日期", "Day of the award";
    EVIDENCE = "憑據 SHA-256", "凭据 SHA-256", "SHA-256 of the evidence";
    ORDER = "同分者的先後，每行一個帳戶", "同分者的先后，每行一个账户", "Those who are equal, the first first, one account a line";
}

/// Which step it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    AppointJudge,
    VoteTie,
    Freeze,
    ApproveFreeze,
    PublishNotice,
    NoteDifferences,
    Name,
    ApproveNaming,
    Close,
}

const APPOINT: Step<Act> = Step {
    act: Act::AppointJudge,
    code: "appoint-judge",
    name: Text { hant: "聘請評委", hans: "聘请评委", en: "Appoint a judge" },
    purpose: Text {
        hant: "名單凍結前聘請；評委以自己的憑證打分。",
        hans: "名单冻结前聘请；评委以自己的凭证打分。",
        en: "Before the list is frozen; a judge gives points with their own credential.",
    },
    needs: Method::SelectionAppointJudge,
    asks: &[("judge", JUDGE, Ask::Typed(Kind::Text)), ("resident", OWN, Ask::Optional(Kind::Text))],
};

const VOTE: Step<Act> = Step {
    act: Act::VoteTie,
    code: "vote-tie",
    name: Text { hant: "記錄同分表決", hans: "记录同分表决", en: "Record a vote on a tie" },
    purpose: Text {
        hant: "名額邊上同分的，由評委會表決先後。",
        hans: "名额边上同分的，由评委会表决先后。",
        en: "How the panel voted on those who are equal at the edge of the quota.",
    },
    needs: Method::SelectionVoteTie,
    asks: &[("order", ORDER, Ask::Typed(Kind::Lines)), ("evidence_sha256", EVIDENCE, Ask::Typed(Kind::Text))],
};

const FREEZE: Step<Act> = Step {
    act: Act::Freeze,
    code: "freeze",
    name: Text { hant: "提出凍結名單", hans: "提出冻结名单", en: "Propose to freeze the list" },
    purpose: Text {
        hant: "照現在的記錄排定名單，等第二人核准。",
        hans: "照现在的记录排定名单，等第二人核准。",
        en: "Ranks all candidates as they stand; a second person approves it.",
    },
    needs: Method::SelectionFreezeSelection,
    asks: &[],
};

const APPROVE_FREEZE: Step<Act> = Step {
    act: Act::ApproveFreeze,
    code: "approve-freeze",
    name: Text { hant: "核准凍結名單", hans: "核准冻结名单", en: "Approve the frozen list" },
    purpose: Text {
        hant: "您核准的是下面這份名單，以摘要為準；之後的補記與沖正不會悄悄改它。",
        hans: "您核准的是下面这份名单，以摘要为准；之后的补记与冲正不会悄悄改它。",
        en: "You approve exactly the list below, by its digest; later entries and reversals never change it silently.",
    },
    needs: Method::SelectionApproveFreeze,
    asks: &[],
};

const NOTICE: Step<Act> = Step {
    act: Act::PublishNotice,
    code: "publish-notice",
    name: Text { hant: "公示名單", hans: "公示名单", en: "Publish the notice" },
    purpose: Text {
        hant: "公示期間任何人可以提出異議，每件都要答覆。",
        hans: "公示期间任何人可以提出异议，每件都要答复。",
        en: "During the notice anybody may object; each objection is answered.",
    },
    needs: Method::SelectionPublishNotice,
    asks: &[("from", FROM, Ask::Typed(Kind::Date)), ("to", TO, Ask::Typed(Kind::Date))],
};

const NOTE: Step<Act> = Step {
    act: Act::NoteDifferences,
    code: "note-differences",
    name: Text {
        hant: "確認已看過差異", hans: "确认已看过差异", en: "Note that the differences were seen"
    },
    purpose: Text {
        hant: "名單凍結後有補記、沖正等，看過並確認才能命名。",
        hans: "名单冻结后有补记、冲正等，看过并确认才能命名。",
        en: "The record has changed since the list was frozen: nobody is named before this was seen.",
    },
    needs: Method::SelectionNoteDifferences,
    asks: &[],
};

const NAME: Step<Act> = Step {
    act: Act::Name,
    code: "name",
    name: Text { hant: "提出命名", hans: "提出命名", en: "Propose whom to name" },
    purpose: Text {
        hant: "公示結束、異議了結後提出，等第二人核准。",
        hans: "公示结束、异议了结后提出，等第二人核准。",
        en: "After the notice, once objections are settled; a second person approves it.",
    },
    needs: Method::SelectionNameFamilies,
    asks: &[("awarded_on", AWARDED, Ask::Typed(Kind::Date))],
};

const APPROVE_NAMING: Step<Act> = Step {
    act: Act::ApproveNaming,
    code: "approve-naming",
    name: Text { hant: "核准命名", hans: "核准命名", en: "Approve the naming" },
    purpose: Text {
        hant: "核准後下列家庭同時獲得榮譽，記入各戶帳戶。",
        hans: "核准后下列家庭同时获得荣誉，记入各户账户。",
        en: "Once approved all households below are named at once, with an award on each account.",
    },
    needs: Method::SelectionApproveNaming,
    asks: &[],
};

const CLOSE: Step<Act> = Step {
    act: Act::Close,
    code: "close",
    name: Text { hant: "結束評選", hans: "结束评选", en: "Close the selection" },
    purpose: Text {
        hant: "命名完成後結束；以後每年複核頭銜。",
        hans: "命名完成后结束；以后每年复核头衔。",
        en: "Once all are named; titles are checked again every year.",
    },
    needs: Method::SelectionCloseSelection,
    asks: &[],
};

const STEPS: [&Step<Act>; 9] =
    [&APPOINT, &VOTE, &FREEZE, &APPROVE_FREEZE, &NOTICE, &NOTE, &NAME, &APPROVE_NAMING, &CLOSE];

/// The steps that stand open, as the stage and what waits say.
fn open(held: &proto::Selection) -> Vec<&'static Step<Act>> {
    let list_waits = held.list.as_ref().is_some_and(|list| list.frozen_at == 0);
    let naming_waits = held.naming.as_ref().is_some_and(|naming| naming.named_at == 0);
    match held.stage.as_str() {
        "open" if list_waits => vec![&APPROVE_FREEZE, &APPOINT, &VOTE, &FREEZE],
        "open" => vec![&APPOINT, &VOTE, &FREEZE],
        "frozen" => vec![&NOTICE],
        "noticed" if naming_waits => vec![&APPROVE_NAMING, &NOTE, &NAME],
        "noticed" => vec![&NOTE, &NAME],
        "named" => vec![&CLOSE],
        _ => Vec::new(),
    }
}

/// Links to what the visitor can do next.
pub(super) fn links(visitor: &Visitor, selection: &str, held: &proto::Selection) -> Markup {
    Step::links(visitor, NEXT, &format!("/selections/{selection}"), open(held))
}

/// `/selections/{id}/{step}`.
pub(crate) async fn page(visitor: Visitor, Path((selection, step)): Path<(String, String)>) -> Shown {
    shown(&visitor, &selection, find(&STEPS, &step)?, &Form::default(), None).await
}

async fn shown(
    visitor: &Visitor,
    selection: &str,
    step: &Step<Act>,
    form: &Form,
    refused: Option<&Refused>,
) -> Shown {
    let about = about::step(visitor, selection, step.act).await?;
    let hidden: Vec<(&str, &str)> =
        about.hidden.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let typed = Typed { form, refused, position: about.position };
    Ok(step.page(visitor, &format!("/selections/{selection}"), &about.markup, &hidden, typed))
}

/// Takes the step.
pub(crate) async fn posted(
    Path((selection, step)): Path<(String, String)>,
    Posted { visitor, form }: Posted,
) -> Result<Response, Stop> {
    let step = find(&STEPS, &step)?;
    let outcome = take::step(&visitor, &selection, step.act, &form).await;
    let back = format!("/selections/{selection}");
    taken(outcome, &back, async |refused| shown(&visitor, &selection, step, &form, Some(&refused)).await)
        .await
}
