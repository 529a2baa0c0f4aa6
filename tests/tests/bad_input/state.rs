//! What has happened already: the same request id, the same session, the same hours, a full day.

use crate::request::{class_list, post_detail, posted, reverse};
use crate::row::{Row, row};
use crate::stage::{LECTURE_ID, Places, Stage, heirloom, snapshot, stores};
use creditbank_grpc::proto;
use creditbank_tests::{draft, lecture, name};
use ledger_core::Reason;
use proto::entry::Detail;
use tonic::Code::{AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, OutOfRange};

/// All of them.
pub fn rows(places: &Places) -> Vec<Row> {
    [reused_ids(places), sessions(places), hours(places), restored(places), precedence()].concat()
}

/// The talk that stands on the stage, as its school posted it.
fn talk() -> proto::Entry {
    let series = Detail::Lecture(proto::Lecture { series: "talks".to_owned() });
    proto::Entry { session: "s1".to_owned(), ..draft(1, "2026-05-20", 90, series) }
}

fn reused_ids(places: &Places) -> Vec<Row> {
    let again = |edit: fn(&mut proto::Entry)| {
        let mut request = posted(talk());
        LECTURE_ID.clone_into(&mut request.request_id);
        edit(request.entry.as_mut().unwrap());
        request
    };
    let mut reversal = reverse(places.lecture);
    LECTURE_ID.clone_into(&mut reversal.request_id);
    let mut listed = class_list(&["residents/r0009"]);
    LECTURE_ID.clone_into(&mut listed.request_id);
    let reused = |what, request: crate::request::Request| {
        row(what, request, AlreadyExists, Reason::IdempotencyKeyReused)
            .at("request_id")
            .with("position", places.lecture)
    };
    vec![
        reused("the same id for other minutes", again(|entry| entry.minutes = 60).into())
            .with("differing_fields", "minutes"),
        reused(
            "the same id for another person",
            again(|entry| entry.account = name("residents/r0002")).into(),
        )
        .with("differing_fields", "account"),
        reused(
            "the same id for another day and session",
            again(|entry| {
                entry.occurred_on = "2026-05-21".to_owned();
                entry.session = "s2".to_owned();
            })
            .into(),
        )
        .with("differing_fields", "occurred_on,session"),
        reused(
            "the same id for something else done",
            again(|entry| entry.detail = Some(Detail::Drill(proto::Drill {}))).into(),
        )
        .with("differing_fields", "kind,detail"),
        reused("the id of an entry for its reversal", reversal.into()),
        reused("the id of an entry for a class list", listed.into()),
    ]
}

fn sessions(places: &Places) -> Vec<Row> {
    let elsewhere = proto::Entry { organization: name("organizations/other"), ..talk() };
    let held_by_place = |row: Row| row.at("entry.session");
    vec![
        held_by_place(row(
            "a session the same school credited",
            posted(talk()),
            AlreadyExists,
            Reason::SessionAlreadyCredited,
        ))
        .with("entry", places.lecture),
        held_by_place(row(
            "a session another school credited",
            posted(elsewhere),
            AlreadyExists,
            Reason::SessionCreditedElsewhere,
        ))
        .silent_about("school"),
    ]
}

fn hours(places: &Places) -> Vec<Row> {
    let service = |start: &str, end: &str| {
        posted(proto::Entry {
            account: name("residents/r0002"),
            occurred_on: "2026-05-21".to_owned(),
            start_time: start.to_owned(),
            end_time: end.to_owned(),
            ..post_detail(Detail::VolunteerService(proto::VolunteerService::default()), 30).entry.unwrap()
        })
    };
    let overlap = |what, request| {
        row(what, request, FailedPrecondition, Reason::TimeOverlap)
            .at("entry.start_time")
            .with("entry", places.service)
    };
    let mut too_long_a_day = lecture(3, "2026-05-22");
    too_long_a_day.entry.as_mut().unwrap().minutes = 41;
    vec![
        overlap("service within hours that are booked", service("09:30", "10:00")),
        overlap("service that ends within them", service("08:00", "09:01")),
        overlap("service that begins within them", service("10:59", "12:00")),
        row("the 1,441st minute of a day", too_long_a_day, FailedPrecondition, Reason::DailyCapExceeded)
            .at("entry.minutes")
            .with("booked_minutes", 1_400)
            .with("limit_minutes", 1_440),
    ]
}

