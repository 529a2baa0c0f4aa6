//! Merges that would lose or double something, ids that are taken, households that cannot be.

use crate::request::{class_list, post};
use crate::row::{Row, row};
use crate::stage::Places;
use creditbank_grpc::proto;
use creditbank_tests::{Clients, LEDGER, draft, fresh, merge, name, unmerge};
use ledger_core::Reason;
use proto::entry::Detail;
use tonic::Code::{
    Aborted, AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, OutOfRange, PermissionDenied,
    ResourceExhausted, Unavailable,
};

/// Prepares the stage. `m1` and `m2` were at one session; `m3` was merged into `m4`, which took an entry since; `m5` has
/// the id `m6` by now; sixteen ids answer in `m10`. `h001` of the town has the adult `m7` and the minor `m8`; `h020` of
/// the school is full.
pub async fn prepare(clients: &Clients) -> u64 {
    let ids = (1..=9).filter(|n| *n != 6).map(|n| format!("m{n}"));
    let ids = ids.chain((10..=26).map(|n| format!("m{n}"))).chain((1..=20).map(|n| format!("f{n}")));
    let request = proto::BatchCreateResidentsRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: name("organizations/school"),
        resident_ids: ids.collect(),
    };
    clients.registry.clone().batch_create_residents(request).await.unwrap();
    for household in ["h020", "h021"] {
        let request = proto::CreateHouseholdRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            household_id: household.to_owned(),
            organization: name("organizations/school"),
        };
        clients.registry.clone().create_household(request).await.unwrap();
    }
    for id in ["m1", "m2"] {
        clients.ledger.clone().post_entry(talk(id)).await.unwrap();
    }
    let tied = (11..=25).map(|n| (format!("m{n}"), "m10"));
    for (merged, survivor) in tied.chain([("m3".to_owned(), "m4")]) {
        clients.merge(&merged, survivor).await.unwrap();
    }
    clients.identities.clone().propose_merge(merge("m26", "m9")).await.unwrap();
    let since = clients.ledger.clone().post_entry(talk("m4")).await.unwrap().into_inner().position;
    clients.identities.clone().change_identifier(rename("m5", "m6")).await.unwrap();
    let adults = (1..=20).map(|n| ("h020", format!("f{n}"), proto::MemberRole::Adult));
    let family = [("m7", proto::MemberRole::Adult), ("m8", proto::MemberRole::Minor)];
    let family = family.map(|(id, role)| ("h001", id.to_owned(), role));
    for (household, id, role) in adults.chain(family) {
        clients.identities.clone().join_household(join(household, &id, role)).await.unwrap();
    }
    since
}

/// A talk at which an account was in the evening.
pub fn talk(id: &str) -> proto::PostEntryRequest {
    let entry = draft(9, "2026-05-12", 60, Detail::Lecture(proto::Lecture::default()));
    let entry = proto::Entry { account: account(id), session: "evening".to_owned(), ..entry };
    proto::PostEntryRequest { parent: LEDGER.to_owned(), request_id: fresh(), entry: Some(entry) }
}

/// The name of an account.
pub fn account(id: &str) -> String {
    name(&format!("residents/{id}"))
}

fn rename(old: &str, new: &str) -> proto::ChangeIdentifierRequest {
    proto::ChangeIdentifierRequest {
        name: account(old),
        request_id: fresh(),
        organization: name("organizations/school"),
        new_resident_id: new.to_owned(),
    }
}

fn join(household: &str, id: &str, role: proto::MemberRole) -> proto::JoinHouseholdRequest {
    proto::JoinHouseholdRequest {
        name: name(&format!("households/{household}")),
        request_id: fresh(),
        organization: name("organizations/town"),
        resident: account(id),
        role: role.into(),
        from: "2024-09-01".to_owned(),
        last_day: String::new(),
    }
}

fn leave(household: &str, id: &str, last_day: &str) -> proto::LeaveHouseholdRequest {
    proto::LeaveHouseholdRequest {
        name: name(&format!("households/{household}")),
        request_id: fresh(),
        organization: name("organizations/town"),
        resident: account(id),
        last_day: last_day.to_owned(),
    }
}

/// All of them.
pub fn rows(places: &Places) -> Vec<Row> {
    [merging(), unmerging(places), approving(), posting(places), renaming(), joining(), leaving(), asking()]
        .concat()
}

