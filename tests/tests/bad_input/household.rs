//! Households that cannot move, split or end like that; guardians who are none; consent that nobody may give.

use crate::identity::account;
use crate::request::posted;
use crate::row::{Row, row};
use creditbank_grpc::proto;
use creditbank_tests::{Clients, LEDGER, draft, fresh, name};
use ledger_core::Reason;
use proto::entry::Detail;
use tonic::Code::{
    AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, OutOfRange, PermissionDenied, Unavailable,
};

/// Prepares the stage, behind that of [`crate::identity::prepare`]: `h022` of the town ended on 2026-03-31; `m7` is the
/// guardian of the minor `m8` since 2026-03-01, and agreed for them.
pub async fn prepare(clients: &Clients) {
    let request = proto::CreateHouseholdRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        household_id: "h022".to_owned(),
        organization: organization("town"),
    };
    clients.registry.clone().create_household(request).await.unwrap();
    let mut households = clients.households.clone();
    households.dissolve_household(dissolve("h022", "2026-03-31")).await.unwrap();
    households.name_guardian(guardian("m8", "m7", "2026-03-01")).await.unwrap();
    households.give_consent(agree("m8", "m7", "2026-03-01")).await.unwrap();
}

fn organization(id: &str) -> String {
    name(&format!("organizations/{id}"))
}

fn house(id: &str) -> String {
    name(&format!("households/{id}"))
}

fn shift(household: &str, by: &str, to: &str, from: &str) -> proto::MoveHouseholdRequest {
    proto::MoveHouseholdRequest {
        name: house(household),
        request_id: fresh(),
        organization: organization(by),
        community: organization(to),
        from: from.to_owned(),
    }
}

fn dissolve(household: &str, last_day: &str) -> proto::DissolveHouseholdRequest {
    proto::DissolveHouseholdRequest {
        name: house(household),
        request_id: fresh(),
        organization: organization("town"),
        last_day: last_day.to_owned(),
    }
}

fn split(household: &str, into: &str, members: &[&str], from: &str) -> proto::SplitHouseholdRequest {
    proto::SplitHouseholdRequest {
        name: house(household),
        request_id: fresh(),
        organization: organization("town"),
        new_household_id: into.to_owned(),
        members: members.iter().map(|id| account(id)).collect(),
        community: String::new(),
        from: from.to_owned(),
    }
}

fn guardian(minor: &str, guardian: &str, from: &str) -> proto::NameGuardianRequest {
    proto::NameGuardianRequest {
        name: account(minor),
        request_id: fresh(),
        organization: organization("school"),
        guardian: account(guardian),
        from: from.to_owned(),
    }
}

fn release(minor: &str, guardian: &str, last_day: &str) -> proto::ReleaseGuardianRequest {
    proto::ReleaseGuardianRequest {
        name: account(minor),
        request_id: fresh(),
        organization: organization("school"),
        guardian: account(guardian),
        last_day: last_day.to_owned(),
    }
}

fn agree(id: &str, by: &str, from: &str) -> proto::GiveConsentRequest {
    proto::GiveConsentRequest {
        name: account(id),
        request_id: fresh(),
        organization: organization("school"),
        given_by: account(by),
        purpose: proto::ConsentPurpose::Selection.into(),
        from: from.to_owned(),
    }
}

fn withdraw(id: &str, last_day: &str) -> proto::WithdrawConsentRequest {
    proto::WithdrawConsentRequest {
        name: account(id),
        request_id: fresh(),
        organization: organization("school"),
        purpose: proto::ConsentPurpose::Selection.into(),
        last_day: last_day.to_owned(),
    }
}

/// All of them.
pub fn rows() -> Vec<Row> {
    [moving(), ending(), splitting(), guarding(), agreeing(), asking()].concat()
}

