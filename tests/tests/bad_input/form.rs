//! What is wrong with an entry whatever the state of the ledger: ids, amounts, dates, times, digests, choices.

use crate::request::{post, post_detail, posted};
use crate::row::{Row, row};
use creditbank_grpc::proto;
use creditbank_tests::{LEDGER, draft, lecture, name};
use ledger_core::Reason;
use proto::entry::Detail;
use tonic::Code::{InvalidArgument, OutOfRange};

/// All of them.
pub fn rows() -> Vec<Row> {
    [keys(), missing(), amounts(), dates(), times(), names(), ids(), choices(), accounts()].concat()
}

fn keys() -> Vec<Row> {
    let with_id = |id: &str| {
        let mut request = lecture(9, "2026-05-28");
        id.clone_into(&mut request.request_id);
        request
    };
    [
        ("no request id", ""),
        ("a request id of 15 characters", "123456789012345"),
        ("a request id of 65 characters", &"x".repeat(65)),
        ("a request id with a space", "0123456789 abcdef"),
        ("a request id with a line break", "0123456789abcdef\n"),
        ("a request id in full-width digits", "０１２３４５６７８９０１２３４５"),
    ]
    .map(|(what, id)| row(what, with_id(id), InvalidArgument, Reason::IdempotencyKeyInvalid).at("request_id"))
    .to_vec()
}

fn missing() -> Vec<Row> {
    let mut no_entry = lecture(9, "2026-05-28");
    no_entry.entry = None;
    let mut rows = vec![row("no entry", no_entry, InvalidArgument, Reason::FieldRequired).at("entry")];
    let empty = |what, request, field: &str| {
        row(what, request, InvalidArgument, Reason::FieldRequired).at(format!("entry.{field}"))
    };
    rows.push(empty("no account", post(|entry| entry.account.clear()), "account"));
    rows.push(empty("no organisation", post(|entry| entry.organization.clear()), "organization"));
    rows.push(empty("nothing done", post(|entry| entry.detail = None), "detail"));
    rows.push(empty("no date", post(|entry| entry.occurred_on.clear()), "occurred_on"));
    let contest = Detail::Contest(proto::Contest { contest: String::new(), award: "city".to_owned() });
    rows.push(empty("a contest without its code", post_detail(contest, 0), "contest.contest"));
    let award = Detail::HouseholdAward(proto::HouseholdAward { title: String::new() });
    let mut award = draft(9, "2026-05-28", 0, award);
    award.account = name("households/h001");
    rows.push(empty("a household award without its title", posted(award), "household_award.title"));
    rows
}

fn offline(minutes: u32, planned_minutes: u32, mark: Option<u32>) -> proto::PostEntryRequest {
    let course_version = name("courses/tea/versions/v1");
    let course = proto::OfflineCourse { course_version, planned_minutes, mark };
    post_detail(Detail::OfflineCourse(course), minutes)
}

fn amounts() -> Vec<Row> {
    use Reason::{AmountAboveLimit, AmountNotPositive, HoursExceedDuration};
    let reading = |books| post_detail(Detail::Reading(proto::Reading { books }), 0);
    let heads = |persons| {
        let mut entry = draft(9, "2026-05-28", 0, Detail::HeadCount(proto::HeadCount { persons }));
        entry.account = name("organizations/school");
        posted(entry)
    };
    let online_with_mark = |mark| {
        let course_version = name("courses/tea/versions/v2");
        post_detail(Detail::OnlineCourse(proto::OnlineCourse { course_version, mark: Some(mark) }), 0)
    };
    let timed = post(|entry| {
        entry.start_time = "09:00".to_owned();
        entry.end_time = "10:00".to_owned();
        entry.minutes = 61;
    });
    let three_days = post(|entry| {
        entry.started_on = "2026-05-26".to_owned();
        entry.minutes = 3 * 1_440 + 1;
    });
    let mut rows = Vec::new();
    for (what, request, reason, field) in [
        ("a lecture of no minutes", post(|entry| entry.minutes = 0), AmountNotPositive, "minutes"),
        ("volunteer service of no minutes", volunteer(0), AmountNotPositive, "minutes"),
        ("a reading of no books", reading(0), AmountNotPositive, "reading.books"),
        ("a head-count of nobody", heads(0), AmountNotPositive, "head_count.persons"),
        ("more than 10,000 hours", post(|entry| entry.minutes = 600_001), AmountAboveLimit, "minutes"),
        ("the most minutes there are", post(|entry| entry.minutes = u32::MAX), AmountAboveLimit, "minutes"),
        ("101 books", reading(101), AmountAboveLimit, "reading.books"),
        ("1,000,001 people", heads(1_000_001), AmountAboveLimit, "head_count.persons"),
        (
            "more minutes planned than an entry takes",
            offline(90, 600_001, None),
            AmountAboveLimit,
            "offline_course.planned_minutes",
        ),
        ("a mark of 101", offline(90, 90, Some(101)), AmountAboveLimit, "offline_course.mark"),
        (
            "a mark of 356, which is no byte",
            offline(90, 90, Some(356)),
            AmountAboveLimit,
            "offline_course.mark",
        ),
        ("a mark of 101 online", online_with_mark(101), AmountAboveLimit, "online_course.mark"),
        ("61 minutes in one hour", timed, HoursExceedDuration, "minutes"),
        ("1,441 minutes in one day", post(|entry| entry.minutes = 1_441), HoursExceedDuration, "minutes"),
        ("more minutes than three days have", three_days, HoursExceedDuration, "minutes"),
    ] {
        rows.push(row(what, request, InvalidArgument, reason).at(format!("entry.{field}")));
    }
    rows
}

