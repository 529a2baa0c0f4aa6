//! `creditbank.v1.DirectoryService`.

use crate::access::Caller;
use crate::asked::{answer, asked, damaged, first_event, of, submit, under};
use crate::convert::{optional, person, rename, timestamp};
use crate::entry::digest;
use crate::identity_service::resident_name;
use crate::proto::directory_service_server::DirectoryService;
use crate::status::status;
use crate::{names, proto};
use creditbank_directory::{Asked, Directory, PutCard, PutPerson, ReadPerson, closed};
use creditbank_ledger::{Bank, Ledger, PageRequest, Read, Receipt};
use ledger_core::command::Action;
use ledger_core::date::OccurredOn;
use ledger_core::event::Fact;
use ledger_core::id::{LedgerId, PersonId, RequestId, ResidentId};
use ledger_core::person::{
    Card, Email, ErasureProposed, Field, IdKind, IdNumber, Name, Person, PersonAct, Phone, ReadPurpose,
    ResidentErased, Secret, Uscc,
};
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};
use prost::Message;
use std::fmt;
use std::sync::Arc;
use tonic::{Request, Response, Status};
use zeroize::Zeroizing;

pub(crate) struct DirectoryDoor {
    pub(crate) bank: Arc<Bank>,
    /// None where the program runs without the key file.
    pub(crate) directory: Option<Arc<Directory>>,
}

/// Messages that hold personal data show nothing of it.
macro_rules! shows_nothing {
    ($($message:ident),*) => {$(
        impl fmt::Debug for proto::$message {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($message), " { … }"))
            }
        }
    )*};
}

shows_nothing!(Person, PutPersonRequest, GetPersonResponse, FindPersonRequest, OrganizationCard);

/// What the core calls the account, methods call by the name of their field.
const ACCOUNT: [(&str, &str); 1] = [("resident", "name")];

impl DirectoryDoor {
    fn open(&self) -> Result<Arc<Directory>, Refusal> {
        self.directory.clone().ok_or_else(closed)
    }
}

/// Does something to its end, also where the caller goes away.
pub(crate) async fn whole<T: Send + 'static>(
    work: impl Future<Output = Result<T, Refusal>> + Send + 'static,
) -> Result<T, Refusal> {
    let done = tokio::spawn(work).await;
    done.unwrap_or_else(|_| {
        Err(Refusal::new(
            Reason::OutcomeUnknown,
            "不能確定這筆是否已記；請用同一 request_id 重送，不會重複。\
             Whether it was recorded is not known: send the same request again, it will not be doubled.",
        ))
    })
}

fn who(caller: &Caller, ledger: &LedgerId, organization: &str, acting: &str) -> Result<Asked, Refusal> {
    Ok(Asked {
        organization: names::organization(ledger, organization, "organization")?,
        person: acting_person(acting)?,
        by: caller.person().cloned(),
    })
}

/// Who acts.
pub(crate) fn acting_person(raw: &str) -> Result<PersonId, Refusal> {
    person(raw, "person")
}

fn id_number(kind: &str, number: String) -> Result<Option<IdNumber>, Refusal> {
    let number = Secret::new(number);
    if kind.is_empty() && number.expose().is_empty() {
        return Ok(None);
    }
    IdNumber::parse(IdKind::parse(kind)?, number).map(Some)
}

/// The texts of a message are taken over, and so wiped.
fn parse_person(data: proto::Person, today: OccurredOn) -> Result<Person, Refusal> {
    let proto::Person { name, id_kind, id_number: number, birth_date, phone, email, .. } = data;
    let name = Name::parse(&Secret::new(name), "name")?;
    let id = id_number(&id_kind, number)?;
    let contact = (given(phone).map(Phone::parse).transpose()?, given(email).map(Email::parse).transpose()?);
    Person::new(name, id, &Secret::new(birth_date), contact, today)
}

