//! Redemption (兌換): credit that is given for a certificate, a training place or a discount. It is a debit for good
//! (`DOMAIN.md` IN-1) from a balance of its own: levels, stars and reports look at what was earned and never at what
//! was redeemed (SYS-19).
//!
//! The redeemable balance stands in *lots*, one for each year of earning, each with a last day. A redemption says how
//! much it draws from which lot; so what is left of a lot is never a matter of interpretation.

mod lots;
mod rules;

pub use lots::{Lot, Redeemable, earned_by_year};
pub use rules::{MonthDay, RedemptionRules};

use crate::date::OccurredOn;
use crate::id::{Code, OrganizationId, ResidentId};
use crate::quantity::{CentiCredits, Position};
use serde::{Deserialize, Serialize};

/// The most redemptions of an account (our own default): they are kept in one state. Past it the answer is
/// `ACCOUNT_FULL`.
pub const MAX_REDEMPTIONS: usize = 1_000;

/// Credit was redeemed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redemption {
    /// Whose credit.
    pub resident: ResidentId,
    /// Who gave the reward.
    pub organization: OrganizationId,
    /// Code of the list `rewards`.
    pub reward: Code,
    /// How much.
    pub credit: CentiCredits,
    /// From which lots, the first to expire first; their sum is `credit`.
    pub draws: Vec<Draw>,
    /// The day, in the ledger's time zone.
    pub redeemed_on: OccurredOn,
}

/// What a redemption takes from a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draw {
    /// The year of earning.
    pub year: i32,
    /// How much.
    pub credit: CentiCredits,
}

/// The redemptions of an account, in order of position.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Redeemed {
    /// Each with its position.
    pub redemptions: Vec<(Position, Redemption)>,
}

impl Redeemed {
    /// Takes up a redemption.
    pub fn record(&mut self, position: Position, redemption: &Redemption) {
        self.redemptions.push((position, redemption.clone()));
    }

    /// The redemptions of several accounts in the order of their positions: of accounts that answer as one.
    #[must_use]
    pub fn joined<'a>(accounts: impl IntoIterator<Item = &'a Redeemed>) -> Redeemed {
        let all = accounts.into_iter().flat_map(|redeemed| redeemed.redemptions.iter().cloned());
        let mut redemptions: Vec<_> = all.collect();
        redemptions.sort_unstable_by_key(|(at, _)| *at);
        Redeemed { redemptions }
    }

    /// As they were when the log ended at a position.
    #[must_use]
    pub fn as_of(&self, position: Position) -> Redeemed {
        let held = self.redemptions.iter().take_while(|(at, _)| *at <= position);
        Redeemed { redemptions: held.cloned().collect() }
    }

    /// What was drawn from the lot of a year.
    #[must_use]
    pub fn of_year(&self, year: i32) -> CentiCredits {
        let draws = self.redemptions.iter().flat_map(|(_, redemption)| &redemption.draws);
        draws.filter(|draw| draw.year == year).map(|draw| draw.credit).sum()
    }
}
