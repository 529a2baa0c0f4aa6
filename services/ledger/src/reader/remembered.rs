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

/// What takes more bytes is read again (our own default): to copy it takes as long.
const MOST: u64 = 64 << 10;

/// What is let go of at once where others need memory (our own default): whoever asks meanwhile waits for it.
const SHRINK: u64 = 1 << 20;

/// After so many answers in a row that are older than what is held, it is what is held that is not true any more: a
/// database was put back to an earlier state.
const OLDER: u32 = 16;

#[derive(Clone)]
struct ByBytes;

impl Weighter<String, Arc<[StoredState]>> for ByBytes {
    fn weight(&self, prefix: &String, states: &Arc<[StoredState]>) -> u64 {
        weight(prefix, states)
    }
}

fn weight(prefix: &str, states: &[StoredState]) -> u64 {
    let states: usize = states.iter().map(|state| size_of::<StoredState>() + state.bytes.len()).sum();
    (HELD + prefix.len() + states) as u64
}

type Answers = Cache<String, Arc<[StoredState]>, ByBytes>;

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
    answers: Answers,
    /// Answers in a row that were older than what is held.
    older: u32,
    /// Rounds of this process that are being written: the head moves on with them.
    writing: usize,
}

fn empty(bytes: u64) -> Answers {
    Cache::with_weighter(usize::try_from(bytes / 4_096).unwrap_or(usize::MAX), bytes, ByBytes)
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

/// What is remembered for all questions of one who asks.
pub(super) type Found = Vec<Arc<[StoredState]>>;

/// An answer that can be remembered: its name, and a copy of its states.
pub(super) type Fresh = (String, Arc<[StoredState]>);

/// What of some answers can be remembered.
pub(super) fn fresh<'a>(read: impl Iterator<Item = (&'a StateQuery, &'a Vec<StoredState>)>) -> Vec<Fresh> {
    let named = read.filter_map(|(query, states)| Some((name(query)?, states)));
    let small = named.filter(|(name, states)| weight(name, states) <= MOST);
    small.map(|(name, states)| (name.to_owned(), states.as_slice().into())).collect()
}

impl Remembered {
    pub(crate) fn new(budget: Arc<Budget>) -> Remembered {
        let held = Held { head: None, part: None, answers: empty(0), older: 0, writing: 0 };
        Remembered { budget, held: Mutex::new(held) }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is remembered of the questions of each who asks, where that is all of them, and the head it is true at.
    pub(super) fn find<'a>(
        &self,
        asked: impl Iterator<Item = &'a [StateQuery]>,
    ) -> (Option<Head>, Vec<Option<Found>>) {
        let mut held = self.held();
        if held.part.is_some() {
            held.fit(&self.budget);
        }
        let answer = |query| held.answers.get(name(query)?).cloned();
        let found = asked.map(|queries| queries.iter().map(answer).collect()).collect();
        (held.head, found)
    }

    /// Remembers what was read at a head.
    pub(super) fn keep(&self, head: Head, read: Vec<Fresh>) {
        // What is forgotten is let go of when nobody waits any more.
        let _forgotten;
        let mut held = self.held();
        if held.head != Some(head) {
            let stays = held.head.is_some_and(|at| {
                let older = at.generation == head.generation && head.position < at.position;
                // The writer is about to tell of its round: what is held is true but for that.
                older && held.older < OLDER || held.writing > 0
            });
            if stays {
                held.older += 1;
                return;
            }
            _forgotten = held.forget();
            held.head = Some(head);
        }
        held.older = 0;
        if !read.is_empty() {
            held.fit(&self.budget);
        }
        for (name, states) in read {
            held.answers.insert(name, states);
        }
    }

    /// Forgets everything, and leaves its part to others.
    pub(super) fn let_go(&self) {
        let mut held = self.held();
        held.part = None;
        let forgotten = held.forget();
        drop(held);
        drop(forgotten);
    }

    /// A round of this process is about to be written.
    pub(crate) fn expect(self: &Arc<Remembered>) -> Expected {
        self.held().writing += 1;
        Expected(Arc::clone(self))
    }
}

impl Held {
    /// Takes its part, or what has become of it since others have come or gone.
    fn fit(&mut self, budget: &Arc<Budget>) {
        let Some(part) = &self.part else {
            let part = Part::of(budget);
            self.answers = empty(part.bytes());
            self.part = Some(part);
            return;
        };
        if let Some(bytes) = part.another_capacity(self.answers.capacity(), SHRINK) {
            self.answers.set_capacity(bytes);
        }
    }

    /// Holds nothing any more; gives what was held.
    fn forget(&mut self) -> Option<Answers> {
        self.head = None;
        self.older = 0;
        if self.answers.is_empty() {
            return None;
        }
        let bytes = self.part.as_ref().map_or(0, Part::bytes);
        Some(std::mem::replace(&mut self.answers, empty(bytes)))
    }
}

/// A round that is being written.
pub(crate) struct Expected(Arc<Remembered>);

