//! A long sheet with mistakes of many kinds.

/// Cells of a row: account, form, course, day, minutes, session, start, end, kind, attestor.
type Cells = [&'static str; 10];

/// What a mistake puts into a good row, and the reason it is told with.
pub const MISTAKES: [(usize, &str, &str); 20] = [
    (0, "r9999", "RESIDENT_NOT_FOUND"),
    (0, "", "FIELD_REQUIRED"),
    (0, "r_1!", "FIELD_INVALID"),
    (0, "1.10105E+17", "ID_PRECISION_LOST"),
    (0, "110105199003070000", "ID_PRECISION_LOST"),
    (1, "演講", "VALUE_NOT_MAPPED"),
    (2, "=1+1", "IMPORT_ACTIVE_CONTENT"),
    (3, "", "FIELD_REQUIRED"),
    (3, "昨天", "DATE_FORMAT"),
    (3, "115/3/5", "DATE_FORMAT"),
    (3, "46086", "DATE_FORMAT"),
    (3, "2026-02-30", "DATE_NOT_IN_CALENDAR"),
    (9, "nowhere", "ORGANIZATION_NOT_FOUND"),
    (4, "", "AMOUNT_NOT_POSITIVE"),
    (4, "0", "AMOUNT_NOT_POSITIVE"),
    (4, "90.5", "AMOUNT_PRECISION"),
    (4, "九十", "AMOUNT_PRECISION"),
    (4, "999999", "AMOUNT_ABOVE_LIMIT"),
    (6, "25:00", "FIELD_INVALID"),
    (3, "2027-01-01", "OCCURRED_IN_FUTURE"),
];
/// Rows below its headings.
pub const ROWS: usize = 2_000;
/// How many of them are wrong: of every kind once, and of most twice.
pub const BAD: usize = 37;

fn good(n: usize) -> Vec<String> {
    let day = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::Days::new((n / 20) as u64);
    let account = format!("r{:04}", n % 20 + 1);
    let cells: Cells = ["", "講座", "", "", "90", "", "", "", "", ""];
    let mut cells = cells.map(str::to_owned).to_vec();
    (cells[0], cells[3]) = (account, day.to_string());
    cells
}

/// The sheet; `wrong` says whether its mistakes are in it. Those of a row are spread over it.
pub fn sheet(wrong: bool) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let headings = [
        "居民帳戶",
        "學習形式",
        "課程版本",
        "日期",
        "分鐘",
        "場次",
        "開始時間",
        "結束時間",
        "類別",
        "證明機構",
    ];
    writer.write_record(headings).unwrap();
    for n in 0..ROWS {
        let mut cells = good(n);
        if wrong && n % 50 == 7 && n / 50 < BAD {
            let (column, text, _) = MISTAKES[n / 50 % MISTAKES.len()];
            text.clone_into(&mut cells[column]);
            if column == 2 {
                cells[1] = "線下課程".to_owned();
            }
            if column == 6 {
                cells[7] = "10:00".to_owned();
            }
        }
        writer.write_record(cells).unwrap();
    }
    writer.into_inner().unwrap()
}
