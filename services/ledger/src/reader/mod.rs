//! Reads of states, gathered: what waits while one statement runs is answered by the next one, from one snapshot.
//! A thousand balance reads cost a few statements, and a dropped call cancels nothing. What is [`remembered`] is not read
//! again: the statement only tells whether it is still true.

mod remembered;

use crate::budget::Budget;
use crate::error::store_error;
use crate::refold::check_form;
use ledger_core::Refusal;
use ledger_core::id::LedgerId;
use ledger_core::ports::{Head, StateQuery, Store, StoredState};
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;
use ledger_core::{Reason, ports::StoreError};
pub(crate) use remembered::Remembered;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

/// Tasks that read; one gathers while another waits for its statement.
const READERS: usize = 2;
/// Queries after which a statement takes no more asks.
const GATHERED: usize = 64;

/// After how long without a read nothing is remembered any more (our own default).
const IDLE: Duration = Duration::from_secs(60);

type Answer = Result<(Seen, Vec<Vec<StoredState>>), StoreError>;

/// What an answer is true at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    /// The head.
    pub(crate) head: Head,
    /// Where the newest policy was published.
    pub(crate) newest_policy: Position,
}

struct Ask {
    queries: Vec<StateQuery>,
    reply: oneshot::Sender<Answer>,
    _room: OwnedSemaphorePermit,
}

/// The readers of one ledger.
#[derive(Clone)]
pub(crate) struct Reader {
    queue: mpsc::UnboundedSender<Ask>,
    room: Arc<Semaphore>,
    remembered: Arc<Remembered>,
}

impl Reader {
    pub(crate) fn start(
        ledger: &LedgerId,
        store: &Arc<dyn Store>,
        room: usize,
        memory: &Arc<Budget>,
    ) -> Reader {
        let (queue, asks) = mpsc::unbounded_channel();
        let asks = Arc::new(Mutex::new(asks));
        let remembered = Arc::new(Remembered::new(Arc::clone(memory)));
        for _ in 0..READERS {
            let source = Source {
                ledger: ledger.clone(),
                store: Arc::clone(store),
                remembered: Arc::clone(&remembered),
                readable: None,
                busy: false,
            };
            tokio::spawn(source.serve(Arc::clone(&asks)));
        }
        Reader { queue, room: Arc::new(Semaphore::new(room)), remembered }
    }

    /// What is remembered of what was read, for the writer to tell what it changes.
    pub(crate) fn remembered(&self) -> Arc<Remembered> {
        Arc::clone(&self.remembered)
    }

    /// Answers the queries from one snapshot.
    pub(crate) async fn read(
        &self,
        queries: Vec<StateQuery>,
    ) -> Result<(Seen, Vec<Vec<StoredState>>), Refusal> {
        let Ok(room) = Arc::clone(&self.room).try_acquire_owned() else {
            return Err(Refusal::new(
                Reason::Overloaded,
                "查詢太多，請稍後再試。Too many reads are waiting: try again shortly.",
            ));
        };
        let (reply, answer) = oneshot::channel();
        let gone = || crate::error::store_error(StoreError::Unavailable("the reader has stopped".to_owned()));
        self.queue.send(Ask { queries, reply, _room: room }).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?.map_err(store_error)
    }
}

/// Where answers come from.
struct Source {
    ledger: LedgerId,
    store: Arc<dyn Store>,
    remembered: Arc<Remembered>,
    /// The generation whose form is known to be this program's.
    readable: Option<u32>,
    /// Whether several asked at once, the last time.
    busy: bool,
}

impl Source {
    async fn serve(mut self, asks: Arc<Mutex<mpsc::UnboundedReceiver<Ask>>>) {
        loop {
            let mut gathered = Vec::new();
            {
                let mut asks = asks.lock().await;
                let first = match tokio::time::timeout(IDLE, asks.recv()).await {
                    Ok(Some(first)) => first,
                    Ok(None) => return,
                    Err(_) => {
                        self.remembered.let_go();
                        continue;
                    }
                };
                let mut queries = first.queries.len();
                gathered.push(first);
                if self.busy {
                    // Whoever is about to ask gets into the same statement.
                    tokio::task::yield_now().await;
                }
                while queries < GATHERED {
                    let Ok(ask) = asks.try_recv() else { break };
                    queries += ask.queries.len();
                    gathered.push(ask);
                }
            }
            self.busy = gathered.len() > 1;
            self.answer(gathered).await;
        }
    }

    async fn answer(&mut self, gathered: Vec<Ask>) {
        let (at, found) = self.remembered.find(gathered.iter().map(|ask| ask.queries.as_slice()));
        let (mut remembered, mut unknown) = (Vec::new(), Vec::new());
        for (ask, found) in gathered.into_iter().zip(found) {
            match found {
                Some(states) => remembered.push((ask, states)),
                None => unknown.push(ask),
            }
        }
        let seen = self.read(unknown).await;
        if let Some(seen) = seen
            && at == Some(seen.head)
        {
            for (ask, states) in remembered {
                // The caller may have gone.
                let states = states.iter().map(|states| states.to_vec()).collect();
                let _ = ask.reply.send(Ok((seen, states)));
            }
        } else if !remembered.is_empty() {
            // It was true at another head.
            self.read(remembered.into_iter().map(|(ask, _)| ask).collect()).await;
        }
    }

    /// Reads what some ask, from one snapshot, and answers them; what the answers are true at. Where nobody asks, it reads
    /// that alone.
    async fn read(&mut self, asks: Vec<Ask>) -> Option<Seen> {
        let mut queries: Vec<StateQuery> = asks.iter().flat_map(|ask| ask.queries.iter().cloned()).collect();
        queries.push(StateQuery::Exactly(Key::newest_policy()));
        match self.states(&queries).await {
            Ok((seen, answers)) => {
                let fresh = remembered::fresh(queries.iter().zip(&answers));
                let mut answers = answers.into_iter();
                for ask in asks {
                    let own = answers.by_ref().take(ask.queries.len()).collect();
                    // The caller may have gone.
                    let _ = ask.reply.send(Ok((seen, own)));
                }
                self.remembered.keep(seen.head, fresh);
                Some(seen)
            }
            Err(error) => {
                for ask in asks {
                    let _ = ask.reply.send(Err(error.clone()));
                }
                None
            }
        }
    }

    /// Answers to queries of which the last one is about the newest policy.
    async fn states(&mut self, queries: &[StateQuery]) -> Result<(Seen, Vec<Vec<StoredState>>), StoreError> {
        let (head, mut answers) = self.store.read_states(&self.ledger, queries).await?;
        if self.readable != Some(head.generation) {
            check_form(&*self.store, &self.ledger, head.generation).await?;
            self.readable = Some(head.generation);
        }
        let newest_policy = newest_policy(&answers.pop().unwrap_or_default())?;
        Ok((Seen { head, newest_policy }, answers))
    }
}

fn newest_policy(states: &[StoredState]) -> Result<Position, StoreError> {
    let Some(stored) = states.first() else { return Ok(Position(0)) };
    match State::decode(&stored.key, &stored.bytes) {
        Ok(State::NewestPolicy(position)) => Ok(position),
        Ok(_) => Err(StoreError::Damaged("the newest policy is of another type".to_owned())),
        Err(error) => Err(StoreError::Damaged(error.to_string())),
    }
}
