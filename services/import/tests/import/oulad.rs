//! Real learners: the Open University's data, where `CREDITBANK_OULAD_DIR` names its folder; else thirty invented rows
//! of the same shape.

use crate::desk::{entry, import_file, request, skipped};
use creditbank_grpc::proto::entry::Detail;
use creditbank_import::RowOutcome;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Rows, posts, skipped rows, residents, course versions.
type Counts = (usize, usize, usize, usize, usize);

#[test]
fn passes_are_posted_withdrawals_and_fails_are_reported_and_every_learner_gets_an_account() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (folder, expected): (PathBuf, Counts) = match std::env::var_os("CREDITBANK_OULAD_DIR") {
        Some(folder) => (folder.into(), (32_593, 15_385, 17_208, 28_785, 22)),
        None => (here.join("tests/oulad"), (30, 16, 14, 27, 4)),
    };
    let mapping = std::fs::read_to_string(here.join("../../tests/mappings/oulad.toml")).unwrap();
    let imported = import_file(&mapping, &folder.join("studentInfo.csv")).unwrap();
    let rows = &imported.rows;
    let (posts, others): (Vec<_>, Vec<_>) =
        rows.iter().partition(|row| matches!(row.outcome, RowOutcome::Post(_)));
    let registration = &imported.registration;
    let counts =
        (rows.len(), posts.len(), others.len(), registration.resident_count(), registration.versions.len());
    assert_eq!(counts, expected);
    for row in others {
        let reason = skipped(row);
        assert!(["Withdrawn: not a completion", "Fail: not a completion"].contains(&reason), "{reason}");
    }
    let ids: BTreeSet<_> = posts.iter().map(|row| &request(row).request_id).collect();
    assert_eq!(ids.len(), posts.len());
    assert!(ids.iter().all(|id| id.len() == 24 && id.starts_with("oulad-")));
    assert!(rows.iter().all(|row| row.resident.as_deref().is_some_and(|id| id.starts_with("ou-"))));
    assert!(rows.iter().all(|row| row.notes.is_empty()));
    assert_eq!(rows.last().map(|row| row.number), Some(rows.len() as u64 + 1));
    assert_eq!(registration.organizations.len(), 1);
    assert_eq!(registration.approvals.len(), registration.versions.len());
}

#[test]
fn a_completion_states_its_course_days_and_minutes() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mapping = std::fs::read_to_string(here.join("../../tests/mappings/oulad.toml")).unwrap();
    let imported = import_file(&mapping, &here.join("tests/oulad/studentInfo.csv")).unwrap();
    let row = &imported.rows[0];
    let entry = entry(row);
    assert_eq!(request(row).request_id, "oulad-aaa-2013j-00900001");
    assert_eq!(entry.account, "ledgers/demo/residents/ou-900001");
    assert_eq!((entry.started_on.as_str(), entry.occurred_on.as_str()), ("2013-10-01", "2014-06-26"));
    assert_eq!(entry.minutes, 240 * 600);
    let Some(Detail::OnlineCourse(course)) = &entry.detail else { panic!("{entry:?}") };
    assert_eq!(course.course_version, "ledgers/demo/courses/aaa/versions/2013j");
    let approval = &imported.registration.approvals[0];
    assert_eq!((approval.valid_from.as_str(), approval.valid_to.as_str()), ("2013-10-01", "2014-06-26"));
}
