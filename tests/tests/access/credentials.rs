//! Credentials that do not hold: one answer to all of them, before the message is looked at.

use crate::raw;
use crate::world::{World, clock};
use creditbank_grpc::proto;
use creditbank_grpc::proto::Method;
use creditbank_grpc::{Effect, rule};
use creditbank_tests::{LEDGER, fresh, reason};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Everything of an answer that a stranger could tell two apart by.
pub(crate) fn shape(status: &Status) -> (Code, String, String, Vec<u8>) {
    (status.code(), status.message().to_owned(), reason(status), status.details().to_vec())
}

fn parts(token: &str) -> [String; 3] {
    let parts: Vec<&str> = token.trim_start_matches("cb_").split('_').collect();
    [parts[0].to_owned(), parts[1].to_owned(), parts[2].to_owned()]
}

fn token(ledger: &str, id: &str, secret: &str) -> String {
    format!("cb_{ledger}_{id}_{secret}")
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_bad_credentials_get_one_answer() {
    let seconds = Arc::new(AtomicI64::new(0));
    let world = World::at(clock(&seconds)).await;
    let school = &world.towns[0].school;
    let create = proto::CreateLedgerRequest { ledger_id: "elsewhere".to_owned(), ..Default::default() };
    world.owner.deployment.clone().create_ledger(create).await.unwrap();
    let (good, revoked) = (world.token("clerk", school, "").await, world.token("clerk", school, "").await);
    let short = proto::CreateTokenRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        person: "clerk-02".to_owned(),
        role: "clerk".to_owned(),
        organization: school.clone(),
        days: 1,
        ..Default::default()
    };
    let expired = world.owner.access.clone().create_token(short).await.unwrap().into_inner().token;
    let revoke = proto::RevokeCredentialRequest {
        name: format!("{LEDGER}/credentials/{}", parts(&revoked)[1]),
        request_id: fresh(),
    };
    world.owner.access.clone().revoke_credential(revoke).await.unwrap();
    // An administrator's that nobody approved.
    let administrator = world.clients(&world.token("administrator", "", "").await);
    let pending = proto::CreateTokenRequest {
        parent: "ledgers/deployment".to_owned(),
        request_id: fresh(),
        person: "administrator-02".to_owned(),
        role: "administrator".to_owned(),
        ..Default::default()
    };
    let pending = administrator.access.clone().create_token(pending).await.unwrap().into_inner();
    assert_eq!(pending.credential.unwrap().standing, "pending");
    seconds.store(2 * 86_400, Ordering::Relaxed);

    let [ledger, id, secret] = parts(&good);
    let [_, other_id, other_secret] = parts(&expired);
    let flip = |text: &str, at: usize| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        String::from_utf8(bytes).unwrap()
    };
    let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJvZmZpY2VyLTAxIn0.";
    let symmetric = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJvZmZpY2VyLTAxIn0.AAAA";
    let mut bad: Vec<(&str, String)> = vec![
        ("expired", format!("Bearer {expired}")),
        ("revoked", format!("Bearer {revoked}")),
        ("pending", format!("Bearer {}", pending.token)),
        ("empty", String::new()),
        ("scheme only", "Bearer".to_owned()),
        ("scheme and space", "Bearer ".to_owned()),
        ("no scheme", good.clone()),
        ("another scheme", format!("Basic {good}")),
        ("scheme of a token", format!("Token {good}")),
        ("two spaces", format!("Bearer  {good}")),
        ("a space behind", format!("Bearer {good} ")),
        ("a comma behind", format!("Bearer {good},")),
        ("two tokens", format!("Bearer {good} {good}")),
        ("in quotes", format!("Bearer \"{good}\"")),
        ("upper case", format!("Bearer {}", good.to_uppercase())),
        ("upper-case secret", format!("Bearer {}", token(&ledger, &id, &secret.to_uppercase()))),
        ("another ledger", format!("Bearer {}", token("elsewhere", &id, &secret))),
        ("no such ledger", format!("Bearer {}", token("nowhere", &id, &secret))),
        ("the deployment", format!("Bearer {}", token("deployment", &id, &secret))),
        ("no ledger", format!("Bearer {}", token("", &id, &secret))),
        ("a ledger like a path", format!("Bearer {}", token("../district", &id, &secret))),
        ("another's id", format!("Bearer {}", token(&ledger, &other_id, &secret))),
        ("another's secret", format!("Bearer {}", token(&ledger, &id, &other_secret))),
        ("no such id", format!("Bearer {}", token(&ledger, "00000000000000000000", &secret))),
        ("no id", format!("Bearer {}", token(&ledger, "", &secret))),
        ("no secret", format!("Bearer {}", token(&ledger, &id, ""))),
        ("secret of zeros", format!("Bearer {}", token(&ledger, &id, &"0".repeat(64)))),
        ("first digit wrong", format!("Bearer {}", token(&ledger, &id, &flip(&secret, 0)))),
        ("last digit wrong", format!("Bearer {}", token(&ledger, &id, &flip(&secret, 63)))),
        ("cut by one", format!("Bearer {}", &good[..good.len() - 1])),
        ("cut to half", format!("Bearer {}", &good[..good.len() / 2])),
        ("one too many", format!("Bearer {good}0")),
        ("a part too many", format!("Bearer {good}_0")),
        ("no beginning", format!("Bearer {}", good.trim_start_matches("cb_"))),
        ("another beginning", format!("Bearer xx_{}", good.trim_start_matches("cb_"))),
        ("the hash of the secret", format!("Bearer {}", token(&ledger, &id, &"ab".repeat(32)))),
        ("JWT, alg none", format!("Bearer {unsigned}")),
        ("JWT, HS256", format!("Bearer {symmetric}")),
        ("JWT of three dots", "Bearer ...".to_owned()),
        ("very long", format!("Bearer {}", "a".repeat(8_000))),
        ("SQL", "Bearer cb_district_' or 1=1 --_0".to_owned()),
        ("the word null", "Bearer null".to_owned()),
    ];
    bad.extend(
        (1..=6).map(|n| ("a guess", format!("Bearer {}", token(&ledger, &id, &format!("{n}").repeat(64))))),
    );
    assert!(bad.len() >= 40);
    let path = Method::AccountGetBalance.path();
    // What is no message at all: it is not looked at.
    let message = || vec![0xff_u8; 32];
    let reference = raw::call(&world.door, Some("Bearer nonsense"), path, message()).await.unwrap_err();
    assert_eq!(
        (reference.code(), reason(&reference).as_str()),
        (Code::Unauthenticated, "CREDENTIAL_INVALID")
    );
    for (what, header) in &bad {
        for path in
            [path, Method::LedgerPostEntry.path(), Method::DeploymentSealLedger.path(), "/no.such/Method"]
        {
            let status = raw::call(&world.door, Some(header), path, message()).await.expect_err(what);
            assert_eq!(shape(&status), shape(&reference), "{what}");
            assert!(status.get_details_bad_request().is_none(), "{what}");
        }
    }
    let none = raw::call(&world.door, None, path, message()).await.unwrap_err();
    assert_eq!((none.code(), reason(&none).as_str()), (Code::Unauthenticated, "CREDENTIAL_MISSING"));
    // The good one opens: its holder is told that the message is none.
    let opened = raw::call(&world.door, Some(&format!("Bearer {good}")), path, message()).await.unwrap_err();
    assert_ne!(opened.code(), Code::Unauthenticated);
    println!("{} bad credentials, four methods each", bad.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_health_checks_of_badges_and_the_public_notice_answer_a_stranger() {
    let world = World::build().await;
    let health = raw::call(&world.door, None, "/grpc.health.v1.Health/Check", Vec::new()).await;
    assert!(health.is_ok(), "{health:?}");
    let mut refused = 0;
    let shown: Vec<Method> =
        Method::ALL.iter().copied().filter(|method| rule(*method).effect == Effect::Shows).collect();
    let checks = [Method::BadgeGetIssuer, Method::BadgeGetStatusList, Method::BadgeCheckBadge];
    assert_eq!(shown[..3], checks, "who issues, what was taken back, and what stands");
    assert_eq!(shown[3..], [Method::SelectionGetNotice], "the public notice, and nothing else");
    for method in &shown {
        let status = raw::call(&world.door, None, method.path(), Vec::new()).await.unwrap_err();
        assert_ne!(status.code(), Code::Unauthenticated, "whoever asks is answered: {status}");
    }
    let wrong =
        raw::call(&world.door, Some("Bearer nonsense"), shown[0].path(), Vec::new()).await.unwrap_err();
    assert_eq!(reason(&wrong), "CREDENTIAL_INVALID", "a wrong credential is still told");
    for method in Method::ALL.iter().filter(|method| !shown.contains(method)) {
        let status = raw::call(&world.door, None, method.path(), Vec::new()).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::Unauthenticated, "CREDENTIAL_MISSING"));
        refused += 1;
    }
    for path in ["/creditbank.v1.LedgerService/NoSuch", "/x/y", "/grpc.health.v1x/Check"] {
        let status = raw::call(&world.door, None, path, Vec::new()).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated, "{path}");
    }
    println!("{refused} methods refuse a stranger");
}
