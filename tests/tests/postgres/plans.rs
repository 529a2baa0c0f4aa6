//! Plans stay index plans, also of statements that were prepared while the tables were empty and never planned anew.

use creditbank_store::{PostgresOptions, PostgresStore, postgres_statements};
use creditbank_tests::postgres::{connect, fresh_database};
use sqlx::{AssertSqlSafe, Row};

/// The tables that grow.
const GROWING: [&str; 7] = ["event", "request", "state", "person_key", "person", "person_lookup", "tile"];

/// What a database without Citus cannot plan.
const OF_CITUS: [&str; 3] = ["HAS_CITUS", "IS_DISTRIBUTED", "DISTRIBUTE"];

#[tokio::test(flavor = "multi_thread")]
async fn no_statement_ever_reads_a_growing_table_from_end_to_end() {
    let url = fresh_database().await;
    let _ = PostgresStore::open(&url, PostgresOptions::default()).await.unwrap();
    let mut connection = connect(&url).await;
    let mut planned = 0;
    for (n, (name, text)) in postgres_statements().iter().enumerate() {
        let first = text.split_whitespace().next().unwrap();
        if !["select", "insert", "update", "delete", "with"].contains(&first) || OF_CITUS.contains(name) {
            continue;
        }
        sqlx::query("set plan_cache_mode = force_generic_plan").execute(&mut connection).await.unwrap();
        sqlx::query(AssertSqlSafe(format!("prepare s{n} as {text}"))).execute(&mut connection).await.unwrap();
        let parameters = (1..20).take_while(|p| text.contains(&format!("${p}"))).count();
        let nulls = vec!["null"; parameters].join(", ");
        let arguments = if parameters == 0 { String::new() } else { format!("({nulls})") };
        let plan = sqlx::query(AssertSqlSafe(format!("explain execute s{n}{arguments}")))
            .fetch_all(&mut connection)
            .await
            .unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        planned += 1;
        for line in &plan {
            let whole = GROWING.iter().any(|table| line.contains(&format!("Seq Scan on {table} ")));
            assert!(!whole, "{text}\n{}", plan.join("\n"));
        }
        // Every look-up names the ledger in its index condition: one ledger is one shard.
        for line in
            plan.iter().filter(|line| line.trim_start().starts_with("Index Cond:") && *name != "LEDGERS")
        {
            assert!(line.contains("ledger = "), "{text}\n{}", plan.join("\n"));
        }
    }
    assert!(planned > 25, "{planned} statements were planned");
}
