//! `holdfast bench` against a running service, and that it finds what is wrong.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use holdfast::private_stores::PrivateStores;
use nix::sys::signal::Signal;
use serde_json::Value;
use sqlx::{Connection, PgConnection};
use tokio::runtime::Runtime;

use crate::support::{Folder, PROGRAM, Running, expect_ready, holdfast, launcher, run, wait_until};

const SECRET: &str = "a secret for tests, and for tests only";
const EMAIL: &str = "load@example.org";
const PASSWORD: &str = "a password for tests";
/// How long a load waits for one answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// A service with an administrator whom the load may use.
pub struct Stage {
    pub stores: PrivateStores,
    service: Running,
    url: String,
    folder: Folder,
}

impl Stage {
    pub fn new(test: &str) -> Self {
        let stores = PrivateStores::start_throwaway(launcher()).expect("stores");
        let command = |args: &[&str]| command_on(&stores, args);
        for args in [
            &["migrate"][..],
            &["admin", "create", "--email", EMAIL, "--name", "Load"],
        ] {
            let (code, output) = run(command(args).env("HOLDFAST_ADMIN_PASSWORD", PASSWORD));
            assert_eq!(code, Some(0), "{output}");
        }
        let mut serve = command(&["serve"]);
        // All callers have one address.
        let mut service = Running::start(serve.env("HOLDFAST_GUESTS_PER_MINUTE", "600"));
        let url = service.url();
        expect_ready(&url);
        Self {
            stores,
            service,
            url,
            folder: Folder::new(test),
        }
    }

    /// A command of the program, on the stage's stores.
    pub fn command(&self, args: &[&str]) -> Command {
        command_on(&self.stores, args)
    }

    pub fn bench(&self, args: &[&str]) -> Command {
        let mut bench = holdfast(&["bench"]);
        bench
            .args(args)
            .args(["--url", &self.url, "--seats", "400", "--connections", "8"])
            .args(["--guests", "4"])
            .env("HOLDFAST_BENCH_EMAIL", EMAIL)
            .env("HOLDFAST_BENCH_PASSWORD", PASSWORD);
        bench
    }
}

fn command_on(stores: &PrivateStores, args: &[&str]) -> Command {
    let mut command = holdfast(args);
    command
        .env("DATABASE_URL", stores.postgres.url())
        .env("REDIS_URL", stores.redis.url())
        .env("HOLDFAST_SECRET", SECRET);
    command
}

#[test]
fn a_load_is_measured_and_audited_and_cleaned_up() {
    let stage = Stage::new("bench");
    let (json, html) = (stage.folder.path("a.json"), stage.folder.path("a.html"));

    for (scenario, second) in [("hold-release", "release"), ("confirm", "confirm")] {
        let mut bench = stage.bench(&[scenario, "--seconds", "1", "--rate", "50"]);
        let (code, output) = run(bench.arg("--json").arg(&json).arg("--html").arg(&html));

        assert_eq!(code, Some(0), "{output}");
        assert!(output.contains(": 0 breaches"), "{output}");
        assert!(output.contains("p99.9 ms"), "{output}");
        let results = fs::read_to_string(&json).expect("results");
        let results: Value = serde_json::from_str(&results).expect("JSON");
        let operations = results["operations"].as_array().expect("operations");
        for (operation, name) in operations.iter().zip(["place", second]) {
            assert_eq!(operation["name"], name, "{output}");
            assert!(operation["answers"].as_u64() > Some(10), "{output}");
            let latency = &operation["latency_ms"];
            assert!(latency["p50"].as_f64() <= latency["p99.9"].as_f64());
        }
        let page = fs::read_to_string(&html).expect("a page");
        assert!(page.starts_with("<!doctype html>") && page.contains("<svg"));
    }
    let runtime = Runtime::new().expect("a runtime");
    assert_eq!(runtime.block_on(states_of_events(&stage)), ["cancelled"; 2]);
}

#[test]
fn holds_that_were_placed_before_are_confirmed_until_none_is_left() {
    let stage = Stage::new("before");
    let json = stage.folder.path("a.json");
    let mut bench = stage.bench(&["confirm-held", "--count", "20", "--closed", "3"]);

    let (code, output) = run(bench.arg("--json").arg(&json));

    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("20 confirms looked up"), "{output}");
    let results = fs::read_to_string(&json).expect("results");
    let results: Value = serde_json::from_str(&results).expect("JSON");
    let operations = results["operations"].as_array().expect("operations");
    assert_eq!(operations.len(), 1, "{output}");
    assert_eq!(operations[0]["answers"], 20, "{output}");
}

