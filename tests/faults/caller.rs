//! One person's calls, each written down with what came of it.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::history::{Call, History, HoldName, Outcome, Seat, Told, Verb};
use super::sale::{SCARCE, Sale};

/// The number of the owner; those of buyers are small.
pub const OWNER: usize = 100;

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
    /// How many seats to wait for.
    pub quantity: usize,
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

    /// Whoever owns the event.
    pub fn owner(sale: &Arc<Sale>, history: &Arc<History>) -> Self {
        Self {
            number: OWNER,
            token: sale.owner.clone(),
            sale: sale.clone(),
            history: history.clone(),
            http: reqwest::Client::new(),
        }
    }

    pub async fn call(&self, verb: Verb, asked: &Asked) -> Answer {
        let has_hold = !matches!(
            verb,
            Verb::Look
                | Verb::Join
                | Verb::Mine
                | Verb::Quit
                | Verb::Block
                | Verb::Unblock
                | Verb::Pause
                | Verb::Open
        );
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
                self.read(verb, status, body.ok())
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
            Verb::Join => {
                let email = format!("buyer{}@example.org", self.number);
                let contact = json!({"name": "Ana", "email": email});
                let body = json!({"quantity": asked.quantity, "together": false,
                    "sections": [SCARCE], "contact": contact});
                (Method::POST, self.sale.path("/waitlist"), Some(body))
            }
            Verb::Mine => (Method::GET, self.sale.path("/waitlist/mine"), None),
            Verb::Quit => (Method::DELETE, self.sale.path("/waitlist/mine"), None),
            Verb::Block => {
                let body = json!({"seats": labels(&asked.wanted), "reason": "faults"});
                (Method::POST, self.sale.path("/blocks"), Some(body))
            }
            Verb::Unblock => {
                let body = json!({"seats": labels(&asked.removed)});
                (Method::DELETE, self.sale.path("/blocks"), Some(body))
            }
            Verb::Pause => (Method::POST, self.sale.path("/pause"), Some(json!({}))),
            Verb::Open => (Method::POST, self.sale.path("/open"), Some(json!({}))),
        };
        let url = format!("{}{path}", self.sale.urls[asked.instance]);
        let request = self.http.request(method, url).bearer_auth(&self.token);
        match body {
            Some(body) => request.json(&body),
            None => request,
        }
    }

    fn read(&self, verb: Verb, status: StatusCode, body: Option<Value>) -> Answer {
        let is_whole = body.is_some() || status == StatusCode::NO_CONTENT;
        let mut body = body.unwrap_or_default();
        if matches!(verb, Verb::Join | Verb::Mine) && status.is_success() {
            body = body["offer"].take();
        }
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
                conflicts: self.conflicts_in(&body["conflicts"]),
                states: text("states"),
                position: number("epoch").zip(number("revision")),
            },
            hold_token: text("hold_token"),
        }
    }

    fn conflicts_in(&self, members: &Value) -> Vec<(Seat, String)> {
        let members = members.as_array().into_iter().flatten();
        let conflicts = members.filter_map(|member| {
            let seat = self.sale.seat(member["seat"].as_str()?)?;
            Some((seat, member["reason"].as_str()?.to_owned()))
        });
        conflicts.collect()
    }

    fn seats_in(&self, members: &Value) -> Vec<Seat> {
        let members = members.as_array().into_iter().flatten();
        let seats = members.filter_map(|member| self.sale.seat(member["seat"].as_str()?));
        seats.collect()
    }
}
