//! The example of the documentation is imported as it stands.

use crate::desk::{entry, import_file, skipped};
use creditbank_import::RowOutcome;
use std::path::Path;

#[test]
fn the_class_list_of_the_documentation_needs_no_editing() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples");
    let mapping = std::fs::read_to_string(examples.join("class-list.toml")).unwrap();
    let imported = import_file(&mapping, &examples.join("class-list.csv")).unwrap();
    let posted: Vec<_> = imported
        .rows
        .iter()
        .filter(|row| matches!(row.outcome, RowOutcome::Post(_)))
        .map(|row| {
            let entry = entry(row);
            let resident = entry.account.rsplit('/').next().unwrap_or_default();
            (row.number, resident, entry.occurred_on.as_str(), entry.session.as_str(), entry.minutes)
        })
        .collect();
    assert_eq!(
        posted,
        [
            (3, "r0001", "2024-09-05", "morning", 90),
            (4, "r0002", "2024-09-05", "morning", 90),
            (6, "r0001", "2024-09-12", "morning", 90),
            (7, "r0002", "2024-09-12", "morning", 45),
            (8, "r0004", "2024-10-03", "afternoon", 120),
            (9, "r0004", "2024-10-03", "evening", 120),
        ]
    );
    let reasons: Vec<_> = [2, 7, 8].map(|place: usize| skipped(&imported.rows[place])).to_vec();
    assert_eq!(
        reasons,
        [
            "r0003 沒有出席，不記學時。Absent: nothing to record.",
            "空白列。The row is blank.",
            "合計列，不是學員。A line of totals.",
        ]
    );
    let registration = &imported.registration;
    assert_eq!((registration.organizations.len(), registration.courses.len()), (2, 2));
    assert_eq!(registration.resident_count(), 4);
}
