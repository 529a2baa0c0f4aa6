//! `creditbank.v1.AccessService`.

use crate::access::Caller;
use crate::asked::{Asked, answer, asked, first_event, submit};
use crate::convert::{optional, person, text, timestamp};
use crate::entry::digest;
use crate::names;
use crate::proto;
use crate::proto::access_service_server::AccessService;
use crate::status::status;
use chrono::TimeDelta;
use creditbank_access::{Identity, Principal, Token, certificate_uri, new_credential_id};
use creditbank_ledger::{Bank, Ledger, PageRequest};
use ledger_core::access::{CredentialIssued, CredentialRecord, Proof, Role, Scope, Standing};
use ledger_core::command::Action;
use ledger_core::decide::no_such_credential;
use ledger_core::event::{Fact, decode};
use ledger_core::id::{CredentialId, LedgerId, PersonId};
use ledger_core::ports::{StoreError, StoredEvent};
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// How long a credential holds where nobody says (our own default).
const DAYS: u32 = 90;

/// The longest life of a token (`RELIABILITY.md` §5, threat 1).
const MAX_DAYS: u32 = 366;

pub(crate) struct AccessDoor {
    pub(crate) bank: Arc<Bank>,
}

fn standing_code(standing: Standing) -> &'static str {
    match standing {
        Standing::Active => "active",
        Standing::Pending => "pending",
        Standing::Expired => "expired",
        Standing::Revoked => "revoked",
    }
}

fn kind_code(proof: &Proof) -> &'static str {
    match proof {
        Proof::Token(_) => "token",
        Proof::Certificate => "certificate",
        Proof::Identity(_) => "identity",
    }
}

fn wire(ledger: &Ledger, record: &CredentialRecord) -> proto::Credential {
    let base = names::ledger_name(ledger.id());
    let issued = &record.issued;
    let (organization, resident) = match &issued.scope {
        Scope::Ledger => Default::default(),
        Scope::Organization(id) => (format!("{base}/organizations/{id}"), String::new()),
        Scope::Resident(id) => (String::new(), format!("{base}/residents/{id}")),
    };
    proto::Credential {
        name: format!("{base}/credentials/{}", issued.credential),
        person: issued.person.to_string(),
        role: issued.role.to_string(),
        organization,
        resident,
        standing: standing_code(record.standing(ledger.now())).to_owned(),
        expires_at: Some(timestamp(issued.expires_at)),
        issued_by: text(issued.issued_by.as_ref()),
        approved_by: text(record.approved.as_ref().map(|(_, person)| person)),
        approve_until: issued.approve_until.map(timestamp),
        sha256: issued.digest().to_string(),
        issued_at: record.issued_at.0,
        revoked_at: record.revoked.as_ref().map_or(0, |(at, _)| at.0),
        kind: kind_code(&issued.proof).to_owned(),
    }
}

fn parse_role(code: &str) -> Result<Role, Refusal> {
    let known = || Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ");
    Role::parse(code).ok_or_else(|| {
        Refusal::field(
            Reason::FieldInvalid,
            "role",
            format!("沒有這個角色；有 {0}。There is no such role; there are {0}.", known()),
        )
    })
}

/// The scope that a request names.
fn parse_scope(ledger: &LedgerId, organization: &str, resident: &str) -> Result<Scope, Refusal> {
    let organization = optional(organization, |raw| names::organization(ledger, raw, "organization"))?;
    let resident = optional(resident, |raw| names::resident(ledger, raw, "resident"))?;
    match (organization, resident) {
        (None, None) => Ok(Scope::Ledger),
        (Some(organization), None) => Ok(Scope::Organization(organization)),
        (None, Some(resident)) => Ok(Scope::Resident(resident)),
        (Some(_), Some(_)) => Err(Refusal::field(
            Reason::FieldInvalid,
            "resident",
            "organization 和 resident 只能填一個。Give organization or resident, not both.",
        )),
    }
}

