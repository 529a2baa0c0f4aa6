//! Approving a version of a course.

use super::{COURSE, NOMINAL, VERSION};
use crate::desk::id;
use crate::field::Kind;
use crate::form::{Form, Posted};
use crate::language::{Text, texts};
use crate::page::Shown;
use crate::step::{Ask, ORGANIZATION, Step, Typed, taken};
use crate::stop::{Refused, Stop};
use crate::visitor::Visitor;
use crate::words;
use axum::extract::Path;
use axum::response::Response;
use creditbank_grpc::proto;
use creditbank_grpc::proto::Method;
use maud::html;

texts! {
    FROM = "首日（空白為今天）", "首日（空白为今天）", "First day (empty: today)";
    TO = "末日（空白為三年）", "末日（空白为三年）", "Last day (empty: three years)";
}

const APPROVE: Step = Step {
    act: (),
    code: "approve",
    name: Text { hant: "核准課程版本", hans: "核准课程版本", en: "Approve a course version" },
    purpose: Text {
        hant: "由區或社區學院核准；核准期間內完成的才記學分。",
        hans: "由区或社区学院核准；核准期间内完成的才记学分。",
        en: "By the district or its community college; completions within these days earn credit.",
    },
    needs: Method::RegistryApproveCourseVersion,
    asks: &[
        ("valid_from", FROM, Ask::Optional(Kind::Date)),
        ("valid_to", TO, Ask::Optional(Kind::Date)),
        ORGANIZATION,
    ],
};

/// `/courses/{course}/{version}/approve`.
pub(crate) async fn page(visitor: Visitor, Path((course, version)): Path<(String, String)>) -> Shown {
    let own = visitor.acts_for().await?;
    let form = Form::of(&[("organization", id(&own))]);
    shown(&visitor, &course, &version, &form, None).await
}

async fn shown(
    visitor: &Visitor,
    course: &str,
    version: &str,
    form: &Form,
    refused: Option<&Refused>,
) -> Shown {
    let name = visitor.desk().name(&format!("courses/{course}"));
    let request = proto::GetCourseRequest { name, min_position: 0 };
    let answer = visitor.desk().registry().get_course(request).await?.into_inner();
    let held = answer.course.unwrap_or_default();
    let of = held.versions.iter().find(|held| id(&held.name) == version).ok_or(Stop::NoPage)?;
    let about = html! {
        dl.facts {
            dt { (visitor.say(COURSE)) } dd { (held.display_name) " " code { (course) } }
            dt { (visitor.say(words::ORGANIZATION)) } dd { (id(&held.organization)) }
            dt { (visitor.say(VERSION)) } dd { (version) }
            @if of.nominal_minutes > 0 { dt { (visitor.say(NOMINAL)) } dd { (of.nominal_minutes) } }
        }
    };
    let at = format!("/courses/{course}/{version}");
    Ok(APPROVE.page(visitor, &at, &about, &[], Typed { form, refused, position: answer.position }))
}

/// Approves it.
pub(crate) async fn posted(
    Path((course, version)): Path<(String, String)>,
    Posted { visitor, form }: Posted,
) -> Result<Response, Stop> {
    let request = proto::ApproveCourseVersionRequest {
        name: visitor.desk().name(&format!("courses/{course}/versions/{version}")),
        request_id: form.get("request_id").to_owned(),
        organization: visitor.desk().name(&format!("organizations/{}", form.get("organization"))),
        valid_from: form.get("valid_from").to_owned(),
        valid_to: form.get("valid_to").to_owned(),
    };
    let done = visitor.desk().registry().approve_course_version(request).await;
    let outcome = done.map(drop).map_err(Stop::from);
    let again = async |refused| shown(&visitor, &course, &version, &form, Some(&refused)).await;
    taken(outcome, "/courses", again).await
}
