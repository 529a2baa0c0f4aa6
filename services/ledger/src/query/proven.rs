//! Statements that travel: what an account's figures follow from, with proofs.

use super::balance::balance_of;
use super::page::{PageRequest, position_token};
use super::question::{AsOf, Question};
use crate::error::store_error;
use crate::ledger::Ledger;
use crate::tree::SignedCheckpoint;
use creditbank_proof::{Attested, Figures, Positions};
use ledger_core::date::OccurredOn;
use ledger_core::id::AccountId;
use ledger_core::merkle::Hash;
use ledger_core::ports::StoredEvent;
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};

/// A page of a statement's events with their proofs, and the figures that follow from all of them.
#[derive(Debug, Clone)]
pub struct ProvenStatement {
    /// The checkpoint that everything is proven against; none on later pages.
    pub checkpoint: Option<SignedCheckpoint>,
    /// How many events it is of.
    pub size: u64,
    /// The day of the statement.
    pub today: OccurredOn,
    /// The figures on that day.
    pub figures: Figures,
    /// The signed note by which the key of the log says so; none on later pages.
    pub attestation: Option<String>,
    /// The ledger's opening, its policies, and the entries and reversals of the account, in order of position; each with
    /// siblings from the leaf up.
    pub events: Vec<(StoredEvent, Vec<Hash>)>,
    /// Empty on the last page.
    pub next_token: String,
}

impl Ledger {
    /// A page of a statement at a size of the log; 0 signs a checkpoint of the log as it is, which the later pages name.
    ///
    /// # Errors
    /// As [`Ledger::balance`] and [`Ledger::checkpoint`]; `FIELD_INVALID` of an organisation, whose figures are counts, and of
    /// an account that answers together with others; `PAGE_TOKEN_INVALID`.
    pub async fn proven_statement(
        &self,
        account: &AccountId,
        size: u64,
        page: &PageRequest,
    ) -> Result<ProvenStatement, Refusal> {
        let (limit, after) = (page.limit()? as usize, page.after_position()?);
        if matches!(account, AccountId::Organization(_)) {
            return Err(alone(
                "機構帳戶只有次數，沒有學分；請用 creditbank export 匯出整本帳。\
                 An organisation has counts, not credit: export the ledger instead.",
            ));
        }
        let checkpoint = if size == 0 { Some(self.checkpoint().await?) } else { None };
        let size = checkpoint.as_ref().map_or(size, |checkpoint| checkpoint.size);
        let as_of = AsOf::Position(Position(size));
        let question = Question { as_of, ..Question::default() };
        let then = self.account_then(account, &question).await?;
        if then.family.as_ref().is_some_and(|family| !family.others.is_empty()) {
            return Err(alone(
                "這個帳戶和別的帳戶合併計算，還不能單獨出具可驗證的對帳單；請用 creditbank export。\
                 The account answers together with others, and no statement of it alone can be proven: export the ledger instead.",
            ));
        }
        let lines = then.buckets.iter().flat_map(|bucket| bucket.lines());
        let of_account = lines.flat_map(|line| [Some(line.position), line.reversed_at]).flatten();
        let policies = then.rulebook.policies().iter().map(|(position, _)| *position);
        let mut positions: Vec<Position> = of_account.chain(policies).chain([Position(1)]).collect();
        positions.sort_unstable();
        positions.dedup();
        let all = Positions::of(positions.iter().map(|position| position.0));
        positions.retain(|position| position.0 > after);
        let more = positions.len() > limit;
        positions.truncate(limit);
        let next_token = match positions.last() {
            Some(last) if more => position_token(last.0),
            _ => String::new(),
        };
        let events = self.inclusion_proofs(positions, size).await?;
        let balance = balance_of(account.clone(), &then, &question);
        let figures = Figures {
            centi_credits: balance.credit().0,
            pending_centi_credits: balance.pending.0,
            minutes: balance.minutes(),
            entries: balance.entries(),
        };
        let attestation = match (&checkpoint, self.signing()) {
            (Some(_), Some(signing)) => {
                let says = Attested { account, today: then.today, size, figures: &figures, events: all };
                Some(signing.attest(self.id(), &says).map_err(store_error)?)
            }
            _ => None,
        };
        Ok(ProvenStatement { checkpoint, size, today: then.today, figures, attestation, events, next_token })
    }
}

fn alone(message: &str) -> Refusal {
    Refusal::field(Reason::FieldInvalid, "name", message)
}
