//! Decisions about months: closing one, and what a closed month keeps out.

use super::Desk;
use super::registry::scope;
use crate::date::OccurredOn;
use crate::event::{Fact, MonthClosed};
use crate::month::{Closings, Month};
use crate::projection::{Key, State, States};
use crate::registry::{InstitutionType, OrganizationRecord};
use crate::{Reason, Refusal};

/// How a clerk changes what a closed month holds: the method that refusals name.
const CORRECTION: &str = "ProposeCorrection";

impl<'a, S: States> Desk<'a, S> {
    pub(super) fn closings(&self) -> &'a Closings {
        match self.states.get(&Key::closings()) {
            Some(State::Closings(closings)) => closings,
            _ => Closings::NONE,
        }
    }

    pub(super) fn close_month(&self, closing: &MonthClosed) -> Result<Vec<Fact>, Refusal> {
        let month = closing.month;
        let begins_on = self.ledger()?.begins_on;
        if month.last_day() < begins_on {
            return Err(Refusal::field(
                Reason::OccurredTooOld,
                "month",
                format!(
                    "帳本自 {begins_on} 起收錄，沒有 {month}，請查對月份。\
                     The ledger takes learning from {begins_on} on and has no {month}: check the month."
                ),
            ));
        }
        if !keeps_the_ledger(self.poster()?) {
            return Err(scope(
                "月份由區或區社區學院結帳。The district or its community college closes months.",
            ));
        }
        let closings = self.closings();
        if let Some(closed) = closings.of(month) {
            return Err(Refusal::field(
                Reason::MonthClosed,
                "month",
                format!(
                    "{month} 已在第 {} 號結帳，不必再結。Event {} closed {month} already: nothing is left to do.",
                    closed.closed_at, closed.closed_at
                ),
            )
            .with("closed_at", closed.closed_at));
        }
        let closes_on = month.closes_on();
        if self.today()? < closes_on {
            return Err(Refusal::field(
                Reason::MonthNotOver,
                "month",
                format!(
                    "{month} 最早 {closes_on} 才能結帳，請到當天再結。{month} can be closed from {closes_on} on: close it then."
                ),
            )
            .with("closes_on", closes_on));
        }
        match closings.last().map(Month::next) {
            Some(next) if next != month => Err(Refusal::field(
                Reason::MonthOrder,
                "month",
                format!("月份須依序結帳，請先結 {next}。Months close in order: close {next} first."),
            )
            .with("next", next)),
            _ => Ok(vec![Fact::MonthClosed(closing.clone())]),
        }
    }

    /// What was learned in a closed month is not recorded any more, except by a correction.
    pub(super) fn period_open(&self, occurred_on: OccurredOn) -> Result<(), Refusal> {
        match self.closings().closed_month(occurred_on) {
            Some(month) if !self.corrects => Err(Refusal::field(
                Reason::PeriodClosed,
                "occurred_on",
                format!(
                    "{month} 已經結帳，請查對日期；若確屬該月，請提出更正，由另一人核准。\
                     {month} is closed: check the date, or propose a correction that another person approves."
                ),
            )
            .with("month", month)
            .with("use", CORRECTION)),
            _ => Ok(()),
        }
    }

    /// What stands in a closed month is not reversed any more, except by a correction.
    pub(super) fn reversal_approved(&self, occurred_on: OccurredOn) -> Result<(), Refusal> {
        match self.closings().closed_month(occurred_on) {
            Some(month) if !self.corrects => Err(Refusal::field(
                Reason::ApprovalRequired,
                "name",
                format!(
                    "這筆屬於已結帳的 {month}，沖正須由另一人核准，請提出更正。\
                     The entry belongs to {month}, which is closed: propose a correction that another person approves."
                ),
            )
            .with("month", month)
            .with("use", CORRECTION)),
            _ => Ok(()),
        }
    }
}

/// The district (the root of the tree), or a community college directly under it or in its place.
#[must_use]
pub fn keeps_the_ledger(record: &OrganizationRecord) -> bool {
    match record.organization.institution_type {
        InstitutionType::District => record.ancestors.is_empty(),
        InstitutionType::CommunityCollege => record.ancestors.len() <= 1,
        _ => false,
    }
}
