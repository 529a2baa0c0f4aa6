//! How candidates stand by a standard: one of them with every entry behind its points, or all of them ranked.

mod field;
mod measure;

use super::question::{AsOf, Question};
use crate::error::{damaged, store_error};
use crate::ledger::Ledger;
use field::Field;
use ledger_core::date::OccurredOn;
use ledger_core::entry::Digest32;
use ledger_core::id::{AccountId, SelectionId, StandardId};
use ledger_core::policy::Rulebook;
use ledger_core::ports::StoreError;
use ledger_core::quantity::Position;
use ledger_core::selection::{
    Basis, Candidate, CandidateKind, FAMILY_DEFAULT, Measure, PRESETS, RankedList, Standard, Window, rank,
};
use ledger_core::{Reason, Refusal};
use std::collections::BTreeMap;

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
        Ok(Yardstick { standard, digest, window, counted_on: None, places: None })
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

/// How one candidate stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// The candidate, its record, its score and what bars it.
    pub candidate: Candidate,
    /// The entries behind each measure, in order of position.
    pub entries: BTreeMap<Measure, Vec<Position>>,
    /// The day whose members a household is taken to have.
    pub counted_on: OccurredOn,
    /// The position it is true at.
    pub position: Position,
}

/// A point of the log, with the rules that were in force there.
struct Point {
    position: Position,
    rulebook: Rulebook,
    counted_on: OccurredOn,
}

impl Ledger {
    async fn point(&self, yardstick: &Yardstick, question: &Question) -> Result<Point, Refusal> {
        let (reached, rules, _) = self.read_by_the_rules(question.min_position, Vec::new()).await?;
        let position = self.resolve(question.as_of, reached).await?;
        let counted_on = match yardstick.counted_on {
            Some(day) => day,
            None => yardstick.window.to.min(self.today_at(question.as_of, position).await?),
        };
        Ok(Point { position, rulebook: rules.rulebook.as_of(position), counted_on })
    }

    /// What candidates are measured by this year: the document of a standard, or one to be tried out.
    ///
    /// # Errors
    /// `STANDARD_NOT_FOUND`, `STANDARD_INVALID`.
    pub async fn yardstick(
        &self,
        standard: Option<&StandardId>,
        document: Option<&str>,
    ) -> Result<Yardstick, Refusal> {
        let document = match (standard, document) {
            (Some(id), None) => preset(id).ok_or_else(|| no_such_standard(id))?,
            (None, Some(document)) => document,
            (None, None) => FAMILY_DEFAULT,
            (Some(_), Some(_)) => {
                return Err(Refusal::field(
                    Reason::FieldInvalid,
                    "document",
                    "standard 和 document 只能填一個。Give a standard or a document, not both.",
                ));
            }
        };
        Yardstick::of_year(document, self.today().await?.year())
    }

    /// How an account stands by a standard, and the entries behind every point.
    ///
    /// # Errors
    /// `HOUSEHOLD_NOT_FOUND` and the like, `NOT_A_CANDIDATE` where the standard names accounts of another kind,
    /// `NOT_YET_APPLIED`, or what the store says.
    pub async fn evaluate(
        &self,
        account: &AccountId,
        yardstick: &Yardstick,
        question: &Question,
    ) -> Result<Evaluation, Refusal> {
        let kind = yardstick.standard.candidates;
        if kind != kind_of(account) {
            return Err(not_a_candidate(account));
        }
        let point = self.point(yardstick, question).await?;
        let mut field = Field::of(self, yardstick, &point, vec![account.clone()], true).await?;
        field.read_by_name(self, yardstick, &point).await?;
        if yardstick.standard.eligibility.consent {
            field.check_consent(self, &point).await?;
        }
        field.evaluations(&yardstick.standard, &point).pop().ok_or_else(damaged)
    }