fn merging() -> Vec<Row> {
    let by = |organization: &str| proto::ProposeMergeRequest {
        organization: name(&format!("organizations/{organization}")),
        ..merge("m1", "m9")
    };
    vec![
        row("an unknown account merged", merge("nobody", "m9"), NotFound, Reason::ResidentNotFound)
            .at("merged"),
        row("a merge into nobody", merge("m9", "nobody"), NotFound, Reason::ResidentNotFound).at("survivor"),
        row("a merge with itself", merge("m9", "m9"), InvalidArgument, Reason::MergeSelf).at("survivor"),
        row("a merge in a circle", merge("m4", "m3"), FailedPrecondition, Reason::MergeCycle).at("survivor"),
        row("a second merge", merge("m3", "m9"), FailedPrecondition, Reason::ResidentMerged)
            .at("merged")
            .with("survivor", "m4"),
        row("a merge into a merged account", merge("m9", "m3"), FailedPrecondition, Reason::ResidentMerged)
            .at("survivor")
            .with("survivor", "m4"),
        row("a merge of an old id", merge("m5", "m9"), FailedPrecondition, Reason::IdentifierChanged)
            .at("merged")
            .with("survivor", "m6"),
        row(
            "a merge of one session twice",
            merge("m1", "m2"),
            FailedPrecondition,
            Reason::MergeDuplicateSession,
        )
        .at("merged")
        .with("sessions", 1),
        row("a seventeenth id of a person", merge("m26", "m10"), ResourceExhausted, Reason::MergeLimit)
            .with("ids", 16),
        row("a merge by a stranger", by("other"), PermissionDenied, Reason::SchoolScope).at("organization"),
        row("a merge by nobody", by("nobody"), NotFound, Reason::OrganizationNotFound).at("organization"),
        row("a merge by a closed school", by("shut-school"), FailedPrecondition, Reason::SchoolClosed)
            .at("organization"),
        row(
            "a merge of a household",
            proto::ProposeMergeRequest { merged: name("households/h001"), ..merge("m1", "m9") },
            InvalidArgument,
            Reason::ResourceNameInvalid,
        )
        .at("merged"),
        row(
            "a merge without an id of its own",
            proto::ProposeMergeRequest { request_id: String::new(), ..merge("m1", "m9") },
            InvalidArgument,
            Reason::IdempotencyKeyInvalid,
        )
        .at("request_id"),
        row(
            "two households at a time by a merge",
            merge("f1", "m7"),
            FailedPrecondition,
            Reason::AlreadyInHousehold,
        )
        .at("merged")
        .with("household", "h001"),
    ]
}

fn unmerging(places: &Places) -> Vec<Row> {
    vec![
        row("an account unmerged that is whole", unmerge("m9", &[]), FailedPrecondition, Reason::NotMerged)
            .at("name"),
        row("a new id unmerged", unmerge("m5", &[]), FailedPrecondition, Reason::NotMerged).at("name"),
        row("nobody unmerged", unmerge("nobody", &[]), NotFound, Reason::ResidentNotFound).at("name"),
        row("entries of nobody", unmerge("m3", &[]), FailedPrecondition, Reason::UnmergeAmbiguous)
            .at("name")
            .with("entries", places.since_the_merge),
        row(
            "an entry kept that was there before",
            unmerge("m3", &[places.since_the_merge, places.lecture]),
            NotFound,
            Reason::EntryNotFound,
        )
        .at("kept"),
        row(
            "a thing kept",
            proto::ProposeUnmergeRequest { kept: vec!["seven".to_owned()], ..unmerge("m3", &[]) },
            InvalidArgument,
            Reason::ResourceNameInvalid,
        )
        .at("kept[0]"),
        row("too much kept", unmerge("m3", &[1; 1_001]), InvalidArgument, Reason::BatchSize).at("kept"),
        row(
            "an unmerge by a stranger",
            proto::ProposeUnmergeRequest {
                organization: name("organizations/other"),
                ..unmerge("m3", &[places.since_the_merge])
            },
            PermissionDenied,
            Reason::SchoolScope,
        )
        .at("organization"),
    ]
}