pub fn volunteer(minutes: u32) -> proto::PostEntryRequest {
    post_detail(Detail::VolunteerService(proto::VolunteerService::default()), minutes)
}

fn dates() -> Vec<Row> {
    let on = |day: &str| post(|entry| day.clone_into(&mut entry.occurred_on));
    let since = |day: &str| post(|entry| day.clone_into(&mut entry.started_on));
    let mut rows = Vec::new();
    for (what, day) in [
        ("29 February of a common year", "2026-02-29"),
        ("29 February 1900, which spreadsheets have", "1900-02-29"),
        ("a 13th month", "2026-13-01"),
        ("31 April", "2026-04-31"),
        ("day zero", "2026-05-00"),
        ("year zero", "0000-01-01"),
    ] {
        let row = row(what, on(day), InvalidArgument, Reason::DateNotInCalendar);
        rows.push(row.at("entry.occurred_on"));
    }
    for (what, day) in [
        ("a year of the Republic", "115-05-28"),
        ("a year of the Republic in words", "民國115年5月28日"),
        ("day before month", "28/05/2026"),
        ("a spreadsheet's serial number", "46170"),
        ("slashes", "2026/05/28"),
        ("a month of one digit", "2026-5-28"),
        ("full-width digits", "２０２６-05-28"),
        ("a date with a time", "2026-05-28T00:00:00Z"),
    ] {
        rows.push(row(what, on(day), InvalidArgument, Reason::DateFormat).at("entry.occurred_on"));
    }
    let started = "entry.started_on";
    rows.push(
        row("a first day in other words", since("5月"), InvalidArgument, Reason::DateFormat).at(started),
    );
    let no_such_day = since("2026-02-30");
    rows.push(
        row("a first day that never was", no_such_day, InvalidArgument, Reason::DateNotInCalendar)
            .at(started),
    );
    rows.push(
        row("a first day after the last", since("2026-05-29"), InvalidArgument, Reason::TimeRange)
            .at(started),
    );
    rows.push(
        row("a span of six years", since("2020-05-28"), InvalidArgument, Reason::TimeRange).at(started),
    );
    let occurred = "entry.occurred_on";
    rows.push(row("tomorrow", on("2026-06-02"), OutOfRange, Reason::OccurredInFuture).at(occurred));
    rows.push(row("the year 9999", on("9999-12-31"), OutOfRange, Reason::OccurredInFuture).at(occurred));
    rows.push(
        row("before the scheme began", on("1999-12-31"), OutOfRange, Reason::OccurredTooOld).at(occurred),
    );
    let begun_before = post(|entry| {
        entry.occurred_on = "2000-01-02".to_owned();
        entry.started_on = "1999-12-31".to_owned();
    });
    rows.push(row("begun before the scheme", begun_before, OutOfRange, Reason::OccurredTooOld).at(started));
    rows
}

