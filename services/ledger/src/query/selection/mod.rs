//! How candidates stand by a standard: one of them with every entry behind its points, or all of them ranked.

mod field;
mod freeze;
mod kept;
mod measure;
mod steps;
mod yardstick;

pub use freeze::{SelectionDifferences, SelectionVerified};
pub use yardstick::Yardstick;

use super::question::{AsOf, Question};
use crate::error::{damaged, store_error};
use crate::ledger::Ledger;
use field::{Field, Keeps};
use ledger_core::date::OccurredOn;
use ledger_core::entry::Digest32;
use ledger_core::id::AccountId;
use ledger_core::policy::Rulebook;
use ledger_core::ports::StoreError;
use ledger_core::quantity::Position;
use ledger_core::selection::{Basis, Candidate, CandidateKind, Measure, RankedList, Standard, rank};
use ledger_core::{Reason, Refusal};
use std::collections::BTreeMap;
use steps::Steps;

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
    /// The position up to which steps of a selection and policies count.
    steps_until: Position,
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
        let steps_until = yardstick.steps_until.map_or(position, |until| until.min(position));
        Ok(Point { position, steps_until, rulebook: rules.rulebook.as_of(steps_until), counted_on })
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
        let accounts = vec![account.clone()];
        let steps = Steps::of(self, yardstick, &point, &accounts).await?;
        let mut field = Field::of(self, yardstick, &point, accounts, Keeps::Evidence).await?;
        field.read_by_name(self, yardstick, &point).await?;
        field.check_consent(self, yardstick, &point).await?;
        field.evaluations(&yardstick.standard, &point, &steps).pop().ok_or_else(damaged)
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
        let steps = Steps::of(self, &yardstick, &point, &accounts).await?;
        let mut field = Field::of(self, &yardstick, &point, accounts, Keeps::Evidence).await?;
        field.read_by_name(self, &yardstick, &point).await?;
        Ok(field.evaluations(&yardstick.standard, &point, &steps))
    }

    /// The candidates of a selection, ranked; without one all accounts of the standard's kind, whoever applied: a household
    /// in which nobody lives is left out then, and so is a resident or organisation without a record.
    ///
    /// # Errors
    /// `NOT_YET_APPLIED`, or what the store says.
    pub async fn rank(&self, yardstick: &Yardstick, question: &Question) -> Result<RankedList, Refusal> {
        let point = self.point(yardstick, question).await?;
        let standard = &yardstick.standard;
        let (mut field, steps) = if yardstick.selection.is_some() {
            let steps = Steps::of_all(self, yardstick, &point).await?;
            let accounts = steps.candidates(standard.candidates);
            (Field::of(self, yardstick, &point, accounts, Keeps::Consent).await?, steps)
        } else {
            (Field::of_all(self, yardstick, &point).await?, Steps::none())
        };
        field.measure(self, yardstick, &point).await?;
        field.check_consent(self, yardstick, &point).await?;
        let basis = self.basis(yardstick, &point).await?;
        let candidates = field.candidates(standard, &point, &steps);
        let ranked = rank(standard, basis.places, steps.votes(), candidates);
        Ok(RankedList { basis, ranked })
    }

    async fn basis(&self, yardstick: &Yardstick, point: &Point) -> Result<Basis, Refusal> {
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
            selection: yardstick.selection.clone(),
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

/// The SHA-256 of a list.
///
/// # Errors
/// If it cannot be written, which no list is.
pub fn digest_of(list: &RankedList) -> Result<Digest32, Refusal> {
    list.digest().map_err(|error| store_error(StoreError::Damaged(format!("a ranked list: {error}"))))
}
