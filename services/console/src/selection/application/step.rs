//! The steps of one application.

use super::{application, facts};
use crate::desk::Desk;
use crate::field::Kind;
use crate::form::{Form, Posted};
use crate::language::{Text, texts};
use crate::page::Shown;
use crate::step::{Ask, ORGANIZATION, Step, Typed, find, taken};
use crate::stop::{Refused, Stop};
use crate::visitor::Visitor;
use crate::words;
use axum::extract::Path;
use axum::response::Response;
use creditbank_grpc::proto;
use creditbank_grpc::proto::Method;
use maud::{Markup, html};

texts! {
    NEXT = "可以辦的事", "可以办的事", "What can be done";
    RECOMMENDED = "社區推薦", "社区推荐", "The community recommends it";
    RESIDENCE = "居住、就業或就學年限符合", "居住、就业或就学年限符合", "It lives, works or studies here for long enough";
    FORM = "蓋章申報表的 SHA-256", "盖章申报表的 SHA-256", "SHA-256 of the stamped form";
    PASSED = "送評委會", "送评委会", "It goes on to the panel";
    ITEM = "項目代號", "项目代号", "Item";
    GROUND = "事由代號", "事由代号", "Ground";
    VETO = "一票否決（否則為暫緩）", "一票否决（否则为暂缓）", "A veto (else a hold)";
    EVIDENCE = "憑據 SHA-256", "凭据 SHA-256", "SHA-256 of the evidence";
    NOT_POINTS = "分數請填整數。", "分数请填整数。", "Write the points as a whole number.";
}

/// Which step it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Apply,
    Withdraw,
    Verify,
    Review,
    Judge,
    RecordGround,
    LiftGround,
    Object,
}

const APPLY: Step<Act> = Step {
    act: Act::Apply,
    code: "apply",
    name: Text { hant: "受理申報", hans: "受理申报", en: "Take the application in" },
    purpose: Text {
        hant: "由家庭所在社區受理。",
        hans: "由家庭所在社区受理。",
        en: "By the household's community.",
    },
    needs: Method::SelectionMakeApplication,
    asks: &[ORGANIZATION],
};

const WITHDRAW: Step<Act> = Step {
    act: Act::Withdraw,
    code: "withdraw",
    name: Text { hant: "撤回申報", hans: "撤回申报", en: "Take the application back" },
    purpose: Text {
        hant: "名單凍結前可以撤回。",
        hans: "名单冻结前可以撤回。",
        en: "Before the list is frozen.",
    },
    needs: Method::SelectionWithdrawApplication,
    asks: &[ORGANIZATION],
};

const VERIFY: Step<Act> = Step {
    act: Act::Verify,
    code: "verify",
    name: Text { hant: "社區核實蓋章", hans: "社区核实盖章", en: "Verify and stamp" },
    purpose: Text {
        hant: "由社區本身核實並蓋章；只能做一次。",
        hans: "由社区本身核实并盖章；只能做一次。",
        en: "By the community itself, once.",
    },
    needs: Method::SelectionVerifyApplication,
    asks: &[
        ORGANIZATION,
        ("recommended", RECOMMENDED, Ask::YesNo),
        ("residence_confirmed", RESIDENCE, Ask::YesNo),
        ("evidence_sha256", FORM, Ask::Typed(Kind::Text)),
    ],
};

const REVIEW: Step<Act> = Step {
    act: Act::Review,
    code: "review",
    name: Text { hant: "初審", hans: "初审", en: "Review" },
    purpose: Text {
        hant: "由社區的上一級審查；只能做一次。",
        hans: "由社区的上一级审查；只能做一次。",
        en: "By the organisation right above the community, once.",
    },
    needs: Method::SelectionReviewApplication,
    asks: &[ORGANIZATION, ("passed", PASSED, Ask::YesNo)],
};

