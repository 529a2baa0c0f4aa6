//! Batches: how much of one still stands, and its reversal as a whole, in atomic chunks. A call that was cut off is made
//! again and goes on: what is reversed already is passed over, and each entry's reversal has a request id of its own that
//! follows from the call's.

use crate::ledger::Ledger;
use crate::query::{Page, PageRequest};
use crate::writer::Verdict;
use ledger_core::account::BatchRecord;
use ledger_core::command::{Action, Command};
use ledger_core::entry::{Digest32, ReversalReason};
use ledger_core::event::{Event, Fact};
use ledger_core::id::{BatchId, OrganizationId, PersonId, RequestId};
use ledger_core::ports::StateQuery;
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;
use ledger_core::registry::MAX_SUCCESSORS;
use ledger_core::{Reason, Refusal};

/// Entries reversed in one commit.
const CHUNK: usize = 1_000;
/// How often a chunk is looked at anew because someone else changed it meanwhile.
const TRIES: u32 = 8;

/// A request to reverse a batch.
#[derive(Debug, Clone)]
pub struct BatchReversal {
    /// Who posted the batch.
    pub posted_by: OrganizationId,
    /// The batch.
    pub batch: BatchId,
    /// Who reverses it.
    pub acting: OrganizationId,
    /// Whose credential it came with.
    pub by: Option<PersonId>,
    /// Why.
    pub reason: ReversalReason,
    /// The client's name for the request.
    pub request_id: RequestId,
    /// SHA-256 of the request without its id.
    pub digest: [u8; 32],
}

/// How far the reversal of a batch has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchProgress {
    /// Entries of the batch.
    pub total: u64,
    /// Entries looked at so far.
    pub seen: u64,
    /// Entries that this call reversed.
    pub reversed: u64,
    /// Entries that were reversed before.
    pub already: u64,
    /// Entries of closed months so far, which only a correction reverses.
    pub closed: u64,
    /// Those among them that were found since the last report, at most 1,000.
    pub closed_entries: Vec<Position>,
    /// Entries so far whose credit was redeemed, so that it would be missing: only a correction reverses them.
    pub uncovered: u64,
    /// Those among them that were found since the last report, at most 1,000.
    pub uncovered_entries: Vec<Position>,
    /// The position it is true at.
    pub position: Position,
}

impl Ledger {
    /// What is counted of a batch.
    ///
    /// # Errors
    /// `BATCH_NOT_FOUND`, or what the store says.
    pub async fn batch(
        &self,
        posted_by: &OrganizationId,
        batch: &BatchId,
    ) -> Result<(BatchRecord, Position), Refusal> {
        match self.record(Key::batch(posted_by, batch), Position(0)).await? {
            (Some(State::Batch(record)), position) => Ok((record, position)),
            _ => Err(Refusal::field(
                Reason::BatchNotFound,
                "name",
                format!(
                    "「{posted_by}」沒有批次「{batch}」，請查對。\
                     \"{posted_by}\" posted no batch \"{batch}\": check both."
                ),
            )),
        }
    }

    /// A page of an organisation's batches, in order of id.
    ///
    /// # Errors
    /// `PAGE_TOKEN_INVALID`, or what the store says.
    pub async fn batches(
        &self,
        posted_by: &OrganizationId,
        page: &PageRequest,
    ) -> Result<Page<BatchRecord>, Refusal> {
        let listed = self.records(&format!("batches/{posted_by}/"), page).await?;
        let items = listed.items.into_iter().filter_map(|state| match state {
            State::Batch(record) => Some(record),
            _ => None,
        });
        Ok(Page { items: items.collect(), next_token: listed.next_token, position: listed.position })
    }

    /// Whether a batch may be reversed by whom asks: there is such a batch, and its poster answers to them.
    ///
    /// # Errors
    /// `BATCH_NOT_FOUND`, `ORGANIZATION_NOT_FOUND`, `SCHOOL_SCOPE`, or what the store says.
    pub async fn may_reverse(&self, asked: &BatchReversal) -> Result<BatchRecord, Refusal> {
        let (record, position) = self.batch(&asked.posted_by, &asked.batch).await?;
        if self.record(Key::organization(&asked.acting), position).await?.0.is_none() {
            return Err(Refusal::field(
                Reason::OrganizationNotFound,
                "organization",
                format!(
                    "找不到機構「{}」，請查對代碼。There is no organisation \"{}\": check the id.",
                    asked.acting, asked.acting
                ),
            ));
        }
        let mut next = Some(asked.posted_by.clone());
        for _ in 0..=MAX_SUCCESSORS {
            let Some(id) = next.take() else { break };
            let Some(State::Organization(held)) = self.record(Key::organization(&id), position).await?.0
            else {
                break;
            };
            if id == asked.acting || id == asked.posted_by && held.answers_to(&asked.acting) {
                return Ok(record);
            }
            next = held.status.successor().cloned();
        }
        Err(Refusal::field(
            Reason::SchoolScope,
            "organization",
            "只有原記帳機構、它的上級或承接機構可以沖正整批。\
             Only the organisation that posted a batch, one above it, or its successor reverses it.",
        ))
    }