fn times() -> Vec<Row> {
    let clock = |day: &str, start: &str, end: &str| {
        post(|entry| {
            day.clone_into(&mut entry.occurred_on);
            start.clone_into(&mut entry.start_time);
            end.clone_into(&mut entry.end_time);
            entry.minutes = 30;
        })
    };
    let may = "2026-05-28";
    let zone = |zone: &str| post(|entry| zone.clone_into(&mut entry.time_zone));
    let mut rows = Vec::new();
    for (what, request, reason, field) in [
        ("another zone at the same time", zone("Asia/Taipei"), Reason::TimeZone, "time_zone"),
        ("an offset for a zone", zone("UTC+8"), Reason::TimeZone, "time_zone"),
        (
            "a start that summer time skipped",
            clock("1988-04-17", "02:30", "05:00"),
            Reason::LocalTimeNonexistent,
            "start_time",
        ),
        (
            "an end that summer time skipped",
            clock("1988-04-17", "01:00", "02:30"),
            Reason::LocalTimeNonexistent,
            "end_time",
        ),
        ("an end at the start", clock(may, "09:00", "09:00"), Reason::TimeRange, "end_time"),
        ("an end before the start", clock(may, "09:00", "08:00"), Reason::TimeRange, "end_time"),
        ("a start without an end", clock(may, "09:00", ""), Reason::TimeRange, "start_time"),
        ("an end without a start", clock(may, "", "09:00"), Reason::TimeRange, "start_time"),
        ("24 o'clock", clock(may, "09:00", "24:00"), Reason::FieldInvalid, "end_time"),
        ("minute 60", clock(may, "08:60", "09:30"), Reason::FieldInvalid, "start_time"),
        ("an hour of one digit", clock(may, "8:30", "09:30"), Reason::FieldInvalid, "start_time"),
        ("an hour with a blank", clock(may, " 8:30", "09:30"), Reason::FieldInvalid, "start_time"),
        ("a minute with a blank", clock(may, "08: 5", "09:30"), Reason::FieldInvalid, "start_time"),
        ("no colon", clock(may, "0830", "09:30"), Reason::FieldInvalid, "start_time"),
        ("seconds", clock(may, "08:30:00", "09:30"), Reason::FieldInvalid, "start_time"),
        ("afternoon in words", clock(may, "下午兩點", "15:00"), Reason::FieldInvalid, "start_time"),
    ] {
        rows.push(row(what, request, InvalidArgument, reason).at(format!("entry.{field}")));
    }
    rows
}

fn names() -> Vec<Row> {
    let account = |raw: &str| post(|entry| raw.clone_into(&mut entry.account));
    let school = |raw: &str| post(|entry| raw.clone_into(&mut entry.organization));
    let restores = |raw: &str| post(|entry| raw.clone_into(&mut entry.restores));
    let course = |raw: &str| {
        let course_version = raw.to_owned();
        post_detail(Detail::OnlineCourse(proto::OnlineCourse { course_version, mark: None }), 0)
    };
    let parent = |raw: &str| {
        let mut request = lecture(9, "2026-05-28");
        raw.clone_into(&mut request.parent);
        request
    };
    let number = u64::MAX;
    let mut rows = Vec::new();
    for (what, request, field) in [
        ("no parent", parent(""), "parent"),
        ("a parent that is no name", parent("district"), "parent"),
        ("a parent with more behind it", parent(&format!("{LEDGER}/residents")), "parent"),
        ("an account without its ledger", account("residents/r0009"), "entry.account"),
        ("an account of another ledger", account("ledgers/elsewhere/residents/r0009"), "entry.account"),
        ("an account of an unknown collection", account(&name("people/r0009")), "entry.account"),
        ("an account with more behind it", account(&name("residents/r0009/entries")), "entry.account"),
        ("a resident for an organisation", school(&name("residents/r0009")), "entry.organization"),
        ("an organisation of another ledger", school("ledgers/x/organizations/school"), "entry.organization"),
        ("a restored entry without a number", restores(&name("entries/last")), "entry.restores"),
        ("a restored entry with a sign", restores(&name("entries/+5")), "entry.restores"),
        ("a restored entry with leading zeros", restores(&name("entries/007")), "entry.restores"),
        (
            "a restored entry past the ledger's scale",
            restores(&name(&format!("entries/{number}"))),
            "entry.restores",
        ),
        (
            "a restored entry past every scale",
            restores(&name(&format!("entries/{number}0"))),
            "entry.restores",
        ),
        ("a course without a version", course(&name("courses/tea")), "entry.online_course.course_version"),
        (
            "a course under another word",
            course(&name("classes/tea/versions/v1")),
            "entry.online_course.course_version",
        ),
    ] {
        rows.push(row(what, request, InvalidArgument, Reason::ResourceNameInvalid).at(field));
    }
    rows
}

