//! What badges tell of a ledger, and what has been taken back.

use super::balance::balance_of;
use super::question::{AccountThen, AsOf, Question};
use crate::error::{damage, damaged, store_error};
use crate::ledger::{Ledger, decode};
use chrono::{DateTime, Days, NaiveTime, TimeZone, Utc};
use creditbank_badge::{BITS, Completion, Fault, MOST, Says, Seal, StatusList, Sums, TitleHeld};
use ledger_core::account::{Line, ROLL_WINDOW, Roll};
use ledger_core::date::OccurredOn;
use ledger_core::entry::{Detail, Digest32};
use ledger_core::event::{Event, Fact};
use ledger_core::id::{AccountId, Code, OrganizationId, SelectionId};
use ledger_core::merkle::leaf_hash;
use ledger_core::policy::{Language, assess_account, sentence};
use ledger_core::ports::StateQuery;
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;
use ledger_core::registry::CodeList;
use ledger_core::selection::Title;
use ledger_core::{Reason, Refusal};
use std::collections::{BTreeMap, BTreeSet};

/// What is told of an account, with the name of the district that tells it.
#[derive(Debug, Clone)]
pub struct Told<T> {
    /// What.
    pub says: T,
    /// The organisation at the root of the tree.
    pub district: String,
    /// The position it is true at.
    pub position: Position,
}

/// A statement's sums, and the entries they come from.
#[derive(Debug, Clone)]
pub struct Summed {
    /// The sums, to be sealed.
    pub seal: Seal,
    /// When the event at their position was recorded.
    pub at: DateTime<Utc>,
    /// The entries that stand, in order of position; none where they were not asked for.
    pub entries: Vec<Completion>,
}

impl Ledger {
    /// An entry of a resident or a household that stands, as a badge tells it.
    ///
    /// # Errors
    /// `ENTRY_NOT_FOUND` where there is none that a learner has; `ALREADY_REVERSED`; or what the store says.
    pub async fn completion(&self, position: Position) -> Result<Told<Completion>, Refusal> {
        let event = self.entry_event(position).await?;
        let Fact::EntryRecorded(entry) = &event.fact else { return Err(no_badge(NO_LEARNER)) };
        match (&entry.account, &entry.detail) {
            (AccountId::Organization(_), _) => return Err(no_badge(NO_LEARNER)),
            (_, Detail::HouseholdAward { .. }) if entry.session.is_some() => return Err(no_badge(TITLE)),
            _ => {}
        }
        let then = self.account_then(&entry.account, &Question::default()).await?;
        let line =
            then.buckets.iter().flat_map(|bucket| bucket.lines()).find(|line| line.position == position);
        if let Some(reversed_at) = line.ok_or_else(damaged)?.reversed_at {
            return Err(Refusal::field(
                Reason::AlreadyReversed,
                "name",
                format!(
                    "這筆記錄已由第 {reversed_at} 號事件沖正，不能開立徽章。\
                     Event {reversed_at} reversed this entry: there is no badge of it."
                ),
            )
            .with("reversed_at", reversed_at));
        }
        let district = self.district_of(&entry.organization).await?;
        let mut found = self.completions(&then, |line| line.position == position).await?;
        Ok(Told { says: found.pop().ok_or_else(damaged)?, district, position: then.position })
    }