fn given(text: String) -> Option<Secret> {
    (!text.is_empty()).then(|| Secret::new(text))
}

fn parse_card(card: proto::OrganizationCard) -> Result<Card, Refusal> {
    Ok(Card {
        uscc: optional(&card.uscc, Uscc::parse)?,
        phone: given(card.phone).map(Phone::parse).transpose()?,
        email: given(card.email).map(Email::parse).transpose()?,
    })
}

/// The fields of a person that were asked for.
fn shown(person: &Person, fields: &[Field]) -> proto::Person {
    let mut data = proto::Person::default();
    for field in fields {
        match field {
            Field::Name => data.name = person.name.expose().to_owned(),
            Field::IdNumber => {
                if let Some(id) = &person.id {
                    (data.id_kind, data.id_number) = (id.kind().as_str().to_owned(), id.expose().to_owned());
                }
            }
            Field::IdLastFour => {
                data.id_last_four =
                    person.id.as_ref().map(IdNumber::last_four).unwrap_or_default().to_owned();
            }
            Field::BirthDate => data.birth_date = person.birth_date.expose().to_string(),
            Field::Phone => data.phone = person.phone.as_ref().map_or("", Phone::expose).to_owned(),
            Field::Email => data.email = person.email.as_ref().map_or("", Email::expose).to_owned(),
        }
    }
    data
}

fn words(fields: &[Field]) -> Vec<String> {
    fields.iter().map(Field::to_string).collect()
}

fn wire_read(ledger: &LedgerId, read: &Read) -> proto::PersonRead {
    let Read { position, recorded_at, read } = read;
    proto::PersonRead {
        position: position.0,
        recorded_at: Some(timestamp(*recorded_at)),
        organization: format!("{}/organizations/{}", names::ledger_name(ledger), read.organization),
        reader: read.reader.to_string(),
        purpose: read.purpose.to_string(),
        fields: words(&read.fields),
        approved_by: read.approved_by.as_ref().map(PersonId::to_string).unwrap_or_default(),
    }
}

pub(crate) fn account_names(ledger: &LedgerId, accounts: &[ResidentId]) -> Vec<String> {
    accounts.iter().map(|account| resident_name(ledger, account)).collect()
}

fn wire_proposal(ledger: &LedgerId, proposed: &ErasureProposed) -> proto::PersonErasure {
    proto::PersonErasure {
        resident: resident_name(ledger, &proposed.resident),
        accounts: account_names(ledger, &proposed.accounts),
        proposed_by: proposed.proposed_by.to_string(),
        expires_on: proposed.expires_on.to_string(),
        sha256: proposed.digest().to_string(),
        ..Default::default()
    }
}

fn wire_erased(ledger: &LedgerId, erased: &ResidentErased, at: Position) -> proto::PersonErasure {
    proto::PersonErasure {
        resident: resident_name(ledger, &erased.resident),
        accounts: account_names(ledger, &erased.accounts),
        proposed_by: erased.proposed_by.to_string(),
        approved_by: erased.approved_by.to_string(),
        erased_at: at.0,
        ..Default::default()
    }
}

/// What a receipt of an erasure, or of its proposal, is about.
async fn erasure(ledger: &Ledger, receipt: Receipt) -> Result<proto::PersonErasure, Refusal> {
    let event = first_event(ledger, receipt).await?;
    match &event.fact {
        Fact::ErasureProposed(proposed) => Ok(wire_proposal(ledger.id(), proposed)),
        Fact::ResidentErased(erased) => Ok(wire_erased(ledger.id(), erased, event.position)),
        _ => Err(damaged()),
    }
}