/// Whether somebody may give out, see or take back a credential: an administrator any; an officer those of clerks,
/// platforms and residents in the own scope.
async fn is_in_hand(ledger: &Ledger, caller: &Caller, role: Role, scope: &Scope) -> Result<bool, Refusal> {
    let Some(holder) = caller.holder() else { return Ok(true) };
    if holder.role == Role::Administrator {
        return Ok(true);
    }
    if holder.role != Role::Officer || holder.ledger != *ledger.id() {
        return Ok(false);
    }
    match scope {
        Scope::Organization(organization) if matches!(role, Role::Clerk | Role::Platform) => {
            ledger.has_in_scope(&holder.scope, organization).await
        }
        Scope::Resident(resident) => {
            let account = ledger_core::id::AccountId::Resident(resident.clone());
            ledger.is_seen(&holder.scope, &account).await
        }
        _ => Ok(false),
    }
}

/// Whether somebody may know whether there is a ledger: those of the deployment do of all, the others of their own.
fn may_look(caller: &Caller, ledger: &LedgerId) -> bool {
    caller.holder().is_none_or(|holder| holder.role == Role::Administrator || holder.ledger == *ledger)
}

fn not_in_hand() -> Refusal {
    Refusal::new(
        Reason::RoleDenied,
        "主管只能核發和撤銷自己範圍內經辦、平台和居民的憑證，其他的請管理員辦理。\
         An officer issues and revokes credentials of clerks, platforms and residents in the own scope: ask an \
         administrator for others.",
    )
}

fn wire_act(ledger: &LedgerId, stored: StoredEvent) -> Result<proto::Act, Refusal> {
    let base = names::ledger_name(ledger);
    let event = decode(&stored.bytes)
        .map_err(|error| creditbank_ledger::refuse(&StoreError::Damaged(error.to_string())))?;
    let organization = event.poster.as_ref().map(|poster| format!("{base}/organizations/{poster}"));
    Ok(proto::Act {
        position: event.position.0,
        r#type: event.fact.type_name().to_owned(),
        recorded_at: Some(timestamp(event.recorded_at)),
        organization: organization.unwrap_or_default(),
        person: text(event.by.as_ref()),
        json: stored.bytes,
    })
}

/// Credentials of administrators belong to the deployment, all others to a district's ledger.
fn belongs(ledger: &LedgerId, role: Role) -> Result<(), Refusal> {
    if (*ledger == LedgerId::deployment()) == (role == Role::Administrator) {
        return Ok(());
    }
    Err(Refusal::field(
        Reason::FieldInvalid,
        "parent",
        "管理員的憑證屬於 ledgers/deployment，其他角色的屬於各區的帳本。\
         Credentials of administrators belong to ledgers/deployment, those of all other roles to a district's ledger.",
    ))
}

/// Takes what all requests for a credential say, and the request itself apart.
macro_rules! wanted {
    ($caller:ident, $method:literal, $request:ident) => {{
        let ledger = names::parse_ledger(&$request.parent, "parent")?;
        let role = parse_role(&$request.role)?;
        belongs(&ledger, role)?;
        Wanted {
            scope: parse_scope(&ledger, &$request.organization, &$request.resident)?,
            asked: asked!($caller, $method, $request, None),
            person: person(&$request.person, "person")?,
            days: if $request.days == 0 { DAYS } else { $request.days },
            ledger,
            role,
        }
    }};
}

/// A credential that somebody asks for.
struct Wanted {
    asked: Asked,
    ledger: LedgerId,
    person: PersonId,
    role: Role,
    scope: Scope,
    days: u32,
}

/// A credential that was issued, by this call or by an earlier one under the same name.
struct Issued {
    ledger: Arc<Ledger>,
    issued: Box<CredentialIssued>,
    replayed: bool,
    position: u64,
}

impl Issued {
    /// The credential as it stands now.
    async fn shown(&self) -> Result<Option<proto::Credential>, Refusal> {
        shown(&self.ledger, &self.issued.credential).await
    }
}

