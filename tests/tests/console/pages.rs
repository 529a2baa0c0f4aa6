//! Every page on the demo's data, by the real program: in three languages, with its headers, well formed and in time.

use axum::http::StatusCode;
use creditbank_tests::scriptless::{Answer, Browser};
use creditbank_tests::{Keys, Program};
use scraper::{Html, Selector};
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// Pages that a district's officer sees.
const OFFICER: [&str; 36] = [
    "/",
    "/search",
    "/residents/r0150",
    "/residents/r0150/why",
    "/residents/r0150/statement",
    "/residents/r0150/reads",
    "/households/h001",
    "/households/h001/why",
    "/households/h001/statement",
    "/households/h001/score?window_from=2025-01-01",
    "/organizations",
    "/organizations?year=2025",
    "/organizations/jinma-school",
    "/organizations/jinma-school/statement",
    "/courses",
    "/overview?year=2025",
    "/indicators?year=2025",
    "/indicators/resident-participation?year=2025",
    "/class-list",
    "/class-list/sign-in",
    "/verify",
    "/uploads",
    "/entries",
    "/entries?organization=jinma-school",
    "/entries/539",
    "/batches",
    "/approvals",
    "/policies",
    "/policies/district-default/1",
    "/corrections/new?reversals=539",
    "/months",
    "/selections",
    "/selections/open",
    "/ranking?standard=family-default&window_from=2025-01-01",
    "/audit/events",
    "/audit/verification",
];

/// Pages of other roles, where they see others.
const OTHERS: [(&str, &[&str]); 6] = [
    (
        "clerk",
        &[
            "/",
            "/search",
            "/class-list",
            "/entries",
            "/organizations?year=2025",
            "/overview?year=2025",
            "/months",
            "/applications",
        ],
    ),
    ("approver", &["/", "/approvals", "/months", "/audit"]),
    ("auditor", &["/", "/audit", "/audit/events", "/residents/r0001/reads", "/selections"]),
    ("resident", &["/", "/residents/r0001", "/residents/r0001/why", "/residents/r0001/reads"]),
    ("platform", &["/", "/class-list", "/uploads", "/entries", "/batches"]),
    ("administrator", &["/", "/audit"]),
];

/// Forms on which nothing of the ledger stands.
const BLANK: [&str; 3] = ["/corrections/new", "/selections/open", "/applications"];

/// What a page may take here, where nothing is optimised; released it is to be 100 ms.
const LONGEST: Duration = Duration::from_secs(1);

/// A running demo; killed when dropped.
struct Demo {
    child: Child,
    folder: tempfile::TempDir,
    _keys: Keys,
    console: String,
    /// Held open, so that the program can go on printing.
    _printed: BufReader<ChildStdout>,
}

impl Demo {
    fn start() -> Demo {
        let (folder, keys) = (tempfile::tempdir().unwrap(), Keys::new());
        let mut child = Command::new(Program::path())
            .args(["demo", "--http-addr", "127.0.0.1:0", "--grpc-addr", "127.0.0.1:0", "--key-file"])
            .arg(keys.path())
            .current_dir(folder.path())
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut printed = BufReader::new(child.stdout.take().unwrap());
        let console = loop {
            let mut line = String::new();
            assert!(printed.read_line(&mut line).unwrap() > 0, "the demo ended");
            if let Some((_, address)) = line.split_once("console  ") {
                break address.split('/').take(3).collect::<Vec<_>>().join("/");
            }
        };
        Demo { child, folder, console, _keys: keys, _printed: printed }
    }

