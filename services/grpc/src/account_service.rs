//! `creditbank.v1.AccountService`.

use crate::access::admit;
use crate::convert::{instant, optional_date, rename};
use crate::proto::account_service_server::AccountService;
use crate::status::status;
use crate::{entry, names, proto};
use chrono::NaiveDate;
use creditbank_ledger::{AccountBalance, AsOf, Bank, ExplainedLine, Ledger, PageRequest, Question};
use ledger_core::date::OccurredOn;
use ledger_core::id::{AccountId, LedgerId, ResidentId};
use ledger_core::policy::Honours;
use ledger_core::quantity::Position;
use ledger_core::{Reason, Refusal};
use std::sync::Arc;
use tonic::{Request, Response, Status};

pub(crate) struct AccountDoor {
    pub(crate) bank: Arc<Bank>,
}

impl AccountDoor {
    /// The ledger and account of a name.
    async fn account(&self, name: &str) -> Result<(LedgerId, Arc<Ledger>, AccountId), Refusal> {
        let id = names::ledger_of(name, "name")?;
        let account = names::account(&id, name, "name")?;
        let ledger = self.bank.ledger(&id).await?;
        Ok((id, ledger, account))
    }
}

fn wire_balance(ledger: &LedgerId, balance: &AccountBalance) -> proto::Balance {
    let resident = |id: &ResidentId| format!("{}/residents/{id}", names::ledger_name(ledger));
    proto::Balance {
        account: format!("{}/{}", names::ledger_name(ledger), balance.account),
        centi_credits: balance.credit().0,
        pending_centi_credits: balance.pending.0,
        capped_centi_credits: balance.capped().0,
        minutes: balance.minutes(),
        entries: balance.entries(),
        heads: balance.kinds.iter().map(|kind| kind.heads).sum(),
        reversed: balance.reversed,
        honours: balance.honours.as_ref().map(wire_honours),
        survivor: balance.survivor.as_ref().map(resident).unwrap_or_default(),
        includes: balance.includes.iter().map(resident).collect(),
        kinds: balance
            .kinds
            .iter()
            .map(|kind| proto::KindBalance {
                kind: kind.kind.to_string(),
                centi_credits: kind.credit.0,
                capped_centi_credits: kind.capped.0,
                minutes: kind.minutes,
                entries: kind.entries,
                heads: kind.heads,
            })
            .collect(),
    }
}

fn wire_honours(honours: &Honours) -> proto::Honours {
    let centi = |missing: Option<u64>| missing.and_then(|missing| i64::try_from(missing).ok()).unwrap_or(0);
    proto::Honours {
        level: honours.level.reached,
        next_level_missing_centi_credits: centi(honours.level.missing),
        junior_level: honours.junior_level.reached,
        next_junior_level_missing_centi_credits: centi(honours.junior_level.missing),
        volunteer_star: honours.volunteer_star.reached,
        volunteer_minutes: honours.volunteer_minutes,
        next_star_missing_minutes: honours.volunteer_star.missing.unwrap_or(0),
    }
}

fn wire_line(ledger: &LedgerId, line: ExplainedLine) -> proto::ExplainedLine {
    let [hant, hans, en] = line.sentences;
    proto::ExplainedLine {
        entry: format!("{}/entries/{}", names::ledger_name(ledger), line.line.position),
        kind: line.line.kind.to_string(),
        occurred_on: line.line.occurred_on.to_string(),
        minutes: line.line.minutes.0,
        centi_credits: line.credit.0,
        pending_centi_credits: line.pending.0,
        earned_centi_credits: line.earned.0,
        rule_source: line.rule_source,
        sentence: Some(proto::LocalizedText { hant, hans, en }),
        reversed_at: line.line.reversed_at.map_or(0, |position| position.0),
        policy: line.policy,
        policy_version: line.policy_version,
    }
}

/// The question of a request that has all the fields of one.
macro_rules! asked_of {
    ($request:ident) => {
        question(
            $request.min_position,
            $request.as_of_position,
            $request.as_of_time,
            &$request.occurred_from,
            &$request.occurred_to,
        )
    };
}

/// What is asked about an account.
pub(crate) fn question(
    min_position: u64,
    as_of_position: u64,
    as_of_time: Option<prost_types::Timestamp>,
    from: &str,
    to: &str,
) -> Result<Question, Refusal> {
    let as_of = match (as_of_position, as_of_time) {
        (0, None) => AsOf::Now,
        (position, None) => AsOf::Position(Position(position)),
        (0, Some(time)) => AsOf::Instant(instant(time, "as_of_time")?),
        _ => {
            return Err(Refusal::field(
                Reason::FieldInvalid,
                "as_of_time",
                "as_of_position 和 as_of_time 只能填一個。Give as_of_position or as_of_time, not both.",
            ));
        }
    };
    Ok(Question {
        min_position: Position(min_position),
        as_of,
        from: optional_date(from, "occurred_from")?,
        to: optional_date(to, "occurred_to")?,
    })
}

/// The most accounts of one question.
const MAX_ACCOUNTS: usize = 1_000;