impl AccessDoor {
    /// Issues what is asked for, if the caller may.
    async fn issue(
        &self,
        caller: &Caller,
        wanted: Wanted,
        credential: CredentialId,
        proof: Proof,
    ) -> Result<Issued, Refusal> {
        let Wanted { asked, ledger, person, role, scope, days } = wanted;
        if days > MAX_DAYS {
            return Err(Refusal::field(
                Reason::FieldInvalid,
                "days",
                format!("days 須在 1 至 {MAX_DAYS} 之間。days is 1 to {MAX_DAYS}."),
            ));
        }
        if !may_look(caller, &ledger) {
            return Err(not_in_hand());
        }
        let ledger = self.ledger(ledger).await?;
        if !is_in_hand(&ledger, caller, role, &scope).await? {
            return Err(not_in_hand());
        }
        let issued = CredentialIssued {
            credential,
            person,
            role,
            scope,
            proof,
            expires_at: ledger.now() + TimeDelta::days(i64::from(days)),
            issued_by: caller.person().cloned(),
            approve_until: None,
        };
        let action = Action::IssueCredential(Box::new(issued));
        let receipt = submit(&ledger, asked, action, &[("expires_at", "days")]).await?;
        let (replayed, position) = (receipt.replayed, receipt.head.0);
        match first_event(&ledger, receipt).await?.fact {
            Fact::CredentialIssued(issued) => Ok(Issued { ledger, issued, replayed, position }),
            _ => Err(Refusal::new(Reason::LedgerDamaged, format!("no credential was issued at {position}"))),
        }
    }

    async fn ledger(&self, id: LedgerId) -> Result<Arc<Ledger>, Refusal> {
        if id == LedgerId::deployment() { self.bank.own_ledger().await } else { self.bank.ledger(&id).await }
    }

    async fn parent(&self, parent: &str) -> Result<Arc<Ledger>, Refusal> {
        self.ledger(names::parse_ledger(parent, "parent")?).await
    }

    /// A credential by its name, if the caller may know of it.
    async fn named(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<(Arc<Ledger>, CredentialId, CredentialRecord), Refusal> {
        let ledger_id = names::ledger_of(name, "name")?;
        let id = names::credential(&ledger_id, name, "name")?;
        if !may_look(caller, &ledger_id) {
            return Err(no_such_credential(&id));
        }
        let ledger = self.bank.ledger(&ledger_id).await?;
        let own = |holder: &Principal| holder.ledger == ledger_id && holder.credential == id;
        let record = ledger.credential(&id).await?.ok_or_else(|| no_such_credential(&id))?;
        let seen = caller.holder().is_some_and(own)
            || is_in_hand(&ledger, caller, record.issued.role, &record.issued.scope).await?;
        if seen { Ok((ledger, id, record)) } else { Err(no_such_credential(&id)) }
    }
}

async fn shown(ledger: &Ledger, id: &CredentialId) -> Result<Option<proto::Credential>, Refusal> {
    Ok(ledger.credential(id).await?.map(|record| wire(ledger, &record)))
}

#[tonic::async_trait]
impl AccessService for AccessDoor {
    async fn create_token(
        &self,
        request: Request<proto::CreateTokenRequest>,
    ) -> Result<Response<proto::CreateTokenResponse>, Status> {
        answer!(self, caller, request, {
            let wanted = wanted!(caller, "CreateToken", request);
            let (token, id) = (Token::generate()?, wanted.ledger.clone());
            let issued = self.issue(&caller, wanted, token.credential().clone(), token.proof()).await?;
            // The answer of an earlier call cannot show its token again, and this one is nobody's.
            let token = if issued.replayed { String::new() } else { token.reveal(&id).to_string() };
            Ok(proto::CreateTokenResponse {
                credential: issued.shown().await?,
                token,
                replayed: issued.replayed,
                position: issued.position,
            })
        })
    }

    async fn create_certificate_credential(
        &self,
        request: Request<proto::CreateCertificateCredentialRequest>,
    ) -> Result<Response<proto::CreateCertificateCredentialResponse>, Status> {
        answer!(self, caller, request, {
            let wanted = wanted!(caller, "CreateCertificateCredential", request);
            let issued = self.issue(&caller, wanted, new_credential_id()?, Proof::Certificate).await?;
            Ok(proto::CreateCertificateCredentialResponse {
                credential: issued.shown().await?,
                uri: certificate_uri(issued.ledger.id(), &issued.issued),
                replayed: issued.replayed,
                position: issued.position,
            })
        })
    }

