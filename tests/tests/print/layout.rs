//! Pages: text in reading order, heads on each page, rows whole, codes that scanners read, bytes that stay.

use creditbank_print::{
    Align, Block, Cell, Code, Column, Document, Language, MOST_ROWS, PrintError, Table, print,
};
use creditbank_tests::pdf::{Pdf, solid};
use std::time::Instant;

/// Bytes of a paper: of the font and frame, and of each row (our own default).
const BOUND: usize = 100_000;
const ROW: usize = 2_500;

fn column(head: &str, share: u16, align: Align) -> Column {
    Column { head: head.to_owned(), share, align }
}

/// The columns of a statement, with so many rows; every seventh takes three lines.
fn table(heads: [&str; 4], rows: usize) -> Table {
    let [number, day, school, minutes] = heads;
    let columns = vec![
        column(number, 2, Align::Right),
        column(day, 3, Align::Left),
        column(school, 5, Align::Left),
        column(minutes, 2, Align::Right),
    ];
    let row = |n: usize| {
        let school = if n % 7 == 3 {
            "第一社區市民學校與老年大學聯合教學點暨家長學校第二教學點"
        } else {
            "第一社區學校"
        };
        [format!("<{n}"), "2026-03-01".to_owned(), school.to_owned(), format!("{n}>")]
            .map(Cell::Text)
            .to_vec()
    };
    let total = ["".into(), Cell::from("Σ"), "".into(), "0".into()].to_vec();
    Table { columns, rows: (1..=rows).map(row).collect(), total, row_mm: 0 }
}

fn paper(language: Language, rows: usize) -> Document {
    let [issuer, title, subject, caption, label, value, heading, text, note, seal, foot] = match language {
        Language::Hant => [
            "示範區學習指導中心",
            "學分證明",
            "居民 0001",
            "掃描查驗",
            "學分合計",
            "12.50",
            "逐筆明細",
            "一段話。",
            "小字說明。",
            "開立單位（蓋章）",
            "帳本 district，位置 7",
        ],
        Language::Hans => [
            "示范区学习指导中心",
            "学分证明",
            "居民 0001",
            "扫描查验",
            "学分合计",
            "12.50",
            "逐笔明细",
            "一段话。",
            "小字说明。",
            "开具单位（盖章）",
            "账本 district，位置 7",
        ],
        Language::En => [
            "Demo learning centre",
            "Learning statement",
            "Resident 0001",
            "Scan to check",
            "Total credits",
            "12.50",
            "Entries",
            "A paragraph.",
            "Small print.",
            "Issued by (seal)",
            "Ledger district, position 7",
        ],
    }
    .map(str::to_owned);
    let heads = match language {
        Language::Hant => ["號", "日期", "機構", "分鐘"],
        Language::Hans => ["编号", "日期", "机构", "分钟"],
        Language::En => ["No.", "Date", "School", "Minutes"],
    };
    Document {
        language,
        issuer,
        title,
        subject,
        code: Some(Code { payload: "creditbank:verify?v=1&l=district&k=statement".to_owned(), caption }),
        facts: vec![(label, value)],
        blocks: vec![
            Block::Heading(heading),
            Block::Table(table(heads, rows)),
            Block::Text(text),
            Block::Note(note),
            Block::Seals(vec![seal]),
        ],
        foot,
    }
}

fn cells(row: &[Cell]) -> String {
    row.iter().map(|cell| if let Cell::Text(text) = cell { text.as_str() } else { "" }).collect()
}

/// All texts of a page of one sheet, in reading order.
fn reading(document: &Document, page: &str) -> String {
    let mut all = format!("{}{}{}", document.issuer, document.title, document.subject);
    all.extend(document.facts.iter().map(|(label, value)| format!("{label}{value}")));
    all.extend(document.code.iter().map(|code| code.caption.clone()));
    for block in &document.blocks {
        match block {
            Block::Heading(text) | Block::Text(text) | Block::Note(text) => all.push_str(text),
            Block::Seals(places) => all.extend(places.iter().map(String::as_str)),
            Block::Table(table) => {
                all.extend(table.columns.iter().map(|column| column.head.as_str()));
                all.extend(table.rows.iter().chain([&table.total]).map(|row| cells(row)));
            }
        }
    }
    solid(&(all + &document.foot + page))
}

