//! What an entry names must exist, and its organisation must be allowed to post it.

use crate::request::{class_list, post, post_detail, posted};
use crate::row::{Row, row};
use creditbank_grpc::proto;
use creditbank_tests::{draft, lecture, name};
use ledger_core::Reason;
use proto::entry::Detail;
use tonic::Code::{FailedPrecondition, InvalidArgument, NotFound, PermissionDenied};

/// All of them.
pub fn rows() -> Vec<Row> {
    [unknown(), unknown_codes(), courses(), posters()].concat()
}

fn head_count(account: &str) -> proto::PostEntryRequest {
    let entry = draft(9, "2026-05-28", 0, Detail::HeadCount(proto::HeadCount { persons: 20 }));
    posted(proto::Entry { account: name(account), ..entry })
}

fn unknown() -> Vec<Row> {
    let mut elsewhere = lecture(9, "2026-05-28");
    elsewhere.parent = "ledgers/elsewhere".to_owned();
    let household = Detail::HouseholdAward(proto::HouseholdAward { title: "model".to_owned() });
    let household = proto::Entry { account: name("households/h999"), ..draft(9, "2026-05-28", 0, household) };
    let team = Detail::VolunteerService(proto::VolunteerService { team: name("teams/team-z") });
    let course = Detail::Teaching(proto::Teaching { course: name("courses/zither") });
    let school = post(|entry| entry.organization = name("organizations/nobody"));
    let attestor = post(|entry| entry.attested_by = name("organizations/nobody"));
    let resident = post(|entry| entry.account = name("residents/r9999"));
    let mut listed_resident = class_list(&["residents/r0001", "residents/r9999"]);
    listed_resident.entry.as_mut().unwrap().occurred_on = "2026-05-27".to_owned();
    vec![
        row("an unknown ledger", elsewhere, NotFound, Reason::LedgerNotFound),
        row("an unknown poster", school, NotFound, Reason::OrganizationNotFound).at("entry.organization"),
        row("an unknown attestor", attestor, NotFound, Reason::OrganizationNotFound).at("entry.attested_by"),
        row("an unknown resident", resident, NotFound, Reason::ResidentNotFound).at("entry.account"),
        row("an unknown resident on a class list", listed_resident, NotFound, Reason::ResidentNotFound)
            .at("accounts[1]"),
        row(
            "an unknown resident alone on a class list",
            class_list(&["residents/r9999"]),
            NotFound,
            Reason::ResidentNotFound,
        )
        .at("accounts[0]"),
        row("an unknown household", posted(household), NotFound, Reason::HouseholdNotFound)
            .at("entry.account"),
        row(
            "a head-count of an unknown organisation",
            head_count("organizations/nobody"),
            NotFound,
            Reason::OrganizationNotFound,
        )
        .at("entry.account"),
        row("an unknown team", post_detail(team, 60), NotFound, Reason::TeamNotFound)
            .at("entry.volunteer_service.team"),
        row("an unknown course taught", post_detail(course, 60), NotFound, Reason::CourseNotFound)
            .at("entry.teaching.course"),
    ]
}

fn unknown_codes() -> Vec<Row> {
    let code = || "nowhere".to_owned();
    let contest = proto::Contest { contest: code(), award: "city".to_owned() };
    let award = Detail::HouseholdAward(proto::HouseholdAward { title: code() });
    let award = proto::Entry { account: name("households/h001"), ..draft(9, "2026-05-28", 0, award) };
    let mut rows: Vec<Row> = [
        ("an unknown kind", post(|entry| entry.kind = code()), "kind"),
        ("a known kind in small letters", post(|entry| entry.kind = "lec".to_owned()), "kind"),
        ("an unknown subject", post(|entry| entry.subject = code()), "subject"),
        ("an unknown audience", post(|entry| entry.audience = code()), "audience"),
        ("an unknown campaign", post(|entry| entry.campaign = code()), "campaign"),
        ("an unknown programme", post(|entry| entry.programme = code()), "programme"),
        (
            "an unknown series",
            post_detail(Detail::Lecture(proto::Lecture { series: code() }), 60),
            "lecture.series",
        ),
        ("an unknown venue", post_detail(Detail::Visit(proto::Visit { venue: code() }), 60), "visit.venue"),
        ("an unknown contest", post_detail(Detail::Contest(contest), 0), "contest.contest"),
        (
            "an unknown practice",
            post_detail(Detail::YouthPractice(proto::YouthPractice { practice: code() }), 60),
            "youth_practice.practice",
        ),
        ("an unknown title", posted(award), "household_award.title"),
    ]
    .into_iter()
    .map(|(what, request, field)| {
        row(what, request, NotFound, Reason::CodeNotFound).at(format!("entry.{field}"))
    })
    .collect();
    let drill = post(|entry| entry.kind = "DRL".to_owned());
    rows.push(row("the kind of another form", drill, InvalidArgument, Reason::FieldInvalid).at("entry.kind"));
    rows
}

