//! What becomes of a row: posted, reported with a reason, or bad with everything that is wrong.

use crate::desk::{entry, faults, import, lecture, problems, request, skipped};
use crate::made::LECTURES;
use creditbank_import::RowOutcome;

const HEADER: &str = "居民碼,日期,時數,狀態\n";

#[test]
fn a_row_becomes_a_request_with_full_names_and_no_parent() {
    let row = lecture(LECTURES, "r0001,2024-05-31,1.5,");
    let request = request(&row);
    let entry = entry(&row);
    assert_eq!(row.number, 2);
    assert_eq!(request.parent, "");
    assert_eq!(entry.account, "ledgers/demo/residents/r0001");
    assert_eq!(entry.organization, "ledgers/demo/organizations/school");
    assert_eq!((entry.occurred_on.as_str(), entry.minutes), ("2024-05-31", 90));
    assert!(request.request_id.starts_with("lectures-2024-05-31-"));
    assert!((16..=64).contains(&request.request_id.len()));
}

#[test]
fn bad_cells_are_told_by_column_and_reason() {
    let table: &[(&str, &[(&str, &str)])] = &[
        ("r0001,2024-05-31,1.333,", &[("時數", "AMOUNT_PRECISION")]),
        ("r0001,2024-05-31,一,", &[("時數", "AMOUNT_PRECISION")]),
        ("r0001,2024-05-31,0,", &[("時數", "AMOUNT_NOT_POSITIVE")]),
        ("r0001,2024-05-31,-1,", &[("時數", "AMOUNT_NOT_POSITIVE")]),
        ("r0001,2024-05-31,,", &[("時數", "AMOUNT_NOT_POSITIVE")]),
        ("r0001,2024-05-31,99999,", &[("時數", "AMOUNT_ABOVE_LIMIT")]),
        ("r0001,113/05/31,1,", &[("日期", "DATE_FORMAT")]),
        ("r0001,2024-02-30,1,", &[("日期", "DATE_NOT_IN_CALENDAR")]),
        ("r0001,,1,", &[("日期", "FIELD_REQUIRED")]),
        (",2024-05-31,1,", &[("居民碼", "FIELD_REQUIRED")]),
        ("王小明,2024-05-31,1,", &[("居民碼", "FIELD_INVALID")]),
        (
            ",31.5.2024,x,",
            &[("居民碼", "FIELD_REQUIRED"), ("日期", "DATE_FORMAT"), ("時數", "AMOUNT_PRECISION")],
        ),
        ("r0001,2024-05-31,1", &[("file", "IMPORT_ROW")]),
        ("r0001,2024-05-31,1,,x", &[("file", "IMPORT_ROW")]),
    ];
    for (row, expected) in table {
        let row = lecture(LECTURES, row);
        assert_eq!(faults(&row), *expected, "{row:?}");
        for problem in problems(&row) {
            assert!(problem.message.contains('。') && problem.message.ends_with('.'), "{problem}");
        }
    }
}

#[test]
fn surplus_blank_cells_are_no_fault() {
    assert!(matches!(lecture(LECTURES, "r0001,2024-05-31,1,,,").outcome, RowOutcome::Post(_)));
}

#[test]
fn full_width_and_capitals_are_taken_and_noted() {
    let row = lecture(LECTURES, "　Ｒ０００１ ,2024-05-31,１．５,");
    assert_eq!(entry(&row).account, "ledgers/demo/residents/r0001");
    assert_eq!(entry(&row).minutes, 90);
    let notes: Vec<_> = row.notes.iter().map(|note| (note.column.as_str(), note.message.as_str())).collect();
    assert_eq!(notes.len(), 3);
    assert_eq!(
        notes[0],
        ("居民碼", "全形已改半形：「Ｒ０００１」→「R0001」。Full-width characters were made half-width.")
    );
    assert!(notes[1].1.contains("「residents/R0001」→「residents/r0001」"));
    assert!(notes[2].1.contains("「１．５」→「1.5」"));
    assert!(lecture(LECTURES, "r0001,2024-05-31,1.5,").notes.is_empty());
}

#[test]
fn years_of_the_republic_are_converted_where_declared_and_shown() {
    let mapping = format!(
        "{}\n[date.held]\ntext = \"{{day}}\"\nformats = [\"民國ROC年M月D日\", \"ROC/MM/DD\"]\nplus_days = -1",
        LECTURES.replace("\"{day}\"", "\"{held}\"")
    );
    for day in ["民國113年5月31日", "113/05/31", "１１３／０５／３１"] {
        let row = lecture(&mapping, &format!("r0001,{day},1,"));
        assert_eq!(entry(&row).occurred_on, "2024-05-30");
        assert!(row.notes.iter().any(|note| note.message.contains("2024-05-31")), "{row:?}");
    }
    assert_eq!(faults(&lecture(&mapping, "r0001,2024-05-31,1,")), [("日期", "DATE_FORMAT")]);
    assert_eq!(faults(&lecture(&mapping, "r0001,113/02/30,1,")), [("日期", "DATE_NOT_IN_CALENDAR")]);
}

