//! `creditbank.v1.LedgerService`.

use crate::access::{Caller, admit};
use crate::asked::first_event;
use crate::convert::{rename, timestamp};
use crate::proto::ledger_service_server::LedgerService;
use crate::status::{rpc_status, status};
use crate::{digest, entry, names, proto, verification};
use creditbank_ledger::{Bank, Ledger, PageRequest, Verdict};
use ledger_core::command::{Action, Command, MAX_BATCH, MAX_GROUP};
use ledger_core::entry::Entry;
use ledger_core::event::Fact;
use ledger_core::id::{LedgerId, OrganizationId, RequestId};
use ledger_core::ports::{StoreError, StoredEvent};
use ledger_core::projection::Key;
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};
use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

/// Pages that wait for a slow watcher; more wait in the log.
const WATCH_BUFFER: usize = 4;

/// The last position that every store has room for; to watch from beyond it is to wait.
const LAST_POSITION: u64 = i64::MAX.unsigned_abs();

/// The entries of an account are told in order of position only.
fn oldest_first() -> Refusal {
    Refusal::field(
        Reason::FieldInvalid,
        "newest_first",
        "一個帳戶的記錄只能由舊到新列出，請不要填 newest_first。\
         The entries of one account are listed in order of position: leave newest_first out.",
    )
}

pub(crate) struct LedgerDoor {
    pub(crate) bank: Arc<Bank>,
    /// Becomes true when the server goes down: open streams end then.
    pub(crate) closing: watch::Receiver<bool>,
}

impl LedgerDoor {
    async fn ledger(&self, id: &LedgerId) -> Result<Arc<Ledger>, Refusal> {
        self.bank.ledger(id).await
    }
}

/// The command of a request to post one entry, alone or in a batch.
fn post_command(
    caller: &Caller,
    ledger: &LedgerId,
    zone: chrono_tz::Tz,
    mut request: proto::PostEntryRequest,
) -> Result<Command, Refusal> {
    let request_id = RequestId::parse(&request.request_id)?;
    if !request.parent.is_empty() && names::parse_ledger(&request.parent, "parent")? != *ledger {
        return Err(Refusal::field(
            Reason::ResourceNameInvalid,
            "parent",
            "這一筆寫的是別的帳本；同批的 parent 請留空。The item names another ledger: leave parent empty inside a batch.",
        ));
    }
    request.request_id.clear();
    request.parent.clear();
    let batch = take_batch(&mut request.entry);
    let digest = digest::of("PostEntry", &request);
    let wire = proto::Entry { batch, ..request.entry.ok_or_else(missing_entry)? };
    entry::check_zone(&wire, zone).map_err(|refusal| refusal.under("entry"))?;
    let parsed = entry::parse(ledger, wire, None).map_err(|refusal| refusal.under("entry"))?;
    Ok(Command {
        poster: Some(parsed.organization.clone()),
        by: caller.person().cloned(),
        request_id,
        digest,
        action: Action::Post(vec![parsed]),
    })
}

/// Takes the label of its batch out of an entry: the same row of a file that came again with other rows is the same
/// request.
fn take_batch(entry: &mut Option<proto::Entry>) -> String {
    entry.as_mut().map(|entry| std::mem::take(&mut entry.batch)).unwrap_or_default()
}

/// The entry of a command that posts one.
fn posted_by(command: &Command) -> Option<Entry> {
    match &command.action {
        Action::Post(entries) => entries.first().cloned(),
        _ => None,
    }
}

fn missing_entry() -> Refusal {
    Refusal::field(Reason::FieldRequired, "entry", "entry 不可空白。Fill in entry.")
}

/// A reused request id says which fields differ from the first request.
async fn name_differing_fields(ledger: &Ledger, again: Option<Entry>, refusal: Refusal) -> Refusal {
    if refusal.reason() != Reason::IdempotencyKeyReused {
        return refusal;
    }
    let again = again.map(|entry| entry::wire_draft(ledger.id(), &entry));
    let position = refusal.metadata().iter().find(|(key, _)| *key == "position");
    let Some(position) = position.and_then(|(_, value)| value.parse().ok()) else { return refusal };
    let (Ok(first), Some(again)) = (ledger.entry_event(Position(position)).await, again) else {
        return refusal;
    };
    let fields = entry::wire(&first, None).map(|first| differing_fields(&first, &again)).unwrap_or_default();
    if fields.is_empty() { refusal } else { refusal.with("differing_fields", fields.join(",")) }
}

