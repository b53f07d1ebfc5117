//! The waitlist: joining, being offered seats, accepting, letting go.

mod audit;
mod between;
mod crowd;
mod edges;
mod guards;
mod join;
mod link;
mod offer;
mod overview;
mod owner;
mod races;
mod simulation;

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
    pub async fn set_waitlist(&self, terms: Value) -> Answer {
        self.owner
            .put(&self.path("/waitlist/terms"), terms)
            .await
            .expect(200)
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
