//! Paths and queries that have broken services before.

use sqlx::PgPool;

use super::{Scene, expect_refusal};
use crate::support::TestApp;
use crate::support::document::{Operation, operations};

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_path_that_names_nothing_is_no_failure(db: PgPool) {
    let app = TestApp::start(db).await;
    let scene = Scene::set(&app).await;

    for operation in operations() {
        if operation.parameters("path").is_empty() {
            continue;
        }
        for id in [
            "x",
            "%00",
            "%ff",
            "%zz",
            "..%2f..",
            "'%20OR%201=1",
            "-1",
            &"9".repeat(4_000),
            "00000000-0000-0000-0000-000000000000",
        ] {
            let path = operation.path_with(|_| id.to_owned());

            let caller = scene.caller_of(&operation);
            let answer = caller.send(operation.request(caller, &path)).await;

            expect_refusal(answer, &operation, id);
        }
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn no_query_is_a_failure(db: PgPool) {
    let app = TestApp::start(db).await;
    let scene = Scene::set(&app).await;

    for operation in operations() {
        for parameter in operation.parameters("query") {
            let name = parameter["name"].as_str().expect("a name");
            for value in STRANGE_QUERY_VALUES {
                let path = with_query(&scene.path_of(&operation), name, value);
                let caller = scene.caller_of(&operation);

                let answer = caller.send(operation.request(caller, &path)).await;

                let place = format!("{} {name}={value}", operation.id);
                assert!(answer.status < 500, "{place}: {}", answer.text);
                if *value == "%00" {
                    expect_refusal(answer, &operation, &place);
                }
            }
        }
    }
    app.finish().await;
}

const STRANGE_QUERY_VALUES: &[&str] = &[
    "",
    "0",
    "-1",
    "abc",
    "99999999999999999999",
    "%00",
    "%ff",
    "%zz",
    "a&b=c",
    "S-A-1",
    "%F0%9F%8E%AD",
    "'%20OR%201=1--",
    "%25%5C_",
    "a&limit=1&limit=2",
];

/// The path with that parameter in its query, once.
fn with_query(path: &str, name: &str, value: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let is_another = |pair: &&str| !pair.is_empty() && pair.split('=').next() != Some(name);
    let mut pairs: Vec<&str> = query.split('&').filter(is_another).collect();
    let pair = format!("{name}={value}");
    pairs.push(&pair);
    format!("{path}?{}", pairs.join("&"))
}

/// Lists have the same two parameters everywhere.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn pages_have_limits_and_cursors_of_their_own(db: PgPool) {
    let app = TestApp::start(db).await;
    let scene = Scene::set(&app).await;
    let is_list = |it: &Operation| {
        it.parameters("query")
            .iter()
            .any(|it| it["name"] == "after")
    };

    for operation in operations().into_iter().filter(is_list) {
        for (name, value, status) in [
            ("limit", "0", 422),
            ("limit", "201", 422),
            ("limit", "abc", 400),
            ("limit", "-1", 400),
            ("after", "garbage", 422),
            ("after", "", 422),
            ("limit", "200", 200),
        ] {
            let path = with_query(&scene.path_of(&operation), name, value);

            let answer = scene.caller_of(&operation).get(&path).await;

            let place = format!("{}?{name}={value}", operation.id);
            assert_eq!(answer.status, status, "{place}: {}", answer.text);
        }
    }
    app.finish().await;
}