    /// The sums of a resident's or household's statement at a position (0 is now), of a civil year or of all; with its entries
    /// where they are asked for.
    ///
    /// # Errors
    /// As [`Ledger::balance`]; `FIELD_INVALID` of an organisation, whose figures are counts, and of more entries than a
    /// transcript has.
    pub async fn summed(
        &self,
        account: &AccountId,
        year: Option<i32>,
        at: Position,
        entries: bool,
    ) -> Result<Told<Summed>, Refusal> {
        let organization = match self.record(Key::account(account), Position(0)).await?.0 {
            Some(State::Resident(record)) => record.resident.organization,
            Some(State::Household(record)) => record.household.organization,
            Some(State::Organization(_)) => return Err(no_badge(NO_LEARNER)),
            _ => return Err(super::balance::no_such_account(account)),
        };
        let district = self.district_of(&organization).await?;
        let head = if at.0 == 0 { self.read_states(at, Vec::new()).await?.0 } else { at };
        let mut question = Question { as_of: AsOf::Position(head), ..Question::default() };
        if let Some(year) = year {
            let day = |month, day| OccurredOn::parse(&format!("{year:04}-{month}-{day}"), "year");
            (question.from, question.to) = (Some(day("01", "01")?), Some(day("12", "31")?));
        }
        let then = self.account_then(account, &question).await?;
        let balance = balance_of(account.clone(), &then, &question);
        let sums = Sums {
            year,
            today: then.today,
            credit: balance.credit(),
            pending: balance.pending,
            minutes: balance.minutes(),
            entries: balance.entries(),
        };
        let seal = Seal {
            ledger: self.id().clone(),
            account: account.clone(),
            position: then.position,
            says: Says::Statement(sums),
        };
        let told = |line: &Line| question.is_about(line.occurred_on);
        let entries = if entries { self.completions(&then, told).await? } else { Vec::new() };
        let at = self.read_events_at(vec![then.position]).await?.pop().ok_or_else(damaged)?.recorded_at;
        Ok(Told { says: Summed { seal, at, entries }, district, position: then.position })
    }

    /// A title that a household holds, or held, by the selection it was given in.
    ///
    /// # Errors
    /// `TITLE_NOT_HELD` where it was given none there, or it ended before its time; or what the store says.
    pub async fn title_held(
        &self,
        household: &AccountId,
        selection: &SelectionId,
    ) -> Result<Told<TitleHeld>, Refusal> {
        let (held, position) = self.title_that_stands(household, selection).await?;
        let held = held.ok_or_else(|| {
            Refusal::field(
                Reason::TitleNotHeld,
                "selection",
                format!(
                    "「{household}」沒有在「{selection}」得到稱號，或已被撤銷；請查對。\
                     \"{household}\" was given no title in \"{selection}\", or it was withdrawn: check both."
                ),
            )
        })?;
        let event = self.read_events_at(vec![held.named_at]).await?.pop().ok_or_else(damaged)?;
        let Fact::SelectionNamed(named) = &event.fact else { return Err(damaged()) };
        let organization = named.by.organization.clone();
        let district = self.district_of(&organization).await?;
        let name = self.code_name(CodeList::Titles, &held.title).await?;
        let Title { title, named_at, from, until, .. } = held;
        let seal = Seal {
            ledger: self.id().clone(),
            account: household.clone(),
            position: named_at,
            says: Says::Title { title, selection: selection.clone(), until },
        };
        let ends = self.end_of(until).await?;
        let says = TitleHeld { seal, name, named_at: event.recorded_at, from, until, ends };
        Ok(Told { says, district, position })
    }

    /// The title that was given in a selection, where it was neither withdrawn nor lapsed.
    async fn title_that_stands(
        &self,
        household: &AccountId,
        selection: &SelectionId,
    ) -> Result<(Option<Title>, Position), Refusal> {
        let (record, position) = self.titles(household, Position(0)).await?;
        let mut titles = record.map(|record| record.titles).unwrap_or_default().into_iter();
        let given = titles.find(|title| title.selection == *selection);
        Ok((given.filter(|title| title.ended(position).is_none()), position))
    }

    /// The list of what was taken back among the entries of some positions: bit i of list n is of position n × 131,072 + i.
    ///
    /// # Errors
    /// `FIELD_INVALID` of a list that the log has not reached; or what the store says.
    pub async fn status_list(&self, list: u64) -> Result<StatusList, Refusal> {
        let windows = BITS / ROLL_WINDOW;
        let head = self.head().position;
        if list > head.0 / BITS {
            return Err(Refusal::field(
                Reason::FieldInvalid,
                "list",
                "還沒有這一份名冊。There is no such list yet.",
            ));
        }
        let mut taken_back = StatusList::default();
        for position in self.reversed(list * windows..(list + 1) * windows).await? {
            taken_back.revoke(position.0 % BITS);
        }
        Ok(taken_back)
    }

