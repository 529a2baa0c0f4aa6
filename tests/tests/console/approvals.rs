//! Reversals, corrections, documents and months from the console, and a selection as it is looked at.

use axum::http::StatusCode;
use creditbank_grpc::proto;
use creditbank_tests::{Desk, LEDGER, fresh, lecture, name};

async fn posted(desk: &Desk) -> u64 {
    let answer = desk.owner.ledger.clone().post_entry(lecture(1, "2026-05-20")).await.unwrap();
    answer.into_inner().entry.unwrap().position
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_reverses_an_entry_with_a_reason() {
    let desk = Desk::open().await;
    let entry = posted(&desk).await;
    let mut clerk = desk.browser("clerk", "school").await;
    let page = clerk.get(&format!("/entries/{entry}")).await;
    let refused = clerk.submit(&page, "main form", &[("organization", "other")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.texts("#organization-wrong").len(), 1, "said beside the field: {}", refused.text);
    let done = clerk.submit(&page, "main form", &[("reason", "absent")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let page = clerk.get(done.location()).await;
    assert!(page.texts("main dd").iter().any(|told| told.starts_with("已沖正")), "{}", page.text);
    assert!(page.texts("main form").is_empty(), "there is nothing left to reverse");
    let statement = clerk.get("/residents/r0001/statement").await;
    assert!(statement.texts("tbody td").iter().any(|told| told.contains("未出席")), "{}", statement.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_is_approved_by_a_second_person_who_has_seen_it() {
    let desk = Desk::open().await;
    let entry = posted(&desk).await;
    let request = proto::ProposeCorrectionRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: name("organizations/school"),
        proposed_by: "clerk-09".to_owned(),
        reason: "input_error".to_owned(),
        reversals: vec![proto::CorrectionReversal {
            entry: name(&format!("entries/{entry}")),
            ..Default::default()
        }],
        ..Default::default()
    };
    let correction = desk.owner.corrections.clone().propose_correction(request).await.unwrap().into_inner();
    let correction = correction.correction.unwrap();
    let path = format!("/corrections/{}", correction.proposed_at);
    let mut approver = desk.browser("approver", "").await;
    let waiting = approver.get("/approvals").await;
    assert!(waiting.text.contains(&format!("href=\"{path}\"")), "{}", waiting.text);
    let page = approver.get(&path).await;
    assert!(page.text.contains(&correction.sha256));
    let other =
        approver.submit(&page, "main form", &[("step", "approve"), ("sha256", &"0".repeat(64))]).await;
    assert_eq!(other.status, StatusCode::CONFLICT, "another content than was shown: {}", other.text);
    let mut officer = desk.browser("officer", "").await;
    let seen = officer.get(&path).await;
    assert!(!seen.text.contains("value=\"approve\""), "an officer is no second person");
    let done = approver.submit(&page, "main form", &[("step", "approve")]).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, path.as_str()), "{}", done.text);
    assert!(approver.get(&path).await.texts("main dd").contains(&"已核准".to_owned()));
    assert!(!approver.get("/approvals").await.text.contains(&path));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_closes_a_month_and_is_told_why_one_cannot_be() {
    let desk = Desk::open().await;
    let mut officer = desk.browser("officer", "").await;
    let page = officer.get("/months").await;
    let refused = officer.submit(&page, "main form[action='/months']", &[("month", "2026-05")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    assert!(refused.text.contains("value=\"2026-05\""), "what was typed is kept");
    let done = officer.submit(&page, "main form[action='/months']", &[("month", "2026-04")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert_eq!(officer.get("/months").await.texts("tbody th"), ["2026-04"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standard_is_published_by_a_second_person_and_its_selection_is_looked_at() {
    let desk = Desk::open().await;
    let mut selections = desk.owner.selections.clone();
    let presets =
        desk.owner.evaluations.clone().list_standard_presets(proto::ListStandardPresetsRequest {}).await;
    let document = presets.unwrap().into_inner().documents.remove(0);
    let propose = |document: String| proto::ProposeStandardRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: name("organizations/district"),
        person: "officer-09".to_owned(),
        document,
    };
    // It waits behind many others.
    for n in 0..100 {
        let other = document.replace("standard = \"family-default\"", &format!("standard = \"a{n:03}\""));
        selections.propose_standard(propose(other)).await.unwrap();
    }
    selections.propose_standard(propose(document)).await.unwrap();
    let mut approver = desk.browser("approver", "").await;
    let waiting = approver.get("/approvals").await.text;
    assert!(waiting.contains("/standards/a099/1") && waiting.contains("/standards/family-default/1"));
    let page = approver.get("/standards/family-default/1").await;
    let done = approver.submit(&page, "main form", &[]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let request = proto::OpenSelectionRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: name("organizations/district"),
        person: "officer-09".to_owned(),
        selection_id: "families-2026".to_owned(),
        year: 2026,
        standard: name("standards/family-default"),
        from: "2026-01-01".to_owned(),
        to: "2026-08-31".to_owned(),
        counted_on: "2026-09-30".to_owned(),
        apply_until: "2026-06-30".to_owned(),
    };
    selections.open_selection(request).await.unwrap();
    let request = proto::MakeApplicationRequest {
        name: name("selections/families-2026/applications/households/h001"),
        request_id: fresh(),
        organization: name("organizations/town"),
        person: "clerk-09".to_owned(),
    };
    selections.make_application(request).await.unwrap();
    let mut auditor = desk.browser("auditor", "").await;
    assert_eq!(auditor.get("/selections").await.texts("tbody th"), ["families-2026"]);
    let page = auditor.get("/selections/families-2026").await;
    assert_eq!(page.texts(".stages [aria-current]"), ["申報與評審中"], "{}", page.text);
    let ranking = auditor.get("/ranking?selection=families-2026").await;
    assert_eq!(ranking.texts("tbody th"), ["h001"], "{}", ranking.text);
    let sheet = auditor.get("/households/h001/score?selection=families-2026").await;
    assert_eq!(
        (sheet.status, sheet.texts("h1")),
        (StatusCode::OK, vec!["評分表 · h001".to_owned()]),
        "{}",
        sheet.text
    );
}