/// Nothing waits for `m9` and `m3`; that `m26` is merged into `m9` was proposed.
fn approving() -> Vec<Row> {
    let approve = |id: &str, person: &str, sha256: &str| proto::ApproveMergeRequest {
        name: account(id),
        request_id: fresh(),
        organization: name("organizations/district"),
        person: person.to_owned(),
        sha256: sha256.to_owned(),
    };
    let other = "0".repeat(64);
    vec![
        row(
            "a merge that nobody proposed",
            approve("m9", "officer-02", &other),
            NotFound,
            Reason::MergeNotFound,
        )
        .at("name"),
        row(
            "a merge that was approved",
            approve("m3", "officer-02", &other),
            NotFound,
            Reason::MergeNotFound,
        )
        .at("name"),
        row(
            "a merge of nobody approved",
            approve("nobody", "officer-02", &other),
            NotFound,
            Reason::ResidentNotFound,
        )
        .at("name"),
        row(
            "another merge than proposed",
            approve("m26", "officer-02", &other),
            Aborted,
            Reason::ProposalChanged,
        )
        .at("sha256"),
        row(
            "a merge approved without a digest",
            approve("m26", "officer-02", ""),
            InvalidArgument,
            Reason::FieldInvalid,
        )
        .at("sha256"),
        row(
            "a merge approved by no person",
            approve("m26", "", &other),
            InvalidArgument,
            Reason::FieldRequired,
        )
        .at("person"),
        row(
            "a merge proposed by no person",
            proto::ProposeMergeRequest { person: String::new(), ..merge("m1", "m9") },
            InvalidArgument,
            Reason::FieldRequired,
        )
        .at("person"),
    ]
}

fn posting(places: &Places) -> Vec<Row> {
    let on = |id: &'static str| post(move |entry| entry.account = account(id));
    let restored = places.reversed;
    vec![
        row("an entry for a merged account", on("m3"), FailedPrecondition, Reason::ResidentMerged)
            .at("entry.account")
            .with("survivor", "m4"),
        row("an entry for an old id", on("m5"), FailedPrecondition, Reason::IdentifierChanged)
            .at("entry.account")
            .with("survivor", "m6"),
        row(
            "a class list with a merged account",
            class_list(&["residents/m9", "residents/m3"]),
            FailedPrecondition,
            Reason::ResidentMerged,
        )
        .at("accounts[1]")
        .with("survivor", "m4"),
        row(
            "a correction on a merged account",
            post(move |entry| {
                entry.account = account("m3");
                entry.restores = name(&format!("entries/{restored}"));
            }),
            FailedPrecondition,
            Reason::ResidentMerged,
        )
        .at("entry.account"),
        row(
            "a session that the merged account has",
            proto::PostEntryRequest { request_id: fresh(), ..talk("m4") },
            AlreadyExists,
            Reason::SessionAlreadyCredited,
        )
        .at("entry.session"),
    ]
}

fn renaming() -> Vec<Row> {
    let distinguish = |resident: &str, other: &str| proto::DistinguishResidentsRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        organization: name("organizations/district"),
        resident: account(resident),
        other: account(other),
    };
    vec![
        row("an id of another", rename("m9", "m1"), AlreadyExists, Reason::AlreadyRegistered)
            .at("new_resident_id"),
        row("the id it has", rename("m9", "m9"), AlreadyExists, Reason::AlreadyRegistered)
            .at("new_resident_id"),
        row("an id in capitals", rename("m9", "M99"), InvalidArgument, Reason::NotCanonical)
            .at("new_resident_id")
            .with("canonical", "m99"),
        row("no new id", rename("m9", ""), InvalidArgument, Reason::FieldRequired).at("new_resident_id"),
        row("a new id for nobody", rename("nobody", "m99"), NotFound, Reason::ResidentNotFound).at("name"),
        row("a new id for an old one", rename("m5", "m99"), FailedPrecondition, Reason::IdentifierChanged)
            .at("name")
            .with("survivor", "m6"),
        row(
            "a new id by a stranger",
            proto::ChangeIdentifierRequest {
                organization: name("organizations/other"),
                ..rename("m9", "m99")
            },
            PermissionDenied,
            Reason::SchoolScope,
        )
        .at("organization"),
        row("one told from itself", distinguish("m9", "m9"), InvalidArgument, Reason::MergeSelf).at("other"),
        row("one told from nobody", distinguish("m9", "nobody"), NotFound, Reason::ResidentNotFound)
            .at("other"),
        row(
            "merged accounts told apart",
            distinguish("m3", "m4"),
            FailedPrecondition,
            Reason::ResidentMerged,
        )
        .at("resident")
        .with("survivor", "m4"),
    ]
}

