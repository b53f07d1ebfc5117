//! `holdfast serve`: settings, migrations, readiness, shutdown.

use std::thread;

use holdfast::private_stores::PrivateStores;
use nix::sys::signal::Signal;
use serde_json::json;
use sqlx::{Connection, PgConnection};
use tokio::runtime::Runtime;

use crate::support::{Running, expect_ready, holdfast, launcher, run, status_of, wait_until};
use crate::viewers::{Service, command, labels};

const SECRET: &str = "a secret for tests, and for tests only";
/// Requests with a key that wait to write it down.
const N_BEGINNING: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO idempotency_keys%'";

fn serve(stores: &PrivateStores) -> Running {
    let mut command = holdfast(&["serve"]);
    command
        .env("DATABASE_URL", stores.postgres.url())
        .env("REDIS_URL", stores.redis.url());
    Running::start(command.env("HOLDFAST_SECRET", SECRET))
}

fn migrate(stores: &PrivateStores) {
    let mut command = holdfast(&["migrate"]);
    let (code, output) = run(command.env("DATABASE_URL", stores.postgres.url()));
    assert_eq!(code, Some(0), "{output}");
}

#[test]
fn missing_settings_are_reported_all_at_once_and_no_secret_is_printed() {
    let mut command = holdfast(&["serve"]);
    command
        .env("HOLDFAST_SECRET", "hunter2")
        .env("HOLDFAST_BODY_MAX_BYTES", "many");

    let (code, output) = run(&mut command);

    assert_eq!(code, Some(1));
    for expected in [
        "DATABASE_URL is missing",
        "REDIS_URL is missing",
        "HOLDFAST_SECRET must",
        "BODY_MAX_BYTES",
    ] {
        assert!(output.contains(expected), "{expected} is not in {output}");
    }
    assert!(!output.contains("hunter2"), "{output}");
}

#[test]
fn it_is_ready_once_the_migrations_are_applied_and_both_stores_answer() {
    let mut stores = PrivateStores::start_throwaway(launcher()).expect("stores");
    let mut service = serve(&stores);
    let ready = format!("{}/readyz", service.url());
    let runtime = Runtime::new().expect("a runtime");
    let failing = || -> Option<serde_json::Value> {
        let text = runtime.block_on(async { reqwest::get(&ready).await?.text().await });
        let body: serde_json::Value = serde_json::from_str(&text.ok()?).ok()?;
        Some(body["failing"].clone())
    };

    wait_until("no migrations", || {
        failing() == Some(serde_json::json!(["migrations"]))
    });
    migrate(&stores);
    wait_until("all is well", || failing() == Some(serde_json::Value::Null));
    kill(stores.redis.pid());
    wait_until("no Redis", || {
        failing() == Some(serde_json::json!(["redis"]))
    });
    kill(stores.postgres.pid());
    wait_until("nothing", || {
        failing() == Some(serde_json::json!(["postgresql", "redis"]))
    });
    stores.redis.restart().expect("Redis");
    stores.postgres.restart().expect("PostgreSQL");

    wait_until("all is well again", || {
        failing() == Some(serde_json::Value::Null)
    });
}

#[test]
fn sigterm_lets_a_running_request_finish_and_takes_no_more() {
    let stores = PrivateStores::start_throwaway(launcher()).expect("stores");
    migrate(&stores);
    let mut service = serve(&stores);
    let url = service.url();
    expect_ready(&url);
    let runtime = Runtime::new().expect("a runtime");
    let mut blocker = runtime.block_on(lock_migrations(&stores));
    let ready = format!("{url}/readyz");
    let request = thread::spawn(move || {
        Runtime::new()
            .expect("a runtime")
            .block_on(status_of(&ready))
    });
    wait_until("the request runs", || {
        runtime.block_on(n_waiting(&mut blocker)) == 1
    });

    service.signal(Signal::SIGTERM);
    let health = format!("{url}/healthz");
    wait_until("no more are taken", || {
        runtime.block_on(status_of(&health)).is_none()
    });
    let is_over_too_soon = request.is_finished();
    runtime.block_on(execute(&mut blocker, "ROLLBACK"));

    assert!(!is_over_too_soon);
    assert_eq!(request.join().expect("an answer"), Some(200));
    assert_eq!(service.wait().code(), Some(0), "{}", service.output());
}

/// A confirm comes to those who commit it last; they wait for it.
#[test]
fn sigterm_lets_a_confirm_finish_that_has_only_begun() {
    let stores = PrivateStores::start_throwaway(launcher()).expect("stores");
    for args in [
        &["migrate"][..],
        &["admin", "create", "--email", "a@example.org", "--name", "A"],
    ] {
        let (code, output) = run(&mut command(&stores, args));
        assert_eq!(code, Some(0), "{output}");
    }
    let mut service = Running::start(&mut command(&stores, &["serve"]));
    let url = service.url();
    expect_ready(&url);
    let runtime = Runtime::new().expect("a runtime");
    let confirm = runtime.block_on(place_a_hold(&Service::new(&url)));
    // What is loaded when it starts is waited for, too.
    wait_until("the largest house is loaded", || {
        service.output().contains("venue.key=\"stadium\"")
    });
    let lock = "LOCK TABLE idempotency_keys IN ACCESS EXCLUSIVE MODE";
    let mut blocker = runtime.block_on(in_transaction(&stores, lock));
    // In a transaction the activity is what it was at its first look.
    let mut watcher = runtime.block_on(connect(&stores));
    let confirming = runtime.spawn(confirm.send());
    wait_until("the confirm waits", || {
        runtime.block_on(count(&mut watcher, N_BEGINNING)) == 1
    });

    service.signal(Signal::SIGTERM);
    let health = format!("{url}/healthz");
    wait_until("no more are taken", || {
        runtime.block_on(status_of(&health)).is_none()
    });
    runtime.block_on(execute(&mut blocker, "ROLLBACK"));
    let confirmed = runtime.block_on(confirming).expect("no panic");

    assert_eq!(confirmed.expect("an answer").status(), 201);
    assert_eq!(service.wait().code(), Some(0));
    let output = service.output();
    assert!(!output.contains("still running"), "{output}");
}

