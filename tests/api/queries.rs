//! The recorded types of the queries, with which the crate is compiled, are PostgreSQL's own.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, PgPool, SqlSafeStr};

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
