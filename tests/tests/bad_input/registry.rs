//! Registering what cannot be: names that hide something, ids that look like others, trees that are too deep.

use crate::request::Request;
use crate::row::{Row, row};
use creditbank_grpc::proto;
use creditbank_tests::{LEDGER, fresh, name};
use ledger_core::Reason;
use proto::OrganizationState;
use tonic::Code::{AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied};

/// All of them.
pub fn rows() -> Vec<Row> {
    [organizations(), names(), states(), courses(), versions(), accounts(), teams(), codes()].concat()
}

fn organization(id: &str, edit: impl FnOnce(&mut proto::Organization)) -> proto::CreateOrganizationRequest {
    let mut organization = proto::Organization {
        parent: name("organizations/town"),
        institution_type: "citizen_school".to_owned(),
        display_name: "城北社區學校".to_owned(),
        ..Default::default()
    };
    edit(&mut organization);
    proto::CreateOrganizationRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization_id: id.to_owned(),
        organization: Some(organization),
    }
}

fn organizations() -> Vec<Row> {
    let under =
        |parent: &str| organization("north", |new| new.parent = name(&format!("organizations/{parent}")));
    let plain = |id: &str| organization(id, |_| {});
    let nothing = proto::CreateOrganizationRequest { organization: None, ..plain("north") };
    let no_id = proto::CreateOrganizationRequest { request_id: String::new(), ..plain("north") };
    let reused = proto::CreateOrganizationRequest {
        request_id: "build-organization-school".to_owned(),
        ..plain("north")
    };
    let of_type = |code: &str| organization("north", |new| code.clone_into(&mut new.institution_type));
    let licensed = |day: &str| organization("north", |new| day.clone_into(&mut new.licensed_from));
    let (id, parent) = ("organization_id", "organization.parent");
    vec![
        row("no request id", no_id, InvalidArgument, Reason::IdempotencyKeyInvalid).at("request_id"),
        row("the same id for another organisation", reused, AlreadyExists, Reason::IdempotencyKeyReused)
            .at("request_id"),
        row("no organisation", nothing, InvalidArgument, Reason::FieldRequired).at("organization"),
        row("an organisation without an id", plain(""), InvalidArgument, Reason::FieldRequired).at(id),
        row("an id in Chinese", plain("城北"), InvalidArgument, Reason::FieldInvalid).at(id),
        row("an id with a capital", plain("North"), InvalidArgument, Reason::NotCanonical)
            .at(id)
            .with("canonical", "north"),
        row("an id in full width", plain("ｎｏｒｔｈ"), InvalidArgument, Reason::NotCanonical)
            .at(id)
            .with("canonical", "north"),
        row("an id that reads like another", plain("schoo1"), AlreadyExists, Reason::CodeConfusable)
            .at(id)
            .with("existing", "school"),
        row("an id that is taken", plain("school"), AlreadyExists, Reason::AlreadyRegistered).at(id),
        row("an unknown type", of_type("university"), InvalidArgument, Reason::FieldInvalid)
            .at("organization.institution_type"),
        row("no type", of_type(""), InvalidArgument, Reason::FieldInvalid)
            .at("organization.institution_type"),
        row("a licence from no such day", licensed("2026-02-30"), InvalidArgument, Reason::DateNotInCalendar)
            .at("organization.licensed_from"),
        row("a licence from a day in words", licensed("今年"), InvalidArgument, Reason::DateFormat)
            .at("organization.licensed_from"),
        row("an unknown parent", under("nobody"), NotFound, Reason::OrganizationNotFound).at(parent),
        row("a parent that was shut", under("shut-school"), FailedPrecondition, Reason::SchoolClosed)
            .at(parent),
        row("a parent that was merged", under("old-school"), FailedPrecondition, Reason::SchoolMerged)
            .at(parent)
            .with("successor", "school"),
        row("a ninth level", under("level-8"), FailedPrecondition, Reason::OrganizationTree).at(parent),
    ]
}

