//! One round of the writer: lock the head, look up, decide, fold, write, commit, answer.

use super::{Receipt, Submission, Verdict, Writer, answer_all};
use crate::error::{damage, store_error};
use crate::view::View;
use chrono::{DateTime, TimeDelta, Utc};
use ledger_core::command::Command;
use ledger_core::decide::{self, Context};
use ledger_core::event::{self, Event, FORMAT_VERSION, Fact};
use ledger_core::policy::Policy;
use ledger_core::ports::{Append, AppendBatch, Head, RequestKey, RequestRecord, StoreError, StoredEvent};
use ledger_core::projection::{self, Key, State, States};
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// How far the clock may run behind the ledger before it is not trusted (our own default). Less is smoothed over:
/// `recorded_at` never decreases.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// What a round has gathered.
struct Round {
    view: View,
    batch: AppendBatch,
    next: Position,
    now: DateTime<Utc>,
    policy: Option<Arc<Policy>>,
    /// Requests accepted in this round or before it.
    known: FxHashMap<RequestKey, RequestRecord>,
}

impl Writer {
    pub(super) async fn serve(&mut self, round: Vec<Submission>) {
        match self.write(&round).await {
            Ok(answers) => {
                for (submission, verdicts) in round.into_iter().zip(answers) {
                    let Submission { reply, room, .. } = submission;
                    // Whoever is answered finds room for the next call.
                    drop(room);
                    // The caller may have gone; what it asked for was written all the same.
                    let _ = reply.send(verdicts);
                }
            }
            Err(refusal) => {
                self.cache.forget();
                if refusal.reason() == Reason::OutcomeUnknown {
                    self.fatal.send_replace(true);
                }
                answer_all(round, &refusal);
            }
        }
    }

    async fn write(&mut self, submissions: &[Submission]) -> Result<Vec<Vec<Verdict>>, Refusal> {
        let mut append = self.store.begin_append(&self.ledger).await.map_err(store_error)?;
        let head = append.head();
        self.cache.check(head);
        let mut round = self.prepare(append.as_mut(), head, submissions).await?;
        let mut answers = Vec::with_capacity(submissions.len());
        for submission in submissions {
            answers.push(round.take(&self.ledger, submission)?);
        }
        if round.batch.requests.is_empty() {
            append.rollback().await;
            self.cache.keep(round.view.into_states(), head);
            set_head(&mut answers, head.position);
            return Ok(answers);
        }
        let new_head = Head {
            position: Position(round.next.0 - 1),
            recorded_at_us: if round.batch.events.is_empty() {
                head.recorded_at_us
            } else {
                round.now.timestamp_micros()
            },
            generation: head.generation,
        };
        if let Some(policy) = &round.policy {
            round.batch.states = round.view.encode_dirty(policy).map_err(damage)?;
        } else if round.view.is_dirty() {
            return Err(store_error(StoreError::Damaged("events without a policy in force".to_owned())));
        }
        round.batch.recorded_at_us = round.now.timestamp_micros();
        metrics::counter!("creditbank_events_total").increment(round.batch.events.len() as u64);
        append.commit(std::mem::take(&mut round.batch)).await.map_err(store_error)?;
        self.policy = round.policy;
        self.cache.keep(round.view.into_states(), new_head);
        self.head.send_replace(new_head);
        set_head(&mut answers, new_head.position);
        Ok(answers)
    }

    /// Looks up the requests and loads the states that the round needs.
    async fn prepare(
        &mut self,
        append: &mut dyn Append,
        head: Head,
        submissions: &[Submission],
    ) -> Result<Round, Refusal> {
        let commands = || submissions.iter().flat_map(|submission| &submission.commands);
        let now = self.instant(head)?;
        let keys: Vec<RequestKey> = commands().map(request_key).collect();
        let records = append.find_requests(&keys).await.map_err(store_error)?;
        let known: FxHashMap<RequestKey, RequestRecord> =
            keys.into_iter().zip(records).filter_map(|(key, record)| Some((key, record?))).collect();

        let first = head.position.next();
        let last = head.position.plus(commands().map(most_events).sum());
        let mut view = View::default();
        let mut missing = Vec::new();
        let mut wanted = FxHashSet::default();
        let with_policy = self.policy.is_none().then(Key::policies);
        let needed = commands()
            .filter(|command| !known.contains_key(&request_key(command)))
            .flat_map(|command| decide::needs(command, first, last));
        for key in needed.chain(with_policy) {
            if view.contains(&key) || wanted.contains(&key) {
                continue;
            }
            if let Some(state) = self.cache.take(&key) {
                view.load(key, Some(state));
            } else {
                wanted.insert(key.clone());
                missing.push(key);
            }
        }
        if !missing.is_empty() {
            missing.sort_unstable();
            for stored in append.load_states(&missing).await.map_err(store_error)? {
                let state = State::decode(&stored.key, &stored.bytes).map_err(damage)?;
                view.load(stored.key, Some(state));
            }
        }
        let policy = match &self.policy {
            Some(policy) => Some(Arc::clone(policy)),
            None => policy_in_force(&view)?,
        };
        let batch = AppendBatch::default();
        Ok(Round { view, batch, next: first, now, policy, known })
    }

