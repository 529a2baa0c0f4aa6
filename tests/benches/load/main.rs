//! The load driver: what the ledger does beside the floor it stands on, measured in the same run.
//!
//! `cargo bench -p creditbank-tests --bench load` prints the table of `docs/benchmarks.md`. Server and client are in
//! this process on runtimes of their own and speak gRPC over loopback TCP. Absolute figures mean little; the last
//! column is what travels. `CREDITBANK_BENCH=posts,batches,reads,growth,start,rebuild,selection,postgres` chooses parts;
//! `CREDITBANK_BENCH_SECONDS` sets the length of each closed-loop measurement (default 2),
//! `CREDITBANK_BENCH_EVENTS` how many entries start and rebuild find (default 1,000,000),
//! `CREDITBANK_BENCH_HOUSEHOLDS` how many households are ranked (default 30,000), and
//! `CREDITBANK_BENCH_FOLDER` a folder whose `ledger.db` they take as they find it, or make.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a measurement that fails ends here, and prints its table"
)]
#![allow(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

mod closed_loop;
mod floor;
mod postgres;
mod selection;
mod table;
mod workload;

use closed_loop::{calls_per_second, channels};
use creditbank_access::{Gate, Rate};
use creditbank_grpc::proto::account_service_client::AccountServiceClient;
use creditbank_grpc::proto::ledger_service_client::LedgerServiceClient;
use creditbank_grpc::{Access, Bearer, Credentialed, ServerOptions, proto};
use creditbank_ledger::{Bank, Limits, system_clock};
use creditbank_store::SqliteStore;
use creditbank_tests::{Clients, LEDGER};
use ledger_core::id::LedgerId;
use ledger_core::ports::Store;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use table::Table;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use workload::{Ids, LEARNERS, RESIDENTS, Workload};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Connections of the closed-loop clients: four schools.
const CONNECTIONS: usize = 4;
/// Batches that are sent at once.
const BATCHES_IN_FLIGHT: usize = 4;
const BATCH: usize = 1_000;
/// Measurements in turns with those of the floor; what is shown is the median.
const ROUNDS: usize = 3;

fn wanted(part: &str) -> bool {
    std::env::var("CREDITBANK_BENCH").map_or(true, |parts| parts.split(',').any(|wanted| wanted == part))
}

/// Calls in flight, one measurement each.
fn in_flights() -> Vec<usize> {
    let chosen = std::env::var("CREDITBANK_BENCH_IN_FLIGHT").unwrap_or_else(|_| "1,16,64,256".to_owned());
    chosen.split(',').map(|n| n.parse().unwrap()).collect()
}

fn seconds() -> Duration {
    let seconds = std::env::var("CREDITBANK_BENCH_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(2);
    Duration::from_secs(seconds)
}

fn url(folder: &Path) -> String {
    format!("sqlite://{}/ledger.db", folder.display())
}

fn ledger() -> LedgerId {
    LedgerId::parse("district").unwrap()
}

/// A runtime whose threads bear a name, for profilers.
fn runtime(name: &str) -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).thread_name(name).enable_all().build().unwrap()
}

/// A server on a runtime of its own, on a fresh file.
struct Served {
    runtime: tokio::runtime::Runtime,
    address: SocketAddr,
    /// An officer of the usual ledger.
    bearer: Bearer,
    bank: Arc<Bank>,
    folder: Folder,
}

