//! An event on sale, and what people do with its seats.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Answer, Caller, TestApp};

/// An event on sale in a house of rows `A`, `B`, … with seats `S-A-1`, `S-A-2`, …
#[derive(Clone)]
pub struct Sale {
    pub event_id: String,
    pub owner: Caller,
}

impl TestApp {
    /// An event on sale in a house of that many rows and seats in a row, at 49.50 EUR each.
    pub async fn on_sale(&self, n_rows: u32, n_seats: u32) -> Sale {
        self.on_sale_with(n_rows, n_seats, json!({})).await
    }

    /// As [`TestApp::on_sale`], with some of the event's settings.
    pub async fn on_sale_with(&self, n_rows: u32, n_seats: u32, settings: Value) -> Sale {
        let sale = self.draft_with(n_rows, n_seats, settings).await;
        sale.apply("open").await;
        // The same tests on boards in PostgreSQL: those that look into Redis do not pass.
        if std::env::var("HOLDFAST_TEST_BOARD_MODE").as_deref() == Ok("postgres") {
            let moved = holdfast::board::fall_back(&self.ctx, sale.id()).await;
            assert!(moved.expect("a board to move"));
        }
        sale
    }

    /// As [`TestApp::on_sale_with`], twice: with the board in Redis, and in PostgreSQL.
    pub async fn on_sale_in_each_store(
        &self,
        n_rows: u32,
        n_seats: u32,
        settings: Value,
    ) -> [Sale; 2] {
        let in_redis = self.on_sale_with(n_rows, n_seats, settings.clone()).await;
        let in_postgres = self.on_sale_with(n_rows, n_seats, settings).await;
        let moved = holdfast::board::fall_back(&self.ctx, in_postgres.id()).await;
        moved.expect("a board to move");
        [in_redis, in_postgres]
    }

    /// As [`TestApp::on_sale_with`], before it is opened.
    pub async fn draft_with(&self, n_rows: u32, n_seats: u32, settings: Value) -> Sale {
        let owner = self.venue_admin().await;
        let venue_id = self.insert_venue(n_rows, n_seats).await;
        let mut event = json!({
            "venue_id": venue_id, "name": "A concert", "starts_at": "2038-01-01T19:00:00Z",
            "currency": "EUR", "prices": [{"category": "standard", "amount": "49.50"}],
            "hold_ttl_seconds": 600,
        });
        let members = event.as_object_mut().expect("an object");
        members.extend(settings.as_object().expect("an object").clone());
        let event_id = owner
            .post("/v1/events", event)
            .await
            .expect(201)
            .text_of("event_id");
        Sale { event_id, owner }
    }
}

impl Sale {
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/events/{}{rest}", self.event_id)
    }

    pub fn id(&self) -> holdfast::id::EventId {
        self.event_id.parse().expect("an event id")
    }

    /// The states of all seats, a character each.
    pub async fn states(&self) -> String {
        self.owner.states_of(self).await
    }
}

impl Caller {
    /// The states of all seats as this caller sees them.
    pub async fn states_of(&self, sale: &Sale) -> String {
        let seen = self.get(&sale.path("/availability")).await;
        seen.expect(200).text_of("states")
    }

    pub async fn place(&self, sale: &Sale, seats: &[&str]) -> Answer {
        self.post(&sale.path("/holds"), json!({"seats": seats}))
            .await
    }

    pub async fn place_keyed(&self, sale: &Sale, seats: &[&str], key: &str) -> Answer {
        let request = self.request(Method::POST, &sale.path("/holds"));
        let request = request
            .header("Idempotency-Key", key)
            .json(&json!({"seats": seats}));
        self.send(request).await
    }

    pub async fn get_hold(&self, sale: &Sale, hold: &Answer) -> Answer {
        self.get(&sale.path(&format!("/holds/{}", hold.text_of("hold_id"))))
            .await
    }

    pub async fn change(
        &self,
        sale: &Sale,
        hold: &Answer,
        add: &[&str],
        remove: &[&str],
    ) -> Answer {
        let path = sale.path(&format!("/holds/{}", hold.text_of("hold_id")));
        self.patch(&path, json!({"add": add, "remove": remove}))
            .await
    }

    pub async fn extend(&self, sale: &Sale, hold: &Answer) -> Answer {
        let path = sale.path(&format!("/holds/{}/extend", hold.text_of("hold_id")));
        self.send(self.request(Method::POST, &path)).await
    }

    pub async fn release(&self, sale: &Sale, hold: &Answer) -> Answer {
        self.delete(&sale.path(&format!("/holds/{}", hold.text_of("hold_id"))))
            .await
    }

    /// Confirms without a hold token.
    pub async fn confirm(&self, sale: &Sale, hold: &Answer) -> Answer {
        self.confirm_with(sale, hold, json!({})).await
    }

    /// Confirms with the hold's token, as a careful client does.
    pub async fn confirm_by_token(&self, sale: &Sale, hold: &Answer) -> Answer {
        self.confirm_with(sale, hold, json!({"hold_token": hold["hold_token"]}))
            .await
    }

    /// Confirms with other members of the body, or more.
    pub async fn confirm_with(&self, sale: &Sale, hold: &Answer, more: Value) -> Answer {
        let path = sale.path(&format!("/holds/{}/confirm", hold.text_of("hold_id")));
        let mut body = json!({"contact": {"name": "Ana", "email": "ana@example.org"}});
        let members = body.as_object_mut().expect("an object");
        members.extend(more.as_object().expect("an object").clone());
        self.post(&path, body).await
    }

    pub async fn cancel(&self, booking: &Answer) -> Answer {
        let path = format!("/v1/bookings/{}/cancel", booking.text_of("booking_id"));
        self.send(self.request(Method::POST, &path)).await
    }

    pub async fn cancel_seats(&self, booking: &Answer, seats: &[&str]) -> Answer {
        let path = format!("/v1/bookings/{}/cancel", booking.text_of("booking_id"));
        self.post(&path, json!({"seats": seats})).await
    }

    /// Holds and confirms in one go.
    pub async fn book(&self, sale: &Sale, seats: &[&str]) -> Answer {
        let hold = self.place(sale, seats).await.expect(201);
        self.confirm(sale, &hold).await.expect(201)
    }
}