    /// Why what was sealed stands no more: an entry that a statement counts was reversed since, or an account that it answered
    /// for answers for itself again; a title was withdrawn, lapsed, or has come to its end.
    ///
    /// # Errors
    /// What the store says.
    pub async fn taken_back(&self, seal: &Seal) -> Result<Option<Fault>, Refusal> {
        let revoked = || Some(Fault::Revoked(seal.account.path()));
        match &seal.says {
            Says::Title { selection, until, .. } => {
                if self.title_that_stands(&seal.account, selection).await?.0.is_none() {
                    return Ok(revoked());
                }
                Ok((*until < self.today().await?).then(|| Fault::Expired(until.to_string())))
            }
            Says::Statement(sums) => {
                let as_of = AsOf::Position(seal.position);
                let then =
                    self.account_then(&seal.account, &Question { as_of, ..Question::default() }).await?;
                if let Some(family) = then.family.filter(|family| !family.others.is_empty()) {
                    let now = self.account_then(&seal.account, &Question::default()).await?.family;
                    if now.is_none_or(|now| family.members().any(|id| !now.has(id))) {
                        return Ok(revoked());
                    }
                }
                let lines = then.buckets.iter().flat_map(|bucket| bucket.lines());
                let counted = lines.filter(|line| {
                    line.reversed_at.is_none() && sums.year.is_none_or(|year| line.occurred_on.year() == year)
                });
                let counted: BTreeSet<Position> = counted.map(|line| line.position).collect();
                let windows: BTreeSet<u64> = counted.iter().map(|position| Roll::window(*position)).collect();
                let reversed = self.reversed(windows).await?;
                Ok(if reversed.iter().any(|position| counted.contains(position)) { revoked() } else { None })
            }
        }
    }

    /// The entries of some windows of the log that were reversed; one read for all.
    async fn reversed(&self, windows: impl IntoIterator<Item = u64>) -> Result<Vec<Position>, Refusal> {
        let queries = windows.into_iter().map(|window| StateQuery::Exactly(Key::reversed(window))).collect();
        let (_, answers) = self.read_states(Position(0), queries).await?;
        let mut reversed = Vec::new();
        for stored in answers.into_iter().flatten() {
            let window: u64 = stored.key.last_segment().parse().map_err(|_| damaged())?;
            match State::decode(&stored.key, &stored.bytes).map_err(damage)? {
                State::Roll(roll) => reversed.extend(roll.positions(window)),
                _ => return Err(damaged()),
            }
        }
        Ok(reversed)
    }

    /// Holds the log against what the key of its checkpoints has signed, where there is one: a database that was restored from
    /// a backup says nothing more in the ledger's name. `newest` signs a checkpoint of all that is recorded now.
    ///
    /// # Errors
    /// `LEDGER_DAMAGED`, or what the store says.
    pub async fn is_as_signed(&self, newest: bool) -> Result<(), Refusal> {
        let Some(signing) = self.signing() else { return Ok(()) };
        if !newest && signing.is_up_to_date(&*self.store, self.id()).await.map_err(store_error)? {
            return Ok(());
        }
        self.checkpoint_of(self.head().position).await.map(drop)
    }

