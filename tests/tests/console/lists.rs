//! Lists as files: what the page says, all pages of it.

use crate::upload::workbook;
use axum::http::{StatusCode, header};
use creditbank_grpc::proto;
use creditbank_grpc::proto::entry::Detail;
use creditbank_tests::scriptless::Answer;
use creditbank_tests::{Desk, LEDGER, draft, fresh, lecture, name};

fn rows(answer: &Answer) -> Vec<csv::StringRecord> {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let mut reader = csv::ReaderBuilder::new();
    reader.flexible(true).has_headers(false);
    reader
        .from_reader(answer.text.trim_start_matches('\u{FEFF}').as_bytes())
        .records()
        .map(Result::unwrap)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_many_pages_is_one_file_and_says_what_its_pages_say() {
    const ENTRIES: usize = 2_300;
    let desk = Desk::open().await;
    let day = |n: usize| {
        let first = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        (first + chrono::Days::new((n / 20) as u64)).to_string()
    };
    for chunk in (0..ENTRIES).collect::<Vec<_>>().chunks(1_000) {
        let requests = chunk.iter().map(|n| lecture(n % 20 + 1, &day(*n)));
        let requests = requests.map(|request| proto::PostEntryRequest { parent: String::new(), ..request });
        let batch = proto::BatchPostEntriesRequest {
            parent: LEDGER.to_owned(),
            requests: requests.collect(),
            atomic: false,
            validate_only: false,
        };
        let answer = desk.owner.ledger.clone().batch_post_entries(batch).await.unwrap().into_inner();
        assert!(answer.verdicts.iter().all(|verdict| verdict.error.is_none()));
    }
    let mut officer = desk.browser("officer", "").await;
    let page = officer.get("/entries").await;
    let links: Vec<String> = page.texts(".files a");
    assert_eq!(links, ["XLSX", "CSV"]);
    let csv = rows(&officer.get("/entries?as=csv").await);
    assert_eq!(csv.len(), ENTRIES + 1);
    assert_eq!(csv[0].iter().collect::<Vec<_>>(), page.texts("thead th"));
    let shown = page.texts("tbody th");
    let given: Vec<&str> = csv[1..].iter().map(|row| &row[0]).collect();
    assert_eq!(given[..shown.len()], shown);
    let mut each = given.clone();
    each.sort_unstable();
    each.dedup();
    assert_eq!(each.len(), ENTRIES, "each once");
    let answer = officer.get("/entries?as=xlsx").await;
    assert_eq!(
        answer.headers[header::CONTENT_DISPOSITION].to_str().unwrap(),
        "attachment; filename=\"entries.xlsx\""
    );
    let xlsx = workbook(&answer);
    assert_eq!(xlsx.len(), ENTRIES + 1);
    assert!(xlsx.iter().zip(&csv).all(|(one, other)| one.iter().eq(other.iter())), "the same in both");
    let statement = rows(&officer.get("/residents/r0001/statement?as=csv").await);
    assert_eq!(statement.len(), ENTRIES / 20 + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_list_has_its_files_and_a_refusal_stays_one() {
    let desk = Desk::open().await;
    desk.owner.ledger.clone().post_entry(lecture(1, "2026-05-20")).await.unwrap();
    let mut officer = desk.browser("officer", "").await;
    for path in [
        "/entries",
        "/organizations?year=2026",
        "/overview?year=2026",
        "/indicators",
        "/residents/r0001/statement",
        "/residents/r0001/why",
        "/audit",
        "/audit/events",
        "/ranking?standard=family-default&window_from=2026-01-01",
    ] {
        let page = officer.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
        let count: usize = page.texts("tbody tr").len();
        if count == 0 {
            assert!(page.texts(".files").is_empty(), "{path}: nothing to give out");
            continue;
        }
        let sign = if path.contains('?') { '&' } else { '?' };
        let csv = rows(&officer.get(&format!("{path}{sign}as=csv")).await);
        assert!(csv.len() > count, "{path}: {count} rows and headings, {csv:?}");
        let xlsx = workbook(&officer.get(&format!("{path}{sign}as=xlsx")).await);
        assert!(xlsx.len() > count, "{path}");
    }
    let mut clerk = desk.browser("clerk", "other").await;
    assert_eq!(clerk.get("/residents/r0001/statement?as=csv").await.status, StatusCode::NOT_FOUND);
    assert_eq!(clerk.get("/audit?as=xlsx").await.status, StatusCode::FORBIDDEN);
    let nobody = creditbank_tests::scriptless::Browser::new(&desk.console).get("/entries?as=csv").await;
    assert_eq!(
        (nobody.status, nobody.location()),
        (StatusCode::SEE_OTHER, "/sign-in?back=%2Fentries%3Fas%3Dcsv")
    );
}

/// A thousand learning organisations and courses whose ids come before those of the usual district.
async fn crowded() -> Desk {
    let desk = Desk::open().await;
    let made = (0..1_000).map(|n| {
        let (mut registry, id) = (desk.owner.registry.clone(), format!("a{n:04}"));
        async move {
            let request = proto::CreateOrganizationRequest {
                parent: LEDGER.to_owned(),
                request_id: fresh(),
                organization_id: id.clone(),
                organization: Some(proto::Organization {
                    parent: name("organizations/town"),
                    institution_type: "citizen_school".to_owned(),
                    display_name: format!("教學點 {id}"),
                    ..Default::default()
                }),
            };
            registry.create_organization(request).await?;
            let course = proto::Course {
                organization: name(&format!("organizations/{id}")),
                display_name: format!("課程 {id}"),
                ..Default::default()
            };
            let request = proto::CreateCourseRequest {
                parent: LEDGER.to_owned(),
                request_id: fresh(),
                course_id: id,
                course: Some(course),
            };
            registry.create_course(request).await
        }
    });
    futures::future::try_join_all(made).await.unwrap();
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_behind_the_first_thousand_can_be_chosen_too() {
    let desk = crowded().await;
    let mut officer = desk.browser("officer", "").await;
    let form = officer.get("/class-list").await;
    let (_, fields) = form.form("main form");
    assert!(fields.contains(&("organization".to_owned(), "district".to_owned())), "who acts: {fields:?}");
    let choices = form.texts("select[name=course_version] option");
    assert_eq!(choices, ["講座", "茶藝（tea/v1）", "茶藝（tea/v2）"]);
    let sheet = officer.get("/class-list/sign-in").await;
    let given = [("course_version", "tea/v1"), ("organization", "school"), ("occurred_on", "2026-05-28")];
    let printed = officer.submit(&sheet, "main form", &given).await;
    assert_eq!(printed.status, StatusCode::OK, "{}", printed.text);
    let template = workbook(&officer.get("/uploads/template.xlsx").await);
    assert_eq!(template[1][2], "tea/v1", "its example is of a course that there is");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_household_with_more_awards_than_are_shown_says_where_the_others_are() {
    let desk = Desk::open().await;
    let mut officer = desk.browser("officer", "").await;
    let further = "/households/h001/statement";
    let link = |page: &Answer| page.text.matches(&format!("href=\"{further}\"")).count();
    let award = |n: u32| {
        let title = Detail::HouseholdAward(proto::HouseholdAward { title: "reading-family".to_owned() });
        let day = chrono::NaiveDate::from_ymd_opt(2025, 1, 1).unwrap() + chrono::Days::new(n.into());
        let entry = proto::Entry {
            account: name("households/h001"),
            organization: name("organizations/town"),
            ..draft(1, &day.to_string(), 0, title)
        };
        proto::PostEntryRequest { request_id: fresh(), entry: Some(entry), ..Default::default() }
    };
    let post = async |awards: std::ops::Range<u32>| {
        let batch = proto::BatchPostEntriesRequest {
            parent: LEDGER.to_owned(),
            requests: awards.map(award).collect(),
            ..Default::default()
        };
        let answer = desk.owner.ledger.clone().batch_post_entries(batch).await.unwrap().into_inner();
        assert!(answer.verdicts.iter().all(|verdict| verdict.error.is_none()), "{answer:?}");
    };
    post(0..100).await;
    let page = officer.get("/households/h001").await;
    assert_eq!(link(&page), 1, "all are shown: {}", page.text);
    post(100..101).await;
    let page = officer.get("/households/h001").await;
    assert_eq!(link(&page), 2, "the last is not: {}", page.text);
    assert!(officer.get(further).await.text.contains("2025-01-01"));
}