fn courses() -> Vec<Row> {
    use Reason::{
        AmountNotPositive, CourseNotApproved, CourseNotFound, CourseNotRunning, CourseVersionNotFound,
    };
    let offline = |version: &str, day: &str| {
        let course_version = name(&format!("courses/{version}"));
        let course = proto::OfflineCourse { course_version, ..Default::default() };
        posted(draft(9, day, 90, Detail::OfflineCourse(course)))
    };
    let online = |version: &str, minutes| {
        let course_version = name(&format!("courses/{version}"));
        post_detail(Detail::OnlineCourse(proto::OnlineCourse { course_version, mark: None }), minutes)
    };
    let (in_person, at_screen) = ("offline_course.course_version", "online_course.course_version");
    let may = "2026-05-28";
    [
        ("an unknown course", offline("zither/versions/v1", may), NotFound, CourseNotFound, in_person),
        ("an unknown course online", online("zither/versions/v1", 0), NotFound, CourseNotFound, at_screen),
        ("an unknown version", offline("tea/versions/v9", may), NotFound, CourseVersionNotFound, in_person),
        (
            "an unknown version online",
            online("tea/versions/v9", 0),
            NotFound,
            CourseVersionNotFound,
            at_screen,
        ),
        (
            "a version not approved",
            offline("tea/versions/v3", may),
            FailedPrecondition,
            CourseNotApproved,
            in_person,
        ),
        (
            "a day before the approval",
            offline("tea/versions/v1", "2024-12-31"),
            FailedPrecondition,
            CourseNotRunning,
            "occurred_on",
        ),
        (
            "a day after the approval",
            offline("modern/versions/v1", "2026-01-01"),
            FailedPrecondition,
            CourseNotRunning,
            "occurred_on",
        ),
        (
            "another length than the nominal one",
            online("tea/versions/v2", 599),
            InvalidArgument,
            Reason::FieldInvalid,
            "minutes",
        ),
        ("no length at all", online("tea/versions/v1", 0), InvalidArgument, AmountNotPositive, "minutes"),
    ]
    .map(|(what, request, code, reason, field)| row(what, request, code, reason).at(format!("entry.{field}")))
    .to_vec()
}

fn posters() -> Vec<Row> {
    let by = |school: &str| {
        post(|entry| {
            entry.organization = name(&format!("organizations/{school}"));
            entry.occurred_on = "2025-12-31".to_owned();
        })
    };
    let begun_early = posted(proto::Entry {
        organization: name("organizations/young-school"),
        started_on: "2025-12-31".to_owned(),
        ..draft(9, "2026-01-02", 60, Detail::Drill(proto::Drill {}))
    });
    let field = "entry.organization";
    vec![
        row("a school that was shut", by("shut-school"), FailedPrecondition, Reason::SchoolClosed).at(field),
        row("a school that was merged", by("old-school"), FailedPrecondition, Reason::SchoolMerged)
            .at(field)
            .with("successor", "school"),
        row("a day before the licence", by("young-school"), FailedPrecondition, Reason::SchoolNotLicensed)
            .at("entry.occurred_on"),
        row("begun before the licence", begun_early, FailedPrecondition, Reason::SchoolNotLicensed)
            .at("entry.started_on"),
        row(
            "a head-count for another school",
            head_count("organizations/other"),
            PermissionDenied,
            Reason::SchoolScope,
        )
        .at(field),
        row(
            "a head-count for one above",
            head_count("organizations/town"),
            PermissionDenied,
            Reason::SchoolScope,
        )
        .at(field),
    ]
}
