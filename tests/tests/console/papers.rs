//! Papers from the console: who gets which, what they say, and that they can be checked against the ledger later.

use axum::http::StatusCode;
use creditbank_tests::pdf::{Pdf, solid};
use creditbank_tests::scriptless::Answer;
use creditbank_tests::{Desk, lecture};

/// The district with some lectures of r0001 to r0003.
async fn with_lectures() -> Desk {
    let desk = Desk::behind(Some("https://ledger.example.org")).await;
    for n in 1..=3 {
        for day in ["2026-03-02", "2026-05-20"] {
            desk.owner.ledger.clone().post_entry(lecture(n, day)).await.unwrap();
        }
    }
    desk
}

fn pdf(path: &str, answer: &Answer) -> Pdf {
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    let header = |name: &str| answer.headers.get(name).map_or("", |value| value.to_str().unwrap());
    assert_eq!(header("content-type"), "application/pdf", "{path}");
    assert_eq!(header("cache-control"), "no-store", "{path}");
    assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
    assert!(header("content-disposition").starts_with("inline; filename=\""), "{path}");
    assert!(header("content-disposition").contains("; filename*=UTF-8''"), "{path}");
    Pdf::of(&answer.bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_is_printed_in_three_languages_and_agrees_with_the_ledger_ever_after() {
    let desk = with_lectures().await;
    let mut clerk = desk.browser("clerk", "school").await;
    let path = "/residents/r0001/statement.pdf";
    let mut code = String::new();
    for (tag, words) in [
        ("zh-Hant", ["學分證明", "學分合計", "逐筆明細", "第1頁，共1頁", "開立單位（蓋章）"]),
        ("zh-Hans", ["学分证明", "学分合计", "逐笔明细", "第1页，共1页", "开具单位（盖章）"]),
        ("en", ["Learningstatement", "Totalcredits", "Entries", "Page1of1", "Issuedby(seal)"]),
    ] {
        clerk.cookies.insert("language".to_owned(), tag.to_owned());
        let answer = clerk.get(path).await;
        let pdf = pdf(path, &answer);
        let pages = pdf.pages();
        let text = solid(&pages[0]);
        assert_eq!(pages.len(), 1, "{tag}");
        for word in
            words.into_iter().chain(["機構district", "r0001", "2026-03-02", "2026-05-20", "機構school"])
        {
            assert!(text.contains(word), "{tag} {word}: {text}");
        }
        let codes = pdf.codes(1);
        assert_eq!(codes.len(), 1, "{tag}");
        assert!(code.is_empty() || code == codes[0], "the code is the same in every language");
        code.clone_from(&codes[0]);
    }
    let way = code.strip_prefix("https://ledger.example.org").unwrap().to_owned();
    assert!(way.starts_with("/verify?v=2&l=district&k=statement&s=residents%2Fr0001&"), "{way}");
    // Whoever holds the paper checks it, and nobody asks who they are.
    let mut nobody = creditbank_tests::scriptless::Browser::new(&desk.console);
    let pasted =
        format!("/verify?code={}", form_urlencoded::byte_serialize(code.as_bytes()).collect::<String>());
    // What comes later changes the account, and not what is true of the paper.
    desk.owner.ledger.clone().post_entry(lecture(1, "2026-05-27")).await.unwrap();
    for address in [&way, &pasted] {
        let checked = nobody.get(address).await;
        assert_eq!(checked.texts("main [role=status]").len(), 1, "{}", checked.text);
        let told = checked.texts("main dd");
        assert_eq!(
            (told[0].as_str(), told[4].as_str(), told[5].as_str()),
            ("r0001", "4.00", "180"),
            "{told:?}"
        );
    }
    for forged in [
        way.replace("&c=400", "&c=500"),
        way.replace("r0001", "r0002"),
        way.replace("&p=", "&p=1"),
        way.replace("k=statement", "k=statement&y=2026"),
        way.replace("&g=", "&g=A"),
        "/verify?v=2&l=district".to_owned(),
        "/verify?v=2&l=".to_owned(),
    ] {
        let checked = nobody.get(&forged).await;
        assert!(checked.texts("main [role=status]").is_empty(), "{forged}: {}", checked.text);
        assert_eq!(checked.texts("main [role=alert]").len(), 1, "{forged}: {}", checked.text);
    }
    assert_eq!(nobody.get(&way.replace("l=", "l=other-")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(nobody.get("/verify").await.location(), "/sign-in?back=%2Fverify");
    for bad in ["/verify?v=1&l=district", "/verify?code=r0001"] {
        assert_eq!(clerk.get(bad).await.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    assert_eq!(clerk.get("/verify").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paper_outside_ones_scope_is_the_page_that_is_not_found() {
    let desk = with_lectures().await;
    let mut other = desk.browser("clerk", "other").await;
    for (paper, page) in [
        ("/residents/r0001/statement.pdf", "/residents/r0001/statement"),
        ("/households/h001/statement.pdf", "/households/h001/statement"),
        ("/households/h001/score.pdf", "/households/h001/score"),
        ("/residents/r9999/statement.pdf", "/residents/r9999/statement"),
    ] {
        let (paper, page) = (other.get(paper).await, other.get(page).await);
        assert_eq!(paper.status, StatusCode::NOT_FOUND);
        assert_eq!((paper.status, paper.texts("main")), (page.status, page.texts("main")));
    }
    for (path, status) in [
        ("/organizations/other/statement.pdf", StatusCode::BAD_REQUEST),
        ("/months/2026-13/report.pdf", StatusCode::BAD_REQUEST),
        ("/months/2026-05/report.pdf?organization=school", StatusCode::NOT_FOUND),
        ("/selections/s2026/awards.pdf", StatusCode::FORBIDDEN),
        (
            "/verify?v=1&l=district&k=statement&s=residents%2Fr0001&p=9&d=00000000000000000000000000000000",
            StatusCode::NOT_FOUND,
        ),
    ] {
        let answer = other.get(path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8", "{path}");
    }
    let mut nobody = creditbank_tests::scriptless::Browser::new(&desk.console);
    assert!(
        nobody
            .get("/residents/r0001/statement.pdf")
            .await
            .location()
            .starts_with("/sign-in?back=%2Fresidents")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn score_sheets_and_reports_are_printed_and_agree() {
    let desk = with_lectures().await;
    let mut officer = desk.browser("officer", "").await;
    for (path, words) in [
        ("/households/h001/score.pdf?window_from=2026-01-01", ["評分表", "家庭帳戶h001", "合格分"]),
        ("/months/2026-05/report.pdf", ["月報", "按機構", "機構school"]),
        ("/months/2026/report.pdf?organization=school", ["月報", "2026·機構school", "按類別"]),
    ] {
        let answer = officer.get(path).await;
        let pdf = pdf(path, &answer);
        let text = solid(&pdf.pages().concat());
        for word in words {
            assert!(text.contains(word), "{path} {word}: {text}");
        }
        let way = pdf.codes(1)[0].replace("https://ledger.example.org", "");
        let checked = officer.get(&way).await;
        assert_eq!(checked.texts("main [role=status]").len(), 1, "{path} {way}: {}", checked.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_sheet_has_codes_that_the_class_list_takes() {
    let desk = with_lectures().await;
    let mut clerk = desk.browser("clerk", "school").await;
    let form = clerk.get("/class-list/sign-in").await;
    let given = [
        ("course_version", "tea/v1"),
        ("occurred_on", "2026-05-28"),
        ("start_time", "09:00"),
        ("place", "一樓教室"),
        ("accounts", "r0001\nr0002\nr0003"),
        ("blank", "4"),
    ];
    let sheet = clerk.submit(&form, "main form", &given).await;
    let pdf = pdf("the sheet", &sheet);
    let text = solid(&pdf.pages().concat());
    for word in [
        "簽到表",
        "茶藝",
        "機構school",
        "2026-05-2809:00",
        "一樓教室",
        "簽名",
        "教師（簽名）",
        "單位（蓋章）",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let mut codes = pdf.codes(1);
    codes.sort_unstable();
    assert_eq!(codes, ["r0001", "r0002", "r0003"]);
    let list = clerk.get("/class-list").await;
    let typed = codes.join("\n");
    let preview = clerk
        .submit(
            &list,
            "main form",
            &[
                ("course_version", "tea/v1"),
                ("occurred_on", "2026-05-28"),
                ("minutes", "90"),
                ("step", "preview"),
                ("accounts", &typed),
            ],
        )
        .await;
    assert_eq!(preview.texts("tbody td:last-child"), ["可以記", "可以記", "可以記"]);
    for (field, value) in [("blank", "many"), ("blank", "201"), ("accounts", "r0001 r_2")] {
        let mut given = given.to_vec();
        given.retain(|(name, _)| *name != field);
        given.push((field, value));
        let refused = clerk.submit(&form, "main form", &given).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{field}");
        assert_eq!(refused.texts(&format!("#{field}-wrong")).len(), 1, "{field}: {}", refused.text);
    }
    let mut elsewhere = given.to_vec();
    elsewhere.push(("organization", "nowhere"));
    assert_eq!(clerk.submit(&form, "main form", &elsewhere).await.status, StatusCode::NOT_FOUND);
}
