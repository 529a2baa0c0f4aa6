//! Corrections that cannot be proposed, approved or rejected.

use crate::identity::{account, talk};
use crate::request::{Request, post};
use crate::row::{Row, row};
use crate::stage::{BATCH, Places};
use creditbank_grpc::proto;
use creditbank_tests::{LEDGER, fresh, lecture, name};
use ledger_core::Reason;
use tonic::Code::{
    Aborted, AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, OutOfRange, PermissionDenied,
};

/// All of them.
pub fn rows(places: &Places) -> Vec<Row> {
    [form(places), parts(places), approving(places), rejecting(places), reading(), batches()].concat()
}

/// A proposal of the school to reverse entries.
pub fn propose(entries: &[u64]) -> proto::ProposeCorrectionRequest {
    let reversals = entries.iter().map(|position| proto::CorrectionReversal {
        entry: name(&format!("entries/{position}")),
        reason: String::new(),
    });
    proto::ProposeCorrectionRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: name("organizations/school"),
        proposed_by: "clerk-01".to_owned(),
        reason: "absent".to_owned(),
        reversals: reversals.collect(),
        ..Default::default()
    }
}

/// An approval by the town, of a digest that is none of a proposal.
fn approve(position: u64) -> proto::ApproveCorrectionRequest {
    proto::ApproveCorrectionRequest {
        name: name(&format!("corrections/{position}")),
        request_id: fresh(),
        organization: name("organizations/town"),
        approved_by: "officer-02".to_owned(),
        sha256: "ab".repeat(32),
    }
}

/// A rejection by the town.
pub fn reject(position: u64) -> proto::RejectCorrectionRequest {
    proto::RejectCorrectionRequest {
        name: name(&format!("corrections/{position}")),
        request_id: fresh(),
        organization: name("organizations/town"),
        rejected_by: "officer-02".to_owned(),
    }
}

fn form(places: &Places) -> Vec<Row> {
    let good = || propose(&[places.closed]);
    let bad = |what, request: proto::ProposeCorrectionRequest, reason, field: &'static str| {
        row(what, request, InvalidArgument, reason).at(field)
    };
    let of = |raw: &str| {
        let mut request = good();
        raw.clone_into(&mut request.reversals[0].entry);
        request
    };
    let because = |raw: &str| {
        let mut request = good();
        raw.clone_into(&mut request.reversals[0].reason);
        request
    };
    let no_id = proto::ProposeCorrectionRequest { request_id: String::new(), ..good() };
    let by = |who: &str| proto::ProposeCorrectionRequest { proposed_by: who.to_owned(), ..good() };
    let reason = proto::ProposeCorrectionRequest { reason: String::new(), ..good() };
    let evidence = proto::ProposeCorrectionRequest { evidence_sha256: "簽到表".to_owned(), ..good() };
    let nobody = proto::ProposeCorrectionRequest { organization: String::new(), ..good() };
    let long =
        proto::ProposeCorrectionRequest { reversals: vec![good().reversals[0].clone(); 1_001], ..good() };
    let record = |entry: proto::Entry| proto::ProposeCorrectionRequest { entries: vec![entry], ..good() };
    let spoiled = |edit: fn(&mut proto::Entry)| record(post(edit).entry.unwrap());
    let mut same_session = record(post(|entry| entry.session = "s9".to_owned()).entry.unwrap());
    same_session.entries.push(same_session.entries[0].clone());
    let batched = post(|entry| entry.batch = "第一批".to_owned());
    vec![
        bad("a correction without an id", no_id, Reason::IdempotencyKeyInvalid, "request_id"),
        bad("a correction by nobody", by(""), Reason::FieldRequired, "proposed_by"),
        bad("a correction by someone with a name", by("王小明"), Reason::FieldInvalid, "proposed_by"),
        bad("a correction for no reason", reason, Reason::FieldInvalid, "reason"),
        bad("a correction with a file for a digest", evidence, Reason::FieldInvalid, "evidence_sha256"),
        bad("a correction for nobody", nobody, Reason::FieldRequired, "organization"),
        bad("a correction of nothing", propose(&[]), Reason::BatchSize, "reversals"),
        bad("a correction of 1,001 parts", long, Reason::BatchSize, "reversals"),
        bad("a correction of a resident", of("r1"), Reason::ResourceNameInvalid, "reversals[0].entry"),
        bad("a part for an unknown reason", because("oops"), Reason::FieldInvalid, "reversals[0].reason"),
        bad(
            "a correction of one entry twice",
            propose(&[places.closed, places.closed]),
            Reason::FieldInvalid,
            "reversals[1].entry",
        ),
        bad("a correction of one session twice", same_session, Reason::FieldInvalid, "entries[1].session"),
        bad(
            "a correction with an entry of no account",
            spoiled(|entry| entry.account.clear()),
            Reason::FieldRequired,
            "entries[0].account",
        ),
        bad(
            "a correction with an entry of no minutes",
            spoiled(|entry| entry.minutes = 0),
            Reason::AmountNotPositive,
            "entries[0].minutes",
        )
        .with("part", "entries[0]"),
        row("a batch with a Chinese id", batched, InvalidArgument, Reason::FieldInvalid).at("entry.batch"),
        row(
            "a correction in an unknown ledger",
            proto::ProposeCorrectionRequest { parent: "ledgers/elsewhere".to_owned(), ..good() },
            NotFound,
            Reason::LedgerNotFound,
        ),
    ]
}

