//! The uploads of all sessions, from the file to what became of its rows.

use super::remembered::Remembered;
use super::spool::Spool;
use super::work::Work;
use crate::session::{Caller, secret};
use crate::stop::Stop;
use crate::visitor::Visitor;
use creditbank_evidence::EvidenceError;
use creditbank_import::heading::{Choice, Outline};
use creditbank_import::{ImportError, Registration, Repair};
use creditbank_posting::Counts;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Uploads that are held at once, of at most 32 MiB each (our own default). The one that was quiet longest makes room for
/// another; one that is worked on never does.
const MOST: usize = 32;
/// How long an upload is held that nobody looks at (our own default).
const IDLE: Duration = Duration::from_secs(3_600);

/// Whose an upload is: whoever signs in again with a credential of the same post finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner(String);

impl Owner {
    pub(super) fn of(visitor: &Visitor) -> Owner {
        let Caller { person, role, organization, .. } = &*visitor.session.caller;
        Owner([&visitor.desk().parent, organization.as_str(), person, &role.to_string()].join("\n"))
    }
}

/// What is told of a row: beside it in the result, or on a page of the preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Note {
    pub(super) verdict: Outcome,
    pub(super) position: u64,
    pub(super) reason: String,
    pub(super) message: String,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Recorded,
    Already,
    Refused,
    Skipped,
    Bad,
}

/// A repair that would help, with the first place where it would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) rows: u64,
    pub(super) column: String,
    pub(super) from: String,
    pub(super) to: String,
}

/// What a preview found.
pub(super) struct Looked {
    pub(super) counts: Counts,
    /// Accounts of the rows that would be recorded.
    pub(super) people: u64,
    pub(super) minutes: u64,
    /// Rows that would not be recorded, but for those that are none.
    pub(super) problems: Spool<Note>,
    pub(super) offers: BTreeMap<Repair, Offer>,
    /// Rows in which something was rewritten, such as full-width digits.
    pub(super) rewritten: u64,
    pub(super) registration: Registration,
    pub(super) unused: Vec<String>,
}

/// What a posting came to.
pub(super) struct Posted {
    pub(super) counts: Counts,
    pub(super) verdicts: Spool<Note>,
    pub(super) batch: String,
}

/// Why work on a file ended.
#[derive(Debug, Clone)]
pub(super) struct Broken {
    pub(super) reason: String,
    pub(super) message: String,
    /// Whether it may go better without anything being changed.
    pub(super) may_pass: bool,
}

impl From<ImportError> for Broken {
    fn from(error: ImportError) -> Broken {
        Broken { reason: error.reason().to_owned(), message: error.to_string(), may_pass: false }
    }
}

impl From<tonic::Status> for Broken {
    fn from(status: tonic::Status) -> Broken {
        let refused = crate::stop::Refused::from(status);
        Broken { may_pass: refused.leaves_unknown(), reason: refused.reason, message: refused.text }
    }
}

impl From<EvidenceError> for Broken {
    fn from(error: EvidenceError) -> Broken {
        Broken::from(io::Error::other(error))
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Broken {
        tracing::error!(%error, "a file of an upload failed");
        let message = "伺服器的磁碟讀寫不成，請稍後再試，或通知管理員。\
                       The server's disk failed: try again later, or tell the administrator.";
        Broken { reason: "IMPORT_UNREADABLE".to_owned(), message: message.to_owned(), may_pass: true }
    }
}

/// How a file is read.
#[derive(Debug, Clone, Default)]
pub(super) struct Reading {
    /// The mapping as it was written or made.
    pub(super) mapping: String,
    /// The repairs that were ticked.
    pub(super) repairs: BTreeSet<Repair>,
    /// What the mapping was made of; none where it was written.
    pub(super) choice: Option<Choice>,
}

/// Where an upload is.
#[derive(Clone)]
pub(super) enum Stage {
    /// It waits to be told what its columns mean.
    Columns,
    /// Its rows are looked at.
    Looking(Arc<Work>),
    /// It waits for a yes.
    Looked(Arc<Looked>),
    /// Its rows are recorded.
    Posting(Arc<Work>),
    /// It is done.
    Posted(Arc<Posted>),
    /// It cannot be read so, or the ledger does not answer.
    Broken(Broken, Option<Arc<Looked>>),
}

impl Stage {
    pub(super) fn is_working(&self) -> bool {
        matches!(self, Stage::Looking(_) | Stage::Posting(_))
    }
}

/// What changes of an upload.
struct Changing {
    stage: Stage,
    reading: Reading,
    outline: Arc<Outline>,
    seen: Instant,
}

/// An upload.
pub(super) struct Upload {
    pub(super) id: String,
    pub(super) owner: Owner,
    pub(super) name: String,
    pub(super) file: Arc<File>,
    /// Who posts: an id.
    pub(super) organization: String,
    changing: Mutex<Changing>,
}

impl Upload {
    pub(super) fn stage(&self) -> Stage {
        self.lock().stage.clone()
    }