impl Expected {
    /// It is written, and has touched these states.
    pub(crate) fn written(self, base: Head, tip: Head, touched: &[Key]) {
        // Let go of when nobody waits any more.
        let _forgotten;
        let mut held = self.0.held();
        if held.head == Some(base) {
            for name in touched.iter().filter_map(name_of) {
                held.answers.remove(name);
            }
            held.head = Some(tip);
        } else if held.head.is_some_and(|head| head != tip) {
            _forgotten = held.forget();
        }
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        self.0.held().writing -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, OLDER, Remembered, fresh};
    use crate::budget::Budget;
    use ledger_core::ports::{Head, StateQuery, StoredState};
    use ledger_core::projection::Key;
    use ledger_core::quantity::Position;
    use std::sync::Arc;

    fn head(position: u64) -> Head {
        Head { position: Position(position), recorded_at_us: 7, generation: 1 }
    }

    fn all_of(account: &str) -> StateQuery {
        StateQuery::Prefix { prefix: format!("accounts/residents/{account}/"), after: None, limit: u32::MAX }
    }

    fn state(account: &str, bytes: usize) -> StoredState {
        let key = Key::from_stored(&format!("accounts/residents/{account}/2026"));
        StoredState { key, bytes: vec![1; bytes] }
    }

    fn remember(remembered: &Remembered, at: u64, account: &str, bytes: usize) {
        let read = (all_of(account), vec![state(account, bytes)]);
        remembered.keep(head(at), fresh(std::iter::once((&read.0, &read.1))));
    }

    /// Where it is held, the position it is true at.
    fn held(remembered: &Remembered, account: &str) -> Option<u64> {
        let asked = [all_of(account)];
        let (at, mut found) = remembered.find(std::iter::once(asked.as_slice()));
        found.pop().flatten().and(at).map(|at| at.position.0)
    }

    fn empty(bytes: u64) -> Arc<Remembered> {
        Arc::new(Remembered::new(Budget::of(bytes)))
    }

    #[test]
    fn a_round_leaves_what_it_did_not_touch() {
        let remembered = empty(1 << 20);
        remember(&remembered, 5, "r1", 100);
        remember(&remembered, 5, "r2", 100);
        let expected = remembered.expect();
        // Between the commit and its telling nothing newer is taken for the whole.
        remember(&remembered, 6, "r1", 100);
        assert_eq!(held(&remembered, "r1"), Some(5));
        expected.written(head(5), head(6), &[state("r1", 0).key]);
        assert_eq!((held(&remembered, "r1"), held(&remembered, "r2")), (None, Some(6)));
    }

    #[test]
    fn what_another_process_wrote_makes_all_of_it_count_no_more() {
        let remembered = empty(1 << 20);
        remember(&remembered, 5, "r1", 100);
        remember(&remembered, 9, "r2", 100);
        assert_eq!((held(&remembered, "r1"), held(&remembered, "r2")), (None, Some(9)));
        remembered.expect().written(head(11), head(12), &[]);
        assert_eq!(held(&remembered, "r2"), None);
        // A round that failed tells nothing.
        remember(&remembered, 12, "r2", 100);
        drop(remembered.expect());
        remember(&remembered, 13, "r1", 100);
        assert_eq!((held(&remembered, "r1"), held(&remembered, "r2")), (Some(13), None));
    }

    #[test]
    fn a_late_answer_changes_nothing_and_an_earlier_database_is_believed_in_the_end() {
        let remembered = empty(1 << 20);
        remember(&remembered, 9, "r1", 100);
        for _ in 0..OLDER {
            remember(&remembered, 4, "r2", 100);
            assert_eq!((held(&remembered, "r1"), held(&remembered, "r2")), (Some(9), None));
        }
        remember(&remembered, 4, "r2", 100);
        assert_eq!((held(&remembered, "r1"), held(&remembered, "r2")), (None, Some(4)));
    }

    #[test]
    fn no_more_is_held_than_there_is_room_for() {
        let budget = Budget::of(1 << 20);
        let (one, other) =
            (Arc::new(Remembered::new(Arc::clone(&budget))), Arc::new(Remembered::new(budget)));
        let fill = |remembered: &Remembered| {
            for n in 0..2_000 {
                remember(remembered, 5, &format!("r{n}"), 1_000);
            }
            (0..2_000).filter(|n| held(remembered, &format!("r{n}")).is_some()).count()
        };
        let alone = fill(&one);
        assert!((500..1_048).contains(&alone), "{alone}");
        let half = fill(&other);
        assert!((250..524).contains(&half), "{half}");
        let left = (0..2_000).filter(|n| held(&one, &format!("r{n}")).is_some()).count();
        assert!((250..524).contains(&left), "{left} where another took its half");
        remember(&one, 5, "big", usize::try_from(MOST).unwrap_or(usize::MAX));
        assert_eq!(held(&one, "big"), None, "what is large is read again");
        one.let_go();
        assert_eq!(held(&one, "r1999"), None);
        // Only whole accounts are remembered.
        let page =
            StateQuery::Prefix { prefix: "accounts/residents/".to_owned(), after: None, limit: u32::MAX };
        assert!(fresh(std::iter::once((&page, &vec![state("r1", 10)]))).is_empty());
    }
}
