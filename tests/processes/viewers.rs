//! How soon a change made at one instance is on the screens at another.

use std::collections::HashMap;
use std::process::Command;
use std::time::{Duration, Instant};

use futures::future::join_all;
use holdfast::private_stores::PrivateStores;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::support::{Running, expect_ready, holdfast, launcher, run};

const VIEWERS: usize = 300;
const CHANGES: u32 = 200;
/// Changes come at this rate however long each takes (an open loop).
const INTERVAL: Duration = Duration::from_millis(25);
/// What a machine under any load keeps to. On a quiet one the target is 300 ms.
const P99_MAX: Duration = Duration::from_secs(5);
const PASSWORD: &str = "correct horse battery staple";

pub fn command(stores: &PrivateStores, args: &[&str]) -> Command {
    let mut command = holdfast(args);
    command
        .env("DATABASE_URL", stores.postgres.url())
        .env("REDIS_URL", stores.redis.url())
        .env("RUST_LOG", "warn,holdfast=info")
        .env("HOLDFAST_ADMIN_PASSWORD", PASSWORD)
        .env("HOLDFAST_VIEWERS_PER_ADDRESS_MAX", "100000")
        .env("HOLDFAST_GUESTS_PER_MINUTE", "100000")
        .env("HOLDFAST_SECRET", "a secret for tests, and for tests only");
    command
}

fn serve(stores: &PrivateStores) -> Running {
    Running::start(&mut command(stores, &["serve"]))
}

#[test]
fn a_change_at_one_instance_is_soon_on_hundreds_of_screens_at_another() {
    let stores = PrivateStores::start_throwaway(launcher()).expect("stores");
    for args in [
        &["migrate"][..],
        &["admin", "create", "--email", "a@example.org", "--name", "A"],
    ] {
        let (code, output) = run(&mut command(&stores, args));
        assert_eq!(code, Some(0), "{output}");
    }
    let (mut first, mut second) = (serve(&stores), serve(&stores));
    let (seller, watched) = (first.url(), second.url());
    expect_ready(&seller);
    expect_ready(&watched);

    let runtime = Runtime::new().expect("a runtime");
    let delays = runtime.block_on(measure(&seller, &watched));

    let at = |share: usize| delays[(delays.len() - 1) * share / 1_000];
    println!(
        "{VIEWERS} viewers, {} delays: p50 {:?}, p99 {:?}, max {:?}",
        delays.len(),
        at(500),
        at(990),
        at(1_000)
    );
    assert_eq!(
        delays.len(),
        VIEWERS * CHANGES as usize,
        "everybody saw everything"
    );
    assert!(at(990) < P99_MAX, "{:?}", at(990));
}

/// From the moment each change was due to the moment each viewer had it; sorted.
async fn measure(seller: &str, watched: &str) -> Vec<Duration> {
    let service = Service::new(seller);
    let event_id = service.put_on_sale().await;
    let (ready, mut n_ready) = watch::channel(0);
    let viewers = join_all((0..VIEWERS).map(|_| {
        let viewer = Viewer::connect(watched, &event_id);
        let ready = ready.clone();
        async move { viewer.await.watch(&ready).await }
    }));
    let changing = async {
        n_ready
            .wait_for(|n| *n == VIEWERS)
            .await
            .expect("all are there");
        service.change_seats(&event_id).await
    };
    let (seen, due) = tokio::join!(viewers, changing);
    let delays = seen.iter().flatten();
    let mut delays: Vec<_> = delays
        .map(|(seat, at)| at.duration_since(due[seat]))
        .collect();
    delays.sort_unstable();
    delays
}

/// The service as those see it who sell and buy.
pub struct Service {
    pub url: String,
    pub http: reqwest::Client,
}

