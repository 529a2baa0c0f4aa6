//! A template, as it comes and as it comes back.

use super::{fact, step, upload, workbook};
use axum::http::header;
use creditbank_tests::Desk;
use rust_xlsxwriter::Workbook;

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_was_filled_in_asks_nothing() {
    let desk = Desk::open().await;
    let mut clerk = desk.browser("clerk", "school").await;
    for (tag, account, example) in
        [("zh-Hant", "居民帳戶", "範例"), ("zh-Hans", "居民账户", "范例"), ("en", "Account", "Example")]
    {
        clerk.cookies.insert("language".to_owned(), tag.to_owned());
        let template = clerk.get("/uploads/template.xlsx").await;
        assert!(template.headers[header::CONTENT_DISPOSITION].to_str().unwrap().contains("template.xlsx"));
        let rows = workbook(&template);
        assert_eq!((rows[0][0].as_str(), rows[1][0].as_str()), (account, example));
        assert_eq!((rows[1][3].as_str(), rows[1][4].as_str()), ("2026-05-20", "90"));
        // As it is: the example is none.
        let (_, preview) = upload(&mut clerk, ("template.xlsx", &template.bytes), &[]).await;
        assert!(!preview.text.contains("value=\"record\""), "{}", preview.text);

        let mut filled = Workbook::new();
        let sheet = filled.add_worksheet();
        sheet.write_row(0, 0, &rows[0]).unwrap();
        sheet.write_row(1, 0, &rows[1]).unwrap();
        sheet.write_row(2, 0, ["r0001", &rows[1][1], "tea/v1", "2026-05-21", "90"]).unwrap();
        let (here, preview) = upload(&mut clerk, ("五月.xlsx", &filled.save_to_buffer().unwrap()), &[]).await;
        clerk.cookies.insert("language".to_owned(), "zh-Hant".to_owned());
        let preview = if tag == "zh-Hant" { preview } else { clerk.get(&here).await };
        let word = if tag == "zh-Hant" { "可記人次" } else { "先前已記，不會再記" };
        assert_eq!(
            fact(&preview, word),
            "1",
            "{tag}: the same row in any language is the same: {}",
            preview.text
        );
        if tag == "zh-Hant" {
            let result = step(&mut clerk, &preview, &here, &[("step", "record")]).await;
            assert_eq!(fact(&result, "新記"), "1", "{}", result.text);
        }
    }
    assert_eq!(desk.entries().await, 1);
}