fn differing_fields(first: &proto::Entry, again: &proto::Entry) -> Vec<&'static str> {
    let fields = [
        ("account", first.account == again.account),
        ("organization", first.organization == again.organization),
        ("kind", again.kind.is_empty() || first.kind == again.kind),
        ("occurred_on", first.occurred_on == again.occurred_on),
        ("started_on", first.started_on == again.started_on),
        ("start_time", first.start_time == again.start_time),
        ("end_time", first.end_time == again.end_time),
        ("minutes", first.minutes == again.minutes),
        ("session", first.session == again.session),
        ("attested_by", first.attested_by == again.attested_by),
        ("evidence_sha256", first.evidence_sha256 == again.evidence_sha256),
        ("subject", first.subject == again.subject),
        ("audience", first.audience == again.audience),
        ("campaign", first.campaign == again.campaign),
        ("programme", first.programme == again.programme),
        ("restores", first.restores == again.restores),
        ("detail", first.detail == again.detail),
    ];
    fields.into_iter().filter(|(_, same)| !same).map(|(field, _)| field).collect()
}

impl LedgerDoor {
    async fn post(
        &self,
        caller: &Caller,
        request: proto::PostEntryRequest,
    ) -> Result<proto::PostEntryResponse, Refusal> {
        let id = names::parse_ledger(&request.parent, "parent")?;
        let ledger = self.ledger(&id).await?;
        let command = post_command(caller, &id, ledger.time_zone().await?, request)?;
        let posted = posted_by(&command);
        let receipt = match ledger.submit_one(command).await {
            Ok(receipt) => receipt,
            Err(refusal) => return Err(name_differing_fields(&ledger, posted, refusal).await),
        };
        let (replayed, position) = (receipt.replayed, receipt.head.0);
        let event = first_event(&ledger, receipt).await?;
        Ok(proto::PostEntryResponse { entry: entry::wire(&event, None), replayed, position })
    }

    async fn post_list(
        &self,
        caller: &Caller,
        mut request: proto::PostClassListRequest,
    ) -> Result<proto::PostClassListResponse, Refusal> {
        let id = names::parse_ledger(&request.parent, "parent")?;
        let ledger = self.ledger(&id).await?;
        let request_id = RequestId::parse(&request.request_id)?;
        request.request_id.clear();
        request.parent.clear();
        let batch = take_batch(&mut request.entry);
        let digest = digest::of("PostClassList", &request);
        if request.accounts.is_empty() || request.accounts.len() > MAX_GROUP {
            return Err(Refusal::field(
                Reason::BatchSize,
                "accounts",
                format!("一張名單須有 1–{MAX_GROUP} 人。A list has 1 to {MAX_GROUP} people."),
            ));
        }
        let wire = proto::Entry { batch, ..request.entry.ok_or_else(missing_entry)? };
        entry::check_zone(&wire, ledger.time_zone().await?).map_err(|refusal| refusal.under("entry"))?;
        let mut entries = Vec::with_capacity(request.accounts.len());
        for (index, account) in request.accounts.iter().enumerate() {
            let account = names::account(&id, account, &format!("accounts[{index}]"))?;
            let entry = match entries.first() {
                None => entry::parse(&id, wire.clone(), Some(account))
                    .map_err(|refusal| refusal.under("entry"))?,
                Some(first) => Entry { account, ..Entry::clone(first) },
            };
            entries.push(entry);
        }
        let poster = entries.first().map(|entry| entry.organization.clone());
        let by = caller.person().cloned();
        let command = Command { poster, by, request_id, digest, action: Action::Post(entries) };
        let receipt = ledger.submit_one(command).await.map_err(name_the_account)?;
        let (replayed, position) = (receipt.replayed, receipt.head.0);
        let events = ledger.events_of(receipt).await?;
        let entries = events.iter().filter_map(|event| entry::wire(event, None)).collect();
        Ok(proto::PostClassListResponse { entries, replayed, position })
    }

