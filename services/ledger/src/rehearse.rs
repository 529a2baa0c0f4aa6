//! Rehearsals: what would become of postings now. They are decided as the writer decides them, on one snapshot, and
//! nothing is written.

use crate::error::{damage, damaged, store_error};
use crate::ledger::{Ledger, Rules};
use crate::tenancy;
use crate::view::View;
use crate::writer::{Receipt, Verdict, most_events, replay, request_key};
use ledger_core::Refusal;
use ledger_core::command::Command;
use ledger_core::decide::{self, Context};
use ledger_core::event::{Event, FORMAT_VERSION, Fact};
use ledger_core::ports::{RequestRecord, StateQuery};
use ledger_core::projection::{self, Key, State};
use ledger_core::quantity::Position;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Ledger {
    /// What would become of postings now, each by itself and behind those before it. A receipt of something new has position
    /// 0. Another posting may come first: the writer decides anew.
    ///
    /// # Errors
    /// What the store says.
    pub async fn rehearse(&self, commands: &[Command]) -> Result<Vec<Verdict>, Refusal> {
        let known = self.known_requests(commands).await?;
        let (position, rules, mut view) = self.stage(commands).await?;
        let listed = self.store.listed_ledger(self.id()).await.map_err(store_error)?;
        let mut next = position.next();
        let mut verdicts = Vec::with_capacity(commands.len());
        for (command, known) in commands.iter().zip(known) {
            if let Some(record) = known {
                verdicts.push(replay(&record, command));
                continue;
            }
            let context = Context { now: self.now(), rulebook: Some(&rules.rulebook) };
            let decided = decide::decide(&view, context, command).and_then(|facts| {
                tenancy::check(listed.tenancy, Position(next.0 - 1 + facts.len() as u64))?;
                Ok(facts)
            });
            verdicts.push(match decided {
                Err(refusal) => Err(refusal),
                Ok(facts) => {
                    let events = u32::try_from(facts.len()).unwrap_or(u32::MAX);
                    for fact in facts {
                        self.play(&mut view, command, next, fact)?;
                        next = next.next();
                    }
                    Ok(Receipt {
                        position: Position(0),
                        events,
                        replayed: false,
                        made: Vec::new(),
                        head: position,
                    })
                }
            });
        }
        Ok(verdicts)
    }

    fn play(
        &self,
        view: &mut View,
        command: &Command,
        position: Position,
        fact: Fact,
    ) -> Result<(), Refusal> {
        let event = Event {
            v: FORMAT_VERSION,
            ledger: self.id().clone(),
            position,
            recorded_at: self.now(),
            poster: command.poster.clone(),
            by: command.by.clone(),
            request_id: command.request_id.clone(),
            fact,
        };
        projection::apply(view, &event).map_err(damage)
    }

    async fn known_requests(&self, commands: &[Command]) -> Result<Vec<Option<RequestRecord>>, Refusal> {
        let keys: Vec<_> = commands.iter().map(request_key).collect();
        let (store, id) = (Arc::clone(&self.store), self.id().clone());
        // In a task of its own, which a dropped call does not cancel.
        let found = tokio::spawn(async move { store.find_requests(&id, &keys).await });
        found.await.map_err(|_| damaged())?.map_err(store_error)
    }

    /// The states that the commands read and touch, from one snapshot. Where accounts answer as one, what else is needed
    /// stands in the states themselves: then all are read again with it.
    async fn stage(&self, commands: &[Command]) -> Result<(Position, Arc<Rules>, View), Refusal> {
        let first = self.head().position.next();
        let last = Position(first.0 + commands.iter().map(most_events).sum::<u64>());
        let mut keys: BTreeSet<Key> =
            commands.iter().flat_map(|command| decide::needs(command, first, last)).collect();
        loop {
            let queries = keys.iter().cloned().map(StateQuery::Exactly).collect();
            let (position, rules, answers) = self.read_by_the_rules(Position(0), queries).await?;
            let mut view = View::default();
            for stored in answers.into_iter().flatten() {
                let state = State::decode(&stored.key, &stored.bytes).map_err(damage)?;
                view.load(stored.key, Some(state));
            }
            let further = commands.iter().filter(|command| view.has_ties() || command.action.reads_further());
            let more: Vec<Key> =
                further.flat_map(|command| decide::needs_more(&view, command, self.now())).collect();
            let held = keys.len();
            keys.extend(more);
            if keys.len() == held {
                return Ok((position, rules, view));
            }
        }
    }
}