fn names() -> Vec<Row> {
    use Reason::{NameForbiddenChar, NameLength, NamePrivateUse};
    [
        ("no name", String::new(), NameLength),
        ("a name of blanks", " \u{3000}\t".to_owned(), NameLength),
        ("a name of 65 characters", "社".repeat(65), NameLength),
        ("a name with a control character", "社區\u{7}學校".to_owned(), NameForbiddenChar),
        ("a name with a line break", "社區\n學校".to_owned(), NameForbiddenChar),
        ("a name that turns the direction", "社區\u{202E}學校".to_owned(), NameForbiddenChar),
        ("a name that isolates a direction", "社區\u{2066}學校\u{2069}".to_owned(), NameForbiddenChar),
        ("a name with a zero-width space", "社區\u{200B}學校".to_owned(), NameForbiddenChar),
        ("a name with a soft hyphen", "社區\u{AD}學校".to_owned(), NameForbiddenChar),
        ("a name with a byte order mark", "社區\u{FEFF}學校".to_owned(), NameForbiddenChar),
        ("a name with a tag character", "社區\u{E0041}學校".to_owned(), NameForbiddenChar),
        ("a name with a replacement character", "社區\u{FFFD}學校".to_owned(), NameForbiddenChar),
        ("a name with a code point that is no character", "社區\u{FDD0}學校".to_owned(), NameForbiddenChar),
        ("a name with the last code point of a plane", "社區\u{2FFFF}學校".to_owned(), NameForbiddenChar),
        ("a name with a blank Hangul letter", "社區\u{3164}學校".to_owned(), NameForbiddenChar),
        ("a name with a private character", "\u{E000}社區".to_owned(), NamePrivateUse),
        ("a name with a private character of plane 15", "社區\u{F0000}".to_owned(), NamePrivateUse),
    ]
    .map(|(what, display_name, reason)| {
        let request = organization("north", |new| new.display_name = display_name);
        row(what, request, InvalidArgument, reason).at("organization.display_name")
    })
    .to_vec()
}

fn states() -> Vec<Row> {
    let change = |id: &str, state: OrganizationState, last_day: &str, successor: &str| {
        proto::ChangeOrganizationStateRequest {
            name: name(&format!("organizations/{id}")),
            request_id: fresh(),
            state: state.into(),
            last_day: last_day.to_owned(),
            successor: successor.to_owned(),
        }
    };
    let (closed, merged, day) = (OrganizationState::Closed, OrganizationState::Merged, "2026-05-31");
    let into = |successor: &str| change("school", merged, day, &name(&format!("organizations/{successor}")));
    let unknown = proto::ChangeOrganizationStateRequest { state: 99, ..change("school", closed, day, "") };
    let unset = change("school", OrganizationState::Unspecified, day, "");
    let nobody = change("nobody", closed, day, "");
    vec![
        row("no state", unset, InvalidArgument, Reason::FieldRequired).at("state"),
        row("a state the API does not have", unknown, InvalidArgument, Reason::FieldRequired).at("state"),
        row("closed on no day", change("school", closed, "", ""), InvalidArgument, Reason::FieldRequired)
            .at("last_day"),
        row(
            "closed on a day in words",
            change("school", closed, "昨天", ""),
            InvalidArgument,
            Reason::DateFormat,
        )
        .at("last_day"),
        row("merged into nothing", change("school", merged, day, ""), InvalidArgument, Reason::FieldRequired)
            .at("successor"),
        row(
            "merged into a resident",
            change("school", merged, day, &name("residents/r0001")),
            InvalidArgument,
            Reason::ResourceNameInvalid,
        )
        .at("successor"),
        row("merged into an unknown school", into("nobody"), NotFound, Reason::OrganizationNotFound)
            .at("successor"),
        row("merged into itself", into("school"), FailedPrecondition, Reason::OrganizationTree)
            .at("successor"),
        row(
            "merged into a school that was shut",
            into("shut-school"),
            FailedPrecondition,
            Reason::SchoolClosed,
        )
        .at("successor"),
        row(
            "merged into a school that was merged into it",
            into("old-school"),
            FailedPrecondition,
            Reason::SchoolMerged,
        )
        .at("successor")
        .with("successor", "school"),
        row("an unknown school to close", nobody, NotFound, Reason::OrganizationNotFound).at("name"),
    ]
}

fn courses() -> Vec<Row> {
    let course = |id: &str, school: &str, title: &str| proto::CreateCourseRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        course_id: id.to_owned(),
        course: Some(proto::Course {
            organization: name(&format!("organizations/{school}")),
            display_name: title.to_owned(),
            ..Default::default()
        }),
    };
    let nothing = proto::CreateCourseRequest { course: None, ..course("dance", "school", "舞蹈") };
    let untitled = course("dance", "school", "");
    let (id, school) = ("course_id", "course.organization");
    vec![
        row("no course", nothing, InvalidArgument, Reason::FieldRequired).at("course"),
        row("a course without a title", untitled, InvalidArgument, Reason::NameLength)
            .at("course.display_name"),
        row("a course without an id", course("", "school", "舞蹈"), InvalidArgument, Reason::FieldRequired)
            .at(id),
        row(
            "a course whose id is taken",
            course("tea", "school", "茶道"),
            AlreadyExists,
            Reason::AlreadyRegistered,
        )
        .at(id),
        row(
            "a course whose id reads like another",
            course("modem", "school", "數據機"),
            AlreadyExists,
            Reason::CodeConfusable,
        )
        .at(id)
        .with("existing", "modern"),
        row(
            "a course of an unknown school",
            course("dance", "nobody", "舞蹈"),
            NotFound,
            Reason::OrganizationNotFound,
        )
        .at(school),
        row(
            "a course of a school that was shut",
            course("dance", "shut-school", "舞蹈"),
            FailedPrecondition,
            Reason::SchoolClosed,
        )
        .at(school),
    ]
}

