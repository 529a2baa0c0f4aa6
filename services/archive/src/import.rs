//! Taking an archive into a deployment. The ledger is not served before all of it is there; what was begun and killed is
//! gone on with.

use crate::check::check;
use crate::error::ArchiveError;
use crate::lines;
use crate::{PAGE, Progress, Stage};
use creditbank_ledger::{Outcome, Rebuild, bring_up, lay_down};
use creditbank_proof::archive::{Content, Manifest, parse_request};
use ledger_core::event;
use ledger_core::id::LedgerId;
use ledger_core::ports::{
    Append, AppendBatch, RequestKey, RequestRecord, Standing, Store, StoreError, StoredEvent, Tenancy,
};
use ledger_core::quantity::Position;
use std::path::Path;
use std::sync::Arc;

/// Makes a ledger of an archive, with the same log, byte for byte, and the same requests. The archive is checked from
/// its first byte to its last before anything is written. `asked` is the ledger it is to be of, where that matters.
///
/// # Errors
/// `NotWhole`, `OtherLedger`, `Exists`, `BegunWithAnother`, or what the store says. What was written by then is not
/// served, and the next import of the same archive goes on from there.
pub async fn import(
    store: Arc<dyn Store>,
    folder: &Path,
    asked: Option<&LedgerId>,
    mut progress: impl FnMut(Progress) + Send + 'static,
) -> Result<Manifest, ArchiveError> {
    if let (Some(asked), archived) = (asked, Manifest::read(folder)?.ledger)
        && *asked != archived
    {
        return Err(ArchiveError::OtherLedger { archived: archived.to_string(), asked: asked.to_string() });
    }
    let manifest = check(folder, &mut progress).await?;
    let ledger = manifest.ledger.clone();
    make_room(&*store, &ledger).await?;
    let mut arrival = Arrival { store: &*store, folder, manifest: &manifest, progress: &mut progress };
    arrival.take_events().await?;
    arrival.take_requests().await?;
    fold(&store, &ledger, progress).await?;
    // What stands here now, read back, and hashed anew.
    if bring_up(&*store, &ledger).await?.root() != manifest.root_sha256 {
        return Err(StoreError::Damaged("the events are not those of the archive".to_owned()).into());
    }
    open(&*store, &ledger).await?;
    Ok(manifest)
}

/// Lets the ledger be served, once all of it is there.
async fn open(store: &dyn Store, ledger: &LedgerId) -> Result<(), ArchiveError> {
    let open = |now: Tenancy| match now.standing {
        Standing::Arriving => Ok(Some(Tenancy { standing: Standing::Open, ..now })),
        Standing::Discarded => Err(ArchiveError::Discarded(ledger.to_string())),
        // Another import of the same archive came to its end too.
        Standing::Open | Standing::Sealed => Ok(None),
    };
    lay_down(store, ledger, open).await?
}