fn moving() -> Vec<Row> {
    let day = "2026-05-01";
    let nowhere =
        proto::MoveHouseholdRequest { community: String::new(), ..shift("h001", "town", "school", day) };
    vec![
        row("a move of nobody", shift("nowhere", "town", "school", day), NotFound, Reason::HouseholdNotFound)
            .at("name"),
        row("a move to no community", nowhere, InvalidArgument, Reason::FieldRequired).at("community"),
        row("a move away", shift("h001", "town", "nowhere", day), NotFound, Reason::OrganizationNotFound)
            .at("community"),
        row(
            "a move by a stranger",
            shift("h001", "other", "other", day),
            PermissionDenied,
            Reason::SchoolScope,
        )
        .at("organization"),
        row(
            "a move to a community that is not below",
            shift("h021", "town", "college", day),
            PermissionDenied,
            Reason::SchoolScope,
        )
        .at("organization"),
        row(
            "a move to a closed community",
            shift("h001", "town", "shut-school", day),
            FailedPrecondition,
            Reason::SchoolClosed,
        )
        .at("community"),
        row(
            "a move to come",
            shift("h001", "town", "school", "2026-06-02"),
            OutOfRange,
            Reason::OccurredInFuture,
        )
        .at("from"),
        row(
            "a move of a household that is no more",
            shift("h022", "town", "school", "2026-04-01"),
            FailedPrecondition,
            Reason::HouseholdDissolved,
        )
        .at("name")
        .with("last_day", "2026-03-31"),
    ]
}

fn ending() -> Vec<Row> {
    let title = Detail::HouseholdAward(proto::HouseholdAward { title: "model".to_owned() });
    let award = proto::Entry { account: house("h022"), ..draft(9, "2026-04-01", 0, title) };
    let join = proto::JoinHouseholdRequest {
        name: house("h022"),
        request_id: fresh(),
        organization: organization("town"),
        resident: account("m9"),
        role: proto::MemberRole::Adult.into(),
        from: "2026-03-01".to_owned(),
        last_day: String::new(),
    };
    let by_school = proto::DissolveHouseholdRequest {
        organization: organization("school"),
        ..dissolve("h001", "2026-05-31")
    };
    vec![
        row(
            "an award to a dissolved household",
            posted(award),
            FailedPrecondition,
            Reason::HouseholdDissolved,
        )
        .at("entry.account")
        .with("last_day", "2026-03-31"),
        row("a member of a dissolved household", join, FailedPrecondition, Reason::HouseholdDissolved)
            .at("name")
            .with("last_day", "2026-03-31"),
        row("a second end", dissolve("h022", "2026-03-31"), FailedPrecondition, Reason::HouseholdDissolved)
            .at("name"),
        row(
            "an end before the members came",
            dissolve("h001", "2024-08-31"),
            FailedPrecondition,
            Reason::DissolvedTooEarly,
        )
        .at("last_day")
        .with("day", "2024-09-01"),
        row("an end to come", dissolve("h001", "2026-06-02"), OutOfRange, Reason::OccurredInFuture)
            .at("last_day"),
        row("an end without a day", dissolve("h001", ""), InvalidArgument, Reason::FieldRequired)
            .at("last_day"),
        row("an end by another", by_school, PermissionDenied, Reason::SchoolScope).at("organization"),
    ]
}

fn splitting() -> Vec<Row> {
    let day = "2026-05-01";
    let needs = |what, members: &[&str], field: &str| {
        row(what, split("h001", "h099", members, day), FailedPrecondition, Reason::HouseholdNeedsAdult)
            .at(field)
            .with("day", day)
    };
    let many: Vec<&str> = vec!["m7"; 21];
    vec![
        needs("a minor left alone", &["m7"], "name"),
        needs("a household of minors by a split", &["m8"], "members"),
        needs("a split that leaves nobody", &["m7", "m8"], "members"),
        row("a split of nobody", split("h001", "h099", &[], day), InvalidArgument, Reason::BatchSize)
            .at("members"),
        row("a split of too many", split("h001", "h099", &many, day), InvalidArgument, Reason::BatchSize)
            .at("members"),
        row(
            "one who moves out twice",
            split("h001", "h099", &["m7", "m7"], day),
            InvalidArgument,
            Reason::FieldInvalid,
        )
        .at("members[1]"),
        row(
            "a stranger moves out",
            split("h001", "h099", &["m9"], day),
            FailedPrecondition,
            Reason::NotInHousehold,
        )
        .at("members[0]"),
        row(
            "a merged account moves out",
            split("h001", "h099", &["m3"], day),
            FailedPrecondition,
            Reason::ResidentMerged,
        )
        .at("members[0]")
        .with("survivor", "m4"),
        row(
            "a split before they came",
            split("h020", "h099", &["f1"], "2024-09-01"),
            InvalidArgument,
            Reason::MembershipRange,
        )
        .at("from")
        .with("from", "2024-09-01"),
        row(
            "a split to come",
            split("h020", "h099", &["f1"], "2026-06-02"),
            OutOfRange,
            Reason::OccurredInFuture,
        )
        .at("from"),
        row(
            "a split into a household that is there",
            split("h020", "h021", &["f1"], day),
            AlreadyExists,
            Reason::AlreadyRegistered,
        )
        .at("new_household_id"),
        row(
            "a split without a new id",
            split("h020", "", &["f1"], day),
            InvalidArgument,
            Reason::FieldRequired,
        )
        .at("new_household_id"),
    ]
}