/// Where a ledger's file lies: a folder that goes with the measurement, or one that is kept.
struct Folder {
    path: std::path::PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

impl Folder {
    fn temporary() -> Folder {
        let folder = tempfile::tempdir().unwrap();
        Folder { path: folder.path().to_owned(), _temporary: Some(folder) }
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

impl Served {
    fn start() -> Served {
        Served::start_in(Folder::temporary())
    }

    fn start_in(folder: Folder) -> Served {
        let url = url(folder.path());
        Served::start_on(url, folder)
    }

    fn start_on(url: String, folder: Folder) -> Served {
        let runtime = runtime("server");
        let (address, bearer, bank) = runtime.block_on(async move {
            let store = creditbank_store::open(&url).await.unwrap();
            let bank = creditbank_tests::bank_with(store, system_clock(), Limits::default()).await;
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let bearer = officer(&bank, LEDGER).await;
            // Whoever posts shows a token, as in a district: what that costs is in every figure.
            // One client is measured: it may take all.
            let rate = Rate { per_second: 10_000_000, burst: 10_000_000 };
            let access = Access::Credentials(Arc::new(Gate::new(Arc::clone(&bank), rate)));
            let options = ServerOptions::of(access);
            tokio::spawn(creditbank_grpc::serve(
                listener,
                Arc::clone(&bank),
                options,
                std::future::pending(),
            ));
            (address, bearer, bank)
        });
        Served { runtime, address, bearer, bank, folder }
    }
}

/// The token of an officer of a ledger.
async fn officer(bank: &Arc<Bank>, ledger: &str) -> Bearer {
    let request = proto::CreateTokenRequest {
        parent: ledger.to_owned(),
        request_id: creditbank_tests::fresh(),
        person: "officer-01".to_owned(),
        role: "officer".to_owned(),
        ..Default::default()
    };
    let answer = Clients::of(bank).await.access.create_token(request).await.unwrap();
    Bearer::of(&answer.into_inner().token).unwrap()
}

/// Calls per second of a call that does nothing: the ceiling of unary calls.
async fn ceiling(channels: &[Credentialed], in_flight: usize) -> f64 {
    calls_per_second(channels, in_flight, seconds(), |channel, _| {
        let mut client = HealthClient::new(channel);
        async move { client.check(HealthCheckRequest::default()).await.map(|_| ()) }
    })
    .await
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

async fn posts(table: &mut Table, server: &Served, workload: &Arc<Workload>) {
    let channels = channels(server.address, &server.bearer, CONNECTIONS).await;
    for in_flight in in_flights() {
        let kinds = [Ids::TimeOrdered, Ids::Random];
        let (mut ceilings, mut rates) = (Vec::new(), [Vec::new(), Vec::new()]);
        for _ in 0..ROUNDS {
            ceilings.push(ceiling(&channels, in_flight).await);
            for (ids, rates) in kinds.iter().zip(&mut rates) {
                let (workload, ids) = (Arc::clone(workload), *ids);
                let post = move |channel, _| {
                    let request = workload.post(ids);
                    let mut client = LedgerServiceClient::new(channel);
                    async move { client.post_entry(request).await.map(|_| ()) }
                };
                rates.push(calls_per_second(&channels, in_flight, seconds(), post).await);
            }
        }
        let ceiling = median(ceilings);
        for (ids, rates) in kinds.iter().zip(rates) {
            let what = format!("unary post, {in_flight} in flight, request ids {ids}");
            table.row(&what, median(rates), "no-op RPC", ceiling);
        }
    }
}

async fn reads(table: &mut Table, server: &Served, workload: &Arc<Workload>) {
    let channels = channels(server.address, &server.bearer, CONNECTIONS).await;
    for in_flight in in_flights() {
        let (mut ceilings, mut rates) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ceilings.push(ceiling(&channels, in_flight).await);
            let workload = Arc::clone(workload);
            let read = move |channel, n| {
                let request = proto::GetBalanceRequest { name: workload.resident(n), ..Default::default() };
                let mut client = AccountServiceClient::new(channel);
                async move { client.get_balance(request).await.map(|_| ()) }
            };
            rates.push(calls_per_second(&channels, in_flight, seconds(), read).await);
        }
        let what = format!("balance read, {in_flight} in flight");
        table.row(&what, median(rates), "no-op RPC", median(ceilings));
    }
}

/// Posts so many entries in batches; gives entries per second of each 100,000.
async fn post_batches(server: &Served, workload: &Arc<Workload>, entries: usize) -> Vec<f64> {
    let channels = channels(server.address, &server.bearer, CONNECTIONS).await;
    let mut rates = Vec::new();
    let mut left = entries;
    while left > 0 {
        let part = left.min(100_000);
        let began = Instant::now();
        let batches = Arc::new(std::sync::atomic::AtomicUsize::new(part.div_ceil(BATCH)));
        let mut senders = tokio::task::JoinSet::new();
        for n in 0..BATCHES_IN_FLIGHT {
            let mut client = LedgerServiceClient::new(channels[n % channels.len()].clone());
            let (batches, workload) = (Arc::clone(&batches), Arc::clone(workload));
            senders.spawn(async move {
                use std::sync::atomic::Ordering;
                while batches.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok()
                {
                    let answer = client.batch_post_entries(workload.batch(BATCH)).await.unwrap().into_inner();
                    assert!(answer.verdicts.iter().all(|verdict| verdict.error.is_none()));
                }
            });
        }
        senders.join_all().await;
        rates.push(part as f64 / began.elapsed().as_secs_f64());
        left -= part;
    }
    rates
}

async fn batches(table: &mut Table, server: &Served, workload: &Arc<Workload>) {
    let entries = 200_000;
    let rates = post_batches(server, workload, entries).await;
    let rate = rates.iter().map(|rate| 1.0 / rate).sum::<f64>();
    let rate = rates.len() as f64 / rate;
    let floor = floor::inserts_per_second(server.folder.path(), entries, BATCH).await;
    table.row("batches of 1,000 (4 in flight), entries", rate, "multi-row inserts of the same rows", floor);
}

async fn growth(table: &mut Table, server: &Served, workload: &Arc<Workload>) {
    let rates = post_batches(server, workload, 2_000_000).await;
    let (first, last) = (rates[0], rates[rates.len() - 1]);
    table.row("the last 100,000 of 2 M entries", last, "the first 100,000", first);
}

async fn cold_start(table: &mut Table, folder: &Path) {
    let began = Instant::now();
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&url(folder), Default::default()).await.unwrap());
    let bank = Bank::new(store, system_clock(), Limits::default());
    let served = bank.ledger(&ledger()).await.unwrap();
    let account = ledger_core::id::AccountId::parse_path("residents/r000001").unwrap();
    served.balance(account, &Default::default()).await.unwrap();
    let start = began.elapsed();
    let floor = floor::open_and_read(folder).await;
    table.row(
        "cold start to the first balance, per second",
        1.0 / start.as_secs_f64(),
        "open the file and read one row",
        1.0 / floor.as_secs_f64(),
    );
}

async fn rebuild(table: &mut Table, folder: &Path) {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&url(folder), Default::default()).await.unwrap());
    let head = store.head(&ledger()).await.unwrap().position.0;
    let fold = floor::fold_in_memory(&store, &ledger()).await;
    let began = Instant::now();
    let mut stage = None;
    let tell = move |progress: creditbank_ledger::Progress| {
        if stage != Some(progress.stage) {
            stage = Some(progress.stage);
            eprintln!("{:>10.1?} {}", began.elapsed(), progress.stage.as_str());
        }
    };
    creditbank_ledger::rebuild(Arc::clone(&store), &ledger(), tell).await.unwrap();
    let rate = head as f64 / began.elapsed().as_secs_f64();
    table.row(&format!("rebuild of {head} events"), rate, "the same fold in memory", fold);
    let began = Instant::now();
    let report = creditbank_ledger::verify(store, &ledger(), |_| {}).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    let rate = head as f64 / began.elapsed().as_secs_f64();
    table.row(&format!("verify of {head} events"), rate, "the same fold in memory", fold);
}