/// Throws away what an import has begun; one that is running ends.
///
/// # Errors
/// `NotArriving`, or what the store says.
pub async fn discard(store: &dyn Store, ledger: &LedgerId) -> Result<(), ArchiveError> {
    // From then on no import goes on with it: before the first row is removed.
    let discarded = |now: Tenancy| match now.standing {
        Standing::Arriving => Ok(Some(Tenancy { standing: Standing::Discarded, ..now })),
        Standing::Discarded => Ok(None),
        Standing::Open | Standing::Sealed => Err(ArchiveError::NotArriving(ledger.to_string())),
    };
    lay_down(store, ledger, discarded).await??;
    loop {
        match store.remove_discarded(ledger, PAGE).await {
            Ok(false) => {}
            // It is gone; another may stand in its place already.
            Ok(true) | Err(StoreError::Superseded | StoreError::NoLedger) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Makes the ledger, or takes the one that an earlier import has begun; nobody else writes to it.
async fn make_room(store: &dyn Store, ledger: &LedgerId) -> Result<(), ArchiveError> {
    match store.create_ledger_as(ledger, Standing::Arriving).await {
        Err(StoreError::LedgerExists) => {}
        made => return Ok(made?),
    }
    match store.tenancy(ledger).await?.standing {
        Standing::Arriving => Ok(()),
        Standing::Discarded => Err(ArchiveError::Discarded(ledger.to_string())),
        Standing::Open | Standing::Sealed => Err(ArchiveError::Exists(ledger.to_string())),
    }
}

/// An append to the ledger that arrives.
async fn begin(store: &dyn Store, ledger: &LedgerId) -> Result<Box<dyn Append>, ArchiveError> {
    let append = store.begin_append(ledger).await?;
    let standing = append.tenancy().standing;
    if standing == Standing::Arriving {
        return Ok(append);
    }
    append.rollback().await;
    Err(match standing {
        Standing::Discarded => ArchiveError::Discarded(ledger.to_string()),
        // Another import of the same archive has come to its end.
        _ => ArchiveError::Exists(ledger.to_string()),
    })
}

/// What is taken out of an archive, and where to.
struct Arrival<'a, P> {
    store: &'a dyn Store,
    folder: &'a Path,
    manifest: &'a Manifest,
    progress: &'a mut P,
}

impl<P: FnMut(Progress) + Send> Arrival<'_, P> {
    async fn take_events(&mut self) -> Result<(), ArchiveError> {
        let Arrival { store, folder, manifest, progress } = self;
        let ledger = &manifest.ledger;
        let another = |position: Position| ArchiveError::BegunWithAnother {
            ledger: ledger.to_string(),
            position: position.0,
        };
        let mut at = Position(0);
        let mut pages = lines::read(folder, manifest.of(Content::Events));
        while let Some(page) = pages.recv().await {
            let mut events = Vec::new();
            for bytes in page? {
                at = at.next();
                events.push(StoredEvent { position: at, bytes });
            }
            let there = store.head(ledger).await?.position;
            if let Some(first) = events.first()
                && there >= first.position
            {
                // An earlier import came so far.
                let stored = store.read_events(ledger, first.position, PAGE).await?;
                if let Some((ours, _)) = events.iter().zip(&stored).find(|(ours, stored)| ours != stored) {
                    return Err(another(ours.position));
                }
                events.drain(..stored.len().min(events.len()));
            }
            if let (Some(first), Some(last)) = (events.first(), events.last()) {
                let decoded =
                    event::decode(&last.bytes).map_err(|error| StoreError::Damaged(error.to_string()))?;
                let (first, append) = (first.position, begin(*store, ledger).await?);
                if append.head().position.next() != first {
                    append.rollback().await;
                    return Err(another(first));
                }
                let recorded_at_us = decoded.recorded_at.timestamp_micros();
                append.commit(AppendBatch { events, recorded_at_us, ..AppendBatch::default() }).await?;
            }
            progress(Progress { stage: Stage::Events, done: at.0, of: manifest.events });
        }
        if store.head(ledger).await?.position.0 != manifest.events {
            return Err(another(at.next()));
        }
        Ok(())
    }

    async fn take_requests(&mut self) -> Result<(), ArchiveError> {
        let Arrival { store, folder, manifest, progress } = self;
        let ledger = &manifest.ledger;
        let mut done = 0;
        let mut pages = lines::read(folder, manifest.of(Content::Requests));
        while let Some(page) = pages.recv().await {
            let page = page?;
            done += page.len() as u64;
            let parsed: Result<Vec<(RequestKey, RequestRecord)>, _> =
                page.iter().map(|line| parse_request(line)).collect();
            let requests = parsed.map_err(|error| ArchiveError::not_whole("requests", error))?;
            let mut append = begin(*store, ledger).await?;
            let keys: Vec<RequestKey> = requests.iter().map(|(key, _)| key.clone()).collect();
            let known = append.find_requests(&keys).await?;
            let mut new = Vec::new();
            for ((key, record), known) in requests.into_iter().zip(known) {
                match known {
                    None => new.push((key, record)),
                    Some(known) if known == record => {}
                    Some(known) => {
                        append.rollback().await;
                        let position = known.position.0;
                        return Err(ArchiveError::BegunWithAnother { ledger: ledger.to_string(), position });
                    }
                }
            }
            match new.is_empty() {
                true => append.rollback().await,
                false => append.commit(AppendBatch { requests: new, ..AppendBatch::default() }).await?,
            }
            progress(Progress { stage: Stage::Requests, done, of: manifest.requests });
        }
        if done != manifest.requests {
            return Err(ArchiveError::not_whole("requests", "it ends before its end"));
        }
        Ok(())
    }
}

/// Folds the states, as a rebuild does.
async fn fold(
    store: &Arc<dyn Store>,
    ledger: &LedgerId,
    mut progress: impl FnMut(Progress) + Send + 'static,
) -> Result<(), ArchiveError> {
    let folded = Rebuild::new(Arc::clone(store), ledger).run(move |folding| {
        progress(Progress { stage: Stage::Folding, done: folding.position.0, of: folding.head.0 });
    });
    match folded.await? {
        Outcome::Served(_) => Ok(()),
        Outcome::Stopped(_) => Err(StoreError::Unavailable("the fold was asked to stop".to_owned()).into()),
    }
}