fn ids() -> Vec<Row> {
    let account = |raw: &str| post(|entry| entry.account = name(&format!("residents/{raw}")));
    let session = |raw: &str| post(|entry| raw.clone_into(&mut entry.session));
    let kind = |raw: &str| post(|entry| raw.clone_into(&mut entry.kind));
    let mut rows = Vec::new();
    for (what, request, field, canonical) in [
        ("a resident in full width", account("Ｒ０００９"), "account", "r0009"),
        ("a resident in capitals", account("R0009"), "account", "r0009"),
        ("a resident with a space", account("r00 09"), "account", "r0009"),
        ("a session in capitals", session("S1"), "session", "s1"),
        ("a kind in full width", kind("ＬＥＣ"), "kind", "LEC"),
        ("a kind with a space", kind("L EC"), "kind", "LEC"),
    ] {
        let row = row(what, request, InvalidArgument, Reason::NotCanonical);
        rows.push(row.at(format!("entry.{field}")).with("canonical", canonical));
    }
    let evidence = |raw: &str| post(|entry| raw.clone_into(&mut entry.evidence_sha256));
    for (what, request, field) in [
        ("a resident in Chinese", account("居民九"), "account"),
        ("a resident of 64 characters", account(&"r".repeat(64)), "account"),
        ("a resident that begins with a hyphen", account("-r0009"), "account"),
        ("a session with a dot", session("s.1"), "session"),
        ("a kind of 41 characters", kind(&"K".repeat(41)), "kind"),
        ("a kind with a slash", kind("LEC/1"), "kind"),
        ("evidence of 63 digits", evidence(&"a".repeat(63)), "evidence_sha256"),
        ("evidence of 66 digits", evidence(&"a".repeat(66)), "evidence_sha256"),
        ("evidence that is not hexadecimal", evidence(&"g".repeat(64)), "evidence_sha256"),
        ("evidence in full width", evidence(&"ａ".repeat(64)), "evidence_sha256"),
    ] {
        let row = row(what, request, InvalidArgument, Reason::FieldInvalid);
        rows.push(row.at(format!("entry.{field}")));
    }
    rows
}

fn choices() -> Vec<Row> {
    let contest = |award: &str| {
        let contest = proto::Contest { contest: "chess".to_owned(), award: award.to_owned() };
        post_detail(Detail::Contest(contest), 0)
    };
    let degree = |degree: &str, number_sha256: &str| {
        let degree = proto::Degree { degree: degree.to_owned(), number_sha256: number_sha256.to_owned() };
        post_detail(Detail::Degree(degree), 0)
    };
    let certificate = Detail::Certificate(proto::Certificate { number_sha256: "12345".to_owned() });
    let digest = "ab".repeat(32);
    [
        ("an unknown award", contest("gold"), "contest.award"),
        ("an award in capitals", contest("CITY"), "contest.award"),
        ("no award", contest(""), "contest.award"),
        ("an unknown degree", degree("doctorate", &digest), "degree.degree"),
        ("a diploma's number as it is", degree("diploma", "浙2026-001"), "degree.number_sha256"),
        ("a certificate's number as it is", post_detail(certificate, 0), "certificate.number_sha256"),
    ]
    .map(|(what, request, field)| {
        row(what, request, InvalidArgument, Reason::FieldInvalid).at(format!("entry.{field}"))
    })
    .to_vec()
}

/// Forms on accounts they do not belong to.
fn accounts() -> Vec<Row> {
    let on = |account: &str, detail: Detail| {
        posted(proto::Entry { account: name(account), ..draft(9, "2026-05-28", 60, detail) })
    };
    let award = || Detail::HouseholdAward(proto::HouseholdAward { title: "model".to_owned() });
    let heads = || Detail::HeadCount(proto::HeadCount { persons: 20 });
    let lecture = || Detail::Lecture(proto::Lecture::default());
    [
        ("a household award to a resident", on("residents/r0009", award())),
        ("a household award to an organisation", on("organizations/school", award())),
        ("a head-count to a resident", on("residents/r0009", heads())),
        ("a head-count to a household", on("households/h001", heads())),
        ("a lecture to a household", on("households/h001", lecture())),
        ("a lecture to an organisation", on("organizations/school", lecture())),
    ]
    .map(|(what, request)| row(what, request, InvalidArgument, Reason::FieldInvalid).at("entry.account"))
    .to_vec()
}