    /// The entries of an account that stand and are asked for.
    async fn completions(
        &self,
        then: &AccountThen,
        asked: impl Fn(&Line) -> bool,
    ) -> Result<Vec<Completion>, Refusal> {
        let assessed = assess_account(&then.rulebook, &then.buckets).into_iter();
        let assessed: Vec<_> =
            assessed.filter(|one| one.line.reversed_at.is_none() && asked(one.line)).take(MOST + 1).collect();
        if assessed.len() > MOST {
            return Err(no_badge(TOO_MANY));
        }
        let stored = self.stored_events_at(assessed.iter().map(|one| one.line.position).collect()).await?;
        if stored.len() != assessed.len() {
            return Err(damaged());
        }
        let events: Vec<Event> =
            stored.iter().map(|stored| decode(&stored.bytes)).collect::<Result<_, _>>()?;
        let mut keys = BTreeSet::new();
        for event in &events {
            let Fact::EntryRecorded(entry) = &event.fact else { return Err(damaged()) };
            keys.insert(Key::organization(&entry.organization));
            keys.insert(Key::code(CodeList::Kinds, &entry.kind));
            keys.extend(entry.detail.course_version().map(|(course, _)| Key::course(course)));
        }
        let names = self.names(keys).await?;
        let name = |key: Key| names.get(&key).cloned().unwrap_or_default();
        let told = assessed.iter().zip(&events).zip(&stored).map(|((one, event), stored)| {
            let Fact::EntryRecorded(entry) = &event.fact else { return Err(damaged()) };
            let course = entry.detail.course_version();
            let [organization_name, _] = name(Key::organization(&entry.organization));
            Ok(Completion {
                position: event.position,
                recorded_at: event.recorded_at,
                account: entry.account.clone(),
                organization: entry.organization.clone(),
                organization_name,
                kind: entry.kind.clone(),
                kind_name: name(Key::code(CodeList::Kinds, &entry.kind)),
                form: one.line.form,
                course: course.map(|(course, version)| {
                    let [title, _] = name(Key::course(course));
                    (course.clone(), version.clone(), title)
                }),
                started_on: entry.started_on,
                occurred_on: entry.occurred_on,
                minutes: entry.minutes,
                mark: one.line.mark,
                credit: one.credit(),
                why: [Language::Hant, Language::En].map(|language| sentence(language, one)),
                leaf: Digest32(leaf_hash(&stored.bytes)),
            })
        });
        told.collect()
    }

    /// What some records are called, in 繁體中文 and in English; one read for all.
    async fn names(&self, keys: BTreeSet<Key>) -> Result<BTreeMap<Key, [String; 2]>, Refusal> {
        let (_, answers) =
            self.read_states(Position(0), keys.into_iter().map(StateQuery::Exactly).collect()).await?;
        let named = answers.into_iter().flatten().map(|stored| {
            let name = match State::decode(&stored.key, &stored.bytes).map_err(damage)? {
                State::Organization(record) => [record.organization.display_name.to_string(), String::new()],
                State::Course(record) => [record.course.display_name.to_string(), String::new()],
                State::Code(record) => [record.code.names.hant.to_string(), record.code.names.en.to_string()],
                _ => return Err(damaged()),
            };
            Ok((stored.key, name))
        });
        named.collect()
    }

    async fn code_name(&self, list: CodeList, code: &Code) -> Result<[String; 2], Refusal> {
        let key = Key::code(list, code);
        Ok(self.names(BTreeSet::from([key.clone()])).await?.remove(&key).unwrap_or_default())
    }

    /// The name of the organisation at the root of the tree that one stands in.
    async fn district_of(&self, organization: &OrganizationId) -> Result<String, Refusal> {
        let Some(State::Organization(record)) =
            self.record(Key::organization(organization), Position(0)).await?.0
        else {
            return Err(damaged());
        };
        let Some(root) = record.ancestors.last() else {
            return Ok(record.organization.display_name.to_string());
        };
        let key = Key::organization(root);
        let [name, _] = self.names(BTreeSet::from([key.clone()])).await?.remove(&key).unwrap_or_default();
        Ok(name)
    }

    /// The instant at which a day ends in the ledger's time zone.
    async fn end_of(&self, day: OccurredOn) -> Result<DateTime<Utc>, Refusal> {
        let zone = self.rules().await?.opened.time_zone;
        let next = day.date().checked_add_days(Days::new(1)).unwrap_or(day.date());
        let midnight = next.and_time(NaiveTime::MIN);
        Ok(zone
            .from_local_datetime(&midnight)
            .earliest()
            .map_or_else(|| midnight.and_utc(), |at| at.to_utc()))
    }
}

const NO_LEARNER: &str =
    "只有居民和家庭的學習記錄有徽章。Only entries of residents and households have badges.";
const TITLE: &str = "這是評選的稱號，請改領稱號徽章（household 與 selection）。This is a title of a selection: ask for the badge of the title.";
const TOO_MANY: &str = "記錄太多，一份學習歷程最多 500 筆；請一年一年開立。A transcript has at most 500 entries: ask for one year at a time.";

fn no_badge(why: &str) -> Refusal {
    Refusal::field(Reason::FieldInvalid, "name", why)
}