/// A hold of somebody's, and the request that confirms it.
async fn place_a_hold(service: &Service) -> reqwest::RequestBuilder {
    let event_id = service.put_on_sale().await;
    let layout = format!("/v1/events/{event_id}/layout");
    let labels = labels(&service.call("", &layout, None).await);
    let guest = service.call("", "/v1/guests", Some(&json!({}))).await;
    let token = guest["token"].as_str().expect("a token");
    let holds = format!("/v1/events/{event_id}/holds");
    let body = json!({"seats": [labels[&0]]});
    let hold = service.call(token, &holds, Some(&body)).await;
    let hold_id = hold["hold_id"].as_str().expect("an id");
    let contact = json!({"contact": {"name": "Ana", "email": "ana@example.org"}});
    let url = format!("{}{holds}/{hold_id}/confirm", service.url);
    let confirm = service.http.post(url).bearer_auth(token).json(&contact);
    confirm.header("Idempotency-Key", "k")
}

#[test]
fn a_request_that_never_ends_does_not_keep_it_from_stopping() {
    let stores = PrivateStores::start_throwaway(launcher()).expect("stores");
    migrate(&stores);
    let mut command = holdfast(&["serve"]);
    command
        .env("DATABASE_URL", stores.postgres.url())
        .env("REDIS_URL", stores.redis.url());
    command
        .env("HOLDFAST_SECRET", SECRET)
        .env("HOLDFAST_SHUTDOWN_TIMEOUT_SECONDS", "1");
    let mut service = Running::start(&mut command);
    let url = service.url();
    expect_ready(&url);
    let runtime = Runtime::new().expect("a runtime");
    let mut blocker = runtime.block_on(lock_migrations(&stores));
    let request = thread::spawn(move || {
        Runtime::new()
            .expect("a runtime")
            .block_on(status_of(&format!("{url}/readyz")))
    });
    wait_until("the request runs", || {
        runtime.block_on(n_waiting(&mut blocker)) == 1
    });

    service.signal(Signal::SIGTERM);

    assert_eq!(service.wait().code(), Some(0), "{}", service.output());
    assert_eq!(request.join().expect("no panic"), None);
}

#[test]
fn a_request_is_logged_with_route_and_id_and_nothing_personal() {
    let stores = PrivateStores::start_throwaway(launcher()).expect("stores");
    let mut service = serve(&stores);
    let (runtime, url) = (Runtime::new().expect("a runtime"), service.url());
    let ask = |path: &str, id: &str| {
        let request = reqwest::Client::new().get(format!("{url}{path}"));
        let request = request.bearer_auth("hunter2").header("x-request-id", id);
        let answer = runtime.block_on(request.send()).expect("an answer");
        answer.status().as_u16()
    };

    let unknown = "/v1/events/00000000-0000-7000-8000-000000000000/availability";
    assert_eq!(ask("/healthz", "probe-1"), 200);
    assert_eq!(ask(unknown, "map-2"), 401);
    assert_eq!(
        ask("/problems/hold_expired?email=ana@example.org", "till-7"),
        200
    );
    wait_until("it is logged", || service.output().contains("till-7"));

    let log = service.output();
    let line_of = |id: &str| log.lines().find(|line| line.contains(id));
    for (id, parts) in [
        ("till-7", ["/problems/{code}", "status=200", "duration_ms="]),
        ("map-2", ["/availability", "status=401", "duration_ms="]),
    ] {
        let line = line_of(id).expect("a line");
        for part in parts {
            assert!(line.contains(part), "{part} is not in {line}");
        }
    }
    assert_eq!(line_of("probe-1"), None, "what goes well is not logged");
    assert!(!log.contains("ana@") && !log.contains("hunter2"), "{log}");
}

fn kill(pid: u32) {
    let pid = nix::unistd::Pid::from_raw(pid.cast_signed());
    nix::sys::signal::kill(pid, Signal::SIGKILL).expect("it runs");
}

/// Makes the readiness check wait until this connection's transaction ends.
async fn lock_migrations(stores: &PrivateStores) -> PgConnection {
    let lock = "LOCK TABLE _sqlx_migrations IN ACCESS EXCLUSIVE MODE";
    in_transaction(stores, lock).await
}

async fn in_transaction(stores: &PrivateStores, statement: &'static str) -> PgConnection {
    let mut connection = connect(stores).await;
    execute(&mut connection, "BEGIN").await;
    execute(&mut connection, statement).await;
    connection
}

async fn connect(stores: &PrivateStores) -> PgConnection {
    let connection = PgConnection::connect(&stores.postgres.url()).await;
    connection.expect("a connection")
}

async fn execute(connection: &mut PgConnection, statement: &'static str) {
    sqlx::query(statement)
        .execute(connection)
        .await
        .expect("the statement works");
}

async fn n_waiting(connection: &mut PgConnection) -> i64 {
    count(
        connection,
        "SELECT count(*) FROM pg_locks WHERE NOT granted",
    )
    .await
}

async fn count(connection: &mut PgConnection, query: &'static str) -> i64 {
    sqlx::query_scalar(query)
        .fetch_one(connection)
        .await
        .expect("a count")
}
