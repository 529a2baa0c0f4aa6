//! What is registered before posting: each thing once, with ids that the same file makes again.

use crate::desk::{Imported, faults, import};

const COURSES: &str = r#"
mapping = "courses"
[columns]
who = "who"
day = "day"
course = "course"
title = "title"
school = "school"
state = "state"
[[skip]]
when = "{state}"
is = "no"
reason = "absent"
[register]
residents = "posted"
[[register.organization]]
id = "district"
display_name = "區"
institution_type = "district"
[[register.organization]]
id = "{school}"
display_name = "School {school|upper}"
institution_type = "citizen_school"
parent = "district"
[register.course]
display_name = "{title}"
nominal_minutes = 90
[register.course.approval]
organization = "district"
valid_from = "{day}"
valid_to = "{day}"
[entry]
form = "online_course"
account = "residents/{who}"
organization = "{school}"
course = "{course}"
version = "v1"
occurred_on = "{day}"
"#;

const SHEET: &str = "who,day,course,title,school,state\n\
    r2,2024-05-02,go,圍棋,a,\n\
    r1,2024-05-01,go,圍棋,a,\n\
    r1,2024-05-03,tea,茶道,b,\n\
    r3,2024-05-03,tea,茶道,b,no\n\
    r4,2024-05-xx,tea,茶道,c,\n";

fn residents(imported: &Imported) -> Vec<(String, Vec<String>)> {
    let batches = imported.registration.residents.iter();
    batches.map(|batch| (batch.organization.clone(), batch.resident_ids.clone())).collect()
}

#[test]
fn each_thing_is_registered_once_in_an_order_that_works() {
    let imported = import(COURSES, SHEET);
    let registration = &imported.registration;
    let organizations: Vec<_> = registration
        .organizations
        .iter()
        .map(|request| {
            let organization = request.organization.as_ref().unwrap();
            (
                request.organization_id.as_str(),
                organization.parent.as_str(),
                organization.display_name.as_str(),
            )
        })
        .collect();
    let district = "ledgers/demo/organizations/district";
    assert_eq!(
        organizations,
        [("district", "", "區"), ("a", district, "School A"), ("b", district, "School B")]
    );
    let courses: Vec<_> = registration.courses.iter().map(|request| request.course_id.as_str()).collect();
    assert_eq!(courses, ["go", "tea"]);
    let versions: Vec<_> = registration
        .versions
        .iter()
        .map(|v| (v.parent.as_str(), v.version_id.as_str(), v.nominal_minutes))
        .collect();
    assert_eq!(versions, [("ledgers/demo/courses/go", "v1", 90), ("ledgers/demo/courses/tea", "v1", 90)]);
    let approval = &registration.approvals[0];
    assert_eq!(approval.name, "ledgers/demo/courses/go/versions/v1");
    assert_eq!((approval.valid_from.as_str(), approval.valid_to.as_str()), ("2024-05-01", "2024-05-02"));
    assert_eq!(approval.organization, district);
}

#[test]
fn accounts_are_opened_as_the_mapping_says() {
    let posted = residents(&import(COURSES, SHEET));
    let of = |school: &str, ids: &[&str]| {
        (
            format!("ledgers/demo/organizations/{school}"),
            ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>(),
        )
    };
    assert_eq!(posted, [of("a", &["r1", "r2"])]);
    let all = import(&COURSES.replace("\"posted\"", "\"all\""), SHEET);
    assert_eq!(residents(&all), [of("a", &["r1", "r2"]), of("b", &["r3"]), of("c", &["r4"])]);
    assert_eq!(all.registration.resident_count(), 4);
    let opened: Vec<_> = all.rows.iter().map(|row| row.resident.as_deref()).collect();
    assert_eq!(opened, [Some("r2"), Some("r1"), Some("r1"), Some("r3"), Some("r4")]);
    let none = import(&COURSES.replace("\"posted\"", "\"none\""), SHEET);
    assert_eq!(none.registration.resident_count(), 0);
    assert!(none.rows.iter().all(|row| row.resident.is_none()));
}

#[test]
fn a_row_without_a_resident_opens_none_and_says_so() {
    let mapping = COURSES.replace("\"posted\"", "\"all\"");
    let totals = import(&mapping, "who,day,course,title,school,state\n合計,,,,a,no\n,,,,,no\n");
    assert_eq!(totals.registration.resident_count(), 0);
    assert!(totals.rows[0].notes[0].message.contains("沒有為這一列開戶"), "{totals:?}");
    assert!(totals.rows[1].notes.is_empty());
}

#[test]
fn more_than_a_thousand_accounts_go_in_several_requests() {
    let rows: String = (0..2_500).map(|i| format!("r{i},2024-05-01,go,圍棋,a,\n")).collect();
    let imported = import(COURSES, &format!("who,day,course,title,school,state\n{rows}"));
    let sizes: Vec<_> =
        imported.registration.residents.iter().map(|batch| batch.resident_ids.len()).collect();
    assert_eq!(sizes, [1_000, 1_000, 500]);
}

#[test]
fn two_contents_for_one_id_are_a_fault_of_the_later_row() {
    let rename = "r5,2024-05-04,go,象棋,a,\n";
    let row = import(COURSES, &format!("{SHEET}{rename}")).rows.pop().unwrap();
    assert_eq!(faults(&row), [("register.course", "ALREADY_REGISTERED")]);
    let nameless = "r5,2024-05-04,chess,,a,\n";
    let row = import(COURSES, &format!("{SHEET}{nameless}")).rows.pop().unwrap();
    assert_eq!(faults(&row), [("title", "FIELD_REQUIRED")]);
}

#[test]
fn the_same_file_makes_the_same_requests_with_ids_of_their_own() {
    let [first, again] = [import(COURSES, SHEET), import(COURSES, SHEET)];
    assert_eq!(first.registration, again.registration);
    assert_eq!(first.rows, again.rows);
    let all = &first.registration;
    let mut ids: Vec<&String> = all.organizations.iter().map(|r| &r.request_id).collect();
    ids.extend(all.courses.iter().map(|r| &r.request_id));
    ids.extend(all.versions.iter().map(|r| &r.request_id));
    ids.extend(all.approvals.iter().map(|r| &r.request_id));
    ids.extend(all.residents.iter().map(|r| &r.request_id));
    assert!(ids.iter().all(|id| (16..=64).contains(&id.len()) && id.starts_with("courses-")));
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
}