#[tonic::async_trait]
impl DirectoryService for DirectoryDoor {
    async fn put_person(
        &self,
        request: Request<proto::PutPersonRequest>,
    ) -> Result<Response<proto::PutPersonResponse>, Status> {
        answer!(self, caller, request, {
            let directory = self.open()?;
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let resident = names::resident(&id, &request.name, "name")?;
            let asked = who(&caller, &id, &request.organization, &request.person)?;
            let request_id = RequestId::parse(&request.request_id)?;
            let mut request = request;
            request.request_id.clear();
            let content = Zeroizing::new(request.encode_to_vec());
            let data = request.data.take().unwrap_or_default();
            let person =
                parse_person(data, ledger.today().await?).map_err(|refusal| refusal.under("data"))?;
            let fields = words(&person.fields());
            let put = PutPerson { resident, asked, request_id, content, person };
            let receipt = whole(async move { directory.put(&ledger, put).await }).await;
            let receipt = receipt.map_err(|refusal| rename(refusal, &PUT))?;
            Ok(proto::PutPersonResponse { fields, replayed: receipt.replayed, position: receipt.position.0 })
        })
    }

    async fn get_person(
        &self,
        request: Request<proto::GetPersonRequest>,
    ) -> Result<Response<proto::GetPersonResponse>, Status> {
        answer!(self, caller, request, {
            let directory = self.open()?;
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let resident = names::resident(&id, &request.name, "name")?;
            let fields = Field::parse_all(&request.fields)?;
            let read = ReadPerson {
                asked: who(&caller, &id, &request.organization, &request.person)?,
                purpose: ReadPurpose::parse(&request.purpose)?,
                fields: fields.clone(),
                approved_by: optional(&request.approved_by, |raw| person(raw, "approved_by"))?,
            };
            let read = directory.read(&ledger, &resident, read).await;
            let (person, position) = read.map_err(|refusal| rename(refusal, &ACCOUNT))?;
            Ok(proto::GetPersonResponse { data: Some(shown(&person, &fields)), position: position.0 })
        })
    }

    async fn find_person(
        &self,
        request: Request<proto::FindPersonRequest>,
    ) -> Result<Response<proto::FindPersonResponse>, Status> {
        answer!(self, caller, request, {
            let directory = self.open()?;
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let mut request = request;
            let number = std::mem::take(&mut request.id_number);
            let number = IdNumber::parse(IdKind::parse(&request.id_kind)?, Secret::new(number))?;
            let name = Secret::new(std::mem::take(&mut request.display_name));
            let name = match name.expose() {
                "" => None,
                _ => Some(Name::parse(&name, "display_name")?),
            };
            let read = ReadPerson {
                asked: who(&caller, &id, &request.organization, &request.person)?,
                purpose: ReadPurpose::parse(&request.purpose)?,
                fields: vec![Field::IdNumber],
                approved_by: optional(&request.approved_by, |raw| person(raw, "approved_by"))?,
            };
            let found = directory.find(&ledger, &number, name.as_ref(), read).await?;
            Ok(proto::FindPersonResponse {
                resident: resident_name(&id, &found.resident),
                position: found.position.0,
            })
        })
    }

    async fn put_organization_card(
        &self,
        request: Request<proto::PutOrganizationCardRequest>,
    ) -> Result<Response<proto::PutOrganizationCardResponse>, Status> {
        answer!(self, caller, request, {
            let directory = self.open()?;
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let of = names::organization(&id, &request.name, "name")?;
            let asked = who(&caller, &id, &request.organization, &request.person)?;
            let request_id = RequestId::parse(&request.request_id)?;
            let mut request = request;
            request.request_id.clear();
            let content = Zeroizing::new(request.encode_to_vec());
            let card = request.card.take().unwrap_or_default();
            let card = parse_card(card).map_err(|refusal| refusal.under("card"))?;
            let put = PutCard { of, asked, request_id, content, card };
            let receipt = whole(async move { directory.put_card(&ledger, put).await }).await;
            let receipt = receipt.map_err(|refusal| rename(refusal, &[("of", "name")]))?;
            let (replayed, position) = (receipt.replayed, receipt.position.0);
            Ok(proto::PutOrganizationCardResponse { replayed, position })
        })
    }