#[test]
fn a_load_has_holds_and_viewers_beside_it_that_are_audited() {
    let stage = Stage::new("beside");
    let json = stage.folder.path("a.json");
    let mut bench = stage.bench(&["hold-release", "--seconds", "1", "--rate", "50"]);
    bench.args(["--events", "3", "--standing-holds", "20", "--viewers", "7"]);

    let (code, output) = run(bench.arg("--json").arg(&json));

    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("beside 20 standing holds"), "{output}");
    let results = fs::read_to_string(&json).expect("results");
    let results: Value = serde_json::from_str(&results).expect("JSON");
    assert_eq!(results["bystanding"]["n_viewers"], 7);
    assert!(
        results["bystanding"]["n_messages"].as_u64() > Some(7),
        "{output}"
    );
    assert_eq!(results["failed"], 0, "{output}");
    let runtime = Runtime::new().expect("a runtime");
    assert_eq!(runtime.block_on(states_of_events(&stage)), ["cancelled"; 3]);
}

#[test]
fn standing_holds_that_are_lost_are_named() {
    let stage = Stage::new("standing");
    let mut bench = stage.bench(&["browse", "--seconds", "2", "--rate", "20"]);
    bench.args(["--standing-holds", "30", "--party", "1", "--viewers", "1"]);

    let load = thread::spawn(move || run(&mut bench));
    let runtime = Runtime::new().expect("a runtime");
    let lost = runtime.block_on(within_a_minute(lose_holds(&stage, 30)));
    let (code, output) = load.join().expect("no panic");
    lost.expect(&output);

    assert_eq!(code, Some(1), "{output}");
    assert!(output.contains("was to stay held but is free"), "{output}");
    assert!(output.contains(": 30 breaches"), "{output}");
}

#[test]
fn a_booking_that_is_lost_after_it_was_acknowledged_is_named() {
    let stage = Stage::new("breach");
    let mut bench = stage.bench(&["confirm", "--seconds", "2", "--rate", "50"]);

    let load = thread::spawn(move || run(&mut bench));
    let runtime = Runtime::new().expect("a runtime");
    let lost = runtime.block_on(within_a_minute(lose_a_booking(&stage)));
    let (code, output) = load.join().expect("no panic");
    let lost = lost.expect(&output);

    assert_eq!(code, Some(1), "{output}");
    let breach = format!("breach: booking {lost} was confirmed but does not exist");
    assert!(output.contains(&breach), "{breach} is not in {output}");
}

#[test]
fn people_on_a_waitlist_are_offered_what_comes_free_in_their_order() {
    let stage = Stage::new("waiting");
    let json = stage.folder.path("a.json");
    for policy in ["strict", "first-that-fits"] {
        let mut bench = stage.bench(&["waitlist", "--seconds", "3", "--rate", "10"]);
        bench.args(["--buyers", "40", "--party", "3", "--policy", policy]);
        let (code, output) = run(bench.arg("--json").arg(&json));

        assert_eq!(code, Some(0), "{output}");
        let results = fs::read_to_string(&json).expect("results");
        let results: Value = serde_json::from_str(&results).expect("JSON");
        let operations = results["operations"].as_array().expect("operations");
        let n_of = |name: &str| {
            let operation = operations.iter().find(|one| one["name"] == name);
            operation.and_then(|one| one["answers"].as_u64())
        };
        assert_eq!(n_of("join"), Some(40), "{output}");
        assert!(n_of("cancel") > Some(5), "{output}");
        assert!(n_of("freed to offered") > Some(5), "{output}");
        assert!(
            n_of("confirm") > Some(2) && n_of("release").is_some(),
            "{output}"
        );
        assert_eq!(
            results["audit"]["offers_judged"].as_u64(),
            n_of("freed to offered")
        );
    }
}

#[test]
fn an_interrupted_load_says_what_was_done_and_leaves_nothing_on_sale() {
    let stage = Stage::new("interrupted");
    let mut bench = stage.bench(&["confirm", "--seconds", "600", "--rate", "50"]);
    let mut load = Running::start(&mut bench);
    let runtime = Runtime::new().expect("a runtime");
    wait_until("the load has booked something", || {
        runtime.block_on(n_bookings(&stage)) > 5
    });

    load.signal(Signal::SIGINT);

    let code = load.wait().code();
    wait_until("the report is read", || load.output().contains("breaches"));
    let output = load.output();
    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains(": 0 breaches"), "{output}");
    assert_eq!(runtime.block_on(states_of_events(&stage)), ["cancelled"]);
}

