//! Personal data that is none, looks that are not allowed, erasures that may not be.

use crate::request::Request;
use crate::row::{Row, row};
use crate::stage::{Stage, stores};
use creditbank_grpc::proto;
use creditbank_tests::{Clients, LEDGER, canary, fresh, mainland_number, name};
use ledger_core::Reason;
use tonic::Code::{
    Aborted, AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, OutOfRange, PermissionDenied,
};

/// Reasons that the journeys of this file see.
pub const REASONS: [Reason; 2] = [Reason::DirectoryClosed, Reason::ProposalExpired];

fn account(n: u32) -> String {
    name(&format!("residents/r{n:04}"))
}

/// What `school` keeps of a resident: a canary born on a day. No refusal tells of it.
fn put(n: u32, born: &str) -> proto::PutPersonRequest {
    proto::PutPersonRequest {
        name: account(n),
        request_id: fresh(),
        organization: name("organizations/school"),
        person: "clerk-01".to_owned(),
        data: Some(proto::Person {
            name: canary::NAME.to_owned(),
            birth_date: born.to_owned(),
            phone: canary::PHONE.to_owned(),
            email: canary::EMAIL.to_owned(),
            ..Default::default()
        }),
    }
}

fn with(change: impl FnOnce(&mut proto::Person)) -> proto::PutPersonRequest {
    let mut request = put(3, "1990-02-03");
    change(request.data.as_mut().unwrap());
    request
}

fn number(kind: &str, number: &str) -> proto::PutPersonRequest {
    with(|data| (data.id_kind, data.id_number) = (kind.to_owned(), number.to_owned()))
}

fn get(n: u32) -> proto::GetPersonRequest {
    proto::GetPersonRequest {
        name: account(n),
        organization: name("organizations/school"),
        person: "officer-01".to_owned(),
        purpose: "contact".to_owned(),
        fields: vec!["name".to_owned()],
        approved_by: String::new(),
    }
}

fn find(number: &str) -> proto::FindPersonRequest {
    proto::FindPersonRequest {
        parent: LEDGER.to_owned(),
        organization: name("organizations/school"),
        person: "officer-01".to_owned(),
        purpose: "identity_check".to_owned(),
        id_kind: "mainland".to_owned(),
        id_number: number.to_owned(),
        display_name: String::new(),
        approved_by: String::new(),
    }
}

fn propose(n: u32) -> proto::ProposeErasureRequest {
    proto::ProposeErasureRequest {
        name: account(n),
        request_id: fresh(),
        organization: name("organizations/school"),
        person: "officer-01".to_owned(),
    }
}

fn approve(n: u32, sha256: &str, by: &str) -> proto::ApproveErasureRequest {
    proto::ApproveErasureRequest {
        name: account(n),
        request_id: fresh(),
        organization: name("organizations/district"),
        person: by.to_owned(),
        sha256: sha256.to_owned(),
    }
}

fn reads(path: &str) -> proto::ListPersonReadsRequest {
    proto::ListPersonReadsRequest { parent: name(path), ..Default::default() }
}

/// The number of resident 8.
const BORN: &str = "19770203";

/// Prepares the stage: `r0008` is kept with an ID number, `r0009` is a youth of 16, the erasure of `r0010` waits, and
/// `r0011` was erased.
pub async fn prepare(clients: &Clients) -> String {
    let mut directory = clients.directory.clone();
    let mut known = put(8, "");
    let data = known.data.as_mut().unwrap();
    (data.id_kind, data.id_number) = ("mainland".to_owned(), mainland_number(BORN, 8));
    directory.put_person(known).await.unwrap();
    directory.put_person(put(9, "2010-01-02")).await.unwrap();
    for n in [10, 11] {
        directory.put_person(put(n, "1980-01-02")).await.unwrap();
    }
    let mut proposed = Vec::new();
    for n in [10, 11] {
        let answer = directory.propose_erasure(propose(n)).await.unwrap().into_inner();
        proposed.push(answer.erasure.unwrap().sha256);
    }
    directory.approve_erasure(approve(11, &proposed[1], "officer-02")).await.unwrap();
    proposed.swap_remove(0)
}

