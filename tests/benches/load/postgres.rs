//! The same on PostgreSQL, beside what a plain service does there: pgbench with single-row inserts, and `COPY`.

use crate::closed_loop::{calls_per_second, channels};
use crate::officer;
use crate::table::Table;
use crate::workload::{Ids, LEARNERS, RESIDENTS, Workload};
use crate::{BATCH, CONNECTIONS, Folder, ROUNDS, Served, median, post_batches, seconds};
use creditbank_grpc::Bearer;
use creditbank_grpc::proto;
use creditbank_grpc::proto::ledger_service_client::LedgerServiceClient;
use creditbank_tests::Clients;
use creditbank_tests::postgres::{Cluster, connect};
use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

/// A row as a plain service would write it: what an event and its request hold, and their indexes.
const PLAIN: &str = "create table plain (ledger text collate \"C\" not null, position bigint not null, \
    body text not null, poster text collate \"C\" not null, \
    request_id text collate \"C\" not null, digest bytea not null, \
    primary key (ledger, position), unique (ledger, poster, request_id))";

/// pgbench's own generator; the position comes from a sequence, the request id is random.
const INSERT: &str = "insert into plain values ('district', nextval('plain_position'), \
    repeat('x', 420), 'school-1', gen_random_uuid()::text, sha256('x'))";

async fn run(url: &str, text: &'static str) {
    sqlx::query(text).execute(&mut connect(url).await).await.unwrap();
}

/// The best rate of single-row inserts, each a transaction of its own, over 1, 16 and 64 clients.
fn single_rows_per_second(cluster: &Cluster) -> f64 {
    let script = cluster.folder.join("insert.sql");
    std::fs::write(&script, INSERT).unwrap();
    let script = script.display().to_string();
    let seconds = seconds().as_secs().max(2).to_string();
    let rates = ["1", "16", "64"].map(|clients| {
        let arguments =
            ["-n", "-M", "prepared", "-c", clients, "-j", "2", "-T", &seconds, "-f", &script, "postgres"];
        let printed = cluster.output("pgbench", &arguments);
        let line = printed.lines().find(|line| line.starts_with("tps = ")).unwrap();
        line.split_whitespace().nth(2).unwrap().parse::<f64>().unwrap()
    });
    rates.into_iter().fold(0.0, f64::max)
}

/// `COPY` of such rows in transactions of so many. Rows per second.
async fn copied_per_second(url: &str, rows: Range<usize>, batch: usize) -> f64 {
    let mut connection = connect(url).await;
    let (count, began) = (rows.len(), Instant::now());
    for first in rows.step_by(batch) {
        let mut text = String::new();
        for n in first..first + batch {
            let position = 1_000_000_000 + n;
            let (body, id) = ("x".repeat(420), uuid::Uuid::now_v7());
            let _ = writeln!(text, "district\t{position}\t{body}\tschool-1\t{id}\t\\\\x{}", "7".repeat(64));
        }
        let mut copy = connection.copy_in_raw("copy plain from stdin").await.unwrap();
        copy.send(text.as_bytes()).await.unwrap();
        copy.finish().await.unwrap();
    }
    count as f64 / began.elapsed().as_secs_f64()
}

fn served(cluster: &Cluster, client: &tokio::runtime::Runtime, residents: usize) -> (Served, Arc<Workload>) {
    let url = client.block_on(cluster.database());
    let server = Served::start_on(url, Folder::temporary());
    let workload = client.block_on(Workload::prepare(server.address, &server.bearer, residents));
    (server, Arc::new(workload))
}

/// Posts with 256 in flight to each of some servers at once; all together a second.
async fn posts_together(servers: &[(std::net::SocketAddr, Bearer, Arc<Workload>)]) -> f64 {
    let rates = servers.iter().map(async |(address, bearer, workload)| {
        let workload = Arc::clone(workload);
        let post = move |channel, _| {
            let request = workload.post(Ids::TimeOrdered);
            let mut client = LedgerServiceClient::new(channel);
            async move { client.post_entry(request).await.map(|_| ()) }
        };
        calls_per_second(&channels(*address, bearer, CONNECTIONS).await, 256, seconds(), post).await
    });
    futures::future::join_all(rates).await.iter().sum()
}

