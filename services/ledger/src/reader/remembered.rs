//! What was read of accounts lately, and the head it is true at. Whoever asks again gets it from here, as soon as the
//! store says in the same snapshot as everything else that the head is still that one: so what is remembered is never
//! older than what is stored, whoever writes. The writer of this process tells which accounts a round has touched, and
//! the others stay; where another process has written, all is forgotten.

use crate::budget::{Budget, Part};
use ledger_core::ports::{Head, StateQuery, StoredState};
use ledger_core::projection::Key;
use quick_cache::Weighter;
use quick_cache::unsync::Cache;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// About the bytes that one answer takes beside its name and its states.
const HELD: usize = 96;

/// What the names of states begin with that are remembered: those of one account or organisation, which are asked for
/// together. All of them have one more part.
const REMEMBERED: [&str; 4] =
    ["accounts/residents/", "accounts/households/", "accounts/organizations/", "tallies/organizations/"];

#[derive(Clone)]
struct ByBytes;

impl Weighter<String, Vec<StoredState>> for ByBytes {
    fn weight(&self, prefix: &String, states: &Vec<StoredState>) -> u64 {
        let states: usize = states.iter().map(|state| size_of::<StoredState>() + state.bytes.len()).sum();
        (HELD + prefix.len() + states) as u64
    }
}

/// What is remembered of one ledger.
pub(crate) struct Remembered {
    budget: Arc<Budget>,
    held: Mutex<Held>,
}

struct Held {
    /// What all answers are true at.
    head: Option<Head>,
    /// None as long as nothing is remembered.
    part: Option<Part>,
    answers: Cache<String, Vec<StoredState>, ByBytes>,
    /// Rounds of this process that are being written: the head moves on with them.
    writing: usize,
}

fn empty(bytes: u64) -> Cache<String, Vec<StoredState>, ByBytes> {
    Cache::with_weighter(usize::try_from(bytes / 1_024).unwrap_or(usize::MAX), bytes, ByBytes)
}

/// The name that a question is remembered by; none where it is not about all of one account.
fn name(query: &StateQuery) -> Option<&str> {
    match query {
        StateQuery::Prefix { prefix, after: None, limit: u32::MAX } => {
            let account = REMEMBERED.iter().find_map(|family| prefix.strip_prefix(family))?;
            // A whole name, and nothing behind it.
            (account.find('/')? + 1 == account.len()).then_some(prefix.as_str())
        }
        _ => None,
    }
}

/// The name of the answer that a state is in.
fn name_of(key: &Key) -> Option<&str> {
    let name = key.as_str();
    REMEMBERED.iter().find(|family| name.starts_with(**family))?;
    Some(&name[..=name.rfind('/')?])
}

/// All answers to one who asks.
type Answers = Vec<Vec<StoredState>>;

impl Remembered {
    pub(crate) fn new(budget: Arc<Budget>) -> Remembered {
        let held = Held { head: None, part: None, answers: empty(0), writing: 0 };
        Remembered { budget, held: Mutex::new(held) }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is remembered of the questions of each who asks, where that is all of them, and the head it is true at.
    pub(super) fn find<'a>(
        &self,
        asked: impl Iterator<Item = &'a [StateQuery]>,
    ) -> (Option<Head>, Vec<Option<Answers>>) {
        let held = self.held();
        let answer = |query| held.answers.get(name(query)?).cloned();
        let found = asked.map(|queries| queries.iter().map(answer).collect()).collect();
        (held.head, found)
    }

    /// Remembers what was read at a head.
    pub(super) fn keep<'a>(
        &self,
        head: Head,
        read: impl Iterator<Item = (&'a StateQuery, &'a Vec<StoredState>)>,
    ) {
        let mut held = self.held();
        if held.head != Some(head) {
            let stays = held.head.is_some_and(|at| {
                let older = at.generation == head.generation && head.position < at.position;
                // The writer is about to tell of its round: what is held is true but for that.
                older || held.writing > 0
            });
            if stays {
                return;
            }
            held.answers.clear();
            held.head = Some(head);
        }
        for (query, states) in read {
            if let Some(name) = name(query) {
                held.fit(&self.budget);
                held.answers.insert(name.to_owned(), states.clone());
            }
        }
    }

    /// Forgets everything, and leaves its part to others.
    pub(super) fn let_go(&self) {
        let mut held = self.held();
        held.head = None;
        held.part = None;
        held.answers = empty(0);
    }

    /// A round of this process is about to be written.
    pub(crate) fn expect(self: &Arc<Remembered>) -> Expected {
        self.held().writing += 1;
        Expected(Arc::clone(self))
    }
}

impl Held {
    /// Takes its part, or what has become of it.
    fn fit(&mut self, budget: &Arc<Budget>) {
        let bytes = self.part.get_or_insert_with(|| Part::of(budget)).bytes();
        if bytes != self.answers.capacity() {
            self.answers.set_capacity(bytes);
        }
    }
}

/// A round that is being written.
pub(crate) struct Expected(Arc<Remembered>);

impl Expected {
    /// It is written, and has touched these states.
    pub(crate) fn written(self, base: Head, tip: Head, touched: &[Key]) {
        let mut held = self.0.held();
        if held.head == Some(base) {
            for name in touched.iter().filter_map(name_of) {
                held.answers.remove(name);
            }
            held.head = Some(tip);
        } else if held.head.is_some_and(|head| head != tip) {
            held.answers.clear();
            held.head = None;
        }
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        self.0.held().writing -= 1;
    }
}