/// All of them.
pub fn rows(sha256: &str) -> Vec<Row> {
    [numbers(), records(), cards(), looks(), erasures(sha256)].concat()
}

fn numbers() -> Vec<Row> {
    let refused = |what, kind: &str, raw: &str, reason| {
        row(what, number(kind, raw), InvalidArgument, reason).at("data.id_number")
    };
    let of_nobody = mainland_number("19900203", 3);
    let miscopied = format!("{}{}", &of_nobody[..16], if of_nobody.ends_with("00") { "11" } else { "00" });
    vec![
        refused("an ID number of seventeen characters", "mainland", "00000019900203001", Reason::IdFormat),
        refused("an old ID number of fifteen digits", "mainland", "000000900203001", Reason::IdFormat),
        refused("an ID number of 30 February", "mainland", "000000199002300010", Reason::IdFormat),
        refused("somebody not yet born", "mainland", &mainland_number("20300101", 1), Reason::IdFormat),
        refused("a miscopied ID number", "mainland", &miscopied, Reason::IdChecksum),
        refused(
            "full-width digits",
            "mainland",
            "１１０１０５１９４９１２３１００２Ｘ",
            Reason::NotCanonical,
        )
        .silent_about("11010519491231002X"),
        refused("a lower-case x", "mainland", "11010519491231002x", Reason::NotCanonical)
            .silent_about("11010519491231002X"),
        refused("a wrong check digit of Taiwan", "taiwan", "A123456780", Reason::IdChecksum),
        refused("a resident certificate as a national ID", "taiwan", "A800000014", Reason::IdFormat),
        refused("an old resident certificate", "taiwan_resident", "AB12345677", Reason::IdFormat),
        refused("a passport of three characters", "passport", "E00", Reason::IdFormat),
        refused("no number of a kind", "passport", "", Reason::FieldRequired),
        row("no kind of a number", number("", "E00000000"), InvalidArgument, Reason::FieldRequired)
            .at("data.id_kind"),
        row("an unknown kind", number("driver", "E00000000"), InvalidArgument, Reason::FieldInvalid)
            .at("data.id_kind"),
        row(
            "a birth date beside the number's",
            number("mainland", &mainland_number("19900204", 3)),
            InvalidArgument,
            Reason::IdBirthdateMismatch,
        )
        .at("data.birth_date"),
    ]
}

fn records() -> Vec<Row> {
    let named = |text: &str| with(|data| text.clone_into(&mut data.name));
    let born = |day: &str| put(3, day);
    let mut scope = put(3, "1990-02-03");
    scope.organization = name("organizations/other");
    let mut nobody = put(3, "1990-02-03");
    nobody.name = name("residents/r9999");
    let mut taken = put(3, "");
    let data = taken.data.as_mut().unwrap();
    (data.id_kind, data.id_number) = ("mainland".to_owned(), mainland_number(BORN, 8));
    let mut anonymous = put(3, "1990-02-03");
    anonymous.person.clear();
    vec![
        row("no name", named(" "), InvalidArgument, Reason::NameLength).at("data.name"),
        row("a name that turns round", named("居民\u{202E}一"), InvalidArgument, Reason::NameForbiddenChar)
            .at("data.name"),
        row("a made-up character", named("\u{E000}一"), InvalidArgument, Reason::NamePrivateUse)
            .at("data.name"),
        row("no birth date", born(""), InvalidArgument, Reason::FieldRequired).at("data.birth_date"),
        row("a birth date of another calendar", born("民國79年"), InvalidArgument, Reason::DateFormat)
            .at("data.birth_date"),
        row("a day that never was", born("1990-02-30"), InvalidArgument, Reason::DateNotInCalendar)
            .at("data.birth_date")
            .silent_about("1990-02-30"),
        row("somebody of tomorrow", born("2026-06-02"), OutOfRange, Reason::OccurredInFuture)
            .at("data.birth_date"),
        row(
            "a telephone of letters",
            with(|data| "call me".clone_into(&mut data.phone)),
            InvalidArgument,
            Reason::FieldInvalid,
        )
        .at("data.phone"),
        row(
            "an address without a place",
            with(|data| "someone@".clone_into(&mut data.email)),
            InvalidArgument,
            Reason::FieldInvalid,
        )
        .at("data.email"),
        row("nobody who does it", anonymous, InvalidArgument, Reason::FieldRequired).at("person"),
        row("a resident that is none", nobody, NotFound, Reason::ResidentNotFound).at("name"),
        row("another school's resident", scope, PermissionDenied, Reason::SchoolScope).at("organization"),
        row(
            "a child without consent",
            born("2012-06-02"),
            FailedPrecondition,
            Reason::GuardianConsentRequired,
        )
        .at("name"),
        row("the ID number of another", taken, AlreadyExists, Reason::ResidentExists)
            .at("data.id_number")
            .with("resident", "r0008"),
        row("somebody who was erased", put(11, "1980-01-02"), FailedPrecondition, Reason::ResidentErased)
            .at("name"),
    ]
}