#[tonic::async_trait]
impl AccountService for AccountDoor {
    async fn get_balance(
        &self,
        request: Request<proto::GetBalanceRequest>,
    ) -> Result<Response<proto::GetBalanceResponse>, Status> {
        let (_, request) = admit(&self.bank, request).await?;
        let answer = async {
            let (id, ledger, account) = self.account(&request.name).await?;
            let question = asked_of!(request)?;
            let (balance, position) = ledger.balance(account, &question).await?;
            Ok(proto::GetBalanceResponse { balance: Some(wire_balance(&id, &balance)), position: position.0 })
        };
        answer.await.map(Response::new).map_err(status)
    }

    async fn batch_get_balances(
        &self,
        request: Request<proto::BatchGetBalancesRequest>,
    ) -> Result<Response<proto::BatchGetBalancesResponse>, Status> {
        let (_, request) = admit(&self.bank, request).await?;
        let answer = async {
            let id = names::parse_ledger(&request.parent, "parent")?;
            if request.names.is_empty() || request.names.len() > MAX_ACCOUNTS {
                return Err(Refusal::field(
                    Reason::BatchSize,
                    "names",
                    format!(
                        "一次查 1–{MAX_ACCOUNTS} 個帳戶。Ask for 1 to {MAX_ACCOUNTS} accounts at a time."
                    ),
                ));
            }
            let accounts = request
                .names
                .iter()
                .enumerate()
                .map(|(index, name)| names::account(&id, name, &format!("names[{index}]")))
                .collect::<Result<Vec<_>, _>>()?;
            let ledger = self.bank.ledger(&id).await?;
            let (balances, position) = ledger
                .balances(accounts, Position(request.min_position))
                .await
                .map_err(|refusal| rename(refusal, &[("name", "names")]))?;
            let balances = balances.iter().map(|balance| wire_balance(&id, balance)).collect();
            Ok(proto::BatchGetBalancesResponse { balances, position: position.0 })
        };
        answer.await.map(Response::new).map_err(status)
    }

    async fn list_balances(
        &self,
        request: Request<proto::ListBalancesRequest>,
    ) -> Result<Response<proto::ListBalancesResponse>, Status> {
        let (_, request) = admit(&self.bank, request).await?;
        let answer = async {
            let id = names::parse_ledger(&request.parent, "parent")?;
            let ledger = self.bank.ledger(&id).await?;
            let collection = if request.collection.is_empty() { "residents" } else { &request.collection };
            let page = PageRequest { size: request.page_size, token: request.page_token.clone() };
            let listed = ledger.list_balances(collection, &page, Position(request.min_position)).await?;
            Ok(proto::ListBalancesResponse {
                balances: listed.items.iter().map(|balance| wire_balance(&id, balance)).collect(),
                next_page_token: listed.next_token,
                position: listed.position.0,
            })
        };
        answer.await.map(Response::new).map_err(status)
    }

    async fn get_statement(
        &self,
        request: Request<proto::GetStatementRequest>,
    ) -> Result<Response<proto::GetStatementResponse>, Status> {
        let (_, request) = admit(&self.bank, request).await?;
        let answer = async {
            let (id, ledger, account) = self.account(&request.name).await?;
            let page = PageRequest { size: request.page_size, token: request.page_token.clone() };
            let mut question = asked_of!(request)?;
            if request.year != 0 {
                let day = |month, day| NaiveDate::from_ymd_opt(request.year, month, day).map(OccurredOn::new);
                let (first, last) = (day(1, 1).or(Some(OccurredOn::LAST)), day(12, 31));
                question.from = question.from.max(first);
                question.to = question.to.or(last).min(last);
            }
            let statement = ledger.statement(&account, &question, &page).await?;
            let listed = statement.page;
            let base = names::ledger_name(&id);
            let survivor = statement.survivor.map(|survivor| format!("{base}/residents/{survivor}"));
            let lines = listed
                .items
                .iter()
                .map(|line| proto::StatementLine {
                    entry: entry::wire(&line.event, line.reversed_at),
                    centi_credits: line.credit.0,
                    earned_centi_credits: line.earned.0,
                    reversal: line.reversal.as_ref().and_then(entry::wire_reversal),
                })
                .collect();
            Ok(proto::GetStatementResponse {
                lines,
                next_page_token: listed.next_token,
                position: listed.position.0,
                survivor: survivor.unwrap_or_default(),
            })
        };
        answer.await.map(Response::new).map_err(status)
    }

    async fn explain_balance(
        &self,
        request: Request<proto::ExplainBalanceRequest>,
    ) -> Result<Response<proto::ExplainBalanceResponse>, Status> {
        let (_, request) = admit(&self.bank, request).await?;
        let answer = async {
            let (id, ledger, account) = self.account(&request.name).await?;
            let question = asked_of!(request)?;
            let explained = ledger.explain(account, &question).await?;
            Ok(proto::ExplainBalanceResponse {
                balance: Some(wire_balance(&id, &explained.balance)),
                lines: explained.lines.into_iter().map(|line| wire_line(&id, line)).collect(),
                policy: explained.policy,
                policy_version: explained.policy_version,
                position: explained.position.0,
            })
        };
        answer.await.map(Response::new).map_err(status)
    }
}
