//! An event on sale, and the people at its door.

use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::cluster::{ADMIN, Cluster};
use super::history::Seat;

/// The shortest time to live that an event may give its holds.
pub const HOLD_TTL: Duration = Duration::from_secs(5);
pub const HOLD_LIFETIME: Duration = Duration::from_secs(12);
/// The section for which people wait: the last row of the house.
pub const SCARCE: &str = "W";
pub const SEATS_PER_ROW: usize = 8;
const SEATS_PER_PERSON_MAX: u32 = 9;

pub struct Sale {
    pub urls: [String; 2],
    pub event_id: String,
    /// The token of the event's owner.
    pub owner: String,
    /// How long a hold lasts at first, and at most.
    pub hold_ttl: Duration,
    pub hold_lifetime: Duration,
    labels: Vec<String>,
}

impl Sale {
    /// A house of so many seats in rows of eight, and an event in it that is on sale.
    pub async fn open(cluster: &Cluster, n_seats: usize) -> anyhow::Result<Self> {
        Self::open_with(cluster, n_seats, (HOLD_TTL, HOLD_LIFETIME)).await
    }

    /// With holds that last so long at first, and at most.
    pub async fn open_with(
        cluster: &Cluster,
        n_seats: usize,
        (hold_ttl, hold_lifetime): (Duration, Duration),
    ) -> anyhow::Result<Self> {
        let urls = [0, 1].map(|nth: usize| cluster.services[nth].url.clone());
        let url = &urls[0];
        let signing_in = json!({"email": ADMIN.0, "password": ADMIN.1});
        let session = post(url, "/v1/sessions", None, &signing_in).await?;
        let owner = text(&session, "token")?;
        let venue = post(url, "/v1/venues", Some(&owner), &template(n_seats)).await?;
        let event = json!({
            "venue_id": venue["venue_id"], "name": "Faults", "starts_at": "2099-01-01T19:00:00Z",
            "currency": "EUR", "prices": [{"category": "standard", "amount": "25"}],
            "hold_ttl_seconds": hold_ttl.as_secs(),
            "hold_lifetime_max_seconds": hold_lifetime.as_secs(),
            "seats_per_hold_max": 4, "seats_per_person_max": SEATS_PER_PERSON_MAX,
        });
        let event = post(url, "/v1/events", Some(&owner), &event).await?;
        let event_id = text(&event, "event_id")?;
        let path = format!("/v1/events/{event_id}");
        post(url, &format!("{path}/open"), Some(&owner), &json!({})).await?;
        let layout = get(url, &format!("{path}/layout")).await?;
        let labels = labels_in(&layout);
        anyhow::ensure!(
            labels.len() == n_seats,
            "the layout has other seats: {layout}"
        );
        Ok(Self {
            urls,
            event_id,
            owner,
            hold_ttl,
            hold_lifetime,
            labels,
        })
    }

    /// One of no cluster: for the checkers' own tests.
    pub fn imagined(n_seats: usize) -> Self {
        Self {
            urls: [String::new(), String::new()],
            event_id: String::new(),
            owner: String::new(),
            hold_ttl: HOLD_TTL,
            hold_lifetime: HOLD_LIFETIME,
            labels: vec![String::new(); n_seats],
        }
    }

    pub fn n_seats(&self) -> usize {
        self.labels.len()
    }

    pub fn label(&self, seat: Seat) -> &str {
        &self.labels[seat]
    }

    pub fn seat(&self, label: &str) -> Option<Seat> {
        self.labels.iter().position(|known| known == label)
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/v1/events/{}{rest}", self.event_id)
    }

    pub async fn guest(&self) -> anyhow::Result<String> {
        text(
            &post(&self.urls[0], "/v1/guests", None, &json!({})).await?,
            "token",
        )
    }

    /// The states of all seats, as an instance shows them.
    pub async fn states(&self, instance: usize) -> anyhow::Result<String> {
        let seen = get(&self.urls[instance], &self.path("/availability")).await?;
        text(&seen, "states")
    }
}

fn template(n_seats: usize) -> Value {
    let section = |key: &str, distance: usize, n_rows: usize| {
        json!({
            "key": key, "category": "standard", "at": [0, distance],
            "rows": [{"labels": format!("1-{n_rows}"), "seats": SEATS_PER_ROW}],
        })
    };
    let n_rows = n_seats / SEATS_PER_ROW;
    let sections = match n_rows {
        0 | 1 => vec![section("S", 10, n_rows)],
        _ => vec![section("S", 10, n_rows - 1), section(SCARCE, 30, 1)],
    };
    json!({
        "format_version": 1, "name": "A small house", "time_zone": "UTC", "focal_point": [0, 0],
        "categories": [{"key": "standard", "name": "Standard", "colour": "#0072b2"}],
        "sections": sections,
    })
}

fn labels_in(layout: &Value) -> Vec<String> {
    let members = |of: &Value, name: &str| of[name].as_array().cloned().unwrap_or_default();
    let rows = members(layout, "sections")
        .into_iter()
        .flat_map(|section| members(&section, "rows"));
    let seats = rows.flat_map(|row| members(&row, "seats"));
    seats
        .filter_map(|seat| Some(seat["label"].as_str()?.to_owned()))
        .collect()
}

async fn get(url: &str, path: &str) -> anyhow::Result<Value> {
    let request = reqwest::Client::new().get(format!("{url}{path}"));
    answered(request).await.with_context(|| path.to_owned())
}

async fn post(url: &str, path: &str, token: Option<&str>, body: &Value) -> anyhow::Result<Value> {
    let mut request = reqwest::Client::new()
        .post(format!("{url}{path}"))
        .json(body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    answered(request).await.with_context(|| path.to_owned())
}

async fn answered(request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
    let answer = request.timeout(Duration::from_secs(40)).send().await?;
    let (status, text) = (answer.status(), answer.text().await?);
    if !status.is_success() {
        bail!("{status}: {text}");
    }
    Ok(serde_json::from_str(&text)?)
}

fn text(answer: &Value, name: &str) -> anyhow::Result<String> {
    let value = answer[name].as_str().map(str::to_owned);
    value.with_context(|| format!("no {name} in {answer}"))
}
