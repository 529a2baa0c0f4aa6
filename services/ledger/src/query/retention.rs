//! Retention: the rule, and how those whose personal data is kept stand to it.

use super::kin::Gathered;
use super::question::AsOf;
use crate::error::{damage, damaged};
use crate::ledger::Ledger;
use ledger_core::Refusal;
use ledger_core::date::OccurredOn;
use ledger_core::decide::{has_come, nothing_proposed};
use ledger_core::event::{Event, Fact};
use ledger_core::id::{AccountId, ResidentId, SelectionId, StandardId};
use ledger_core::identity::Family;
use ledger_core::ports::{StateQuery, StoredState};
use ledger_core::projection::{Key, ResidentRecord, State};
use ledger_core::quantity::Position;
use ledger_core::retention::{
    Activity, RetentionMonths, RetentionProposed, RetentionRecord, Standing, Traces, candidates,
};
use ledger_core::selection::StandardRecord;
use std::collections::{BTreeMap, BTreeSet};

/// A resident whose personal data is due for erasure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueResident {
    /// The account that was asked about: the first of the family of which data is kept.
    pub kept: ResidentId,
    /// The account that answers.
    pub resident: ResidentId,
    /// All that answer as one, itself among them.
    pub accounts: Vec<ResidentId>,
    /// What was done last.
    pub last: Activity,
}

/// Who of some accounts is due.
#[derive(Debug, Clone)]
pub struct DueAmong {
    /// The rule; none: nobody is.
    pub months: Option<RetentionMonths>,
    /// Who is due.
    pub due: Vec<DueResident>,
    /// The position the answer is true at.
    pub position: Position,
}

impl Ledger {
    /// The rule of retention, and what waits under it.
    ///
    /// # Errors
    /// `NOT_YET_APPLIED`, or what the store says.
    pub async fn retention(&self, min_position: Position) -> Result<(RetentionRecord, Position), Refusal> {
        match self.read_state(min_position, Key::retention()).await? {
            (position, Some(State::Retention(record))) => Ok((record, position)),
            (position, None) => Ok((RetentionRecord::default(), position)),
            _ => Err(damaged()),
        }
    }

    /// What was proposed at a position; it never changes.
    ///
    /// # Errors
    /// `ERASURE_NOT_FOUND`, or what the store says.
    pub async fn retention_proposal(
        &self,
        proposed_at: Position,
    ) -> Result<(Event, Box<RetentionProposed>), Refusal> {
        // A store keeps positions as signed numbers and knows none behind them.
        if i64::try_from(proposed_at.0).is_err() {
            return Err(nothing_proposed());
        }
        let event = self.read_events_at(vec![proposed_at]).await?.pop();
        match event.map(|event| (event.fact.clone(), event)) {
            Some((Fact::RetentionProposed(proposal), event)) => Ok((event, proposal)),
            _ => Err(nothing_proposed()),
        }
    }

    /// The standards of the ledger.
    ///
    /// # Errors
    /// What the store says.
    pub async fn standards_named(&self) -> Result<Vec<StandardId>, Refusal> {
        let (_, answers) = self.read_states(Position(0), vec![all_standards()]).await?;
        let stored = answers.into_iter().flatten();
        stored.map(|stored| StandardId::parse(stored.key.last_segment())).collect()
    }

    /// Those of some accounts, of which data is kept, that are due on a day; each family once, by the first of its accounts
    /// of which data is kept. All is told from one snapshot.
    ///
    /// # Errors
    /// `OCCURRED_IN_FUTURE`, `NOT_YET_APPLIED`, or what the store says.
    pub async fn due_among(
        &self,
        kept: &[ResidentId],
        on: OccurredOn,
        min_position: Position,
    ) -> Result<DueAmong, Refusal> {
        let today = self.today().await?;
        has_come(on, today)?;
        let first = self.kin_records(kept, AsOf::Now, min_position, &laid_down()).await?;
        let mut asked = holding(&first, kept, today)?;
        loop {
            let further = asked.iter().cloned().map(StateQuery::Exactly);
            let queries: Vec<StateQuery> = laid_down().into_iter().chain(further).collect();
            let gathered = self.kin(kept, AsOf::Now, min_position, &queries).await?;
            let holding = holding(&gathered, kept, today)?;
            if holding.is_subset(&asked) {
                let months = rule(&gathered)?;
                let due = match months {
                    Some(months) => judge(&gathered, kept, &asked, (months.before(on), today))?,
                    None => Vec::new(),
                };
                return Ok(DueAmong { months, due, position: gathered.point });
            }
            // A selection was opened, or somebody came into a household, between the two readings.
            asked = holding;
        }
    }
}