fn card(
    of: &str,
    by: &str,
    change: impl FnOnce(&mut proto::OrganizationCard),
) -> proto::PutOrganizationCardRequest {
    let mut card = proto::OrganizationCard::default();
    change(&mut card);
    proto::PutOrganizationCardRequest {
        name: name(&format!("organizations/{of}")),
        request_id: fresh(),
        organization: name(&format!("organizations/{by}")),
        person: "clerk-01".to_owned(),
        card: Some(card),
    }
}

fn cards() -> Vec<Row> {
    let coded = |code: &str| card("school", "school", |card| code.clone_into(&mut card.uscc));
    let refused = |what, code: &str, reason| row(what, coded(code), InvalidArgument, reason).at("card.uscc");
    let asked = |id: &str| proto::GetOrganizationCardRequest { name: name(&format!("organizations/{id}")) };
    vec![
        refused("a code of seventeen characters", "91350100M000100Y4", Reason::IdFormat),
        refused("a code with an I", "91350100M000100I43", Reason::IdFormat),
        refused("a miscopied code", "91350100M000100Y34", Reason::IdChecksum),
        refused("a code in small letters", "91350100m000100y43", Reason::NotCanonical)
            .silent_about("91350100M000100Y43"),
        row("another school's card", card("school", "other", |_| {}), PermissionDenied, Reason::SchoolScope)
            .at("organization"),
        row("a card of nobody", card("none", "district", |_| {}), NotFound, Reason::OrganizationNotFound)
            .at("name"),
        row("a card that is not kept", asked("other"), NotFound, Reason::PersonNotFound).at("name"),
    ]
}

fn looks() -> Vec<Row> {
    let changed = |n, change: fn(&mut proto::GetPersonRequest)| {
        let mut request = get(n);
        change(&mut request);
        request
    };
    let absent = mainland_number("19010101", 1);
    let mut elsewhere = find(&mainland_number(BORN, 8));
    elsewhere.organization = name("organizations/other");
    let mut misnamed = find(&mainland_number(BORN, 8));
    misnamed.display_name = "居民 0009".to_owned();
    vec![
        row("no purpose", changed(8, |r| r.purpose.clear()), InvalidArgument, Reason::FieldRequired)
            .at("purpose"),
        row(
            "curiosity",
            changed(8, |r| r.purpose = "look".to_owned()),
            InvalidArgument,
            Reason::FieldInvalid,
        )
        .at("purpose"),
        row("no fields", changed(8, |r| r.fields.clear()), InvalidArgument, Reason::FieldRequired)
            .at("fields"),
        row(
            "a field twice",
            changed(8, |r| r.fields.push("name".to_owned())),
            InvalidArgument,
            Reason::FieldInvalid,
        )
        .at("fields[1]"),
        row("nobody is kept there", get(3), NotFound, Reason::PersonNotFound).at("name"),
        row(
            "another school's resident",
            changed(8, |r| r.organization = name("organizations/other")),
            PermissionDenied,
            Reason::SchoolScope,
        )
        .at("organization"),
        row("a youth's data alone", get(9), FailedPrecondition, Reason::AccessApprovalRequired)
            .at("approved_by"),
        row(
            "one's own approval",
            changed(9, |r| r.approved_by = "officer-0l".to_owned()),
            PermissionDenied,
            Reason::SameActor,
        )
        .at("approved_by"),
        row("who was erased", get(11), FailedPrecondition, Reason::ResidentErased).at("name"),
        row("a number that nobody has", find(&absent), NotFound, Reason::PersonNotFound).at("id_number"),
        row("a number that is not to be seen", elsewhere, NotFound, Reason::PersonNotFound)
            .at("id_number")
            .silent_about("r0008"),
        row("a number of another name", misnamed, NotFound, Reason::PersonNotFound).at("id_number"),
        row("reads of nobody", reads("residents/r9999"), NotFound, Reason::ResidentNotFound).at("parent"),
        row(
            "a token of another list",
            proto::ListPersonReadsRequest { page_token: "a1".to_owned(), ..reads("residents/r0008") },
            InvalidArgument,
            Reason::PageTokenInvalid,
        )
        .at("page_token"),
    ]
}

