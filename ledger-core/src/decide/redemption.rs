//! Decisions about redeemed credit: a redemption, and what a reversal may still take away.

use super::Desk;
use super::month::keeps_the_ledger;
use crate::account::Bucket;
use crate::entry::Reversal;
use crate::event::Fact;
use crate::id::{AccountId, Code, ResidentId};
use crate::projection::States;
use crate::quantity::CentiCredits;
use crate::redemption::{MAX_REDEMPTIONS, Redeemable, Redemption, earned_by_year};
use crate::registry::{CodeList, OrganizationRecord};
use crate::{Reason, Refusal};

impl<S: States> Desk<'_, S> {
    pub(super) fn redeem(
        &self,
        resident: &ResidentId,
        reward: &Code,
        credit: CentiCredits,
    ) -> Result<Vec<Fact>, Refusal> {
        if credit.0 <= 0 {
            return Err(Refusal::field(
                Reason::AmountNotPositive,
                "centi_credits",
                "兌換的學分須大於零。The credit to redeem must be more than zero.",
            ));
        }
        let acting = self.district(
            "學分由區或區社區學院辦理兌換。The district or its community college redeems credit.",
        )?;
        self.answers_for_itself(self.resident(resident, "name")?, "name")?;
        self.code(CodeList::Rewards, reward, "reward")?;
        let today = self.today()?;
        let Some(rules) = self.rulebook()?.redemption_on(today) else {
            return Err(Refusal::new(
                Reason::RedemptionNotOffered,
                "現行學分規則沒有兌換。The policy of today has no redemption.",
            ));
        };
        if !rules.is_open(today) {
            let opens_on = rules.next_open(today);
            return Err(Refusal::new(
                Reason::RedemptionClosed,
                format!(
                    "今天不在兌換期間，下次自 {opens_on} 起。Redemption is closed today: it opens on {opens_on}."
                ),
            )
            .with("opens_on", opens_on));
        }
        if credit.0 < rules.least_centi {
            let least = CentiCredits(rules.least_centi);
            return Err(Refusal::field(
                Reason::FieldInvalid,
                "centi_credits",
                format!("一次至少兌換 {least} 學分。At least {least} credits are redeemed at a time."),
            ));
        }
        if self.redeemed(resident).is_some_and(|held| held.redemptions.len() >= MAX_REDEMPTIONS) {
            return Err(Refusal::field(
                Reason::AccountFull,
                "name",
                format!(
                    "這個帳戶最多兌換 {MAX_REDEMPTIONS} 次，已經滿了。An account redeems {MAX_REDEMPTIONS} times at most."
                ),
            ));
        }
        let family = self.family(resident)?;
        let earned = earned_by_year(self.rulebook()?, &self.joined(&family)?);
        let now = Redeemable::on(today, rules, &earned, &self.redeemed_by(&family));
        let Some(draws) = now.draw(credit) else {
            let balance = now.balance();
            return Err(Refusal::field(
                Reason::InsufficientCredit,
                "centi_credits",
                format!(
                    "可兌換的學分只有 {balance}，不足 {credit}。Only {balance} credits can be redeemed, not {credit}."
                ),
            )
            .with("centi_credits", balance.0));
        };
        Ok(vec![Fact::CreditRedeemed(Redemption {
            resident: resident.clone(),
            organization: acting.organization.organization.clone(),
            reward: reward.clone(),
            credit,
            draws,
            redeemed_on: today,
        })])
    }

    /// Refuses a school to take away an entry whose credit has been redeemed and that nothing else makes up for. The
    /// district decides, and who approves a correction: what they take away is made up for by credit to come.
    pub(super) fn stays_covered(
        &self,
        acting: &OrganizationRecord,
        reversal: &Reversal,
    ) -> Result<(), Refusal> {
        if keeps_the_ledger(acting) {
            return Ok(());
        }
        let AccountId::Resident(resident) = &reversal.account else { return Ok(()) };
        let family = self.family(resident)?;
        let redeemed = self.redeemed_by(&family);
        if redeemed.redemptions.is_empty() {
            return Ok(());
        }
        let (rulebook, today) = (self.rulebook()?, self.today()?);
        let Some(rules) = rulebook.redemption_by(today) else { return Ok(()) };
        let uncovered = |buckets: &[Bucket]| {
            Redeemable::on(today, rules, &earned_by_year(rulebook, buckets), &redeemed).uncovered
        };
        let mut buckets = self.joined(&family)?;
        let before = uncovered(&buckets);
        for bucket in &mut buckets {
            bucket.leave_out(reversal.entry);
        }
        let after = uncovered(&buckets);
        if after <= before {
            return Ok(());
        }
        Err(Refusal::field(
            Reason::BalanceWouldGoNegative,
            "name",
            format!(
                "這筆的學分已經兌換，沖正後還差 {after} 學分；請提出更正，由另一人核准。\
                 Credit of this entry has been redeemed and {after} would be missing: propose a correction."
            ),
        )
        .with("centi_credits", after.0))
    }
}
