//! Identities that an issuer vouches for: its tokens open the door where all of them holds, and get the one answer else.

use crate::credentials::shape;
use crate::issuer::{ISSUER, Key, SUBJECT, claims, claims_at, part, with, write};
use crate::raw;
use crate::world::{World, clock};
use creditbank_access::{Gate, Issuer, Rate};
use creditbank_grpc::proto::Method;
use creditbank_grpc::{Access, Bearer, proto};
use creditbank_tests::{Clients, LEDGER, Program, door, fresh, reason};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use ledger_core::id::LedgerId;
use ledger_core::quantity::Position;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use tonic::transport::Channel;

/// A world whose door takes the word of an issuer, and an officer whom it knows.
struct Vouched {
    world: World,
    door: Channel,
    seconds: Arc<AtomicI64>,
    keys: PathBuf,
    officer: proto::Credential,
    _folder: tempfile::TempDir,
}

impl Vouched {
    async fn by(keys: Vec<Jwk>) -> Vouched {
        let seconds = Arc::new(AtomicI64::new(0));
        let world = World::at(clock(&seconds)).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("jwks.json");
        write(&file, keys);
        let issuer = Issuer::open(ISSUER, "creditbank", &file).unwrap();
        let gate = Gate::new(Arc::clone(&world.bank), Rate::DEFAULT).with_issuer(issuer);
        let door = door(&world.bank, Access::Credentials(Arc::new(gate))).await;
        let officer = register(&world, ISSUER).await.unwrap();
        Vouched { world, door, seconds, keys: file, officer, _folder: folder }
    }

    fn clients(&self, token: &str) -> Clients {
        Clients::with(Bearer::of(token).unwrap(), self.door.clone())
    }

    async fn opens(&self, token: &str) -> bool {
        let caller = self.clients(token).access.clone().get_caller(proto::GetCallerRequest {}).await;
        match caller {
            Ok(answer) => {
                assert_eq!(answer.into_inner().credential.unwrap().name, self.officer.name);
                true
            }
            Err(status) => {
                assert_eq!(reason(&status), "CREDENTIAL_INVALID");
                false
            }
        }
    }
}