/// What is asked for besides the accounts, before what only it tells: the rule, and the standards.
fn laid_down() -> [StateQuery; LAID_DOWN] {
    [StateQuery::Exactly(Key::retention()), all_standards()]
}

/// How many these are.
const LAID_DOWN: usize = 2;

/// The rule in force in a snapshot.
fn rule(gathered: &Gathered) -> Result<Option<RetentionMonths>, Refusal> {
    match gathered.besides.first().and_then(|answer| answer.first()).map(decode).transpose()? {
        Some(State::Retention(record)) => Ok(record.in_force().map(|(months, _)| months)),
        None => Ok(None),
        _ => Err(damaged()),
    }
}

fn all_standards() -> StateQuery {
    StateQuery::Prefix { prefix: "standards/".to_owned(), after: None, limit: u32::MAX }
}

/// The records of an account's family, where there is such an account.
fn family_of<'a>(
    gathered: &'a Gathered,
    id: &ResidentId,
) -> Result<Option<(Family, Vec<&'a ResidentRecord>)>, Refusal> {
    if gathered.kin.record(id).is_none() {
        return Ok(None);
    }
    let family = gathered.kin.family(id, gathered.point).map_err(|_| damaged())?;
    let records = family.members().filter_map(|member| gathered.kin.record(member)).collect();
    Ok(Some((family, records)))
}

fn decode(stored: &StoredState) -> Result<State, Refusal> {
    State::decode(&stored.key, &stored.bytes).map_err(damage)
}

/// The selections that are open in a snapshot.
fn open_selections(gathered: &Gathered) -> Result<Vec<SelectionId>, Refusal> {
    let mut open = Vec::new();
    for stored in gathered.besides.get(1).into_iter().flatten() {
        if let State::Standard(record) = decode(stored)? {
            let StandardRecord { open: of_standard, .. } = *record;
            open.extend(of_standard.into_iter().map(|(_, selection)| selection));
        }
    }
    Ok(open)
}

/// The states that tell whether somebody holds a title or stands in an open selection for one of the accounts.
fn holding(gathered: &Gathered, kept: &[ResidentId], today: OccurredOn) -> Result<BTreeSet<Key>, Refusal> {
    let open = open_selections(gathered)?;
    let mut keys = BTreeSet::new();
    for id in kept {
        let Some((_, records)) = family_of(gathered, id)? else { continue };
        for candidate in candidates(records, today) {
            keys.extend(held_in(&candidate, &open));
        }
    }
    Ok(keys)
}

fn held_in(candidate: &AccountId, open: &[SelectionId]) -> impl Iterator<Item = Key> {
    let applications = open.iter().map(move |selection| Key::application(selection, candidate));
    std::iter::once(Key::titles(candidate)).chain(applications)
}

/// Those that are due, in the order of `kept`. `asked` are the states that were asked for behind [`laid_down`], in order.
fn judge(
    gathered: &Gathered,
    kept: &[ResidentId],
    asked: &BTreeSet<Key>,
    (from, today): (OccurredOn, OccurredOn),
) -> Result<Vec<DueResident>, Refusal> {
    let mut states = BTreeMap::new();
    for (key, answer) in asked.iter().zip(gathered.besides.iter().skip(LAID_DOWN)) {
        if let Some(stored) = answer.first() {
            states.insert(key.clone(), decode(stored)?);
        }
    }
    let open = open_selections(gathered)?;
    let mut due = Vec::new();
    for id in kept {
        let Some((family, records)) = family_of(gathered, id)? else { continue };
        let with_data = records.iter().filter(|record| record.kept.is_some());
        if with_data.map(|record| &record.resident.resident).min() != Some(id) {
            continue;
        }
        let mut traces = Traces { records: records.clone(), ..Traces::default() };
        for member in family.members() {
            traces.buckets.extend(gathered.kin.own(member));
            traces.redeemed.extend(gathered.kin.redeemed_of(member));
        }
        for candidate in candidates(records, today) {
            for key in held_in(&candidate, &open) {
                match states.get(&key) {
                    Some(State::Titles(titles)) => traces.titles.push(titles),
                    Some(State::Application(application)) => traces.applications.push(application),
                    _ => {}
                }
            }
        }
        if let Standing::Due(last) = traces.standing(from, today, gathered.point) {
            due.push(DueResident {
                kept: id.clone(),
                resident: family.survivor.clone(),
                accounts: family.members().cloned().collect(),
                last,
            });
        }
    }
    Ok(due)
}