fn restored(places: &Places) -> Vec<Row> {
    let restores = |resident: usize, position: u64| {
        let visit = Detail::Visit(proto::Visit { venue: "museum".to_owned() });
        let entry = draft(resident, "2026-05-19", 0, visit);
        posted(proto::Entry { restores: name(&format!("entries/{position}")), ..entry })
    };
    let field = "entry.restores";
    vec![
        row("to restore what stands", restores(2, places.service), FailedPrecondition, Reason::NotReversed)
            .at(field),
        row(
            "to restore what was restored",
            restores(5, places.restored),
            FailedPrecondition,
            Reason::AlreadyRestored,
        )
        .at(field)
        .with("entry", places.restoring),
        row(
            "to restore another person's entry",
            restores(9, places.reversed),
            NotFound,
            Reason::EntryNotFound,
        )
        .at(field),
        row("to restore what never was", restores(2, 999_999), NotFound, Reason::EntryNotFound).at(field),
    ]
}

/// Two things wrong at once: the first in the order of checks is the answer (`docs/errors.md`).
fn precedence() -> Vec<Row> {
    let spoiled = |edit: fn(&mut proto::PostEntryRequest)| {
        let mut request = posted(talk());
        edit(&mut request);
        request
    };
    let entry = |edit: fn(&mut proto::Entry)| {
        let mut entry = talk();
        edit(&mut entry);
        posted(entry)
    };
    let no_id_no_minutes = spoiled(|request| {
        request.request_id.clear();
        request.entry.as_mut().unwrap().minutes = 0;
    });
    let no_minutes_nobody = entry(|entry| {
        entry.minutes = 0;
        entry.account = name("residents/r9999");
    });
    let tomorrow_nobody = entry(|entry| {
        entry.occurred_on = "2026-06-02".to_owned();
        entry.account = name("residents/r9999");
    });
    let shut_nobody = entry(|entry| {
        entry.organization = name("organizations/shut-school");
        entry.account = name("residents/r9999");
    });
    let again_unknown_subject = entry(|entry| entry.subject = "nowhere".to_owned());
    let again_too_long_a_day = entry(|entry| entry.minutes = 1_440);
    vec![
        row("id before form", no_id_no_minutes, InvalidArgument, Reason::IdempotencyKeyInvalid)
            .at("request_id"),
        row("form before reference", no_minutes_nobody, InvalidArgument, Reason::AmountNotPositive)
            .at("entry.minutes"),
        row("dates before reference", tomorrow_nobody, OutOfRange, Reason::OccurredInFuture)
            .at("entry.occurred_on"),
        row("poster before account", shut_nobody, FailedPrecondition, Reason::SchoolClosed)
            .at("entry.organization"),
        row("reference before state", again_unknown_subject, NotFound, Reason::CodeNotFound)
            .at("entry.subject"),
        row("state before limits", again_too_long_a_day, AlreadyExists, Reason::SessionAlreadyCredited)
            .at("entry.session"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_is_answered_again_whatever_has_changed() {
    let (_folder, stores) = stores().await;
    for (store, on) in stores {
        let stage = Stage::on(on).await;
        let before = snapshot(&stage.clients).await;
        // Its school was merged away since, and posts nothing new.
        let answer = stage.clients.ledger.clone().post_entry(heirloom()).await.unwrap().into_inner();
        assert!(answer.replayed, "{store}");
        assert_eq!(answer.entry.unwrap().position, stage.places.heirloom, "{store}");
        assert_eq!(snapshot(&stage.clients).await, before, "{store}");
    }
}
