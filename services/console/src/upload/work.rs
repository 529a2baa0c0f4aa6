//! Work on an upload: looking at its rows, and recording them, beside the pages.

use super::held::{Broken, Looked, Note, Offer, Outcome, Posted, Reading, Stage, Upload, Uploads};
use super::spool::Spooling;
use crate::desk::Desk;
use crate::line::Line;
use creditbank_import::heading::with_repairs;
use creditbank_import::{Mapping, RowOutcome, Source};
use creditbank_posting::{Counts, Heard, Posting, Verdict, batch_of};
use ledger_core::id::LedgerId;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufReader, Seek};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// How far work has come.
pub(super) struct Work {
    /// Its number in the line.
    pub(super) ticket: u64,
    /// Rows there are, once they were counted.
    pub(super) all: Option<u64>,
    counts: Mutex<Counts>,
}

impl Work {
    fn new(line: &Line, all: Option<u64>) -> Arc<Work> {
        Arc::new(Work { ticket: line.draw(), all, counts: Mutex::default() })
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, counts: &Counts) {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone_from(counts);
    }
}

/// The file as its reading says, with the mapping that it is read by.
fn open(upload: &Upload, reading: &Reading) -> Result<(Arc<Source>, Mapping, String), Broken> {
    let unusable = |message: String| Broken { reason: "IMPORT_MAPPING".to_owned(), message, may_pass: false };
    let text = with_repairs(&reading.mapping, &reading.repairs).unwrap_or_else(|text| text);
    let mapping = Mapping::parse(&text).map_err(|error| unusable(error.to_string()))?;
    let source = Source::of_upload(&mapping, &upload.name, Arc::clone(&upload.file))?;
    Ok((Arc::new(source), mapping, text))
}

/// The source of an upload, to be gone over once more.
pub(super) fn source(upload: &Upload) -> Result<Arc<Source>, Broken> {
    Ok(open(upload, &upload.reading())?.0)
}

fn ledger(desk: &Desk) -> Result<LedgerId, Broken> {
    let id = LedgerId::parse(crate::desk::id(&desk.parent));
    id.map_err(|refusal| Broken::from(creditbank_grpc::status(refusal)))
}

/// Begins to look at the rows; nothing where the upload is worked on.
pub(super) fn look(line: &Arc<Line>, upload: &Arc<Upload>, desk: &Desk, reading: Reading) {
    let work = Work::new(line, None);
    let begun = Arc::clone(&work);
    if !upload.begin(Some(reading.clone()), |_| Some(Stage::Looking(begun))) {
        line.leave(work.ticket);
        return;
    }
    let (line, upload, desk) = (Arc::clone(line), Arc::clone(upload), desk.clone());
    tokio::spawn(async move {
        let _room = line.turn(work.ticket).await;
        let stage = match look_through(&upload, &desk, &reading, &work).await {
            Ok(looked) => Stage::Looked(Arc::new(looked)),
            Err(broken) => Stage::Broken(broken, None),
        };
        upload.set(stage);
    });
}

async fn look_through(
    upload: &Arc<Upload>,
    desk: &Desk,
    reading: &Reading,
    work: &Work,
) -> Result<Looked, Broken> {
    let opened = (Arc::clone(upload), reading.clone());
    let (source, mapping, _) = beside(move || open(&opened.0, &opened.1)).await?;
    let mut posting = Posting::rehearsal(desk.posting(), mapping.opens_accounts(), mapping.registers());
    let mut problems = Spooling::new()?;
    let mut offers = BTreeMap::new();
    let mut rewritten = 0;
    // Rows that are being asked for, with their account and minutes.
    let mut asked: HashMap<u64, (u64, u32)> = HashMap::new();
    let (mut people, mut minutes) = (HashSet::new(), 0);
    let hasher = RandomState::new();
    let hear = |heard: Heard<'_>| match heard {
        Heard::Read(row) => {
            rewritten += u64::from(!row.notes.is_empty());
            for suggestion in &row.suggestions {
                let offer = offers.entry(suggestion.repair).or_insert_with(|| Offer {
                    rows: 0,
                    column: suggestion.column.clone(),
                    from: suggestion.from.clone(),
                    to: suggestion.to.clone(),
                });
                offer.rows += 1;
            }
            if let RowOutcome::Post(request) = &row.outcome
                && let Some(entry) = &request.entry
            {
                asked.insert(row.number, (hasher.hash_one(&entry.account), entry.minutes));
            }
            Ok(())
        }
        Heard::Told(told, counts) => {
            work.note(counts);
            let held = asked.remove(&told.row);
            if let (Verdict::Recorded { .. }, Some((account, attended))) = (&told.verdict, held) {
                people.insert(account);
                minutes += u64::from(attended);
            }
            let note = note(told.verdict);
            if matches!(note.verdict, Outcome::Bad | Outcome::Refused) {
                problems.push(told.row, &note)?;
            }
            Ok::<(), Broken>(())
        }
    };
    let registration = posting.run(&source, &ledger(desk)?, hear).await?;
    Ok(Looked {
        people: people.len() as u64,
        minutes,
        problems: problems.finish()?,
        offers,
        rewritten,
        registration,
        unused: source.unused_columns().to_vec(),
        counts: posting.counts,
    })
}