const JUDGE: Step<Act> = Step {
    act: Act::Judge,
    code: "judge",
    name: Text { hant: "評委打分", hans: "评委打分", en: "Give points" },
    purpose: Text {
        hant: "您是這次評選的評委時，每項打一次分。",
        hans: "您是这次评选的评委时，每项打一次分。",
        en: "Where you are a judge of this selection: once for each item.",
    },
    needs: Method::SelectionJudgeItem,
    asks: &[
        ORGANIZATION,
        ("item", ITEM, Ask::Typed(Kind::Text)),
        ("points", words::POINTS, Ask::Typed(Kind::Number)),
    ],
};

const RECORD: Step<Act> = Step {
    act: Act::RecordGround,
    code: "record-ground",
    name: Text {
        hant: "記錄否決或暫緩", hans: "记录否决或暂缓", en: "Record a veto or a hold"
    },
    purpose: Text {
        hant: "標準所列的事由；有否決或暫緩的不命名。",
        hans: "标准所列的事由；有否决或暂缓的不命名。",
        en: "By a ground of the standard; whoever has one is not named.",
    },
    needs: Method::SelectionRecordGround,
    asks: &[
        ORGANIZATION,
        ("ground", GROUND, Ask::Typed(Kind::Text)),
        ("veto", VETO, Ask::YesNo),
        ("evidence_sha256", EVIDENCE, Ask::Typed(Kind::Text)),
    ],
};

const LIFT: Step<Act> = Step {
    act: Act::LiftGround,
    code: "lift-ground",
    name: Text { hant: "解除暫緩", hans: "解除暂缓", en: "Lift a hold" },
    purpose: Text {
        hant: "事由已消除時解除。", hans: "事由已消除时解除。", en: "Where its ground is gone."
    },
    needs: Method::SelectionLiftGround,
    asks: &[
        ORGANIZATION,
        ("ground", GROUND, Ask::Typed(Kind::Text)),
        ("evidence_sha256", EVIDENCE, Ask::Typed(Kind::Text)),
    ],
};

const OBJECT: Step<Act> = Step {
    act: Act::Object,
    code: "object",
    name: Text { hant: "提出異議", hans: "提出异议", en: "Raise an objection" },
    purpose: Text {
        hant: "公示期間對入選家庭提出；主管要答覆。",
        hans: "公示期间对入选家庭提出；主管要答复。",
        en: "Against a chosen household, during the notice; the district answers it.",
    },
    needs: Method::SelectionRaiseObjection,
    asks: &[
        ORGANIZATION,
        ("ground", GROUND, Ask::Typed(Kind::Text)),
        ("evidence_sha256", EVIDENCE, Ask::Typed(Kind::Text)),
    ],
};

const STEPS: [&Step<Act>; 8] = [&APPLY, &VERIFY, &REVIEW, &JUDGE, &RECORD, &LIFT, &OBJECT, &WITHDRAW];

/// The steps that an application leaves open; whose turn it is the ledger says.
fn open(held: Option<&proto::Application>) -> Vec<&'static Step<Act>> {
    let Some(held) = held.filter(|held| held.withdrawn_at == 0) else { return vec![&APPLY] };
    let mut steps = Vec::new();
    if held.verified_at == 0 {
        steps.push(&VERIFY);
    } else if held.reviewed_at == 0 && held.recommended {
        steps.push(&REVIEW);
    } else if held.passed {
        steps.push(&JUDGE);
    }
    steps.push(&RECORD);
    if held.grounds.iter().any(|ground| !ground.veto) {
        steps.push(&LIFT);
    }
    steps.extend([&OBJECT, &WITHDRAW]);
    steps
}

fn at(selection: &str, candidate: &str) -> String {
    format!("/selections/{selection}/applications/{candidate}")
}

/// Links to what the visitor can do next.
pub(super) fn links(
    visitor: &Visitor,
    selection: &str,
    candidate: &str,
    held: Option<&proto::Application>,
) -> Markup {
    Step::links(visitor, NEXT, &at(selection, candidate), open(held))
}

type Parts = (String, String, String, String);