    async fn get_organization_card(
        &self,
        request: Request<proto::GetOrganizationCardRequest>,
    ) -> Result<Response<proto::GetOrganizationCardResponse>, Status> {
        answer!(self, request, {
            let directory = self.open()?;
            let (id, _) = of(&self.bank, &request.name, "name").await?;
            let of = names::organization(&id, &request.name, "name")?;
            let Card { uscc, phone, email } = directory.card(&id, &of).await?;
            let card = proto::OrganizationCard {
                uscc: uscc.as_ref().map_or("", Uscc::as_str).to_owned(),
                phone: phone.as_ref().map_or("", Phone::expose).to_owned(),
                email: email.as_ref().map_or("", Email::expose).to_owned(),
            };
            Ok(proto::GetOrganizationCardResponse { card: Some(card) })
        })
    }

    async fn list_person_reads(
        &self,
        request: Request<proto::ListPersonReadsRequest>,
    ) -> Result<Response<proto::ListPersonReadsResponse>, Status> {
        answer!(self, request, {
            self.open()?;
            let (id, ledger) = of(&self.bank, &request.parent, "parent").await?;
            let resident = names::resident(&id, &request.parent, "parent")?;
            let page = PageRequest { size: request.page_size, token: request.page_token.clone() };
            let listed = ledger.person_reads(&resident, &page, Position(request.min_position)).await;
            let listed = listed.map_err(|refusal| rename(refusal, &[("name", "parent")]))?;
            Ok(proto::ListPersonReadsResponse {
                reads: listed.items.iter().map(|read| wire_read(&id, read)).collect(),
                next_page_token: listed.next_token,
                position: listed.position.0,
            })
        })
    }

    async fn propose_erasure(
        &self,
        request: Request<proto::ProposeErasureRequest>,
    ) -> Result<Response<proto::ProposeErasureResponse>, Status> {
        answer!(self, caller, request, {
            self.open()?;
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let resident = names::resident(&id, &request.name, "name")?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "ProposeErasure", request, Some(poster));
            let proposed_by = acting_person(&request.person)?;
            let act = PersonAct::ProposeErasure { resident, proposed_by };
            let receipt = submit(&ledger, asked, Action::Person(Box::new(act)), &ACCOUNT).await?;
            let (replayed, position) = (receipt.replayed, receipt.position.0);
            let erasure = Some(erasure(&ledger, receipt).await?);
            Ok(proto::ProposeErasureResponse { erasure, replayed, position })
        })
    }

    async fn approve_erasure(
        &self,
        request: Request<proto::ApproveErasureRequest>,
    ) -> Result<Response<proto::ApproveErasureResponse>, Status> {
        answer!(self, caller, request, {
            let directory = self.open()?;
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let resident = names::resident(&id, &request.name, "name")?;
            let organization = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "ApproveErasure", request, None);
            let approved = digest(&request.sha256, "sha256")?;
            let approving = (resident, approved, acting_person(&request.person)?);
            let named = ((organization, asked.by), asked.request_id, asked.digest);
            let of_ledger = Arc::clone(&ledger);
            let done =
                whole(async move { directory.approve_erasure(&of_ledger, named, approving).await }).await;
            let receipt = done.map_err(|refusal| rename(refusal, &APPROVE))?;
            let (replayed, position) = (receipt.replayed, receipt.position.0);
            let erasure = Some(erasure(&ledger, receipt).await?);
            Ok(proto::ApproveErasureResponse { erasure, replayed, position })
        })
    }
}

/// How the core's fields are called in PutPerson.
const PUT: [(&str, &str); 2] = [("resident", "name"), ("id_number", "data.id_number")];

/// How the core's fields are called in ApproveErasure.
const APPROVE: [(&str, &str); 2] = [("resident", "name"), ("approved_by", "person")];
