//! What the steps of a selection had come to for each candidate, and the titles they hold.

use super::{Point, Yardstick, kind_of};
use crate::error::{damage, damaged};
use crate::ledger::Ledger;
use ledger_core::Refusal;
use ledger_core::id::{AccountId, SelectionId};
use ledger_core::ports::StateQuery;
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;
use ledger_core::selection::{ApplicationRecord, Bar, CandidateKind, Judged, Standard, TitleRecord, Votes};
use rustc_hash::FxHashMap;

/// States read at a time.
const PAGE: usize = 1_024;

/// The steps of a selection; of none, the titles only.
#[derive(Default)]
pub(super) struct Steps {
    /// Whether there is a selection to apply in.
    selection: Option<SelectionId>,
    applications: FxHashMap<AccountId, ApplicationRecord>,
    titles: FxHashMap<AccountId, TitleRecord>,
    votes: Votes,
}

/// What the steps came to for one candidate.
pub(super) struct Stepped {
    pub(super) applied: Option<(ledger_core::date::OccurredOn, Position)>,
    pub(super) judged: Judged,
    pub(super) bars: Vec<Bar>,
}

impl Steps {
    /// Of a list that is tried out on all accounts, whoever applied or holds what.
    pub(super) fn none() -> Steps {
        Steps::default()
    }

    /// Those of some candidates.
    pub(super) async fn of(
        ledger: &Ledger,
        yardstick: &Yardstick,
        point: &Point,
        accounts: &[AccountId],
    ) -> Result<Steps, Refusal> {
        let mut steps = Steps::begin(ledger, yardstick, point).await?;
        if let Some(selection) = &yardstick.selection {
            for some in accounts.chunks(PAGE) {
                let keys = some.iter().map(|account| Key::application(selection, account));
                let queries = keys.map(StateQuery::Exactly).collect();
                for stored in ledger.read_states(point.position, queries).await?.1.into_iter().flatten() {
                    steps.take_up(State::decode(&stored.key, &stored.bytes).map_err(damage)?)?;
                }
            }
        }
        steps.read_titles(ledger, point, accounts).await?;
        Ok(steps)
    }

    /// Those of all who applied.
    pub(super) async fn of_all(
        ledger: &Ledger,
        yardstick: &Yardstick,
        point: &Point,
    ) -> Result<Steps, Refusal> {
        let mut steps = Steps::begin(ledger, yardstick, point).await?;
        if let Some(selection) = &yardstick.selection {
            let prefix = Key::application_prefix(selection);
            ledger.each_of(&prefix, |state| steps.take_up(state)).await?;
        }
        let until = point.steps_until;
        steps.applications.retain(|_, record| record.steps.first().is_some_and(|(at, _)| *at <= until));
        let accounts: Vec<AccountId> = steps.applications.keys().cloned().collect();
        steps.read_titles(ledger, point, &accounts).await?;
        Ok(steps)
    }

    async fn begin(ledger: &Ledger, yardstick: &Yardstick, point: &Point) -> Result<Steps, Refusal> {
        let mut steps = Steps { selection: yardstick.selection.clone(), ..Steps::default() };
        if let Some(selection) = &yardstick.selection {
            steps.votes = ledger.selection(selection, point.position).await?.0.votes(point.steps_until);
        }
        Ok(steps)
    }

    fn take_up(&mut self, state: State) -> Result<(), Refusal> {
        let State::Application(record) = state else { return Err(damaged()) };
        self.applications.insert(record.candidate.clone(), *record);
        Ok(())
    }

    async fn read_titles(
        &mut self,
        ledger: &Ledger,
        point: &Point,
        accounts: &[AccountId],
    ) -> Result<(), Refusal> {
        for some in accounts.chunks(PAGE) {
            let queries = some.iter().map(|account| StateQuery::Exactly(Key::titles(account))).collect();
            for stored in ledger.read_states(point.position, queries).await?.1.into_iter().flatten() {
                match State::decode(&stored.key, &stored.bytes).map_err(damage)? {
                    State::Titles(record) => self.titles.insert(record.candidate.clone(), *record),
                    _ => return Err(damaged()),
                };
            }
        }
        Ok(())
    }

    /// Those who applied, of the kind that the standard names, in order of name.
    pub(super) fn candidates(&self, kind: CandidateKind) -> Vec<AccountId> {
        let applied = self.applications.keys().filter(|account| kind_of(account) == kind);
        let mut accounts: Vec<AccountId> = applied.cloned().collect();
        accounts.sort_unstable();
        accounts
    }

    /// How the panel voted on equals.
    pub(super) fn votes(&self) -> &Votes {
        &self.votes
    }

    /// What they came to for a candidate.
    pub(super) fn for_candidate(&self, account: &AccountId, standard: &Standard, point: &Point) -> Stepped {
        let until = point.steps_until;
        let (mut applied, mut judged, mut bars) = (None, Judged::default(), Vec::new());
        match self.applications.get(account) {
            Some(record) => {
                applied = record.applied_on(until);
                judged = record.judged(until);
                bars = record.bars(standard, until);
            }
            None if self.selection.is_some() => bars.push(Bar::NotApplied),
            None => {}
        }
        let titles = self.titles.get(account);
        let titles = titles.map(|record| record.bars(&standard.title, point.counted_on, until));
        let holders = standard.eligibility.holders_excluded;
        bars.extend(
            titles.into_iter().flatten().filter(|bar| holders || !matches!(bar, Bar::HoldsTitle { .. })),
        );
        Stepped { applied, judged, bars }
    }
}
