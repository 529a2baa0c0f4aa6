//! One round of the writer: what was decided on one tip and is written in one commit.

use super::queue::{MAX_CALLS, MAX_COMMANDS};
use super::{Receipt, Submission, Verdict, Writer};
use crate::error::{damage, store_error};
use crate::refold::check_form;
use crate::tenancy;
use crate::tree::tree_at;
use crate::view::View;
use chrono::{DateTime, TimeDelta, Utc};
use ledger_core::command::{Action, Command};
use ledger_core::decide::{self, Context};
use ledger_core::event::{self, Event, FORMAT_VERSION, Fact};
use ledger_core::id::LedgerId;
use ledger_core::identity::MAX_FAMILY;
use ledger_core::policy::Rulebook;
use ledger_core::ports::{
    Append, AppendBatch, Head, RequestKey, RequestRecord, StoreError, StoredEvent, Tenancy,
};
use ledger_core::projection::{self, Key, State, States};
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// How far the clock may run behind the ledger before it is not trusted (our own default). Less is smoothed over:
/// `recorded_at` never decreases.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// What a round has gathered.
pub(super) struct Round {
    calls: Vec<Submission>,
    verdicts: Vec<Vec<Verdict>>,
    commands: usize,
    ledger: LedgerId,
    /// The head it is decided on.
    base: Head,
    /// The lock of the head, where it is decided under it.
    append: Option<Box<dyn Append>>,
    /// What is laid down for the ledger, where the head is locked or nothing is taken; otherwise the store looks at it at the
    /// commit.
    tenancy: Option<Tenancy>,
    now: DateTime<Utc>,
    view: View,
    rulebook: Option<Arc<Rulebook>>,
    batch: AppendBatch,
    next: Position,
    /// Requests accepted in this round, and earlier ones as far as they were looked up.
    known: FxHashMap<RequestKey, RequestRecord>,
    /// Nothing fits in any more.
    full: bool,
}

/// What the next round builds on while this one is written.
pub(super) struct Basis {
    pub(super) view: View,
    pub(super) rulebook: Option<Arc<Rulebook>>,
    pub(super) requests: FxHashMap<RequestKey, RequestRecord>,
}

/// A round that waits for nothing but the disk.
pub(super) struct Sealed {
    pub(super) calls: Vec<Submission>,
    pub(super) verdicts: Vec<Vec<Verdict>>,
    pub(super) base: Head,
    /// The head once it is written.
    pub(super) tip: Head,
    pub(super) batch: AppendBatch,
    pub(super) append: Option<Box<dyn Append>>,
}

impl Writer {
    /// A new round on the tip.
    pub(super) async fn open(&mut self) -> Result<Round, Refusal> {
        let closed = self.closed().await?;
        let append = match (self.under_lock, closed) {
            (0, _) | (_, Some(_)) => None,
            _ => Some(self.store.begin_append(&self.ledger).await.map_err(store_error)?),
        };
        let base = match (&append, self.tip) {
            (Some(append), _) => append.head(),
            (None, Some(tip)) => tip,
            (None, None) => self.store.head(&self.ledger).await.map_err(store_error)?,
        };
        let ready = match self.readable(base).await {
            Ok(()) => self.grow_from(base).await,
            Err(refusal) => Err(refusal),
        };
        let now = match ready.and_then(|()| instant((self.clock)(), base)) {
            Ok(now) => now,
            Err(refusal) => {
                if let Some(append) = append {
                    append.rollback().await;
                }
                return Err(refusal);
            }
        };
        let tenancy = append.as_ref().map(|append| append.tenancy());
        self.closed |= tenancy.is_some_and(|tenancy| !tenancy.takes(base.position.next()));
        Ok(Round {
            calls: Vec::new(),
            verdicts: Vec::new(),
            commands: 0,
            ledger: self.ledger.clone(),
            base,
            tenancy: tenancy.or(closed),
            append,
            now,
            view: View::default(),
            rulebook: self.rulebook.clone(),
            batch: AppendBatch::default(),
            next: base.position.next(),
            known: FxHashMap::default(),
            full: false,
        })
    }

