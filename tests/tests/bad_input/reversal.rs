//! Reversals that are refused, and those that are not: a successor's, and one of two that race.

use crate::request::reverse;
use crate::row::{Expected, Row, row};
use crate::stage::{Places, Stage, snapshot, stores};
use creditbank_grpc::proto;
use creditbank_tests::name;
use ledger_core::Reason;
use tonic::Code;
use tonic::Code::{FailedPrecondition, InvalidArgument, NotFound, PermissionDenied};
use tonic_types::StatusExt;

/// All of them.
pub fn rows(places: &Places) -> Vec<Row> {
    [form(places), state(places)].concat()
}

fn by(school: &str, position: u64) -> proto::ReverseEntryRequest {
    proto::ReverseEntryRequest { organization: name(&format!("organizations/{school}")), ..reverse(position) }
}

fn form(places: &Places) -> Vec<Row> {
    let good = || reverse(places.lecture);
    let named = |raw: &str| proto::ReverseEntryRequest { name: raw.to_owned(), ..good() };
    let because = |raw: &str| proto::ReverseEntryRequest { reason: raw.to_owned(), ..good() };
    let no_id = proto::ReverseEntryRequest { request_id: String::new(), ..good() };
    let nobody = proto::ReverseEntryRequest { organization: String::new(), ..good() };
    let elsewhere = "ledgers/elsewhere/entries/1";
    vec![
        row("a reversal without an id", no_id, InvalidArgument, Reason::IdempotencyKeyInvalid)
            .at("request_id"),
        row("a reversal by nobody", nobody, InvalidArgument, Reason::FieldRequired).at("organization"),
        row("a reversal for no reason", because(""), InvalidArgument, Reason::FieldInvalid).at("reason"),
        row("a reversal for an unknown reason", because("oops"), InvalidArgument, Reason::FieldInvalid)
            .at("reason"),
        row("a reversal of no entry", named(""), InvalidArgument, Reason::ResourceNameInvalid).at("name"),
        row(
            "a reversal of a resident",
            named(&name("residents/r0001")),
            InvalidArgument,
            Reason::ResourceNameInvalid,
        )
        .at("name"),
        row(
            "a reversal of an entry without a number",
            named(&name("entries/x")),
            InvalidArgument,
            Reason::ResourceNameInvalid,
        )
        .at("name"),
        row("a reversal in an unknown ledger", named(elsewhere), NotFound, Reason::LedgerNotFound),
    ]
}

fn state(places: &Places) -> Vec<Row> {
    let reversed = reverse(places.reversed);
    vec![
        row("a reversal of an event to come", reverse(999_999), NotFound, Reason::EventNotFound).at("name"),
        row("a reversal of event zero", reverse(0), NotFound, Reason::EventNotFound).at("name"),
        row(
            "a reversal past the ledger's scale",
            reverse(u64::MAX),
            InvalidArgument,
            Reason::ResourceNameInvalid,
        )
        .at("name"),
        row("a reversal of what is no entry", reverse(1), NotFound, Reason::EntryNotFound).at("name"),
        row("a reversal of a reversal", reverse(places.reversal), FailedPrecondition, Reason::NotReversible)
            .at("name"),
        row("a second reversal", reversed, FailedPrecondition, Reason::AlreadyReversed)
            .at("name")
            .with("reversed_at", places.reversal),
        row(
            "a reversal by an unknown school",
            by("nobody", places.lecture),
            NotFound,
            Reason::OrganizationNotFound,
        )
        .at("organization"),
        row(
            "a reversal by another school",
            by("other", places.lecture),
            PermissionDenied,
            Reason::SchoolScope,
        )
        .at("organization"),
        row(
            "a reversal by a school that was shut",
            by("shut-school", places.lecture),
            FailedPrecondition,
            Reason::SchoolClosed,
        )
        .at("organization"),
        row(
            "a reversal by a school that was merged",
            by("old-school", places.heirloom),
            FailedPrecondition,
            Reason::SchoolMerged,
        )
        .at("organization")
        .with("successor", "school"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_successor_and_the_town_above_reverse_what_a_school_posted() {
    let (_folder, stores) = stores().await;
    for (store, on) in stores {
        let stage = Stage::on(on).await;
        let before = snapshot(&stage.clients).await;
        for (school, position) in [("school", stage.places.heirloom), ("town", stage.places.lecture)] {
            let request = by(school, position);
            let answer = stage.clients.ledger.clone().reverse_entry(request).await.unwrap().into_inner();
            let reversal = answer.reversal.unwrap();
            assert_eq!(reversal.entry, name(&format!("entries/{position}")), "{store}");
            assert_eq!(reversal.organization, name(&format!("organizations/{school}")), "{store}");
        }
        let after = snapshot(&stage.clients).await;
        assert_eq!(after.reversals(), before.reversals() + 2, "{store}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_reversals_that_race_one_wins_and_the_others_learn_where() {
    let (_folder, stores) = stores().await;
    for (store, on) in stores {
        let stage = Stage::on(on).await;
        let before = snapshot(&stage.clients).await;
        let racers: Vec<_> = (0..8)
            .map(|_| {
                let (mut client, request) = (stage.clients.ledger.clone(), reverse(stage.places.lecture));
                tokio::spawn(async move { client.reverse_entry(request).await })
            })
            .collect();
        let (mut winners, mut losers) = (Vec::new(), Vec::new());
        for racer in racers {
            match racer.await.unwrap() {
                Ok(answer) => winners.push(answer.into_inner().reversal.unwrap().position),
                Err(status) => losers.push(status),
            }
        }
        assert_eq!(winners.len(), 1, "{store}: one of them reversed the entry");
        let mut expected = Expected::new(Code::FailedPrecondition, Reason::AlreadyReversed);
        expected.field = Some("name".to_owned());
        expected.metadata.push(("reversed_at", winners[0].to_string()));
        for status in losers {
            assert_eq!(expected.differences(&status), Vec::<String>::new(), "{store}");
            assert!(status.get_details_error_info().unwrap().metadata.len() == 1, "{store}: and no more");
        }
        let after = snapshot(&stage.clients).await;
        assert_eq!(after.reversals(), before.reversals() + 1, "{store}");
    }
}
