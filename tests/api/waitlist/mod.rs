//! The waitlist: joining, being offered seats, accepting, letting go.

mod audit;
mod between;
mod crowd;
pub mod edges;
mod guards;
mod join;
mod limits;
mod link;
mod long_log;
mod offer;
mod overview;
mod owner;
mod paused;
mod races;
mod repair;
mod simulation;
mod versions;

use serde_json::{Value, json};

use crate::support::{Answer, Caller, Sale, TestApp};

impl Caller {
    /// Joins for that many seats together, with a mail address of their own.
    pub async fn join(&self, sale: &Sale, quantity: u32) -> Answer {
        self.join_with(sale, json!({"quantity": quantity})).await
    }

    pub async fn join_with(&self, sale: &Sale, members: Value) -> Answer {
        let id = self.caller_id.expect("a caller");
        let contact = json!({"name": "Ana", "email": format!("{id}@example.org")});
        let mut body = json!({"quantity": 1, "contact": contact});
        let all = body.as_object_mut().expect("an object");
        all.extend(members.as_object().expect("an object").clone());
        self.post(&sale.path("/waitlist"), body).await
    }

    pub async fn entry(&self, sale: &Sale) -> Answer {
        self.get(&sale.path("/waitlist/mine")).await.expect(200)
    }

    pub async fn leave(&self, sale: &Sale) -> Answer {
        self.delete(&sale.path("/waitlist/mine")).await
    }
}

impl Sale {
    /// Sets the terms, whatever their version.
    pub async fn set_waitlist(&self, mut terms: Value) -> Answer {
        let path = self.path("/waitlist/terms");
        let version = self.owner.get(&path).await.expect(200)["version"].clone();
        terms["version"] = version;
        self.owner.put(&path, terms).await.expect(200)
    }

    /// Moves or removes an entry, whatever its version.
    pub async fn decide(&self, verb: &str, entry_id: &str, mut decision: Value) -> Answer {
        decision["version"] = self.version_of(entry_id).await;
        self.decide_as_seen(verb, entry_id, decision).await
    }

    /// As [`Sale::decide`], with the version among the members.
    pub async fn decide_as_seen(&self, verb: &str, entry_id: &str, decision: Value) -> Answer {
        let path = self.path(&format!("/waitlist/entries/{entry_id}/{verb}"));
        self.owner.post(&path, decision).await
    }

    /// Of an entry in any state, live ones first.
    pub async fn version_of(&self, entry_id: &str) -> Value {
        let ended =
            ["removed", "left", "lapsed", "accepted"].map(|state| format!("&state={state}"));
        for state in [String::new()].iter().chain(&ended) {
            let path = self.path(&format!("/waitlist?limit=200{state}"));
            let queue = self.owner.get(&path).await.expect(200);
            let items = queue["items"].as_array().expect("items");
            if let Some(entry) = items.iter().find(|entry| entry["entry_id"] == entry_id) {
                return entry["version"].clone();
            }
        }
        panic!("there is no entry {entry_id}");
    }

    /// The log, the oldest decision first: kind, reason, and labels of seats.
    pub async fn waitlist_log(&self) -> Vec<(String, String, Vec<String>)> {
        let answer = self
            .owner
            .get(&self.path("/waitlist/log?limit=200"))
            .await
            .expect(200);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let items = answer["items"].as_array().expect("items").iter().rev();
        items
            .map(|item| {
                let seats = item["seats"].as_array().expect("seats").iter().map(text);
                (text(&item["kind"]), text(&item["reason"]), seats.collect())
            })
            .collect()
    }
}

/// The kinds of the outbox's messages about the waitlist, the oldest first.
pub async fn messages(app: &TestApp) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT kind FROM outbox WHERE kind LIKE 'waitlist.%' ORDER BY created_at, kind",
    )
    .fetch_all(&app.ctx.db)
    .await
    .expect("the outbox")
}

/// The labels of an offer's seats.
pub fn offered_seats(entry: &Answer) -> Vec<String> {
    let seats = entry["offer"]["seats"].as_array();
    let labels = seats
        .into_iter()
        .flatten()
        .filter_map(|seat| seat["seat"].as_str());
    labels.map(str::to_owned).collect()
}

/// The seats as the board has them, a byte each.
pub async fn bytes(app: &TestApp, sale: &Sale) -> String {
    let board = holdfast::board::read_board(&app.ctx, sale.id())
        .await
        .expect("a board");
    String::from_utf8(board.seats).expect("ASCII")
}