#[test]
fn the_text_of_a_paper_is_what_was_put_in_in_three_languages() {
    for (language, page) in [
        (Language::Hant, "第 1 頁，共 1 頁"),
        (Language::Hans, "第 1 页，共 1 页"),
        (Language::En, "Page 1 of 1"),
    ] {
        let document = paper(language, 9);
        let printed = print(&document).unwrap();
        let pdf = Pdf::of(&printed.pdf);
        let pages = pdf.pages();
        assert_eq!((pages.len(), printed.pages, printed.lacking), (1, 1, 0));
        assert_eq!(solid(&pages[0]), reading(&document, page), "{language:?}");
        assert_eq!(pdf.codes(1), [document.code.unwrap().payload], "{language:?}");
        let fonts = pdf.fonts();
        assert_eq!(fonts.len(), 1, "{fonts:?}");
        assert!(fonts[0].0.contains('+') && fonts[0].0.contains("NotoSansCJKtc"), "{fonts:?}");
        assert_eq!(fonts[0].1, [true; 3], "embedded, a subset, with its text");
    }
}

#[test]
fn a_thousand_lines_are_paged_whole_and_soon() {
    let document = paper(Language::Hant, 1_000);
    let began = Instant::now();
    let printed = print(&document).unwrap();
    println!("1,000 rows: {:?}, {} pages, {} bytes", began.elapsed(), printed.pages, printed.pdf.len());
    assert!(printed.pdf.len() < BOUND + 1_000 * ROW, "{} bytes", printed.pdf.len());
    assert_eq!(print(&document).unwrap(), printed, "the same bytes");
    let pages = Pdf::of(&printed.pdf).pages();
    assert_eq!(pages.len(), printed.pages);
    let mut seen = 0;
    for (n, page) in (1..).zip(&pages) {
        let solid = solid(page);
        assert!(solid.contains(&format!("第{n}頁，共{}頁", pages.len())), "page {n}");
        assert!(solid.contains("帳本district，位置7"), "page {n}");
        // A page of rows has the head once; the last may have nothing but what stands behind the table.
        let rows: Vec<usize> =
            page.lines().filter_map(|line| line.strip_prefix('<')?.split(' ').next()?.parse().ok()).collect();
        assert_eq!(
            solid.matches("號日期機構分鐘").count(),
            usize::from(!rows.is_empty() || solid.contains('Σ')),
            "page {n}"
        );
        for row in rows {
            assert_eq!(row, seen + 1, "page {n}");
            assert!(solid.contains(&format!("{row}>")), "row {row} ends on its page");
            seen = row;
        }
    }
    assert_eq!(seen, 1_000);
}

#[test]
fn nothing_but_too_much_is_refused() {
    let error = print(&paper(Language::Hant, MOST_ROWS + 1)).unwrap_err();
    assert!(matches!(error, PrintError::TooLong), "{error}");
    let mut document = paper(Language::Hant, 1);
    document.code = Some(Code { payload: "x".repeat(3_000), caption: String::new() });
    assert!(matches!(print(&document).unwrap_err(), PrintError::CodeTooLong));
    // A cell that is longer than a page goes over pages, and nothing of it is lost.
    let long = "活到老學到老。".repeat(600);
    document.code = None;
    document.blocks = vec![Block::Table(Table {
        columns: vec![column("一", 1, Align::Left), column("二", 3, Align::Left)],
        rows: vec![vec!["甲".into(), Cell::from(long.as_str())], vec!["乙".into()]],
        total: vec![],
        row_mm: 0,
    })];
    let printed = print(&document).unwrap();
    assert!(printed.pages > 1);
    let pages = Pdf::of(&printed.pdf).pages();
    assert_eq!(pages.concat().matches("活").count(), 600);
    // Nor is a document of nothing.
    document.blocks = vec![Block::Table(table(["", "", "", ""], 0)), Block::Seals(vec![])];
    assert_eq!(print(&document).unwrap().pages, 1);
}

#[test]
fn each_row_of_a_sheet_has_a_code_that_scanners_read() {
    let ids: Vec<String> = (1..=30).map(|n| format!("r{n:06}")).collect();
    let columns =
        vec![column("序", 1, Align::Right), column("條碼", 2, Align::Left), column("簽名", 4, Align::Left)];
    let rows = ids.iter().map(|id| vec![Cell::from("1"), Cell::Code(id.clone()), "".into()]);
    let mut document = paper(Language::Hant, 0);
    document.code = None;
    document.blocks = vec![Block::Table(Table { columns, rows: rows.collect(), total: vec![], row_mm: 13 })];
    let printed = print(&document).unwrap();
    let pdf = Pdf::of(&printed.pdf);
    let mut read: Vec<String> = (1..=printed.pages).flat_map(|page| pdf.codes(page)).collect();
    read.sort_unstable();
    assert_eq!(read, ids);
}
