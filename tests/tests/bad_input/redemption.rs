//! Redemptions that are refused, and reversals of credit that was redeemed.

use crate::identity::account;
use crate::request::{Request, reverse};
use crate::row::{Expected, Row, row};
use crate::stage::{Stage, snapshot, stores};
use creditbank_grpc::proto;
use creditbank_ledger::Limits;
use creditbank_tests::{LEDGER, fresh, lecture, name, still};
use ledger_core::Reason;
use ledger_core::policy::DISTRICT_DEFAULT;
use tonic::Code::{FailedPrecondition, InvalidArgument, NotFound, PermissionDenied};

/// Reasons that the journeys of this file see.
pub const REASONS: [Reason; 3] =
    [Reason::RedemptionNotOffered, Reason::InsufficientCredit, Reason::BalanceWouldGoNegative];

/// A redemption of one credit of resident 1, who has two.
fn redeem() -> proto::RedeemCreditsRequest {
    proto::RedeemCreditsRequest {
        name: name("residents/r0001"),
        request_id: fresh(),
        organization: name("organizations/college"),
        reward: "certificate".to_owned(),
        centi_credits: 100,
    }
}

/// All of them; it is June, and the window of the policy is in November.
pub fn rows() -> Vec<Row> {
    let of = |raw: &str| proto::RedeemCreditsRequest { name: raw.to_owned(), ..redeem() };
    let by = |organization: &str| proto::RedeemCreditsRequest {
        organization: name(&format!("organizations/{organization}")),
        ..redeem()
    };
    let worth = |centi_credits| proto::RedeemCreditsRequest { centi_credits, ..redeem() };
    let given = |reward: &str| proto::RedeemCreditsRequest { reward: reward.to_owned(), ..redeem() };
    let no_id = proto::RedeemCreditsRequest { request_id: String::new(), ..redeem() };
    let nobody = proto::RedeemCreditsRequest { organization: String::new(), ..redeem() };
    let balance = |raw: &str| proto::GetRedeemableBalanceRequest {
        name: raw.to_owned(),
        ..proto::GetRedeemableBalanceRequest::default()
    };
    let list = |parent: &str, page_token: &str| proto::ListRedemptionsRequest {
        parent: parent.to_owned(),
        page_token: page_token.to_owned(),
        ..proto::ListRedemptionsRequest::default()
    };
    let household = name("households/h001");
    let (unknown, known) = (name("residents/r9999"), name("residents/r0001"));
    vec![
        row("a redemption without an id", no_id, InvalidArgument, Reason::IdempotencyKeyInvalid)
            .at("request_id"),
        row("a redemption by nobody", nobody, InvalidArgument, Reason::FieldRequired).at("organization"),
        row("a redemption of nothing", worth(0), InvalidArgument, Reason::AmountNotPositive)
            .at("centi_credits"),
        row("a redemption that gives credit", worth(-100), InvalidArgument, Reason::AmountNotPositive)
            .at("centi_credits"),
        row("a redemption for nothing", given(""), InvalidArgument, Reason::FieldRequired).at("reward"),
        row("a household's redemption", of(&household), InvalidArgument, Reason::ResourceNameInvalid)
            .at("name"),
        row("a redemption by a school", by("school"), PermissionDenied, Reason::SchoolScope)
            .at("organization"),
        row("a redemption by an unknown college", by("nowhere"), NotFound, Reason::OrganizationNotFound)
            .at("organization"),
        row("a redemption of an unknown resident", of(&unknown), NotFound, Reason::ResidentNotFound)
            .at("name"),
        row(
            "a redemption of a merged account",
            of(&account("m3")),
            FailedPrecondition,
            Reason::ResidentMerged,
        )
        .at("name")
        .with("survivor", "m4"),
        row("a redemption of an old id", of(&account("m5")), FailedPrecondition, Reason::IdentifierChanged)
            .at("name")
            .with("survivor", "m6"),
        row("a redemption for an unknown reward", given("gold"), NotFound, Reason::CodeNotFound).at("reward"),
        row("a redemption out of season", redeem(), FailedPrecondition, Reason::RedemptionClosed)
            .with("opens_on", "2026-11-01"),
        row("what a stranger can redeem", balance(&unknown), NotFound, Reason::ResidentNotFound).at("name"),
        row("what a household can redeem", balance(&household), InvalidArgument, Reason::ResourceNameInvalid)
            .at("name"),
        row("the redemptions of a stranger", list(&unknown, ""), NotFound, Reason::ResidentNotFound)
            .at("parent"),
        row("redemptions behind no page", list(&known, "x"), InvalidArgument, Reason::PageTokenInvalid)
            .at("page_token"),
    ]
}