    /// Forgets what was true at another tip, and takes up the tree at this one.
    async fn grow_from(&mut self, base: Head) -> Result<(), Refusal> {
        if self.tip != Some(base) {
            self.forget();
            self.tip = Some(base);
        }
        if self.tree.is_none() {
            self.tree = tree_at(&*self.store, &self.ledger, base.position).await.map_err(store_error)?;
        }
        Ok(())
    }

    /// Makes sure that this program can read the states at a head.
    async fn readable(&mut self, head: Head) -> Result<(), Refusal> {
        if self.readable != Some(head.generation) {
            check_form(&*self.store, &self.ledger, head.generation).await.map_err(store_error)?;
            self.readable = Some(head.generation);
        }
        Ok(())
    }

    /// What is laid down for a ledger, as long as it takes nothing.
    async fn closed(&mut self) -> Result<Option<Tenancy>, Refusal> {
        if !self.closed {
            return Ok(None);
        }
        let listed = self.store.listed_ledger(&self.ledger).await.map_err(store_error)?;
        self.closed = !listed.tenancy.takes(listed.position.next());
        Ok(self.closed.then_some(listed.tenancy))
    }

    /// What is remembered of requests that this round does not know.
    async fn find_requests(
        &self,
        round: &mut Round,
        keys: &[RequestKey],
    ) -> Result<Vec<Option<RequestRecord>>, Refusal> {
        let found = match &mut round.append {
            Some(append) => append.find_requests(keys).await,
            None => self.store.find_requests(&self.ledger, keys).await,
        };
        found.map_err(store_error)
    }

    /// Loads the states that commands need and that the round does not hold yet.
    async fn load(&mut self, round: &mut Round, calls: &[Submission]) -> Result<(), Refusal> {
        let commands = || calls.iter().flat_map(|call| &call.commands);
        let first = round.next;
        let last = Position(first.0 + commands().map(most_events).sum::<u64>());
        let mut wanted = FxHashSet::default();
        let with_policies = round.rulebook.is_none().then(Key::policies);
        let needed = commands()
            .filter(|command| !round.known.contains_key(&request_key(command)))
            .flat_map(|command| decide::needs(command, first, last));
        let needed: Vec<Key> = needed.chain(with_policies).collect();
        self.fetch(round, needed, &mut wanted).await?;
        // What else is needed, where accounts answer as one or credit was redeemed, stands in what was just loaded.
        loop {
            let view = &round.view;
            let further = commands().filter(|command| view.has_ties() || command.action.reads_further());
            let more = further.flat_map(|command| decide::needs_more(view, command, round.now));
            let more: Vec<Key> = more.filter(|key| !view.contains(key) && !wanted.contains(key)).collect();
            if more.is_empty() {
                break;
            }
            self.fetch(round, more, &mut wanted).await?;
        }
        if round.rulebook.is_none() {
            round.rulebook = rulebook(&round.view)?;
        }
        Ok(())
    }