    /// How the candidates of a list stand, with the entries behind every point, in the order asked.
    ///
    /// # Errors
    /// What the store says.
    pub async fn evaluate_all(
        &self,
        accounts: Vec<AccountId>,
        yardstick: &Yardstick,
        basis: &Basis,
    ) -> Result<Vec<Evaluation>, Refusal> {
        let yardstick = Yardstick { counted_on: Some(basis.counted_on), ..yardstick.clone() };
        let question = Question { as_of: AsOf::Position(basis.position), ..Question::default() };
        let point = self.point(&yardstick, &question).await?;
        let mut field = Field::of(self, &yardstick, &point, accounts, true).await?;
        field.read_by_name(self, &yardstick, &point).await?;
        Ok(field.evaluations(&yardstick.standard, &point))
    }

    /// All accounts of the standard's kind, ranked, whoever applied: a household in which nobody lives is left out, and
    /// so is a resident or organisation without a record.
    ///
    /// # Errors
    /// `NOT_YET_APPLIED`, or what the store says.
    pub async fn rank(&self, yardstick: &Yardstick, question: &Question) -> Result<RankedList, Refusal> {
        let point = self.point(yardstick, question).await?;
        let mut field = Field::of_all(self, yardstick, &point).await?;
        field.pass(self, yardstick, &point).await?;
        let basis = self.basis(None, yardstick, &point).await?;
        let candidates = field.candidates(&yardstick.standard);
        let ranked = rank(&yardstick.standard, basis.places, &BTreeMap::new(), candidates);
        Ok(RankedList { basis, ranked })
    }

    async fn basis(
        &self,
        selection: Option<SelectionId>,
        yardstick: &Yardstick,
        point: &Point,
    ) -> Result<Basis, Refusal> {
        let Standard { quota, candidates, .. } = yardstick.standard;
        let places = match (yardstick.places, quota.per_mille) {
            (None, Some(_)) => quota.places(self.accounts_of(candidates, point.position).await?),
            (None, None) => quota.places(0),
            (places, _) => places,
        };
        let policies = point.rulebook.policies().iter();
        let policies = policies.map(|(at, policy)| (policy.policy.clone(), policy.version, *at)).collect();
        Ok(Basis {
            list: 1,
            ledger: self.id().clone(),
            selection,
            position: point.position,
            window: yardstick.window,
            counted_on: point.counted_on,
            standard: yardstick.standard.standard.clone(),
            version: yardstick.standard.version,
            standard_digest: yardstick.digest,
            policies,
            places,
        })
    }

    /// How many accounts of a kind there were, for quotas that are a share of them.
    async fn accounts_of(&self, kind: CandidateKind, position: Position) -> Result<u64, Refusal> {
        let mut accounts = 0;
        self.each_of(field::prefix(kind), |state| {
            accounts += u64::from(!field::is_later(&state, position));
            Ok(())
        })
        .await?;
        Ok(accounts)
    }
}

/// The kind of an account.
fn kind_of(account: &AccountId) -> CandidateKind {
    match account {
        AccountId::Household(_) => CandidateKind::Household,
        AccountId::Resident(_) => CandidateKind::Resident,
        AccountId::Organization(_) => CandidateKind::Organization,
    }
}

fn not_a_candidate(account: &AccountId) -> Refusal {
    Refusal::field(
        Reason::NotACandidate,
        "account",
        format!(
            "這個標準評的不是 {account} 這類帳戶，請換標準或帳戶。The standard does not name accounts such as {account}: choose another of either."
        ),
    )
}

/// A standard that ships, by its id.
fn preset(id: &StandardId) -> Option<&'static str> {
    PRESETS.into_iter().find(|document| Standard::parse(document).is_ok_and(|held| held.standard == *id))
}

fn no_such_standard(id: &StandardId) -> Refusal {
    Refusal::field(
        Reason::StandardNotFound,
        "standard",
        format!(
            "沒有評選標準「{id}」，請查對或先公布。There is no standard \"{id}\": check it, or publish it first."
        ),
    )
}

/// The SHA-256 of a list.
///
/// # Errors
/// If it cannot be written, which no list is.
pub fn digest_of(list: &RankedList) -> Result<Digest32, Refusal> {
    list.digest().map_err(|error| store_error(StoreError::Damaged(format!("a ranked list: {error}"))))
}