    async fn batch(
        &self,
        caller: &Caller,
        request: proto::BatchPostEntriesRequest,
    ) -> Result<proto::BatchPostEntriesResponse, Refusal> {
        let id = names::parse_ledger(&request.parent, "parent")?;
        let ledger = self.ledger(&id).await?;
        let zone = ledger.time_zone().await?;
        let size = request.requests.len();
        if size == 0 || size > MAX_BATCH {
            return Err(Refusal::field(
                Reason::BatchSize,
                "requests",
                format!("一批須有 1–{MAX_BATCH} 筆。A batch has 1 to {MAX_BATCH} items."),
            ));
        }
        if request.atomic && request.validate_only {
            return Err(Refusal::field(
                Reason::FieldInvalid,
                "validate_only",
                "試算逐筆判定，不能和 atomic 並用；請擇一。\
                 A rehearsal judges each item by itself: leave out atomic or validate_only.",
            ));
        }
        refuse_repeated_ids(&request.requests)?;
        let mut commands = Vec::with_capacity(size);
        let mut posted = Vec::with_capacity(size);
        let mut verdicts: Vec<Option<Verdict>> = Vec::with_capacity(size);
        for (index, item) in request.requests.into_iter().enumerate() {
            match post_command(caller, &id, zone, item) {
                Ok(command) => {
                    posted.push(posted_by(&command));
                    commands.push(command);
                    verdicts.push(None);
                }
                Err(refusal) if request.atomic => {
                    return Err(refusal.under(&format!("requests[{index}]")).with("index", index));
                }
                Err(refusal) => verdicts.push(Some(Err(refusal))),
            }
        }
        let mut position = ledger.head().position;
        let mut decided = match (commands.is_empty(), request.validate_only) {
            (true, _) => Vec::new(),
            (false, true) => ledger.rehearse(&commands).await?,
            (false, false) => ledger.submit(commands, request.atomic).await?,
        };
        let at_fault = |verdict: &Verdict| matches!(verdict, Err(r) if r.reason() != Reason::BatchAborted);
        if request.atomic
            && let Some(index) = decided.iter().position(at_fault)
            && let Err(refusal) = decided.swap_remove(index)
        {
            return Err(name_differing_fields(&ledger, posted.swap_remove(index), refusal).await);
        }
        let mut decided = decided.into_iter().zip(posted);
        let mut answers = Vec::with_capacity(size);
        for held in verdicts {
            let (verdict, posted) = match held {
                Some(verdict) => (Some(verdict), None),
                None => decided.next().map_or((None, None), |(verdict, posted)| (Some(verdict), posted)),
            };
            answers.push(match verdict {
                Some(Ok(receipt)) => {
                    position = position.max(receipt.head);
                    let is_there = receipt.replayed || !request.validate_only;
                    proto::EntryVerdict {
                        name: match is_there {
                            true => format!("{}/entries/{}", names::ledger_name(&id), receipt.position),
                            false => String::new(),
                        },
                        position: receipt.position.0,
                        replayed: receipt.replayed,
                        error: None,
                    }
                }
                Some(Err(refusal)) => {
                    let refusal = name_differing_fields(&ledger, posted, refusal).await;
                    proto::EntryVerdict { error: Some(rpc_status(refusal)), ..Default::default() }
                }
                None => return Err(Refusal::new(Reason::OutcomeUnknown, "a verdict is missing")),
            });
        }
        Ok(proto::BatchPostEntriesResponse { verdicts: answers, position: position.0 })
    }

    async fn reverse(
        &self,
        caller: &Caller,
        mut request: proto::ReverseEntryRequest,
    ) -> Result<proto::ReverseEntryResponse, Refusal> {
        let id = names::ledger_of(&request.name, "name")?;
        let ledger = self.ledger(&id).await?;
        let position = names::entry(&id, &request.name, "name")?;
        let request_id = RequestId::parse(&request.request_id)?;
        let poster = names::organization(&id, &request.organization, "organization")?;
        let reason = entry::parse_reason(&request.reason)?;
        request.request_id.clear();
        let digest = digest::of("ReverseEntry", &request);
        let entry = match ledger.entry_event(position).await?.fact {
            Fact::EntryRecorded(entry) => entry,
            _ => {
                return Err(Refusal::field(
                    Reason::NotReversible,
                    "name",
                    "沖正不能再沖正；若要恢復，請重新記一筆並填 restores。\
                     A reversal cannot be reversed: post the entry anew and fill in restores.",
                ));
            }
        };
        let action = Action::Reverse { position, entry, reason };
        let (poster, by) = (Some(poster), caller.person().cloned());
        let receipt = ledger.submit_one(Command { poster, by, request_id, digest, action }).await?;
        let (replayed, head) = (receipt.replayed, receipt.head.0);
        let event = first_event(&ledger, receipt).await?;
        Ok(proto::ReverseEntryResponse { reversal: entry::wire_reversal(&event), replayed, position: head })
    }
}

