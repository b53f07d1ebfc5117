//! `holdfast bench` against a running service, and that it finds what is wrong.

use std::fs;
use std::process::Command;
use std::thread;

use holdfast::private_stores::PrivateStores;
use serde_json::Value;
use sqlx::{Connection, PgConnection};
use tokio::runtime::Runtime;

use crate::support::{Folder, PROGRAM, Running, expect_ready, holdfast, launcher, run};

const SECRET: &str = "a secret for tests, and for tests only";
const EMAIL: &str = "load@example.org";
const PASSWORD: &str = "a password for tests";

/// A service with an administrator whom the load may use.
struct Stage {
    stores: PrivateStores,
    _service: Running,
    url: String,
    folder: Folder,
}

impl Stage {
    fn new(test: &str) -> Self {
        let stores = PrivateStores::start_throwaway(launcher()).expect("stores");
        let command = |args: &[&str]| {
            let mut command = holdfast(args);
            command
                .env("DATABASE_URL", stores.postgres.url())
                .env("REDIS_URL", stores.redis.url())
                .env("HOLDFAST_SECRET", SECRET);
            command
        };
        for args in [
            &["migrate"][..],
            &["admin", "create", "--email", EMAIL, "--name", "Load"],
        ] {
            let (code, output) = run(command(args).env("HOLDFAST_ADMIN_PASSWORD", PASSWORD));
            assert_eq!(code, Some(0), "{output}");
        }
        let mut service = Running::start(&mut command(&["serve"]));
        let url = service.url();
        expect_ready(&url);
        Self {
            stores,
            _service: service,
            url,
            folder: Folder::new(test),
        }
    }

    fn bench(&self, args: &[&str]) -> Command {
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
fn a_booking_that_is_lost_after_it_was_acknowledged_is_named() {
    let stage = Stage::new("breach");
    let mut bench = stage.bench(&["confirm", "--seconds", "2", "--rate", "50"]);

    let load = thread::spawn(move || run(&mut bench));
    let runtime = Runtime::new().expect("a runtime");
    let lost = runtime.block_on(lose_a_booking(&stage));
    let (code, output) = load.join().expect("no panic");

    assert_eq!(code, Some(1), "{output}");
    let breach = format!("breach: booking {lost} was confirmed but does not exist");
    assert!(output.contains(&breach), "{breach} is not in {output}");
}

#[test]
fn a_machine_that_is_not_this_one_is_left_alone() {
    let (code, output) =
        run(Command::new(PROGRAM).args(["bench", "browse", "--url", "http://192.0.2.1:8080"]));

    assert_eq!(code, Some(1));
    assert!(output.contains("say --allow-remote 192.0.2.1"), "{output}");
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
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