/// Sends a request that must be refused like this, and leave everything as it is.
async fn refused(stage: &Stage, request: impl Into<Request>, expected: &Expected) {
    let what = format!("{expected:?}");
    let before = snapshot(&stage.clients).await;
    let status = request.into().send(&stage.clients).await.expect_err(&what);
    assert_eq!(expected.differences(&status), Vec::<String>::new(), "{what}");
    assert_eq!(snapshot(&stage.clients).await, before, "{what}: nothing changed");
}

fn refusal(reason: Reason, field: Option<&str>) -> Expected {
    let mut expected = Expected::new(FailedPrecondition, reason);
    expected.field = field.map(str::to_owned);
    expected
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_is_left_is_not_redeemed_and_what_was_redeemed_is_not_taken_away() {
    let (_folder, stores) = stores().await;
    for (_, on) in stores {
        let november = "2026-11-10T04:00:00Z".parse().unwrap();
        let stage = Stage::with(on, still(november), Limits::default()).await;
        let too_much = proto::RedeemCreditsRequest { centi_credits: 201, ..redeem() };
        let mut expected = refusal(Reason::InsufficientCredit, Some("centi_credits"));
        expected.metadata.push(("centi_credits", "200".to_owned()));
        refused(&stage, too_much, &expected).await;

        stage.clients.redemptions.clone().redeem_credits(redeem()).await.unwrap();
        let expected = refusal(Reason::BalanceWouldGoNegative, Some("name"));
        refused(&stage, reverse(stage.places.lecture), &expected).await;
        // A refusal is not remembered: where other credit makes up for it, the entry can be reversed.
        stage.clients.ledger.clone().post_entry(lecture(1, "2026-10-01")).await.unwrap();
        stage.clients.ledger.clone().reverse_entry(reverse(stage.places.lecture)).await.unwrap();
        refused(&stage, proto::RedeemCreditsRequest { centi_credits: 101, ..redeem() }, &{
            let mut expected = refusal(Reason::InsufficientCredit, Some("centi_credits"));
            expected.metadata.push(("centi_credits", "100".to_owned()));
            expected
        })
        .await;

        // What was redeemed since a merge is one person's credit for good.
        let of_both = proto::RedeemCreditsRequest { name: account("m4"), ..redeem() };
        let at =
            stage.clients.redemptions.clone().redeem_credits(of_both).await.unwrap().into_inner().position;
        let kept = stage.places.since_the_merge;
        let mut expected = refusal(Reason::UnmergeAmbiguous, Some("name"));
        expected.metadata.push(("redemptions", at.to_string()));
        refused(&stage, creditbank_tests::unmerge("m3", &[kept]), &expected).await;

        // A policy without redemption.
        let (head, rest) = DISTRICT_DEFAULT.split_once("[redemption]").unwrap();
        let (_, rest) = rest.split_once("\n[kinds.OFF]").unwrap();
        let without = format!("{head}\n[kinds.OFF]{rest}")
            .replace("version = 1", "version = 2")
            .replace("1900-01-01", "2026-11-01");
        let proposal = proto::ProposePolicyRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            organization: name("organizations/college"),
            proposed_by: "officer-01".to_owned(),
            document: without,
        };
        let mut policies = stage.clients.policies.clone();
        let proposed = policies.propose_policy(proposal).await.unwrap().into_inner().policy.unwrap();
        let approval = proto::PublishPolicyRequest {
            name: proposed.name,
            request_id: fresh(),
            organization: name("organizations/college"),
            approved_by: "officer-02".to_owned(),
            sha256: proposed.sha256,
        };
        policies.publish_policy(approval).await.unwrap();
        refused(&stage, redeem(), &refusal(Reason::RedemptionNotOffered, None)).await;
    }
}