/// The account of a class list stands in its list, not in the entry that all share.
fn name_the_account(refusal: Refusal) -> Refusal {
    let index = refusal.metadata().iter().find(|(key, _)| *key == "account_index");
    let field = format!("accounts[{}]", index.map_or("0", |(_, index)| index));
    rename(refusal, &[("entry.account", &field)])
}

async fn must_exist(
    ledger: &Ledger,
    organization: &OrganizationId,
    min_position: Position,
) -> Result<(), Refusal> {
    match ledger.record(Key::organization(organization), min_position).await? {
        (Some(_), _) => Ok(()),
        (None, _) => Err(Refusal::field(
            Reason::OrganizationNotFound,
            "organization",
            format!(
                "找不到機構「{organization}」，請查對代碼。There is no organisation \"{organization}\": check the id."
            ),
        )),
    }
}

fn refuse_repeated_ids(requests: &[proto::PostEntryRequest]) -> Result<(), Refusal> {
    let mut seen = HashSet::with_capacity(requests.len());
    for (index, item) in requests.iter().enumerate() {
        let poster = item.entry.as_ref().map_or("", |entry| entry.organization.as_str());
        if !item.request_id.is_empty() && !seen.insert((poster, item.request_id.as_str())) {
            return Err(Refusal::field(
                Reason::DuplicateKeyInBatch,
                format!("requests[{index}].request_id"),
                "同批兩筆用了同一個 request_id，請各取一個。Two items carry the same request_id: give each its own.",
            )
            .with("index", index));
        }
    }
    Ok(())
}

fn wire_event(stored: StoredEvent) -> Result<proto::Event, Refusal> {
    let event = ledger_core::event::decode(&stored.bytes)
        .map_err(|error| creditbank_ledger::refuse(&StoreError::Damaged(error.to_string())))?;
    Ok(proto::Event {
        position: stored.position.0,
        r#type: event.fact.type_name().to_owned(),
        recorded_at: Some(timestamp(event.recorded_at)),
        json: stored.bytes,
    })
}

type Watched = Result<proto::WatchEventsResponse, Status>;

async fn feed(ledger: Arc<Ledger>, after: Position, sender: mpsc::Sender<Watched>) {
    let to = sender.clone();
    let followed = ledger
        .follow(after, move |page| {
            let to = to.clone();
            async move {
                if page.is_empty() {
                    return !to.is_closed();
                }
                let events: Result<Vec<_>, _> = page.into_iter().map(wire_event).collect();
                let message = events.map(|events| proto::WatchEventsResponse { events }).map_err(status);
                let go_on = message.is_ok();
                to.send(message).await.is_ok() && go_on
            }
        })
        .await;
    if let Err(refusal) = followed {
        // The watcher may have gone.
        let _ = sender.send(Err(status(refusal))).await;
    }
}

#[tonic::async_trait]
impl LedgerService for LedgerDoor {
    async fn post_entry(
        &self,
        request: Request<proto::PostEntryRequest>,
    ) -> Result<Response<proto::PostEntryResponse>, Status> {
        let (caller, request) = admit(&self.bank, request).await?;
        self.post(&caller, request).await.map(Response::new).map_err(status)
    }

    async fn post_class_list(
        &self,
        request: Request<proto::PostClassListRequest>,
    ) -> Result<Response<proto::PostClassListResponse>, Status> {
        let (caller, request) = admit(&self.bank, request).await?;
        self.post_list(&caller, request).await.map(Response::new).map_err(status)
    }

    async fn batch_post_entries(
        &self,
        request: Request<proto::BatchPostEntriesRequest>,
    ) -> Result<Response<proto::BatchPostEntriesResponse>, Status> {
        let (caller, request) = admit(&self.bank, request).await?;
        self.batch(&caller, request).await.map(Response::new).map_err(status)
    }

    async fn reverse_entry(
        &self,
        request: Request<proto::ReverseEntryRequest>,
    ) -> Result<Response<proto::ReverseEntryResponse>, Status> {
        let (caller, request) = admit(&self.bank, request).await?;
        self.reverse(&caller, request).await.map(Response::new).map_err(status)
    }

    async fn get_entry(
        &self,
        request: Request<proto::GetEntryRequest>,
    ) -> Result<Response<proto::GetEntryResponse>, Status> {
        let (_, request) = admit(&self.bank, request).await?;
        let answer = async {
            let id = names::ledger_of(&request.name, "name")?;
            let ledger = self.ledger(&id).await?;
            let position = names::entry(&id, &request.name, "name")?;
            let (listed, position) = ledger.entry(position, Position(request.min_position)).await?;
            let entry = entry::wire(&listed.event, listed.reversed_at).ok_or_else(|| {
                Refusal::field(
                    Reason::EntryNotFound,
                    "name",
                    "這個號碼是沖正，不是記錄。This number is a reversal, not an entry.",
                )
            })?;
            Ok(proto::GetEntryResponse { entry: Some(entry), position: position.0 })
        };
        answer.await.map(Response::new).map_err(status)
    }