fn erasures(sha256: &str) -> Vec<Row> {
    let other = "0".repeat(64);
    let mut posted = creditbank_tests::lecture(11, "2026-05-20");
    posted.entry.as_mut().unwrap().session = "late".to_owned();
    let merge = |merged: u32, survivor: u32| {
        creditbank_tests::merge(&format!("r{merged:04}"), &format!("r{survivor:04}"))
    };
    vec![
        row(
            "an erasure that nobody proposed",
            approve(3, &other, "officer-02"),
            NotFound,
            Reason::ErasureNotFound,
        )
        .at("name"),
        row("another proposal", approve(10, &other, "officer-02"), Aborted, Reason::ProposalChanged)
            .at("sha256")
            .with("sha256", sha256),
        row("one's own proposal", approve(10, sha256, "officer-01"), PermissionDenied, Reason::SameActor)
            .at("person"),
        row("no digest", approve(10, "", "officer-02"), InvalidArgument, Reason::FieldInvalid).at("sha256"),
        row("an erasure of who is erased", propose(11), FailedPrecondition, Reason::ResidentErased)
            .at("name"),
        row("an entry for who is erased", posted, FailedPrecondition, Reason::ResidentErased)
            .at("entry.account"),
        row("a merge of who is erased", merge(11, 3), FailedPrecondition, Reason::ResidentErased)
            .at("merged"),
        row("a merge into who is erased", merge(3, 11), FailedPrecondition, Reason::ResidentErased)
            .at("survivor"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_file_every_method_says_that_the_directory_is_closed() {
    let (_folder, [_, (_, store)]) = stores().await;
    let bank = Stage::on(store).await.bank;
    let clients = Clients::of(&bank).await;
    let requests: [Request; 9] = [
        card("school", "school", |_| {}).into(),
        proto::GetOrganizationCardRequest { name: name("organizations/school") }.into(),
        put(3, "1990-02-03").into(),
        get(3).into(),
        find("11010519491231002X").into(),
        reads("residents/r0003").into(),
        propose(3).into(),
        approve(3, "", "officer-02").into(),
        proto::ListRetentionDueRequest { parent: LEDGER.to_owned(), ..Default::default() }.into(),
    ];
    let expected = crate::row::Expected::new(FailedPrecondition, Reason::DirectoryClosed);
    for request in requests {
        let refused = request.send(&clients).await.unwrap_err();
        assert_eq!(expected.differences(&refused), Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_waited_for_more_than_seven_days_has_expired() {
    use chrono::TimeDelta;
    use creditbank_tests::june_first_2026;
    use std::sync::{Arc, Mutex};
    let (_folder, [_, (_, store)]) = stores().await;
    let now = Arc::new(Mutex::new(june_first_2026()));
    let told = Arc::clone(&now);
    let clock: creditbank_ledger::Clock = Arc::new(move || *told.lock().unwrap());
    let stage = Stage::with(store, clock, Default::default()).await;
    *now.lock().unwrap() += TimeDelta::days(8);
    let status =
        Request::from(approve(10, &stage.erasure, "officer-02")).send(&stage.clients).await.unwrap_err();
    let mut expected = crate::row::Expected::new(FailedPrecondition, Reason::ProposalExpired);
    expected.field = Some("sha256".to_owned());
    expected.metadata.push(("expires_on", "2026-06-08".to_owned()));
    assert_eq!(expected.differences(&status), Vec::<String>::new());
}