fn parts(places: &Places) -> Vec<Row> {
    let by = |school: &str, entries: &[u64]| proto::ProposeCorrectionRequest {
        organization: name(&format!("organizations/{school}")),
        ..propose(entries)
    };
    let record = |edit: fn(&mut proto::Entry)| proto::ProposeCorrectionRequest {
        entries: vec![post(edit).entry.unwrap()],
        ..propose(&[])
    };
    let first = "reversals[0].entry";
    let mut overlapping = propose(&[]);
    let drill = || proto::Entry {
        start_time: "09:00".to_owned(),
        end_time: "11:00".to_owned(),
        detail: Some(proto::entry::Detail::VolunteerService(proto::VolunteerService::default())),
        ..lecture(8, "2024-12-03").entry.unwrap()
    };
    overlapping.entries = vec![drill(), drill()];
    vec![
        row("a correction of an event to come", propose(&[999_999]), NotFound, Reason::EventNotFound)
            .at(first),
        row("a correction of what is no entry", propose(&[1]), NotFound, Reason::EntryNotFound).at(first),
        row(
            "a correction of a reversal",
            propose(&[places.reversal]),
            FailedPrecondition,
            Reason::NotReversible,
        )
        .at(first),
        row(
            "a correction of what was reversed",
            propose(&[places.lecture, places.reversed]),
            FailedPrecondition,
            Reason::AlreadyReversed,
        )
        .at("reversals[1].entry")
        .with("part", "reversals[1]")
        .with("reversed_at", places.reversal),
        row(
            "a correction by a sibling",
            by("other", &[places.closed]),
            PermissionDenied,
            Reason::SchoolScope,
        )
        .at("reversals[0].organization"),
        row(
            "a correction with an entry for a merged account",
            record(|entry| entry.account = account("m3")),
            FailedPrecondition,
            Reason::ResidentMerged,
        )
        .at("entries[0].account")
        .with("part", "entries[0]")
        .with("survivor", "m4"),
        row(
            "a correction with an entry for an old id",
            record(|entry| entry.account = account("m5")),
            FailedPrecondition,
            Reason::IdentifierChanged,
        )
        .at("entries[0].account")
        .with("survivor", "m6"),
        row(
            "a correction with a session that the merged account has",
            proto::ProposeCorrectionRequest { entries: vec![talk("m4").entry.unwrap()], ..propose(&[]) },
            AlreadyExists,
            Reason::SessionAlreadyCredited,
        )
        .at("entries[0].session"),
        row(
            "an entry in the name of the school above",
            record(|entry| entry.organization = name("organizations/town")),
            PermissionDenied,
            Reason::SchoolScope,
        )
        .at("entries[0].organization"),
        row(
            "a correction by an unknown school",
            by("nobody", &[places.closed]),
            NotFound,
            Reason::OrganizationNotFound,
        )
        .at("organization"),
        row(
            "a correction by a school that was shut",
            by("shut-school", &[places.closed]),
            FailedPrecondition,
            Reason::SchoolClosed,
        )
        .at("organization"),
        row(
            "a correction with an entry of tomorrow",
            record(|entry| entry.occurred_on = "2026-06-02".to_owned()),
            OutOfRange,
            Reason::OccurredInFuture,
        )
        .at("entries[0].occurred_on")
        .with("part", "entries[0]"),
        row(
            "a correction with hours that overlap each other",
            overlapping,
            FailedPrecondition,
            Reason::TimeOverlap,
        )
        .at("entries[1].start_time")
        .with("part", "entries[1]"),
        row(
            "a correction that restores what stands",
            proto::ProposeCorrectionRequest {
                entries: vec![proto::Entry {
                    restores: name(&format!("entries/{}", places.lecture)),
                    ..lecture(1, "2026-05-20").entry.unwrap()
                }],
                ..propose(&[])
            },
            FailedPrecondition,
            Reason::NotReversed,
        )
        .at("entries[0].restores"),
        reused(places),
    ]
}

fn reused(places: &Places) -> Row {
    let request = proto::ProposeCorrectionRequest {
        request_id: crate::stage::LECTURE_ID.to_owned(),
        ..propose(&[places.closed])
    };
    row("the id of a posting for a correction", request, AlreadyExists, Reason::IdempotencyKeyReused)
        .at("request_id")
        .with("position", places.lecture)
}

