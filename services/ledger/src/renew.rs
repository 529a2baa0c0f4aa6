//! After a policy was published, the sums in front of the buckets are of an older one, and each reader makes them anew.
//! So the program makes a generation with new sums beside the one that is served, as a rebuild does, while posts go on:
//! one ledger at a time, and half of the time at rest.

use crate::bank::Bank;
use crate::error::{damage, store_error};
use crate::rebuild::{Outcome, Rebuild};
use crate::refold::{Checkpoint, FoldLimits, Progress, Stop};
use ledger_core::id::LedgerId;
use ledger_core::ports::StateQuery;
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often policies are looked for (our own default): one small read a ledger.
const LOOK: Duration = Duration::from_secs(1);
/// How long a ledger rests after its renewal failed (our own default).
const REST: Duration = Duration::from_secs(60);
/// Memory of a renewal: it copies more than it folds.
const MEMORY: u64 = 128 << 20;

/// What is known of a ledger.
#[derive(Default)]
struct Known {
    /// The generation that is served, and the newest policy of its sums.
    served: Option<(u32, Position)>,
    rests_until: Option<Instant>,
}

impl Bank {
    /// Keeps the sums of the ledgers that are running under their newest policies, until it is asked to stop.
    pub async fn keep_summed_up(self: Arc<Self>, stop: Stop) {
        let mut known: HashMap<LedgerId, Known> = HashMap::new();
        while !stop.is_asked() {
            tokio::time::sleep(LOOK).await;
            for ledger in self.all_running() {
                let known = known.entry(ledger.clone()).or_default();
                if stop.is_asked() || known.rests_until.is_some_and(|until| Instant::now() < until) {
                    continue;
                }
                if let Err(refusal) = self.renew(&ledger, known, &stop).await {
                    // Whoever took over makes the sums too.
                    if refusal.reason() != Reason::WriterFenced {
                        tracing::warn!(%ledger, %refusal, "sums of an older policy stay for now; reads make them anew");
                    }
                    known.rests_until = Some(Instant::now() + REST);
                }
            }
        }
    }

    async fn renew(&self, ledger: &LedgerId, known: &mut Known, stop: &Stop) -> Result<(), Refusal> {
        let query = StateQuery::Exactly(Key::newest_policy());
        let (head, newest) = self.store().read_states(ledger, &[query]).await.map_err(store_error)?;
        let Some(newest) = newest.iter().flatten().next() else { return Ok(()) };
        let State::NewestPolicy(newest) = State::decode(&newest.key, &newest.bytes).map_err(damage)? else {
            return Ok(());
        };
        let summed_up = match known.served {
            Some((generation, summed_up)) if generation == head.generation => summed_up,
            _ => self.summed_up(ledger, head.generation).await?,
        };
        known.served = Some((head.generation, summed_up));
        if newest <= summed_up {
            return Ok(());
        }
        if self.has_one_policy(ledger).await? {
            // There never was another to sum up under.
            known.served = Some((head.generation, newest));
            return Ok(());
        }
        tracing::info!(%ledger, policy = %newest, "a policy was published: making the sums anew");
        let limits = FoldLimits { memory_bytes: MEMORY, gently: true, ..FoldLimits::default() };
        let renewal = Rebuild::new(Arc::clone(self.store()), ledger)
            .of_what_is_served()
            .with_limits(limits)
            .stopped_by(stop.clone());
        let name = ledger.to_string();
        let outcome = renewal.run(move |progress| observe(&name, progress)).await?;
        if let Outcome::Served(rebuilt) = outcome {
            metrics::counter!("creditbank_renewals_total", "ledger" => ledger.to_string()).increment(1);
            let (renewed, position) = (rebuilt.comparison.older_sums, rebuilt.position);
            tracing::info!(%ledger, renewed, %position, "the sums are those of the newest policy");
        }
        Ok(())
    }

    /// The newest policy of the sums of a generation.
    async fn summed_up(&self, ledger: &LedgerId, generation: u32) -> Result<Position, Refusal> {
        let kept = self.store().generations(ledger).await.map_err(store_error)?;
        let kept = kept.iter().find(|kept| kept.number == generation);
        let checkpoint = kept.and_then(|kept| Checkpoint::decode(&kept.checkpoint));
        Ok(checkpoint.map_or(Position(0), |checkpoint| checkpoint.newest_policy))
    }

    async fn has_one_policy(&self, ledger: &LedgerId) -> Result<bool, Refusal> {
        let query = StateQuery::Exactly(Key::policies());
        let (_, states) = self.store().read_states(ledger, &[query]).await.map_err(store_error)?;
        let Some(stored) = states.iter().flatten().next() else { return Ok(true) };
        match State::decode(&stored.key, &stored.bytes).map_err(damage)? {
            State::Policies(published) => Ok(published.len() <= 1),
            _ => Ok(true),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a metric")]
fn observe(ledger: &str, progress: Progress) {
    let gauge = metrics::gauge!("creditbank_renewal_states", "ledger" => ledger.to_owned());
    gauge.set(progress.states as f64);
}