fn versions() -> Vec<Row> {
    let submit = |course: &str, version: &str, school: &str| proto::CreateCourseVersionRequest {
        parent: name(&format!("courses/{course}")),
        request_id: fresh(),
        version_id: version.to_owned(),
        organization: name(&format!("organizations/{school}")),
        nominal_minutes: 45,
    };
    let approve =
        |version: &str, school: &str, valid_from: &str, valid_to: &str| proto::ApproveCourseVersionRequest {
            name: name(&format!("courses/{version}")),
            request_id: fresh(),
            organization: name(&format!("organizations/{school}")),
            valid_from: valid_from.to_owned(),
            valid_to: valid_to.to_owned(),
        };
    let endless =
        proto::CreateCourseVersionRequest { nominal_minutes: 600_001, ..submit("tea", "v9", "school") };
    vec![
        row(
            "a version of an unknown course",
            submit("zither", "v1", "school"),
            NotFound,
            Reason::CourseNotFound,
        )
        .at("parent"),
        row(
            "a version by another school",
            submit("tea", "v9", "other"),
            PermissionDenied,
            Reason::SchoolScope,
        )
        .at("organization"),
        row(
            "a version whose id is taken",
            submit("tea", "v1", "school"),
            AlreadyExists,
            Reason::AlreadyRegistered,
        )
        .at("version_id"),
        row("a version with a dot", submit("tea", "v.9", "school"), InvalidArgument, Reason::FieldInvalid)
            .at("version_id"),
        row("a version longer than an entry may be", endless, InvalidArgument, Reason::AmountAboveLimit)
            .at("nominal_minutes"),
        row(
            "an approval by a school",
            approve("tea/versions/v3", "school", "", ""),
            PermissionDenied,
            Reason::SchoolScope,
        )
        .at("organization"),
        row(
            "an approval of an unknown course",
            approve("zither/versions/v1", "college", "", ""),
            NotFound,
            Reason::CourseNotFound,
        )
        .at("name"),
        row(
            "an approval of an unknown version",
            approve("tea/versions/v9", "college", "", ""),
            NotFound,
            Reason::CourseVersionNotFound,
        )
        .at("name"),
        row(
            "an approval that ends before it begins",
            approve("tea/versions/v3", "college", "2026-05-02", "2026-05-01"),
            InvalidArgument,
            Reason::TimeRange,
        )
        .at("valid_to"),
        row(
            "an approval from no such day",
            approve("tea/versions/v3", "college", "2026-02-30", ""),
            InvalidArgument,
            Reason::DateNotInCalendar,
        )
        .at("valid_from"),
        row(
            "an approval of a course",
            approve("tea", "college", "", ""),
            InvalidArgument,
            Reason::ResourceNameInvalid,
        )
        .at("name"),
    ]
}

fn accounts() -> Vec<Row> {
    let open = |ids: Vec<String>, school: &str| proto::BatchCreateResidentsRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: name(&format!("organizations/{school}")),
        resident_ids: ids,
    };
    let one = |id: &str| open(vec!["r8001".to_owned(), id.to_owned()], "school");
    let many = open((0..1_001).map(|n| format!("r{n:04}")).collect(), "school");
    let household = |id: &str, school: &str| proto::CreateHouseholdRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        household_id: id.to_owned(),
        organization: name(&format!("organizations/{school}")),
    };
    let nobody = open(vec!["r8001".to_owned()], "nobody");
    let id = "household_id";
    vec![
        row("to open no account", open(vec![], "school"), InvalidArgument, Reason::BatchSize)
            .at("resident_ids"),
        row("to open 1,001 accounts", many, InvalidArgument, Reason::BatchSize).at("resident_ids"),
        row("an account in Chinese", one("居民"), InvalidArgument, Reason::FieldInvalid)
            .at("resident_ids[1]"),
        row("an account in capitals", one("R8002"), InvalidArgument, Reason::NotCanonical)
            .at("resident_ids[1]")
            .with("canonical", "r8002"),
        row("an account without an id", one(""), InvalidArgument, Reason::FieldRequired)
            .at("resident_ids[1]"),
        row("an account opened by nobody known", nobody, NotFound, Reason::OrganizationNotFound)
            .at("organization"),
        row(
            "a household that another opened",
            household("h001", "school"),
            AlreadyExists,
            Reason::AlreadyRegistered,
        )
        .at(id),
        row("a household without an id", household("", "town"), InvalidArgument, Reason::FieldRequired)
            .at(id),
        row(
            "a household of a school that was shut",
            household("h002", "shut-school"),
            FailedPrecondition,
            Reason::SchoolClosed,
        )
        .at("organization"),
    ]
}