fn approving(places: &Places) -> Vec<Row> {
    let by = |organization: &str| proto::ApproveCorrectionRequest {
        organization: name(&format!("organizations/{organization}")),
        ..approve(places.waiting)
    };
    let digest =
        |raw: &str| proto::ApproveCorrectionRequest { sha256: raw.to_owned(), ..approve(places.waiting) };
    let nobody = proto::ApproveCorrectionRequest { approved_by: String::new(), ..approve(places.waiting) };
    let named = proto::ApproveCorrectionRequest { name: name("corrections/x"), ..approve(places.waiting) };
    let scope = |what, who| row(what, by(who), PermissionDenied, Reason::SchoolScope).at("organization");
    vec![
        row("an approval of no number", named, InvalidArgument, Reason::ResourceNameInvalid).at("name"),
        row("an approval by nobody", nobody, InvalidArgument, Reason::FieldRequired).at("approved_by"),
        row("an approval of no digest", digest(""), InvalidArgument, Reason::FieldInvalid).at("sha256"),
        row("an approval of what is no correction", approve(1), NotFound, Reason::CorrectionNotFound)
            .at("name"),
        row("an approval of a correction to come", approve(999_999), NotFound, Reason::CorrectionNotFound)
            .at("name"),
        scope("an approval by the school itself", "school"),
        scope("an approval by a sibling", "other"),
        row("an approval of something else", approve(places.waiting), Aborted, Reason::ProposalChanged)
            .at("sha256"),
        row(
            "an approval of what was rejected",
            approve(places.rejected),
            FailedPrecondition,
            Reason::CorrectionSettled,
        )
        .at("name")
        .with("settled_at", places.rejection)
        .with("outcome", "rejected"),
    ]
}

fn rejecting(places: &Places) -> Vec<Row> {
    let sibling = proto::RejectCorrectionRequest {
        organization: name("organizations/other"),
        ..reject(places.waiting)
    };
    let nobody = proto::RejectCorrectionRequest { rejected_by: String::new(), ..reject(places.waiting) };
    vec![
        row("a rejection by a sibling", sibling, PermissionDenied, Reason::SchoolScope).at("organization"),
        row("a rejection by nobody", nobody, InvalidArgument, Reason::FieldRequired).at("rejected_by"),
        row("a second rejection", reject(places.rejected), FailedPrecondition, Reason::CorrectionSettled)
            .at("name"),
    ]
}

fn reading() -> Vec<Row> {
    let get = proto::GetCorrectionRequest { name: name("corrections/1"), min_position: 0 };
    let list = |state: proto::CorrectionState, token: &str| {
        Request::from(proto::ListCorrectionsRequest {
            parent: LEDGER.to_owned(),
            state: state.into(),
            page_size: 0,
            page_token: token.to_owned(),
        })
    };
    let all = proto::CorrectionState::Unspecified;
    vec![
        row("a correction that is none", get, NotFound, Reason::CorrectionNotFound).at("name"),
        row(
            "a list of approved corrections alone",
            list(proto::CorrectionState::Approved, ""),
            InvalidArgument,
            Reason::FieldInvalid,
        )
        .at("state"),
        row("corrections from nowhere", list(all, "x"), InvalidArgument, Reason::PageTokenInvalid)
            .at("page_token"),
    ]
}

fn batches() -> Vec<Row> {
    let good = || proto::ReverseBatchRequest {
        name: name(&format!("organizations/school/batches/{BATCH}")),
        request_id: fresh(),
        organization: name("organizations/school"),
        reason: "input_error".to_owned(),
    };
    let named = |path: &str| proto::ReverseBatchRequest { name: name(path), ..good() };
    let by = |who: &str| proto::ReverseBatchRequest {
        organization: name(&format!("organizations/{who}")),
        ..good()
    };
    let no_id = proto::ReverseBatchRequest { request_id: String::new(), ..good() };
    let because = proto::ReverseBatchRequest { reason: "oops".to_owned(), ..good() };
    let get = proto::GetBatchRequest { name: name("organizations/school/batches/none") };
    let list = proto::ListBatchesRequest { parent: name("residents/r0001"), ..Default::default() };
    vec![
        row("a batch that is none", get, NotFound, Reason::BatchNotFound).at("name"),
        row("the batches of a resident", list, InvalidArgument, Reason::ResourceNameInvalid).at("parent"),
        row("a batch without its school", named("batches/x"), InvalidArgument, Reason::ResourceNameInvalid)
            .at("name"),
        row(
            "a batch of another school",
            named(&format!("organizations/other/batches/{BATCH}")),
            NotFound,
            Reason::BatchNotFound,
        )
        .at("name"),
        row("a batch reversed without an id", no_id, InvalidArgument, Reason::IdempotencyKeyInvalid)
            .at("request_id"),
        row("a batch reversed for an unknown reason", because, InvalidArgument, Reason::FieldInvalid)
            .at("reason"),
        row("a batch reversed by a sibling", by("other"), PermissionDenied, Reason::SchoolScope)
            .at("organization"),
        row("a batch reversed by nobody known", by("nobody"), NotFound, Reason::OrganizationNotFound)
            .at("organization"),
    ]
}
