//! Files that are made to harm, sent through the page: each is refused in words and in time.

use super::{settled, upload};
use crate::{files, made};
use axum::http::StatusCode;
use creditbank_tests::Desk;
use std::time::{Duration, Instant};

/// RELIABILITY §5, threat 10: 1 s; ten in a build that is not optimised, beside other tests.
const LONGEST: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn every_hostile_file_is_refused_in_words_and_in_time() {
    let desk = Desk::open().await;
    let mut clerk = desk.browser("clerk", "school").await;
    let form = clerk.get("/uploads").await;
    let (mut slowest, mut failed) = ((Duration::ZERO, ""), Vec::new());
    let all = files::all();
    let count = all.len();
    for file in all {
        let began = Instant::now();
        let name = format!("{}.xlsx", file.name.replace(' ', "-"));
        let mut told = clerk.send(&form, (&name, &file.bytes), &[("mapping", made::LECTURES)]).await;
        if told.status == StatusCode::SEE_OTHER {
            let here = told.location().to_owned();
            told = settled(&mut clerk, &here).await;
        }
        let took = began.elapsed();
        slowest = slowest.max((took, file.name));
        let said = told.texts("[role=alert], .wrong").join(" ");
        if !(told.text.contains(file.reason) && said.contains(file.word) && said.contains('。'))
            || took > LONGEST
        {
            failed.push((
                file.name,
                file.reason,
                took,
                told.status,
                said.chars().take(200).collect::<String>(),
            ));
        }
    }
    println!("{count} hostile files through the page, the slowest {} in {:?}", slowest.1, slowest.0);
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(desk.entries().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn headings_twice_wrong_encodings_and_empty_files_are_told() {
    let desk = Desk::open().await;
    let mut clerk = desk.browser("clerk", "school").await;
    let form = clerk.get("/uploads").await;
    for (bytes, reason) in [
        (&b""[..], "FIELD_INVALID"),
        (&b"\n\n"[..], "IMPORT_HEADER"),
        (&b"\xFF\xFF\xFF,\xFF\n"[..], "IMPORT_ENCODING"),
        (&b"a,b\n\0,1\n"[..], "IMPORT_ENCODING"),
    ] {
        let told = clerk.send(&form, ("名冊.csv", bytes), &[]).await;
        assert_eq!(told.status, StatusCode::BAD_REQUEST, "{}", told.text);
        assert!(told.text.contains(reason) || told.texts("#file-wrong").len() == 1, "{}", told.text);
    }
    let twice = "帳號,日期,分鐘,日期\nr0001,2026-05-20,90,\n";
    let (here, columns) = upload(&mut clerk, ("名冊.csv", twice.as_bytes()), &[]).await;
    let chosen = [("whole_form", "lecture"), ("step", "columns")];
    let told = super::step(&mut clerk, &columns, &here, &chosen).await;
    assert!(told.text.contains("IMPORT_HEADER") && told.text.contains("出現兩次"), "{}", told.text);

    // Sheets in Big5 and GB 18030 are told by their headings.
    for (encoding, text) in [
        (encoding_rs::BIG5, "居民帳戶,日期,分鐘\nr0001,2026-05-20,90\n"),
        (encoding_rs::GB18030, "居民账户,日期,分钟\nr0002,2026-05-20,90\n"),
    ] {
        let bytes = encoding.encode(text).0;
        let (here, columns) = upload(&mut clerk, ("名冊.csv", &bytes), &[]).await;
        let preview = super::step(&mut clerk, &columns, &here, &chosen).await;
        assert_eq!(super::fact(&preview, "可記人次"), "1", "{encoding:?} {}", preview.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_past_the_limit_is_refused_and_the_browser_hears_why() {
    let desk = Desk::open().await;
    let mut clerk = desk.browser("clerk", "school").await;
    let form = clerk.get("/uploads").await;
    let large = vec![b'a'; (32 << 20) + 1];
    let told = clerk.send(&form, ("large.csv", &large), &[]).await;
    assert_eq!(told.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(told.text.contains("32 MiB"), "{}", told.text);
}