    async fn create_identity_credential(
        &self,
        request: Request<proto::CreateIdentityCredentialRequest>,
    ) -> Result<Response<proto::CreateIdentityCredentialResponse>, Status> {
        answer!(self, caller, request, {
            let identity = Identity::of(&request.issuer, &request.subject)?;
            let wanted = wanted!(caller, "CreateIdentityCredential", request);
            let credential = identity.credential().clone();
            let issued = self.issue(&caller, wanted, credential, identity.proof()).await?;
            Ok(proto::CreateIdentityCredentialResponse {
                credential: issued.shown().await?,
                replayed: issued.replayed,
                position: issued.position,
            })
        })
    }

    async fn list_credentials(
        &self,
        request: Request<proto::ListCredentialsRequest>,
    ) -> Result<Response<proto::ListCredentialsResponse>, Status> {
        answer!(self, caller, request, {
            if !may_look(&caller, &names::parse_ledger(&request.parent, "parent")?) {
                return Err(creditbank_ledger::refuse(&StoreError::NoLedger));
            }
            let ledger = self.parent(&request.parent).await?;
            let page = PageRequest { size: request.page_size, token: request.page_token };
            let listed = ledger.records(Key::credential_prefix(), &page).await?;
            let mut credentials = Vec::with_capacity(listed.items.len());
            for state in listed.items {
                let State::Credential(record) = state else { continue };
                if is_in_hand(&ledger, &caller, record.issued.role, &record.issued.scope).await? {
                    credentials.push(wire(&ledger, &record));
                }
            }
            Ok(proto::ListCredentialsResponse {
                credentials,
                next_page_token: listed.next_token,
                position: listed.position.0,
            })
        })
    }

    async fn approve_credential(
        &self,
        request: Request<proto::ApproveCredentialRequest>,
    ) -> Result<Response<proto::ApproveCredentialResponse>, Status> {
        answer!(self, caller, request, {
            let asked = asked!(caller, "ApproveCredential", request, None);
            let approved_by = person(&request.approved_by, "approved_by")?;
            let digest = digest(&request.sha256, "sha256")?;
            let (ledger, credential, _) = self.named(&caller, &request.name).await?;
            let action = Action::ApproveCredential { credential: credential.clone(), digest, approved_by };
            let position = submit(&ledger, asked, action, &[]).await?.head.0;
            let credential = shown(&ledger, &credential).await?;
            Ok(proto::ApproveCredentialResponse { credential, position })
        })
    }

    async fn revoke_credential(
        &self,
        request: Request<proto::RevokeCredentialRequest>,
    ) -> Result<Response<proto::RevokeCredentialResponse>, Status> {
        answer!(self, caller, request, {
            let asked = asked!(caller, "RevokeCredential", request, None);
            let (ledger, credential, _) = self.named(&caller, &request.name).await?;
            let revoked_by = caller.person().cloned();
            let action = Action::RevokeCredential { credential: credential.clone(), revoked_by };
            let position = submit(&ledger, asked, action, &[]).await?.head.0;
            let credential = shown(&ledger, &credential).await?;
            Ok(proto::RevokeCredentialResponse { credential, position })
        })
    }

    async fn list_acts(
        &self,
        request: Request<proto::ListActsRequest>,
    ) -> Result<Response<proto::ListActsResponse>, Status> {
        answer!(self, request, {
            let ledger = self.parent(&request.parent).await?;
            let page = PageRequest { size: request.page_size, token: request.page_token };
            let listed = ledger.acts(&page, Position(request.min_position)).await?;
            let acts = listed.items.into_iter().map(|stored| wire_act(ledger.id(), stored));
            Ok(proto::ListActsResponse {
                acts: acts.collect::<Result<_, _>>()?,
                next_page_token: listed.next_token,
                position: listed.position.0,
            })
        })
    }

    async fn get_caller(
        &self,
        request: Request<proto::GetCallerRequest>,
    ) -> Result<Response<proto::GetCallerResponse>, Status> {
        answer!(self, caller, request, {
            let proto::GetCallerRequest {} = request;
            let credential = match caller.holder() {
                None => None,
                Some(holder) => {
                    let ledger = self.bank.ledger(&holder.ledger).await?;
                    shown(&ledger, &holder.credential).await?
                }
            };
            Ok(proto::GetCallerResponse { credential })
        })
    }
}
