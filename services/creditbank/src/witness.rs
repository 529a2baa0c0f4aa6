//! `witness`: watches logs of others.

use crate::args::{Addresses, Common, WitnessArgs, WitnessKeyFile};
use crate::failure::Failure;
use crate::serve::signal;
use creditbank_proof::{Fault, Verifier, WitnessKey};
use creditbank_witness::{Gatherer, Witness, WitnessAddress};
use serde_json::json;
use std::process::ExitCode;
use tokio::net::TcpListener;

pub(crate) fn make_key(common: &Common, asked: &WitnessKeyFile) -> Result<ExitCode, Failure> {
    let vkey = WitnessKey::init(&asked.name, &asked.file)?.vkey();
    match common.json {
        true => println!("{}", json!({ "verifier_key": vkey })),
        false => println!("{vkey}"),
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn run(common: &Common, asked: &WitnessArgs) -> Result<ExitCode, Failure> {
    let key = WitnessKey::read(&asked.key)?;
    let logs = asked.log.iter().map(|vkey| Verifier::parse(vkey)).collect::<Result<Vec<_>, Fault>>()?;
    let vkey = key.vkey();
    let witness = Witness::open(key, logs, &asked.state)?;
    let listener = TcpListener::bind(asked.http_addr)
        .await
        .map_err(|error| Failure::unavailable(format!("--http-addr {}: {error}", asked.http_addr)))?;
    let at = listener.local_addr().map_err(Failure::unavailable)?;
    let told = signal();
    match common.json {
        true => println!("{}", json!({ "http": at.to_string(), "verifier_key": vkey })),
        false => println!("見證服務中（Ctrl-C 結束）。Witnessing: serve --witness 'http://{at}={vkey}'"),
    }
    axum::serve(listener, witness.routes())
        .with_graceful_shutdown(told)
        .await
        .map_err(Failure::unavailable)?;
    Ok(ExitCode::SUCCESS)
}

/// Who shows checkpoints to the witnesses that the command line names.
pub(crate) fn gatherer(addresses: &Addresses) -> Result<Gatherer, Failure> {
    let witnesses = addresses.witness.iter().map(|text| WitnessAddress::parse(text));
    Ok(Gatherer::new(witnesses.collect::<Result<Vec<_>, Fault>>()?))
}