/// `/selections/{id}/applications/{collection}/{account}/{step}`.
pub(crate) async fn page(
    visitor: Visitor,
    Path((selection, collection, account, code)): Path<Parts>,
) -> Shown {
    let own = visitor.acts_for().await?;
    let form = Form::of(&[("organization", crate::desk::id(&own))]);
    shown(&visitor, &selection, &format!("{collection}/{account}"), find(&STEPS, &code)?, &form, None).await
}

async fn shown(
    visitor: &Visitor,
    selection: &str,
    candidate: &str,
    step: &Step<Act>,
    form: &Form,
    refused: Option<&Refused>,
) -> Shown {
    let (held, position) = application(visitor, selection, candidate).await?;
    let about = html! {
        @match &held {
            None => p { (visitor.say(words::ACCOUNT)) " " code { (candidate) } },
            Some(held) => (facts(visitor, held)),
        }
    };
    Ok(step.page(visitor, &at(selection, candidate), &about, &[], Typed { form, refused, position }))
}

/// Takes the step.
pub(crate) async fn posted(
    Path((selection, collection, account, code)): Path<Parts>,
    Posted { visitor, form }: Posted,
) -> Result<Response, Stop> {
    let (step, candidate) = (find(&STEPS, &code)?, format!("{collection}/{account}"));
    let outcome = take(&visitor, &selection, &candidate, step.act, &form).await;
    let back = at(&selection, &candidate);
    let again = async |refused| shown(&visitor, &selection, &candidate, step, &form, Some(&refused)).await;
    taken(outcome, &back, again).await
}

async fn take(
    visitor: &Visitor,
    selection: &str,
    candidate: &str,
    act: Act,
    form: &Form,
) -> Result<(), Stop> {
    let desk: &Desk = visitor.desk();
    let name = desk.name(&format!("selections/{selection}/applications/{candidate}"));
    let request_id = form.get("request_id").to_owned();
    let organization = desk.name(&format!("organizations/{}", form.get("organization")));
    // The door fills in who it is.
    let person = String::new();
    let (text, yes) = (|field: &str| form.get(field).to_owned(), |field: &str| form.get(field) == "true");
    let mut selections = desk.selections();
    match act {
        Act::Apply => {
            let request = proto::MakeApplicationRequest { name, request_id, organization, person };
            selections.make_application(request).await?;
        }
        Act::Withdraw => {
            let request = proto::WithdrawApplicationRequest { name, request_id, organization, person };
            selections.withdraw_application(request).await?;
        }
        Act::Verify => {
            let request = proto::VerifyApplicationRequest {
                name,
                request_id,
                organization,
                person,
                recommended: yes("recommended"),
                residence_confirmed: yes("residence_confirmed"),
                evidence_sha256: text("evidence_sha256"),
            };
            selections.verify_application(request).await?;
        }
        Act::Review => {
            let passed = yes("passed");
            let request = proto::ReviewApplicationRequest { name, request_id, organization, person, passed };
            selections.review_application(request).await?;
        }
        Act::Judge => {
            let points = form.get("points").parse();
            let request = proto::JudgeItemRequest {
                name,
                request_id,
                organization,
                judge: person,
                item: text("item"),
                points: points
                    .map_err(|_| Stop::Refused(Refused::here("points", visitor.say(NOT_POINTS))))?,
            };
            selections.judge_item(request).await?;
        }
        Act::RecordGround => {
            let request = proto::RecordGroundRequest {
                name,
                request_id,
                organization,
                person,
                ground: text("ground"),
                veto: yes("veto"),
                evidence_sha256: text("evidence_sha256"),
            };
            selections.record_ground(request).await?;
        }
        Act::LiftGround => {
            let (ground, evidence_sha256) = (text("ground"), text("evidence_sha256"));
            let request =
                proto::LiftGroundRequest { name, request_id, organization, person, ground, evidence_sha256 };
            selections.lift_ground(request).await?;
        }
        Act::Object => {
            let (ground, evidence_sha256) = (text("ground"), text("evidence_sha256"));
            let request = proto::RaiseObjectionRequest {
                name,
                request_id,
                organization,
                person,
                ground,
                evidence_sha256,
            };
            selections.raise_objection(request).await?;
        }
    }
    Ok(())
}
