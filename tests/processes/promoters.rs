//! F23: a promoter that is stopped in the middle of its work, for longer than anything that it
//! knows is true, and goes on.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use holdfast::private_stores::PrivateStores;
use nix::sys::signal::Signal;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use tokio::runtime::Runtime;

use crate::support::{Running, expect_ready, holdfast, launcher, run, wait_until};

/// Longer than letting seats go stays allowed after a look at the board (5 s).
const STOPPED: Duration = Duration::from_secs(7);
const PASSWORD: &str = "correct horse battery staple";

/// Claims wait for this lock.
const WAIT_IN_CLAIMS: &str = "
    CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN NEW; END';
    CREATE TRIGGER wait BEFORE INSERT ON waitlist_offers FOR EACH ROW EXECUTE FUNCTION wait();
    SELECT pg_advisory_lock(42)";
const N_CLAIMING: &str = "SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND objid = 42 AND NOT granted";
const BLOCK_ALL: &str = "
    INSERT INTO seat_blocks (event_id, seat_id, seat_index, reason, blocked_by, blocked_at)
    SELECT event_id, gen_random_uuid(), seat, 'Sold elsewhere', owner_id, now()
    FROM events JOIN venue_versions AS venue
      ON (venue.venue_id, venue.version) = (events.venue_id, events.venue_version),
    generate_series(0, seat_count - 1) AS seat";
const N_LIVE: &str = "SELECT count(*) FROM waitlist_offers WHERE state = 'live'";
const N_TOLD: &str = "SELECT count(*) FROM outbox WHERE kind = 'waitlist.offered'";
const N_PLACED: &str = "SELECT count(*) FROM waitlist_offers WHERE placed_at IS NOT NULL";

struct Scene {
    stores: PrivateStores,
    runtime: Runtime,
    http: reqwest::Client,
    db: PgConnection,
    owner: String,
    event: String,
    seats: Vec<String>,
}

fn command(stores: &PrivateStores, args: &[&str]) -> Command {
    let mut command = holdfast(args);
    command
        .env("DATABASE_URL", stores.postgres.url())
        .env("REDIS_URL", stores.redis.url())
        .env("RUST_LOG", "warn,holdfast=info")
        .env("HOLDFAST_ADMIN_PASSWORD", PASSWORD)
        .env("HOLDFAST_SECRET", "a secret for tests, and for tests only");
    command
}

fn serve(stores: &PrivateStores) -> (Running, String) {
    let mut service = Running::start(&mut command(stores, &["serve"]));
    let url = service.url();
    expect_ready(&url);
    (service, url)
}

impl Scene {
    fn new() -> Self {
        let stores = PrivateStores::start_throwaway(launcher()).expect("stores");
        for args in [
            &["migrate"][..],
            &["admin", "create", "--email", "a@example.org", "--name", "A"],
        ] {
            let (code, output) = run(&mut command(&stores, args));
            assert_eq!(code, Some(0), "{output}");
        }
        let runtime = Runtime::new().expect("a runtime");
        let db = runtime.block_on(PgConnection::connect(&stores.postgres.url()));
        Self {
            stores,
            db: db.expect("a connection"),
            runtime,
            http: reqwest::Client::new(),
            owner: String::new(),
            event: String::new(),
            seats: Vec::new(),
        }
    }

    fn call(&self, method: Method, url: &str, token: &str, body: &Value) -> Value {
        let (status, answer) = self.try_call(method, url, token, body);
        assert!((200..300).contains(&status), "{url}: {status} {answer}");
        answer
    }

