//! TLS over a real socket: certificates of clients that name their credential, and tokens beside them.

use crate::world::World;
use creditbank_access::{Gate, Rate};
use creditbank_grpc::{Access, Bearer, ServerOptions, proto};
use creditbank_tests::{Clients, LEDGER, Program, fresh, reason};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tokio::net::TcpListener;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity, ServerTlsConfig};
use tonic::{Code, Status};

/// Who signs certificates.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate and its key, in PEM.
#[derive(Clone)]
struct Held {
    certificate: String,
    key: String,
}

impl Authority {
    fn new() -> Authority {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { issuer: Issuer::new(params, key), pem }
    }

    fn sign(&self, params: CertificateParams) -> Held {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        Held { certificate, key: key.serialize_pem() }
    }

    /// The server's.
    fn server(&self) -> Held {
        self.sign(CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap())
    }

    /// A client's, with these URIs.
    fn client(&self, uris: &[&str]) -> Held {
        let mut params = CertificateParams::new(["client.school.example".to_owned()]).unwrap();
        let uris = uris.iter().map(|uri| SanType::URI((*uri).try_into().unwrap()));
        params.subject_alt_names.extend(uris);
        self.sign(params)
    }
}

impl Held {
    fn identity(&self) -> Identity {
        Identity::from_pem(&self.certificate, &self.key)
    }
}

/// A world served with TLS on a socket.
struct Served {
    world: World,
    authority: Authority,
    address: String,
}

impl Served {
    async fn start() -> Served {
        let (world, authority) = (World::build().await, Authority::new());
        let tls = ServerTlsConfig::new()
            .identity(authority.server().identity())
            .client_ca_root(Certificate::from_pem(&authority.pem))
            .client_auth_optional(true);
        let gate = Arc::new(Gate::new(Arc::clone(&world.bank), Rate::DEFAULT));
        let options = ServerOptions { tls: Some(tls), ..ServerOptions::of(Access::Credentials(gate)) };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let bank = Arc::clone(&world.bank);
        tokio::spawn(creditbank_grpc::serve(listener, bank, options, std::future::pending()));
        Served { world, authority, address }
    }

    /// Clients on a connection of their own.
    async fn clients(&self, certificate: Option<&Held>, token: Option<&str>) -> Result<Clients, String> {
        let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&self.authority.pem));
        if let Some(held) = certificate {
            tls = tls.identity(held.identity());
        }
        let endpoint = Endpoint::from_shared(self.address.clone()).unwrap().tls_config(tls).unwrap();
        let channel = endpoint.connect().await.map_err(|error| error.to_string())?;
        let bearer = token.map_or(Bearer::default(), |token| Bearer::of(token).unwrap());
        Ok(Clients::with(bearer, channel))
    }

    /// Who the server takes a caller for.
    async fn caller(&self, certificate: Option<&Held>, token: Option<&str>) -> Result<String, Status> {
        let clients = self.clients(certificate, token).await.map_err(Status::unavailable)?;
        let answer = clients.access.clone().get_caller(proto::GetCallerRequest {}).await?;
        Ok(answer.into_inner().credential.unwrap().name)
    }

    async fn register(
        &self,
        role: &str,
        organization: &str,
        resident: &str,
    ) -> proto::CreateCertificateCredentialResponse {
        let request = proto::CreateCertificateCredentialRequest {
            parent: LEDGER.to_owned(),
            request_id: fresh(),
            person: format!("{role}-05"),
            role: role.to_owned(),
            organization: organization.to_owned(),
            resident: resident.to_owned(),
            ..Default::default()
        };
        let answer = self.world.owner.access.clone().create_certificate_credential(request).await;
        answer.unwrap().into_inner()
    }
}

