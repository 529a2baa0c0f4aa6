//! Putting, reading and finding persons.

use crate::error::{DirectoryError, damaged, other_key_file};
use crate::key_file::{Key, KeyFile};
use crate::register::Register;
use crate::seal::{look_up, new_key, open_at, place_of, request_digest, seal_at, unwrap};
use creditbank_ledger::{Access, Ledger, Receipt, store_error};
use ledger_core::command::{Action, Command};
use ledger_core::decide::no_account;
use ledger_core::id::{AccountId, LedgerId, OrganizationId, PersonId, RequestId, ResidentId};
use ledger_core::person::{
    ADULT_AGE, CONSENT_AGE, Field, IdNumber, LookUp, Name, Person, PersonAct, PersonStore, PersonStoreError,
    ReadPurpose, SealedPerson,
};
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};
use std::sync::Arc;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

/// The directory of a deployment.
pub struct Directory {
    persons: Arc<dyn PersonStore>,
    pub(crate) register: Arc<Register>,
    wrapping: Key,
    finding: Key,
    pub(crate) carding: Key,
    /// One at a time writes or erases: what the log decided in an order is done in that order.
    pub(crate) writing: Mutex<()>,
}

/// Who asks, under which id.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The organisation.
    pub organization: OrganizationId,
    /// The person who acts for it.
    pub person: PersonId,
    /// Whose credential it came with.
    pub by: Option<PersonId>,
}

/// A request to keep a person.
pub struct PutPerson {
    /// Whose account.
    pub resident: ResidentId,
    /// Who asks.
    pub asked: Asked,
    /// The request's own name.
    pub request_id: RequestId,
    /// The request as it came, without its id: what tells the same request again from another.
    pub content: Zeroizing<Vec<u8>>,
    /// What to keep.
    pub person: Person,
}

/// A request to read a person.
#[derive(Debug, Clone)]
pub struct ReadPerson {
    /// Who asks.
    pub asked: Asked,
    /// What for.
    pub purpose: ReadPurpose,
    /// Which fields.
    pub fields: Vec<Field>,
    /// Who answers for it beside the reader.
    pub approved_by: Option<PersonId>,
}

/// A person that was found by an ID number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Whose account.
    pub resident: ResidentId,
    /// Where it was recorded that somebody looked.
    pub position: Position,
}

impl Directory {
    /// The directory on a store, under a key file; opens the register beside it.
    ///
    /// # Errors
    /// What is wrong with the register.
    pub fn open(keys: &KeyFile, persons: Arc<dyn PersonStore>) -> Result<Directory, DirectoryError> {
        Ok(Directory {
            persons,
            register: Arc::new(Register::open(keys)?),
            wrapping: keys.derive("wrap"),
            finding: keys.derive("look-up"),
            carding: keys.derive("card"),
            writing: Mutex::new(()),
        })
    }

    pub(crate) fn persons(&self) -> &dyn PersonStore {
        &*self.persons
    }

    /// Refuses where a record of the ledger was sealed under another key file.
    pub(crate) async fn fits(&self, ledger: &LedgerId) -> Result<(), Refusal> {
        let one = self.persons.list_keys(ledger, None, 1).await.map_err(store_error)?;
        match one.first() {
            Some((resident, wrapped)) if unwrap(&self.wrapping, ledger, resident, wrapped).is_none() => {
                Err(other_key_file())
            }
            _ => Ok(()),
        }
    }