    fn try_call(&self, method: Method, url: &str, token: &str, body: &Value) -> (u16, Value) {
        let mut request = self.http.request(method, url).json(body);
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        let (status, text) = self.runtime.block_on(async {
            let answer = request.send().await.expect("an answer");
            let status = answer.status().as_u16();
            (status, answer.text().await.expect("a body"))
        });
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    fn get(&self, url: &str, token: &str) -> Value {
        self.call(Method::GET, url, token, &json!(null))
    }

    fn post(&self, url: &str, token: &str, body: &Value) -> Value {
        self.call(Method::POST, url, token, body)
    }

    fn run(&mut self, statements: &'static str) {
        let done = sqlx::raw_sql(statements).execute(&mut self.db);
        self.runtime.block_on(done).expect(statements);
    }

    fn count(&mut self, query: &'static str) -> i64 {
        let found = sqlx::query_scalar(query).fetch_one(&mut self.db);
        self.runtime.block_on(found).expect(query)
    }

    /// An event on sale whose every seat is blocked.
    fn put_on_sale(&mut self, service: &str) {
        let venues = format!("{service}/v1/venues");
        let mut venue = Value::Null;
        wait_until("the venues are loaded", || {
            let all = self.get(&venues, "");
            let mut all = all["items"].as_array().cloned().into_iter().flatten();
            venue = all
                .find(|venue| venue["built_in_key"] == "theatre")
                .unwrap_or_default()["venue_id"]
                .clone();
            !venue.is_null()
        });
        let session = json!({"email": "a@example.org", "password": PASSWORD});
        let session = self.post(&format!("{service}/v1/sessions"), "", &session);
        self.owner = text(&session["token"]);
        let layout = self.get(&format!("{venues}/{}/layout", text(&venue)), "");
        let categories = layout["categories"].as_array().expect("categories").iter();
        let prices: Vec<Value> = categories
            .map(|category| json!({"category": category["key"], "amount": "20.00"}))
            .collect();
        let event = json!({
            "venue_id": venue, "name": "A play", "starts_at": "2099-01-01T19:00:00Z",
            "currency": "EUR", "prices": prices,
        });
        let event = self.post(&format!("{service}/v1/events"), &self.owner, &event);
        self.event = format!("/v1/events/{}", text(&event["event_id"]));
        let seats = layout["sections"][0]["rows"][0]["seats"].as_array();
        let seats = seats.expect("seats").iter();
        self.seats = seats.map(|seat| text(&seat["label"])).collect();
        self.run(BLOCK_ALL);
        let open = format!("{service}{}/open", self.event);
        self.post(&open, &self.owner, &json!({}));
    }

    /// Somebody new who waits for a seat.
    fn join(&self, service: &str, name: &str) -> String {
        let guest = self.post(&format!("{service}/v1/guests"), "", &json!({}));
        let token = text(&guest["token"]);
        let contact = json!({"name": name, "email": format!("{name}@example.org")});
        let wish = json!({"quantity": 1, "contact": contact});
        self.post(&format!("{service}{}/waitlist", self.event), &token, &wish);
        token
    }

    fn free(&self, service: &str, seat: usize) {
        let url = format!("{service}{}/blocks", self.event);
        let seats = json!({"seats": [self.seats[seat]]});
        self.call(Method::DELETE, &url, &self.owner, &seats);
    }

    fn mine(&self, service: &str) -> String {
        format!("{service}{}/waitlist/mine", self.event)
    }

    fn until_offered(&self, service: &str, token: &str, seat: usize) {
        wait_until("the seat is offered", || {
            let entry = self.get(&self.mine(service), token);
            entry["offer"]["seats"][0]["seat"] == json!(self.seats[seat])
        });
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

#[test]
fn f23_a_promoter_that_is_stopped_between_claim_and_board_does_no_harm() {
    let mut scene = Scene::new();
    let (first, at_first) = serve(&scene.stores);
    scene.put_on_sale(&at_first);
    let [ana, ben, cara] = ["ana", "ben", "cara"].map(|name| scene.join(&at_first, name));

    // It claims a seat for Ana; there it stops.
    scene.run(WAIT_IN_CLAIMS);
    scene.free(&at_first, 0);
    wait_until("the promoter claims", || scene.count(N_CLAIMING) == 1);
    first.signal(Signal::SIGSTOP);
    let stopped_at = Instant::now();
    scene.run("SELECT pg_advisory_unlock(42)");
    wait_until("it has claimed", || scene.count(N_LIVE) == 1);
    assert_eq!(scene.count(N_PLACED), 0, "and placed nothing");

    // Another one goes on with it, and passes the seat to Ben.
    let (mut second, at_second) = serve(&scene.stores);
    scene.until_offered(&at_second, &ana, 0);
    scene.call(Method::DELETE, &scene.mine(&at_second), &ana, &json!(null));
    scene.until_offered(&at_second, &ben, 0);
    thread::sleep(STOPPED.saturating_sub(stopped_at.elapsed()));

    // The first one wakes up, goes on, and is alone in the end.
    first.signal(Signal::SIGCONT);
    expect_ready(&at_first);
    second.signal(Signal::SIGTERM);
    second.wait();
    scene.free(&at_first, 1);
    scene.until_offered(&at_first, &cara, 1);

    scene.until_offered(&at_first, &ben, 0);
    assert_eq!(scene.count(N_LIVE), 2, "Ben's and Cara's");
    assert_eq!(scene.count(N_TOLD), 3, "everybody is told once");
    let accept = format!("{}/accept", scene.mine(&at_first));
    let (status, refused) = scene.try_call(Method::POST, &accept, &ana, &json!({}));
    assert_eq!((status, &refused["code"]), (409, &json!("hold_released")));
    scene.post(&accept, &ben, &json!({}));
    let (code, output) = run(&mut command(&scene.stores, &["audit"]));
    assert_eq!(code, Some(0), "{output}");
}
