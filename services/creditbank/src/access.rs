//! `token` and `whoami`: who may do what.

use crate::args::{
    ApproveToken, Audit, Common, CreateCertificate, CreateIdentity, CreateToken, ListTokens, RevokeToken,
    Token, TokenCommand, Wanted,
};
use crate::connect::{Way, channel, ledger_id, request_id};
use crate::failure::Failure;
use crate::show::{print_json, table};
use creditbank_grpc::proto;
use creditbank_grpc::proto::access_service_client::AccessServiceClient;
use ledger_core::access::Role;
use ledger_core::id::LedgerId;
use serde_json::json;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

async fn client(common: &Common) -> Result<AccessServiceClient<Way>, Failure> {
    Ok(AccessServiceClient::new(channel(common).await?))
}

pub(crate) async fn run(common: &Common, token: &Token) -> Result<ExitCode, Failure> {
    match &token.command {
        TokenCommand::Create(create) => self::create(common, create).await,
        TokenCommand::Certificate(create) => self::certificate(common, create).await,
        TokenCommand::Identity(create) => self::identity(common, create).await,
        TokenCommand::List(list) => self::list(common, list).await,
        TokenCommand::Approve(approve) => self::approve(common, approve).await,
        TokenCommand::Revoke(revoke) => self::revoke(common, revoke).await,
    }
}

/// The ledger whose credentials are meant.
fn parent(common: &Common, administrators: bool) -> Result<String, Failure> {
    let id = if administrators { LedgerId::deployment() } else { ledger_id(common)? };
    Ok(creditbank_grpc::ledger_name(&id))
}

/// The parts of a request that every kind of credential is asked for with.
struct Asked {
    parent: String,
    request_id: String,
    organization: String,
    resident: String,
}

fn asked(common: &Common, wanted: &Wanted) -> Result<Asked, Failure> {
    let parent = parent(common, wanted.role == Role::Administrator.as_str())?;
    let below = |collection: &str, id: Option<&String>| {
        id.map_or(String::new(), |id| format!("{parent}/{collection}/{id}"))
    };
    Ok(Asked {
        request_id: request_id(wanted.request_id.as_ref()),
        organization: below("organizations", wanted.organization.as_ref()),
        resident: below("residents", wanted.resident.as_ref()),
        parent,
    })
}

async fn create(common: &Common, create: &CreateToken) -> Result<ExitCode, Failure> {
    let Asked { parent, request_id, organization, resident } = asked(common, &create.wanted)?;
    let (person, role) = (create.wanted.person.clone(), create.wanted.role.clone());
    let days = create.wanted.days;
    let request =
        proto::CreateTokenRequest { parent, request_id, person, role, organization, resident, days };
    let mut client = client(common).await?;
    // Before anything is issued: a token that cannot be written down is lost.
    let file = create.out.as_deref().map(private_file).transpose()?;
    let answer = client.create_token(request).await?.into_inner();
    if let Some(mut file) = file {
        writeln!(file, "{}", answer.token).map_err(Failure::unavailable)?;
    }
    let shown = create.out.is_none();
    if common.json {
        let token = shown.then_some(&answer.token);
        println!(
            "{}",
            json!({ "credential": answer.credential, "token": token, "replayed": answer.replayed })
        );
        return Ok(ExitCode::SUCCESS);
    }
    print(answer.credential.as_slice());
    if answer.replayed {
        println!(
            "這個請求先前已核發；憑證不能再顯示，若已遺失請撤銷後另發。\
             Issued before by this request: the token cannot be shown again. If it is lost, revoke it and issue another."
        );
    } else if shown {
        println!("憑證只顯示這一次，請妥為保管。The token is shown this once:\n\n{}\n", answer.token);
    }
    Ok(ExitCode::SUCCESS)
}

async fn certificate(common: &Common, create: &CreateCertificate) -> Result<ExitCode, Failure> {
    let Asked { parent, request_id, organization, resident } = asked(common, &create.wanted)?;
    let (person, role) = (create.wanted.person.clone(), create.wanted.role.clone());
    let request = proto::CreateCertificateCredentialRequest {
        days: create.wanted.days,
        parent,
        request_id,
        person,
        role,
        organization,
        resident,
    };
    let answer = client(common).await?.create_certificate_credential(request).await?.into_inner();
    if common.json {
        println!(
            "{}",
            json!({ "credential": answer.credential, "uri": answer.uri, "replayed": answer.replayed })
        );
        return Ok(ExitCode::SUCCESS);
    }
    print(answer.credential.as_slice());
    println!(
        "憑證的主體別名須有這個 URI。Put this URI into the certificate, as subjectAltName:\n\n  URI:{}\n",
        answer.uri
    );
    Ok(ExitCode::SUCCESS)
}

async fn identity(common: &Common, create: &CreateIdentity) -> Result<ExitCode, Failure> {
    let Asked { parent, request_id, organization, resident } = asked(common, &create.wanted)?;
    let (person, role) = (create.wanted.person.clone(), create.wanted.role.clone());
    let subject = std::fs::read_to_string(&create.subject_file).map_err(|error| {
        Failure::refused("FIELD_INVALID", format!("{}: {error}", create.subject_file.display()))
    })?;
    let request = proto::CreateIdentityCredentialRequest {
        days: create.wanted.days,
        issuer: create.issuer.clone(),
        subject: subject.trim_end_matches(['\r', '\n']).to_owned(),
        parent,
        request_id,
        person,
        role,
        organization,
        resident,
    };
    let answer = client(common).await?.create_identity_credential(request).await?.into_inner();
    shown(common, answer.credential.as_slice())
}