    /// Brings states into the round that it does not hold yet; `wanted` are those that were looked for in the store.
    async fn fetch(
        &mut self,
        round: &mut Round,
        keys: Vec<Key>,
        wanted: &mut FxHashSet<Key>,
    ) -> Result<(), Refusal> {
        let mut missing = Vec::new();
        for key in keys {
            if round.view.contains(&key) || wanted.contains(&key) {
                continue;
            }
            if let Some((state, shared)) = self.states.find(&key) {
                round.view.take_up(key, state, shared);
            } else {
                wanted.insert(key.clone());
                missing.push(key);
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        missing.sort_unstable();
        let loaded = match &mut round.append {
            Some(append) => append.load_states(&missing).await,
            None => self.store.load_generation(&self.ledger, round.base.generation, &missing).await,
        };
        for stored in loaded.map_err(store_error)? {
            let state = State::decode_and_keep(&stored.key, stored.bytes).map_err(damage)?;
            round.view.load(stored.key, Some(state));
        }
        Ok(())
    }

    /// The requests of the rounds that are being written are known to the next one, though they are not stored yet.
    fn recall(&self, round: &mut Round, keys: impl Iterator<Item = RequestKey>) {
        if self.recent.is_empty() {
            return;
        }
        for key in keys {
            if let Some(record) = self.recent.iter().find_map(|requests| requests.get(&key)) {
                round.known.entry(key).or_insert(*record);
            }
        }
    }
}

impl Round {
    /// How many calls and commands it holds.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.calls.len(), self.commands)
    }

    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Takes no more; what can be done before its turn to be written comes is done now.
    pub(super) fn fill(&mut self) -> Result<(), Refusal> {
        self.full = true;
        match self.rulebook.as_deref() {
            Some(rulebook) => self.batch.states = self.view.encode_to_keep(rulebook).map_err(damage)?,
            None if self.view.is_dirty() => {
                return Err(store_error(StoreError::Damaged("events without a policy in force".to_owned())));
            }
            None => {}
        }
        self.batch.recorded_at_us = self.now.timestamp_micros();
        Ok(())
    }

    pub(super) fn seal(mut self) -> Result<(Sealed, Basis), Box<(Round, Refusal)>> {
        if !self.full
            && let Err(refusal) = self.fill()
        {
            return Err(Box::new((self, refusal)));
        }
        let mut tip = self.base;
        if !self.batch.events.is_empty() {
            tip.position = Position(self.next.0 - 1);
            tip.recorded_at_us = self.batch.recorded_at_us;
        }
        let Round { calls, verdicts, base, append, batch, view, rulebook, known, .. } = self;
        let sealed = Sealed { calls, verdicts, base, tip, batch, append };
        Ok((sealed, Basis { view, rulebook, requests: known }))
    }

    /// Lets go of the lock, if it has it, and gives the calls back.
    pub(super) async fn abandon(self) -> Vec<Submission> {
        if let Some(append) = self.append {
            append.rollback().await;
        }
        self.calls
    }

    /// Decides calls, each command by itself or all or nothing. An error is not about a command: nothing of the round
    /// can be written then, and all its calls hear it.
    pub(super) async fn take_up(
        &mut self,
        writer: &mut Writer,
        calls: Vec<Submission>,
    ) -> Result<(), Refusal> {
        let first = self.calls.len();
        self.commands += calls.iter().map(|call| call.commands.len()).sum::<usize>();
        self.calls.extend(calls);
        // Taken out while they are decided, put back whatever happens.
        let calls = self.calls.split_off(first);
        let decided = self.decide_in_parts(writer, &calls).await;
        self.calls.extend(calls);
        self.verdicts.extend(decided?);
        // Under the lock a round is what waited when the lock was taken: others wait for the lock too.
        if self.append.is_some() || self.calls.len() >= MAX_CALLS || self.commands >= MAX_COMMANDS {
            self.fill()?;
        }
        Ok(())
    }

    /// What comes behind a decision on who is who, or a step of a selection, may need other states than before it: such a
    /// call is a part of its own.
    async fn decide_in_parts(
        &mut self,
        writer: &mut Writer,
        calls: &[Submission],
    ) -> Result<Vec<Vec<Verdict>>, Refusal> {
        let alone = |call: &Submission| call.commands.iter().any(|command| command.action.stands_alone());
        let mut verdicts = Vec::with_capacity(calls.len());
        for part in calls.chunk_by(|call, next| !alone(call) && !alone(next)) {
            verdicts.extend(self.decide(writer, part).await?);
        }
        Ok(verdicts)
    }

    async fn decide(
        &mut self,
        writer: &mut Writer,
        calls: &[Submission],
    ) -> Result<Vec<Vec<Verdict>>, Refusal> {
        let commands = || calls.iter().flat_map(|call| &call.commands);
        writer.recall(self, commands().map(request_key));
        let looked_up = writer.look_up || self.append.is_some();
        if looked_up {
            let found = self.find(writer, commands().map(request_key)).await?;
            writer.look_up &= found > 0;
        }
        writer.load(self, calls).await?;
        let mut verdicts = Vec::with_capacity(calls.len());
        for call in calls {
            verdicts.push(self.call(call)?);
        }
        if !looked_up {
            self.look_again(writer, calls, &mut verdicts).await?;
        }
        Ok(verdicts)
    }

    /// A refusal stands only if the request was not accepted earlier: what is refused is looked up, and a request that
    /// is known gets its first answer.
    async fn look_again(
        &mut self,
        writer: &Writer,
        calls: &[Submission],
        verdicts: &mut [Vec<Verdict>],
    ) -> Result<(), Refusal> {
        let refused = |verdicts: &[Verdict]| verdicts.iter().any(Result::is_err);
        let doubtful = calls.iter().zip(verdicts.iter()).filter(|(_, verdicts)| refused(verdicts));
        let keys: Vec<RequestKey> = doubtful
            .flat_map(|(call, verdicts)| {
                let commands = call.commands.iter().zip(verdicts);
                commands.filter(|(_, verdict)| call.atomic || verdict.is_err()).map(|(c, _)| request_key(c))
            })
            .collect();
        if keys.is_empty() || self.find(writer, keys.into_iter()).await? == 0 {
            return Ok(());
        }
        for (call, verdicts) in calls.iter().zip(verdicts).filter(|(_, verdicts)| refused(verdicts)) {
            if call.atomic {
                *verdicts = self.call(call)?;
                continue;
            }
            for (command, verdict) in call.commands.iter().zip(verdicts) {
                if verdict.is_err()
                    && let Some(record) = self.known.get(&request_key(command))
                {
                    *verdict = replay(record, command);
                }
            }
        }
        Ok(())
    }

    /// Looks up requests that are not known; how many were found.
    async fn find(
        &mut self,
        writer: &Writer,
        keys: impl Iterator<Item = RequestKey>,
    ) -> Result<usize, Refusal> {
        let keys: Vec<RequestKey> = keys.filter(|key| !self.known.contains_key(key)).collect();
        let records = writer.find_requests(self, &keys).await?;
        let before = self.known.len();
        self.known.extend(keys.into_iter().zip(records).filter_map(|(key, record)| Some((key, record?))));
        Ok(self.known.len() - before)
    }

    /// One call: each command by itself, or all or nothing.
    fn call(&mut self, call: &Submission) -> Result<Vec<Verdict>, Refusal> {
        if !call.atomic {
            return call.commands.iter().map(|command| self.command(command)).collect();
        }
        let (events, requests, next) = (self.batch.events.len(), self.batch.requests.len(), self.next);
        self.view.begin_group();
        let mut verdicts = Vec::with_capacity(call.commands.len());
        for (index, command) in call.commands.iter().enumerate() {
            let verdict = self.command(command)?;
            let Err(refusal) = verdict else {
                verdicts.push(verdict);
                continue;
            };
            self.view.undo_group();
            self.batch.events.truncate(events);
            for (key, _) in self.batch.requests.drain(requests..) {
                self.known.remove(&key);
            }
            self.next = next;
            let culprit = refusal.under(&format!("requests[{index}]")).with("index", index);
            let aborted = || {
                Refusal::new(
                    Reason::BatchAborted,
                    "同批另有一筆被拒，全批未記。Another item was refused, so nothing of the batch was recorded.",
                )
                .with("index", index)
            };
            return Ok((0..call.commands.len())
                .map(|n| Err(if n == index { culprit.clone() } else { aborted() }))
                .collect());
        }
        self.view.keep_group();
        Ok(verdicts)
    }

    /// One command: the first answer again, a refusal, or new events. The outer error is damage.
    fn command(&mut self, command: &Command) -> Result<Verdict, Refusal> {
        let key = request_key(command);
        if let Some(record) = self.known.get(&key) {
            return Ok(replay(record, command));
        }
        let context = Context { now: self.now, rulebook: self.rulebook.as_deref() };
        let decided = decide::decide(&self.view, context, command).and_then(|facts| {
            let tip = Position(self.next.0 - 1 + facts.len() as u64);
            self.tenancy.map_or(Ok(()), |tenancy| tenancy::check(tenancy, tip))?;
            Ok(facts)
        });
        let facts = match decided {
            Ok(facts) => facts,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let events = u32::try_from(facts.len()).unwrap_or(u32::MAX);
        let position = if facts.is_empty() { Position(self.next.0 - 1) } else { self.next };
        let mut made = Vec::with_capacity(facts.len());
        for fact in facts {
            let opens_policy = matches!(fact, Fact::PolicyPublished(_));
            let ties = matches!(fact, Fact::ResidentsMerged(_) | Fact::IdentifierChanged(_));
            let event = Event {
                v: FORMAT_VERSION,
                ledger: self.ledger.clone(),
                position: self.next,
                recorded_at: self.now,
                poster: command.poster.clone(),
                by: command.by.clone(),
                request_id: command.request_id.clone(),
                fact,
            };
            projection::apply(&mut self.view, &event).map_err(damage)?;
            if ties {
                self.view.note_ties();
            }
            if opens_policy {
                self.rulebook = rulebook(&self.view)?;
            }
            let bytes = event::encode(&event).map_err(|error| {
                store_error(StoreError::Damaged(format!("event {}: {error}", event.position)))
            })?;
            self.batch.events.push(StoredEvent { position: self.next, bytes });
            self.next = self.next.next();
            made.push(event);
        }
        let record = RequestRecord { digest: command.digest, position, events };
        self.batch.requests.push((key.clone(), record));
        self.known.insert(key, record);
        Ok(Ok(Receipt { position, events, replayed: false, made, head: position }))
    }
}

/// The instant of a round: never before the last event's.
fn instant(now: DateTime<Utc>, head: Head) -> Result<DateTime<Utc>, Refusal> {
    let micros = DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now);
    let last = DateTime::from_timestamp_micros(head.recorded_at_us).unwrap_or(micros);
    if micros < last - CLOCK_TOLERANCE {
        return Err(Refusal::new(
            Reason::ClockUntrusted,
            "主機時鐘比帳本慢，這筆沒有記；請管理員校時後重送。\
             The clock runs behind the ledger and nothing was recorded: the operator should set it.",
        ));
    }
    Ok(micros.max(last))
}

pub(crate) fn request_key(command: &Command) -> RequestKey {
    RequestKey { poster: command.poster.clone(), request_id: command.request_id.clone() }
}

/// The most events a command can make.
pub(crate) fn most_events(command: &Command) -> u64 {
    match &command.action {
        Action::Open { codes, .. } => codes.len() as u64 + 2,
        Action::RegisterResidents(residents) => residents.len() as u64,
        Action::Post(entries) => entries.len() as u64,
        Action::ApproveCorrection { proposal, .. } => proposal.parts() as u64 + 1,
        // One of each, and of accounts that answer as one a leave of each.
        Action::SplitHousehold { members, .. } => members.len() as u64 * (MAX_FAMILY as u64 + 1) + 1,
        // One of each pair, or account, of those that answer as one.
        Action::LeaveHousehold { .. } => MAX_FAMILY as u64,
        Action::ReleaseGuardian { .. } => (MAX_FAMILY * MAX_FAMILY) as u64,
        Action::WithdrawConsent { .. } => MAX_FAMILY as u64,
        Action::Selection(step) => step.most_events() as u64,
        Action::Retention(act) => act.most_events() as u64,
        _ => 1,
    }
}

fn rulebook(view: &View) -> Result<Option<Arc<Rulebook>>, Refusal> {
    let Some(State::Policies(published)) = view.get(&Key::policies()) else { return Ok(None) };
    let rulebook = Rulebook::of(published)
        .map_err(|error| store_error(StoreError::Damaged(format!("a published policy: {error}"))))?;
    Ok(Some(Arc::new(rulebook)))
}

pub(crate) fn replay(record: &RequestRecord, command: &Command) -> Verdict {
    if record.digest != command.digest {
        return Err(Refusal::field(
            Reason::IdempotencyKeyReused,
            "request_id",
            "這個 request_id 已用於另一筆內容；若是新的一筆，請換新的 request_id。\
             This request_id was used for other content: give a new posting a new request_id.",
        )
        .with("position", record.position));
    }
    Ok(Receipt {
        position: record.position,
        events: record.events,
        replayed: true,
        made: Vec::new(),
        head: record.position,
    })
}
