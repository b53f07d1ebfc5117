//! The recorded types of the queries, with which the crate is compiled, are PostgreSQL's own.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, PgPool, SqlSafeStr};

use crate::support::TestApp;

/// What `./test prepare` writes, a file for each query.
pub fn recorded() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".sqlx");
    let files = fs::read_dir(folder).expect(".sqlx");
    let read = |path: PathBuf| fs::read(path).expect("a file of .sqlx");
    files
        .map(|file| read(file.expect("a file").path()))
        .map(|text| serde_json::from_slice(&text).expect("JSON"))
        .collect()
}

fn text_of(query: &Value) -> &str {
    query["query"].as_str().expect("the query's text")
}

fn sources(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| entry.expect("an entry").path())
        .flat_map(|path| {
            if path.is_dir() {
                return sources(&path);
            }
            vec![fs::read_to_string(&path).unwrap_or_default()]
        })
        .collect()
}

async fn described(connection: &mut PgConnection, text: &str) -> Result<Value, sqlx::Error> {
    let sql = AssertSqlSafe(text.to_owned()).into_sql_str();
    let described = connection.describe(sql).await?;
    Ok(serde_json::to_value(&described).expect("JSON"))
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_recorded_types_of_each_query_are_those_of_the_schema(db: PgPool) {
    let mut connection = db.acquire().await.expect("a connection").detach();
    let queries = recorded();
    assert!(queries.len() > 100, "{} queries", queries.len());

    for query in &queries {
        let now = described(&mut connection, text_of(query)).await;
        let now = now.unwrap_or_else(|error| panic!("{error}: {}", text_of(query)));
        assert_eq!(now, query["describe"], "{}", text_of(query));
    }
    connection.close().await.expect("closed");
}

#[test]
fn each_recorded_query_is_one_of_the_source() {
    let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));

    for query in recorded() {
        let text = text_of(&query);
        let is_there = sources.iter().any(|source| source.contains(text));
        assert!(is_there, "no source has {text}");
    }
}

/// Which tables a query reads, and how many rows of each, filtered out or not.
async fn rows_read(db: &PgPool, text: &str) -> Vec<(String, f64)> {
    let sql = AssertSqlSafe(format!("EXPLAIN (ANALYZE, FORMAT JSON) {text}"));
    let explained: Value = sqlx::query_scalar(sql).fetch_one(db).await.expect("a plan");
    let mut read = Vec::new();
    let mut nodes = vec![&explained[0]["Plan"]];
    while let Some(node) = nodes.pop() {
        nodes.extend(node["Plans"].as_array().into_iter().flatten());
        let number = |name: &str| node[name].as_f64().unwrap_or_default();
        let n_rows = number("Actual Rows") + number("Rows Removed by Filter");
        if let Some(table) = node["Relation Name"].as_str() {
            read.push((table.to_owned(), n_rows * number("Actual Loops")));
        }
    }
    read
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn of_cancelled_events_only_what_is_still_booked_is_read(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let (over, on_sale) = (app.on_sale(1, 4).await, app.on_sale(20, 150).await);
    over.apply("cancel").await;
    let insert = "INSERT INTO bookings (event_id, hold_id, booking_id, holder_id, reference, state,
                      contact_name, contact_email, total, currency, confirmed_at, cancelled_at)
                  SELECT $1, id, id, id, id::text, 'cancelled', 'Ana', 'ana@example.org', 49.5,
                      'EUR', now(), now()
                  FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, 5000)) AS made";
    let inserted = sqlx::query(insert).bind(over.id().0).execute(&db).await;
    inserted.expect("bookings that are cancelled");
    app.fill(&on_sale).await;
    let queries = recorded();
    let is_the_jobs = |query: &&Value| text_of(query).contains("e.state = 'cancelled'");
    let query = queries.iter().find(is_the_jobs).expect("the job's query");

    for behind in ["NULL", "'00000000-0000-0000-0000-000000000001'"] {
        let query = text_of(query).replace("$1", "100").replace("$2", behind);

        let read = rows_read(&db, &query).await;

        assert!(!read.is_empty());
        let n_rows: f64 = read.iter().map(|(_, n_rows)| n_rows).sum();
        assert!(n_rows < 10.0, "{read:?}");
    }
    app.stop().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn of_whoever_waits_only_bookings_of_that_event_are_read(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let (full, waited_for) = (app.on_sale(20, 150).await, app.on_sale(1, 4).await);
    let insert = "INSERT INTO waitlist_entries (event_id, entry_id, holder_id, name, email,
                      quantity, is_together, state, joined_at)
                  SELECT $1, id, id, 'Ana', id || '@example.org', 1, true, 'waiting', now()
                  FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, 2000)) AS made";
    let inserted = sqlx::query(insert).bind(waited_for.id().0).execute(&db);
    inserted.await.expect("a queue");
    app.fill(&full).await;
    let queries = recorded();
    let is_the_queue = |query: &&Value| text_of(query).contains("AS \"n_booked!\"");
    let query = queries
        .iter()
        .find(is_the_queue)
        .expect("the queue's query");
    let holders = "SELECT array_agg(holder_id)::text FROM waitlist_entries";
    let holders: String = sqlx::query_scalar(holders)
        .fetch_one(&db)
        .await
        .expect("a list");
    let event_id = format!("'{}'::uuid", waited_for.event_id);
    let holders = format!("'{holders}'::uuid[]");
    let text = text_of(query)
        .replace("$1", &event_id)
        .replace("$2", &holders);

    let read = rows_read(&db, &text).await;

    let is_booking = |table: &str| ["bookings", "seat_bookings"].contains(&table);
    let of_bookings = read.iter().filter(|(table, _)| is_booking(table));
    let n_rows: f64 = of_bookings.clone().map(|(_, n_rows)| n_rows).sum();
    assert!(of_bookings.count() > 0 && n_rows < 1.0, "{read:?}");
    app.stop().await;
}
