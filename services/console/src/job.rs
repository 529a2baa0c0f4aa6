//! Work beside the pages that is under way, or was done lately, by the name of what it is about.

use crate::line::Line;
use crate::stop::{Refused, Stop};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Jobs of a kind that are remembered (our own default); one that is done makes room for another.
const MOST: usize = 32;

/// What has become of a job; `P` tells how far it has come.
#[derive(Debug, Clone)]
pub(crate) enum Standing<P> {
    /// It waits or runs.
    Under(P),
    Done(P),
    /// It did not come to its end: what was done stays so.
    Broken(Refused, P),
}

/// A job.
pub(crate) struct Job<P> {
    pub(crate) ticket: u64,
    begun: Instant,
    standing: Mutex<Standing<P>>,
}

impl<P: Clone> Job<P> {
    pub(crate) fn standing(&self) -> Standing<P> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How far it has come.
    pub(crate) fn note(&self, progress: P) {
        self.set(Standing::Under(progress));
    }

    fn set(&self, standing: Standing<P>) {
        *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = standing;
    }

    fn is_under_way(&self) -> bool {
        matches!(self.standing(), Standing::Under(_))
    }
}

/// Jobs of one kind, by the resource name of what they are about.
pub(crate) struct Jobs<P>(Mutex<HashMap<String, Arc<Job<P>>>>);

impl<P> Default for Jobs<P> {
    fn default() -> Jobs<P> {
        Jobs(Mutex::default())
    }
}

impl<P: Clone + Default + Send + 'static> Jobs<P> {
    /// The job about something. Who may see that may see how far the job has come.
    pub(crate) fn find(&self, about: &str) -> Option<Arc<Job<P>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(about).cloned()
    }

    /// Begins a job in its turn, where none about the same is under way.
    ///
    /// # Errors
    /// Where too many are.
    pub(crate) fn begin<C>(
        &self,
        line: &Arc<Line>,
        about: String,
        work: impl FnOnce(Arc<Job<P>>) -> C + Send + 'static,
    ) -> Result<(), Stop>
    where
        C: Future<Output = Result<P, Refused>> + Send,
    {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.get(&about).is_some_and(|job| job.is_under_way()) {
            return Ok(());
        }
        if held.len() >= MOST {
            let done = held.iter().filter(|(_, job)| !job.is_under_way());
            let oldest = done.min_by_key(|(_, job)| job.begun).map(|(name, _)| name.clone());
            held.remove(&oldest.ok_or(Stop::Busy)?);
        }
        let standing = Mutex::new(Standing::Under(P::default()));
        let job = Arc::new(Job { ticket: line.draw(), begun: Instant::now(), standing });
        held.insert(about, Arc::clone(&job));
        let line = Arc::clone(line);
        tokio::spawn(async move {
            let _room = line.turn(job.ticket).await;
            let standing = match work(Arc::clone(&job)).await {
                Ok(done) => Standing::Done(done),
                Err(refused) => {
                    let (Standing::Under(so_far) | Standing::Done(so_far) | Standing::Broken(_, so_far)) =
                        job.standing();
                    Standing::Broken(refused, so_far)
                }
            };
            job.set(standing);
        });
        Ok(())
    }
}