/// A new file that only its owner reads.
pub(crate) fn private_file(path: &Path) -> Result<std::fs::File, Failure> {
    let opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    opened.map_err(|error| Failure::refused("FIELD_INVALID", format!("{}: {error}", path.display())))
}

async fn list(common: &Common, list: &ListTokens) -> Result<ExitCode, Failure> {
    let parent = parent(common, list.administrators)?;
    let mut client = client(common).await?;
    let mut credentials = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = proto::ListCredentialsRequest { parent: parent.clone(), page_size: 1_000, page_token };
        let page = client.list_credentials(request).await?.into_inner();
        credentials.extend(page.credentials);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    shown(common, &credentials)
}

async fn approve(common: &Common, approve: &ApproveToken) -> Result<ExitCode, Failure> {
    let request = proto::ApproveCredentialRequest {
        name: approve.name.clone(),
        request_id: request_id(None),
        approved_by: approve.by.clone(),
        sha256: approve.sha256.clone(),
    };
    let answer = client(common).await?.approve_credential(request).await?.into_inner();
    shown(common, answer.credential.as_slice())
}

async fn revoke(common: &Common, revoke: &RevokeToken) -> Result<ExitCode, Failure> {
    let request = proto::RevokeCredentialRequest { name: revoke.name.clone(), request_id: request_id(None) };
    let answer = client(common).await?.revoke_credential(request).await?.into_inner();
    shown(common, answer.credential.as_slice())
}

pub(crate) async fn audit(common: &Common, audit: &Audit) -> Result<ExitCode, Failure> {
    let parent = parent(common, audit.deployment)?;
    let mut client = client(common).await?;
    let wanted = if audit.limit == 0 { usize::MAX } else { audit.limit };
    let mut shown = 0;
    let mut page_token = String::new();
    while shown < wanted {
        let page_size = u32::try_from((wanted - shown).min(1_000)).unwrap_or(1_000);
        let request =
            proto::ListActsRequest { parent: parent.clone(), page_size, page_token, min_position: 0 };
        let page = client.list_acts(request).await?.into_inner();
        for act in &page.acts {
            show_act(common, act)?;
        }
        shown += page.acts.len();
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// One act, on one line.
fn show_act(common: &Common, act: &proto::Act) -> Result<(), Failure> {
    if common.json {
        let line = serde_json::to_string(act).map_err(Failure::unavailable)?;
        println!("{line}");
        return Ok(());
    }
    let at = act.recorded_at.and_then(|at| chrono::DateTime::from_timestamp(at.seconds, 0));
    let at = at.map_or(String::new(), |at| at.format("%Y-%m-%d %H:%M:%SZ").to_string());
    let organization = act.organization.rsplit('/').next().unwrap_or_default();
    let or_none = |text: &str| if text.is_empty() { "—".to_owned() } else { text.to_owned() };
    println!(
        "#{:<9} {at}  {:<28} {:<16} {}",
        act.position,
        act.r#type,
        or_none(organization),
        or_none(&act.person)
    );
    Ok(())
}

pub(crate) async fn whoami(common: &Common) -> Result<ExitCode, Failure> {
    let answer = client(common).await?.get_caller(proto::GetCallerRequest {}).await?.into_inner();
    match answer.credential {
        Some(credential) => shown(common, &[credential]),
        None if common.json => {
            println!("{}", json!([]));
            Ok(ExitCode::SUCCESS)
        }
        None => {
            println!("直接開啟資料庫，不用憑證。The database is opened directly: no credential is in use.");
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn shown(common: &Common, credentials: &[proto::Credential]) -> Result<ExitCode, Failure> {
    match common.json {
        true => print_json(&credentials)?,
        false => print(credentials),
    }
    Ok(ExitCode::SUCCESS)
}

fn print(credentials: &[proto::Credential]) {
    let mut rows = table(&[
        "憑證 credential",
        "種類 kind",
        "持有人 person",
        "角色 role",
        "範圍 scope",
        "狀態 standing",
        "到期 expires",
    ]);
    for credential in credentials {
        let scope = [&credential.organization, &credential.resident].map(|name| name.split_once('/'));
        let scope = scope.into_iter().flatten().next().map_or("—", |(_, rest)| rest);
        let expires = credential.expires_at.and_then(|at| chrono::DateTime::from_timestamp(at.seconds, 0));
        let expires = expires.map_or(String::new(), |at| at.format("%Y-%m-%d %H:%MZ").to_string());
        let role = Role::parse(&credential.role).map_or("", Role::hant);
        rows.add_row([
            credential.name.as_str(),
            &credential.kind,
            &credential.person,
            &format!("{role} {}", credential.role),
            scope,
            &credential.standing,
            &expires,
        ]);
        if credential.standing == "pending" {
            rows.add_row(["", "", "", "", "待核准 to approve", &credential.sha256, ""]);
        }
    }
    println!("{rows}");
}
