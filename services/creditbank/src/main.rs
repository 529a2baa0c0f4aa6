//! `creditbank`: the credit bank's program. It opens a file or speaks to a server; either way it goes through the
//! same gRPC door, so a command says the same thing in both places.

mod access;
mod archive;
mod args;
mod badge;
mod batch;
mod connect;
mod correct;
mod demo;
mod deployment;
mod directory;
mod evaluation;
mod evidence;
mod failure;
mod household;
mod http;
mod identity;
mod import;
mod indicator;
mod maintain;
mod month;
mod paper;
mod policy;
mod progress;
mod proof;
mod rebuild;
mod redemption;
mod report;
mod retention;
mod selection;
mod serve;
mod show;
mod tls;
mod witness;

use args::{Args, Command};
use clap::Parser;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `creditbank entries | head`: who reads no further ends the program, without a word.
fn end_with_the_reader() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let gone = |text: &str| text.starts_with("failed printing to stdout") && text.contains("Broken pipe");
        if panic.payload_as_str().is_some_and(gone) {
            std::process::exit(0);
        }
        usual(panic);
    }));
}

fn main() -> ExitCode {
    end_with_the_reader();
    let args = Args::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,creditbank=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return failure::Failure::unavailable(format!("the runtime: {error}")).report(args.common.json);
        }
    };
    let json = args.common.json;
    match runtime.block_on(run(args)) {
        Ok(code) => code,
        Err(failure) => failure.report(json),
    }
}

async fn run(args: Args) -> Result<ExitCode, failure::Failure> {
    let common = &args.common;
    match args.command {
        Command::Demo(addresses) => demo::run(common, &addresses).await,
        Command::Serve(addresses) => serve::run(common, &addresses).await,
        Command::Init(init) => deployment::init(common, &init).await,
        Command::Migrate(migrate) => deployment::migrate(common, &migrate).await,
        Command::Token(token) => access::run(common, &token).await,
        Command::Audit(audit) => access::audit(common, &audit).await,
        Command::Whoami => access::whoami(common).await,
        Command::Ledgers(ledgers) => deployment::run(common, &ledgers).await,
        Command::Import(import) if import.file.is_dir() => archive::import(common, &import).await,
        Command::Import(import) => import::run(common, &import).await,
        Command::Export(export) => archive::export(common, &export).await,
        Command::Balance(of) => show::balance(common, &of).await,
        Command::Explain(of) => show::explain(common, &of).await,
        Command::Statement(of) => match &of.proof {
            Some(file) => proof::write_statement(common, &of.account, file).await,
            None => show::statement(common, &of).await,
        },
        Command::Entries(filter) => show::entries(common, &filter).await,
        Command::Reverse(reverse) => show::reverse(common, &reverse).await,
        Command::Merge(merge) => identity::merge(common, &merge).await,
        Command::Rename(rename) => identity::rename(common, &rename).await,
        Command::Who(who) => identity::who(common, &who).await,
        Command::Duplicates(duplicates) => identity::duplicates(common, &duplicates).await,
        Command::Distinguish(pair) => identity::distinguish(common, &pair).await,
        Command::Directory(directory) => directory::run(common, &directory).await,
        Command::Household(household) => household::run(common, &household).await,
        Command::Evaluate(asked) => evaluation::evaluate(common, &asked).await,
        Command::Rank(asked) => evaluation::rank(common, &asked).await,
        Command::Policy(policy) => policy::run(common, &policy).await,
        Command::Redeem(redeem) => redemption::redeem(common, &redeem).await,
        Command::Redeemable(of) => redemption::redeemable(common, &of).await,
        Command::CloseMonth(month) => month::close(common, &month).await,
        Command::Closings => month::list(common).await,
        Command::Correct(correct) => correct::run(common, &correct).await,
        Command::Batches(of) => batch::list(common, &of).await,
        Command::ReverseBatch(asked) => batch::reverse(common, &asked).await,
        Command::Report(of) => report::run(common, &of).await,
        Command::Indicators(of) => indicator::run(common, &of).await,
        Command::Target(target) => indicator::target(common, &target).await,
        Command::Population(population) => indicator::population(common, &population).await,
        Command::Evidence(evidence) => evidence::run(common, &evidence).await,
        Command::Selection(asked) => selection::run(common, &asked).await,
        Command::CheckpointKey(asked) => proof::make_key(common, &asked),
        Command::VerifierKey(asked) => proof::show_key(common, &asked),
        Command::Checkpoint => proof::checkpoint(common).await,
        Command::VerifyExport(asked) => proof::verify_export(common, &asked),
        Command::VerifyStatement(asked) => proof::verify_statement(common, &asked),
        Command::Issuer => badge::issuer(common).await,
        Command::Badge(asked) => badge::badge(common, &asked).await,
        Command::Transcript(asked) => badge::transcript(common, &asked).await,
        Command::VerifyBadge(asked) => badge::verify(common, &asked),
        Command::WitnessKey(asked) => witness::make_key(common, &asked),
        Command::Witness(asked) => witness::run(common, &asked).await,
        Command::Verify => maintain::verify(common).await,
        Command::Rebuild(arguments) => rebuild::run(common, &arguments).await,
        Command::Backup(backup) => maintain::backup(common, &backup).await,
        Command::Restore(restore) => maintain::restore(common, &restore).await,
        Command::Doctor => maintain::doctor(common).await,
    }
}