    /// Keeps a person, in place of what was kept before: the event first, then the record. The same request again gives the
    /// same receipt, and writes what a crash may have kept from being written.
    ///
    /// # Errors
    /// What the log refuses, `RESIDENT_EXISTS`, `DIRECTORY_CLOSED`, or what the store says.
    pub async fn put(&self, ledger: &Ledger, put: PutPerson) -> Result<Receipt, Refusal> {
        let PutPerson { resident, asked, request_id, content, person } = put;
        let _one_at_a_time = self.writing.lock().await;
        let access = ledger.person_access(&resident, &asked.organization).await?;
        let id = ledger.id();
        self.not_erased(ledger, &resident, access)?;
        if !access.exists {
            return Err(no_account(&AccountId::Resident(resident), "resident"));
        }
        let found_by = person.id.as_ref().map(|number| look_up(&self.finding, id, number));
        let (wrapped_key, key) = self.key(id, &resident).await?;
        let digest = request_digest(&key, &content);
        // Who may not see the account hears that from the log.
        if access.sees {
            self.is_free(ledger, &resident, &asked.organization, found_by.as_ref()).await?;
        }
        let today = ledger.today().await?;
        let act = PersonAct::Record {
            resident: resident.clone(),
            fields: person.fields(),
            needs_guardian: person.birth_date.is_under(CONSENT_AGE, today),
            recorded_by: asked.person,
        };
        let receipt =
            submit(ledger, (asked.organization, asked.by), request_id, digest, Action::Person(Box::new(act)))
                .await?;
        if self.position_of(id, &resident, &key).await?.is_some_and(|held| held >= receipt.position) {
            return Ok(receipt);
        }
        let place = place_of(RECORD, id, &resident);
        let record = seal_at(&key, &place, receipt.position, &person.encode()).map_err(no_randomness)?;
        let sealed = SealedPerson { resident: resident.clone(), wrapped_key, record };
        match self.persons.put(id, &sealed, found_by.as_ref()).await {
            Ok(()) => Ok(receipt),
            Err(PersonStoreError::KeyGone) => Err(erased(&resident, None)),
            Err(PersonStoreError::LookUpTaken(_)) => Err(exists(None)),
            Err(PersonStoreError::Store(error)) => Err(store_error(error)),
        }
    }

    /// Reads fields of a person. The read is on the record before they are given out.
    ///
    /// # Errors
    /// What the log refuses, `PERSON_NOT_FOUND`, `DIRECTORY_CLOSED`, or what the store says.
    pub async fn read(
        &self,
        ledger: &Ledger,
        resident: &ResidentId,
        read: ReadPerson,
    ) -> Result<(Person, Position), Refusal> {
        let access = ledger.person_access(resident, &read.asked.organization).await?;
        self.not_erased(ledger, resident, access)?;
        let held = self.load(ledger.id(), resident).await?;
        if held.is_none() && access.sees {
            return Err(not_found("name"));
        }
        let position = self.record_read(ledger, resident, read, held.as_ref()).await?;
        held.map(|person| (person, position)).ok_or_else(|| not_found("name"))
    }

    /// Finds whose an ID number is, where the organisation may see the account; with a name, where that fits too. That
    /// somebody looked is on the record. Who is not there and who may not be seen are the same answer, by the same work.
    ///
    /// # Errors
    /// `PERSON_NOT_FOUND`, what the log refuses, `DIRECTORY_CLOSED`, or what the store says.
    pub async fn find(
        &self,
        ledger: &Ledger,
        number: &IdNumber,
        name: Option<&Name>,
        read: ReadPerson,
    ) -> Result<Found, Refusal> {
        let found_by = look_up(&self.finding, ledger.id(), number);
        let found = self.persons.find(ledger.id(), &found_by).await.map_err(store_error)?;
        // Of nobody the same is read as of somebody: of an id that no account has.
        let resident = found.map_or_else(|| ResidentId::parse("0"), Ok)?;
        let access = ledger.person_access(&resident, &read.asked.organization).await?;
        let held = self.load(ledger.id(), &resident).await?;
        let fits = |person: &Person| name.is_none_or(|name| person.name.is_same(name));
        let shown = access.sees && self.not_erased(ledger, &resident, access).is_ok();
        let Some(person) = held.filter(fits).filter(|_| shown) else {
            return Err(not_found("id_number"));
        };
        let position = self.record_read(ledger, &resident, read, Some(&person)).await?;
        Ok(Found { resident, position })
    }

    /// Refuses a resident whose data was erased, also where the log does not know of it any more. Who may not see the account
    /// hears that from the log.
    fn not_erased(&self, ledger: &Ledger, resident: &ResidentId, access: Access) -> Result<(), Refusal> {
        let gone = access.erased_at.is_some() || self.register.holds(ledger.id(), resident);
        if gone && access.sees { Err(erased(resident, access.erased_at)) } else { Ok(()) }
    }

    /// Puts a read on the record. The program names the request itself: each read is one of its own, also where a client
    /// asks twice.
    async fn record_read(
        &self,
        ledger: &Ledger,
        resident: &ResidentId,
        read: ReadPerson,
        held: Option<&Person>,
    ) -> Result<Position, Refusal> {
        let today = ledger.today().await?;
        let act = PersonAct::Read {
            resident: resident.clone(),
            fields: read.fields,
            purpose: read.purpose,
            reader: read.asked.person,
            approved_by: read.approved_by,
            needs_approval: held.is_some_and(|person| person.birth_date.is_under(ADULT_AGE, today)),
        };
        let request_id = RequestId::parse(&format!("read-{}", uuid::Uuid::now_v7()))?;
        Ok(submit(
            ledger,
            (read.asked.organization, read.asked.by),
            request_id,
            [0; 32],
            Action::Person(Box::new(act)),
        )
        .await?
        .position)
    }