fn teams() -> Vec<Row> {
    let team = |id: &str, school: &str, title: &str| proto::CreateTeamRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        team_id: id.to_owned(),
        team: Some(proto::Team {
            organization: name(&format!("organizations/{school}")),
            display_name: title.to_owned(),
            ..Default::default()
        }),
    };
    let nothing = proto::CreateTeamRequest { team: None, ..team("team-b", "school", "志願隊乙") };
    vec![
        row("no team", nothing, InvalidArgument, Reason::FieldRequired).at("team"),
        row("a team without a name", team("team-b", "school", ""), InvalidArgument, Reason::NameLength)
            .at("team.display_name"),
        row("a team without an id", team("", "school", "志願隊乙"), InvalidArgument, Reason::FieldRequired)
            .at("team_id"),
        row(
            "a team whose id is taken",
            team("team-a", "school", "志願隊乙"),
            AlreadyExists,
            Reason::AlreadyRegistered,
        )
        .at("team_id"),
        row(
            "a team of an unknown school",
            team("team-b", "nobody", "志願隊乙"),
            NotFound,
            Reason::OrganizationNotFound,
        )
        .at("team.organization"),
    ]
}

fn codes() -> Vec<Row> {
    let define = |path: &str, form: &str, edit: fn(&mut proto::Code)| {
        let text = || "城北".to_owned();
        let mut code = proto::Code {
            name: name(&format!("codeLists/{path}")),
            names: Some(proto::LocalizedText { hant: text(), hans: text(), en: "North".to_owned() }),
            form: form.to_owned(),
        };
        edit(&mut code);
        let (parent, request_id) = (LEDGER.to_owned(), fresh());
        Request::from(proto::DefineCodeRequest { parent, request_id, code: Some(code) })
    };
    let as_is = |_: &mut proto::Code| {};
    let nothing = proto::DefineCodeRequest { parent: LEDGER.to_owned(), request_id: fresh(), code: None };
    let (field, form) = ("code.name", "code.form");
    let north = "venues/codes/north";
    vec![
        row("no code", nothing, InvalidArgument, Reason::FieldRequired).at("code"),
        row("a code of no list", define("north", "", as_is), InvalidArgument, Reason::ResourceNameInvalid)
            .at(field),
        row(
            "a code of an unknown list",
            define("rooms/codes/north", "", as_is),
            NotFound,
            Reason::CodeNotFound,
        )
        .at(field),
        row(
            "a code without letters",
            define("venues/codes/", "", as_is),
            InvalidArgument,
            Reason::FieldRequired,
        )
        .at(field),
        row(
            "a code in Chinese",
            define("venues/codes/城北", "", as_is),
            InvalidArgument,
            Reason::FieldInvalid,
        )
        .at(field),
        row(
            "a code in full width",
            define("venues/codes/ｎｏｒｔｈ", "", as_is),
            InvalidArgument,
            Reason::NotCanonical,
        )
        .at(field)
        .with("canonical", "north"),
        row(
            "a code without names",
            define(north, "", |code| code.names = None),
            InvalidArgument,
            Reason::FieldRequired,
        )
        .at("code.names"),
        row(
            "a code without an English name",
            define(north, "", |code| code.names.as_mut().unwrap().en.clear()),
            InvalidArgument,
            Reason::NameLength,
        )
        .at("code.names.en"),
        row(
            "a kind without a form",
            define("kinds/codes/NEW", "", as_is),
            InvalidArgument,
            Reason::FieldRequired,
        )
        .at(form),
        row(
            "a kind of an unknown form",
            define("kinds/codes/NEW", "party", as_is),
            InvalidArgument,
            Reason::FieldInvalid,
        )
        .at(form),
        row("a venue with a form", define(north, "visit", as_is), InvalidArgument, Reason::FieldInvalid)
            .at(form),
        row(
            "another form for a kind",
            define("kinds/codes/LEC", "drill", as_is),
            AlreadyExists,
            Reason::AlreadyRegistered,
        )
        .at(form),
    ]
}
