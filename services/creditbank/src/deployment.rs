//! `init` and `ledgers`: the ledgers of a deployment.

use crate::args::{Common, Init, Ledgers, LedgersCommand, Migrate};
use crate::connect::{Way, connect, door, ledger_id};
use crate::failure::Failure;
use crate::maintain::{bank_on, existing, only_here};
use crate::show::{print_json, table};
use creditbank_grpc::proto;
use creditbank_grpc::proto::deployment_service_client::DeploymentServiceClient;
use serde_json::json;
use std::process::ExitCode;
use std::sync::Arc;

pub(crate) async fn init(common: &Common, init: &Init) -> Result<ExitCode, Failure> {
    let channel = match &common.server {
        Some(server) => connect(common, server).await?,
        None => door(Arc::new(bank_on(creditbank_store::open(&common.database_url).await?))).await?,
    };
    let request = proto::CreateLedgerRequest {
        ledger_id: ledger_id(common)?.to_string(),
        time_zone: init.time_zone.clone(),
        begins_on: init.begins_on.clone(),
    };
    let answer = DeploymentServiceClient::new(channel).create_ledger(request).await?.into_inner();
    shown(common, answer.ledger)
}

pub(crate) async fn migrate(common: &Common, migrate: &Migrate) -> Result<ExitCode, Failure> {
    only_here(common)?;
    // To open it is to bring it up to date.
    drop(creditbank_store::open(&common.database_url).await?);
    let mut distributed = creditbank_store::Distributed::default();
    if migrate.distribute {
        if common.is_file() {
            return Err(Failure::refused(
                "FIELD_INVALID",
                "檔案不能分散；請指定 Citus 協調節點的 postgres:// 網址。\
                 A file cannot be distributed: name the postgres:// URL of a coordinator of Citus.",
            ));
        }
        distributed = creditbank_store::distribute(&common.database_url).await?;
    }
    if common.json {
        println!("{}", json!({ "distributed": distributed.now, "distributed_before": distributed.before }));
        return Ok(ExitCode::SUCCESS);
    }
    println!("結構已是最新。The schema is up to date.");
    for table in &distributed.now {
        println!("  {table}：已按帳本分散 distributed by ledger");
    }
    for table in &distributed.before {
        println!("  {table}：原已分散 was distributed before");
    }
    Ok(ExitCode::SUCCESS)
}

/// A client of the deployment: over the network, or of the file or database, which must exist.
async fn client(common: &Common) -> Result<DeploymentServiceClient<Way>, Failure> {
    let channel = match &common.server {
        Some(server) => connect(common, server).await?,
        None => door(Arc::new(bank_on(existing(common).await?))).await?,
    };
    Ok(DeploymentServiceClient::new(channel))
}

pub(crate) async fn run(common: &Common, asked: &Ledgers) -> Result<ExitCode, Failure> {
    let name = creditbank_grpc::ledger_name(&ledger_id(common)?);
    let ledger = match &asked.command {
        None | Some(LedgersCommand::List) => return list(common).await,
        Some(LedgersCommand::Discard) => return discard(common).await,
        Some(LedgersCommand::Quota(quota)) => {
            let event_quota = if quota.none { None } else { quota.events };
            let request = proto::SetQuotaRequest { name, event_quota };
            client(common).await?.set_quota(request).await?.into_inner().ledger
        }
        Some(LedgersCommand::Seal) => {
            let request = proto::SealLedgerRequest { name };
            client(common).await?.seal_ledger(request).await?.into_inner().ledger
        }
        Some(LedgersCommand::Unseal) => {
            let request = proto::UnsealLedgerRequest { name };
            client(common).await?.unseal_ledger(request).await?.into_inner().ledger
        }
    };
    shown(common, ledger)
}

async fn discard(common: &Common) -> Result<ExitCode, Failure> {
    let (store, id) = (existing(common).await?, ledger_id(common)?);
    creditbank_archive::discard(&*store, &id).await?;
    if common.json {
        println!("{}", json!({ "ledger": id.as_str(), "discarded": true }));
    } else {
        println!("已捨棄帳本 {id} 未完成的匯入。The import of ledger {id} that was begun is gone.");
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(common: &Common) -> Result<ExitCode, Failure> {
    let mut client = client(common).await?;
    let mut ledgers = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = proto::ListLedgersRequest { page_size: 1_000, page_token };
        let page = client.list_ledgers(request).await?.into_inner();
        ledgers.extend(page.ledgers);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    if common.json {
        print_json(&ledgers)?;
        return Ok(ExitCode::SUCCESS);
    }
    print(&ledgers);
    Ok(ExitCode::SUCCESS)
}

fn shown(common: &Common, ledger: Option<proto::Tenant>) -> Result<ExitCode, Failure> {
    let ledger = ledger.unwrap_or_default();
    match common.json {
        true => print_json(&ledger)?,
        false => print(&[ledger]),
    }
    Ok(ExitCode::SUCCESS)
}

fn print(ledgers: &[proto::Tenant]) {
    let mut rows = table(&["帳本 ledger", "狀態 state", "事件 events", "配額 quota"]);
    for ledger in ledgers {
        let state = match ledger.state() {
            proto::LedgerState::LedgerOpen => "記帳中 open",
            proto::LedgerState::LedgerSealed => "已封存 sealed",
            proto::LedgerState::LedgerArriving => "匯入中 arriving",
            proto::LedgerState::LedgerDiscarded => "捨棄中 discarded",
            proto::LedgerState::Unspecified => "?",
        };
        let id = ledger.name.strip_prefix("ledgers/").unwrap_or(&ledger.name);
        let quota = ledger.event_quota.map_or("—".to_owned(), |quota| quota.to_string());
        rows.add_row([id, state, &ledger.position.to_string(), &quota]);
    }
    println!("{rows}");
}