fn guarding() -> Vec<Row> {
    let day = "2026-05-01";
    let stranger =
        proto::NameGuardianRequest { organization: organization("other"), ..guardian("m8", "m9", day) };
    vec![
        row("one's own guardian", guardian("m8", "m8", day), FailedPrecondition, Reason::GuardianNotEligible)
            .at("guardian"),
        row(
            "a minor as guardian",
            guardian("m9", "m8", day),
            FailedPrecondition,
            Reason::GuardianNotEligible,
        )
        .at("guardian"),
        row("the guardian of an adult", guardian("m7", "m9", day), FailedPrecondition, Reason::NotAMinor)
            .at("name"),
        row("a guardian who is nobody", guardian("m8", "nobody", day), NotFound, Reason::ResidentNotFound)
            .at("guardian"),
        row(
            "a guardian who was merged",
            guardian("m8", "m3", day),
            FailedPrecondition,
            Reason::ResidentMerged,
        )
        .at("guardian")
        .with("survivor", "m4"),
        row("a guardian to come", guardian("m8", "m9", "2026-06-02"), OutOfRange, Reason::OccurredInFuture)
            .at("from"),
        row("a guardian named by a stranger", stranger, PermissionDenied, Reason::SchoolScope)
            .at("organization"),
        row("the release of no guardian", release("m8", "m9", day), FailedPrecondition, Reason::NotGuardian)
            .at("guardian"),
        row(
            "a release before the first day",
            release("m8", "m7", "2026-02-28"),
            InvalidArgument,
            Reason::TimeRange,
        )
        .at("last_day")
        .with("from", "2026-03-01"),
    ]
}

fn agreeing() -> Vec<Row> {
    let day = "2026-05-01";
    let to_nothing = proto::GiveConsentRequest {
        purpose: proto::ConsentPurpose::Unspecified.into(),
        ..agree("m9", "m9", day)
    };
    vec![
        row(
            "a minor's own consent",
            agree("m8", "m8", day),
            FailedPrecondition,
            Reason::GuardianConsentRequired,
        )
        .at("given_by"),
        row(
            "a stranger's consent for a minor",
            agree("m8", "m9", day),
            FailedPrecondition,
            Reason::GuardianConsentRequired,
        )
        .at("given_by"),
        row(
            "a guardian's consent before they were one",
            agree("m8", "m7", "2026-02-28"),
            FailedPrecondition,
            Reason::GuardianConsentRequired,
        )
        .at("given_by"),
        row("consent for an adult", agree("m7", "m9", day), FailedPrecondition, Reason::ConsentIsPersonal)
            .at("given_by"),
        row("consent to nothing", to_nothing, InvalidArgument, Reason::FieldRequired).at("purpose"),
        row("consent to come", agree("m9", "m9", "2026-06-02"), OutOfRange, Reason::OccurredInFuture)
            .at("from"),
        row("consent of nobody", agree("nobody", "m9", day), NotFound, Reason::ResidentNotFound).at("name"),
        row("the end of no consent", withdraw("m9", day), FailedPrecondition, Reason::ConsentNotGiven)
            .at("name"),
        row("an end before the consent", withdraw("m8", "2026-02-28"), InvalidArgument, Reason::TimeRange)
            .at("last_day")
            .with("from", "2026-03-01"),
    ]
}

fn asking() -> Vec<Row> {
    let of = |id: &str| proto::GetHouseholdRequest { name: house(id), ..Default::default() };
    vec![
        row("a household of nobody to see", of("nowhere"), NotFound, Reason::HouseholdNotFound).at("name"),
        row(
            "a household before it was one",
            proto::GetHouseholdRequest { as_of_position: 1, ..of("h001") },
            NotFound,
            Reason::HouseholdNotFound,
        )
        .at("name"),
        row(
            "a household that will be",
            proto::GetHouseholdRequest { as_of_position: 1 << 40, ..of("h001") },
            Unavailable,
            Reason::NotYetApplied,
        )
        .at("as_of_position"),
        row(
            "a household of no date",
            proto::GetHouseholdRequest { day: "2026-02-30".to_owned(), ..of("h001") },
            InvalidArgument,
            Reason::DateNotInCalendar,
        )
        .at("day"),
    ]
}
