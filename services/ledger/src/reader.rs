//! Reads of states, gathered: what waits while one statement runs is answered by the next one, from one snapshot.
//! A thousand balance reads cost a few statements, and a dropped call cancels nothing.

use crate::error::store_error;
use crate::refold::check_form;
use ledger_core::Refusal;
use ledger_core::id::LedgerId;
use ledger_core::ports::{Head, StateQuery, Store, StoredState};
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;
use ledger_core::{Reason, ports::StoreError};
use std::sync::Arc;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

/// Tasks that read; one gathers while another waits for its statement.
const READERS: usize = 2;
/// Queries after which a statement takes no more asks.
const GATHERED: usize = 64;

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
}

impl Reader {
    pub(crate) fn start(ledger: &LedgerId, store: &Arc<dyn Store>, room: usize) -> Reader {
        let (queue, asks) = mpsc::unbounded_channel();
        let asks = Arc::new(Mutex::new(asks));
        for _ in 0..READERS {
            tokio::spawn(serve(ledger.clone(), Arc::clone(store), Arc::clone(&asks)));
        }
        Reader { queue, room: Arc::new(Semaphore::new(room)) }
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

async fn serve(ledger: LedgerId, store: Arc<dyn Store>, asks: Arc<Mutex<mpsc::UnboundedReceiver<Ask>>>) {
    // The generation whose form is known to be this program's.
    let mut readable = None;
    loop {
        let mut gathered = Vec::new();
        {
            let mut asks = asks.lock().await;
            let Some(first) = asks.recv().await else { return };
            let mut queries = first.queries.len();
            gathered.push(first);
            while queries < GATHERED {
                let Ok(ask) = asks.try_recv() else { break };
                queries += ask.queries.len();
                gathered.push(ask);
            }
        }
        answer(&ledger, store.as_ref(), &mut readable, gathered).await;
    }
}

async fn answer(ledger: &LedgerId, store: &dyn Store, readable: &mut Option<u32>, mut gathered: Vec<Ask>) {
    let sizes: Vec<usize> = gathered.iter().map(|ask| ask.queries.len()).collect();
    let mut queries: Vec<StateQuery> = gathered.iter_mut().flat_map(|ask| ask.queries.drain(..)).collect();
    queries.push(StateQuery::Exactly(Key::newest_policy()));
    let read = async {
        let (head, mut answers) = store.read_states(ledger, &queries).await?;
        if *readable != Some(head.generation) {
            check_form(store, ledger, head.generation).await?;
            *readable = Some(head.generation);
        }
        let newest_policy = newest_policy(&answers.pop().unwrap_or_default())?;
        Ok((Seen { head, newest_policy }, answers))
    };
    match read.await {
        Ok((seen, answers)) => {
            let mut answers = answers.into_iter();
            for (ask, size) in gathered.into_iter().zip(sizes) {
                let own = answers.by_ref().take(size).collect();
                // The caller may have gone.
                let _ = ask.reply.send(Ok((seen, own)));
            }
        }
        Err::<_, StoreError>(error) => {
            for ask in gathered {
                let _ = ask.reply.send(Err(error.clone()));
            }
        }
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
