//! Redis is killed under two instances in the middle of a sale, and comes back.

use std::process::Command;
use std::time::{Duration, Instant};

use holdfast::private_stores::PrivateStores;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::support::{Running, expect_ready, launcher, run, status_of};
use crate::viewers::{Service, command, labels};

/// How long anything may take on a busy machine. With these settings and a quiet machine sales go
/// on within 3 s, and go back within 4.
const PATIENCE: Duration = Duration::from_secs(60);

fn serve(stores: &PrivateStores) -> Running {
    let mut serve: Command = command(stores, &["serve"]);
    serve
        .env("HOLDFAST_REDIS_DOWN_AFTER_SECONDS", "1")
        .env("HOLDFAST_REDIS_BACK_AFTER_SECONDS", "2");
    Running::start(&mut serve)
}

/// Somebody who buys at one of the instances.
struct Buyer<'a> {
    service: &'a Service,
    token: String,
    event_id: &'a str,
}

impl<'a> Buyer<'a> {
    async fn new(service: &'a Service, event_id: &'a str) -> Self {
        let guest = service.call("", "/v1/guests", Some(&json!({}))).await;
        Self {
            service,
            token: guest["token"].as_str().expect("a token").to_owned(),
            event_id,
        }
    }

    /// Repeats a request until it is answered with something else than 503.
    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}/v1/events/{}{path}", self.service.url, self.event_id);
        let began = Instant::now();
        loop {
            let request = self.service.http.post(&url).json(body);
            let answer = request.bearer_auth(&self.token).send().await;
            let answer = answer.expect("an answer");
            let status = answer.status().as_u16();
            if status != 503 {
                return (status, answer.json().await.expect("JSON"));
            }
            assert!(began.elapsed() < PATIENCE, "sales do not go on");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn place(&self, seat: &str) -> (u16, Value) {
        self.post("/holds", &json!({"seats": [seat]})).await
    }

    async fn confirm(&self, hold: &Value, has_token: bool) -> u16 {
        let id = hold["hold_id"].as_str().expect("an id");
        let mut body = json!({"contact": {"name": "Ana", "email": "ana@example.org"}});
        if has_token {
            body["hold_token"] = hold["hold_token"].clone();
        }
        self.post(&format!("/holds/{id}/confirm"), &body).await.0
    }
}

async fn until_mode(stores: &PrivateStores, mode: &str) {
    let db = sqlx::PgPool::connect(&stores.postgres.url()).await;
    let db = db.expect("a connection");
    let began = Instant::now();
    loop {
        let now = sqlx::query_scalar("SELECT board_mode FROM events");
        let now: String = now.fetch_one(&db).await.expect("an event");
        if now == mode {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "the board is still in {now}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[test]
fn a_sale_goes_on_when_redis_is_killed_and_goes_back_with_its_holds() {
    let mut stores = PrivateStores::start_throwaway(launcher()).expect("stores");
    for args in [
        &["migrate"][..],
        &["admin", "create", "--email", "a@example.org", "--name", "A"],
    ] {
        let (code, output) = run(&mut command(&stores, args));
        assert_eq!(code, Some(0), "{output}");
    }
    let (mut first, mut second) = (serve(&stores), serve(&stores));
    let (here, there) = (Service::new(&first.url()), Service::new(&second.url()));
    expect_ready(&here.url);
    expect_ready(&there.url);

    Runtime::new()
        .expect("a runtime")
        .block_on(sell(&mut stores, &here, &there));

    drop((first, second));
    let (code, output) = run(&mut command(&stores, &["audit"]));
    assert_eq!(code, Some(0), "{output}");
}

async fn sell(stores: &mut PrivateStores, here: &Service, there: &Service) {
    let event_id = here.put_on_sale().await;
    let layout = format!("/v1/events/{event_id}/layout");
    let labels = labels(&here.call("", &layout, None).await);
    let (ana, ben) = (
        Buyer::new(here, &event_id).await,
        Buyer::new(there, &event_id).await,
    );
    let (status, before) = ana.place(&labels[&0]).await;
    assert_eq!(status, 201, "{before}");

    let redis = Pid::from_raw(stores.redis.pid().cast_signed());
    kill(redis, Signal::SIGKILL).expect("Redis is killed");
    let killed_at = Instant::now();
    let (status, kept) = ben.place(&labels[&1]).await;
    println!(
        "the first hold without Redis after {:?}",
        killed_at.elapsed()
    );
    assert_eq!(status, 201, "{kept}");
    assert_eq!(
        ana.place(&labels[&1]).await.0,
        409,
        "one holder, two instances"
    );
    assert_eq!(ana.confirm(&before, true).await, 201);
    let (_, sold) = ana.place(&labels[&2]).await;
    assert_eq!(ana.confirm(&sold, false).await, 201);
    assert_eq!(ben.place(&labels[&2]).await.0, 409);
    let ready = format!("{}/readyz", here.url);
    assert_eq!(status_of(&ready).await, Some(200));

    stores.redis.restart().expect("Redis starts again");
    let started_at = Instant::now();
    until_mode(stores, "redis").await;
    println!("back in Redis after {:?}", started_at.elapsed());
    for (buyer, seat) in [(&ana, 0), (&ana, 1), (&ben, 2)] {
        assert_eq!(buyer.place(&labels[&seat]).await.0, 409);
    }
    assert_eq!(ben.confirm(&kept, false).await, 201, "no hold is lost");
}