/// Begins to record what was looked at; nothing where it was not, or is being recorded.
pub(super) fn post(line: &Arc<Line>, upload: &Arc<Upload>, desk: &Desk, uploads: &Arc<Uploads>) {
    let mut begun = None;
    let drawn = upload.begin(None, |stage| {
        let (Stage::Looked(looked) | Stage::Broken(_, Some(looked))) = stage else { return None };
        let work = Work::new(line, Some(looked.counts.rows));
        begun = Some((Arc::clone(&work), Arc::clone(looked)));
        Some(Stage::Posting(work))
    });
    let (true, Some((work, looked))) = (drawn, begun) else { return };
    let (line, upload, desk) = (Arc::clone(line), Arc::clone(upload), desk.clone());
    let uploads = Arc::clone(uploads);
    tokio::spawn(async move {
        let _room = line.turn(work.ticket).await;
        let began = Instant::now();
        let stage = match record(&upload, &desk, &looked, &work).await {
            Ok(posted) => {
                let (rows, recorded) = (posted.counts.rows, posted.counts.recorded);
                let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                tracing::info!(rows, recorded, ms, "an upload was recorded");
                // What the ledger took is remembered: whoever may not post says nothing for a school.
                if let (true, Some(choice)) =
                    (posted.counts.recorded + posted.counts.already > 0, upload.reading().choice)
                {
                    let name = desk.name(&format!("organizations/{}", upload.organization));
                    uploads.remembered.keep(&name, &upload.outline(), &choice);
                }
                Stage::Posted(Arc::new(posted))
            }
            Err(broken) => Stage::Broken(broken, Some(looked)),
        };
        upload.set(stage);
    });
}

async fn record(upload: &Arc<Upload>, desk: &Desk, looked: &Looked, work: &Work) -> Result<Posted, Broken> {
    let (reading, opened) = (upload.reading(), Arc::clone(upload));
    let (source, batch) = beside(move || {
        let (source, _, text) = open(&opened, &reading)?;
        let mut file: File = opened.file.try_clone()?;
        file.rewind()?;
        Ok::<_, Broken>((source, batch_of(&text, BufReader::new(file))?))
    })
    .await?;
    let way = desk.posting();
    let accounts = way.register(&looked.registration).await?;
    let mut posting = Posting::new(way, batch.clone());
    posting.counts.accounts = accounts;
    let mut verdicts = Spooling::new()?;
    let hear = |heard: Heard<'_>| {
        let Heard::Told(told, counts) = heard else { return Ok(()) };
        work.note(counts);
        verdicts.push(told.row, &note(told.verdict)).map_err(Broken::from)
    };
    posting.run(&source, &ledger(desk)?, hear).await?;
    Ok(Posted { counts: posting.counts, verdicts: verdicts.finish()?, batch })
}

/// Runs what waits for the disk beside what waits for the network.
pub(super) async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Broken> + Send + 'static,
) -> Result<T, Broken> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Broken::from(std::io::Error::other(error))))
}

/// What is told of a row.
fn note(verdict: Verdict) -> Note {
    let plain = |verdict, position| Note { verdict, position, reason: String::new(), message: String::new() };
    match verdict {
        Verdict::Recorded { position } => plain(Outcome::Recorded, position),
        Verdict::Already { position } => plain(Outcome::Already, position),
        Verdict::Refused { reason, message } => {
            Note { verdict: Outcome::Refused, position: 0, reason, message }
        }
        Verdict::Skipped { reason } => Note { message: reason, ..plain(Outcome::Skipped, 0) },
        Verdict::Bad { problems } => {
            let reasons: Vec<&str> = problems.iter().map(|problem| problem.reason).collect();
            let told: Vec<String> =
                problems.iter().map(|problem| format!("{}：{}", problem.column, problem.message)).collect();
            Note { reason: reasons.join(" "), message: told.join(" "), ..plain(Outcome::Bad, 0) }
        }
    }
}
