//! What every report needs before it reads an entry: the point of the log, the tree, the closings.

use crate::error::damage;
use crate::ledger::Ledger;
use crate::query::AsOf;
use ledger_core::date::OccurredOn;
use ledger_core::id::OrganizationId;
use ledger_core::identity::Ties;
use ledger_core::month::{Closings, Month};
use ledger_core::ports::StateQuery;
use ledger_core::projection::{Key, State};
use ledger_core::quantity::Position;
use ledger_core::report::{Period, Tree};
use ledger_core::{Reason, Refusal};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// What is asked of a report.
#[derive(Debug, Clone)]
pub struct ReportQuestion {
    /// The months.
    pub period: Period,
    /// The organisation, with all below it; none = the whole ledger.
    pub organization: Option<OrganizationId>,
    /// Answer only when the ledger has reached this position.
    pub min_position: Position,
    /// The point of the log.
    pub as_of: AsOf,
}

/// What a report stands on.
pub(crate) struct Ground {
    /// The point of the log.
    pub(crate) position: Position,
    /// Its organisations.
    pub(crate) tree: Tree,
    /// Which accounts are one person's.
    pub(crate) ties: Ties,
    /// The closings up to the point.
    pub(crate) closings: Closings,
    /// The month the ledger's scheme began in.
    pub(crate) begins: Month,
    /// The day of the point, in the ledger's time zone.
    pub(crate) today: OccurredOn,
}

/// Room for a report while it is made.
pub struct ReportRoom {
    _running: OwnedSemaphorePermit,
    waiting: OwnedSemaphorePermit,
}

impl ReportRoom {
    /// It is made, and held until its reader has it: that keeps others from none of the few that run at once.
    pub(crate) fn made(self) -> OwnedSemaphorePermit {
        self.waiting
    }
}

impl Ledger {
    /// Room for one more report: a few run at once, a few more wait.
    ///
    /// # Errors
    /// `OVERLOADED`.
    pub async fn report_room(&self) -> Result<ReportRoom, Refusal> {
        let full = || {
            Refusal::new(
                Reason::Overloaded,
                "同時製作的報表太多，請稍後再試。Too many reports are being made: try again shortly.",
            )
        };
        let waiting = Arc::clone(&self.reports_waiting).try_acquire_owned().map_err(|_| full())?;
        let running = Arc::clone(&self.reports_running).acquire_owned().await.map_err(|_| full())?;
        Ok(ReportRoom { _running: running, waiting })
    }

    pub(crate) async fn report_ground(&self, question: &ReportQuestion) -> Result<Ground, Refusal> {
        let today = self.today().await?;
        if question.period.first() > Month::of(today) {
            return Err(Refusal::field(
                Reason::PeriodInFuture,
                "period",
                format!(
                    "{} 還沒有到，請查對期間。{} has not come yet: check the period.",
                    question.period, question.period
                ),
            ));
        }
        let organizations =
            StateQuery::Prefix { prefix: "organizations/".to_owned(), after: None, limit: u32::MAX };
        let ties = StateQuery::Prefix { prefix: "ties/".to_owned(), after: None, limit: u32::MAX };
        let queries = vec![StateQuery::Exactly(Key::closings()), organizations, ties];
        let (reached, rules, answers) = self.read_by_the_rules(question.min_position, queries).await?;
        let position = self.resolve(question.as_of, reached).await?;
        let (mut closings, mut records, mut changes) = (None, Vec::new(), Vec::new());
        for stored in answers.into_iter().flatten() {
            match State::decode(&stored.key, &stored.bytes).map_err(damage)? {
                State::Closings(all) => {
                    let mut then = Closings::default();
                    let by_then = all.months().iter().filter(|closing| closing.closed_at <= position);
                    by_then.for_each(|closing| then.record(closing.clone()));
                    closings = Some(then);
                }
                State::Organization(record) => records.push(record),
                State::Ties(window) => changes.extend(window),
                _ => return Err(crate::error::damaged()),
            }
        }
        // They are there from the ledger's first event on: states without them were folded before there were reports, and
        // have no rolls of months either.
        let Some(closings) = closings else {
            tracing::error!("the states are of an earlier build: run rebuild");
            return Err(crate::error::damaged());
        };
        let tree = Tree::of(records, question.organization.as_ref(), position);
        if let Some(organization) = &question.organization
            && tree.nodes().is_empty()
        {
            return Err(Refusal::field(
                Reason::OrganizationNotFound,
                "organization",
                format!(
                    "找不到機構「{organization}」，請查對代碼。\
                     There is no organisation \"{organization}\": check the id."
                ),
            ));
        }
        let ties = changes.into_iter().collect();
        let today = self.today_at(question.as_of, position).await?;
        Ok(Ground { position, tree, ties, closings, begins: Month::of(rules.opened.begins_on), today })
    }
}
