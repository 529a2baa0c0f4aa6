//! Whose pages are shown to whom, and that what others typed is shown as text.

use axum::http::StatusCode;
use creditbank_grpc::proto;
use creditbank_tests::{Desk, LEDGER, fresh, name};

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_of_one_school_sees_nothing_of_another() {
    let desk = Desk::open().await;
    let mut own = desk.browser("clerk", "school").await;
    for path in ["/residents/r0001", "/organizations/school", "/batches?organization=school"] {
        assert_eq!(own.get(path).await.status, StatusCode::OK, "{path}");
    }
    let mut other = desk.browser("clerk", "other").await;
    for path in [
        "/residents/r0001",
        "/residents/r0001/why",
        "/residents/r0001/statement",
        "/residents/r0001/reads",
        "/households/h001",
        "/households/h001/score",
        "/organizations/school",
        "/entries?organization=school",
        "/batches?organization=school",
    ] {
        let answer = other.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}: {}", answer.text);
        assert_eq!(answer.texts("h1"), ["找不到"], "{path}");
    }
    for path in ["/approvals", "/selections", "/ranking", "/audit", "/audit/events"] {
        let answer = other.get(path).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}: {}", answer.text);
        assert_eq!(answer.texts("h1"), ["無權辦理"], "{path}");
    }
    let found = other.get("/search?q=r0002").await;
    let nobody = other.get("/search?q=r9999").await;
    assert_eq!((found.status, nobody.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert_eq!(
        found.text.replace("r0002", ""),
        nobody.text.replace("r9999", ""),
        "no one learns who is there"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_typed_is_shown_as_text() {
    const PAYLOADS: [&str; 3] =
        ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'><svg/onload=alert(1)>"];
    let desk = Desk::open().await;
    for (n, payload) in PAYLOADS.into_iter().enumerate() {
        let organization = proto::Organization {
            parent: name("organizations/town"),
            institution_type: "community".to_owned(),
            display_name: payload.to_owned(),
            ..Default::default()
        };
        let request = proto::CreateOrganizationRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            organization_id: format!("evil-{n}"),
            organization: Some(organization),
        };
        desk.owner.registry.clone().create_organization(request).await.unwrap();
        let course = proto::Course {
            organization: name("organizations/school"),
            display_name: payload.to_owned(),
            ..Default::default()
        };
        let course_id = format!("evil-{n}");
        let request = proto::CreateCourseRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            course_id: course_id.clone(),
            course: Some(course),
        };
        desk.owner.registry.clone().create_course(request).await.unwrap();
        let request = proto::CreateCourseVersionRequest {
            parent: name(&format!("courses/{course_id}")),
            request_id: fresh(),
            version_id: "v1".to_owned(),
            organization: name("organizations/school"),
            nominal_minutes: 90,
        };
        desk.owner.registry.clone().create_course_version(request).await.unwrap();
        let request = proto::ApproveCourseVersionRequest {
            name: name(&format!("courses/{course_id}/versions/v1")),
            request_id: fresh(),
            organization: name("organizations/college"),
            ..Default::default()
        };
        desk.owner.registry.clone().approve_course_version(request).await.unwrap();
    }
    let mut officer = desk.browser("officer", "").await;
    let form = officer.get("/class-list").await;
    let typed = [
        ("occurred_on", PAYLOADS[0]),
        ("minutes", "90"),
        ("accounts", PAYLOADS[1]),
        ("session", PAYLOADS[2]),
    ];
    let preview = officer.submit(&form, "main form", &typed).await;
    let refused = officer.submit(&preview, "main form", &[("step", "edit")]).await;
    let mut shown = vec![form, preview, refused];
    for path in [
        "/organizations?year=2026",
        "/organizations/evil-0",
        "/indicators/resident-participation?year=2026",
        "/search?q=%3Cscript%3E",
    ] {
        shown.push(officer.get(path).await);
    }
    for answer in &shown {
        assert!(answer.texts("script, img, svg[onload]").is_empty(), "{}", answer.text);
    }
    assert!(
        shown[0].texts("option").iter().any(|option| option.starts_with(PAYLOADS[0])),
        "{}",
        shown[0].text
    );
    assert!(shown[3].texts("tbody th").iter().any(|cell| cell.starts_with(PAYLOADS[1])));
    assert_eq!(shown[4].texts("h1"), [format!("{}（evil-0）", PAYLOADS[0])]);
}