    async fn find_entries(
        &self,
        request: Request<proto::FindEntriesRequest>,
    ) -> Result<Response<proto::FindEntriesResponse>, Status> {
        let (_, request) = admit(&self.bank, request).await?;
        let answer = async {
            let id = names::parse_ledger(&request.parent, "parent")?;
            let ledger = self.ledger(&id).await?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let request_id = RequestId::parse(&request.request_id)?;
            let at_least = Position(request.min_position);
            let (made, position) = ledger.find_request(&poster, &request_id, at_least).await?;
            Ok(proto::FindEntriesResponse {
                entries: made.iter().filter_map(|e| entry::wire(&e.event, e.reversed_at)).collect(),
                reversals: made.iter().filter_map(|e| entry::wire_reversal(&e.event)).collect(),
                position: position.0,
            })
        };
        answer.await.map(Response::new).map_err(status)
    }

    async fn list_entries(
        &self,
        request: Request<proto::ListEntriesRequest>,
    ) -> Result<Response<proto::ListEntriesResponse>, Status> {
        let (_, request) = admit(&self.bank, request).await?;
        let answer = async {
            let id = names::parse_ledger(&request.parent, "parent")?;
            let ledger = self.ledger(&id).await?;
            let account =
                crate::convert::optional(&request.account, |raw| names::account(&id, raw, "account"))?;
            let organization = crate::convert::optional(&request.organization, |raw| {
                names::organization(&id, raw, "organization")
            })?;
            let page = PageRequest { size: request.page_size, token: request.page_token.clone() };
            let at_least = Position(request.min_position);
            if let Some(organization) = &organization {
                must_exist(&ledger, organization, at_least).await?;
            }
            let listed = match (request.newest_first, &account) {
                (true, Some(_)) => return Err(oldest_first()),
                (true, None) => ledger.newest_entries(organization.as_ref(), &page, at_least).await?,
                (false, _) => ledger
                    .list_entries(account.as_ref(), organization.as_ref(), &page, at_least)
                    .await
                    .map_err(|refusal| rename(refusal, &[("name", "account")]))?,
            };
            let entries = listed.items.iter().filter_map(|e| entry::wire(&e.event, e.reversed_at)).collect();
            Ok(proto::ListEntriesResponse {
                entries,
                next_page_token: listed.next_token,
                position: listed.position.0,
            })
        };
        answer.await.map(Response::new).map_err(status)
    }

    type WatchEventsStream = Pin<Box<dyn Stream<Item = Watched> + Send>>;

    async fn watch_events(
        &self,
        request: Request<proto::WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        let (caller, request) = admit(&self.bank, request).await?;
        let id = names::parse_ledger(&request.parent, "parent").map_err(status)?;
        let ledger = self.ledger(&id).await.map_err(status)?;
        let after = Position(request.after_position.min(LAST_POSITION - 1));
        let (sender, events) = mpsc::channel(WATCH_BUFFER);
        let mut closing = self.closing.clone();
        tokio::spawn(async move {
            let told = sender.clone();
            let refused = tokio::select! {
                () = feed(ledger, after, sender) => None,
                _ = closing.wait_for(|closing| *closing) => None,
                refusal = caller.until_it_holds_no_more() => Some(refusal),
            };
            if let Some(refusal) = refused {
                // The watcher may have gone.
                let _ = told.send(Err(status(refusal))).await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(events))))
    }

    type VerifyLedgerStream = Pin<Box<dyn Stream<Item = verification::Part> + Send>>;

    async fn verify_ledger(
        &self,
        request: Request<proto::VerifyLedgerRequest>,
    ) -> Result<Response<Self::VerifyLedgerStream>, Status> {
        let (_, request) = admit(&self.bank, request).await?;
        let id = names::parse_ledger(&request.parent, "parent").map_err(status)?;
        self.ledger(&id).await.map_err(status)?;
        let (sender, parts) = mpsc::channel(WATCH_BUFFER);
        tokio::spawn(verification::verify(Arc::clone(&self.bank), id, sender));
        Ok(Response::new(Box::pin(ReceiverStream::new(parts))))
    }
}