fn id(name: &str) -> &str {
    name.rsplit('/').next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_names_its_credential_opens_the_door() {
    let served = Served::start().await;
    let [own, other] = &served.world.towns;
    let registered = served.register("clerk", &own.school, "").await;
    let credential = registered.credential.unwrap();
    assert_eq!((credential.kind.as_str(), credential.standing.as_str()), ("certificate", "active"));
    let expected = format!("creditbank://district/school-a/{}", id(&credential.name));
    assert_eq!(registered.uri, expected);
    let held = served.authority.client(&[&registered.uri]);
    assert_eq!(served.caller(Some(&held), None).await.unwrap(), credential.name);
    // One that is renewed is the same credential; other URIs beside it are somebody else's.
    let renewed = served.authority.client(&["https://school.example", &registered.uri]);
    assert_eq!(served.caller(Some(&renewed), None).await.unwrap(), credential.name);
    // It reaches as far as the credential.
    let clients = served.clients(Some(&held), None).await.unwrap();
    let balance = |name: &str| proto::GetBalanceRequest { name: name.to_owned(), ..Default::default() };
    clients.accounts.clone().get_balance(balance(&own.resident)).await.unwrap();
    let hidden = clients.accounts.clone().get_balance(balance(&other.resident)).await.unwrap_err();
    assert_eq!(hidden.code(), Code::NotFound);
    // Of those without an organisation the URI names none.
    for (role, resident, named) in [("auditor", "", "-"), ("resident", own.resident.as_str(), "-")] {
        let registered = served.register(role, "", resident).await;
        let name = registered.credential.unwrap().name;
        assert_eq!(registered.uri, format!("creditbank://district/{named}/{}", id(&name)));
        let held = served.authority.client(&[&registered.uri]);
        assert_eq!(served.caller(Some(&held), None).await.unwrap(), name);
    }
    // A revocation ends it, also on a connection that is open.
    let revoke = proto::RevokeCredentialRequest { name: credential.name.clone(), request_id: fresh() };
    served.world.owner.access.clone().revoke_credential(revoke).await.unwrap();
    tokio::time::sleep(creditbank_access::FRESH).await;
    let refused = clients.accounts.clone().get_balance(balance(&own.resident)).await.unwrap_err();
    assert_eq!(reason(&refused), "CREDENTIAL_INVALID");
    assert_eq!(reason(&served.caller(Some(&renewed), None).await.unwrap_err()), "CREDENTIAL_INVALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_does_not_name_it_gets_the_one_answer() {
    let served = Served::start().await;
    let [own, other] = &served.world.towns;
    let uri = served.register("clerk", &own.school, "").await.uri;
    let second = served.register("clerk", &other.school, "").await.uri;
    let whole = served.register("auditor", "", "").await.uri;
    let token = served.world.token("clerk", &own.school, "").await;
    let of_token = token.split('_').nth(2).unwrap();
    let (credential, whole) = (id(&uri), id(&whole));
    let uris: Vec<(&str, Vec<String>)> = vec![
        ("no URI", vec![]),
        ("another scheme", vec![uri.replace("creditbank:", "https:")]),
        ("upper case", vec![uri.replace("creditbank:", "CREDITBANK:")]),
        ("another organisation", vec![format!("creditbank://district/school-b/{credential}")]),
        ("an organisation above", vec![format!("creditbank://district/town-a/{credential}")]),
        ("no organisation", vec![format!("creditbank://district/-/{credential}")]),
        ("an organisation of the whole", vec![format!("creditbank://district/school-a/{whole}")]),
        ("an empty organisation", vec![format!("creditbank://district//{credential}")]),
        ("another ledger", vec![format!("creditbank://elsewhere/school-a/{credential}")]),
        ("no such credential", vec!["creditbank://district/school-a/00000000000000000000".to_owned()]),
        ("a token's credential", vec![format!("creditbank://district/school-a/{of_token}")]),
        ("a part too few", vec![format!("creditbank://district/{credential}")]),
        ("a part too many", vec![format!("{uri}/x")]),
        ("a query", vec![format!("{uri}?x")]),
        ("twice", vec![uri.clone(), uri.clone()]),
        ("two credentials", vec![uri.clone(), second.clone()]),
    ];
    for (what, uris) in &uris {
        let uris: Vec<&str> = uris.iter().map(String::as_str).collect();
        let held = served.authority.client(&uris);
        let refused = served.caller(Some(&held), None).await.expect_err(what);
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::Unauthenticated, "CREDENTIAL_INVALID")
        );
        // It is no hindrance to a token.
        assert!(served.caller(Some(&held), Some(&token)).await.is_ok(), "{what}");
    }
    // One that an authority of others signed, or nobody, gets no connection.
    for stranger in [Authority::new().client(&[&uri]), {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.subject_alt_names.push(SanType::URI(uri.as_str().try_into().unwrap()));
        let certificate = params.self_signed(&key).unwrap().pem();
        Held { certificate, key: key.serialize_pem() }
    }] {
        for token in [None, Some(token.as_str())] {
            let refused = served.caller(Some(&stranger), token).await.unwrap_err();
            assert_ne!(refused.code(), Code::Unauthenticated, "{refused}");
            assert_eq!(reason(&refused), "", "{refused}");
        }
    }
    println!("{} certificates that name no credential", uris.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_shows_a_token_is_judged_by_it() {
    let served = Served::start().await;
    let [own, _] = &served.world.towns;
    let registered = served.register("clerk", &own.school, "").await;
    let held = served.authority.client(&[&registered.uri]);
    let token = served.world.token("officer", "", "").await;
    let of_token = format!("{LEDGER}/credentials/{}", token.split('_').nth(2).unwrap());
    assert_eq!(served.caller(None, Some(&token)).await.unwrap(), of_token, "TLS without a certificate");
    assert_eq!(served.caller(Some(&held), Some(&token)).await.unwrap(), of_token);
    let refused = served.caller(Some(&held), Some("nonsense")).await.unwrap_err();
    assert_eq!(reason(&refused), "CREDENTIAL_INVALID", "a good certificate does not mend a bad token");
    assert_eq!(reason(&served.caller(None, None).await.unwrap_err()), "CREDENTIAL_MISSING");
    // Nothing is answered in the clear.
    let plain = Endpoint::from_shared(served.address.replace("https", "http")).unwrap().connect().await;
    let answered = match plain {
        Ok(channel) => {
            let clients = Clients::with(Bearer::of(&token).unwrap(), channel);
            clients.access.clone().get_caller(proto::GetCallerRequest {}).await.is_ok()
        }
        Err(_) => false,
    };
    assert!(!answered);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_registers_certificates_of_the_own_town_and_no_further() {
    let served = Served::start().await;
    let [own, other] = &served.world.towns;
    let officer = served.clients(None, Some(&served.world.token("officer", &own.town, "").await)).await;
    let officer = officer.unwrap();
    let request = |role: &str, organization: &str, days| proto::CreateCertificateCredentialRequest {
        parent: LEDGER.to_owned(),
        request_id: fresh(),
        person: "clerk-06".to_owned(),
        role: role.to_owned(),
        organization: organization.to_owned(),
        days,
        ..Default::default()
    };
    let ask = |request| {
        let mut access = officer.access.clone();
        async move { access.create_certificate_credential(request).await.map(tonic::Response::into_inner) }
    };
    let wanted = request("clerk", &own.school, 30);
    let first = ask(wanted.clone()).await.unwrap();
    let again = ask(wanted).await.unwrap();
    assert_eq!((first.uri, first.replayed, again.replayed), (again.uri, false, true));
    for (role, organization) in [("clerk", &other.school), ("officer", &own.town), ("auditor", &own.town)] {
        let refused = ask(request(role, organization, 30)).await.unwrap_err();
        assert_eq!(reason(&refused), "ROLE_DENIED", "{role}");
    }
    let refused = ask(request("clerk", &own.school, 367)).await.unwrap_err();
    assert_eq!(reason(&refused), "FIELD_INVALID");
}

/// Files of a journey with the program.
struct Files(tempfile::TempDir);

impl Files {
    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

#[test]
fn the_program_serves_with_tls_and_its_commands_show_certificates() {
    let files = Files(tempfile::tempdir().unwrap());
    let authority = Authority::new();
    let server = authority.server();
    let database = files.0.path().join("ledger.db");
    let (ca, cert, key) = (
        files.write("ca.pem", &authority.pem),
        files.write("server.pem", &server.certificate),
        files.write("server.key", &server.key),
    );
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let (ca, cert, key) = (text(&ca), text(&cert), text(&key));
    let registered = Program::run(
        &database,
        &["token", "certificate", "--role", "auditor", "--person", "auditor-01", "--json"],
    );
    let registered: serde_json::Value = serde_json::from_slice(&registered.stdout).unwrap();
    let client = authority.client(&[registered["uri"].as_str().unwrap()]);
    let (own, own_key) =
        (text(&files.write("own.pem", &client.certificate)), text(&files.write("own.key", &client.key)));

    // Without TLS other machines must not reach it; the metrics never without a word.
    let refused = Program::run(&database, &["serve", "--grpc-addr", "0.0.0.0:0"]);
    assert_eq!(refused.status.code(), Some(1));
    let tls = ["--tls-cert", cert.as_str(), "--tls-key", key.as_str()];
    let refused = Program::run(&database, &[&["serve", "--http-addr", "0.0.0.0:0"][..], &tls].concat());
    assert_eq!(refused.status.code(), Some(1));
    // A file that is of no use is named.
    let swapped = ["serve", "--grpc-addr", "127.0.0.1:0", "--tls-cert", &key, "--tls-key", &cert];
    let refused = Program::run(&database, &swapped);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--tls-cert"));

    let more = ["--grpc-addr", "0.0.0.0:0", "--client-ca", &ca];
    let served = Program::serve(&database, &[&more[..], &tls].concat());
    let address = served.grpc.replace("http://0.0.0.0", "https://localhost");
    let whoami = |arguments: &[&str]| {
        let output = Command::new(Program::path())
            .args(["--server", &address, "whoami", "--json"])
            .args(arguments)
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, said) = whoami(&["--tls-ca", &ca, "--tls-client-cert", &own, "--tls-client-key", &own_key]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("auditor-01") && said.contains("certificate"), "{said}");
    let (code, said) = whoami(&["--tls-ca", &ca]);
    assert_eq!(code, Some(1));
    assert!(said.contains("CREDENTIAL_MISSING"), "{said}");
    let (code, said) = whoami(&[]);
    assert_eq!(code, Some(1));
    assert!(said.contains("--tls-ca"), "{said}");
    let other = text(&files.write("other.pem", &Authority::new().pem));
    let (code, said) = whoami(&["--tls-ca", &other]);
    assert_eq!(code, Some(4), "a server that its authority did not sign: {said}");
}