    async fn browser(&self, role: &str) -> Browser {
        let file = self.folder.path().join(format!("creditbank-demo-tokens/{role}.token"));
        let token = std::fs::read_to_string(file).unwrap();
        Browser::signed_in(&self.console, &token).await
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn has_the_headers(path: &str, answer: &Answer) {
    let header = |name: &str| answer.headers.get(name).map_or("", |value| value.to_str().unwrap());
    assert_eq!(
        header("content-security-policy"),
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
        "{path}"
    );
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(header(name), value, "{path} {name}");
    }
}

/// What a reader of screens needs, and a parser finds.
fn is_well_formed(path: &str, answer: &Answer) {
    let document = Html::parse_document(&answer.text);
    assert!(document.errors.is_empty(), "{path}: {:?}", document.errors);
    let all = |selector: &str| document.select(&Selector::parse(selector).unwrap()).collect::<Vec<_>>();
    assert_eq!(all("h1").len(), 1, "{path}");
    assert!(all("script, style, [style], [onclick], [onload]").is_empty(), "{path}: nothing inline");
    assert!(all("th:not([scope])").is_empty(), "{path}: a heading of a table says of what");
    assert_eq!(all("table").len(), all("table > caption").len(), "{path}");
    assert_eq!(all("main").len(), 1, "{path}");
    let labelled: Vec<&str> = all("label").iter().filter_map(|label| label.attr("for")).collect();
    for field in all("main input:not([type=hidden]), main select, main textarea") {
        assert!(field.attr("id").is_some_and(|id| labelled.contains(&id)), "{path}: {}", field.html());
    }
    let mut ids: Vec<&str> = all("[id]").iter().filter_map(|element| element.attr("id")).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "{path}: an id twice");
    for form in all("form[method=post]") {
        let csrf = Selector::parse("input[name=csrf]").unwrap();
        assert_eq!(form.select(&csrf).count(), 1, "{path}: {}", form.html());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_answers_in_three_languages_well_formed_and_in_time() {
    let demo = Demo::start();
    let mut times = Vec::new();
    let roles = [("officer", &OFFICER[..])].into_iter().chain(OTHERS);
    for (role, paths) in roles {
        let mut browser = demo.browser(role).await;
        for path in paths {
            let mut headings = Vec::new();
            for tag in ["zh-Hant", "zh-Hans", "en"] {
                browser.cookies.insert("language".to_owned(), tag.to_owned());
                let began = Instant::now();
                let answer = browser.get(path).await;
                times.push((began.elapsed(), role, *path));
                assert_eq!(answer.status, StatusCode::OK, "{role} {path}: {}", answer.text);
                has_the_headers(path, &answer);
                is_well_formed(path, &answer);
                assert!(answer.text.contains(&format!("<html lang=\"{tag}\">")), "{path}");
                assert!(answer.texts(".purpose").iter().all(|told| !told.is_empty()), "{path}");
                let position = answer.texts("footer strong");
                let administers = role == "administrator" && *path == "/";
                let blank = administers || BLANK.iter().any(|form| path.starts_with(form));
                assert_eq!(position.len(), usize::from(!blank), "{path}: the position it is true at");
                headings.push(answer.texts("h1")[0].clone());
            }
            assert!(
                headings[0] != headings[2] || *path == "/organizations/jinma-school",
                "{path}: {headings:?}"
            );
        }
    }
    times.sort_unstable();
    let (longest, role, path) = times.last().unwrap();
    let median = times[times.len() / 2].0;
    println!("{} pages, median {median:?}, the slowest {longest:?}: {role} {path}", times.len());
    assert!(*longest < LONGEST, "{role} {path} took {longest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_page_says_so_and_links_lead_to_pages() {
    let demo = Demo::start();
    let mut officer = demo.browser("officer").await;
    for (path, status) in [
        ("/nothing", StatusCode::NOT_FOUND),
        ("/residents/r9999", StatusCode::NOT_FOUND),
        ("/residents/R%201", StatusCode::BAD_REQUEST),
        ("/rooms/r0001/why", StatusCode::BAD_REQUEST),
        ("/entries/999999", StatusCode::NOT_FOUND),
        ("/policies/district-default/x", StatusCode::NOT_FOUND),
        ("/overview?year=1", StatusCode::BAD_REQUEST),
        ("/residents/%FF", StatusCode::BAD_REQUEST),
    ] {
        let answer = officer.get(path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        has_the_headers(path, &answer);
        is_well_formed(path, &answer);
    }
    let found = officer.get("/search?q=+R0150+").await;
    assert_eq!((found.status, found.location()), (StatusCode::SEE_OTHER, "/residents/r0150"));
    for path in ["/metrics", "/healthz"] {
        assert_eq!(officer.get(path).await.status, StatusCode::OK, "{path} stays");
    }
    // Every link of some pages full of them.
    let selector = Selector::parse("a[href^='/']").unwrap();
    let mut links = std::collections::BTreeSet::new();
    for path in [
        "/",
        "/residents/r0001",
        "/households/h001",
        "/entries",
        "/overview?year=2025",
        "/approvals",
        "/audit",
    ] {
        let page = officer.get(path).await;
        let document = Html::parse_document(&page.text);
        links.extend(document.select(&selector).filter_map(|link| link.attr("href")).map(str::to_owned));
    }
    for link in links.iter().filter(|link| !link.starts_with("/language/")).take(80) {
        let answer = officer.get(link).await;
        assert_eq!(answer.status, StatusCode::OK, "{link}: {}", answer.text);
    }
}