    /// What became of work that was begun.
    pub(super) fn set(&self, stage: Stage) {
        self.lock().stage = stage;
    }

    pub(super) fn reading(&self) -> Reading {
        self.lock().reading.clone()
    }

    pub(super) fn outline(&self) -> Arc<Outline> {
        Arc::clone(&self.lock().outline)
    }

    /// Takes the headings as they were read anew, unless work is under way.
    pub(super) fn reread(&self, read: Result<Outline, Broken>) {
        let mut changing = self.lock();
        if changing.stage.is_working() {
            return;
        }
        match read {
            Ok(outline) => {
                changing.outline = Arc::new(outline);
                changing.stage = Stage::Columns;
            }
            Err(broken) => changing.stage = Stage::Broken(broken, None),
        }
    }

    /// Begins work where none is under way.
    pub(super) fn begin(&self, reading: Option<Reading>, next: impl FnOnce(&Stage) -> Option<Stage>) -> bool {
        let mut changing = self.lock();
        if changing.stage.is_working() {
            return false;
        }
        let Some(stage) = next(&changing.stage) else { return false };
        changing.stage = stage;
        if let Some(reading) = reading {
            changing.reading = reading;
        }
        true
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Changing> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All uploads.
pub(crate) struct Uploads {
    held: Mutex<HashMap<String, Arc<Upload>>>,
    pub(super) remembered: Remembered,
}

impl Uploads {
    pub(crate) fn new(remembered: Remembered) -> Arc<Uploads> {
        let uploads = Arc::new(Uploads { held: Mutex::default(), remembered });
        // What nobody looks at goes, also where nobody comes any more.
        let weak = Arc::downgrade(&uploads);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(IDLE / 60).await;
                let Some(uploads) = weak.upgrade() else { return };
                uploads.tidy(Instant::now());
            }
        });
        uploads
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Upload>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tidy(&self, now: Instant) {
        self.lock().retain(|_, upload| {
            let changing = upload.lock();
            changing.stage.is_working() || now.saturating_duration_since(changing.seen) < IDLE
        });
    }

    /// Holds a file.
    ///
    /// # Errors
    /// Where all that are held are worked on.
    pub(super) fn hold(
        &self,
        visitor: &Visitor,
        name: String,
        file: Arc<File>,
        organization: String,
        outline: Outline,
    ) -> Result<Arc<Upload>, Stop> {
        let now = Instant::now();
        self.tidy(now);
        let id = secret().map_err(|_| Stop::NoRandomness)?.chars().take(32).collect::<String>();
        let changing = Mutex::new(Changing {
            stage: Stage::Columns,
            reading: Reading::default(),
            outline: Arc::new(outline),
            seen: now,
        });
        let owner = Owner::of(visitor);
        let upload = Arc::new(Upload { id: id.clone(), owner, name, file, organization, changing });
        let mut held = self.lock();
        if held.len() >= MOST {
            let idle = held.values().filter(|upload| !upload.stage().is_working());
            let quiet = idle.min_by_key(|upload| upload.lock().seen).map(|upload| upload.id.clone());
            held.remove(&quiet.ok_or(Stop::Busy)?);
        }
        held.insert(id, Arc::clone(&upload));
        Ok(upload)
    }

    /// The upload of a number, where it is the visitor's.
    pub(super) fn find(&self, visitor: &Visitor, id: &str) -> Result<Arc<Upload>, Stop> {
        let upload = self.lock().get(id).cloned().filter(|upload| upload.owner == Owner::of(visitor));
        let upload = upload.ok_or(Stop::NoUpload)?;
        upload.lock().seen = Instant::now();
        Ok(upload)
    }

    /// The visitor's uploads, the newest first.
    pub(super) fn own(&self, visitor: &Visitor) -> Vec<Arc<Upload>> {
        let owner = Owner::of(visitor);
        let mut own: Vec<_> = self.lock().values().filter(|upload| upload.owner == owner).cloned().collect();
        own.sort_by_key(|upload| std::cmp::Reverse(upload.lock().seen));
        own
    }

    /// Lets go of an upload that is not worked on.
    pub(super) fn let_go(&self, upload: &Upload) {
        let mut held = self.lock();
        if !upload.stage().is_working() {
            held.remove(&upload.id);
        }
    }
}
