//! `demo`: a small district built from a real work plan (plan 9 of `DOMAIN.md` §7.1), then served.

mod district;
mod tokens;

use crate::args::{Addresses, Common, DEFAULT_DATABASE};
use crate::connect::{Desk, bring_up_to_date, door, ledger_id, open_directory, standbys};
use crate::failure::Failure;
use crate::serve;
use creditbank_ledger::{Bank, LedgerSettings, Limits, system_clock};
use creditbank_proof::CheckpointKey;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// The key of the demo's checkpoints, made at the first start.
const DEMO_KEY: &str = "creditbank-demo-checkpoint.key";

fn checkpoint_key(addresses: &Addresses) -> Result<(CheckpointKey, PathBuf), Failure> {
    if let Some(key) = serve::checkpoint_key(addresses)? {
        return Ok(key);
    }
    let path = PathBuf::from(DEMO_KEY);
    let key = if path.exists() { CheckpointKey::read(&path) } else { CheckpointKey::init("demo", &path) }?;
    Ok((key, path))
}

/// The demo's own file: it is never mixed with a real ledger.
const DEMO_DATABASE: &str = "sqlite://creditbank-demo.db";

pub(crate) async fn run(common: &Common, addresses: &Addresses) -> Result<ExitCode, Failure> {
    let url = if common.database_url == DEFAULT_DATABASE { DEMO_DATABASE } else { &common.database_url };
    let store = creditbank_store::open(url).await?;
    let id = ledger_id(common)?;
    let (key, key_file) = checkpoint_key(addresses)?;
    let vkey = key.vkey(&id);
    let bank = Bank::new(store, system_clock(), Limits::default())
        .with_standbys(standbys(&addresses.read_url)?)
        .with_checkpoint_key(key, &key_file);
    let bank = Arc::new(bank);
    bring_up_to_date(&bank, common.json).await?;
    bank.open_ledger(&id, &LedgerSettings::parse("", "2024-01-01")?).await?;
    let common = Common { database_url: url.to_owned(), ..common.clone() };
    let directory = open_directory(&common, &bank).await?;
    // The district is posted through the same door that schools use.
    let mut desk = Desk::new(door(Arc::clone(&bank)).await?, &id);
    let report = district::build(&mut desk).await?;
    println!("{report}");
    let issued = tokens::issue(&bank, &id).await?;
    let addresses = Addresses { reflection: true, checkpoint_key: Some(key_file), ..addresses.clone() };
    let database = common.shown_database();
    let program = std::env::args().next().unwrap_or_else(|| "creditbank".to_owned());
    let remembered = serve::beside(url, serve::UPLOADS);
    serve::serve(bank, directory, &addresses, &remembered, move |grpc, http| {
        println!(
            "
帳本 {id} 已在 {database}，服務中（Ctrl-C 結束）。Serving ledger {id} from {database}.

  控制台 console  http://{http}/   用 {tokens}/officer.token 的內容登入 sign in with what is in that file
  gRPC     {grpc}   (reflection on)
  metrics  http://{http}/metrics

各角色的憑證（一天有效，也在 {tokens}/ 裡）Tokens of each role, good for a day, also in {tokens}/:

{issued}
另開一個終端機試試 In another terminal:

  export CREDITBANK_SERVER=http://{grpc} CREDITBANK_TOKEN_FILE={tokens}/officer.token
  {program} balance residents/r0001
  {program} explain residents/r0001 --language en
  {program} entries --organization jinma-school --limit 5
  {program} statement residents/r0001 --proof statement.json
  {program} verify-statement statement.json --key '{vkey}'
  target/python/bin/python docs/examples/tour.py {grpc}
",
            tokens = tokens::FOLDER
        );
    })
    .await
}