    /// A person's key, made where there is none.
    async fn key(&self, ledger: &LedgerId, resident: &ResidentId) -> Result<(Vec<u8>, Key), Refusal> {
        let new = new_key(&self.wrapping, ledger, resident).map_err(no_randomness)?;
        let wrapped = self.persons.key(ledger, resident, &new).await.map_err(store_error)?;
        let key = unwrap(&self.wrapping, ledger, resident, &wrapped).ok_or_else(other_key_file)?;
        Ok((wrapped, key))
    }

    /// Refuses an ID number that another has. Whose it is hears who may see that account.
    async fn is_free(
        &self,
        ledger: &Ledger,
        resident: &ResidentId,
        organization: &OrganizationId,
        found_by: Option<&LookUp>,
    ) -> Result<(), Refusal> {
        let Some(found_by) = found_by else { return Ok(()) };
        let other = self.persons.find(ledger.id(), found_by).await.map_err(store_error)?;
        let Some(other) = other.filter(|other| other != resident) else { return Ok(()) };
        let access = ledger.person_access(&other, organization).await?;
        Err(exists(access.sees.then_some(&other)))
    }

    /// A person's record, opened.
    async fn load(&self, ledger: &LedgerId, resident: &ResidentId) -> Result<Option<Person>, Refusal> {
        let Some(sealed) = self.persons.get(ledger, resident).await.map_err(store_error)? else {
            return Ok(None);
        };
        let key = unwrap(&self.wrapping, ledger, resident, &sealed.wrapped_key).ok_or_else(other_key_file)?;
        let place = place_of(RECORD, ledger, resident);
        let (_, record) = open_at(&key, &place, &sealed.record).ok_or_else(damaged)?;
        Person::decode(&record).map(Some).map_err(|_| damaged())
    }

    /// Where the record that is kept was put.
    async fn position_of(
        &self,
        ledger: &LedgerId,
        resident: &ResidentId,
        key: &Key,
    ) -> Result<Option<Position>, Refusal> {
        let held = self.persons.get(ledger, resident).await.map_err(store_error)?;
        let place = place_of(RECORD, ledger, resident);
        let at = held.map(|held| open_at(key, &place, &held.record).map(|(at, _)| at).ok_or_else(damaged));
        at.transpose()
    }
}

/// What records are sealed for.
const RECORD: &str = "person";

pub(crate) async fn submit(
    ledger: &Ledger,
    (organization, by): (OrganizationId, Option<PersonId>),
    request_id: RequestId,
    digest: [u8; 32],
    action: Action,
) -> Result<Receipt, Refusal> {
    ledger.submit_one(Command { poster: Some(organization), by, request_id, digest, action }).await
}

pub(crate) fn no_randomness(error: DirectoryError) -> Refusal {
    tracing::error!(%error, "nothing can be sealed");
    Refusal::new(
        Reason::StorageUnavailable,
        "系統沒有給隨機數，這筆沒有記；請稍後重送。The system gave no random bytes and nothing was recorded: try again.",
    )
}

pub(crate) fn not_found(field: &str) -> Refusal {
    Refusal::field(
        Reason::PersonNotFound,
        field,
        "名冊裡沒有，請查對號碼。The directory has nobody there: check what was asked for.",
    )
}

fn erased(resident: &ResidentId, at: Option<Position>) -> Refusal {
    let refusal = Refusal::field(
        Reason::ResidentErased,
        "resident",
        format!(
            "帳戶「{resident}」的個人資料已經刪除，不再收記。\
             The personal data of \"{resident}\" was erased: nothing more is recorded."
        ),
    );
    at.into_iter().fold(refusal, |refusal, at| refusal.with("erased_at", at))
}

fn exists(other: Option<&ResidentId>) -> Refusal {
    let Some(other) = other else {
        return Refusal::field(
            Reason::ResidentExists,
            "id_number",
            "這個證件號碼已經登記在另一個帳戶，請向區查詢。\
             Another account has this ID number: ask the district.",
        );
    };
    Refusal::field(
        Reason::ResidentExists,
        "id_number",
        format!(
            "這個證件號碼已經登記在帳戶「{other}」；若是同一個人，請用合併。\
             The account \"{other}\" has this ID number: merge them if it is the same person."
        ),
    )
    .with("resident", other)
}
