//! Reads of the registry.

use super::page::{Page, PageRequest, id_token};
use crate::error::damage;
use crate::ledger::Ledger;
use ledger_core::Refusal;
use ledger_core::event::LedgerOpened;
use ledger_core::month::Closings;
use ledger_core::ports::StateQuery;
use ledger_core::projection::{Census, Key, State};
use ledger_core::quantity::Position;

impl Ledger {
    /// The record of a key; `None` where there is none.
    ///
    /// # Errors
    /// `NOT_YET_APPLIED`, or what the store says.
    pub async fn record(
        &self,
        key: Key,
        min_position: Position,
    ) -> Result<(Option<State>, Position), Refusal> {
        let (position, state) = self.read_state(min_position, key).await?;
        Ok((state, position))
    }

    /// A page of the records whose keys begin with `prefix`, in order of key.
    ///
    /// # Errors
    /// `PAGE_TOKEN_INVALID`, or what the store says.
    pub async fn records(&self, prefix: &str, page: &PageRequest) -> Result<Page<State>, Refusal> {
        let limit = page.limit()?;
        let after = page.after_id()?.map(|id| Key::from_stored(&format!("{prefix}{id}")));
        let query = StateQuery::Prefix { prefix: prefix.to_owned(), after, limit };
        let (position, mut answers) = self.read_states(Position(0), vec![query]).await?;
        let stored = answers.pop().unwrap_or_default();
        let next_token = match stored.last() {
            Some(last) if stored.len() == limit as usize => id_token(last.key.last_segment()),
            _ => String::new(),
        };
        let items = stored
            .iter()
            .map(|stored| State::decode(&stored.key, &stored.bytes).map_err(damage))
            .collect::<Result<_, _>>()?;
        Ok(Page { items, next_token, position })
    }

    /// The months that are closed.
    ///
    /// # Errors
    /// `NOT_YET_APPLIED`, or what the store says.
    pub async fn closings(&self, min_position: Position) -> Result<(Closings, Position), Refusal> {
        match self.record(Key::closings(), min_position).await? {
            (Some(State::Closings(closings)), position) => Ok((closings, position)),
            (_, position) => Ok((Closings::default(), position)),
        }
    }

    /// The ledger's settings, its policy's id and version, and its counts.
    ///
    /// # Errors
    /// What the store says.
    pub async fn overview(&self) -> Result<(LedgerOpened, String, u32, Census, Position), Refusal> {
        let queries = vec![StateQuery::Exactly(Key::census())];
        let (position, rules, answers) = self.read_by_the_rules(Position(0), queries).await?;
        let census = answers.into_iter().flatten().next();
        let census = census.map(|stored| State::decode(&stored.key, &stored.bytes)).transpose();
        let census = match census.map_err(damage)? {
            Some(State::Census(census)) => census,
            None => Census::default(),
            Some(_) => return Err(crate::error::damaged()),
        };
        let today = self.today().await?;
        let (policy, version) = match rules.rulebook.district_on(today) {
            Some(policy) => (policy.policy.to_string(), policy.version),
            None => Default::default(),
        };
        Ok((rules.opened.clone(), policy, version, census, position))
    }
}