fn joining() -> Vec<Row> {
    use proto::MemberRole::{Adult, Minor, Unspecified};
    let days = |from: &str, last_day: &str| proto::JoinHouseholdRequest {
        from: from.to_owned(),
        last_day: last_day.to_owned(),
        ..join("h021", "m9", Adult)
    };
    let by_school = |household: &str, id: &str| proto::JoinHouseholdRequest {
        organization: name("organizations/school"),
        ..join(household, id, Adult)
    };
    vec![
        row("a member of no age", join("h021", "m9", Unspecified), InvalidArgument, Reason::FieldRequired)
            .at("role"),
        row("no first day", days("", ""), InvalidArgument, Reason::FieldRequired).at("from"),
        row("a first day to come", days("2026-06-02", ""), OutOfRange, Reason::OccurredInFuture).at("from"),
        row("a last day to come", days("2026-05-01", "2026-06-02"), OutOfRange, Reason::OccurredInFuture)
            .at("last_day"),
        row(
            "a leave before the join",
            days("2026-05-02", "2026-05-01"),
            InvalidArgument,
            Reason::MembershipRange,
        )
        .at("last_day")
        .with("from", "2026-05-02"),
        row("a household of nobody", join("nowhere", "m9", Adult), NotFound, Reason::HouseholdNotFound)
            .at("name"),
        row("nobody in a household", join("h021", "nobody", Adult), NotFound, Reason::ResidentNotFound)
            .at("resident"),
        row("a merged member", join("h021", "m3", Adult), FailedPrecondition, Reason::ResidentMerged)
            .at("resident")
            .with("survivor", "m4"),
        row(
            "a household of minors",
            join("h021", "m9", Minor),
            FailedPrecondition,
            Reason::HouseholdNeedsAdult,
        )
        .at("name")
        .with("day", "2024-09-01"),
        row("a twenty-first member", join("h020", "m9", Adult), FailedPrecondition, Reason::HouseholdFull)
            .at("name")
            .with("limit", 20),
        row("a second household", join("h021", "m7", Adult), FailedPrecondition, Reason::AlreadyInHousehold)
            .at("resident")
            .with("household", "h001"),
        row(
            "a second household that is not theirs to know",
            by_school("h021", "m7"),
            FailedPrecondition,
            Reason::AlreadyInHousehold,
        )
        .at("resident")
        .silent_about("h001"),
        row("another's household", by_school("h001", "m9"), PermissionDenied, Reason::SchoolScope)
            .at("organization"),
    ]
}

fn leaving() -> Vec<Row> {
    vec![
        row(
            "a stranger leaves",
            leave("h001", "m9", "2026-05-01"),
            FailedPrecondition,
            Reason::NotInHousehold,
        )
        .at("resident"),
        row(
            "a leave before it began",
            leave("h001", "m8", "2024-08-31"),
            InvalidArgument,
            Reason::MembershipRange,
        )
        .at("last_day")
        .with("from", "2024-09-01"),
        row(
            "the last adult leaves",
            leave("h001", "m7", "2026-05-01"),
            FailedPrecondition,
            Reason::HouseholdNeedsAdult,
        )
        .at("name")
        .with("day", "2026-05-02"),
        row("a leave to come", leave("h001", "m8", "2026-06-02"), OutOfRange, Reason::OccurredInFuture)
            .at("last_day"),
    ]
}

fn asking() -> Vec<Row> {
    let who = |id: &str| proto::GetIdentityRequest { name: account(id), ..Default::default() };
    let list = |page_size: u32, page_token: &str| proto::ListDuplicateCandidatesRequest {
        parent: LEDGER.to_owned(),
        page_size,
        page_token: page_token.to_owned(),
        min_position: 0,
    };
    let at = |as_of_position: u64| proto::GetIdentityRequest { as_of_position, ..who("m9") };
    let members = proto::ListMembersRequest { parent: name("households/nowhere"), ..Default::default() };
    vec![
        row("who nobody is", who("nobody"), NotFound, Reason::ResidentNotFound).at("name"),
        row("who someone will be", at(1 << 40), Unavailable, Reason::NotYetApplied).at("as_of_position"),
        row("who someone was before", at(1), NotFound, Reason::ResidentNotFound).at("name"),
        row(
            "a household of no day",
            proto::GetIdentityRequest { day: "2026-02-30".to_owned(), ..who("m9") },
            InvalidArgument,
            Reason::DateNotInCalendar,
        )
        .at("day"),
        row("members of nobody", members, NotFound, Reason::HouseholdNotFound).at("parent"),
        row("a page of duplicates too large", list(1_001, ""), InvalidArgument, Reason::FieldInvalid)
            .at("page_size"),
        row("a page of other duplicates", list(0, "a1"), InvalidArgument, Reason::PageTokenInvalid)
            .at("page_token"),
        row(
            "the balance of a new id before it was one",
            proto::GetBalanceRequest { name: account("m6"), as_of_position: 60, ..Default::default() },
            NotFound,
            Reason::ResidentNotFound,
        )
        .at("name"),
    ]
}
