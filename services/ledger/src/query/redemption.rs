//! What can be redeemed of an account, and what was.

use super::balance::survivor;
use super::page::{Page, PageRequest, position_token};
use super::question::Question;
use crate::ledger::Ledger;
use ledger_core::Refusal;
use ledger_core::date::OccurredOn;
use ledger_core::id::{AccountId, ResidentId};
use ledger_core::quantity::{CentiCredits, Position};
use ledger_core::redemption::{Redeemable, Redemption, RedemptionRules, earned_by_year};

/// The redeemable balance of a resident.
#[derive(Debug, Clone)]
pub struct RedeemableBalance {
    /// The lots.
    pub redeemable: Redeemable,
    /// The yearly window that is open or opens next, first and last day; none where the policy of the day has no
    /// redemption.
    pub window: Option<(OccurredOn, OccurredOn)>,
    /// Whether it is open.
    pub open: bool,
    /// The account that answers, where it is not the one asked about.
    pub survivor: Option<ResidentId>,
    /// The position the answer is true at.
    pub position: Position,
}

fn window(rules: &RedemptionRules, today: OccurredOn) -> (OccurredOn, OccurredOn) {
    let next = rules.next_open(today).year();
    (rules.opens.in_year(next), rules.closes.in_year(next))
}

impl Ledger {
    /// What a resident, and who answers as one with it, can redeem, lot by lot; in the window that is open or opens next on the day of the question.
    ///
    /// # Errors
    /// As [`Ledger::balance`].
    pub async fn redeemable(
        &self,
        resident: &ResidentId,
        question: &Question,
    ) -> Result<RedeemableBalance, Refusal> {
        let account = AccountId::Resident(resident.clone());
        let then = self.account_then(&account, question).await?;
        let (rulebook, today) = (&then.rulebook, then.today);
        let redeemable = match rulebook.redemption_by(today) {
            Some(rules) => {
                Redeemable::on(today, rules, &earned_by_year(rulebook, &then.buckets), &then.redeemed)
            }
            None => Redeemable { lots: Vec::new(), uncovered: CentiCredits::ZERO },
        };
        let rules = rulebook.redemption_on(today);
        Ok(RedeemableBalance {
            redeemable,
            window: rules.map(|rules| window(rules, today)),
            open: rules.is_some_and(|rules| rules.is_open(today)),
            survivor: then.family.as_ref().and_then(|family| survivor(&account, family)),
            position: then.position,
        })
    }

    /// A page of the redemptions of a resident and who answers as one with it, in order of position.
    ///
    /// # Errors
    /// As [`Ledger::balance`], and `PAGE_TOKEN_INVALID`.
    pub async fn redemptions(
        &self,
        resident: &ResidentId,
        page: &PageRequest,
        min_position: Position,
    ) -> Result<Page<(Position, Redemption)>, Refusal> {
        let limit = page.limit()? as usize;
        let after = page.after_position()?;
        let question = Question::at_least(min_position);
        let then = self.account_then(&AccountId::Resident(resident.clone()), &question).await?;
        let behind = then.redeemed.redemptions.into_iter().filter(|(at, _)| at.0 > after);
        let mut items: Vec<_> = behind.take(limit + 1).collect();
        let more = items.len() > limit;
        items.truncate(limit);
        let next_token = match items.last() {
            Some((at, _)) if more => position_token(at.0),
            _ => String::new(),
        };
        Ok(Page { items, next_token, position: then.position })
    }
}