#[test]
fn rows_that_are_no_entries_are_reported_with_the_first_reason_that_fits() {
    let mapping = format!(
        "{LECTURES}{}",
        r#"
[[skip]]
when = "{who}"
contains = "計"
reason = "totals"
[[skip]]
when = "{state}"
is = ["Withdrawn", "Ｆａｉｌ"]
reason = "{state}: not a completion{hours}"
[[skip]]
when = "{hours}"
below = "0.5"
reason = "too short"
[[skip]]
when = "{state}"
is_not = ["Pass", ""]
reason = "unknown state {state}"
"#
    );
    let table = [
        ("合計,,,", "totals"),
        ("合 計,,x,Fail", "totals"),
        ("r1,bad,,Withdrawn", "Withdrawn: not a completion"),
        ("r1,bad,bad,Fail", "Fail: not a completionbad"),
        ("r1,2024-05-31,0.49,Pass", "too short"),
        ("r1,2024-05-31,1,pass", "unknown state pass"),
        (",,,", "空白列。The row is blank."),
        ("合計", "totals"),
    ];
    for (row, reason) in table {
        assert_eq!(skipped(&lecture(&mapping, row)), reason, "{row}");
    }
    assert!(matches!(lecture(&mapping, "r1,2024-05-31,1,Pass").outcome, RowOutcome::Post(_)));
    assert!(matches!(lecture(&mapping, "r1,2024-05-31,0.5,").outcome, RowOutcome::Post(_)));
    assert_eq!(faults(&lecture(&mapping, "r1,2024-05-31,x,Pass")), [("時數", "AMOUNT_PRECISION")]);
}

#[test]
fn the_same_row_twice_is_one_entry_and_the_same_id_for_two_is_a_fault() {
    let twice =
        format!("{HEADER}r0001,2024-05-31,1.5,\nr0002,2024-05-31,1.5,\nＲ０００１,2024-05-31,1.50,later\n");
    let rows = import(LECTURES, &twice).rows;
    assert_eq!(skipped(&rows[2]), "和第 2 列相同，只記一次。The same as row 2: recorded once.");

    let mapping = LECTURES.replace("[entry]", "[entry]\nrequest_id = \"lectures-{day}-{who|pad:8}\"");
    let clash = format!("{HEADER}r0001,2024-05-31,1.5,\nr0001,2024-05-31,1.5,\nr0001,2024-05-31,2,\n");
    let rows = import(&mapping, &clash).rows;
    assert_eq!(request(&rows[0]).request_id, "lectures-2024-05-31-000r0001");
    assert!(skipped(&rows[1]).contains("row 2"));
    assert_eq!(faults(&rows[2]), [("居民碼、日期", "IDEMPOTENCY_KEY_REUSED")]);
    assert_eq!(
        faults(&lecture(&mapping.replace("lectures-{day}-{who|pad:8}", "{who}"), "r0001,2024-05-31,1,")),
        [("居民碼", "IDEMPOTENCY_KEY_INVALID")]
    );
}

#[test]
fn a_bad_row_does_not_stand_for_a_good_one_behind_it() {
    let mapping = format!(
        "{LECTURES}\n[register]\nresidents = \"all\"\n[[register.organization]]\nid = \"school\"\n\
         display_name = \"{{state}}\"\ninstitution_type = \"school\""
    );
    let rows =
        import(&mapping, &format!("{HEADER}r1,2024-05-31,1,\nr1,2024-05-31,1,School\nr2,2024-05-31,1\n"))
            .rows;
    assert_eq!(faults(&rows[0]), [("狀態", "FIELD_REQUIRED")]);
    assert_eq!(entry(&rows[1]).account, "ledgers/demo/residents/r1");
    assert_eq!((rows[0].resident.as_deref(), rows[2].resident.as_deref()), (Some("r1"), None));
}

#[test]
fn request_ids_depend_on_what_is_posted_and_on_nothing_else() {
    let id = |mapping: &str, row: &str| request(&lecture(mapping, row)).request_id.clone();
    let first = id(LECTURES, "r0001,2024-05-31,1.5,");
    assert_eq!(first, "lectures-2024-05-31-e9344a19dec28ccb7eb54dd00328dddd");
    assert_eq!(id(LECTURES, " r0001 ,2024-05-31,1.50,a remark"), first);
    assert_ne!(id(LECTURES, "r0001,2024-05-31,2,"), first);
    assert_ne!(id(&LECTURES.replace("\"lectures\"", "\"other\""), "r0001,2024-05-31,1.5,"), first);
}

#[test]
fn lookups_maps_and_filters_work_together() {
    let mapping = format!(
        "{}{}",
        LECTURES.replace("\"school\"", "\"{schools.id}\"").replace(
            "minutes = \"{minutes}\"",
            "minutes = \"{schools.minutes}\"\nsubject = \"{state|map:subject|or:general}\""
        ),
        r#"
[map.subject]
"書法" = "arts"
[[lookup]]
name = "schools"
on = { prefix = "{who|first:1|lower}", year = "{day|first:4}" }
rows = [
    { prefix = "r", year = 2024, id = "north", minutes = 45 },
    { prefix = "s", year = 2024, id = "south", minutes = 60 },
]
"#
    );
    let row = lecture(&mapping, "S0001,2024-05-31,,書法");
    assert_eq!(entry(&row).organization, "ledgers/demo/organizations/south");
    assert_eq!((entry(&row).minutes, entry(&row).subject.as_str()), (60, "arts"));
    assert_eq!(entry(&lecture(&mapping, "r1,2024-05-31,,")).subject, "general");
    let row = lecture(&mapping, "r0001,2025-05-31,,茶道");
    assert_eq!(faults(&row), [("居民碼、日期", "LOOKUP_NOT_FOUND"), ("狀態", "VALUE_NOT_MAPPED")]);
    assert!(problems(&row)[0].message.contains("r、2025"), "{row:?}");
}

#[test]
fn a_blank_cell_never_becomes_half_an_id() {
    let mapping = LECTURES.replace("residents/{who}", "residents/ou-{who}");
    assert_eq!(faults(&lecture(&mapping, ",2024-05-31,1,")), [("居民碼", "FIELD_REQUIRED")]);
    assert_eq!(
        entry(&lecture(&mapping.replace("{who}", "{who|or:guest}"), ",2024-05-31,1,")).account,
        "ledgers/demo/residents/ou-guest"
    );
}
