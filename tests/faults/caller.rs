//! One person's calls, each written down with what came of it.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::history::{Call, History, HoldName, Outcome, Seat, Told, Verb};
use super::sale::Sale;

pub struct Caller {
    pub number: usize,
    pub sale: Arc<Sale>,
    pub history: Arc<History>,
    token: String,
    http: reqwest::Client,
}

/// What to ask for.
#[derive(Clone, Default)]
pub struct Asked {
    pub instance: usize,
    pub hold: HoldName,
    pub hold_id: String,
    pub wanted: Vec<Seat>,
    pub removed: Vec<Seat>,
    /// With a confirm.
    pub hold_token: Option<String>,
    pub booking_id: String,
    pub key: Option<String>,
    /// How long the caller waits for the answer.
    pub patience: Duration,
}

/// What came of a call, and the token of the hold where there is one.
pub struct Answer {
    pub outcome: Outcome,
    pub told: Told,
    pub hold_token: Option<String>,
}

impl Answer {
    pub fn is_done(&self) -> bool {
        self.outcome == Outcome::Done
    }

    pub fn is_unknown(&self) -> bool {
        self.outcome == Outcome::Unknown
    }
}

impl Caller {
    pub async fn new(
        number: usize,
        sale: &Arc<Sale>,
        history: &Arc<History>,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            number,
            token: sale.guest().await?,
            sale: sale.clone(),
            history: history.clone(),
            http: reqwest::Client::builder()
                .pool_max_idle_per_host(4)
                .build()?,
        })
    }

    pub async fn call(&self, verb: Verb, asked: &Asked) -> Answer {
        let has_hold = !matches!(verb, Verb::Look);
        let nth = self.history.invoke(Call {
            client: self.number,
            instance: asked.instance,
            verb,
            hold: has_hold.then_some(asked.hold),
            wanted: asked.wanted.clone(),
            removed: asked.removed.clone(),
            invoked: 0,
            returned: None,
            outcome: Outcome::Unknown,
            told: Told::default(),
        });
        let mut request = self.request(verb, asked).timeout(asked.patience);
        if let Some(key) = &asked.key {
            request = request.header("Idempotency-Key", key);
        }
        let answer = match request.send().await {
            Ok(answer) => {
                let status = answer.status();
                let body = answer.json::<Value>().await;
                self.read(status, body.ok())
            }
            Err(_) => Answer {
                outcome: Outcome::Unknown,
                told: Told::default(),
                hold_token: None,
            },
        };
        self.history
            .answered(nth, answer.outcome.clone(), answer.told.clone());
        answer
    }

    fn request(&self, verb: Verb, asked: &Asked) -> reqwest::RequestBuilder {
        let labels = |seats: &[Seat]| -> Vec<String> {
            let labels = seats.iter().map(|seat| self.sale.label(*seat).to_owned());
            labels.collect()
        };
        let hold = format!("/holds/{}", asked.hold_id);
        let cancel = format!("/v1/bookings/{}/cancel", asked.booking_id);
        let (method, path, body) = match verb {
            Verb::Place => {
                let body = json!({"seats": labels(&asked.wanted)});
                (Method::POST, self.sale.path("/holds"), Some(body))
            }
            Verb::Find => (Method::GET, self.sale.path(&hold), None),
            Verb::Change => {
                let (add, remove) = (labels(&asked.wanted), labels(&asked.removed));
                let body = json!({"add": add, "remove": remove});
                (Method::PATCH, self.sale.path(&hold), Some(body))
            }
            Verb::Extend => {
                let path = self.sale.path(&format!("{hold}/extend"));
                (Method::POST, path, None)
            }
            Verb::Release => (Method::DELETE, self.sale.path(&hold), None),
            Verb::Confirm => {
                let mut body = json!({"contact": {"name": "Ana", "email": "ana@example.org"}});
                if let Some(token) = &asked.hold_token {
                    body["hold_token"] = json!(token);
                }
                let path = self.sale.path(&format!("{hold}/confirm"));
                (Method::POST, path, Some(body))
            }
            Verb::Cancel => (Method::POST, cancel, None),
            Verb::Look => (Method::GET, self.sale.path("/availability"), None),
        };
        let url = format!("{}{path}", self.sale.urls[asked.instance]);
        let request = self.http.request(method, url).bearer_auth(&self.token);
        match body {
            Some(body) => request.json(&body),
            None => request,
        }
    }

    fn read(&self, status: StatusCode, body: Option<Value>) -> Answer {
        let is_whole = body.is_some() || status == StatusCode::NO_CONTENT;
        let body = body.unwrap_or_default();
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        let number = |name: &str| body[name].as_i64();
        let outcome = if status.is_success() && is_whole {
            Outcome::Done
        } else if status.is_client_error() && is_whole {
            Outcome::Refused(text("code").unwrap_or_else(|| status.to_string()))
        } else {
            Outcome::Unknown
        };
        Answer {
            outcome,
            told: Told {
                status: status.as_u16(),
                hold_id: text("hold_id"),
                state: text("state"),
                booking_id: text("booking_id"),
                seats: self.seats_in(&body["seats"]),
                conflicts: self.seats_in(&body["conflicts"]),
                position: number("epoch").zip(number("revision")),
            },
            hold_token: text("hold_token"),
        }
    }

    fn seats_in(&self, members: &Value) -> Vec<Seat> {
        let members = members.as_array().into_iter().flatten();
        let seats = members.filter_map(|member| self.sale.seat(member["seat"].as_str()?));
        seats.collect()
    }
}