    /// Reverses what still stands of a batch, is not of a closed month and was not redeemed. Tells `sink` how far it has
    /// come after each chunk; ends when `sink` says stop.
    ///
    /// # Errors
    /// As [`Ledger::may_reverse`], and what a reversal may be refused for. What was reversed by then stays so.
    pub async fn reverse_batch<S, F>(&self, asked: &BatchReversal, mut sink: S) -> Result<(), Refusal>
    where
        S: FnMut(BatchProgress) -> F,
        F: Future<Output = bool>,
    {
        let mut progress =
            BatchProgress { total: self.may_reverse(asked).await?.entries, ..Default::default() };
        let mut window = None;
        loop {
            let prefix = format!("batch-rolls/{}/{}/", asked.posted_by, asked.batch);
            let query = StateQuery::Prefix { prefix, after: window.clone(), limit: 1 };
            let (position, mut answers) = self.read_states(progress.position, vec![query]).await?;
            progress.position = progress.position.max(position);
            let Some(stored) = answers.pop().and_then(|mut states| states.pop()) else { break };
            let number: u64 = stored.key.last_segment().parse().unwrap_or(0);
            let positions: Vec<Position> =
                match State::decode(&stored.key, &stored.bytes).map_err(crate::error::damage)? {
                    State::Roll(roll) => roll.positions(number).collect(),
                    _ => return Err(crate::error::damaged()),
                };
            window = Some(stored.key);
            for chunk in positions.chunks(CHUNK) {
                self.reverse_chunk(asked, chunk, &mut progress).await?;
                let told = progress.clone();
                progress.closed_entries.clear();
                progress.uncovered_entries.clear();
                if !sink(told).await {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    async fn reverse_chunk(
        &self,
        asked: &BatchReversal,
        chunk: &[Position],
        progress: &mut BatchProgress,
    ) -> Result<(), Refusal> {
        let events = self.read_events_at(chunk.to_vec()).await?;
        let mut tries = 0;
        // Where one of the chunk cannot be reversed, they are decided one by one.
        let (mut atomic, mut done) = (true, Reversed::default());
        let closed = loop {
            tries += 1;
            let (seen, reversed) = self.reversals(&events, progress.position).await?;
            let (closings, seen) = self.closings(seen).await?;
            progress.position = seen;
            let live = events.iter().filter(|event| {
                !reversed.contains_key(&event.position) && !done.uncovered.contains(&event.position)
            });
            let (closed, standing): (Vec<&Event>, Vec<&Event>) = live.partition(|event| match &event.fact {
                Fact::EntryRecorded(entry) => closings.closed_month(entry.occurred_on).is_some(),
                _ => false,
            });
            let commands: Vec<Command> =
                standing.iter().filter_map(|event| command(asked, event)).collect::<Result<_, _>>()?;
            if commands.is_empty() {
                break closed;
            }
            let verdicts = self.submit(commands, atomic).await?;
            match done.take_up(&standing, &verdicts) {
                Ok(()) => break closed,
                Err(refusal) if atomic && refusal.reason() == Reason::BalanceWouldGoNegative => {
                    atomic = false;
                }
                // Someone else reversed one of them, or closed its month: look again.
                Err(refusal) if tries < TRIES && is_overtaken(&refusal) => {}
                Err(refusal) => return Err(refusal),
            }
        };
        let (all, closed_now, uncovered) =
            (events.len() as u64, closed.len() as u64, done.uncovered.len() as u64);
        progress.position = progress.position.max(done.head);
        progress.seen += all;
        progress.reversed += done.count;
        progress.closed += closed_now;
        progress.uncovered += uncovered;
        progress.already += all - done.count - closed_now - uncovered;
        progress.closed_entries.extend(closed.iter().map(|event| event.position));
        progress.uncovered_entries.append(&mut done.uncovered);
        Ok(())
    }
}

/// What became of the entries of a chunk.
#[derive(Default)]
struct Reversed {
    /// Entries reversed.
    count: u64,
    /// Entries whose credit was redeemed.
    uncovered: Vec<Position>,
    /// The last position that was written.
    head: Position,
}

impl Reversed {
    /// Takes up verdicts, one for each entry; or tells why nothing of an atomic chunk was written, or what an entry by
    /// itself was refused for.
    fn take_up(&mut self, entries: &[&Event], verdicts: &[Verdict]) -> Result<(), Refusal> {
        let aborted = verdicts
            .iter()
            .any(|verdict| matches!(verdict, Err(refusal) if refusal.reason() == Reason::BatchAborted));
        let mut refused = None;
        for (event, verdict) in entries.iter().zip(verdicts) {
            match verdict {
                Ok(receipt) => {
                    self.count += 1;
                    self.head = self.head.max(receipt.head);
                }
                Err(refusal) if refusal.reason() == Reason::BatchAborted => {}
                Err(refusal) if refusal.reason() == Reason::BalanceWouldGoNegative && !aborted => {
                    self.uncovered.push(event.position);
                }
                Err(refusal) => {
                    refused.get_or_insert_with(|| Refusal::new(refusal.reason(), refusal.message()));
                }
            }
        }
        refused.map_or(Ok(()), Err)
    }
}

/// The reversal of one entry, under an id that follows from the call's and the entry's number.
fn command(asked: &BatchReversal, event: &Event) -> Option<Result<Command, Refusal>> {
    let Fact::EntryRecorded(entry) = &event.fact else { return None };
    let position = event.position;
    let of_call = Digest32::of(asked.request_id.as_str().as_bytes()).to_string();
    let of_call: String = of_call.chars().take(32).collect();
    let request_id = match RequestId::parse(&format!("batch-{:016x}-{of_call}", position.0)) {
        Ok(request_id) => request_id,
        Err(refusal) => return Some(Err(refusal)),
    };
    let mut content = asked.digest.to_vec();
    content.extend_from_slice(&position.0.to_be_bytes());
    Some(Ok(Command {
        poster: Some(asked.acting.clone()),
        by: asked.by.clone(),
        request_id,
        digest: Digest32::of(&content).0,
        action: Action::Reverse { position, entry: entry.clone(), reason: asked.reason },
    }))
}

fn is_overtaken(refusal: &Refusal) -> bool {
    matches!(refusal.reason(), Reason::AlreadyReversed | Reason::ApprovalRequired)
}