impl Service {
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            http: reqwest::Client::new(),
        }
    }

    pub async fn call(&self, token: &str, path: &str, body: Option<&Value>) -> Value {
        let url = format!("{}{path}", self.url);
        let mut request = match body {
            Some(body) => self.http.post(url).json(body),
            None => self.http.get(url),
        };
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("a body");
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// The theatre that comes with the service, once it is loaded.
    async fn theatre(&self) -> Value {
        loop {
            let venues = self.call("", "/v1/venues", None).await;
            let all = venues["items"].as_array().expect("items");
            if let Some(venue) = all.iter().find(|venue| venue["built_in_key"] == "theatre") {
                return venue["venue_id"].clone();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn put_on_sale(&self) -> String {
        let venue_id = self.theatre().await;
        let session = json!({"email": "a@example.org", "password": PASSWORD});
        let session = self.call("", "/v1/sessions", Some(&session)).await;
        let token = session["token"].as_str().expect("a token");
        let path = format!("/v1/venues/{}/layout", venue_id.as_str().expect("an id"));
        let layout = self.call("", &path, None).await;
        let categories = layout["categories"].as_array().expect("categories");
        let prices: Vec<_> = categories
            .iter()
            .map(|category| json!({"category": category["key"], "amount": "20.00"}))
            .collect();
        let event = json!({
            "venue_id": venue_id, "name": "A play", "starts_at": "2099-01-01T19:00:00Z",
            "currency": "EUR", "prices": prices,
        });
        let event = self.call(token, "/v1/events", Some(&event)).await;
        let event_id = event["event_id"].as_str().expect("an id").to_owned();
        self.call(
            token,
            &format!("/v1/events/{event_id}/open"),
            Some(&json!({})),
        )
        .await;
        event_id
    }

    /// Places a hold on each of the first seats, by a buyer of its own, on time; answers when each
    /// was due.
    async fn change_seats(&self, event_id: &str) -> HashMap<u32, Instant> {
        let layout = self
            .call("", &format!("/v1/events/{event_id}/layout"), None)
            .await;
        let labels = labels(&layout);
        let nothing = json!({});
        let guests = (0..CHANGES).map(|_| self.call("", "/v1/guests", Some(&nothing)));
        let guests = join_all(guests).await;
        let begin = tokio::time::Instant::now() + INTERVAL;
        let path = format!("/v1/events/{event_id}/holds");
        let holds = (0..CHANGES).map(|seat| {
            let token = guests[seat as usize]["token"].as_str().expect("a token");
            let (body, path) = (json!({"seats": [labels[&seat]]}), &path);
            async move {
                let due = begin + INTERVAL * seat;
                tokio::time::sleep_until(due).await;
                self.call(token, path, Some(&body)).await;
                (seat, due.into_std())
            }
        });
        join_all(holds).await.into_iter().collect()
    }
}

pub fn labels(layout: &Value) -> HashMap<u32, String> {
    let sections = layout["sections"].as_array().expect("sections").iter();
    let rows = sections.flat_map(|section| section["rows"].as_array().expect("rows"));
    let seats = rows.flat_map(|row| row["seats"].as_array().expect("seats"));
    seats
        .map(|seat| {
            let index = seat["index"].as_u64().expect("an index");
            let label = seat["label"].as_str().expect("a label").to_owned();
            (u32::try_from(index).expect("an index"), label)
        })
        .collect()
}

/// Somebody who watches, and notes when each seat became held.
struct Viewer {
    stream: TcpStream,
    text: String,
}

impl Viewer {
    async fn connect(url: &str, event_id: &str) -> Self {
        let address = url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        let request = format!("GET /v1/events/{event_id}/live HTTP/1.1\r\nHost: {address}\r\n\r\n");
        stream
            .write_all(request.as_bytes())
            .await
            .expect("a request");
        Self {
            stream,
            text: String::new(),
        }
    }

    async fn watch(mut self, ready: &watch::Sender<usize>) -> Vec<(u32, Instant)> {
        let mut seen = Vec::new();
        let mut is_ready = false;
        let watching = async {
            while seen.len() < CHANGES as usize {
                let mut buffer = [0; 4_096];
                let n_read = self.stream.read(&mut buffer).await.expect("a stream");
                assert!(n_read > 0, "the stream ended: {}", self.text);
                let now = Instant::now();
                self.text
                    .push_str(&String::from_utf8_lossy(&buffer[..n_read]));
                while let Some(data) = self.take() {
                    if !is_ready {
                        assert!(data["states"].is_string(), "a snapshot comes first");
                        ready.send_modify(|n| *n += 1);
                        is_ready = true;
                    }
                    let held = data["changes"]["h"].as_array().into_iter().flatten();
                    seen.extend(held.map(|seat| (seat.as_u64().expect("an index"), now)));
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(120), watching)
            .await
            .expect("everything is told");
        let seats = seen.into_iter();
        seats
            .map(|(seat, at)| (u32::try_from(seat).expect("an index"), at))
            .collect()
    }

    /// The next message's data, once it is there whole.
    fn take(&mut self) -> Option<Value> {
        let begin = self.text.find("data: ")? + "data: ".len();
        let end = begin + self.text[begin..].find("\n\n")?;
        let data = serde_json::from_str(&self.text[begin..end]).expect("JSON");
        self.text.drain(..end);
        Some(data)
    }
}
