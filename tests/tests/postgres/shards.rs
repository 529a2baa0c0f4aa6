//! One ledger is one shard: every statement the program can issue names the ledger, of each table it touches.

use creditbank_store::{Distributed, PostgresOptions, PostgresStore, distribute, postgres_statements};
use creditbank_tests::postgres::{connect, fresh_database};
use ledger_core::ports::StoreError;
use sqlparser::ast::{
    BinaryOperator, Delete, Expr, FromTable, Insert, ObjectName, Query, Select, SelectItem, SetExpr,
    Statement, TableFactor, TableObject, TableWithJoins, Value, Visit, Visitor,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use std::ops::ControlFlow;

/// The tables that are distributed by ledger.
const TABLES: [&str; 11] = [
    "ledger_head",
    "event",
    "request",
    "state",
    "generation",
    "person_key",
    "person",
    "person_lookup",
    "organization_card",
    "tile",
    "checkpoint",
];

/// The one statement about many ledgers; a coordinator gathers it from all shards.
const OF_A_DEPLOYMENT: [&str; 1] = ["LEDGERS"];

#[test]
fn every_statement_names_the_ledger_of_each_table_it_touches() {
    let mut touching = 0;
    for (name, text) in postgres_statements() {
        let parsed =
            Parser::parse_sql(&PostgreSqlDialect {}, text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let found = strays(&parsed);
        match OF_A_DEPLOYMENT.contains(name) {
            true => assert_eq!(found.len(), 1, "{name} is no exception any more"),
            false => assert!(found.is_empty(), "{name}: {found:?} without the ledger\n{text}"),
        }
        touching += usize::from(TABLES.iter().any(|table| text.contains(table)));
        for session in ["advisory", "nextval", "notify", "listen", "temp ", "set session", "prepare "] {
            assert!(!text.contains(session), "{name} rests on a session: {session}");
        }
    }
    println!("{} statements, {touching} of them touch tables", postgres_statements().len());
    assert!(touching > 25);
}

/// The check can fail.
#[test]
fn a_statement_without_the_ledger_is_found() {
    for text in [
        "select body from event where position = $1",
        "select body from event where ledger = $2 or position = $1",
        "select e.body from event e join state s on s.ledger = e.ledger where e.ledger = $1",
        "select 1 where exists (select 1 from request where poster = $1)",
        "select s.body from ledger_head h left join lateral (select body from state where key = $2) s on true where h.ledger = $1",
        "update generation set holder = $1 where generation = $2",
        "delete from state where ledger = $1 and key in (select key from state where generation = $2)",
        "insert into event (position, body) values ($1, $2)",
        "insert into event (ledger, position) select e.ledger, e.position from unnest($2::text[], $3::bigint[]) as e (ledger, position)",
        "with t as (select body from state where key = $2) select body from t",
    ] {
        let parsed = Parser::parse_sql(&PostgreSqlDialect {}, text).unwrap();
        assert!(!strays(&parsed).is_empty(), "{text}");
    }
}

/// Tables that a statement touches without naming their ledger.
fn strays(statements: &[Statement]) -> Vec<String> {
    let mut walk = Walk::default();
    for statement in statements {
        let _ = statement.visit(&mut walk);
    }
    walk.strays
}

#[derive(Default)]
struct Walk {
    strays: Vec<String>,
}

impl Visitor for Walk {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.body(&query.body);
        ControlFlow::Continue(())
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        match statement {
            Statement::Update(update) => {
                self.tables(std::slice::from_ref(&update.table), update.selection.as_ref());
            }
            Statement::Delete(Delete { from: FromTable::WithFromKeyword(from), selection, .. }) => {
                self.tables(from, selection.as_ref());
            }
            Statement::Delete(_) => self.strays.push("an unusual delete".to_owned()),
            Statement::Insert(insert) => self.insert(insert),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

impl Walk {
    fn body(&mut self, body: &SetExpr) {
        match body {
            SetExpr::Select(select) => {
                let Select { from, selection, .. } = &**select;
                self.tables(from, selection.as_ref());
            }
            SetExpr::SetOperation { left, right, .. } => {
                self.body(left);
                self.body(right);
            }
            // Walked by itself, or the rows of an insert.
            SetExpr::Query(_) | SetExpr::Values(_) => {}
            other => self.strays.push(format!("an unusual query {other}")),
        }
    }

    /// Each table of a `from` must be in the `where` with its ledger; joins on something else are not enough.
    fn tables(&mut self, from: &[TableWithJoins], selection: Option<&Expr>) {
        let factors = from.iter().flat_map(|from| {
            std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation))
        });
        let own: Vec<(String, String)> = factors
            .filter_map(|factor| match factor {
                TableFactor::Table { name, alias, .. } if TABLES.contains(&plain(name).as_str()) => {
                    let called = alias.as_ref().map_or(plain(name), |alias| alias.name.value.clone());
                    Some((plain(name), called))
                }
                _ => None,
            })
            .collect();
        for (table, called) in &own {
            let named = selection.is_some_and(|selection| names_ledger(selection, called, own.len() == 1));
            if !named {
                self.strays.push(table.clone());
            }
        }
    }

    /// The ledger of an insert is its first parameter in every row.
    fn insert(&mut self, insert: &Insert) {
        let TableObject::TableName(name) = &insert.table else { return self.strays.push("?".to_owned()) };
        let at = insert.columns.iter().position(|column| column.to_string() == "ledger");
        let given = at.zip(insert.source.as_ref()).is_some_and(|(at, source)| match &*source.body {
            SetExpr::Values(values) => values.rows.iter().all(|row| row.get(at).is_some_and(is_ledger)),
            SetExpr::Select(select) => {
                matches!(select.projection.get(at), Some(SelectItem::UnnamedExpr(value)) if is_ledger(value))
            }
            _ => false,
        });
        if TABLES.contains(&plain(name).as_str()) && !given {
            self.strays.push(plain(name));
        }
    }
}

fn plain(name: &ObjectName) -> String {
    name.to_string()
}

/// Whether a condition, as one of those that must all hold, says that the ledger of a table is `$1`.
fn names_ledger(condition: &Expr, called: &str, alone: bool) -> bool {
    match condition {
        Expr::Nested(inner) => names_ledger(inner, called, alone),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            names_ledger(left, called, alone) || names_ledger(right, called, alone)
        }
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
            let column = left.to_string();
            is_ledger(right) && (column == format!("{called}.ledger") || alone && column == "ledger")
        }
        _ => false,
    }
}