/// Two ledgers, each on a replica of its own, beside one on one: what they share is the database and the cores.
fn two_ledgers(table: &mut Table, cluster: &Cluster, client: &tokio::runtime::Runtime) {
    let url = client.block_on(cluster.database());
    let (first, second) =
        (Served::start_on(url.clone(), Folder::temporary()), Served::start_on(url, Folder::temporary()));
    let bearer = second.runtime.block_on(async {
        let create = proto::CreateLedgerRequest { ledger_id: "second".to_owned(), ..Default::default() };
        Clients::of(&second.bank).await.deployment.create_ledger(create).await.unwrap();
        officer(&second.bank, "ledgers/second").await
    });
    let servers = client.block_on(async {
        let one = Workload::prepare(first.address, &first.bearer, LEARNERS).await;
        let other = Workload::of("ledgers/second", second.address, &bearer, LEARNERS).await;
        [(first.address, first.bearer.clone(), Arc::new(one)), (second.address, bearer, Arc::new(other))]
    });
    let (mut alone, mut together) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        alone.push(client.block_on(posts_together(&servers[..1])));
        together.push(client.block_on(posts_together(&servers)));
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    table.row(
        &format!("PostgreSQL: posts to two ledgers on two replicas ({cores} cores)"),
        median(together),
        "one ledger on one replica",
        median(alone),
    );
    first.runtime.shutdown_background();
    second.runtime.shutdown_background();
}

pub(crate) fn all(table: &mut Table, client: &tokio::runtime::Runtime) {
    let cluster = Cluster::start(&[("shared_buffers", "1GB"), ("max_wal_size", "8GB")], None);
    let url = cluster.url("postgres");
    client.block_on(run(&url, PLAIN));
    client.block_on(run(&url, "create sequence plain_position cache 1000"));
    let (server, workload) = served(&cluster, client, LEARNERS);
    let kinds = [Ids::TimeOrdered, Ids::Random];
    let (mut floors, mut rates) = (Vec::new(), [Vec::new(), Vec::new()]);
    for _ in 0..ROUNDS {
        floors.push(single_rows_per_second(&cluster));
        for (ids, rates) in kinds.iter().zip(&mut rates) {
            let (workload, ids) = (Arc::clone(&workload), *ids);
            let post = move |channel, _| {
                let request = workload.post(ids);
                let mut client = LedgerServiceClient::new(channel);
                async move { client.post_entry(request).await.map(|_| ()) }
            };
            rates.push(client.block_on(async {
                let channels = channels(server.address, &server.bearer, CONNECTIONS).await;
                calls_per_second(&channels, 256, seconds(), post).await
            }));
        }
    }
    let floor = median(floors);
    for (ids, rates) in kinds.iter().zip(rates) {
        let what = format!("PostgreSQL: unary post, 256 in flight, request ids {ids}");
        table.row(
            &what,
            median(rates),
            "single-row inserts of pgbench, the best of 1, 16, 64 clients",
            floor,
        );
    }
    server.runtime.shutdown_background();

    two_ledgers(table, &cluster, client);

    let (server, workload) = served(&cluster, client, LEARNERS);
    let entries = 100_000;
    let (mut floors, mut rates) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        client.block_on(async {
            rates.extend(post_batches(&server, &workload, entries).await);
            let rows = round * entries..(round + 1) * entries;
            floors.push(copied_per_second(&url, rows, BATCH).await);
        });
    }
    table.row(
        "PostgreSQL: batches of 1,000 (4 in flight), entries",
        median(rates),
        "COPY of rows with the same indexes",
        median(floors),
    );
    server.runtime.shutdown_background();

    let entries: usize = std::env::var("CREDITBANK_BENCH_EVENTS").map_or(1_000_000, |n| n.parse().unwrap());
    let (server, workload) = served(&cluster, client, RESIDENTS);
    let rates = client.block_on(post_batches(&server, &workload, entries));
    let (first, last) = (rates[0], rates[rates.len() - 1]);
    table.row(
        &format!("PostgreSQL: the last 100,000 of {entries} entries"),
        last,
        "the first 100,000",
        first,
    );
    server.runtime.shutdown_background();
}
