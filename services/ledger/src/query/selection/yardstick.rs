//! What candidates are measured by: a standard, the days that are looked at, and whose applications count.

use crate::error::damaged;
use crate::ledger::Ledger;
use ledger_core::date::OccurredOn;
use ledger_core::decide::no_standard;
use ledger_core::entry::Digest32;
use ledger_core::id::{SelectionId, StandardId};
use ledger_core::quantity::Position;
use ledger_core::selection::{FAMILY_DEFAULT, PRESETS, SelectionRecord, Standard, Window};
use ledger_core::{Reason, Refusal};

/// The longest document of a standard, in bytes (our own default): events stay small.
const MAX_DOCUMENT_BYTES: usize = 256 << 10;

/// What candidates are measured by.
#[derive(Debug, Clone)]
pub struct Yardstick {
    /// The standard.
    pub standard: Standard,
    /// SHA-256 of its document.
    pub digest: Digest32,
    /// The days that are looked at.
    pub window: Window,
    /// The day whose members a household is taken to have; none: the last of the window that has come.
    pub counted_on: Option<OccurredOn>,
    /// Places; none: those of the standard.
    pub places: Option<u64>,
    /// The selection whose applicants are the candidates; none: all accounts of the kind, whoever applied.
    pub selection: Option<SelectionId>,
    /// The position up to which steps of the selection and policies count; none: all up to the point asked about.
    pub steps_until: Option<Position>,
}

impl Yardstick {
    /// A civil year by the document of a standard.
    ///
    /// # Errors
    /// `STANDARD_INVALID`.
    pub fn of_year(document: &str, year: i32) -> Result<Yardstick, Refusal> {
        if document.len() > MAX_DOCUMENT_BYTES {
            return Err(Refusal::field(
                Reason::StandardInvalid,
                "document",
                format!(
                    "評選標準最長 {MAX_DOCUMENT_BYTES} 位元組，請精簡。A standard has at most {MAX_DOCUMENT_BYTES} bytes: shorten it."
                ),
            ));
        }
        let standard = Standard::parse(document).map_err(|error| {
            Refusal::field(
                Reason::StandardInvalid,
                "document",
                format!("評選標準有誤，請逐項更正：{error}。Not a standard, correct each of these: {error}."),
            )
        })?;
        let (digest, window) = (Digest32::of(document.as_bytes()), Window::of_year(year));
        Ok(Yardstick {
            standard,
            digest,
            window,
            counted_on: None,
            places: None,
            selection: None,
            steps_until: None,
        })
    }

    /// Whether it measures what became of a frozen list, by the steps of then: all of that list are candidates still.
    pub(super) fn is_of_frozen(&self) -> bool {
        self.steps_until.is_some()
    }

    /// Looks at other days.
    ///
    /// # Errors
    /// `TIME_RANGE`.
    pub fn looks_at(&mut self, from: Option<OccurredOn>, to: Option<OccurredOn>) -> Result<(), Refusal> {
        let from = from.unwrap_or(self.window.from);
        let to = to.unwrap_or_else(|| OccurredOn::last_of(from.year()));
        if to < from {
            return Err(Refusal::field(
                Reason::TimeRange,
                "window_to",
                "期間的末日不能早於首日。The last day of a window is not before its first.",
            ));
        }
        self.window = Window { from, to };
        Ok(())
    }
}

impl Ledger {
    /// What candidates are measured by this year: the newest version of a standard that was published, else one that
    /// ships, or a document to be tried out.
    ///
    /// # Errors
    /// `STANDARD_NOT_FOUND`, `STANDARD_INVALID`.
    pub async fn yardstick(
        &self,
        standard: Option<&StandardId>,
        document: Option<&str>,
    ) -> Result<Yardstick, Refusal> {
        let year = self.today().await?.year();
        match (standard, document) {
            (Some(id), None) => {
                let published = match self.standard(id, Position(0)).await {
                    Ok((record, _)) => record.published.into_iter().next_back(),
                    Err(refusal) if refusal.reason() == Reason::StandardNotFound => None,
                    Err(refusal) => return Err(refusal),
                };
                match published {
                    Some((_, published)) => Yardstick::of_year(&published.document, year),
                    None => Yardstick::of_year(preset(id).ok_or_else(|| no_standard(id, "standard"))?, year),
                }
            }
            (None, document) => Yardstick::of_year(document.unwrap_or(FAMILY_DEFAULT), year),
            (Some(_), Some(_)) => Err(Refusal::field(
                Reason::FieldInvalid,
                "document",
                "standard 和 document 只能填一個。Give a standard or a document, not both.",
            )),
        }
    }

    /// What the candidates of a selection are measured by: its standard in the version it was opened with, its days, and
    /// once it is frozen the places it was frozen with.
    ///
    /// # Errors
    /// `SELECTION_NOT_FOUND`.
    pub async fn selection_yardstick(
        &self,
        id: &SelectionId,
    ) -> Result<(Yardstick, SelectionRecord), Refusal> {
        let (record, _) = self.selection(id, Position(0)).await?;
        let opened = &record.opened;
        let (standard, _) = self.standard(&opened.standard, Position(0)).await?;
        let document = &standard.version(opened.version).ok_or_else(damaged)?.document;
        let yardstick = Yardstick {
            window: opened.window,
            counted_on: Some(opened.counted_on),
            places: record.frozen().and_then(|(freeze, ..)| freeze.places),
            selection: Some(id.clone()),
            ..Yardstick::of_year(document, opened.year)?
        };
        Ok((yardstick, record))
    }
}

/// A standard that ships, by its id.
fn preset(id: &StandardId) -> Option<&'static str> {
    PRESETS.into_iter().find(|document| Standard::parse(document).is_ok_and(|held| held.standard == *id))
}