async fn register(world: &World, issuer: &str) -> Result<proto::Credential, tonic::Status> {
    let request = proto::CreateIdentityCredentialRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        person: "officer-07".to_owned(),
        role: "officer".to_owned(),
        organization: world.towns[0].town.clone(),
        issuer: issuer.to_owned(),
        subject: SUBJECT.to_owned(),
        ..Default::default()
    };
    let answer = world.owner.access.clone().create_identity_credential(request).await?;
    Ok(answer.into_inner().credential.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_the_issuer_opens_the_door_by_each_algorithm_until_it_ends() {
    let keys = [Key::p256("p"), Key::ed25519("e"), Key::rsa("r", 2_048)];
    let vouched = Vouched::by(keys.iter().map(Key::public).collect()).await;
    assert_eq!((vouched.officer.kind.as_str(), vouched.officer.person.as_str()), ("identity", "officer-07"));
    assert!(vouched.officer.name.starts_with("ledgers/district/credentials/oidc-"));
    for key in &keys {
        assert!(vouched.opens(&key.sign(&claims())).await, "{:?}", key.algorithm);
    }
    let now = creditbank_tests::june_first_2026().timestamp();
    for good in [
        with("aud", json!(["account", "creditbank:district"])),
        with("nbf", Value::Null),
        with("nbf", json!(now + 60)),
        with("name", json!("passed over")),
    ] {
        assert!(vouched.opens(&keys[0].sign(&good)).await, "{good}");
    }
    vouched.seconds.store(899, Ordering::Relaxed);
    assert!(vouched.opens(&keys[0].sign(&claims())).await);
    vouched.seconds.store(900, Ordering::Relaxed);
    assert!(!vouched.opens(&keys[0].sign(&claims())).await, "it has ended");
    // The scope is the credential's, whatever the token says besides.
    let later = with("exp", json!(now + 1_800));
    let mut later = json!({ "iat": now + 900, "scope": "ledger", "role": "administrator" })
        .as_object()
        .unwrap()
        .iter()
        .fold(later, |mut claims, (name, value)| {
            claims[name] = value.clone();
            claims
        });
    later["nbf"] = json!(now + 900);
    let clients = vouched.clients(&keys[0].sign(&later));
    let list = proto::ListLedgersRequest::default();
    let refused = clients.deployment.clone().list_ledgers(list).await.unwrap_err();
    assert_eq!(reason(&refused), "ROLE_DENIED");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_hold_of_a_token_gets_the_one_answer() {
    let (key, rsa, weak) = (Key::p256("p"), Key::rsa("r", 2_048), Key::rsa("weak", 1_024));
    let mut sealing = Key::p256("sealing").public();
    sealing.common.public_key_use = Some(PublicKeyUse::Encryption);
    let symmetric = EncodingKey::from_secret(b"everybody knows it");
    let mut shared = Jwk::from_encoding_key(&symmetric, Algorithm::HS256).unwrap();
    shared.common.key_id = Some("shared".to_owned());
    let keys = vec![key.public(), rsa.public(), weak.public(), sealing, shared];
    let vouched = Vouched::by(keys).await;
    let create = proto::CreateLedgerRequest { ledger_id: "elsewhere".to_owned(), ..Default::default() };
    vouched.world.owner.deployment.clone().create_ledger(create).await.unwrap();

    // Whom another issuer knows is registered too: our issuer's keys do not speak for that one.
    let other_issuer = "https://id.other.example";
    register(&vouched.world, other_issuer).await.unwrap();

    let good = key.sign(&claims());
    assert!(vouched.opens(&good).await);
    let [head, body, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("{good}") };
    let now = creditbank_tests::june_first_2026().timestamp();
    let claim = |name: &str, value: Value| key.sign(&with(name, value));
    let header = |header: Value| format!("{}.{body}.{signature}", part(&header));
    // The public key, in the forms in which somebody would take it for a secret.
    let public = key.public();
    let json = serde_json::to_vec(&public).unwrap();
    let AlgorithmParameters::EllipticCurve(point) = &public.algorithm else { panic!("no curve") };
    let hmac = |id: &str, secret: &[u8]| {
        let header = Header { kid: Some(id.to_owned()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_secret(secret)).unwrap()
    };
    let foreign = Key { id: "p", ..Key::p256("p") };
    let by = |key: &Key, header: Header| jsonwebtoken::encode(&header, &claims(), &key.private).unwrap();
    let mut own_key = foreign.header();
    own_key.jwk = Some(foreign.public());
    own_key.jku = Some("https://attacker.example/jwks".to_owned());
    let mut critical = key.header();
    critical.crit = Some(vec!["b64".to_owned()]);
    let flipped = {
        let mut bytes = signature.as_bytes().to_vec();
        bytes[10] = if bytes[10] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    };
    let bad: Vec<(&str, String)> = vec![
        ("expired", claim("exp", json!(now))),
        ("expired long ago", {
            let mut old = with("exp", json!(now - 100));
            (old["iat"], old["nbf"]) = (json!(now - 200), json!(now - 200));
            key.sign(&old)
        }),
        ("future nbf", claim("nbf", json!(now + 61))),
        ("future iat", {
            let mut early = with("iat", json!(now + 61));
            early["exp"] = json!(now + 600);
            key.sign(&early)
        }),
        ("exp too far", claim("exp", json!(now + 901))),
        ("exp before iat", {
            let mut turned = with("exp", json!(now + 20));
            turned["iat"] = json!(now + 30);
            key.sign(&turned)
        }),
        ("exp of the end of time", claim("exp", json!(i64::MAX))),
        ("exp that is no number", claim("exp", json!("soon"))),
        ("exp that is a fraction", claim("exp", json!(1.5))),
        ("no exp", claim("exp", Value::Null)),
        ("no iat", claim("iat", Value::Null)),
        ("no sub", claim("sub", Value::Null)),
        ("no iss", claim("iss", Value::Null)),
        ("no aud", claim("aud", Value::Null)),
        ("empty sub", claim("sub", json!(""))),
        ("another sub", claim("sub", json!("somebody-else"))),
        ("sub with a line", claim("sub", json!(format!("{SUBJECT}\n")))),
        ("wrong issuer", claim("iss", json!(other_issuer))),
        ("issuer with a slash more", claim("iss", json!(format!("{ISSUER}/")))),
        ("wrong audience", claim("aud", json!("account"))),
        ("audience without ledger", claim("aud", json!("creditbank:"))),
        ("audience of no ledger", claim("aud", json!("creditbank:nowhere"))),
        ("another ledger's audience", claim("aud", json!("creditbank:elsewhere"))),
        ("the deployment's audience", claim("aud", json!("creditbank:deployment"))),
        ("audiences of two ledgers", claim("aud", json!(["creditbank:district", "creditbank:elsewhere"]))),
        ("no audience at all", claim("aud", json!([]))),
        ("alg none", format!("{}.{body}.", part(&json!({ "alg": "none", "kid": "p" })))),
        ("alg None, signature kept", header(json!({ "alg": "None", "kid": "p" }))),
        ("alg of another key", header(json!({ "alg": "RS256", "kid": "p" }))),
        ("alg of the same family", header(json!({ "alg": "ES384", "kid": "p" }))),
        ("no alg", header(json!({ "kid": "p" }))),
        ("HS256 with the public key", hmac("p", &json)),
        ("HS256 with its x", hmac("p", point.x.as_bytes())),
        ("HS256 with the key of the set", hmac("shared", b"everybody knows it")),
        ("HS256 with nothing", hmac("p", b"")),
        ("unknown kid", by(&key, Header { kid: Some("q".to_owned()), ..key.header() })),
        ("no kid", by(&key, Header { kid: None, ..key.header() })),
        ("kid of another key", by(&key, Header { kid: Some("r".to_owned()), ..key.header() })),
        ("key of another issuer", foreign.sign(&claims())),
        ("key in the header", by(&foreign, own_key)),
        ("a short RSA key", weak.sign(&claims())),
        ("RS512 of an RS256 key", {
            let header = Header { kid: Some("r".to_owned()), ..Header::new(Algorithm::RS512) };
            by(&rsa, header)
        }),
        ("a critical extension", by(&key, critical)),
        ("payload changed", format!("{head}.{}.{signature}", part(&with("sub", json!("somebody-else"))))),
        ("signature changed", format!("{head}.{body}.{flipped}")),
        ("signature of another token", {
            let other = claim("sub", json!("somebody-else"));
            format!("{head}.{body}.{}", other.rsplit('.').next().unwrap())
        }),
        ("no signature", format!("{head}.{body}.")),
        ("two parts", format!("{head}.{body}")),
        ("a part too many", format!("{good}.{signature}")),
        ("padded", format!("{good}=")),
        ("cut by one", good[..good.len() - 1].to_owned()),
        ("cut to half", good[..good.len() / 2].to_owned()),
        ("a payload that is no JSON", format!("{head}.AAAA.{signature}")),
        ("two tokens in one", format!("{good},{good}")),
    ];
    let path = Method::AccountGetBalance.path();
    let reference = raw::call(&vouched.door, Some("Bearer nonsense"), path, Vec::new()).await.unwrap_err();
    let mut told = Vec::new();
    for (what, token) in &bad {
        let header = format!("Bearer {token}");
        let answer = raw::call(&vouched.door, Some(&header), path, vec![0xff; 8]).await;
        if answer.map_err(|status| shape(&status)) != Err(shape(&reference)) {
            told.push(what);
        }
    }
    assert!(told.is_empty(), "told apart from nonsense: {told:?}");
    // Where no issuer is named, its tokens are nothing.
    let status = raw::call(&vouched.world.door, Some(&format!("Bearer {good}")), path, Vec::new()).await;
    assert_eq!(shape(&status.unwrap_err()), shape(&reference));
    assert!(vouched.opens(&good).await);
    println!("{} bad tokens of an issuer", bad.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_holds_against_every_token_of_the_issuer_and_a_new_registration_is_another() {
    let key = Key::p256("p");
    let vouched = Vouched::by(vec![key.public()]).await;
    let token = key.sign(&claims());
    assert!(vouched.opens(&token).await);
    let twice = register(&vouched.world, ISSUER).await.unwrap_err();
    assert_eq!(reason(&twice), "ALREADY_REGISTERED");
    let watch = proto::WatchEventsRequest { parent: LEDGER.to_owned(), after_position: 0 };
    let refused = vouched.clients(&token).ledger.clone().watch_events(watch).await.unwrap_err();
    assert_eq!(reason(&refused), "ROLE_DENIED", "an officer of a town does not see all of the ledger");

    let revoke = proto::RevokeCredentialRequest { name: vouched.officer.name.clone(), request_id: fresh() };
    vouched.world.owner.access.clone().revoke_credential(revoke).await.unwrap();
    tokio::time::sleep(creditbank_access::FRESH).await;
    assert!(!vouched.opens(&token).await);
    assert!(!vouched.opens(&key.sign(&with("jti", json!("another")))).await);
    let again = register(&vouched.world, ISSUER).await.unwrap();
    assert_eq!((again.name.as_str(), again.standing.as_str()), (vouched.officer.name.as_str(), "active"));
    assert!(again.issued_at > vouched.officer.issued_at);
    tokio::time::sleep(creditbank_access::FRESH).await;
    assert!(vouched.opens(&token).await);
    // Neither issuer nor subject stands in the log.
    let ledger = LedgerId::parse("district").unwrap();
    let ledger = vouched.world.bank.ledger(&ledger).await.unwrap();
    let events = ledger.read_events(Position(1), 1_000).await.unwrap();
    assert!(events.iter().any(|event| event.position.0 == again.issued_at));
    for event in events {
        let text = String::from_utf8_lossy(&event.bytes).into_owned();
        assert!(!text.contains(SUBJECT) && !text.contains(ISSUER), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_the_token_it_was_opened_by() {
    let key = Key::p256("p");
    let vouched = Vouched::by(vec![key.public()]).await;
    let request = proto::CreateIdentityCredentialRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        person: "auditor-07".to_owned(),
        role: "auditor".to_owned(),
        issuer: ISSUER.to_owned(),
        subject: "auditor".to_owned(),
        ..Default::default()
    };
    vouched.world.owner.access.clone().create_identity_credential(request).await.unwrap();
    let clients = vouched.clients(&key.sign(&with("sub", json!("auditor"))));
    let watch = proto::WatchEventsRequest { parent: LEDGER.to_owned(), after_position: 0 };
    let mut events = clients.ledger.clone().watch_events(watch).await.unwrap().into_inner();
    events.message().await.unwrap().unwrap();
    vouched.seconds.store(901, Ordering::Relaxed);
    let began = Instant::now();
    let ended = loop {
        match events.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the stream ended without a word"),
            Err(status) => break status,
        }
    };
    assert_eq!(reason(&ended), "CREDENTIAL_INVALID");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_issuers_keys_are_read_again_when_their_file_changes() {
    let (old, new) = (Key::p256("2025"), Key::ed25519("2026"));
    let vouched = Vouched::by(vec![old.public()]).await;
    let look = || tokio::time::sleep(Duration::from_millis(2_100));
    assert!(vouched.opens(&old.sign(&claims())).await);
    assert!(!vouched.opens(&new.sign(&claims())).await);
    write(&vouched.keys, vec![old.public(), new.public()]);
    look().await;
    assert!(vouched.opens(&new.sign(&claims())).await && vouched.opens(&old.sign(&claims())).await);
    write(&vouched.keys, vec![new.public()]);
    look().await;
    assert!(vouched.opens(&new.sign(&claims())).await && !vouched.opens(&old.sign(&claims())).await);
    // What is no key set changes nothing, and neither does a file that is gone.
    std::fs::write(&vouched.keys, "{\"keys\": [").unwrap();
    look().await;
    assert!(vouched.opens(&new.sign(&claims())).await);
    std::fs::remove_file(&vouched.keys).unwrap();
    look().await;
    assert!(vouched.opens(&new.sign(&claims())).await);
    // An empty set shuts the door.
    write(&vouched.keys, Vec::new());
    look().await;
    assert!(!vouched.opens(&new.sign(&claims())).await);
}

#[test]
fn a_file_of_keys_that_is_of_no_use_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    let said = |file: &PathBuf| Issuer::open(ISSUER, "creditbank", file).err().map(|error| error.to_string());
    assert!(said(&file).is_some_and(|said| said.contains("No such file")));
    std::fs::write(&file, "<html>").unwrap();
    assert!(said(&file).is_some_and(|said| said.contains("no JSON Web Key Set")));
    write(&file, Vec::new());
    assert!(said(&file).is_some_and(|said| said.contains("no key")));
    write(&file, vec![Key::p256("p").public(), Key::p256("p").public()]);
    assert!(said(&file).is_some_and(|said| said.contains("two keys")));
    write(&file, vec![Key::p256("p").public()]);
    assert_eq!(said(&file), None);
}

#[test]
fn the_program_takes_the_issuers_word_for_its_commands() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let (database, keys, subject, token) =
        (file("ledger.db"), file("jwks.json"), file("subject.txt"), file("token.txt"));
    let key = Key::p256("p");
    write(&keys, vec![key.public()]);
    std::fs::write(&subject, format!("{SUBJECT}\n")).unwrap();
    std::fs::write(&token, key.sign(&claims_at(chrono::Utc::now().timestamp()))).unwrap();
    let [keys, subject, token] = [&keys, &subject, &token].map(|path| path.to_str().unwrap());
    let identity = ["token", "identity", "--role", "officer", "--person", "officer-02", "--issuer", ISSUER];
    let registered = Program::run(&database, &[&identity[..], &["--subject-file", subject]].concat());
    assert!(registered.status.success());
    let shown = String::from_utf8_lossy(&registered.stdout).into_owned();
    assert!(shown.contains("oidc-") && !shown.contains(SUBJECT), "{shown}");

    // Keys without an issuer, or an issuer without keys, are no way to serve.
    let alone = Program::run(&database, &["serve", "--oidc-issuer", ISSUER]);
    assert_eq!(alone.status.code(), Some(2));
    let served = Program::serve(&database, &["--oidc-issuer", ISSUER, "--oidc-jwks", keys]);
    let whoami = |arguments: &[&str]| {
        let mut command = Command::new(Program::path());
        let output = command.args(["--server", &served.grpc, "whoami", "--json"]).args(arguments).output();
        String::from_utf8_lossy(&output.unwrap().stdout).into_owned()
    };
    let said = whoami(&["--token-file", token]);
    assert!(said.contains("officer-02") && said.contains("identity"), "{said}");
    assert!(whoami(&["--token-file", subject]).contains("CREDENTIAL_INVALID"));
}