#[test]
fn whoever_presses_ctrl_c_again_waits_no_longer_for_a_service_that_hangs() {
    let stage = Stage::new("again");
    let mut load = Running::start(&mut stage.bench(&["confirm", "--seconds", "600"]));
    let runtime = Runtime::new().expect("a runtime");
    wait_until("the load has booked something", || {
        runtime.block_on(n_bookings(&stage)) > 5
    });
    stage.service.signal(Signal::SIGSTOP);
    let began = Instant::now();

    wait_until("the load ends", || {
        load.signal(Signal::SIGINT);
        load.is_over()
    });

    assert!(began.elapsed() < ANSWER_TIMEOUT, "{:?}", began.elapsed());
    assert_eq!(load.wait().code(), Some(1));
    wait_until("the report is read", || {
        let output = load.output();
        output.contains("breach: the audit cannot be done: interrupted")
            && output.contains("could not all be cancelled: interrupted")
    });
    assert!(load.output().contains("p99.9 ms"), "{}", load.output());
}

#[test]
fn a_load_that_is_interrupted_before_it_begins_leaves_nothing_on_sale() {
    let stage = Stage::new("early");
    let mut load = Running::start(&mut stage.bench(&["confirm", "--events", "500"]));
    let runtime = Runtime::new().expect("a runtime");
    wait_until("some events are on sale", || {
        runtime.block_on(states_of_events(&stage)).len() > 3
    });

    load.signal(Signal::SIGINT);

    assert_eq!(load.wait().code(), Some(1));
    let states = runtime.block_on(states_of_events(&stage));
    assert!(states.len() < 500, "{} events", states.len());
    assert!(states.iter().all(|state| state != "on_sale"), "{states:?}");
}

#[test]
fn a_machine_that_is_not_this_one_is_left_alone() {
    let (code, output) =
        run(Command::new(PROGRAM).args(["bench", "browse", "--url", "http://192.0.2.1:8080"]));

    assert_eq!(code, Some(1));
    assert!(output.contains("say --allow-remote 192.0.2.1"), "{output}");
}

async fn n_bookings(stage: &Stage) -> i64 {
    let mut database = PgConnection::connect(&stage.stores.postgres.url())
        .await
        .expect("a connection");
    sqlx::query_scalar("SELECT count(*) FROM bookings")
        .fetch_one(&mut database)
        .await
        .expect("a count")
}

async fn states_of_events(stage: &Stage) -> Vec<String> {
    let mut database = PgConnection::connect(&stage.stores.postgres.url())
        .await
        .expect("a connection");
    sqlx::query_scalar("SELECT state FROM events")
        .fetch_all(&mut database)
        .await
        .expect("states")
}

/// A load that ends before leaves nothing to lose.
async fn within_a_minute<T>(work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(Duration::from_secs(60), work)
        .await
        .ok()
}

/// Removes the first booking that there is, behind the service's back.
async fn lose_a_booking(stage: &Stage) -> uuid::Uuid {
    let mut database = PgConnection::connect(&stage.stores.postgres.url())
        .await
        .expect("a connection");
    loop {
        let lost = sqlx::query_scalar(
            "WITH lost AS (
                 DELETE FROM bookings
                 WHERE booking_id = (SELECT booking_id FROM bookings LIMIT 1)
                 RETURNING booking_id
             ), seats AS (
                 DELETE FROM seat_bookings USING lost
                 WHERE seat_bookings.booking_id = lost.booking_id
             )
             SELECT booking_id FROM lost",
        )
        .fetch_optional(&mut database)
        .await
        .expect("the statement works");
        if let Some(lost) = lost {
            return lost;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Takes the board away, behind the service's back, once it has so many holds.
async fn lose_holds(stage: &Stage, n_holds: usize) {
    let mut database = PgConnection::connect(&stage.stores.postgres.url())
        .await
        .expect("a connection");
    let ask = |request: String| stage.stores.redis.ask(&request).expect("an answer");
    loop {
        let event_id: Option<uuid::Uuid> =
            sqlx::query_scalar("SELECT event_id FROM events WHERE state = 'on_sale'")
                .fetch_optional(&mut database)
                .await
                .expect("the statement works");
        let key = |noun| event_id.map(|id| format!("holdfast:{{{id}}}:{noun}"));
        if let (Some(holds), Some(meta)) = (key("holds"), key("meta"))
            && ask(format!("HLEN {holds}")) == n_holds.to_string()
        {
            ask(format!("DEL {meta}"));
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