    /// The instant of the append: never before the last event's.
    fn instant(&self, head: Head) -> Result<DateTime<Utc>, Refusal> {
        let now = (self.clock)();
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
}

fn request_key(command: &Command) -> RequestKey {
    RequestKey { poster: command.poster.clone(), request_id: command.request_id.clone() }
}

/// The most events a command can make.
fn most_events(command: &Command) -> u64 {
    use ledger_core::command::Action;
    match &command.action {
        Action::Open { codes, .. } => codes.len() as u64 + 2,
        Action::RegisterResidents(residents) => residents.len() as u64,
        Action::Post(entries) => entries.len() as u64,
        _ => 1,
    }
}

fn policy_in_force(view: &View) -> Result<Option<Arc<Policy>>, Refusal> {
    let Some(State::Policies(published)) = view.get(&Key::policies()) else { return Ok(None) };
    let Some((_, last)) = published.last() else { return Ok(None) };
    let policy = Policy::parse(&last.document)
        .map_err(|error| store_error(StoreError::Damaged(format!("the policy in force: {error}"))))?;
    Ok(Some(Arc::new(policy)))
}

fn set_head(answers: &mut [Vec<Verdict>], head: Position) {
    for receipt in answers.iter_mut().flatten().flatten() {
        receipt.head = head;
    }
}

impl Round {
    /// Takes up one call: each command by itself, or all or nothing.
    fn take(
        &mut self,
        ledger: &ledger_core::id::LedgerId,
        submission: &Submission,
    ) -> Result<Vec<Verdict>, Refusal> {
        if !submission.atomic {
            return submission.commands.iter().map(|command| self.command(ledger, command)).collect();
        }
        let (events, requests, next) = (self.batch.events.len(), self.batch.requests.len(), self.next);
        self.view.begin_group();
        let mut verdicts = Vec::with_capacity(submission.commands.len());
        for (index, command) in submission.commands.iter().enumerate() {
            let verdict = self.command(ledger, command)?;
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
            return Ok((0..submission.commands.len())
                .map(|n| Err(if n == index { culprit.clone() } else { aborted() }))
                .collect());
        }
        self.view.keep_group();
        Ok(verdicts)
    }

    /// One command: the first answer again, a refusal, or new events. The outer error is damage.
    fn command(&mut self, ledger: &ledger_core::id::LedgerId, command: &Command) -> Result<Verdict, Refusal> {
        let key = request_key(command);
        if let Some(record) = self.known.get(&key) {
            return Ok(replay(record, command));
        }
        let context = Context { now: self.now, policy: self.policy.as_deref() };
        let facts = match decide::decide(&self.view, context, command) {
            Ok(facts) => facts,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let events = u32::try_from(facts.len()).unwrap_or(u32::MAX);
        let position = if facts.is_empty() { Position(self.next.0 - 1) } else { self.next };
        let mut made = Vec::with_capacity(facts.len());
        for fact in facts {
            let opens_policy = matches!(fact, Fact::PolicyPublished(_));
            let event = Event {
                v: FORMAT_VERSION,
                ledger: ledger.clone(),
                position: self.next,
                recorded_at: self.now,
                poster: command.poster.clone(),
                request_id: command.request_id.clone(),
                fact,
            };
            projection::apply(&mut self.view, &event).map_err(damage)?;
            if opens_policy {
                self.policy = policy_in_force(&self.view)?;
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

fn replay(record: &RequestRecord, command: &Command) -> Verdict {
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