/// A folder with a ledger of many entries: one that is kept, or a fresh one.
fn grown(client: &tokio::runtime::Runtime) -> Folder {
    let entries = std::env::var("CREDITBANK_BENCH_EVENTS").map_or(1_000_000, |n| n.parse().unwrap());
    let folder = match std::env::var_os("CREDITBANK_BENCH_FOLDER") {
        Some(kept) => Folder { path: kept.into(), _temporary: None },
        None => Folder::temporary(),
    };
    if folder.path().join("ledger.db").exists() {
        return folder;
    }
    let server = Served::start_in(folder);
    let workload = Arc::new(client.block_on(Workload::prepare(server.address, &server.bearer, RESIDENTS)));
    client.block_on(post_batches(&server, &workload, entries));
    server.runtime.shutdown_timeout(Duration::from_secs(10));
    server.folder
}

fn main() {
    let client = runtime("client");
    let mut table = Table::new();
    let fresh = |client: &tokio::runtime::Runtime, residents: usize| {
        let server = Served::start();
        let workload = client.block_on(Workload::prepare(server.address, &server.bearer, residents));
        (server, Arc::new(workload))
    };
    if wanted("posts") || wanted("reads") {
        let (server, workload) = fresh(&client, LEARNERS);
        if wanted("posts") {
            client.block_on(posts(&mut table, &server, &workload));
        }
        if wanted("reads") {
            client.block_on(async {
                post_batches(&server, &workload, 100_000).await;
                reads(&mut table, &server, &workload).await;
            });
        }
        server.runtime.shutdown_background();
    }
    if wanted("batches") {
        let (server, workload) = fresh(&client, LEARNERS);
        client.block_on(batches(&mut table, &server, &workload));
        server.runtime.shutdown_background();
    }
    if wanted("start") || wanted("rebuild") {
        let folder = grown(&client);
        if wanted("start") {
            client.block_on(cold_start(&mut table, folder.path()));
        }
        if wanted("rebuild") {
            client.block_on(rebuild(&mut table, folder.path()));
        }
    }
    if wanted("growth") {
        let (server, workload) = fresh(&client, RESIDENTS);
        client.block_on(growth(&mut table, &server, &workload));
        server.runtime.shutdown_background();
    }
    if wanted("postgres") {
        postgres::all(&mut table, &client);
    }
    if wanted("selection") {
        let folder = Folder::temporary();
        client.block_on(selection::ranking(&mut table, folder.path()));
        let server = Served::start_in(folder);
        client.block_on(selection::evaluations(&mut table, &server));
        server.runtime.shutdown_background();
    }
    println!("{table}");
}
