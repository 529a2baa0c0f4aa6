//! The courses: which there are, which versions wait for approval, and their approval by the district or its college.

mod approve;

pub(crate) use approve::{page as approve, posted as approved};

use crate::desk::id;
use crate::form::Form;
use crate::language::{Text, texts};
use crate::page::{Page, Shown, wide};
use crate::stop::Stop;
use crate::visitor::Visitor;
use crate::words::{self, pages};
use creditbank_grpc::proto;
use creditbank_grpc::proto::Method;
use maud::{Markup, html};

texts! {
    TITLE = "課程", "课程", "Courses";
    PURPOSE = "各機構登記的課程與版本；核准了的才能記學分。", "各机构登记的课程与版本；核准了的才能记学分。", "The courses that organisations registered, with their versions; only approved ones earn credit.";
    COURSE = "課程", "课程", "Course";
    VERSION = "版本", "版本", "Version";
    NOMINAL = "固定時數（分鐘）", "固定时数（分钟）", "Nominal minutes";
    VALID = "核准期間", "核准期间", "Approved for";
    WAITS = "等待核准", "等待核准", "waits for approval";
    APPROVE = "核准", "核准", "Approve";
}

/// What something can be of: the first choice, or a version of a course that is approved; and the position that is true at.
pub(crate) async fn choices(
    visitor: &Visitor,
    (first, called): (&str, Text),
) -> Result<(Vec<(String, String)>, u64), Stop> {
    let (versions, position) = visitor.desk().approved_versions().await?;
    let mut choices = vec![(first.to_owned(), visitor.say(called).to_owned())];
    choices.extend(versions.into_iter().map(|(version, title)| {
        let shown = format!("{title}（{version}）");
        (version, shown)
    }));
    Ok((choices, position))
}

/// `/courses`.
pub(crate) async fn page(visitor: Visitor, form: Form) -> Shown {
    let turned = form.get("page");
    let request = proto::ListCoursesRequest {
        parent: visitor.desk().parent.to_string(),
        page_size: form.page_size(0),
        page_token: turned.to_owned(),
    };
    let answer = visitor.desk().registry().list_courses(request).await?.into_inner();
    let say = |text| visitor.say(text);
    let body = html! {
        @if answer.courses.is_empty() { p { (say(words::NONE)) } } @else {
            (wide(say(TITLE), &html! {
                thead { tr {
                    th scope="col" { (say(COURSE)) }
                    th scope="col" { (say(words::ORGANIZATION)) }
                    th scope="col" { (say(VERSION)) }
                    th.n scope="col" { (say(NOMINAL)) }
                    th scope="col" { (say(VALID)) }
                } }
                tbody {
                    @for course in &answer.courses {
                        @for version in &course.versions { (row(&visitor, course, version)) }
                    }
                }
            }))
        }
        (pages("/courses", &[("page", turned)], &answer.next_page_token, visitor.language))
    };
    Ok(Page::new(say(TITLE), say(PURPOSE), answer.position, body))
}

fn row(visitor: &Visitor, course: &proto::Course, version: &proto::CourseVersion) -> Markup {
    let waits = version.valid_from.is_empty();
    html! {
        tr {
            th scope="row" { (course.display_name) " " code { (id(&course.name)) } }
            td { (id(&course.organization)) }
            td { (id(&version.name)) }
            td.n { @if version.nominal_minutes > 0 { (version.nominal_minutes) } }
            td {
                @if !waits { (version.valid_from) "–" (version.valid_to) } @else {
                    (visitor.say(WAITS)) " "
                    @if visitor.may(Method::RegistryApproveCourseVersion) {
                        a href={ "/courses/" (id(&course.name)) "/" (id(&version.name)) "/approve" } {
                            (visitor.say(APPROVE))
                        }
                    }
                }
            }
        }
    }
}