fn is_ledger(value: &Expr) -> bool {
    matches!(value, Expr::Value(value) if matches!(&value.value, Value::Placeholder(name) if name == "$1"))
}

/// Citus is not at hand where the tests run: its functions are played by ones that write down how they are called.
#[tokio::test(flavor = "multi_thread")]
async fn tables_are_distributed_by_ledger_beside_each_other_and_once() {
    let url = fresh_database().await;
    let _ = PostgresStore::open(&url, PostgresOptions::default()).await.unwrap();
    let refused = distribute(&url).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Unavailable(why) if why.contains("Citus")), "{refused}");
    let mut connection = connect(&url).await;
    for text in [
        "create table pg_dist_partition (n serial, logicalrelid regclass, key text, beside text)",
        "create function create_distributed_table(regclass, text, colocate_with text) returns void language sql as \
         $$ insert into pg_dist_partition (logicalrelid, key, beside) values ($1, $2, $3) $$",
    ] {
        sqlx::query(text).execute(&mut connection).await.unwrap();
    }
    let first = distribute(&url).await.unwrap();
    assert_eq!(first, Distributed { now: TABLES.to_vec(), before: vec![] });
    let calls: Vec<(String, String, String)> =
        sqlx::query_as("select logicalrelid::text, key, beside from pg_dist_partition order by n")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    let expected = TABLES.map(|table| {
        let beside = if table == "ledger_head" { "default" } else { "ledger_head" };
        (table.to_owned(), "ledger".to_owned(), beside.to_owned())
    });
    assert_eq!(calls, expected);
    assert_eq!(distribute(&url).await.unwrap(), Distributed { now: vec![], before: TABLES.to_vec() });
    // Every table of the schema is one of them: none is forgotten.
    let tables: Vec<(String,)> = sqlx::query_as(
        "select tablename::text from pg_tables where schemaname = 'public' \
         and tablename not in ('_sqlx_migrations', 'creditbank_migration', 'pg_dist_partition') order by 1",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let mut sorted = TABLES.map(str::to_owned);
    sorted.sort();
    assert_eq!(tables.into_iter().map(|(table,)| table).collect::<Vec<_>>(), sorted);
}
